//! Two small traces with their truths, the same operation twice: `plain` says everything, `sealed` says little. Sixteen people in four zones, half a
//! day, a fixed seed; no name, number or place is anybody's.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests")]
#![allow(clippy::indexing_slicing, reason = "tables of a fixed length")]

use std::{collections::BTreeMap, net::SocketAddr};

use cowl_audit::{
    trace::{
        Carrier, Closing, ConnectionId, Event, Header, Observer, Point, PointId, PointKind, Way, Writer,
    },
    truth::{
        Delivery, Known, Line, MessageKind, MessageRef, MessageTruth, Opened, Operation, PersonTruth,
        PolicyField, Reader, Stay, Writer as TruthWriter, ZoneTruth,
    },
};

const SECOND: u64 = 1_000_000;
const HOUR: u64 = 3_600 * SECOND;
const HOURS: u64 = 12;
const PEOPLE: u32 = 16;
/// People who do not use the service, numbered after the others.
const CONTROLS: u32 = 8;
const ZONES: [(&str, f64, f64); 4] =
    [("Nordvik", 10.1, 20.1), ("Sundal", 10.1, 20.3), ("Midtun", 10.3, 20.1), ("Vestby", 10.3, 20.3)];

/// One configuration's files.
pub struct Small {
    pub trace: Vec<u8>,
    pub truth: Vec<u8>,
}

/// What a person writes.
struct Report {
    person: u32,
    at: u64,
    lat: f64,
    lon: f64,
    zone: usize,
    severity: &'static str,
    temperature: u64,
}

/// The configuration `plain` or `sealed`.
pub fn small(sealed: bool) -> Small {
    let mut dice = Dice(7);
    let mut reports = Vec::new();
    let mut stays = Vec::new();
    for person in 0..PEOPLE + CONTROLS {
        let home = home(person);
        for hour in 0..HOURS {
            // By day people are somewhere else than at home, each at a place of her own.
            let out = f64::from(u32::from((4..9).contains(&hour))) * 0.01;
            let (lat, lon) = (home.0 + out, home.1 + out * f64::from(person % 5));
            stays.push(Stay { person, at: hour * HOUR, lat, lon });
            if person < PEOPLE {
                let at = hour * HOUR + dice.below(HOUR - 60 * SECOND);
                let severity = ["low", "low", "medium", "high"][usize::try_from(dice.below(4)).unwrap()];
                let zone = usize::try_from(person % 4).unwrap();
                reports.push(Report {
                    person,
                    at,
                    lat,
                    lon,
                    zone,
                    severity,
                    temperature: 36 + dice.below(4),
                });
            }
        }
    }
    reports.sort_by_key(|report| report.at);
    Small { trace: trace(&reports, sealed), truth: truth(&reports, &stays, sealed) }
}

fn home(person: u32) -> (f64, f64) {
    let (_, lat, lon) = ZONES[usize::try_from(person % 4).unwrap()];
    (lat + f64::from(person / 4) * 0.013, lon + f64::from(person / 4) * 0.007)
}

impl Report {
    fn fields(&self) -> BTreeMap<String, String> {
        let fields = [
            ("temperature", self.temperature.to_string()),
            ("severity", self.severity.to_owned()),
            ("lat", format!("{:.5}", self.lat)),
            ("lon", format!("{:.5}", self.lon)),
            ("userId", format!("{}", 970 + self.person)),
        ];
        fields.map(|(name, value)| (name.to_owned(), value)).into()
    }

    fn text(&self) -> String {
        let fields: Vec<String> =
            self.fields().iter().map(|(name, value)| format!("{name}: {value}")).collect();
        fields.join(", ")
    }
}

