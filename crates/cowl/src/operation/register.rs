//! The authority's own book of members: which name has which numbers. Secret: it is the only place where a
//! name and a place meet.

use std::{
    collections::{BTreeSet, HashMap},
    path::{Path, PathBuf},
};

use cowl_core::{Epoch, MemberId, Membership};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{Admission, Kind, OperationError, Renewed, RevokedIdentity, Standing};
use crate::files;

/// The largest register that is read: some 500,000 members.
const LIMIT: u64 = 64 << 20;

/// The members enrolled so far.
#[derive(Debug)]
pub struct Register {
    path: PathBuf,
    book: Book,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Book {
    next_device: u32,
    members: Vec<Entry>,
    /// Device numbers that were seen to send from two machines.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    clones: BTreeSet<u32>,
}

/// One member.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The authority's name for it; nobody else learns it.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// Its first device number, where it sends.
    pub first_device: u32,
    /// How many device numbers it has.
    pub devices: u32,
    /// The roles that it reads.
    pub roles: Vec<String>,
    /// The first epoch that it has keys for.
    pub first_epoch: u32,
    /// The last epoch that it has keys for.
    pub last_epoch: u32,
    /// How it stands with the operation.
    #[serde(default, skip_serializing_if = "Standing::is_member")]
    pub standing: Standing,
    /// The machine that joined as this member, where it did so with a ticket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub admission: Option<Admission>,
    /// By what it proves to the service who it is; `None`: it was enrolled before there was renewal.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "membership")]
    pub membership: Option<Membership>,
    /// Identities of a gateway that were revoked while it was not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub revoked: Vec<RevokedIdentity>,
}

impl Entry {
    /// Of somebody who has nothing yet.
    pub(super) fn of(name: &str, kind: Kind, roles: &[String]) -> Self {
        Self {
            name: name.to_owned(),
            kind,
            first_device: 0,
            devices: 0,
            roles: roles.to_vec(),
            first_epoch: 0,
            last_epoch: 0,
            standing: Standing::Member,
            admission: None,
            membership: None,
            revoked: Vec::new(),
        }
    }
}

impl Register {
    pub(super) fn create(path: &Path) -> Result<Self, OperationError> {
        let register = Self { path: path.to_owned(), book: Book::default() };
        files::create_summed(path, &register.to_bytes())?;
        Ok(register)
    }

    pub(super) fn load(path: &Path) -> Result<Self, OperationError> {
        let bytes = files::read_secret(path, LIMIT)?;
        let book = serde_json::from_slice(&bytes).map_err(|_| OperationError::Damaged {
            path: path.to_owned(),
            what: "it does not decode as a register",
        })?;
        Ok(Self { path: path.to_owned(), book })
    }

    /// The next free device number, if `count` more fit below `places` beside those that are `reserved`.
    pub(super) fn next_device(&self, count: u32, reserved: u32, places: u32) -> Result<u32, OperationError> {
        let after = self.book.next_device.checked_add(reserved).and_then(|after| after.checked_add(count));
        after
            .filter(|after| *after <= places)
            .map(|_| self.book.next_device)
            .ok_or(OperationError::Full(places))
    }

    /// How many device numbers may still be taken by those who are invited, under a name that counts.
    pub(super) fn reserved(&self, unix_seconds: u64, counts: impl Fn(&str) -> bool) -> u32 {
        let members = self.book.members.iter().filter(|entry| counts(&entry.name));
        let reserved = members.map(|entry| match entry.standing {
            Standing::Invited { until, devices, .. } if until > unix_seconds => devices,
            _ => 0,
        });
        reserved.fold(0, u32::saturating_add)
    }

    /// Writes a new member down, on disk before it returns.
    pub(super) fn add(&mut self, entry: Entry) -> Result<(), OperationError> {
        self.put_all(vec![entry])
    }

    /// Writes members down, on disk before it returns: all or none. Each replaces who had its name before.
    pub(super) fn put_all(&mut self, entries: Vec<Entry>) -> Result<(), OperationError> {
        let before = self.book.clone();
        let Book { next_device, members, .. } = &mut self.book;
        let mut known: HashMap<String, usize> =
            members.iter().enumerate().map(|(index, entry)| (entry.name.clone(), index)).collect();
        for entry in entries {
            *next_device = (*next_device).max(entry.first_device.saturating_add(entry.devices));
            if let Some(before) = known.get(&entry.name).and_then(|index| members.get_mut(*index)) {
                *before = entry;
            } else {
                known.insert(entry.name.clone(), members.len());
                members.push(entry);
            }
        }
        let stored = files::replace_summed(&self.path, &self.to_bytes());
        if stored.is_err() {
            self.book = before;
        }
        Ok(stored?)
    }

    /// Whom a ticket is for, or was.
    pub(super) fn invited_by(&self, ticket: [u8; 16]) -> Option<&Entry> {
        self.book.members.iter().find(|entry| match (entry.standing, entry.admission) {
            (Standing::Invited { ticket: held, .. }, _) => held == ticket,
            (_, Some(admission)) => admission.ticket == ticket,
            _ => false,
        })
    }

