use super::*;
use crate::score::{Baseline, BaselineError, Control, Interval, Limit, Unit, compare};

fn exactly(value: f64) -> Interval {
    Interval { value, low: value, high: value }
}

fn figure(low: f64, value: f64, high: f64) -> Figure {
    let advantage = Interval { value, low, high };
    let control = Control { measured: exactly(0.0), passed: true };
    Figure {
        unit: Unit::Auc,
        estimate: Interval {
            value: f64::midpoint(value, 1.0),
            low: f64::midpoint(low, 1.0),
            high: f64::midpoint(high, 1.0),
        },
        chance: 0.5,
        advantage,
        n: 100,
        people: 10,
        seed: 1,
        positive: control,
        negative: control,
    }
}

fn finding(attack: AttackId, adversary: Adversary, outcome: Outcome) -> Finding {
    Finding { attack, adversary, variant: "all".to_owned(), headline: true, outcome }
}

fn card(findings: Vec<Finding>) -> Scorecard {
    Scorecard {
        configuration: "test".to_owned(),
        seed: 1,
        hours: 24.0,
        people: 10,
        messages: 100,
        attacks: vec![(AttackId::L1, 1), (AttackId::L2, 1)],
        findings,
        cost: Cost::default(),
        utility: Utility::default(),
    }
}

fn not_measured(reason: &str) -> Outcome {
    Outcome::NotMeasured { reason: reason.to_owned(), figure: None }
}

#[test]
fn a_cell_is_the_attack_with_the_highest_upper_bound() {
    let card = card(vec![
        finding(AttackId::L1, Adversary::Broker, Outcome::Measured(figure(0.1, 0.2, 0.3))),
        finding(AttackId::L2, Adversary::Broker, Outcome::Measured(figure(0.0, 0.1, 0.4))),
        finding(AttackId::L2, Adversary::Network, Outcome::Measured(figure(0.9, 0.9, 0.9))),
    ]);
    let Cell::Measured { finding, .. } = card.cell(Category::Linking, Adversary::Broker) else {
        panic!("measured")
    };
    assert_eq!(finding.attack, AttackId::L2);
    assert_eq!(card.cell(Category::Detecting, Adversary::Broker), Cell::NotApplicable);
}

#[test]
fn one_attack_that_was_not_measured_takes_the_cell_and_the_leak_stays() {
    let card = card(vec![
        finding(AttackId::L1, Adversary::Broker, Outcome::Measured(figure(0.1, 0.2, 0.3))),
        finding(AttackId::L2, Adversary::Broker, not_measured("the plant was not found")),
    ]);
    let Cell::NotMeasured { reason, leak } = card.cell(Category::Linking, Adversary::Broker) else {
        panic!("not measured")
    };
    assert_eq!(reason, "the plant was not found");
    assert_eq!(leak.map(|(finding, _)| finding.attack), Some(AttackId::L1));
}

#[test]
fn a_limit_judges_the_upper_bound_and_what_is_missing() {
    let of = |outcome| card(vec![finding(AttackId::L1, Adversary::Broker, outcome)]);
    let limit: Limit = "linking=0.25".parse().unwrap();
    assert_eq!(limit.judge(&of(Outcome::Measured(figure(0.0, 0.1, 0.25)))).len(), 0);
    assert_eq!(limit.judge(&of(Outcome::Measured(figure(0.0, 0.1, 0.26)))).len(), 1);
    assert_eq!(limit.judge(&of(not_measured("x"))).len(), 1);
    assert_eq!(limit.judge(&of(Outcome::NoMechanism { reason: "x".to_owned() })).len(), 1);
    // Nobody there to be held to it: that is a failure, too.
    assert_eq!(limit.judge(&of(Outcome::NotApplicable { reason: "x".to_owned() })).len(), 1);
    let other: Limit = "linking:relay=1".parse().unwrap();
    assert_eq!(other.judge(&of(Outcome::Measured(figure(0.0, 0.0, 0.0)))).len(), 1);
    for wrong in ["linking", "links=0.1", "linking:nobody=0.1", "linking=1.1", "linking=NaN", "linking="] {
        assert!(wrong.parse::<Limit>().is_err(), "{wrong}");
    }
    assert_eq!("linking:broker=0.1".parse::<Limit>().unwrap().to_string(), "linking:broker=0.1");
}

#[test]
fn a_baseline_notices_what_became_worse_or_dark() {
    let of = |outcome| card(vec![finding(AttackId::L1, Adversary::Broker, outcome)]);
    let kept = Baseline::of(&of(Outcome::Measured(figure(0.0, 0.1, 0.2))));
    assert_eq!(kept.hold(&of(Outcome::Measured(figure(0.0, 0.1, 0.21)))), Ok(Vec::new()));
    let worse = kept.hold(&of(Outcome::Measured(figure(0.0, 0.1, 0.3)))).unwrap();
    assert!(worse.iter().all(|change| change.worse) && worse.len() == 1);
    assert_eq!(worse[0].to_string(), "linking by broker: 0.200 → 0.300");
    let dark = kept.hold(&of(not_measured("x"))).unwrap();
    assert!(dark[0].worse);
    let better = kept.hold(&of(Outcome::Measured(figure(0.0, 0.0, 0.0)))).unwrap();
    assert!(!better[0].worse);
    let mut newer = of(Outcome::Measured(figure(0.0, 0.1, 0.2)));
    newer.attacks = vec![(AttackId::L1, 2)];
    assert_eq!(kept.hold(&newer), Err(BaselineError::Attacks));
}

#[test]
fn only_what_both_sides_measured_is_compared() {
    let before = card(vec![
        finding(AttackId::L1, Adversary::Broker, Outcome::Measured(figure(0.9, 0.95, 1.0))),
        finding(AttackId::L1, Adversary::Subscriber, Outcome::Measured(figure(0.9, 0.95, 1.0))),
    ]);
    let after = card(vec![
        finding(AttackId::L1, Adversary::Broker, Outcome::Measured(figure(0.0, 0.05, 0.1))),
        finding(AttackId::L1, Adversary::Subscriber, not_measured("x")),
    ]);
    let change = compare(&before, &after);
    assert_eq!((change.cells.len(), change.attacks.len()), (1, 1));
    assert!((change.cells[0].difference.value + 0.9).abs() < 1e-9);
    assert!(change.cells[0].difference.high < -0.8);
}
