//! The responders' chain keys as the authority knows them (spec §3.11): one file, kept at the epoch of the newest bundle.
//!
//! What was needed for a past epoch's bundles is deleted here too: who takes this folder later opens none of them.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use cowl_core::{Epoch, MemberId, RoleIndex, Secret, schedule::ChainKey};
use minicbor::{Decode, Encode};
use zeroize::Zeroizing;

use super::{OperationError, names};
use crate::{files, random::SystemRng};

/// The form of the file.
const FORM: u8 = 1;
/// The largest file that is read: some 100,000 responders.
const LIMIT: u64 = 16 << 20;

/// Who reads what, by member and role.
type Seat = (MemberId, RoleIndex);

/// The chain keys of an operation's responders.
#[derive(Debug)]
pub(super) struct Chains {
    path: PathBuf,
    epoch: Epoch,
    keys: BTreeMap<([u8; 16], u8), ChainKey>,
    changed: bool,
}

#[derive(Encode, Decode)]
struct File {
    #[n(0)]
    form: u8,
    #[n(1)]
    epoch: Epoch,
    #[n(2)]
    keys: Vec<Line>,
}

#[derive(Encode, Decode)]
struct Line {
    #[cbor(n(0), with = "minicbor::bytes")]
    member: [u8; 16],
    #[n(1)]
    role: u8,
    #[n(2)]
    key: Secret,
}

impl Chains {
    /// Reads the keys and brings them to the epoch `now`: those of epochs before it are gone when this is stored. Only whoever
    /// holds the folder's lock may call it.
    pub(super) fn load(folder: &Path, now: Epoch) -> Result<Self, OperationError> {
        let path = folder.join(names::ROLES).join(names::CHAINS);
        if !path.exists() {
            return Ok(Self { path, epoch: now, keys: BTreeMap::new(), changed: false });
        }
        let damaged = |what| OperationError::Damaged { path: path.clone(), what };
        let bytes = files::read_secret(&path, LIMIT)?;
        let mut decoder = minicbor::Decoder::new(&bytes);
        let file: File = decoder.decode().map_err(|_| damaged("it does not decode as responders' keys"))?;
        if decoder.position() != bytes.len() {
            return Err(damaged("it does not end where responders' keys do"));
        }
        if file.form != FORM {
            return Err(damaged("it is of a form that this version does not know"));
        }
        let epochs = now.0.checked_sub(file.epoch.0).ok_or(OperationError::ClockBehind)?;
        let keys = file.keys.into_iter().map(|Line { member, role, key }| {
            let key = ChainKey::new(key);
            ((member, role), if epochs > 0 { key.after(epochs) } else { key })
        });
        Ok(Self { keys: keys.collect(), epoch: now, changed: epochs > 0, path })
    }

    /// The key of a member for a role, drawn now if there is none.
    pub(super) fn draw(&mut self, (member, role): Seat, rng: &mut SystemRng) -> ChainKey {
        self.keys
            .entry((member.0, role.0))
            .or_insert_with(|| {
                self.changed = true;
                ChainKey::new(rng.secret())
            })
            .clone()
    }

    /// Deletes the keys of everyone but these members.
    pub(super) fn keep_only(&mut self, members: &BTreeSet<[u8; 16]>) {
        let before = self.keys.len();
        self.keys.retain(|(member, _), _| members.contains(member));
        self.changed |= self.keys.len() != before;
    }

    /// Writes down what changed, if anything did.
    pub(super) fn store(&mut self) -> Result<(), OperationError> {
        if !self.changed {
            return Ok(());
        }
        let line = |((member, role), key): (&([u8; 16], u8), &ChainKey)| Line {
            member: *member,
            role: *role,
            key: key.secret().clone(),
        };
        let file = File { form: FORM, epoch: self.epoch, keys: self.keys.iter().map(line).collect() };
        let mut bytes = Zeroizing::new(Vec::new());
        // Writing into a Vec cannot fail.
        let written = minicbor::encode(&file, &mut *bytes);
        debug_assert!(written.is_ok(), "a Vec takes everything");
        files::replace_summed(&self.path, &bytes)?;
        self.changed = false;
        Ok(())
    }

    /// The key of a member for a role.
    pub(super) fn key(&self, (member, role): Seat) -> Option<&ChainKey> {
        self.keys.get(&(member.0, role.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANNE: MemberId = MemberId([1; 16]);
    const MARC: MemberId = MemberId([2; 16]);

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join(names::ROLES)).unwrap();
        folder
    }

    #[test]
    fn keys_move_on_and_the_old_ones_are_nowhere() {
        let (folder, mut rng) = (folder(), SystemRng::new());
        let mut chains = Chains::load(folder.path(), Epoch(3)).unwrap();
        let key = chains.draw((ANNE, RoleIndex(1)), &mut rng);
        assert_eq!(chains.draw((ANNE, RoleIndex(1)), &mut rng).secret().expose(), key.secret().expose());
        chains.store().unwrap();
        let mut chains = Chains::load(folder.path(), Epoch(7)).unwrap();
        let moved = chains.key((ANNE, RoleIndex(1))).unwrap();
        assert_eq!(moved.secret().expose(), key.after(4).secret().expose());
        chains.store().unwrap();
        let bytes = std::fs::read(folder.path().join(names::ROLES).join(names::CHAINS)).unwrap();
        for step in 0..4 {
            let gone = key.after(step);
            assert!(!bytes.windows(32).any(|window| window == gone.secret().expose()), "{step}");
        }
        assert!(matches!(Chains::load(folder.path(), Epoch(6)), Err(OperationError::ClockBehind)));
    }

    #[test]
    fn who_is_not_kept_is_gone() {
        let (folder, mut rng) = (folder(), SystemRng::new());
        let mut chains = Chains::load(folder.path(), Epoch(3)).unwrap();
        for member in [ANNE, MARC] {
            chains.draw((member, RoleIndex(0)), &mut rng);
        }
        chains.keep_only(&BTreeSet::from([MARC.0]));
        chains.store().unwrap();
        let chains = Chains::load(folder.path(), Epoch(3)).unwrap();
        assert!(chains.key((ANNE, RoleIndex(0))).is_none() && chains.key((MARC, RoleIndex(0))).is_some());
    }

    #[test]
    fn a_damaged_file_is_named() {
        let (folder, mut rng) = (folder(), SystemRng::new());
        let path = folder.path().join(names::ROLES).join(names::CHAINS);
        let mut chains = Chains::load(folder.path(), Epoch(3)).unwrap();
        chains.draw((ANNE, RoleIndex(0)), &mut rng);
        chains.store().unwrap();
        let good = std::fs::read(&path).unwrap();
        let altered: Vec<u8> = good.iter().enumerate().map(|(at, byte)| byte ^ u8::from(at == 1)).collect();
        for bad in [&good[..good.len() - 1], &[&good[..], &[0]].concat(), &altered, b""] {
            files::replace(&path, bad, files::Access::Owner).unwrap();
            let error = Chains::load(folder.path(), Epoch(3)).unwrap_err();
            assert!(error.to_string().contains("chains.key is damaged"), "{error}");
        }
    }
}
