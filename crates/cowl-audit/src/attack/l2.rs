//! L2: how long can a person be followed?
//!
//! Sets of messages that one identifier holds together are linked end to end into chains, the likeliest links first, by what a model
//! trained as in L1 says of them. See `docs/audits.md`.

use crate::attack::features::{Comparer, Digest};
use crate::attack::l1::{SETTINGS, judged, planted, reason};
use crate::attack::linking::{Clustering, Handle, Known, Links, candidates};
use crate::attack::places::Map;
use crate::attack::{Attack, Scene};
use crate::convert::{count, float_len};
use crate::learn::{
    Matrix, Model, Random, Settings, at_least, logistic, mean_interval, near_chance, quantile_interval,
};
use crate::score::{AttackId, Figure, Finding, Interval, Outcome, Unit};
use crate::view::{Adversary, View};

/// L2: how long can a person be followed?
#[derive(Debug, Clone, Copy, Default)]
pub struct L2;

/// Possible links that are glanced at, in all; for a control.
const MOST_LINKS: [usize; 2] = [1_000_000, 150_000];
/// Links that are looked at closely, in all, and of one set at least and at most.
const CLOSELY: usize = 50_000;
const OF_ONE: [usize; 2] = [2, 24];
/// How links are told apart at a glance.
const GLANCE: Settings = Settings { trees: 25, rate: 0.25, leaves: 8, column_share: 1.0, ..SETTINGS };
/// Links of each kind, right and wrong, that a model is trained on.
const TRAINING: usize = 3000;
/// How sure a link must be, as probabilities; which serves best is found out on the people trained on.
const SURE: [f64; 4] = [0.5, 0.2, 0.05, 0.01];
/// What planted tokens must reach: B-cubed F1, and share of the longest chain.
const FOUND: f64 = 0.9;
/// Orders of owners over which chance is averaged.
const SHUFFLES: u64 = 3;

/// What an attack came to, of the people of one half or both.
struct Run {
    /// By person: hours of the longest chain, hours from her first to her last message, F1.
    people: Vec<(u32, [f64; 3])>,
    /// The same means with the owners of messages shuffled: hours, F1.
    chance: [f64; 2],
    messages: usize,
}

impl Attack for L2 {
    fn id(&self) -> AttackId {
        AttackId::L2
    }

    fn version(&self) -> u32 {
        2
    }

    fn measure(&self, scene: &Scene, adversary: Adversary, seed: u64) -> Vec<Finding> {
        let finding = |(variant, outcome): (&str, Outcome)| Finding {
            attack: AttackId::L2,
            adversary,
            variant: variant.to_owned(),
            headline: true,
            outcome,
        };
        let both = |outcome: Outcome| {
            [("longest-chain", outcome.clone()), ("b-cubed", outcome)].map(finding).to_vec()
        };
        let view = match scene.view(adversary) {
            Ok(view) => view,
            Err(absent) => return both(Outcome::NotApplicable { reason: reason(&absent).to_owned() }),
        };
        let known = Known::new(scene, view, seed);
        if !known.enough() {
            let reason = "too few people sent anything".to_owned();
            return both(Outcome::NotMeasured { reason, figure: None });
        }
        let digest = Digest::new(view, &Map::new(&scene.truth), &scene.truth.operation.epochs);
        let [most, control] = MOST_LINKS;
        let runs = [0, 1].map(|fold| run(view, &digest, &known, fold, most, seed));
        let (leaking, mut leaking_digest) = (planted(view, &known), digest.clone());
        leaking_digest.plant(&leaking);
        let positive = run(&leaking, &leaking_digest, &known, 0, control, seed ^ 1);
        let negative = run(view, &digest, &known.shuffled(seed ^ 2), 0, control, seed ^ 2);
        let main = Run {
            messages: runs.iter().map(|run| run.messages).sum(),
            chance: mean(runs.each_ref().map(|run| run.chance)),
            people: runs.into_iter().flat_map(|run| run.people).collect(),
        };
        let [chain, f1] = [0, 1].map(|place| figure(&main, &positive, &negative, place, seed));
        let outcome = |figure: Option<Figure>| {
            figure.map_or(
                Outcome::NotMeasured { reason: "nobody could be tested".to_owned(), figure: None },
                judged,
            )
        };
        [("longest-chain", outcome(chain)), ("b-cubed", outcome(f1))].map(finding).to_vec()
    }
}

fn mean([[one_chain, one_f1], [other_chain, other_f1]]: [[f64; 2]; 2]) -> [f64; 2] {
    [one_chain.midpoint(other_chain), one_f1.midpoint(other_f1)]
}

/// Place 0: the chain, 1: F1.
fn figure(main: &Run, positive: &Run, negative: &Run, place: usize, seed: u64) -> Option<Figure> {
    let estimate = main.estimate(place, seed)?;
    let chance = main.chance.get(place).copied()?;
    let best = main.best(place);
    let (found, nothing) = (positive.estimate(place, seed)?, negative.estimate(place, seed)?);
    let scale = |value: f64| if best > chance { (value - chance) / (best - chance) } else { 0.0 };
    Some(Figure {
        unit: if place == 0 { Unit::Hours } else { Unit::Share },
        estimate,
        chance,
        advantage: Interval {
            value: scale(estimate.value),
            low: scale(estimate.low).max(0.0),
            high: scale(estimate.high).max(0.0),
        },
        n: count(main.messages),
        people: count(main.people.len()),
        seed,
        positive: at_least(found, FOUND * positive.best(place)),
        negative: near_chance(nothing, negative.chance.get(place).copied()?, 0.02 * negative.best(place)),
    })
}

