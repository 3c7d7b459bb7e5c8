use super::*;
use crate::score::Figure;
use crate::testing::scene::{Life, Position, Reads, Recipe};

fn small(recipe: &Recipe) -> Recipe {
    Recipe { people: 30, controls: 0, days: 1, interval: 60, ..recipe.clone() }
}

fn figures(recipe: &Recipe, adversary: Adversary) -> BTreeMap<String, Figure> {
    let figure = |finding: Finding| match finding.outcome {
        Outcome::Measured(figure) => (finding.variant, figure),
        other => panic!("{} {other:?}", finding.variant),
    };
    DD1.measure(&small(recipe).build(), adversary, 2).into_iter().map(figure).collect()
}

fn value(figures: &BTreeMap<String, Figure>, variant: &str) -> f64 {
    figures[variant].estimate.value
}

/// The device knows temperature, severity, position, altitude, zone, name and userId; the text says four of them, and the position names the
/// zone too.
#[test]
fn text_in_the_clear_says_what_it_says() {
    let found = figures(
        &Recipe { address: Life::Shared, client_id: Life::Absent, ..Recipe::leaking() },
        Adversary::Broker,
    );
    assert!((value(&found, "fields-exact") - 5.0).abs() < 0.2, "{found:#?}");
    assert!((value(&found, "counting-rule") - 4.0).abs() < 0.01);
    assert!((value(&found, "exact") - 5.0 / 7.0).abs() < 0.03);
    assert!(value(&found, "needed") > 0.95 && value(&found, "not-needed") > 0.4);
    assert!(found["exact"].chance < 0.35, "{:?}", found["exact"]);
}

/// The study's minimised message: severity, a zone and a token instead of severity, position and user id.
#[test]
fn minimised_text_says_one_field_exactly_and_the_others_coarsely() {
    let recipe = Recipe {
        position: Position::Zone,
        address: Life::Shared,
        client_id: Life::Fresh,
        session: 0,
        ..Recipe::leaking()
    };
    let found = figures(&recipe, Adversary::Broker);
    let plain = figures(
        &Recipe { address: Life::Shared, client_id: Life::Fresh, session: 0, ..Recipe::leaking() },
        Adversary::Broker,
    );
    assert!(value(&found, "fields-exact") < value(&plain, "fields-exact") - 0.9);
    // the position is still there, coarsely
    assert!((value(&found, "fields-exact-or-coarse") - value(&plain, "fields-exact-or-coarse")).abs() < 0.3);
}

#[test]
fn what_is_sealed_says_nothing_and_keys_say_what_they_open() {
    let found = figures(&Recipe { address: Life::Fresh, ..Recipe::protected() }, Adversary::Subscriber);
    assert!(value(&found, "exact-or-coarse") < 0.01 && found["exact"].advantage.high < 0.02, "{found:#?}");
    let role = figures(&Recipe { role: Reads::Needs, ..Recipe::protected() }, Adversary::Role);
    assert!((value(&role, "fields-exact") - 2.0).abs() < 0.05, "{role:#?}");
    assert!(value(&role, "not-needed") < 0.02);
}

/// A client id that is always the same person's is as good as a token, and a will may say the name.
#[test]
fn what_stands_around_the_payload_counts() {
    let found = figures(&Recipe { client_id: Life::Person, ..Recipe::protected() }, Adversary::Broker);
    assert!((value(&found, "fields-exact-or-coarse") - 1.0).abs() < 0.1, "{found:#?}");
    let will = figures(&Recipe { will: true, ..Recipe::protected() }, Adversary::Broker);
    assert!(value(&will, "fields-exact") < 1.1, "{will:#?}");
}
