//! I2: how well can the place be guessed?

use std::collections::{BTreeMap, HashMap};

use crate::attack::cast::{Cast, Measure, drawn, finding, not_applicable, planted, too_little};
use crate::attack::clues::Clues;
use crate::attack::clusters::clusters;
use crate::attack::crowd::{self, Crowd};
use crate::attack::guess::{Guesser, Published, Row, narrowest};
use crate::attack::places::{Area, Map, Place};
use crate::attack::{Attack, Scene};
use crate::convert::count;
use crate::learn::{Random, at_chance, at_least, bootstrap, quantile_interval};
use crate::score::{AttackId, Finding, Interval, Outcome, Unit};
use crate::view::{Adversary, View};

/// People tested.
const MAX_PEOPLE: usize = 400;
/// Messages guessed for each of them.
const EACH: usize = 6;
/// People whose messages the positive control plants a position in.
const CONTROL_PEOPLE: usize = 80;
/// What the attack must gain from that position.
const LEAST_GAIN: f64 = 0.8;

/// See `docs/audits.md`, I2.
#[derive(Debug, Clone, Copy, Default)]
pub struct I2;

/// The share of people below whom the distance is read.
const QUANTILES: [(&str, f64); 2] = [("median", 0.5), ("worst-5-percent", 0.05)];

impl Attack for I2 {
    fn id(&self) -> AttackId {
        AttackId::I2
    }

    fn measure(&self, scene: &Scene, adversary: Adversary, seed: u64) -> Vec<Finding> {
        let of = |variant: &str, outcome| {
            let headline = QUANTILES.iter().any(|(name, _)| *name == variant);
            finding(AttackId::I2, adversary, variant, headline, outcome)
        };
        let variants = ["median", "worst-5-percent", "fewest-reporting", "fewest-residents"];
        let view = match scene.view(adversary) {
            Err(absent) => {
                return variants.iter().map(|variant| of(variant, not_applicable(&absent))).collect();
            }
            Ok(view) => view,
        };
        let map = Map::new(&scene.truth);
        let leaky = leaking(scene, view, seed);
        let (seen, found) = (Setting::new(scene, view, &map, seed), Setting::new(scene, &leaky, &map, seed));
        let [median, worst] = guessed(&seen, &found, &map, seed);
        let counted = |cast: &Cast<'_>, clues: &Clues| Crowd::new(scene, cast, clues, &map);
        let blind = crowd::blinded(view);
        let blind = Setting::new(scene, &blind, &map, seed);
        let crowds = [&seen, &found, &blind].map(|it| counted(&it.cast, &it.clues));
        let [reporting, residents] = crowd::smallest(&crowds, seed);
        variants
            .into_iter()
            .zip([median, worst, reporting, residents])
            .map(|(variant, it)| of(variant, it))
            .collect()
    }
}

fn guessed(seen: &Setting<'_>, found: &Setting<'_>, map: &Map, seed: u64) -> [Outcome; 2] {
    let tries = [(seen, false), (found, false), (seen, true)];
    let [main, found, shuffled] =
        tries.map(|(setting, shuffle)| Distances::measure(setting, map, seed, shuffle));
    let (Some(main), Some(found), Some(shuffled)) = (main, found, shuffled) else {
        return QUANTILES
            .map(|_| too_little("fewer than four people with places to train on, or none to test on"));
    };
    QUANTILES.map(|(_, share)| {
        let measured = || {
            let estimate = quantile_interval(&main.guessed, share, seed)?;
            let chance = quantile_interval(&main.prior, share, seed)?.value;
            Some((
                estimate,
                chance,
                main.gain(share, seed)?,
                found.gain(share, seed)?,
                shuffled.gain(share, seed)?,
            ))
        };
        let Some((estimate, chance, gain, found, shuffled)) = measured() else {
            return too_little("every place is the same: nothing to guess");
        };
        let advantage = Interval { low: gain.low.max(0.0), high: gain.high.max(0.0), ..gain };
        let people = count(main.guessed.len());
        Measure { unit: Unit::Metres, estimate, chance, advantage, n: main.messages, people }.judged(
            seed,
            at_least(found, LEAST_GAIN),
            at_chance(shuffled, 0.0),
        )
    })
}

