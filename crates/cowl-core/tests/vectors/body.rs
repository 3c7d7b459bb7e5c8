//! What stands in a part: fields and values (spec §2.4).

use cowl_core::{Body, BodyError, RoleIndex, Value as Field, WalkInSuite};
use serde_json::{Value, json};

use crate::reference::{
    json::{bytes, small, text},
    world,
};

const SUITE: WalkInSuite = WalkInSuite::X25519;

pub(crate) fn make() -> Value {
    let case = |name: &str, role: u8, class: &str, why: &str, body: &str| {
        let mut case = json!({
            "name": name, "spec": "§2.4", "class": class, "why": why, "role": role, "body": body,
        });
        if class == "good" {
            let body = Body::decode(&world::policy(SUITE), RoleIndex(role), &hex::decode(body).unwrap());
            case["fields"] = describe(&body.unwrap());
        }
        case
    };
    let report = world::bodies(&world::report(SUITE, 3)).iter().map(hex::encode).collect::<Vec<_>>();
    json!({
        "about": "Bodies of the vectors' policy (spec §2.4): CBOR maps from field number to value.",
        "cases": [
            case("what triage gets of a report", 0, "good", "severity, 10 km square or coarser, battery in steps of 20", &report[0]),
            case("what medical gets of the same report", 1, "good", "temperature at one decimal, person, hour", &report[1]),
            case("what the census gets of the same report", 2, "good", "the zone at every level, nothing else", &report[2]),
            case("nothing for this role", 0, "good", "a part of nothing looks like any other", "a0"),
            case("no map", 0, "malformed", "a body is a map", "80"),
            case("nothing at all", 0, "malformed", "not even an empty map", ""),
            case("a map of no stated length", 0, "malformed", "one report, one form", "bf0081000bff"),
            case("claims 2^60 fields", 0, "malformed", "a claimed length reserves nothing", "bb1000000000000000"),
            case("something behind the map", 0, "malformed", "a channel that the policy does not know of", "a000"),
            case("a field twice", 0, "order", "one of the two would be overlooked", "a2008103008100"),
            case("fields out of order", 0, "order", "one report, one form", "a205183c008103"),
            case("a field that the role may not read", 0, "not for role", "who seals is not who decides", "a103654d61726965"),
            case("a field that does not exist", 0, "not for role", "there is nothing to read it by", "a1183f01"),
            case("finer than the role may read", 0, "value", "100 m instead of 10 km", "a10282006a3138515946383530353530"),
            case("a choice that is not there", 0, "value", "the fifth of four", "a1008104"),
            case("off the step", 0, "value", "71 is no multiple of 20", "a1051847"),
            case("another kind of value", 0, "value", "a text for a choice", "a100636c6f77"),
            case("text longer than the policy allows", 1, "value", "17 bytes of 16", "a103714d617269654d617269654d617269654d61"),
            case("text that is not UTF-8", 1, "malformed", "no text", "a10362c328"),
            case("a label with a line break", 1, "malformed", "it could forge lines of output", "a1028202634f750a"),
            case("a time off the grain", 1, "value", "seconds where hours were agreed", "a104c11a4b4bbac1"),
            case("a census body with another field", 2, "value", "the census counts zones and nothing else", "a1008103"),
            case("a role that does not exist", 3, "no role", "nobody can read it", "a0"),
        ],
    })
}

pub(crate) fn check(_: &Value, case: &Value) {
    let body = Body::decode(&world::policy(SUITE), RoleIndex(small(&case["role"])), &bytes(&case["body"]));
    let class = match &body {
        Ok(_) => "good",
        Err(BodyError::NoRole) => "no role",
        Err(BodyError::Malformed) => "malformed",
        Err(BodyError::Order) => "order",
        Err(BodyError::NotForRole(_)) => "not for role",
        Err(BodyError::Value(_)) => "value",
        #[allow(
            unreachable_patterns,
            reason = "a class that has no vector yet must fail, not stop the build"
        )]
        Err(_) => "a class without a name",
    };
    assert_eq!(class, text(&case["class"]));
    if let Ok(body) = body {
        assert_eq!(describe(&body), case["fields"]);
    }
}

fn describe(body: &Body) -> Value {
    let policy = world::policy(SUITE);
    let fields = body.iter().map(|(index, value)| {
        let value = match value {
            Field::Number(number) => json!({ "number": number.to_string() }),
            Field::Choice(choice) => json!({ "choice": choice }),
            Field::Flag(flag) => json!({ "flag": flag }),
            Field::Text(text) => json!({ "text": text }),
            Field::Zone(zone) => json!({ "zone": [zone.level.0, zone.label.as_str()] }),
            Field::Zones(zones) => {
                json!({ "zones": zones.iter().map(|zone| json!([zone.level.0, zone.label.as_str()])).collect::<Vec<_>>() })
            }
            Field::Exact(position) => {
                json!({ "position": [position.latitude.to_string(), position.longitude.to_string()] })
            }
            Field::Time(seconds) => json!({ "time": cowl_core::rfc3339(*seconds) }),
        };
        json!([policy.field(index).unwrap().name, value])
    });
    fields.collect()
}
