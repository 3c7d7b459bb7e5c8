//! What became of devices' messages, in numbers.

use std::sync::atomic::{AtomicU64, Ordering};

use super::Refusal;

/// Counts; nothing of a person or a device is in them.
#[derive(Debug, Default)]
pub(super) struct Counters {
    kept: AtomicU64,
    urgent: AtomicU64,
    again: AtomicU64,
    other: AtomicU64,
    refused: [AtomicU64; Refusal::NAMES.len()],
    never: AtomicU64,
    trimmed: AtomicU64,
    commands: AtomicU64,
    bulletins_refused: AtomicU64,
    dispatches_refused: AtomicU64,
    withdrawn: AtomicU64,
    erased: AtomicU64,
    lists_refused: AtomicU64,
    not_destroyed: AtomicU64,
}

/// What became of devices' messages since the gateway was opened.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Counts {
    /// Handed to the queue as reports.
    pub kept: u64,
    /// Of these, the urgent ones.
    pub urgent: u64,
    /// Sent again by a device that missed the acknowledgement, and known.
    pub again: u64,
    /// Of no family: local topics.
    pub other: u64,
    /// Refused, by reason.
    pub refused: Vec<(&'static str, u64)>,
    /// Kept, and could then never be sent: the policy or the credential changed.
    pub never: u64,
    /// Fields left out at the time of sending, because the policy had changed since they were kept.
    pub trimmed: u64,
    /// Commands of the authority that were passed on.
    pub commands: u64,
    /// Bulletins that were not the authority's, not new, or not for this operation.
    pub bulletins_refused: u64,
    /// Dispatches, the form of alerts, that were not the authority's, of an epoch that is over, or not for this operation.
    pub dispatches_refused: u64,
    /// Devices that were withdrawn.
    pub withdrawn: u64,
    /// Reports whose turn came after their key was destroyed: withdrawn, ordered to go, or older than any role may keep them.
    pub erased: u64,
    /// Lists of erase orders that were not the authority's.
    pub lists_refused: u64,
    /// Lists that could not be obeyed, as the disk failed: the next one is.
    pub not_destroyed: u64,
}

impl Counters {
    pub(super) fn kept(&self, urgent: bool) {
        add(&self.kept, 1);
        add(&self.urgent, u64::from(urgent));
    }

    pub(super) fn again(&self) {
        add(&self.again, 1);
    }

    pub(super) fn other(&self) {
        add(&self.other, 1);
    }

    pub(super) fn refused(&self, refusal: &Refusal) {
        if let Some(count) = self.refused.get(refusal.index()) {
            add(count, 1);
        }
    }

    pub(super) fn never(&self) {
        add(&self.never, 1);
    }

    pub(super) fn trimmed(&self) {
        add(&self.trimmed, 1);
    }

    pub(super) fn commands(&self, count: u64) {
        add(&self.commands, count);
    }

    pub(super) fn bulletin_refused(&self) {
        add(&self.bulletins_refused, 1);
    }

    pub(super) fn dispatch_refused(&self) {
        add(&self.dispatches_refused, 1);
    }

    pub(super) fn withdrawn(&self, devices: usize) {
        add(&self.withdrawn, devices as u64);
    }

    pub(super) fn erased(&self) {
        add(&self.erased, 1);
    }

    pub(super) fn list_refused(&self) {
        add(&self.lists_refused, 1);
    }

    pub(super) fn not_destroyed(&self) {
        add(&self.not_destroyed, 1);
    }

    pub(super) fn read(&self) -> Counts {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counts {
            kept: get(&self.kept),
            urgent: get(&self.urgent),
            again: get(&self.again),
            other: get(&self.other),
            refused: Refusal::NAMES.into_iter().zip(self.refused.iter().map(get)).collect(),
            never: get(&self.never),
            trimmed: get(&self.trimmed),
            commands: get(&self.commands),
            bulletins_refused: get(&self.bulletins_refused),
            dispatches_refused: get(&self.dispatches_refused),
            withdrawn: get(&self.withdrawn),
            erased: get(&self.erased),
            lists_refused: get(&self.lists_refused),
            not_destroyed: get(&self.not_destroyed),
        }
    }
}

fn add(counter: &AtomicU64, count: u64) {
    counter.fetch_add(count, Ordering::Relaxed);
}
