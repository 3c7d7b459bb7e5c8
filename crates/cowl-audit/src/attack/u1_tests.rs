use core::fmt::Write as _;

use super::*;
use crate::evidence;
use crate::score::Figure;
use crate::testing::scene::{Reads, Recipe};

const DAY: u64 = 86_400_000_000;

fn outcome(scene: &Scene, adversary: Adversary, variant: &str) -> Outcome {
    let findings = U1.measure(scene, adversary, 1);
    findings.into_iter().find(|finding| finding.variant == variant).unwrap().outcome
}

fn measured(scene: &Scene, adversary: Adversary, variant: &str) -> Figure {
    match outcome(scene, adversary, variant) {
        Outcome::Measured(figure) => figure,
        other => panic!("{variant} by {adversary:?}: {other:?}"),
    }
}

/// Everybody is told at once that `triage` gets severity and temperature.
fn notices(people: u32) -> String {
    let mut text = format!("{{\"line\":\"evidence\",\"version\":1,\"until\":{DAY}}}\n");
    text += r#"{"line":"notice","notice":"n1","covers":[{"fields":["severity","temperature"],"recipients":["role:triage"]}]}"#;
    text.push('\n');
    for person in 0..people {
        writeln!(text, r#"{{"line":"given","person":{person},"notice":"n1","at":0}}"#).unwrap();
    }
    text
}

fn scene(role: Reads, text: &str) -> Scene {
    let recipe = Recipe { people: 20, controls: 0, days: 1, interval: 60, role, ..Recipe::protected() };
    let mut scene = recipe.build();
    scene.evidence = Some(evidence::read(text.as_bytes()).unwrap());
    scene
}

#[test]
fn without_evidence_there_is_no_mechanism() {
    let scene = Recipe { people: 4, days: 1, ..Recipe::protected() }.build();
    for finding in U1.measure(&scene, Adversary::Role, 1) {
        assert!(matches!(finding.outcome, Outcome::NoMechanism { .. }), "{finding:?}");
    }
}

#[test]
fn flows_that_the_notice_names_are_covered() {
    let figure = measured(&scene(Reads::Needs, &notices(20)), Adversary::Role, "told");
    assert!(figure.estimate.value.abs() < 1e-9 && figure.estimate.high < 0.12, "{figure:?}");
    assert_eq!((figure.n, figure.people), (40, 20));
}

#[test]
fn a_field_that_it_does_not_name_is_not() {
    let figure = measured(&scene(Reads::Zone, &notices(20)), Adversary::Role, "told");
    assert!((figure.estimate.value - 1.0 / 3.0).abs() < 1e-9, "{figure:?}");
}

#[test]
fn people_whom_nobody_told_and_those_who_withdrew_are_not() {
    let figure = measured(&scene(Reads::Needs, &notices(15)), Adversary::Role, "told");
    assert!((figure.estimate.value - 0.25).abs() < 1e-9, "{figure:?}");
    let text = notices(20)
        + &format!("{{\"line\":\"withdrawal\",\"person\":3,\"at\":{},\"promised_s\":60}}\n", DAY / 2);
    let figure = measured(&scene(Reads::Needs, &text), Adversary::Role, "told");
    assert!((figure.estimate.value - 0.05).abs() < 1e-9, "read on after she withdrew: {figure:?}");
}

#[test]
fn the_broker_is_a_recipient_too() {
    let mut leaking = Recipe { people: 20, controls: 0, days: 1, ..Recipe::leaking() }.build();
    leaking.evidence = Some(evidence::read(notices(20).as_bytes()).unwrap());
    let figure = measured(&leaking, Adversary::Broker, "told");
    assert!((figure.estimate.value - 1.0).abs() < 1e-9, "{figure:?}");
    let protected = scene(Reads::Needs, &notices(20));
    assert!(matches!(outcome(&protected, Adversary::Broker, "told"), Outcome::NotApplicable { .. }));
}

#[test]
fn withdrawal_is_timed_and_held_to_its_promise() {
    let mut text = notices(20);
    for person in 0..10 {
        writeln!(text, r#"{{"line":"withdrawal","person":{person},"at":3600000000,"promised_s":600}}"#)
            .unwrap();
        // two are ten minutes late
        let until = 3_600_000_000_u64 + if person < 2 { 1_200_000_000 } else { 300_000_000 };
        writeln!(text, r#"{{"line":"copy","person":{person},"holder":"role:triage","until":{until}}}"#)
            .unwrap();
    }
    let scene = scene(Reads::Needs, &text);
    let figure = measured(&scene, Adversary::Role, "withdrawal");
    assert!((figure.estimate.value - 300.0).abs() < 1e-9, "{figure:?}");
    assert!((figure.advantage.value - 0.2).abs() < 1e-9, "{figure:?}");
    assert!(matches!(outcome(&scene, Adversary::Broker, "withdrawal"), Outcome::NotApplicable { .. }));
}

#[test]
fn promises_longer_than_the_observation_are_not_measured() {
    let mut text = notices(20);
    text += "{\"line\":\"withdrawal\",\"person\":1,\"at\":0,\"promised_s\":8640000}\n";
    text += "{\"line\":\"copy\",\"person\":1,\"holder\":\"role:triage\",\"until\":5}\n";
    let outcome = outcome(&scene(Reads::Needs, &text), Adversary::Role, "withdrawal");
    assert!(matches!(outcome, Outcome::NotMeasured { .. }), "{outcome:?}");
}
