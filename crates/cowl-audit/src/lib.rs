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

pub mod attack;
pub mod capture;
mod convert;
pub mod erasure;
pub mod evidence;
pub mod learn;
#[cfg(feature = "live")]
pub mod live;
pub mod mqtt;
mod payload;
pub mod report;
pub mod score;
pub mod survey;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod trace;
pub mod truth;
pub mod view;

pub use payload::{
    Coincidences, Count, Counts, Exposure, Field, FieldRef, FieldSummary, Format, Hit, Identifier, Judgement,
    Kind, KindSummary, Need, Needle, People, Precision, Price, STUDY_KEYS_PER_SECOND, SearchError, Searcher,
    Sighting, Sizes, Source, Spelling, Suite, Summary, Tally, Verdict, brute_force, brute_force_assumption,
    coincidences, counting_rule, extract, mask, offsets, opaque, scan, search, unhex,
};