/// Messages of some people with their position in the clear.
fn leaking(scene: &Scene, view: &View, seed: u64) -> View {
    let is_drawn = drawn(scene, CONTROL_PEOPLE, seed);
    planted(view, |message| {
        let truth = scene.message(message.id)?;
        let (lat, lon, _) = (truth.lat?, truth.lon?, truth.person.filter(|person| is_drawn(*person))?);
        Some(format!("lat={lat:.5}\0lon={lon:.5}"))
    })
}

/// A view taken apart.
struct Setting<'a> {
    cast: Cast<'a>,
    clues: Clues,
    history: Vec<Option<Area>>,
    published: Published,
}

impl<'a> Setting<'a> {
    fn new(scene: &'a Scene, view: &'a View, map: &Map, seed: u64) -> Self {
        let cast = Cast::new(scene, view, false, seed);
        let clues = Clues::new(view, cast.messages.iter().map(|(message, _)| *message), map);
        let history = histories(&cast, &clues);
        let published = Published::new(cast.messages.iter().map(|(message, _)| message.at).zip(&clues.of));
        Self { cast, clues, history, published }
    }
}

/// Of each test person the median distance of her messages from their guesses, and from the guess without evidence; metres.
struct Distances {
    guessed: Vec<(u32, f64)>,
    prior: Vec<(u32, f64)>,
    messages: u64,
}

impl Distances {
    fn measure(setting: &Setting<'_>, map: &Map, seed: u64, shuffle: bool) -> Option<Self> {
        let Setting { cast, clues, history, published } = setting;
        let mut rows = Vec::new();
        let located: HashMap<u32, Vec<Place>> = if shuffle { strangers(cast) } else { HashMap::new() };
        let mut next: HashMap<u32, usize> = HashMap::new();
        for (((message, truth), person), (clue, history)) in
            cast.messages.iter().zip(&cast.person).zip(clues.of.iter().zip(history))
        {
            let mut place = truth.lat.zip(truth.lon).and_then(|(lat, lon)| Place::new(lat, lon));
            if shuffle {
                let turn = next.entry(*person).or_default();
                place = located.get(person).and_then(|of| of.get(*turn % of.len().max(1))).copied();
                *turn += 1;
            }
            if let Some(place) = place {
                let truth = map.locate(place);
                rows.push(Row { person: *person, at: message.at, clue, truth, history: *history });
            }
        }
        let (train, test): (Vec<Row<'_>>, Vec<Row<'_>>) =
            rows.iter().partition(|row| cast.is_training(row.person));
        let guesser = Guesser::learn(&train, clues.slots, map, published, seed);
        let prior = guesser.prior().filter(|_| train.len() >= 4 && !test.is_empty())?;
        Some(Self::of(&guesser, prior, test, seed))
    }

    fn of(guesser: &Guesser<'_>, prior: Place, test: Vec<Row<'_>>, seed: u64) -> Self {
        let mut of: BTreeMap<u32, Vec<Row<'_>>> = BTreeMap::new();
        for row in test {
            of.entry(row.person).or_default().push(row);
        }
        let mut people: Vec<u32> = of.keys().copied().collect();
        let mut random = Random::new(seed).fork(0x22);
        random.shuffle(&mut people);
        people.truncate(MAX_PEOPLE);
        let mut distances = Self { guessed: Vec::new(), prior: Vec::new(), messages: 0 };
        for person in people {
            let rows = of.get_mut(&person).map(core::mem::take).unwrap_or_default();
            let mut rows = rows;
            random.shuffle(&mut rows);
            rows.truncate(EACH);
            distances.messages += count(rows.len());
            let away = |guess: Place, row: &Row<'_>| guess.metres(row.truth.place);
            let guessed = rows.iter().map(|row| away(guesser.guess(row).unwrap_or(prior), row));
            distances
                .guessed
                .extend(crate::learn::quantile(&mut guessed.collect::<Vec<_>>(), 0.5).map(|it| (person, it)));
            let blind = rows.iter().map(|row| away(prior, row));
            distances
                .prior
                .extend(crate::learn::quantile(&mut blind.collect::<Vec<_>>(), 0.5).map(|it| (person, it)));
        }
        distances
    }

