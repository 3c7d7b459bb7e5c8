use core::fmt::Write as _;

use super::*;
use crate::evidence;
use crate::score::Figure;
use crate::testing::scene::{Form, Recipe, Topics};

fn outcome(scene: &Scene, adversary: Adversary, variant: &str) -> Outcome {
    let findings = Nc1.measure(scene, adversary, 1);
    findings.into_iter().find(|finding| finding.variant == variant).unwrap().outcome
}

fn measured(scene: &Scene, adversary: Adversary, variant: &str) -> Figure {
    match outcome(scene, adversary, variant) {
        Outcome::Measured(figure) => figure,
        other => panic!("{variant} by {adversary:?}: {other:?}"),
    }
}

/// A scene in which the last message of each person is erased after the end.
fn scene(retain: bool) -> Scene {
    let mut scene =
        Recipe { people: 20, controls: 0, days: 1, retain, topics: Topics::Person, ..Recipe::leaking() }
            .build();
    let end = scene.truth.operation.length;
    let mut text = format!("{{\"line\":\"evidence\",\"version\":1,\"until\":{end}}}\n");
    let mut last: BTreeMap<u32, MessageRef> = BTreeMap::new();
    for message in &scene.view(Adversary::Broker).unwrap().messages {
        last.insert(scene.message(message.id).unwrap().person.unwrap(), message.id);
    }
    for (person, MessageRef { connection, ordinal }) in last {
        let message = format!(r#"{{"connection":{connection},"ordinal":{ordinal}}}"#);
        writeln!(text, r#"{{"line":"record","record":"r{person}","cause":"erased","at":{end},"person":{person},"message":{message}}}"#).unwrap();
    }
    scene.evidence = Some(evidence::read(text.as_bytes()).unwrap());
    scene
}

#[test]
fn without_evidence_there_is_no_mechanism() {
    let scene = Recipe { people: 4, days: 1, ..Recipe::protected() }.build();
    for finding in Nc1.measure(&scene, Adversary::Broker, 1) {
        assert!(matches!(finding.outcome, Outcome::NoMechanism { .. }), "{finding:?}");
    }
}

#[test]
fn a_retained_message_after_erasure_is_found_in_the_trace() {
    for adversary in [Adversary::Broker, Adversary::Subscriber] {
        let figure = measured(&scene(true), adversary, "erased");
        assert!((figure.estimate.value - 1.0).abs() < 1e-9, "{figure:?}");
        assert_eq!(figure.people, 20);
    }
}

#[test]
fn messages_that_nobody_retains_are_gone() {
    let figure = measured(&scene(false), Adversary::Broker, "erased");
    assert!(figure.estimate.value.abs() < 1e-9 && figure.estimate.high < 0.2, "{figure:?}");
}

fn trials(control: &str, opened: &[bool]) -> Scene {
    let mut text = String::from("{\"line\":\"evidence\",\"version\":1,\"until\":9}\n");
    for (number, opened) in opened.iter().enumerate() {
        writeln!(text, r#"{{"line":"record","record":"r{number}","cause":"expired","at":5}}"#).unwrap();
        writeln!(text, r#"{{"line":"trial","record":"r{number}","medium":"backup","opened":{opened}}}"#)
            .unwrap();
    }
    text += control;
    let mut scene = Recipe { people: 4, days: 1, form: Form::Random(64), ..Recipe::protected() }.build();
    scene.evidence = Some(evidence::read(text.as_bytes()).unwrap());
    scene
}

const CONTROLS: &str = r#"{"line":"record","record":"live","cause":"live"}
{"line":"trial","record":"live","medium":"backup","opened":true}
{"line":"record","record":"never","cause":"never"}
{"line":"trial","record":"never","medium":"backup","opened":false}
"#;

#[test]
fn trials_count_where_their_controls_hold() {
    let figure = measured(&trials(CONTROLS, &[true, false, false, false]), Adversary::Role, "erased");
    assert!((figure.estimate.value - 0.25).abs() < 1e-9, "{figure:?}");
    let reach = outcome(&trials(CONTROLS, &[true]), Adversary::Subscriber, "erased");
    assert!(matches!(reach, Outcome::NoMechanism { .. }), "a subscriber has no backup: {reach:?}");
}

#[test]
fn trials_without_controls_or_with_failed_ones_are_not_measured() {
    let opens_anything = CONTROLS.replace("\"opened\":false", "\"opened\":true");
    let opens_nothing = CONTROLS.replace("\"opened\":true", "\"opened\":false");
    for control in ["", &opens_anything, &opens_nothing] {
        let outcome = outcome(&trials(control, &[false, false]), Adversary::Role, "erased");
        assert!(matches!(outcome, Outcome::NotMeasured { .. }), "{control}: {outcome:?}");
    }
}

#[test]
fn stores_that_keep_too_long_are_counted() {
    let stores = r#"{"line":"store","store":"a","keeps_s":100,"oldest_s":101}
{"line":"store","store":"b","keeps_s":100,"oldest_s":100}
{"line":"store","store":"c","keeps_s":100}
"#;
    let scene = trials(stores, &[]);
    let figure = measured(&scene, Adversary::BrokerRole, "retention");
    assert!((figure.estimate.value - 1.0 / 3.0).abs() < 1e-9, "{figure:?}");
    assert!(matches!(outcome(&scene, Adversary::Subscriber, "retention"), Outcome::NotApplicable { .. }));
}
