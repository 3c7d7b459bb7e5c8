//! The day that every preset lives through: the same people, the same reports.

use std::collections::HashSet;

use cowl_sim::{Crisis, HOUR, Need, Report, Scenario};

use crate::machine;

/// All reports of a simulated day, and when it began on the operation's calendar.
pub(super) struct Day {
    pub(super) crisis: Crisis,
    pub(super) reports: Vec<Sent>,
    /// Unix seconds.
    pub(super) start: u64,
    /// The report that is shown.
    pub(super) example: usize,
}

/// A report as it leaves the app.
pub(super) struct Sent {
    /// Seconds since the day began.
    pub(super) at: u64,
    /// Whose it is.
    pub(super) person: usize,
    /// JSON.
    pub(super) line: String,
}

impl Day {
    /// Draws it. It ends where the current epoch of the default policy began, so that an operation that lived through it can go
    /// on in real time.
    pub(super) fn new(people: u32, seed: u64, epoch_seconds: u32) -> Self {
        let crisis = Crisis::new(Scenario { seed, people, ..Scenario::default() });
        let drawn: Vec<_> = crisis.reports().collect();
        let shock = crisis.scenario().aftershocks.first().copied().unwrap_or(0);
        let written = |report: &&Report| report.note.is_some();
        let urgent = |report: &&Report| {
            let wound = matches!(report.truth.need, Need::Medical | Need::Rubble);
            let town = crisis
                .person(report.person)
                .is_some_and(|person| ["Port-au-Prince", "Delmas"].contains(&person.town));
            written(report) && wound && town && report.at > shock + HOUR / 10 && report.severity.is_urgent()
        };
        let place = |report: &Report| drawn.iter().position(|one| one == report);
        let example =
            drawn.iter().find(urgent).or_else(|| drawn.iter().find(written)).and_then(place).unwrap_or(0);
        let reports = drawn
            .iter()
            .map(|report| Sent {
                at: report.at,
                person: usize::try_from(report.person.0).unwrap_or(usize::MAX),
                line: crisis.line(report),
            })
            .collect();
        let now = machine::now();
        let start = now - now % u64::from(epoch_seconds.max(1));
        let start = start.saturating_sub(crisis.scenario().end());
        Self { crisis, reports, start, example }
    }

    /// How many of the people report at all.
    pub(super) fn reporters(&self) -> usize {
        self.reports.iter().map(|sent| sent.person).collect::<HashSet<_>>().len()
    }
}
