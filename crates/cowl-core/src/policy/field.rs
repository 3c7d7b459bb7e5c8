//! What may be reported at all. An input that is no field is dropped, never forwarded.

use alloc::string::String;
use alloc::vec::Vec;

use minicbor::{Decode, Encode};

use super::source::Input;

/// One thing that may be reported.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub struct Field {
    /// Its name in the policy and in what responders read.
    #[n(0)]
    pub name: String,
    /// What values it takes.
    #[n(1)]
    pub kind: FieldKind,
    /// Where in a reading it is found: the first that is there counts.
    #[n(2)]
    pub from: Vec<Input>,
    /// What it can do to a person if it gets out.
    #[n(3)]
    pub sensitivity: Sensitivity,
    /// What it is collected for; people see this before they send.
    #[n(4)]
    pub purpose: String,
    /// The legal basis, for the records (for example GDPR Art. 6(1)(d), vital interests).
    #[n(5)]
    pub basis: String,
    /// Whether a report may go without it.
    #[n(6)]
    pub optional: bool,
    /// Altitude, speed, accuracy and the like: a role gets it only together with a position as precise as that role
    /// asked for. Beside a withheld or coarser position it would give the place away.
    #[n(7)]
    pub with_position: bool,
}

/// What values a field takes.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub enum FieldKind {
    /// A finite number.
    #[n(0)]
    Number {
        /// Its unit, for people (`°C`).
        #[n(0)]
        unit: String,
        /// The least that is accepted.
        #[n(1)]
        min: f64,
        /// The most that is accepted.
        #[n(2)]
        max: f64,
        /// Decimals at full precision, at most 9.
        #[n(3)]
        decimals: u8,
    },
    /// One of a few words. A body holds its number: one or two bytes.
    #[n(1)]
    Choice {
        /// The words, matched without regard to ASCII case.
        #[n(0)]
        names: Vec<String>,
        /// Other words for the same, as devices write them (`red` for `critical`).
        #[n(1)]
        also: Vec<Alias>,
    },
    /// Yes or no.
    #[n(2)]
    Flag,
    /// Free text of at most so many bytes of UTF-8. The most dangerous kind: people write anything into it.
    #[n(3)]
    Text {
        /// The most bytes.
        #[n(0)]
        max: u16,
    },
    /// Where. At most one field of a policy.
    #[n(4)]
    Position,
    /// When.
    #[n(5)]
    Time,
}

/// Another word for a choice.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Alias {
    /// The word.
    #[n(0)]
    pub word: String,
    /// Which of the names it stands for.
    #[n(1)]
    pub choice: u16,
}

/// What a field can do to a person if it gets out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum Sensitivity {
    /// Nothing much: a room's temperature.
    #[n(0)]
    Low,
    /// Annoyance, or a piece of a puzzle: battery, time.
    #[n(1)]
    Moderate,
    /// Harm: how badly hurt, which zone.
    #[n(2)]
    High,
    /// Danger to life or freedom: who, exactly where, a phone number.
    #[n(3)]
    Severe,
}
