use cowl_core::policy::{Precision, RoleKind, Traffic};
use cowl_core::{Body, Notice, Reduced, Surroundings};
use serde_json::{Value, json};

use super::*;
use crate::formats::{Readings, StreamFormat, parse, to_json};

const NOW: u64 = 1_263_269_280;

fn policy(text: &str) -> Policy {
    PolicyFile::parse(text, "policy.toml", &shipped)
        .unwrap_or_else(|error| panic!("{error} ({:?})", error.hint))
        .policy
}

/// The default policy with one piece replaced: the error that it gives.
fn refused(from: &str, to: &str) -> String {
    assert!(DEFAULT_POLICY.contains(from), "{from}");
    let text = DEFAULT_POLICY.replacen(from, to, 1);
    let error = PolicyFile::parse(&text, "p.toml", &shipped).map(|_| ()).unwrap_err();
    let line = text.lines().nth(error.line - 1).unwrap_or_default();
    let at: String = line.chars().skip(error.column - 1).take(12).collect();
    format!("{} | {} | {}", at, error.message, error.hint.unwrap_or_default())
}

fn reduce(policy: &Policy, payload: &[u8], topic: Option<&str>) -> Reduced {
    let mut reading = parse(payload).unwrap();
    if let Some(topic) = topic {
        reading = reading.on_topic(topic);
    }
    policy.reduce(reading, &Surroundings { counts: None, now: NOW }).unwrap()
}

fn read_by(policy: &Policy, reduced: &Reduced, role: &str) -> Value {
    let role = policy.role_index(role).unwrap();
    let body = Body::decode(policy, role, reduced.part(role).unwrap()).unwrap();
    Value::Object(to_json(policy, &body))
}

#[test]
fn every_shipped_policy_holds_its_longest_report() {
    for text in [DEFAULT_POLICY, DEVICES_POLICY, INCIDENTS_POLICY] {
        let policy = policy(text);
        for (index, role) in policy.role_indices() {
            let worst = policy.worst_case(index).unwrap();
            let size = usize::from(role.size);
            assert!(worst.all <= size && size < worst.all + 16, "{} needs {worst:?}, has {size}", role.name);
        }
    }
}

#[test]
fn the_default_says_what_the_code_assumes() {
    let said = PolicyFile::default_policy().unwrap();
    assert_eq!(said.preset, Preset::Cowl);
    // a file that leaves every number out
    let start = DEFAULT_POLICY.find("[[zone]]").unwrap();
    let end = DEFAULT_POLICY.find("[receivers]").unwrap();
    let numbers = DEFAULT_POLICY.find("[traffic]").unwrap();
    let urgent = DEFAULT_POLICY.find("urgent = {").unwrap();
    let silent = format!(
        "name = \"Disaster relief\"\n{}[traffic]\n{}",
        &DEFAULT_POLICY[start..numbers],
        &DEFAULT_POLICY[urgent..end],
    );
    let assumed = policy(&silent);
    let bytes = |policy: &Policy| minicbor::to_vec(policy).unwrap();
    assert_eq!(bytes(&said.policy), bytes(&assumed));
    assert!(bytes(&assumed).len() < 16_384, "{} bytes in every manifest", bytes(&assumed).len());
}

#[test]
fn the_studys_report_is_taken_by_the_default_policy() {
    let policy = policy(DEFAULT_POLICY);
    let text = b"temperature: 256, severity: low, lat: -41.85, lon: -118.80, ip: 192.168.1.247, userId: 970";
    let json = br#"{"temperature": 256, "severity": "low", "lat": -41.85, "lon": -118.80, "ip": "192.168.1.247", "userId": 970}"#;
    for payload in [&text[..], &json[..]] {
        let reduced = reduce(&policy, payload, Some("srv/temperature"));
        assert_eq!(reduced.notices().get(Notice::UnknownField), 2);
        // in the sea, and no beacon yet: no department holds it
        assert_eq!(reduced.notices().get(Notice::OutsideZones), 3);
        assert_eq!(read_by(&policy, &reduced, "triage"), json!({"temperature": 255, "severity": "low"}));
        assert_eq!(read_by(&policy, &reduced, "medical"), json!({"temperature": 256.0, "severity": "low"}));
        assert_eq!(
            read_by(&policy, &reduced, "rescue"),
            json!({"severity": "low", "topic": "srv/temperature"})
        );
        let census = read_by(&policy, &reduced, "census");
        assert_eq!(census["position"].as_array().unwrap().len(), 3, "the grid is everywhere");
    }
}

#[test]
fn in_haiti_the_fallback_is_the_department() {
    let policy = policy(DEFAULT_POLICY);
    let reduced =
        reduce(&policy, b"lat: 18.5392, lon: -72.3364, person: Jean, contact: +509 37 00 00 00", None);
    let department = json!({"zone": "Ouest", "level": "department"});
    assert_eq!(read_by(&policy, &reduced, "medical"), json!({"position": department}));
    let person = json!({"position": department, "person": "Jean", "contact": "+509 37 00 00 00"});
    assert_eq!(read_by(&policy, &reduced, "rescue"), person);
}

