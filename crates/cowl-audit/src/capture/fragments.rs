//! Puts the fragments of IP datagrams together.

use core::net::IpAddr;
use std::collections::HashMap;

use super::ip::{Datagram, Fragment};
use super::{MAX_FRAGMENT_WAIT_US, MAX_FRAGMENTED};

/// Largest datagram.
const MAX_DATAGRAM: usize = 65_535;

/// Datagrams of which some fragments have been seen.
#[derive(Debug, Default)]
pub(super) struct Fragments {
    parts: HashMap<(IpAddr, IpAddr, u32), Parts>,
}

/// The fragments of one datagram.
#[derive(Debug)]
struct Parts {
    since: u64,
    fragments: u64,
    bytes: Vec<u8>,
    /// Which bytes are there: ranges in order that do not touch.
    present: Vec<(usize, usize)>,
    /// Its length, once the last fragment is there.
    total: Option<usize>,
}

impl Fragments {
    /// Adds a fragment; returns the datagram's payload if it was the last one. `lost` counts fragments that will not become a datagram.
    pub(super) fn add(
        &mut self,
        at: u64,
        packet: &Datagram<'_>,
        fragment: Fragment,
        lost: &mut u64,
    ) -> Option<Vec<u8>> {
        let begin = usize::try_from(fragment.offset).unwrap_or(usize::MAX);
        let end = begin.saturating_add(packet.payload.len());
        // Cut off by the snapshot length, or beyond what a datagram can be: it cannot become whole.
        if packet.payload.len() < packet.length || end > MAX_DATAGRAM || packet.payload.is_empty() {
            *lost += 1;
            return None;
        }
        let key = (packet.from, packet.to, fragment.id);
        if !self.parts.contains_key(&key) {
            self.make_room(at, lost);
        }
        let parts = self.parts.entry(key).or_insert_with(|| Parts {
            since: at,
            fragments: 0,
            bytes: Vec::new(),
            present: Vec::new(),
            total: None,
        });
        parts.fragments += 1;
        if !fragment.more {
            parts.total.get_or_insert(end);
        }
        parts.put(begin, packet.payload);
        let whole = parts
            .total
            .is_some_and(|total| parts.present.first().is_some_and(|(from, to)| *from == 0 && *to >= total));
        if !whole {
            return None;
        }
        let parts = self.parts.remove(&key)?;
        let mut bytes = parts.bytes;
        bytes.truncate(parts.total.unwrap_or(MAX_DATAGRAM));
        Some(bytes)
    }

    /// The capture is over: what is left will not become whole.
    pub(super) fn finish(&mut self, lost: &mut u64) {
        *lost += self.parts.drain().map(|(_, parts)| parts.fragments).sum::<u64>();
    }

    fn make_room(&mut self, at: u64, lost: &mut u64) {
        if self.parts.len() < MAX_FRAGMENTED {
            return;
        }
        self.parts.retain(|_, parts| {
            let keep = at.saturating_sub(parts.since) <= MAX_FRAGMENT_WAIT_US;
            *lost += if keep { 0 } else { parts.fragments };
            keep
        });
        while self.parts.len() >= MAX_FRAGMENTED {
            let oldest = self.parts.iter().min_by_key(|(_, parts)| parts.since).map(|(key, _)| *key);
            let Some(gone) = oldest.and_then(|key| self.parts.remove(&key)) else { return };
            *lost += gone.fragments;
        }
    }
}

impl Parts {
    /// Writes what is not there yet: the bytes that came first are kept.
    fn put(&mut self, begin: usize, payload: &[u8]) {
        let end = begin + payload.len();
        if self.bytes.len() < end {
            self.bytes.resize(end, 0);
        }
        let mut from = begin;
        let mut holes = Vec::new();
        for (left, right) in &self.present {
            if *left > from {
                holes.push((from, end.min(*left)));
            }
            from = from.max(*right);
            if from >= end {
                break;
            }
        }
        holes.push((from, end));
        for (left, right) in holes.into_iter().filter(|(left, right)| left < right) {
            let new = payload.get(left - begin..right - begin).unwrap_or(&[]);
            if let Some(place) = self.bytes.get_mut(left..right) {
                place.copy_from_slice(new);
            }
        }
        self.present.push((begin, end));
        self.present.sort_unstable();
        self.present.dedup_by(|next, before| {
            let touches = next.0 <= before.1;
            if touches {
                before.1 = before.1.max(next.1);
            }
            touches
        });
    }
}
