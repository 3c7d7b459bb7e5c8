//! How many wait where, as it may be shown.

use std::collections::BTreeMap;

use super::{
    Triage, ZoneName,
    suppress::{Rule, Shown, ShownRow},
    trend::{self, Bars, HOURS, Hours},
};

/// Seconds of an hour.
const HOUR: u64 = 3_600;

/// Everything that is counted, as it may be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Each zone, by name; `None`: reports whose zone the role does not get.
    pub(crate) zones: Vec<ZoneCounts>,
    /// By colour, of all zones.
    pub(crate) columns: [Shown; 5],
    /// Of all.
    pub(crate) total: Shown,
}

/// A zone's counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ZoneCounts {
    pub(crate) zone: Option<ZoneName>,
    pub(crate) row: ShownRow,
    pub(crate) trend: Option<Bars>,
}

/// The true counts of a zone: of the board only, never to be shown.
#[derive(Debug, Clone, Default)]
pub(super) struct Tally {
    waiting: [u32; 5],
    /// New cases by the hour of their first report.
    arrived: BTreeMap<u64, u32>,
}

impl Counts {
    pub(super) fn of(rule: Rule, tallies: &BTreeMap<Option<ZoneName>, Tally>, now: u64) -> Self {
        let this_hour = now / HOUR;
        let wanted = |tally: &&Tally| tally.waiting.iter().any(|count| *count > 0) || tally.is_new(this_hour);
        let shown: Vec<_> = tallies.iter().filter(|(_, tally)| wanted(tally)).collect();
        let rows: Vec<_> = shown.iter().map(|(_, tally)| tally.waiting).collect();
        let hours: Vec<_> = shown.iter().map(|(_, tally)| tally.hours(this_hour)).collect();
        let table = rule.table(&rows);
        let zones = shown.into_iter().zip(table.rows).zip(hours).map(|(((zone, _), row), hours)| {
            ZoneCounts { zone: zone.clone(), row, trend: trend::trend(rule, &row, &hours) }
        });
        Self { zones: zones.collect(), columns: table.columns, total: table.total }
    }

    /// The sum of a colour.
    pub(crate) fn of_colour(&self, triage: Triage) -> Shown {
        self.columns.get(triage.column()).copied().unwrap_or(Shown::Exact(0))
    }
}

impl ZoneCounts {
    /// The count of a colour.
    pub(crate) fn of_colour(&self, triage: Triage) -> Shown {
        self.row.cells.get(triage.column()).copied().unwrap_or(Shown::Exact(0))
    }
}

impl Tally {
    /// Counts a case in or out.
    pub(super) fn count(&mut self, triage: Triage, waits: bool, first: u64, is_in: bool) {
        let by =
            |count: &mut u32| *count = if is_in { count.saturating_add(1) } else { count.saturating_sub(1) };
        if waits && let Some(count) = self.waiting.get_mut(triage.column()) {
            by(count);
        }
        let hour = self.arrived.entry(first / HOUR).or_default();
        by(hour);
        if *hour == 0 {
            self.arrived.remove(&(first / HOUR));
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.arrived.is_empty()
    }

    fn is_new(&self, this_hour: u64) -> bool {
        self.hours(this_hour).iter().any(|count| *count > 0)
    }

    /// The last hours, this one last.
    fn hours(&self, this_hour: u64) -> Hours {
        let mut hours = [0; HOURS];
        for (back, count) in (0_u64..).zip(hours.iter_mut().rev()) {
            if let Some(hour) = this_hour.checked_sub(back) {
                *count = self.arrived.get(&hour).copied().unwrap_or(0);
            }
        }
        hours
    }
}
