//! Opaque payloads side by side: what stands still, counts or comes back at one place, and whether the bytes are random at all.

use std::collections::BTreeMap;

use base64::Engine as _;
use serde::Serialize;

use super::nodes::Node;
use crate::payload::{Coincidences, Format, coincidences, offsets, repeated_windows};

/// Sizes that are looked at.
const MAX_SIZES: usize = 8;
/// Payloads of each: the first ones with their senders, and as many drawn from all.
const MAX_FIRST: usize = 2048;
const MAX_DRAWN: usize = 4096;
/// Of one sender among the first.
const MAX_OF_ONE: usize = 64;
/// Longest payload that is kept: of longer ones, its first bytes.
const MAX_LENGTH: usize = 1024;
/// Fewer say nothing.
const LEAST: usize = 24;
/// Standard deviations of chi-square (Wilson and Hilferty) from which bytes are not random: 1 in 10⁹ random samples.
const NOT_RANDOM: f64 = 6.0;

#[derive(Debug)]
pub(super) struct Opaque {
    groups: BTreeMap<usize, Group>,
    dice: u64,
    pub(super) messages: u64,
}

#[derive(Debug, Default)]
struct Group {
    messages: u64,
    first: Vec<(u32, Box<[u8]>)>,
    per_sender: BTreeMap<u32, usize>,
    drawn: Vec<Box<[u8]>>,
}

/// Opaque payloads of one size.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OpaqueSize {
    /// Their size in bytes, after base64 or hex is taken off.
    pub size: usize,
    /// How many there were.
    pub messages: u64,
    /// How many of them the rest of this looked at.
    pub looked_at: usize,
    /// Entropy of all their bytes together, bits per byte: 8 is random.
    pub bits_per_byte: f64,
    /// Chi-square of their byte histogram in standard deviations: above 6 the bytes are not random.
    pub chi_square_sigma: f64,
    /// Whether they are indistinguishable from random bytes by all that is measured here.
    pub looks_random: bool,
    /// Bytes that are the same in every message, as offset and length.
    pub constant: Vec<ByteRange>,
    /// Counters: over the messages of each connection, or of all.
    pub counters: Vec<ByteRange>,
    /// Bytes whose values come back: they may name a sender. With the number of different values.
    pub repeated: Vec<RepeatedBytes>,
}

/// Bytes of a payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ByteRange {
    /// First byte.
    pub offset: usize,
    /// Number of bytes.
    pub length: usize,
}

/// Bytes whose values come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct RepeatedBytes {
    /// First byte; four are compared.
    pub offset: usize,
    /// Different values.
    pub distinct: usize,
    /// Messages among which they are.
    pub messages: usize,
}

impl Opaque {
    pub(super) const fn new() -> Self {
        Self { groups: BTreeMap::new(), dice: 0, messages: 0 }
    }

    pub(super) fn add(&mut self, payload: &[u8], format: Format, node: Option<Node>) {
        self.messages += 1;
        if !self.groups.contains_key(&payload.len()) && self.groups.len() >= MAX_SIZES {
            return;
        }
        let group = self.groups.entry(payload.len()).or_default();
        group.messages += 1;
        let raw = || -> Box<[u8]> {
            let bytes = unwrapped(payload, format);
            bytes.get(..MAX_LENGTH).unwrap_or(&bytes).into()
        };
        if group.first.len() < MAX_FIRST {
            let node = node.map_or(u32::MAX, |node| node.0);
            let taken = group.per_sender.entry(node).or_default();
            if *taken < MAX_OF_ONE || node == u32::MAX {
                *taken += 1;
                group.first.push((node, raw()));
            }
        }
        // algorithm R: every payload has the same chance to be among those drawn
        if group.drawn.len() < MAX_DRAWN {
            group.drawn.push(raw());
        } else {
            self.dice = self.dice.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let place = mixed(self.dice) % group.messages;
            if let Some(slot) = usize::try_from(place).ok().and_then(|place| group.drawn.get_mut(place)) {
                *slot = raw();
            }
        }
    }

    pub(super) fn finish(self) -> Vec<OpaqueSize> {
        let mut found: Vec<OpaqueSize> =
            self.groups.into_values().filter(|group| group.drawn.len() >= LEAST).map(Group::finish).collect();
        found.sort_by_key(|size| core::cmp::Reverse(size.messages));
        found
    }
}

