use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::ToString;
use alloc::vec;

use proptest::prelude::*;

use super::*;
use crate::body::{Body, BodyError};
use crate::decimal::Decimal;
use crate::policy::Input;
use crate::policy::samples::{
    self, BATTERY, CENSUS, MEDICAL, PERSON, POSITION, RESCUE, SEVERITY, TEMPERATURE,
};
use crate::position::Position;
use crate::reading::Members;
use crate::value::{ExactPosition, Value};
use crate::{Census, Epoch, Place as DevicePlace};

const NOW: u64 = 1_263_269_280;

fn reading(members: &[(&str, RawValue)]) -> Reading {
    let mut all = Members::new();
    for (name, value) in members {
        all.push(name, value.clone()).unwrap();
    }
    Reading::new(all)
}

fn text(text: &str) -> RawValue {
    RawValue::Text(text.into())
}

fn study() -> Reading {
    reading(&[
        ("temperature", RawValue::Integer(256)),
        ("severity", text("low")),
        ("lat", RawValue::Real(18.5392)),
        ("lon", RawValue::Real(-72.3364)),
        ("ip", text("192.168.1.247")),
        ("userId", RawValue::Integer(970)),
    ])
}

fn reduce(policy: &Policy, reading: Reading) -> Result<Reduced, ReduceError> {
    policy.reduce(reading, &Surroundings { counts: None, now: NOW })
}

fn bodies(policy: &Policy, reduced: &Reduced) -> Vec<Body> {
    reduced.parts().map(|(role, bytes)| Body::decode(policy, role, bytes).unwrap()).collect()
}

fn refused(members: &[(&str, RawValue)]) -> String {
    reduce(&samples::policy(), reading(members)).unwrap_err().to_string()
}

#[test]
fn every_name_of_a_policy_with_many_is_found_in_its_field_only() {
    let names = |letter: char| (0..32).map(move |n| format!("{letter}{}{n}", "x".repeat(n % 5)));
    let inputs = |letter| names(letter).map(|name| Input::One(name.parse().unwrap())).collect::<Vec<_>>();
    let mut draft = samples::draft();
    for (field, letter) in [(PERSON, 'p'), (samples::NOTE, 'n'), (samples::WARD, 'w')] {
        draft.fields[usize::from(field.0)].from = inputs(letter);
    }
    let policy = draft.check().unwrap();
    for (field, letter) in [(PERSON, 'p'), (samples::NOTE, 'n'), (samples::WARD, 'w')] {
        for name in names(letter) {
            let reduced =
                reduce(&policy, reading(&[(&name, text("here")), ("q0", text("nowhere"))])).unwrap();
            let rescue = Body::decode(&policy, RESCUE, reduced.part(RESCUE).unwrap()).unwrap();
            assert_eq!(rescue.iter().collect::<Vec<_>>(), [(field, &Value::Text("here".into()))], "{name}");
            assert_eq!(reduced.notices().get(Notice::UnknownField), 1);
        }
    }
}

#[test]
fn each_role_gets_its_fields_at_its_precision() {
    let policy = samples::policy();
    let reduced = reduce(&policy, study()).unwrap();
    assert_eq!(reduced.notices().get(Notice::UnknownField), 2);
    assert_eq!(reduced.notices().get(Notice::RaisedZone), 1);
    let [medical, rescue, census] = bodies(&policy, &reduced).try_into().unwrap();
    let position = Position::new(18.5392, -72.3364).unwrap();
    let zone = |level| policy.zones.locate(position, crate::LevelIndex(level)).unwrap();
    assert_eq!(
        medical.iter().collect::<Vec<_>>(),
        [
            (TEMPERATURE, &Value::Number(Decimal { scaled: 255, decimals: 0 })),
            (SEVERITY, &Value::Choice(0)),
            // no counts yet: the fallback level
            (POSITION, &Value::Zone(zone(2))),
        ]
    );
    assert_eq!(rescue.iter().map(|(field, _)| field).collect::<Vec<_>>(), [SEVERITY, POSITION]);
    let Some(Value::Exact(position)) = rescue.get(POSITION) else { panic!() };
    assert_eq!((position.latitude.scaled, position.longitude.scaled), (18_539, -72_336));
    let Some(Value::Zones(zones)) = census.get(POSITION) else { panic!() };
    assert_eq!(zones.len(), 3);
    assert_eq!(zones[0], zone(0));
}

