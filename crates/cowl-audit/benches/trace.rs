//! Speed of the trace file and of the projection, on one core.
//!
//! The goal for the file is 1,000,000 small events a second, both ways.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a benchmark of events that it makes itself"
)]

use std::hint::black_box;

use cowl_audit::trace::{
    Carrier, ConnectionId, Event, Header, Observer, Point, PointId, PointKind, Reader, Way, Writer,
};
use cowl_audit::view::Projection;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

const EVENTS: u64 = 100_000;

/// A client's connection: it opens, says who it is, publishes 98 payloads of this size.
fn write(size: usize) -> Vec<u8> {
    let points = vec![Point { kind: PointKind::Broker, name: "broker".to_owned() }];
    let header = Header { observer: Observer::Simulation, start_us: 0, points, note: String::new() };
    let mut writer = Writer::new(Vec::new(), &header).unwrap();
    let mut packet = b"\x30\x00\x00\x04a/bc".to_vec();
    packet[1] = u8::try_from(6 + size).unwrap();
    packet.resize(8 + size, 0);
    let (mut state, way) = (1_u64, Way::ToServer);
    for number in 0..EVENTS {
        let (connection, at) = (ConnectionId(number / 100), number * 1_000);
        let event = match number % 100 {
            0 => Event::Open {
                connection,
                at,
                point: PointId(0),
                from: Some(([10, 0, 0, 1], 4000).into()),
                to: None,
                carrier: Carrier::Tcp,
            },
            1 => Event::Packet {
                connection,
                at,
                way,
                bytes: b"\x10\x0f\x00\x04MQTT\x04\x02\x00\x3c\x00\x03bee",
            },
            _ => {
                // payloads that do not compress
                for bytes in packet[8..].chunks_mut(8) {
                    state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
                    bytes.copy_from_slice(&state.to_be_bytes()[..bytes.len()]);
                }
                Event::Packet { connection, at, way, bytes: &packet }
            }
        };
        writer.write(&event).unwrap();
    }
    writer.finish().unwrap()
}

fn file(bench: &mut Criterion) {
    let mut group = bench.benchmark_group("trace");
    group.throughput(Throughput::Elements(EVENTS)).sample_size(10);
    for size in [20, 100] {
        group.bench_function(format!("write {size}"), |bench| bench.iter(|| black_box(write(size))));
        let file = write(size);
        group.bench_function(format!("read {size}"), |bench| {
            bench.iter(|| {
                let mut reader = Reader::new(file.as_slice()).unwrap();
                let mut bytes = 0;
                while let Some(event) = reader.event().unwrap() {
                    if let Event::Packet { bytes: packet, .. } = event {
                        bytes += packet.len();
                    }
                }
                bytes
            });
        });
        group.bench_function(format!("project {size}"), |bench| {
            bench.iter(|| {
                let partial = Projection::read(&mut Reader::new(file.as_slice()).unwrap());
                assert_eq!(partial.projection.messages(), 98_000);
                partial
            });
        });
    }
    group.finish();
}

criterion_group!(benches, file);
criterion_main!(benches);