impl Group {
    fn finish(self) -> OpaqueSize {
        let size = self.drawn.first().map_or(0, |payload| payload.len());
        let profile = offsets::profile(&self.drawn);
        let constant: Vec<ByteRange> = profile
            .constant
            .iter()
            .map(|range| ByteRange { offset: range.start, length: range.len() })
            .collect();
        let still = |offset: usize| {
            constant.iter().any(|range| (range.offset..range.offset + range.length).contains(&offset))
        };
        let mut histogram = [0_u64; 256];
        for payload in &self.drawn {
            for (_, byte) in payload.iter().enumerate().filter(|(offset, _)| !still(*offset)) {
                if let Some(count) = histogram.get_mut(usize::from(*byte)) {
                    *count += 1;
                }
            }
        }
        let total = crate::convert::float(histogram.iter().sum());
        let even = total / 256.0;
        let chi: f64 =
            histogram.iter().map(|count| (crate::convert::float(*count) - even).powi(2) / even).sum();
        let spread: f64 = 2.0 / (9.0 * 255.0);
        let sigma = if total > 0.0 { ((chi / 255.0).cbrt() - (1.0 - spread)) / spread.sqrt() } else { 0.0 };
        let entropy: f64 = histogram
            .iter()
            .filter(|count| **count > 0)
            .map(|count| crate::convert::float(*count) / total)
            .map(|share| -share * share.log2())
            .sum();
        let counts: Option<Coincidences> =
            coincidences(&self.drawn).into_iter().find(|counts| counts.size == size);
        let repeated: Vec<RepeatedBytes> = counts
            .map(|counts| repeated_windows(&self.drawn, &counts, &profile))
            .unwrap_or_default()
            .into_iter()
            .map(|window| RepeatedBytes {
                offset: window.offset,
                distinct: window.distinct,
                messages: window.messages,
            })
            .collect();
        let counters = counters(self.first, size);
        OpaqueSize {
            size,
            messages: self.messages,
            looked_at: self.drawn.len(),
            bits_per_byte: entropy,
            chi_square_sigma: sigma,
            looks_random: sigma < NOT_RANDOM
                && constant.is_empty()
                && counters.is_empty()
                && repeated.is_empty(),
            constant,
            counters,
            repeated,
        }
    }
}

/// Counters over each sender's messages, where at least half of the senders with enough of them show them; and over all, in order of arrival.
fn counters(mut first: Vec<(u32, Box<[u8]>)>, size: usize) -> Vec<ByteRange> {
    let mut votes: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    let all: Vec<&[u8]> = first.iter().map(|(_, payload)| &**payload).collect();
    let mut found: Vec<ByteRange> = offsets::profile(&all)
        .counters
        .iter()
        .map(|counter| ByteRange { offset: counter.offset, length: counter.width })
        .collect();
    first.sort_by_key(|(node, _)| *node);
    let mut senders = 0_usize;
    for run in first.chunk_by(|one, other| one.0 == other.0).filter(|run| run.len() >= LEAST).take(64) {
        senders += 1;
        let payloads: Vec<&[u8]> = run.iter().map(|(_, payload)| &**payload).collect();
        for counter in offsets::profile(&payloads).counters {
            *votes.entry((counter.offset, counter.width)).or_default() += 1;
        }
    }
    for ((offset, length), number) in votes {
        let covered =
            found.iter().any(|old| old.offset < offset + length && offset < old.offset + old.length);
        if number * 2 >= senders && offset + length <= size && !covered {
            found.push(ByteRange { offset, length });
        }
    }
    found
}

/// `SplitMix64` (Steele, Lea, Flood 2014): the same draw for the same trace.
const fn mixed(state: u64) -> u64 {
    let state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}

/// Base64 and hex are no part of what is random.
fn unwrapped(payload: &[u8], format: Format) -> Vec<u8> {
    let text = payload.trim_ascii();
    let body = text.strip_suffix(b"==").or_else(|| text.strip_suffix(b"=")).unwrap_or(text);
    let decoded = match format {
        Format::Base64 if body.iter().any(|byte| matches!(byte, b'-' | b'_')) => {
            base64::prelude::BASE64_URL_SAFE_NO_PAD.decode(body).ok()
        }
        Format::Base64 => base64::prelude::BASE64_STANDARD_NO_PAD.decode(body).ok(),
        Format::Hex => crate::payload::unhex(text).next(),
        _ => None,
    };
    decoded.unwrap_or_else(|| payload.into())
}
