//! The promise that something is on disk.

use core::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, Waker},
};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::{Kept, QueueError};

/// Resolves when what was put is safe on disk, or is not going to be. To drop it changes nothing.
#[derive(Debug)]
#[must_use = "what was put is not safe before the ticket says so"]
pub struct Ticket(Promise);

#[derive(Debug)]
enum Promise {
    Settled(Result<Kept, QueueError>),
    /// With the place of the waker in the group's list.
    Waits {
        group: Arc<Group>,
        kept: Kept,
        place: Option<usize>,
    },
}

/// Everything that one sync makes durable: one allocation for all its tickets.
#[derive(Debug, Default)]
pub(super) struct Group {
    outcome: OnceLock<Result<(), QueueError>>,
    wakers: Mutex<Vec<Waker>>,
}

impl Ticket {
    pub(super) const fn settled(outcome: Result<Kept, QueueError>) -> Self {
        Self(Promise::Settled(outcome))
    }

    pub(super) const fn waits(group: Arc<Group>, kept: Kept) -> Self {
        Self(Promise::Waits { group, kept, place: None })
    }

    /// Whether the queue had kept the same [`Once`](super::Once) before, as is known before anything is safe.
    pub const fn is_known(&self) -> bool {
        matches!(&self.0, Promise::Settled(Ok(Kept::Known)) | Promise::Waits { kept: Kept::Known, .. })
    }

    /// What became of it, if that is known already.
    pub fn outcome(&self) -> Option<Result<Kept, QueueError>> {
        match &self.0 {
            Promise::Settled(outcome) => Some(outcome.clone()),
            Promise::Waits { group, kept, .. } => Some(group.outcome.get()?.clone().map(|()| *kept)),
        }
    }
}

impl Future for Ticket {
    type Output = Result<Kept, QueueError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if let Some(outcome) = self.outcome() {
            return Poll::Ready(outcome);
        }
        if let Promise::Waits { group, place, .. } = &mut self.0 {
            let mut wakers = group.wakers.lock().unwrap_or_else(PoisonError::into_inner);
            // The outcome is there before the wakers are taken: whoever sees none here is woken.
            if group.outcome.get().is_none() {
                if let Some(waker) = place.and_then(|place| wakers.get_mut(place)) {
                    waker.clone_from(context.waker());
                } else {
                    *place = Some(wakers.len());
                    wakers.push(context.waker().clone());
                }
                return Poll::Pending;
            }
        }
        self.outcome().map_or(Poll::Pending, Poll::Ready)
    }
}

impl Group {
    /// Says what became of it to all that wait; only the first word counts.
    pub(super) fn finish(&self, outcome: Result<(), QueueError>) {
        if self.outcome.set(outcome).is_ok() {
            let wakers = std::mem::take(&mut *self.wakers.lock().unwrap_or_else(PoisonError::into_inner));
            wakers.into_iter().for_each(Waker::wake);
        }
    }
}
