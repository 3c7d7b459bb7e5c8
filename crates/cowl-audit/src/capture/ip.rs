//! IPv4 (RFC 791) and IPv6 (RFC 8200) headers.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

const TCP: u8 = 6;
/// Extension headers of one packet; more is not sensible.
const MAX_EXTENSIONS: usize = 16;

/// An IP packet that may carry TCP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Datagram<'a> {
    pub(super) from: IpAddr,
    pub(super) to: IpAddr,
    /// What follows the headers and was recorded.
    pub(super) payload: &'a [u8],
    /// Bytes of it on the wire; more than recorded where the snapshot length cut it off.
    pub(super) length: usize,
    /// Which part of a datagram it is, if it is one.
    pub(super) fragment: Option<Fragment>,
}

/// Which part of a datagram a packet is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fragment {
    pub(super) id: u32,
    /// Where it begins, bytes.
    pub(super) offset: u32,
    /// Whether others follow.
    pub(super) more: bool,
}

/// Why a packet is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotTcp {
    /// Neither version 4 nor 6.
    NotIp,
    Other,
    Malformed,
}

/// Reads the headers of a packet.
pub(super) fn datagram(bytes: &[u8]) -> Result<Datagram<'_>, NotTcp> {
    match bytes.first().map(|first| first >> 4) {
        Some(4) => v4(bytes),
        Some(6) => v6(bytes),
        Some(_) => Err(NotTcp::NotIp),
        None => Err(NotTcp::Malformed),
    }
}

fn v4(bytes: &[u8]) -> Result<Datagram<'_>, NotTcp> {
    let header: &[u8; 20] = bytes.first_chunk().ok_or(NotTcp::Malformed)?;
    let [first, _, l0, l1, i0, i1, f0, f1, _, protocol, _, _, s0, s1, s2, s3, d0, d1, d2, d3] = *header;
    let header_length = usize::from(first & 0x0f) * 4;
    if header_length < 20 {
        return Err(NotTcp::Malformed);
    }
    if protocol != TCP {
        return Err(NotTcp::Other);
    }
    let recorded = bytes.get(header_length..).ok_or(NotTcp::Malformed)?;
    let length = match usize::from(u16::from_be_bytes([l0, l1])) {
        // Offloading network cards leave 0: the frame is as long as it is.
        0 => recorded.len(),
        total => total.checked_sub(header_length).ok_or(NotTcp::Malformed)?,
    };
    let place = u16::from_be_bytes([f0, f1]);
    let (more, offset) = (place & 0x2000 != 0, u32::from(place & 0x1fff) * 8);
    let id = u32::from(u16::from_be_bytes([i0, i1]));
    Ok(Datagram {
        from: IpAddr::V4(Ipv4Addr::new(s0, s1, s2, s3)),
        to: IpAddr::V4(Ipv4Addr::new(d0, d1, d2, d3)),
        payload: recorded.get(..length).unwrap_or(recorded),
        length,
        fragment: (more || offset > 0).then_some(Fragment { id, offset, more }),
    })
}

fn v6(bytes: &[u8]) -> Result<Datagram<'_>, NotTcp> {
    let (header, recorded) = bytes.split_first_chunk::<40>().ok_or(NotTcp::Malformed)?;
    let [_, _, _, _, l0, l1, first, _, addresses @ ..] = header;
    let (from, to) = addresses.split_at(16);
    let address = |bytes: &[u8]| bytes.first_chunk::<16>().map(|octets| IpAddr::V6(Ipv6Addr::from(*octets)));
    let (from, to) = (address(from).ok_or(NotTcp::Malformed)?, address(to).ok_or(NotTcp::Malformed)?);
    let mut length = match usize::from(u16::from_be_bytes([*l0, *l1])) {
        0 => recorded.len(),
        length => length,
    };
    let mut rest = recorded.get(..length).unwrap_or(recorded);
    let mut next = *first;
    let mut fragment = None;
    for _ in 0..MAX_EXTENSIONS {
        let (after, header_length) = match (next, rest) {
            (TCP, _) => return Ok(Datagram { from, to, payload: rest, length, fragment }),
            // Hop-by-hop and destination options, routing.
            (0 | 43 | 60, [after, units, ..]) => (*after, (usize::from(*units) + 1) * 8),
            // Authentication header, RFC 4302: in units of four bytes.
            (51, [after, units, ..]) => (*after, (usize::from(*units) + 2) * 4),
            (44, [after, _, o0, o1, i0, i1, i2, i3, ..]) => {
                let place = u16::from_be_bytes([*o0, *o1]);
                let (offset, more) = (u32::from(place & 0xfff8), place & 1 != 0);
                // A fragment that is the whole datagram is none (RFC 6946).
                if offset > 0 || more {
                    fragment = Some(Fragment { id: u32::from_be_bytes([*i0, *i1, *i2, *i3]), offset, more });
                }
                if offset > 0 && *after != TCP {
                    return Err(NotTcp::Other);
                }
                (*after, 8)
            }
            (0 | 43 | 44 | 51 | 60, _) => return Err(NotTcp::Malformed),
            _ => return Err(NotTcp::Other),
        };
        rest = rest.get(header_length..).ok_or(NotTcp::Malformed)?;
        length = length.checked_sub(header_length).ok_or(NotTcp::Malformed)?;
        next = after;
    }
    Err(NotTcp::Malformed)
}
