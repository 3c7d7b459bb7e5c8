//! What people are told.

use alloc::string::String;
use core::fmt;

use minicbor::{Decode, Encode};

use super::DispatchError;
use crate::{RoleIndex, Zone};

/// Whom an alert is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub enum Addressee {
    /// Whoever has the manifest, walk-ins and the broker too.
    #[n(0)]
    Everybody,
    /// Devices, gateways, relays and responders.
    #[n(1)]
    Members,
    /// Responders of this role; nobody else can read it.
    #[n(2)]
    Role(#[n(0)] RoleIndex),
    /// Members who are there. All members can read it; who knows to be elsewhere is not shown it.
    #[n(3)]
    Zone(#[n(0)] Zone),
}

/// What the authority tells people.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct Alert {
    /// Grows with every alert of the operation: none is shown as new twice.
    #[n(0)]
    pub number: u64,
    /// Whom it is for.
    #[n(1)]
    pub to: Addressee,
    /// When it was given, in Unix seconds of the authority's clock.
    #[n(2)]
    pub given: u64,
    /// When it is over.
    #[n(3)]
    pub until: u64,
    /// What it says: one line.
    #[n(4)]
    pub text: String,
}

impl Alert {
    /// The longest text, in bytes.
    pub const MAX_TEXT: usize = 500;

    /// Whether it is over. `now` is the operation's time, by its beacons and dispatches and not by the machine's clock.
    pub const fn is_over(&self, now: u64) -> bool {
        self.until <= now
    }

    /// Whether it may be shown to people: a control character could forge lines, one that turns the direction of writing
    /// could turn what stands beside it.
    pub fn check(&self) -> Result<(), DispatchError> {
        let length = (1..=Self::MAX_TEXT).contains(&self.text.len());
        if length && self.given < self.until && !self.text.contains(is_unprintable) {
            Ok(())
        } else {
            Err(DispatchError::Alert)
        }
    }
}

fn is_unprintable(char: char) -> bool {
    char.is_control() || matches!(char, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

// What people are told says what goes on.
impl fmt::Debug for Alert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Alert").field("number", &self.number).finish_non_exhaustive()
    }
}
