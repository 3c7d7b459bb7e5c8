//! How many came in the last hours, zone by zone: shown only where it gives away no count below `k`.
//!
//! - A zone with a hidden count has no trend: the sum of its bars would complete the row.
//! - A zone's bars grow longer, two hours, three, four, until each is empty or holds `k`; with one that does not even then there are none.
//! - There are no bars of all zones together: less the bars that are shown they would be those of the zones that show none.

use std::cmp::Ordering;

use super::suppress::{Rule, Shown, ShownRow};

/// Hours that are looked back.
pub(crate) const HOURS: usize = 12;
/// Hours of a bar, from fine to coarse.
const LENGTHS: [usize; 6] = [1, 2, 3, 4, 6, 12];

/// The new cases of the last hours, oldest first.
pub(crate) type Hours = [u32; HOURS];

/// Bars, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Bars {
    /// Hours of each.
    pub(crate) hours: usize,
    /// What they hold.
    pub(crate) counts: Vec<u32>,
}

/// What may be shown of a zone beside its row of counts.
pub(crate) fn trend(rule: Rule, row: &ShownRow, zone: &Hours) -> Option<Bars> {
    let is_whole = row.cells.iter().all(|cell| matches!(cell, Shown::Exact(_)));
    let bars = LENGTHS.iter().map(|hours| Bars::of(zone, *hours));
    bars.filter(|_| is_whole).find(|bars| !bars.counts.iter().any(|count| rule.hides(*count)))
}

impl Bars {
    fn of(zone: &Hours, hours: usize) -> Self {
        let sum = |bar: &[u32]| bar.iter().fold(0_u32, |sum, count| sum.saturating_add(*count));
        Self { hours, counts: zone.chunks(hours.max(1)).map(sum).collect() }
    }

    /// Whether more came lately than before: the mean of the last third against that of the rest. Unclear with fewer than three bars.
    pub(crate) fn rises(&self) -> Option<Ordering> {
        let last = self.counts.len() / 3;
        let (before, lately) = self
            .counts
            .split_at_checked(self.counts.len() - last)
            .filter(|(_, lately)| !lately.is_empty())?;
        let sum = |bars: &[u32]| bars.iter().map(|count| u64::from(*count)).sum::<u64>();
        // Means, compared as products, without fractions.
        let (before_len, lately_len) = (u64::try_from(before.len()).ok()?, u64::try_from(lately.len()).ok()?);
        Some((sum(lately) * before_len).cmp(&(sum(before) * lately_len)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_grow_until_each_can_be_shown() {
        let rule = Rule::new(3);
        let row = rule.table(&[[0, 0, 0, 9, 0]]).rows[0];
        let hours = |last: [u32; 4]| {
            let mut hours = [0; HOURS];
            hours[HOURS - 4..].copy_from_slice(&last);
            trend(rule, &row, &hours).map(|bars| (bars.hours, bars.rises(), bars.counts))
        };
        let (length, direction, bars) = hours([3, 0, 0, 6]).unwrap();
        assert_eq!((length, direction, bars.len()), (1, Some(Ordering::Greater), 12));
        assert_eq!(hours([1, 2, 0, 6]).map(|(length, ..)| length), Some(2));
        assert_eq!(hours([0, 0, 0, 1]), None);
        let hidden = rule.table(&[[1, 0, 0, 9, 0]]).rows[0];
        assert_eq!(trend(rule, &hidden, &[3; HOURS]), None);
    }
}
