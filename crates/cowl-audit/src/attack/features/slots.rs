//! Values of messages in slots, interned, so that two messages are compared by numbers.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use crate::convert::{float, float_len};

/// Labels that are kept apart; further ones are not looked at.
const MOST_LABELS: usize = 72;
/// Numbers that are kept apart.
const MOST_NUMBERS: usize = 28;

/// 64 bits that stand for these bytes. Not for hostile tables: two messages that collide look equal, which chance does once in 2⁶⁴.
pub(crate) fn hash(bytes: &[u8]) -> u64 {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut state = crate::convert::count(bytes.len()).wrapping_mul(FACTOR);
    for chunk in bytes.chunks(8) {
        let mut word = [0; 8];
        for (to, from) in word.iter_mut().zip(chunk) {
            *to = *from;
        }
        state = (state ^ u64::from_le_bytes(word)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        state ^= state >> 29;
    }
    state = state.wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 32)
}

/// Keys that are hashes already.
#[derive(Debug, Default)]
pub(crate) struct AsIs(u64);

impl Hasher for AsIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 ^= hash(bytes);
    }

    fn write_u64(&mut self, value: u64) {
        self.0 ^= value;
    }
}

/// A map by hashes.
pub(crate) type ByHash<V> = HashMap<u64, V, BuildHasherDefault<AsIs>>;

/// One slot of labels: what each message says there.
#[derive(Debug, Clone)]
pub(crate) struct Labels {
    /// What the slot is: a hash of its name.
    pub(crate) name: u64,
    /// For each message the number of its value; 0 where it has none.
    pub(crate) codes: Vec<u32>,
    /// For each value how surprising it is that a message has it, bits.
    bits: Vec<f64>,
}

impl Labels {
    /// How much it says that two messages have the same value: bits, 0 if they differ, NaN if one has none.
    pub(crate) fn match_bits(&self, a: u32, b: u32) -> f64 {
        if a == 0 || b == 0 {
            f64::NAN
        } else if a == b {
            usize::try_from(a).ok().and_then(|code| self.bits.get(code)).copied().unwrap_or(0.0)
        } else {
            0.0
        }
    }

    /// The value of a message.
    pub(crate) fn code(&self, message: usize) -> u32 {
        self.codes.get(message).copied().unwrap_or(0)
    }
}

/// One slot of numbers.
#[derive(Debug, Clone)]
pub(crate) struct Numbers {
    /// For each message its number; NaN where it has none.
    pub(crate) values: Vec<f64>,
}

/// Collects what messages say, in any order of slots.
#[derive(Debug, Default)]
pub(crate) struct Collector {
    rows: usize,
    label_slots: ByHash<usize>,
    labels: Vec<(u64, Vec<(usize, u64)>)>,
    number_slots: ByHash<usize>,
    numbers: Vec<Vec<(usize, f64)>>,
}

impl Collector {
    pub(crate) fn new(rows: usize) -> Self {
        Self { rows, ..Self::default() }
    }

    /// The message says this value, given as a hash, in the slot of this name. A second value in one slot is not looked at.
    pub(crate) fn label(&mut self, message: usize, name: u64, value: u64) {
        let next = self.labels.len();
        let slot = *self.label_slots.entry(name).or_insert(next);
        if slot == next && next < MOST_LABELS {
            self.labels.push((name, Vec::new()));
        }
        if let Some((_, said)) = self.labels.get_mut(slot)
            && said.last().is_none_or(|(last, _)| *last < message)
        {
            said.push((message, value));
        } else if slot == next {
            // not a slot after all
            self.label_slots.remove(&name);
        }
    }

    /// The message says this number.
    pub(crate) fn number(&mut self, message: usize, name: u64, value: f64) {
        let next = self.numbers.len();
        let slot = *self.number_slots.entry(name).or_insert(next);
        if slot == next && next < MOST_NUMBERS {
            self.numbers.push(Vec::new());
        }
        if let Some(said) = self.numbers.get_mut(slot)
            && said.last().is_none_or(|(last, _)| *last < message)
        {
            said.push((message, value));
        } else if slot == next {
            self.number_slots.remove(&name);
        }
    }

    /// The slots that can tell messages apart or bring them together: not those that are always the same, nor those that never repeat.
    pub(crate) fn finish(self) -> (Vec<Labels>, Vec<Numbers>) {
        let labels = self.labels.into_iter().filter_map(|(name, said)| intern(self.rows, name, &said));
        let numbers = self.numbers.into_iter().filter_map(|said| {
            let first = said.first()?.1;
            let varies = said.iter().any(|(_, value)| value.total_cmp(&first).is_ne());
            let mut values = vec![f64::NAN; self.rows];
            for (message, value) in said {
                if let Some(slot) = values.get_mut(message) {
                    *slot = value;
                }
            }
            varies.then_some(Numbers { values })
        });
        (labels.collect(), numbers.collect())
    }
}

/// One slot of labels of `rows` messages, unless it says nothing.
pub(crate) fn intern(rows: usize, name: u64, said: &[(usize, u64)]) -> Option<Labels> {
    let mut known: ByHash<u32> = ByHash::default();
    let mut codes = vec![0; rows];
    let mut counts = vec![0_u64];
    for (message, value) in said {
        let next = u32::try_from(counts.len()).ok()?;
        let code = *known.entry(*value).or_insert(next);
        if code == next {
            counts.push(0);
        }
        if let Some(count) = usize::try_from(code).ok().and_then(|code| counts.get_mut(code)) {
            *count += 1;
        }
        if let Some(slot) = codes.get_mut(*message) {
            *slot = code;
        }
    }
    let distinct = counts.len() - 1;
    let constant = distinct == 1 && said.len() == rows;
    let unrepeated = distinct == said.len();
    if constant || unrepeated {
        return None;
    }
    let total = float_len(said.len());
    let bits = counts.iter().map(|count| if *count == 0 { 0.0 } else { (total / float(*count)).log2() });
    Some(Labels { name, codes, bits: bits.collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rare_match_says_more_and_what_never_matches_is_left_out() {
        let mut collector = Collector::new(8);
        for message in 0..8 {
            let value = if message < 6 { 1 } else { 2 };
            collector.label(message, 10, value);
            collector.label(message, 11, 5);
            collector.label(message, 12, crate::convert::count(message));
            collector.number(message, 13, float_len(message));
            collector.number(message, 14, 3.0);
        }
        let (labels, numbers) = collector.finish();
        assert_eq!(labels.iter().map(|slot| slot.name).collect::<Vec<_>>(), [10]);
        assert_eq!(numbers.len(), 1);
        let slot = &labels[0];
        assert!((slot.match_bits(slot.code(6), slot.code(7)) - 2.0).abs() < 1e-12);
        assert!(slot.match_bits(slot.code(0), slot.code(1)) < 0.5);
        assert!(slot.match_bits(slot.code(0), slot.code(7)).abs() < 1e-12);
        assert!(slot.match_bits(slot.code(0), slot.code(99)).is_nan());
    }

    #[test]
    fn too_many_slots_are_not_looked_at() {
        let mut collector = Collector::new(4);
        for name in 0..1000 {
            for message in 0..4 {
                collector.label(message, name, name + u64::from(message > 1));
                collector.number(message, name, float_len(message));
            }
        }
        let (labels, numbers) = collector.finish();
        assert_eq!((labels.len(), numbers.len()), (MOST_LABELS, MOST_NUMBERS));
    }
}
