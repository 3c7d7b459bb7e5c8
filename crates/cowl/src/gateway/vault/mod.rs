//! What lets waiting reports be destroyed: a key for each device and one for each epoch, without both of which no waiting report
//! opens, and the code by which a device's person withdraws.
//!
//! The queue's database never overwrites what it frees, and has one key for all. So a report's body goes into it sealed once
//! more, under what its device's key and the key of the epoch in which it came give together. Who withdrew, by a handle on the
//! authority's list of erase orders, loses the device's key; what is too old, or was ordered to go by age, the epoch's. Both
//! lie in a file of slots that are overwritten where they are ([`crate::state`]'s slots), which is in no backup. Then neither the database,
//! nor its freed pages, nor a copy of it from before gives the report away, even with the credential.
//!
//! A device that was withdrawn is refused from then on, until whoever runs the gateway admits it anew, with another code.

mod device;

use std::{
    collections::HashMap,
    fmt,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use aws_lc_rs::{
    aead::{AES_256_GCM_SIV, Aad, LessSafeKey, Nonce, UnboundKey},
    hkdf,
};
use cowl_core::{Epoch, ErasureHandle, OperationId, Secret, schedule::erasure_handle};
use zeroize::Zeroizing;

use self::device::{Age, Device, KeyId};
use super::body::{Sealed, Waiting};
use crate::{
    consent::WithdrawalCode,
    files::FileError,
    random::SystemRng,
    state::slots::{Label, Slot, Slots, SlotsError, TEXT, Text},
};

/// What the slots are bound to.
const LABEL: Label = *b"cowl gateway vault 1";
/// Epochs that can have a key at a time; what is older than that is gone.
const AGES: u32 = 4_096;
/// The slot of the first device.
const DEVICES: u32 = 1 + AGES;
/// What a waiting report is sealed under.
const BODY: &[u8] = b"cowl gateway waiting report v1";

/// Why the vault cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The file could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The file is no vault of this credential's.
    #[error(
        "{} is damaged, or belongs to another credential: move it away, and what waits under it is lost", .0.display()
    )]
    Damaged(PathBuf),
}

impl From<SlotsError> for VaultError {
    fn from(error: SlotsError) -> Self {
        match error {
            SlotsError::File(error) => Self::File(error),
            SlotsError::Damaged(path) => Self::Damaged(path),
        }
    }
}

/// Its device was withdrawn, or there is no such.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Withdrawn;

/// Why what waited does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotOpened {
    /// Its key was destroyed.
    Erased,
    /// It is no report that waits, or damaged.
    Unreadable,
}

/// The keys.
pub(super) struct Vault {
    held: RwLock<Held>,
    slots: Mutex<Slots>,
}

struct Held {
    devices: Vec<Device>,
    by_key: HashMap<KeyId, u32>,
    ages: HashMap<u32, Age>,
    /// The epoch now.
    epoch: Epoch,
}

impl Vault {
    /// Opens or makes the vault of a credential with so many devices. Codes come from `rng`.
    pub(super) fn open(
        path: &Path,
        key: &Secret,
        devices: u32,
        epoch: Epoch,
        rng: &mut SystemRng,
    ) -> Result<Self, VaultError> {
        let mut slots = Slots::open(path, LABEL, key)?;
        let mut held =
            Held { devices: Vec::new(), by_key: HashMap::new(), ages: HashMap::new(), epoch: Epoch(0) };
        let mut found = slots.read()?.into_iter();
        // A damaged age is one whose reports are lost; it is made anew if it is that of now.
        let ages = found.by_ref().skip(1).take(usize::try_from(AGES).unwrap_or(usize::MAX));
        held.ages = ages.filter_map(|slot| Age::read(&slot)).map(|age| (age.epoch.0, age)).collect();
        let mut new = Vec::new();
        for number in 0..devices {
            let device = match found.next().unwrap_or(Slot::Nothing) {
                Slot::Text(text) => Device::read(&text),
                Slot::Nothing => {
                    let device = Device::draw(epoch, WithdrawalCode::draw(rng));
                    new.push((DEVICES + number, device.write()));
                    device
                }
                // It may have been withdrawn.
                Slot::Damaged => Device::closed(),
            };
            held.add(device);
        }
        if !new.is_empty() {
            slots.write(&new)?;
        }
        let vault = Self { held: RwLock::new(held), slots: Mutex::new(slots) };
        vault.begin(epoch)?;
        Ok(vault)
    }

