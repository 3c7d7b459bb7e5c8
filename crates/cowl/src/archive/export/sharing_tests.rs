//! What is shared is read again by other programs' readers, and held against what the role may read.

use std::collections::BTreeSet;

use cowl_core::{
    LevelIndex, Policy, Position,
    policy::{Draft, Precision, RoleKind},
};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Shared, Sharing, What, Written, place::Places};
use crate::{archive::Kept, policy_file::PolicyFile};

const NOW: u64 = 1_800_003_661;
/// People who must share a count.
const K: u16 = 5;

fn policy() -> Policy {
    changed(|_| ())
}

fn changed(change: impl FnOnce(&mut Draft)) -> Policy {
    let mut draft = PolicyFile::default_policy().unwrap().policy.as_draft().clone();
    draft.anonymity.k = K;
    change(&mut draft);
    draft.check().unwrap()
}

fn reads(role: &str, field: &str, precision: Precision) -> Policy {
    let policy = policy();
    let (role, field) = (policy.role_index(role).unwrap(), policy.field_index(field).unwrap());
    changed(|draft| {
        let reads = &mut draft.roles[usize::from(role.0)].reads;
        reads.iter_mut().find(|read| read.field == field).unwrap().precision = precision;
    })
}

fn kept(number: i64, role: &str, from: Option<&str>, fields: &Value) -> Kept {
    Kept {
        number,
        report: [u8::try_from(number % 251).unwrap(); 16],
        epoch: 3,
        role: role.to_owned(),
        from: from.map(str::to_owned),
        handle: cowl_core::ErasureHandle::NONE,
        received: NOW - 3_600,
        policy: 1,
        zone: None,
        fields: fields.to_string(),
        custody: None,
    }
}

fn zone(label: &str, level: &str) -> Value {
    json!({"zone": label, "level": level})
}

fn share(form: Shared, what: What, policy: Policy, all: &[Kept]) -> (String, Written) {
    let mut sharing = Sharing::new(form, what, policy, NOW).unwrap();
    for kept in all {
        sharing.add(kept).unwrap();
    }
    let mut out = Vec::new();
    let written = sharing.finish(&mut out).unwrap();
    (String::from_utf8(out).unwrap(), written)
}

fn geojson(policy: Policy, all: &[Kept]) -> Vec<Value> {
    let (text, _) = share(Shared::GeoJson, What::Reports, policy, all);
    features(&text)
}

/// The rules of RFC 7946 that a program can check.
fn features(text: &str) -> Vec<Value> {
    let document: Value = serde_json::from_str(text).unwrap();
    assert_eq!(document["type"], "FeatureCollection");
    assert!(document.get("crs").is_none(), "§4: WGS 84, unsaid");
    let features = document["features"].as_array().unwrap().clone();
    for feature in &features {
        assert_eq!(feature["type"], "Feature");
        assert!(feature["properties"].is_object() && feature.get("geometry").is_some(), "§3.2");
        let geometry = &feature["geometry"];
        let coordinates = &geometry["coordinates"];
        match geometry["type"].as_str() {
            None => assert!(geometry.is_null()),
            Some("Point") => position(coordinates),
            Some("Polygon") => polygon(coordinates),
            Some("MultiPolygon") => coordinates.as_array().unwrap().iter().for_each(polygon),
            Some(other) => panic!("{other}"),
        }
    }
    features
}

fn position(value: &Value) {
    let [longitude, latitude] = value.as_array().unwrap().as_slice() else { panic!("{value}") };
    assert!(longitude.as_f64().unwrap().abs() <= 180.0 && latitude.as_f64().unwrap().abs() <= 90.0);
}

/// §3.1.6: closed, four positions at least, the first ring anticlockwise and the others clockwise.
fn polygon(value: &Value) {
    for (index, ring) in value.as_array().unwrap().iter().enumerate() {
        let ring = ring.as_array().unwrap();
        ring.iter().for_each(position);
        assert!(ring.len() >= 4 && ring.first() == ring.last());
        let axis = |at: &Value, axis: usize| at[axis].as_f64().unwrap();
        let area: f64 = ring
            .windows(2)
            .map(|edge| axis(&edge[0], 0) * axis(&edge[1], 1) - axis(&edge[1], 0) * axis(&edge[0], 1))
            .sum();
        assert_eq!(area > 0.0, index == 0, "ring {index} is the wrong way round");
    }
}

