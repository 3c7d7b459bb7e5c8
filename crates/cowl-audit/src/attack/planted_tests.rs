//! Every planted leak that the audit promises to find, by the attack that claims it: found where it is, and not where it is not.
//!
//! | leak | attack here | survey without ground truth (`survey::planted_tests`) |
//! |---|---|---|
//! | a static token inside rotating ones | L1 `across-epoch` | `a_static_token_in_opaque_bytes` |
//! | a will with a name | De2 `outright` | `a_will_with_a_name` |
//! | a user property | L1 `across-epoch` | `a_user_property` |
//! | length that tells severity | De1 `message` (its own test) | sizes |
//! | delay that tells severity | De1 `message` (its own test) | rhythm |
//! | a counter in the clear | L1 `set-against-set` | `a_counter_in_opaque_bytes` |
//! | a topic per zone | DD2 `zone` | `a_topic_per_zone` |
//! | altitude beside a blurred position | L1 `across-epoch`, and I2's own test | `an_altitude_beside_a_blurred_position` |
//! | a retained message after erasure | Nc1 `erased` (its own test) | `a_retained_message_after_erasure` |
//! | a Fernet timestamp | none: it names no person; the survey | `a_fernet_timestamp`, and here from a scene |

use crate::attack::{Attack, DD2, De2, L1};
use crate::score::{Interval, Outcome};
use crate::survey::{Options, Survey};
use crate::testing::scene::{Form, Life, Position, Recipe, Topics};
use crate::trace::{Carrier, ConnectionId, Event, Header, Observer, Point, PointId, PointKind, Way};
use crate::view::Adversary;

fn advantage(attack: &dyn Attack, recipe: &Recipe, adversary: Adversary, variant: &str) -> Interval {
    let findings = attack.measure(&recipe.build(), adversary, 1);
    let finding = findings.into_iter().find(|finding| finding.variant == variant).unwrap();
    match finding.outcome {
        Outcome::Measured(figure) => figure.advantage,
        other => panic!("{variant}: {other:?}"),
    }
}

/// The leak must be found with an advantage of surely more than `found`, and the scene without it must stay below that.
fn planted(attack: &dyn Attack, adversary: Adversary, variant: &str, recipes: [&Recipe; 2], found: f64) {
    let [with, without] = recipes.map(|recipe| advantage(attack, recipe, adversary, variant));
    assert!(with.low > found, "not found: {with:?}");
    assert!(without.value < found / 2.0 && without.low < 0.1, "found where it is not: {without:?}");
}

fn linked() -> Recipe {
    Recipe { people: 20, interval: 45, form: Form::Random(64), ..Recipe::protected() }
}

fn links(recipe: &Recipe, variant: &str, least: f64) {
    let with = advantage(&L1, recipe, Adversary::Subscriber, variant);
    assert!(with.low > least, "not found: {with:?}");
}

/// The scene of the links below, with rotating tokens and none of the leaks.
#[test]
fn rotating_tokens_alone_do_not_link() {
    let without = Recipe { token: Life::Epoch, ..linked() };
    let findings = L1.measure(&without.build(), Adversary::Subscriber, 1);
    for variant in ["across-epoch", "set-against-set"] {
        let finding = findings.iter().find(|finding| finding.variant == variant).unwrap();
        let Outcome::Measured(figure) = &finding.outcome else { panic!("{finding:?}") };
        assert!(figure.advantage.low < 0.1 && figure.advantage.value < 0.3, "{finding:?}");
    }
}

#[test]
fn a_static_token_inside_rotating_ones() {
    let with = Recipe { token: Life::Epoch, hidden_token: true, ..linked() };
    links(&with, "across-epoch", 0.6);
}

#[test]
fn a_will_with_a_name() {
    let without = Recipe { people: 40, controls: 40, days: 1, interval: 60, ..Recipe::protected() };
    let with = Recipe { will: true, ..without.clone() };
    planted(&De2, Adversary::Broker, "outright", [&with, &without], 0.8);
}

#[test]
fn a_user_property() {
    let with = Recipe { property: Life::Person, ..linked() };
    links(&with, "across-epoch", 0.6);
}

#[test]
fn a_counter_in_the_clear() {
    let with = Recipe { counter: true, ..linked() };
    links(&with, "set-against-set", 0.4);
}

#[test]
fn a_topic_for_each_zone() {
    let without = Recipe { people: 40, controls: 0, days: 1, interval: 30, zones: 6, ..Recipe::protected() };
    let with = Recipe { topics: Topics::Zone, ..without.clone() };
    planted(&DD2, Adversary::Subscriber, "zone", [&with, &without], 0.6);
}

/// The blurred position links somewhat by itself (an advantage of 0.5); the altitude must add to it.
#[test]
fn an_altitude_beside_a_blurred_position() {
    let with = Recipe { form: Form::Text, zones: 1, position: Position::CoarseWithAltitude, ..linked() };
    links(&with, "across-epoch", 0.7);
}

#[test]
fn a_fernet_timestamp() {
    let survey = |form: Form| {
        let scene = Recipe { people: 10, controls: 0, days: 1, form, ..Recipe::protected() }.build();
        let view = scene.view(Adversary::Subscriber).unwrap();
        let point = Point { kind: PointKind::Broker, name: "broker".into() };
        let header = Header {
            observer: Observer::Subscription,
            start_us: 1_700_000_000_000_000,
            points: vec![point],
            note: String::new(),
        };
        let mut survey = Survey::new(header, Options::default());
        let (connection, point) = (ConnectionId(0), PointId(0));
        survey.add(&Event::Open { connection, at: 0, point, from: None, to: None, carrier: Carrier::Tcp });
        for message in &view.messages {
            let bytes = publish(view.get(&message.topic), view.get(&message.payload));
            survey.add(&Event::Packet { connection, at: message.at, way: Way::ToClient, bytes: &bytes });
        }
        let report = survey.finish();
        report.findings.iter().any(|leak| leak.id == "fernet-timestamp")
    };
    assert!(survey(Form::Fernet));
    assert!(!survey(Form::Random(100)));
}

/// PUBLISH at quality of service 0 (MQTT 3.1.1 §3.3).
fn publish(topic: &[u8], payload: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x30];
    let mut length = 2 + topic.len() + payload.len();
    while length > 127 {
        packet.push(u8::try_from(length % 128).unwrap() | 0x80);
        length /= 128;
    }
    packet.push(u8::try_from(length).unwrap());
    packet.extend(u16::try_from(topic.len()).unwrap().to_be_bytes());
    packet.extend(topic);
    packet.extend(payload);
    packet
}
