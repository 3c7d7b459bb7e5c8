//! Who carried out which erase order, and who was not reached yet: members say which list they obeyed (spec §16.3).

use cowl_core::{ConfirmationRequest, Erasures, StoreKind};
use serde::{Deserialize, Serialize};

use super::{
    ErasureOrder, Kind, Lock, Operation, OperationError, Standing, Unconfirmed,
    erasures::{Book, standing, store},
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
    /// When it said that it carried the order out, in Unix seconds; `None`: not yet.
    pub confirmed: Option<u64>,
    /// When it last said anything of orders.
    pub heard: Option<u64>,
    /// From when on it can hold nothing of it, in Unix seconds.
    pub until: u64,
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
        let orders: Vec<ErasureOrder> = standing(&book, unix_seconds).collect();
        let round = self.round(orders.len());
        let of = |order: &ErasureOrder| {
            let holders = self.register.members().iter().filter(|member| may_hold(member));
            let members = holders.map(|member| self.reached(&book, member, order, round)).collect();
            ErasureStatus { order: *order, members }
        };
        Ok(orders.iter().map(of).collect())
    }

    /// Who has not said to have obeyed all orders that stand, and until when it may hold something of them.
    pub fn unconfirmed(&self, unix_seconds: u64) -> Result<Vec<Unconfirmed>, OperationError> {
        let mut left: Vec<Unconfirmed> = Vec::new();
        for status in self.erasure_status(unix_seconds)? {
            for Reached { name, kind, until, .. } in
                status.members.into_iter().filter(|member| member.confirmed.is_none())
            {
                match left.iter_mut().find(|known| known.name == name) {
                    Some(known) => {
                        known.orders += 1;
                        known.until = known.until.max(until);
                    }
                    None => left.push(Unconfirmed { name, kind, orders: 1, until }),
                }
            }
        }
        Ok(left)
    }

    fn reached(&self, book: &Book, member: &Entry, order: &ErasureOrder, round: u64) -> Reached {
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
            (true, _) => heard,
            (false, true) => Some(heard.unwrap_or(order.since)),
            (false, false) => None,
        };
        let longest = self.longest_retention();
        let keeps = match member.kind {
            // What waits there is kept as long as anybody may keep it.
            Kind::Gateway => longest,
            _ => member.roles.iter().filter_map(|role| self.retention(role)).max().unwrap_or(0),
        };
        let until = order.until.saturating_sub(longest).saturating_add(keeps);
        Reached { name: member.name.clone(), kind: member.kind, confirmed, heard, until }
    }

    /// How much later than an order a list must be that had it for certain, in seconds: where there are more orders than one list
    /// holds, they take turns.
    fn round(&self, orders: usize) -> u64 {
        let room = Erasures::capacity(usize::try_from(self.manifest.policy.sizes.beacon).unwrap_or(0)).max(1);
        let turns = u64::try_from(orders.div_ceil(room)).unwrap_or(u64::MAX).max(1);
        u64::from(self.manifest.policy.beacon_seconds).saturating_mul(turns - 1)
    }
}

/// Relays hold nothing that they could find by an order; phones hold what is their own.
fn may_hold(member: &Entry) -> bool {
    matches!(member.kind, Kind::Responder | Kind::Gateway)
        && !matches!(member.standing, Standing::Invited { .. })
}

impl From<StoreKind> for Sort {
    fn from(kind: StoreKind) -> Self {
        match kind {
            StoreKind::Archive => Self::Archive,
            StoreKind::Queue => Self::Queue,
            StoreKind::Retained => Self::Retained,
            StoreKind::Reader => Self::Reader,
        }
    }
}
