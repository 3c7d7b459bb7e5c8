//! What holds messages together for free: a connection, an identifier that lives for a while.

use std::collections::{BTreeMap, HashMap};

use crate::attack::Scene;
use crate::attack::features::Digest;
use crate::attack::linking::Known;
use crate::convert::{count, float};
use crate::truth::MessageTruth;
use crate::view::{Message, View};

/// Share of messages in a set that must be of the person who has most in it, among people trained on.
const PURE: f64 = 0.95;
/// A set of fewer messages on average is none.
const LEAST: f64 = 1.2;
/// Where pseudonyms never change, days stand for epochs; a trace of less than two days is halved.
const DAY: u64 = 86_400_000_000;

/// The period of each message, between whose ends pseudonyms stay: all identifiers are looked at as if they ended there, so that what
/// survives is found by comparing, not taken for granted. Where pseudonyms change, a period is their epoch.
pub(super) fn periods(scene: &Scene, view: &View, truth: &[Option<&MessageTruth>]) -> Vec<u32> {
    let operation = &scene.truth.operation;
    let last = view.messages.last().map_or(0, |message| message.at);
    let length = if operation.length == 0 { last } else { operation.length };
    let step = if length >= 2 * DAY { DAY } else { length / 2 };
    let period = |(message, truth): (&Message, Option<&MessageTruth>)| {
        let number = if operation.epochs.is_empty() {
            message.at.checked_div(step).unwrap_or(0)
        } else if let Some(truth) = truth {
            u64::from(truth.epoch)
        } else {
            count(operation.epochs.iter().filter(|end| **end <= message.at).count())
        };
        u32::try_from(number).unwrap_or(u32::MAX)
    };
    view.messages.iter().zip(truth.iter().copied()).map(period).collect()
}

/// Which slot of labels is used to hold messages together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Handle(Option<usize>);

impl Handle {
    /// The slot that makes the largest sets of one person's messages, among the people of this half; none where no slot does.
    pub(crate) fn learn(digest: &Digest, known: &Known<'_>, fold: usize) -> Self {
        let mut best = (None, LEAST);
        for (place, slot) in digest.labels.iter().enumerate() {
            let mut sets: HashMap<(u32, u32), BTreeMap<u32, u64>> = HashMap::new();
            for ((period, person), code) in known.periods.iter().zip(&known.person).zip(&slot.codes) {
                let trained = person.filter(|person| known.fold(*person) == Some(fold));
                if let Some(person) = trained.filter(|_| *code != 0) {
                    let set = sets.entry((*period, *code)).or_default();
                    *set.entry(person).or_default() += 1;
                }
            }
            let (mut pure, mut total, mut squares) = (0, 0, 0);
            for set in sets.values() {
                let number: u64 = set.values().sum();
                pure += set.values().max().copied().unwrap_or(0);
                total += number;
                squares += number * number;
            }
            let size = float(squares) / float(total).max(1.0);
            if float(pure) >= PURE * float(total) && size > best.1 * 1.01 {
                best = (Some(place), size);
            }
        }
        Self(best.0)
    }

    /// The number of each message's set, from 0 in order of beginning; a message without handle is a set by itself.
    pub(crate) fn sets(self, digest: &Digest, known: &Known<'_>) -> Vec<u32> {
        let slot = self.0.and_then(|place| digest.labels.get(place));
        let mut numbers: HashMap<(u32, u32), u32> = HashMap::new();
        let mut next = 0;
        let mut fresh = || {
            next += 1;
            next - 1
        };
        let number = |(place, period): (usize, &u32)| match slot.map_or(0, |slot| slot.code(place)) {
            0 => fresh(),
            code => *numbers.entry((*period, code)).or_insert_with(&mut fresh),
        };
        known.periods.iter().enumerate().map(number).collect()
    }
}

/// Sets that nobody could see, as if each person's messages of a period had one mark.
pub(crate) fn granted(known: &Known<'_>) -> Vec<u32> {
    let mut numbers: HashMap<(u32, u32), u32> = HashMap::new();
    let mut next = 0;
    let mut fresh = || {
        next += 1;
        next - 1
    };
    let number = |(period, person): (&u32, &Option<u32>)| match person {
        None => fresh(),
        Some(person) => *numbers.entry((*period, *person)).or_insert_with(&mut fresh),
    };
    known.periods.iter().zip(&known.person).map(number).collect()
}
