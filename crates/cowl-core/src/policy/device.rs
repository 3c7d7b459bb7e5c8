//! Families of devices that cannot change: which topics are theirs, how their payloads are read, who it is that reports,
//! which value is which field, and what is refused with which reason. A gateway maps by this and by nothing else, so the
//! manifest says what runs.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

use minicbor::{Decode, Decoder, Encode, Encoder};

use super::check::{check_name, check_words};
use super::error::{PolicyError, PolicyProblem, Subject};
use super::field::FieldKind;
use super::source::{Input, Source, SourceError};
use super::{Draft, Field, MAX_NAME};
use crate::ids::FieldIndex;

/// The most families of a policy.
pub const MAX_FAMILIES: usize = 64;
/// The longest topic filter, in bytes.
const MAX_FILTER: usize = 128;
/// The most topic filters of a family, places that name its devices, inputs of one field, columns, rules, words of a rule.
const MAX_FILTERS: usize = 16;
const MAX_WHO: usize = 4;
const MAX_PICKS: usize = 16;
const MAX_COLUMNS: usize = 64;
const MAX_RULES: usize = 16;

/// Devices of one kind. Several families may bear one name: then a device of that name is the same device in all of them.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub struct Family {
    /// What the devices are called together (`owntracks`).
    #[n(0)]
    pub name: String,
    /// Where they publish. The first family that a topic fits takes the message.
    #[n(1)]
    pub topics: Vec<TopicFilter>,
    /// How a payload is read.
    #[n(2)]
    pub payload: PayloadForm,
    /// Who reports: all of these together name the device. Where one is missing the message is refused.
    #[n(3)]
    pub device: Vec<Who>,
    /// Which value becomes which field. Empty: the fields' own inputs hold. What is neither is dropped.
    #[n(4)]
    pub fields: Vec<Mapping>,
    /// What is not taken, and why: looked at before anything is mapped.
    #[n(5)]
    pub refuse: Vec<Rule>,
    /// How it is known that whoever reports agreed to being passed on.
    #[n(6)]
    pub consent: Consent,
}

/// How a family's payloads are read.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum PayloadForm {
    /// JSON if it begins with `{` or `[`, else `name: value` text.
    #[n(0)]
    Auto,
    /// A JSON object.
    #[n(1)]
    Json,
    /// `name: value, name: value`.
    #[n(2)]
    Text,
    /// One row of values separated by commas (or semicolons, or tabs), in the order of these columns.
    #[n(3)]
    Csv(#[n(0)] Vec<String>),
    /// One value alone, called `value`, or as this level of the topic (from 0) is called.
    #[n(4)]
    Value(#[n(0)] Option<u8>),
}

/// One thing that names a device, written as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// `$user`: the name that the device logged in with. A device cannot say it is another one.
    User,
    /// `$client`: its MQTT client id. As good as its word.
    Client,
    /// A value of the message or of its topic: `$topic/2`, `/from`, `userId`. As good as its word.
    Said(Source),
}

/// Where a field's value is.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub struct Mapping {
    /// Which field.
    #[n(0)]
    pub field: FieldIndex,
    /// The first of these that is there counts.
    #[n(1)]
    pub from: Vec<Pick>,
}

/// One place where a value may be; a step `*` of a pointer stands for any name, the first that leads on.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub struct Pick {
    /// The place.
    #[n(0)]
    pub input: Input,
    /// Numbers are multiplied by this (`1e-7` for degrees in ten-millionths).
    #[n(1)]
    pub times: Option<f64>,
    /// Then this is added (`-273.15` for kelvin).
    #[n(2)]
    pub plus: Option<f64>,
}

/// A message that is not taken.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Rule {
    /// The value that decides.
    #[n(0)]
    pub value: Source,
    /// The words that it is compared with, exactly; numbers and flags as JSON writes them.
    #[n(1)]
    pub words: Vec<String>,
    /// False: refused if it is one of the words. True: refused unless it is, also where there is no such value.
    #[n(2)]
    pub unless: bool,
    /// Why, for people.
    #[n(3)]
    pub because: String,
}

/// How it is known that whoever reports agreed to being passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Consent {
    /// By using the device at all: it is the reporter's own.
    #[n(0)]
    Given,
    /// By Meshtastic's "OK to MQTT". A node publishes what it hears of others by radio; their choice stands in bit 0 of the
    /// packet's `bitfield`. Meshtastic's JSON leaves that out, so it is taken from the protobuf that a node publishes for
    /// the same packet (`…/2/e/…`, with encryption to MQTT off). A node's own packets need no bit. Without either the
    /// message is refused.
    #[n(1)]
    Meshtastic,
}

/// An MQTT topic filter (MQTT 5 §4.7): `+` is one level, `#` at the end all further ones.
#[derive(Clone, PartialEq, Eq)]
pub struct TopicFilter(String);

/// A text is no topic filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a topic filter is 1 to {MAX_FILTER} bytes; `+` and `#` stand alone between slashes, and `#` comes last"
)]
pub struct NotAFilter;

