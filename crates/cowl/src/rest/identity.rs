//! Who opens what is closed for a recipient.

use std::path::Path;

use age::secrecy::ExposeSecret as _;
use cowl_core::Secret;
use zeroize::Zeroizing;

use super::{
    RestError,
    hybrid::HybridIdentity,
    recipient::{Kind, Recipient},
};
use crate::files::{self, FileError};

/// The largest file of identities that is read, in bytes.
const LIMIT: u64 = 1 << 20;

/// An age identity: X25519, or the hybrid kind.
#[derive(Clone)]
pub struct Identity(Half);

#[derive(Clone)]
enum Half {
    X25519(age::x25519::Identity),
    Hybrid(HybridIdentity),
}

/// The identities of one file.
#[derive(Debug, Clone)]
pub struct Identities(pub(super) Vec<Identity>);

impl Identity {
    /// The hybrid identity of 32 bytes: X-Wing's seed.
    pub const fn of_seed(seed: Secret) -> Self {
        Self(Half::Hybrid(HybridIdentity::new(seed)))
    }

    /// Whom to encrypt for, so that this identity opens it.
    pub fn to_public(&self) -> Result<Recipient, RestError> {
        match &self.0 {
            Half::X25519(one) => Ok(Recipient(Kind::X25519(one.to_public()))),
            Half::Hybrid(one) => {
                let public = one.to_public().ok_or(RestError::NotAnIdentity)?;
                Ok(Recipient(Kind::Hybrid(public)))
            }
        }
    }

    /// As age writes it. Secret.
    pub fn to_text(&self) -> Zeroizing<String> {
        match &self.0 {
            Half::X25519(one) => Zeroizing::new(one.to_string().expose_secret().to_owned()),
            Half::Hybrid(one) => one.text(),
        }
    }

    pub(super) fn age(&self) -> &dyn age::Identity {
        match &self.0 {
            Half::X25519(one) => one,
            Half::Hybrid(one) => one,
        }
    }

    fn parse(line: &str) -> Result<Self, RestError> {
        if line.starts_with("AGE-SECRET-KEY-PQ-1") {
            return HybridIdentity::parse(line)
                .map(|one| Self(Half::Hybrid(one)))
                .ok_or(RestError::NotAnIdentity);
        }
        if line.starts_with("AGE-SECRET-KEY-1") {
            return line.parse().map(|one| Self(Half::X25519(one))).map_err(|_| RestError::NotAnIdentity);
        }
        let other = line.starts_with("AGE-PLUGIN-") || line.starts_with("-----BEGIN");
        Err(if other { RestError::OtherIdentity } else { RestError::NotAnIdentity })
    }
}

impl Identities {
    /// Reads a file as `age-keygen` makes it; it may be locked with a passphrase, as `age -p` does.
    pub fn load(path: &Path) -> Result<Self, FileError> {
        let bytes = files::read_secret(path, LIMIT)?;
        let refused = |source| FileError::Rest { path: path.to_owned(), source };
        let text = std::str::from_utf8(&bytes).map_err(|_| refused(RestError::NotAnIdentity))?;
        Self::parse(text).map_err(refused)
    }

    /// From the text of such a file.
    pub fn parse(text: &str) -> Result<Self, RestError> {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let identities: Vec<_> = lines.map(Identity::parse).collect::<Result<_, _>>()?;
        if identities.is_empty() { Err(RestError::NotAnIdentity) } else { Ok(Self(identities)) }
    }

    /// None: opens what a passphrase opens, and nothing else.
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    /// Whom to encrypt for, so that these open it.
    pub fn recipients(&self) -> Result<Vec<Recipient>, RestError> {
        self.0.iter().map(Identity::to_public).collect()
    }

    /// The one identity.
    pub fn one(identity: Identity) -> Self {
        Self(vec![identity])
    }
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Identity(…)")
    }
}
