use super::*;
use crate::testing::scene::Recipe;

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
