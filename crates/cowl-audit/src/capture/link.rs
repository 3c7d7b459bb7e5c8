//! From a frame to the IP packet in it, by link type (<https://www.tcpdump.org/linktypes.html>).

/// What a frame carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Network<'a> {
    Ip(&'a [u8]),
    /// Something else than IPv4 or IPv6.
    Other,
    /// Headers that are cut off.
    Malformed,
    UnknownLink,
}

const IPV4: u16 = 0x0800;
const IPV6: u16 = 0x86dd;
/// VLAN tags: 802.1Q, 802.1ad (`QinQ`), and the one that came before it.
const VLAN: [u16; 3] = [0x8100, 0x88a8, 0x9100];
const PPPOE: u16 = 0x8864;
/// Tags in a frame; there are two in practice.
const MAX_TAGS: usize = 8;

/// Finds the IP packet.
pub(super) fn network(link: u32, frame: &[u8]) -> Network<'_> {
    match link {
        // BSD loopback: a protocol family, in the byte order of the machine that recorded.
        0 | 108 => match frame.split_first_chunk() {
            // AF_INET, then AF_INET6 of Linux, NetBSD, FreeBSD and macOS.
            Some(([2 | 10 | 24 | 28 | 30, 0, 0, 0] | [0, 0, 0, 2 | 10 | 24 | 28 | 30], rest)) => {
                Network::Ip(rest)
            }
            Some(_) => Network::Other,
            None => Network::Malformed,
        },
        1 => match frame.split_at_checked(12) {
            Some((_, rest)) => ethertype(rest),
            None => Network::Malformed,
        },
        // Raw IP, as three systems number it, and IPv4 or IPv6 only.
        12 | 14 | 101 | 228 | 229 => Network::Ip(frame),
        // Linux cooked: the protocol follows 14 bytes of address.
        113 => match frame.split_at_checked(14) {
            Some((_, rest)) => ethertype(rest),
            None => Network::Malformed,
        },
        // Version 2 has the protocol first, and 18 bytes between it and the packet.
        276 => match (frame.first_chunk(), frame.get(20..)) {
            (Some(protocol), Some(rest)) => payload(u16::from_be_bytes(*protocol), rest),
            _ => Network::Malformed,
        },
        _ => Network::UnknownLink,
    }
}

/// A frame from its protocol on.
fn ethertype(bytes: &[u8]) -> Network<'_> {
    match bytes.split_first_chunk() {
        Some((kind, rest)) => payload(u16::from_be_bytes(*kind), rest),
        None => Network::Malformed,
    }
}

fn payload(kind: u16, rest: &[u8]) -> Network<'_> {
    let (mut kind, mut rest) = (kind, rest);
    for _ in 0..MAX_TAGS {
        match kind {
            IPV4 | IPV6 => return Network::Ip(rest),
            PPPOE => {
                // Version and type, code, session, length; then PPP's protocol.
                return match rest.get(6..).and_then(<[u8]>::split_first_chunk) {
                    Some(([0x00, 0x21 | 0x57], rest)) => Network::Ip(rest),
                    Some(_) => Network::Other,
                    None => Network::Malformed,
                };
            }
            _ if VLAN.contains(&kind) => {
                let Some(([_, _, high, low], after)) = rest.split_first_chunk() else {
                    return Network::Malformed;
                };
                kind = u16::from_be_bytes([*high, *low]);
                rest = after;
            }
            _ => return Network::Other,
        }
    }
    Network::Malformed
}
