//! DD2: how many bits leak?

use std::collections::{BTreeMap, BTreeSet};

use crate::attack::bayes::{Bayes, Sample, Table};
use crate::attack::cast::{Cast, Measure, drawn, finding, not_applicable, too_little};
use crate::attack::clues::{Clues, hash};
use crate::attack::guess::narrowest;
use crate::attack::places::Map;
use crate::attack::{Attack, Scene};
use crate::convert::{count, float_len};
use crate::learn::{Matrix, Observed, Random, TOLERANCE, at_least, bootstrap, leakage};
use crate::score::{AttackId, Control, Finding, Interval, Outcome, Unit};
use crate::truth::MessageTruth;
use crate::view::{Adversary, Message, View};

/// Messages looked at.
const MAX_ROWS: usize = 16_000;
/// People told apart, where the person is the secret: bits grow with their number.
const MAX_SECRETS: usize = 100;
/// Messages of each of them below which she is not one of them.
const LEAST_MESSAGES: usize = 6;
/// People whose messages the positive control plants the secret in.
const CONTROL_PEOPLE: usize = 100;
/// Share of all bits that the plant must yield.
const LEAST_FOUND: f64 = 0.8;
/// Messages that guessers are tested on, and that neighbours are tried on before.
const MAX_TESTS: usize = 4_000;
const NEAR_TRIES: usize = 400;
/// Bytes of a payload that are columns of their own, from its front and from its end.
const OFFSETS: [usize; 2] = [64, 16];
/// Success with looking, in success without, below which bits are not told apart: three bits worse than blind.
const LEAST_RATIO: f64 = 0.125;
/// Bins of numbers.
const BINS: usize = 24;
/// Numbers that nearest neighbours are searched by.
const MOST_NUMBERS: usize = 12;

/// See `docs/audits.md`, DD2.
#[derive(Debug, Clone, Copy, Default)]
pub struct DD2;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Secret {
    Person,
    Zone,
    Severity,
}

const SECRETS: [(Secret, &str); 3] =
    [(Secret::Person, "person"), (Secret::Zone, "zone"), (Secret::Severity, "severity")];

impl Secret {
    /// As a number, the same for the same word.
    fn of(self, truth: &MessageTruth) -> Option<u64> {
        match self {
            Self::Person => truth.person.map(u64::from),
            Self::Zone => truth.zone.as_deref().map(|zone| hash(zone.as_bytes())),
            Self::Severity => truth.severity.as_deref().map(|word| hash(word.as_bytes())),
        }
    }
}

impl Attack for DD2 {
    fn id(&self) -> AttackId {
        AttackId::DD2
    }

    fn measure(&self, scene: &Scene, adversary: Adversary, seed: u64) -> Vec<Finding> {
        let of = |variant: &str, outcome| finding(AttackId::DD2, adversary, variant, true, outcome);
        let view = match scene.view(adversary) {
            Err(absent) => {
                return SECRETS.iter().map(|(_, name)| of(name, not_applicable(&absent))).collect();
            }
            Ok(view) => view,
        };
        let map = Map::new(&scene.truth);
        let seen = Seen::new(scene, view, &map, seed);
        let outcome = |secret| {
            let planted = planted(scene, view, secret, seed);
            let found = Seen::new(scene, &planted, &map, seed).bits(secret, seed, false);
            measured(seen.bits(secret, seed, false), found, seen.bits(secret, seed, true), seed)
        };
        SECRETS.iter().map(|(secret, name)| of(name, outcome(*secret))).collect()
    }
}

fn measured(main: Option<Found>, found: Option<Found>, shuffled: Option<Found>, seed: u64) -> Outcome {
    let (Some(main), Some(found), Some(shuffled)) = (main, found, shuffled) else {
        return too_little(
            "the secret has one value only, or there are too few messages to train and to test on",
        );
    };
    let least = LEAST_FOUND * (1.0 / found.blind).log2();
    Measure {
        unit: Unit::Bits,
        estimate: main.bits,
        chance: 0.0,
        advantage: main.advantage,
        n: main.messages,
        people: main.people,
    }
    .judged(
        seed,
        at_least(found.bits, least),
        // to guess worse than blindly is no leak
        Control { measured: shuffled.bits, passed: shuffled.bits.low <= TOLERANCE },
    )
}

