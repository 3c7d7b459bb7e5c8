//! Turns: does a line give each of its senders every so-manyth message? Then their places in its order say who is who.

use super::digest::Digest;
use super::rhythm::Turn;
use crate::convert::float_len;

/// Rounds that are looked for, in messages.
const ROUNDS: std::ops::RangeInclusive<u16> = 2..=512;
/// How many are kept.
const MOST: usize = 3;
/// Messages of a person from which her turns are told, and that are looked at.
const LEAST: usize = 6;
const SAMPLE: usize = 60;
/// Two rounds of which one is a part of the other agree equally well; the longer one says more.
const ALIKE: f64 = 0.9;

/// Rounds in which the messages of people who are known keep their places best.
pub(crate) fn rounds<'a>(digest: &Digest, people: impl Iterator<Item = &'a [usize]>) -> Vec<f64> {
    let orders: Vec<Vec<f64>> = people
        .filter(|messages| messages.len() >= LEAST)
        .map(|messages| {
            let step = messages.len().div_ceil(SAMPLE).max(1);
            messages.iter().step_by(step).filter_map(|message| digest.order.get(*message)).copied().collect()
        })
        .collect();
    let people = float_len(orders.len()).max(1.0);
    let mut found: Vec<(f64, f64)> = Vec::new();
    for round in ROUNDS.map(f64::from) {
        // Rayleigh's statistic, 1 on average for places at random
        let sum: f64 = orders
            .iter()
            .map(|orders| Turn::of(orders, 1.0 / round).length().powi(2) / float_len(orders.len()) - 1.0)
            .sum();
        if sum / people > 4.0 / people.sqrt() {
            found.push((round, sum));
        }
    }
    let best = found.iter().map(|(_, sum)| *sum).fold(0.0, f64::max);
    found.retain(|(_, sum)| *sum >= ALIKE * best);
    found.reverse();
    let mut rounds: Vec<f64> = found.into_iter().map(|(round, _)| round).take(MOST).collect();
    rounds.resize(MOST, f64::NAN);
    rounds
}
