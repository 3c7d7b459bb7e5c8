//! Runs all attacks for all adversaries.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::attack::{Attack, Scene};
use crate::convert::{count, float};
use crate::score::{AttackId, Cost, Figure, Finding, Outcome, Scorecard, Utility};
use crate::view::Adversary;

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// The attack that ended.
    pub attack: AttackId,
    /// By whom.
    pub adversary: Adversary,
    /// Attacks that have ended.
    pub done: usize,
    /// All of this run.
    pub of: usize,
}

/// Attacks a scene as each of the adversaries, on up to two threads. The result does not depend on their number: the same arguments give the
/// same scorecard.
///
/// Without TLS the network sees what the broker sees, so its findings are the broker's, measured once.
pub fn score(
    scene: &Scene,
    attacks: &[&dyn Attack],
    adversaries: &[Adversary],
    seed: u64,
    progress: &(dyn Fn(Progress) + Sync),
) -> Scorecard {
    let shared = adversaries.contains(&Adversary::Network) && adversaries.contains(&Adversary::Broker);
    let tasks: Vec<(&dyn Attack, Adversary)> = attacks
        .iter()
        .flat_map(|attack| adversaries.iter().map(|adversary| (*attack, *adversary)))
        .filter(|(attack, adversary)| apart(attack.id()) || !(shared && *adversary == Adversary::Network))
        .collect();
    let mut found: Vec<Finding> = run(scene, &tasks, seed, progress).into_iter().map(believable).collect();
    if shared {
        let alike = |finding: &&Finding| finding.adversary == Adversary::Broker && !apart(finding.attack);
        let copies: Vec<Finding> = found.iter().filter(alike).cloned().collect();
        found.extend(copies.into_iter().map(|finding| Finding { adversary: Adversary::Network, ..finding }));
    }
    found.sort_by_key(|finding| (finding.attack, finding.adversary));
    let operation = &scene.truth.operation;
    Scorecard {
        configuration: operation.configuration.clone(),
        seed,
        hours: float(operation.length) / 3.6e9,
        people: count(scene.truth.people.values().filter(|person| person.uses).count()),
        messages: messages(scene),
        attacks: attacks.iter().map(|attack| (attack.id(), attack.version())).collect(),
        findings: found,
        cost: Cost::of(scene),
        utility: Utility::of(&scene.truth),
    }
}

/// Messages that the truth knows, at the broker where that is seen: behind a gateway or relay each is there a second time.
fn messages(scene: &Scene) -> u64 {
    let view = scene.view(Adversary::Broker).or_else(|_| scene.view(Adversary::Subscriber));
    count(match view {
        Ok(view) => view.messages.iter().filter(|message| scene.message(message.id).is_some()).count(),
        Err(_) => scene.truth.messages.len(),
    })
}

/// A number that is none, and one whose control failed, is not a measurement, whatever the attack says.
fn believable(finding: Finding) -> Finding {
    let Outcome::Measured(figure) = &finding.outcome else { return finding };
    let reason = if !finite(figure) {
        "the estimate is not a number: too few cases"
    } else if !figure.positive.passed {
        "the planted leak was not found"
    } else if !figure.negative.passed {
        "something was found among shuffled labels"
    } else {
        return finding;
    };
    let figure = Some(figure.clone()).filter(finite);
    Finding { outcome: Outcome::NotMeasured { reason: reason.to_owned(), figure }, ..finding }
}

fn finite(figure: &Figure) -> bool {
    let all = [&figure.estimate, &figure.advantage, &figure.positive.measured, &figure.negative.measured];
    figure.chance.is_finite()
        && all.iter().all(|one| one.value.is_finite() && one.low.is_finite() && one.high.is_finite())
}

/// What is asked about the broker differs from what is asked about the network although both see the same: a notice that names the one
/// does not name the other, and only one of them keeps stores.
const fn apart(attack: AttackId) -> bool {
    matches!(attack, AttackId::U1 | AttackId::Nc1)
}

fn run(
    scene: &Scene,
    tasks: &[(&dyn Attack, Adversary)],
    seed: u64,
    progress: &(dyn Fn(Progress) + Sync),
) -> Vec<Finding> {
    let next = AtomicUsize::new(0);
    let done = AtomicUsize::new(0);
    let found = Mutex::new(Vec::new());
    let workers = thread::available_parallelism().map_or(1, usize::from).min(2);
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some((attack, adversary)) = tasks.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let findings = attack.measure(scene, *adversary, seed);
                    found.lock().unwrap_or_else(std::sync::PoisonError::into_inner).extend(findings);
                    progress(Progress {
                        attack: attack.id(),
                        adversary: *adversary,
                        done: done.fetch_add(1, Ordering::Relaxed) + 1,
                        of: tasks.len(),
                    });
                }
            });
        }
    });
    let mut found = found.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    found.sort_by(|a, b| (a.attack, a.adversary, &a.variant).cmp(&(b.attack, b.adversary, &b.variant)));
    found
}
