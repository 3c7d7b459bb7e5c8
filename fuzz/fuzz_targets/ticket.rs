//! Any text as a ticket or an address, any bytes as a ticket whose check is right, as what is asked and answered, and as what
//! a package holds.

#![no_main]

use cowl_core::{Grant, JoinAnswer, JoinRequest, Package, ServiceAddress, Ticket};
use libfuzzer_sys::fuzz_target;
use sha2::{Digest as _, Sha256};

fuzz_target!(|data: &[u8]| {
    if let Ok(text) = std::str::from_utf8(data) {
        let _ = Ticket::parse(text);
        if let Ok(address) = text.parse::<ServiceAddress>() {
            let shown = address.to_string();
            assert!(shown.bytes().all(|byte| byte.is_ascii_graphic()));
            assert_eq!(shown.parse::<ServiceAddress>().unwrap(), address);
        }
    }
    let link = link(data);
    if let Ok(ticket) = Ticket::parse(&link) {
        assert_eq!(*ticket.to_link(), link);
        let _ = Package::open(&ticket, data);
        let _ = Grant::from_bytes(data, &ticket);
    }
    let _ = JoinRequest::from_bytes(data);
    if let Some(answer) = JoinAnswer::from_bytes(data) {
        assert_eq!(JoinAnswer::from_bytes(&answer.to_bytes()), Some(answer));
    }
});

/// These bytes with the check that they need, in base 32.
fn link(content: &[u8]) -> String {
    let mut hash = Sha256::new();
    hash.update(b"cowl/1 ticket");
    hash.update(content);
    let bits: String =
        content.iter().chain(&hash.finalize()[..4]).map(|byte| format!("{byte:08b}")).collect();
    let symbols = bits.as_bytes().chunks(5).map(|chunk| {
        let value = chunk.iter().fold(0_usize, |value, bit| value << 1 | usize::from(bit - b'0'));
        char::from(b"0123456789ABCDEFGHJKMNPQRSTVWXYZ"[value << (5 - chunk.len())])
    });
    "COWL:".chars().chain(symbols).collect()
}
