//! The relays' roots of the coming epochs (spec §3.10).

use alloc::vec::Vec;
use core::fmt;

use minicbor::{Decode, Encode};

use crate::{Epoch, Secret, schedule::RelayRoot};

/// The relays' roots of the epochs from some epoch on.
#[derive(Encode, Decode)]
pub struct RelayKeyring {
    #[n(0)]
    first: Epoch,
    #[n(1)]
    roots: Vec<Secret>,
}

impl RelayKeyring {
    /// No roots yet, to be filled from `first` on.
    pub const fn starting(first: Epoch) -> Self {
        Self { first, roots: Vec::new() }
    }

    /// Adds the root of the next epoch.
    pub fn push(&mut self, root: &RelayRoot) {
        self.roots.push(root.secret().clone());
    }

    /// Takes newer roots: those of epochs before them stay, where none lies between; those of their epochs and later ones go.
    pub(crate) fn take(&mut self, newer: Self) {
        let kept = usize::try_from(newer.first.0.saturating_sub(self.first.0)).unwrap_or(usize::MAX);
        if newer.first < self.first || kept > self.roots.len() {
            *self = newer;
        } else {
            self.roots.truncate(kept);
            self.roots.extend(newer.roots);
        }
    }

    /// Deletes the roots of all epochs before `epoch`. Says whether there were any.
    pub fn forget_before(&mut self, epoch: Epoch) -> bool {
        let count = usize::try_from(epoch.0.saturating_sub(self.first.0)).unwrap_or(usize::MAX);
        let count = count.min(self.roots.len());
        self.roots.drain(..count);
        let after = self.first.plus(u32::try_from(count).unwrap_or(u32::MAX));
        self.first = if self.roots.is_empty() { self.first.max(epoch) } else { after };
        count > 0
    }

    /// Deletes the roots of `epoch` and of all epochs after it: others are to be drawn.
    pub fn forget_from(&mut self, epoch: Epoch) {
        self.roots.truncate(usize::try_from(epoch.0.saturating_sub(self.first.0)).unwrap_or(usize::MAX));
    }

    /// The first epoch that there is no root for yet.
    pub fn next(&self) -> Epoch {
        self.first.plus(u32::try_from(self.roots.len()).unwrap_or(u32::MAX))
    }

    /// The root of an epoch.
    pub fn root(&self, epoch: Epoch) -> Option<RelayRoot> {
        let index = usize::try_from(epoch.0.checked_sub(self.first.0)?).ok()?;
        self.roots.get(index).cloned().map(RelayRoot::new)
    }

    /// The first and the last epoch that there are roots for.
    pub fn range(&self) -> Option<(Epoch, Epoch)> {
        let last = self.next().0.checked_sub(1)?;
        (!self.roots.is_empty()).then_some((self.first, Epoch(last)))
    }
}

impl fmt::Debug for RelayKeyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RelayKeyring").field("range", &self.range()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forgetting_deletes_the_past_and_keeps_the_rest_in_place() {
        let mut keyring = RelayKeyring::starting(Epoch(10));
        assert_eq!((keyring.range(), keyring.next()), (None, Epoch(10)));
        (0..5_u8).for_each(|n| keyring.push(&RelayRoot::new(Secret::new([n; 32]))));
        assert!(!keyring.forget_before(Epoch(10)));
        assert!(keyring.forget_before(Epoch(12)));
        assert!(keyring.root(Epoch(11)).is_none());
        assert_eq!(keyring.root(Epoch(12)).unwrap().secret().expose()[0], 2);
        assert_eq!((keyring.range(), keyring.next()), (Some((Epoch(12), Epoch(14))), Epoch(15)));
        assert!(keyring.forget_before(Epoch(99)));
        assert_eq!((keyring.range(), keyring.next()), (None, Epoch(99)));
    }

    #[test]
    fn debug_shows_no_secret() {
        let mut keyring = RelayKeyring::starting(Epoch(3));
        keyring.push(&RelayRoot::new(Secret::new([0xab; 32])));
        assert_eq!(alloc::format!("{keyring:?}"), "RelayKeyring { range: Some((Epoch(3), Epoch(3))), .. }");
    }
}