fn trace(reports: &[Report], sealed: bool) -> Vec<u8> {
    let points = vec![Point { kind: PointKind::Broker, name: "broker".to_owned() }];
    let note = if sealed { "sealed" } else { "plain" }.to_owned();
    let header = Header { observer: Observer::Simulation, start_us: 0, points, note };
    let mut writer = Writer::new(Vec::new(), &header).unwrap();
    let mut dice = Dice(11);
    for (connection, report) in (0..).map(ConnectionId).zip(reports) {
        let at = report.at;
        let (host, id, topic, payload) = if sealed {
            (1, format!("c{:016x}", dice.next()), "s".to_owned(), (0..96).map(|_| dice.byte()).collect())
        } else {
            let own = u8::try_from(report.person).unwrap();
            (
                own + 10,
                format!("phone-{}", 970 + report.person),
                format!("srv/{}", ZONES[report.zone].0),
                report.text().into_bytes(),
            )
        };
        let port = 30_000 + u16::try_from(dice.below(20_000)).unwrap();
        let from = Some(SocketAddr::from(([10, 0, 0, host], port)));
        writer
            .write(&Event::Open { connection, at, point: PointId(0), from, to: None, carrier: Carrier::Tcp })
            .unwrap();
        let mut body = b"\x00\x04MQTT\x04\x02\x00\x3c".to_vec();
        string(&mut body, &id);
        let mut publish = Vec::new();
        string(&mut publish, &topic);
        publish.extend_from_slice(&payload);
        for (kind, body) in [(0x10, body), (0x30, publish)] {
            let bytes = packet(kind, &body);
            writer
                .write(&Event::Packet { connection, at: at + SECOND, way: Way::ToServer, bytes: &bytes })
                .unwrap();
        }
        writer.write(&Event::Close { connection, at: at + 2 * SECOND, cause: Closing::Orderly }).unwrap();
    }
    writer.finish().unwrap()
}

fn packet(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u8::try_from(body.len()).unwrap();
    let mut bytes = vec![kind];
    // A remaining length of up to two digits (MQTT 3.1.1 §2.2.3).
    bytes.extend(if length < 128 { vec![length] } else { vec![length, 1] });
    bytes.extend_from_slice(body);
    bytes
}

fn string(body: &mut Vec<u8>, text: &str) {
    body.extend_from_slice(&u16::try_from(text.len()).unwrap().to_be_bytes());
    body.extend_from_slice(text.as_bytes());
}

fn truth(reports: &[Report], stays: &[Stay], sealed: bool) -> Vec<u8> {
    let field = |name: &str, needed: bool| {
        let roles = if needed { vec!["triage".to_owned()] } else { Vec::new() };
        PolicyField { name: name.to_owned(), needed, roles }
    };
    let fields =
        [("temperature", true), ("severity", true), ("lat", false), ("lon", false), ("userId", false)];
    let operation = Operation {
        version: 1,
        configuration: if sealed { "sealed" } else { "plain" }.to_owned(),
        seed: 7,
        length: HOURS * HOUR,
        epochs: Vec::new(),
        fields: fields.map(|(name, needed)| field(name, needed)).into(),
    };
    let mut lines = vec![Line::Operation(operation)];
    lines.extend(ZONES.map(|(zone, lat, lon)| {
        Line::Zone(ZoneTruth { zone: zone.to_owned(), lat, lon, residents: Some(900) })
    }));
    for person in 0..PEOPLE + CONTROLS {
        let (lat, lon) = home(person);
        let address = Some([10, 0, 0, u8::try_from(person).unwrap() + 10].into());
        let known = Known { address, identifiers: vec![format!("{}", 970 + person)] };
        lines.push(Line::Person(PersonTruth {
            person,
            uses: person < PEOPLE,
            lat,
            lon,
            gateway: None,
            known,
        }));
    }
    lines.extend(stays.iter().copied().map(Line::Stay));
    let role = Reader::Role("triage".to_owned());
    for (connection, report) in (0..).zip(reports) {
        let message = MessageRef { connection, ordinal: 0 };
        lines.push(Line::Message(MessageTruth {
            message,
            kind: MessageKind::Report,
            person: Some(report.person),
            written: report.at,
            epoch: 0,
            severity: Some(report.severity.to_owned()),
            urgent: report.severity == "high",
            lat: Some(report.lat),
            lon: Some(report.lon),
            zone: Some(ZONES[report.zone].0.to_owned()),
            fields: report.fields(),
            forged: None,
            again: false,
        }));
        // Sealed, the role reads what it needs; plain, everything.
        let text = if sealed {
            format!("temperature: {}, severity: {}", report.temperature, report.severity)
        } else {
            report.text()
        };
        lines.push(Line::Opened(Opened { message, reader: role.clone(), text }));
        let at = report.at + 3 * SECOND;
        lines.push(Line::Delivery(Delivery {
            message,
            reader: role.clone(),
            at,
            zone_full: true,
            zone_withheld: false,
        }));
    }
    let mut writer = TruthWriter::compressed(Vec::new());
    for line in &lines {
        writer.line(line).unwrap();
    }
    writer.finish().unwrap()
}

/// `SplitMix64`.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn byte(&mut self) -> u8 {
        self.next().to_le_bytes()[0]
    }
}
