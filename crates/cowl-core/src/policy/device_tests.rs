//! Filters, names, and families that hold together.

use alloc::string::ToString as _;
use alloc::{format, vec};

use proptest::prelude::*;

use super::*;
use crate::policy::samples::{self, POSITION, SEVERITY, TEMPERATURE};
use crate::policy::{Policy, PolicyProblem};

fn filter(text: &str) -> TopicFilter {
    text.parse().unwrap()
}

fn source(text: &str) -> Source {
    text.parse().unwrap()
}

fn pick(text: &str) -> Pick {
    Pick { input: Input::One(source(text)), times: None, plus: None }
}

fn family() -> Family {
    let pair = Input::Pair { latitude: source("/p/lat"), longitude: source("/p/lon") };
    Family {
        name: "owntracks".into(),
        topics: vec![filter("owntracks/+/+"), filter("msh/#")],
        payload: PayloadForm::Csv(vec!["a".into(), "b".into()]),
        device: vec![Who::User, Who::Client, "/from".parse().unwrap(), "$topic/2".parse().unwrap()],
        fields: vec![
            Mapping {
                field: TEMPERATURE,
                from: vec![pick("t"), Pick { plus: Some(-273.15), ..pick("kelvin") }],
            },
            Mapping { field: POSITION, from: vec![Pick { input: pair, times: Some(1e-7), plus: None }] },
        ],
        refuse: vec![Rule {
            value: source("_type"),
            words: vec!["encrypted".into()],
            unless: false,
            because: "nobody can read it".into(),
        }],
        consent: Consent::Meshtastic,
    }
}

fn with(change: impl FnOnce(&mut Family)) -> Result<Policy, PolicyError> {
    let mut draft = samples::draft();
    let mut family = family();
    change(&mut family);
    draft.devices = vec![family];
    draft.check()
}

#[test]
fn topics_fit_as_mqtt_says() {
    let cases = [
        ("a/b", "a/b", true),
        ("a/b", "a/b/c", false),
        ("a/b", "a", false),
        ("a/+", "a/b", true),
        ("a/+", "a/", true),
        ("a/+", "a", false),
        ("a/+/c", "a/b/c", true),
        ("+/+", "/", true),
        ("a/#", "a", true),
        ("a/#", "a/b/c", true),
        ("a/#", "ab", false),
        ("#", "a/b", true),
        ("#", "$SYS/x", false),
        ("+/x", "$SYS/x", false),
        ("$SYS/x", "$SYS/x", true),
    ];
    for (wanted, topic, fits) in cases {
        assert_eq!(filter(wanted).matches(topic), fits, "{wanted} {topic}");
    }
    for bad in ["", "a#", "#/a", "a+/b", "+a", "a\0", &"x".repeat(MAX_FILTER + 1)] {
        assert_eq!(bad.parse::<TopicFilter>(), Err(NotAFilter), "{bad:?}");
    }
}

#[test]
fn families_travel_with_the_policy() {
    let policy = with(|_| {}).unwrap();
    let bytes = minicbor::to_vec(&policy).unwrap();
    let read: Policy = minicbor::decode(&bytes).unwrap();
    assert_eq!(read.devices, [family()]);
    // A policy without families is what it was before there were any.
    let without = samples::draft();
    assert!(without.devices.is_empty());
    let bytes = minicbor::to_vec(&without).unwrap();
    assert_eq!(Decoder::new(&bytes).array().unwrap(), Some(17));
    assert!(minicbor::decode::<Policy>(&bytes).unwrap().devices.is_empty());
}

#[test]
fn families_that_do_not_hold_together_are_refused() {
    type Change = fn(&mut Family);
    let cases: [(Change, PolicyProblem); 13] = [
        (|family| family.name = "own tracks".into(), PolicyProblem::Name),
        (|family| family.topics.clear(), PolicyProblem::Count { least: 1, most: 16 }),
        (|family| family.device.clear(), PolicyProblem::Count { least: 1, most: 4 }),
        (|family| family.payload = PayloadForm::Csv(vec![]), PolicyProblem::Count { least: 1, most: 64 }),
        (|family| family.payload = PayloadForm::Csv(vec!["a".into(), "a".into()]), PolicyProblem::SameName),
        (|family| family.fields[0].field = FieldIndex(60), PolicyProblem::NoField),
        (|family| family.fields[0].field = POSITION, PolicyProblem::Scale),
        (|family| family.fields[1].field = TEMPERATURE, PolicyProblem::MappedTwice),
        (|family| family.fields[1].field = SEVERITY, PolicyProblem::Pair),
        (|family| family.fields[0].from.clear(), PolicyProblem::Count { least: 1, most: 16 }),
        (|family| family.fields[0].from[0].times = Some(0.0), PolicyProblem::Scale),
        (|family| family.fields[0].from[0].plus = Some(f64::NAN), PolicyProblem::Scale),
        (|family| family.refuse[0].because = " ".into(), PolicyProblem::Words),
    ];
    for (change, wanted) in cases {
        let error = with(change).unwrap_err();
        assert_eq!((error.subject, error.problem), (Subject::Family(0), wanted));
    }
    let mut draft = samples::draft();
    draft.devices = vec![family(); MAX_FAMILIES + 1];
    assert_eq!(draft.check().unwrap_err().subject, Subject::Knob("device"));
}

proptest! {
    #[test]
    fn what_names_a_device_is_written_as_it_was_read(text in "\\PC{1,30}") {
        if let Ok(who) = text.parse::<Who>() {
            prop_assert_eq!(who.to_string().parse::<Who>(), Ok(who));
        }
    }

    #[test]
    fn a_plain_topic_fits_itself_and_all(topic in "[a-z/]{1,30}", other in "[a-z/]{1,30}") {
        prop_assert!(filter(&topic).matches(&topic));
        prop_assert!(filter("#").matches(&topic));
        prop_assert_eq!(filter(&topic).matches(&other), topic == other);
        let below = filter(&format!("{topic}/#"));
        prop_assert!(below.matches(&topic));
    }
}
