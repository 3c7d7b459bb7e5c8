//! L1: are these two messages of one person?
//!
//! Boosted trees over all that two messages, and the sets that they come with, have in common. Trained anew on this configuration's own
//! traffic, on half of the people, tested on the other half, then the other way round. See `docs/audits.md`.

use crate::attack::features::{Comparer, Digest};
use crate::attack::linking::{Handle, Known, Pairs, Relation, draw, granted};
use crate::attack::places::Map;
use crate::attack::{Absent, Attack, Scene};
use crate::learn::{
    Binned, Case, Matrix, Model, Random, Settings, advantage, at_chance, at_least, auc_interval,
    shuffled_within,
};
use crate::score::{AttackId, Control, Figure, Finding, Interval, Outcome, Unit};
use crate::view::{Adversary, View};

/// L1: are these two messages of one person?
#[derive(Debug, Clone, Copy, Default)]
pub struct L1;

/// Matched fours in each half of the people: twice as many pairs of one person, as many of two.
const FOURS: usize = 750;
/// Fours of the positive control, for which fewer are enough.
const CONTROL_FOURS: usize = 250;
/// Fours in a half below which nothing is said.
const LEAST: usize = 25;
/// What a planted token must reach.
const FOUND: f64 = 0.95;

/// How pairs are told apart.
pub(crate) const SETTINGS: Settings = Settings {
    trees: 70,
    rate: 0.15,
    leaves: 10,
    least_rows: 20.0,
    l2: 1.0,
    least_gain: 1e-6,
    row_share: 0.8,
    column_share: 0.5,
    bins: 64,
};

/// Name, relation, whether sets are granted, whether it counts.
const VARIANTS: [(&str, Relation, bool, bool); 7] = [
    ("within-connection-epoch", Relation::Within, false, false),
    ("across-reconnect", Relation::Reconnect, false, true),
    ("across-epoch", Relation::Epoch, false, true),
    ("within-gateway", Relation::WithinGateway, false, false),
    ("across-gateways", Relation::AcrossGateways, false, false),
    ("set-against-set", Relation::Sets, false, true),
    ("granted-sets", Relation::Sets, true, false),
];

impl Attack for L1 {
    fn id(&self) -> AttackId {
        AttackId::L1
    }

    fn measure(&self, scene: &Scene, adversary: Adversary, seed: u64) -> Vec<Finding> {
        let view = match scene.view(adversary) {
            Ok(view) => view,
            Err(absent) => {
                let reason = reason(&absent).to_owned();
                return headlines().map(|name| finding(adversary, name, true, not(&reason))).collect();
            }
        };
        let known = Known::new(scene, view, seed);
        if !known.enough() {
            let outcome =
                Outcome::NotMeasured { reason: "too few people sent anything".into(), figure: None };
            return headlines().map(|name| finding(adversary, name, true, outcome.clone())).collect();
        }
        let digest = Digest::new(view, &Map::new(&scene.truth));
        let has_gateways = known.senders.iter().any(|sender| sender.gateway.is_some());
        let leaking = planted(view, &known);
        let mut leaking_digest = digest.clone();
        leaking_digest.plant(&leaking);
        let seen = [0, 1].map(|fold| Handle::learn(&digest, &known, fold).sets(&digest, &known));
        let given = [granted(&known), Vec::new()];
        let linkers = [&seen, &given].map(|sets| Linker {
            plain: Compared::new(view, &digest, sets),
            planted: Compared::new(&leaking, &leaking_digest, sets),
        });
        let [linker, knowing] = &linkers;
        let mut findings = Vec::new();
        for (number, (name, relation, is_granted, headline)) in (0..).zip(VARIANTS) {
            let of_gateways = matches!(relation, Relation::WithinGateway | Relation::AcrossGateways);
            if of_gateways && !has_gateways {
                continue;
            }
            let seed = Random::new(seed).fork(number).next();
            let pairs = draw(view, &known, relation, FOURS, seed);
            let outcome = if pairs.fours() < LEAST {
                not(nobody(relation))
            } else if is_granted {
                knowing.outcome(&pairs, seed)
            } else {
                linker.outcome(&pairs, seed)
            };
            findings.push(finding(adversary, name, headline, outcome));
        }
        findings
    }
}

fn headlines() -> impl Iterator<Item = &'static str> {
    VARIANTS.into_iter().filter(|variant| variant.3).map(|variant| variant.0)
}

fn finding(adversary: Adversary, variant: &str, headline: bool, outcome: Outcome) -> Finding {
    Finding { attack: AttackId::L1, adversary, variant: variant.to_owned(), headline, outcome }
}

fn not(reason: &str) -> Outcome {
    Outcome::NotApplicable { reason: reason.to_owned() }
}

/// Why an adversary sees nothing.
pub(crate) const fn reason(absent: &Absent) -> &'static str {
    match absent {
        Absent::NoPoint => "the trace has no such place",
        Absent::NotRecorded => "the trace does not show what this adversary would see",
        Absent::NoReader => "the truth names nobody who holds such keys",
    }
}

