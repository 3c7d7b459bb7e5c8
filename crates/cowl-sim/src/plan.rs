//! What happens in an operation, whatever protects it: people, places, reports and addresses, drawn once for all configurations, so
//! that two of them differ in nothing else.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::num::NonZeroU32;
use std::ops::Range;

use crate::crisis::Crisis;
use crate::dice::Dice;
use crate::geo::Point;
use crate::names;
use crate::person::{Person, PersonId};
use crate::report::Report;
use crate::routine::{self, Written};
use crate::scenario::{HOUR, Scenario};
use crate::section::Sections;

/// Unix seconds at which operations begin: 2010-01-13 06:00 UTC, 01:00 in Haiti.
pub(crate) const START: u64 = 1_263_362_400;
/// The local hour then.
const FIRST_HOUR: u32 = 1;
/// For each so many users there is one person who does not use the service.
const USERS_A_CONTROL: u32 = 4;
/// The share of phones that keep their address; the others get another one now and then (assumed: carriers of the region give public
/// addresses that outlive a day at best).
const KEEPS_ADDRESS: f64 = 0.7;
/// Mean hours until such a phone has another address.
const LEASE_H: f64 = 12.0;
/// Streams of addresses.
const ADDRESS_STREAM: u64 = 1 << 44;
/// What is added to a victim's number: the streams of the life that is invented for her.
const INVENTED: u32 = 1 << 20;
/// Addresses of 198.18.0.0/15.
const ADDRESSES: u32 = 131_000;

/// How large an operation is, and what it is drawn from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// People who use the service, at most [`Settings::MOST_PEOPLE`]. There is a quarter as many more who do not.
    pub people: u32,
    /// How long it lasts, at most [`Settings::MOST_DAYS`].
    pub days: u32,
    /// Decides everything that is left to chance.
    pub seed: u64,
    /// One person in so many is forged, for as long as the operation lasts: 1 is everyone.
    pub victims: NonZeroU32,
    /// Whether the truth says how long messages take to make and open. These times are of the machine, so the truth is not the
    /// same again.
    pub timed: bool,
}

impl Settings {
    /// One person in ten.
    pub const VICTIMS: NonZeroU32 = NonZeroU32::MIN.saturating_add(9);
    /// The most users.
    pub const MOST_PEOPLE: u32 = 16_000;
    /// The most days.
    pub const MOST_DAYS: u32 = 28;

    /// Microseconds that it lasts.
    pub(crate) fn length_us(&self) -> u64 {
        u64::from(self.days) * 24 * HOUR * 1_000_000
    }
}

/// Everything that happens.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) settings: Settings,
    pub(crate) crisis: Crisis,
    pub(crate) sections: Sections,
    /// By person: where it was, hour by hour.
    pub(crate) stays: Vec<Vec<Point>>,
    /// In order of time.
    pub(crate) reports: Vec<Planned>,
    /// By person: its reports.
    pub(crate) diaries: Vec<Vec<ReportIndex>>,
    /// What is reported in victims' names, of one after the other; numbered on from the reports.
    forgeries: Vec<Planned>,
    /// By victim, in order of their numbers: what is reported in her name.
    second_lives: Vec<(usize, Vec<ReportIndex>)>,
    leases: Vec<Vec<Lease>>,
}

/// A report's place in [`Plan::reports`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ReportIndex(pub(crate) u32);

/// A report that a phone will want to send.
#[derive(Debug)]
pub(crate) struct Planned {
    /// Microseconds since the beginning.
    pub(crate) at: u64,
    pub(crate) report: Report,
    /// The section that the person is in.
    pub(crate) zone: Option<String>,
}

/// An address, from a time on.
#[derive(Debug)]
struct Lease {
    from: u64,
    address: Ipv4Addr,
}

impl Plan {
    pub(crate) fn new(settings: Settings) -> Self {
        let people = settings.people.clamp(1, Settings::MOST_PEOPLE);
        let days = settings.days.clamp(1, Settings::MOST_DAYS);
        let settings = Settings { people, days, ..settings };
        let crisis = Crisis::new(Scenario {
            seed: settings.seed,
            people: people + people.div_ceil(USERS_A_CONTROL),
            hours: days * 24,
            first_hour: FIRST_HOUR,
            ..Scenario::default()
        });
        let sections = Sections::new();
        let mut plan = Self {
            settings,
            sections,
            stays: Vec::new(),
            reports: Vec::new(),
            diaries: Vec::new(),
            forgeries: Vec::new(),
            second_lives: Vec::new(),
            leases: Vec::new(),
            crisis,
        };
        plan.live();
        plan.live_again();
        plan
    }

