//! DD1: which fields can be read?

use std::collections::BTreeMap;

use crate::attack::cast::{Cast, Measure, drawn, finding, not_applicable, planted, too_little};
use crate::attack::fields::{Known, Read, Recovered, StandIns, read, recovered};
use crate::attack::places::Map;
use crate::attack::{Attack, Scene};
use crate::convert::{count, float, float_len};
use crate::learn::{Random, at_chance, at_least, mean_interval};
use crate::score::{AttackId, Control, Finding, Interval, Outcome, Unit};
use crate::view::{Adversary, View};

/// Messages looked at.
const MAX_MESSAGES: usize = 20_000;
/// Messages that are held against other people's truth, for chance and for the negative control.
const MAX_STRANGE: usize = 4_000;
/// People whose messages the positive control plants their fields in, and the share of those that must be found.
const CONTROL_PEOPLE: usize = 60;
const LEAST_FOUND: f64 = 0.75;

/// See `docs/audits.md`, DD1.
#[derive(Debug, Clone, Copy, Default)]
pub struct DD1;

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Variant {
    Exact,
    Any,
    NotNeeded,
    Needed,
    FieldsExact,
    FieldsAny,
    CountingRule,
    Spurious,
}

/// In the order of the findings.
const VARIANTS: [(Variant, &str); 8] = [
    (Variant::Exact, "exact"),
    (Variant::Any, "exact-or-coarse"),
    (Variant::NotNeeded, "not-needed"),
    (Variant::Needed, "needed"),
    (Variant::FieldsExact, "fields-exact"),
    (Variant::FieldsAny, "fields-exact-or-coarse"),
    (Variant::CountingRule, "counting-rule"),
    (Variant::Spurious, "spurious"),
];

impl Variant {
    /// Whether it counts fields and not their share.
    const fn is_count(self) -> bool {
        matches!(self, Self::FieldsExact | Self::FieldsAny | Self::CountingRule | Self::Spurious)
    }

    /// Its value for one message; `None` where there is nothing to read.
    fn of(self, read: &Recovered) -> Option<f64> {
        let share = |found: usize, all: usize| (all > 0).then(|| float_len(found) / float_len(all));
        match self {
            Self::Exact => share(read.exact, read.known),
            Self::Any => share(read.exact + read.coarse, read.known),
            Self::NotNeeded => share(read.not_needed, read.known_not_needed),
            Self::Needed => share(read.needed, read.known_needed),
            Self::FieldsExact => Some(float_len(read.exact)),
            Self::FieldsAny => Some(float_len(read.exact + read.coarse)),
            Self::CountingRule => Some(f64::from(read.counted)),
            Self::Spurious => Some(float_len(read.spurious)),
        }
    }
}

impl Attack for DD1 {
    fn id(&self) -> AttackId {
        AttackId::DD1
    }

    fn measure(&self, scene: &Scene, adversary: Adversary, seed: u64) -> Vec<Finding> {
        let of = |variant: &str, outcome| {
            let headline = matches!(variant, "exact" | "exact-or-coarse" | "not-needed");
            finding(AttackId::DD1, adversary, variant, headline, outcome)
        };
        let view = match scene.view(adversary) {
            Err(absent) => {
                return VARIANTS.iter().map(|(_, name)| of(name, not_applicable(&absent))).collect();
            }
            Ok(view) => view,
        };
        let map = Map::new(&scene.truth);
        let whole = Reading::new(scene, view, &map, seed);
        let leaky = leaking(scene, view, seed);
        let found = Reading::new(scene, &leaky, &map, seed).recovered(Whose::Own);
        let found = mean_interval(&values(Variant::Any, &found), seed);
        let least = found.map(|found| at_least(found, LEAST_FOUND));
        let held = [Whose::Own, Whose::Strange, Whose::Stranger].map(|whose| whole.recovered(whose));
        VARIANTS.iter().map(|(variant, name)| of(name, whole.outcome(*variant, &held, least, seed))).collect()
    }
}

/// Messages of some people with all that their devices know in the clear.
fn leaking(scene: &Scene, view: &View, seed: u64) -> View {
    let is_drawn = drawn(scene, CONTROL_PEOPLE, seed);
    planted(view, |message| {
        let truth = scene.message(message.id).filter(|truth| truth.person.is_some_and(&is_drawn))?;
        Some(
            truth.fields.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("\0"),
        )
    })
}

/// Against whose truth a message is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    /// Its own.
    Own,
    /// Somebody else's: what is found there is chance.
    Strange,
    /// Somebody else's still: must be no more than chance.
    Stranger,
}

/// What can be read in the messages of a view, and what their devices knew.
struct Reading {
    messages: Vec<(u32, Known, Read)>,
    seed: u64,
}