const fn nobody(relation: Relation) -> &'static str {
    match relation {
        Relation::Within => "hardly any connection carries two messages",
        Relation::Reconnect => "hardly anybody reconnects within an epoch",
        Relation::WithinGateway => "hardly two people are behind one gateway",
        Relation::AcrossGateways => "hardly two people are behind different gateways",
        Relation::Epoch | Relation::Sets => "hardly anybody sends in two epochs",
    }
}

/// The view with a token in each message that is its sender's for ever.
pub(crate) fn planted(view: &View, known: &Known<'_>) -> View {
    let mut leaking = view.clone();
    for (message, person) in leaking.messages.iter_mut().zip(&known.person) {
        message.planted = person.map(|person| Random::new(u64::from(person)).next());
    }
    leaking
}

/// For each half of the people, what has been learnt from it about what holds messages together; one where both halves agree.
struct Compared<'a>(Vec<Comparer<'a>>);

impl<'a> Compared<'a> {
    fn new(view: &'a View, digest: &'a Digest, [first, second]: &'a [Vec<u32>; 2]) -> Self {
        let mut comparers = vec![Comparer::new(view, digest, first)];
        if !second.is_empty() && first != second {
            comparers.push(Comparer::new(view, digest, second));
        }
        Self(comparers)
    }
}

/// The attacker, ready for pairs, and the same with a planted leak.
struct Linker<'a> {
    plain: Compared<'a>,
    planted: Compared<'a>,
}

impl Linker<'_> {
    fn outcome(&self, pairs: &Pairs, seed: u64) -> Outcome {
        let tables = Tables::new(&self.plain, pairs);
        let Some(estimate) = tables.auc(pairs, &pairs.same, seed) else {
            return not("too few pairs");
        };
        let shuffled = shuffled_within(&pairs.same, &pairs.groups, seed ^ 1);
        let negative = tables.auc(pairs, &shuffled, seed ^ 2);
        let negative = negative.map_or(FAILED, |measured| at_chance(measured, 0.5));
        let few = pairs.some(CONTROL_FOURS);
        let found = Tables::new(&self.planted, &few).auc(&few, &few.same, seed ^ 3);
        let positive = found.map_or(FAILED, |found| at_least(found, FOUND));
        let people: std::collections::BTreeSet<u32> = pairs.people.iter().flatten().copied().collect();
        let figure = Figure {
            unit: Unit::Auc,
            estimate,
            chance: 0.5,
            advantage: advantage(estimate, 0.5),
            n: crate::convert::count(pairs.len()),
            people: crate::convert::count(people.len()),
            seed,
            positive,
            negative,
        };
        judged(figure)
    }
}

const FAILED: Control =
    Control { measured: Interval { value: f64::NAN, low: f64::NAN, high: f64::NAN }, passed: false };

/// A figure whose controls passed is measured.
pub(crate) fn judged(figure: Figure) -> Outcome {
    let reason = match (figure.positive.passed, figure.negative.passed) {
        (true, true) => return Outcome::Measured(figure),
        (false, _) => "the planted leak was not found",
        (true, false) => "with labels shuffled the attack left chance",
    };
    Outcome::NotMeasured { reason: reason.to_owned(), figure: Some(figure) }
}

/// Features of all pairs, for each half that is trained on, or one for both.
struct Tables(Vec<(Matrix, Binned)>);

impl Tables {
    fn new(compared: &Compared<'_>, pairs: &Pairs) -> Self {
        let table = |comparer: &Comparer<'_>| {
            let mut matrix = Matrix::new(comparer.columns());
            let mut row = Vec::new();
            for pair in &pairs.messages {
                comparer.compare(*pair, &mut row);
                matrix.push(&row);
            }
            let binned = Binned::new(&matrix, SETTINGS.bins);
            (matrix, binned)
        };
        Self(compared.0.iter().map(table).collect())
    }

    /// Trains on each half, tests on the other.
    fn auc(&self, pairs: &Pairs, labels: &[bool], seed: u64) -> Option<Interval> {
        let mut cases = Vec::with_capacity(pairs.len());
        for (fold, (matrix, binned)) in (0..2).zip(self.0.iter().cycle()) {
            let in_fold = |row: &usize| pairs.folds.get(*row) == Some(&fold);
            let train: Vec<usize> = (0..pairs.len()).filter(in_fold).collect();
            let model = Model::train_binned(binned, &train, labels, &SETTINGS, seed);
            for row in (0..pairs.len()).filter(|row| !in_fold(row)) {
                let (Some(positive), Some(people)) = (labels.get(row), pairs.people.get(row)) else {
                    continue;
                };
                cases.push(Case {
                    score: model.score(matrix.row(row)),
                    positive: *positive,
                    people: *people,
                });
            }
        }
        auc_interval(&cases, seed)
    }
}

#[cfg(test)]
#[path = "l1_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "l1_weaker_tests.rs"]
mod weaker;
