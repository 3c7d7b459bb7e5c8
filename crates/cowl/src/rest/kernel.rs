//! The kernel's key ring: a passphrase that later commands of the same user find, until a time or the next boot. Needs no
//! desktop and no D-Bus. Elsewhere than on Linux there is none.

use std::path::Path;

use super::{Passphrase, RestError};

/// Keeps the passphrase of something locked for so many seconds: for the user, not for the process.
pub fn remember(path: &Path, passphrase: &Passphrase, seconds: u32) -> Result<(), RestError> {
    ring::put(&name(path), passphrase, seconds)
}

/// Takes it away again. Says whether there was one.
pub fn forget(path: &Path) -> bool {
    ring::take(&name(path))
}

pub(super) fn recall(path: &Path) -> Option<Passphrase> {
    ring::get(&name(path))
}

/// What the key is called: a digest, because anyone on the machine may list names.
fn name(path: &Path) -> String {
    let path = super::memory::same(path);
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, path.as_os_str().as_encoded_bytes());
    format!("cowl:{}", hex::encode(digest.as_ref()))
}

#[cfg(target_os = "linux")]
mod ring {
    use linux_keyutils::{KeyPermissionsBuilder, KeyRing, KeyRingIdentifier, Permission};
    use zeroize::Zeroizing;

    use super::{Passphrase, RestError};

    fn ring() -> Option<KeyRing> {
        KeyRing::from_special_id(KeyRingIdentifier::User, true).ok()
    }

    pub(super) fn put(name: &str, passphrase: &Passphrase, seconds: u32) -> Result<(), RestError> {
        let kept = || -> Option<()> {
            let key = ring()?.add_key(name, passphrase.bytes()).ok()?;
            // The user's ring is not always among those that a service possesses.
            let read = Permission::VIEW | Permission::READ | Permission::SEARCH;
            let permissions = KeyPermissionsBuilder::builder().posessor(Permission::ALL).user(read).build();
            key.set_perms(permissions).ok()?;
            key.set_timeout(usize::try_from(seconds).ok()?).ok()
        };
        kept().ok_or(RestError::NoKeyRing)
    }

    pub(super) fn get(name: &str) -> Option<Passphrase> {
        let bytes = Zeroizing::new(ring()?.search(name).ok()?.read_to_vec().ok()?);
        Some(Passphrase::new(std::str::from_utf8(&bytes).ok()?.to_owned()))
    }

    pub(super) fn take(name: &str) -> bool {
        ring().and_then(|ring| ring.search(name).ok()?.invalidate().ok()).is_some()
    }
}

#[cfg(not(target_os = "linux"))]
mod ring {
    use super::{Passphrase, RestError};

    pub(super) fn put(_: &str, _: &Passphrase, _: u32) -> Result<(), RestError> {
        Err(RestError::NoKeyRing)
    }

    pub(super) fn get(_: &str) -> Option<Passphrase> {
        None
    }

    pub(super) fn take(_: &str) -> bool {
        false
    }
}
