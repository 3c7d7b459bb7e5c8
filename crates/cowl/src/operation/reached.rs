//! Who carried out which erase order, and who was not reached yet: members say which list they obeyed (spec §16.3).

use cowl_core::{ConfirmationRequest, Epoch, Erasure, Erasures, StoreKind};
use serde::{Deserialize, Serialize};

use super::{
    ErasureOrder, Kind, Lock, Operation, OperationError, Standing,
    erasures::{Book, store},
    register::Entry,
};

/// Stores of one member that are known at the most.
const MOST_STORES: usize = 64;
/// A list is of the future beyond this, in seconds: lists are numbered by the time at least.
const FUTURE: u64 = 86_400;

/// A store that said which list it obeyed.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Store {
    id: String,
    kind: Sort,
    list: u64,
    /// When it said so, in Unix seconds.
    at: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Sort {
    Archive,
    Queue,
    Retained,
    RetainedElsewhere,
    Reader,
}

/// An order and who carried it out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErasureStatus {
    /// The order.
    pub order: ErasureOrder,
    /// Everyone who may hold something of it.
    pub members: Vec<Reached>,
}

/// A member that may hold something of what an order names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reached {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// When it said that it carried the order out, in Unix seconds; `None`: not yet, or it cannot.
    pub confirmed: Option<u64>,
    /// When it last said anything of orders.
    pub heard: Option<u64>,
    /// Why something of it may be left there; `None`: nothing is.
    pub left: Option<Left>,
    /// From when on it can hold nothing of it that opens, in Unix seconds.
    pub until: u64,
}

/// Why something of what an order names may be left with a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// It has not said that it carried the order out.
    NotSaid,
    /// A relay: what waits there was sealed by phones, and no order finds it. It opens until the keys of its epoch are gone.
    Sealed,
    /// A gateway of devices, by pseudonym: what waits there has none before it is sealed, so the order finds it where it arrives.
    Unnamed,
    /// It carried the order out, but its local broker is not its own, and may have files that nothing here reaches.
    LocalFiles,
}

/// Who may still hold what was ordered to be erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unconfirmed {
    /// The member's name.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// Why.
    pub left: Left,
    /// Of how many orders.
    pub orders: usize,
    /// From when on it can hold nothing of them that opens, in Unix seconds.
    pub until: u64,
}

/// What a member may have that an order names, if it is not said to be erased.
#[derive(Debug, Clone, Copy)]
struct Holds {
    left: Left,
    until: u64,
}

impl Operation {
    /// Notes what a member said of one of its stores. `false`: there can be no such list, or it has too many stores.
    pub fn confirmed(
        &self,
        name: &str,
        said: &ConfirmationRequest,
        unix_seconds: u64,
    ) -> Result<bool, OperationError> {
        let _lock = Lock::take(&self.folder)?;
        if said.list > self.next_beacon_number(unix_seconds)?.saturating_add(FUTURE) {
            return Ok(false);
        }
        let mut book = self.load_book()?;
        let keeps = self.longest_retention().saturating_add(u64::from(self.manifest.policy.lateness_seconds));
        let stores = book.stores.entry(name.to_owned()).or_default();
        // What has not been heard of for so long holds nothing any more.
        stores.retain(|known| known.at.saturating_add(keeps) >= unix_seconds);
        let is_full = stores.len() >= MOST_STORES;
        let (id, kind) = (hex::encode(said.store), said.kind.into());
        match stores.iter_mut().find(|known| known.id == id) {
            Some(known) => {
                (known.kind, known.at) = (kind, unix_seconds);
                known.list = known.list.max(said.list);
            }
            None if is_full => return Ok(false),
            None => stores.push(Store { id, kind, list: said.list, at: unix_seconds }),
        }
        store(&self.folder, &book)?;
        Ok(true)
    }

    /// The orders that stand, oldest first, each with who carried it out and who was not reached yet.
    pub fn erasure_status(&self, unix_seconds: u64) -> Result<Vec<ErasureStatus>, OperationError> {
        let book = self.load_book()?;
        let orders: Vec<ErasureOrder> = self.standing(&book, unix_seconds).collect();
        let round = self.round(orders.len());
        let of = |order: &ErasureOrder| {
            let members = self.register.members().iter().filter_map(|member| {
                let holds = self.holds(member, order).filter(|holds| holds.until > unix_seconds)?;
                Some(reached(&book, member, order, round, holds))
            });
            ErasureStatus { order: *order, members: members.collect() }
        };
        Ok(orders.iter().map(of).collect())
    }