impl Run {
    fn estimate(&self, place: usize, seed: u64) -> Option<Interval> {
        let column = if place == 0 { 0 } else { 2 };
        let values: Vec<(u32, f64)> =
            self.people.iter().filter_map(|(person, row)| Some((*person, *row.get(column)?))).collect();
        if place == 0 { quantile_interval(&values, 0.95, seed) } else { mean_interval(&values, seed) }
    }

    /// What following everybody without an error would come to.
    fn best(&self, place: usize) -> f64 {
        let mut spans: Vec<f64> = self.people.iter().map(|(_, [_, span, _])| *span).collect();
        if place == 0 { crate::learn::quantile(&mut spans, 0.95).unwrap_or(0.0) } else { 1.0 }
    }
}

/// Trains on one half of the people, links everybody's messages, and scores those of the other half.
fn run(view: &View, digest: &Digest, known: &Known<'_>, fold: usize, most: usize, seed: u64) -> Run {
    let sets = Handle::learn(digest, known, fold).sets(digest, known);
    let comparer = Comparer::new(view, digest, &sets);
    let links = candidates(digest, known, &comparer, fold, most);
    let half = Half { known, fold, seed };
    let glance = |pair, row: &mut Vec<f64>| comparer.glance(pair, row);
    let first = half.scores(&links, &GLANCE, Comparer::GLANCE, glance);
    let [least, most] = OF_ONE;
    let links = links.likeliest(&first, (CLOSELY / comparer.members().len().max(1)).clamp(least, most));
    let compare = |pair, row: &mut Vec<f64>| comparer.compare(pair, row);
    let scores = half.scores(&links, &SETTINGS, comparer.columns(), compare);
    let mut best: Option<(f64, Clustering)> = None;
    for sure in SURE {
        let clusters = Clustering::new(comparer.members(), &links, &scores, sure);
        let trained = clusters.by_person(view, known, &known.person, fold);
        let quality = trained.iter().map(|(_, row)| row[2]).sum::<f64>() / float_len(trained.len()).max(1.0);
        if best.as_ref().is_none_or(|best| quality > best.0 + 1e-9) {
            best = Some((quality, clusters));
        }
    }
    let Some((_, clusters)) = best else {
        return Run { people: Vec::new(), chance: [0.0; 2], messages: 0 };
    };
    let people = clusters.by_person(view, known, &known.person, 1 - fold);
    let mut chance = [0.0; 2];
    for shuffle in 0..SHUFFLES {
        let owners = known.shuffled_owners(Random::new(seed).fork(shuffle).next());
        let by_person = clusters.by_person(view, known, &owners, 1 - fold);
        let shuffled = Run { people: by_person, chance, messages: 0 };
        for (place, slot) in (0..).zip(&mut chance) {
            let guessed = shuffled.estimate(place, seed).map_or(0.0, |estimate| estimate.value);
            *slot += guessed / crate::convert::float(SHUFFLES);
        }
    }
    let messages = known.senders.iter().filter(|sender| sender.fold != fold);
    Run { people, chance, messages: messages.map(|sender| sender.messages.len()).sum() }
}

/// The people whom a model of links is trained on.
struct Half<'a> {
    known: &'a Known<'a>,
    fold: usize,
    seed: u64,
}

impl Half<'_> {
    /// The probability of each link.
    fn scores(
        &self,
        links: &Links,
        settings: &Settings,
        columns: usize,
        compare: impl Fn([usize; 2], &mut Vec<f64>),
    ) -> Vec<f64> {
        let trained = |person: &u32| self.known.fold(*person) == Some(self.fold);
        let owner = |message: usize| self.known.person.get(message).copied().flatten().filter(trained);
        let (mut wrong, mut right) = (Vec::new(), Vec::new());
        for link in &links.messages {
            if let Some((first, second)) = owner(link[0]).zip(owner(link[1])) {
                (if first == second { &mut right } else { &mut wrong }).push(*link);
            }
        }
        let mut random = Random::new(self.seed);
        let mut matrix = Matrix::new(columns);
        let (mut labels, mut row) = (Vec::new(), Vec::new());
        for (links, label) in [(&mut wrong, false), (&mut right, true)] {
            random.shuffle(links);
            for link in links.iter().take(TRAINING) {
                compare(*link, &mut row);
                matrix.push(&row);
                labels.push(label);
            }
        }
        let model = Model::train(&matrix, &labels, settings, self.seed);
        // not all were shown of either kind
        let shown = |number: usize| float_len(number.min(TRAINING)).max(0.5) / float_len(number).max(0.5);
        let shift = (shown(wrong.len()) / shown(right.len())).ln();
        let score = |link: &[usize; 2]| {
            compare(*link, &mut row);
            logistic(model.score(&row) + shift)
        };
        links.messages.iter().map(score).collect()
    }
}

#[cfg(test)]
#[path = "l2_tests.rs"]
mod tests;
