//! Erase orders: what the authority told responders, gateways and archives to make unreadable. They stand in a file of the
//! operation's; a signed list goes out with every beacon, whether there is an order or not.

use std::{collections::BTreeMap, path::Path};

use cowl_core::{Epoch, Erasure, ErasureHandle, Erasures, ErasuresError, Pseudonym, policy::RoleKind};
use serde::{Deserialize, Serialize};

use super::{Kind, Lock, Operation, OperationError, names, reached::Store};
use crate::{
    files,
    log::{Event, Word},
    random::SystemRng,
};

/// The form of the file.
const FORM: u32 = 1;
/// The largest file that is read: some 100,000 orders.
const LIMIT: u64 = 16 << 20;

/// The file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Book {
    version: u32,
    /// With which order the next list begins, where there are more than one holds.
    turn: usize,
    orders: Vec<Line>,
    /// The newest list that responders said they obeyed.
    pub(super) confirmed: BTreeMap<String, u64>,
    /// What members said by themselves, by name.
    #[serde(default)]
    pub(super) stores: BTreeMap<String, Vec<Store>>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Line {
    what: What,
    /// Of which epoch a handle is, where whoever withdrew said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    epoch: Option<u32>,
    /// Unix seconds.
    since: u64,
    /// From when on nothing of it can be left: the retention of every role is over.
    until: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum What {
    Handle(String),
    Pseudonym { name: String, epoch: u32 },
    Before(u32),
}

/// An order that stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErasureOrder {
    /// What is to be erased.
    pub what: Erasure,
    /// Since when, in Unix seconds: at least the time, and below the number of every list that carries it.
    pub since: u64,
    /// The epoch in which what it names was sealed, or the last one that it can have been. Of a handle, the epoch after the order's
    /// unless whoever withdrew said another; of an order by age, the last one that it names, `None` if that is none.
    pub epoch: Option<Epoch>,
    /// Whether that is the only epoch in which it was sealed.
    pub is_of_one_epoch: bool,
    /// From when on no message of it that is still on its way can be opened, in Unix seconds: the keys of its epoch are gone.
    pub opens_until: u64,
    /// From when on nothing of it can be left anywhere, in Unix seconds.
    pub until: u64,
}

/// A handle that a person named to have erased what bears it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Withdrawn {
    /// The handle.
    pub handle: ErasureHandle,
    /// Its epoch, where it is known: by it one says until when messages on the way open, and who cannot hold anything. A wrong one
    /// gives wrong dates and names, and shortens no order.
    pub epoch: Option<Epoch>,
}

impl Operation {
    /// Orders all who listen to erase, from the next list on. Says how many of the orders are new, and keeps them until
    /// nothing of what they name can be left. They cannot be taken back.
    pub fn erase(&self, orders: &[Erasure], unix_seconds: u64) -> Result<usize, OperationError> {
        let orders: Vec<_> = orders.iter().map(|what| (*what, None)).collect();
        self.order(&orders, unix_seconds)
    }

    /// The same for handles whose epochs may be known.
    pub fn withdraw(&self, handles: &[Withdrawn], unix_seconds: u64) -> Result<usize, OperationError> {
        let orders: Vec<_> = handles.iter().map(|one| (Erasure::Handle(one.handle), one.epoch)).collect();
        self.order(&orders, unix_seconds)
    }

