//! The bytes of one direction of a TCP connection, in order (RFC 9293 §3.4, §3.10).

use std::collections::BTreeMap;

use super::segment::Segment;
use super::summary::TcpCounts;
use super::{ACKNOWLEDGED_WAIT_US, MAX_AHEAD, MAX_WAIT_US, MAX_WAITING, MAX_WAITING_SEGMENTS};
use crate::convert::count;
use crate::trace::Loss;

/// What comes next in a direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Chunk<'a> {
    /// The bytes of one segment, as far as they are new.
    Bytes(&'a [u8]),
    /// Bytes that the capture does not have.
    Gap { bytes: u64, cause: Loss },
}

/// One direction.
#[derive(Debug, Default)]
pub(super) struct Direction {
    /// Sequence number of the byte at `position`, once one is known.
    next: Option<u32>,
    /// Bytes that were handed on or given up.
    position: u64,
    /// What lies behind a gap, by position; pieces do not overlap.
    waiting: BTreeMap<u64, Piece>,
    waiting_bytes: usize,
    /// Since when the first of them waits.
    gap_since: u64,
    /// Since when the receiver is known to have what is missing here.
    acknowledged_since: Option<u64>,
    /// Position up to which the receiver has everything.
    acknowledged: u64,
    /// Position of FIN.
    end: Option<u64>,
    /// Sequence number behind the last segment that was too far away.
    astray: Option<u32>,
    /// Whether its first byte is known.
    has_beginning: bool,
}

/// What a waiting piece takes besides its bytes, roughly.
const PIECE: usize = 96;

/// Bytes that wait.
#[derive(Debug)]
struct Piece {
    bytes: Vec<u8>,
    /// Bytes behind them that the snapshot length cut off.
    snapped: u32,
}

impl Piece {
    fn length(&self) -> u64 {
        count(self.bytes.len()) + u64::from(self.snapped)
    }

    const fn cost(&self) -> usize {
        self.bytes.len() + PIECE
    }
}

impl Direction {
    /// Its first byte has this sequence number.
    pub(super) fn begin(&mut self, sequence: u32) {
        if self.next.is_none() {
            self.next = Some(sequence);
            self.has_beginning = true;
        }
    }

