//! Who may read what, how precisely.

use alloc::string::String;
use alloc::vec::Vec;

use minicbor::{Decode, Encode};

use crate::ids::FieldIndex;
use crate::zone::LevelIndex;

/// One group of readers. Every message has a part for every role, always.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub struct Role {
    /// Its name in the policy, in key files and on the command line.
    #[n(0)]
    pub name: String,
    /// Whether it reads reports or only counts.
    #[n(1)]
    pub kind: RoleKind,
    /// Bytes of its encoded body in every message. Whatever is not filled is padding: every message of everyone grows
    /// by it, so it should hold the longest report of the role and no more.
    #[n(2)]
    pub size: u16,
    /// What it may read; everything else it never gets. Ascending by field. Empty for a census.
    #[n(3)]
    pub reads: Vec<Read>,
    /// What it reads for; people see this before they send.
    #[n(4)]
    pub purpose: String,
    /// How long its opened reports may be kept, in seconds.
    #[n(5)]
    pub retention_seconds: u32,
}

/// What a role does with its parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum RoleKind {
    /// Reads reports.
    #[n(0)]
    Reports,
    /// Counts people per zone: gets the zone at every level, however fine, and nothing else. At most one role.
    #[n(1)]
    Census,
}

/// One field of a role.
#[derive(Debug, Clone, Copy, PartialEq, Encode, Decode)]
pub struct Read {
    /// Which field.
    #[n(0)]
    pub field: FieldIndex,
    /// How precisely.
    #[n(1)]
    pub precision: Precision,
}

/// How much of a field a role gets. A field that a role does not read is dropped for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub enum Precision {
    /// Choice, flag and text as they are; a number at its field's decimals; a time to the second; a position at five
    /// decimals, about a metre.
    #[n(0)]
    Exact,
    /// A number, or a position's two coordinates, rounded to so many decimals, ties to even.
    #[n(1)]
    Decimals(#[n(0)] u8),
    /// A number rounded to a multiple of `step / 10^decimals`, ties to even.
    #[n(2)]
    Step {
        /// The step in units of the last decimal.
        #[n(0)]
        step: i64,
        /// Decimals of the step.
        #[n(1)]
        decimals: u8,
    },
    /// A position as the zone that it lies in.
    #[n(3)]
    Level {
        /// The level asked for.
        #[n(0)]
        level: LevelIndex,
        /// Whether the zone must hold `anonymity.k` people who report; else it is coarsened, or withheld.
        #[n(1)]
        anonymous: bool,
    },
    /// A time rounded down to a multiple of so many seconds.
    #[n(4)]
    Grain(#[n(0)] u32),
}

/// Decimals of a position read at [`Precision::Exact`]: about a metre, all that a phone knows.
pub const EXACT_POSITION_DECIMALS: u8 = 5;
