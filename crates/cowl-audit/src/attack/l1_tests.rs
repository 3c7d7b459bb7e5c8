use super::*;
use crate::testing::scene::{Mixing, Recipe};

fn auc(findings: &[Finding], variant: &str) -> Figure {
    let found = findings.iter().find(|finding| finding.variant == variant).unwrap();
    match &found.outcome {
        Outcome::Measured(figure) => figure.clone(),
        other => panic!("{variant}: {other:?}"),
    }
}

#[test]
fn a_name_that_stays_links() {
    let scene = Recipe { people: 40, interval: 40, ..Recipe::leaking() }.build();
    let findings = L1.measure(&scene, Adversary::Broker, 1);
    for variant in ["across-reconnect", "across-epoch", "set-against-set"] {
        let figure = auc(&findings, variant);
        assert!(figure.estimate.value > 0.99, "{variant} {figure:?}");
        assert!(figure.advantage.low > 0.9);
    }
}

#[test]
fn where_nothing_leaks_nothing_links() {
    let scene = Recipe { people: 40, interval: 40, ..Recipe::protected() }.build();
    let findings = L1.measure(&scene, Adversary::Broker, 1);
    for variant in ["across-reconnect", "across-epoch", "set-against-set"] {
        let figure = auc(&findings, variant);
        assert!(
            figure.estimate.low < 0.5 && figure.estimate.high > 0.5 && figure.estimate.high < 0.6,
            "{variant} {figure:?}"
        );
    }
}

/// Behind gateways, one variant: the number, as the broker sees it.
fn behind(recipe: &Recipe, variant: &str) -> Figure {
    auc(&L1.measure(&recipe.build(), Adversary::Broker, 1), variant)
}

#[test]
fn inside_a_gateway_that_sends_in_slots_nothing_links_and_gateways_themselves_do() {
    let scene = Recipe::behind_gateways().build();
    let findings = L1.measure(&scene, Adversary::Broker, 1);
    for variant in ["within-gateway", "within-gateway-epoch"] {
        let figure = auc(&findings, variant);
        assert!(figure.estimate.high < 0.56, "{variant}: {figure:?}");
    }
    let counts = findings.iter().filter(|finding| finding.headline);
    let counts: Vec<_> = counts.map(|finding| finding.variant.as_str()).collect();
    assert_eq!(counts, ["within-gateway", "within-gateway-epoch", "within-gateway-reconnect"]);
    assert!(auc(&findings, "across-gateways").estimate.low > 0.9);
}

#[test]
fn turns_of_ones_own_in_a_gateways_slots_link() {
    let figure = behind(&Recipe { mixing: Mixing::Turns, ..Recipe::behind_gateways() }, "within-gateway");
    assert!(figure.estimate.low > 0.95, "{figure:?}");
}

#[test]
fn a_token_behind_a_gateway_links() {
    let recipe = Recipe { hidden_token: true, ..Recipe::behind_gateways() };
    let figure = behind(&recipe, "within-gateway-epoch");
    assert!(figure.estimate.low > 0.95, "{figure:?}");
}
