use cowl_core::Level;

use super::*;
use crate::policy_file::HAITI_DEPARTMENTS;

fn ladder(text: &str, property: Option<&str>) -> Ladder {
    let system = System::Polygons(polygons_from_geojson(text, property).unwrap());
    Ladder::new(vec![Level { name: "department".into(), system }]).unwrap()
}

fn zone(ladder: &Ladder, latitude: f64, longitude: f64) -> Option<String> {
    let level = ladder.level("department").unwrap();
    let zone = ladder.locate(Position::new(latitude, longitude).unwrap(), level)?;
    Some(zone.label.as_str().to_owned())
}

/// Labels as GEOS finds them; see make.py beside the file.
#[test]
fn agrees_with_shapely_on_haiti() {
    let ladder = ladder(HAITI_DEPARTMENTS, None);
    for row in include_str!("../../cowl-core/src/zone/vectors/departments.csv").lines() {
        let [latitude, longitude, expected] = row.split(',').collect::<Vec<_>>()[..] else { panic!("{row}") };
        let found = zone(&ladder, latitude.parse().unwrap(), longitude.parse().unwrap());
        assert_eq!(found.unwrap_or_default(), expected, "{row}");
    }
}

#[test]
fn haiti_is_found_by_name_and_measured() {
    let ladder = ladder(HAITI_DEPARTMENTS, None);
    for (text, area_km2) in [("grand anse", 1912.0), ("SUD-EST", 2034.0), ("Ouest", 4983.0)] {
        let found = ladder.find(text);
        assert_eq!(found.len(), 1, "{text}");
        // official areas; the outline is one for maps of 1 : 10,000,000
        assert!((found[0].area_km2 / area_km2 - 1.0).abs() < 0.1, "{text}: {}", found[0].area_km2);
        assert!(found[0].bounds.contains(found[0].centre));
    }
}

#[test]
fn a_misspelt_name_leads_to_the_zone_that_was_meant() {
    let of = |zones: &Ladder, name: &str| meant(zones, name).map(|label| label.as_str().to_owned());
    let haiti = ladder(HAITI_DEPARTMENTS, None);
    for (name, near) in [("Oest", "Ouest"), (" artibonnite ", "Artibonite"), ("GRANDE ANSE", "Grand'Anse")] {
        assert!(haiti.find(name).is_empty());
        assert_eq!(of(&haiti, name).as_deref(), Some(near), "{name}");
    }
    assert_eq!(of(&haiti, "atlantis"), None);
    assert_eq!(of(&haiti, "18QYF8"), None);
    let accented = HAITI_DEPARTMENTS.replace("\"Ouest\"", "\"Île-à-Vache\"");
    assert_eq!(of(&ladder(&accented, None), "ÎLE-Á-VACH").as_deref(), Some("Île-à-Vache"));
}

#[test]
fn haiti_takes_few_bytes_and_comes_back_whole() {
    let ladder = ladder(HAITI_DEPARTMENTS, Some("code"));
    let bytes = minicbor::to_vec(&ladder).unwrap();
    assert!(bytes.len() < 7_000, "{}", bytes.len());
    assert_eq!(minicbor::decode::<Ladder>(&bytes).unwrap(), ladder);
    assert_eq!(zone(&ladder, 18.54, -72.34).as_deref(), Some("HT-OU"));
}

#[test]
fn faults_have_place_and_hint() {
    let collection = |feature: &str| format!(r#"{{"type":"FeatureCollection","features":[{feature}]}}"#);
    let square = "[[[0,0],[1,0],[1,1],[0,1],[0,0]]]";
    let named = |name: &str, kind: &str, coordinates: &str| {
        format!(
            r#"{{"type":"Feature","properties":{{"name":"{name}","id":7}},"geometry":{{"type":"{kind}","coordinates":{coordinates}}}}}"#
        )
    };
    let long = "é".repeat(13);
    for (text, message, hint) in [
        ("{\n \"type\":".to_owned(), "line 2, column 8: not JSON", "whole"),
        ("{}".to_owned(), "the top: no feature collection", "features"),
        (collection(""), "the features: a level has 1 to 4096 polygons", "levels"),
        (
            collection(&named("A", "Polygon", square).replace("name", "nom")),
            "feature 1: no property `name` that holds a name",
            "nom, id",
        ),
        (
            collection(&named("A", "Point", "[0,0]")),
            "feature 1 (A): Point is not an outline",
            "MultiPolygon",
        ),
        (
            collection(&named(&long, "Polygon", square)),
            "feature 1 (ééééééééééééé): a zone's label is longer than 24 bytes",
            "code",
        ),
        (
            collection(&named("A", "Polygon", "[[[0,0],[1,0],[1,91]]]")),
            "feature 1 (A), ring 1, corner 3: latitude is not within -90 and 90 degrees",
            "longitude, latitude",
        ),
        (
            collection(&named("A", "Polygon", "[[[0,0],[\"1\",0],[1,1]]]")),
            "feature 1 (A), ring 1, corner 2: no two numbers",
            "longitude, latitude",
        ),
        (
            collection(&named("A", "Polygon", "[[[0,0],[1e-7,0],[1,1]]]")),
            "feature 1 (A): ring 1 has fewer than three different corners",
            "metre",
        ),
        (
            collection(&named("A", "Polygon", "[[[179,0],[-179,0],[-179,1],[179,1]]]")),
            "feature 1 (A): ring 1 crosses the antimeridian: cut it there in two (RFC 7946 §3.1.9)",
            "wrapdateline",
        ),
        (
            collection(&format!("{0},{0}", named("A", "Polygon", square))),
            "features 1 and 2: two zones of one name",
            "`A`",
        ),
        (
            r#"{"type":"FeatureCollection","crs":{"properties":{"name":"urn:ogc:def:crs:EPSG::3857"}},"features":[]}"#
                .to_owned(),
            "crs: another reference system than WGS 84",
            "ogr2ogr",
        ),
    ] {
        let error = polygons_from_geojson(&text, None).unwrap_err();
        assert_eq!(error.to_string(), message);
        assert!(error.hint.contains(hint), "{}", error.hint);
    }
}

#[test]
fn numbers_can_name_and_one_feature_is_enough() {
    let text = r#"{"type":"Feature","properties":{"id":7},"geometry":{"type":"MultiPolygon","coordinates":
        [[[[0,0,12.5],[1,0],[1,1],[0,1],[0,0]],[[0.2,0.2],[0.4,0.2],[0.4,0.4],[0.2,0.4]]],[[[2,2],[3,2],[3,3]]]]}}"#;
    let ladder = ladder(text, Some("id"));
    assert_eq!(zone(&ladder, 0.1, 0.1).as_deref(), Some("7"));
    assert_eq!(zone(&ladder, 0.3, 0.3), None);
    assert_eq!(zone(&ladder, 2.2, 2.5).as_deref(), Some("7"));
}
