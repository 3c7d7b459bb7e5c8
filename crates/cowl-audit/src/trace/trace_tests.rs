use std::io::{self, Write};

use proptest::prelude::*;

use super::*;
use crate::testing::Random;

fn header() -> Header {
    let points = vec![
        Point { kind: PointKind::Broker, name: "broker".to_owned() },
        Point { kind: PointKind::Relay, name: "relay".to_owned() },
    ];
    Header { observer: Observer::Tap, start_us: 1_700_000_000_000_000, points, note: "a test".to_owned() }
}

fn write(events: &[Event<'_>]) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new(), &header()).unwrap();
    for event in events {
        writer.write(event).unwrap();
    }
    writer.finish().unwrap()
}

/// Reads all, and how it ended.
fn count(bytes: &[u8]) -> (u64, Option<ReadError>) {
    let mut reader = match Reader::new(bytes) {
        Ok(reader) => reader,
        Err(error) => return (0, Some(error)),
    };
    loop {
        match reader.event() {
            Ok(Some(_)) => {}
            Ok(None) => return (reader.events(), None),
            Err(error) => {
                assert!(reader.event().unwrap().is_none());
                return (reader.events(), Some(error));
            }
        }
    }
}

fn packets(many: u64) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new(), &header()).unwrap();
    let mut random = Random::new(1);
    for at in 0..many {
        let bytes = random.bytes(100);
        let connection = ConnectionId(at % 7);
        writer.write(&Event::Packet { connection, at, way: Way::ToServer, bytes: &bytes }).unwrap();
    }
    writer.finish().unwrap()
}

fn some_event() -> impl Strategy<Value = (u8, u64, u64, Vec<u8>, bool, u8)> {
    let bytes = prop::collection::vec(any::<u8>(), 0..300);
    (0_u8..6, any::<u64>(), any::<u64>(), bytes, any::<bool>(), any::<u8>())
}

fn event((kind, id, at, bytes, server, pick): &(u8, u64, u64, Vec<u8>, bool, u8)) -> Event<'_> {
    let (connection, at) = (ConnectionId(*id), *at);
    let way = if *server { Way::ToServer } else { Way::ToClient };
    let causes = [Loss::Missing, Loss::Snapped, Loss::NotMqtt, Loss::Limit];
    let ends = [Closing::Orderly, Closing::Broken, Closing::Unseen];
    let carriers = [Carrier::Unknown, Carrier::Tcp, Carrier::Tls, Carrier::WebSocket, Carrier::WebSocketTls];
    let pick = usize::from(*pick);
    match kind {
        0 => Event::Packet { connection, at, way, bytes },
        1 => Event::Sealed { connection, at, way, length: u32::try_from(bytes.len() << 9).unwrap() },
        2 => Event::Lost { connection, at, way, bytes: *id, cause: causes[pick % 4] },
        3 => Event::Close { connection, at, cause: ends[pick % 3] },
        4 => {
            let server_name = if *server { "broker.example.org" } else { "" };
            let hello = TlsHello {
                version: 0x0304,
                cipher: 0x1302,
                group: 0x11ec,
                server_name,
                fingerprint: *id,
                resumption: !*server,
            };
            Event::Hello { connection, at, hello }
        }
        _ => Event::Open {
            connection,
            at,
            point: PointId(u16::from(*server)),
            from: [None, Some("10.1.2.3:4000".parse().unwrap())][pick % 2],
            to: [None, Some("[2001:db8::1]:8883".parse().unwrap())][pick / 2 % 2],
            carrier: carriers[pick % 5],
        },
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read(events in prop::collection::vec(some_event(), 0..40)) {
        let events: Vec<_> = events.iter().map(event).collect();
        let file = write(&events);
        let mut reader = Reader::new(file.as_slice()).unwrap();
        prop_assert_eq!(reader.header(), &header());
        for event in &events {
            let read = reader.event().unwrap();
            prop_assert_eq!(read.as_ref(), Some(event));
        }
        prop_assert!(reader.event().unwrap().is_none());
    }

    #[test]
    fn any_bytes_are_no_panic(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let _ = count(&bytes);
        // the same behind a right beginning: as a frame, and as records in a frame
        let good = write(&[]);
        let _ = count(&[&good[..12], &bytes].concat());
        let mut out = good[..8].to_vec();
        let info = lz4_flex::frame::FrameInfo::new().block_mode(lz4_flex::frame::BlockMode::Independent);
        let mut frame = lz4_flex::frame::FrameEncoder::with_frame_info(info, Vec::new());
        frame.write_all(&[3, 1, 1, 0]).unwrap();
        frame.write_all(&bytes).unwrap();
        out.extend(frame.finish().unwrap());
        let _ = count(&out);
    }

    #[test]
    fn a_flipped_byte_is_noticed(place in 0_usize..1_000, bit in 0_u8..8) {
        let mut file = packets(50);
        let place = place % file.len();
        file[place] ^= 1 << bit;
        let (events, error) = count(&file);
        prop_assert!(events <= 50);
        prop_assert!(error.is_some(), "byte {place}");
    }
}

