//! Tickets: what lets somebody join an operation, on a card or in a link (spec §10.1).
//!
//! A [`Ticket`] says where to join, whom to trust and what proves that its holder was invited. It holds no key: whoever finds
//! it can join once in its holder's place, and that shows, but reads nothing with it.

mod address;
mod base32;
mod grant;
mod joining;
mod package;

use alloc::{string::String, vec::Vec};
use core::fmt;

use rand_core::CryptoRng;
use sha2::{Digest as _, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

pub use address::{NotAnAddress, ServiceAddress};
pub use grant::Grant;
pub use joining::{JoinAnswer, JoinRequest};
pub use package::{PACKAGE_LIMIT, Package, PackageError};

use crate::{Fingerprint, Secret, schedule};

/// What a link begins with. Schemes are the same in capitals (RFC 3986 §3.1), as a QR code's small alphabet has them.
const SCHEME: &str = "COWL:";
/// The form of tickets that this code speaks.
const FORM: u8 = 1;
/// Bytes of the check at the end: a slip of the pen is told from a ticket that nobody knows.
const CHECK_LEN: usize = 4;
/// No link is longer, spaces and all: what a stranger's text can cost.
const MAX_TEXT: usize = 1_024;

/// Sixteen random bytes that let one machine join once.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Token([u8; 16]);

/// Why a text is not a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TicketError {
    /// It does not begin as tickets do.
    #[error("not a ticket")]
    NotATicket,
    /// It begins as one and does not go on as one.
    #[error("a damaged or cut-off ticket")]
    Damaged,
    /// A later form.
    #[error("of a form that this version does not know")]
    UnknownForm,
    /// It leads to no address.
    #[error(transparent)]
    Address(#[from] NotAnAddress),
}

/// An invitation as its holder has it.
#[derive(Clone, Debug)]
pub struct Ticket {
    /// Where the operation's service answers; `None`: the ticket goes with a package.
    pub address: Option<ServiceAddress>,
    /// Whom to trust.
    pub authority: Fingerprint,
    /// The lowest version of the manifest to accept: the one that was newest when the ticket was made.
    pub lowest: u32,
    /// What proves it.
    pub token: Token,
}

impl Token {
    /// Takes the bytes.
    pub const fn new(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// A fresh one.
    pub fn random(rng: &mut impl CryptoRng) -> Self {
        let mut token = Self([0; 16]);
        rng.fill_bytes(&mut token.0);
        token
    }

    /// The bytes. Named so that every use can be found.
    pub const fn expose(&self) -> &[u8; 16] {
        &self.0
    }

    /// What the authority keeps of it: a one-way function of the token and of whom it is for (spec §10.2).
    pub fn id(&self, authority: Fingerprint) -> [u8; 16] {
        schedule::ticket_id(&self.0, authority)
    }

    /// What proves it in an exchange (spec §10.2).
    pub fn proof(&self, authority: Fingerprint) -> Secret {
        schedule::ticket_proof(&self.0, authority)
    }
}

impl Ticket {
    /// As a link. It is as good as the ticket, so the text is wiped.
    pub fn to_link(&self) -> Zeroizing<String> {
        let bytes = self.to_bytes();
        let mut text = Zeroizing::new(String::with_capacity(SCHEME.len() + base32::text_len(bytes.len())));
        text.push_str(SCHEME);
        base32::encode(&bytes, &mut text);
        text
    }

    /// Reads a link, in capitals or not, with spaces and hyphens anywhere behind `cowl:`.
    pub fn parse(text: &str) -> Result<Self, TicketError> {
        if text.len() > MAX_TEXT {
            return Err(TicketError::NotATicket);
        }
        let text = text.trim();
        let (scheme, rest) = text.split_at_checked(SCHEME.len()).ok_or(TicketError::NotATicket)?;
        if !scheme.eq_ignore_ascii_case(SCHEME) {
            return Err(TicketError::NotATicket);
        }
        let bytes = base32::decode(rest).ok_or(TicketError::Damaged)?;
        Self::from_bytes(&bytes)
    }

    /// What the authority knows it by.
    pub fn id(&self) -> [u8; 16] {
        self.token.id(self.authority)
    }

    /// What proves it in an exchange.
    pub fn proof(&self) -> Secret {
        self.token.proof(self.authority)
    }

    fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        // Room for the longest, so that no copy of the token is left behind by growing.
        let mut bytes = Zeroizing::new(Vec::with_capacity(512));
        bytes.push(FORM);
        bytes.extend_from_slice(self.authority.bytes());
        bytes.extend_from_slice(&self.token.0);
        bytes.extend_from_slice(&self.lowest.to_be_bytes());
        address::encode(self.address.as_ref(), &mut bytes);
        let check = check(&bytes);
        bytes.extend_from_slice(&check);
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, TicketError> {
        let (content, end) = bytes.split_last_chunk::<CHECK_LEN>().ok_or(TicketError::Damaged)?;
        if check(content) != *end {
            return Err(TicketError::Damaged);
        }
        let (form, rest) = content.split_first().ok_or(TicketError::Damaged)?;
        if *form != FORM {
            return Err(TicketError::UnknownForm);
        }
        let (authority, rest) = rest.split_first_chunk::<16>().ok_or(TicketError::Damaged)?;
        let (token, rest) = rest.split_first_chunk::<16>().ok_or(TicketError::Damaged)?;
        let (lowest, rest) = rest.split_first_chunk::<4>().ok_or(TicketError::Damaged)?;
        let address = address::decode(rest)?;
        let authority = Fingerprint::from_bytes(*authority);
        Ok(Self { address, authority, lowest: u32::from_be_bytes(*lowest), token: Token(*token) })
    }
}

/// Against slips of the pen, not against people: four bytes of SHA-256.
fn check(content: &[u8]) -> [u8; CHECK_LEN] {
    let mut hash = Sha256::new();
    hash.update(schedule::TICKET_CONTEXT);
    hash.update(content);
    hash.finalize().first_chunk().copied().unwrap_or_default()
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

#[cfg(test)]
#[path = "ticket_tests.rs"]
mod tests;
