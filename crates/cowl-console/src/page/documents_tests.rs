//! What a browser is told of the policy that ships.

use cowl::{operation::Operation, random::SystemRng};

use super::*;

const NOW: u64 = 1_800_000_000;

fn operation(folder: &std::path::Path) -> Operation {
    Operation::create(&folder.join("ops"), NOW, &mut SystemRng::new()).unwrap()
}

fn parse(documents: &BTreeMap<String, File>, path: &str) -> Value {
    serde_json::from_slice(&documents[path].plain).unwrap()
}

#[test]
fn the_notice_is_the_signed_one_in_every_language() {
    let folder = tempfile::tempdir().unwrap();
    let operation = operation(folder.path());
    let manifest = operation.manifest();
    let login = operation.logins().walk_in.to_credential();
    let documents = of(manifest, &login);
    for language in Language::ALL {
        let told = parse(&documents, &format!("/op/notice?lang={}", language.tag()));
        let notice = Notice::of(manifest, language);
        assert_eq!(told["hash"], notice.hash().to_string());
        assert_eq!(told["confirmed"], true, "{}", language.tag());
        // The pieces are the text that is hashed, no more and no less.
        let text: String = told["blocks"].as_array().unwrap().iter().map(piece).collect();
        assert_eq!(text, notice.to_text(), "{}", language.tag());
        for field in &manifest.policy.fields {
            assert!(told["fields"][&field.name]["label"].is_string(), "{}", field.name);
        }
        assert_eq!(told["fields"]["topic"]["asked"], false, "a topic is no question");
        assert_eq!(told["fields"]["severity"]["asked"], true);
        assert!(told["roles"]["medical"]["reads"]["position"].is_string());
    }
    let page = parse(&documents, "/op/page.json");
    assert_eq!(page["login"]["user"], "walk-in");
    assert_eq!(documents["/op/manifest"].plain, manifest.bytes());
    // No login but the one that everybody shares.
    let everything: Vec<u8> = documents.values().flat_map(|file| file.plain.to_vec()).collect();
    for secret in [&operation.logins().node, &operation.logins().operator, &operation.logins().device] {
        let needle = secret.password.as_bytes();
        assert!(!everything.windows(needle.len()).any(|bytes| bytes == needle));
    }
}

fn piece(block: &Value) -> String {
    let text = |name: &str| block[name].as_str().map(str::to_owned);
    if let Some(title) = text("title") {
        return format!("{title}\n\n");
    }
    if let Some(heading) = text("heading") {
        return format!("\n{heading}\n\n");
    }
    if let Some(line) = text("line") {
        return format!("{line}\n");
    }
    let lines = block["lines"].as_array().unwrap();
    let mut shown = format!("- {}\n", text("item").unwrap());
    for line in lines {
        shown.push_str("    ");
        shown.push_str(line.as_str().unwrap());
        shown.push('\n');
    }
    shown
}

#[test]
fn each_zone_of_the_list_has_a_place_inside_it() {
    let folder = tempfile::tempdir().unwrap();
    let operation = operation(folder.path());
    let policy = &operation.manifest().policy;
    let told = zones(operation.manifest());
    let levels = told["levels"].as_array().unwrap();
    assert_eq!(levels.len(), 1, "the grids have no list");
    let zones = levels[0]["zones"].as_array().unwrap();
    assert_eq!(zones.len(), 10, "the departments of Haiti");
    let level = policy.zones.level("department").unwrap();
    for zone in zones {
        let place =
            cowl_core::Position::new(zone["lat"].as_f64().unwrap(), zone["lon"].as_f64().unwrap()).unwrap();
        assert_eq!(policy.zones.locate(place, level).unwrap().label.as_str(), zone["name"]);
    }
}
