//! I2, the crowd: how many people are behind the place that a message names.

use std::collections::{BTreeMap, BTreeSet};

use crate::attack::Scene;
use crate::attack::cast::{Cast, Measure, too_little};
use crate::attack::clues::{Clue, Clues};
use crate::attack::guess::{WINDOW, narrowest};
use crate::attack::places::{Area, Map};
use crate::convert::{count, float};
use crate::score::{Control, Interval, Outcome, Unit};
use crate::view::{Connection, View};

/// Radius in metres up to which a place is a house, and so its residents are taken for one.
const HOUSE: f64 = 100.0;

/// Where a message says that it is: the bits of a centre and a radius; `None`: anywhere.
type Cell = Option<[u64; 3]>;

/// The smallest number of people who report from one named place in one window of 24 h, and the smallest number who live in one, of the
/// crowds in a view, in one with positions planted, and in one with nothing to read. Both are counts over the trace, not estimates from a
/// sample: their interval is a point.
pub(super) fn smallest(crowds: &[Crowd; 3], seed: u64) -> [Outcome; 2] {
    let [main, found, blind] = crowds;
    if main.total < 2 {
        return [(); 2].map(|()| too_little("fewer than two people report"));
    }
    let reporting = measure(main.fewest, main.total, main).judged(
        seed,
        control(found.fewest, found.fewest <= 2),
        control(blind.fewest, blind.fewest == blind.total),
    );
    let residents = match (main.residents, main.all_residents) {
        (Some(fewest), Some(all)) if all > 1 => {
            let planted = found.residents.unwrap_or(u64::MAX);
            let unseen = blind.residents.unwrap_or(0);
            measure(fewest, all, main).judged(
                seed,
                control(planted, planted == 1),
                control(unseen, unseen == all),
            )
        }
        _ => {
            Outcome::NotApplicable { reason: "the truth does not say how many live in its zones".to_owned() }
        }
    };
    [reporting, residents]
}

/// One in `fewest` is guessed rightly, against one in `all`.
fn measure(fewest: u64, all: u64, crowd: &Crowd) -> Measure {
    let chance = 1.0 / float(all.max(1));
    let advantage = if all > 1 { (1.0 / float(fewest.max(1)) - chance) / (1.0 - chance) } else { 0.0 };
    Measure {
        unit: Unit::Count,
        estimate: exactly(float(fewest)),
        chance: float(all),
        advantage: exactly(advantage),
        n: crowd.messages,
        people: crowd.people,
    }
}

fn control(value: u64, passed: bool) -> Control {
    Control { measured: exactly(float(value)), passed }
}

const fn exactly(value: f64) -> Interval {
    Interval { value, low: value, high: value }
}

/// The view without anything that could name a place: what the negative control counts.
pub(super) fn blinded(view: &View) -> View {
    let mut blind = view.clone();
    blind.connections.fill(Connection::default());
    for message in &mut blind.messages {
        (message.topic, message.payload, message.properties, message.opened) = (0..0, 0..0, 0..0, 0..0);
    }
    blind
}

/// The crowds of one view.
pub(super) struct Crowd {
    /// Fewest people in one cell and window.
    fewest: u64,
    /// People in that window's trace as a whole, where that is fewest.
    total: u64,
    residents: Option<u64>,
    all_residents: Option<u64>,
    messages: u64,
    people: u64,
}

impl Crowd {
    pub(super) fn new(scene: &Scene, cast: &Cast<'_>, clues: &Clues, map: &Map) -> Self {
        // the last window takes in what came late
        let last = (scene.truth.operation.length / WINDOW).saturating_sub(1);
        let mut cells: BTreeMap<(u64, Cell), BTreeSet<u32>> = BTreeMap::new();
        let mut windows: BTreeMap<u64, BTreeSet<u32>> = BTreeMap::new();
        for (((message, _), person), clue) in cast.messages.iter().zip(&cast.person).zip(&clues.of) {
            let window = (message.at / WINDOW).min(last);
            windows.entry(window).or_default().insert(*person);
            cells.entry((window, cell(clue))).or_default().insert(*person);
        }
        // a message that names no place may be anybody's
        let size = |((window, cell), people): (&(u64, Cell), &BTreeSet<u32>)| {
            let all = windows.get(window).map_or(0, BTreeSet::len);
            count(if cell.is_none() { all } else { people.len() })
        };
        let all_residents = map.all_residents();
        let residents = clues.of.iter().filter_map(narrowest).filter_map(|area| residents(map, area)).min();
        Self {
            fewest: cells.iter().map(size).min().unwrap_or(0),
            total: count(windows.values().map(BTreeSet::len).min().unwrap_or(0)),
            residents: residents.or(all_residents),
            all_residents,
            messages: count(cast.messages.len()),
            people: count(cast.trains.len()),
        }
    }
}

fn cell(clue: &Clue) -> Cell {
    let area = narrowest(clue)?;
    Some([area.centre.lat.to_bits(), area.centre.lon.to_bits(), area.radius().to_bits()])
}

/// Who lives in an area: in a zone all, in a house one, in between by the share of the zone's surface.
fn residents(map: &Map, area: Area) -> Option<u64> {
    if let Some(zone) = area.zone {
        return map.residents(zone);
    }
    if area.radius() <= HOUSE {
        return Some(1);
    }
    let zone = map.locate(area.centre).zone?;
    let (all, whole) = (map.residents(zone)?, map.zone(zone)?.radius().max(HOUSE));
    // how many houses fit: whole numbers, no rounding of floats
    let share = (area.radius() / whole).powi(2).min(1.0);
    Some(
        (1..=20_u64)
            .map(|part| all * part / 20)
            .find(|it| float(*it) >= share * float(all))
            .unwrap_or(all)
            .max(1),
    )
}
