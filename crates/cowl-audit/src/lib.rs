//! The attacker: reads what a broker sees and says what it gives away.
//!
//! It gets bytes, times and connections, and knows nothing of how the traffic was made, so it can be held against any MQTT system.
//!
//! | need | use |
//! |---|---|
//! | what one message exposes | [`extract`] |
//! | what a stream exposes, and how many people can be counted in it | [`Tally`] |
//! | what a payload looks like without a key | [`opaque::classify`] |
//! | whether equally long payloads are random | [`coincidences`], [`offsets::profile`] |
//! | whether planted values come through | [`Searcher`] |
//! | the price of trying all keys | [`brute_force`] |
//! | what counts as one field | [`counting_rule`] |
//!
//! ```
//! use cowl_audit::{Sighting, Tally, Verdict};
//! let mut tally = Tally::new();
//! for report in 0..100 {
//!     let payload = format!("temperature: {report}, severity: low, userId: {}", 970 + report % 10);
//!     tally.add(&Sighting::new(b"srv/temperature", payload.as_bytes()));
//! }
//! let seen = tally.summary();
//! assert!((seen.payload.mean_exact - 3.0).abs() < 1e-9);
//! assert!(matches!(seen.people.verdict, Verdict::Counted { people: 10, .. }));
//! ```
//!
//! Limits: people's names are known by their keys only; fields of binary formats other than CBOR (protobuf, `MessagePack`, a
//! vendor's struct) are not read, only text inside them; zstd is recognised, not opened.

mod brute;
mod cbor;
mod coincidence;
mod convert;
mod count;
mod entropy;
mod envelope;
mod extract;
mod field;
mod format;
mod json;
mod metadata;
pub mod offsets;
pub mod opaque;
mod patterns;
mod poisson;
mod recognise;
mod scan;
mod search;
mod sighting;
mod tally;
#[cfg(test)]
mod testing;
mod text;

pub use brute::{Price, STUDY_KEYS_PER_SECOND, Suite, brute_force, brute_force_assumption};
pub use coincidence::{Coincidences, coincidences};
pub use count::{Count, Counts, counting_rule};
pub use extract::{Exposure, extract, scan};
pub use field::{Field, FieldRef, Kind, Need, Precision, Source, mask};
pub use format::Format;
pub use search::{Hit, Judgement, Needle, SearchError, Searcher, Spelling, search, unhex};
pub use sighting::Sighting;
pub use tally::{FieldSummary, Identifier, KindSummary, People, Sizes, Summary, Tally, Verdict};
