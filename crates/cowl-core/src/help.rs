//! By what a reporter finds that help is coming (spec §12.4).

use core::fmt;

use subtle::ConstantTimeEq as _;

use crate::{OperationId, Secret, schedule};

/// What a report's sender shares with one role and with nobody else: whoever of that role says that help is coming names it to
/// the operation's service, and the sender finds it in the next dispatch. It opens nothing.
///
/// Each report and role has one of its own, so one that becomes known says nothing of another report, role or epoch.
#[derive(Clone)]
pub struct HelpKey(Secret);

impl HelpKey {
    /// From its 32 bytes.
    pub const fn new(secret: Secret) -> Self {
        Self(secret)
    }

    /// The bytes, for a file or a responder's output.
    pub const fn secret(&self) -> &Secret {
        &self.0
    }

    /// What the dispatch of this sequence calls it. Whoever does not have the key cannot tell it from random bytes, and not
    /// that marks of two dispatches are of one report.
    pub(crate) fn mark(&self, operation: OperationId, sequence: u64) -> [u8; 8] {
        schedule::help_mark(&self.0, operation, sequence)
    }
}

// In constant time, for those who look one up; a `Secret` has no such thing.
impl PartialEq for HelpKey {
    fn eq(&self, other: &Self) -> bool {
        self.0.expose().ct_eq(other.0.expose()).into()
    }
}

impl Eq for HelpKey {}

impl fmt::Debug for HelpKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HelpKey(…)")
    }
}
