//! Why a message of a device is not taken.

use cowl_core::policy::Consent;

use crate::formats::InputProblem;

/// Why a message is not taken. Its text is for people and holds nothing of the message; it is counted by its
/// [`name`](Self::name).
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// A topic that no publisher may use, or a level of it that means something to brokers.
    #[error("a topic has no wildcard, no NUL, and does not begin with `$`")]
    Topic,
    /// A payload that is no reading.
    #[error("the payload is {0}")]
    Payload(#[from] InputProblem),
    /// Nothing in it says who reports.
    #[error("nothing in the message says which device it is")]
    NoDevice,
    /// A name that is too long or has control characters.
    #[error("a device's name is too long, or has control characters")]
    DeviceName,
    /// All identities of the gateway are given out.
    #[error("all identities of this gateway are given out: enrol it again with more devices")]
    RosterFull,
    /// More new devices at once than can be written down.
    #[error("too many new devices at once; this one may try again")]
    Busy,
    /// A rule of the policy's.
    #[error("{0}")]
    Rule(String),
    /// Whoever reports did not agree to it.
    #[error("{}", consent(*.agreed))]
    Consent {
        /// Which form of consent is wanted.
        wanted: Consent,
        /// Whether something says no; else nothing says anything.
        agreed: Option<bool>,
    },
    /// Its person withdrew; `cowl gateway --admit` takes the device up again.
    #[error("whoever reports by this device withdrew: nothing of it is taken until it is admitted again")]
    Withdrawn,
    /// One coordinate without the other.
    #[error("a position has one coordinate without the other")]
    HalfPosition,
    /// The policy does not take it: nothing that it knows, or not as it wants it.
    #[error("{0}")]
    Policy(#[from] cowl_core::ReduceError),
}

impl Refusal {
    /// All names, in the order of [`Self::index`].
    pub(super) const NAMES: [&'static str; 11] = [
        "topic",
        "payload",
        "no device",
        "device name",
        "roster full",
        "busy",
        "rule",
        "consent",
        "half position",
        "policy",
        "withdrawn",
    ];

    /// Its name in counters.
    pub fn name(&self) -> &'static str {
        Self::NAMES.get(self.index()).copied().unwrap_or_default()
    }

    pub(super) const fn index(&self) -> usize {
        match self {
            Self::Topic => 0,
            Self::Payload(_) => 1,
            Self::NoDevice => 2,
            Self::DeviceName => 3,
            Self::RosterFull => 4,
            Self::Busy => 5,
            Self::Rule(_) => 6,
            Self::Consent { .. } => 7,
            Self::HalfPosition => 8,
            Self::Policy(_) => 9,
            Self::Withdrawn => 10,
        }
    }

    /// Whether the same message may be taken later.
    pub const fn is_temporary(&self) -> bool {
        matches!(self, Self::Busy | Self::RosterFull)
    }
}

const fn consent(agreed: Option<bool>) -> &'static str {
    match agreed {
        Some(_) => "whoever sent it by radio did not set \"OK to MQTT\", so it is not passed on",
        None => {
            "nothing says that whoever sent it by radio agreed: on the node that publishes, switch off encryption to MQTT, \
             so that \"OK to MQTT\" can be seen"
        }
    }
}
