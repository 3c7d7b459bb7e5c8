//! Making an operation: `cowl init`.

use std::path::Path;

use cowl_core::{Calendar, Epoch, Layout, OperationId, PolicyVersion, SignedManifest};

use super::{
    HostName, Logins, Operation, OperationError, Register, TlsFiles, guide, issue, log, names,
    policy_copy::PolicyCopy, secrets::AuthoritySecrets, stage::Stage, tls,
};
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

    /// The same with a policy file of one's own, and a certificate of the broker for these names besides
    /// `localhost`. The policy and the zone files that it names are copied; without one, the default is written.
    pub fn create_from(
        folder: &Path,
        policy: Option<&Path>,
        hosts: &[HostName],
        now: u64,
        rng: &mut SystemRng,
    ) -> Result<Self, OperationError> {
        let copy = policy.map(PolicyCopy::read).transpose()?;
        let made = make(folder, now, rng, |stage| match &copy {
            Some(copy) => copy.write(&stage.join(names::POLICY)),
            None => write_default_policy(stage),
        })?;
        let files = TlsFiles::create(made.stage.path(), hosts, now)?;
        let pin = tls::fingerprint(&files.certificate).map(|pin| format!("{pin:?}"));
        made.finish(folder, pin.as_deref())
    }

    /// The same as [`Self::create`] with a policy from anywhere: `write_policy` puts `policy.toml` and what it
    /// refers to into the folder that it is given.
    pub fn create_with(
        folder: &Path,
        now: u64,
        rng: &mut SystemRng,
        write_policy: impl FnOnce(&Path) -> Result<(), files::FileError>,
    ) -> Result<Self, OperationError> {
        make(folder, now, rng, write_policy)?.finish(folder, None)
    }
}

/// An operation that lies beside its place.
struct Made {
    stage: Stage,
    manifest: SignedManifest,
}

impl Made {
    fn finish(self, folder: &Path, certificate: Option<&str>) -> Result<Operation, OperationError> {
        let Self { stage, manifest } = self;
        let write =
            |name: &str, text: &str| files::create(&stage.path().join(name), text.as_bytes(), Access::All);
        write(names::PUBLIC, &guide::public_key(&manifest))?;
        write(names::README, &guide::readme(&manifest, certificate))?;
        stage.keep()?;
        Operation::open(folder)
    }
}

fn make(
    folder: &Path,
    now: u64,
    rng: &mut SystemRng,
    write_policy: impl FnOnce(&Path) -> Result<(), files::FileError>,
) -> Result<Made, OperationError> {
    let stage = Stage::new(folder)?;
    let path = |name: &str| stage.path().join(name);
    write_policy(stage.path())?;
    let PolicyFile { policy, preset } = PolicyFile::load(&path(names::POLICY))?;
    let length = policy.epoch_seconds;
    let calendar = Calendar { start: now - now % u64::from(length.max(1)), length };
    let last = Epoch(0).plus(u32::from(policy.keys_ahead));
    let secrets = AuthoritySecrets::draw(policy.roles.len(), last.0, rng);
    let manifest = issue::Draft {
        operation: OperationId(rng.id()),
        version: 1,
        policy_version: PolicyVersion(1),
        calendar,
        layout: Layout::of(&policy),
        policy,
        preset,
        mailbox: rng.id(),
        generation: None,
        custody: None,
        // The first period begins with the service.
        tokens: None,
    }
    .sign(&secrets, Epoch(0))?;
    secrets.create(stage.path())?;
    log::begin(stage.path(), &manifest, secrets.authority(), now)?;
    Logins::draw(rng).create(&path(names::LOGINS))?;
    if preset.is_dangerous() {
        let keys = FernetKeys::generate(rng);
        files::create(&path(names::FERNET), keys.to_text().as_bytes(), Access::Owner)?;
    }
    Register::create(&path(names::REGISTER))?;
    files::create(&path(names::MANIFEST), manifest.bytes(), Access::All)?;
    Ok(Made { stage, manifest })
}

/// The commented default policy, and the zones that it names.
fn write_default_policy(folder: &Path) -> Result<(), files::FileError> {
    files::create(&folder.join(HAITI_DEPARTMENTS_NAME), HAITI_DEPARTMENTS.as_bytes(), Access::All)?;
    files::create(&folder.join(names::POLICY), DEFAULT_POLICY.as_bytes(), Access::All)
}
