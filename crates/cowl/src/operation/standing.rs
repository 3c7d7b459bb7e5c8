//! How a member stands with the operation.

use serde::{Deserialize, Serialize};

use super::hexed;

/// How a member stands with the operation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Standing {
    /// Has a ticket and no keys: its entry has no device number yet, and no epochs.
    Invited {
        /// Until when the ticket is good, in Unix seconds.
        until: u64,
        /// What the ticket's token hashes to (`cowl_core::Ticket::id`): the token itself is kept nowhere.
        #[serde(with = "hexed")]
        ticket: [u8; 16],
        /// How many device numbers it is to get.
        devices: u32,
    },
    /// Holds keys.
    #[default]
    Member,
    /// Gets no keys any more, and what it sends in these epochs is refused.
    Revoked {
        /// The first epoch in which receivers refuse it.
        from_epoch: u32,
        /// When it was revoked, in Unix seconds.
        at: u64,
    },
}

/// The machine that a ticket let in: what was answered once is answered again to it, for a while, and to nobody else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Admission {
    /// What the ticket's token hashes to.
    #[serde(with = "hexed")]
    pub ticket: [u8; 16],
    /// SHA-256 of what the machine drew for this joining.
    #[serde(with = "hexed")]
    pub machine: [u8; 32],
    /// Until when it is answered again, in Unix seconds.
    pub until: u64,
}

impl Standing {
    /// Whether the member holds keys and is not revoked.
    pub const fn is_member(&self) -> bool {
        matches!(self, Self::Member)
    }

    /// Whether it has a ticket that nobody used.
    pub const fn is_invited(&self) -> bool {
        matches!(self, Self::Invited { .. })
    }
}
