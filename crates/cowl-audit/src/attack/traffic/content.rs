//! What can be read in messages: words as columns, and values that may stand for somebody.

use std::collections::{BTreeMap, HashMap};

use crate::convert::count;
use crate::payload::{FieldRef, Kind, Sighting, scan};
use crate::view::View;

/// Words that become columns, at most.
pub(in crate::attack) const WORDS: u32 = 24;
/// Columns of identifiers, at most.
const COLUMNS: usize = 12;
/// Longest value that is a word.
const WORD: usize = 24;

/// What can be read in the messages of a view, in their order.
#[derive(Debug, Clone, Default)]
pub(in crate::attack) struct Content {
    /// Which of the common words each message has: bit n for the n-th.
    pub(in crate::attack) words: Vec<u32>,
    /// Per key under which identifiers stand: the value's hash in each message, 0 where there is none.
    pub(in crate::attack) identifiers: BTreeMap<u64, Vec<u64>>,
}

/// FNV-1a (Fowler, Noll, Vo) of several pieces; never 0.
pub(in crate::attack) fn hash(pieces: &[&[u8]]) -> u64 {
    let mut state = 0xcbf2_9ce4_8422_2325_u64;
    for piece in pieces {
        for byte in piece.iter().chain(&[0xff]) {
            state = (state ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
    state.max(1)
}

impl Content {
    /// Reads payloads, topics, user properties and what the adversary's keys open.
    ///
    /// Which words become columns is chosen without looking at what is asked: of each key the most frequent values, key by key in turn.
    pub(in crate::attack) fn read(view: &View) -> Self {
        let mut content = Self { words: vec![0; view.messages.len()], identifiers: BTreeMap::new() };
        let mut said: Vec<(usize, u64, u64)> = Vec::new();
        for (number, message) in view.messages.iter().enumerate() {
            let mut sink = |field: &FieldRef<'_>| {
                let key = hash(&[field.kind.name().as_bytes(), field.key.unwrap_or_default()]);
                if field.kind.identifies() {
                    let known = content.identifiers.len();
                    let column = match content.identifiers.get_mut(&key) {
                        Some(column) => column,
                        None if known >= COLUMNS => return,
                        None => {
                            content.identifiers.entry(key).or_insert_with(|| vec![0; view.messages.len()])
                        }
                    };
                    if let Some(cell) = column.get_mut(number) {
                        *cell = hash(&[field.value]);
                    }
                } else if is_word(field) {
                    said.push((number, key, hash(&[field.value.to_ascii_lowercase().as_slice()])));
                }
            };
            scan(&Sighting::new(view.get(&message.topic), view.get(&message.payload)), &mut sink);
            for also in [&message.opened, &message.properties] {
                let bytes = view.get(also);
                if !bytes.is_empty() {
                    scan(&Sighting::new(&[], bytes), &mut sink);
                }
            }
        }
        let place = chosen(&said);
        for (number, key, value) in said {
            if let (Some(bit), Some(words)) = (place.get(&(key, value)), content.words.get_mut(number)) {
                *words |= 1 << bit;
            }
        }
        content
    }
}

fn is_word(field: &FieldRef<'_>) -> bool {
    let bound = !matches!(
        field.kind,
        Kind::Position
            | Kind::Latitude
            | Kind::Longitude
            | Kind::Altitude
            | Kind::Timestamp
            | Kind::Temperature
    );
    bound && field.value.len() <= WORD
}

/// The words that become columns: the first of each key, then the second of each, and so on. Keys are taken in the order of their hashes.
fn chosen(said: &[(usize, u64, u64)]) -> HashMap<(u64, u64), u32> {
    let mut times: BTreeMap<u64, BTreeMap<u64, u64>> = BTreeMap::new();
    for (_, key, value) in said {
        *times.entry(*key).or_default().entry(*value).or_default() += 1;
    }
    let mut ranked: Vec<(u64, Vec<u64>)> = Vec::new();
    for (key, values) in times {
        let total: u64 = values.values().sum();
        // nearly every value a new one: a measurement or a name, not a word
        if count(values.len()) * 4 > total {
            continue;
        }
        let mut common: Vec<(u64, u64)> = values
            .into_iter()
            .filter(|(_, often)| *often >= 3)
            .map(|(value, often)| (often, value))
            .collect();
        common.sort_unstable_by(|a, b| b.cmp(a));
        ranked.push((key, common.into_iter().map(|(_, value)| value).collect()));
    }
    let deepest = ranked.iter().map(|(_, values)| values.len()).max().unwrap_or(0);
    let turns = (0..deepest).flat_map(|depth| {
        ranked.iter().filter_map(move |(key, values)| values.get(depth).map(|value| (*key, *value)))
    });
    turns.zip(0..WORDS).collect()
}