    fn order(&self, orders: &[(Erasure, Option<Epoch>)], unix_seconds: u64) -> Result<usize, OperationError> {
        let names_nothing = |(what, _): &(Erasure, _)| *what == Erasure::Handle(ErasureHandle::NONE);
        if orders.iter().any(names_nothing) || orders.is_empty() {
            return Err(ErasuresError::Nothing.into());
        }
        let lock = Lock::take(&self.folder)?;
        let mut book = self.load_book()?;
        book.orders.retain(|line| line.until > unix_seconds);
        let before = book.orders.len();
        // At least the time, and below the number of every list that carries it.
        let since = self.next_beacon_number(unix_seconds)?;
        // A handle of an epoch that has not begun can be on no message.
        let latest = self.epoch_at(unix_seconds).plus(1);
        for (what, epoch) in orders {
            let epoch = epoch.filter(|epoch| *epoch <= latest).map(|epoch| epoch.0);
            let mut line = Line { what: what.into(), epoch, since, until: 0 };
            line.until = self.gone_by(what, &line, unix_seconds);
            if !book.orders.iter().any(|known| known.what == line.what) {
                book.orders.push(line);
            }
        }
        let new = book.orders.len() - before;
        if new > 0 {
            let how = if orders.iter().any(|(what, _)| matches!(what, Erasure::Handle(_))) {
                "withdrawal"
            } else {
                "order"
            };
            self.note_held(&lock, &[Event::Erased { how: Word::from(how) }], unix_seconds)?;
            store(&self.folder, &book)?;
        }
        Ok(new)
    }

    /// The orders that stand, oldest first.
    pub fn erasures(&self, unix_seconds: u64) -> Result<Vec<ErasureOrder>, OperationError> {
        let book = self.load_book()?;
        Ok(self.standing(&book, unix_seconds).collect())
    }

    /// A signed list of this moment. One goes out with every beacon; where there are more orders than it holds, they take
    /// turns. Its number is on disk before it is returned.
    pub fn erasure_list(&self, unix_seconds: u64, rng: &mut SystemRng) -> Result<Vec<u8>, OperationError> {
        let lock = Lock::take(&self.folder)?;
        let sequence = self.next_beacon_number(unix_seconds)?;
        let mut book = self.load_book()?;
        let size = self.manifest.policy.sizes.beacon;
        let room = Erasures::capacity(usize::try_from(size).unwrap_or(0));
        let mut orders: Vec<Erasure> = self.standing(&book, unix_seconds).map(|order| order.what).collect();
        if orders.len() > room {
            let turn = book.turn % orders.len();
            orders.rotate_left(turn);
            orders.truncate(room);
            book.turn = turn.saturating_add(room);
            store(&self.folder, &book)?;
        }
        drop(lock);
        let operation = self.manifest.operation;
        Ok(Erasures::issue(operation, sequence, &orders, self.secrets.authority(), size, rng)?)
    }

    /// Notes that a responder said which list it obeyed last (`cowl archive status` says it there). Nobody can say so for a gateway
    /// of devices: it does by itself.
    pub fn confirm_erasure(&self, name: &str, list: u64) -> Result<(), OperationError> {
        let _lock = Lock::take(&self.folder)?;
        match self.register.member(name).map(|member| member.kind) {
            Some(Kind::Responder) => {}
            Some(Kind::Gateway) => return Err(OperationError::ConfirmsItself),
            Some(Kind::Device | Kind::Relay) => return Err(OperationError::NothingToConfirm),
            None => return Err(OperationError::NoSuchResponder),
        }
        let mut book = self.load_book()?;
        let known = book.confirmed.entry(name.to_owned()).or_default();
        *known = (*known).max(list);
        store(&self.folder, &book)
    }

