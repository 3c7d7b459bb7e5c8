//! The study's pseudonym: one name per device, the same in every report for good.

use std::fmt;

use cowl_core::DangerousKeys;

/// `V-001`: hides who, and links all reports of one device to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FixedToken(pub u32);

impl FixedToken {
    /// The token of a member's identity: 0 for a device, 0, 1, 2 … for those behind a gateway.
    pub fn of(keys: &DangerousKeys, identity: u32) -> Self {
        Self(keys.token.saturating_add(identity))
    }
}

impl fmt::Display for FixedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "V-{:03}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_digits_or_as_many_as_it_takes() {
        let shown = [1, 42, 999, 1_000, u32::MAX].map(|number| FixedToken(number).to_string());
        assert_eq!(shown, ["V-001", "V-042", "V-999", "V-1000", "V-4294967295"]);
    }
}
