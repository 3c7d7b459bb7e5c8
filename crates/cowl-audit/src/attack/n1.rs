//! N1: can a judge hold a message against its sender? A judge with a view (the broker's log, and a role's keys) must tell a person's real
//! message from one that the role forged in her name.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::attack::cast::{Measure, finding, not_applicable, too_little};
use crate::attack::judge::{Cases, Report, thinned};
use crate::attack::traffic::{Content, Fact, Streams, facts, hash, message_row};
use crate::attack::{Attack, Scene};
use crate::convert::{count, float_len};
use crate::learn::{Weights, at_chance, at_least, bootstrap, shuffled, wilson};
use crate::score::{AttackId, Control, Finding, Interval, Outcome, Unit};
use crate::truth::MessageKind;
use crate::view::{Adversary, Message, View};

/// Messages judged, at most.
const MOST: usize = 12_000;
/// What a planted leak must reach.
const FOUND: f64 = 0.9;

/// The attack.
#[derive(Debug, Clone, Copy)]
pub struct N1;

impl Attack for N1 {
    fn id(&self) -> AttackId {
        AttackId::N1
    }

    fn version(&self) -> u32 {
        2
    }

    fn measure(&self, scene: &Scene, adversary: Adversary, seed: u64) -> Vec<Finding> {
        let mut report = Report::new(AttackId::N1, adversary);
        match scene.view(adversary) {
            Err(why) => report.add("victim", true, not_applicable(&why)),
            Ok(view) => {
                let log = Log::new(scene, view);
                report.add("victim", true, log.judge(seed, true));
                report.add("content-only", false, log.judge(seed, false));
            }
        }
        report.findings.extend(commands(scene, adversary, seed));
        report.findings
    }
}

/// Everything that is claimed to be of people whom somebody forged.
struct Log<'a> {
    view: View,
    content: Content,
    facts: Vec<Fact>,
    /// Of each message: in whose name it is, and whether it is real.
    claims: Vec<(u32, bool)>,
    scene: &'a Scene,
}

impl<'a> Log<'a> {
    fn new(scene: &'a Scene, view: &View) -> Self {
        let said = |message: &Message| {
            let truth = scene.message(message.id)?;
            let reports = matches!(truth.kind, MessageKind::Report | MessageKind::WalkIn);
            Some((truth.person.filter(|_| reports)?, truth.forged.is_none()))
        };
        let victims: BTreeSet<u32> = view
            .messages
            .iter()
            .filter_map(said)
            .filter(|(_, real)| !real)
            .map(|(person, _)| person)
            .collect();
        let mut view = view.clone();
        view.messages.retain(|message| said(message).is_some_and(|(person, _)| victims.contains(&person)));
        let claims = view.messages.iter().filter_map(said).collect();
        let content = Content::read(&view);
        let facts = facts(&view, &content);
        Self { view, content, facts, claims, scene }
    }

    fn judge(&self, seed: u64, log: bool) -> Outcome {
        if self.claims.is_empty() {
            let forged = self.scene.truth.messages.values().any(|truth| truth.forged.is_some());
            let reason = if forged {
                "no forged message passes this view"
            } else {
                "the truth has no forged messages"
            };
            return too_little(reason);
        }
        let main = self.cases(seed, log);
        if let Some(reason) = main.too_few() {
            return too_little(&reason);
        }
        let planted = self.planted().cases(seed, log);
        let blind = shuffled(&main.labels, seed ^ 0x5a5a);
        let all =
            (gap(&main, &main.labels, seed), gap(&planted, &planted.labels, seed), gap(&main, &blind, seed));
        let (Some(estimate), Some(found), Some(nothing)) = all else {
            return too_little("no interval: forged messages are of too few people");
        };
        let measure = Measure {
            unit: Unit::Share,
            estimate,
            chance: 0.0,
            advantage: Interval {
                value: estimate.value,
                low: estimate.low.max(0.0),
                high: estimate.high.max(0.0),
            },
            n: count(main.labels.len()),
            people: count(main.distinct()),
        };
        measure.judged(seed, at_least(found, FOUND), at_chance(nothing, 0.0))
    }

    /// The same, where real messages bear a signature that nobody else can make.
    fn planted(&self) -> Self {
        let mut planted = Self {
            view: self.view.clone(),
            content: self.content.clone(),
            facts: self.facts.clone(),
            claims: self.claims.clone(),
            scene: self.scene,
        };
        for (message, (_, real)) in planted.view.messages.iter_mut().zip(&self.claims) {
            message.planted = real.then_some(1);
        }
        planted
    }