/// Messages of some people with the secret planted in them.
fn planted(scene: &Scene, view: &View, secret: Secret, seed: u64) -> View {
    let is_drawn = drawn(scene, CONTROL_PEOPLE, seed);
    let mut leaky = view.clone();
    leaky.messages = view
        .messages
        .iter()
        .filter_map(|message| {
            let truth = scene.message(message.id).filter(|truth| truth.person.is_some_and(&is_drawn))?;
            Some(Message { planted: Some(secret.of(truth)?), ..message.clone() })
        })
        .collect();
    leaky
}

/// Found that leak, and the same as an advantage.
struct Found {
    bits: Interval,
    advantage: Interval,
    /// Success without looking.
    blind: f64,
    messages: u64,
    people: u64,
}

/// Messages as values in columns.
struct Seen<'a> {
    cast: Cast<'a>,
    table: Table,
    numbers: Matrix,
}

impl<'a> Seen<'a> {
    fn new(scene: &'a Scene, view: &'a View, map: &Map, seed: u64) -> Self {
        let mut cast = Cast::new(scene, view, false, seed);
        let mut clues = Clues::new(view, cast.messages.iter().map(|(message, _)| *message), map);
        // gaps between messages were taken from all of them; now as many as there is time for
        let mut random = Random::new(seed).fork(0xdd2);
        let share = float_len(MAX_ROWS) / float_len(cast.messages.len()).max(1.0);
        let keep: Vec<bool> = cast.messages.iter().map(|_| random.unit() < share).collect();
        let mut kept = keep.iter();
        cast.messages.retain(|_| kept.next() == Some(&true));
        let mut kept = keep.iter();
        cast.person.retain(|_| kept.next() == Some(&true));
        let mut kept = keep.iter();
        clues.of.retain(|_| kept.next() == Some(&true));
        let mut columns = columns(view, &cast, &clues);
        // the zone that a place lies in is public
        let zone = |clue| narrowest(clue).and_then(|area| area.zone.or_else(|| map.locate(area.centre).zone));
        columns.push(clues.of.iter().map(|clue| zone(clue).map_or(0, |zone| u64::from(zone) + 1)).collect());
        Self { cast, table: Table { columns }, numbers: numbers(&clues) }
    }

    /// Found about a secret, with the secrets dealt out anew if `shuffled`.
    fn bits(&self, secret: Secret, seed: u64, shuffled: bool) -> Option<Found> {
        let mut random = Random::new(seed).fork(0xb175);
        let rows = self.rows(secret, &mut random);
        let mut secrets: Vec<u64> = rows.iter().map(|(_, secret)| *secret).collect();
        if shuffled {
            random.shuffle(&mut secrets);
        }
        let distinct: BTreeSet<u64> = secrets.iter().copied().collect();
        let number: BTreeMap<u64, usize> = distinct.iter().copied().zip(0..).collect();
        let mut parts = [Sample::default(), Sample::default(), Sample::default()];
        for ((row, _), hidden) in rows.iter().zip(&secrets) {
            let person = self.cast.person.get(*row).copied()?;
            let part = match (secret, self.cast.is_training(person)) {
                // her own messages must teach who she is: they are dealt out, half of them to test
                (Secret::Person, _) => random.below(4).min(2),
                (_, true) => Random::new(seed).fork(0xf01d).fork(u64::from(person)).below(2),
                (_, false) => 2,
            };
            let part = parts.get_mut(part)?;
            part.rows.push(*row);
            part.secrets.push(*number.get(hidden)?);
            part.people.push(person);
        }
        let [one, other, mut test] = parts;
        if number.len() < 2 || one.rows.len() < 10 || other.rows.len() < 10 || test.rows.len() < 10 {
            return None;
        }
        test = test.part(MAX_TESTS, &mut random);
        let even = secret == Secret::Person;
        let tries = self.tries(&one, &other, &test, number.len(), even, seed)?;
        self.judge(&tries, &test, even, seed)
    }

