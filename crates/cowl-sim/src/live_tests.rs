use std::io::Write as _;
use std::sync::{Mutex, PoisonError};

use cowl::operation::Operation;
use cowl::random::SystemRng;
use cowl_audit::trace::{Carrier, Observer, Point, PointId, PointKind};
use cowl_audit::truth::Lines;
use serde_json::json;

use super::*;

/// When the experiment begins, in seconds since 1970, and how long before it the tap did, in microseconds.
const BEGAN: u64 = 1_800_000_000;
const BEFORE: u64 = 5_000_000;
const PACE: u32 = 100;

#[derive(Clone, Default)]
struct File(Arc<Mutex<Vec<u8>>>);

impl Write for File {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A PUBLISH as long as one of the mailbox.
fn publish(payload: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x32, 0xff, 0x03, 0, 3, b'a', b'/', b'b', 0, 1, 0];
    packet.write_all(payload).unwrap();
    packet
}

#[test]
fn what_the_tap_recorded_is_told_by_its_bytes_at_the_speed_of_life() {
    let folder = tempfile::tempdir().unwrap();
    let operation = Operation::create(&folder.path().join("ops"), BEGAN, &mut SystemRng::default()).unwrap();
    let manifest = operation.manifest();
    let size = manifest.layout().enrolled_len();
    let settings = Settings { people: 8, days: 1, seed: 3, victims: Settings::VICTIMS, timed: false };
    let mut live = Live::new(settings, 2, PACE);
    assert_eq!((live.behind(0), live.behind(1), live.length()), (4, 4, 864_000_000));
    let errands = live.errands().concat();
    let errand = errands.iter().find(|errand| errand.gateway == 1).unwrap().clone();
    live.sends(&errand);
    let line: serde_json::Value = serde_json::from_str(&errand.line).unwrap();
    let fields = json!({ "contact": line["contact"], "severity": line["severity"] });
    let opened = OpenedLive { epoch: Epoch(4), fields: fields.as_object().unwrap(), role: "rescue" };
    let (report, cover, other) = (vec![1; size], vec![2; size], vec![3; size]);
    live.hears(&report, &opened, errand.at + 70_000);
    // The same words again, and nobody sent them.
    live.hears(&other, &opened, errand.at + 80_000);
    live.hears_cover(&cover);

    let point = Point { kind: PointKind::Broker, name: "broker".to_owned() };
    let header = Header {
        observer: Observer::Tap,
        start_us: BEGAN * 1_000_000 - BEFORE,
        points: vec![point],
        note: String::new(),
    };
    let mut tapped = trace::Writer::new(Vec::new(), &header).unwrap();
    let connection = ConnectionId(9);
    let open =
        Event::Open { connection, at: 10, point: PointId(0), from: None, to: None, carrier: Carrier::Tcp };
    tapped.write(&open).unwrap();
    let at = BEFORE + errand.at + 60_000;
    for (at, payload) in [(at, &cover), (at + 1, &other), (at + 2, &report), (BEFORE + 900_000_000, &cover)] {
        let bytes = publish(payload);
        tapped.write(&Event::Packet { connection, at, way: Way::ToServer, bytes: &bytes }).unwrap();
    }
    let tapped = tapped.finish().unwrap();

    let (truth, mut trace) = (File::default(), Vec::new());
    let began = BEGAN * 1_000_000;
    let summary = live.write(manifest, began, &tapped[..], &mut trace, Box::new(truth.clone())).unwrap();
    let expected = LiveSummary { reports: 1, covers: 1, unheard: 1, waiting: 0, unmatched: 1 };
    assert_eq!(summary, expected);

    let truth = truth.0.lock().unwrap().clone();
    let mut lines = Lines::new(&truth[..]).unwrap();
    let mut told = Vec::new();
    let mut delivered = None;
    while let Some(line) = lines.line().unwrap() {
        match line {
            Line::Message(message) => told.push(message),
            Line::Delivery(delivery) => delivered = Some(delivery.at),
            _ => {}
        }
    }
    let [first, second] = &told[..] else { panic!("{told:?}") };
    assert_eq!((first.kind, first.message.ordinal, first.person), (MessageKind::Cover, 0, None));
    assert_eq!((second.kind, second.message.ordinal, second.epoch), (MessageKind::Report, 2, 4));
    assert_eq!(second.fields["contact"], line["contact"].as_str().unwrap());
    assert_eq!(second.severity.as_deref(), line["severity"].as_str());
    assert_eq!(second.written / u64::from(PACE), errand.at);
    assert_eq!(delivered, Some((errand.at + 70_000) * u64::from(PACE)));

    let mut stretched = trace::Reader::new(&trace[..]).unwrap();
    let mut times = Vec::new();
    while let Some(event) = stretched.event().unwrap() {
        match event {
            Event::Packet { at, .. } | Event::Close { at, .. } => times.push(at),
            _ => {}
        }
    }
    let pace = u64::from(PACE);
    let sent = (errand.at + 60_000) * pace;
    assert_eq!(times, [sent, sent + pace, sent + 2 * pace, 86_400_000_000]);
}
