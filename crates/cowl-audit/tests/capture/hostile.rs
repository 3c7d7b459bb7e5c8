//! Captures made to hurt: an error with its place, or a partial result that says so. For memory see `../capture_memory`.

use std::io::{self, Read};
use std::ops::ControlFlow;

use cowl_audit::capture::{self, CaptureError, Damage, Stop};
use cowl_audit::trace::Way;

use super::support::frames::{ETHERNET, block, enhanced, interface, pcap, section};
use super::support::seen::{Seen, read};
use super::support::talk::Talk;
use super::support::{CONNACK, CONNECT, publish};

fn talk(client: usize) -> Talk {
    let mut talk = Talk::open(&format!("10.{}.{}.2:40000", client / 250, client % 250), "10.0.0.1:1883");
    talk.say(Way::ToServer, CONNECT);
    talk.say(Way::ToClient, CONNACK);
    talk.say(Way::ToServer, &publish(b"one"));
    talk.close();
    talk
}

fn stop(file: &[u8]) -> Option<Stop> {
    read(file).1.stopped
}

const fn damage(offset: usize, damage: Damage) -> Stop {
    Stop::Damage { offset: offset as u64, damage }
}

#[test]
fn what_is_no_capture() {
    for file in [&b""[..], b"\xd4", b"PK\x03\x04", &[0; 4096]] {
        assert!(matches!(capture::read(file, |_| ControlFlow::Continue(())), Err(CaptureError::NotACapture)));
    }
    for length in 4..24 {
        let file = &pcap(ETHERNET, &[])[..length];
        let error = capture::read(file, |_| ControlFlow::Continue(())).unwrap_err();
        assert!(matches!(error, CaptureError::Short { offset } if offset == length as u64), "{error:?}");
    }
}

#[test]
fn cut_off_anywhere() {
    let whole = pcap(ETHERNET, &talk(0).frames);
    let mut pcapng = [section(), interface(1, &[])].concat();
    talk(0).frames.iter().for_each(|frame| pcapng.extend(enhanced(0, frame.at, &frame.bytes)));
    for file in [&whole, &pcapng] {
        let (all, summary) = read(file);
        assert_eq!((all.packets.len(), summary.is_whole()), (3, true));
        let mut before = 0;
        for length in 28..file.len() {
            let (seen, summary) = read(&file[..length]);
            assert!(seen.packets.len() >= before && all.packets.starts_with(&seen.packets), "{length}");
            before = seen.packets.len();
            assert_eq!(summary.bytes, length as u64);
            match summary.stopped {
                // Just behind a record.
                None => {}
                Some(Stop::Damage { offset, damage: Damage::CutOff }) => assert!(offset < length as u64),
                other => panic!("{length}: {other:?}"),
            }
        }
    }
}

#[test]
fn lying_lengths_are_told_by_their_place() {
    let frames = talk(0).frames;
    let mut file = pcap(ETHERNET, &frames[..6]);
    let place = file.len();
    file.extend([1, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0x7f, 4, 0, 0, 0]);
    file.extend([0; 100]);
    assert_eq!(stop(&file), Some(damage(place, Damage::RecordLength(0x7fff_ffff))));
    assert_eq!(read(&file).0.packets.len(), 3, "what came before is read");
}

#[test]
fn block_lengths_that_loop_or_lie() {
    let start = [section(), interface(1, &[])].concat();
    for length in [0_u32, 1, 4, 8, 11, 13, 0xffff_ffff] {
        let file = [&start[..], &6_u32.to_be_bytes(), &length.to_be_bytes(), &[0; 64]].concat();
        assert_eq!(stop(&file), Some(damage(start.len(), Damage::BlockLength(length))), "{length}");
    }
    let mut differing = [start.clone(), block(6, &[0; 40]), start.clone()].concat();
    let end = start.len() + 52 - 1;
    differing[end] ^= 4;
    assert_eq!(stop(&differing), Some(damage(start.len(), Damage::BlockEnd)));
    let huge = [&start[..], &6_u32.to_be_bytes(), &0xffff_fff0_u32.to_be_bytes(), &[0; 64]].concat();
    assert_eq!(stop(&huge), Some(damage(start.len(), Damage::CutOff)));
    let order = [&start[..], &0x0a0d_0d0a_u32.to_be_bytes(), &28_u32.to_be_bytes(), &[0; 20]].concat();
    assert_eq!(stop(&order), Some(damage(start.len(), Damage::ByteOrder)));
    let many: Vec<u8> = section().into_iter().chain((0..5000).flat_map(|_| interface(1, &[]))).collect();
    assert!(matches!(stop(&many), Some(Stop::Damage { damage: Damage::Interfaces, .. })));
    assert!(matches!(
        capture::read(&[0x0a, 0x0d, 0x0d, 0x0a, 0, 0, 0, 4, 0x1a, 0x2b, 0x3c, 0x4d][..], |_| {
            ControlFlow::Continue(())
        }),
        Err(CaptureError::Damaged { offset: 0, damage: Damage::BlockLength(4) })
    ));
}

#[test]
fn reading_that_fails_says_where() {
    struct Broken(usize);
    impl Read for Broken {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let file = pcap(ETHERNET, &talk(0).frames);
            if self.0 >= 100 {
                return Err(io::ErrorKind::ConnectionReset.into());
            }
            let length = buffer.len().min(100 - self.0);
            buffer[..length].copy_from_slice(&file[self.0..self.0 + length]);
            self.0 += length;
            Ok(length)
        }
    }
    let error = capture::read(Broken(0), |_| ControlFlow::Continue(())).unwrap_err();
    assert!(matches!(error, CaptureError::Io { offset: 100, .. }), "{error:?}");
}

#[test]
fn who_takes_the_events_may_break_off() {
    let file = pcap(ETHERNET, &talk(0).frames);
    let mut events = 0;
    let summary = capture::read(&file[..], |_| {
        events += 1;
        if events == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert_eq!((events, summary.unwrap().stopped), (2, Some(Stop::Sink)));
}

#[test]
fn damaged_bytes_never_panic() {
    let file = pcap(ETHERNET, &talk(0).frames);
    for place in 0..file.len() {
        for change in [0xff, 0x80, 0x01] {
            let mut file = file.clone();
            file[place] ^= change;
            let _ = capture::read(&file[..], |_| ControlFlow::Continue(()));
        }
    }
    let (seen, _) = read(&file);
    assert_ne!(seen, Seen::default());
}