    /// Sample with a secret; of people, those with messages enough.
    fn rows(&self, secret: Secret, random: &mut Random) -> Vec<(usize, u64)> {
        let mut messages: BTreeMap<u32, usize> = BTreeMap::new();
        for person in &self.cast.person {
            *messages.entry(*person).or_default() += 1;
        }
        let mut people: Vec<u32> = messages
            .into_iter()
            .filter(|(_, number)| *number >= LEAST_MESSAGES)
            .map(|(person, _)| person)
            .collect();
        random.shuffle(&mut people);
        let chosen: BTreeSet<u32> = people.into_iter().take(MAX_SECRETS).collect();
        let rows = self.cast.messages.iter().zip(&self.cast.person).enumerate();
        rows.filter(|(_, (_, person))| secret != Secret::Person || chosen.contains(person))
            .filter_map(|(row, ((_, truth), _))| Some((row, secret.of(truth)?)))
            .collect()
    }

    /// How probably each test row is guessed, by whichever guesser is better on training rows.
    fn tries(
        &self,
        one: &Sample,
        other: &Sample,
        test: &Sample,
        secrets: usize,
        even: bool,
        seed: u64,
    ) -> Option<Vec<Try>> {
        let bayes = Bayes::learn(&self.table, [one, other], secrets, even, seed);
        let near = |train: &[&Sample], test: &Sample| {
            let ((train, known), (test, hidden)) = (self.observed(train), self.observed(&[test]));
            let train = Observed { features: &train, secrets: &known };
            leakage(train, Observed { features: &test, secrets: &hidden }, seed)
        };
        let tried =
            near(&[one], &other.part(NEAR_TRIES, &mut Random::new(seed))).map_or(0.0, |found| found.seeing);
        let people: BTreeSet<u32> = other.people.iter().copied().collect();
        let error = (tried * (1.0 - tried) / float_len(people.len()).max(1.0)).sqrt();
        let rows = || test.rows.iter().zip(&test.secrets).enumerate();
        if tried > bayes.tried() + 3.0 * error {
            let found = near(&[one, other], test)?;
            let seeing: BTreeMap<usize, bool> =
                found.guesses.iter().map(|guess| (guess.row, guess.seeing)).collect();
            let near = |(row, (_, secret)): (usize, (&usize, &usize))| {
                Some(Try {
                    row,
                    blind: bayes.blind(*secret),
                    seeing: f64::from(u8::from(*seeing.get(&row)?)),
                })
            };
            return Some(rows().filter_map(near).collect());
        }
        let guess = |(row, (index, secret)): (usize, (&usize, &usize))| Try {
            row,
            blind: bayes.blind(*secret),
            seeing: bayes.seeing(*index, *secret),
        };
        Some(rows().map(guess).collect())
    }

    /// The numbers of rows, as nearest neighbours want them.
    fn observed(&self, parts: &[&Sample]) -> (Matrix, Vec<u32>) {
        let mut features = Matrix::new(self.numbers.columns());
        let mut secrets = Vec::new();
        for part in parts {
            for (row, secret) in part.rows.iter().zip(&part.secrets) {
                features.push(self.numbers.row(*row));
                secrets.push(u32::try_from(*secret).unwrap_or(u32::MAX));
            }
        }
        (features, secrets)
    }

