//! A guesser of secrets from single messages: naive Bayes over columns that the attacker chose by what helped on messages that it had
//! not counted.

use std::collections::{BTreeMap, HashMap};

use crate::convert::float_len;
use crate::learn::Random;

/// Sample counted and rows tried while columns are chosen; rows counted in the end.
const TRIAL: [usize; 2] = [2_500, 500];
const MOST_ROWS: usize = 12_000;
/// Columns that are combined, at most, and that are looked at again after the first round.
const MOST_COLUMNS: usize = 5;
const SHORT_LIST: usize = 12;
/// Rows for each person by which a column must better the guesses.
const LEAST_GAIN: f64 = 0.01;
/// Weight of what all rows say of a value, in rows, beside what the rows of one secret say.
const SMOOTHING: f64 = 0.5;

/// Values by column and row; 0 where a row has none.
#[derive(Debug, Default)]
pub(crate) struct Table {
    pub(crate) columns: Vec<Vec<u64>>,
}

/// Some rows of a table with a secret each, numbered from 0, and the person each is of.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sample {
    pub(crate) rows: Vec<usize>,
    pub(crate) secrets: Vec<usize>,
    pub(crate) people: Vec<u32>,
}

impl Sample {
    /// As many rows, drawn at random.
    pub(crate) fn part(&self, most: usize, random: &mut Random) -> Self {
        let mut order: Vec<usize> = (0..self.rows.len()).collect();
        random.shuffle(&mut order);
        order.truncate(most);
        let pick = |from: &[usize]| order.iter().filter_map(|index| from.get(*index)).copied().collect();
        let people = order.iter().filter_map(|index| self.people.get(*index)).copied().collect();
        Self { rows: pick(&self.rows), secrets: pick(&self.secrets), people }
    }
}

/// What was counted.
#[derive(Debug)]
pub(crate) struct Bayes<'a> {
    table: &'a Table,
    /// Logarithm of how likely each secret is beforehand, up to a constant.
    prior: Vec<f64>,
    /// Sample of each secret.
    rows: Vec<f64>,
    chosen: Vec<Column>,
    /// Share guessed rightly of the rows that columns were chosen with.
    tried: f64,
}

#[derive(Debug)]
struct Column {
    index: usize,
    /// By value: rows of each secret that have it, and all rows that have it.
    counts: HashMap<u64, (BTreeMap<usize, f64>, f64)>,
}

impl<'a> Bayes<'a> {
    /// Chooses columns with one part of the rows against another, then counts all.
    ///
    /// `even`: all secrets are equally likely beforehand, however many rows they have.
    pub(crate) fn learn(
        table: &'a Table,
        parts: [&Sample; 2],
        secrets: usize,
        even: bool,
        seed: u64,
    ) -> Self {
        let mut random = Random::new(seed).fork(0xba7e5);
        let [counted, tried] = TRIAL;
        let [one, other] = parts;
        let mut trials = [(one, other), (other, one)].map(|(one, other)| {
            let counted = one.part(counted, &mut random);
            Trial::new(Self::new(table, &counted, secrets, even), counted, other.part(tried, &mut random))
        });
        let tried = choose(&mut trials);
        let mut all = one.clone();
        all.rows.extend(&other.rows);
        all.secrets.extend(&other.secrets);
        all.people.extend(&other.people);
        let all = all.part(MOST_ROWS, &mut random);
        let whole = Self { tried, ..Self::new(table, &all, secrets, even) };
        let [trial, _] = &trials;
        let chosen = trial.bayes.chosen.iter().filter_map(|column| whole.count(column.index, &all)).collect();
        Self { chosen, ..whole }
    }

    fn new(table: &'a Table, rows: &Sample, secrets: usize, even: bool) -> Self {
        let mut of = vec![0.0; secrets];
        for secret in &rows.secrets {
            of.get_mut(*secret).into_iter().for_each(|count: &mut f64| *count += 1.0);
        }
        let all = float_len(rows.secrets.len()).max(1.0);
        let prior = of.iter().map(|count| if even { 0.0 } else { (count / all).max(1e-9).ln() }).collect();
        Self { table, prior, rows: of, chosen: Vec::new(), tried: 0.0 }
    }

