use super::*;
use crate::score::Figure;
use crate::testing::scene::{Reads, Recipe, Topics};
use crate::truth::MessageTruth;

/// A smaller scene: tests are run without optimisation.
fn small(recipe: &Recipe) -> Recipe {
    Recipe { people: 50, controls: 0, days: 1, interval: 30, ..recipe.clone() }
}

fn figures(scene: &Scene, adversary: Adversary) -> Vec<Figure> {
    let figure = |finding: Finding| match finding.outcome {
        Outcome::Measured(figure) => figure,
        other => panic!("{} {other:?}", finding.variant),
    };
    I2.measure(scene, adversary, 3).into_iter().map(figure).collect()
}

/// The scene with payloads of one's own.
fn rewritten(scene: Scene, payload: impl Fn(&MessageTruth) -> String) -> Scene {
    let mut view = scene.view(Adversary::Broker).unwrap().clone();
    for message in &mut view.messages {
        let text = payload(scene.message(message.id).unwrap());
        let start = u32::try_from(view.bytes.len()).unwrap();
        view.bytes.extend_from_slice(text.as_bytes());
        message.payload = start..u32::try_from(view.bytes.len()).unwrap();
        message.size = 60;
    }
    Scene::new(scene.truth, [(Adversary::Broker, Ok(view))])
}

#[test]
fn positions_in_the_clear_are_read_to_the_metre() {
    let scene = small(&Recipe::leaking()).build();
    let [median, worst, reporting, residents] = &figures(&scene, Adversary::Broker)[..] else { panic!() };
    assert!(median.estimate.value < 10.0 && median.chance > 5_000.0, "{median:?}");
    assert!(median.advantage.low > 0.99 && worst.advantage.low > 0.9, "{worst:?}");
    assert!(reporting.estimate.value < 1.5 && reporting.chance > 40.0, "{reporting:?}");
    assert!(residents.estimate.value < 1.5, "{residents:?}");
}

#[test]
fn what_is_sealed_leaves_the_prior() {
    let scene = small(&Recipe::protected()).build();
    let [median, _, reporting, residents] = &figures(&scene, Adversary::BrokerRole)[..] else { panic!() };
    assert!(median.advantage.value.abs() < 0.15, "{median:?}");
    assert!(reporting.advantage.high < 1e-9 && residents.advantage.high < 1e-9, "{reporting:?}");
}

#[test]
fn a_topic_for_each_zone_tells_the_zone_and_so_does_what_a_role_reads() {
    let topics = small(&Recipe { topics: Topics::Zone, ..Recipe::protected() }).build();
    let role = small(&Recipe { role: Reads::Zone, ..Recipe::protected() }).build();
    for (scene, adversary) in [(topics, Adversary::Subscriber), (role, Adversary::Role)] {
        let [median, _, reporting, residents] = &figures(&scene, adversary)[..] else { panic!() };
        assert!((3_000.0..9_500.0).contains(&median.estimate.value), "{median:?}");
        assert!(median.advantage.low > 0.4, "{median:?}");
        assert!(
            reporting.estimate.value < reporting.chance && residents.estimate.value < 1_001.0,
            "{residents:?}"
        );
    }
}

/// Land that rises to the north: the altitude beside a blurred position tells where in the blur she is.
#[test]
fn altitude_beside_a_blurred_position_is_a_finer_position() {
    let blurred = |altitude: bool| {
        let scene = Recipe { zones: 1, people: 160, interval: 180, ..small(&Recipe::protected()) }.build();
        let scene = rewritten(scene, |truth| {
            let (lat, lon) = (truth.lat.unwrap(), truth.lon.unwrap());
            // ridges 0.2 degrees apart from south to north, so that the altitude alone does not place anybody
            let height = 2_000.0 * (lat / 0.2).fract() + 10.0 * lon;
            let beside = if altitude { format!(", altitude: {height:.0}") } else { String::new() };
            format!("lat: {lat:.1}, lon: {lon:.1}, temperature: 30{beside}")
        });
        let [median, ..] = &figures(&scene, Adversary::Broker)[..] else { panic!() };
        median.estimate.value
    };
    let (with, without) = (blurred(true), blurred(false));
    assert!(with < 0.8 * without, "{with} {without}");
}

/// Who is alone in her zone says only `somewhere`; the zones of the others are published, so she is in none of them. On the first day the
/// lonely zones are in the east, on the second in the west: only who looks at what is published that day can tell.
#[test]
fn a_coarse_zone_that_says_alone_here_is_complemented() {
    let scene = Recipe { days: 2, interval: 60, ..small(&Recipe::protected()) }.build();
    let alone = |truth: &MessageTruth| {
        let zone = truth.zone.as_deref().unwrap();
        if truth.written < 24 * 3_600_000_000 {
            ["Z03", "Z07", "Z11"].contains(&zone)
        } else {
            ["Z00", "Z04", "Z08"].contains(&zone)
        }
    };
    let scene = rewritten(scene, |truth| {
        if alone(truth) {
            "zone: somewhere".to_owned()
        } else {
            format!("zone: {}", truth.zone.as_deref().unwrap())
        }
    });
    let map = Map::new(&scene.truth);
    let view = scene.view(Adversary::Broker).unwrap();
    let cast = Cast::new(&scene, view, false, 1);
    let clues = Clues::new(view, cast.messages.iter().map(|(message, _)| *message), &map);
    let published = Published::new(cast.messages.iter().map(|(message, _)| message.at).zip(&clues.of));
    let mut rows = Vec::new();
    for (((message, truth), person), clue) in cast.messages.iter().zip(&cast.person).zip(&clues.of) {
        let place = map.locate(Place::new(truth.lat.unwrap(), truth.lon.unwrap()).unwrap());
        rows.push(Row { person: *person, at: message.at, clue, truth: place, history: None });
    }
    let (train, test): (Vec<Row<'_>>, Vec<Row<'_>>) =
        rows.iter().partition(|row| cast.is_training(row.person));
    let away = |published: &Published| {
        let guesser = Guesser::learn(&train, clues.slots, &map, published, 1);
        let hidden = test.iter().filter(|row| row.clue.areas.is_empty());
        let away = hidden.map(|row| guesser.guess(row).unwrap().metres(row.truth.place));
        crate::learn::quantile(&mut away.collect::<Vec<_>>(), 0.5).unwrap()
    };
    let (with, without) = (away(&published), away(&Published::default()));
    assert!(with < 0.6 * without, "{with} {without}");
}
