//! Features of sets: all that one pseudonym or connection sent, against all of another.

use core::cmp::Reverse;

use crate::attack::features::digest::{Digest, around, share};
use crate::attack::features::rhythm::{Rhythm, Turn};
use crate::attack::places::Place;
use crate::convert::float_len;
use crate::learn::quantile;

/// Times next to a set's ends in which its rhythm is looked for.
const END: usize = 24;
/// Messages of a set whose labels and places are looked at.
const SAMPLE: usize = 48;
/// Places of a set that are compared one by one.
const PLACES: usize = 12;

/// What a set of messages is like.
#[derive(Debug)]
pub(crate) struct Set {
    number: f64,
    first: f64,
    last: f64,
    opened: f64,
    closed: f64,
    gaps: [f64; 3],
    head: Vec<f64>,
    tail: Vec<f64>,
    head_rhythm: Option<Rhythm>,
    tail_rhythm: Option<Rhythm>,
    turns: Vec<Turn>,
    hours: [f64; 24],
    size: [f64; 2],
    /// The most frequent value of each slot of labels.
    usual: Vec<u32>,
    /// The mean of each slot of numbers.
    means: Vec<f64>,
    places: Vec<Place>,
}

impl Set {
    /// Of these messages, in order of time.
    pub(crate) fn new(digest: &Digest, members: &[usize], periods: &[f64]) -> Self {
        let times: Vec<f64> =
            members.iter().filter_map(|member| digest.times.get(*member)).copied().collect();
        let mut gaps: Vec<f64> =
            times.windows(2).filter_map(|pair| Some(pair.last()? - pair.first()?)).collect();
        let mut gap = |share| quantile(&mut gaps, share).unwrap_or(f64::NAN);
        let gaps = [gap(0.1), gap(0.5), gap(0.9)];
        let head = times.get(..END).unwrap_or(&times).to_vec();
        let tail = times.get(times.len().saturating_sub(END)..).unwrap_or(&times).to_vec();
        let mut hours = [0.0; 24];
        for time in &times {
            // 24 shares of the day; the remainder is below 24
            let hour = (time.rem_euclid(86_400.0) / 3600.0).floor();
            if let Some(slot) = (0..24_u8).zip(&mut hours).find(|(at, _)| f64::from(*at) + 0.5 > hour) {
                *slot.1 += 1.0;
            }
        }
        let step = members.len().div_ceil(SAMPLE).max(1);
        let sample: Vec<usize> = members.iter().step_by(step).copied().collect();
        let sizes: Vec<f64> = sample.iter().filter_map(|member| digest.sizes.get(*member)).copied().collect();
        let spans = || sample.iter().filter_map(|member| digest.spans.get(*member));
        let places: Vec<Place> =
            sample.iter().filter_map(|member| digest.places.get(*member).copied().flatten()).collect();
        let singleton = times.len() < 2;
        Self {
            number: float_len(times.len()),
            first: times.first().copied().unwrap_or(f64::NAN),
            last: times.last().copied().unwrap_or(f64::NAN),
            opened: spans().map(|span| span[0]).fold(f64::NAN, f64::min),
            closed: spans().map(|span| span[1]).fold(f64::NAN, f64::max),
            gaps,
            turns: if singleton {
                Vec::new()
            } else {
                periods.iter().map(|period| Turn::of(&times, 1.0 / period)).collect()
            },
            head_rhythm: Rhythm::new(&head),
            tail_rhythm: Rhythm::new(&tail),
            head,
            tail,
            hours,
            size: spread(&sizes),
            usual: digest
                .labels
                .iter()
                .map(|slot| most_frequent(sample.iter().map(|member| slot.code(*member))))
                .collect(),
            means: digest
                .numbers
                .iter()
                .map(|slot| mean(sample.iter().filter_map(|member| slot.values.get(*member)).copied()))
                .collect(),
            places: places.iter().step_by(places.len().div_ceil(PLACES).max(1)).copied().collect(),
        }
    }

    /// How many columns [`Set::compare`] fills.
    pub(crate) fn columns(digest: &Digest, periods: &[f64]) -> usize {
        25 + periods.len() + digest.numbers.len()
    }

    /// Compares a set with a later one.
    pub(crate) fn compare(&self, later: &Self, digest: &Digest, periods: &[f64], row: &mut Vec<f64>) {
        let ratio = |a: f64, b: f64| (a / b).ln().abs();
        let duration = |set: &Self| (set.last - set.first).max(1.0);
        let boundary = later.first - self.last;
        row.push(ratio(self.number, later.number));
        row.push(self.number.min(later.number));
        row.push(ratio(self.number / duration(self), later.number / duration(later)));
        for (a, b) in self.gaps.iter().zip(&later.gaps) {
            row.push(ratio(a.max(0.001), b.max(0.001)));
        }
        row.push(boundary);
        row.push(boundary / self.gaps[1].max(0.001));
        row.push(boundary / later.gaps[1].max(0.001));
        row.push(later.opened - self.closed);
        self.rhythms(later, boundary, row);
        row.push(self.size[0] - later.size[0]);
        row.push((self.size[1] - later.size[1]).abs());
        let cross: f64 = self.hours.iter().zip(&later.hours).map(|(a, b)| a * b).sum();
        let norm = |set: &Self| set.hours.iter().map(|hour| hour * hour).sum::<f64>().sqrt();
        row.push(cross / (norm(self) * norm(later)).max(1e-9));
        let (mut sum, mut most) = (0.0, 0.0_f64);
        for ((slot, a), b) in digest.labels.iter().zip(&self.usual).zip(&later.usual) {
            let bits = slot.match_bits(*a, *b);
            if !bits.is_nan() {
                sum += bits;
                most = most.max(bits);
            }
        }
        row.extend([sum, most]);
        row.extend(distances(&self.places, &later.places));
        for place in 0..periods.len() {
            let both = self.turns.get(place).zip(later.turns.get(place));
            row.push(both.map_or(f64::NAN, |(a, b)| a.agreement(*b) / (self.number * later.number).sqrt()));
        }
        row.extend(self.means.iter().zip(&later.means).map(|(a, b)| b - a));
    }

