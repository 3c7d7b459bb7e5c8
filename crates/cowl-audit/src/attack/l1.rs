//! L1: are these two messages of one person?
//!
//! Boosted trees over all that two messages, and the sets that they come with, have in common. Trained anew on this configuration's own
//! traffic, on half of the people, tested on the other half, then the other way round. See `docs/audits.md`.

use crate::attack::features::{Comparer, Digest, rounds};
use crate::attack::linking::{Handle, Known, Others, Pairs, Relation, draw, granted};
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

/// One way of asking.
#[derive(Debug, Clone, Copy)]
struct Variant {
    name: &'static str,
    relation: Relation,
    others: Others,
    /// Whether sets are given to the attacker.
    granted: bool,
    counts: Counts,
}

/// Where a variant counts in the scorecard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Counts {
    /// Nowhere: it is shown beside.
    Never,
    /// Where people connect by themselves.
    Alone,
    /// Where they are behind gateways or relays: there these ask about what is left inside of one, since the gateway itself is no secret.
    Behind,
}

const fn variant(name: &'static str, relation: Relation, others: Others, counts: Counts) -> Variant {
    Variant { name, relation, others, granted: false, counts }
}

const VARIANTS: [Variant; 10] = [
    variant("within-connection-epoch", Relation::Within, Others::Anybody, Counts::Never),
    variant("across-reconnect", Relation::Reconnect, Others::Anybody, Counts::Alone),
    variant("across-epoch", Relation::Epoch, Others::Anybody, Counts::Alone),
    variant("within-gateway", Relation::Epoch, Others::SameGateway, Counts::Behind),
    variant("across-gateways", Relation::Epoch, Others::OtherGateway, Counts::Never),
    variant("set-against-set", Relation::Sets, Others::Anybody, Counts::Alone),
    Variant { granted: true, ..variant("granted-sets", Relation::Sets, Others::Anybody, Counts::Never) },
    variant("within-gateway-epoch", Relation::Period, Others::SameGateway, Counts::Behind),
    variant("within-gateway-reconnect", Relation::Reconnect, Others::SameGateway, Counts::Behind),
    // the last message of a period and the first of the next are chosen by whose they are, which inside a gateway nobody sees
    variant("within-gateway-sets", Relation::Sets, Others::SameGateway, Counts::Never),
];

impl Attack for L1 {
    fn id(&self) -> AttackId {
        AttackId::L1
    }

    fn version(&self) -> u32 {
        2
    }

    fn measure(&self, scene: &Scene, adversary: Adversary, seed: u64) -> Vec<Finding> {
        let has_gateways = scene.truth.people.values().any(|person| person.gateway.is_some());
        let of = |outcome: &Outcome| {
            let headlines = VARIANTS.iter().filter(|variant| variant.is_headline(has_gateways));
            headlines.map(|variant| finding(adversary, variant.name, true, outcome.clone())).collect()
        };
        let view = match scene.view(adversary) {
            Ok(view) => view,
            Err(absent) => return of(&not(reason(&absent))),
        };
        let known = Known::new(scene, view, seed);
        if !known.enough() {
            let reason = "too few people sent anything".into();
            return of(&Outcome::NotMeasured { reason, figure: None });
        }
        let digest = Digest::new(view, &Map::new(&scene.truth), &scene.truth.operation.epochs);
        let leaking = planted(view, &known);
        let mut leaking_digest = digest.clone();
        leaking_digest.plant(&leaking);
        let seen = [0, 1].map(|fold| Handle::learn(&digest, &known, fold).sets(&digest, &known));
        let given = [granted(&known), Vec::new()];
        // Who connects by herself has no place in anybody's order.
        let turns = [0, 1].map(|fold| if has_gateways { turns(&digest, &known, fold) } else { Vec::new() });
        let linkers = [&seen, &given].map(|sets| Linker {
            plain: Compared::new(view, &digest, sets, &turns),
            planted: Compared::new(&leaking, &leaking_digest, sets, &turns),
        });
        let [linker, knowing] = &linkers;
        let mut findings = Vec::new();
        for (number, variant) in (0..).zip(VARIANTS) {
            let Variant { name, relation, others, granted, .. } = variant;
            if others != Others::Anybody && !has_gateways {
                continue;
            }
            let seed = Random::new(seed).fork(number).next();
            let pairs = draw(view, &known, (relation, others), FOURS, seed);
            let outcome = if pairs.fours() < LEAST {
                not(nobody(relation, others))
            } else if granted {
                knowing.outcome(&pairs, seed)
            } else {
                linker.outcome(&pairs, seed)
            };
            findings.push(finding(adversary, name, variant.is_headline(has_gateways), outcome));
        }
        findings
    }
}

impl Variant {
    fn is_headline(&self, has_gateways: bool) -> bool {
        self.counts == if has_gateways { Counts::Behind } else { Counts::Alone }
    }
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

const fn nobody(relation: Relation, others: Others) -> &'static str {
    match (relation, others) {
        (Relation::Within, _) => "hardly any connection carries two messages",
        (Relation::Reconnect, Others::Anybody) => "hardly anybody reconnects within an epoch",
        (Relation::Reconnect, _) => "gateways hardly reconnect within an epoch",
        (_, Others::SameGateway) => "hardly two people are behind one gateway",
        (_, Others::OtherGateway) => "hardly two people are behind different gateways",
        (Relation::Period, Others::Anybody) => "hardly anybody sends twice in an epoch",
        (Relation::Epoch | Relation::Sets, Others::Anybody) => "hardly anybody sends in two epochs",
    }
}

/// Rounds that the people of one half keep.
fn turns(digest: &Digest, known: &Known<'_>, fold: usize) -> Vec<f64> {
    let half = known.senders.iter().filter(|sender| sender.fold == fold);
    rounds(digest, half.map(|sender| sender.messages.as_slice()))
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
    fn new(
        view: &'a View,
        digest: &'a Digest,
        [first, second]: &'a [Vec<u32>; 2],
        [turns, other]: &[Vec<f64>; 2],
    ) -> Self {
        let second = if second.is_empty() { first } else { second };
        let mut comparers = vec![Comparer::new(view, digest, first).in_rounds(turns.clone())];
        let differ = turns.iter().zip(other).any(|(one, other)| one.total_cmp(other).is_ne());
        if first != second || differ {
            comparers.push(Comparer::new(view, digest, second).in_rounds(other.clone()));
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
