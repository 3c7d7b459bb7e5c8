//! Who gets a field.

use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Somebody whom data reaches: `role:NAME`, or a party by its name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Recipient {
    /// Responders of a role.
    Role(String),
    /// Anybody else.
    Party(Party),
}

/// A party that is no role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Party {
    /// Whoever is on the path.
    Network,
    /// The broker and who reads its log.
    Broker,
    /// Whoever may subscribe.
    Subscriber,
    /// A relay.
    Relay,
    /// A gateway.
    Gateway,
    /// Other enrolled devices.
    Insider,
    /// Whoever takes a phone.
    StolenPhone,
}

/// No recipient's name.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("a recipient is role:NAME, network, broker, subscriber, relay, gateway, insider or stolen-phone")]
pub struct BadRecipient;

impl Party {
    /// All.
    pub const ALL: [Self; 7] = [
        Self::Network,
        Self::Broker,
        Self::Subscriber,
        Self::Relay,
        Self::Gateway,
        Self::Insider,
        Self::StolenPhone,
    ];

    /// Stable name, as in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Network => "network",
            Self::Broker => "broker",
            Self::Subscriber => "subscriber",
            Self::Relay => "relay",
            Self::Gateway => "gateway",
            Self::Insider => "insider",
            Self::StolenPhone => "stolen-phone",
        }
    }
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Role(role) => write!(f, "role:{role}"),
            Self::Party(party) => f.write_str(party.name()),
        }
    }
}

impl FromStr for Recipient {
    type Err = BadRecipient;

    fn from_str(text: &str) -> Result<Self, BadRecipient> {
        match text.strip_prefix("role:") {
            Some("") => Err(BadRecipient),
            Some(role) => Ok(Self::Role(role.to_owned())),
            None => {
                Party::ALL.into_iter().find(|party| party.name() == text).map(Self::Party).ok_or(BadRecipient)
            }
        }
    }
}

impl TryFrom<String> for Recipient {
    type Error = BadRecipient;

    fn try_from(text: String) -> Result<Self, BadRecipient> {
        text.parse()
    }
}

impl From<Recipient> for String {
    fn from(recipient: Recipient) -> Self {
        recipient.to_string()
    }
}
