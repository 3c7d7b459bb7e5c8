//! Looks for planted values in captured bytes, in every spelling that a leak might use.

mod spelling;

use aho_corasick::{AhoCorasick, MatchKind};
use serde::Serialize;
use thiserror::Error;

pub use spelling::Spelling;

use crate::convert::{count, float_len};

/// A value that was put in and must not come out.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Needle {
    /// A name, a token, any text.
    Text(String),
    /// Raw bytes, such as a key or a credential number.
    Bytes(Vec<u8>),
    /// A telephone number: searched as written and as digits only.
    Phone(String),
    /// One coordinate in degrees: searched as decimal text and as binary numbers.
    Degrees(f64),
}

/// Where a needle was found. It names the needle by its number: what was planted is not repeated in results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Hit {
    /// Number of the haystack.
    pub haystack: usize,
    /// Number of the needle.
    pub needle: usize,
    /// How it was spelled.
    pub spelling: Spelling,
    /// First byte in the haystack.
    pub offset: usize,
    /// Bytes of the spelling.
    pub length: usize,
}

/// Why no search can be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SearchError {
    /// A needle whose every spelling is too short to mean anything.
    #[error("needle {0} is shorter than 4 bytes: it would be found by chance")]
    TooShort(usize),
    /// A coordinate that is no number of degrees.
    #[error("needle {0} is not a number of degrees")]
    NotDegrees(usize),
    /// More spellings than the automaton holds.
    #[error("too many needles for one search")]
    TooMany,
}

/// A search prepared for many haystacks.
///
/// ```
/// use cowl_audit::{Needle, Searcher};
/// let search = Searcher::new(&[Needle::Text("Amina Yusuf".into())])?;
/// assert_eq!(search.find([b"..QW1pbmEgWXVzdWY=..".as_slice()]).len(), 1);
/// # Ok::<(), cowl_audit::SearchError>(())
/// ```
#[derive(Debug)]
pub struct Searcher {
    /// Text in any case, hex, percent-encoding.
    folded: Bank,
    /// Base64 and binary numbers: case matters.
    strict: Bank,
}

#[derive(Debug)]
struct Bank {
    automaton: AhoCorasick,
    /// Needle and spelling of each pattern.
    owners: Vec<(usize, Spelling)>,
    lengths: Vec<usize>,
    /// How often random bytes match some pattern, per byte of haystack.
    chance: f64,
}

impl Searcher {
    /// Prepares the search: some 30 spellings for each needle, about 1 kB each.
    pub fn new(needles: &[Needle]) -> Result<Self, SearchError> {
        let (mut folded, mut strict) = (Vec::new(), Vec::new());
        for (number, needle) in needles.iter().enumerate() {
            if matches!(needle, Needle::Degrees(value) if value.is_nan() || value.abs() > 180.0) {
                return Err(SearchError::NotDegrees(number));
            }
            let before = folded.len() + strict.len();
            for (spelling, pattern) in spelling::all(needle) {
                let list = if spelling.ignores_case() { &mut folded } else { &mut strict };
                list.push((number, spelling, pattern));
            }
            if folded.len() + strict.len() == before {
                return Err(SearchError::TooShort(number));
            }
        }
        Ok(Self { folded: Bank::new(folded, true)?, strict: Bank::new(strict, false)? })
    }

    /// All hits in all haystacks, in order.
    pub fn find<H: AsRef<[u8]>>(&self, haystacks: impl IntoIterator<Item = H>) -> Vec<Hit> {
        let mut hits = Vec::new();
        for (number, haystack) in haystacks.into_iter().enumerate() {
            self.find_in(number, haystack.as_ref(), &mut hits);
        }
        hits
    }

    /// All hits in one haystack, appended in order.
    pub fn find_in(&self, haystack: usize, bytes: &[u8], hits: &mut Vec<Hit>) {
        let start = hits.len();
        self.folded.find(haystack, bytes, hits);
        self.strict.find(haystack, bytes, hits);
        if let Some(new) = hits.get_mut(start..) {
            new.sort_unstable_by_key(|hit| (hit.offset, hit.needle, hit.spelling));
        }
    }

    /// Hits to be expected in this many random bytes. Four-byte numbers (f32, scaled integers) make most of it: 1,000 coordinates
    /// in 2 MB give about four. A search that must find nothing asks for less than 0.01 here, or leaves such needles out.
    pub fn expected_by_chance(&self, bytes: u64) -> f64 {
        (self.folded.chance + self.strict.chance) * crate::convert::float(bytes)
    }
}

impl Bank {
    fn new(patterns: Vec<(usize, Spelling, Vec<u8>)>, ignore_case: bool) -> Result<Self, SearchError> {
        let (mut owners, mut lengths, mut bytes) = (Vec::new(), Vec::new(), Vec::new());
        let mut chance = 0.0;
        for (needle, spelling, pattern) in patterns {
            owners.push((needle, spelling));
            lengths.push(pattern.len());
            let letters = pattern.iter().filter(|byte| ignore_case && byte.is_ascii_alphabetic()).count();
            chance += (float_len(letters) - 8.0 * float_len(pattern.len())).exp2();
            bytes.push(pattern);
        }
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .ascii_case_insensitive(ignore_case)
            .build(bytes)
            .map_err(|_| SearchError::TooMany)?;
        Ok(Self { automaton, owners, lengths, chance })
    }

    fn find(&self, haystack: usize, bytes: &[u8], hits: &mut Vec<Hit>) {
        for found in self.automaton.find_overlapping_iter(bytes) {
            let place = found.pattern().as_usize();
            if let (Some(&(needle, spelling)), Some(&length)) =
                (self.owners.get(place), self.lengths.get(place))
            {
                hits.push(Hit { haystack, needle, spelling, offset: found.start(), length });
            }
        }
    }
}

/// Searches payloads once. For files of hex text (as `mosquitto_sub -F %x` writes) search both the text and [`unhex`] of it.
pub fn search<H: AsRef<[u8]>>(haystacks: &[H], needles: &[Needle]) -> Result<Vec<Hit>, SearchError> {
    Ok(Searcher::new(needles)?.find(haystacks))
}

/// The bytes of every run of hexadecimal digits in a text, in order; runs under 8 digits are skipped, an odd last digit is dropped.
pub fn unhex(text: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    text.split(|byte| !byte.is_ascii_hexdigit()).filter(|run| run.len() >= 8).map(|run| {
        let nibble = |byte: &u8| {
            char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok()).unwrap_or(0)
        };
        run.as_chunks::<2>().0.iter().map(|[high, low]| (nibble(high) << 4) | nibble(low)).collect()
    })
}

/// Total length of haystacks, for [`Searcher::expected_by_chance`].
pub fn total_bytes<H: AsRef<[u8]>>(haystacks: &[H]) -> u64 {
    haystacks.iter().map(|haystack| count(haystack.as_ref().len())).sum()
}

#[cfg(test)]
#[path = "../search_tests.rs"]
mod tests;
