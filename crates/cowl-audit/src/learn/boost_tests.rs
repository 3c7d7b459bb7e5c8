use super::*;
use crate::learn::auc::{Case, auc};

const ROWS: usize = 3000;
const REFERENCE: &str = include_str!("../../tests/learn/auc.csv");

type Rule = fn(&mut [f64; 8], f64) -> bool;

// the three rules of `tests/learn/reference.py`, term by term

fn interaction(x: &mut [f64; 8], noise: f64) -> bool {
    (x[0] - 0.5) * (x[1] - 0.5) * 8.0 + (x[2] - 0.5) + (noise - 0.5) * 1.5 > 0.0
}

fn missing(x: &mut [f64; 8], noise: f64) -> bool {
    let yes = x[0] + x[1] * x[1] - x[2] + (noise - 0.5) * 1.2 > 0.3;
    if x[3] < if yes { 0.5 } else { 0.2 } {
        x[2] = f64::NAN;
    }
    if x[4] < 0.3 {
        x[0] = f64::NAN;
    }
    yes
}

fn counts(x: &mut [f64; 8], noise: f64) -> bool {
    let mut scale = 3.0;
    for value in x.iter_mut().take(6) {
        *value = (*value * scale).floor();
        scale += 2.0;
    }
    (x[1] - x[3]) * if x[0] > 0.5 { 1.0 } else { -1.0 } + x[5] * 0.3 + (noise - 0.5) * 8.0 > 1.0
}

fn draw(rule: Rule, seed: u64) -> (Matrix, Vec<bool>, f64) {
    let mut random = Random::new(seed);
    let (mut matrix, mut labels, mut total) = (Matrix::new(8), Vec::new(), 0.0);
    for _ in 0..ROWS {
        let mut x = [0.0; 8];
        x.fill_with(|| random.unit());
        labels.push(rule(&mut x, random.unit()));
        matrix.push(&x);
        for value in x {
            total += if value.is_nan() { 0.0 } else { value };
        }
    }
    (matrix, labels, total)
}

fn tested(model: &Model, matrix: &Matrix, labels: &[bool]) -> f64 {
    let case = |(row, positive): (usize, &bool)| Case {
        score: model.score(matrix.row(row)),
        positive: *positive,
        people: [0, 0],
    };
    auc(&labels.iter().enumerate().map(case).collect::<Vec<_>>()).unwrap()
}

/// scikit-learn's defaults.
const AS_REFERENCE: Settings = Settings {
    trees: 100,
    rate: 0.1,
    leaves: 31,
    least_rows: 20.0,
    l2: 0.0,
    least_gain: 1e-9,
    row_share: 1.0,
    column_share: 1.0,
    bins: 255,
};

/// As good as scikit-learn's on equal data, with its settings and with ours.
#[test]
fn as_good_as_the_reference() {
    let mut compared = 0;
    for line in REFERENCE.lines().skip(2) {
        let [name, seed, sum, wanted] = line.split(',').collect::<Vec<_>>().try_into().unwrap();
        let rule = match name {
            "interaction" => interaction as Rule,
            "missing" => missing,
            "counts" => counts,
            other => panic!("{other}"),
        };
        let seed: u64 = seed.parse().unwrap();
        let (train, labels, total) = draw(rule, 2 * seed);
        let (test, truth, _) = draw(rule, 2 * seed + 1);
        assert_eq!(format!("{total:?}"), sum, "{name}: other data than the reference");
        let wanted: f64 = wanted.parse().unwrap();
        let same = tested(&Model::train(&train, &labels, &AS_REFERENCE, 1), &test, &truth);
        let ours = tested(&Model::train(&train, &labels, &Settings::default(), 1), &test, &truth);
        println!("{name} {seed}: reference {wanted:.4}, its settings {same:.4}, ours {ours:.4}");
        assert!((same - wanted).abs() < 0.01, "{name} {seed}: {same} instead of {wanted}");
        assert!(ours > wanted - 0.01, "{name} {seed}: {ours} instead of {wanted}");
        compared += 1;
    }
    assert_eq!(compared, 6);
}

#[test]
fn repeatable() {
    let (matrix, labels, _) = draw(interaction, 5);
    let settings = Settings { trees: 10, ..Settings::default() };
    let score = |seed| Model::train(&matrix, &labels, &settings, seed).score(matrix.row(7)).to_bits();
    assert_eq!(score(1), score(1));
    assert_ne!(score(1), score(2));
}

#[test]
fn training_and_scoring_agree_about_bins() {
    // every value that stands at a threshold's side in training must go the same way when it is scored
    let mut matrix = Matrix::new(1);
    let values = [f64::NEG_INFINITY, -1.0, 0.0, 1.0, f64::INFINITY, f64::NAN];
    let labels: Vec<bool> = (0..600).map(|row| [true, false, true, false, true, false][row % 6]).collect();
    for row in 0..600 {
        matrix.push(&[values[row % 6]]);
    }
    let model = Model::train(&matrix, &labels, &Settings { row_share: 1.0, ..Settings::default() }, 1);
    for (value, label) in values.iter().zip([true, false, true, false, true, false]) {
        assert_eq!(model.probability(&[*value]) > 0.5, label, "{value}");
    }
}

#[test]
fn nothing_to_learn() {
    let mut matrix = Matrix::new(2);
    for _ in 0..100 {
        matrix.push(&[1.0]);
    }
    let labels: Vec<bool> = (0..100).map(|row| row < 25).collect();
    let model = Model::train(&matrix, &labels, &Settings::default(), 1);
    assert!((model.probability(&[1.0, 2.0]) - 0.25).abs() < 0.01);
    assert!(Model::train(&matrix, &[true; 100], &Settings::default(), 1).probability(&[]) > 0.99);
    assert!(
        (Model::train(&Matrix::new(0), &[], &Settings::default(), 1).probability(&[]) - 0.5).abs() < 1e-9
    );
}
