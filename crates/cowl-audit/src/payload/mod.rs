//! What one payload, and a stream of them, says without a key: extractors, the counting rule, the tally, planted-value search.

mod brute;
mod cbor;
mod coincidence;
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
mod sealed;
mod search;
mod sighting;
mod tally;
mod text;

pub(crate) use count::Counter;
pub(crate) use metadata::walk as walk_metadata;
pub(crate) use recognise::{Value as LeafValue, digits, looks_random, names_somebody, shape_of};
pub(crate) use scan::Scan;
pub(crate) use tally::repeated_windows;

pub use brute::{Price, STUDY_KEYS_PER_SECOND, Suite, brute_force, brute_force_assumption};
pub use coincidence::{Coincidences, coincidences};
pub use count::{Count, Counts, counting_rule};
pub use extract::{Exposure, extract, scan};
pub use field::{Field, FieldRef, Kind, Need, Precision, Source, mask};
pub use format::Format;
pub use search::{Hit, Judgement, Needle, SearchError, Searcher, Spelling, search, unhex};
pub use sighting::Sighting;
pub use tally::{FieldSummary, Identifier, KindSummary, People, Sizes, Summary, Tally, Verdict};