    /// Whether a person uses the service. Names and numbers are drawn without order, so the first are as good as any.
    pub(crate) fn uses(&self, person: usize) -> bool {
        u32::try_from(person).is_ok_and(|person| person < self.settings.people)
    }

    pub(crate) fn report(&self, index: ReportIndex) -> Option<&Planned> {
        let place = usize::try_from(index.0).ok()?;
        self.reports.get(place).or_else(|| self.forgeries.get(place.checked_sub(self.reports.len())?))
    }

    /// Whether a report is forged.
    pub(crate) fn is_forged(&self, index: ReportIndex) -> bool {
        usize::try_from(index.0).is_ok_and(|place| place >= self.reports.len())
    }

    /// How many reports there are, forged ones too.
    pub(crate) const fn written(&self) -> usize {
        self.reports.len() + self.forgeries.len()
    }

    /// Who is forged, and what is reported in her name.
    ///
    /// It is what a second app reports that is carried by somebody who lives where she does: at an interval of its own, in moments
    /// of its own, silent when its own battery is empty. Nothing of it follows from what she reports, and nothing that she reports from it; both
    /// are drawn alike. So whoever sees the two together, and nothing else of her, cannot tell which is hers.
    pub(crate) fn second_lives(&self) -> &[(usize, Vec<ReportIndex>)] {
        &self.second_lives
    }

    pub(crate) fn person(&self, report: &Report) -> Option<&Person> {
        self.crisis.person(report.person)
    }

    /// The address of a person's phone.
    pub(crate) fn address(&self, person: usize, at: u64) -> Ipv4Addr {
        let leases = self.leases.get(person).map(Vec::as_slice).unwrap_or_default();
        let lease = leases.iter().rev().find(|lease| lease.from <= at).or(leases.first());
        lease.map_or(Ipv4Addr::UNSPECIFIED, |lease| lease.address)
    }

    /// By user: which of so many gateways or relays is hers, each for as many people as any other, and for those who live near each other.
    pub(crate) fn nodes(&self, count: u16) -> Vec<u16> {
        let mut of = vec![0; usize::try_from(self.settings.people).unwrap_or(0)];
        let mut people: Vec<usize> = (0..of.len()).collect();
        self.divide(&mut people, 0..count, true, &mut of);
        of
    }

    /// Halves people by where they sleep, north and south or east and west in turn, until each part has a node.
    fn divide(&self, people: &mut [usize], nodes: Range<u16>, is_east_west: bool, of: &mut [u16]) {
        let (first, count) = (nodes.start, nodes.len());
        if count < 2 {
            for person in people {
                if let Some(node) = of.get_mut(*person) {
                    *node = first;
                }
            }
            return;
        }
        let place = |person: &usize| {
            let base = self.crisis.people().get(*person).map(|person| person.base);
            base.map_or(0.0, |base| if is_east_west { base.longitude } else { base.latitude })
        };
        people.sort_by(|one, other| place(one).total_cmp(&place(other)).then(one.cmp(other)));
        let half = count / 2;
        let (one, other) = people.split_at_mut(people.len() * half / count);
        let middle = first + u16::try_from(half).unwrap_or(0);
        self.divide(one, first..middle, !is_east_west, of);
        self.divide(other, middle..nodes.end, !is_east_west, of);
    }

    fn live(&mut self) {
        let mut reports = Vec::new();
        for (number, person) in self.crisis.people().iter().enumerate() {
            let diary = routine::diary(self.crisis.scenario(), person, self.uses(number));
            self.stays.push(diary.stays);
            self.leases.push(leases(&self.settings, person));
            reports.extend(diary.reports.into_iter().map(|written| (written.at, person.id, written.report)));
        }
        reports.sort_by_key(|(at, person, _)| (*at, *person));
        self.diaries = vec![Vec::new(); self.crisis.people().len()];
        for (index, (at, person, report)) in (0..).map(ReportIndex).zip(reports) {
            let zone = self.sections.of(report.truth.position).map(|section| section.code.clone());
            if let Some(diary) = usize::try_from(person.0).ok().and_then(|place| self.diaries.get_mut(place))
            {
                diary.push(index);
            }
            self.reports.push(Planned { at, report, zone });
        }
    }

