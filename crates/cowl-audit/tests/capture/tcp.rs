//! TCP: order, repetition, overlap, gaps, beginnings and ends.

use cowl_audit::capture::{MAX_WAIT_US, MAX_WAITING};
use cowl_audit::trace::{Carrier, Closing, Loss, Way};

use super::support::frames::{ACK, ETHERNET, Frame, SYN, pcap};
use super::support::seen::{Seen, read};
use super::support::talk::Talk;
use super::support::{CONNACK, CONNECT, publish};

const CLIENT: &str = "10.0.0.2:40000";
const SERVER: &str = "10.0.0.1:7777";

fn seen(frames: &[Frame]) -> Seen {
    read(&pcap(ETHERNET, frames)).0
}

/// A conversation: CONNECT, CONNACK, then three segments that are one PUBLISH, then another PUBLISH.
fn talk() -> (Talk, Vec<(Way, Vec<u8>)>) {
    let mut talk = Talk::open(CLIENT, SERVER);
    talk.say(Way::ToServer, CONNECT);
    talk.say(Way::ToClient, CONNACK);
    let long = publish(&[b'x'; 300]);
    for part in long.chunks(120) {
        talk.say(Way::ToServer, part);
    }
    let short = publish(b"y");
    talk.say(Way::ToServer, &short);
    talk.close();
    let said = [(Way::ToServer, CONNECT.to_vec()), (Way::ToClient, CONNACK.to_vec())];
    let then = [(Way::ToServer, long), (Way::ToServer, short)];
    (talk, said.into_iter().chain(then).collect())
}

/// Gives the frames, in their new order, the times that they had in the old.
fn retimed(mut frames: Vec<Frame>) -> Vec<Frame> {
    let mut times: Vec<_> = frames.iter().map(|frame| frame.at).collect();
    times.sort_unstable();
    frames.iter_mut().zip(times).for_each(|(frame, at)| frame.at = at);
    frames
}

#[test]
fn in_order() {
    let (talk, said) = talk();
    let seen = seen(&talk.frames);
    assert_eq!(seen.packets, said);
    assert_eq!(seen.opens, [(talk.client, talk.server, Carrier::Tcp)]);
    assert_eq!((seen.closes, seen.lost), (vec![Closing::Orderly], vec![]));
}

#[test]
fn any_two_frames_swapped_or_one_repeated() {
    let (talk, said) = talk();
    // Not the handshake, and not the end: their order says who is who.
    let last = talk.frames.len() - 3;
    for left in 3..last {
        for right in left..last {
            let mut frames = talk.frames.clone();
            frames.swap(left, right);
            let mut read = seen(&retimed(frames));
            read.packets.sort_by_key(|(way, _)| *way == Way::ToServer);
            let mut said = said.clone();
            said.sort_by_key(|(way, _)| *way == Way::ToServer);
            assert_eq!((&read.packets, &read.lost), (&said, &vec![]), "{left} {right}");
            let mut frames = talk.frames.clone();
            frames.insert(right, frames[left].clone());
            assert_eq!(seen(&retimed(frames)).packets.len(), said.len(), "{left} {right}");
        }
    }
}

#[test]
fn sequence_numbers_wrap() {
    for before in [1_u32, 2, 17, 18, 100, 300] {
        let mut talk = Talk::new(CLIENT, SERVER);
        talk.next = [0_u32.wrapping_sub(before), 0_u32.wrapping_sub(2)];
        talk.handshake();
        talk.say(Way::ToServer, CONNECT);
        talk.say(Way::ToClient, CONNACK);
        let said: Vec<_> = (0..50).map(|number| publish(&[number; 10])).collect();
        for packet in &said {
            talk.say(Way::ToServer, packet);
        }
        let seen = seen(&talk.frames);
        assert_eq!(seen.packets.len(), 52, "{before}");
        assert!(seen.packets[2..].iter().map(|(_, bytes)| bytes).eq(&said));
    }
}

