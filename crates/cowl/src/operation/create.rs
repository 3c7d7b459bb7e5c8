//! Making an operation: `cowl init`.

use std::path::Path;

use cowl_core::{Calendar, Epoch, Layout, OperationId, PolicyVersion};

use super::{Logins, Operation, OperationError, Register, issue, names, secrets::AuthoritySecrets};
use crate::{
    dangerous::FernetKeys,
    files::{self, Access},
    policy_file::{DEFAULT_POLICY, HAITI_DEPARTMENTS, HAITI_DEPARTMENTS_NAME, PolicyFile},
    random::SystemRng,
};

impl Operation {
    /// Makes an operation in a new or empty folder: the commented default policy with its zones, keys, logins
    /// and a signed manifest. The calendar starts with the epoch that `now` (Unix seconds) falls in.
    pub fn create(folder: &Path, now: u64, rng: &mut SystemRng) -> Result<Self, OperationError> {
        Self::create_with(folder, now, rng, write_default_policy)
    }

    /// The same with a policy of one's own: `write_policy` puts `policy.toml` and what it refers to into the
    /// folder.
    pub fn create_with(
        folder: &Path,
        now: u64,
        rng: &mut SystemRng,
        write_policy: impl FnOnce(&Path) -> Result<(), files::FileError>,
    ) -> Result<Self, OperationError> {
        if std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()) {
            return Err(OperationError::NotEmpty(folder.to_owned()));
        }
        files::private_folder(folder)?;
        write_policy(folder)?;
        let PolicyFile { policy, preset } = PolicyFile::load(&folder.join(names::POLICY))?;
        let length = policy.epoch_seconds;
        let calendar = Calendar { start: now - now % u64::from(length.max(1)), length };
        let last = Epoch(0).plus(u32::from(policy.keys_ahead));
        let secrets = AuthoritySecrets::draw(policy.roles.len(), last.0, rng);
        let logins = Logins::draw(rng);
        let manifest = issue::Draft {
            operation: OperationId(rng.id()),
            version: 1,
            policy_version: PolicyVersion(1),
            calendar,
            layout: Layout::of(&policy),
            policy,
            preset,
            mailbox: rng.id(),
        }
        .sign(&secrets, Epoch(0))?;
        secrets.create(folder)?;
        logins.create(&folder.join(names::LOGINS))?;
        if preset.is_dangerous() {
            let keys = FernetKeys::generate(rng);
            files::create(&folder.join(names::FERNET), keys.to_text().as_bytes(), Access::Owner)?;
        }
        let register = Register::create(&folder.join(names::REGISTER))?;
        files::create(&folder.join(names::MANIFEST), manifest.bytes(), Access::All)?;
        Ok(Self { folder: folder.to_owned(), secrets, register, logins, manifest })
    }
}

/// The commented default policy, and the zones that it names.
fn write_default_policy(folder: &Path) -> Result<(), files::FileError> {
    files::create(&folder.join(HAITI_DEPARTMENTS_NAME), HAITI_DEPARTMENTS.as_bytes(), Access::All)?;
    files::create(&folder.join(names::POLICY), DEFAULT_POLICY.as_bytes(), Access::All)
}
