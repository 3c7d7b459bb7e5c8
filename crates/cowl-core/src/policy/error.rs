//! What can be wrong with a policy, and where.

use core::fmt;

use super::MAX_NAME;
use crate::decimal::MAX_DECIMALS;
use crate::ids::{FieldIndex, RoleIndex};

/// The longest purpose, legal basis, unit or word of a choice, in bytes.
pub(super) const MAX_WORDS: usize = 400;
/// Why a draft is no policy: where, and what is wrong there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{subject}: {problem}")]
pub struct PolicyError {
    /// Where.
    pub subject: Subject,
    /// What.
    pub problem: PolicyProblem,
}

/// The place in a policy that an error is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// A top-level setting.
    Knob(&'static str),
    /// A field.
    Field(FieldIndex),
    /// A role.
    Role(RoleIndex),
    /// One field of a role.
    Read(RoleIndex, FieldIndex),
    /// A family of devices, in the policy's order.
    Family(u8),
    /// One field of what custodians get.
    Custody(FieldIndex),
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Knob(name) => f.write_str(name),
            Self::Field(field) => write!(f, "field {}", field.0),
            Self::Role(role) => write!(f, "role {}", role.0),
            Self::Family(family) => write!(f, "device {family}"),
            Self::Custody(field) => write!(f, "custody, field {}", field.0),
            Self::Read(role, field) => write!(f, "role {}, field {}", role.0, field.0),
        }
    }
}

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PolicyProblem {
    /// Not a usable name.
    #[error("a name is 1 to {MAX_NAME} letters, digits, `-` or `_` of ASCII")]
    Name,
    /// Two of the same kind bear one name, or two choices are the same word.
    #[error("there is another one of this name")]
    SameName,
    /// None, or too many.
    #[error("there must be {least} to {most}")]
    Count {
        /// At least.
        least: usize,
        /// At most.
        most: usize,
    },
    /// A number outside what works.
    #[error("must be {least} to {most}")]
    Range {
        /// At least.
        least: u64,
        /// At most.
        most: u64,
    },
    /// Shards are told apart by leading bits.
    #[error("must be a power of two")]
    PowerOfTwo,
    /// Not a multiple of another knob.
    #[error("must be a multiple of {0}")]
    Multiple(&'static str),
    /// A purpose or word that nobody can read.
    #[error("must be 1 to {MAX_WORDS} bytes of text")]
    Words,
    /// Two fields take the same input.
    #[error("another field takes the same input")]
    SameInput,
    /// A pair of inputs for something else than a position.
    #[error("only a position is read from a pair of inputs")]
    Pair,
    /// Bounds of a number that are no bounds.
    #[error("min must be less than max, both finite and within 2^53 at the number's decimals")]
    Bounds,
    /// More decimals than there are.
    #[error("at most {MAX_DECIMALS} decimals")]
    Decimals,
    /// An alias that stands for nothing.
    #[error("another word stands for a choice that does not exist")]
    Alias,
    /// A second position field.
    #[error("a policy has one position at most")]
    SecondPosition,
    /// A field that goes with a position where there is none.
    #[error("goes with the position, which this role does not read")]
    WithoutPosition,
    /// A field that no role reads.
    #[error("no role reads it; leave it out, what is no field is dropped")]
    Unread,
    /// A role reads a field that does not exist.
    #[error("there is no such field")]
    NoField,
    /// A role reads a field twice.
    #[error("the role reads it twice")]
    ReadTwice,
    /// A precision that the field's kind does not have.
    #[error("this kind of field has no such precision")]
    Precision,
    /// A level that the zones do not have.
    #[error("there is no such zone level")]
    NoLevel,
    /// Finer zones were asked for, but nobody counts.
    #[error("is finer than the fallback level, but no census role counts people, so it would never be given")]
    NeverFiner,
    /// A second role that counts.
    #[error("a policy has one census role at most")]
    SecondCensus,
    /// A census that reads fields.
    #[error("a census role reads nothing but zones, by itself")]
    CensusReads,
    /// A census without positions.
    #[error("a census role needs a position field")]
    CensusWithoutPosition,
    /// A slot that is no time to wait, or too long a one.
    #[error("must be off, or 100 ms to 1 h")]
    Slot,
    /// Slots that cost more than the policy allows.
    #[error("costs {needed} bytes a day, more than `daily_bytes`; a slot of {} s is the shortest that fits", seconds(*.fits_ms))]
    Budget {
        /// What they cost a day.
        needed: u64,
        /// The shortest slot that does not cost too much, in milliseconds.
        fits_ms: u32,
    },
    /// A value that a field cannot have, or a kind of field that cannot be urgent.
    #[error("what is urgent must be choices, a flag, or a number within the field's bounds, of this field")]
    Urgent,
    /// A field that is left to people's choice and yet needed.
    #[error("is left to people's choice, so it must be optional")]
    NotOptional,
    /// A language's tag that is none, or stands twice.
    #[error("a language is named by its tag, such as `fr` or `pt-BR`, and once")]
    Language,
    /// A translation of what the policy does not say.
    #[error("translates a text that the policy does not have, letter by letter")]
    NoSuchText,
    /// A family of devices that gives one field twice.
    #[error("the family gives this field twice")]
    MappedTwice,
    /// Factors of something that is no number.
    #[error("`times` and `plus` are for numbers and pairs; both are finite, and `times` is not 0")]
    Scale,
    /// A body that cannot hold what it must.
    #[error("size must be at least {least} bytes, and {all} for the longest report")]
    Size {
        /// For everything but optional texts.
        least: usize,
        /// For everything.
        all: usize,
    },
}

/// Whole seconds that are not less.
const fn seconds(milliseconds: u32) -> u32 {
    milliseconds.div_ceil(1_000)
}

impl PolicyProblem {
    pub(super) const fn at(self, subject: Subject) -> PolicyError {
        PolicyError { subject, problem: self }
    }
}