#[test]
fn the_bytes_that_came_first_win() {
    let mut talk = Talk::open(CLIENT, SERVER);
    talk.say(Way::ToServer, CONNECT);
    let start = talk.next[0];
    let (good, evil) = (publish(b"good"), publish(b"evil"));
    // The second half of the good one, then the whole of the evil one: a hole is filled from the later, nothing replaced.
    talk.send_at(Way::ToServer, ACK, start + 5, &good[5..]);
    talk.send_at(Way::ToServer, ACK, start, &evil);
    talk.send_at(Way::ToServer, ACK, start, &good);
    let (seen, summary) = read(&pcap(ETHERNET, &talk.frames));
    assert_eq!(seen.packets[1].1, good);
    assert_eq!(seen.packets.len(), 2);
    assert_eq!((summary.tcp.contradicting, summary.tcp.overlapping, summary.tcp.repeated), (1, 1, 1));
}

#[test]
fn a_lost_segment_costs_its_packet() {
    let (talk, said) = talk();
    // Frame 6 is the middle of the long PUBLISH; the receiver had it, and says so.
    let mut frames = talk.frames.clone();
    frames.remove(6);
    let seen = seen(&frames);
    assert_eq!(seen.packets.len(), said.len() - 1);
    assert_eq!(seen.lost, [(Way::ToServer, u64::try_from(said[2].1.len()).unwrap(), Loss::Missing)]);
}

#[test]
fn an_acknowledged_gap_is_given_up_soon_and_another_later() {
    for (flags, wait) in [(ACK, 1_000_000), (0, MAX_WAIT_US + 1_000_000)] {
        let mut talk = Talk::open(CLIENT, SERVER);
        talk.say(Way::ToServer, CONNECT);
        talk.next[0] += 10;
        talk.say(Way::ToServer, &publish(b"after"));
        // What the server says next shows whether it has what is missing.
        talk.send(Way::ToClient, flags, CONNACK);
        let begun = talk.at;
        for _ in 0..100 {
            talk.at += MAX_WAIT_US / 50;
            talk.send(Way::ToClient, flags, &publish(b"tick"));
        }
        let seen = seen(&talk.frames);
        let found = seen.packets.iter().position(|(_, bytes)| *bytes == publish(b"after"));
        let delay = seen.times[found.expect("it is read after the gap")] - (begun - talk.frames[0].at);
        assert!(delay <= wait, "{delay} µs");
        assert!(seen.lost.contains(&(Way::ToServer, 10, Loss::Missing)), "{:?}", seen.lost);
    }
}

#[test]
fn what_waits_is_bounded() {
    let mut talk = Talk::open(CLIENT, SERVER);
    talk.say(Way::ToServer, CONNECT);
    talk.next[0] += 10;
    for _ in 0..=MAX_WAITING / 1000 {
        talk.send(Way::ToServer, 0, &publish(&[b'x'; 1000]));
    }
    let frames = talk.frames.len();
    // Without the limit, nothing would be read before the end of the capture.
    let seen = seen(&talk.frames);
    assert_eq!(seen.packets.len(), frames - 3);
    assert!(seen.times[1] < *seen.times.last().unwrap());
}

#[test]
fn a_beginning_that_is_missing() {
    let mut talk = Talk::new(CLIENT, SERVER);
    // In the middle of a packet, then a whole one.
    talk.say(Way::ToServer, &[0xaa; 20]);
    talk.say(Way::ToClient, b"\xd0\0");
    talk.say(Way::ToServer, &publish(b"whole"));
    talk.close();
    let seen = seen(&talk.frames);
    assert_eq!(seen.opens, [(talk.client, talk.server, Carrier::Tcp)]);
    assert_eq!(seen.packets, [(Way::ToClient, b"\xd0\0".to_vec()), (Way::ToServer, publish(b"whole"))]);
    assert!(seen.lost.iter().all(|(_, _, cause)| *cause == Loss::Missing));
    assert!(
        seen.lost.contains(&(Way::ToClient, 0, Loss::Missing)),
        "it is said even if nothing is known to be missing"
    );
    assert_eq!(seen.lost_bytes(), 20);
}

