//! Payloads that nobody can read, side by side: bytes that are equal at the same place.

use std::collections::HashSet;

use crate::attack::features::slots::hash;
use crate::convert::{float, float_len};
use crate::view::View;

/// Bytes of a payload that are compared.
const REACH: usize = 1024;
/// Payloads from which is learnt how usual a byte is at its place.
const SAMPLE: usize = 4096;
/// Places that are tried for a token.
const PLACES: usize = 128;
/// Bytes of a token.
const TOKEN: usize = 8;
/// Places of tokens that are kept.
const MOST: usize = 8;

/// What is usual at each place of the payloads, and where tokens may stand.
#[derive(Debug, Clone, Default)]
pub(crate) struct Bytes {
    /// For each place and byte its surprise in bits, 256 a place.
    bits: Vec<f64>,
    tokens: Vec<usize>,
}

impl Bytes {
    pub(crate) fn new(view: &View) -> Self {
        let step = view.messages.len().div_ceil(SAMPLE).max(1);
        let mut counts: Vec<u32> = Vec::new();
        let mut totals: Vec<u32> = Vec::new();
        for message in view.messages.iter().step_by(step) {
            let payload = view.get(&message.payload);
            let payload = payload.get(..REACH).unwrap_or(payload);
            if totals.len() < payload.len() {
                totals.resize(payload.len(), 0);
                counts.resize(payload.len() * 256, 0);
            }
            for ((byte, total), counts) in payload.iter().zip(&mut totals).zip(counts.chunks_exact_mut(256)) {
                *total += 1;
                if let Some(count) = counts.get_mut(usize::from(*byte)) {
                    *count += 1;
                }
            }
        }
        let surprise = |(count, total): (&u32, u32)| {
            // a sample of n has seen a byte that it has not seen less often than once in n + 256
            ((f64::from(total) + 256.0) / (f64::from(*count) + 1.0)).log2()
        };
        let constant = |counts: &[u32], total: u32| counts.contains(&total);
        let bits = counts
            .chunks_exact(256)
            .zip(&totals)
            .flat_map(|(counts, total)| {
                let silent = constant(counts, *total);
                counts.iter().map(move |count| if silent { 0.0 } else { surprise((count, *total)) })
            })
            .collect();
        Self { bits, tokens: tokens(view) }
    }

    /// Hands over what stands where tokens may stand: place and value.
    pub(crate) fn labels(&self, payload: &[u8], mut label: impl FnMut(usize, u64)) {
        for at in &self.tokens {
            if let Some(token) = payload.get(*at..at + TOKEN) {
                label(*at, hash(token));
            }
        }
    }

    /// How surprising it is that two payloads have so many bytes in common at the same places, bits: of all bytes, and of the longest run.
    pub(crate) fn common(&self, a: &[u8], b: &[u8]) -> [f64; 2] {
        let (mut sum, mut run, mut longest) = (0.0, 0.0, 0.0_f64);
        for ((a, b), bits) in a.iter().zip(b).zip(self.bits.chunks_exact(256)) {
            if a == b {
                let bits = bits.get(usize::from(*a)).copied().unwrap_or(0.0);
                sum += bits;
                run += bits;
                longest = longest.max(run);
            } else {
                run = 0.0;
            }
        }
        [sum, longest]
    }
}

/// Places at which the same 8 bytes come back, and others too: in messages that follow each other, for a token may not live long.
fn tokens(view: &View) -> Vec<usize> {
    let sample = view.messages.get(..SAMPLE).unwrap_or(&view.messages);
    let mut found: Vec<(usize, f64)> = Vec::new();
    for place in 0..PLACES {
        let at = 4 * place;
        let mut distinct = HashSet::new();
        let mut total = 0_u64;
        for message in sample {
            if let Some(token) = view.get(&message.payload).get(at..at + TOKEN) {
                distinct.insert(token);
                total += 1;
            }
        }
        let repeated = 1.0 - float_len(distinct.len()) / float(total).max(1.0);
        if distinct.len() > 1 && total > 1 && repeated > 0.05 {
            found.push((at, float_len(distinct.len())));
        }
    }
    // where more values are told apart; of equally good places the first
    found.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    found.truncate(MOST);
    found.into_iter().map(|(at, _)| at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attack::features::testing::view;
    use crate::testing::Random;

    #[test]
    fn a_token_among_random_bytes_is_found_and_constants_say_nothing() {
        let mut random = Random::new(1);
        let payloads: Vec<Vec<u8>> = (0..200_u8)
            .map(|number| {
                let mut payload = random.bytes(64);
                payload[..4].copy_from_slice(b"v001");
                payload[40..48].copy_from_slice(&[number % 10; 8]);
                payload
            })
            .collect();
        let bytes = Bytes::new(&view(&payloads));
        assert_eq!(bytes.tokens, [40]);
        let [same, run] = bytes.common(&payloads[0], &payloads[10]);
        let [other, _] = bytes.common(&payloads[0], &payloads[11]);
        assert!(same > other + 15.0 && run > 15.0, "{same} {other} {run}");
        let mut seen = Vec::new();
        bytes.labels(&payloads[0], |at, value| seen.push((at, value)));
        assert_eq!(seen.len(), 1);
    }
}
