//! A new member's credential on a stick, sealed under the token of the ticket that it goes with (spec §10.4).

use alloc::vec::Vec;

use zeroize::Zeroizing;

use super::{Grant, Ticket};
use crate::{
    CredentialError, schedule,
    siv::{AUTH_LEN, NONCE_LEN, SivKey},
};

/// What a package begins with.
const MAGIC: &[u8] = b"cowl package 1\n";
/// Bytes of the ticket's id, which say whose package it is to whoever has the ticket.
const ID_LEN: usize = 16;
/// Packages are filled up to a multiple of this: what a member is shows less in its size.
const BLOCK: usize = 64 << 10;
/// No package is larger.
pub const PACKAGE_LIMIT: usize = 256 << 20;

/// Why bytes are not the package of a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PackageError {
    /// It does not begin as packages do.
    #[error("not a package")]
    NotAPackage,
    /// It goes with another ticket.
    #[error("a package that goes with another ticket")]
    OtherTicket,
    /// It does not open: some byte of it was changed or lost.
    #[error("a damaged or cut-off package")]
    Damaged,
    /// It opens, and holds something else than a credential.
    #[error("a package that does not hold what packages hold")]
    Malformed,
    /// It opens, and its credential is not to be followed.
    #[error("a package of which the credential is {0}")]
    Credential(#[from] CredentialError),
    /// It opens, and comes from another authority than the ticket says.
    #[error("not from the authority that the ticket names")]
    OtherAuthority,
}

/// A sealed credential.
#[derive(Debug, Clone, Copy)]
pub struct Package;

impl Package {
    /// Seals what the holder of a ticket is to get. A token seals one package only: there is no nonce to choose.
    pub fn seal(ticket: &Ticket, grant: &Grant) -> Result<Vec<u8>, CredentialError> {
        let content = grant.to_bytes()?;
        let length = u32::try_from(content.len()).map_err(|_| CredentialError::Malformed)?;
        let filled = (4 + content.len()).next_multiple_of(BLOCK);
        let mut text = Zeroizing::new(Vec::with_capacity(filled));
        text.extend_from_slice(&length.to_be_bytes());
        text.extend_from_slice(&content);
        text.resize(filled, 0);
        let head = head(ticket);
        let auth =
            key(ticket).seal(&[0; NONCE_LEN], &head, &mut text).map_err(|_| CredentialError::Malformed)?;
        let mut bytes = Vec::with_capacity(head.len() + filled + AUTH_LEN);
        bytes.extend_from_slice(&head);
        bytes.extend_from_slice(&text);
        bytes.extend_from_slice(&auth);
        Ok(bytes)
    }

    /// Whether these bytes, or the front of them, begin the package of a ticket.
    pub fn is_for(ticket: &Ticket, bytes: &[u8]) -> bool {
        bytes.starts_with(&head(ticket))
    }

    /// How many bytes [`Self::is_for`] looks at.
    pub const HEAD_LEN: usize = MAGIC.len() + ID_LEN;

    /// Opens the package of a ticket.
    pub fn open(ticket: &Ticket, bytes: &[u8]) -> Result<Grant, PackageError> {
        if bytes.len() > PACKAGE_LIMIT || !bytes.starts_with(MAGIC) {
            return Err(PackageError::NotAPackage);
        }
        let head = head(ticket);
        let sealed = bytes.get(head.len()..).ok_or(PackageError::Damaged)?;
        if !bytes.starts_with(&head) {
            return Err(PackageError::OtherTicket);
        }
        let mut sealed = Zeroizing::new(sealed.to_vec());
        let text =
            key(ticket).open(&[0; NONCE_LEN], &head, &mut sealed).map_err(|_| PackageError::Damaged)?;
        let (length, rest) = text.split_first_chunk::<4>().ok_or(PackageError::Malformed)?;
        let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| PackageError::Malformed)?;
        let (content, filling) = rest.split_at_checked(length).ok_or(PackageError::Malformed)?;
        if filling.iter().any(|byte| *byte != 0) {
            return Err(PackageError::Malformed);
        }
        Grant::from_bytes(content, ticket)
    }
}

/// In clear in front, and the associated data of what follows.
fn head(ticket: &Ticket) -> Vec<u8> {
    [MAGIC, &ticket.id()].concat()
}

fn key(ticket: &Ticket) -> SivKey {
    SivKey::new(schedule::package_key(ticket.token.expose(), ticket.authority).expose())
}
