//! `ClientHello` and `ServerHello`: RFC 8446 §4.1.2 and §4.1.3, and those of TLS 1.2 (RFC 5246 §7.4.1).

use crate::trace::TlsHello;

const SERVER_NAME: u16 = 0;
const GROUPS: u16 = 10;
const SIGNATURES: u16 = 13;
const PROTOCOLS: u16 = 16;
const PADDING: u16 = 21;
const TICKET: u16 = 35;
const PRE_SHARED_KEY: u16 = 41;
const EARLY_DATA: u16 = 42;
const VERSIONS: u16 = 43;
const COOKIE: u16 = 44;
const KEY_SHARE: u16 = 51;
const TLS_1_3: u16 = 0x0304;

/// The random number by which a `ServerHello` asks for another `ClientHello` (RFC 8446 §4.1.3).
const RETRY: [u8; 32] = [
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2,
    0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
];

/// What a handshake has shown so far.
#[derive(Debug, Default)]
pub(super) struct Handshake {
    name: String,
    fingerprint: u64,
    resumption: bool,
    version: u16,
    cipher: u16,
    group: u16,
    stage: Stage,
    client_seen: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Stage {
    /// No hello was seen.
    #[default]
    Nothing,
    /// More may be added.
    Partial,
    /// Nothing more will be added.
    Complete,
    Told,
}

impl Handshake {
    /// A message of either side, by its type. One that cannot be read is passed over.
    pub(super) fn message(&mut self, kind: u8, body: &[u8]) {
        if self.stage == Stage::Told {
            return;
        }
        let _ = match kind {
            1 if !self.client_seen => self.client(Fields(body)),
            2 => self.server(Fields(body)),
            12 => {
                self.key_exchange(body);
                Some(())
            }
            // `ServerHelloDone`
            14 => {
                self.over();
                Some(())
            }
            _ => Some(()),
        };
    }

    /// One side changes to ciphers: once the server has answered, nothing more is shown.
    pub(super) const fn ciphers(&mut self) {
        if self.version != 0 {
            self.over();
        }
    }

    /// The handshake is over.
    pub(super) const fn over(&mut self) {
        if matches!(self.stage, Stage::Partial) {
            self.stage = Stage::Complete;
        }
    }

    /// What was shown, once, when it is complete or `at_end`.
    pub(super) fn take(&mut self, at_end: bool) -> Option<TlsHello<'_>> {
        if self.stage != Stage::Complete && !(at_end && self.stage == Stage::Partial) {
            return None;
        }
        self.stage = Stage::Told;
        Some(TlsHello {
            version: self.version,
            cipher: self.cipher,
            group: self.group,
            server_name: &self.name,
            fingerprint: self.fingerprint,
            resumption: self.resumption,
        })
    }

    pub(super) const fn held(&self) -> usize {
        self.name.capacity()
    }

    fn client(&mut self, mut fields: Fields<'_>) -> Option<()> {
        (self.stage, self.client_seen) = (Stage::Partial, true);
        let mut print = Fnv::new();
        print.add(fields.two()?);
        let _random = fields.take(32)?;
        let session = fields.short()?;
        let mut suites = Fields(fields.long()?);
        while let Some(suite) = suites.two() {
            print.add_offer(suite);
        }
        let _compression = fields.short()?;
        let mut extensions = Fields(fields.long().unwrap_or(&[]));
        let (mut kinds, mut new, mut ticket) = (Vec::new(), false, false);
        while let (Some(kind), Some(body)) = (extensions.two(), extensions.long()) {
            // Whether a session goes on is no trait of the software; nor how much padding that takes.
            if !is_grease(kind) && !matches!(kind, PADDING | PRE_SHARED_KEY | EARLY_DATA | COOKIE) {
                kinds.push(kind);
            }
            match kind {
                SERVER_NAME => self.name = server_name(body).unwrap_or_default(),
                PRE_SHARED_KEY => self.resumption = true,
                TICKET => ticket = !body.is_empty(),
                VERSIONS => {
                    let mut versions = body.get(1..).unwrap_or(&[]).chunks_exact(2);
                    new = versions.any(|version| version == TLS_1_3.to_be_bytes());
                }
                _ => {}
            }
            if matches!(kind, GROUPS | SIGNATURES | PROTOCOLS | VERSIONS) {
                print.add(kind);
                // All are lists behind a length of one or two bytes; numbers that are random are left out.
                let list = body.get(usize::from(kind != VERSIONS) + 1..).unwrap_or(&[]);
                for pair in list.chunks(2) {
                    match pair {
                        [high, low] => print.add_offer(u16::from_be_bytes([*high, *low])),
                        [single] => print.add(u16::from(*single)),
                        _ => {}
                    }
                }
            }
        }
        // Browsers and rustls send extensions in an order that they throw dice for.
        kinds.sort_unstable();
        for kind in kinds {
            print.add(kind);
        }
        self.fingerprint = print.0;
        // In TLS 1.3 the session is a random number that means nothing.
        self.resumption |= ticket || !new && !session.is_empty();
        Some(())
    }

    fn server(&mut self, mut fields: Fields<'_>) -> Option<()> {
        let mut version = fields.two()?;
        let random = fields.take(32)?;
        if random == RETRY {
            return Some(());
        }
        self.stage = Stage::Partial;
        let _session = fields.short()?;
        self.cipher = fields.two()?;
        let _compression = fields.take(1)?;
        let mut extensions = Fields(fields.long().unwrap_or(&[]));
        while let (Some(kind), Some(body)) = (extensions.two(), extensions.long()) {
            match kind {
                VERSIONS => version = Fields(body).two().unwrap_or(version),
                KEY_SHARE => self.group = Fields(body).two().unwrap_or(0),
                _ => {}
            }
        }
        self.version = version;
        if version >= TLS_1_3 {
            self.over();
        }
        Some(())
    }

    /// `ServerKeyExchange` of TLS 1.2 (RFC 8422 §5.4): the group, if it is a named one.
    const fn key_exchange(&mut self, body: &[u8]) {
        if let [3, high, low, ..] = body {
            self.group = u16::from_be_bytes([*high, *low]);
        }
        self.over();
    }
}

/// The name in the extension (RFC 6066 §3), if it could be one; what is not is left out, not repeated.
fn server_name(body: &[u8]) -> Option<String> {
    let mut list = Fields(Fields(body).long()?);
    let kind = list.take(1)?;
    let name = str::from_utf8(list.long()?).ok()?;
    let sound = name.len() <= 255 && name.bytes().all(|byte| byte.is_ascii_graphic());
    (kind == [0] && sound).then(|| name.to_owned())
}

/// Numbers that clients put in at random, to keep servers tolerant (RFC 8701).
const fn is_grease(number: u16) -> bool {
    let [high, low] = number.to_be_bytes();
    high == low && high & 0x0f == 0x0a
}

/// FNV-1a of 64 bits.
struct Fnv(u64);

impl Fnv {
    const fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    fn add(&mut self, number: u16) {
        for byte in number.to_be_bytes() {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    fn add_offer(&mut self, number: u16) {
        if !is_grease(number) {
            self.add(number);
        }
    }
}

/// Fields of a message.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn two(&mut self) -> Option<u16> {
        let (bytes, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u16::from_be_bytes(*bytes))
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    /// A vector behind a length of one byte.
    fn short(&mut self) -> Option<&'a [u8]> {
        let [length] = *self.take(1)?.first_chunk()?;
        self.take(usize::from(length))
    }

    /// A vector behind a length of two bytes.
    fn long(&mut self) -> Option<&'a [u8]> {
        let length = self.two()?;
        self.take(usize::from(length))
    }
}
