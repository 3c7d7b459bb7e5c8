//! Captures made to hurt, larger than what they may take: each is read within a limit that the allocator enforces.
//!
//! A binary of its own, and one test at a time: the limit is the process's.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "helpers of tests, where the lints make exceptions for the tests themselves"
)]

use std::io::{self, Read};
use std::ops::ControlFlow;
use std::sync::{Mutex, PoisonError};

use cap::Cap;
use cowl_audit::capture::{self, CaptureError, Damage, MAX_EMPTY_RECORDS, MAX_HELD, Stop};
use cowl_audit::trace::{Event, Way};

#[path = "../capture/support/mod.rs"]
#[allow(dead_code, reason = "shared with another test")]
mod support;

use support::frames::{ACK, ETHERNET, Frame, ethernet, interface, pcap, section};
use support::seen::{Order, read};
use support::talk::Talk;
use support::{CONNECT, publish};

#[global_allocator]
static MEMORY: Cap<std::alloc::System> = Cap::new(std::alloc::System, usize::MAX);

static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// Does something that may take so many bytes more than there are now; the process aborts if it takes more.
fn within<T>(bytes: usize, act: impl FnOnce() -> T) -> T {
    MEMORY.set_limit(MEMORY.allocated() + bytes).unwrap();
    let done = act();
    MEMORY.set_limit(usize::MAX).unwrap();
    done
}

fn alone() -> impl Sized {
    ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A file without an end, but with a count of what was read of it.
struct Endless<I> {
    start: Vec<u8>,
    more: I,
    place: usize,
    read: u64,
    limit: u64,
}

impl<I: FnMut() -> Vec<u8>> Endless<I> {
    fn new(start: Vec<u8>, limit: u64, more: I) -> Self {
        Self { start, more, place: 0, read: 0, limit }
    }
}

impl<I: FnMut() -> Vec<u8>> Read for Endless<I> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.place == self.start.len() {
            if self.read >= self.limit {
                return Ok(0);
            }
            self.start = (self.more)();
            self.place = 0;
        }
        let length = buffer.len().min(self.start.len() - self.place);
        buffer[..length].copy_from_slice(&self.start[self.place..self.place + length]);
        self.place += length;
        self.read += length as u64;
        Ok(length)
    }
}

const TWO_GIGABYTES: u64 = 2 << 30;

const fn stopped(offset: usize, damage: Damage) -> Stop {
    Stop::Damage { offset: offset as u64, damage }
}

#[test]
fn two_gigabytes_of_zeros() {
    let _alone = alone();
    let zeros = || vec![0; 1 << 20];
    let error = capture::read(Endless::new(zeros(), TWO_GIGABYTES, zeros), |_| ControlFlow::Continue(()))
        .unwrap_err();
    assert!(matches!(error, CaptureError::NotACapture));
    let read = |start| {
        capture::read(Endless::new(start, TWO_GIGABYTES, zeros), |_| ControlFlow::Continue(())).unwrap()
    };
    let summary = read(pcap(ETHERNET, &[]));
    let place = 24 + u64::from(MAX_EMPTY_RECORDS) * 16;
    assert_eq!(summary.stopped, Some(Stop::Damage { offset: place, damage: Damage::Empty }));
    let start = [section(), interface(1, &[])].concat();
    let place = start.len();
    assert_eq!(read(start).stopped, Some(stopped(place, Damage::BlockLength(0))));
    // One block of all of it, which is passed over.
    let start = [
        section(),
        interface(1, &[]),
        0x0bad_u32.to_be_bytes().to_vec(),
        0x7fff_fff0_u32.to_be_bytes().to_vec(),
    ]
    .concat();
    let place = start.len() - 8;
    let summary = within(4 << 20, || read(start));
    assert_eq!(summary.stopped, Some(stopped(place, Damage::BlockEnd)));
}

const CONNECTIONS: usize = 100_000;

#[test]
fn a_hundred_thousand_connections() {
    let _alone = alone();
    let ports = |number: usize| format!("10.0.{}.2:{}", number / 60_000, 1024 + number % 60_000);
    let mut all: Vec<Talk> =
        (0..CONNECTIONS).map(|number| Talk::new(&ports(number), "10.0.0.1:1883")).collect();
    // All at once: each step of all before the next.
    let mut steps: Vec<fn(&mut Talk)> = vec![Talk::handshake, |talk| talk.say(Way::ToServer, CONNECT)];
    steps.push(|talk| talk.say(Way::ToServer, &publish(&[b'x'; 50])[..30]));
    steps.push(|talk| talk.say(Way::ToServer, &publish(&[b'x'; 50])[30..]));
    let mut next = 0;
    let more = || {
        let (step, talk) = (next / CONNECTIONS, next % CONNECTIONS);
        next += 1;
        let Some(step) = steps.get(step) else { return Vec::new() };
        step(&mut all[talk]);
        pcap(ETHERNET, &std::mem::take(&mut all[talk].frames))[24..].to_vec()
    };
    let (mut order, mut packets) = (Order::default(), 0);
    let source = Endless::new(pcap(ETHERNET, &[]), u64::MAX, more);
    let summary = within(400 << 20, || {
        let summary = capture::read(source, |event| {
            order.check(event);
            packets += u64::from(matches!(event, Event::Packet { .. }));
            ControlFlow::Continue(())
        });
        order.finish();
        summary.unwrap()
    });
    assert_eq!((packets, summary.connections.mqtt, summary.tcp.evicted), (200_000, 100_000, 0));
}

#[test]
fn incomplete_packets_are_bounded_in_total() {
    let _alone = alone();
    // 400 connections, each in the middle of a packet of a megabyte.
    let mut frames = Vec::new();
    let part = vec![b'x'; 60_000];
    let mut all: Vec<Talk> = (0..400).map(talk_open).collect();
    for _ in 0..17 {
        for talk in &mut all {
            talk.say(Way::ToServer, &part);
            frames.append(&mut talk.frames);
        }
    }
    let file = pcap(ETHERNET, &frames);
    drop(frames);
    let summary = within(MAX_HELD + (64 << 20), || read(&file).1);
    assert!(summary.tcp.shed > 0 && summary.lost.limit > 0);
}

fn talk_open(number: usize) -> Talk {
    let mut talk = Talk::open(&format!("10.{}.{}.2:40000", number / 250, number % 250), "10.0.0.1:1883");
    talk.say(Way::ToServer, CONNECT);
    talk.say(Way::ToServer, &[0x30, 0xff, 0xff, 0x7f, 0, 1, b't']);
    talk
}

#[test]
fn a_storm_of_fragments_and_tiny_segments_is_bounded() {
    let _alone = alone();
    let mut frames = Vec::new();
    for number in 0..50_000_u32 {
        let [_, high, middle, low] = number.to_be_bytes();
        // The last fragment of a datagram of 64 KiB, each of another.
        let mut packet =
            vec![0x45, 0, 0, 28, middle, low, 0x1f, 0xf0, 64, 6, 0, 0, 10, high, 0, 1, 10, 0, 0, 2];
        packet.extend([0; 8]);
        frames.push(Frame::new(1, ethernet(&[], &packet)));
    }
    let mut talk = talk_open(0);
    let start = talk.next[0];
    for number in 0..50_000 {
        talk.send_at(Way::ToServer, ACK, start + 100 + 2 * number, b"x");
    }
    frames.append(&mut talk.frames);
    let file = pcap(ETHERNET, &frames);
    let summary = within(100 << 20, || read(&file).1);
    assert_eq!(summary.unread.fragments, 50_000);
    assert!(summary.tcp.gaps > 0);
}
