//! What goes to custodians: only several of them together open it, with a reason that is logged (spec §4.6).

use alloc::{string::String, vec::Vec};

use minicbor::{Decode, Encode};

use super::{Draft, Read, Role, RoleKind};
use crate::custody::CUSTODY_OVERHEAD;

/// What custodians get called where roles have names.
const NAME: &str = "custodians";

/// The custodians of an operation: who opens the part of each message that no role can. It costs every message of everyone
/// `sizes.custody` bytes, walk-ins' too, and who seals it about 0.1 ms.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub struct Custody {
    /// How many of them it takes. More: harder to misuse, and easier to lose.
    #[n(0)]
    pub threshold: u8,
    /// How many there are. More than the threshold, so that one may be lost.
    #[n(1)]
    pub custodians: u8,
    /// What for; people see this before they send.
    #[n(2)]
    pub purpose: String,
    /// What is sealed to them, how precisely. Ascending by field.
    #[n(3)]
    pub reads: Vec<Read>,
}

impl Draft {
    /// The custodians as a role: what they get is made and read like a role's body.
    pub(super) fn custodians(&self) -> Option<Role> {
        let custody = self.custody.as_ref()?;
        let room = usize::from(self.sizes.custody).saturating_sub(CUSTODY_OVERHEAD);
        Some(Role {
            name: NAME.into(),
            kind: RoleKind::Reports,
            size: u16::try_from(room).unwrap_or(u16::MAX),
            reads: custody.reads.clone(),
            purpose: custody.purpose.clone(),
            retention_seconds: 0,
        })
    }
}
