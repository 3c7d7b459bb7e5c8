//! Where an operation's service answers.

use alloc::{
    string::{String, ToString as _},
    vec::Vec,
};
use core::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    str::FromStr,
};

use super::TicketError;

/// HTTP's own port.
const DEFAULT_PORT: u16 = 80;
/// The longest host name (RFC 1123 §2.1).
const MAX_NAME: usize = 253;

/// A host and a port, reached over plain HTTP: what goes there is signed or sealed by itself, and a certificate would need a clock
/// that is right. Letters, digits, hyphens and dots only: it can be shown as it is.
#[derive(Clone, PartialEq, Eq)]
pub struct ServiceAddress {
    host: Host,
    port: u16,
}

/// A text or bytes that are not an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "an address is http://HOST or http://HOST:PORT, with a host name or an IP address, and nothing behind it"
)]
pub struct NotAnAddress;

#[derive(Clone, PartialEq, Eq)]
enum Host {
    Ip(IpAddr),
    /// In small letters.
    Name(String),
}

impl ServiceAddress {
    /// The host: a name, or an IP address without brackets.
    pub fn host(&self) -> String {
        match &self.host {
            Host::Ip(address) => address.to_string(),
            Host::Name(name) => name.clone(),
        }
    }

    /// The port.
    pub const fn port(&self) -> u16 {
        self.port
    }
}

impl FromStr for ServiceAddress {
    type Err = NotAnAddress;

    /// `http://` may be missing.
    fn from_str(text: &str) -> Result<Self, NotAnAddress> {
        let scheme = "http://";
        let rest = match text.split_at_checked(scheme.len()) {
            Some((front, rest)) if front.eq_ignore_ascii_case(scheme) => rest,
            _ => text,
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (host, port) = if let Some(inside) = rest.strip_prefix('[') {
            let (address, port) = inside.split_once(']').ok_or(NotAnAddress)?;
            let address: Ipv6Addr = address.parse().map_err(|_| NotAnAddress)?;
            let port = if port.is_empty() { None } else { Some(port.strip_prefix(':').ok_or(NotAnAddress)?) };
            (Host::Ip(address.into()), port)
        } else {
            let (host, port) = rest.split_once(':').map_or((rest, None), |(host, port)| (host, Some(port)));
            (host_of(host)?, port)
        };
        let port = match port {
            None => DEFAULT_PORT,
            // `parse` takes a plus sign.
            Some(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => {
                text.parse().map_err(|_| NotAnAddress)?
            }
            Some(_) => return Err(NotAnAddress),
        };
        if port == 0 { Err(NotAnAddress) } else { Ok(Self { host, port }) }
    }
}

impl fmt::Display for ServiceAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Host::Ip(IpAddr::V6(address)) => write!(f, "http://[{address}]:{}", self.port),
            Host::Ip(IpAddr::V4(address)) => write!(f, "http://{address}:{}", self.port),
            Host::Name(name) => write!(f, "http://{name}:{}", self.port),
        }
    }
}

impl fmt::Debug for ServiceAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

const NONE: u8 = 0;
const V4: u8 = 1;
const V6: u8 = 2;
const NAME: u8 = 3;

/// Seven bytes for IPv4, which most cards have: a text would take thrice as many.
pub(super) fn encode(address: Option<&ServiceAddress>, bytes: &mut Vec<u8>) {
    let Some(ServiceAddress { host, port }) = address else { return bytes.push(NONE) };
    match host {
        Host::Ip(IpAddr::V4(address)) => {
            bytes.push(V4);
            bytes.extend_from_slice(&address.octets());
        }
        Host::Ip(IpAddr::V6(address)) => {
            bytes.push(V6);
            bytes.extend_from_slice(&address.octets());
        }
        Host::Name(name) => {
            bytes.push(NAME);
            bytes.push(u8::try_from(name.len()).unwrap_or(u8::MAX));
            bytes.extend_from_slice(name.as_bytes());
        }
    }
    bytes.extend_from_slice(&port.to_be_bytes());
}

/// All of the bytes must be the address.
pub(super) fn decode(bytes: &[u8]) -> Result<Option<ServiceAddress>, TicketError> {
    let (kind, rest) = bytes.split_first().ok_or(TicketError::Damaged)?;
    if *kind == NONE {
        return if rest.is_empty() { Ok(None) } else { Err(TicketError::Damaged) };
    }
    let (host, port) = rest.split_last_chunk::<2>().ok_or(TicketError::Damaged)?;
    let host = match *kind {
        V4 => Host::Ip(Ipv4Addr::from(<[u8; 4]>::try_from(host).map_err(|_| TicketError::Damaged)?).into()),
        V6 => Host::Ip(Ipv6Addr::from(<[u8; 16]>::try_from(host).map_err(|_| TicketError::Damaged)?).into()),
        NAME => {
            let (length, name) = host.split_first().ok_or(TicketError::Damaged)?;
            if usize::from(*length) != name.len() {
                return Err(TicketError::Damaged);
            }
            let name = core::str::from_utf8(name).map_err(|_| NotAnAddress)?;
            match host_of(name)? {
                // One form only for one address: what is written again is the same.
                Host::Name(read) if read == name => Host::Name(read),
                _ => return Err(NotAnAddress.into()),
            }
        }
        _ => return Err(TicketError::Damaged),
    };
    let port = u16::from_be_bytes(*port);
    if port == 0 { Err(NotAnAddress.into()) } else { Ok(Some(ServiceAddress { host, port })) }
}

fn host_of(text: &str) -> Result<Host, NotAnAddress> {
    if let Ok(address) = text.parse::<Ipv4Addr>() {
        return Ok(Host::Ip(address.into()));
    }
    let sound = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    // What ends in a number is an IPv4 address or nothing, as browsers see it.
    let numeric = |label: &str| label.bytes().all(|byte| byte.is_ascii_digit());
    let last = text.rsplit('.').next().unwrap_or_default();
    if text.len() > MAX_NAME || numeric(last) || !text.split('.').all(sound) {
        return Err(NotAnAddress);
    }
    Ok(Host::Name(text.to_ascii_lowercase()))
}