#[test]
fn a_report_becomes_a_feature_with_its_zone_and_no_name() {
    let fields = json!({"severity": "critical", "position": zone("18QYF7949", "1km"), "note": "a <b> \"c\""});
    let all = [kept(1, "medical", Some("PSEUDONYM"), &fields)];
    let features = geojson(policy(), &all);
    let properties = &features[0]["properties"];
    assert_eq!(features[0]["geometry"]["type"], "Polygon");
    assert_eq!((&properties["zone"], &properties["level"]), (&json!("18QYF7949"), &json!("1km")));
    assert_eq!((&properties["triage"], &properties["note"]), (&json!("red"), &json!("a <b> \"c\"")));
    // a kilometre's half diagonal, rounded up
    assert!((707.0..=712.0).contains(&properties["radius_m"].as_f64().unwrap()));
    // to the minute
    assert_eq!(properties["received"], "2027-01-15T08:01:00Z");
    let text = features[0].to_string();
    assert!(
        !text.contains("PSEUDONYM") && !text.contains(&hex::encode([1; 16])) && !text.contains("position")
    );
}

#[test]
fn nothing_is_finer_than_the_role_reads_today() {
    // Kept when medical still read 100 m and exact temperatures.
    let fields = json!({
        "temperature": 38.7, "severity": "low", "position": zone("18QYF794492", "100m"), "note": "n",
        "person": "Marie", "invented": "x",
    });
    let all = [kept(1, "medical", None, &fields)];
    let feature = &geojson(policy(), &all)[0];
    assert_eq!(feature["properties"]["zone"], "18QYF7949");
    assert_eq!(feature["properties"]["temperature"], 38.7);
    for gone in ["person", "invented", "contact"] {
        assert!(feature["properties"].get(gone).is_none(), "{gone}");
    }
    let coarse = reads("medical", "temperature", Precision::Step { step: 5, decimals: 0 });
    assert_eq!(geojson(coarse, &all)[0]["properties"]["temperature"], 40);
    // An exact position of before, a zone today.
    let fields = json!({"position": {"lat": 18.540_12, "lon": -72.340_23}});
    let feature = &geojson(policy(), &[kept(1, "triage", None, &fields)])[0];
    assert_eq!(
        (feature["properties"]["level"].as_str(), feature["geometry"]["type"].as_str()),
        (Some("10km"), Some("Polygon"))
    );
    // Coordinates with three decimals today.
    let exact = reads("triage", "position", Precision::Decimals(3));
    let feature = &geojson(exact, &[kept(1, "triage", None, &fields)])[0];
    assert_eq!(feature["geometry"], json!({"type": "Point", "coordinates": [-72.34, 18.54]}));
    assert!((78.0..=80.0).contains(&feature["properties"]["radius_m"].as_f64().unwrap()));
    // A zone that is coarser than wished stays.
    let raised = json!({"position": zone("Ouest", "department")});
    let feature = &geojson(policy(), &[kept(1, "rescue", None, &raised)])[0];
    assert_eq!(feature["properties"]["zone"], "Ouest");
    // No place at all: a feature without geometry.
    let feature = &geojson(policy(), &[kept(1, "rescue", None, &json!({"severity": "low"}))])[0];
    assert!(feature["geometry"].is_null() && feature["properties"].get("zone").is_none());
}

#[test]
fn a_role_that_counts_shares_no_report() {
    let policy = policy();
    let census = policy.roles.iter().find(|role| role.kind == RoleKind::Census).unwrap().name.clone();
    let all = [
        kept(1, &census, None, &json!({"position": zone("Ouest", "department")})),
        kept(2, "gone", None, &json!({"severity": "low"})),
        kept(3, "triage", None, &json!({"severity": "low"})),
    ];
    for form in Shared::ALL {
        let (text, written) = share(form, What::Reports, policy.clone(), &all);
        assert_eq!((written.other_roles, text.contains("Ouest")), (2, false), "{form:?}");
        assert_eq!(written.no_place, u64::from(form == Shared::CursorOnTarget));
    }
    assert!(Sharing::new(Shared::CursorOnTarget, What::Counts, policy, NOW).is_err());
}

