//! Weaker attackers on the same pairs: what they miss is there.
//!
//! Each person sends once in 15 minutes, around an instant of her own in the slot, with a deviation of a quarter of it; a pseudonym lives for a
//! day. Two messages say next to nothing of each other. Two days of them say whose they are.

use super::*;
use crate::convert::float_len;
use crate::learn::auc;
use crate::testing::scene::{Form, Life, Recipe, Rhythm};

/// Rows of one half to learn from, and of the other to be tested on.
struct Table {
    matrix: Matrix,
    pairs: Pairs,
}

impl Table {
    fn new(comparer: &Comparer<'_>, pairs: Pairs) -> Self {
        let mut matrix = Matrix::new(comparer.columns());
        let mut row = Vec::new();
        for pair in &pairs.messages {
            comparer.compare(*pair, &mut row);

            matrix.push(&row);
        }
        Self { matrix, pairs }
    }

    /// AUC over both halves, each scored by what `learn` makes of the other.
    fn auc<S: Fn(&[f64]) -> f64>(&self, learn: impl Fn(&[usize]) -> S) -> f64 {
        let mut cases = Vec::new();
        for fold in 0..2 {
            let rows = |of: usize| (0..self.pairs.len()).filter(move |row| self.pairs.folds[*row] == of);
            let score = learn(&rows(1 - fold).collect::<Vec<_>>());
            cases.extend(rows(fold).map(|row| Case {
                score: score(self.matrix.row(row)),
                positive: self.pairs.same[row],
                people: self.pairs.people[row],
            }));
        }
        auc(&cases).unwrap()
    }

    /// The one feature, larger or smaller, that tells best in training.
    fn rule(&self) -> f64 {
        self.auc(|train| {
            let tell = |column: usize, sign: f64| {
                let case = |row: &usize| Case {
                    score: sign * self.matrix.row(*row)[column],
                    positive: self.pairs.same[*row],
                    people: [0, 0],
                };
                auc(&train.iter().map(case).collect::<Vec<_>>()).unwrap()
            };
            let all = (0..self.matrix.columns()).flat_map(|column| [(column, 1.0), (column, -1.0)]);
            let best = all.max_by(|a, b| tell(a.0, a.1).total_cmp(&tell(b.0, b.1))).unwrap();
            move |row: &[f64]| best.1 * row[best.0]
        })
    }

    /// Logistic regression on standardised features, missing ones at the mean; gradient descent with a little shrinkage.
    fn regression(&self) -> f64 {
        self.auc(|train| {
            let columns = self.matrix.columns();
            let scale: Vec<[f64; 2]> = (0..columns)
                .map(|column| {
                    let values: Vec<f64> = train
                        .iter()
                        .map(|row| self.matrix.row(*row)[column])
                        .filter(|value| value.is_finite())
                        .collect();
                    let number = float_len(values.len()).max(1.0);
                    let mean = values.iter().sum::<f64>() / number;
                    let square = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / number;
                    [mean, square.sqrt().max(1e-9)]
                })
                .collect();
            let standard = move |row: &[f64]| -> Vec<f64> {
                let one = |(value, [mean, deviation]): (&f64, &[f64; 2])| {
                    if value.is_finite() { ((value - mean) / deviation).clamp(-5.0, 5.0) } else { 0.0 }
                };
                row.iter().zip(&scale).map(one).collect()
            };
            let rows: Vec<(Vec<f64>, f64)> = train
                .iter()
                .map(|row| (standard(self.matrix.row(*row)), f64::from(u8::from(self.pairs.same[*row]))))
                .collect();
            let line =
                |weights: &[f64], row: &[f64]| weights.iter().zip(row).map(|(w, x)| w * x).sum::<f64>();
            let mut weights = vec![0.0; columns];
            for _ in 0..150 {
                let mut gradient = vec![0.0; columns];
                for (row, label) in &rows {
                    let miss = crate::learn::logistic(line(&weights, row)) - label;
                    gradient.iter_mut().zip(row).for_each(|(sum, x)| *sum += miss * x);
                }
                for (weight, sum) in weights.iter_mut().zip(gradient) {
                    *weight -= 0.3 * (sum / float_len(rows.len()) + 0.01 * *weight);
                }
            }
            move |row: &[f64]| line(&weights, &standard(row))
        })
    }

    fn trees(&self) -> f64 {
        self.auc(|train| {
            let binned = Binned::new(&self.matrix, SETTINGS.bins);
            let model = Model::train_binned(&binned, train, &self.pairs.same, &SETTINGS, 1);
            move |row: &[f64]| model.score(row)
        })
    }
}

/// Printed with `cargo test -p cowl-audit weaker -- --nocapture`.
#[test]
fn weaker_attackers_find_nothing_where_sets_tell() {
    let recipe = Recipe {
        people: 60,
        controls: 0,
        days: 3,
        interval: 15,
        epoch: 24,
        rhythm: Rhythm::Phase(0.25),
        token: Life::Epoch,
        form: Form::Random(48),
        ..Recipe::protected()
    };
    let scene = recipe.build();
    let view = scene.view(Adversary::Subscriber).unwrap();
    let known = Known::new(&scene, view, 1);
    let digest = Digest::new(view, &Map::new(&scene.truth), &scene.truth.operation.epochs);
    let pairs = draw(view, &known, (Relation::Epoch, Others::Anybody), 300, 1);
    let alone: Vec<u32> = (0..).take(view.messages.len()).collect();
    let sets = Handle::learn(&digest, &known, 0).sets(&digest, &known);
    let by_messages = Table::new(&Comparer::new(view, &digest, &alone), pairs.clone());
    let by_sets = Table::new(&Comparer::new(view, &digest, &sets), pairs);
    let weak = [by_messages.rule(), by_messages.regression(), by_messages.trees()];
    let strong = by_sets.trees();
    println!(
        "messages: best rule {:.3}, logistic regression {:.3}, boosted trees {:.3}",
        weak[0], weak[1], weak[2]
    );
    println!("sets: logistic regression {:.3}, boosted trees {strong:.3}", by_sets.regression());
    assert!(weak.iter().all(|auc| *auc < 0.6), "{weak:?}");
    assert!(strong > 0.8, "{strong}");
}
