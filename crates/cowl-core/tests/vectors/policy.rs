//! Policies as they travel in the manifest (spec §2.3).

use cowl_core::{
    Draft, FieldIndex, Policy, WalkInSuite,
    policy::{
        Consent, Family, Input, Mapping, NoticeTexts, PayloadForm, Pick, Precision, Read, RoleKind, Rule,
        Translated, Translation, UrgentWhen, Who,
    },
};
use serde_json::{Value, json};

use crate::reference::{
    json::{bytes, text},
    world,
};

fn encoded(change: impl FnOnce(&mut Draft)) -> Vec<u8> {
    let mut draft = world::draft(WalkInSuite::X25519);
    change(&mut draft);
    minicbor::to_vec(&draft).unwrap()
}

/// Thermometers, as one kind of plug publishes them.
fn family() -> Family {
    let name = |text: &str| text.parse().unwrap();
    Family {
        name: "plug".into(),
        topics: vec!["tele/+/SENSOR".parse().unwrap()],
        payload: PayloadForm::Json,
        device: vec![Who::User, "$topic/1".parse().unwrap()],
        fields: vec![Mapping {
            field: FieldIndex(1),
            from: vec![Pick { input: Input::One(name("/*/Temperature")), times: None, plus: Some(-273.15) }],
        }],
        refuse: vec![Rule {
            value: name("TempUnit"),
            words: vec!["F".into()],
            unless: false,
            because: "Fahrenheit".into(),
        }],
        consent: Consent::Given,
    }
}

/// Whom to ask, a field that is off by default, and a text in another language.
fn notice(text: &str) -> NoticeTexts {
    let texts = vec![Translated { text: text.into(), translation: "Aide".into() }];
    NoticeTexts {
        contact: "the red tent".into(),
        choice: vec![FieldIndex(1)],
        translations: vec![Translation { language: "fr".into(), texts }],
    }
}

