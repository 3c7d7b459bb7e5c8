//! Nc1: is what was erased gone? Trials on erased and expired records, and what the trace's broker still retains of them.

use std::collections::{BTreeMap, BTreeSet};

use crate::attack::cast::{Measure, not_applicable};
use crate::attack::flows::standing;
use crate::attack::judge::Report;
use crate::attack::{Attack, Scene};
use crate::convert::count;
use crate::evidence::{Cause, Evidence, Medium, Record, Store};
use crate::learn::{at_least, wilson};
use crate::score::{AttackId, Control, Finding, Interval, Outcome, Unit};
use crate::truth::MessageRef;
use crate::view::{Adversary, View};

/// The attack.
#[derive(Debug, Clone, Copy)]
pub struct Nc1;

impl Attack for Nc1 {
    fn id(&self) -> AttackId {
        AttackId::Nc1
    }

    fn measure(&self, scene: &Scene, adversary: Adversary, seed: u64) -> Vec<Finding> {
        let mut report = Report::new(AttackId::Nc1, adversary);
        let (erased, retention) = match (scene.view(adversary), &scene.evidence) {
            (Err(why), _) => (not_applicable(&why), not_applicable(&why)),
            (Ok(_), None) => (missing("no evidence of erasure"), missing("no evidence of retention")),
            (Ok(view), Some(evidence)) => {
                (erased(scene, view, evidence, seed), retention(evidence, adversary, seed))
            }
        };
        report.add("erased", true, erased);
        report.add("retention", true, retention);
        report.findings
    }
}

fn missing(reason: &str) -> Outcome {
    Outcome::NoMechanism { reason: reason.to_owned() }
}

/// Whether an adversary gets at a medium: what the broker retains is everybody's who sees topics, machines are their holders'.
const fn reaches(adversary: Adversary, medium: Medium) -> bool {
    match medium {
        Medium::Retained => !matches!(adversary, Adversary::NetworkTls),
        Medium::DiskImage | Medium::Backup | Medium::Log => keeps(adversary),
    }
}

/// Whether an adversary has stores of the operator's.
const fn keeps(adversary: Adversary) -> bool {
    matches!(adversary, Adversary::Broker | Adversary::Role | Adversary::BrokerRole | Adversary::RelayRole)
}

/// The share of erased and expired records that something within reach still opens.
fn erased(scene: &Scene, view: &View, evidence: &Evidence, seed: u64) -> Outcome {
    let ended: Vec<&Record> = of(evidence, &[Cause::Erased, Cause::Expired]).collect();
    if ended.is_empty() {
        return missing("the evidence has no record that was erased or expired");
    }
    let trials = Trials::new(evidence, view.adversary);
    let retained = Retained::new(scene, view);
    let looked = |record: &Record, retained: &Retained| {
        let tried = trials.of(record);
        // a trial on the retained message knows better than we do whether its key is gone
        let open = record.message.filter(|_| !trials.retained.contains(record.record.as_str()));
        let shown = open
            .filter(|message| retained.passed.contains(message))
            .map(|message| retained.open.contains(&message));
        match (tried, shown) {
            (None, None) => None,
            (tried, shown) => Some(tried.unwrap_or(false) || shown.unwrap_or(false)),
        }
    };
    let judged: Vec<bool> = ended.iter().filter_map(|record| looked(record, &retained)).collect();
    if judged.is_empty() {
        let reason = "no erased record was looked for where this adversary looks";
        return missing(reason);
    }
    let share =
        |judged: &[bool]| wilson(count(judged.iter().filter(|open| **open).count()), count(judged.len()));
    let estimate = share(&judged);
    let messages: BTreeSet<MessageRef> = ended.iter().filter_map(|record| record.message).collect();
    let planted = |cleared: bool| {
        let retained = Retained::new(scene, &planted(scene, view, &messages, cleared));
        let seen = messages.iter().filter(|message| retained.passed.contains(message));
        seen.map(|message| retained.open.contains(message)).collect::<Vec<bool>>()
    };
    let control = |cause: Cause, cleared: bool| -> (Vec<bool>, bool) {
        let tried: Vec<bool> = of(evidence, &[cause]).filter_map(|record| trials.of(record)).collect();
        // who tries records must also try one of each control
        let complete = trials.opened.is_empty() || !tried.is_empty();
        (tried.into_iter().chain(planted(cleared)).collect(), complete)
    };
    let (live, live_tried) = control(Cause::Live, false);
    let (never, never_tried) = control(Cause::Never, true);
    let positive = at_least(share(&live), 0.9);
    let nothing = share(&never);
    let whole = people(&ended);
    let measure = Measure {
        unit: Unit::Share,
        estimate,
        chance: 0.0,
        advantage: estimate,
        n: count(judged.len()),
        people: whole,
    };
    measure.judged(
        seed,
        Control { passed: positive.passed && live_tried, ..positive },
        Control { measured: nothing, passed: nothing.value <= 0.0 && never_tried },
    )
}

