//! Looks for planted values in captured bytes, in every spelling that a leak might use.

mod spelling;

use std::collections::BTreeMap;

use aho_corasick::{AhoCorasick, MatchKind};
use serde::Serialize;
use thiserror::Error;

pub use spelling::Spelling;

use crate::convert::{count, float, float_len};
use crate::payload::poisson;

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

/// A search prepared for many haystacks. Needles that are spelled alike are reported once, by the first of them.
///
/// ```
/// use cowl_audit::{Needle, Searcher};
/// let search = Searcher::new(&[Needle::Text("Amina Yusuf".into())])?;
/// assert_eq!(search.find([b"..QW1pbmEgWXVzdWY=..".as_slice()]).len(), 1);
/// assert!(search.judge(&[b"..QW1pbmEgWXVzdWY=..".as_slice()]).leaked());
/// # Ok::<(), cowl_audit::SearchError>(())
/// ```
#[derive(Debug)]
pub struct Searcher {
    /// Text in any case, hex, percent-encoding.
    folded: Bank,
    /// Base64 and binary numbers: case matters.
    strict: Bank,
}

/// Hits weighed against chance.
///
/// Short spellings (a coordinate as four bytes) occur in random data: 7,000 coordinates in 4 MB some hundred times. They count as a leak
/// only together, above the 99.9 % Poisson bound; a leak of a few such values among many needles is not noticed this way.
/// The haystack is taken for random bytes, or for hex or base64 of them where it consists of that.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Judgement {
    /// Hits of spellings so long that all of them together occur by chance in one search of a thousand.
    pub hits: Vec<Hit>,
    /// Hits of shorter spellings.
    pub short_hits: Vec<Hit>,
    /// How many of those chance makes on average.
    pub short_expected: f64,
    /// What their number exceeds by chance with probability 0.001.
    pub short_bound: u64,
}

impl Judgement {
    /// Whether a planted value came through.
    pub fn leaked(&self) -> bool {
        !self.hits.is_empty() || count(self.short_hits.len()) > self.short_bound
    }
}

impl Searcher {
    /// Prepares the search: 10 to 60 spellings for each needle, some kilobytes each.
    pub fn new(needles: &[Needle]) -> Result<Self, SearchError> {
        let (mut folded, mut strict) = (Patterns::new(), Patterns::new());
        for (number, needle) in needles.iter().enumerate() {
            if matches!(needle, Needle::Degrees(value) if value.is_nan() || value.abs() > 180.0) {
                return Err(SearchError::NotDegrees(number));
            }
            let spellings = spelling::all(needle);
            if spellings.is_empty() {
                return Err(SearchError::TooShort(number));
            }
            for (spelling, mut pattern) in spellings {
                if spelling.ignores_case() {
                    pattern.make_ascii_lowercase();
                    folded.entry(pattern).or_insert((number, spelling));
                } else {
                    strict.entry(pattern).or_insert((number, spelling));
                }
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
        for bank in [&self.folded, &self.strict] {
            bank.find(bytes, |pattern, offset| hits.push(pattern.hit(haystack, offset)));
        }
        if let Some(new) = hits.get_mut(start..) {
            new.sort_unstable_by_key(|hit| (hit.offset, hit.needle, hit.spelling));
        }
    }

    /// Searches all haystacks and weighs the hits against chance: the answer for a test that nothing leaked.
    pub fn judge<H: AsRef<[u8]>>(&self, haystacks: &[H]) -> Judgement {
        let mut searched = Searched::default();
        for haystack in haystacks {
            searched.add(haystack.as_ref());
        }
        let patterns = self.folded.patterns.len() + self.strict.patterns.len();
        let limit = SURE / float_len(patterns.max(1));
        let mut judgement = Judgement::default();
        for pattern in self.folded.patterns.iter().chain(&self.strict.patterns) {
            let expected = searched.expected(pattern);
            judgement.short_expected += if expected > limit { expected } else { 0.0 };
        }
        judgement.short_bound = poisson::upper_bound(judgement.short_expected, 0.001);
        for (number, haystack) in haystacks.iter().enumerate() {
            for bank in [&self.folded, &self.strict] {
                bank.find(haystack.as_ref(), |pattern, offset| {
                    let short = searched.expected(pattern) > limit;
                    let list = if short { &mut judgement.short_hits } else { &mut judgement.hits };
                    list.push(pattern.hit(number, offset));
                });
            }
        }
        judgement
    }
}

/// Accidental hits of all sure spellings together, on average.
const SURE: f64 = 0.001;

type Patterns = BTreeMap<Vec<u8>, (usize, Spelling)>;

#[derive(Debug)]
struct Bank {
    automaton: AhoCorasick,
    patterns: Vec<Pattern>,
}

#[derive(Debug)]
struct Pattern {
    needle: usize,
    spelling: Spelling,
    length: usize,
    /// Probability of a hit at one place of random bytes, random base64 text, random hex text.
    chances: [f64; 3],
}

impl Bank {
    fn new(sorted: Patterns, ignore_case: bool) -> Result<Self, SearchError> {
        let patterns = sorted.iter().map(|(bytes, owner)| Pattern::new(bytes, *owner, ignore_case)).collect();
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .ascii_case_insensitive(ignore_case)
            .build(sorted.into_keys())
            .map_err(|_| SearchError::TooMany)?;
        Ok(Self { automaton, patterns })
    }

    fn find(&self, bytes: &[u8], mut hit: impl FnMut(&Pattern, usize)) {
        for found in self.automaton.find_overlapping_iter(bytes) {
            if let Some(pattern) = self.patterns.get(found.pattern().as_usize()) {
                hit(pattern, found.start());
            }
        }
    }
}

impl Pattern {
    fn new(bytes: &[u8], (needle, spelling): (usize, Spelling), ignore_case: bool) -> Self {
        let letters = bytes.iter().filter(|byte| ignore_case && byte.is_ascii_alphabetic()).count();
        let chance = |bits: f64, fits: fn(&u8) -> bool, twice: usize| {
            let possible = bytes.iter().all(fits);
            if possible { (float_len(twice) - bits * float_len(bytes.len())).exp2() } else { 0.0 }
        };
        let base64 = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/-_".contains(byte);
        let chances = [
            chance(8.0, |_| true, letters),
            chance(6.0, base64, letters),
            chance(4.0, u8::is_ascii_hexdigit, 0),
        ];
        Self { needle, spelling, length: bytes.len(), chances }
    }

    const fn hit(&self, haystack: usize, offset: usize) -> Hit {
        let Self { needle, spelling, length, .. } = *self;
        Hit { haystack, needle, spelling, offset, length }
    }
}

/// Bytes searched, by what they are made of.
#[derive(Debug, Default)]
struct Searched {
    bytes: [u64; 3],
}

impl Searched {
    fn add(&mut self, haystack: &[u8]) {
        let share = |fits: fn(&u8) -> bool| {
            haystack.iter().filter(|byte| fits(byte)).count() * 10 >= haystack.len() * 9
        };
        let [binary, base64, hex] = &mut self.bytes;
        let sum = if share(u8::is_ascii_hexdigit) {
            hex
        } else if share(u8::is_ascii_alphanumeric) {
            base64
        } else {
            binary
        };
        *sum += count(haystack.len());
    }

    fn expected(&self, pattern: &Pattern) -> f64 {
        self.bytes.iter().zip(pattern.chances).map(|(bytes, chance)| float(*bytes) * chance).sum()
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

#[cfg(test)]
#[path = "../search_tests.rs"]
mod tests;
