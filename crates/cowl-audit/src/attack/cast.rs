//! Whose messages an attack looks at: who trains it, who tests it.

use std::collections::BTreeMap;

use crate::attack::{Absent, Scene};
use crate::convert::float_len;
use crate::learn::{Random, folds};
use crate::score::{AttackId, Control, Figure, Finding, Interval, Outcome, Unit};
use crate::truth::{MessageKind, MessageTruth};
use crate::view::{Adversary, Message, View};

/// Messages that one attack looks at; beyond that, fewer people with all their messages.
const MAX_MESSAGES: usize = 100_000;

/// The messages of some people, in order of time, with their truth.
#[derive(Debug)]
pub(crate) struct Cast<'a> {
    pub(crate) messages: Vec<(&'a Message, &'a MessageTruth)>,
    /// The person of each message.
    pub(crate) person: Vec<u32>,
    /// Everybody in it; whether she trains the attack (else she tests it).
    pub(crate) trains: BTreeMap<u32, bool>,
}

impl<'a> Cast<'a> {
    /// The messages that people sent: not the forged ones, not the authority's; cover messages only where wished. Half of the people train.
    pub(crate) fn new(scene: &'a Scene, view: &'a View, cover: bool, seed: u64) -> Self {
        let real = |truth: &MessageTruth| {
            let kind = match truth.kind {
                MessageKind::Report | MessageKind::WalkIn => true,
                MessageKind::Cover => cover,
                MessageKind::Authority => false,
            };
            kind && truth.forged.is_none()
        };
        let mut messages = Vec::new();
        let mut count: BTreeMap<u32, usize> = BTreeMap::new();
        for message in &view.messages {
            if let Some((truth, person)) = scene.message(message.id).and_then(|it| Some((it, it.person?)))
                && real(truth)
            {
                messages.push((message, truth, person));
                *count.entry(person).or_default() += 1;
            }
        }
        let mut order: Vec<u32> = count.keys().copied().collect();
        Random::new(seed).fork(0xca57).shuffle(&mut order);
        let mut room = MAX_MESSAGES;
        order.retain(|person| {
            let wanted = count.get(person).copied().unwrap_or(0);
            let fits = wanted <= room;
            room -= if fits { wanted } else { 0 };
            fits
        });
        let trains: BTreeMap<u32, bool> = folds(order.into_iter().map(|person| (person, 0)), 2, seed)
            .into_iter()
            .map(|(person, fold)| (person, fold == 0))
            .collect();
        messages.retain(|(_, _, person)| trains.contains_key(person));
        let person = messages.iter().map(|(_, _, person)| *person).collect();
        let messages = messages.into_iter().map(|(message, truth, _)| (message, truth)).collect();
        Self { messages, person, trains }
    }

    /// Whether a person trains the attack.
    pub(crate) fn is_training(&self, person: u32) -> bool {
        self.trains.get(&person).copied().unwrap_or(false)
    }

    /// The person of each message if she trains, as the attacker knows it.
    pub(crate) fn training(&self) -> Vec<Option<u32>> {
        self.person.iter().map(|person| self.is_training(*person).then_some(*person)).collect()
    }
}

/// A number and its controls, before it is judged.
#[derive(Debug)]
pub(crate) struct Measure {
    pub(crate) unit: Unit,
    pub(crate) estimate: Interval,
    pub(crate) chance: f64,
    pub(crate) advantage: Interval,
    pub(crate) n: u64,
    pub(crate) people: u64,
}

impl Measure {
    /// Believed if both controls passed.
    pub(crate) fn judged(self, seed: u64, positive: Control, negative: Control) -> Outcome {
        let Self { unit, estimate, chance, advantage, n, people } = self;
        let figure = Figure { unit, estimate, chance, advantage, n, people, seed, positive, negative };
        let reason = match (positive.passed, negative.passed) {
            (true, true) => return Outcome::Measured(figure),
            (false, _) => "a planted leak was not found",
            _ => "with shuffled labels something was found all the same",
        };
        Outcome::NotMeasured { reason: reason.to_owned(), figure: Some(figure) }
    }
}

/// A finding.
pub(crate) fn finding(
    id: AttackId,
    adversary: Adversary,
    variant: &str,
    headline: bool,
    outcome: Outcome,
) -> Finding {
    Finding { attack: id, adversary, variant: variant.to_owned(), headline, outcome }
}

/// What to say of an adversary without a view.
pub(crate) fn not_applicable(absent: &Absent) -> Outcome {
    let reason = match absent {
        Absent::NoPoint => "the trace has no point where this adversary stands",
        Absent::NotRecorded => "the trace does not show what this adversary would see",
        Absent::NoReader => "the truth does not say what this adversary's keys open",
    };
    Outcome::NotApplicable { reason: reason.to_owned() }
}

/// Nothing to measure with.
pub(crate) fn too_little(what: &str) -> Outcome {
    Outcome::NotMeasured { reason: what.to_owned(), figure: None }
}

/// The messages for which there are such properties, with them added (as `name=value` joined by zero bytes): what a careless client would send.
pub(crate) fn planted(view: &View, mut properties: impl FnMut(&Message) -> Option<String>) -> View {
    let mut planted = view.clone();
    planted.messages.clear();
    for message in &view.messages {
        if let Some(text) = properties(message) {
            let mut all = view.get(&message.properties).to_vec();
            if !all.is_empty() {
                all.push(0);
            }
            all.extend_from_slice(text.as_bytes());
            let start = u32::try_from(planted.bytes.len()).unwrap_or(u32::MAX);
            planted.bytes.extend_from_slice(&all);
            let end = u32::try_from(planted.bytes.len()).unwrap_or(u32::MAX);
            planted.messages.push(Message { properties: start..end, ..message.clone() });
        }
    }
    planted
}

/// A drawn part of the people, about `wanted` of them, for controls: those need not be as large as what they control.
pub(crate) fn drawn(scene: &Scene, wanted: usize, seed: u64) -> impl Fn(u32) -> bool {
    let users = scene.truth.people.values().filter(|person| person.uses).count().max(1);
    let share = float_len(wanted) / float_len(users);
    move |person| Random::new(seed).fork(0xd4a3).fork(u64::from(person)).unit() < share
}
