//! File formats, link types and IP headers: the same conversation in each.

use std::net::{IpAddr, SocketAddr};

use cowl_audit::capture::Capture;
use cowl_audit::trace::{Observer, Way};

use super::support::frames::{
    ETHERNET, Frame, RAW, block, enhanced, ethernet, interface, ip, pcap, section, tcp,
};
use super::support::seen::{Seen, read};
use super::support::talk::Talk;
use super::support::{CONNACK, CONNECT, publish};

fn talk() -> Talk {
    let mut talk = Talk::open("10.0.0.2:40000", "10.0.0.1:1883");
    talk.say(Way::ToServer, CONNECT);
    talk.say(Way::ToClient, CONNACK);
    talk.say(Way::ToServer, &publish(b"one"));
    talk.close();
    talk
}

fn said() -> Seen {
    let (said, _) = read(&pcap(ETHERNET, &talk().frames));
    assert_eq!(said.packets.len(), 3);
    said
}

/// The frames with something else around their IP packets.
fn rewrapped(wrap: impl Fn(&[u8]) -> Vec<u8>) -> Vec<Frame> {
    talk().frames.iter().map(|frame| Frame::new(frame.at, wrap(&frame.bytes[14..]))).collect()
}

#[test]
fn byte_orders_and_nanoseconds() {
    let file = pcap(ETHERNET, &talk().frames);
    let swap = |file: &[u8]| {
        let mut file = file.to_vec();
        file[..4].reverse();
        file[20..24].reverse();
        let mut at = 24;
        while at < file.len() {
            let kept = u32::from_le_bytes(file[at + 8..at + 12].try_into().unwrap());
            file[at..at + 16].chunks_mut(4).for_each(<[u8]>::reverse);
            at += 16 + usize::try_from(kept).unwrap();
        }
        file
    };
    assert_eq!(read(&swap(&file)).0, said());
    let mut nanoseconds = file.clone();
    nanoseconds[..4].copy_from_slice(&[0x4d, 0x3c, 0xb2, 0xa1]);
    let mut at = 24;
    while at < nanoseconds.len() {
        let parts = u32::from_le_bytes(nanoseconds[at + 4..at + 8].try_into().unwrap()) * 1000 + 999;
        nanoseconds[at + 4..at + 8].copy_from_slice(&parts.to_le_bytes());
        let kept = u32::from_le_bytes(nanoseconds[at + 8..at + 12].try_into().unwrap());
        at += 16 + usize::try_from(kept).unwrap();
    }
    assert_eq!(read(&nanoseconds).0, said());
    assert_eq!(read(&swap(&nanoseconds)).0, said());
}

#[test]
fn the_header_says_when_it_began() {
    let header = Capture::open(&pcap(ETHERNET, &talk().frames)[..]).unwrap().header();
    assert_eq!((header.observer, header.start_us), (Observer::Capture, talk().frames[0].at));
}

/// What puts a link layer around an IP packet.
type Wrap = fn(&[u8]) -> Vec<u8>;

#[test]
fn link_types() {
    let wraps: [(u32, Wrap); 12] = [
        (ETHERNET, |packet| ethernet(&[7], packet)),
        (ETHERNET, |packet| ethernet(&[7, 8], packet)),
        (ETHERNET, |packet| {
            let length = u16::try_from(packet.len() + 2).unwrap().to_be_bytes();
            [&[0; 12][..], &[0x88, 0x64, 0x11, 0, 0, 1], &length, &[0x00, 0x21], packet].concat()
        }),
        // Padding to Ethernet's shortest frame is not part of the packet.
        (ETHERNET, |packet| [&ethernet(&[], packet)[..], &[0xee; 30]].concat()),
        (RAW, <[u8]>::to_vec),
        (12, <[u8]>::to_vec),
        (228, <[u8]>::to_vec),
        (0, |packet| [&[2, 0, 0, 0], packet].concat()),
        (0, |packet| [&[0, 0, 0, 2], packet].concat()),
        (108, |packet| [&[0, 0, 0, 2], packet].concat()),
        (113, |packet| [&[0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 0x08, 0x00], packet].concat()),
        (276, |packet| {
            [&[0x08, 0x00, 0, 0, 0, 0, 0, 1, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0], packet].concat()
        }),
    ];
    for (place, (link, wrap)) in wraps.into_iter().enumerate() {
        let (seen, summary) = read(&pcap(link, &rewrapped(wrap)));
        assert_eq!(seen, said(), "{place}: {summary:?}");
    }
}

