//! What is wrong with a family is said with its place and what to write instead.

use std::fmt::Write as _;

use cowl_core::policy::{Consent, Input, PayloadForm, Source, Who};

use crate::policy_file::{DEFAULT_POLICY, DEVICES_POLICY, PolicyFile, PolicyFileError, shipped};

/// The default policy with one family instead of its own.
fn with(family: &str) -> Result<PolicyFile, PolicyFileError> {
    let start = DEFAULT_POLICY.find("[[device]]").unwrap();
    let end = DEFAULT_POLICY.find("# ── Receivers").unwrap();
    let mut text = DEFAULT_POLICY[..start].to_owned();
    writeln!(text, "[[device]]\n{family}\n{}", &DEFAULT_POLICY[end..]).unwrap();
    PolicyFile::parse(&text, "policy.toml", &shipped)
}

const GOOD: &str = "name = \"plug\"\ntopics = \"tele/+/SENSOR\"\ndevice = \"$topic/1\"";

#[test]
fn the_shipped_families_are_read() {
    let names = |text| {
        let policy = PolicyFile::parse(text, "p", &shipped).unwrap().policy;
        policy.devices.iter().map(|family| family.name.clone()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(names(DEFAULT_POLICY), "owntracks meshtastic tasmota zigbee2mqtt esphome study device");
    assert_eq!(
        names(DEVICES_POLICY),
        "owntracks meshtastic tasmota tasmota tasmota zigbee2mqtt esphome esphome study device"
    );
    let policy = PolicyFile::default_policy().unwrap().policy;
    let [owntracks, meshtastic, ..] = policy.devices.as_slice() else { panic!("no families") };
    assert_eq!(owntracks.device, ["$topic/1", "$topic/2"].map(|who| who.parse::<Who>().unwrap()));
    assert!(!owntracks.refuse[0].unless && owntracks.refuse[1].unless);
    assert_eq!((meshtastic.consent, &meshtastic.payload), (Consent::Meshtastic, &PayloadForm::Json));
    let pick = &meshtastic.fields[0].from[0];
    assert!(matches!(pick.input, Input::Pair { .. }));
    assert_eq!(pick.times, Some(1e-7));
    assert_eq!(policy.devices[4].payload, PayloadForm::Value(Some(2)));
    // What nobody says is what is usual.
    assert_eq!((policy.devices[6].consent, &policy.devices[6].payload), (Consent::Given, &PayloadForm::Auto));
}

#[test]
fn every_form_is_read() {
    let policy = with(&format!(
        "{GOOD}\npayload = {{ csv = [\"t\", \"h\"] }}\n[device.fields]\ntemperature = {{ from = [\"t\", \"/x/*\"], times = 0.5, plus = -273 }}"
    ))
    .unwrap()
    .policy;
    let family = &policy.devices[0];
    assert_eq!(family.payload, PayloadForm::Csv(vec!["t".into(), "h".into()]));
    assert_eq!(family.fields[0].from[1].input, Input::One("/x/*".parse::<Source>().unwrap()));
    assert_eq!((family.fields[0].from[1].times, family.fields[0].from[1].plus), (Some(0.5), Some(-273.0)));
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    let cases = [
        ("topics = \"tele/+\"\ndevice = \"$user\"", "`name` is missing", ""),
        ("name = \"x\"\ndevice = \"$user\"", "`topics` is missing", ""),
        ("name = \"x\"\ntopics = \"a#\"\ndevice = \"$user\"", "a topic filter is 1 to", "owntracks/+/+"),
        ("name = \"x\"\ntopics = \"a\"\ndevice = \"$usr\"", "nothing that names a device", "$client"),
        ("name = \"x\"\ntopics = \"a\"\ndevice = []", "there must be 1 to 4", ""),
        ("name = \"own tracks\"\ntopics = \"a\"\ndevice = \"$user\"", "device `own tracks`: a name is", ""),
    ];
    for (family, message, hint) in cases {
        wrong(family, message, hint);
    }
    let more = [
        ("payload = \"jsn\"", "there is no payload form `jsn`", "did you mean `json`?"),
        ("payload = \"csv\"", "the columns must be named", "{ csv ="),
        ("payload = { value = \"x\" }", "a value is named by a level of its topic", "$topic/2"),
        ("consent = \"meshtstic\"", "there is no form of consent `meshtstic`", "did you mean `meshtastic`?"),
        ("topic = \"x\"", "there is no setting `topic` here", "did you mean `topics`?"),
        ("fields = { temprature = \"t\" }", "`temprature` is no field", "did you mean `temperature`?"),
        ("fields = { note = { from = \"t\", times = 2 } }", "`times` and `plus` are for numbers", ""),
        ("fields = { note = [[\"a\", \"b\"]] }", "only a position is read from a pair", ""),
        ("fields = { position = [[\"a\"]] }", "a pair is latitude and longitude", ""),
        ("refuse = [{ value = \"t\", because = \"x\" }]", "either `is` or `is_not`", "is = [\"encrypted\"]"),
        ("refuse = [{ value = \"t\", is = \"x\" }]", "`because` is missing", ""),
        ("refuse = [{ value = \"t\", is = \"x\", because = \"\" }]", "must be 1 to 400 bytes of text", ""),
    ];
    for (line, message, hint) in more {
        wrong(&format!("{GOOD}\n{line}"), message, hint);
    }
}

fn wrong(family: &str, message: &str, hint: &str) {
    let error = with(family).unwrap_err();
    assert!(error.message.contains(message), "{error}");
    assert!(error.hint.clone().unwrap_or_default().contains(hint), "{:?}", error.hint);
    let first = DEFAULT_POLICY[..DEFAULT_POLICY.find("[[device]]").unwrap()].lines().count() + 1;
    let lines = first..=first + 1 + family.lines().count();
    assert!(lines.contains(&error.line), "{error} is not in {lines:?}");
}
