use proptest::prelude::*;

use super::*;
use crate::base_map::testing::{counted, feature, field, layer};

fn place() -> Place {
    Place::new(8, 75, 113).unwrap()
}

fn drawn(tile: &[u8]) -> String {
    drawing(tile, place(), Language::French).unwrap()
}

/// A signed number as a geometry has it.
fn zigzag(number: i64) -> u64 {
    u64::try_from(if number < 0 { -2 * number - 1 } else { 2 * number }).unwrap()
}

/// A line through corners.
fn line(corners: &[(i64, i64)]) -> Vec<u64> {
    let (mut last, mut numbers) = ((0, 0), Vec::new());
    for (at, (x, y)) in corners.iter().enumerate() {
        if at == 0 {
            numbers.push(9);
        } else if at == 1 {
            numbers.push((u64::try_from(corners.len() - 1).unwrap() << 3) | 2);
        }
        numbers.extend([zigzag(x - last.0), zigzag(y - last.1)]);
        last = (*x, *y);
    }
    numbers
}

fn area(corners: &[(i64, i64)]) -> Vec<u64> {
    [line(corners), vec![15]].concat()
}

#[test]
fn roads_water_and_places_are_drawn_in_their_order() {
    let road = feature(2, &[0, 0], &line(&[(0, 0), (4_096, 0)]));
    let lake = feature(3, &[], &area(&[(0, 0), (2_048, 0), (2_048, 2_048), (0, 2_048)]));
    let town = feature(1, &[0, 0, 1, 1, 2, 2], &line(&[(1_000, 1_000)]));
    let tile = [
        layer("roads", std::slice::from_ref(&road), &["kind"], &["major_road"]),
        layer("water", std::slice::from_ref(&lake), &[], &[]),
        layer("earth", &[lake], &[], &[]),
        layer("transportation_name", &[road], &["kind"], &["major_road"]),
        layer(
            "places",
            &[town],
            &["kind", "name", "name:fr"],
            &["town", "<Pòtoprens & co>", "Port-au-Prince"],
        ),
    ]
    .concat();
    let svg = drawn(&tile);
    let document = roxmltree::Document::parse(&svg).unwrap();
    let looks: Vec<_> = document.descendants().filter(|node| node.has_tag_name("path")).collect();
    assert_eq!(looks.len(), 2, "{svg}");
    assert!(looks[0].attribute("d").unwrap().starts_with("M0 0l2048 0l0 20"), "{svg}");
    assert!(looks[0].attribute("d").unwrap().ends_with('z'));
    assert_eq!(looks[1].attribute("d"), Some("M0 0l4096 0"));
    let name = document.descendants().find(|node| node.has_tag_name("text")).unwrap();
    assert_eq!(name.text(), Some("Port-au-Prince"));
    let creole = drawing(&tile, place(), Language::HaitianCreole).unwrap();
    let creole = roxmltree::Document::parse(&creole).unwrap();
    let name = creole.descendants().find(|node| node.has_tag_name("text")).unwrap();
    assert_eq!(name.text(), Some("<Pòtoprens & co>"));
}

#[test]
fn corners_lie_at_their_latitude() {
    // Half way down a tile of the whole world is the equator; a quarter down it is 66.5° and not 42.5°.
    let world = Place::new(0, 0, 0).unwrap();
    let tile = layer("roads", &[feature(2, &[], &line(&[(0, 1_024), (4_096, 2_048)]))], &[], &[]);
    let svg = drawing(&tile, world, Language::English).unwrap();
    let from = (85.051_128 - 66.513_26) / (2.0 * 85.051_128) * 4_096.0;
    assert!(svg.contains(&format!("\"M0 {}l4096 {}\"", whole(from), 2_048 - whole(from))), "{svg}");
}

