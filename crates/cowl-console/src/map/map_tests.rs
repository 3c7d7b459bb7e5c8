use super::*;
use crate::board::{
    Board,
    testing::{arrival, policy},
};

fn board(zones: &[(&str, &str, u32)]) -> Board {
    let mut board = Board::new(5, 10_000);
    let mut number = 0;
    for (level, label, count) in zones {
        for _ in 0..*count {
            number += 1;
            let mut one = arrival(number, Triage::Immediate, 1_000);
            one.zone = Some(ZoneName { level: (*level).into(), label: (*label).into() });
            board.take(one, None);
        }
    }
    board
}

#[test]
fn the_operations_own_zones_with_the_cells_that_were_seen_on_top() {
    let board = board(&[
        ("department", "Ouest", 40),
        ("department", "Sud", 2),
        ("10km", "18QYF74", 9),
        ("10km", "no cell", 9),
    ]);
    let map = Map::of(&policy(), &board.counts(2_000)).unwrap();
    // Ten departments, and the one cell that there is.
    assert_eq!(map.zones.len(), 11);
    assert_eq!(map.zones.iter().filter(|zone| zone.red.is_some()).count(), 3);
    let of = |label: &str| map.zones.iter().find(|zone| zone.label == label).unwrap();
    assert_eq!((of("Ouest").shade, of("Sud").shade, of("18QYF74").shade, of("Centre").shade), (4, 1, 2, 0));
    assert_eq!((of("Sud").red.unwrap().to_string(), of("Centre").red), ("<5".to_owned(), None));
    assert_eq!(map.zones.last().unwrap().label, "18QYF74");
    assert!((300..=1_200).contains(&map.height));
    for zone in &map.zones {
        assert!(zone.path.starts_with('M') && zone.path.ends_with('Z'), "{}", zone.path);
        assert!((0..=1_000).contains(&zone.x) && (0..=1_200).contains(&zone.y));
    }
    // Port-au-Prince lies in the east of the west, below the middle.
    assert!(of("Ouest").x > of("Sud").x && of("Nord").y < of("Ouest").y);
}

#[test]
fn an_empty_board_shows_the_land() {
    let map = Map::of(&policy(), &board(&[]).counts(2_000)).unwrap();
    assert!(map.zones.len() == 10 && map.zones.iter().all(|zone| zone.shade == 0 && zone.total.is_none()));
}
