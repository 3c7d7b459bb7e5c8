//! What the attacker finds in what a round left behind. Everything here comes from `cowl-audit` and the bytes.

use std::{collections::HashSet, time::Duration};

use cowl_audit::{Format, STUDY_KEYS_PER_SECOND, Sighting, Suite, Summary, Tally, Verdict, extract};
use cowl_core::Preset;
use serde::Serialize;
use serde_json::{Map, Value};

use super::{
    planted::Planted,
    round::{Connection, Round},
};

/// Everything that is found out about one preset.
#[derive(Debug, Serialize)]
pub(super) struct Findings {
    pub(super) preset: &'static str,
    /// Reports sent.
    pub(super) messages: usize,
    pub(super) roles: Vec<RoleFinding>,
    /// Whether what left the phones is, byte for byte, what the eavesdropper with `#` got.
    pub(super) wire_is_what_was_heard: bool,
    pub(super) fields: Fields,
    pub(super) people: People,
    pub(super) bytes: Bytes,
    pub(super) microseconds: Microseconds,
    pub(super) key: Option<Key>,
    /// Counted notices of the reduction.
    pub(super) left_out: Map<String, Value>,
    pub(super) planted: Planted,
    pub(super) study_message: StudyMessage,
    pub(super) example: Shown,
}

/// One role's harvest.
#[derive(Debug, Serialize)]
pub(super) struct RoleFinding {
    pub(super) role: String,
    pub(super) sent: usize,
    pub(super) read: usize,
}

/// Fields exposed per message on average.
#[derive(Debug, Serialize)]
pub(super) struct Fields {
    pub(super) payload_exact: f64,
    pub(super) payload_coarse: f64,
    /// In client id, user name, source address, topic levels.
    pub(super) around_exact: f64,
    pub(super) around_coarse: f64,
    /// Kinds in the payload that most messages hold.
    pub(super) kinds: Vec<&'static str>,
    /// Forms of the payloads.
    pub(super) formats: Vec<Format>,
}

/// How many people can be told apart.
#[derive(Debug, Serialize)]
pub(super) struct People {
    /// How many reported.
    pub(super) truth: usize,
    /// By one who subscribes to `#`.
    pub(super) subscriber: Verdict,
    /// By one who also sees connections: the identifier that comes closest to the truth.
    pub(super) broker: Option<Closest>,
    /// Every identifier in the broker's view: name and different values.
    pub(super) identifiers: Vec<Closest>,
}

/// An identifier, and how many values it has.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Closest {
    pub(super) by: String,
    pub(super) values: u64,
}

/// Payload sizes.
#[derive(Debug, Serialize)]
pub(super) struct Bytes {
    pub(super) mean: f64,
    pub(super) least: usize,
    pub(super) most: usize,
}

/// What it costs to send and to read, on this machine, in this run.
#[derive(Debug, Serialize)]
pub(super) struct Microseconds {
    /// From JSON to payload.
    pub(super) protect: Spread,
    /// From payload to one role's fields.
    pub(super) open: Spread,
}

/// Of many times: half are shorter than the median.
#[derive(Debug, Serialize)]
pub(super) struct Spread {
    pub(super) median: f64,
    pub(super) mean: f64,
}

/// What it takes to try all keys, and what one of them opens.
#[derive(Debug, Serialize)]
pub(super) struct Key {
    pub(super) suite: Suite,
    pub(super) bits: u32,
    pub(super) keys_per_second: f64,
    pub(super) years: f64,
    /// In words.
    pub(super) text: String,
    /// The most reports of this run that one key opens.
    pub(super) opens_at_most: usize,
}

/// The study's own message, sent by this preset.
#[derive(Debug, Serialize)]
pub(super) struct StudyMessage {
    pub(super) exact: u32,
    pub(super) coarse: u32,
    pub(super) kinds: Vec<&'static str>,
}

/// The report that is shown.
#[derive(Debug, Serialize)]
pub(super) struct Shown {
    pub(super) topic: String,
    pub(super) client_id: String,
    /// How many the same phone used in all.
    pub(super) client_ids: usize,
    pub(super) from: String,
    pub(super) bytes: usize,
    /// The payload's beginning: as text if it is text, else in hex.
    pub(super) head: String,
    pub(super) read: Vec<(String, Map<String, Value>)>,
}

impl Findings {
    /// Looks at everything.
    pub(super) fn of(round: &Round, reporters: usize, planted: Planted) -> Self {
        let mut heard = Tally::new();
        for (topic, payload) in &round.heard {
            heard.add(&Sighting::new(topic, payload));
        }
        let mut seen = Tally::new();
        for (number, connection) in (0_u64..).zip(&round.connections) {
            for published in &connection.published {
                seen.add(&Sighting {
                    client_id: Some(&connection.client_id),
                    user_name: connection.user_name.as_deref(),
                    ip: Some(connection.from),
                    connection: Some(number),
                    ..Sighting::new(&published.topic, &published.payload)
                });
            }
        }
        let (heard, seen) = (heard.summary(), seen.summary());
        Self {
            preset: round.preset.name(),
            messages: round.sent,
            roles: roles(round),
            wire_is_what_was_heard: same_bytes(round),
            fields: fields(&heard, &seen),
            people: people(heard.people.verdict.clone(), &seen, reporters),
            bytes: bytes(round),
            microseconds: Microseconds { protect: spread(&round.protect), open: spread(&round.open) },
            key: key(round),
            left_out: round
                .left_out
                .iter()
                .map(|(notice, times)| (notice.name().to_owned(), times.into()))
                .collect(),
            planted,
            study_message: study_message(round),
            example: shown(round),
        }
    }