fn of<'e>(evidence: &'e Evidence, causes: &'e [Cause]) -> impl Iterator<Item = &'e Record> {
    evidence.records.values().filter(|record| causes.contains(&record.cause))
}

fn people(records: &[&Record]) -> u64 {
    count(records.iter().filter_map(|record| record.person).collect::<BTreeSet<_>>().len())
}

/// What came of trials within an adversary's reach.
struct Trials<'e> {
    opened: BTreeMap<&'e str, bool>,
    /// Records whose retained message was tried.
    retained: BTreeSet<&'e str>,
}

impl<'e> Trials<'e> {
    fn new(evidence: &'e Evidence, adversary: Adversary) -> Self {
        let mut trials = Self { opened: BTreeMap::new(), retained: BTreeSet::new() };
        for trial in evidence.trials.iter().filter(|trial| reaches(adversary, trial.medium)) {
            *trials.opened.entry(trial.record.as_str()).or_default() |= trial.opened;
            if trial.medium == Medium::Retained {
                trials.retained.insert(trial.record.as_str());
            }
        }
        trials
    }

    fn of(&self, record: &Record) -> Option<bool> {
        self.opened.get(record.record.as_str()).copied()
    }
}

/// What the broker retains when the trace ends.
struct Retained {
    /// Messages of the view.
    passed: BTreeSet<MessageRef>,
    /// Those that are still retained, by themselves or as an equal payload, and of which something can be read.
    open: BTreeSet<MessageRef>,
}

impl Retained {
    fn new(scene: &Scene, view: &View) -> Self {
        let mut last: BTreeMap<&[u8], &[u8]> = BTreeMap::new();
        for message in view.messages.iter().filter(|message| message.retain) {
            // MQTT 3.1.1 §3.3.1.3: an empty payload clears what is retained under its topic
            last.insert(view.get(&message.topic), view.get(&message.payload));
        }
        let kept: BTreeSet<&[u8]> = last.into_values().filter(|payload| !payload.is_empty()).collect();
        let mut retained = Self { passed: BTreeSet::new(), open: BTreeSet::new() };
        for message in &view.messages {
            let payload = view.get(&message.payload);
            retained.passed.insert(message.id);
            let readable = || {
                let clear =
                    scene.message(message.id).is_some_and(|truth| !standing(truth, payload).is_empty());
                clear || !view.get(&message.opened).is_empty()
            };
            if kept.contains(payload) && readable() {
                retained.open.insert(message.id);
            }
        }
        retained
    }
}

/// The view with these messages retained in clear, each under a topic of its own; then cleared again, if wished.
fn planted(scene: &Scene, view: &View, messages: &BTreeSet<MessageRef>, cleared: bool) -> View {
    let mut planted = view.clone();
    let mut clearing = Vec::new();
    for (number, message) in
        planted.messages.iter_mut().enumerate().filter(|(_, message)| messages.contains(&message.id))
    {
        let fields = scene.message(message.id).map(|truth| &truth.fields);
        let text = fields.into_iter().flatten().map(|(name, value)| format!("{name}: {value}"));
        let text = format!("planted: {number}, {}", text.collect::<Vec<_>>().join(", "));
        message.payload = planted.bytes.put(text.as_bytes());
        message.opened = message.payload.clone();
        message.topic = planted.bytes.put(format!("planted/{number}").as_bytes());
        message.retain = true;
        if cleared {
            let mut empty = message.clone();
            (empty.payload, empty.opened) = (0..0, 0..0);
            empty.id = MessageRef { connection: u64::MAX, ordinal: message.id.ordinal };
            clearing.push(empty);
        }
    }
    planted.messages.extend(clearing);
    planted
}

/// The share of stores that hold something older than they may.
fn retention(evidence: &Evidence, adversary: Adversary, seed: u64) -> Outcome {
    if !keeps(adversary) {
        return Outcome::NotApplicable { reason: "this adversary keeps no store of the operator's".into() };
    }
    if evidence.stores.is_empty() {
        return missing("the evidence has no store");
    }
    let late = |stores: &[Store]| -> Interval {
        wilson(count(stores.iter().filter(|store| overdue(store)).count()), count(stores.len()))
    };
    let estimate = late(&evidence.stores);
    let each = |oldest: &dyn Fn(&Store) -> Option<u64>| -> Vec<Store> {
        evidence.stores.iter().map(|store| Store { oldest_s: oldest(store), ..store.clone() }).collect()
    };
    let (old, empty) = (late(&each(&|store| Some(store.keeps_s.saturating_add(1)))), late(&each(&|_| None)));
    let measure = Measure {
        unit: Unit::Share,
        estimate,
        chance: 0.0,
        advantage: estimate,
        n: count(evidence.stores.len()),
        people: 0,
    };
    measure.judged(seed, at_least(old, 0.99), Control { measured: empty, passed: empty.value <= 0.0 })
}

fn overdue(store: &Store) -> bool {
    store.oldest_s.is_some_and(|oldest| oldest > store.keeps_s)
}

#[cfg(test)]
#[path = "nc1_tests.rs"]
mod tests;