    /// Takes note that an epoch is now, whose key is on disk when this returns.
    pub(super) fn begin(&self, epoch: Epoch) -> Result<(), VaultError> {
        let has_key = {
            let held = self.held();
            held.epoch == epoch && held.ages.contains_key(&epoch.0)
        };
        if has_key {
            return Ok(());
        }
        let mut slots = self.slots();
        let known = self.held().ages.contains_key(&epoch.0);
        if !known {
            let age = Age::draw(epoch);
            slots.write(&[(place(epoch), age.write())])?;
            let mut held = self.held_mut();
            // Whose slot it takes is over.
            held.ages.retain(|other, _| place(Epoch(*other)) != place(epoch));
            held.ages.insert(epoch.0, age);
        }
        self.held_mut().epoch = epoch;
        Ok(())
    }

    /// Seals what is to wait.
    pub(super) fn seal(&self, waiting: &Waiting) -> Result<Zeroizing<Vec<u8>>, Withdrawn> {
        let held = self.held();
        let device = held.device(waiting.identity).filter(|device| device.is_live()).ok_or(Withdrawn)?;
        let age = held.ages.get(&held.epoch.0).ok_or(Withdrawn)?;
        let key = body_key(&device.key, &age.key).ok_or(Withdrawn)?;
        let (id, epoch) = (device.id, held.epoch);
        drop(held);
        let mut text = waiting.encode();
        // Random, and of this report alone.
        let nonce = *waiting.report.0.first_chunk::<12>().ok_or(Withdrawn)?;
        key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(id), &mut *text)
            .map_err(|_| Withdrawn)?;
        let text = [nonce.as_slice(), &text].concat();
        Ok(Zeroizing::new(Sealed { key: id, epoch, text: &text }.encode()))
    }

    /// Opens what waited. What an earlier version kept in clear is read as it is, unless its device was withdrawn.
    pub(super) fn open_waiting(&self, body: &[u8]) -> Result<Waiting, NotOpened> {
        if let Ok(waiting) = Waiting::decode(body) {
            let is_withdrawn = self.held().device(waiting.identity).is_some_and(|device| !device.is_live());
            return if is_withdrawn { Err(NotOpened::Erased) } else { Ok(waiting) };
        }
        let sealed = Sealed::decode(body).ok_or(NotOpened::Unreadable)?;
        let held = self.held();
        let device = held.by_key.get(&sealed.key).and_then(|number| held.device(*number));
        let (Some(device), Some(age)) = (device, held.ages.get(&sealed.epoch.0)) else {
            return Err(NotOpened::Erased);
        };
        let key = body_key(&device.key, &age.key).ok_or(NotOpened::Unreadable)?;
        drop(held);
        let (nonce, text) = sealed.text.split_first_chunk::<12>().ok_or(NotOpened::Unreadable)?;
        let mut text = Zeroizing::new(text.to_vec());
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let text =
            key.open_in_place(nonce, Aad::from(sealed.key), &mut text).map_err(|_| NotOpened::Unreadable)?;
        Waiting::decode(text).map_err(|_| NotOpened::Unreadable)
    }

    /// By what a device's reports of an epoch are withdrawn.
    pub(super) fn handle(&self, identity: u32, operation: OperationId, epoch: Epoch) -> ErasureHandle {
        let held = self.held();
        let device = held.device(identity).filter(|device| device.is_live());
        device.map_or(ErasureHandle::NONE, |device| erasure_handle(&device.seed(), operation, epoch))
    }

    /// Of what this device's retransmissions are known by, a part that goes with its key.
    pub(super) fn secret_of(&self, identity: u32) -> Secret {
        let held = self.held();
        held.device(identity).map_or_else(|| Secret::new([0; 32]), |device| Secret::new(*device.key.expose()))
    }

    /// Those of these devices that may be withdrawn, with their seeds and since when they have them.
    pub(super) fn seeds(&self, devices: u32) -> Vec<(u32, Epoch, Secret)> {
        let held = self.held();
        let live = (0..devices).filter_map(|number| Some((number, held.device(number)?)));
        live.filter(|(_, device)| device.is_live())
            .map(|(number, device)| (number, device.since, device.seed()))
            .collect()
    }

    /// Destroys the keys of devices, durably when it returns; they are refused from now on.
    pub(super) fn withdraw(&self, devices: &[u32]) -> Result<(), VaultError> {
        let mut slots = self.slots();
        let closed: Vec<_> =
            devices.iter().map(|number| (DEVICES + number, Device::closed().write())).collect();
        // What is sealed meanwhile opens no more. What fails here is tried again with the next list, as long as it is held.
        slots.write(&closed)?;
        let mut held = self.held_mut();
        for number in devices {
            held.put(*number, Device::closed());
        }
        Ok(())
    }

    /// Destroys the keys of all epochs before this one, durably when it returns. How many there were.
    pub(super) fn forget_before(&self, epoch: Epoch) -> Result<usize, VaultError> {
        let mut slots = self.slots();
        let gone: Vec<u32> = self.held().ages.keys().copied().filter(|age| *age < epoch.0).collect();
        if !gone.is_empty() {
            let nothing: Vec<_> = gone.iter().map(|age| (place(Epoch(*age)), Text::new([0; TEXT]))).collect();
            slots.write(&nothing)?;
            self.held_mut().ages.retain(|age, _| *age >= epoch.0);
        }
        Ok(gone.len())
    }

    /// Gives a device another key and code, as a new one.
    pub(super) fn admit(&self, identity: u32, rng: &mut SystemRng) -> Result<(), VaultError> {
        let mut slots = self.slots();
        let device = Device::draw(self.held().epoch, WithdrawalCode::draw(rng));
        slots.write(&[(DEVICES + identity, device.write())])?;
        self.held_mut().put(identity, device);
        Ok(())
    }

    /// The codes of all devices, also of a gateway that runs; `None`: it was withdrawn, or its slot is damaged.
    pub(super) fn codes(path: &Path, key: &Secret) -> Result<Vec<Option<WithdrawalCode>>, VaultError> {
        if !path.exists() {
            return Ok(Vec::new());
        }
        let devices =
            Slots::open(path, LABEL, key)?.read()?.into_iter().skip(usize::try_from(DEVICES).unwrap_or(0));
        let code = |slot| match slot {
            Slot::Text(text) => Device::read(&text).into_code(),
            Slot::Nothing | Slot::Damaged => None,
        };
        Ok(devices.map(code).collect())
    }

    fn held(&self) -> RwLockReadGuard<'_, Held> {
        self.held.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn held_mut(&self) -> RwLockWriteGuard<'_, Held> {
        self.held.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Taken before what is held: whoever writes slots does so alone.
    fn slots(&self) -> MutexGuard<'_, Slots> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    fn add(&mut self, device: Device) {
        if let Ok(number) = u32::try_from(self.devices.len()).map(|number| (number, device.is_live()))
            && number.1
        {
            self.by_key.insert(device.id, number.0);
        }
        self.devices.push(device);
    }

    fn put(&mut self, number: u32, device: Device) {
        let place = usize::try_from(number).ok().and_then(|number| self.devices.get_mut(number));
        if let Some(place) = place {
            self.by_key.remove(&place.id);
            if device.is_live() {
                self.by_key.insert(device.id, number);
            }
            *place = device;
        }
    }

    fn device(&self, number: u32) -> Option<&Device> {
        self.devices.get(usize::try_from(number).ok()?)
    }
}

/// The slot of an epoch's key.
const fn place(epoch: Epoch) -> u32 {
    1 + epoch.0 % AGES
}

/// What both keys give together.
fn body_key(device: &Secret, age: &Secret) -> Option<LessSafeKey> {
    let mut key = Zeroizing::new([0; 32]);
    let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, age.expose()).extract(device.expose());
    prk.expand(&[BODY], hkdf::HKDF_SHA256).and_then(|okm| okm.fill(key.as_mut_slice())).ok()?;
    UnboundKey::new(&AES_256_GCM_SIV, key.as_slice()).map(LessSafeKey::new).ok()
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vault")
    }
}

#[cfg(test)]
#[path = "vault_tests.rs"]
mod tests;
