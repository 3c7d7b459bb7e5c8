//! Topic names, topic filters and quality of service, parsed once at the border (MQTT 5 §4.7, §4.3).

use bytestring::ByteString;

use super::error::{Error, Kind};

/// A topic to publish to: 1 to 65,535 bytes, no wildcard, no NUL.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Topic(ByteString);

/// A topic filter to subscribe to: wildcards `+` and `#` stand alone between slashes, `#` last.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Filter(ByteString);

/// How often a message may arrive, and what that costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Qos {
    /// At most once: one packet, no answer; lost with the connection.
    #[default]
    AtMostOnce,
    /// At least once: one answer, one round trip; can arrive twice.
    AtLeastOnce,
    /// Exactly once per session: three answers, two round trips.
    ExactlyOnce,
}

impl Topic {
    /// Checks a topic name.
    pub fn new(name: impl Into<String>) -> Result<Self, Error> {
        let name: String = name.into();
        if name.contains(['+', '#']) {
            return Err(Kind::Usage("a topic to publish to has no wildcard").into());
        }
        checked(name).map(Self)
    }

    /// The name, as on the wire.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn wire(&self) -> ByteString {
        self.0.clone()
    }

    /// For names that came from the broker: `None` breaks the protocol.
    pub(super) fn received(name: ByteString) -> Option<Self> {
        let fits = !name.is_empty() && !name.contains(['+', '#', '\0']);
        fits.then_some(Self(name))
    }
}

impl Filter {
    /// Checks a topic filter.
    pub fn new(filter: impl Into<String>) -> Result<Self, Error> {
        let filter: String = filter.into();
        let levels = filter.split('/').count();
        let sound = filter.split('/').enumerate().all(|(place, level)| match level {
            "#" => place + 1 == levels,
            "+" => true,
            other => !other.contains(['+', '#']),
        });
        if !sound {
            return Err(Kind::Usage("a wildcard stands alone between slashes, and # comes last").into());
        }
        checked(filter).map(Self)
    }

    /// The filter, as on the wire.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn wire(&self) -> ByteString {
        self.0.clone()
    }
}

fn checked(text: String) -> Result<ByteString, Error> {
    if text.is_empty() {
        return Err(Kind::Usage("a topic has at least one character").into());
    }
    if text.len() > usize::from(u16::MAX) {
        return Err(Kind::Usage("a topic has at most 65535 bytes").into());
    }
    if text.contains('\0') {
        return Err(Kind::Usage("a topic has no NUL character").into());
    }
    Ok(text.into())
}

// A topic can name a person (`owntracks/anna/phone`): `Debug` shows only its length.
impl std::fmt::Debug for Topic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Topic({} bytes)", self.0.len())
    }
}

impl std::fmt::Debug for Filter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Filter({} bytes)", self.0.len())
    }
}

impl TryFrom<u8> for Qos {
    type Error = Error;

    fn try_from(level: u8) -> Result<Self, Error> {
        match level {
            0 => Ok(Self::AtMostOnce),
            1 => Ok(Self::AtLeastOnce),
            2 => Ok(Self::ExactlyOnce),
            _ => Err(Kind::Usage("the quality of service is 0, 1 or 2").into()),
        }
    }
}

impl From<Qos> for u8 {
    fn from(qos: Qos) -> Self {
        match qos {
            Qos::AtMostOnce => 0,
            Qos::AtLeastOnce => 1,
            Qos::ExactlyOnce => 2,
        }
    }
}
