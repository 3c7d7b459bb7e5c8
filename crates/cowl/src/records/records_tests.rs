use std::{env, fs, path::Path};

use cowl_core::{Preset, rfc3339};
use serde_json::Value;
use tempfile::TempDir;

use super::*;
use crate::{
    consent::Language,
    policy_file::{DEFAULT_POLICY, HAITI_DEPARTMENTS, HAITI_DEPARTMENTS_NAME},
    random::SystemRng,
};

#[path = "harmless_tests.rs"]
mod harmless;
#[path = "scorecard_tests.rs"]
mod scorecard;

const START: u64 = 1_800_000_000;
/// An hour after everything below was done.
const NOW: u64 = START + 7_200;
const SCORECARD: &str = include_str!("golden/scorecard.json");
const ORGANISATION_FILE: &str = "\
name = \"Relief Committee\"
contact = \"privacy@example.org\"
no_transfers = true
[dpo]
name = \"The officer\"
contact = \"dpo@example.org\"
[supervisory_authority]
name = \"The authority\"
contact = \"authority@example.org\"
[broker]
run_by = \"the committee\"
country = \"Haiti\"
";

struct World {
    folder: TempDir,
    operation: Operation,
}

/// An operation with members of all kinds, one of them revoked.
fn world(policy: &str) -> World {
    let folder = TempDir::new().unwrap();
    let mut rng = SystemRng::hazmat_seeded([7; 32]);
    let write = |stage: &Path| {
        fs::write(stage.join("policy.toml"), policy).unwrap();
        fs::write(stage.join(HAITI_DEPARTMENTS_NAME), HAITI_DEPARTMENTS).unwrap();
        Ok(())
    };
    let path = folder.path().join("ops");
    let mut operation = Operation::create_with(&path, START, &mut rng, write).unwrap();
    let now = operation.epoch_now(START).unwrap();
    let roles = |name: &str| [name.to_owned()];
    for name in ["Anne-Marie", "Jean-Baptiste"] {
        operation.enrol_device(name, now, &mut rng).unwrap();
    }
    operation.enrol_gateway("Ward-Seven", 5, now, &mut rng).unwrap();
    operation.enrol_responder("Doctor-Who", &roles("medical"), now, &mut rng).unwrap();
    operation.enrol_responder("Rosemary", &roles("rescue"), now, &mut rng).unwrap();
    operation.revoke("Jean-Baptiste", None, START + 3_600).unwrap();
    World { folder, operation }
}

fn default_world() -> World {
    world(DEFAULT_POLICY)
}

impl World {
    fn records(&self) -> Records<'_> {
        Records::of(&self.operation, NOW).unwrap()
    }

    fn name_organisation(&self) {
        fs::write(self.operation.folder().join(ORGANISATION), ORGANISATION_FILE).unwrap();
    }
}

fn audit() -> Audit {
    Audit::parse(SCORECARD.as_bytes(), "scores.json").unwrap()
}

fn lost(name: &str) -> Loss {
    Loss { lost: vec![name.to_owned()], since: None, known_at: Some(NOW - 3_600) }
}

/// One of each kind, by what its golden file is called.
fn all(records: &Records<'_>) -> Vec<(&'static str, Document)> {
    vec![
        ("ropa", records.ropa().unwrap()),
        ("dpia", records.dpia(Some(&audit())).unwrap()),
        ("notice", records.notice(Language::English).unwrap()),
        ("notice-ar", records.notice(Language::Arabic).unwrap()),
        ("isp", records.isp().unwrap()),
        ("label", records.label(Some(&audit())).unwrap()),
        ("breach", records.breach(&lost("Rosemary")).unwrap()),
    ]
}

/// Places in a JSON form, by looking.
fn places(value: &Value) -> usize {
    match value {
        Value::Object(object) => {
            let own = usize::from(object.get("to_fill_in").is_some_and(Value::is_string));
            own + object.values().map(places).sum::<usize>()
        }
        Value::Array(values) => values.iter().map(places).sum(),
        _ => 0,
    }
}

/// `COWL_RECORDS=write cargo test -p cowl --lib records` writes the files anew. What is drawn at random stands there as `…`.
#[test]
fn each_record_of_the_default_operation_is_as_it_was() {
    let world = default_world();
    let manifest = world.operation.manifest();
    let drawn = [manifest.operation.to_string(), manifest.authority().fingerprint().to_string()];
    for (name, document) in all(&world.records()) {
        let mut text = document.to_markdown();
        for one in &drawn {
            text = text.replace(one.as_str(), "…");
        }
        let text: Vec<_> = text
            .lines()
            .map(|line| if line.starts_with("- **SHA-256**") { "- **SHA-256**: …" } else { line })
            .collect();
        let text = text.join("\n") + "\n";
        let path =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("src/records/golden").join(name).with_extension("md");
        if env::var("COWL_RECORDS").is_ok_and(|wish| wish == "write") {
            fs::write(&path, &text).unwrap();
        }
        let known = fs::read_to_string(&path).unwrap();
        let differs = text.lines().zip(known.lines()).find(|(new, old)| new != old);
        assert!(text == known, "{name}: {differs:#?}");
    }
}

