use proptest::prelude::*;

use super::{Frame, Framer};
use crate::trace::Loss;

/// PINGREQ, a PUBLISH of 300 bytes, PUBACK.
fn stream() -> (Vec<u8>, Vec<usize>) {
    let mut bytes = vec![0xc0, 0];
    bytes.extend([0x30, 0xac, 0x02, 0, 1, b't']);
    bytes.resize(2 + 303, b'x');
    bytes.extend([0x40, 2, 0, 7]);
    (bytes, vec![2, 303, 4])
}

#[derive(Debug, Default, PartialEq)]
struct Seen {
    packets: Vec<usize>,
    lost: Vec<(u64, Loss)>,
}

impl Seen {
    fn add(&mut self, frame: Frame<'_>) {
        match frame {
            Frame::Packet(bytes) => self.packets.push(bytes.len()),
            Frame::Lost { bytes, cause } => self.lost.push((bytes, cause)),
        }
    }
}

#[test]
fn any_cut_gives_the_same_packets() {
    let (bytes, lengths) = stream();
    for step in 1..=bytes.len() {
        let (mut framer, mut seen) = (Framer::new(), Seen::default());
        for chunk in bytes.chunks(step) {
            framer.push(chunk, |frame| seen.add(frame));
        }
        framer.finish(|frame| seen.add(frame));
        assert_eq!(seen, Seen { packets: lengths.clone(), lost: vec![] }, "{step}");
    }
}

#[test]
fn what_cannot_be_mqtt_is_counted_to_the_end() {
    for bad in [&[0x00_u8, 0][..], &[0x30, 0xff, 0xff, 0xff, 0xff, 1], &[0xc0, 1, 0], &[0x10, 3, 0]] {
        for step in [1, 2, 100] {
            let (mut framer, mut seen) = (Framer::new(), Seen::default());
            let bytes = [&[0xc0, 0][..], bad, b"and more"].concat();
            for chunk in bytes.chunks(step) {
                framer.push(chunk, |frame| seen.add(frame));
            }
            assert!(framer.is_lost());
            framer.finish(|frame| seen.add(frame));
            assert_eq!(seen.packets, [2]);
            let lost: u64 = seen.lost.iter().map(|(bytes, _)| bytes).sum();
            assert_eq!(lost, u64::try_from(bad.len()).unwrap() + 8, "{bad:?} {step}");
            assert!(seen.lost.iter().all(|(_, cause)| *cause == Loss::NotMqtt));
        }
    }
}

#[test]
fn a_packet_over_the_limit_is_passed_over_and_the_next_one_read() {
    let (bytes, _) = stream();
    for step in [1, 7, 1000] {
        let (mut framer, mut seen) = (Framer::with_limit(100), Seen::default());
        for chunk in bytes.chunks(step) {
            framer.push(chunk, |frame| seen.add(frame));
            assert!(framer.kept() < 100);
        }
        framer.finish(|frame| seen.add(frame));
        assert_eq!(seen, Seen { packets: vec![2, 4], lost: vec![(303, Loss::Limit)] });
    }
}

#[test]
fn a_gap_inside_a_packet_costs_that_packet_only() {
    let (bytes, _) = stream();
    // Seen up to 100, then missing up to `to`, which lies in the packet, or just at its end.
    for to in [101, 200, 305] {
        let (mut framer, mut seen) = (Framer::new(), Seen::default());
        framer.push(&bytes[..100], |frame| seen.add(frame));
        framer.gap(u64::try_from(to).unwrap() - 100, Loss::Missing, |frame| seen.add(frame));
        framer.push(&bytes[to..], |frame| seen.add(frame));
        framer.finish(|frame| seen.add(frame));
        assert_eq!(seen, Seen { packets: vec![2, 4], lost: vec![(303, Loss::Missing)] }, "{to}");
    }
}

#[test]
fn a_gap_beyond_a_packet_costs_the_rest() {
    let (bytes, _) = stream();
    let (mut framer, mut seen) = (Framer::new(), Seen::default());
    framer.push(&bytes[..100], |frame| seen.add(frame));
    framer.gap(206, Loss::Snapped, |frame| seen.add(frame));
    framer.push(&bytes[306..], |frame| seen.add(frame));
    framer.finish(|frame| seen.add(frame));
    assert_eq!(seen, Seen { packets: vec![2], lost: vec![(98 + 206, Loss::Snapped), (3, Loss::Snapped)] });
}

#[test]
fn a_stream_that_ends_in_a_packet_says_so() {
    let (bytes, _) = stream();
    let (mut framer, mut seen) = (Framer::new(), Seen::default());
    framer.push(&bytes[..50], |frame| seen.add(frame));
    framer.finish(|frame| seen.add(frame));
    assert_eq!(seen, Seen { packets: vec![2], lost: vec![(48, Loss::Missing)] });
}

#[test]
fn memory_of_a_large_packet_is_given_back() {
    let mut framer = Framer::new();
    let mut bytes = vec![0x30, 0xff, 0xff, 0x3f];
    bytes.resize(4 + 0xf_ffff, 0);
    for chunk in bytes.chunks(1400) {
        framer.push(chunk, |_| {});
    }
    assert_eq!(framer.kept(), 0);
    assert!(framer.memory() <= 4 << 10);
}

proptest! {
    /// Whatever comes in, every byte comes out in a packet or is counted as lost.
    #[test]
    fn no_byte_is_forgotten(
        bytes in prop::collection::vec(prop_oneof![Just(0x30_u8), 0_u8..4, any::<u8>()], 0..200),
        step in 1_usize..50,
    ) {
        let (mut framer, mut seen) = (Framer::with_limit(64), Seen::default());
        let mut passed = 0;
        for chunk in bytes.chunks(step) {
            framer.push(chunk, |frame| seen.add(frame));
        }
        framer.finish(|frame| seen.add(frame));
        for (lost, _) in &seen.lost {
            passed += lost;
        }
        let whole: usize = seen.packets.iter().sum();
        passed += u64::try_from(whole).unwrap();
        // A packet over the limit that is cut off by the end counts whole.
        prop_assert!(passed >= u64::try_from(bytes.len()).unwrap());
        if seen.lost.iter().all(|(_, cause)| *cause != Loss::Limit) {
            prop_assert_eq!(passed, u64::try_from(bytes.len()).unwrap());
        }
    }
}