    pub(super) fn standing<'a>(
        &'a self,
        book: &'a Book,
        now: u64,
    ) -> impl Iterator<Item = ErasureOrder> + 'a {
        let lines = book.orders.iter().filter(move |line| line.until > now);
        lines.filter_map(|line| {
            let what = line.what.read()?;
            let epoch = self.sealed_in(&what, line);
            Some(ErasureOrder {
                what,
                since: line.since,
                epoch,
                is_of_one_epoch: matches!(what, Erasure::Pseudonym(..)) || line.epoch.is_some(),
                opens_until: epoch.map_or(0, |epoch| self.opens_until(epoch)),
                until: line.until,
            })
        })
    }

    /// The last epoch in which what it names can have been sealed.
    fn sealed_in(&self, what: &Erasure, line: &Line) -> Option<Epoch> {
        match what {
            // A handle is of an epoch that has begun, or by a clock that is ahead of the next.
            Erasure::Handle(_) => Some(line.epoch.map_or_else(|| self.epoch_at(line.since).plus(1), Epoch)),
            Erasure::Pseudonym(_, epoch) => Some(*epoch),
            Erasure::Before(epoch) => epoch.0.checked_sub(1).map(Epoch),
        }
    }

    /// From when on nobody who obeys opens a message of an epoch: keys go by whole epochs.
    pub(super) fn opens_until(&self, epoch: Epoch) -> u64 {
        let calendar = &self.manifest.calendar;
        let late = calendar.epochs_in(u64::from(self.manifest.policy.lateness_seconds));
        calendar.end_of(epoch.plus(late))
    }

    /// From when on nothing of it can be left: what was sealed last opens no more, and every role's retention after.
    fn gone_by(&self, what: &Erasure, line: &Line, now: u64) -> u64 {
        let opened_by = self.sealed_in(what, line).map_or(0, |epoch| self.opens_until(epoch));
        opened_by
            .max(now.saturating_add(u64::from(self.manifest.policy.lateness_seconds)))
            .saturating_add(self.longest_retention())
    }

    pub(super) fn retention(&self, role: &str) -> Option<u64> {
        let policy = &self.manifest.policy;
        policy.roles.iter().find(|known| known.name == role).map(|role| u64::from(role.retention_seconds))
    }

    pub(super) fn longest_retention(&self) -> u64 {
        let roles = self.manifest.policy.roles.iter().filter(|role| role.kind == RoleKind::Reports);
        roles.map(|role| u64::from(role.retention_seconds)).max().unwrap_or(0)
    }

    pub(super) fn load_book(&self) -> Result<Book, OperationError> {
        let path = self.folder.join(names::ERASURES);
        if !path.exists() {
            let (orders, confirmed, stores) = (Vec::new(), BTreeMap::new(), BTreeMap::new());
            return Ok(Book { version: FORM, turn: 0, orders, confirmed, stores });
        }
        let bytes = files::read_secret(&path, LIMIT)?;
        let book: Option<Book> = serde_json::from_slice(&bytes).ok();
        let sound =
            |book: &Book| book.version == FORM && book.orders.iter().all(|line| line.what.read().is_some());
        book.filter(sound).ok_or(OperationError::Damaged {
            path,
            what: "it is no list of erase orders; put back the newest backup of it",
        })
    }
}

pub(super) fn store(folder: &Path, book: &Book) -> Result<(), OperationError> {
    let bytes = serde_json::to_vec_pretty(book).unwrap_or_default();
    Ok(files::replace_summed(&folder.join(names::ERASURES), &bytes)?)
}

impl What {
    fn read(&self) -> Option<Erasure> {
        Some(match self {
            Self::Handle(handle) => {
                let bytes: [u8; 16] = hex::decode(handle).ok()?.try_into().ok()?;
                Erasure::Handle(Some(ErasureHandle(bytes)).filter(|handle| *handle != ErasureHandle::NONE)?)
            }
            Self::Pseudonym { name, epoch } => {
                Erasure::Pseudonym(name.parse::<Pseudonym>().ok()?, Epoch(*epoch))
            }
            Self::Before(epoch) => Erasure::Before(Epoch(*epoch)),
        })
    }
}

impl From<&Erasure> for What {
    fn from(what: &Erasure) -> Self {
        match what {
            Erasure::Handle(handle) => Self::Handle(hex::encode(handle.0)),
            Erasure::Pseudonym(name, epoch) => Self::Pseudonym { name: name.to_string(), epoch: epoch.0 },
            Erasure::Before(epoch) => Self::Before(epoch.0),
        }
    }
}

#[cfg(test)]
#[path = "erasures_tests.rs"]
mod tests;
