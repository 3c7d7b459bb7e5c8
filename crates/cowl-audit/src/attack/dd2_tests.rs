use super::*;
use crate::score::Figure;
use crate::testing::scene::{Life, Position, Recipe, Topics};

fn small(recipe: &Recipe) -> Scene {
    Recipe { people: 60, controls: 0, days: 1, interval: 45, zones: 6, urgent_share: 0.4, ..recipe.clone() }
        .build()
}

fn figures(scene: &Scene, adversary: Adversary) -> BTreeMap<String, Figure> {
    let figure = |finding: Finding| match finding.outcome {
        Outcome::Measured(figure) => (finding.variant, figure),
        other => panic!("{} {other:?}", finding.variant),
    };
    DD2.measure(scene, adversary, 4).into_iter().map(figure).collect()
}

#[test]
fn text_in_the_clear_tells_everything() {
    let found = figures(&small(&Recipe::leaking()), Adversary::Broker);
    assert!(found["severity"].advantage.low > 0.99, "{found:#?}");
    assert!(found["person"].estimate.low > 4.0, "{found:#?}");
    assert!(found["zone"].advantage.low > 0.5, "{found:#?}");
}

#[test]
fn a_zone_in_the_clear_tells_the_zone() {
    let minimised = Recipe { position: Position::Zone, ..Recipe::leaking() };
    assert!(figures(&small(&minimised), Adversary::Subscriber)["zone"].advantage.low > 0.99);
}

#[test]
fn what_is_sealed_tells_nothing() {
    for (variant, figure) in figures(&small(&Recipe::protected()), Adversary::Broker) {
        assert!(figure.estimate.value.abs() < 0.05 && figure.estimate.high < 0.2, "{variant} {figure:?}");
    }
}

#[test]
fn a_length_that_tells_severity_is_found_even_under_tls() {
    let scene = small(&Recipe { length_tells: true, ..Recipe::protected() });
    let found = figures(&scene, Adversary::NetworkTls);
    assert!(found["severity"].advantage.low > 0.99, "{found:#?}");
    assert!(found["zone"].estimate.value.abs() < 0.1, "{found:#?}");
}

#[test]
fn a_topic_for_each_zone_tells_the_zone() {
    let scene = small(&Recipe { topics: Topics::Zone, ..Recipe::protected() });
    assert!(figures(&scene, Adversary::Subscriber)["zone"].advantage.low > 0.99);
    let address = small(&Recipe { address: Life::Person, ..Recipe::protected() });
    assert!(figures(&address, Adversary::NetworkTls)["person"].estimate.low > 4.0);
}

#[test]
fn the_same_seed_gives_the_same_bits() {
    let scene = small(&Recipe { length_tells: true, ..Recipe::protected() });
    let once = DD2.measure(&scene, Adversary::NetworkTls, 1);
    assert_eq!(once, DD2.measure(&scene, Adversary::NetworkTls, 1));
}
