//! What phones bring.

use std::{
    path::Path,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

use bytes::Bytes;
use cowl_core::{Manifest, Mode, RelayOpener};
use tokio::{sync::watch, time::Instant};

use super::{RelayLoad, body, budget::Budget};
use crate::{
    keyring::{Ear, KeyringError, Sender},
    node::{New, Once, OpenError, Queue, Ticket},
};

/// Wraps that are opened a minute, and at once: 0.2 ms each, so an eighth of one core at most.
const OPENINGS: (u32, u32) = (37_500, 200);

/// A relay's receiving side. Cheap to clone; [`Self::take`] never waits.
#[derive(Debug, Clone)]
pub struct Relay(Arc<Inner>);

/// What became of a message.
#[derive(Debug)]
pub enum Taken {
    /// It opened. It is safe when the ticket says so: acknowledge it then, not before. One that was taken before says the
    /// same, so that nobody learns by sending it again.
    Kept(Ticket),
    /// It was not taken.
    Refused(Refusal),
}

/// Why a message was not taken. A phone may wrap its report anew and try again, or send it elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// Junk, for another operation, of an epoch past its lateness, or altered.
    #[error("not a message wrapped for this relay now")]
    NotForThisRelay,
    /// More at once than this relay opens.
    #[error("too many messages at once; this one may come again")]
    Busy,
    /// More walk-ins than enter.
    #[error("too many reports of people who are not enrolled; this one may come again later")]
    WalkIns,
    /// By the policy, nodes carry none.
    #[error("this operation's nodes carry no reports of people who are not enrolled")]
    NoWalkIns,
}

/// Why a relay does not open.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    /// Its credential or state.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    /// Its queue.
    #[error(transparent)]
    Queue(#[from] OpenError),
    /// The credential is another member's.
    #[error("this is not the credential of a relay")]
    NoRelay,
}

/// The newest manifest, beacon and dispatch that verified, as they came: to be retained on the relay's own broker for phones that hear no
/// other.
#[derive(Debug, Clone, Default)]
pub struct Notices {
    /// The manifest.
    pub manifest: Bytes,
    /// The beacon, once there was one.
    pub beacon: Option<Bytes>,
    /// The dispatch, once there was one: alerts, and that help is coming.
    pub dispatch: Option<Bytes>,
}

/// What became of phones' messages since the relay was opened. No person is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Opened and handed to the queue, those that it knew already included.
    pub taken: u64,
    /// Refused as [`Refusal::NotForThisRelay`].
    pub junk: u64,
    /// Refused as [`Refusal::Busy`].
    pub busy: u64,
    /// Refused as [`Refusal::WalkIns`] or [`Refusal::NoWalkIns`].
    pub walk_ins: u64,
}

#[derive(Debug)]
pub(super) struct Inner {
    pub(super) queue: Queue,
    opener: RwLock<Arc<RelayOpener>>,
    budgets: Mutex<Budgets>,
    since: Instant,
    pub(super) notices: watch::Sender<Notices>,
    taken: AtomicU64,
    junk: AtomicU64,
    busy: AtomicU64,
    walk_ins: AtomicU64,
}

#[derive(Debug)]
struct Budgets {
    openings: Budget,
    /// `None`: nodes carry no walk-ins.
    walk_ins: Option<Budget>,
}

impl Relay {
    /// Opens a relay's credential, and the state beside it, over its queue ([`super::open_queue`]).
    pub fn open(credential: &Path, queue: Queue) -> Result<(Self, RelayLoad), RelayError> {
        // What it is told must not keep reports back: without what was remembered, phones still refuse what they heard before.
        let ear = Ear::beside(credential, None).unwrap_or_else(|_| Ear::forgetful());
        Self::open_over(Sender::open(credential)?, queue, ear)
    }

    /// The same over a keyring that is open, for simulations.
    pub fn open_with(sender: Sender, queue: Queue) -> Result<(Self, RelayLoad), RelayError> {
        Self::open_over(sender, queue, Ear::forgetful())
    }

