use std::{collections::BTreeMap, format, string::String, vec, vec::Vec};

use proptest::prelude::*;

use super::*;
use crate::zone::{LevelIndex, ZoneLabel};

const K: u16 = 5;

fn zone(level: u8, label: &str) -> Zone {
    Zone { level: LevelIndex(level), label: ZoneLabel::new(label).unwrap() }
}

/// People in villages `a0`, `a1` … of districts `a`, `b` … of one country: one place each, from `first` on.
fn settle(census: &mut Census, epoch: u32, first: u32, villages: &[(&str, u32)]) {
    let mut place = first;
    for (village, people) in villages {
        for _ in 0..*people {
            assert!(census.observe(Epoch(epoch), Place(place), &path(village)));
            place += 1;
        }
    }
}

fn path(village: &str) -> Vec<Zone> {
    vec![zone(0, village), zone(1, &village[..1]), zone(2, "country")]
}

fn said(counts: &Counts) -> BTreeMap<String, u16> {
    counts.entries().iter().map(|count| (count.zone.label.as_str().into(), count.at_least)).collect()
}

fn names(counts: &Counts) -> Vec<String> {
    said(counts).into_keys().collect()
}

#[test]
fn a_place_counts_once_an_epoch_where_it_was_first() {
    let mut census = Census::new(2, 1);
    assert!(census.observe(Epoch(1), Place(1), &path("a0")));
    assert!(!census.observe(Epoch(1), Place(1), &path("b0")));
    assert!(!census.observe(Epoch(1), Place(2), &[]), "no zone, so not counted and free to say one later");
    assert_eq!(names(&census.publish(Epoch(1))), [""; 0]);
    assert!(census.observe(Epoch(1), Place(2), &path("a0")));
    assert_eq!(names(&census.publish(Epoch(1))), ["a", "a0", "country"]);
}

#[test]
fn the_window_takes_the_best_epoch_and_never_the_sum() {
    let mut census = Census::new(K, 3);
    for epoch in 1..=3 {
        // The same four people have fresh places in each epoch.
        settle(&mut census, epoch, epoch * 100, &[("a0", 4)]);
    }
    assert_eq!(names(&census.publish(Epoch(3))), [""; 0]);
    settle(&mut census, 4, 400, &[("a0", 10)]);
    assert_eq!(said(&census.publish(Epoch(4)))["a0"], 10);
    assert_eq!(said(&census.publish(Epoch(6)))["a0"], 10);
    assert_eq!(names(&census.publish(Epoch(7))), [""; 0], "out of the window");
}

#[test]
fn epochs_yet_to_come_do_not_count() {
    let mut census = Census::new(K, 3);
    settle(&mut census, 9, 0, &[("a0", 9)]);
    assert_eq!(names(&census.publish(Epoch(8))), [""; 0]);
    assert_eq!(said(&census.publish(Epoch(9)))["a0"], 5);
}

#[test]
fn counts_are_rounded_down_into_buckets() {
    for (people, expected) in
        [(5, 5), (9, 5), (10, 10), (24, 10), (25, 25), (49, 25), (50, 50), (99, 50), (5_000, 5_000)]
    {
        assert_eq!(bucket(people, 5), expected, "{people}");
    }
    assert_eq!(bucket(u32::MAX, 5), 65_535);
    assert_eq!(bucket(u32::MAX, 65_535), 65_535);
}

#[test]
fn a_zone_left_with_too_few_takes_its_smallest_neighbour_along() {
    let mut census = Census::new(K, 1);
    // Without suppression a − a0 − a1 would say: somebody is in the rest of a, and there are two of them.
    settle(&mut census, 1, 0, &[("a0", 20), ("a1", 6), ("a2", 2), ("b0", 30)]);
    let counts = census.publish(Epoch(1));
    assert_eq!(names(&counts), ["a", "a0", "b", "b0", "country"]);
    assert!(counts.holds_raised(&zone(1, "a"), LevelIndex(0)), "eight people rest in a");
    assert!(
        !counts.holds_raised(&zone(1, "b"), LevelIndex(0)),
        "nobody rests in b: a newcomer would be alone"
    );
}

#[test]
fn what_too_few_rest_in_at_the_top_is_mended_too() {
    let mut census = Census::new(K, 1);
    // c has too few, so its people go up to the country, where they would be alone: b gives way.
    settle(&mut census, 1, 0, &[("a0", 20), ("b0", 7), ("c0", 3)]);
    let counts = census.publish(Epoch(1));
    // Wanted at the district: a, and b's and c's ten in the country.
    assert!(counts.holds(&zone(1, "a")) && !counts.holds(&zone(1, "b")) && !counts.holds(&zone(0, "b0")));
    assert!(counts.holds_raised(&zone(2, "country"), LevelIndex(1)));
    assert!(counts.holds_raised(&zone(2, "country"), LevelIndex(0)));
}

#[test]
fn the_largest_census_fits_a_beacon_and_stays_protected() {
    let mut census = Census::new(K, 1);
    let mut place = 0;
    for village in 0..2_000 {
        let district = format!("d{}", village % 40);
        for _ in 0..(5 + village % 3) {
            let zones = [zone(0, &format!("v{village}")), zone(1, &district), zone(2, "country")];
            census.observe(Epoch(0), Place(place), &zones);
            place += 1;
        }
    }
    let counts = census.publish(Epoch(0));
    assert!(counts.entries().len() <= Counts::MAX_ENTRIES);
    assert!(counts.entries().len() > Counts::MAX_ENTRIES - 100);
    let bytes = minicbor::to_vec(&counts).unwrap();
    assert!(bytes.len() < 24 * Counts::MAX_ENTRIES, "{}", bytes.len());
    assert_eq!(minicbor::decode::<Counts>(&bytes).unwrap(), counts);
}

