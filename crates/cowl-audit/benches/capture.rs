//! Speed of the packet reader, of the framer, and of a whole capture.
//!
//! The goal is 5,000,000 messages a second on one core: 200 ns each.

use core::hint::black_box;
use core::ops::ControlFlow;

use cowl_audit::capture;
use cowl_audit::mqtt::{Dialogue, Frame, Framer, Level, Packet};
use cowl_audit::trace::Way;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

const MESSAGES: u32 = 10_000;

/// A PUBLISH of QoS 1 with a topic of 23 bytes and a payload of 100; in 5 with two properties.
fn publish(level: Level) -> Vec<u8> {
    let properties: &[u8] =
        if level == Level::V5 { b"\x10\x02\0\0\0\x3c\x26\0\x04unit\0\x02mm" } else { b"" };
    let body = [&b"\0\x17field/zone/12/severity"[..], b"s\0\x07", properties, &[b'x'; 100]].concat();
    // Between 128 and 16,383 bytes: a length of two bytes, the low seven bits first.
    let [low, high] = [body.len() & 0x7f, body.len() >> 7].map(|part| u8::try_from(part).unwrap_or(0));
    [&[0x32, low | 0x80, high], &body[..]].concat()
}

fn stream(level: Level) -> Vec<u8> {
    publish(level).repeat(usize::try_from(MESSAGES).unwrap_or(0))
}

/// The stream as segments of 1400 bytes on Ethernet.
fn file(stream: &[u8]) -> Vec<u8> {
    let connect = b"\x10\x0f\0\x04MQTT\x04\x02\0\x3c\0\x03bee";
    let mut file = b"\xd4\xc3\xb2\xa1\x02\0\x04\0\0\0\0\0\0\0\0\0\0\0\x04\0\x65\0\0\0".to_vec();
    let mut sequence = 1_u32;
    let mut add = |flags: u8, payload: &[u8]| {
        let length = u32::try_from(40 + payload.len()).unwrap_or(0);
        file.extend([0; 8]);
        file.extend(length.to_le_bytes());
        file.extend(length.to_le_bytes());
        let [_, _, high, low] = length.to_be_bytes();
        file.extend([
            0x45, 0, high, low, 0, 0, 0, 0, 64, 6, 0, 0, 10, 0, 0, 2, 10, 0, 0, 1, 0x9c, 0x40, 7, 0x5b,
        ]);
        file.extend(sequence.to_be_bytes());
        file.extend([0, 0, 0, 0, 0x50, flags, 0, 0, 0, 0, 0, 0]);
        file.extend(payload);
        sequence += u32::try_from(payload.len()).unwrap_or(0) + u32::from(flags & 2 != 0);
    };
    add(2, b"");
    add(16, connect);
    stream.chunks(1400).for_each(|part| add(16, part));
    file
}

fn packets(bench: &mut Criterion) {
    let mut group = bench.benchmark_group("publish");
    group.throughput(Throughput::Elements(u64::from(MESSAGES)));
    for (name, level) in [("3.1.1", Level::V3_1_1), ("5", Level::V5)] {
        let stream = stream(level);
        group.bench_function(format!("{name}, framed and read"), |bench| {
            bench.iter(|| {
                let mut framer = Framer::new();
                framer.push(&stream, |frame| {
                    if let Frame::Packet(bytes) = frame {
                        black_box(Packet::read(bytes, Some(level)));
                    }
                });
            });
        });
        group.bench_function(format!("{name}, in a dialogue"), |bench| {
            bench.iter(|| {
                let (mut framer, mut dialogue) = (Framer::new(), Dialogue::new());
                framer.push(&stream, |frame| {
                    if let Frame::Packet(bytes) = frame {
                        black_box(dialogue.read(Way::ToServer, bytes));
                    }
                });
            });
        });
    }
    let file = file(&stream(Level::V3_1_1));
    group.bench_function("capture to events", |bench| {
        bench.iter(|| {
            let summary = capture::read(&file[..], |event| {
                black_box(event);
                ControlFlow::Continue(())
            });
            assert!(summary.is_ok_and(|summary| summary.packets == u64::from(MESSAGES) + 1));
        });
    });
    group.finish();
}

criterion_group!(benches, packets);
criterion_main!(benches);