#[test]
fn zones_get_finer_where_people_report() {
    let policy = samples::policy();
    let position = Position::new(18.5392, -72.3364).unwrap();
    let zones: Vec<_> = policy.zones.locate_all(position).collect();
    let mut people = Census::new(policy.anonymity.k, u32::from(policy.anonymity.window_epochs));
    for place in 0..10 {
        people.observe(Epoch(1), DevicePlace(place), &zones);
    }
    let counts = people.publish(Epoch(1));
    let reduced = policy.reduce(study(), &Surroundings { counts: Some(&counts), now: NOW }).unwrap();
    let medical = Body::decode(&policy, MEDICAL, reduced.part(MEDICAL).unwrap()).unwrap();
    assert_eq!(medical.get(POSITION), Some(&Value::Zone(zones[1])));
    assert_eq!(reduced.notices().get(Notice::RaisedZone), 0);
    // nobody at all reports from elsewhere
    let lonely = reading(&[("lat", RawValue::Integer(-41)), ("lon", RawValue::Integer(-118))]);
    let reduced = policy.reduce(lonely, &Surroundings { counts: Some(&counts), now: NOW }).unwrap();
    assert_eq!(reduced.notices().get(Notice::TooFew), 1);
    assert!(Body::decode(&policy, MEDICAL, reduced.part(MEDICAL).unwrap()).unwrap().is_empty());
}

#[test]
fn what_goes_with_a_position_goes_only_with_it() {
    let policy = samples::policy();
    let altitude = ("altitude", RawValue::Integer(123));
    let place = [("lat", RawValue::Real(18.5)), ("lon", RawValue::Real(-72.3))];
    let reduced = reduce(&policy, reading(&[altitude.clone(), place[0].clone(), place[1].clone()])).unwrap();
    let [medical, rescue, _] = bodies(&policy, &reduced).try_into().unwrap();
    assert_eq!(medical.get(samples::ALTITUDE), None, "its position was coarsened");
    assert!(rescue.get(samples::ALTITUDE).is_some());
    assert_eq!(reduced.notices().get(Notice::WithheldWithPosition), 1);
    let alone = reduce(&policy, reading(&[altitude])).unwrap();
    assert!(bodies(&policy, &alone).iter().all(Body::is_empty));
}

#[test]
fn bad_values_are_refused_by_name_and_never_quoted() {
    let real = RawValue::Real;
    assert_eq!(refused(&[("temperature", text("hot7"))]), "field temperature is not a number");
    assert_eq!(refused(&[("temperature", text("NaN"))]), "field temperature is not a finite number");
    assert_eq!(refused(&[("temperature", real(f64::INFINITY))]), "field temperature is not a finite number");
    assert_eq!(refused(&[("temperature", real(5e3))]), "field temperature is not within -90 and 1000");
    assert_eq!(refused(&[("temperature", RawValue::Flag(true))]), "field temperature is not a number");
    assert_eq!(
        refused(&[("severity", text("awful"))]),
        "field severity is none of: low, moderate, high, critical"
    );
    assert_eq!(
        refused(&[("lat", real(91.0)), ("lon", real(0.0))]),
        "field position is not a position: latitude is not within -90 and 90 degrees"
    );
    assert_eq!(refused(&[("lat", real(9.0))]), "field position has one coordinate without the other");
    assert_eq!(
        refused(&[("position", text("here"))]),
        "field position is not a position (latitude, longitude in degrees)"
    );
    assert_eq!(refused(&[("person", text(&"x".repeat(41)))]), "field person is longer than 40 bytes");
    assert_eq!(refused(&[("note", RawValue::List(vec![]))]), "field note is not text");
    assert!(refused(&[("time", text("yesterday"))]).starts_with("field time is not a time"));
    assert!(refused(&[("time", RawValue::Integer(-1))]).starts_with("field time is not a time"));
    let empty = "the reading holds no field that the policy knows";
    assert_eq!(refused(&[]), empty);
    assert_eq!(
        refused(&[("ip", text("10.0.0.1")), ("severity", RawValue::Null), ("person", text(" "))]),
        empty
    );
}