    /// Who may hold something of the orders that stand, why and until when: who has not said to have obeyed them all, and what no
    /// order reaches.
    pub fn unconfirmed(&self, unix_seconds: u64) -> Result<Vec<Unconfirmed>, OperationError> {
        let mut all: Vec<Unconfirmed> = Vec::new();
        let status = self.erasure_status(unix_seconds)?;
        for Reached { name, kind, left, until, .. } in status.into_iter().flat_map(|status| status.members) {
            let Some(left) = left else { continue };
            match all.iter_mut().find(|known| known.name == name && known.left == left) {
                Some(known) => {
                    known.orders += 1;
                    known.until = known.until.max(until);
                }
                None => all.push(Unconfirmed { name, kind, left, orders: 1, until }),
            }
        }
        Ok(all)
    }

    /// Whether a member may hold something of what an order names, and until when. Phones hold what is their own.
    fn holds(&self, member: &Entry, order: &ErasureOrder) -> Option<Holds> {
        if matches!(member.standing, Standing::Invited { .. }) {
            return None;
        }
        match member.kind {
            Kind::Device => None,
            Kind::Relay => Some(Holds { left: Left::Sealed, until: order.opens_until }),
            Kind::Gateway if matches!(order.what, Erasure::Pseudonym(..)) => {
                Some(Holds { left: Left::Unnamed, until: order.opens_until })
            }
            // What waits there is kept as long as anybody may keep it.
            Kind::Gateway => Some(Holds { left: Left::NotSaid, until: order.until }),
            Kind::Responder => self.opened(member, order),
        }
    }

    /// A responder opens reports of the epochs from which it was enrolled until it was revoked, and keeps them as long as its roles may.
    fn opened(&self, member: &Entry, order: &ErasureOrder) -> Option<Holds> {
        let last = order.epoch?;
        let first = if order.is_of_one_epoch { last } else { Epoch(0) };
        let held_until = match member.standing {
            Standing::Revoked { from_epoch, .. } => Some(Epoch(from_epoch.checked_sub(1)?)),
            _ => None,
        };
        if last < Epoch(member.first_epoch) || held_until.is_some_and(|held| held < first) {
            return None;
        }
        let keeps = member.roles.iter().filter_map(|role| self.retention(role)).max().unwrap_or(0);
        let of_order = order.until.saturating_sub(self.longest_retention()).saturating_add(keeps);
        let of_member = held_until.map(|held| self.opens_until(held).saturating_add(keeps));
        let until = of_member.map_or(of_order, |of_member| of_member.min(of_order));
        Some(Holds { left: Left::NotSaid, until })
    }

    /// How much later than an order a list must be that had it for certain, in seconds: where there are more orders than one list
    /// holds, they take turns.
    fn round(&self, orders: usize) -> u64 {
        let room = Erasures::capacity(usize::try_from(self.manifest.policy.sizes.beacon).unwrap_or(0)).max(1);
        let turns = u64::try_from(orders.div_ceil(room)).unwrap_or(u64::MAX).max(1);
        u64::from(self.manifest.policy.beacon_seconds).saturating_mul(turns - 1)
    }
}

/// What a member said of an order.
fn reached(book: &Book, member: &Entry, order: &ErasureOrder, round: u64, holds: Holds) -> Reached {
    let stores = book.stores.get(&member.name).map(Vec::as_slice).unwrap_or_default();
    let obeys = |list: u64| list > order.since.saturating_add(round);
    let by_hand = book.confirmed.get(&member.name).is_some_and(|list| obeys(*list));
    // What shows reports and keeps none is asked only where there is nothing that does.
    let keeps_some = |known: &&Store| known.kind != Sort::Reader;
    let by_itself = if stores.iter().any(|known| keeps_some(&known)) {
        stores.iter().filter(keeps_some).all(|known| obeys(known.list))
    } else {
        stores.iter().any(|known| obeys(known.list))
    };
    let heard = stores.iter().map(|known| known.at).max();
    let confirmed = match (by_itself, by_hand) {
        _ if holds.left != Left::NotSaid => None,
        (true, _) => heard,
        (false, true) => Some(heard.unwrap_or(order.since)),
        (false, false) => None,
    };
    let has_files = stores.iter().any(|known| known.kind == Sort::RetainedElsewhere);
    let left = match confirmed {
        None => Some(holds.left),
        Some(_) => has_files.then_some(Left::LocalFiles),
    };
    let (name, kind) = (member.name.clone(), member.kind);
    Reached { name, kind, confirmed, heard, left, until: holds.until }
}

impl From<StoreKind> for Sort {
    fn from(kind: StoreKind) -> Self {
        match kind {
            StoreKind::Archive => Self::Archive,
            StoreKind::Queue => Self::Queue,
            StoreKind::Retained => Self::Retained,
            StoreKind::RetainedElsewhere => Self::RetainedElsewhere,
            StoreKind::Reader => Self::Reader,
        }
    }
}
