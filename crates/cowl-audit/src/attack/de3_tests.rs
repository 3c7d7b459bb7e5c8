use super::*;
use crate::learn::Random;
use crate::score::Figure;
use crate::testing::scene::{Form, Mixing, Recipe};
use crate::view::{Connection, Message};

/// One question alone, which is quicker.
fn measured(scene: &Scene, adversary: Adversary, question: Question) -> [Figure; 2] {
    let told = Seen::new(scene, scene.view(adversary).unwrap()).answer(question, 1);
    [told.share, told.bits].map(|outcome| match outcome {
        Outcome::Measured(figure) => figure,
        other => panic!("{question:?} by {adversary:?}: {other:?}"),
    })
}

/// What ten sensors of different make do.
#[derive(Clone, Copy, PartialEq)]
enum Shape {
    /// Sizes and rhythms of their own, which overlap.
    Own,
    /// All of one size.
    Padded,
    /// All of one size, one at a random instant of each minute.
    Constant,
}

/// Ten sensors behind TLS, each on one connection for three hours.
fn sensors(shape: Shape) -> Scene {
    let mut random = Random::new(3);
    let mut below = |end: u32| u32::try_from(random.below(usize::try_from(end).unwrap())).unwrap();
    let mut sent = Vec::new();
    for device in 0..10_u32 {
        let every = if shape == Shape::Constant { 60_000 } else { 45_000 + 12_000 * (device % 4) };
        let mut milli = below(every);
        while milli < 10_800_000 {
            let noise: u32 = (0..4).map(|_| below(8)).sum();
            let size = if shape == Shape::Own { 120 + 5 * device + noise } else { 512 };
            let at = if shape == Shape::Constant { milli / every * every + below(every) } else { milli };
            sent.push((u64::from(at) * 1_000, device, size));
            milli += if shape == Shape::Constant { every } else { every / 20 * 19 + below(every / 10) };
        }
    }
    sent.sort_unstable();
    let mut scene = Recipe { people: 0, controls: 10, days: 0, ..Recipe::leaking() }.build();
    scene.truth.operation.length = 3 * HOUR;
    let mut view = View {
        adversary: Adversary::NetworkTls,
        connections: vec![Connection::default(); 10],
        messages: vec![],
        bytes: vec![].into(),
    };
    for ((at, device, size), ordinal) in sent.into_iter().zip(0..) {
        let id = MessageRef { connection: u64::from(device), ordinal };
        let line = format!(
            r#"{{"connection":{device},"ordinal":{ordinal},"kind":"report","person":{device},"written":{at}}}"#
        );
        scene.truth.messages.insert(id, serde_json::from_str(&line).unwrap());
        view.messages.push(Message {
            id,
            at,
            connection: Some(device),
            size,
            topic: 0..0,
            payload: 0..0,
            properties: 0..0,
            opened: 0..0,
            packet_id: None,
            qos: 0,
            retain: false,
            planted: None,
        });
    }
    Scene::new(scene.truth, [(Adversary::NetworkTls, Ok(view))])
}

/// The last paragraph of the prototype's figures: 0.87, 0.44, and 0.10, which is chance.
#[test]
fn ten_sensors_are_told_apart_by_size_and_time() {
    let [share, bits] = measured(&sensors(Shape::Own), Adversary::NetworkTls, Question::Device);
    assert!(share.estimate.low > 0.8 && (share.chance - 0.1).abs() < 1e-9, "{share:?}");
    assert!(bits.estimate.low > 3.0 && bits.estimate.high < 10_f64.log2() + 1e-9, "{bits:?}");
}

#[test]
fn padding_alone_leaves_the_rhythm() {
    let [share, _] = measured(&sensors(Shape::Padded), Adversary::NetworkTls, Question::Device);
    assert!((0.25..0.6).contains(&share.estimate.value), "{share:?}");
}

#[test]
fn padding_and_constant_rate_leave_chance() {
    let [share, bits] = measured(&sensors(Shape::Constant), Adversary::NetworkTls, Question::Device);
    assert!(share.estimate.low < 0.1 && share.estimate.high < 0.16, "{share:?}");
    assert!(bits.advantage.high < 0.25, "{bits:?}");
}

#[test]
fn cover_of_another_length_is_told_from_reports() {
    let recipe = Recipe { people: 20, controls: 0, days: 1, form: Form::Text, ..Recipe::protected() };
    let leaking = Recipe { length_tells: true, ..recipe.clone() }.build();
    let [found, bits] = measured(&leaking, Adversary::NetworkTls, Question::Kind);
    assert!(found.estimate.low > 0.6, "{found:?}");
    assert!(bits.estimate.low > 0.2 && bits.estimate.high <= 1.0 + 1e-9, "{bits:?}");
    let protected = Recipe { form: Form::Random(128), ..recipe }.build();
    let [hidden, _] = measured(&protected, Adversary::NetworkTls, Question::Kind);
    assert!(hidden.estimate.low < 0.52 && hidden.estimate.high < 0.6, "{hidden:?}");
}

#[test]
fn one_kind_alone_is_no_question() {
    let recipe = Recipe { people: 12, controls: 0, days: 1, ..Recipe::leaking() };
    let findings = De3.measure(&recipe.build(), Adversary::Broker, 1);
    let kind = findings.iter().find(|finding| finding.variant == "kind").unwrap();
    assert!(matches!(kind.outcome, Outcome::NotApplicable { .. }), "{kind:?}");
}

/// On a gateway's line each message is asked about: covers look like reports, unless these are late by the time it takes to make them.
#[test]
fn covers_are_told_from_reports_only_if_reports_are_late() {
    let scene = Recipe::behind_gateways().build();
    let [share, _] = measured(&scene, Adversary::Broker, Question::Kind);
    assert!(share.estimate.low < 0.5 && share.estimate.high < 0.6, "{share:?}");
    let late = Recipe { mixing: Mixing::Late, ..Recipe::behind_gateways() }.build();
    for adversary in [Adversary::Broker, Adversary::NetworkTls] {
        let [share, _] = measured(&late, adversary, Question::Kind);
        assert!(share.estimate.low > 0.85, "{share:?}");
    }
}