#[test]
fn decoding_insists_on_order_and_levels() {
    let entries = |counts: &[(u8, &str, u8)]| {
        let counts: Vec<Count> =
            counts.iter().map(|(level, name, rests)| Count::new(zone(*level, name), 5, *rests)).collect();
        minicbor::decode::<Counts>(&minicbor::to_vec(counts).unwrap()).is_ok()
    };
    assert!(entries(&[(0, "a", 1), (0, "b", 1), (1, "a", 3)]));
    assert!(!entries(&[(0, "b", 1), (0, "a", 1)]));
    assert!(!entries(&[(0, "a", 1), (0, "a", 1)]));
    assert!(!entries(&[(1, "a", 1)]), "the own bit is missing");
    assert!(!entries(&[(0, "a", 3)]), "a bit of a coarser level");
    assert!(!entries(&[(8, "a", 1)]));
}

#[test]
fn debug_shows_sizes_only() {
    let mut census = Census::new(1, 1);
    settle(&mut census, 1, 0, &[("a0", 1)]);
    let counts = census.publish(Epoch(1));
    assert_eq!(
        format!("{census:?} {counts:?} {:?}", counts.entries()[0]),
        "Census(1 epochs) Counts(3 zones) Count(…)"
    );
}

/// A population: for each person, the zones from fine to coarse. Not nested: the middle level cuts across.
fn population() -> impl Strategy<Value = Vec<Vec<Zone>>> {
    let person = (0..6_u8, 0..3_u8, any::<bool>()).prop_map(|(fine, coarse, top)| {
        let mut zones =
            vec![zone(0, &format!("f{fine}")), zone(1, &format!("m{}", (fine + coarse / 2) >> 1))];
        if top {
            zones.push(zone(2, &format!("c{}", coarse / 2)));
        }
        zones
    });
    prop::collection::vec(person, 0..80)
}

/// The attack: whoever sees a report's zone and knows the published counts takes away all whose finer zone is
/// published. Gives the smallest crowd that a report is left with, over all levels that it may be wanted at.
fn smallest_crowd(people: &[Vec<Zone>], holds: impl Fn(&Zone, LevelIndex) -> bool) -> Option<usize> {
    let mut smallest = None;
    for wanted in (0..3).map(LevelIndex) {
        let mut crowds: BTreeMap<Zone, usize> = BTreeMap::new();
        for zones in people {
            if let Some(zone) = zones.iter().find(|zone| zone.level >= wanted && holds(zone, wanted)) {
                *crowds.entry(*zone).or_default() += 1;
            }
        }
        smallest = smallest.into_iter().chain(crowds.into_values()).min();
    }
    smallest
}

fn reports(counts: &Counts) -> impl Fn(&Zone, LevelIndex) -> bool {
    |zone, wanted| if zone.level > wanted { counts.holds_raised(zone, wanted) } else { counts.holds(zone) }
}

fn counted(people: &[Vec<Zone>]) -> Census {
    let mut census = Census::new(K, 1);
    for (place, zones) in (0..).map(Place).zip(people) {
        census.observe(Epoch(0), place, zones);
    }
    census
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn the_complement_attack_leaves_k_people(people in population()) {
        let counts = counted(&people).publish(Epoch(0));
        let smallest = smallest_crowd(&people, reports(&counts));
        prop_assert!(smallest.is_none_or(|crowd| crowd >= usize::from(K)), "{:?}", smallest);
        // And what is said of a zone is true of it.
        for count in counts.entries() {
            let there = people.iter().filter(|zones| zones.contains(&count.zone)).count();
            prop_assert!(there >= usize::from(count.at_least) && count.at_least >= K);
        }
    }

    #[test]
    fn more_than_one_epoch_leaves_k_people_in_one(first in population(), second in population()) {
        let mut census = counted(&first);
        census.window = 2;
        for (place, zones) in (0..).map(Place).zip(&second) {
            census.observe(Epoch(1), place, zones);
        }
        let counts = census.publish(Epoch(1));
        let holds = reports(&counts);
        for wanted in (0..3).map(LevelIndex) {
            let mut best: BTreeMap<Zone, usize> = BTreeMap::new();
            for people in [&first, &second] {
                let mut crowds: BTreeMap<Zone, usize> = BTreeMap::new();
                let rest = |zones: &Vec<Zone>| zones.iter().find(|z| z.level >= wanted && holds(z, wanted)).copied();
                people.iter().filter_map(rest).for_each(|zone| *crowds.entry(zone).or_default() += 1);
                for (zone, crowd) in crowds {
                    let best = best.entry(zone).or_default();
                    *best = (*best).max(crowd);
                }
            }
            prop_assert!(best.values().all(|crowd| *crowd >= usize::from(K)));
        }
    }

    #[test]
    fn any_bytes_are_decoded_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
        let _ = minicbor::decode::<Counts>(&bytes);
    }
}

/// The attack works on what only leaves out small zones: the test above is one that can fail.
#[test]
fn the_complement_attack_finds_someone_alone_without_suppression() {
    let people: Vec<Vec<Zone>> = [("a0", 20), ("a1", 6), ("a2", 1)]
        .into_iter()
        .flat_map(|(village, people)| vec![path(village); people])
        .collect();
    let map = Map::new(counted(&people).epochs.values());
    let thresholded = map.with_enough(K.into());
    let naive =
        |zone: &Zone, _: LevelIndex| map.zones.binary_search(zone).is_ok_and(|number| thresholded[number]);
    assert_eq!(smallest_crowd(&people, naive), Some(1));
    let counts = counted(&people).publish(Epoch(0));
    assert!(smallest_crowd(&people, reports(&counts)) >= Some(usize::from(K)));
}