#[test]
fn a_server_whose_client_is_not_in_the_capture() {
    let mut talk = Talk::open(CLIENT, SERVER);
    talk.say(Way::ToServer, CONNECT);
    talk.say(Way::ToClient, CONNACK);
    talk.say(Way::ToClient, &publish(b"one"));
    let frames = [1, 4, 5].map(|place: usize| talk.frames[place].clone());
    let seen = seen(&frames);
    assert_eq!(seen.opens, [(talk.client, talk.server, Carrier::Tcp)]);
    assert_eq!(seen.packets, [(Way::ToClient, CONNACK.to_vec()), (Way::ToClient, publish(b"one"))]);
}

#[test]
fn ends() {
    let start = || {
        let mut talk = Talk::open(CLIENT, SERVER);
        talk.say(Way::ToServer, CONNECT);
        talk
    };
    let mut reset = start();
    reset.reset(Way::ToClient);
    assert_eq!(seen(&reset.frames).closes, [Closing::Broken]);
    let mut forged = start();
    forged.next[1] = forged.next[1].wrapping_add(0x7000_0000);
    forged.reset(Way::ToClient);
    assert_eq!(seen(&forged.frames).closes, [Closing::Unseen], "a blind reset ends nothing");
    assert_eq!(seen(&start().frames).closes, [Closing::Unseen]);
    let mut orderly = start();
    orderly.close();
    assert_eq!(seen(&orderly.frames).closes, [Closing::Orderly]);
}

#[test]
fn the_same_ports_again() {
    let mut talk = Talk::open(CLIENT, SERVER);
    talk.say(Way::ToServer, CONNECT);
    talk.close();
    // Late: repeated after the end.
    let late = talk.frames[3].clone();
    talk.frames.push(Frame { at: talk.at + 10, ..late });
    talk.next = [70_000, 90_000];
    talk.handshake();
    talk.say(Way::ToServer, CONNECT);
    // Without an end: the next SYN shows that there was one.
    talk.next = [700_000, 900_000];
    talk.handshake();
    talk.say(Way::ToServer, CONNECT);
    let seen = seen(&talk.frames);
    assert_eq!((seen.opens.len(), seen.packets.len()), (3, 3));
    assert_eq!(seen.closes, [Closing::Orderly, Closing::Unseen, Closing::Unseen]);
}

#[test]
fn other_protocols_are_counted_and_left_alone() {
    let mut frames = Vec::new();
    let first = [
        &b"SSH-2.0-OpenSSH_9.6\r\n"[..],
        b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"\0\0\0\0",
        b"220 mail ESMTP\r\n",
    ];
    for (number, words) in first.iter().enumerate() {
        let mut talk = Talk::open(&format!("10.0.0.2:{}", 40_000 + number), SERVER);
        talk.say(Way::ToServer, words);
        for _ in 0..10 {
            talk.say(Way::ToClient, &[b'a'; 1000]);
            talk.say(Way::ToServer, &[b'a'; 1000]);
        }
        talk.close();
        frames.extend(talk.frames);
    }
    let mut silent = Talk::new("10.0.0.2:50000", SERVER);
    silent.send(Way::ToServer, SYN, b"");
    frames.extend(silent.frames);
    let (seen, summary) = read(&pcap(ETHERNET, &frames));
    assert_eq!(seen, Seen::default());
    assert_eq!((summary.connections.other, summary.connections.silent), (4, 1));
}

#[test]
fn snapped_frames_cost_what_was_cut_off() {
    let mut talk = Talk::open(CLIENT, SERVER);
    talk.say(Way::ToServer, CONNECT);
    talk.say(Way::ToServer, &publish(&[b'x'; 500]));
    talk.say(Way::ToServer, &publish(b"short"));
    for frame in &mut talk.frames {
        frame.bytes.truncate(96);
    }
    let (seen, summary) = read(&pcap(ETHERNET, &talk.frames));
    assert_eq!(seen.packets, [(Way::ToServer, CONNECT.to_vec()), (Way::ToServer, publish(b"short"))]);
    assert_eq!(seen.lost, [(Way::ToServer, 506, Loss::Snapped)]);
    assert_eq!((summary.tcp.snapped, summary.lost.snapped), (1, 506));
}