#[test]
fn an_unknown_link_type_is_said() {
    let (seen, summary) = read(&pcap(105, &talk().frames));
    assert_eq!(seen, Seen::default());
    assert_eq!(summary.unread.link_types.into_iter().collect::<Vec<_>>(), [(105, 9)]);
}

/// The conversation over IPv6, each packet changed.
fn v6(change: impl Fn(Vec<u8>) -> Vec<Vec<u8>>) -> Vec<Frame> {
    let mut talk = talk();
    let (client, server): (SocketAddr, SocketAddr) =
        ("[2001:db8::2]:40000".parse().unwrap(), "[2001:db8::1]:1883".parse().unwrap());
    let mut frames = Vec::new();
    for frame in talk.frames.drain(..) {
        let segment = &frame.bytes[34..];
        let (from, to) =
            if segment[..2] == 1883_u16.to_be_bytes() { (server, client) } else { (client, server) };
        for packet in change(ip(from.ip(), to.ip(), segment)) {
            frames.push(Frame::new(frame.at, ethernet(&[], &packet)));
        }
    }
    frames
}

#[test]
fn ipv6_and_its_extensions() {
    let plain = read(&pcap(ETHERNET, &v6(|packet| vec![packet]))).0;
    assert_eq!(plain.packets, said().packets);
    assert_eq!(plain.opens[0].0, "[2001:db8::2]:40000".parse().unwrap());
    // Hop-by-hop of 8 bytes, destination options of 16, then authentication of 24.
    let extended = v6(|packet| {
        let mut extensions = vec![60, 0, 1, 4, 0, 0, 0, 0];
        extensions.extend([51, 1, 1, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        extensions.extend([6, 4]);
        extensions.extend([0; 22]);
        let mut new = packet[..40].to_vec();
        let length = u16::try_from(packet.len() - 40 + extensions.len()).unwrap();
        new[4..6].copy_from_slice(&length.to_be_bytes());
        new[6] = 0;
        vec![[&new[..], &extensions, &packet[40..]].concat()]
    });
    assert_eq!(read(&pcap(ETHERNET, &extended)).0, plain);
    // A loop of extensions that never reaches TCP.
    let endless = v6(|packet| {
        let mut new = [&packet[..40], &[0; 8 * 100]].concat();
        new[6] = 0;
        vec![new]
    });
    let (seen, summary) = read(&pcap(ETHERNET, &endless));
    assert_eq!((seen, summary.unread.malformed), (Seen::default(), 9));
}

/// The fragments of an IPv4 packet whose payload is cut at multiples of 8.
fn fragments(packet: &[u8], id: u16) -> Vec<Vec<u8>> {
    let payload = &packet[20..];
    let pieces = payload.len().div_ceil(8);
    let cut = |(place, piece): (usize, &[u8])| {
        let mut new = packet[..20].to_vec();
        new[2..4].copy_from_slice(&u16::try_from(20 + piece.len()).unwrap().to_be_bytes());
        new[4..6].copy_from_slice(&id.to_be_bytes());
        let more = if place + 1 < pieces { 0x2000 } else { 0 };
        new[6..8].copy_from_slice(&(u16::try_from(place).unwrap() | more).to_be_bytes());
        [&new[..], piece].concat()
    };
    payload.chunks(8).enumerate().map(cut).collect()
}

#[test]
fn fragments_in_any_order() {
    for reverse in [false, true] {
        let mut frames = Vec::new();
        for (id, frame) in talk().frames.iter().enumerate() {
            let mut pieces = fragments(&frame.bytes[14..], u16::try_from(id).unwrap());
            if reverse {
                pieces.reverse();
            }
            frames.extend(pieces.into_iter().map(|piece| Frame::new(frame.at, ethernet(&[], &piece))));
        }
        let (seen, summary) = read(&pcap(ETHERNET, &frames));
        assert_eq!((seen, summary.unread.fragments), (said(), 0));
        // Without one fragment of the last PUBLISH, that packet is missing and the rest is not.
        let lost = frames.iter().position(|frame| frame.bytes.ends_with(b"one")).unwrap();
        frames.remove(lost);
        let (seen, summary) = read(&pcap(ETHERNET, &frames));
        assert_eq!(seen.packets.len(), 2);
        assert!(summary.unread.fragments > 0 && seen.lost_bytes() > 0);
    }
}

#[test]
fn fragments_of_ipv6() {
    let plain = read(&pcap(ETHERNET, &v6(|packet| vec![packet]))).0;
    let cut = v6(|packet| {
        let pieces = packet[40..].chunks(16).count();
        let piece = |(place, piece): (usize, &[u8])| {
            let mut new = packet[..40].to_vec();
            new[4..6].copy_from_slice(&u16::try_from(8 + piece.len()).unwrap().to_be_bytes());
            new[6] = 44;
            let offset = u16::try_from(place * 16).unwrap() | u16::from(place + 1 < pieces);
            // The identification differs by packet: take it from its bytes.
            let id: u32 =
                packet[40..].iter().fold(7, |sum: u32, byte| sum.wrapping_mul(31) + u32::from(*byte));
            [&new[..], &[6, 0], &offset.to_be_bytes(), &id.to_be_bytes(), piece].concat()
        };
        packet[40..].chunks(16).enumerate().map(piece).collect()
    });
    assert_eq!(read(&pcap(ETHERNET, &cut)).0, plain);
}

/// A clock of 2^20 units a second.
const BINARY_20: u8 = 0x94;

#[test]
fn pcapng_with_several_interfaces_clocks_and_sections() {
    let talk = talk();
    let start = talk.frames[0].at;
    let mut file = section();
    file.extend(interface(1, &[(2, b"eth0"), (9, &[9])]));
    file.extend(interface(101, &[(9, &[BINARY_20]), (14, &1_000_i64.to_be_bytes()), (0, b"")]));
    file.extend(block(0x0bad, b"whatever this is"));
    for (place, frame) in talk.frames.iter().enumerate() {
        if place % 2 == 0 {
            file.extend(enhanced(0, frame.at * 1000, &frame.bytes));
        } else {
            let binary = (u128::from(frame.at - 1_000_000_000) << 20).div_ceil(1_000_000);
            file.extend(enhanced(1, u64::try_from(binary).unwrap(), &frame.bytes[14..]));
        }
        if place == 4 {
            // A new section: its interfaces are others.
            file.extend(section());
            file.extend(interface(1, &[(9, &[9])]));
            file.extend(interface(101, &[(9, &[BINARY_20]), (14, &1_000_i64.to_be_bytes())]));
        }
    }
    let (seen, summary) = read(&file);
    assert_eq!(seen, said());
    assert_eq!((summary.records, summary.time_went_back, summary.stopped), (9, 0, None));
    assert_eq!(Capture::open(&file[..]).unwrap().header().start_us, start);
}

#[test]
fn pcapng_simple_and_old_packets() {
    let mut file = section();
    file.extend(interface(1, &[]));
    for (place, frame) in talk().frames.iter().enumerate() {
        let length = u32::try_from(frame.bytes.len()).unwrap().to_be_bytes();
        let body = if place % 2 == 0 {
            [&length[..], &frame.bytes].concat()
        } else {
            [&[0, 0, 0, 0][..], &frame.at.to_be_bytes(), &length, &length, &frame.bytes].concat()
        };
        file.extend(block(if place % 2 == 0 { 3 } else { 2 }, &body));
    }
    assert_eq!(read(&file).0.packets, said().packets);
}

#[test]
fn a_frame_of_an_interface_that_was_not_described() {
    let mut file = section();
    file.extend(interface(1, &[]));
    file.extend(enhanced(5, 1, &talk().frames[0].bytes));
    let (_, summary) = read(&file);
    assert_eq!((summary.records, summary.unread.blocks), (0, 1));
}

#[test]
fn a_clock_that_goes_back() {
    let mut talk = talk();
    talk.frames[5].at -= 3_600_000_000;
    // The order of events is checked for every capture that is read here.
    let (seen, summary) = read(&pcap(ETHERNET, &talk.frames));
    assert_eq!((seen.packets, summary.time_went_back), (said().packets, 1));
}

#[test]
fn addresses_may_be_the_same_at_both_ends() {
    let address: SocketAddr = "10.0.0.1:1883".parse().unwrap();
    let packet = |flags, payload: &[u8]| {
        let loopback: IpAddr = address.ip();
        Frame::new(1, ethernet(&[], &ip(loopback, loopback, &tcp(address, address, 1, 1, flags, payload))))
    };
    read(&pcap(ETHERNET, &[packet(2, b""), packet(16, CONNECT), packet(16, CONNACK)]));
}
