//! The authority's side: making an operation, and enrolling its members.
//!
//! An operation is a folder. [`Operation::create`] makes it, [`Operation::open`] reads it; nothing of it is
//! needed by members, who get a credential each.

mod alerts;
mod broker_folder;
mod bundle;
mod chains;
mod clones;
mod commands;
mod create;
mod enrol;
mod erasures;
mod error;
mod glass;
mod guide;
mod hexed;
mod invite;
mod issue;
mod lock;
mod log;
mod logins;
mod place_cache;
mod policy_copy;
mod reached;
mod rebuild;
mod register;
mod renew;
mod revoke;
mod rotate;
mod secrets;
mod stage;
mod standing;
mod tls;
mod tokens;
mod zones;

use std::{
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use cowl_core::{Epoch, Preset, SignedManifest};

pub use alerts::HELP_LASTS;
pub use broker_folder::BrokerFolder;
pub use commands::StandingCommand;
pub use enrol::{Enrolled, Kind};
pub use erasures::{ErasureOrder, Withdrawn};
pub use error::OperationError;
pub use glass::{Appointed, CustodyRead, FormerCustodians};
pub use guide::{PARTS, Part};
pub use invite::{JoinRefused, NewMember};
pub use issue::Issued;
pub use logins::{Logins, OperationLogin};
pub use reached::{ErasureStatus, Left, Reached, Unconfirmed};
pub(crate) use rebuild::zone_files;
pub use register::{Entry, Register};
pub use renew::Renewed;
pub use revoke::{Exposure, RevokedIdentity};
pub use rotate::Rotation;
pub use standing::{Admission, Standing};
pub use tls::{HostName, NotAHostName, TlsFiles};
pub use zones::{ImportedZones, ZONES_LIMIT};

use crate::{
    files::{self, FileError},
    policy_file::PolicyFile,
    transport::Fingerprint,
};
use lock::Lock;
use place_cache::PlaceCache;
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
    pub(super) const CHAINS: &str = "chains.key";
    pub(super) const COMMANDS: &str = "commands.json";
    pub(super) const ERASURES: &str = "erasures.json";
    pub(super) const ALERTS: &str = "alerts.json";
    pub(super) const HELP: &str = "help.json";
    pub(super) const CENSUS: &str = "census.state";
    pub(super) const LOCK: &str = ".lock";
    pub(super) const LOG: &str = "log";
    pub(super) const BLINDING: &str = "blinding.key";
    pub(super) const CUSTODIANS: &str = "custodians.json";
    pub(super) const README: &str = "README.md";
    pub(super) const PUBLIC: &str = "authority.pub";
}

/// The largest manifest file that is read, in bytes.
const MANIFEST_LIMIT: u64 = 1 << 20;
/// The largest file of the census that is read: some 4 million observations.
const CENSUS_LIMIT: u64 = 512 << 20;

/// An operation's folder, opened by its authority.
#[derive(Debug)]
pub struct Operation {
    folder: PathBuf,
    secrets: AuthoritySecrets,
    register: Register,
    logins: Logins,
    manifest: SignedManifest,
    places: PlaceCache,
    /// What the clock last said, in Unix seconds, for entries of the log.
    told: AtomicU64,
}

/// Which files lay in an operation's folder at a moment; each change replaces one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written([Option<(std::time::SystemTime, u64)>; 2]);

