use std::{format, string::ToString, vec, vec::Vec};

use proptest::prelude::*;

use super::*;
use crate::zone::{LabelError, NamedPolygon};

fn level(name: &str, system: System) -> Level {
    Level { name: name.to_string(), system }
}

fn mgrs(grain: MgrsGrain) -> System {
    System::Mgrs(grain)
}

fn h3(resolution: u8) -> System {
    System::H3(H3Resolution::try_from(resolution).unwrap())
}

fn island() -> System {
    let corner = |(latitude, longitude)| Position::new(latitude, longitude).unwrap();
    let ring = [(17.0, -75.0), (17.0, -71.0), (21.0, -71.0), (21.0, -75.0)].map(corner).to_vec();
    let zone = NamedPolygon::new(ZoneLabel::new("Île").unwrap(), &[ring]).unwrap();
    System::Polygons(Polygons::new(vec![zone]).unwrap())
}

fn ladder() -> Ladder {
    Ladder::new(vec![
        level("100m", mgrs(MgrsGrain::M100)),
        level("hexagon", h3(8)),
        level("1km", mgrs(MgrsGrain::Km1)),
        level("10km", mgrs(MgrsGrain::Km10)),
        level("big hexagon", h3(4)),
        level("island", island()),
    ])
    .unwrap()
}

fn labels<'a>(zones: impl Iterator<Item = &'a Zone>) -> Vec<(u8, &'a str)> {
    zones.map(|zone| (zone.level.0, zone.label.as_str())).collect()
}

#[test]
fn locates_at_each_level_and_at_all() {
    let ladder = ladder();
    let place = Position::new(18.729_986_9, -73.107_872_1).unwrap();
    let all: Vec<Zone> = ladder.locate_all(place).collect();
    // the same rows as in vectors/mgrs.csv and vectors/h3.csv
    let expected = [
        (0, "18QXF994720"),
        (1, "8867247021fffff"),
        (2, "18QXF9972"),
        (3, "18QXF97"),
        (4, "8467247ffffffff"),
        (5, "Île"),
    ];
    assert_eq!(labels(all.iter()), expected);
    for zone in &all {
        assert_eq!(ladder.locate(place, zone.level).as_ref(), Some(zone));
        assert!(ladder.extent(zone).unwrap().bounds.contains(place));
    }
    assert_eq!(ladder.locate(place, LevelIndex(6)), None);
    assert_eq!(ladder.locate_all(Position::new(0.0, 0.0).unwrap()).count(), 5, "the island is elsewhere");
}

#[test]
fn agrees_with_h3() {
    for row in include_str!("vectors/h3.csv").lines() {
        let cells: Vec<&str> = row.split(',').collect();
        let place = Position::new(cells[0].parse().unwrap(), cells[1].parse().unwrap()).unwrap();
        for (resolution, expected) in [0, 4, 6, 8, 11, 15].into_iter().zip(&cells[2..]) {
            let ladder = Ladder::new(vec![level("cell", h3(resolution))]).unwrap();
            let zone = ladder.locate(place, LevelIndex(0)).unwrap();
            assert_eq!(zone.label.as_str(), *expected, "{row}");
            // Edges of large cells bulge beyond their corners: hold the small ones only.
            let extent = ladder.extent(&zone).unwrap();
            assert!(resolution < 6 || extent.radius_m > 0.0);
            assert!(extent.area_km2 > 0.0);
        }
    }
}

#[test]
fn finds_what_people_write() {
    let ladder = ladder();
    for (text, expected) in [
        ("18QXF994720", vec![(0, "18QXF994720"), (2, "18QXF9972"), (3, "18QXF97")]),
        (" 18q xf 99 72 ", vec![(2, "18QXF9972"), (3, "18QXF97")]),
        ("18QXF", vec![]),
        ("8867247021fffff", vec![(1, "8867247021fffff"), (4, "8467247ffffffff")]),
        ("8867247021FFFFF", vec![(1, "8867247021fffff"), (4, "8467247ffffffff")]),
        ("8467247ffffffff", vec![(4, "8467247ffffffff")]),
        ("ile", vec![(5, "Île")]),
        ("", vec![]),
        ("nowhere", vec![]),
    ] {
        let found = ladder.find(text);
        assert_eq!(labels(found.iter().map(|extent| &extent.zone)), expected, "{text}");
    }
}

#[test]
fn measures_hexagons_also_around_a_pole() {
    let ladder = Ladder::new(vec![level("cell", h3(4))]).unwrap();
    let extent = |latitude| {
        let zone = ladder.locate(Position::new(latitude, 30.0).unwrap(), LevelIndex(0)).unwrap();
        ladder.extent(&zone).unwrap()
    };
    assert!((extent(18.5).area_km2 / 1_770.0 - 1.0).abs() < 0.4, "{}", extent(18.5).area_km2);
    let pole = extent(90.0).bounds;
    assert_eq!((pole.north.to_bits(), pole.west.to_bits()), (90.0_f64.to_bits(), (-180.0_f64).to_bits()));
}

