//! What a responder holds for one role (spec §6.3, §6.5).

use alloc::vec::Vec;
use core::fmt;

use minicbor::{Decode, Encode};

use crate::{
    Bundle, BundleError, Epoch, LivePlaces, RoleIndex, Secret,
    schedule::{ChainKey, RoleRoot},
};

/// A role's roots of the epochs whose reports may be opened now, who may be heard in them, and the key that opens the
/// next bundle.
///
/// Credentials from before there were bundles have roots of weeks ahead and no chain key: they read until those run out,
/// and hear of no revocation.
#[derive(Encode, Decode)]
pub struct ResponderKeyring {
    /// The role.
    #[n(0)]
    pub role: RoleIndex,
    #[n(1)]
    first: Epoch,
    #[n(2)]
    roots: Vec<Secret>,
    #[n(3)]
    chain: Option<Chain>,
    /// The live places of the same epochs; where there is none for an epoch, all are.
    #[cbor(n(4), default, skip_if = "Vec::is_empty")]
    live: Vec<LivePlaces>,
    /// The sequence of the bundle that this came of.
    #[n(5)]
    bundle: Option<u64>,
}

#[derive(Clone, Encode, Decode)]
struct Chain {
    #[n(0)]
    epoch: Epoch,
    #[n(1)]
    key: Secret,
}

impl ResponderKeyring {
    /// Of a responder that is enrolled now: its chain key of the epoch `now`, and the roots of the epochs from `first` on, so
    /// that it reads before it hears a bundle.
    pub fn new(role: RoleIndex, now: Epoch, chain: &ChainKey, first: Epoch, roots: &[RoleRoot]) -> Self {
        let mut keyring = Self::unchained(role, first, roots);
        keyring.chain_from(now, chain);
        keyring
    }

    /// As they were before there were bundles: roots of the epochs from `first` on, and no more.
    pub fn unchained(role: RoleIndex, first: Epoch, roots: &[RoleRoot]) -> Self {
        let roots = roots.iter().map(|root| root.secret().clone()).collect();
        Self { role, first, roots, chain: None, live: Vec::new(), bundle: None }
    }

    /// From now on it opens bundles by this key of the epoch `now`.
    pub fn chain_from(&mut self, now: Epoch, chain: &ChainKey) {
        self.chain = Some(Chain { epoch: now, key: chain.secret().clone() });
    }

    /// Takes what a bundle has for this responder and role: its roots and live places instead of those held, and nothing but the
    /// chain key of the bundle's epoch is kept to open the next one with. Says whether there is something that must be kept:
    /// another epoch, other keys, other places; if not, or after an error, nothing changed.
    pub fn take(&mut self, bundle: &Bundle, places: u32) -> Result<bool, BundleError> {
        let chain = self.chain.as_ref().ok_or(BundleError::NoSeat)?;
        if self.bundle.is_some_and(|newest| bundle.sequence <= newest) {
            return Err(BundleError::Replayed);
        }
        let epochs = bundle.epoch.0.checked_sub(chain.epoch.0).ok_or(BundleError::Replayed)?;
        let key = ChainKey::new(chain.key.clone()).after(epochs);
        let section = bundle.open(self.role, &key, places)?;
        let is_root = |(epoch, root): (Epoch, &RoleRoot)| {
            self.root(epoch).is_some_and(|held| held.secret().expose() == root.secret().expose())
        };
        let is_new = epochs > 0
            || self.first != section.first
            || self.roots.len() != section.roots.len()
            || !(section.first.0..).map(Epoch).zip(&section.roots).all(is_root)
            || !self.epochs().map(|epoch| self.live(epoch)).eq(section.live.iter().cloned());
        if !is_new {
            return Ok(false);
        }
        self.chain = Some(Chain { epoch: bundle.epoch, key: key.secret().clone() });
        self.first = section.first;
        self.roots = section.roots.iter().map(|root| root.secret().clone()).collect();
        self.live = section.live;
        self.bundle = Some(bundle.sequence);
        Ok(true)
    }

    /// Deletes the roots of all epochs before `epoch`. Says whether there were any.
    pub fn forget_before(&mut self, epoch: Epoch) -> bool {
        let count = usize::try_from(epoch.0.saturating_sub(self.first.0)).unwrap_or(usize::MAX);
        let count = count.min(self.roots.len());
        self.roots.drain(..count);
        self.live.drain(..count.min(self.live.len()));
        let after = self.first.plus(u32::try_from(count).unwrap_or(u32::MAX));
        self.first = if self.roots.is_empty() { self.first.max(epoch) } else { after };
        count > 0
    }

