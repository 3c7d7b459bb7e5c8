use std::{format, string::String, vec, vec::Vec};

use proptest::prelude::*;

use super::*;
use crate::zone::LevelIndex;

fn ring(corners: &[(f64, f64)]) -> Vec<Position> {
    corners.iter().map(|(latitude, longitude)| Position::new(*latitude, *longitude).unwrap()).collect()
}

fn square(south: f64, west: f64, side: f64) -> Vec<Position> {
    let (north, east) = (south + side, west + side);
    ring(&[(south, west), (south, east), (north, east), (north, west)])
}

fn zone(name: &str, rings: &[Vec<Position>]) -> NamedPolygon {
    NamedPolygon::new(ZoneLabel::new(name).unwrap(), rings).unwrap()
}

fn at(polygons: &Polygons, latitude: f64, longitude: f64) -> Option<String> {
    Some(polygons.locate(Position::new(latitude, longitude).unwrap())?.as_str().into())
}

#[test]
fn western_and_southern_edges_belong() {
    let polygons = Polygons::new(vec![
        zone("sw", &[square(0.0, 0.0, 1.0)]),
        zone("se", &[square(0.0, 1.0, 1.0)]),
        zone("nw", &[square(1.0, 0.0, 1.0)]),
        zone("ne", &[square(1.0, 1.0, 1.0)]),
    ])
    .unwrap();
    for (latitude, longitude, expected) in [
        (1.0, 1.0, Some("ne")),
        (0.0, 1.0, Some("se")),
        (0.0, 0.0, Some("sw")),
        (1.0, 0.5, Some("nw")),
        (0.5, 1.0, Some("se")),
        (0.5, 2.0, None),
        (2.0, 0.5, None),
    ] {
        assert_eq!(at(&polygons, latitude, longitude).as_deref(), expected, "{latitude} {longitude}");
    }
}

#[test]
fn holes_are_outside_and_islands_in_them_inside() {
    let rings = [square(0.0, 0.0, 9.0), square(3.0, 3.0, 3.0), square(4.0, 4.0, 1.0)];
    let polygons = Polygons::new(vec![zone("ring", &rings)]).unwrap();
    assert!(at(&polygons, 1.0, 1.0).is_some());
    assert!(at(&polygons, 3.5, 3.5).is_none());
    assert!(at(&polygons, 4.5, 4.5).is_some());
    let label = ZoneLabel::new("ring").unwrap();
    let extent = polygons.extent(Zone { level: LevelIndex(0), label }).unwrap();
    // 81 − 9 + 1 squares of a degree, 110.6 km × 111.3 km at most
    assert!((extent.area_km2 / (73.0 * 12_309.0) - 1.0).abs() < 0.005, "{}", extent.area_km2);
    assert!((extent.centre.latitude() - 4.5).abs() < 0.02);
}

#[test]
fn the_first_of_two_that_overlap_wins() {
    let polygons =
        Polygons::new(vec![zone("a", &[square(0.0, 0.0, 2.0)]), zone("b", &[square(1.0, 1.0, 2.0)])])
            .unwrap();
    assert_eq!(at(&polygons, 1.5, 1.5).as_deref(), Some("a"));
    assert_eq!(at(&polygons, 2.5, 2.5).as_deref(), Some("b"));
}

#[test]
fn a_zone_cut_at_the_antimeridian_has_both_parts() {
    let rings = [square(0.0, 179.0, 1.0), square(0.0, -180.0, 1.0)];
    let polygons = Polygons::new(vec![zone("both", &rings)]).unwrap();
    for longitude in [179.5, 180.0, -180.0, -179.5] {
        assert!(at(&polygons, 0.5, longitude).is_some(), "{longitude}");
    }
    let uncut = ring(&[(0.0, 179.0), (0.0, -179.0), (1.0, -179.0), (1.0, 179.0)]);
    assert_eq!(
        NamedPolygon::new(ZoneLabel::new("uncut").unwrap(), &[square(0.0, 0.0, 1.0), uncut]),
        Err(PolygonsError::Antimeridian { ring: 1 })
    );
}

#[test]
fn what_encloses_nothing_or_is_named_twice_is_refused() {
    let label = ZoneLabel::new("a").unwrap();
    let thin = ring(&[(0.0, 0.0), (0.0, 1.0), (0.0, 0.0)]);
    assert_eq!(NamedPolygon::new(label, &[thin]), Err(PolygonsError::Ring { ring: 0 }));
    assert_eq!(NamedPolygon::new(label, &[]), Err(PolygonsError::Ring { ring: 0 }));
    assert_eq!(Polygons::new(vec![]), Err(PolygonsError::Count));
    let twice = vec![zone("a", &[square(0.0, 0.0, 1.0)]), zone("a", &[square(5.0, 0.0, 1.0)])];
    assert_eq!(Polygons::new(twice), Err(PolygonsError::Duplicate { first: 0, second: 1 }));
    let many: Vec<NamedPolygon> =
        (0..=Polygons::MAX_ZONES).map(|n| zone(&format!("{n}"), &[square(0.0, 0.0, 1.0)])).collect();
    assert_eq!(Polygons::new(many), Err(PolygonsError::Count));
}

#[test]
fn debug_shows_sizes_only() {
    let polygons = Polygons::new(vec![zone("secret", &[square(0.0, 0.0, 1.0)])]).unwrap();
    assert_eq!(format!("{polygons:?} {:?}", polygons.zones()[0]), "Polygons(1 zones) NamedPolygon(4 points)");
}

