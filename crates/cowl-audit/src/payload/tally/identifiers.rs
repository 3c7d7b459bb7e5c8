//! Who can be told from whom: every identifier that a stream carries, and the one that counts people best.

use core::fmt;
use core::hash::{Hash, Hasher};
use std::collections::{BTreeMap, HashSet};
use std::hash::{BuildHasherDefault, DefaultHasher};

use serde::Serialize;

use super::sample::Repeated;
use crate::convert::float;
use crate::payload::field::{FieldRef, Kind, Source};
use crate::payload::sighting::Sighting;

/// Different identifiers that are followed.
const MAX_ROWS: usize = 64;
/// Different values of all identifiers together.
const MAX_VALUES: usize = 1 << 22;
/// Topic levels that are followed.
const MAX_LEVELS: usize = 8;
/// Bytes of a key's name that are shown.
const MAX_NAME: usize = 32;

/// Values are hashed already.
#[derive(Debug, Default, Clone, Copy)]
struct Through(u64);

impl Hasher for Through {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}

type Values = HashSet<u64, BuildHasherDefault<Through>>;

/// Order is the order of preference: what names a person, what stands for one, what a connection shows, what is only a guess.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Person,
    Pseudonym,
    Device,
    Id,
    Client,
    User,
    Address,
    Connection,
    Guess,
}

#[derive(Debug)]
struct Row {
    name: String,
    rank: Rank,
    values: Values,
    full: bool,
    messages: u64,
    last: u64,
}

#[derive(Debug, Default)]
pub(super) struct Identifiers {
    rows: BTreeMap<(Source, u64), Row>,
    held: usize,
}

/// One identifier in a stream.
#[derive(Debug, Clone, Serialize)]
pub struct Identifier {
    /// Where it stands (`key "userId" in the payload`, `client id`, `source address`).
    pub name: String,
    /// Different values.
    pub distinct: u64,
    /// Whether there were more than could be held.
    pub at_least: bool,
    /// Messages that carry it.
    pub messages: u64,
    /// Whether a value comes back, twice or more on average: otherwise it is fresh for every message and counts nobody.
    pub repeats: bool,
    /// Whether it is only a guess that it tells people apart (topic levels, repeated bytes).
    pub guess: bool,
}

/// How many people an eavesdropper with this view can count.
#[derive(Debug, Clone, Serialize)]
pub struct People {
    /// The answer.
    pub verdict: Verdict,
    /// Every identifier met, best first.
    pub identifiers: Vec<Identifier>,
}

/// The answer of [`People`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "answer")]
#[non_exhaustive]
pub enum Verdict {
    /// So many, counted by this identifier.
    Counted {
        /// Different values of the identifier.
        people: u64,
        /// Whether there may be more.
        at_least: bool,
        /// Name of the identifier.
        by: String,
    },
    /// So many by something that repeats, of which it is not known that it stands for people.
    Guessed {
        /// Different values.
        values: u64,
        /// Where they stand.
        by: String,
    },
    /// Nothing in this view repeats that would tell one from another.
    CannotTell {
        /// Why.
        reason: &'static str,
    },
}

impl fmt::Display for Verdict {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Counted { people, at_least, by } => {
                write!(out, "{}{people}, by {by}", if *at_least { "at least " } else { "" })
            }
            Self::Guessed { values, by } => write!(out, "cannot tell; {values} different values at {by}"),
            Self::CannotTell { reason } => write!(out, "cannot tell: {reason}"),
        }
    }
}

impl Identifiers {
    /// An identifying field of message `number`.
    pub(super) fn field(&mut self, field: &FieldRef<'_>, number: u64) {
        // the connection's own are taken from the view, whole
        if !matches!(field.source, Source::Payload | Source::UserProperty) {
            return;
        }
        let rank = match field.kind {
            Kind::Pseudonym | Kind::Credential => Rank::Pseudonym,
            Kind::DeviceId | Kind::MacAddress | Kind::IpAddress => Rank::Device,
            Kind::Id | Kind::KeyId => Rank::Id,
            _ => Rank::Person,
        };
        let place = field.key.map_or_else(|| hash(field.kind.name().as_bytes()), hash);
        let (key, kind, source) = (field.key, field.kind, field.source);
        self.note((source, place), rank, number, hash(field.value), || {
            let side = if source == Source::Payload { "the payload" } else { "a user property" };
            key.map_or_else(
                || format!("{kind} in {side}"),
                |key| {
                    format!(
                        "key \"{}\" in {side}",
                        String::from_utf8_lossy(key.get(..MAX_NAME).unwrap_or(key))
                    )
                },
            )
        });
    }

