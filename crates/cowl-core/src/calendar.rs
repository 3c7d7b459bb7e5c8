//! Epochs: the lives of pseudonyms and keys (spec §2.2).

use minicbor::{Decode, Encode};

/// The number of an epoch, counted from the start of the operation's calendar.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Encode, Decode)]
#[cbor(transparent)]
pub struct Epoch(#[n(0)] pub u32);

impl Epoch {
    /// The epoch `n` later, or the last one there is.
    #[must_use]
    pub const fn plus(self, n: u32) -> Self {
        Self(self.0.saturating_add(n))
    }

    /// The epoch `n` earlier, or the first one.
    #[must_use]
    pub const fn minus(self, n: u32) -> Self {
        Self(self.0.saturating_sub(n))
    }
}

/// When epochs begin and how long they last. Shorter epochs unlink sooner and cost keys: 32 bytes per
/// role and epoch in every device's credential.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Calendar {
    /// The first second of epoch 0, in seconds since 1970-01-01T00:00:00Z.
    #[n(0)]
    pub start: u64,
    /// Seconds per epoch; never 0 in a checked policy.
    #[n(1)]
    pub length: u32,
}

impl Calendar {
    /// The epoch that a time (Unix seconds) falls in; times before the calendar belong to epoch 0.
    pub fn epoch_at(&self, unix_seconds: u64) -> Epoch {
        let passed = unix_seconds.saturating_sub(self.start) / u64::from(self.length.max(1));
        Epoch(u32::try_from(passed).unwrap_or(u32::MAX))
    }

    /// The first second of an epoch (Unix seconds).
    pub fn start_of(&self, epoch: Epoch) -> u64 {
        self.start.saturating_add(u64::from(epoch.0) * u64::from(self.length))
    }

    /// The first second after an epoch (Unix seconds).
    pub fn end_of(&self, epoch: Epoch) -> u64 {
        self.start_of(epoch).saturating_add(u64::from(self.length))
    }

    /// How many whole or begun epochs a duration covers.
    pub fn epochs_in(&self, seconds: u64) -> u32 {
        u32::try_from(seconds.div_ceil(u64::from(self.length.max(1)))).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Calendar = Calendar { start: 1_000_000, length: 86_400 };

    #[test]
    fn borders_belong_to_the_later_epoch() {
        assert_eq!(DAY.epoch_at(1_000_000 + 86_399), Epoch(0));
        assert_eq!(DAY.epoch_at(1_000_000 + 86_400), Epoch(1));
        assert_eq!(DAY.epoch_at(0), Epoch(0));
        assert_eq!(DAY.end_of(Epoch(0)), DAY.start_of(Epoch(1)));
    }

    #[test]
    fn a_wrong_calendar_does_not_divide_by_zero() {
        let none = Calendar { start: 0, length: 0 };
        assert_eq!(none.epoch_at(5), Epoch(5));
        assert_eq!(none.epochs_in(u64::MAX), u32::MAX);
    }
}
