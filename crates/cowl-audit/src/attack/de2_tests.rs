use super::*;
use crate::score::Figure;
use crate::testing::scene::{Life, Position, Reads, Recipe};

fn measured(scene: &Scene, adversary: Adversary, variant: &str) -> Figure {
    let findings = De2.measure(scene, adversary, 1);
    let finding = findings.into_iter().find(|finding| finding.variant == variant).unwrap();
    match finding.outcome {
        Outcome::Measured(figure) => figure,
        other => panic!("{variant} by {adversary:?}: {other:?}"),
    }
}

fn people(recipe: &Recipe) -> Recipe {
    Recipe { people: 40, controls: 40, days: 1, interval: 60, ..recipe.clone() }
}

#[test]
fn an_address_tells_whoever_sees_it() {
    let scene = Recipe { position: Position::Absent, ..people(&Recipe::leaking()) }.build();
    let figure = measured(&scene, Adversary::NetworkTls, "person");
    assert!(figure.estimate.low > 0.95, "{figure:?}");
    let outright = measured(&scene, Adversary::NetworkTls, "outright");
    assert!(outright.advantage.low > 0.85 && outright.chance < 1e-9, "{outright:?}");
    let unknown = measured(&scene, Adversary::NetworkTls, "address-unknown");
    assert!(unknown.estimate.value < 0.6, "{unknown:?}");
}

#[test]
fn homes_tell_who_reads_positions() {
    let recipe = Recipe { address: Life::Shared, role: Reads::Needs, ..people(&Recipe::leaking()) };
    let figure = measured(&recipe.build(), Adversary::Subscriber, "person");
    assert!(figure.estimate.low > 0.75, "{figure:?}");
}

#[test]
fn a_will_with_a_name_is_found() {
    let scene = Recipe { will: true, ..people(&Recipe::protected()) }.build();
    let figure = measured(&scene, Adversary::Broker, "outright");
    assert!(figure.estimate.low > 0.85, "{figure:?}");
    let subscriber = measured(&scene, Adversary::Subscriber, "outright");
    assert!(subscriber.estimate.high < 0.15, "{subscriber:?}");
}

#[test]
fn nothing_of_anybody_says_nothing() {
    let scene = people(&Recipe::protected()).build();
    for adversary in [Adversary::Broker, Adversary::Subscriber, Adversary::Role] {
        let figure = measured(&scene, adversary, "person");
        assert!((figure.estimate.value - 0.5).abs() < 0.1, "{adversary:?} {figure:?}");
    }
}