impl TopicFilter {
    /// Whether a topic fits. One that begins with `$` fits no filter that begins with a wildcard (MQTT 5 §4.7.2).
    pub fn matches(&self, topic: &str) -> bool {
        if topic.starts_with('$') && self.0.starts_with(['+', '#']) {
            return false;
        }
        let mut levels = topic.split('/');
        for wanted in self.0.split('/') {
            if wanted == "#" {
                return true;
            }
            match levels.next() {
                Some(level) if wanted == "+" || wanted == level => {}
                _ => return false,
            }
        }
        levels.next().is_none()
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for TopicFilter {
    type Err = NotAFilter;

    fn from_str(text: &str) -> Result<Self, NotAFilter> {
        let levels = text.split('/').count();
        let sound = (0..levels).zip(text.split('/')).all(|(place, level)| match level {
            "#" => place + 1 == levels,
            "+" => true,
            other => !other.contains(['+', '#', '\0']),
        });
        if sound && (1..=MAX_FILTER).contains(&text.len()) {
            Ok(Self(text.to_string()))
        } else {
            Err(NotAFilter)
        }
    }
}

impl fmt::Display for TopicFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for TopicFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TopicFilter({})", self.0)
    }
}

impl FromStr for Who {
    type Err = SourceError;

    fn from_str(text: &str) -> Result<Self, SourceError> {
        match text {
            "$user" => Ok(Self::User),
            "$client" => Ok(Self::Client),
            text => match text.parse()? {
                Source::Time => Err(SourceError::Special),
                source => Ok(Self::Said(source)),
            },
        }
    }
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User => f.write_str("$user"),
            Self::Client => f.write_str("$client"),
            Self::Said(source) => source.fmt(f),
        }
    }
}

/// Both travel as their text.
macro_rules! as_text {
    ($kind:ty, $refusal:literal) => {
        impl<C> Encode<C> for $kind {
            fn encode<W: minicbor::encode::Write>(
                &self,
                e: &mut Encoder<W>,
                _: &mut C,
            ) -> Result<(), minicbor::encode::Error<W::Error>> {
                e.str(&self.to_string())?.ok()
            }
        }

        impl<'b, C> Decode<'b, C> for $kind {
            fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
                d.str()?.parse().map_err(|_| minicbor::decode::Error::message($refusal))
            }
        }
    };
}

as_text!(TopicFilter, "no topic filter");
as_text!(Who, "nothing that names a device");

impl Draft {
    /// Holds the families against the fields.
    pub(super) fn check_families(&self) -> Result<(), PolicyError> {
        if self.devices.len() > MAX_FAMILIES {
            return Err(PolicyProblem::Count { least: 0, most: MAX_FAMILIES }.at(Subject::Knob("device")));
        }
        for (index, family) in (0_u8..).zip(&self.devices) {
            self.check_family(family).map_err(|problem| problem.at(Subject::Family(index)))?;
        }
        Ok(())
    }

    fn check_family(&self, family: &Family) -> Result<(), PolicyProblem> {
        check_name(&family.name)?;
        count(family.topics.len(), 1, MAX_FILTERS)?;
        count(family.device.len(), 1, MAX_WHO)?;
        count(family.refuse.len(), 0, MAX_RULES)?;
        if let PayloadForm::Csv(columns) = &family.payload {
            count(columns.len(), 1, MAX_COLUMNS)?;
            let good = |name: &String| (1..=MAX_NAME).contains(&name.len());
            if !columns.iter().all(good) {
                return Err(PolicyProblem::Name);
            }
            let twice = |(at, name)| columns.iter().take(at).any(|other| other == name);
            if (0..).zip(columns).any(twice) {
                return Err(PolicyProblem::SameName);
            }
        }
        for (at, mapping) in family.fields.iter().enumerate() {
            if family.fields.iter().take(at).any(|other| other.field == mapping.field) {
                return Err(PolicyProblem::MappedTwice);
            }
            let field = self.fields.get(usize::from(mapping.field.0)).ok_or(PolicyProblem::NoField)?;
            check_mapping(field, mapping)?;
        }
        for rule in &family.refuse {
            count(rule.words.len(), 1, MAX_PICKS)?;
            rule.words.iter().try_for_each(|word| check_words(word))?;
            check_words(&rule.because)?;
        }
        Ok(())
    }
}

fn check_mapping(field: &Field, mapping: &Mapping) -> Result<(), PolicyProblem> {
    count(mapping.from.len(), 1, MAX_PICKS)?;
    for pick in &mapping.from {
        let position = field.kind == FieldKind::Position;
        let pair = matches!(pick.input, Input::Pair { .. });
        if pair && !position {
            return Err(PolicyProblem::Pair);
        }
        let factors = [pick.times, pick.plus];
        let number = matches!(field.kind, FieldKind::Number { .. }) || pair;
        let sound = pick.times != Some(0.0) && factors.iter().flatten().all(|factor| factor.is_finite());
        if factors.iter().any(Option::is_some) && !(number && sound) {
            return Err(PolicyProblem::Scale);
        }
    }
    Ok(())
}

fn count(found: usize, least: usize, most: usize) -> Result<(), PolicyProblem> {
    if (least..=most).contains(&found) { Ok(()) } else { Err(PolicyProblem::Count { least, most }) }
}

#[cfg(test)]
#[path = "device_tests.rs"]
mod tests;
