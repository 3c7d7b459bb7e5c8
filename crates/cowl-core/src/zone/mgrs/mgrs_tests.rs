use std::{
    string::{String, ToString},
    vec::Vec,
};

use geoconvert::LatLon;
use proptest::prelude::*;

use super::*;
use crate::zone::{LevelIndex, Zone};

const GRAINS: [MgrsGrain; 3] = [MgrsGrain::M100, MgrsGrain::Km1, MgrsGrain::Km10];

fn label(latitude: f64, longitude: f64, grain: MgrsGrain) -> String {
    let position = Position::new(latitude, longitude).unwrap();
    grain.locate(position).unwrap().as_str().to_string()
}

#[test]
fn agrees_with_geotrans() {
    for row in include_str!("../vectors/mgrs.csv").lines() {
        let cells: Vec<&str> = row.split(',').collect();
        let (latitude, longitude) = (cells[0].parse().unwrap(), cells[1].parse().unwrap());
        for (grain, expected) in GRAINS.into_iter().zip(&cells[2..]) {
            assert_eq!(label(latitude, longitude, grain), *expected, "{row}");
        }
    }
}

#[test]
fn exceptions_of_the_zones() {
    for (latitude, longitude, zone) in [
        (60.0, 2.9, "31V"),
        (60.0, 3.0, "32V"),
        (55.9, 3.0, "31U"),
        (64.0, 3.0, "31W"),
        (78.0, 8.9, "31X"),
        (78.0, 9.0, "33X"),
        (78.0, 20.9, "33X"),
        (78.0, 21.0, "35X"),
        (78.0, 33.0, "37X"),
        (78.0, 42.0, "38X"),
        (83.99, 0.0, "31X"),
        (84.0, 0.0, "ZAA"),
        (-80.0, 0.0, "31C"),
        (-80.01, -1.0, "AZZ"),
        (0.0, 180.0, "01N"),
        (0.0, -180.0, "01N"),
        (-1e-17, -180.0, "01NAA"),
        (-1e-9, -180.0, "01MAV"),
        (90.0, 0.0, "ZAH"),
        (-90.0, 77.0, "BAN"),
    ] {
        let label = label(latitude, longitude, MgrsGrain::M100);
        assert!(label.starts_with(zone), "{latitude} {longitude}: {label}, not {zone}");
    }
}

#[test]
fn cuts_off_and_does_not_round() {
    // 585,999.9 m east of the false origin, 4,511,999.9 m north
    let reference =
        Reference { zone: 18, band: b'T', column: b'W', row: b'L', easting: 85_999, northing: 11_999 };
    assert_eq!(reference.label(MgrsGrain::Km10).unwrap().as_str(), "18TWL81");
    assert_eq!(reference.label(MgrsGrain::Km1).unwrap().as_str(), "18TWL8511");
    assert_eq!(reference.label(MgrsGrain::M100).unwrap().as_str(), "18TWL859119");
}

#[test]
fn reads_what_people_write() {
    for text in ["18QYF7949", "18q yf 79 49", "18QYF 79 49"] {
        let parsed = Reference::parse(text).unwrap();
        assert_eq!(parsed.digits, 2);
        assert_eq!(parsed.reference.label(MgrsGrain::Km1).unwrap().as_str(), "18QYF7949");
    }
    assert_eq!(
        Reference::parse("4QFJ12").unwrap().reference.label(MgrsGrain::Km10).unwrap().as_str(),
        "04QFJ12"
    );
    for text in [
        "",
        "18",
        "18Q",
        "18QY",
        "QYF79",
        "61QYF79",
        "00QYF79",
        "18QYF7",
        "18QYF7a49",
        "18AYF79",
        "ZAH79494949494",
        "é",
    ] {
        assert!(Reference::parse(text).is_none(), "{text}");
    }
}

#[test]
fn squares_that_do_not_exist_have_no_extent() {
    for text in ["32XMM55", "18QAF79", "18QJI79", "18QYA79", "ZZZ55", "18VYF79"] {
        assert!(extent(text, MgrsGrain::Km10).is_none(), "{text}");
    }
}

