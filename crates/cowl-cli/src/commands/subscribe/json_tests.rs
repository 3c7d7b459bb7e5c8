//! Against the library's own rendering, which builds trees.

use cowl::{formats, policy_file};
use cowl_core::{Policy, RoleIndex, Surroundings};
use serde_json::{Map, Value as Json};

use super::*;

fn policy(change: impl FnOnce(String) -> String) -> Policy {
    let folder = tempfile::tempdir().unwrap();
    let zones = folder.path().join(policy_file::HAITI_DEPARTMENTS_NAME);
    std::fs::write(zones, policy_file::HAITI_DEPARTMENTS).unwrap();
    let path = folder.path().join("policy.toml");
    std::fs::write(&path, change(policy_file::DEFAULT_POLICY.to_owned())).unwrap();
    policy_file::PolicyFile::load(&path).unwrap().policy
}

fn bodies(policy: &Policy, reading: &str) -> Vec<Body> {
    let reading = formats::parse(reading.as_bytes()).unwrap().on_topic("ward/3");
    let reduced = policy.reduce(reading, &Surroundings { counts: None, now: 1_800_000_000 }).unwrap();
    (0..4)
        .map(RoleIndex)
        .map(|role| Body::decode(policy, role, reduced.part(role).unwrap()).unwrap())
        .collect()
}

fn written(policy: &Policy, body: &Body) -> Map<String, Json> {
    let mut out = b"{".to_vec();
    Fields::of(policy).write(body, &mut out);
    out.push(b'}');
    serde_json::from_slice(&out).unwrap()
}

#[test]
fn says_what_the_library_says() {
    let policy = policy(|text| text);
    for reading in [
        "temperature: 39.25, severity: red, lat: 18.54, lon: -72.34, battery: 41, person: Ann, contact: +509 1, note: x",
        r#"{"severity":"low","note":"a \"b\" \\ \u0001 \u009b \u202e \n\té漢","lat":-33.9,"lon":151.2}"#,
        "temperature: -3",
    ] {
        for body in bodies(&policy, reading) {
            assert_eq!(written(&policy, &body), formats::to_json(&policy, &body), "{reading}");
        }
    }
}

#[test]
fn a_field_never_hides_what_the_reader_says_itself() {
    let policy = policy(|text| text.replace("battery", "from"));
    let rescue = &bodies(&policy, "severity: low, from: 55")[2];
    let written = written(&policy, rescue);
    assert_eq!(written.get("from_field"), Some(&Json::from(60)));
    assert!(!written.contains_key("from"));
}

#[test]
fn nothing_reaches_a_terminal_as_a_command() {
    for text in ["\u{1b}[2J", "\u{9b}2J", "\u{7f}", "\r\u{8}", "\0"] {
        let quoted = String::from_utf8(quoted(text)).unwrap();
        assert!(!quoted.chars().any(char::is_control), "{quoted:?}");
        assert_eq!(serde_json::from_str::<String>(&quoted).unwrap(), text);
    }
}
