//! A guess of the place behind a message: Bayes' rule over places of training people, with evidence that the attacker chose by
//! what helped on other training people.

use std::collections::{BTreeMap, BTreeSet};

use crate::attack::clues::{Clue, Slot};
use crate::attack::places::{Area, Located, Map, Place};
use crate::convert::{count, float, float_len};
use crate::learn::{Random, quantile};

/// Places that stand for the prior.
const PARTICLES: usize = 1_600;
/// Places while evidence is chosen, and messages that it is tried on.
const TRIAL: [usize; 2] = [700, 80];
/// Evidence that is combined, at most, and candidates for it that are looked at more than once.
const MOST_EVIDENCE: usize = 6;
const SHORT_LIST: usize = 10;
/// How much the mean logarithm of the distance must fall for a piece of evidence to be taken.
const LEAST_GAIN: f64 = 0.015;
/// Weight of a place that evidence speaks against: nothing is quite impossible.
const AGAINST: f64 = 1e-3;
/// The same for a place outside an area that was named.
const OUTSIDE: f64 = 1e-6;
/// Weight of the centre of a named area, in places: it counts where no training people are.
const CENTRE: f64 = 0.2;
/// Widths of kernels over numbers, in standard deviations.
const WIDTHS: [f64; 3] = [0.02, 0.1, 0.4];
/// Microseconds of a window in which zones are published together.
pub(crate) const WINDOW: u64 = 24 * 3_600_000_000;

/// A message to guess, or to learn from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row<'a> {
    pub(crate) person: u32,
    pub(crate) at: u64,
    pub(crate) clue: &'a Clue,
    /// Where it was sent; for learning and scoring only.
    pub(crate) truth: Located,
    /// A place that another message of the same group names: the nearest in time.
    pub(crate) history: Option<Area>,
}

/// Something that speaks for some places and against others.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Evidence {
    /// The areas that the message names.
    Own,
    /// The area that an earlier or later message of the same group names.
    History,
    /// Equal values in a slot.
    Label(Slot),
    /// Similar numbers in a slot, by a kernel of this width.
    Number(Slot, f64),
    /// Finer areas were named by others in this window: so she is in none of them.
    Published,
}

/// The areas named in each window, for [`Evidence::Published`].
#[derive(Debug, Default)]
pub(crate) struct Published {
    windows: BTreeMap<u64, Vec<Area>>,
}

impl Published {
    /// Collects what messages of all people name.
    pub(crate) fn new<'a>(messages: impl Iterator<Item = (u64, &'a Clue)>) -> Self {
        const MOST: usize = 2_000;
        let mut windows: BTreeMap<u64, Vec<Area>> = BTreeMap::new();
        let mut known = BTreeSet::new();
        for (at, clue) in messages {
            let window = at / WINDOW;
            // a single position covers nobody else
            for area in clue.areas.iter().filter(|area| area.radius() >= 50.0 || area.zone.is_some()) {
                let areas = windows.entry(window).or_default();
                let key =
                    (window, area.centre.lat.to_bits(), area.centre.lon.to_bits(), area.radius().to_bits());
                if areas.len() < MOST && known.insert(key) {
                    areas.push(*area);
                }
            }
        }
        Self { windows }
    }
}

/// The places of the prior, and what was learnt about evidence.
#[derive(Debug)]
pub(crate) struct Guesser<'a> {
    places: Vec<(Located, Option<&'a Clue>, f64)>,
    /// Places in order of latitude, and of longitude.
    by_lat: Vec<usize>,
    by_lon: Vec<usize>,
    /// The narrowest area that covers each place, by window.
    covered: BTreeMap<u64, Vec<f64>>,
    /// Standard deviation of the numbers in each slot.
    spread: BTreeMap<Slot, f64>,
    /// How far outside its named areas, and those of its group's other messages, a message usually is.
    scales: [f64; 2],
    evidence: Vec<Evidence>,
}

