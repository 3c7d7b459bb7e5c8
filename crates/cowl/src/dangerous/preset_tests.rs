use super::*;
use cowl_core::policy::Precision;
use cowl_core::{
    AuthorityKey, Calendar, Draft, Epoch, Manifest, Notice, OperationId, PolicyVersion, Problem, RawValue,
    ReduceError, Secret, WalkInKeys,
};
use serde_json::json;

use crate::dangerous::{FernetKey, FernetKeysError, NotAKey, dangerous_time_of};
use crate::policy_file::PolicyFile;

const NOW: u64 = 1_263_332_000;
/// The study's own line, with a position in Haiti.
const STUDY: &[u8] =
    b"temperature: 256, severity: low, lat: 18.54, lon: -72.30, ip: 192.168.1.247, userId: 970";

#[test]
fn plain_is_the_report_as_it_came() {
    let preset = preset(Preset::Plain);
    let exposed = preset.expose(reading(STUDY), 0, NOW).unwrap();
    assert_eq!(exposed.topic().as_str(), "srv/temperature");
    let clear =
        r#"{"temperature":256,"severity":"low","lat":18.54,"lon":-72.3,"ip":"192.168.1.247","userId":970}"#;
    assert_eq!(text(&exposed), clear);
    assert_eq!(exposed.notices(), &Notices::default());
    assert_eq!(
        Value::from(preset.read(exposed.payload()).unwrap()),
        serde_json::from_str::<Value>(clear).unwrap()
    );
    // a sensor of the study that publishes by itself
    assert_eq!(preset.read(STUDY).unwrap(), preset.read(exposed.payload()).unwrap());
}

