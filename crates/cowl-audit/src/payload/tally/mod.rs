//! What a stream of messages exposes, in one pass and bounded memory.

mod identifiers;
mod sample;
mod sizes;

use std::collections::BTreeMap;

use serde::Serialize;

pub use identifiers::{Identifier, People, Verdict};
pub(crate) use sample::repeated_windows;
pub use sizes::Sizes;

use crate::convert::{count, float};
use crate::payload::coincidence::Coincidences;
use crate::payload::count::{Counter, Counts};
use crate::payload::extract::scan;
use crate::payload::field::{Kind, Precision, Source, mask};
use crate::payload::format::Format;
use crate::payload::offsets::OffsetProfile;
use crate::payload::sighting::Sighting;
use identifiers::Identifiers;
use sample::Sample;

/// Counts over a stream of sightings of one adversary's view.
///
/// Memory is bounded whatever the traffic: about 64 MB for identifiers (4 million values), 32 MB for a sample of opaque payloads, 4,096
/// different sizes. Numbers beyond a bound say "at least".
#[derive(Debug, Default)]
pub struct Tally {
    messages: u64,
    bytes: u64,
    payload: Totals,
    metadata: Totals,
    kinds: BTreeMap<(bool, Kind), KindTotal>,
    formats: BTreeMap<Format, u64>,
    sizes: Sizes,
    identifiers: Identifiers,
    sample: Sample,
}

#[derive(Debug, Default, Clone, Copy)]
struct Totals {
    exact: u64,
    coarse: u64,
    values: u64,
    most: u32,
    with_any: u64,
}

#[derive(Debug)]
struct KindTotal {
    messages: u64,
    last: u64,
    exact: u64,
    coarse: u64,
    example: String,
}

/// What a stream exposed.
#[derive(Debug, Clone, Serialize)]
pub struct Summary {
    /// Messages seen.
    pub messages: u64,
    /// Bytes of all payloads.
    pub bytes: u64,
    /// Fields in payloads.
    pub payload: FieldSummary,
    /// Fields around them.
    pub metadata: FieldSummary,
    /// Forms of the payloads, most frequent first.
    pub formats: Vec<(Format, u64)>,
    /// Sizes of the payloads.
    pub sizes: Sizes,
    /// Who can be told from whom.
    pub people: People,
    /// Equal bytes at equal places among the sampled opaque payloads, one entry for each of the most frequent sizes.
    pub coincidences: Vec<Coincidences>,
    /// Constant bytes and counters among the same.
    pub offsets: Vec<OffsetProfile>,
}

/// Fields per message by [`counting_rule`](crate::counting_rule).
#[derive(Debug, Clone, Default, Serialize)]
pub struct FieldSummary {
    /// Mean number of exact fields of a message.
    pub mean_exact: f64,
    /// Mean number of coarse fields of a message.
    pub mean_coarse: f64,
    /// Mean number of values, latitude and longitude as two.
    pub mean_values: f64,
    /// Most fields, exact and coarse, of one message.
    pub most: u32,
    /// Messages with a field.
    pub messages_with_fields: u64,
    /// Kinds met, in the order of [`Kind`].
    pub kinds: Vec<KindSummary>,
}

/// One kind of field in a stream.
#[derive(Debug, Clone, Serialize)]
pub struct KindSummary {
    /// The kind.
    pub kind: Kind,
    /// Messages that held one.
    pub messages: u64,
    /// Exact values.
    pub exact: u64,
    /// Coarse values.
    pub coarse: u64,
    /// The first value met, masked.
    pub example: String,
}

impl Tally {
    /// An empty tally.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one message.
    pub fn add(&mut self, seen: &Sighting<'_>) {
        self.messages += 1;
        self.bytes += count(seen.payload.len());
        self.sizes.add(seen.payload.len());
        let (number, kinds, identifiers) = (self.messages, &mut self.kinds, &mut self.identifiers);
        let mut counter = Counter::default();
        let format = scan(seen, &mut |field| {
            counter.add(field);
            let total = kinds.entry((field.source == Source::Payload, field.kind)).or_insert_with(|| {
                KindTotal { messages: 0, last: 0, exact: 0, coarse: 0, example: mask(field.value) }
            });
            total.messages += u64::from(total.last != number);
            total.last = number;
            match field.precision {
                Precision::Exact => total.exact += 1,
                Precision::Coarse => total.coarse += 1,
            }
            if field.kind.identifies() {
                identifiers.field(field, number);
            }
        });
        self.identifiers.view(seen, number);
        *self.formats.entry(format).or_default() += 1;
        if matches!(format, Format::Binary | Format::Base64 | Format::Hex | Format::Fernet) {
            self.sample.add(seen.payload);
        }
        let counts: Counts = counter.finish();
        self.payload.add(counts.payload);
        self.metadata.add(counts.metadata);
    }

    /// What was seen so far.
    pub fn summary(&self) -> Summary {
        let mut formats: Vec<_> = self.formats.iter().map(|(format, number)| (*format, *number)).collect();
        formats.sort_by_key(|(_, number)| core::cmp::Reverse(*number));
        let coincidences = self.sample.coincidences();
        let offsets = self.sample.offsets();
        let repeated = self.sample.repeated_windows(&coincidences, &offsets);
        Summary {
            messages: self.messages,
            bytes: self.bytes,
            payload: self.fields(&self.payload, true),
            metadata: self.fields(&self.metadata, false),
            formats,
            sizes: self.sizes.clone(),
            people: self.identifiers.people(self.messages, repeated),
            coincidences,
            offsets,
        }
    }

    fn fields(&self, totals: &Totals, in_payload: bool) -> FieldSummary {
        let mean = |sum: u64| if self.messages == 0 { 0.0 } else { float(sum) / float(self.messages) };
        let kinds = self.kinds.iter().filter(|((side, _), _)| *side == in_payload);
        FieldSummary {
            mean_exact: mean(totals.exact),
            mean_coarse: mean(totals.coarse),
            mean_values: mean(totals.values),
            most: totals.most,
            messages_with_fields: totals.with_any,
            kinds: kinds
                .map(|((_, kind), total)| KindSummary {
                    kind: *kind,
                    messages: total.messages,
                    exact: total.exact,
                    coarse: total.coarse,
                    example: total.example.clone(),
                })
                .collect(),
        }
    }
}

impl Totals {
    fn add(&mut self, count: crate::payload::count::Count) {
        self.exact += u64::from(count.exact);
        self.coarse += u64::from(count.coarse);
        self.values += u64::from(count.values);
        self.most = self.most.max(count.total());
        self.with_any += u64::from(count.total() > 0);
    }
}

#[cfg(test)]
#[path = "../tally_tests.rs"]
mod tests;