    /// With `log` all that the view shows; without it, only what stands in the message.
    fn cases(&self, seed: u64, log: bool) -> Cases {
        let claimed = Streams::by(self.claims.iter().map(|(person, _)| u64::from(*person)));
        let members = claimed.members();
        let parts = self.parts();
        let shared = parts.iter().map(|part| self.shared(part)).collect::<Vec<_>>();
        let mut chosen = Vec::new();
        for members in &members {
            let usual: Vec<HashMap<u64, f64>> = parts.iter().map(|part| shares(part, members)).collect();
            for (place, member) in members.iter().enumerate() {
                let (Some((person, real)), Some(fact)) = (self.claims.get(*member), self.facts.get(*member))
                else {
                    continue;
                };
                let token = self.view.messages.get(*member).and_then(|message| message.planted);
                let mut row = vec![if token.is_some() { 1.0 } else { 0.0 }, fact.payload];
                let words = message_row(&self.facts, members, place);
                if log {
                    for ((part, usual), shared) in parts.iter().zip(&usual).zip(&shared) {
                        let value = part.get(*member).copied().unwrap_or(0);
                        row.push(usual.get(&value).copied().unwrap_or(0.0));
                        row.push(shared.get(&value).copied().unwrap_or(0.0));
                    }
                    row.extend(words);
                } else {
                    // the last columns are the words
                    row.extend(words.into_iter().rev().take(24));
                }
                chosen.push((row, *person, *real));
            }
        }
        let columns = chosen.first().map_or(1, |(row, _, _)| row.len());
        let mut cases = Cases::new(columns);
        for (row, person, real) in thinned(chosen, MOST, seed, |(_, _, real)| !*real) {
            cases.push(&row, 0.0, real, person);
        }
        cases
    }

    /// What of each message may be usual for a person: address, client id, user name, connection, topic, software, keep-alive, and whatever
    /// identifier can be read.
    fn parts(&self) -> Vec<Vec<u64>> {
        let view = &self.view;
        let of = |message: &Message| {
            message.connection.and_then(|place| view.connections.get(usize::try_from(place).ok()?))
        };
        let each = |read: &dyn Fn(&Message) -> u64| view.messages.iter().map(read).collect::<Vec<u64>>();
        let bytes = |value: Option<String>| value.map_or(0, |text| hash(&[text.as_bytes()]));
        let mut parts = vec![
            each(&|message| {
                bytes(of(message).and_then(|open| open.address).map(|address| address.to_string()))
            }),
            each(&|message| of(message).map_or(0, |open| hash(&[view.get(&open.client_id)]))),
            each(&|message| of(message).map_or(0, |open| hash(&[view.get(&open.user_name)]))),
            each(&|message| message.connection.map_or(0, |place| u64::from(place) + 1)),
            each(&|message| hash(&[view.get(&message.topic)])),
            each(&|message| {
                let open = of(message);
                let beat = open.and_then(|open| open.keep_alive).unwrap_or(0);
                open.and_then(|open| open.fingerprint).unwrap_or(0) ^ u64::from(beat) << 40
            }),
        ];
        parts.extend(self.content.identifiers.values().cloned());
        parts
    }

    /// In how many people's names each value occurs: a forger's own address occurs in many.
    fn shared(&self, part: &[u64]) -> HashMap<u64, f64> {
        let mut people: BTreeMap<u64, BTreeSet<u32>> = BTreeMap::new();
        for (value, (person, _)) in part.iter().zip(&self.claims) {
            people.entry(*value).or_default().insert(*person);
        }
        people.into_iter().map(|(value, people)| (value, float_len(people.len()))).collect()
    }
}

/// The share of a person's messages that have each value.
fn shares(part: &[u64], members: &[usize]) -> HashMap<u64, f64> {
    let mut times: HashMap<u64, f64> = HashMap::new();
    for value in members.iter().filter_map(|member| part.get(*member)) {
        *times.entry(*value).or_default() += 1.0 / float_len(members.len());
    }
    times
}

