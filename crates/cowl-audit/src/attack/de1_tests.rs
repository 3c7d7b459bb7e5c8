use super::*;
use crate::score::Figure;
use crate::testing::scene::{Form, Mixing, Recipe, Topics};

/// One variant alone, which is quicker.
fn measured(scene: &Scene, adversary: Adversary, variant: Variant) -> Figure {
    let seen = Seen::new(scene, scene.view(adversary).unwrap());
    match seen.outcome(variant, &seen.planted(), 1) {
        Outcome::Measured(figure) => figure,
        other => panic!("{variant:?} by {adversary:?}: {other:?}"),
    }
}

fn leaking() -> Recipe {
    Recipe { people: 24, controls: 0, days: 1, form: Form::Random(64), loss: 0.0, ..Recipe::leaking() }
}

/// One slot an hour, so that the hour's urgent report may fall anywhere in it.
fn protected() -> Recipe {
    Recipe {
        people: 24,
        controls: 0,
        days: 2,
        interval: 60,
        form: Form::Random(64),
        urgent_share: 0.2,
        ..Recipe::protected()
    }
}

fn unmeasured(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::NotMeasured { .. } | Outcome::NotApplicable { .. })
}

/// More messages in an urgent hour tell, whatever stands in them, to whoever sees addresses; who does not cannot say whose hour it is.
#[test]
fn a_burst_tells_although_nothing_can_be_read() {
    let scene = Recipe { urgent_extra: 2, ..leaking() }.build();
    let figure = measured(&scene, Adversary::NetworkTls, Variant::Person);
    assert!(figure.estimate.low > 0.75, "{figure:?}");
    let blind = measured(&scene, Adversary::Subscriber, Variant::Person);
    assert!(blind.estimate.high < figure.estimate.low, "{blind:?}");
}

#[test]
fn constant_slots_of_one_size_say_nothing() {
    let scene = protected().build();
    for variant in [Variant::Person, Variant::Message] {
        let figure = measured(&scene, Adversary::Broker, variant);
        assert!(figure.estimate.low < 0.53 && figure.estimate.value < 0.62, "{variant:?}: {figure:?}");
    }
}

#[test]
fn a_delay_that_tells_severity_is_found() {
    let scene = Recipe { delay_tells: true, ..protected() }.build();
    let figure = measured(&scene, Adversary::NetworkTls, Variant::Message);
    assert!(figure.estimate.low > 0.95, "{figure:?}");
}

#[test]
fn a_length_that_tells_severity_is_found() {
    let scene = Recipe { length_tells: true, ..protected() }.build();
    let figure = measured(&scene, Adversary::Subscriber, Variant::Message);
    assert!(figure.estimate.low > 0.95, "{figure:?}");
}

#[test]
fn a_topic_for_each_zone_tells_where() {
    let recipe = Recipe { topics: Topics::Zone, zones: 4, urgent_extra: 3, urgent_share: 0.05, ..leaking() };
    let scene = Recipe { people: 40, interval: 60, ..recipe }.build();
    let figure = measured(&scene, Adversary::Subscriber, Variant::Place);
    assert!(figure.estimate.low > 0.6, "{figure:?}");
}

#[test]
fn too_few_urgent_hours_are_not_measured() {
    let scene = Recipe { urgent_share: 0.0, ..protected() }.build();
    for finding in De1.measure(&scene, Adversary::Broker, 1) {
        assert!(unmeasured(&finding.outcome), "{finding:?}");
    }
}

#[test]
fn the_same_seed_gives_the_same_findings() {
    let scene = Recipe { people: 10, days: 1, urgent_share: 0.3, ..protected() }.build();
    let findings = De1.measure(&scene, Adversary::Broker, 7);
    assert_eq!(findings, De1.measure(&scene, Adversary::Broker, 7));
    let names: Vec<&str> = findings.iter().map(|finding| finding.variant.as_str()).collect();
    assert_eq!(names, ["person", "place", "message", "operation", "oracle-person"]);
}

/// Urgent reports of a gateway's people go first, and nobody sees it; without covers their number is seen.
#[test]
fn a_gateway_in_slots_says_nothing_and_without_covers_it_does() {
    // The made-up people say what is urgent with their first message of an hour: it must be able to fall anywhere in it.
    let recipe =
        Recipe { days: 2, interval: 120, urgent_share: 0.3, urgent_extra: 0, ..Recipe::behind_gateways() };
    let scene = recipe.build();
    for variant in [Variant::Person, Variant::Place, Variant::Message] {
        let figure = measured(&scene, Adversary::Broker, variant);
        assert!(figure.estimate.low < 0.52 && figure.estimate.value < 0.6, "{variant:?}: {figure:?}");
    }
    let bare = Recipe { mixing: Mixing::NoCover, urgent_extra: 6, ..recipe }.build();
    let figure = measured(&bare, Adversary::NetworkTls, Variant::Place);
    assert!(figure.estimate.low > 0.6, "{figure:?}");
}