    /// Lives once more for those who are forged.
    fn live_again(&mut self) {
        let mut index = (0..).map(ReportIndex).skip(self.reports.len());
        let step = usize::try_from(self.settings.victims.get()).unwrap_or(usize::MAX);
        for (number, person) in self.crisis.people().iter().enumerate().step_by(step) {
            if !self.uses(number) {
                continue;
            }
            let stranger = Person { id: PersonId(person.id.0 + INVENTED), ..person.clone() };
            let diary = routine::diary(self.crisis.scenario(), &stranger, true);
            let mut life = Vec::new();
            for (Written { at, report }, index) in diary.reports.into_iter().zip(&mut index) {
                let report = Report { person: person.id, ..report };
                self.forgeries.push(Planned { at, report, zone: None });
                life.push(index);
            }
            self.second_lives.push((number, life));
        }
    }
}

/// What the phone knows, field by field, under the names of its app.
pub(crate) fn fields(planned: &Report, person: &Person, address: Ipv4Addr) -> BTreeMap<String, String> {
    let mut fields = BTreeMap::new();
    let mut know = |name: &str, value: String| drop(fields.insert(name.to_owned(), value));
    know("temperature", planned.temperature.to_string());
    know("severity", planned.severity.name().to_owned());
    know("lat", planned.position.latitude.to_string());
    know("lon", planned.position.longitude.to_string());
    know("battery", planned.battery.to_string());
    know("person", person.name.clone());
    know("contact", person.phone.clone());
    know("ip", address.to_string());
    know("userId", person.user.to_string());
    if let Some(note) = &planned.note {
        know("note", note.clone());
    }
    fields
}

fn leases(settings: &Settings, person: &Person) -> Vec<Lease> {
    let mut dice = Dice::new(settings.seed, ADDRESS_STREAM + u64::from(person.id.0));
    let mut leases = vec![Lease { from: 0, address: person.address }];
    if dice.chance(KEEPS_ADDRESS) {
        return leases;
    }
    let mut from = 0;
    loop {
        from += micros(dice.exponential(LEASE_H * 3_600.0));
        if from >= settings.length_us() {
            return leases;
        }
        leases.push(Lease { from, address: names::address(dice.below(ADDRESSES)) });
    }
}

/// Seconds in microseconds.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "saturates; no time here is negative"
)]
pub(crate) fn micros(seconds: f64) -> u64 {
    (seconds.max(0.0) * 1e6) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One in ten is forged, in order of time, as often as she reports herself, and never by copying her.
    #[test]
    fn second_lives_are_drawn_as_first_ones_are_and_follow_nothing_of_them() {
        let plan =
            Plan::new(Settings { people: 1_000, days: 1, seed: 3, victims: Settings::VICTIMS, timed: false });
        assert_eq!(plan.second_lives().len(), 100);
        let (mut first, mut second) = (0, 0);
        for (number, life) in plan.second_lives() {
            let own = &plan.diaries[*number];
            (first, second) = (first + own.len(), second + life.len());
            let at = |index: &ReportIndex| plan.report(*index).unwrap().at;
            assert!(life.is_sorted_by_key(at));
            assert!(own.iter().all(|index| !plan.is_forged(*index)));
            for index in life {
                assert!(plan.is_forged(*index));
                assert_eq!(usize::try_from(plan.report(*index).unwrap().report.person.0).unwrap(), *number);
                assert!(own.iter().all(|own| at(own) != at(index)));
            }
        }
        assert_eq!(plan.written(), plan.reports.len() + second);
        // Intervals of 10 to 60 minutes: the numbers of a hundred people have a deviation of some 6 %.
        assert!(first.abs_diff(second) * 4 < first, "{first} and {second}");
    }

    #[test]
    fn each_node_is_for_as_many_people_who_live_near_each_other() {
        let plan =
            Plan::new(Settings { people: 100, days: 1, seed: 3, victims: Settings::VICTIMS, timed: false });
        for count in [1, 2, 3, 4, 7] {
            let nodes = plan.nodes(count);
            let sizes: Vec<usize> =
                (0..count).map(|node| nodes.iter().filter(|of| **of == node).count()).collect();
            assert_eq!(sizes.iter().sum::<usize>(), 100);
            assert!(sizes.iter().all(|size| size.abs_diff(100 / usize::from(count)) <= 2), "{sizes:?}");
        }
        let nodes = plan.nodes(4);
        let mean = |same: bool| {
            let people = plan.crisis.people();
            let pairs = (0..100).flat_map(|a| (0..a).map(move |b| (a, b)));
            let apart: Vec<f64> = pairs
                .filter(|(a, b)| (nodes[*a] == nodes[*b]) == same)
                .map(|(a, b)| people[a].base.distance_m(people[b].base))
                .collect();
            apart.iter().sum::<f64>() / f64::from(u32::try_from(apart.len()).unwrap())
        };
        assert!(mean(true) < 0.7 * mean(false), "{} {}", mean(true), mean(false));
    }
}