#[test]
fn the_worst_edges_keep_the_index_small() {
    // A comb whose every edge spans all rows.
    let corners: Vec<Position> = (0..10_000)
        .map(|n| Position::new(if n % 2 == 0 { -80.0 } else { 80.0 }, f64::from(n) / 100.0).unwrap())
        .collect();
    let polygons = Polygons::new(vec![zone("comb", &[corners])]).unwrap();
    assert!(polygons.index.size() <= 4 * 10_000, "{}", polygons.index.size());
    assert!(at(&polygons, 0.0, 50.006).is_some() != at(&polygons, 0.0, 50.016).is_some());
}

/// The winding number (Sunday's algorithm) of all rings, whose parity is ours for simple rings.
fn winds(rings: &[Vec<Position>], latitude: f64, longitude: f64) -> bool {
    let mut parity = false;
    for ring in rings {
        let mut winding = 0;
        for (a, b) in ring.iter().zip(ring.iter().cycle().skip(1)) {
            let left = (b.longitude() - a.longitude()) * (latitude - a.latitude())
                - (longitude - a.longitude()) * (b.latitude() - a.latitude());
            if a.latitude() <= latitude && b.latitude() > latitude && left > 0.0 {
                winding += 1;
            } else if a.latitude() > latitude && b.latitude() <= latitude && left < 0.0 {
                winding -= 1;
            }
        }
        parity ^= winding != 0;
    }
    parity
}

/// A star-shaped ring around a centre: simple whatever the radii.
fn star(latitude: f64, longitude: f64) -> impl Strategy<Value = Vec<Position>> {
    prop::collection::vec(0.1..3.0_f64, 3..40).prop_map(move |radii| {
        let n = f64::from(u32::try_from(radii.len()).unwrap());
        let corner = |(index, radius): (u32, f64)| {
            let (sin, cos) = libm::sincos(f64::from(index) / n * core::f64::consts::TAU);
            let on_grid = |x: f64| libm::round(x * 1e5) / 1e5;
            Position::new(on_grid(latitude + radius * sin), on_grid(longitude + radius * cos)).unwrap()
        };
        (0..).zip(radii).map(corner).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn agrees_with_the_winding_number(
        outer in star(10.0, 20.0), other in star(11.0, 22.0), third in star(9.0, 19.0),
        places in prop::collection::vec((6.0..14.0_f64, 16.0..26.0_f64), 40),
    ) {
        let zones = [vec![outer], vec![other, third]];
        let polygons = zones.iter().zip(["a", "b"]).map(|(rings, name)| zone(name, rings)).collect();
        let polygons = Polygons::new(polygons).unwrap();
        for (latitude, longitude) in places {
            let expected = zones.iter().zip(["a", "b"]).find(|(rings, _)| winds(rings, latitude, longitude));
            let found = at(&polygons, latitude, longitude);
            prop_assert_eq!(found.as_deref(), expected.map(|(_, name)| name));
        }
    }

    #[test]
    fn cbor_comes_back(rings in prop::collection::vec(star(-30.0, -170.0), 1..4)) {
        let polygons = Polygons::new(vec![zone("here", &rings)]).unwrap();
        let bytes = minicbor::to_vec(&polygons).unwrap();
        prop_assert_eq!(&minicbor::decode::<Polygons>(&bytes).unwrap(), &polygons);
    }

    #[test]
    fn any_bytes_are_decoded_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = minicbor::decode::<Polygons>(&bytes);
    }

    #[test]
    fn altered_bytes_are_decoded_to_what_encodes_so_or_refused(
        rings in prop::collection::vec(star(0.0, 0.0), 1..3), at in any::<prop::sample::Index>(), byte in any::<u8>(),
    ) {
        let mut bytes = minicbor::to_vec(Polygons::new(vec![zone("here", &rings)]).unwrap()).unwrap();
        *at.get_mut(&mut bytes) = byte;
        if let Ok(polygons) = minicbor::decode::<Polygons>(&bytes) {
            prop_assert_eq!(minicbor::decode::<Polygons>(&minicbor::to_vec(&polygons).unwrap()).unwrap(), polygons);
        }
    }
}

#[test]
fn a_claimed_length_reserves_nothing() {
    // An array of 4,096 zones, of which there is none; a ring of 2^32 − 1 bytes, of which there is none.
    assert!(minicbor::decode::<Polygons>(&[0x99, 0x10, 0x00]).is_err());
    assert!(minicbor::decode::<Polygons>(&[0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]).is_err());
    assert!(
        minicbor::decode::<Polygons>(&[0x81, 0x82, 0x61, b'a', 0x81, 0x5a, 0xff, 0xff, 0xff, 0xff]).is_err()
    );
    // More corners than allowed: each two bytes long, all different from the one before.
    let mut bytes = vec![0x81, 0x82, 0x61, b'a', 0x81, 0x5a];
    let ring: Vec<u8> =
        (0..=Polygons::MAX_POINTS).flat_map(|n| if n % 2 == 0 { [2, 2] } else { [1, 1] }).collect();
    bytes.extend(u32::try_from(ring.len()).unwrap().to_be_bytes());
    bytes.extend(ring);
    assert!(minicbor::decode::<Polygons>(&bytes).is_err());
}

#[test]
fn numbers_have_one_form() {
    // 0 as 0x80 0x00, and a number beyond 32 bits
    let ring = |corners: &[u8]| {
        let mut bytes = vec![0x81, 0x82, 0x61, b'a', 0x81, 0x40 + u8::try_from(corners.len()).unwrap()];
        bytes.extend(corners);
        minicbor::decode::<Polygons>(&bytes).is_ok()
    };
    assert!(ring(&[0, 0, 2, 0, 0, 2]));
    assert!(!ring(&[0x80, 0, 0, 2, 0, 0, 2]));
    assert!(!ring(&[0xff, 0xff, 0xff, 0xff, 0x1f, 0, 2, 0, 0, 2]));
    assert!(!ring(&[0, 0, 2, 0, 0]));
}
