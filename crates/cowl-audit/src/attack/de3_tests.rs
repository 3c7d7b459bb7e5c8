use super::*;
use crate::learn::Random;
use crate::score::Figure;
use crate::testing::scene::{Form, Recipe};
use crate::view::{Connection, Message};

fn measured(scene: &Scene, adversary: Adversary, variant: &str) -> Figure {
    let findings = De3.measure(scene, adversary, 1);
    let finding = findings.into_iter().find(|finding| finding.variant == variant).unwrap();
    match finding.outcome {
        Outcome::Measured(figure) => figure,
        other => panic!("{variant} by {adversary:?}: {other:?}"),
    }
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

/// Ten sensors behind TLS, each on one connection for six hours.
fn sensors(shape: Shape) -> Scene {
    let mut random = Random::new(3);
    let mut below = |end: u32| u32::try_from(random.below(usize::try_from(end).unwrap())).unwrap();
    let mut sent = Vec::new();
    for device in 0..10_u32 {
        let every = if shape == Shape::Constant { 60_000 } else { 45_000 + 12_000 * (device % 4) };
        let mut milli = below(every);
        while milli < 21_600_000 {
            let noise: u32 = (0..4).map(|_| below(8)).sum();
            let size = if shape == Shape::Own { 120 + 5 * device + noise } else { 512 };
            let at = if shape == Shape::Constant { milli / every * every + below(every) } else { milli };
            sent.push((u64::from(at) * 1_000, device, size));
            milli += if shape == Shape::Constant { every } else { every / 20 * 19 + below(every / 10) };
        }
    }
    sent.sort_unstable();
    let mut scene = Recipe { people: 0, controls: 10, days: 0, ..Recipe::leaking() }.build();
    scene.truth.operation.length = 6 * HOUR;
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

/// The last paragraph of the audit's prototype: 0.87, 0.44, and 0.10, which is chance.
#[test]
fn padding_helps_and_constant_rate_does() {
    let [own, padded, constant] = [Shape::Own, Shape::Padded, Shape::Constant]
        .map(|shape| measured(&sensors(shape), Adversary::NetworkTls, "device"));
    println!("own {:?}\npadded {:?}\nconstant {:?}", own.estimate, padded.estimate, constant.estimate);
    assert!(own.estimate.low > 0.8, "{own:?}");
    assert!((0.25..0.6).contains(&padded.estimate.value), "{padded:?}");
    assert!(constant.estimate.low < 0.1 && constant.estimate.high < 0.15, "{constant:?}");
    assert!((own.chance - 0.1).abs() < 1e-9);
}

#[test]
fn cover_of_another_length_is_told_from_reports() {
    let recipe = Recipe { people: 20, controls: 0, days: 1, form: Form::Text, ..Recipe::protected() };
    let leaking = Recipe { length_tells: true, ..recipe.clone() }.build();
    let found = measured(&leaking, Adversary::NetworkTls, "kind");
    assert!(found.estimate.low > 0.6, "{found:?}");
    let bits = measured(&leaking, Adversary::NetworkTls, "kind-bits");
    assert!(bits.estimate.low > 0.2 && bits.estimate.high <= 1.0 + 1e-9, "{bits:?}");
    let protected = Recipe { form: Form::Random(128), ..recipe }.build();
    let hidden = measured(&protected, Adversary::NetworkTls, "kind");
    assert!(hidden.estimate.low < 0.52 && hidden.estimate.high < 0.6, "{hidden:?}");
}

#[test]
fn one_kind_alone_is_no_question() {
    let recipe = Recipe { people: 12, controls: 0, days: 1, ..Recipe::leaking() };
    let findings = De3.measure(&recipe.build(), Adversary::Broker, 1);
    let kind = findings.iter().find(|finding| finding.variant == "kind").unwrap();
    assert!(matches!(kind.outcome, Outcome::NotApplicable { .. }), "{kind:?}");
}
