//! What TLS handshakes agreed on.

use std::collections::BTreeMap;

use crate::trace::TlsHello;

/// Different values that are told apart of each.
const MAX: usize = 256;

#[derive(Debug, Default)]
pub(super) struct Hellos {
    pub(super) seen: u64,
    pub(super) versions: BTreeMap<u16, u64>,
    pub(super) ciphers: BTreeMap<u16, u64>,
    pub(super) groups: BTreeMap<u16, u64>,
    pub(super) post_quantum: u64,
    pub(super) resumed: u64,
    pub(super) named: u64,
}

impl Hellos {
    pub(super) fn add(&mut self, hello: &TlsHello<'_>) {
        self.seen += 1;
        for (table, value) in [
            (&mut self.versions, hello.version),
            (&mut self.ciphers, hello.cipher),
            (&mut self.groups, hello.group),
        ] {
            if table.len() < MAX || table.contains_key(&value) {
                *table.entry(value).or_default() += 1;
            }
        }
        self.post_quantum += u64::from(is_post_quantum(hello.group));
        self.resumed += u64::from(hello.resumption);
        self.named += u64::from(!hello.server_name.is_empty());
    }
}

/// ML-KEM alone or with an elliptic curve (draft-ietf-tls-ecdhe-mlkem, draft-connolly-tls-mlkem-key-agreement), and the hybrid with Kyber that came before.
pub(super) const fn is_post_quantum(group: u16) -> bool {
    matches!(group, 0x0200..=0x0202 | 0x11eb..=0x11ed | 0x6399)
}

/// Name of a version (RFC 8446 §4.2.1).
pub(super) fn version(number: u16) -> String {
    match number {
        0 => "not seen".to_owned(),
        0x0300 => "SSL 3.0".to_owned(),
        0x0301 => "TLS 1.0".to_owned(),
        0x0302 => "TLS 1.1".to_owned(),
        0x0303 => "TLS 1.2".to_owned(),
        0x0304 => "TLS 1.3".to_owned(),
        other => format!("0x{other:04x}"),
    }
}

/// Name of a cipher suite (IANA's registry), of those in use.
pub(super) fn cipher(number: u16) -> String {
    let name = match number {
        0 => "not seen",
        0x1301 => "TLS_AES_128_GCM_SHA256",
        0x1302 => "TLS_AES_256_GCM_SHA384",
        0x1303 => "TLS_CHACHA20_POLY1305_SHA256",
        0xc02b => "ECDHE_ECDSA_AES_128_GCM_SHA256",
        0xc02c => "ECDHE_ECDSA_AES_256_GCM_SHA384",
        0xc02f => "ECDHE_RSA_AES_128_GCM_SHA256",
        0xc030 => "ECDHE_RSA_AES_256_GCM_SHA384",
        0xcca8 => "ECDHE_RSA_CHACHA20_POLY1305",
        0xcca9 => "ECDHE_ECDSA_CHACHA20_POLY1305",
        0x002f => "RSA_AES_128_CBC_SHA",
        0x0035 => "RSA_AES_256_CBC_SHA",
        0x009c => "RSA_AES_128_GCM_SHA256",
        0x009d => "RSA_AES_256_GCM_SHA384",
        other => return format!("0x{other:04x}"),
    };
    name.to_owned()
}

/// Name of a key exchange group (IANA's registry), of those in use.
pub(super) fn group(number: u16) -> String {
    let name = match number {
        0 => "not seen",
        0x0017 => "secp256r1",
        0x0018 => "secp384r1",
        0x0019 => "secp521r1",
        0x001d => "x25519",
        0x001e => "x448",
        0x0100 => "ffdhe2048",
        0x0200 => "MLKEM512",
        0x0201 => "MLKEM768",
        0x0202 => "MLKEM1024",
        0x11eb => "SecP256r1MLKEM768",
        0x11ec => "X25519MLKEM768",
        0x11ed => "SecP384r1MLKEM1024",
        0x6399 => "X25519Kyber768Draft00",
        other => return format!("0x{other:04x}"),
    };
    name.to_owned()
}