#[test]
fn a_report_that_does_not_fit_names_its_longest_text() {
    let mut draft = samples::draft();
    draft.roles[usize::from(RESCUE.0)].size = 40;
    let policy = draft.check().unwrap();
    let long = reading(&[("person", text("Jean")), ("note", text(&"x".repeat(60)))]);
    assert_eq!(
        reduce(&policy, long).unwrap_err().to_string(),
        "field note does not fit: the report is longer than the 40 bytes that role rescue has for it"
    );
}

#[test]
fn a_required_field_must_be_there() {
    let mut draft = samples::draft();
    draft.fields[usize::from(SEVERITY.0)].optional = false;
    let policy = draft.check().unwrap();
    let error = reduce(&policy, reading(&[("temperature", RawValue::Integer(20))])).unwrap_err();
    assert_eq!(error.to_string(), "field severity is required and missing");
}

#[test]
fn inputs_are_found_by_name_pointer_topic_and_time() {
    let policy = samples::policy();
    let mut inner = Members::new();
    inner.push("level", RawValue::List(vec![RawValue::Null, RawValue::Integer(47)])).unwrap();
    let reading =
        reading(&[("power", RawValue::Object(inner)), ("severity", text("RED"))]).on_topic("ward/7/bed");
    let reduced = reduce(&policy, reading).unwrap();
    let rescue = Body::decode(&policy, RESCUE, reduced.part(RESCUE).unwrap()).unwrap();
    assert_eq!(rescue.get(BATTERY), Some(&Value::Number(Decimal { scaled: 50, decimals: 0 })));
    assert_eq!(rescue.get(SEVERITY), Some(&Value::Choice(3)));
    assert_eq!(rescue.get(samples::WARD), Some(&Value::Text("7".into())));
}

#[test]
fn times_have_a_grain() {
    let policy = samples::policy();
    for time in [text("2010-01-12T04:08"), RawValue::Integer(1_263_269_280), RawValue::Real(1_263_269_280.9)]
    {
        let reduced = reduce(&policy, reading(&[("time", time)])).unwrap();
        let medical = Body::decode(&policy, MEDICAL, reduced.part(MEDICAL).unwrap()).unwrap();
        assert_eq!(medical.get(samples::TIME), Some(&Value::Time(1_263_268_800)));
    }
}

#[test]
fn a_body_for_another_role_or_precision_is_refused() {
    let policy = samples::policy();
    let reduced =
        reduce(&policy, reading(&[("person", text("Jean")), ("temperature", RawValue::Integer(20))]))
            .unwrap();
    let rescue = reduced.part(RESCUE).unwrap();
    assert_eq!(Body::decode(&policy, MEDICAL, rescue), Err(BodyError::NotForRole(PERSON)));
    assert_eq!(Body::decode(&policy, CENSUS, rescue), Err(BodyError::Value(PERSON)));
    assert_eq!(Body::decode(&policy, RESCUE, &[]), Err(BodyError::Malformed));
    assert_eq!(Body::decode(&policy, RESCUE, &[0xa0, 0]), Err(BodyError::Malformed));
    let decode = |role, bytes: &[u8]| Body::decode(&policy, role, bytes);
    assert_eq!(decode(MEDICAL, &[0xa1, 0, 3]), Err(BodyError::Value(TEMPERATURE)), "not a multiple of five");
    assert_eq!(decode(MEDICAL, &[0xa1, 1, 0x81, 4]), Err(BodyError::Value(SEVERITY)), "no such choice");
    assert_eq!(decode(MEDICAL, &[0xa2, 1, 0x81, 0, 0, 5]), Err(BodyError::Order));
    assert_eq!(decode(MEDICAL, &[0xa2, 1, 0x81, 0, 1, 0x81, 0]), Err(BodyError::Order));
}