#[test]
fn every_cut_gives_what_came_before_and_says_so() {
    let file = packets(8_000);
    let (whole, error) = count(&file);
    assert!(whole == 8_000 && error.is_none());
    let mut most = 0;
    for length in (8..file.len()).step_by(9_973) {
        let (events, error) = count(&file[..length]);
        assert!(matches!(error, Some(ReadError::Truncated { events: said }) if said == events), "{error:?}");
        most = most.max(events);
    }
    assert!((4_000..8_000).contains(&most), "{most}");
}

/// A file that is killed: nothing after the last flush.
#[test]
fn what_was_flushed_survives() {
    let mut file = Vec::new();
    let mut writer = Writer::new(&mut file, &header()).unwrap();
    let ping = |at| Event::Packet { connection: ConnectionId(1), at, way: Way::ToServer, bytes: &[0xc0, 0] };
    for at in 0..10 {
        writer.write(&ping(at)).unwrap();
    }
    writer.flush().unwrap();
    writer.write(&ping(10)).unwrap();
    drop(writer);
    assert!(matches!(count(&file), (10, Some(ReadError::Truncated { events: 10 }))));
}

#[test]
fn a_packet_over_the_limit_is_written_as_lost() {
    let long = vec![0; MAX_PACKET + 1];
    let connection = ConnectionId(1);
    let file = write(&[
        Event::Packet { connection, at: 1, way: Way::ToServer, bytes: &long },
        Event::Packet { connection, at: 2, way: Way::ToServer, bytes: &long[..MAX_PACKET] },
    ]);
    let mut reader = Reader::new(file.as_slice()).unwrap();
    let lost = Event::Lost { connection, at: 1, way: Way::ToServer, bytes: 16_777_217, cause: Loss::Limit };
    assert_eq!(reader.event().unwrap(), Some(lost));
    assert!(
        matches!(reader.event().unwrap(), Some(Event::Packet { bytes, .. }) if bytes.len() == MAX_PACKET)
    );
}

#[test]
fn what_must_be_rejected_is() {
    assert!(matches!(count(b"hello, world"), (0, Some(ReadError::NotATrace))));
    assert!(matches!(count(b""), (0, Some(ReadError::NotATrace))));
    let mut file = packets(1);
    file[7] = 2;
    assert!(matches!(count(&file), (0, Some(ReadError::Version(2)))));
    let file = write(&[Event::Open {
        connection: ConnectionId(1),
        at: 0,
        point: PointId(2),
        from: None,
        to: None,
        carrier: Carrier::Tcp,
    }]);
    let what = "a point that is not there";
    assert!(
        matches!(count(&file), (0, Some(ReadError::Malformed { record: 1, what: said })) if said == what)
    );
    let none = Header { points: Vec::new(), ..header() };
    assert!(matches!(Writer::new(Vec::new(), &none), Err(WriteError::Points)));
}

#[test]
fn a_full_disk_is_an_error() {
    struct Full(usize);
    impl Write for Full {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 = self.0.checked_sub(bytes.len()).ok_or(io::ErrorKind::StorageFull)?;
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut writer = Writer::new(Full(100), &header()).unwrap();
    let bytes = Random::new(1).bytes(1_000);
    let packet = Event::Packet { connection: ConnectionId(1), at: 1, way: Way::ToServer, bytes: &bytes };
    writer.write(&packet).unwrap();
    assert!(
        matches!(writer.flush(), Err(WriteError::Io(error)) if error.kind() == io::ErrorKind::StorageFull)
    );
}

/// The example of the specification, §6.
#[test]
fn the_specification_s_example() {
    let text = include_str!("../../../../spec/trace.md");
    let lines = text.split("## 6 Example").nth(1).unwrap().split("## 7").next().unwrap().lines();
    let mut records = Vec::new();
    for line in lines.filter(|line| line.starts_with("    ")) {
        let hex = line.trim().split("  ").next().unwrap();
        records.extend(hex.split(' ').map(|byte| u8::from_str_radix(byte, 16).unwrap()));
    }
    let points = vec![Point { kind: PointKind::Broker, name: "broker".to_owned() }];
    let header = Header { observer: Observer::Simulation, start_us: 0, points, note: "x".to_owned() };
    let mut writer = Writer::new(Vec::new(), &header).unwrap();
    let (connection, from) = (ConnectionId(1), Some("10.0.0.9:5000".parse().unwrap()));
    let (point, carrier) = (PointId(0), Carrier::Tcp);
    writer.write(&Event::Open { connection, at: 2, point, from, to: None, carrier }).unwrap();
    let way = Way::ToServer;
    writer.write(&Event::Packet { connection, at: 5, way, bytes: &[0xc0, 0] }).unwrap();
    let file = writer.finish().unwrap();
    let mut clear = Vec::new();
    io::Read::read_to_end(&mut lz4_flex::frame::FrameDecoder::new(&file[8..]), &mut clear).unwrap();
    assert_eq!(crate::testing::hex(&clear), crate::testing::hex(&records));
}