impl Reading {
    fn new(scene: &Scene, view: &View, map: &Map, seed: u64) -> Self {
        let cast = Cast::new(scene, view, false, seed);
        let mut random = Random::new(seed).fork(0xdd1);
        let share = float_len(MAX_MESSAGES) / float_len(cast.messages.len()).max(1.0);
        let mut messages = Vec::new();
        for ((message, truth), person) in cast.messages.iter().zip(&cast.person) {
            if !truth.fields.is_empty() && random.unit() < share {
                let known = Known::new(truth, &scene.truth.operation, map);
                messages.push((*person, known, read(view, message, map)));
            }
        }
        Self { messages, seed }
    }

    fn outcome(
        &self,
        variant: Variant,
        held: &[Vec<(u32, Recovered)>; 3],
        positive: Option<Control>,
        seed: u64,
    ) -> Outcome {
        let [own, strange, stranger] = held.each_ref().map(|recovered| values(variant, recovered));
        let interval = |values: &[(u32, f64)]| mean_interval(values, seed);
        let (Some(estimate), Some(chance), Some(negative), Some(positive)) =
            (interval(&own), interval(&strange), interval(&stranger), positive)
        else {
            return too_little(match variant {
                Variant::NotNeeded | Variant::Needed => {
                    "the policy does not say of any field whether it is needed"
                }
                _ => "the truth says of no message what its device knew",
            });
        };
        let chance =
            if matches!(variant, Variant::CountingRule | Variant::Spurious) { 0.0 } else { chance.value };
        let most = if variant.is_count() { self.known() } else { 1.0 };
        let scale = |value: f64| if most > chance { (value - chance) / (most - chance) } else { 0.0 };
        let advantage = match variant {
            // how much was read that nobody knew is no success
            Variant::Spurious => Interval { value: 0.0, low: 0.0, high: 0.0 },
            _ => Interval {
                value: scale(estimate.value).min(1.0),
                low: scale(estimate.low).clamp(0.0, 1.0),
                high: scale(estimate.high).clamp(0.0, 1.0),
            },
        };
        let negative = match variant {
            Variant::CountingRule | Variant::Spurious => Control { measured: negative, passed: true },
            _ => at_chance(negative, chance),
        };
        let mut people: Vec<u32> = own.iter().map(|(person, _)| *person).collect();
        people.sort_unstable();
        people.dedup();
        let unit = if variant.is_count() { Unit::Count } else { Unit::Share };
        Measure { unit, estimate, chance, advantage, n: count(own.len()), people: count(people.len()) }
            .judged(seed, positive, negative)
    }

    /// What was read of each message, held against its own truth or somebody else's.
    fn recovered(&self, whose: Whose) -> Vec<(u32, Recovered)> {
        let truths = self.truths(whose);
        let pairs: Vec<(u32, &Known, &Read)> = self
            .messages
            .iter()
            .zip(truths)
            .filter_map(|((person, _, read), known)| Some((*person, known?, read)))
            .collect();
        let stand_ins = StandIns::learn(pairs.iter().map(|(_, known, read)| (*known, *read)));
        pairs.iter().map(|(person, known, read)| (*person, recovered(known, read, &stand_ins))).collect()
    }

    fn truths(&self, whose: Whose) -> Vec<Option<&Known>> {
        if whose == Whose::Own {
            return self.messages.iter().map(|(_, known, _)| Some(known)).collect();
        }
        let mut random = Random::new(self.seed).fork(if whose == Whose::Strange { 1 } else { 2 });
        let share = float_len(MAX_STRANGE) / float_len(self.messages.len()).max(1.0);
        let draw = |person: &u32, random: &mut Random| {
            let tries = (0..8).filter_map(|_| self.messages.get(random.below(self.messages.len())));
            tries.into_iter().find(|(other, ..)| other != person).map(|(_, known, _)| known)
        };
        self.messages
            .iter()
            .map(|(person, ..)| if random.unit() < share { draw(person, &mut random) } else { None })
            .collect()
    }

    /// How many fields a device knows, on average.
    fn known(&self) -> f64 {
        let mut of: BTreeMap<u32, (u64, u64)> = BTreeMap::new();
        for (person, known, _) in &self.messages {
            let (fields, messages) = of.entry(*person).or_default();
            *fields += count(known.fields.len());
            *messages += 1;
        }
        let people = float_len(of.len()).max(1.0);
        of.values().map(|(fields, messages)| float(*fields) / float(*messages)).sum::<f64>() / people
    }
}

/// The value of each message that has one.
fn values(variant: Variant, recovered: &[(u32, Recovered)]) -> Vec<(u32, f64)> {
    recovered.iter().filter_map(|(person, it)| Some((*person, variant.of(it)?))).collect()
}

#[cfg(test)]
#[path = "dd1_tests.rs"]
mod tests;