#[test]
fn every_field_and_every_reader_of_the_policy_stands_in_them() {
    let world = default_world();
    let policy = &world.operation.manifest().policy;
    for (name, document) in all(&world.records()) {
        // A breach speaks of what was lost; the Arabic notice has the policy's words in Arabic.
        if ["breach", "notice-ar"].contains(&name) {
            continue;
        }
        for form in [document.to_markdown(), document.to_html(), document.to_json()] {
            let form = form.to_lowercase().replace("\\_", "_");
            let labels = [
                ("severity", "how urgent it is"),
                ("position", "where you are"),
                ("person", "name"),
                ("contact", "phone number"),
            ];
            for field in &policy.fields {
                let label = labels
                    .iter()
                    .find(|(field_name, _)| *field_name == field.name)
                    .map_or(field.name.as_str(), |(_, label)| label);
                assert!(form.contains(field.name.as_str()) || form.contains(label), "{name}: {}", field.name);
                assert!(form.contains(&field.purpose.to_lowercase()), "{name}: {}", field.purpose);
            }
            for role in &policy.roles {
                assert!(form.contains(role.name.as_str()), "{name}: {}", role.name);
            }
        }
    }
}

#[test]
fn places_to_fill_in_are_counted_alike_in_all_forms_and_go_when_the_organisation_is_named() {
    let world = default_world();
    let before = all(&world.records());
    assert!(!world.records().is_named());
    for (name, document) in &before {
        let json: Value = serde_json::from_str(&document.to_json()).unwrap();
        assert!(document.to_fill_in() > 0, "{name}");
        assert_eq!(json["to_fill_in"], document.to_fill_in(), "{name}");
        assert_eq!(places(&json["sections"]), document.to_fill_in(), "{name}");
        assert_eq!(document.to_markdown().matches("[to fill in: ").count(), document.to_fill_in(), "{name}");
        assert_eq!(document.to_html().matches("[to fill in: ").count(), document.to_fill_in(), "{name}");
    }
    world.name_organisation();
    assert!(world.records().is_named());
    for ((name, before), (_, after)) in before.iter().zip(all(&world.records())) {
        assert!(after.to_fill_in() < before.to_fill_in(), "{name}");
        assert!(after.to_markdown().contains("Relief Committee"), "{name}");
    }
    let ropa = world.records().ropa().unwrap().to_markdown();
    assert!(ropa.contains("dpo@example.org") && ropa.contains("none, says the operator"), "{ropa}");
}

#[test]
fn the_same_operation_gives_the_same_records() {
    let world = default_world();
    for ((name, one), (_, other)) in all(&world.records()).iter().zip(all(&world.records())) {
        assert!(one.to_markdown() == other.to_markdown(), "{name}");
        assert!(one.to_html() == other.to_html() && one.to_json() == other.to_json(), "{name}");
    }
}

#[test]
fn no_member_is_named_anywhere() {
    let world = default_world();
    let names: Vec<_> = world.operation.register().members().iter().map(|entry| entry.name.clone()).collect();
    assert_eq!(names.len(), 5);
    let mut records = all(&world.records());
    for name in &names {
        records.push(("breach", world.records().breach(&lost(name)).unwrap()));
    }
    for (kind, document) in records {
        for form in [document.to_markdown(), document.to_html(), document.to_json()] {
            for name in &names {
                assert!(!form.contains(name.as_str()), "{kind}: {name}");
            }
        }
    }
}

#[test]
fn a_processor_gets_the_other_record() {
    let world = default_world();
    let file = "acts_as = \"processor\"\nname = \"Helper\"\ncontact = \"h@example.org\"\n[[controller]]\nname = \"Ministry\"\n";
    fs::write(world.operation.folder().join(ORGANISATION), file).unwrap();
    let text = world.records().ropa().unwrap().to_markdown();
    assert!(
        text.contains("30(2)") && text.contains("- **On behalf of**: Ministry, **[to fill in: contact"),
        "{text}"
    );
    assert!(!text.contains("Time limits"), "{text}");
}

