//! The first opaque payloads of each frequent size, kept for what needs several messages side by side.

use std::collections::{BTreeMap, HashSet};

use crate::payload::coincidence::{self, Coincidences};
use crate::payload::offsets::{self, OffsetProfile};

/// Sizes that are kept.
const MAX_SIZES: usize = 8;
/// Payloads of each.
const MAX_MESSAGES: usize = 4096;
/// Bytes of all.
const MAX_BYTES: usize = 32 << 20;
/// Longest payload that is kept: of longer ones, its first bytes.
const MAX_LENGTH: usize = 2048;

#[derive(Debug, Default)]
pub(super) struct Sample {
    by_size: BTreeMap<usize, Vec<Box<[u8]>>>,
    bytes: usize,
}

/// Bytes at one place that come back: they may name a sender.
#[derive(Debug, Clone)]
pub(crate) struct Repeated {
    pub(crate) size: usize,
    pub(crate) offset: usize,
    pub(crate) distinct: usize,
    pub(crate) messages: usize,
}

impl Sample {
    pub(super) fn add(&mut self, payload: &[u8]) {
        let kept = payload.get(..MAX_LENGTH).unwrap_or(payload);
        if self.bytes + kept.len() > MAX_BYTES || kept.is_empty() {
            return;
        }
        if !self.by_size.contains_key(&payload.len()) && self.by_size.len() >= MAX_SIZES {
            return;
        }
        let group = self.by_size.entry(payload.len()).or_default();
        if group.len() < MAX_MESSAGES {
            group.push(kept.into());
            self.bytes += kept.len();
        }
    }

    pub(super) fn coincidences(&self) -> Vec<Coincidences> {
        self.by_size.values().flat_map(|group| coincidence::coincidences(group)).collect()
    }

    pub(super) fn offsets(&self) -> Vec<OffsetProfile> {
        self.by_size.values().filter(|group| group.len() > 1).map(|group| offsets::profile(group)).collect()
    }

    /// [`repeated_windows`] of every size.
    pub(super) fn repeated_windows(
        &self,
        coincidences: &[Coincidences],
        profiles: &[OffsetProfile],
    ) -> Vec<Repeated> {
        let mut found: Vec<Repeated> = Vec::new();
        for (group, profile) in self.by_size.values().filter(|group| group.len() > 1).zip(profiles) {
            if let Some(counts) = coincidences.iter().find(|counts| counts.size == profile.size) {
                found.extend(repeated_windows(group, counts, profile));
            }
        }
        found.truncate(16);
        found
    }
}

/// Places where random bytes would not coincide so often, which are neither constant nor part of a counter, and whose values each come
/// back at least once on average. Text (Fernet, base64, hex) is left out: few values at a place are its nature.
pub(crate) fn repeated_windows<P: AsRef<[u8]>>(
    group: &[P],
    counts: &Coincidences,
    profile: &OffsetProfile,
) -> Vec<Repeated> {
    let mut found = Vec::new();
    if group.first().is_some_and(|payload| crate::payload::format::is_text(payload.as_ref())) {
        return found;
    }
    let mut next = 0;
    for offset in counts.exceeding().filter(|offset| !is_counted(profile, *offset)) {
        if offset < next {
            continue;
        }
        let values: HashSet<&[u8]> =
            group.iter().filter_map(|payload| payload.as_ref().get(offset..offset + 4)).collect();
        if values.len() >= 2 && values.len() * 2 <= group.len() {
            next = offset + 4;
            found.push(Repeated {
                size: profile.size,
                offset,
                distinct: values.len(),
                messages: group.len(),
            });
        }
    }
    found
}

fn is_counted(profile: &OffsetProfile, offset: usize) -> bool {
    profile
        .counters
        .iter()
        .any(|counter| counter.offset < offset + 4 && offset < counter.offset + counter.width)
}