    /// Leaves out up to `count` device numbers below `places`: they may have been given out without being in this book. Says
    /// how many.
    pub(super) fn skip_devices(&mut self, count: u32, places: u32) -> Result<u32, OperationError> {
        let before = self.book.next_device;
        self.book.next_device = before.saturating_add(count).min(places.max(before));
        let stored = files::replace_summed(&self.path, &self.to_bytes());
        if stored.is_err() {
            self.book.next_device = before;
        }
        stored?;
        Ok(self.book.next_device - before)
    }

    /// Takes a member out again whose credential was never handed over. Its numbers are not given to another: a
    /// copy of the credential may exist after all.
    pub(super) fn retract(&mut self, name: &str) -> Result<(), OperationError> {
        let Some(index) = self.book.members.iter().position(|entry| entry.name == name) else {
            return Ok(());
        };
        let entry = self.book.members.remove(index);
        let stored = files::replace_summed(&self.path, &self.to_bytes());
        if stored.is_err() {
            self.book.members.insert(index, entry);
        }
        Ok(stored?)
    }

    /// Writes down that a device sends from two machines. Says whether that is news.
    pub(super) fn note_clone(&mut self, device: u32) -> Result<bool, OperationError> {
        if !self.book.clones.insert(device) {
            return Ok(false);
        }
        let stored = files::replace_summed(&self.path, &self.to_bytes());
        if stored.is_err() {
            self.book.clones.remove(&device);
        }
        Ok(stored.map(|()| true)?)
    }

    /// Writes down who got further keys.
    pub(super) fn note_renewed(&mut self, renewed: &[Renewed]) -> Result<(), OperationError> {
        let by_id: HashMap<_, _> = renewed.iter().map(|renewed| (renewed.membership.id, renewed)).collect();
        for entry in &mut self.book.members {
            let Some(known) = &mut entry.membership else { continue };
            let Some(Renewed { membership, last_epoch }) = by_id.get(&known.id) else { continue };
            // Another process may know of a later one.
            if membership.step >= known.step {
                *known = membership.clone();
            }
            entry.last_epoch = entry.last_epoch.max(last_epoch.map_or(0, |epoch| epoch.0));
        }
        Ok(files::replace_summed(&self.path, &self.to_bytes())?)
    }

    /// The numbers of devices that were seen to send from two machines.
    pub const fn clones(&self) -> &BTreeSet<u32> {
        &self.book.clones
    }

    /// Whether the member with this device number has keys of an epoch.
    pub(super) fn holds_keys(&self, device: u32, epoch: Epoch) -> bool {
        self.book.members.iter().any(|entry| {
            device.checked_sub(entry.first_device).is_some_and(|index| index < entry.devices)
                && (entry.first_epoch..=entry.last_epoch).contains(&epoch.0)
        })
    }

    /// The numbers of the devices whose reports of an epoch are refused.
    pub(super) fn revoked_devices(&self, epoch: Epoch) -> impl Iterator<Item = u32> + '_ {
        self.book.members.iter().flat_map(move |entry| {
            let all = match entry.standing {
                Standing::Revoked { from_epoch, .. } if from_epoch <= epoch.0 => entry.devices,
                _ => 0,
            };
            let some =
                entry.revoked.iter().filter(move |one| one.from_epoch <= epoch.0).map(|one| one.identity);
            (0..all)
                .chain(some.filter(move |one| *one >= all))
                .map(|one| entry.first_device.saturating_add(one))
        })
    }

    /// All members, in the order of their enrolment.
    pub fn members(&self) -> &[Entry] {
        &self.book.members
    }

    /// The member of an id.
    pub fn member_of(&self, id: MemberId) -> Option<&Entry> {
        self.book.members.iter().find(|entry| entry.membership.as_ref().is_some_and(|known| known.id == id))
    }

    /// The member of a name.
    pub fn member(&self, name: &str) -> Option<&Entry> {
        self.book.members.iter().find(|entry| entry.name == name)
    }

    fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        serde_json::to_vec_pretty(&self.book).unwrap_or_default().into()
    }
}

/// A membership as text: id and secret in hexadecimal.
mod membership {
    use cowl_core::{MemberId, Membership, Secret};
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

    #[derive(Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Text {
        id: String,
        secret: String,
        step: u32,
    }

    impl Drop for Text {
        fn drop(&mut self) {
            zeroize::Zeroize::zeroize(&mut self.secret);
        }
    }

    #[expect(clippy::ref_option, reason = "the form that serde asks for")]
    pub(super) fn serialize<S: Serializer>(
        held: &Option<Membership>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let text = held.as_ref().map(|Membership { id, secret, step }| Text {
            id: hex::encode(id.0),
            secret: hex::encode(secret.expose()),
            step: *step,
        });
        text.serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Membership>, D::Error> {
        let Some(text) = Option::<Text>::deserialize(deserializer)? else { return Ok(None) };
        let mut bytes = zeroize::Zeroizing::new([0; 32]);
        let mut name = [0; 16];
        hex::decode_to_slice(&text.secret, &mut *bytes).map_err(D::Error::custom)?;
        hex::decode_to_slice(&text.id, &mut name).map_err(D::Error::custom)?;
        Ok(Some(Membership { id: MemberId(name), secret: Secret::new(*bytes), step: text.step }))
    }
}