    /// Probability that the best guess without looking is this secret.
    pub(crate) fn blind(&self, secret: usize) -> f64 {
        success(&self.prior, secret)
    }

    /// Probability that the best guess of a row is its secret.
    pub(crate) fn seeing(&self, row: usize, secret: usize) -> f64 {
        let mut scores = self.prior.clone();
        for column in &self.chosen {
            self.add(column, row, &mut scores);
        }
        success(&scores, secret)
    }

    /// Share guessed rightly of rows that were not counted, while columns were chosen.
    pub(crate) const fn tried(&self) -> f64 {
        self.tried
    }

    /// How probably each row is guessed, with one more column.
    fn right(&self, tried: &Sample, scores: &[Vec<f64>], more: Option<&Column>) -> Vec<f64> {
        let mut buffer = Vec::new();
        let rows = tried.rows.iter().zip(&tried.secrets).zip(scores);
        rows.map(|((row, secret), scores)| {
            buffer.clear();
            buffer.extend_from_slice(scores);
            if let Some(column) = more {
                self.add(column, *row, &mut buffer);
            }
            success(&buffer, *secret)
        })
        .collect()
    }

    /// `None` if all rows have the same value, or all another.
    fn count(&self, index: usize, rows: &Sample) -> Option<Column> {
        let values = self.table.columns.get(index)?;
        let mut counts: HashMap<u64, (BTreeMap<usize, f64>, f64)> = HashMap::new();
        for (row, secret) in rows.rows.iter().zip(&rows.secrets) {
            let value = values.get(*row).copied().unwrap_or(0);
            if value != 0 {
                let (of, all) = counts.entry(value).or_default();
                *of.entry(*secret).or_default() += 1.0;
                *all += 1.0;
            }
        }
        let is_constant = counts.values().any(|(_, all)| *all >= float_len(rows.rows.len()));
        let is_unique = counts.values().all(|(_, all)| *all <= 1.0);
        (!is_constant && !is_unique).then_some(Column { index, counts })
    }

    fn add(&self, column: &Column, row: usize, scores: &mut [f64]) {
        let value =
            self.table.columns.get(column.index).and_then(|values| values.get(row)).copied().unwrap_or(0);
        // a value that was never counted says nothing
        let Some((of, all)) = column.counts.get(&value) else { return };
        let share = all / self.rows.iter().sum::<f64>().max(1.0);
        for ((secret, score), rows) in scores.iter_mut().enumerate().zip(&self.rows) {
            let here = of.get(&secret).copied().unwrap_or(0.0);
            *score += ((here + SMOOTHING * share) / (rows + SMOOTHING)).ln();
        }
    }
}

/// One part of the rows counted, another tried.
struct Trial<'a> {
    bayes: Bayes<'a>,
    counted: Sample,
    tried: Sample,
    scores: Vec<Vec<f64>>,
    /// How probably each row tried is guessed by the columns chosen so far.
    right: Vec<f64>,
}

impl<'a> Trial<'a> {
    fn new(bayes: Bayes<'a>, counted: Sample, tried: Sample) -> Self {
        let scores: Vec<Vec<f64>> = tried.rows.iter().map(|_| bayes.prior.clone()).collect();
        let right = bayes.right(&tried, &scores, None);
        Self { bayes, counted, tried, scores, right }
    }

    fn take(&mut self, column: Column) {
        for (row, scores) in self.tried.rows.iter().zip(&mut self.scores) {
            self.bayes.add(&column, *row, scores);
        }
        self.right = self.bayes.right(&self.tried, &self.scores, None);
        self.bayes.chosen.push(column);
    }

    fn gains(&self, column: &Column, of: &mut BTreeMap<u32, f64>) {
        let right = self.bayes.right(&self.tried, &self.scores, Some(column));
        for ((before, after), person) in self.right.iter().zip(&right).zip(&self.tried.people) {
            *of.entry(*person).or_default() += after - before;
        }
    }
}