/// Share of real messages believed minus share of forged ones believed, at the threshold that does best on the people of other folds.
fn gap(cases: &Cases, labels: &[bool], seed: u64) -> Option<Interval> {
    let scores = cases.scores(labels, seed);
    let folds = cases.folds(seed);
    let mut believed = vec![false; scores.len()];
    for fold in folds.iter().copied().collect::<BTreeSet<_>>() {
        let mut others: Vec<(f64, bool)> = scores
            .iter()
            .zip(labels)
            .zip(&folds)
            .filter(|(_, of)| **of != fold)
            .map(|((score, label), _)| (*score, *label))
            .collect();
        let threshold = threshold(&mut others);
        for ((believed, score), of) in believed.iter_mut().zip(&scores).zip(&folds) {
            if *of == fold {
                *believed = *score >= threshold;
            }
        }
    }
    // of each person: real messages believed, all real ones, forged ones believed, all forged ones
    let mut sums: BTreeMap<u32, [f64; 4]> = BTreeMap::new();
    for ((believed, label), person) in believed.iter().zip(labels).zip(&cases.people) {
        let [real, all_real, forged, all_forged] = sums.entry(*person).or_default();
        let (hits, total) = if *label { (real, all_real) } else { (forged, all_forged) };
        *hits += if *believed { 1.0 } else { 0.0 };
        *total += 1.0;
    }
    bootstrap(&cases.people, seed, |weights| difference(&sums, weights))
}

fn difference(sums: &BTreeMap<u32, [f64; 4]>, weights: &Weights<'_>) -> Option<f64> {
    let mut total = [0.0; 4];
    for (person, sums) in sums {
        for (total, sum) in total.iter_mut().zip(sums) {
            *total += weights.of(*person) * sum;
        }
    }
    let [real, all_real, forged, all_forged] = total;
    (all_real > 0.0 && all_forged > 0.0).then(|| real / all_real - forged / all_forged)
}

/// The score from which believing gains most: half way to the next lower one, as the same model of other people scores a little otherwise.
fn threshold(cases: &mut [(f64, bool)]) -> f64 {
    cases.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
    let real = float_len(cases.iter().filter(|(_, real)| *real).count()).max(1.0);
    let forged = (float_len(cases.len()) - real).max(1.0);
    let (mut sum, mut best) = (0.0, (0.0, f64::INFINITY));
    let mut tied = cases.chunk_by(|a, b| a.0 <= b.0).peekable();
    while let Some(group) = tied.next() {
        for (_, label) in group {
            sum += if *label { 1.0 / real } else { -1.0 / forged };
        }
        let Some((score, _)) = group.first().filter(|_| sum > best.0) else { continue };
        let next = tied.peek().and_then(|next| next.first()).map_or(*score, |next| next.0);
        best = (sum, score.midpoint(next));
    }
    best.1
}

/// How far a third party is from proving who gave a command: 1 − (genuine ones accepted − others accepted), by the evidence. Asked once, of
/// the judge with the log and a role's keys.
fn commands(scene: &Scene, adversary: Adversary, seed: u64) -> Option<Finding> {
    if adversary != Adversary::BrokerRole {
        return None;
    }
    let of = |outcome| Some(finding(AttackId::N1, adversary, "authority-commands", false, outcome));
    let trials = scene.evidence.as_ref().map(|evidence| evidence.commands.as_slice()).unwrap_or_default();
    if trials.is_empty() {
        return of(Outcome::NoMechanism { reason: "no evidence of commands that were verified".into() });
    }
    let side = |genuine: bool| trials.iter().filter(move |trial| trial.genuine == genuine);
    if side(true).count() < 10 || side(false).count() < 10 {
        return of(too_little("fewer than 10 genuine commands, or fewer than 10 others, were tried"));
    }
    let share = |genuine: bool, accepted: &dyn Fn(bool, bool) -> bool| {
        let hits = side(genuine).filter(|trial| accepted(trial.genuine, trial.accepted)).count();
        wilson(count(hits), count(side(genuine).count()))
    };
    let short = |accepted: &dyn Fn(bool, bool) -> bool| {
        let (real, other) = (share(true, accepted), share(false, accepted));
        let value = 1.0 - (real.value - other.value);
        // Newcombe 1998, method 10: Wilson's intervals of both shares
        Interval {
            value,
            low: value - (real.high - real.value).hypot(other.value - other.low),
            high: value + (real.value - real.low).hypot(other.high - other.value),
        }
    };
    let estimate = short(&|_, accepted| accepted);
    let clamp = |share: f64| share.clamp(0.0, 1.0);
    let estimate = Interval { value: estimate.value, low: clamp(estimate.low), high: clamp(estimate.high) };
    let measure = Measure {
        unit: Unit::Share,
        estimate,
        chance: 0.0,
        advantage: estimate,
        n: count(trials.len()),
        people: 0,
    };
    // who accepts everything proves nothing; who knows the answer proves all
    let all = short(&|_, _| true);
    let knows = short(&|genuine, _| genuine);
    let positive = Control { measured: all, passed: all.value > 1.0 - 1e-9 };
    let negative = Control { measured: knows, passed: knows.value.abs() < 1e-9 };
    of(measure.judged(seed, positive, negative))
}

#[cfg(test)]
#[path = "n1_tests.rs"]
mod tests;