#[test]
fn debug_shows_nothing_of_a_report() {
    let policy = samples::policy();
    let reading = reading(&[("note", text("hidden"))]).on_topic("hidden");
    assert!(!format!("{reading:?} {:?}", reading.members().iter().next()).contains("hidden"));
    let reduced = reduce(&policy, reading).unwrap();
    let body = Body::decode(&policy, RESCUE, reduced.part(RESCUE).unwrap()).unwrap();
    let shown = format!("{reduced:?} {body:?}");
    assert!(!shown.contains("hidden") && shown.contains("Text(…)"), "{shown}");
}

prop_compose! {
    fn any_raw()(kind in 0..7, number: f64, whole: i64, text in "\\PC{0,60}", near in -200.0..200.0_f64) -> RawValue {
        match kind {
            0 => RawValue::Real(number),
            1 => RawValue::Integer(whole),
            2 => RawValue::Text(text),
            3 => RawValue::Real(near),
            4 => RawValue::Text(near.to_string()),
            5 => RawValue::Null,
            _ => RawValue::Flag(whole > 0),
        }
    }
}

const NAMES: [&str; 10] =
    ["temperature", "severity", "lat", "lon", "position", "power", "person", "note", "altitude", "ip"];

proptest! {
    #[test]
    fn reducing_any_reading_adds_nothing(values in proptest::collection::vec((0..NAMES.len(), any_raw()), 0..8)) {
        let policy = samples::policy();
        let mut members = Members::new();
        for (name, value) in values {
            let _ = members.push(NAMES[name], value);
        }
        let given: Vec<_> = members.iter().map(|(name, _)| name.to_owned()).collect();
        let reading = Reading::new(members);
        if let Ok(reduced) = reduce(&policy, reading) {
            for (role, bytes) in reduced.parts() {
                prop_assert!(bytes.len() <= usize::from(policy.roles[usize::from(role.0)].size));
                let body = Body::decode(&policy, role, bytes).unwrap();
                for (field, _) in body.iter() {
                    let inputs = policy.field(field).unwrap().from.iter().flat_map(Input::sources);
                    let had = inputs.filter_map(crate::policy::Source::root).any(|root| given.iter().any(|name| name == root));
                    prop_assert!(had, "field {} came from nowhere", field.0);
                }
            }
        }
    }

    #[test]
    fn any_bytes_are_a_body_or_not(role in 0_u8..4, bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
        let _ = Body::decode(&samples::policy(), RoleIndex(role), &bytes);
    }

    #[test]
    fn altered_bodies_are_total(at in 0_usize..40, flip: u8) {
        let policy = samples::policy();
        let reduced = reduce(&policy, study()).unwrap();
        for (role, bytes) in reduced.parts() {
            let mut bytes = bytes.to_vec();
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= flip;
            }
            let _ = Body::decode(&policy, role, &bytes);
        }
    }

    #[test]
    fn values_come_back(scaled: i64, decimals in 0_u8..=9, choice: u16, flag: bool, text in "\\PC{0,20}", time: u64) {
        let number = Value::Number(Decimal { scaled, decimals });
        for value in [number, Value::Choice(choice), Value::Flag(flag), Value::Text(text), Value::Time(time)] {
            let bytes = minicbor::to_vec(&value).unwrap();
            prop_assert_eq!(minicbor::decode::<Value>(&bytes).unwrap(), value);
        }
    }

    #[test]
    fn exact_positions_come_back(latitude in -90.0..=90.0_f64, longitude in -180.0..=180.0_f64, decimals in 0_u8..=9) {
        let position = Position::new(latitude, longitude).unwrap();
        let value = Value::Exact(ExactPosition::round(position, decimals).unwrap());
        let bytes = minicbor::to_vec(&value).unwrap();
        prop_assert_eq!(minicbor::decode::<Value>(&bytes).unwrap(), value);
    }
}