/// Takes columns as long as they help in both trials together; the share of rows tried that is guessed in the end.
fn choose(trials: &mut [Trial<'_>; 2]) -> f64 {
    let columns = |index: usize, trials: &[Trial<'_>; 2]| {
        let [one, other] = trials.each_ref().map(|trial| trial.bayes.count(index, &trial.counted));
        Some([one?, other?])
    };
    let [first, _] = trials.each_ref();
    let all = first.bayes.table.columns.len();
    let mut list: Vec<[Column; 2]> = (0..all).filter_map(|index| columns(index, trials)).collect();
    for _ in 0..MOST_COLUMNS {
        let gained = |pair: &[Column; 2]| {
            let mut of = BTreeMap::new();
            for (trial, column) in trials.iter().zip(pair) {
                trial.gains(column, &mut of);
            }
            gain(&of)
        };
        let mut ranked: Vec<(f64, [Column; 2])> =
            list.into_iter().map(|pair| (gained(&pair), pair)).collect();
        let index = |pair: &[Column; 2]| pair.each_ref().map(|column| column.index);
        ranked.sort_by(|one, other| {
            other.0.total_cmp(&one.0).then_with(|| index(&one.1).cmp(&index(&other.1)))
        });
        let mut ranked = ranked.into_iter();
        let Some((_, pair)) = ranked.next().filter(|(gained, _)| *gained > 0.0) else {
            break;
        };
        for (trial, column) in trials.iter_mut().zip(pair) {
            trial.take(column);
        }
        list = ranked.take(SHORT_LIST).map(|(_, pair)| pair).collect();
    }
    let right = || trials.iter().flat_map(|trial| &trial.right);
    right().sum::<f64>() / float_len(right().count()).max(1.0)
}

/// By how much guesses became better, in rows for each person; below 0 where it may be luck. Rows of one person are not so many witnesses, so
/// people are: were it luck, each person's gain could as well be a loss, and the sum over the root of the sum of squares normal.
fn gain(of: &BTreeMap<u32, f64>) -> f64 {
    // exceeded by luck once in two thousand columns
    const LUCK: f64 = 3.3;
    let (sum, squares) =
        of.values().fold((0.0, 0.0), |(sum, squares), gain| (sum + gain, squares + gain * gain));
    let mean = sum / float_len(of.len()).max(1.0);
    if squares > 0.0 && sum / squares.sqrt() > LUCK { mean - LEAST_GAIN } else { -1.0 }
}

/// Probability that a secret is guessed: one of the likeliest is drawn.
fn success(scores: &[f64], secret: usize) -> f64 {
    const SAME: f64 = 1e-9;
    let best = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if scores.get(secret).is_none_or(|score| *score < best - SAME) {
        return 0.0;
    }
    1.0 / float_len(scores.iter().filter(|score| **score >= best - SAME).count()).max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Column 0 is the secret's remainder by 2, column 1 by 3, column 2 noise: only both together tell all six.
    #[test]
    fn columns_are_combined_and_noise_is_left() {
        let mut random = Random::new(1);
        let secrets: Vec<usize> = (0..3_000).map(|_| random.below(6)).collect();
        let number = |value: usize| crate::convert::count(value) + 1;
        let columns = vec![
            secrets.iter().map(|secret| number(secret % 2)).collect(),
            secrets.iter().map(|secret| number(secret % 3)).collect(),
            secrets.iter().map(|_| number(random.below(20))).collect(),
        ];
        let table = Table { columns };
        let rows = |range: core::ops::Range<usize>| Sample {
            secrets: secrets[range.clone()].to_vec(),
            people: (0..100).cycle().take(range.len()).collect(),
            rows: range.collect(),
        };
        let bayes = Bayes::learn(&table, [&rows(0..1_000), &rows(1_000..2_000)], 6, false, 1);
        assert!((2_000..3_000).all(|row| bayes.seeing(row, secrets[row]) > 0.99));
        let noise = Table { columns: table.columns[2..].to_vec() };
        let bayes = Bayes::learn(&noise, [&rows(0..1_000), &rows(1_000..2_000)], 6, false, 1);
        let same = |row: usize| (bayes.seeing(row, secrets[row]) - bayes.blind(secrets[row])).abs() < 1e-9;
        assert!((2_000..3_000).all(same));
    }
}
