//! Reports counted per zone and triage category, with small counts hidden.
//!
//! A count is shown only if at least k reports and at least k people are behind it, k being the policy's; else it reads `<k`,
//! zero included: that nobody is badly hurt in a zone is as telling as that one is. A pseudonym lasts an epoch, so people are the
//! most of any one epoch; reports of people who are not enrolled count one each, since nobody can tell them apart.
//!
//! Zones with fewer than k in all are not named: their reports are counted together, as other zones. A zone's total is left out
//! where it would undo a `<k`, and no totals over zones are given. What this does not prevent: two exports of nearly the same
//! reports, subtracted. Each has its entry in the log.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    case::Case,
    place::{Named, Place},
};
use crate::triage::Triage;

/// The reports of one cell.
#[derive(Debug, Clone, Default)]
struct Tally {
    reports: u64,
    walk_ins: u64,
    people: BTreeMap<u32, BTreeSet<String>>,
}

/// What is shown of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Count {
    /// So many.
    Shown(u64),
    /// Fewer than k, perhaps none.
    Few,
}

/// A row of the table.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Row {
    /// `None`: all other zones together, and reports without one.
    pub(super) zone: Option<Named>,
    /// By triage category: in the order of [`Triage::ALL`], then of none. Empty for other zones.
    pub(super) cells: Vec<(Option<Triage>, Count)>,
    /// All of them; `None`: left out.
    pub(super) total: Option<Count>,
}

/// Counts cases.
#[derive(Debug)]
pub(super) struct Counts {
    k: u64,
    /// Whether the policy has triage categories.
    split: bool,
    zones: BTreeMap<(u8, String), Zone>,
    nowhere: Tally,
}

#[derive(Debug)]
struct Zone {
    named: Named,
    cells: BTreeMap<Option<Triage>, Tally>,
}

impl Tally {
    fn add(&mut self, case: &Case) {
        self.reports += 1;
        match &case.sender {
            Some((epoch, sender)) => {
                self.people.entry(*epoch).or_default().insert(sender.clone());
            }
            None => self.walk_ins += 1,
        }
    }

    fn absorb(&mut self, other: &Self) {
        self.reports += other.reports;
        self.walk_ins += other.walk_ins;
        for (epoch, people) in &other.people {
            self.people.entry(*epoch).or_default().extend(people.iter().cloned());
        }
    }

    fn shown(&self, k: u64) -> Count {
        let most = self.people.values().map(BTreeSet::len).max().unwrap_or(0) as u64;
        if self.reports >= k && most + self.walk_ins >= k { Count::Shown(self.reports) } else { Count::Few }
    }
}

impl Counts {
    pub(super) fn new(k: u16, split: bool) -> Self {
        // One person is never a crowd.
        Self { k: u64::from(k.max(2)), split, zones: BTreeMap::new(), nowhere: Tally::default() }
    }

    /// The k of `<k`.
    pub(super) const fn k(&self) -> u64 {
        self.k
    }

    pub(super) fn add(&mut self, case: &Case) {
        let Some(Place { zone: Some(named), .. }) = &case.place else { return self.nowhere.add(case) };
        let key = (named.zone.level.0, named.label.clone());
        let zone =
            self.zones.entry(key).or_insert_with(|| Zone { named: named.clone(), cells: BTreeMap::new() });
        zone.cells.entry(case.triage).or_default().add(case);
    }

    /// The table, and what is known of no zone in particular last.
    pub(super) fn rows(&self) -> Vec<Row> {
        let mut rows = Vec::new();
        let mut others = self.nowhere.clone();
        for zone in self.zones.values() {
            let mut all = Tally::default();
            zone.cells.values().for_each(|cell| all.absorb(cell));
            if all.shown(self.k) == Count::Few {
                others.absorb(&all);
                continue;
            }
            let cells = self.cells(zone);
            let total = self.undoes_nothing(&cells, all.reports).then_some(Count::Shown(all.reports));
            rows.push(Row { zone: Some(zone.named.clone()), cells, total });
        }
        if others.reports > 0 {
            rows.push(Row { zone: None, cells: Vec::new(), total: Some(others.shown(self.k)) });
        }
        rows
    }

    fn cells(&self, zone: &Zone) -> Vec<(Option<Triage>, Count)> {
        if !self.split {
            return Vec::new();
        }
        let none = Tally::default();
        let categories = Triage::ALL.map(Some).into_iter().chain([None]);
        categories.map(|triage| (triage, zone.cells.get(&triage).unwrap_or(&none).shown(self.k))).collect()
    }

    /// Whether a total leaves each hidden count everything that it could be, from 0 to k − 1.
    fn undoes_nothing(&self, cells: &[(Option<Triage>, Count)], total: u64) -> bool {
        let shown: u64 = cells.iter().filter_map(|(_, count)| count.number()).sum();
        let hidden = cells.iter().filter(|(_, count)| *count == Count::Few).count() as u64;
        let (rest, most) = (total.saturating_sub(shown), self.k - 1);
        hidden == 0 || (most..=(hidden - 1) * most).contains(&rest)
    }
}

impl Count {
    const fn number(self) -> Option<u64> {
        match self {
            Self::Shown(number) => Some(number),
            Self::Few => None,
        }
    }

    /// `12`, or `<5`.
    pub(super) fn text(self, k: u64) -> String {
        self.number().map_or_else(|| format!("<{k}"), |number| number.to_string())
    }

    /// The number itself, or the text `<5`.
    pub(super) fn json(self, k: u64) -> serde_json::Value {
        self.number().map_or_else(|| format!("<{k}").into(), Into::into)
    }
}

/// What a category is called in a table; `none` for reports without one.
pub(super) const fn called(triage: Option<Triage>) -> &'static str {
    match triage {
        Some(triage) => triage.name(),
        None => "none",
    }
}