#[test]
fn plain_keeps_what_json_says_and_makes_numbers_only_of_untyped_text() {
    let preset = preset(Preset::Plain);
    let through = |line: &[u8]| text(&preset.expose(reading(line), 0, NOW).unwrap());
    let json = r#"{"id":"970","list":[1,2.5,null,{"a":true}],"big":-9007199254740993,"one":1.0,"e":""}"#;
    assert_eq!(through(json.as_bytes()), json);
    assert_eq!(
        Value::from(preset.read(json.as_bytes()).unwrap()),
        serde_json::from_str::<Value>(json).unwrap()
    );
    // all text, but typed: read as typed, though it was sent as numbers
    assert_eq!(preset.read(br#"{"token":"1"}"#).unwrap()["token"], json!("1"));
    let untyped = b"a: 007, b: +5, c: 1e999, d: 89314404000123456789, e: 0x1, f: NaN, g: -0.50, h: true";
    let typed = r#"{"a":"007","b":"+5","c":"1e999","d":"89314404000123456789","e":"0x1","f":"NaN","g":-0.5,"h":"true"}"#;
    assert_eq!(through(untyped), typed);
}

#[test]
fn fernet_is_plain_in_a_token() {
    let (fernet, plain) = (preset(Preset::Fernet), preset(Preset::Plain));
    let exposed = fernet.expose(reading(STUDY).on_topic("zone/4/medic"), 0, NOW).unwrap();
    assert_eq!(exposed.topic().as_str(), "zone/4/medic");
    assert_eq!(dangerous_time_of(&text(&exposed)), Some(NOW));
    let clear = text(&plain.expose(reading(STUDY), 0, NOW).unwrap());
    let keys = FernetKeys::from_texts([key(1).as_str()]).unwrap();
    assert_eq!(&**keys.decrypt(&text(&exposed), None).unwrap(), clear.as_bytes());
    assert_eq!(fernet.read(exposed.payload()), plain.read(clear.as_bytes()));
    // the other keys of the credential read too, strangers' do not
    let older = FernetKeys::from_texts([key(2).as_str()]).unwrap().encrypt(STUDY, NOW);
    assert_eq!(fernet.read(older.as_bytes()), plain.read(STUDY));
    let stranger = FernetKeys::from_texts([key(3).as_str()]).unwrap().encrypt(STUDY, NOW);
    for junk in [stranger.as_bytes(), STUDY, b"", b"\xff\xfe", &vec![b'A'; MAX_TOKEN + 4]] {
        assert_eq!(fernet.read(junk), Err(ReadError::NotDecrypted(NotDecrypted)));
    }
    let no_report = keys.encrypt(b"[1, 2]", NOW);
    assert_eq!(fernet.read(no_report.as_bytes()), Err(ReadError::NotAReport));
}

#[test]
fn minimised_is_severity_zone_and_token() {
    let minimised = preset(Preset::Minimised);
    let exposed = minimised.expose(reading(STUDY), 0, NOW).unwrap();
    assert_eq!(text(&exposed), r#"{"severity":"low","zone":"Ouest","token":"V-001"}"#);
    // temperature, ip, userId
    assert_eq!(exposed.notices().get(Notice::UnknownField), 3);
    let red = reading(
        br#"{"triage":"red","latitude":18.54,"longitude":-72.30,"person":"Anne","temperature":"NaN"}"#,
    );
    let exposed = minimised.expose(red.clone(), 41, NOW).unwrap();
    assert_eq!(text(&exposed), r#"{"severity":"critical","zone":"Ouest","token":"V-042"}"#);
    let encrypted = preset(Preset::FernetMinimised);
    let token = encrypted.expose(red, 41, NOW).unwrap();
    assert_eq!(encrypted.read(token.payload()), minimised.read(exposed.payload()));
    assert!(minimised.read(token.payload()).is_err());
}

#[test]
fn outside_the_fallback_level_the_coarsest_zone_that_holds_the_position_is_named() {
    // the study's own place, in the South Pacific
    let afar = b"severity: low, lat: -41.85, lon: -118.80";
    let exposed = preset(Preset::Minimised).expose(reading(afar), 0, NOW).unwrap();
    assert_eq!(text(&exposed), r#"{"severity":"low","zone":"11GLP56","token":"V-001"}"#);
    assert_eq!(exposed.notices().get(Notice::OutsideZones), 0);
    let departments_only = operation(Preset::Minimised, |draft| {
        draft.zones = cowl_core::Ladder::new(vec![draft.zones.levels().last().unwrap().clone()]).unwrap();
        draft.anonymity.fallback = cowl_core::LevelIndex(0);
        for read in draft.roles.iter_mut().flat_map(|role| &mut role.reads) {
            if let Precision::Level { level, .. } = &mut read.precision {
                *level = cowl_core::LevelIndex(0);
            }
        }
    });
    let preset = DangerousPreset::of(&departments_only, &keys()).unwrap();
    let exposed = preset.expose(reading(afar), 0, NOW).unwrap();
    assert_eq!(text(&exposed), r#"{"severity":"low","token":"V-001"}"#);
    assert_eq!(exposed.notices().get(Notice::OutsideZones), 1);
}

#[test]
fn bad_readings_are_refused() {
    let [plain, minimised] = [Preset::Plain, Preset::Minimised].map(preset);
    let outcome = |preset: &DangerousPreset, reading| preset.expose(reading, 0, NOW).map(|_| ()).unwrap_err();
    assert_eq!(outcome(&plain, Reading::default()), ExposeError::Empty);
    for topic in ["a/#", "+", "", "a\0"] {
        assert_eq!(outcome(&plain, reading(STUDY).on_topic(topic)), ExposeError::Topic);
    }
    let mut members = cowl_core::Members::new();
    members.push("t", RawValue::Real(f64::NAN)).unwrap();
    assert_eq!(outcome(&plain, Reading::new(members)), ExposeError::NotFinite);
    let mut members = cowl_core::Members::new();
    members.push("t", RawValue::Text("\u{1}".repeat(MAX_LINE / 6))).unwrap();
    assert_eq!(outcome(&plain, Reading::new(members)), ExposeError::TooLong);
    let nowhere = outcome(&minimised, reading(b"severity: low, lat: 91, lon: 0"));
    assert!(matches!(nowhere, ExposeError::Reduce(ReduceError::Field { problem: Problem::OffEarth(_), .. })));
    assert!(!nowhere.to_string().contains("91,"));
    assert_eq!(outcome(&minimised, reading(b"ip: 192.168.1.247")), ExposeError::Reduce(ReduceError::Empty));
}

#[test]
fn only_a_signed_dangerous_preset_starts() {
    let start =
        |preset, keys: &DangerousKeys| DangerousPreset::of(&operation(preset, |_| ()), keys).map(|_| ());
    assert_eq!(start(Preset::Cowl, &keys()), Err(SetupError::NotDangerous));
    let none = DangerousKeys { fernet: vec![], token: 1 };
    assert_eq!(start(Preset::Plain, &none), Ok(()));
    assert_eq!(start(Preset::Minimised, &none), Ok(()));
    assert_eq!(start(Preset::Fernet, &none), Err(SetupError::Keys(FernetKeysError::Empty)));
    let bad = DangerousKeys { fernet: vec!["secret".into()], token: 1 };
    let problem = FernetKeysError::Line { line: 1, problem: NotAKey };
    assert_eq!(start(Preset::FernetMinimised, &bad), Err(SetupError::Keys(problem)));
    let other_fields = operation(Preset::Minimised, |draft| {
        let kept = draft.fields.iter().position(|field| field.name == "temperature").unwrap();
        draft.roles.retain(|role| role.kind == cowl_core::policy::RoleKind::Reports);
        draft.roles.truncate(1);
        draft.roles[0].reads =
            vec![cowl_core::policy::Read { field: cowl_core::FieldIndex(0), precision: Precision::Exact }];
        draft.fields = vec![draft.fields[kept].clone()];
        draft.traffic = cowl_core::policy::Traffic::default();
        draft.devices.clear();
    });
    assert_eq!(DangerousPreset::of(&other_fields, &keys()).map(|_| ()), Err(SetupError::NothingLeft));
}

#[test]
fn debug_shows_no_content() {
    let preset = preset(Preset::FernetMinimised);
    let exposed = preset.expose(reading(STUDY), 0, NOW).unwrap();
    assert_eq!(
        format!("{preset:?} {exposed:?}"),
        "DangerousPreset { preset: FernetMinimised, .. } Exposed(164 bytes)"
    );
}

fn preset(preset: Preset) -> DangerousPreset {
    DangerousPreset::of(&operation(preset, |_| ()), &keys()).unwrap()
}

fn operation(preset: Preset, change: impl FnOnce(&mut Draft)) -> SignedManifest {
    let mut draft = PolicyFile::default_policy().unwrap().policy.into_draft();
    change(&mut draft);
    let policy = draft.check().unwrap();
    let calendar = Calendar { start: NOW, length: policy.epoch_seconds };
    let manifest = Manifest {
        operation: OperationId([1; 16]),
        version: 1,
        policy_version: PolicyVersion(1),
        calendar,
        policy,
        preset,
        mailbox: [2; 16],
        walk_in: WalkInKeys { first: Epoch(0), epochs: vec![] },
        custody: None,
        expires: Epoch(100),
        relay: None,
        service: None,
        notices: Vec::new(),
        generation: None,
        tokens: None,
    };
    manifest.sign(&AuthorityKey::new(&Secret::new([3; 32]))).unwrap()
}

fn keys() -> DangerousKeys {
    DangerousKeys { fernet: vec![key(1), key(2)], token: 1 }
}

fn key(seed: u8) -> String {
    FernetKey::new(Secret::new([seed; 32])).to_text().to_string()
}

fn reading(line: &[u8]) -> Reading {
    formats::parse(line).unwrap()
}

fn text(exposed: &Exposed) -> String {
    String::from_utf8(exposed.payload().to_vec()).unwrap()
}
