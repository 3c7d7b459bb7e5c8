//! Features of a message, and of a window of a stream, against the stream's own habit.

use super::content::WORDS;
use super::fact::{Fact, seconds};
use super::{HOUR, SECOND};
use crate::convert::{float, float_len};

/// Lengths of slots that a sender might keep, seconds: where in one a message falls may say what it is.
const SLOTS: [u64; 6] = [300, 600, 900, 1_200, 1_800, 3_600];

/// A stream, and what is usual in it.
#[derive(Debug)]
pub(in crate::attack) struct Window<'a> {
    facts: &'a [Fact],
    members: &'a [usize],
    length: u64,
    size: f64,
    gap: f64,
    rate: f64,
}

impl<'a> Window<'a> {
    /// Windows of this length, microseconds, over a stream's messages (in order of time).
    pub(in crate::attack) fn new(facts: &'a [Fact], members: &'a [usize], length: u64) -> Self {
        let mut sizes: Vec<f64> =
            members.iter().filter_map(|member| facts.get(*member)).map(|fact| fact.size).collect();
        let mut gaps: Vec<f64> = members.windows(2).filter_map(|pair| gap(facts, pair)).collect();
        let at =
            |member: Option<&usize>| member.and_then(|member| facts.get(*member)).map_or(0, |fact| fact.at);
        let span = at(members.last()).saturating_sub(at(members.first())).max(length);
        let rate = float_len(members.len()) * float(length) / float(span);
        Self { facts, members, length, size: median(&mut sizes), gap: median(&mut gaps), rate }
    }

    /// Columns of [`Window::row`].
    pub(in crate::attack) const COLUMNS: usize = 26 + SLOTS.len() + 24;

    /// The features of the window that begins at `from`.
    pub(in crate::attack) fn row(&self, from: u64) -> Vec<f64> {
        let (first, end) = (self.place(from), self.place(from + self.length));
        let inside = self.members.get(first..end).unwrap_or(&[]);
        let facts = || inside.iter().filter_map(|member| self.facts.get(*member));
        // the message before the window belongs to its first gap
        let around = self.members.get(first.saturating_sub(1)..end).unwrap_or(&[]);
        let gaps: Vec<f64> = around.windows(2).filter_map(|pair| gap(self.facts, pair)).collect();
        let n = float_len(inside.len());
        let (least_gap, most_gap) = (least(gaps.iter().copied()), most(gaps.iter().copied()));
        let largest = most(facts().map(|fact| fact.size));
        let mut connections: Vec<u32> =
            facts().filter(|fact| fact.nth < 0.5).filter_map(|fact| fact.connection).collect();
        connections.dedup();
        let before = self.place(from.saturating_sub(self.length));
        let after = self.place(from + 2 * self.length);
        let mut row = vec![
            n,
            n - self.rate,
            n / self.rate.max(1e-9),
            facts().map(|fact| fact.size).sum(),
            largest,
            least(facts().map(|fact| fact.size)),
            largest - self.size,
            most(facts().map(|fact| fact.payload)),
            least_gap,
            least_gap / self.gap,
            most_gap,
            most(gaps.iter().map(|gap| (gap / self.gap - 1.0).abs())),
            float_len(connections.len()),
            most(facts().map(|fact| fact.since_open)),
            least(facts().map(|fact| fact.since_open)),
            most(facts().map(|fact| fact.nth)),
            float_len(facts().filter(|fact| fact.resent).count()),
            most(facts().map(|fact| fact.flags)),
            float(from / HOUR % 24),
            float_len(first - before.min(first)),
            float_len(after.max(end) - end),
            least(inside.windows(2).filter_map(|pair| gap(self.facts, pair))),
            self.gap,
            self.size,
            facts().map(|fact| fact.size).sum::<f64>() / n,
            float_len(facts().filter(|fact| fact.size > self.size).count()),
        ];
        for slot in SLOTS {
            row.push(least(facts().map(|fact| phase(fact.at, slot))));
        }
        for word in 0..WORDS {
            row.push(float_len(facts().filter(|fact| fact.words >> word & 1 == 1).count()));
        }
        row
    }

    /// The first member that is not before this instant.
    fn place(&self, at: u64) -> usize {
        self.members.partition_point(|member| self.facts.get(*member).is_some_and(|fact| fact.at < at))
    }
}

/// Features of one message, the `place`-th of a stream's members.
pub(in crate::attack) fn message_row(facts: &[Fact], members: &[usize], place: usize) -> Vec<f64> {
    let Some(fact) = members.get(place).and_then(|member| facts.get(*member)) else { return Vec::new() };
    let near = members.get(place.saturating_sub(3)..(place + 4).min(members.len())).unwrap_or(&[]);
    let mut sizes: Vec<f64> =
        near.iter().filter_map(|member| facts.get(*member)).map(|fact| fact.size).collect();
    let mut gaps: Vec<f64> = near.windows(2).filter_map(|pair| gap(facts, pair)).collect();
    let to = |other: usize| {
        members
            .get(other)
            .and_then(|member| facts.get(*member))
            .map_or(f64::NAN, |other| seconds(other.at.abs_diff(fact.at)))
    };
    let before = place.checked_sub(1).map_or(f64::NAN, to);
    let (after, usual) = (to(place + 1), median(&mut gaps));
    let mut row = vec![
        fact.size,
        fact.size - median(&mut sizes),
        fact.payload,
        fact.since_open,
        fact.nth,
        before,
        after,
        before / usual,
        after / usual,
        before.min(after),
        if fact.resent { 1.0 } else { 0.0 },
        fact.flags,
        float(fact.at / HOUR % 24),
    ];
    row.extend(phases(fact.at));
    row.extend((0..WORDS).map(|word| if fact.words >> word & 1 == 1 { 1.0 } else { 0.0 }));
    row
}

/// Where in slots of several lengths an instant falls, seconds.
pub(in crate::attack) fn phases(at: u64) -> impl Iterator<Item = f64> {
    SLOTS.into_iter().map(move |slot| phase(at, slot))
}

fn phase(at: u64, slot: u64) -> f64 {
    seconds(at % (slot * SECOND))
}

fn gap(facts: &[Fact], pair: &[usize]) -> Option<f64> {
    let [first, second] = pair else { return None };
    Some(seconds(facts.get(*second)?.at.saturating_sub(facts.get(*first)?.at)))
}

fn least(values: impl Iterator<Item = f64>) -> f64 {
    values.fold(f64::NAN, f64::min)
}

fn most(values: impl Iterator<Item = f64>) -> f64 {
    values.fold(f64::NAN, f64::max)
}

/// The middle value; NaN of none.
fn median(values: &mut [f64]) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
