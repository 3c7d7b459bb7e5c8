//! De2: does this person use the service? By her address, her names, and places near her home.

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::attack::cast::{Measure, not_applicable, too_little};
use crate::attack::clues::Clues;
use crate::attack::judge::{Cases, Report, detect};
use crate::attack::places::{Map, Place};
use crate::attack::{Attack, Scene};
use crate::convert::{count, float, float_len};
use crate::learn::{Random, at_least, wilson};
use crate::payload::{Needle, Searcher};
use crate::score::{AttackId, Control, Finding, Interval, Outcome, Unit};
use crate::truth::PersonTruth;
use crate::view::{Adversary, View};

/// People of each side, at most.
const MOST_PEOPLE: usize = 400;
/// Messages that are searched for places, at most.
const MOST_PLACES: usize = 12_000;
/// Shortest name that means anything.
const LEAST_NAME: usize = 4;
/// Distances from home within which places are counted, metres.
const NEAR: [f64; 4] = [100.0, 300.0, 1_000.0, 5_000.0];

/// The attack.
#[derive(Debug, Clone, Copy)]
pub struct De2;

impl Attack for De2 {
    fn id(&self) -> AttackId {
        AttackId::De2
    }

    fn measure(&self, scene: &Scene, adversary: Adversary, seed: u64) -> Vec<Finding> {
        let mut report = Report::new(AttackId::De2, adversary);
        match scene.view(adversary) {
            Err(why) => report.add("person", true, not_applicable(&why)),
            Ok(view) => {
                let main = Evidence::new(scene, view, seed);
                let planted = Evidence::new(scene, &planted(scene, view), seed);
                report.add("person", true, detect(&main.cases(true), &planted.cases(true), seed));
                report.add("address-unknown", false, detect(&main.cases(false), &planted.cases(false), seed));
                report.add("outright", false, main.outright(&planted, seed));
            }
        }
        report.findings
    }
}

/// The view, with each sender's number on each message.
fn planted(scene: &Scene, view: &View) -> View {
    let mut planted = view.clone();
    for message in &mut planted.messages {
        let person =
            scene.message(message.id).filter(|truth| truth.forged.is_none()).and_then(|truth| truth.person);
        message.planted = person.map(|person| u64::from(person) + 1).or(message.planted);
    }
    planted
}

/// What speaks for one person's using the service.
#[derive(Debug, Clone, Default)]
struct Signs {
    uses: bool,
    /// Connections from her address.
    address: u32,
    /// Places where something that she is called stands, in any spelling.
    names: u32,
    /// Messages that bear her planted number.
    planted: u32,
    /// Messages whose place is near her home, by distance; of all messages with a place, by day and by night.
    near: [u32; 2 * NEAR.len()],
    /// Distance of the nearest place, metres.
    nearest: Option<f64>,
}

struct Evidence {
    signs: BTreeMap<u32, Signs>,
}

impl Evidence {
    fn new(scene: &Scene, view: &View, seed: u64) -> Self {
        let people = drawn(scene, seed);
        let mut signs: BTreeMap<u32, Signs> = people
            .iter()
            .map(|person| (person.person, Signs { uses: person.uses, ..Signs::default() }))
            .collect();
        addresses(view, &people, &mut signs);
        names(view, &people, &mut signs);
        homes(scene, view, &people, &mut signs, seed);
        for message in &view.messages {
            let person = message.planted.and_then(|planted| u32::try_from(planted.checked_sub(1)?).ok());
            if let Some(signs) = person.and_then(|person| signs.get_mut(&person)) {
                signs.planted += 1;
            }
        }
        Self { signs }
    }

    fn cases(&self, address: bool) -> Cases {
        let mut cases = Cases::new(4 + 2 * NEAR.len());
        for (person, signs) in &self.signs {
            let mut row = vec![
                if address { f64::from(signs.address) } else { f64::NAN },
                f64::from(signs.names),
                f64::from(signs.planted),
                signs.nearest.unwrap_or(f64::NAN),
            ];
            row.extend(signs.near.map(f64::from));
            cases.push(&row, 0.0, signs.uses, *person);
        }
        cases
    }

