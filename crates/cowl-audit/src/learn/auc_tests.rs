use super::*;
use crate::learn::random::Random;

fn case(score: f64, positive: bool) -> Case {
    Case { score, positive, people: [0, 0] }
}

#[test]
fn ties_count_half() {
    let cases = [case(1.0, true), case(1.0, false), case(0.0, false), case(0.0, true)];
    // pairs: (1,1) ½, (1,0) 1, (0,1) 0, (0,0) ½
    assert_eq!(auc(&cases), Some(0.5));
    assert_eq!(auc(&[case(2.0, true), case(2.0, false), case(1.0, false)]), Some(0.75));
    assert_eq!(auc(&[case(0.0, true), case(-0.0, false)]), Some(0.5));
    assert_eq!(auc(&[case(f64::NAN, true), case(f64::NAN, false)]), Some(0.5));
    assert_eq!(auc(&[case(1.0, true)]), None);
}

/// Against the definition, pair by pair.
#[test]
fn equals_the_count_of_pairs() {
    let mut random = Random::new(5);
    let cases: Vec<Case> = (0..300)
        .map(|_| case(f64::from(u32::try_from(random.below(40)).unwrap()), random.unit() < 0.3))
        .collect();
    let (mut won, mut pairs) = (0.0, 0.0);
    for a in cases.iter().filter(|case| case.positive) {
        for b in cases.iter().filter(|case| !case.positive) {
            pairs += 1.0;
            won += if a.score > b.score {
                1.0
            } else if a.score < b.score {
                0.0
            } else {
                0.5
            };
        }
    }
    assert!((auc(&cases).unwrap() - won / pairs).abs() < 1e-12);
}

/// 95 % intervals of 100 samples hold the truth about 95 times, also when a person's cases hang together.
#[test]
fn the_interval_covers() {
    let mut covered = 0;
    for sample in 0..100 {
        let mut random = Random::new(1000 + sample);
        let mut cases = Vec::new();
        for person in 0..80 {
            let own = random.unit() * 2.0;
            for _ in 0..3 {
                let positive = random.unit() < 0.5;
                let score = own + random.unit() + if positive { 0.4 } else { 0.0 };
                cases.push(Case { score, positive, people: [person, person] });
            }
        }
        let interval = auc_interval(&cases, sample).unwrap();
        // 0.6619 between people (20,000,000 simulated pairs), 0.82 within one: a pair in 80
        covered += u32::from(interval.low <= 0.6639 && 0.6639 <= interval.high);
    }
    assert!((89..=99).contains(&covered), "{covered}");
}

#[test]
fn a_paired_difference_is_narrower_than_the_parts() {
    let mut random = Random::new(9);
    let (mut before, mut after) = (Vec::new(), Vec::new());
    for person in 0..150 {
        let own = random.unit() * 3.0;
        for positive in [true, false] {
            let score = own + random.unit() + if positive { 1.0 } else { 0.0 };
            before.push(Case { score, positive, people: [person, person] });
            after.push(Case {
                score: score - if positive { 0.2 } else { 0.0 },
                positive,
                people: [person, person],
            });
        }
    }
    let width = |interval: Interval| interval.high - interval.low;
    let difference = auc_difference(&before, &after, 1).unwrap();
    assert!(difference.high < 0.0);
    assert!(width(difference) < width(auc_interval(&before, 1).unwrap()));
    assert_eq!(auc_difference(&before, &before, 1).unwrap(), Interval { value: 0.0, low: 0.0, high: 0.0 });
}
