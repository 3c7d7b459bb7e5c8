//! Erase orders at a reader: what comes after it was ordered to go is not shown.

use cowl_core::{Epoch, Erasure, ErasureHandle, Erasures, ErasuresError, Pseudonym};

use super::Reader;

/// So many epochs before and after this one an order to erase all before an epoch is looked for.
const REACH: u32 = 4_096;

/// The newest list, as long as this reader is open: it is retained on the broker, and comes again.
#[derive(Debug, Default)]
pub(super) struct Heard {
    list: Option<Erasures>,
    before: Option<Epoch>,
    withdrawn: u64,
}

impl Heard {
    /// Whether a report is to be erased; it is counted then.
    pub(super) fn takes(&mut self, handle: ErasureHandle, from: Option<Pseudonym>, epoch: Epoch) -> bool {
        let Some(list) = &self.list else { return false };
        let is_named = self.before.is_some_and(|before| epoch < before)
            || list.names(&Erasure::Handle(handle))
            || from.is_some_and(|from| list.names(&Erasure::Pseudonym(from, epoch)));
        self.withdrawn += u64::from(is_named);
        is_named
    }
}

impl Reader {
    /// Takes a list of erase orders, not yet verified: reports that it names are not shown from now on. An older one than the newest is
    /// left alone.
    pub fn obey(&mut self, list: &[u8]) -> Result<(), ErasuresError> {
        let manifest = self.manifest();
        let list = Erasures::verify(list, manifest.authority(), manifest.operation)?;
        if self.erasures.list.as_ref().is_some_and(|newest| newest.sequence >= list.sequence) {
            return Ok(());
        }
        let now = self.entered;
        self.erasures.before = list.before((now.minus(REACH).0..=now.plus(REACH).0).map(Epoch));
        self.erasures.list = Some(list);
        Ok(())
    }

    /// The newest list of erase orders.
    pub const fn erasures(&self) -> Option<&Erasures> {
        self.erasures.list.as_ref()
    }

    /// All that was sealed in epochs before this one is to be erased, by the newest list.
    pub const fn erased_before(&self) -> Option<Epoch> {
        self.erasures.before
    }

    /// Reports that came after they were ordered to be erased, and were not shown.
    pub const fn withdrawn(&self) -> u64 {
        self.erasures.withdrawn
    }
}