#[test]
fn a_square_of_a_kilometre_measures_so() {
    let extent = extent("18QYF7949", MgrsGrain::Km1).unwrap();
    // The scale of the projection is within 0.1 % of 1.
    assert!((extent.area_km2 - 1.0).abs() < 0.002, "{}", extent.area_km2);
    assert!((extent.radius_m - 707.1).abs() < 3.0, "{}", extent.radius_m);
    assert_eq!(label(extent.centre.latitude(), extent.centre.longitude(), MgrsGrain::Km1), "18QYF7949");
}

#[test]
fn the_four_squares_at_a_pole_measure_so() {
    for text in ["YZG99", "YZH90", "ZAG09", "ZAH00", "AZM99", "AZN90", "BAM09", "BAN00"] {
        let extent = extent(text, MgrsGrain::Km10).unwrap();
        assert!((extent.area_km2 - 100.0 / 0.994 / 0.994).abs() < 0.5, "{text} {}", extent.area_km2);
        assert!((extent.radius_m / 1000.0 - 7.1).abs() < 0.1, "{text} {}", extent.radius_m);
        assert!(extent.bounds.north.abs() > 89.999_999 || extent.bounds.south.abs() > 89.999_999, "{text}");
    }
}

#[test]
fn a_square_cut_by_its_grid_zone_counts_up_to_the_border() {
    let at_border = label(18.5, -72.000_001, MgrsGrain::Km10);
    let cut = extent(&at_border, MgrsGrain::Km10).unwrap();
    assert!(cut.area_km2 < 99.0, "{}", cut.area_km2);
    assert!((cut.bounds.east + 72.0).abs() < 1e-4, "{}", cut.bounds.east);
}

fn extent(text: &str, grain: MgrsGrain) -> Option<crate::ZoneExtent> {
    let label = ZoneLabel::new(text).unwrap();
    Cell::parse(&label, grain)?.extent(Zone { level: LevelIndex(0), label })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn every_position_has_a_square_around_it(latitude in -90.0..=90.0, longitude in -180.0..=180.0) {
        let position = Position::new(latitude, longitude).unwrap();
        let mut coarser = String::new();
        for grain in GRAINS.into_iter().rev() {
            let text = label(latitude, longitude, grain);
            if !coarser.is_empty() {
                let digits = usize::from(grain.digits());
                let (head, tail) = text.split_at(text.len() - 2 * digits);
                let (east, north) = tail.split_at(digits);
                prop_assert_eq!(coarser, [head, &east[..digits - 1], &north[..digits - 1]].concat());
            }
            let extent = extent(&text, grain).unwrap();
            let bounds = extent.bounds;
            let wide = crate::Bounds {
                south: bounds.south - 1e-5, north: bounds.north + 1e-5,
                // metres of longitude are any number of degrees next to a pole
                west: if latitude.abs() > 89.0 { -180.0 } else { bounds.west - 1e-4 },
                east: if latitude.abs() > 89.0 { 180.0 } else { bounds.east + 1e-4 },
            };
            prop_assert!(wide.contains(position) || longitude.abs() > 179.999, "{}", text);
            coarser = text;
        }
    }

    // Its zones' edges are left out: there it is the last digit that decides.
    #[test]
    fn agrees_with_geoconvert(latitude in -90.0..90.0, longitude in -180.0..180.0) {
        let theirs = LatLon::create(latitude, longitude).unwrap().to_mgrs(3).to_string();
        prop_assert_eq!(label(latitude, longitude, MgrsGrain::M100), theirs);
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,20}") {
        if let Some(parsed) = Reference::parse(&text) {
            for grain in GRAINS {
                let label = parsed.reference.label(grain);
                let _ = label.and_then(|label| extent(label.as_str(), grain));
            }
        }
    }

    #[test]
    fn any_reference_is_measured_or_refused(text in "([0-9]{1,2}|)[A-Z]{3}[0-9]{2}") {
        if let Some(extent) = ZoneLabel::new(&text).ok().and_then(|l| extent(l.as_str(), MgrsGrain::Km10)) {
            prop_assert!(extent.area_km2 > 0.0 && extent.area_km2 < 102.0);
            // A whole square: half its diagonal. One that its grid zone cuts to a narrow triangle: two thirds of it.
            prop_assert!(extent.radius_m < 9_500.0);
        }
    }
}
