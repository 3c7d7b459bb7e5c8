//! One number of the audit, with everything that is needed to believe it.

use serde::{Deserialize, Serialize};

use crate::view::Adversary;

/// LINDDUN's categories of privacy threats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Category {
    /// Two messages are told to be of one person.
    Linking,
    /// A message is told to be of a certain person, or place.
    Identifying,
    /// A person cannot deny a message.
    NonRepudiation,
    /// That something happened is noticed, without its content.
    Detecting,
    /// Content is read.
    DataDisclosure,
    /// People are not informed, or cannot intervene.
    Unawareness,
    /// Rules and records do not hold.
    NonCompliance,
}

/// The attacks, by their stable ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[non_exhaustive]
pub enum AttackId {
    /// Are these two messages (or sets of messages) of one person?
    L1,
    /// How long a chain of one person's messages can be followed?
    L2,
    /// Whom do a few known places single out?
    I1,
    /// How well can the place be guessed?
    I2,
    /// Can a judge tell a real message from one forged by a role?
    N1,
    /// Is there something urgent in this hour?
    De1,
    /// Does this person use the service?
    De2,
    /// Which device, role or kind of message is it?
    De3,
    /// Which fields can be read?
    DD1,
    /// How many bits leak?
    DD2,
    /// Were people told, and does withdrawal work?
    U1,
    /// Is what was erased gone?
    Nc1,
}

/// What a figure's estimate is measured in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Unit {
    /// Area under the receiver operating characteristic, 0.5 is chance.
    Auc,
    /// A share, 0 to 1.
    Share,
    /// Bits.
    Bits,
    /// Metres.
    Metres,
    /// Hours.
    Hours,
    /// Seconds.
    Seconds,
    /// A count, such as fields per message or people in a zone.
    Count,
}

/// An estimate with its 95 % confidence interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The estimate.
    pub value: f64,
    /// 2.5 % bound.
    pub low: f64,
    /// 97.5 % bound.
    pub high: f64,
}

/// A check that a measurement can find what is there, or finds nothing where nothing is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Control {
    /// What the attack measured under the control.
    pub measured: Interval,
    /// Whether that is as it must be.
    pub passed: bool,
}

/// A measured number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// What is measured in.
    pub unit: Unit,
    /// The estimate, in that unit.
    pub estimate: Interval,
    /// What guessing would reach, in that unit.
    pub chance: f64,
    /// (success − chance) / (1 − chance), 0 is chance and 1 is certainty; never below 0 in `low` and `value` is not clamped.
    pub advantage: Interval,
    /// Cases tested: pairs, hours, messages.
    pub n: u64,
    /// People behind them.
    pub people: u64,
    /// Seed of training, split and bootstrap.
    pub seed: u64,
    /// A planted leak must be found.
    pub positive: Control,
    /// With labels shuffled, nothing must be found.
    pub negative: Control,
}

/// What came of an attack.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Outcome {
    /// A number, both controls passed.
    Measured(Figure),
    /// No number that could be believed; fails a limit like a leak.
    NotMeasured {
        /// Why.
        reason: String,
        /// The figure whose control failed, where there is one.
        figure: Option<Figure>,
    },
    /// What would be measured does not exist in this system.
    NoMechanism {
        /// What is missing.
        reason: String,
    },
    /// The adversary is not in this trace.
    NotApplicable {
        /// Why.
        reason: String,
    },
}

/// One attack by one adversary.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Which attack.
    pub attack: AttackId,
    /// By whom.
    pub adversary: Adversary,
    /// Which form of it, such as `across epochs`; stable.
    pub variant: String,
    /// Whether this variant counts in the scorecard's cell (others are shown beside it).
    pub headline: bool,
    /// What came of it.
    #[serde(flatten)]
    pub outcome: Outcome,
}

impl AttackId {
    /// All, in the order of the documents.
    pub const ALL: [Self; 12] = [
        Self::L1,
        Self::L2,
        Self::I1,
        Self::I2,
        Self::N1,
        Self::De1,
        Self::De2,
        Self::De3,
        Self::DD1,
        Self::DD2,
        Self::U1,
        Self::Nc1,
    ];

    /// The category it belongs to.
    pub const fn category(self) -> Category {
        match self {
            Self::L1 | Self::L2 => Category::Linking,
            Self::I1 | Self::I2 => Category::Identifying,
            Self::N1 => Category::NonRepudiation,
            Self::De1 | Self::De2 | Self::De3 => Category::Detecting,
            Self::DD1 | Self::DD2 => Category::DataDisclosure,
            Self::U1 => Category::Unawareness,
            Self::Nc1 => Category::NonCompliance,
        }
    }
}

impl Category {
    /// All, in LINDDUN's order.
    pub const ALL: [Self; 7] = [
        Self::Linking,
        Self::Identifying,
        Self::NonRepudiation,
        Self::Detecting,
        Self::DataDisclosure,
        Self::Unawareness,
        Self::NonCompliance,
    ];

    /// Stable name, as in options.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Linking => "linking",
            Self::Identifying => "identifying",
            Self::NonRepudiation => "non-repudiation",
            Self::Detecting => "detecting",
            Self::DataDisclosure => "data-disclosure",
            Self::Unawareness => "unawareness",
            Self::NonCompliance => "non-compliance",
        }
    }
}
