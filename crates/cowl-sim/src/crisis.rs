//! A crisis, and what is reported of it in order of time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::life::Life;
use crate::person::{self, Person, PersonId};
use crate::report::Report;
use crate::scenario::{MAX_PEOPLE, Scenario};

/// People and what happens to them.
#[derive(Debug, Clone)]
pub struct Crisis {
    scenario: Scenario,
    people: Vec<Person>,
}

impl Crisis {
    /// Draws everyone; no more than [`MAX_PEOPLE`].
    pub fn new(mut scenario: Scenario) -> Self {
        scenario.people = scenario.people.min(MAX_PEOPLE);
        let people = person::all(&scenario, scenario.people);
        Self { scenario, people }
    }

    /// What it was drawn from.
    pub const fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// Everyone, by number.
    pub fn people(&self) -> &[Person] {
        &self.people
    }

    /// The person of a number.
    pub fn person(&self, id: PersonId) -> Option<&Person> {
        self.people.get(usize::try_from(id.0).ok()?)
    }

    /// Everything that is reported, in order of time. It is made as it is asked for: memory grows with people, not with time.
    pub fn reports(&self) -> Reports<'_> {
        let mut lives = Vec::new();
        let mut next = BinaryHeap::new();
        for (place, person) in self.people.iter().enumerate() {
            let mut life = Life::new(&self.scenario, person);
            if let Some(report) = life.next() {
                next.push(Reverse(Due { at: report.at, place, report }));
            }
            lives.push(life);
        }
        Reports { lives, next }
    }

    /// What the person's app sends: one line of JSON with everything that it knows.
    pub fn line(&self, report: &Report) -> String {
        self.person(report.person).map(|person| report.line(person)).unwrap_or_default()
    }
}

/// Reports of a crisis in order of time; those of one second by the person's number.
#[derive(Debug)]
pub struct Reports<'a> {
    lives: Vec<Life<'a>>,
    next: BinaryHeap<Reverse<Due>>,
}

/// The next report of one person.
#[derive(Debug)]
struct Due {
    at: u64,
    place: usize,
    report: Report,
}

impl Iterator for Reports<'_> {
    type Item = Report;

    fn next(&mut self) -> Option<Report> {
        let Reverse(Due { place, report, .. }) = self.next.pop()?;
        if let Some(following) = self.lives.get_mut(place).and_then(Iterator::next) {
            self.next.push(Reverse(Due { at: following.at, place, report: following }));
        }
        Some(report)
    }
}

impl Due {
    const fn key(&self) -> (u64, usize) {
        (self.at, self.place)
    }
}

impl PartialEq for Due {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Due {}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Due {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}