    /// Takes a segment and hands on all that is in order now.
    pub(super) fn accept(
        &mut self,
        at: u64,
        segment: &Segment<'_>,
        counts: &mut TcpCounts,
        sink: &mut dyn FnMut(Chunk<'_>),
    ) {
        let first = if segment.syn { segment.sequence.wrapping_add(1) } else { segment.sequence };
        let length = segment.length();
        if segment.syn {
            self.begin(first);
        }
        let next = *self.next.get_or_insert(first);
        let distance = i64::from(first.wrapping_sub(next).cast_signed());
        if distance.unsigned_abs() > u64::from(MAX_AHEAD)
            && !self.believe(segment, first, distance, counts, sink)
        {
            return;
        }
        let next = self.next.unwrap_or(first);
        let distance = i64::from(first.wrapping_sub(next).cast_signed());
        // Bytes from before the first that was seen have no position; they are as old as those already handed on.
        let begin = self.position.checked_add_signed(distance);
        let end = self.position.saturating_add_signed(distance + i64::from(length));
        if segment.fin {
            self.end.get_or_insert(end);
        }
        if length == 0 {
            return;
        }
        if end <= self.position {
            counts.repeated += 1;
            return;
        }
        let passed = self.position.saturating_add_signed(-distance.min(0)) - self.position;
        let begin = begin.unwrap_or(0).max(self.position);
        counts.overlapping += u64::from(passed > 0);
        let piece = Part { payload: segment.payload, snapped: segment.snapped }.from(passed);
        if self.waiting.is_empty() && begin == self.position {
            self.hand_on(piece.payload, piece.snapped, sink);
            return;
        }
        self.keep(begin, piece, at, counts);
        self.drain(at, sink);
        while self.waiting_bytes > MAX_WAITING || self.waiting.len() > MAX_WAITING_SEGMENTS {
            self.give_up(at, counts, sink);
        }
    }

    /// The other side says what it waits for next.
    pub(super) fn acknowledge(&mut self, at: u64, acknowledged: u32) {
        let Some(next) = self.next else { return };
        let distance = acknowledged.wrapping_sub(next);
        if distance == 0 || distance > MAX_AHEAD {
            return;
        }
        self.acknowledged = self.acknowledged.max(self.position + u64::from(distance));
        if self.waiting.first_key_value().is_some_and(|(first, _)| self.acknowledged >= *first) {
            self.acknowledged_since.get_or_insert(at);
        }
    }

    /// Gives a gap up if it was waited for long enough.
    pub(super) fn check(&mut self, at: u64, counts: &mut TcpCounts, sink: &mut dyn FnMut(Chunk<'_>)) {
        let waited = |since: u64| at.saturating_sub(since);
        while !self.waiting.is_empty()
            && (waited(self.gap_since) > MAX_WAIT_US
                || self.acknowledged_since.is_some_and(|since| waited(since) > ACKNOWLEDGED_WAIT_US))
        {
            self.give_up(at, counts, sink);
        }
    }

    /// Gives up what is missing before what waits, and hands that on.
    pub(super) fn give_up(&mut self, at: u64, counts: &mut TcpCounts, sink: &mut dyn FnMut(Chunk<'_>)) {
        let Some((first, _)) = self.waiting.first_key_value() else { return };
        let missing = first - self.position;
        self.advance(missing);
        counts.gaps += 1;
        sink(Chunk::Gap { bytes: missing, cause: Loss::Missing });
        self.drain(at, sink);
    }

    /// The connection is over: hands on what is left, with the gaps.
    pub(super) fn finish(&mut self, at: u64, counts: &mut TcpCounts, sink: &mut dyn FnMut(Chunk<'_>)) {
        while !self.waiting.is_empty() {
            self.give_up(at, counts, sink);
        }
        let end = self.end.unwrap_or(self.acknowledged).min(self.acknowledged);
        if end > self.position {
            let missing = end - self.position;
            self.advance(missing);
            counts.gaps += 1;
            sink(Chunk::Gap { bytes: missing, cause: Loss::Missing });
        }
    }

    /// Whether everything up to FIN was handed on.
    pub(super) fn is_finished(&self) -> bool {
        self.end.is_some_and(|end| self.position >= end)
    }

    /// Whether FIN was seen.
    pub(super) const fn has_end(&self) -> bool {
        self.end.is_some()
    }

    /// Whether a sequence number is near what is expected; true if nothing is known.
    pub(super) fn is_near(&self, sequence: u32) -> bool {
        self.next.is_none_or(|next| sequence.wrapping_sub(next).cast_signed().unsigned_abs() <= MAX_AHEAD)
    }

    /// Whether its first byte is known.
    pub(super) const fn has_beginning(&self) -> bool {
        self.has_beginning
    }

    /// Whether nothing has been seen of it.
    pub(super) const fn is_new(&self) -> bool {
        self.next.is_none()
    }

    /// Whether its first byte has this sequence number, if it has begun.
    pub(super) fn begins_with(&self, sequence: u32) -> bool {
        let low = u32::try_from(self.position & 0xffff_ffff).unwrap_or(0);
        self.next.is_some_and(|next| next.wrapping_sub(low) == sequence)
    }

    /// Bytes of memory that waiting pieces take.
    pub(super) const fn held(&self) -> usize {
        self.waiting_bytes
    }

    /// A segment far from what was expected. It is believed if it follows another such: then the capture lacks a lot.
    fn believe(
        &mut self,
        segment: &Segment<'_>,
        first: u32,
        distance: i64,
        counts: &mut TcpCounts,
        sink: &mut dyn FnMut(Chunk<'_>),
    ) -> bool {
        let length = segment.length();
        if length == 0 {
            return false;
        }
        if self.astray.is_none_or(|end| first.wrapping_sub(end) > MAX_AHEAD) {
            counts.astray += 1;
            self.astray = Some(first.wrapping_add(length));
            return false;
        }
        self.astray = None;
        counts.gaps += 1;
        let waiting: u64 = self.waiting.values().map(Piece::length).sum();
        self.waiting.clear();
        self.waiting_bytes = 0;
        self.acknowledged_since = None;
        let missing = u64::try_from(distance).unwrap_or(0).max(waiting);
        self.position += missing;
        self.next = Some(first);
        sink(Chunk::Gap { bytes: missing, cause: Loss::Missing });
        true
    }

    /// Keeps what is not there yet: the bytes that came first win.
    fn keep(&mut self, begin: u64, part: Part<'_>, at: u64, counts: &mut TcpCounts) {
        if self.waiting.is_empty() {
            self.gap_since = at;
        }
        let end = begin + part.length();
        let mut from = begin;
        let mut new = Vec::new();
        let (mut overlaps, mut contradicts) = (false, false);
        // The piece before may reach into this one.
        let before = self.waiting.range(..begin).next_back();
        for (left, piece) in before.into_iter().chain(self.waiting.range(begin..end)) {
            let right = left + piece.length();
            if right <= begin {
                continue;
            }
            overlaps = true;
            contradicts |= !part.agrees(begin, *left, &piece.bytes);
            if *left > from {
                new.push((from, *left));
            }
            from = from.max(right);
        }
        if from < end {
            new.push((from, end));
        }
        counts.repeated += u64::from(overlaps && new.is_empty());
        counts.overlapping += u64::from(overlaps && !new.is_empty());
        counts.contradicting += u64::from(contradicts);
        for (left, right) in new {
            let part = part.from(left - begin).to(right - left);
            let piece = Piece { bytes: part.payload.to_vec(), snapped: part.snapped };
            self.waiting_bytes += piece.cost();
            self.waiting.insert(left, piece);
        }
    }

    /// Hands on what waits no longer.
    fn drain(&mut self, at: u64, sink: &mut dyn FnMut(Chunk<'_>)) {
        let mut moved = false;
        while let Some(first) = self.waiting.first_entry()
            && *first.key() <= self.position
        {
            let piece = first.remove();
            self.waiting_bytes -= piece.cost();
            self.hand_on(&piece.bytes, piece.snapped, sink);
            moved = true;
        }
        if moved || self.waiting.is_empty() {
            self.gap_since = at;
            self.acknowledged_since = None;
            let acknowledged = self.acknowledged;
            if self.waiting.first_key_value().is_some_and(|(first, _)| acknowledged >= *first) {
                self.acknowledged_since = Some(at);
            }
        }
    }

    fn hand_on(&mut self, payload: &[u8], snapped: u32, sink: &mut dyn FnMut(Chunk<'_>)) {
        self.advance(count(payload.len()) + u64::from(snapped));
        if !payload.is_empty() {
            sink(Chunk::Bytes(payload));
        }
        if snapped > 0 {
            sink(Chunk::Gap { bytes: u64::from(snapped), cause: Loss::Snapped });
        }
    }

    fn advance(&mut self, bytes: u64) {
        self.position += bytes;
        let low = u32::try_from(bytes & 0xffff_ffff).unwrap_or(0);
        self.next = self.next.map(|next| next.wrapping_add(low));
    }
}

/// A part of a segment: bytes, then a number of bytes that were cut off.
#[derive(Debug, Clone, Copy)]
struct Part<'a> {
    payload: &'a [u8],
    snapped: u32,
}

impl Part<'_> {
    fn length(self) -> u64 {
        count(self.payload.len()) + u64::from(self.snapped)
    }

    /// Without so many bytes at its beginning.
    fn from(self, bytes: u64) -> Self {
        let there = count(self.payload.len());
        let payload = usize::try_from(bytes).ok().and_then(|bytes| self.payload.get(bytes..)).unwrap_or(&[]);
        let beyond = u32::try_from(bytes.saturating_sub(there)).unwrap_or(u32::MAX);
        Self { payload, snapped: self.snapped.saturating_sub(beyond) }
    }

    /// Its first so many bytes.
    fn to(self, bytes: u64) -> Self {
        let payload =
            usize::try_from(bytes).ok().and_then(|bytes| self.payload.get(..bytes)).unwrap_or(self.payload);
        let snapped = u32::try_from(bytes - count(payload.len())).unwrap_or(u32::MAX);
        Self { payload, snapped: snapped.min(self.snapped) }
    }

    /// Whether a piece that is there says the same where both have bytes.
    fn agrees(self, begin: u64, left: u64, bytes: &[u8]) -> bool {
        let (mine, its) = if left >= begin {
            (self.from(left - begin).payload, bytes)
        } else {
            let skip = usize::try_from(begin - left).unwrap_or(usize::MAX);
            (self.payload, bytes.get(skip..).unwrap_or(&[]))
        };
        mine.iter().zip(its).all(|(mine, its)| mine == its)
    }
}
