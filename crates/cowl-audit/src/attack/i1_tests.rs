use super::*;
use crate::score::{Figure, Outcome};
use crate::testing::scene::{Life, Position, Recipe};

fn figures(recipe: &Recipe, adversary: Adversary) -> Vec<Figure> {
    let found = I1.measure(&recipe.build(), adversary, 5);
    let figure = |finding: Finding| match finding.outcome {
        Outcome::Measured(figure) => figure,
        other => panic!("{} {other:?}", finding.variant),
    };
    found.into_iter().map(figure).collect()
}

#[test]
fn positions_in_the_clear_single_out_nearly_all_and_zones_some() {
    let [gps, zone] = &figures(&Recipe::leaking(), Adversary::Broker)[..] else { panic!() };
    assert!(gps.advantage.low > 0.8, "{gps:?}");
    assert!(zone.estimate.value < gps.estimate.value, "{zone:?}");
    let zones = Recipe { position: Position::Zone, ..Recipe::leaking() };
    let [coarse, _] = &figures(&zones, Adversary::Broker)[..] else { panic!() };
    assert!(coarse.estimate.value < gps.estimate.value - 0.1, "{coarse:?}");
}

#[test]
fn what_is_sealed_singles_out_nobody_and_shuffled_people_neither() {
    for figure in figures(&Recipe::protected(), Adversary::BrokerRole) {
        assert!(figure.advantage.value.abs() < 1e-9 && figure.advantage.high < 0.15, "{figure:?}");
        assert!(figure.positive.measured.value > 0.0);
    }
}

#[test]
fn a_pseudonym_that_lives_shorter_singles_out_less() {
    let life = |token, epoch| {
        let recipe = Recipe {
            address: Life::Shared,
            client_id: Life::Fresh,
            session: 0,
            position: Position::Zone,
            token,
            epoch,
            people: 40,
            days: 1,
            ..Recipe::leaking()
        };
        figures(&recipe, Adversary::Broker)[0].estimate.value
    };
    let (for_ever, fresh) = (life(Life::Person, 0), life(Life::Fresh, 0));
    assert!(for_ever > fresh + 0.1, "{for_ever} {fresh}");
}

#[test]
fn adversaries_without_a_view_are_not_applicable() {
    let found = I1.measure(&Recipe::leaking().build(), Adversary::Relay, 5);
    assert!(found.iter().all(|finding| matches!(finding.outcome, Outcome::NotApplicable { .. })));
}

#[test]
fn several_names_are_one_person_only_at_different_points() {
    let choice = Choice { tolerance: 10.0, slack: 0, least: 2, crowds: false };
    let apart = Vec::from([(1, [Some(0.0), None, None, None]), (2, [None, Some(5.0), None, None])]);
    assert_eq!(claimed(apart.iter(), choice), [1, 2]);
    let together =
        Vec::from([(1, [Some(0.0), Some(0.0), None, None]), (2, [Some(0.0), Some(5.0), None, None])]);
    assert!(claimed(together.iter(), choice).is_empty());
    assert_eq!(claimed(together.iter(), Choice { crowds: true, ..choice }), [1, 2]);
    let elsewhere =
        Vec::from([(1, [Some(0.0), Some(99.0), None, None]), (2, [Some(0.0), Some(5.0), None, None])]);
    assert_eq!(claimed(elsewhere.iter(), choice), [2]);
}