pub(crate) fn make() -> Value {
    let good = encoded(|_| {});
    let told = encoded(|draft| draft.notice = Some(NoticeTexts::default()));
    let case = |name: &str, class: &str, why: &str, policy: Vec<u8>| json!({ "name": name, "spec": "§2.3", "class": class, "why": why, "policy": hex::encode(policy) });
    let bad = |name: &str, why: &str, change: fn(&mut Draft)| case(name, "malformed", why, encoded(change));
    let mut of_vectors = case("the policy of the vectors", "good", "", good.clone());
    let layout = world::layout(WalkInSuite::X25519);
    of_vectors["layout"] = json!({
        "enrolled length": layout.enrolled_len(), "walk-in length": layout.walk_in_len(),
        "enrolled parts": world::ROLES.map(|role| layout.enrolled_part(role).map(|part| [part.start, part.end])),
        "walk-in parts": world::ROLES.map(|role| layout.walk_in_part(role).map(|part| [part.start, part.end])),
    });
    json!({
        "about": "Policies in CBOR (spec §2.3), and the sizes of their messages (spec §4.1, §5.1).",
        "cases": [
            of_vectors,
            // What stands behind the sixteenth field is cut off; 11 empty lists stand behind the twenty-first.
            case("before there was traffic", "good", "policies grow; what is not said is off", {
                let traffic = minicbor::to_vec(&world::draft(WalkInSuite::X25519).traffic).unwrap();
                [&[0x90], &good[1..good.len() - traffic.len()]].concat()
            }),
            case("of a later form, with more fields", "good", "a reader ignores fields behind those that it knows",
                [&[0x98, 32], &told[1..], &[0xf6], &[0x80; 10]].concat()),
            case("with what people are told", "good", "", encoded(|draft| draft.notice = Some(notice("help")))),
            bad("left to people's choice and yet needed", "nobody could say no", |draft| {
                draft.fields[1].optional = false;
                draft.notice = Some(notice("help"));
            }),
            bad("a translation of what it does not say", "people would read what the policy does not say", |draft| {
                draft.notice = Some(notice("helped"));
            }),
            bad("a translation into no language", "nobody could ask for it", |draft| {
                let mut notice = notice("help");
                notice.translations[0].language = "f".into();
                draft.notice = Some(notice);
            }),
            case("with a family of devices", "good", "", encoded(|draft| draft.devices = vec![family()])),
            case("nothing", "malformed", "no policy", Vec::new()),
            case("cut by one byte", "malformed", "half a policy is no policy", good[..good.len() - 1].to_vec()),
            case("claims 2^60 fields", "malformed", "a claimed length reserves nothing",
                [&good[..9], &hex::decode("9b1000000000000000").unwrap()].concat()),
            bad("no role", "nobody would read", |draft| draft.roles.clear()),
            bad("nine roles", "each makes every message of everyone larger", |draft| {
                draft.roles = (0..9).map(|n| {
                    let mut role = draft.roles[0].clone();
                    role.name = format!("role{n}");
                    role
                }).collect();
            }),
            bad("two roles of one name", "a name names one role", |draft| draft.roles[1].name = draft.roles[0].name.clone()),
            bad("a role that reads a field that is not there", "who may read what must be certain", |draft| {
                draft.roles[0].reads.push(Read { field: FieldIndex(60), precision: Precision::Exact });
            }),
            bad("a role too small for what it must read", "its reports would be refused one by one", |draft| draft.roles[0].size = 3),
            bad("a precision that the field's kind does not have", "it would not limit anything", |draft| {
                draft.roles[1].reads[3].precision = Precision::Grain(60);
            }),
            bad("a zone level that is not there", "positions could not be coarsened", |draft| draft.anonymity.fallback.0 = 9),
            bad("k of one", "alone is not anonymous", |draft| draft.anonymity.k = 1),
            bad("a second census", "people would be counted twice", |draft| draft.roles[0].kind = RoleKind::Census),
            bad("epochs of no length", "time would not pass", |draft| draft.epoch_seconds = 0),
            bad("fourteen epochs of lateness", "walk-ins name their epoch by four bits", |draft| draft.lateness_seconds = 14 * draft.epoch_seconds),
            bad("three shards", "shards are told apart by leading bits", |draft| draft.transport.shards = 3),
            bad("a counter block that does not end at a mark", "a device that lost its place must be found at the next mark", |draft| draft.counter_block = 65),
            bad("a counter block beyond the last mark", "a device that was killed must be found without a search", |draft| draft.counter_block = 256),
            bad("a family that gives a field that is not there", "what becomes of a value must be certain", |draft| {
                let mut family = family();
                family.fields[0].field = FieldIndex(60);
                draft.devices = vec![family];
            }),
            bad("a family whose devices nothing names", "all of them would be one", |draft| {
                draft.devices = vec![Family { device: Vec::new(), ..family() }];
            }),
            case("a family with a topic filter that is none", "malformed", "nobody could say what it takes", {
                let good = encoded(|draft| draft.devices = vec![family()]);
                let at = good.windows(8).position(|bytes| bytes == b"tele/+/S").unwrap();
                [&good[..at], b"tele/#/S", &good[at + 8..]].concat()
            }),
            bad("slots that cost more than the day allows", "a node that runs out of data falls silent, and that tells", |draft| draft.traffic.daily_bytes = 1_000_000),
            bad("a slot of a millisecond", "no link keeps it", |draft| draft.traffic.slot_ms = 1),
            bad("an urgent choice that is not there", "what goes first must be certain", |draft| {
                draft.traffic.urgent[0].when = UrgentWhen::OneOf(vec![4]);
            }),
            bad("an urgent bound beyond the field's", "nothing would ever be urgent, or everything", |draft| {
                draft.traffic.urgent[1].when = UrgentWhen::AtMost(101.0);
            }),
        ],
    })
}

pub(crate) fn check(_: &Value, case: &Value) {
    let policy = minicbor::decode::<Policy>(&bytes(&case["policy"]));
    assert_eq!(if policy.is_ok() { "good" } else { "malformed" }, text(&case["class"]));
    let Ok(policy) = policy else { return };
    let again = minicbor::to_vec(&policy).unwrap();
    if !policy.devices.is_empty() {
        assert_eq!(policy.devices, [family()]);
    } else if policy.notice.as_ref().is_some_and(|notice| !notice.contact.is_empty()) {
        assert_eq!(policy.notice, Some(notice("help")));
    } else if case.get("layout").is_none() {
        // Of another form: read, and written again in this one.
        assert_ne!(again, bytes(&case["policy"]));
        assert_eq!(policy.traffic.has_slots(), bytes(&case["policy"])[0] != 0x90);
        return;
    }
    assert_eq!(again, bytes(&case["policy"]));
    if case.get("layout").is_none() {
        return;
    }
    let layout = cowl_core::Layout::of(&policy);
    assert_eq!(json!(layout.enrolled_len()), case["layout"]["enrolled length"]);
    assert_eq!(json!(layout.walk_in_len()), case["layout"]["walk-in length"]);
    for (role, range) in world::ROLES.iter().zip(case["layout"]["enrolled parts"].as_array().unwrap()) {
        assert_eq!(json!(layout.enrolled_part(*role).map(|part| [part.start, part.end])), *range);
    }
    for (role, range) in world::ROLES.iter().zip(case["layout"]["walk-in parts"].as_array().unwrap()) {
        assert_eq!(json!(layout.walk_in_part(*role).map(|part| [part.start, part.end])), *range);
    }
}