#[test]
fn mistakes_are_named_with_what_was_meant() {
    assert_eq!(
        refused("severity = \"exact\"\nposition = \"10km\"", "severty = \"exact\"\nposition = \"10km\""),
        "severty = \"e | role `triage` reads `severty`, which is no field | did you mean `severity`?"
    );
    assert_eq!(
        refused("position = \"10km\"", "position = \"20km\""),
        "\"20km\" | there is no zone level `20km` | did you mean `10km`?"
    );
    assert_eq!(
        refused("epoch =", "epok ="),
        "epok = \"6h\" | there is no setting `epok` here | did you mean `epoch`?"
    );
    assert_eq!(
        refused("epoch = \"6h\"", "epoch = 6"),
        "6 | this must be a duration in s, min, h, days or weeks | for example \"6h\""
    );
    assert_eq!(refused("epoch = \"6h\"", "epoch = \"6s\""), "\"6s\" | `epoch`: must be 60 to 604800 | ");
    assert_eq!(
        refused("size = 128", "size = 12"),
        "medical] | role `medical`: size must be at least 25 bytes, and 124 for the longest report | write `size = 124`: every \
         message grows by it"
    );
}

#[test]
fn presets_that_do_not_protect_stand_under_dangerous() {
    assert_eq!(
        refused("preset = \"cowl\"", "preset = \"plain\""),
        "\"plain\" | preset `plain` does not protect people | if you mean it: `[dangerous]` and below it `preset = \"plain\"`"
    );
    assert_eq!(
        refused("preset = \"cowl\"", "preset = \"fernt\""),
        "\"fernt\" | there is no preset `fernt` | did you mean `fernet`?"
    );
    let dangerous =
        DEFAULT_POLICY.replace("preset = \"cowl\"", "") + "\n[dangerous]\npreset = \"fernet-minimised\"\n";
    assert_eq!(PolicyFile::parse(&dangerous, "p", &shipped).unwrap().preset, Preset::FernetMinimised);
    let both = format!("{DEFAULT_POLICY}\n[dangerous]\npreset = \"plain\"\n");
    assert!(PolicyFile::parse(&both, "p", &shipped).is_err());
}

#[test]
fn unmodified_payloads_of_devices_are_accepted() {
    let policy = policy(DEVICES_POLICY);
    let lines = include_str!("../../tests/data/payloads_apache.jsonl").lines();
    let seen: Vec<_> = lines
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .map(|line| {
            let reduced = reduce(&policy, line["payload"].to_string().as_bytes(), line["topic"].as_str());
            (read_by(&policy, &reduced, "logistics"), read_by(&policy, &reduced, "rescue"))
        })
        .collect();
    assert_eq!(seen.len(), 12);
    let (logistics, rescue) = &seen[0];
    assert_eq!(logistics["battery"], 50);
    assert_eq!(logistics["time"], "2019-03-06T12:00:00Z");
    assert_eq!(
        (&rescue["kind"], &rescue["altitude"], &rescue["speed"]),
        (&json!("location"), &json!(450), &json!(0))
    );
    assert_eq!(seen[8].1["position"]["level"], "1km", "from a waypoint, by pointer");
    assert_eq!(seen[10].0, json!({"model": "Sonoff Basic", "relays": 0}));
    assert_eq!(seen[11].1["severity"], "low");
    for (logistics, rescue) in &seen {
        let all = format!("{logistics}{rescue}");
        for secret in ["192.168", "greg", "ckrey", "49A3BC", "exp_wayp1", "userId", "48.85"] {
            assert!(!all.contains(secret), "{secret} in {all}");
        }
    }
}

#[test]
fn incident_reports_are_read_from_csv() {
    let policy = policy(INCIDENTS_POLICY);
    let csv = "time,lat,lon,category_code,category,name,phone\n\
               2010-01-12T04:08,18.5797,-72.2928,5b,Unstable Structure,Jean Planté,+509 1\n\
               2010-01-12T04:53,18.4656,-72.4125,6c,,,\n";
    let readings: Vec<_> = Readings::new(csv.as_bytes(), StreamFormat::Csv).map(Result::unwrap).collect();
    let mut seen = readings.into_iter().map(|reading| {
        let reduced = policy.reduce(reading, &Surroundings { counts: None, now: NOW }).unwrap();
        (read_by(&policy, &reduced, "triage"), read_by(&policy, &reduced, "rescue"))
    });
    let department = json!({"zone": "Ouest", "level": "department"});
    let (triage, rescue) = seen.next().unwrap();
    let expected =
        json!({"time": "2010-01-12T04:00:00Z", "position": department, "category": "Unstable Structure"});
    assert_eq!(triage, expected);
    assert_eq!((&rescue["name"], &rescue["phone"]), (&json!("Jean Planté"), &json!("+509 1")));
    let (triage, _) = seen.next().unwrap();
    assert_eq!(triage["category"], "Earthquake and aftershocks", "by its code");
}