impl<'a> Guesser<'a> {
    /// Learns from the messages of training people.
    pub(crate) fn learn(rows: &[Row<'a>], slots: Slot, map: &Map, published: &Published, seed: u64) -> Self {
        let mut random = Random::new(seed).fork(0x12);
        let mut people: Vec<u32> =
            rows.iter().map(|row| row.person).collect::<BTreeSet<_>>().into_iter().collect();
        random.shuffle(&mut people);
        let half: BTreeSet<u32> = people.iter().copied().take(people.len() / 2).collect();
        let (one, other): (Vec<Row<'a>>, Vec<Row<'a>>) =
            rows.iter().partition(|row| half.contains(&row.person));
        let [places, tries] = TRIAL;
        let mut trial = Self::new(&sample(&one, places, &mut random), map, published);
        trial.choose(&sample(&other, tries, &mut random), slots);
        let whole = Self::new(&sample(rows, PARTICLES, &mut random), map, published);
        Self { evidence: trial.evidence, ..whole }
    }

    fn new(rows: &[Row<'a>], map: &Map, published: &Published) -> Self {
        let mut places: Vec<_> = rows.iter().map(|row| (row.truth, Some(row.clue), 1.0)).collect();
        // people may be in zones where no training person was: all those centres together count a fiftieth
        let centres: Vec<Located> = map.centres().collect();
        let weight = 0.02 * float_len(places.len()).max(1.0) / float_len(centres.len()).max(1.0);
        places.extend(centres.into_iter().map(|centre| (centre, None, weight)));
        let order = |of: &dyn Fn(Place) -> f64| {
            let mut order: Vec<(f64, usize)> =
                places.iter().enumerate().map(|(index, (at, ..))| (of(at.place), index)).collect();
            order.sort_by(|one, other| one.0.total_cmp(&other.0));
            order.into_iter().map(|(_, index)| index).collect()
        };
        let cover = |areas: &Vec<Area>| -> Vec<f64> {
            let narrowest = |at: Located| {
                let around = areas.iter().filter(|area| area.excess(at) <= 0.0).map(Area::radius);
                around.fold(f64::INFINITY, f64::min)
            };
            places.iter().map(|(at, ..)| narrowest(*at)).collect()
        };
        let covered = published.windows.iter().map(|(window, areas)| (*window, cover(areas))).collect();
        let (by_lat, by_lon) = (order(&|at| at.lat), order(&|at| at.lon));
        let scales = [scale(rows, |row| narrowest(row.clue)), scale(rows, |row| row.history)];
        Self { places, by_lat, by_lon, covered, spread: spreads(rows), scales, evidence: Vec::new() }
    }

    /// The best guess without any evidence.
    pub(crate) fn prior(&self) -> Option<Place> {
        self.middle(&self.base(), &[])
    }

    /// The best guess.
    pub(crate) fn guess(&self, row: &Row<'_>) -> Option<Place> {
        let mut weights = self.base();
        for evidence in &self.evidence {
            self.weigh(row, *evidence, &mut weights);
        }
        self.middle(&weights, &centres(row, &self.evidence))
    }

    fn base(&self) -> Vec<f64> {
        self.places.iter().map(|(_, _, weight)| *weight).collect()
    }

    /// Adds evidence as long as it brings guesses nearer.
    fn choose(&mut self, tries: &[Row<'_>], slots: Slot) {
        let mut weights: Vec<Vec<f64>> = tries.iter().map(|_| self.base()).collect();
        let mut best = self.trial(tries, &weights, None);
        let mut list = self.candidates(tries, slots);
        for round in 0..MOST_EVIDENCE {
            let mut tried: Vec<(f64, Evidence)> = list
                .iter()
                .map(|evidence| (self.trial(tries, &weights, Some(*evidence)), *evidence))
                .collect();
            tried.sort_by(|one, other| one.0.total_cmp(&other.0));
            let Some((reached, evidence)) = tried.first().copied().filter(|(it, _)| *it < best - LEAST_GAIN)
            else {
                break;
            };
            best = reached;
            self.evidence.push(evidence);
            for (row, weights) in tries.iter().zip(&mut weights) {
                self.weigh(row, evidence, weights);
            }
            let same = |other: Evidence| match (evidence, other) {
                (Evidence::Number(one, _), Evidence::Number(other, _)) => one == other,
                _ => evidence == other,
            };
            // after the first two rounds only what was among the best
            let most = if round == 0 { usize::MAX } else { SHORT_LIST };
            list =
                tried.into_iter().map(|(_, other)| other).filter(|other| !same(*other)).take(most).collect();
        }
    }

    fn candidates(&self, tries: &[Row<'_>], slots: Slot) -> Vec<Evidence> {
        let mut list = Vec::new();
        if tries.iter().any(|row| !row.clue.areas.is_empty()) {
            list.push(Evidence::Own);
        }
        if tries.iter().any(|row| row.history.is_some()) {
            list.push(Evidence::History);
        }
        if self.covered.values().any(|window| window.iter().any(|radius| radius.is_finite())) {
            list.push(Evidence::Published);
        }
        for slot in 0..slots {
            let known: BTreeSet<u64> = self
                .places
                .iter()
                .filter_map(|(_, clue, _)| clue.and_then(|clue| clue.label(slot)))
                .collect();
            let shared = |row: &&Row<'_>| row.clue.label(slot).is_some_and(|value| known.contains(&value));
            if known.len() > 1 && tries.iter().filter(shared).count() * 50 >= tries.len() {
                list.push(Evidence::Label(slot));
            }
            if self.spread.get(&slot).is_some_and(|spread| *spread > 0.0) {
                list.extend(WIDTHS.map(|width| Evidence::Number(slot, width)));
            }
        }
        list
    }

    /// Mean logarithm of the distance of guesses, with one more piece of evidence.
    fn trial(&self, tries: &[Row<'_>], weights: &[Vec<f64>], more: Option<Evidence>) -> f64 {
        let evidence: Vec<Evidence> = self.evidence.iter().copied().chain(more).collect();
        let mut sum = 0.0;
        for (row, weights) in tries.iter().zip(weights) {
            let guess = if let Some(more) = more {
                let mut weights = weights.clone();
                self.weigh(row, more, &mut weights);
                self.middle(&weights, &centres(row, &evidence))
            } else {
                self.middle(weights, &centres(row, &evidence))
            };
            sum += guess.map_or(20e6, |guess| guess.metres(row.truth.place)).max(30.0).ln();
        }
        sum / float_len(tries.len()).max(1.0)
    }

    /// Multiplies the weights by how well each place fits.
    fn weigh(&self, row: &Row<'_>, evidence: Evidence, weights: &mut [f64]) {
        let [own, other] = self.scales;
        match evidence {
            Evidence::Own => {
                for area in row.clue.areas.iter().take(4) {
                    self.within(area, own, weights);
                }
            }
            Evidence::History => {
                if let Some(area) = row.history.filter(|area| wants(row.clue, area)) {
                    self.within(&area, other, weights);
                }
            }
            Evidence::Label(slot) => self.equal(row, slot, weights),
            Evidence::Number(slot, width) => self.similar(row, slot, width, weights),
            Evidence::Published => {
                let reach = narrowest(row.clue).map_or(f64::INFINITY, |area| area.radius());
                for (weight, radius) in
                    weights.iter_mut().zip(self.covered.get(&(row.at / WINDOW)).into_iter().flatten())
                {
                    if *radius < reach / 2.0 {
                        *weight *= AGAINST;
                    }
                }
            }
        }
    }

    fn within(&self, area: &Area, scale: f64, weights: &mut [f64]) {
        for ((at, ..), weight) in self.places.iter().zip(weights) {
            *weight *= (-area.excess(*at) / scale).exp().max(OUTSIDE);
        }
    }

    fn equal(&self, row: &Row<'_>, slot: Slot, weights: &mut [f64]) {
        let Some(value) = row.clue.label(slot) else { return };
        let is_it = |clue: Option<&Clue>| clue.and_then(|clue| clue.label(slot)) == Some(value);
        if self.places.iter().any(|(_, clue, _)| is_it(*clue)) {
            for ((_, clue, _), weight) in self.places.iter().zip(weights) {
                *weight *= if is_it(*clue) { 1.0 } else { AGAINST };
            }
        }
    }

    fn similar(&self, row: &Row<'_>, slot: Slot, width: f64, weights: &mut [f64]) {
        let (Some(value), Some(spread)) = (row.clue.number(slot), self.spread.get(&slot)) else { return };
        for ((_, clue, _), weight) in self.places.iter().zip(weights) {
            let off = clue.and_then(|clue| clue.number(slot)).map(|other| (other - value) / (spread * width));
            *weight *= off.map_or(AGAINST, |off| (-off * off / 2.0).exp().max(AGAINST));
        }
    }

    /// The weighted median, of latitudes and of longitudes: near the point with the least mean distance, and cheap.
    fn middle(&self, weights: &[f64], centres: &[Place]) -> Option<Place> {
        let axis = |order: &[usize], of: &dyn Fn(Place) -> f64| {
            let at = |index: &usize| {
                let (at, ..) = self.places.get(*index)?;
                Some((of(at.place), weights.get(*index).copied()?))
            };
            let mut line: Vec<(f64, f64)> = order.iter().filter_map(at).collect();
            for centre in centres {
                let place = line.partition_point(|(value, _)| *value < of(*centre));
                line.insert(place, (of(*centre), CENTRE));
            }
            let half = line.iter().map(|(_, weight)| weight).sum::<f64>() / 2.0;
            let mut before = 0.0;
            line.into_iter()
                .find(|(_, weight)| {
                    before += weight;
                    before >= half
                })
                .map(|(value, _)| value)
        };
        Place::new(axis(&self.by_lat, &|at| at.lat)?, axis(&self.by_lon, &|at| at.lon)?)
    }
}

/// Centres of the areas that are used.
fn centres(row: &Row<'_>, evidence: &[Evidence]) -> Vec<Place> {
    let mut centres = Vec::new();
    if evidence.contains(&Evidence::Own) {
        centres.extend(narrowest(row.clue).map(|area| area.centre));
    }
    if evidence.contains(&Evidence::History) {
        let area = row.history.filter(|area| wants(row.clue, area));
        centres.extend(area.map(|area| area.centre));
    }
    centres
}

/// Whether another message's area says more than the message's own.
fn wants(clue: &Clue, other: &Area) -> bool {
    narrowest(clue).is_none_or(|own| other.radius() < own.radius() / 2.0)
}

/// The narrowest area that a message names.
pub(crate) fn narrowest(clue: &Clue) -> Option<Area> {
    clue.areas.iter().copied().min_by(|one, other| one.radius().total_cmp(&other.radius()))
}

/// As many rows of each person as it takes, at random.
fn sample<'a>(rows: &[Row<'a>], most: usize, random: &mut Random) -> Vec<Row<'a>> {
    let mut of: BTreeMap<u32, Vec<Row<'a>>> = BTreeMap::new();
    for row in rows {
        of.entry(row.person).or_default().push(*row);
    }
    let each = most.div_ceil(of.len().max(1));
    let mut drawn: Vec<Row<'a>> = Vec::new();
    for rows in of.values_mut() {
        random.shuffle(rows);
        drawn.extend(rows.iter().take(each));
    }
    random.shuffle(&mut drawn);
    drawn.truncate(most);
    drawn
}

/// The median distance outside an area, at least 20 m.
fn scale(rows: &[Row<'_>], area: impl Fn(&Row<'_>) -> Option<Area>) -> f64 {
    let mut off: Vec<f64> = rows.iter().filter_map(|row| Some(area(row)?.excess(row.truth))).collect();
    quantile(&mut off, 0.5).unwrap_or(0.0).max(20.0)
}

fn spreads(rows: &[Row<'_>]) -> BTreeMap<Slot, f64> {
    let mut sums: BTreeMap<Slot, (u64, f64, f64)> = BTreeMap::new();
    for (slot, value) in rows.iter().flat_map(|row| &row.clue.numbers) {
        let (number, sum, squares) = sums.entry(*slot).or_default();
        *number += 1;
        *sum += value;
        *squares += value * value;
    }
    let least = count(rows.len()) / 20;
    let spread = |(number, sum, squares): (u64, f64, f64)| {
        let mean = sum / float(number);
        (squares / float(number) - mean * mean).max(0.0).sqrt()
    };
    sums.into_iter().filter(|(_, it)| it.0 > least).map(|(slot, it)| (slot, spread(it))).collect()
}
