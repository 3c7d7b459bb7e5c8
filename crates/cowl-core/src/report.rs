//! A report that is ready to be sealed, as often as it takes to arrive.

use core::fmt;

use crate::{Epoch, Header, OperationId, Reduced, Secret, schedule};

/// A reduced reading under its report id.
///
/// It can be sealed more than once: a message that may not have arrived is sealed again under a new counter,
/// because the same bytes on a second connection would join the two (spec §7.3). Receivers drop the second copy
/// by its report id.
pub struct Report {
    header: Header,
    reduced: Reduced,
    withdrawal: Option<Secret>,
}

impl Report {
    /// Takes a reduced reading; the id in the header must be fresh and random.
    pub const fn new(header: Header, reduced: Reduced) -> Self {
        Self { header, reduced, withdrawal: None }
    }

    /// A cover message: sealed, numbered and sized like any report, and says nothing. The header's id must be fresh and
    /// random, its policy the newest, like a report's; `roles` is how many roles the policy has.
    pub fn cover(header: Header, roles: usize) -> Self {
        Self::new(header, Reduced::cover(roles))
    }

    /// The same, to be withdrawn by the code that this seed comes of. Each sealing gives it the handle of its own epoch, so
    /// that a report which is sealed again in the next one does not join the two (spec §3.8).
    #[must_use]
    pub fn withdrawable(mut self, seed: Secret) -> Self {
        self.withdrawal = Some(seed);
        self
    }

    /// What names it, as it is sealed in an epoch.
    pub(crate) fn header_in(&self, operation: OperationId, epoch: Epoch) -> Header {
        match &self.withdrawal {
            Some(seed) => Header { handle: schedule::erasure_handle(seed, operation, epoch), ..self.header },
            None => self.header,
        }
    }

    /// What names it.
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// What each role gets of it.
    pub const fn reduced(&self) -> &Reduced {
        &self.reduced
    }
}

impl fmt::Debug for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Report(…)")
    }
}