#[test]
fn the_census_and_only_the_census_counts() {
    let policy = policy(DEFAULT_POLICY);
    let census = policy.role(policy.census().unwrap()).unwrap();
    assert_eq!((census.kind, census.reads.len()), (RoleKind::Census, 0));
    let fine =
        |read: &cowl_core::policy::Read| !matches!(read.precision, Precision::Level { anonymous: false, .. });
    assert!(policy.roles.iter().flat_map(|role| &role.reads).all(fine));
}

#[test]
fn the_schedule_is_held_against_the_budget() {
    let error = refused("slot = \"10s\"", "slot = \"5s\"");
    assert!(
        error.starts_with(
            "\"5s\" | `slot`: costs 33327360 bytes a day, more than `daily_bytes`; a slot of 8 s"
        ),
        "{error}"
    );
    assert!(
        error
            .ends_with("is the shortest that fits | write `slot = \"8s\"`, or allow more with `daily_bytes`"),
        "{error}"
    );
    // The slot that is named does fit; half a second is a slot where the budget allows it.
    let fits = policy(&DEFAULT_POLICY.replace("slot = \"10s\"", "slot = \"8s\""));
    assert_eq!(fits.traffic.slot_ms, 8_000);
    let rich = DEFAULT_POLICY.replace("slot = \"10s\"", "slot = \"500ms\"").replace("21000000", "400000000");
    assert_eq!(policy(&rich).traffic.slot_ms, 500);
    let off = policy(&DEFAULT_POLICY.replace("slot = \"10s\"", "slot = \"off\"").replace("21000000", "1"));
    assert!(!off.traffic.has_slots());
}

#[test]
fn a_policy_without_traffic_gets_slots_that_it_can_afford() {
    let without = |text: &str| {
        let (start, end) = (text.find("[traffic]").unwrap(), text.find("[receivers]").unwrap());
        policy(&format!("{}{}", &text[..start], &text[end..]))
    };
    let said = without(DEFAULT_POLICY).traffic.clone();
    assert_eq!(said, Traffic { urgent: Vec::new(), ..policy(DEFAULT_POLICY).traffic.clone() });
    // Messages of ten times the size: no error, longer slots.
    let large =
        without(&DEFAULT_POLICY.replace("size = 264", "size = 4096").replace("size = 128", "size = 4096"));
    assert_eq!(large.traffic.slot_ms, 51_000);
    assert!(large.traffic.daily_cost(&cowl_core::Layout::of(&large)) <= large.traffic.daily_bytes);
}

#[test]
fn urgent_is_what_the_policy_says() {
    let flagged = DEFAULT_POLICY.replace(
        "urgent = { severity = [\"high\", \"critical\"] }",
        "urgent = { severity = [\"critical\"], temperature = { at_least = 39.5, at_most = 30 } }",
    );
    for (text, urgent) in [
        (DEFAULT_POLICY, ["severity: red", "severity: delayed, temperature: 20"]),
        (&flagged, ["temperature: 39.5", "severity: low, temperature: 29.9"]),
    ] {
        let policy = policy(text);
        for payload in urgent {
            assert!(reduce(&policy, payload.as_bytes(), None).is_urgent(), "{payload}");
        }
        for payload in ["severity: green", "severity: moderate, temperature: 37", "note: help"] {
            assert!(!reduce(&policy, payload.as_bytes(), None).is_urgent(), "{payload}");
        }
    }
    let from = "urgent = { severity = [\"high\", \"critical\"] }";
    for (to, error) in [
        (
            "urgent = { severty = [\"high\"] }",
            "severty = [\" | there is no field `severty` | did you mean `severity`?",
        ),
        (
            "urgent = { severity = [\"hihg\"] }",
            "\"hihg\"] } | field `severity` has no choice `hihg` | did you mean `high`?",
        ),
        (
            "urgent = { note = true }",
            "note = true  | field `note` cannot be urgent | choices, flags and numbers can",
        ),
        (
            "urgent = { battery = { at_most = 101 } }",
            "battery] | field `battery`: what is urgent must be choices, a flag, or a number within the field's bounds, of this field | ",
        ),
        (
            "urgent = { battery = {} }",
            "{} } | this must name a bound, `at_least` or `at_most` | for example { at_least = 39.5 }",
        ),
    ] {
        assert_eq!(refused(from, to), error);
    }
    assert_eq!(
        refused("when_full = \"refuse\"", "when_full = \"drop\""),
        "\"drop\" | a full queue cannot `drop` | there is: `drop-oldest`, `drop-routine`, `refuse`"
    );
}
