use std::{string::ToString, vec};

use super::*;
use crate::{
    Census, Epoch, Place,
    zone::{Level, MgrsGrain, NamedPolygon, Polygons, System, ZoneLabel},
};

const WANTED: LevelIndex = LevelIndex(0);
const COARSE: LevelIndex = LevelIndex(1);
const ISLAND: LevelIndex = LevelIndex(2);

fn at(latitude: f64, longitude: f64) -> Position {
    Position::new(latitude, longitude).unwrap()
}

/// 1 km, 10 km, and an island that is all there is beyond; or the island alone.
fn ladder() -> Ladder {
    let level = |name: &str, system| Level { name: name.to_string(), system };
    Ladder::new(vec![
        level("1km", System::Mgrs(MgrsGrain::Km1)),
        level("10km", System::Mgrs(MgrsGrain::Km10)),
        level("island", island()),
    ])
    .unwrap()
}

fn island() -> System {
    let ring = vec![at(18.0, -74.0), at(18.0, -71.0), at(20.0, -71.0), at(20.0, -74.0)];
    let zone = NamedPolygon::new(ZoneLabel::new("island").unwrap(), &[ring]).unwrap();
    System::Polygons(Polygons::new(vec![zone]).unwrap())
}

/// Eight people in one square kilometre, six in another of the same 10 km, and two elsewhere there.
fn counts() -> Counts {
    let mut census = Census::new(5, 1);
    let places = [(at(18.5723, -72.3897), 8), (at(18.5901, -72.3705), 6), (at(18.5456, -72.4186), 2)];
    let everyone = places.into_iter().flat_map(|(place, people)| vec![place; people]);
    for (place, position) in (0..).map(Place).zip(everyone) {
        census.observe(Epoch(0), place, &ladder().locate_all(position).collect::<vec::Vec<_>>());
    }
    census.publish(Epoch(0))
}

fn coarsened(
    position: Position,
    wanted: LevelIndex,
    counts: Option<&Counts>,
) -> Result<(LevelIndex, bool), Withheld> {
    let coarsened = ladder().coarsen(position, wanted, counts, COARSE)?;
    assert_eq!(ladder().locate(position, coarsened.zone.level), Some(coarsened.zone));
    Ok((coarsened.zone.level, coarsened.raised))
}

#[test]
fn among_enough_others_the_wanted_zone_stands() {
    assert_eq!(coarsened(at(18.5723, -72.3897), WANTED, Some(&counts())), Ok((WANTED, false)));
}

#[test]
fn with_too_few_it_goes_up() {
    // The six give way so that the two are not alone in the ten kilometres.
    assert_eq!(coarsened(at(18.5901, -72.3705), WANTED, Some(&counts())), Ok((COARSE, true)));
    assert_eq!(coarsened(at(18.5456, -72.4186), WANTED, Some(&counts())), Ok((COARSE, true)));
    assert_eq!(coarsened(at(18.5456, -72.4186), COARSE, Some(&counts())), Ok((COARSE, false)));
}

#[test]
fn a_newcomer_far_from_all_is_not_named_by_the_coarse_zone_either() {
    // All others on the island are in one published square of 10 km: "island" would say "alone".
    assert_eq!(coarsened(at(19.5, -72.0), WANTED, Some(&counts())), Err(Withheld::TooFew));
    // Where all are wanted at the island, all stand there.
    assert_eq!(coarsened(at(19.5, -72.0), ISLAND, Some(&counts())), Ok((ISLAND, false)));
}

#[test]
fn with_no_counts_the_fallback_holds_or_what_is_coarser() {
    assert_eq!(coarsened(at(18.5723, -72.3897), WANTED, None), Ok((COARSE, true)));
    assert_eq!(coarsened(at(18.5723, -72.3897), COARSE, None), Ok((COARSE, false)));
    assert_eq!(coarsened(at(18.5723, -72.3897), ISLAND, None), Ok((ISLAND, false)));
    assert_eq!(coarsened(at(18.5723, -72.3897), WANTED, Some(&Counts::default())), Err(Withheld::TooFew));
}

#[test]
fn outside_all_zones_it_is_withheld() {
    let island = Ladder::new(vec![Level { name: "island".to_string(), system: island() }]).unwrap();
    let outside = at(0.0, 0.0);
    for counts in [Some(&counts()), None] {
        assert_eq!(island.coarsen(outside, WANTED, counts, WANTED), Err(Withheld::OutsideZones));
        assert_eq!(island.coarsen(outside, LevelIndex(7), counts, WANTED), Err(Withheld::OutsideZones));
    }
    assert_eq!(coarsened(outside, ISLAND, None), Err(Withheld::OutsideZones));
    assert_eq!(coarsened(outside, WANTED, Some(&counts())), Err(Withheld::TooFew));
}