#[test]
fn hxl_has_its_tags_below_the_head_and_no_formula() {
    let formulas = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1", "plain, \"quoted\"\nline"];
    let all: Vec<Kept> = (1..)
        .zip(formulas)
        .map(|(number, note)| {
            kept(number, "medical", None, &json!({"severity": "high", "position": zone("Ouest", "department"), "note": note, "temperature": -5.5}))
        })
        .collect();
    let (text, _) = share(Shared::Hxl, What::Reports, policy(), &all);
    let mut csv = csv::Reader::from_reader(text.as_bytes());
    let head = csv.headers().unwrap().clone();
    let rows: Vec<csv::StringRecord> = csv.records().map(Result::unwrap).collect();
    let tags = &rows[0];
    assert!(tags.iter().all(|tag| tag.starts_with('#')), "{tags:?}");
    // HXL 1.1: a hashtag, then attributes, of letters, digits and underscores, each beginning with a letter.
    let parts = tags.iter().flat_map(|tag| tag[1..].split('+'));
    assert!(parts.into_iter().all(|part| part.starts_with(|c: char| c.is_ascii_alphabetic())
        && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')));
    let column = |name: &str| head.iter().position(|column| column == name).unwrap();
    assert_eq!(&tags[column("latitude")], "#geo+lat");
    assert_eq!(&tags[column("note")], "#description+note");
    assert!(head.iter().all(|name| name != "position" && name != "from" && name != "report"));
    assert_eq!(rows.len(), formulas.len() + 1);
    for (row, note) in rows[1..].iter().zip(formulas) {
        let cell = &row[column("note")];
        assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r', '＝']), "{cell:?}");
        assert!(cell.ends_with(note));
        assert_eq!((&row[column("triage")], &row[column("temperature")]), ("yellow", "-5.5"));
        assert!(row[column("longitude")].parse::<f64>().unwrap() < -70.0);
    }
}

#[test]
fn cursor_on_target_is_an_event_in_the_middle_of_the_zone() {
    let nasty = "</remarks><x a='\"&\u{1}\u{fffe}\n]]>";
    let all = [
        kept(
            1,
            "medical",
            Some("P"),
            &json!({"severity": "critical", "position": zone("18QYF7949", "1km"), "note": nasty}),
        ),
        kept(2, "medical", None, &json!({"severity": "low", "position": zone("Ouest", "department")})),
        kept(3, "medical", None, &json!({"position": zone("Ouest", "department")})),
    ];
    let (text, written) = share(Shared::CursorOnTarget, What::Reports, policy(), &all);
    assert_eq!((written.reports, text.lines().count()), (3, 3));
    let documents: Vec<roxmltree::Document<'_>> =
        text.lines().map(|line| roxmltree::Document::parse(line).unwrap()).collect();
    let attribute =
        |index: usize, name: &str| documents[index].root_element().attribute(name).unwrap().to_owned();
    assert_eq!([0, 1, 2].map(|index| attribute(index, "type")), ["b-r-f-h-c", "b-m-p-s-m", "b-m-p-s-m"]);
    assert_eq!(
        (attribute(0, "version"), attribute(0, "start")),
        ("2.0".to_owned(), "2027-01-15T08:01:00Z".to_owned())
    );
    assert_eq!(attribute(0, "stale"), "2027-01-16T08:01:00Z");
    let uids: BTreeSet<String> = (0..3).map(|index| attribute(index, "uid")).collect();
    assert!(uids.len() == 3 && !text.contains(&hex::encode([1; 16])));
    for (document, radius) in documents.iter().zip([700.0..720.0, 50_000.0..150_000.0, 50_000.0..150_000.0]) {
        let node = |name: &str| document.descendants().find(|node| node.has_tag_name(name)).unwrap();
        let number = |name: &str| node("point").attribute(name).unwrap().parse::<f64>().unwrap();
        assert!((17.0..20.0).contains(&number("lat")) && (-75.0..-71.0).contains(&number("lon")));
        assert!(radius.contains(&number("ce")), "{}", number("ce"));
    }
    let remarks =
        documents[0].descendants().find(|node| node.has_tag_name("remarks")).unwrap().text().unwrap();
    assert_eq!(remarks, "severity: critical; note: </remarks><x a='\"&\u{fffd}\u{fffd} ]]>");
    // The same report twice is one marker.
    let (again, _) = share(Shared::CursorOnTarget, What::Reports, policy(), &all[..1]);
    assert_eq!(again.lines().next(), text.lines().next());
}

/// So many reports of so many people in a zone, of one severity.
fn crowd(label: &str, severity: &str, people: i64, each: i64) -> Vec<Kept> {
    let of = |person: i64| {
        let from = format!("{label}{severity}{person}");
        kept(person, "triage", Some(&from), &json!({"severity": severity, "position": zone(label, "10km")}))
    };
    (0..people * each).map(|number| of(number % people)).collect()
}

fn counted(all: &[Kept]) -> Vec<(String, String, String)> {
    let (text, written) = share(Shared::Hxl, What::Counts, policy(), all);
    assert_eq!(written.reports, all.len() as u64);
    let mut csv = csv::Reader::from_reader(text.as_bytes());
    let rows = csv.records().skip(1).map(Result::unwrap);
    rows.map(|row| (row[0].to_owned(), row[5].to_owned(), row[6].to_owned())).collect()
}

#[test]
fn small_counts_are_hidden_and_so_is_what_would_undo_that() {
    let all = [
        crowd("18QYF79", "critical", 12, 1),
        crowd("18QYF79", "high", 3, 1),
        // Ten reports of two people are not ten people.
        crowd("18QYF69", "low", 2, 5),
        crowd("18QYF59", "low", 1, 1),
        crowd("18QYF89", "low", 9, 2),
    ]
    .concat();
    let rows = counted(&all);
    let cell = |zone: &str, triage: &str| {
        rows.iter().find(|row| row.0 == zone && row.1 == triage).map(|row| row.2.as_str())
    };
    assert_eq!(cell("18QYF79", "red"), Some("12"));
    for triage in ["yellow", "green", "black", "none"] {
        assert_eq!(cell("18QYF79", triage), Some("<5"), "{triage}");
    }
    // 15 in all would say that the four hidden ones are 3 together, so none of them 4.
    assert_eq!(cell("18QYF79", "all"), None);
    assert_eq!((cell("18QYF69", "green"), cell("18QYF59", "green")), (None, None));
    assert_eq!((cell("18QYF89", "green"), cell("18QYF89", "all")), (Some("18"), None));
    assert_eq!(rows.last().unwrap(), &("other zones".to_owned(), "all".to_owned(), "<5".to_owned()));
    assert!(!rows.iter().any(|row| row.0 == "18QYF59" || row.0 == "18QYF69"));
}

#[test]
fn counts_are_features_too() {
    let (text, _) = share(
        Shared::GeoJson,
        What::Counts,
        policy(),
        &[crowd("18QYF79", "critical", 12, 1), crowd("18QYF59", "low", 1, 1)].concat(),
    );
    let features = features(&text);
    assert_eq!((features.len(), &features[0]["geometry"]["type"]), (2, &json!("Polygon")));
    let properties = &features[0]["properties"];
    assert_eq!(
        (&properties["red"], &properties["green"], &properties["reports"]),
        (&json!(12), &json!("<5"), &Value::Null)
    );
    assert_eq!(
        (&features[1]["geometry"], &features[1]["properties"]["zone"]),
        (&Value::Null, &json!("other zones"))
    );
}

#[test]
fn outlines_with_holes_and_parts_become_polygons() {
    // A square with a hole, and an island in the hole: the file's own order and direction do not matter.
    let text = r#"{"type":"Feature","properties":{"name":"ring"},"geometry":{"type":"MultiPolygon","coordinates":[
        [[[4,4],[4,6],[6,6],[6,4],[4,4]]],
        [[[0,0],[0,10],[10,10],[10,0],[0,0]],[[2,2],[8,2],[8,8],[2,8],[2,2]]]]}}"#;
    let polygons = crate::zones::polygons_from_geojson(text, None).unwrap();
    let level = cowl_core::Level { name: "z".to_owned(), system: cowl_core::System::Polygons(polygons) };
    let places = Places::new(cowl_core::Ladder::new(vec![level]).unwrap());
    let zone = cowl_core::Zone { level: LevelIndex(0), label: cowl_core::ZoneLabel::new("ring").unwrap() };
    let geometry = places.geometry(&places.zone(&zone).unwrap());
    let parts = geometry["coordinates"].as_array().unwrap();
    assert_eq!(geometry["type"], "MultiPolygon");
    parts.iter().for_each(polygon);
    let mut rings: Vec<usize> = parts.iter().map(|part| part.as_array().unwrap().len()).collect();
    rings.sort_unstable();
    assert_eq!(rings, [1, 2]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Whatever people write into fields, every form stays readable.
    #[test]
    fn any_text_stays_in_its_place(note in "\\PC{0,40}|[\\x00-\\x7f]{0,40}", name in "\\PC{0,12}") {
        let fields = json!({"note": note, "severity": name, "position": zone("18QYF7949", "1km")});
        let all = [kept(1, "medical", Some(&name), &fields)];
        for form in Shared::ALL {
            let (text, _) = share(form, What::Reports, policy(), &all);
            match form {
                Shared::GeoJson => {
                    let features = features(&text);
                    prop_assert_eq!(features[0]["properties"]["note"].as_str(), Some(note.as_str()));
                }
                Shared::Hxl => prop_assert_eq!(csv::Reader::from_reader(text.as_bytes()).records().map(Result::unwrap).count(), 2),
                Shared::CursorOnTarget => {
                    prop_assert_eq!(text.lines().count(), 1);
                    prop_assert!(roxmltree::Document::parse(text.trim_end()).is_ok());
                }
            }
        }
    }

    /// No hidden count can be told from the others: with every total that is given, each may still be anything below k.
    #[test]
    fn totals_tell_nothing_of_hidden_counts(cells in prop::collection::vec(0_i64..16, 4)) {
        let all: Vec<Kept> = ["low", "moderate", "critical"].into_iter().zip(&cells).flat_map(|(severity, people)| crowd("18QYF79", severity, *people, 1)).collect();
        let rows = counted(&all);
        let number = |text: &str| text.parse::<u64>().ok();
        let total = rows.iter().find(|row| row.0 == "18QYF79" && row.1 == "all").and_then(|row| number(&row.2));
        let own: Vec<_> = rows.iter().filter(|row| row.0 == "18QYF79" && row.1 != "all").collect();
        let hidden = own.iter().filter(|row| row.2 == "<5").count() as u64;
        let shown: u64 = own.iter().filter_map(|row| number(&row.2)).sum();
        prop_assert!(own.iter().filter_map(|row| number(&row.2)).all(|count| count >= 5));
        if let (Some(total), 1..) = (total, hidden) {
            let rest = total - shown;
            // one of them 4, the others 0 to 4; and one of them 0
            prop_assert!(rest >= 4 && rest <= (hidden - 1) * 4);
        }
    }

    #[test]
    fn a_place_that_is_kept_is_within_what_is_shared(latitude in -79.0..83.0_f64, longitude in -179.0..179.0_f64) {
        let fields = json!({"position": {"lat": latitude, "lon": longitude}});
        let feature = &geojson(policy(), &[kept(1, "medical", None, &fields)])[0];
        prop_assert_eq!(&feature["properties"]["level"], "1km");
        let at = Position::new(latitude, longitude).unwrap();
        let label = policy().zones.locate(at, policy().zones.level("1km").unwrap()).unwrap().label;
        prop_assert_eq!(feature["properties"]["zone"].as_str(), Some(label.as_str()));
    }
}