    /// What the view shows of message `number` beside its fields.
    pub(super) fn view(&mut self, seen: &Sighting<'_>, number: u64) {
        if let Some(client_id) = seen.client_id.filter(|client_id| !client_id.is_empty()) {
            self.note((Source::ClientId, 0), Rank::Client, number, hash(client_id), || "client id".into());
        }
        if let Some(user_name) = seen.user_name.filter(|user_name| !user_name.is_empty()) {
            self.note((Source::UserName, 0), Rank::User, number, hash(user_name), || "user name".into());
        }
        if let Some(ip) = seen.ip {
            self.note((Source::Connection, 0), Rank::Address, number, hash_of(&ip), || {
                "source address".into()
            });
        }
        if let Some(connection) = seen.connection {
            self.note((Source::Connection, 1), Rank::Connection, number, hash_of(&connection), || {
                "connection".into()
            });
        }
        for (place, level) in (1_u64..).zip(seen.topic.split(|byte| *byte == b'/').take(MAX_LEVELS)) {
            self.note((Source::Topic, place), Rank::Guess, number, hash(level), || {
                format!("topic level {place}")
            });
        }
    }

    pub(super) fn people(&self, messages: u64, repeated: Vec<Repeated>) -> People {
        let mut rows: Vec<(Rank, Identifier)> =
            self.rows.values().map(|row| (row.rank, row.identifier())).collect();
        rows.extend(repeated.into_iter().map(|window| (Rank::Guess, window.into())));
        // among equals the one that most messages carry, then the one that tells most apart
        rows.sort_by(|(rank, one), (other_rank, other)| {
            rank.cmp(other_rank)
                .then(other.messages.cmp(&one.messages))
                .then(other.distinct.cmp(&one.distinct))
        });
        let useful = |row: &&Identifier| row.repeats && row.distinct >= 2 && row.messages * 2 >= messages;
        let identifiers: Vec<Identifier> = rows.into_iter().map(|(_, row)| row).collect();
        let sure = identifiers.iter().filter(|row| !row.guess).find(useful);
        let guess =
            identifiers.iter().rev().filter(|row| row.guess).filter(useful).max_by_key(|row| row.distinct);
        let verdict = match (sure, guess) {
            (Some(row), _) => {
                Verdict::Counted { people: row.distinct, at_least: row.at_least, by: row.name.clone() }
            }
            (None, Some(row)) => Verdict::Guessed { values: row.distinct, by: row.name.clone() },
            (None, None) if messages == 0 => Verdict::CannotTell { reason: "no messages" },
            (None, None) if identifiers.iter().any(|row| !row.guess && row.distinct > 1) => {
                Verdict::CannotTell { reason: "every identifier is fresh for each message, or rare" }
            }
            (None, None) => {
                Verdict::CannotTell { reason: "nothing in this view differs between senders and repeats" }
            }
        };
        People { verdict, identifiers }
    }

    fn note(
        &mut self,
        place: (Source, u64),
        rank: Rank,
        number: u64,
        value: u64,
        name: impl FnOnce() -> String,
    ) {
        if !self.rows.contains_key(&place) && self.rows.len() >= MAX_ROWS {
            return;
        }
        let row = self.rows.entry(place).or_insert_with(|| Row {
            name: name(),
            rank,
            values: Values::default(),
            full: false,
            messages: 0,
            last: 0,
        });
        row.messages += u64::from(row.last != number);
        row.last = number;
        if self.held < MAX_VALUES {
            self.held += usize::from(row.values.insert(value));
        } else if !row.values.contains(&value) {
            row.full = true;
        }
    }
}

impl Row {
    fn identifier(&self) -> Identifier {
        let distinct = crate::convert::count(self.values.len());
        Identifier {
            name: self.name.clone(),
            distinct,
            at_least: self.full,
            messages: self.messages,
            repeats: distinct > 0 && float(self.messages) / float(distinct) >= 2.0,
            guess: self.rank == Rank::Guess,
        }
    }
}

impl From<Repeated> for Identifier {
    fn from(window: Repeated) -> Self {
        let Repeated { size, offset, distinct, messages } = window;
        Self {
            name: format!("bytes {offset} to {} of payloads of {size} bytes", offset + 3),
            distinct: crate::convert::count(distinct),
            at_least: true,
            messages: crate::convert::count(messages),
            repeats: true,
            guess: true,
        }
    }
}

/// Same bytes, same number, in every run: results must be repeatable.
fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    hasher.finish()
}

fn hash_of(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