#[test]
fn a_breach_says_what_was_held_and_until_when_to_notify() {
    let world = default_world();
    let exposure = world.operation.exposure_of("Rosemary", NOW).unwrap();
    let opens: Vec<_> = exposure.opens.iter().map(|epoch| epoch.0).collect();
    assert!(!opens.is_empty());
    let text = world.records().breach(&lost("Rosemary")).unwrap().to_markdown();
    let epochs = format!("opens epochs {} to {}", opens[0], opens[opens.len() - 1]);
    assert!(text.contains(&epochs), "{text}");
    assert!(text.contains("not revoked yet") && text.contains("1 responder's machine"), "{text}");
    assert!(text.contains(&rfc3339(NOW - 3_600 + 72 * 3_600)) && text.contains("71 hours left"), "{text}");
    // Two devices, one of them revoked, and a gateway of five had keys in the epoch.
    assert!(text.contains("at most 6 devices"), "{text}");
    assert!(text.contains("contact: exactly as given") && !text.contains("temperature:"), "{text}");

    // A phone opens nobody else's; it was revoked, so it is also what was lost since then.
    let text = world.records().breach(&lost("Jean-Baptiste")).unwrap().to_markdown();
    let since = Loss { lost: Vec::new(), since: Some(START + 3_000), known_at: Some(NOW - 3_600) };
    let by_time = world.records().breach(&since).unwrap().to_markdown();
    for text in [&text, &by_time] {
        assert!(text.contains("1 device\n") && text.contains(&rfc3339(START + 3_600)), "{text}");
        assert!(!text.contains("opens epochs") && text.contains("It opens nobody else's"), "{text}");
    }
    // The log: five enrolments and a manifest before, one revocation since.
    assert!(by_time.contains("| member revoked | 1 |") && !by_time.contains("member enrolled"), "{by_time}");
    assert!(by_time.contains("it verifies"), "{by_time}");

    let late = Loss { known_at: Some(NOW - 100 * 3_600), ..lost("Rosemary") };
    let text = world.records().breach(&late).unwrap().to_markdown();
    assert!(text.contains("passed 28 hours before") && text.contains("Reasons for the delay"), "{text}");
    let unknown = Loss { known_at: None, ..lost("Rosemary") };
    assert!(
        world
            .records()
            .breach(&unknown)
            .unwrap()
            .to_markdown()
            .contains("[to fill in: when you became aware")
    );
    let later = Loss { known_at: Some(NOW + 1), ..lost("Rosemary") };
    assert!(matches!(world.records().breach(&later), Err(RecordsError::KnownLater)));
    let nobody = world.records().breach(&lost("Nobody"));
    assert!(matches!(nobody, Err(RecordsError::Operation(OperationError::NoSuchMember))));
}

#[test]
fn a_log_that_was_altered_is_said_to_be() {
    let world = default_world();
    let folder = world.operation.folder().join("log/tile/entries");
    let file = fs::read_dir(folder).unwrap().find_map(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            fs::read_dir(path).unwrap().next().map(|entry| entry.unwrap().path())
        } else {
            Some(path)
        }
    });
    let file = file.unwrap();
    let mut bytes = fs::read(&file).unwrap();
    bytes[40] ^= 1;
    fs::write(&file, bytes).unwrap();
    let text = world.records().ropa().unwrap().to_markdown();
    assert!(text.contains("it does not verify"), "{text}");
    assert!(text.contains("| Tamper-evident log | off |"), "{text}");
}

#[test]
fn a_preset_without_protection_is_called_that_everywhere() {
    let policy = DEFAULT_POLICY.replace("preset = \"cowl\"\n", "") + "\n[dangerous]\npreset = \"fernet\"\n";
    let world = world(&policy);
    assert_eq!(world.operation.preset(), Preset::Fernet);
    for (name, document) in all(&world.records()) {
        let text = document.to_markdown();
        if name.starts_with("notice") {
            continue;
        }
        assert!(text.contains("> **Attention:** This operation runs without protection"), "{name}: {text}");
        assert!(!text.contains("can open none. Responders"), "{name}");
    }
    let ropa = world.records().ropa().unwrap().to_markdown();
    assert!(ropa.contains("| Encryption to each role, end to end | off | one key"), "{ropa}");
    // And the audit of the other configuration is not taken for this one's.
    let dpia = world.records().dpia(Some(&audit())).unwrap().to_markdown();
    assert!(dpia.contains("These figures are of another configuration: the audit measured “cowl”"), "{dpia}");
}

#[test]
fn the_arabic_page_runs_from_right_to_left_and_fits_on_one_file() {
    let world = default_world();
    let page = world.records().notice(Language::Arabic).unwrap().to_html();
    assert!(page.contains("<html lang=\"ar\" dir=\"rtl\">"));
    assert!(page.contains("<mark lang=\"en\" dir=\"ltr\">[to fill in: "));
    assert!(page.contains("default-src 'none'") && page.ends_with("</html>\n"));
    let json: Value =
        serde_json::from_str(&world.records().notice(Language::Arabic).unwrap().to_json()).unwrap();
    assert_eq!((&json["language"], &json["direction"]), (&"ar".into(), &"rtl".into()));
    drop(world.folder);
}
