//! Any bytes as a packet capture; and any bytes as the segments of one TCP connection.

#![no_main]

use core::ops::ControlFlow;
use std::collections::HashMap;

use cowl_audit::capture;
use cowl_audit::trace::Event;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    read(data);
    read(&conversation(data));
});

/// Reads a capture; events of a connection begin with Open, end with Close, and never go back in time.
fn read(file: &[u8]) {
    let mut last = HashMap::new();
    let summary = capture::read(file, |event| {
        let (connection, at, ends) = match *event {
            Event::Open { connection, at, .. } => {
                assert!(last.insert(connection, (at, false)).is_none());
                return ControlFlow::Continue(());
            }
            Event::Hello { connection, at, .. }
            | Event::Packet { connection, at, .. }
            | Event::Sealed { connection, at, .. }
            | Event::Lost { connection, at, .. } => (connection, at, false),
            Event::Close { connection, at, .. } => (connection, at, true),
            _ => return ControlFlow::Continue(()),
        };
        let before = last.get_mut(&connection).expect("it was opened");
        assert!(before.0 <= at && !before.1);
        *before = (at, ends);
        ControlFlow::Continue(())
    });
    if let Ok(summary) = summary {
        assert!(summary.bytes <= file.len() as u64);
        assert!(last.values().all(|(_, closed)| *closed));
    }
}

/// The bytes as segments: way and flags, a step in the sequence, a length, then that many bytes. So the fuzzer gets past
/// headers and lengths to reassembly, and to what connections carry.
fn conversation(data: &[u8]) -> Vec<u8> {
    let mut file = b"\xd4\xc3\xb2\xa1\x02\0\x04\0\0\0\0\0\0\0\0\0\0\0\x04\0\x65\0\0\0".to_vec();
    let mut next = [0xffff_fff0_u32, 7];
    let mut rest = data;
    let mut at = 0_u32;
    while let Some(([control, step, length], after)) = rest.split_first_chunk() {
        let (payload, after) = after.split_at(usize::from(*length).min(after.len()));
        rest = after;
        let to_server = control & 1 == 0;
        let flags = (control >> 1 & 0x07) | if control & 0x10 == 0 { 0x10 } else { 0 };
        let side = usize::from(!to_server);
        // Half of the steps are none, so that most segments follow one another.
        let jump = if step & 1 == 0 { 0 } else { i32::from((*step).cast_signed()) };
        let sequence = next[side].wrapping_add_signed(jump);
        let (from, to): (u8, u8) = if to_server { (2, 1) } else { (1, 2) };
        let mut packet = vec![0x45, 0];
        packet.extend((40 + payload.len() as u16).to_be_bytes());
        packet.extend([0, 0, 0, 0, 64, 6, 0, 0, 10, 0, 0, from, 10, 0, 0, to]);
        let ports: [u16; 2] = if to_server { [40_000, 1883] } else { [1883, 40_000] };
        ports.iter().for_each(|port| packet.extend(port.to_be_bytes()));
        packet.extend(sequence.to_be_bytes());
        packet.extend(next[1 - side].to_be_bytes());
        packet.extend([0x50, flags, 0xff, 0xff, 0, 0, 0, 0]);
        packet.extend(payload);
        if jump == 0 {
            next[side] = sequence.wrapping_add(payload.len() as u32 + u32::from(flags & 3 != 0));
        }
        at = at.wrapping_add(u32::from(*control) << 12);
        for field in [at / 1_000_000, at % 1_000_000] {
            file.extend(field.to_le_bytes());
        }
        let original = packet.len() as u32;
        if control & 0x20 != 0 {
            packet.truncate(60);
        }
        file.extend((packet.len() as u32).to_le_bytes());
        file.extend(original.to_le_bytes());
        file.extend(packet);
    }
    file
}
