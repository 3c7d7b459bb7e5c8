//! How much is encrypted, and how.

use std::collections::BTreeMap;

use crate::payload::Format;

use super::census::share;
use super::core::Core;
use super::opaque::OpaqueSize;
use super::report::Encryption;
use super::tls;

const CARRIERS: [&str; 5] =
    ["TCP, in clear", "WebSocket, in clear", "TLS", "WebSocket over TLS", "not known"];

pub(super) fn encryption(core: &Core, opaque_sizes: Vec<OpaqueSize>) -> Encryption {
    let sums = &core.sums;
    let carriers = CARRIERS.into_iter().zip(sums.carriers).filter(|(_, number)| *number > 0).collect();
    // what was read without keys was in the clear, whatever the port
    let [tcp, socket, tls, tls_socket, unknown] = sums.speaking;
    let clear = tcp + socket + if sums.messages > 0 { unknown } else { 0 };
    let mut formats: Vec<(Format, u64)> = Format::ALL
        .into_iter()
        .map(|format| (format, sums.formats.get(format.number()).copied().unwrap_or(0)))
        .filter(|(_, number)| *number > 0)
        .collect();
    formats.sort_by_key(|(_, number)| core::cmp::Reverse(*number));
    let sum = |wanted: &dyn Fn(Format) -> bool| {
        formats.iter().filter(|(format, _)| wanted(*format)).map(|(_, number)| *number).sum::<u64>()
    };
    let empty = sum(&|format| format == Format::Empty);
    let known = sum(&Format::is_encrypted);
    let opaque = sum(&|format| matches!(format, Format::Binary | Format::Base64 | Format::Hex));
    let full = sums.messages - empty;
    Encryption {
        carriers,
        clear_share: share(clear, clear + tls + tls_socket + unknown * u64::from(sums.messages == 0)),
        handshakes: core.hellos.seen,
        tls_versions: table(&core.hellos.versions, tls::version),
        ciphers: table(&core.hellos.ciphers, tls::cipher),
        groups: table(&core.hellos.groups, tls::group),
        post_quantum: core.hellos.post_quantum,
        resumed: core.hellos.resumed,
        named: core.hellos.named,
        known_envelopes: share(known, full),
        opaque: share(opaque, full),
        readable: share(full - known - opaque, full),
        formats,
        opaque_sizes,
    }
}

fn table(counts: &BTreeMap<u16, u64>, name: fn(u16) -> String) -> Vec<(String, u64)> {
    let mut rows: Vec<(String, u64)> = counts.iter().map(|(value, number)| (name(*value), *number)).collect();
    rows.sort_by_key(|(_, number)| core::cmp::Reverse(*number));
    rows
}