#[test]
fn corners_that_nobody_sees_and_what_is_far_away_are_left_out() {
    let tile = |corners: &[(i64, i64)]| drawn(&layer("roads", &[feature(2, &[], &line(corners))], &[], &[]));
    assert!(tile(&[(0, 0), (1, 0), (2, 0), (3, 0)]).contains(r#""M0 0l3 0""#));
    assert!(!tile(&[(5, 5), (5, 5)]).contains("<path"));
    // As far as numbers go: still a small drawing.
    assert!(tile(&[(0, 0), (i64::from(i32::MAX), 0)]).contains(r#""M0 0l8192 0""#));
    let many: Vec<_> = (0..60_000).map(|at| (at % 4_000, at * 7 % 4_000)).collect();
    let lines: Vec<_> = many.windows(2).map(|pair| feature(2, &[], &line(pair))).collect();
    assert!(drawn(&layer("roads", &lines, &[], &[])).len() < ROOM + 1_024);
}

#[test]
fn names_are_few_and_none_lies_over_another() {
    let towns: Vec<_> = (0..400_u64)
        .map(|at| {
            let at_ = i64::try_from(at).unwrap();
            feature(1, &[0, at % 3, 1, 3], &line(&[(at_ * 97 % 4_096, at_ * 61 % 4_096)]))
        })
        .collect();
    let values =
        ["village", "city", "country", "A place whose name goes on and on for so very long that it ends"];
    let svg = drawn(&layer("place", &towns, &["class", "name"], &values));
    let count = svg.matches("<text").count();
    assert!((1..=8).contains(&count), "{count}");
    let hidden = "\u{202e}a\u{0}\u{ffff}";
    let town = feature(1, &[0, 0, 1, 1], &line(&[(9, 9)]));
    let svg = drawn(&layer("place", &[town], &["class", "name"], &["city", hidden]));
    assert!(svg.contains(">a</text>"), "{svg}");
    assert!(roxmltree::Document::parse(&svg).is_ok());
}

#[test]
fn what_is_no_vector_tile_is_refused() {
    let long = "x".repeat(600);
    let bad = [
        b"<html>".to_vec(),
        vec![0x1a, 0xff],
        vec![0x1a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1],
        layer(&long, &[], &[], &[]),
        field(3, &counted(5, 0)),
        // A tag for which there is no word, and half of one.
        layer("roads", &[feature(2, &[0, 0], &[])], &[], &[]),
        layer("roads", &[feature(2, &[0], &[])], &["kind"], &["x"]),
        // A geometry that promises more than there is, and one of a kind that there is not.
        layer("roads", &[feature(2, &[], &[0xffff_fff9, 0, 0])], &[], &[]),
        layer("roads", &[feature(2, &[], &[3])], &[], &[]),
        layer("roads", &[feature(2, &[], &[9, 1 << 40, 0])], &[], &[]),
        layer("roads", &vec![feature(2, &[], &[]); (1 << 16) + 1], &[], &[]),
        layer("x", &[], &[], &[]).repeat(65),
    ];
    for (at, tile) in bad.iter().enumerate() {
        assert_eq!(drawing(tile, place(), Language::English), None, "{at}");
    }
    // Nothing at all is a tile: an empty one.
    assert!(drawn(&[]).contains("<rect"));
    let said = feature(2, &[0; 1_000], &[]);
    assert_eq!(drawing(&layer("roads", &[said], &["kind"], &["x"]), place(), Language::English), None);
}

proptest! {
    #[test]
    fn whatever_the_bytes_what_comes_out_is_a_picture(
        bytes in prop::collection::vec(any::<u8>(), 0..300), geometry in prop::collection::vec(any::<u64>(), 0..20), small in prop::collection::vec(0..40_u64, 0..40), name: String,
    ) {
        let _ = drawing(&bytes, place(), Language::English);
        for numbers in [geometry, small] {
            for (name_, shape) in [("roads", 2), ("water", 3), ("place", 1)] {
                let tile = layer(name_, &[feature(shape, &[0, 0], &numbers)], &["name"], &[&name]);
                if let Some(svg) = drawing(&tile, place(), Language::English) {
                    prop_assert!(roxmltree::Document::parse(&svg).is_ok(), "{}", svg);
                }
            }
        }
    }
}