    /// 1 − distance / distance of the prior's guess, at a quantile over people, with its interval by person.
    fn gain(&self, share: f64, seed: u64) -> Option<Interval> {
        let people: Vec<u32> = self.guessed.iter().map(|(person, _)| *person).collect();
        let sorted = |values: &[(u32, f64)]| {
            let mut sorted = values.to_vec();
            sorted.sort_by(|one, other| one.1.total_cmp(&other.1));
            sorted
        };
        let (guessed, prior) = (sorted(&self.guessed), sorted(&self.prior));
        bootstrap(&people, seed, |weights| {
            let total: f64 = people.iter().map(|person| weights.of(*person)).sum();
            let at = |sorted: &[(u32, f64)]| {
                let mut before = 0.0;
                let reached = sorted.iter().find(|(person, _)| {
                    before += weights.of(*person);
                    before > 0.0 && before >= share * total
                });
                reached.map(|(_, value)| *value)
            };
            let (guessed, prior) = (at(&guessed)?, at(&prior)?);
            (prior > 0.0).then(|| 1.0 - guessed / prior)
        })
    }
}

/// The place that the message of the same group nearest in time names, for each message.
fn histories(cast: &Cast<'_>, clues: &Clues) -> Vec<Option<Area>> {
    let groups = clusters(clues, &cast.training());
    let mut places: HashMap<u32, Vec<(u64, usize, Area)>> = HashMap::new();
    for (index, ((message, _), (clue, group))) in
        cast.messages.iter().zip(clues.of.iter().zip(&groups)).enumerate()
    {
        if let Some(area) = narrowest(clue) {
            places.entry(*group).or_default().push((message.at, index, area));
        }
    }
    let nearest = |(index, ((message, _), group)): (usize, (&(&crate::view::Message, _), &u32))| {
        let places = places.get(group)?;
        let here = places.partition_point(|(at, ..)| *at < message.at);
        let around = places.get(here.saturating_sub(2)..(here + 3).min(places.len()))?;
        let others = around.iter().filter(|(_, other, _)| *other != index);
        others.min_by_key(|(at, ..)| at.abs_diff(message.at)).map(|(.., area)| *area)
    };
    cast.messages.iter().zip(&groups).enumerate().map(nearest).collect()
}

/// For each person the places of somebody else, training people among themselves: the negative control.
fn strangers(cast: &Cast<'_>) -> HashMap<u32, Vec<Place>> {
    let mut places: BTreeMap<u32, Vec<Place>> = BTreeMap::new();
    for ((_, truth), person) in cast.messages.iter().zip(&cast.person) {
        let place = truth.lat.zip(truth.lon).and_then(|(lat, lon)| Place::new(lat, lon));
        places.entry(*person).or_default().extend(place);
    }
    let mut strangers = HashMap::new();
    for trains in [true, false] {
        let people: Vec<u32> =
            places.keys().copied().filter(|person| cast.is_training(*person) == trains).collect();
        for (person, other) in people.iter().zip(people.iter().cycle().skip(1)) {
            strangers.insert(*person, places.get(other).cloned().unwrap_or_default());
        }
    }
    strangers
}

#[cfg(test)]
#[path = "i2_tests.rs"]
mod tests;
