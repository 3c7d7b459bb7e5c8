//! What a person or a device said, before the policy has looked at it.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::FieldIndex;

/// The longest line or payload that is read, in bytes. A longer one is refused without being held; the lines around
/// it still go through. MQTT sensors send 50 to 2,000 bytes.
pub const MAX_LINE: usize = 65_536;
/// How deep lists and objects may stand in each other.
pub const MAX_DEPTH: usize = 16;
/// How many members a reading, or an object within it, may have.
pub const MAX_MEMBERS: usize = 256;

/// Why a member could not be added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MemberError {
    /// The name is there already: which of the two was meant is anybody's guess, so neither is taken.
    #[error("the same name stands twice")]
    Duplicate,
    /// More than [`MAX_MEMBERS`].
    #[error("more than {MAX_MEMBERS} names")]
    TooMany,
}

/// One value as it came in. `Debug` shows its shape only.
#[derive(Clone, PartialEq)]
pub enum RawValue {
    /// Nothing: as if the name were not there.
    Null,
    /// Yes or no.
    Flag(bool),
    /// A whole number.
    Integer(i64),
    /// Any other number. Parsers of text forms give finite ones; the reduction checks.
    Real(f64),
    /// Text; in CSV and in the `key: value` form every value is text.
    Text(String),
    /// A list, kept so that a pointer can reach into it.
    List(Vec<RawValue>),
    /// An object, likewise.
    Object(Members),
}

impl fmt::Debug for RawValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "Null",
            Self::Flag(_) => "Flag(…)",
            Self::Integer(_) => "Integer(…)",
            Self::Real(_) => "Real(…)",
            Self::Text(_) => "Text(…)",
            Self::List(_) => "List(…)",
            Self::Object(_) => "Object(…)",
        })
    }
}

/// Names with their values, in the order they came in, no name twice. `Debug` shows how many.
#[derive(Clone, PartialEq, Default)]
pub struct Members {
    /// All names, one behind the other: an allocation for all of them instead of one for each.
    names: String,
    members: Vec<Member>,
}

/// A value, and where its name stands.
#[derive(Clone, PartialEq)]
struct Member {
    start: usize,
    end: usize,
    value: RawValue,
}

impl Members {
    /// No members yet.
    pub const fn new() -> Self {
        Self { names: String::new(), members: Vec::new() }
    }

    /// Adds a member.
    pub fn push(&mut self, name: &str, value: RawValue) -> Result<(), MemberError> {
        if self.members.len() >= MAX_MEMBERS {
            return Err(MemberError::TooMany);
        }
        if self.get(name).is_some() {
            return Err(MemberError::Duplicate);
        }
        if self.members.capacity() == 0 {
            self.members = Vec::with_capacity(8);
            self.names = String::with_capacity(96);
        }
        let start = self.names.len();
        self.names.push_str(name);
        self.members.push(Member { start, end: self.names.len(), value });
        Ok(())
    }

    /// The value of a name.
    pub fn get(&self, name: &str) -> Option<&RawValue> {
        // As bytes and by length first: this stands in the way of every member that is added.
        let names = self.names.as_bytes();
        let is_it = |member: &&Member| {
            member.end - member.start == name.len()
                && names.get(member.start..member.end) == Some(name.as_bytes())
        };
        self.members.iter().find(is_it).map(|member| &member.value)
    }

    /// All members, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &RawValue)> {
        self.members
            .iter()
            .map(|member| (self.names.get(member.start..member.end).unwrap_or_default(), &member.value))
    }

    /// How many members there are.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }
}

impl fmt::Debug for Members {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Members({})", self.len())
    }
}

/// One report as it came in: members, the MQTT topic it came on, the time it was taken.
///
/// It can only be reduced ([`Policy::reduce`](crate::Policy::reduce)); nothing else takes it.
#[derive(Debug, Clone, Default)]
pub struct Reading {
    members: Members,
    topic: Option<Topic>,
    time: Option<u64>,
    by_field: bool,
    /// Fields that the person chose to send though they are off by default.
    chosen: Vec<FieldIndex>,
}

impl Reading {
    /// A reading with these members, from no topic, at no particular time.
    pub const fn new(members: Members) -> Self {
        Self { members, topic: None, time: None, by_field: false, chosen: Vec::new() }
    }

    /// A reading whose members are called as the policy's fields are, as a gateway makes it of a device's message: the
    /// fields' own inputs do not count. A position may be a list of latitude and longitude.
    pub const fn by_field(members: Members) -> Self {
        Self { members, topic: None, time: None, by_field: true, chosen: Vec::new() }
    }

    /// The MQTT topic that the reading came on: input `$topic` of the policy.
    #[must_use]
    pub fn on_topic(mut self, topic: impl Into<String>) -> Self {
        self.topic = Some(Topic(topic.into()));
        self
    }

    /// When the reading was taken, in seconds since 1970 UTC: input `$time` of the policy.
    #[must_use]
    pub const fn at(mut self, time: u64) -> Self {
        self.time = Some(time);
        self
    }

    /// The person chose that these fields are sent, of those that are off by default.
    #[must_use]
    pub fn choosing(mut self, fields: impl IntoIterator<Item = FieldIndex>) -> Self {
        self.chosen.extend(fields);
        self
    }

    /// Whether the person chose that a field is sent.
    pub fn chooses(&self, field: FieldIndex) -> bool {
        self.chosen.contains(&field)
    }

    /// The members.
    pub const fn members(&self) -> &Members {
        &self.members
    }

    /// The topic, if there was one.
    pub fn topic(&self) -> Option<&str> {
        self.topic.as_ref().map(|topic| topic.0.as_str())
    }

    /// Whether the members are called as the policy's fields are.
    pub const fn is_by_field(&self) -> bool {
        self.by_field
    }

    /// The time, if it was said.
    pub const fn time(&self) -> Option<u64> {
        self.time
    }
}

/// A topic often names its owner.
#[derive(Clone)]
struct Topic(String);

impl fmt::Debug for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Topic(…)")
    }
}
