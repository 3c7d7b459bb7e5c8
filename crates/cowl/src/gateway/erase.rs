//! Erase orders on a gateway of devices: whoever withdrew is found by his handles, and his waiting reports are destroyed.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use cowl_core::{
    Authority, Epoch, Erasure, Erasures, Manifest, OperationId, StoreKind, policy::RoleKind,
    schedule::erasure_handle,
};

use super::{intake::Inner, vault::VaultError};
use crate::client::Obeyed;

/// So many epochs beyond this one an order to erase all before an epoch is looked for, and before it.
const REACH: u32 = 4_096;

/// How erase orders stand.
#[derive(Debug)]
pub(super) struct Orders {
    /// The newest list that was obeyed.
    obeyed: Obeyed,
    /// How many times something was destroyed.
    destroyed: AtomicU64,
    /// Whether a list is being gone through.
    is_busy: AtomicBool,
}

/// A list and what it is held against.
struct Given {
    list: Erasures,
    operation: OperationId,
    now: Epoch,
    /// The first epoch of which anybody may still keep something.
    oldest: Epoch,
}

impl Orders {
    /// Of the queue that has this name.
    pub(super) fn of(store: [u8; 16]) -> Self {
        let obeyed = Obeyed::new(store, StoreKind::Queue);
        Self { obeyed, destroyed: AtomicU64::new(0), is_busy: AtomicBool::new(false) }
    }

    pub(super) const fn obeyed(&self) -> &Obeyed {
        &self.obeyed
    }

    pub(super) fn destroyed(&self) -> u64 {
        self.destroyed.load(Ordering::Relaxed)
    }
}

/// Obeys a list, not yet verified. Beside everything else where a thread can be had: 10,000 devices have a million handles
/// to be looked for. While that goes on no other list is taken; another comes with every beacon.
pub(super) fn hear(inner: &Arc<Inner>, list: &[u8], authority: Authority, manifest: &Manifest, now: Epoch) {
    let Ok(list) = Erasures::verify(list, authority, manifest.operation) else {
        inner.counters.list_refused();
        return;
    };
    if inner.orders.is_busy.swap(true, Ordering::AcqRel) {
        return;
    }
    let roles = manifest.policy.roles.iter().filter(|role| role.kind == RoleKind::Reports);
    let longest = roles.map(|role| u64::from(role.retention_seconds)).max().unwrap_or(0);
    let keeps = longest.saturating_add(u64::from(manifest.policy.lateness_seconds));
    let oldest = now.minus(manifest.calendar.epochs_in(keeps).saturating_add(1));
    let given = Given { list, operation: manifest.operation, now, oldest };
    let theirs = Arc::clone(inner);
    let work = move || {
        theirs.orders.obey(&theirs, &given);
        theirs.orders.is_busy.store(false, Ordering::Release);
    };
    if inner.is_inline {
        work();
    } else if std::thread::Builder::new().name("cowl-erase".into()).spawn(work).is_err() {
        inner.orders.is_busy.store(false, Ordering::Release);
    }
}

impl Orders {
    /// What could not be destroyed is tried again with the next list; this one does not count as obeyed then.
    fn obey(&self, inner: &Inner, given: &Given) {
        match destroy(inner, given) {
            Ok(destroyed) => {
                self.destroyed.fetch_add(u64::from(destroyed), Ordering::Relaxed);
                self.obeyed.note(given.list.sequence);
            }
            Err(_) => inner.counters.not_destroyed(),
        }
    }
}

fn destroy(inner: &Inner, given: &Given) -> Result<bool, VaultError> {
    let Given { list, operation, now, oldest } = given;
    let devices = u32::try_from(inner.devices()).unwrap_or(u32::MAX);
    let named = |since: Epoch, seed| {
        let epochs = since.0.max(oldest.0)..=now.plus(1).0;
        let mut handles = epochs.map(|epoch| erasure_handle(&seed, *operation, Epoch(epoch)));
        handles.any(|handle| list.names(&Erasure::Handle(handle)))
    };
    let seeds = inner.vault.seeds(devices).into_iter();
    let withdrawn: Vec<u32> = seeds
        .filter(|(_, since, _)| *since <= now.plus(1))
        .filter_map(|(device, since, seed)| named(since, seed).then_some(device))
        .collect();
    if !withdrawn.is_empty() {
        inner.vault.withdraw(&withdrawn)?;
        inner.counters.withdrawn(withdrawn.len());
    }
    let range = now.minus(REACH).plus(1).0..=now.plus(REACH).0;
    let before = list.before(range.map(Epoch)).unwrap_or(Epoch(0));
    // What nobody may keep any more goes by itself.
    let aged = inner.vault.forget_before(before.max(*oldest))?;
    inner.vault.begin(*now)?;
    Ok(!withdrawn.is_empty() || aged > 0)
}
