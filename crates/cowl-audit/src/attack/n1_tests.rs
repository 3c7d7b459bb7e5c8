use core::fmt::Write as _;

use super::*;
use crate::evidence;
use crate::score::Figure;
use crate::testing::scene::{Forged, Form, Recipe, Rhythm};

fn outcome(scene: &Scene, adversary: Adversary, variant: &str) -> Outcome {
    let findings = N1.measure(scene, adversary, 1);
    findings.into_iter().find(|finding| finding.variant == variant).unwrap().outcome
}

/// One variant alone, which is quicker.
fn measured(scene: &Scene, adversary: Adversary, variant: &str) -> Figure {
    match Log::new(scene, scene.view(adversary).unwrap()).judge(1, variant == "victim") {
        Outcome::Measured(figure) => figure,
        other => panic!("{variant} by {adversary:?}: {other:?}"),
    }
}

/// Messages at random instants, as the forged ones are.
fn recipe(forged: Forged) -> Recipe {
    Recipe {
        people: 20,
        controls: 0,
        days: 2,
        interval: 50,
        rhythm: Rhythm::Free,
        form: Form::Random(96),
        forged,
        ..Recipe::protected()
    }
}

#[test]
fn forgeries_that_tell_convict_the_victim() {
    let scene = recipe(Forged::Tells).build();
    let figure = measured(&scene, Adversary::BrokerRole, "victim");
    assert!(figure.estimate.low > 0.9, "{figure:?}");
    let content = measured(&scene, Adversary::Role, "content-only");
    assert!(content.estimate.low > 0.9, "{content:?}");
}

#[test]
fn perfect_forgeries_are_deniable() {
    let scene = recipe(Forged::Perfect).build();
    for variant in ["victim", "content-only"] {
        let figure = measured(&scene, Adversary::BrokerRole, variant);
        assert!(figure.estimate.low < 0.05 && figure.estimate.value < 0.2, "{variant}: {figure:?}");
    }
}

/// Regular sending betrays what does not fit in: the log says more than the message.
#[test]
fn the_log_tells_where_the_content_does_not() {
    let scene = Recipe { rhythm: Rhythm::Own, loss: 0.0, ..recipe(Forged::Perfect) }.build();
    let log = measured(&scene, Adversary::BrokerRole, "victim");
    let content = measured(&scene, Adversary::BrokerRole, "content-only");
    assert!(log.estimate.low > content.estimate.high, "{log:?} {content:?}");
}

#[test]
fn without_forgeries_nothing_is_measured() {
    let scene = recipe(Forged::Absent).build();
    assert!(matches!(outcome(&scene, Adversary::BrokerRole, "victim"), Outcome::NotMeasured { .. }));
}

#[test]
fn commands_take_evidence() {
    let mut scene = Recipe { people: 4, days: 1, ..Recipe::protected() }.build();
    let asked = |scene: &Scene| outcome(scene, Adversary::BrokerRole, "authority-commands");
    assert!(matches!(asked(&scene), Outcome::NoMechanism { .. }));
    let file = |flaw: bool| {
        let mut text = String::from("{\"line\":\"evidence\",\"version\":1,\"until\":1}\n");
        for number in 0..80 {
            let genuine = number % 2 == 0;
            // the flawed verifier accepts every tenth command of somebody else
            let accepted = genuine || (flaw && number % 20 == 1);
            writeln!(
                text,
                r#"{{"line":"command","command":"c{number}","genuine":{genuine},"accepted":{accepted}}}"#
            )
            .unwrap();
        }
        evidence::read(text.as_bytes()).unwrap()
    };
    scene.evidence = Some(file(false));
    let Outcome::Measured(good) = asked(&scene) else { panic!() };
    assert!(good.estimate.value.abs() < 1e-9 && good.estimate.high < 0.15, "{good:?}");
    scene.evidence = Some(file(true));
    let Outcome::Measured(bad) = asked(&scene) else { panic!() };
    assert!((bad.estimate.value - 0.1).abs() < 1e-9 && bad.estimate.low > 0.0, "{bad:?}");
}