    /// Makes the chain key that of an epoch that began: bundles of earlier ones do not open any more. Says whether it was an
    /// earlier one.
    pub fn ratchet_to(&mut self, epoch: Epoch) -> bool {
        let Some(chain) = &mut self.chain else { return false };
        let epochs = epoch.0.saturating_sub(chain.epoch.0);
        if epochs > 0 {
            let key = ChainKey::new(chain.key.clone()).after(epochs);
            *chain = Chain { epoch, key: key.secret().clone() };
        }
        epochs > 0
    }

    /// The root of an epoch.
    pub fn root(&self, epoch: Epoch) -> Option<RoleRoot> {
        let index = usize::try_from(epoch.0.checked_sub(self.first.0)?).ok()?;
        self.roots.get(index).cloned().map(RoleRoot::new)
    }

    /// The live places of an epoch: all where nothing else was said.
    pub fn live(&self, epoch: Epoch) -> LivePlaces {
        let index = epoch.0.checked_sub(self.first.0).and_then(|index| usize::try_from(index).ok());
        index.and_then(|index| self.live.get(index)).cloned().unwrap_or_default()
    }

    /// The first and the last epoch that there are roots for.
    pub fn range(&self) -> Option<(Epoch, Epoch)> {
        let last = u32::try_from(self.roots.len()).unwrap_or(u32::MAX).checked_sub(1)?;
        Some((self.first, self.first.plus(last)))
    }

    /// The epochs that there are roots for.
    pub fn epochs(&self) -> impl Iterator<Item = Epoch> + use<> {
        let range = self.range();
        range.into_iter().flat_map(|(first, last)| (first.0..=last.0).map(Epoch))
    }

    /// Whether bundles give it further keys; if not, it is of the form from before there were any.
    pub const fn is_chained(&self) -> bool {
        self.chain.is_some()
    }

    /// The epoch whose bundles its chain key opens; those of earlier ones it cannot open.
    pub fn chain_epoch(&self) -> Option<Epoch> {
        self.chain.as_ref().map(|chain| chain.epoch)
    }

    /// The sequence of the newest bundle that changed something.
    pub const fn bundle(&self) -> Option<u64> {
        self.bundle
    }

    pub(crate) fn is_sound(&self) -> bool {
        self.live.len() <= self.roots.len() && self.live.iter().all(LivePlaces::is_sound)
    }
}

impl fmt::Debug for ResponderKeyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponderKeyring")
            .field("range", &self.range())
            .field("chain", &self.chain_epoch())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roots(range: core::ops::Range<u8>) -> Vec<RoleRoot> {
        range.map(|n| RoleRoot::new(Secret::new([n; 32]))).collect()
    }

    #[test]
    fn forgetting_deletes_the_past_and_keeps_the_rest_in_place() {
        let mut keyring = ResponderKeyring::unchained(RoleIndex(0), Epoch(10), &roots(0..5));
        assert!(!keyring.forget_before(Epoch(10)));
        assert!(keyring.forget_before(Epoch(12)));
        assert!(keyring.root(Epoch(11)).is_none());
        assert_eq!(keyring.root(Epoch(12)).unwrap().secret().expose()[0], 2);
        assert_eq!(keyring.range(), Some((Epoch(12), Epoch(14))));
        assert!(keyring.forget_before(Epoch(99)));
        assert_eq!(keyring.range(), None);
        assert!(keyring.root(Epoch(12)).is_none() && !keyring.is_chained());
    }

    #[test]
    fn a_chain_goes_forward_only_and_in_one_step_or_many() {
        let chain = ChainKey::new(Secret::new([7; 32]));
        let new = || ResponderKeyring::new(RoleIndex(1), Epoch(10), &chain, Epoch(9), &roots(0..2));
        let (mut one, mut many) = (new(), new());
        assert!(one.ratchet_to(Epoch(30)) && !one.ratchet_to(Epoch(30)) && !one.ratchet_to(Epoch(12)));
        (11..=30).for_each(|epoch| assert!(many.ratchet_to(Epoch(epoch))));
        let key = |keyring: &ResponderKeyring| *keyring.chain.as_ref().unwrap().key.expose();
        assert_eq!((key(&one), one.chain_epoch()), (key(&many), Some(Epoch(30))));
        assert_ne!(key(&one), *chain.secret().expose());
    }

    #[test]
    fn debug_shows_no_secret() {
        let chain = ChainKey::new(Secret::new([0xab; 32]));
        let keyring = ResponderKeyring::new(RoleIndex(0), Epoch(3), &chain, Epoch(3), &roots(0..1));
        let shown = alloc::format!("{keyring:?}");
        assert_eq!(
            shown,
            "ResponderKeyring { range: Some((Epoch(3), Epoch(3))), chain: Some(Epoch(3)), .. }"
        );
    }
}