    /// `even`: each person counts once, however many rows she has.
    fn judge(&self, tries: &[Try], test: &Sample, even: bool, seed: u64) -> Option<Found> {
        let of = |one: &Try| test.rows.get(one.row).and_then(|row| self.cast.person.get(*row)).copied();
        let people: Vec<u32> = tries.iter().filter_map(of).collect();
        let mut rows: BTreeMap<u32, f64> = BTreeMap::new();
        for person in &people {
            *rows.entry(*person).or_default() += 1.0;
        }
        let sums = |weigh: &dyn Fn(u32) -> f64| {
            let (mut all, mut blind, mut seeing) = (0.0, 0.0, 0.0);
            for (one, person) in tries.iter().zip(&people) {
                let share = if even { rows.get(person).map_or(0.0, |rows| 1.0 / rows) } else { 1.0 };
                let weight = weigh(*person) * share;
                all += weight;
                blind += weight * one.blind;
                seeing += weight * one.seeing;
            }
            (all, blind, seeing)
        };
        let bits = bootstrap(&people, seed, |weights| {
            let (_, blind, seeing) = sums(&|person| weights.of(person));
            (blind > 0.0).then(|| (seeing / blind).max(LEAST_RATIO).log2())
        })?;
        let gain = bootstrap(&people, seed, |weights| {
            let (all, blind, seeing) = sums(&|person| weights.of(person));
            (all > blind).then(|| (seeing - blind) / (all - blind))
        })?;
        let advantage = Interval { low: gain.low.max(0.0), high: gain.high.max(0.0), ..gain };
        let (all, blind, _) = sums(&|_| 1.0);
        Some(Found {
            bits,
            advantage,
            blind: blind / all.max(1e-9),
            messages: count(tries.len()),
            people: count(rows.len()),
        })
    }
}

/// Probabilities that a row of the test is guessed, without and with looking.
struct Try {
    row: usize,
    blind: f64,
    seeing: f64,
}

/// One column for each slot's labels, each slot's numbers in bins, bytes at the ends of payloads, and places named.
fn columns(view: &View, cast: &Cast<'_>, clues: &Clues) -> Vec<Vec<u64>> {
    let mut columns = Vec::new();
    for slot in 0..clues.slots {
        columns.push(clues.of.iter().map(|clue| clue.label(slot).map_or(0, |value| value | 1)).collect());
        let mut values: Vec<f64> = clues.of.iter().filter_map(|clue| clue.number(slot)).collect();
        if !values.is_empty() {
            values.sort_by(f64::total_cmp);
            values.dedup();
            let edges: Vec<f64> =
                (1..BINS).filter_map(|part| values.get(values.len() * part / BINS).copied()).collect();
            let bin = |value: f64| count(edges.partition_point(|edge| *edge <= value)) + 1;
            columns.push(clues.of.iter().map(|clue| clue.number(slot).map_or(0, bin)).collect());
        }
    }
    let payloads: Vec<&[u8]> = cast.messages.iter().map(|(message, _)| view.get(&message.payload)).collect();
    let [front, end] = OFFSETS;
    let byte = |byte: Option<&u8>| byte.map_or(0, |byte| u64::from(*byte) + 1);
    columns.push(payloads.iter().map(|payload| count(payload.len()) + 1).collect());
    columns.extend((0..front).map(|at| payloads.iter().map(|payload| byte(payload.get(at))).collect()));
    let from_end =
        |payload: &[u8], at: usize| byte(payload.len().checked_sub(at + 1).and_then(|at| payload.get(at)));
    columns.extend((0..end).map(|at| payloads.iter().map(|payload| from_end(payload, at)).collect()));
    let named = |clue| {
        narrowest(clue).map_or(0, |area| {
            hash(format!("{:.4} {:.4} {:?}", area.centre.lat, area.centre.lon, area.zone).as_bytes()) | 1
        })
    };
    columns.push(clues.of.iter().map(named).collect());
    columns
}

/// The numbers that most messages have.
fn numbers(clues: &Clues) -> Matrix {
    let mut coverage: BTreeMap<u16, usize> = BTreeMap::new();
    for (slot, _) in clues.of.iter().flat_map(|clue| &clue.numbers) {
        *coverage.entry(*slot).or_default() += 1;
    }
    let mut slots: Vec<(usize, u16)> = coverage.into_iter().map(|(slot, number)| (number, slot)).collect();
    slots.sort_by(|one, other| other.0.cmp(&one.0).then(one.1.cmp(&other.1)));
    slots.truncate(MOST_NUMBERS);
    let mut numbers = Matrix::new(slots.len());
    for clue in &clues.of {
        let row: Vec<f64> = slots.iter().map(|(_, slot)| clue.number(*slot).unwrap_or(f64::NAN)).collect();
        numbers.push(&row);
    }
    numbers
}

#[cfg(test)]
#[path = "dd2_tests.rs"]
mod tests;