#[test]
fn labels_of_no_zone_have_no_extent() {
    let ladder = ladder();
    for (index, text) in
        [(0, "18QXF9972"), (0, "18qxf994720"), (1, "8467247ffffffff"), (1, "zz"), (5, "ile"), (9, "x")]
    {
        let zone = Zone { level: LevelIndex(index), label: ZoneLabel::new(text).unwrap() };
        assert!(ladder.extent(&zone).is_none(), "{text}");
    }
}

#[test]
fn levels_are_named_once_and_go_from_fine_to_coarse() {
    let (fine, coarse) = (mgrs(MgrsGrain::M100), mgrs(MgrsGrain::Km10));
    let error = |levels| Ladder::new(levels).unwrap_err();
    assert_eq!(error(vec![]), LadderError::Count);
    let nine = (0..9).map(|n| level(&n.to_string(), island()));
    assert_eq!(error(nine.collect()), LadderError::Count);
    assert_eq!(error(vec![level("", island())]), LadderError::Name(0));
    assert_eq!(error(vec![level("a", fine.clone()), level("a", coarse.clone())]), LadderError::Duplicate(1));
    let wrong = error(vec![level("a", coarse), level("b", island()), level("c", fine)]);
    assert_eq!(wrong, LadderError::Order(2));
    assert_eq!(
        wrong.to_string(),
        "level 3 is not coarser than an earlier level: list levels from fine to coarse"
    );
    assert_eq!(error(vec![level("a", h3(4)), level("b", h3(8))]), LadderError::Order(1));
}

#[test]
fn a_name_finds_its_level() {
    assert_eq!(ladder().level("10km"), Some(LevelIndex(3)));
    assert_eq!(ladder().level("100km"), None);
}

#[test]
fn an_outline_is_around_its_zone() {
    let place = Position::new(18.5401, -72.3402).unwrap();
    let mut seen = 0;
    for zone in ladder().locate_all(place) {
        let (rings, extent) = (ladder().outline(&zone).unwrap(), ladder().extent(&zone).unwrap());
        let corners: Vec<_> = rings.iter().flat_map(|ring| &ring.corners).collect();
        assert!(corners.len() > 3, "{}", zone.label.as_str());
        let north = corners.iter().map(|corner| corner.latitude).fold(-90.0, f64::max);
        let west = corners.iter().map(|corner| corner.longitude).fold(180.0, f64::min);
        assert!((north - extent.bounds.north).abs() < 1e-9 && (west - extent.bounds.west).abs() < 1e-9);
        seen += 1;
        let other = Zone { label: ZoneLabel::new("nowhere").unwrap(), ..zone };
        assert_eq!(ladder().outline(&other), None);
    }
    assert!(seen > 3);
}

#[test]
fn debug_of_a_zone_and_its_extent_shows_the_level_only() {
    let found = ladder().find("ile");
    assert_eq!(format!("{:?}", found[0].zone), "Zone { level: 5, .. }");
    assert_eq!(format!("{:?}", found[0]), "ZoneExtent { level: 5, .. }");
    assert_eq!(format!("{:?}", found[0].bounds), "Bounds(…)");
    assert_eq!(ZoneLabel::new("").unwrap_err(), LabelError::Empty);
}

#[test]
fn cbor_comes_back() {
    let bytes = minicbor::to_vec(ladder()).unwrap();
    assert_eq!(minicbor::decode::<Ladder>(&bytes).unwrap(), ladder());
    let zone = Zone { level: LevelIndex(3), label: ZoneLabel::new("18QXF97").unwrap() };
    let bytes = minicbor::to_vec(zone).unwrap();
    assert_eq!(bytes, b"\x82\x03\x6718QXF97");
    assert_eq!(minicbor::decode::<Zone>(&bytes).unwrap(), zone);
}

proptest! {
    #[test]
    fn any_position_is_located_or_outside(latitude in -90.0..=90.0, longitude in -180.0..=180.0) {
        let place = Position::new(latitude, longitude).unwrap();
        for zone in ladder().locate_all(place) {
            prop_assert!(ladder().extent(&zone).is_some());
        }
    }

    #[test]
    fn any_text_is_found_or_not(text in "\\PC{0,30}") {
        let _ = ladder().find(&text);
    }

    #[test]
    fn any_label_is_measured_or_not(level in 0..8_u8, text in "\\PC{1,12}") {
        if let Ok(label) = ZoneLabel::new(&text) {
            let zone = Zone { level: LevelIndex(level), label };
            let _ = (ladder().extent(&zone), ladder().outline(&zone));
        }
    }

    #[test]
    fn any_bytes_are_decoded_or_refused(
        bytes in prop::collection::vec(any::<u8>(), 0..100),
        at in any::<prop::sample::Index>(), byte in any::<u8>(),
    ) {
        let _ = minicbor::decode::<Ladder>(&bytes);
        let _ = minicbor::decode::<Zone>(&bytes);
        let mut bytes = minicbor::to_vec(ladder()).unwrap();
        *at.get_mut(&mut bytes) = byte;
        if let Ok(ladder) = minicbor::decode::<Ladder>(&bytes) {
            prop_assert_eq!(minicbor::decode::<Ladder>(&minicbor::to_vec(&ladder).unwrap()).unwrap(), ladder);
        }
    }
}
