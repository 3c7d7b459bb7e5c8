//! The authority's side: making an operation, and enrolling its members.
//!
//! An operation is a folder. [`Operation::create`] makes it, [`Operation::open`] reads it; nothing of it is
//! needed by members, who get a credential each.

mod create;
mod enrol;
mod error;
mod issue;
mod logins;
mod register;
mod secrets;

use std::path::{Path, PathBuf};

use cowl_core::{Epoch, Preset, SignedManifest};

pub use enrol::{Enrolled, Kind};
pub use error::OperationError;
pub use issue::Issued;
pub use logins::{Logins, OperationLogin};
pub use register::{Entry, Register};

use crate::{files, policy_file::PolicyFile};
use secrets::AuthoritySecrets;

/// The names of an operation's files, in one place.
mod names {
    pub(super) const POLICY: &str = "policy.toml";
    pub(super) const MANIFEST: &str = "manifest.cowl";
    pub(super) const AUTHORITY: &str = "authority.key";
    pub(super) const ROLES: &str = "roles";
    pub(super) const REGISTER: &str = "register.json";
    pub(super) const LOGINS: &str = "logins.toml";
    pub(super) const FERNET: &str = "fernet.key";
    pub(super) const BEACON: &str = "beacon.state";
}

/// The largest manifest file that is read, in bytes.
const MANIFEST_LIMIT: u64 = 1 << 20;

/// An operation's folder, opened by its authority.
#[derive(Debug)]
pub struct Operation {
    folder: PathBuf,
    secrets: AuthoritySecrets,
    register: Register,
    logins: Logins,
    manifest: SignedManifest,
}

impl Operation {
    /// Opens an operation's folder.
    pub fn open(folder: &Path) -> Result<Self, OperationError> {
        let read = |name: &str| files::read(&folder.join(name), MANIFEST_LIMIT);
        if !folder.join(names::AUTHORITY).exists() {
            return Err(OperationError::NotAnOperation(folder.to_owned()));
        }
        let secrets = AuthoritySecrets::load(folder)?;
        let manifest = SignedManifest::verify(&read(names::MANIFEST)?, secrets.authority().public())
            .map_err(OperationError::Manifest)?;
        let register = Register::load(&folder.join(names::REGISTER))?;
        let logins = Logins::load(&folder.join(names::LOGINS))?;
        Ok(Self { folder: folder.to_owned(), secrets, register, logins, manifest })
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The newest manifest.
    pub const fn manifest(&self) -> &SignedManifest {
        &self.manifest
    }

    /// Who was enrolled.
    pub const fn register(&self) -> &Register {
        &self.register
    }

    /// The broker's logins.
    pub const fn logins(&self) -> &Logins {
        &self.logins
    }

    /// The protection that runs.
    pub fn preset(&self) -> Preset {
        self.manifest.preset
    }

    /// The epoch of a time by the authority's clock, which is the operation's.
    pub fn epoch_at(&self, unix_seconds: u64) -> Epoch {
        self.manifest.calendar.epoch_at(unix_seconds)
    }

    /// The policy file as it stands now; it may say more than the newest manifest.
    pub fn policy_file(&self) -> Result<PolicyFile, OperationError> {
        Ok(PolicyFile::load(&self.folder.join(names::POLICY))?)
    }
}