impl Operation {
    /// Opens an operation's folder.
    pub fn open(folder: &Path) -> Result<Self, OperationError> {
        if !folder.join(names::AUTHORITY).exists() {
            return Err(OperationError::NotAnOperation(folder.to_owned()));
        }
        let secrets = AuthoritySecrets::load(folder)?;
        let manifest = load_manifest(folder, &secrets)?;
        secrets.check(&manifest, folder)?;
        let register = Register::load(&folder.join(names::REGISTER))?;
        let logins = Logins::load(&folder.join(names::LOGINS))?;
        let places = PlaceCache::default();
        let told = AtomicU64::new(0);
        Ok(Self { folder: folder.to_owned(), secrets, register, logins, manifest, places, told })
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

    /// The epoch now by the authority's clock, which is the operation's. Refused when that clock must be wrong:
    /// earlier than this operation was at work already, or later than any key that was ever given out.
    /// Entries of the log carry this time from here on, where nobody says another.
    pub fn epoch_now(&self, unix_seconds: u64) -> Result<Epoch, OperationError> {
        if unix_seconds < self.manifest.calendar.start {
            return Err(OperationError::ClockBehind);
        }
        let now = self.epoch_at(unix_seconds);
        self.check_clock(now)?;
        self.told.store(unix_seconds, Ordering::Relaxed);
        Ok(now)
    }

    /// The epoch that a time falls in.
    pub fn epoch_at(&self, unix_seconds: u64) -> Epoch {
        self.manifest.calendar.epoch_at(unix_seconds)
    }

    /// The policy file as it stands now; it may say more than the newest manifest.
    pub fn policy_file(&self) -> Result<PolicyFile, OperationError> {
        Ok(PolicyFile::load(&self.folder.join(names::POLICY))?)
    }

    /// Where the broker's certificate lies.
    pub fn tls(&self) -> TlsFiles {
        TlsFiles::of(&self.folder)
    }

    /// The SHA-256 of the broker's certificate: what `--pin` takes.
    pub fn certificate_fingerprint(&self) -> Option<Fingerprint> {
        tls::fingerprint(&self.tls().certificate)
    }

    /// When the policy file was last written, to see that it changed without reading it.
    pub fn policy_written(&self) -> Option<std::time::SystemTime> {
        self.folder.join(names::POLICY).metadata().and_then(|metadata| metadata.modified()).ok()
    }

    /// What lies in the folder now, to see that another process changed it without reading it.
    pub fn written(&self) -> Written {
        Written([names::MANIFEST, names::REGISTER].map(|name| {
            let metadata = self.folder.join(name).metadata().ok()?;
            #[cfg(unix)]
            let file = std::os::unix::fs::MetadataExt::ino(&metadata);
            #[cfg(not(unix))]
            let file = metadata.len();
            Some((metadata.modified().ok()?, file))
        }))
    }

    /// What the census had counted when [`Self::store_census`] was called last; nothing if it never was.
    pub fn load_census(&self) -> Result<Option<zeroize::Zeroizing<Vec<u8>>>, FileError> {
        let path = self.folder.join(names::CENSUS);
        if path.exists() { files::read_secret(&path, CENSUS_LIMIT).map(Some) } else { Ok(None) }
    }

    /// Keeps what the census counted, so that a restart does not make every crowd vanish.
    pub fn store_census(&self, bytes: &[u8]) -> Result<(), FileError> {
        files::replace_summed(&self.folder.join(names::CENSUS), bytes)
    }

    /// Waits until nobody else changes the operation, and reads what the last one changed.
    fn exclusive(&mut self) -> Result<Lock, OperationError> {
        let lock = Lock::take(&self.folder)?;
        let secrets = AuthoritySecrets::load(&self.folder)?;
        self.manifest = load_manifest(&self.folder, &secrets)?;
        self.secrets = secrets;
        self.register = Register::load(&self.folder.join(names::REGISTER))?;
        Ok(lock)
    }

    /// A clock that is years ahead would delete every key that is still needed, and one that is behind would call
    /// members back to keys that are deleted.
    fn check_clock(&self, now: Epoch) -> Result<(), OperationError> {
        let known = self.manifest.walk_in.first;
        if now < known {
            return Err(OperationError::ClockBehind);
        }
        if now > known.plus(u32::from(self.manifest.policy.keys_ahead)) {
            return Err(OperationError::ClockAhead);
        }
        Ok(())
    }
}

fn load_manifest(folder: &Path, secrets: &AuthoritySecrets) -> Result<SignedManifest, OperationError> {
    let bytes = files::read(&folder.join(names::MANIFEST), MANIFEST_LIMIT)?;
    SignedManifest::verify(&bytes, secrets.authority().public()).map_err(OperationError::Manifest)
}