    /// What must hold for the demo not to fail, in words; empty if all does.
    pub(super) fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for RoleFinding { role, sent, read } in &self.roles {
            if sent != read {
                faults.push(format!("under {} role {role} read {read} of {sent} reports", self.preset));
            }
        }
        if !self.wire_is_what_was_heard {
            faults.push(format!(
                "under {} the eavesdropper's bytes are not those that the phones sent",
                self.preset
            ));
        }
        if self.preset == Preset::Cowl.name() && self.planted.leaked {
            faults.push(
                "under cowl a planted name, number or position was found in the eavesdropper's bytes"
                    .to_owned(),
            );
        }
        faults
    }
}

fn roles(round: &Round) -> Vec<RoleFinding> {
    let of =
        |(role, read): &(String, usize)| RoleFinding { role: role.clone(), sent: round.sent, read: *read };
    round.read.iter().map(of).collect()
}

fn same_bytes(round: &Round) -> bool {
    let mut heard: Vec<&[u8]> = round.heard.iter().map(|(_, payload)| payload.as_slice()).collect();
    let published = round.connections.iter().flat_map(|connection: &Connection| &connection.published);
    let mut sent: Vec<&[u8]> = published.map(|published| published.payload.as_slice()).collect();
    heard.sort_unstable();
    sent.sort_unstable();
    heard == sent
}

fn fields(heard: &Summary, seen: &Summary) -> Fields {
    let kinds = heard.payload.kinds.iter().filter(|kind| kind.messages * 2 >= heard.messages);
    Fields {
        payload_exact: heard.payload.mean_exact,
        payload_coarse: heard.payload.mean_coarse,
        around_exact: seen.metadata.mean_exact,
        around_coarse: seen.metadata.mean_coarse,
        kinds: kinds.map(|kind| kind.kind.name()).collect(),
        formats: heard.formats.iter().map(|(format, _)| *format).collect(),
    }
}

fn people(subscriber: Verdict, seen: &Summary, truth: usize) -> People {
    let wanted = u64::try_from(truth).unwrap_or(u64::MAX);
    let identifiers = seen.people.identifiers.iter().filter(|one| !one.guess && one.distinct >= 2);
    let identifiers: Vec<_> =
        identifiers.map(|one| Closest { by: one.name.clone(), values: one.distinct }).collect();
    let broker = identifiers.iter().min_by_key(|one| one.values.abs_diff(wanted)).cloned();
    People { truth, subscriber, broker, identifiers }
}

fn bytes(round: &Round) -> Bytes {
    let sizes = || round.heard.iter().map(|(_, payload)| payload.len());
    Bytes {
        mean: mean(sizes().map(|size| f64::from(u32::try_from(size).unwrap_or(u32::MAX)))),
        least: sizes().min().unwrap_or(0),
        most: sizes().max().unwrap_or(0),
    }
}

fn spread(times: &[Duration]) -> Spread {
    let mut sorted: Vec<f64> = times.iter().map(|time| time.as_secs_f64() * 1e6).collect();
    sorted.sort_by(f64::total_cmp);
    Spread { median: sorted.get(sorted.len() / 2).copied().unwrap_or(0.0), mean: mean(sorted.into_iter()) }
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (mut sum, mut count) = (0.0, 0_u32);
    for value in values {
        sum += value;
        count += 1;
    }
    if count == 0 { 0.0 } else { sum / f64::from(count) }
}

fn key(round: &Round) -> Option<Key> {
    let (suite, opens_at_most) = match round.preset {
        Preset::Plain | Preset::Minimised => return None,
        Preset::Fernet | Preset::FernetMinimised => (Suite::Aes128, round.sent),
        Preset::Cowl => (Suite::Aes256, round.most_under_a_key),
    };
    let price = suite.price(STUDY_KEYS_PER_SECOND);
    Some(Key {
        suite,
        bits: price.bits,
        keys_per_second: price.keys_per_second,
        years: price.years,
        text: price.to_string(),
        opens_at_most,
    })
}

fn study_message(round: &Round) -> StudyMessage {
    let (topic, payload) = &round.study;
    let seen = extract(&Sighting::new(topic, payload));
    let mut kinds: Vec<_> = seen.in_payload().map(|field| field.kind.name()).collect();
    kinds.dedup();
    StudyMessage { exact: seen.counts.payload.exact, coarse: seen.counts.payload.coarse, kinds }
}

/// So many bytes of a payload are shown.
const HEAD: usize = 200;

fn shown(round: &Round) -> Shown {
    let example = &round.example;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let head = match std::str::from_utf8(&example.payload) {
        Ok(text) => text.chars().take(HEAD).collect(),
        Err(_) => hex::encode(example.payload.get(..HEAD / 2).unwrap_or(&example.payload)),
    };
    Shown {
        topic: text(&example.topic),
        client_id: text(&example.client_id),
        client_ids: round
            .connections
            .iter()
            .filter(|connection| Some(connection.from) == example.from)
            .map(|connection| connection.client_id.as_slice())
            .collect::<HashSet<_>>()
            .len(),
        from: example.from.map(|from| from.to_string()).unwrap_or_default(),
        bytes: example.payload.len(),
        head,
        read: example.read.clone(),
    }
}