    /// The share of users of whom an address or a name stands there as the adversary knows it; chance is the same share of others.
    fn outright(&self, planted: &Self, seed: u64) -> Outcome {
        let seen = |of: &Self, uses: bool, sign: fn(&Signs) -> bool| {
            let those = || of.signs.values().filter(|signs| signs.uses == uses);
            wilson(count(those().filter(|signs| sign(signs)).count()), count(those().count()))
        };
        if self.signs.values().filter(|signs| signs.uses).count() < 20 {
            return too_little("fewer than 20 people who use the service");
        }
        let plain = |signs: &Signs| signs.address > 0 || signs.names > 0;
        let (estimate, others) = (seen(self, true, plain), seen(self, false, plain));
        let chance = others.value;
        let scale = |share: f64| if chance < 1.0 { (share - chance) / (1.0 - chance) } else { 0.0 };
        let measure = Measure {
            unit: Unit::Share,
            estimate,
            chance,
            advantage: Interval {
                value: scale(estimate.value),
                low: scale(estimate.low).max(0.0),
                high: scale(estimate.high).max(0.0),
            },
            n: count(self.signs.len()),
            people: count(self.signs.len()),
        };
        let found = seen(planted, true, |signs| signs.planted > 0);
        // people who send nothing bear no planted number
        let nobody = seen(planted, false, |signs| signs.planted > 0);
        measure.judged(seed, at_least(found, 0.9), Control { measured: nobody, passed: nobody.value <= 0.0 })
    }
}

/// Some people of each side.
fn drawn(scene: &Scene, seed: u64) -> Vec<&PersonTruth> {
    let mut chosen = Vec::new();
    for uses in [true, false] {
        let mut side: Vec<&PersonTruth> =
            scene.truth.people.values().filter(|person| person.uses == uses).collect();
        Random::new(seed).fork(u64::from(uses)).shuffle(&mut side);
        chosen.extend(side.into_iter().take(MOST_PEOPLE));
    }
    chosen
}

fn addresses(view: &View, people: &[&PersonTruth], signs: &mut BTreeMap<u32, Signs>) {
    let mut seen: BTreeMap<IpAddr, u32> = BTreeMap::new();
    for address in view.connections.iter().filter_map(|connection| connection.address) {
        *seen.entry(address).or_default() += 1;
    }
    for person in people {
        let times = person.known.address.and_then(|address| seen.get(&address));
        if let (Some(times), Some(signs)) = (times, signs.get_mut(&person.person)) {
            signs.address = *times;
        }
    }
}

/// Searches all that the adversary reads for what people are called, in every spelling that [`Searcher`] knows.
fn names(view: &View, people: &[&PersonTruth], signs: &mut BTreeMap<u32, Signs>) {
    let named = people.iter().flat_map(|person| {
        let names = person.known.identifiers.iter().filter(|name| name.trim().len() >= LEAST_NAME);
        names.map(|name| (person.person, Needle::Text(name.trim().to_owned())))
    });
    let (whose, needles): (Vec<u32>, Vec<Needle>) = named.unzip();
    let Ok(searcher) = Searcher::new(&needles) else { return };
    if needles.is_empty() {
        return;
    }
    let messages = view
        .messages
        .iter()
        .flat_map(|message| [&message.topic, &message.payload, &message.properties, &message.opened]);
    let connections = view.connections.iter().flat_map(|connection| {
        [&connection.client_id, &connection.user_name, &connection.will, &connection.properties]
    });
    let mut hits = Vec::new();
    for span in messages.chain(connections).filter(|span| span.end > span.start) {
        hits.clear();
        searcher.find_in(0, view.get(span), &mut hits);
        for hit in &hits {
            if let Some(signs) = whose.get(hit.needle).and_then(|person| signs.get_mut(person)) {
                signs.names += 1;
            }
        }
    }
}

/// Counts the places that messages name near each one's home.
fn homes(scene: &Scene, view: &View, people: &[&PersonTruth], signs: &mut BTreeMap<u32, Signs>, seed: u64) {
    let map = Map::new(&scene.truth);
    let mut random = Random::new(seed).fork(0x40e5);
    let share = float_len(MOST_PLACES) / float_len(view.messages.len().max(1));
    let some: Vec<_> = view.messages.iter().filter(|_| random.unit() < share).collect();
    let clues = Clues::new(view, some.iter().copied(), &map);
    for (message, clue) in some.iter().zip(&clues.of) {
        // a zone holds many homes: it is the smallest area that counts
        let Some(area) = clue.areas.iter().min_by(|a, b| a.radius().total_cmp(&b.radius())) else { continue };
        let night = float(message.at / 3_600_000_000 % 24);
        let offset = if (6.0..20.0).contains(&night) { 0 } else { NEAR.len() };
        for person in people {
            let Some(home) = Place::new(person.lat, person.lon) else { continue };
            // no need for the exact distance of what is far away
            if (home.lat - area.centre.lat).abs() > 0.05 {
                continue;
            }
            let metres = home.metres(area.centre);
            let Some(signs) = signs.get_mut(&person.person) else { continue };
            if signs.nearest.is_none_or(|nearest| metres < nearest) {
                signs.nearest = Some(metres);
            }
            for (near, slot) in NEAR.iter().zip(signs.near.iter_mut().skip(offset)) {
                *slot += u32::from(metres <= *near);
            }
        }
    }
}

#[cfg(test)]
#[path = "de2_tests.rs"]
mod tests;
