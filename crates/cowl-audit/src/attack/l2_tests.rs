use super::*;
use crate::testing::scene::{Life, Recipe};

fn measured(findings: &[Finding], variant: &str) -> Figure {
    let found = findings.iter().find(|finding| finding.variant == variant).unwrap();
    match &found.outcome {
        Outcome::Measured(figure) => figure.clone(),
        other => panic!("{variant}: {other:?}"),
    }
}

#[test]
fn a_name_that_stays_is_followed_to_the_end() {
    let scene = Recipe { people: 40, interval: 40, ..Recipe::leaking() }.build();
    let findings = L2.measure(&scene, Adversary::Broker, 1);
    let chain = measured(&findings, "longest-chain");
    assert!(chain.estimate.value > 44.0 && chain.chance < 20.0, "{chain:?}");
    assert!(measured(&findings, "b-cubed").estimate.value > 0.95);
}

#[test]
fn where_nothing_leaks_nobody_is_followed() {
    let scene = Recipe { people: 40, interval: 40, ..Recipe::protected() }.build();
    let findings = L2.measure(&scene, Adversary::Broker, 1);
    for variant in ["longest-chain", "b-cubed"] {
        let figure = measured(&findings, variant);
        assert!(figure.advantage.high < 0.1, "{variant} {figure:?}");
    }
}

/// A pseudonym that lives for an epoch is followed for an epoch.
#[test]
fn a_pseudonym_is_followed_while_it_lives() {
    let scene =
        Recipe { people: 40, interval: 40, token: Life::Epoch, epoch: 12, ..Recipe::protected() }.build();
    let chain = measured(&L2.measure(&scene, Adversary::Subscriber, 1), "longest-chain");
    assert!(chain.estimate.value > 10.0 && chain.estimate.value < 30.0, "{chain:?}");
}
