//! What a new member is handed, whichever way (spec §10.3).

use alloc::vec::Vec;

use minicbor::{Decode, Encode, bytes::ByteVec};
use zeroize::Zeroizing;

use super::{Ticket, package::PackageError};
use crate::{Credential, CredentialError, Epoch, ManifestError};

/// A new member's credential, and the epoch in which its counters begin.
#[derive(Debug)]
pub struct Grant {
    /// The first epoch of the new member's state.
    pub first: Epoch,
    /// What it holds.
    pub credential: Credential,
}

#[derive(Encode, Decode)]
struct Wire {
    #[n(0)]
    first: Epoch,
    #[n(1)]
    credential: ByteVec,
}

impl Grant {
    /// As bytes, to be sealed.
    pub fn to_bytes(&self) -> Result<Zeroizing<Vec<u8>>, CredentialError> {
        let credential = self.credential.to_bytes()?;
        let mut bytes = Zeroizing::new(Vec::with_capacity(credential.len() + 64));
        let mut wire = Wire { first: self.first, credential: ByteVec::from(credential.to_vec()) };
        let written = minicbor::encode(&wire, &mut *bytes);
        zeroize::Zeroize::zeroize(&mut *wire.credential);
        written.map_err(|_| CredentialError::Malformed)?;
        Ok(bytes)
    }

    /// What was sealed for the holder of a ticket: of the authority that the ticket names, and no older than it says.
    pub fn from_bytes(bytes: &[u8], ticket: &Ticket) -> Result<Self, PackageError> {
        let mut decoder = minicbor::Decoder::new(bytes);
        let mut wire: Wire = decoder.decode().map_err(|_| PackageError::Malformed)?;
        let whole = decoder.position() == bytes.len();
        let read = Credential::from_bytes(&wire.credential);
        zeroize::Zeroize::zeroize(&mut *wire.credential);
        let credential = read?;
        if !whole {
            return Err(PackageError::Malformed);
        }
        if credential.manifest.authority().fingerprint() != ticket.authority {
            return Err(PackageError::OtherAuthority);
        }
        let (offered, known) = (credential.manifest.version, ticket.lowest);
        if offered < known {
            return Err(CredentialError::from(ManifestError::RolledBack { offered, known }).into());
        }
        Ok(Self { first: wire.first, credential })
    }
}
