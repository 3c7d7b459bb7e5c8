use super::*;

/// `rows` observations of a secret below `secrets`, made by `see`.
fn observed(
    rows: usize,
    secrets: usize,
    seed: u64,
    mut see: impl FnMut(usize, &mut Random) -> f64,
) -> (Matrix, Vec<u32>) {
    let mut random = Random::new(seed);
    let (mut matrix, mut labels) = (Matrix::new(1), Vec::new());
    for _ in 0..rows {
        let secret = random.below(secrets);
        matrix.push(&[see(secret, &mut random)]);
        labels.push(u32::try_from(secret).unwrap());
    }
    (matrix, labels)
}

fn measure(secrets: usize, see: impl Fn(usize, &mut Random) -> f64) -> Leakage {
    let (train, test) = (observed(2000, secrets, 1, &see), observed(1000, secrets, 2, &see));
    leakage(
        Observed { features: &train.0, secrets: &train.1 },
        Observed { features: &test.0, secrets: &test.1 },
        3,
    )
    .unwrap()
}

#[test]
fn all_or_nothing() {
    let all = measure(8, |secret, _| float_len(secret));
    assert!((all.bits - 3.0).abs() < 0.25, "{}", all.bits);
    let nothing = measure(8, |_, random| random.unit());
    assert!(nothing.bits.abs() < 0.35 && nothing.bits <= nothing.most_bits, "{nothing:?}");
    let constant = measure(8, |_, _| 1.0);
    assert!(constant.bits.abs() < 1e-9, "{}", constant.bits);
}

/// A channel whose leakage is known: the secret's number, replaced by a random one in half of the cases. Success (½ + ½·⅛),
/// so log₂(8 · 0.5625) = 2.17 bits; F-BLEAU's paper tests with such ones.
#[test]
fn a_noisy_channel_leaks_what_theory_says() {
    let see = |secret: usize, random: &mut Random| {
        if random.unit() < 0.5 { float_len(random.below(8)) } else { float_len(secret) }
    };
    let found = measure(8, see);
    assert!((found.bits - 2.17).abs() < 0.25, "{}", found.bits);
    assert!(found.most_bits >= found.bits);
    let people: Vec<u32> = (0..1000).map(|row| row / 10).collect();
    let interval = leakage_interval(&found, &people, 1).unwrap();
    assert!(
        interval.low < 2.17 && 2.17 < interval.high && interval.high - interval.low < 0.8,
        "{interval:?}"
    );
}

/// Continuous values never repeat: the frequentist is blind, neighbours are not.
#[test]
fn neighbours_see_what_never_repeats() {
    let found = measure(4, |secret, random| float_len(secret) + 0.8 * random.unit());
    assert!((found.bits - 2.0).abs() < 0.2, "{}", found.bits);
    assert_ne!(found.guesser, Guesser::Frequentist);
}

#[test]
fn cover_and_hart() {
    assert!(least_error(0.0, 5).abs() < 1e-12);
    // two secrets, error of a half: nothing can be guessed
    assert!((least_error(0.5, 2) - 0.5).abs() < 1e-12);
    assert!(least_error(0.3, 10) < 0.3 && least_error(0.3, 10) > 0.15);
}