    /// How many columns [`Set::glance`] fills.
    pub(crate) const GLANCE: usize = 7;

    /// The cheapest of what [`Set::compare`] does.
    pub(crate) fn glance(&self, later: &Self, row: &mut Vec<f64>) {
        let ratio = |a: f64, b: f64| (a / b).ln().abs();
        let duration = |set: &Self| (set.last - set.first).max(1.0);
        row.push(ratio(self.number, later.number));
        row.push(ratio(self.number / duration(self), later.number / duration(later)));
        row.push(ratio(self.gaps[1].max(0.001), later.gaps[1].max(0.001)));
        row.push(self.size[0] - later.size[0]);
        let (a, b) = (self.tail_rhythm.as_ref(), later.head_rhythm.as_ref());
        row.push(a.zip(b).map_or(f64::NAN, |(a, b)| ratio(a.period, b.period)));
        row.push(a.map_or(f64::NAN, |a| around(later.first - self.last, a.period) / a.period));
        let turns = self.turns.iter().zip(&later.turns).map(|(a, b)| a.agreement(*b));
        row.push(
            turns.filter(|agreement| !agreement.is_nan()).sum::<f64>() / (self.number * later.number).sqrt(),
        );
    }

    /// Whether the later set goes on in this one's rhythm, and this one in the later one's.
    fn rhythms(&self, later: &Self, boundary: f64, row: &mut Vec<f64>) {
        let nothing = [f64::NAN; 2];
        let forward = self.tail_rhythm.as_ref().map_or(nothing, |rhythm| rhythm.continued(&later.head));
        let backward = later.head_rhythm.as_ref().map_or(nothing, |rhythm| rhythm.continued(&self.tail));
        row.extend(forward);
        row.extend(backward);
        let (a, b) = (self.tail_rhythm.as_ref(), later.head_rhythm.as_ref());
        row.push(a.map_or(f64::NAN, |a| around(boundary, a.period) / a.period));
        row.push(a.zip(b).map_or(f64::NAN, |(a, b)| (a.period / b.period).ln().abs()));
        row.push(a.zip(b).map_or(f64::NAN, |(a, b)| a.strength.min(b.strength)));
    }
}

/// Mean and standard deviation.
fn spread(values: &[f64]) -> [f64; 2] {
    let centre = mean(values.iter().copied());
    let squares: f64 = values.iter().map(|value| (value - centre).powi(2)).sum();
    [centre, share(squares, values.len()).sqrt()]
}

/// The mean of what is there; NaN of nothing.
fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (mut sum, mut number) = (0.0, 0_usize);
    for value in values.filter(|value| !value.is_nan()) {
        sum += value;
        number += 1;
    }
    if number == 0 { f64::NAN } else { share(sum, number) }
}

/// The value that most have; of equally frequent ones the smallest. 0 if none has one.
fn most_frequent(codes: impl Iterator<Item = u32>) -> u32 {
    let mut codes: Vec<u32> = codes.filter(|code| *code != 0).collect();
    codes.sort_unstable();
    let runs = codes.chunk_by(|a, b| a == b).filter_map(|run| Some((run.len(), *run.first()?)));
    runs.max_by_key(|(length, code)| (*length, Reverse(*code))).map_or(0, |(_, code)| code)
}

/// Logarithms of the distance in metres between the middles of two sets of places, of the smallest distance, and of the mean distance
/// to the nearest place of the other set.
fn distances(a: &[Place], b: &[Place]) -> [f64; 3] {
    let middle = |places: &[Place]| {
        let centre = |of: fn(&Place) -> f64| share(places.iter().map(of).sum(), places.len());
        Place { lat: centre(|place| place.lat), lon: centre(|place| place.lon) }
    };
    if a.is_empty() || b.is_empty() {
        return [f64::NAN; 3];
    }
    let nearest = a.iter().map(|a| b.iter().map(|b| a.metres(*b)).fold(f64::INFINITY, f64::min));
    let (mut least, mut sum) = (f64::INFINITY, 0.0);
    for distance in nearest {
        least = least.min(distance);
        sum += distance;
    }
    [middle(a).metres(middle(b)), least, share(sum, a.len())].map(|metres: f64| (metres + 1.0).ln())
}
