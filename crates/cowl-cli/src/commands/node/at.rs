//! A place to listen: a port of this machine alone, unless an address says otherwise.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    str::FromStr,
};

/// `1883`, `0.0.0.0:1883`, `[::]:1883`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct At(pub(crate) SocketAddr);

impl FromStr for At {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Ok(port) = text.parse::<u16>() {
            return Ok(Self(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)));
        }
        text.parse()
            .map(Self)
            .map_err(|_| "it is a port, or an address and a port: 1883, 0.0.0.0:1883, [::]:1883")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_alone_is_of_this_machine() {
        for (text, meant) in [
            ("1883", "127.0.0.1:1883"),
            ("0", "127.0.0.1:0"),
            ("0.0.0.0:1883", "0.0.0.0:1883"),
            ("[::]:1883", "[::]:1883"),
        ] {
            assert_eq!(text.parse(), Ok(At(meant.parse().unwrap())));
        }
        for text in ["", "65536", "localhost:1883", "1.2.3.4", ":1883"] {
            assert!(text.parse::<At>().is_err(), "{text}");
        }
    }
}