    fn open_over(sender: Sender, queue: Queue, ear: Ear) -> Result<(Self, RelayLoad), RelayError> {
        let opener = sender.relay_opener(0).ok_or(RelayError::NoRelay)?;
        let manifest = sender.manifest();
        let notices =
            Notices { manifest: Bytes::copy_from_slice(manifest.bytes()), beacon: None, dispatch: None };
        let inner = Arc::new(Inner {
            queue,
            opener: RwLock::new(Arc::new(opener)),
            budgets: Mutex::new(Budgets {
                openings: Budget::new(OPENINGS.0, OPENINGS.1),
                walk_ins: walk_ins(manifest),
            }),
            since: Instant::now(),
            notices: watch::Sender::new(notices),
            taken: AtomicU64::new(0),
            junk: AtomicU64::new(0),
            busy: AtomicU64::new(0),
            walk_ins: AtomicU64::new(0),
        });
        Ok((Self(Arc::clone(&inner)), RelayLoad::new(sender, inner, ear)))
    }

    /// Takes a message that a phone published.
    pub fn take(&self, wrapped: &[u8]) -> Taken {
        match self.0.take(wrapped) {
            Ok(ticket) => {
                self.0.taken.fetch_add(1, Ordering::Relaxed);
                Taken::Kept(ticket)
            }
            Err(refusal) => {
                let count = match refusal {
                    Refusal::NotForThisRelay => &self.0.junk,
                    Refusal::Busy => &self.0.busy,
                    Refusal::WalkIns | Refusal::NoWalkIns => &self.0.walk_ins,
                };
                count.fetch_add(1, Ordering::Relaxed);
                Taken::Refused(refusal)
            }
        }
    }

    /// The newest notices, and all that follow.
    pub fn notices(&self) -> watch::Receiver<Notices> {
        self.0.notices.subscribe()
    }

    /// What became of phones' messages.
    pub fn counts(&self) -> Counts {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let Inner { taken, junk, busy, walk_ins, .. } = &*self.0;
        Counts { taken: read(taken), junk: read(junk), busy: read(busy), walk_ins: read(walk_ins) }
    }
}

impl Inner {
    fn take(&self, wrapped: &[u8]) -> Result<Ticket, Refusal> {
        let now = self.since.elapsed();
        let opener = Arc::clone(&self.opener.read().unwrap_or_else(PoisonError::into_inner));
        if !opener.may_open(wrapped) {
            return Err(Refusal::NotForThisRelay);
        }
        if !self.budgets().openings.take(now) {
            return Err(Refusal::Busy);
        }
        let unwrapped = opener.open(wrapped).map_err(|_| Refusal::NotForThisRelay)?;
        if unwrapped.mode == Mode::WalkIn {
            let mut budgets = self.budgets();
            let budget = budgets.walk_ins.as_mut().ok_or(Refusal::NoWalkIns)?;
            if !budget.take(now) {
                return Err(Refusal::WalkIns);
            }
        }
        Ok(self.queue.put(New {
            lane: body::lane(unwrapped.mode),
            // A relay cannot know.
            urgent: false,
            body: body::encode(&unwrapped),
            once: Some(Once { key: unwrapped.mark, expiry: u64::from(unwrapped.epoch.0) }),
        }))
    }

    /// The keys of other epochs from now on.
    pub(super) fn hold(&self, opener: RelayOpener) {
        *self.opener.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(opener);
    }

    /// Whether the keys of this epoch are held.
    pub(super) fn opener(&self) -> Arc<RelayOpener> {
        Arc::clone(&self.opener.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The limits of another policy from now on.
    pub(super) fn limit(&self, manifest: &Manifest) {
        let mut budgets = self.budgets();
        if budgets.walk_ins.is_some() != (manifest.policy.traffic.walk_in_slots > 0) {
            budgets.walk_ins = walk_ins(manifest);
        }
    }

    fn budgets(&self) -> MutexGuard<'_, Budgets> {
        self.budgets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Walk-ins enter as fast as receivers open them, by the policy.
fn walk_ins(manifest: &Manifest) -> Option<Budget> {
    let limits = manifest.policy.walk_in.limits;
    (manifest.policy.traffic.walk_in_slots > 0).then(|| Budget::new(limits.per_minute, limits.burst))
}
