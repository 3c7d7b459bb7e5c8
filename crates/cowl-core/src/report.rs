//! A report that is ready to be sealed, as often as it takes to arrive.

use core::fmt;

use crate::{Header, Reduced};

/// A reduced reading under its report id.
///
/// It can be sealed more than once: a message that may not have arrived is sealed again under a new counter,
/// because the same bytes on a second connection would join the two (spec §7.3). Receivers drop the second copy
/// by its report id.
pub struct Report {
    header: Header,
    reduced: Reduced,
}

impl Report {
    /// Takes a reduced reading; the id in the header must be fresh and random.
    pub const fn new(header: Header, reduced: Reduced) -> Self {
        Self { header, reduced }
    }

    /// A cover message: sealed, numbered and sized like any report, and says nothing. The header's id must be fresh and
    /// random, its policy the newest, like a report's; `roles` is how many roles the policy has.
    pub fn cover(header: Header, roles: usize) -> Self {
        Self::new(header, Reduced::cover(roles))
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
