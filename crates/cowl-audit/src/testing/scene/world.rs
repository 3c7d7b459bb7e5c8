//! Where people are, and when they send.

use super::recipe::{Recipe, Rhythm};
use crate::convert::{count, float};
use crate::testing::Random;
use crate::truth::{Known, MessageKind, PersonTruth, Stay, ZoneTruth};

/// Microseconds of a minute.
pub(super) const MINUTE: u64 = 60_000_000;
/// Microseconds of an hour.
pub(super) const HOUR: u64 = 60 * MINUTE;
/// Words for severity, worst last; the last two are urgent.
pub(super) const SEVERITIES: [&str; 4] = ["low", "moderate", "high", "critical"];
/// Columns of the grid of zones.
const COLUMNS: u64 = 4;

/// A place in degrees.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) lat: f64,
    pub(super) lon: f64,
}

/// A message before anybody sees it.
#[derive(Debug, Clone)]
pub(super) struct Sent {
    pub(super) person: u32,
    pub(super) slot: u64,
    pub(super) at: u64,
    pub(super) written: u64,
    pub(super) severity: usize,
    pub(super) kind: MessageKind,
    pub(super) place: Place,
    pub(super) ordinal: u32,
    pub(super) forged: bool,
}

/// People, zones and where everybody is.
#[derive(Debug)]
pub(super) struct World {
    pub(super) zones: Vec<ZoneTruth>,
    pub(super) people: Vec<PersonTruth>,
    pub(super) stays: Vec<Stay>,
}

impl World {
    pub(super) fn new(recipe: &Recipe, random: &mut Random) -> Self {
        let zones = (0..u64::from(recipe.zones.max(1))).map(zone).collect::<Vec<_>>();
        let mut world = Self { zones, people: Vec::new(), stays: Vec::new() };
        for number in 0..recipe.people + recipe.controls {
            let home = world.somewhere(random);
            let work = world.somewhere(random);
            world.people.push(person(number, home, recipe));
            for hour in 0..u64::from(recipe.days) * 24 {
                let out = (8..18).contains(&(hour % 24)) && random.chance(0.8);
                let place = around(if out { work } else { home }, 0.0004, random);
                world.stays.push(Stay { person: number, at: hour * HOUR, lat: place.lat, lon: place.lon });
            }
        }
        world
    }

    /// The name of the nearest zone.
    pub(super) fn zone(&self, place: Place) -> Option<&str> {
        let distance = |zone: &ZoneTruth| (zone.lat - place.lat).hypot(zone.lon - place.lon);
        let nearest = self.zones.iter().min_by(|one, other| distance(one).total_cmp(&distance(other)))?;
        Some(&nearest.zone)
    }

    /// All messages of a person, in order of time.
    pub(super) fn messages(&self, recipe: &Recipe, number: u32, random: &mut Random) -> Vec<Sent> {
        let slot = u64::from(recipe.interval.max(1)) * MINUTE;
        let end = u64::from(recipe.days) * 24 * HOUR;
        let covered = matches!(recipe.rhythm, Rhythm::Slots | Rhythm::Phase(_));
        let urgent: Vec<bool> =
            (0..u64::from(recipe.days) * 24).map(|_| random.chance(recipe.urgent_share)).collect();
        let is_urgent =
            |at: u64| index(at / HOUR).and_then(|hour| urgent.get(hour)).copied().unwrap_or(false);
        let mut instants = instants(recipe.rhythm, slot, end, random);
        for (hour, _) in urgent.iter().enumerate().filter(|(_, urgent)| **urgent) {
            for _ in 0..recipe.urgent_extra {
                instants.push((count(hour) * HOUR + random.below(HOUR)).min(end - 1));
            }
        }
        instants.sort_unstable();
        let mut urgent_said = None;
        let mut sent = Vec::new();
        for at in instants {
            let says_urgent = is_urgent(at) && urgent_said != Some(at / HOUR);
            if says_urgent {
                urgent_said = Some(at / HOUR);
            }
            let (severity, kind) = match (says_urgent, covered && random.chance(0.5)) {
                (true, _) => (2 + usize::from(random.chance(0.3)), MessageKind::Report),
                (false, true) => (0, MessageKind::Cover),
                (false, false) => (usize::from(random.chance(0.4)), MessageKind::Report),
            };
            let at = if recipe.delay_tells { told_by_delay(at, slot, severity >= 2, random) } else { at };
            let place = self.at(number, at, random);
            sent.push(Sent {
                person: number,
                slot: at / slot,
                at,
                written: at.saturating_sub(random.below(10 * MINUTE)),
                severity,
                kind,
                place,
                ordinal: 0,
                forged: false,
            });
        }
        sent.sort_by_key(|message| message.at);
        sent.retain(|_| !random.chance(recipe.loss));
        for (message, ordinal) in sent.iter_mut().zip(0..) {
            message.ordinal = ordinal;
        }
        sent
    }

    fn somewhere(&self, random: &mut Random) -> Place {
        let zone = index(random.below(count(self.zones.len()))).and_then(|zone| self.zones.get(zone));
        let centre = zone.map_or(Place { lat: 0.0, lon: 0.0 }, |zone| Place { lat: zone.lat, lon: zone.lon });
        around(centre, 0.16, random)
    }

    fn at(&self, number: u32, at: u64, random: &mut Random) -> Place {
        let first = self.stays.partition_point(|stay| (stay.person, stay.at + HOUR) <= (number, at));
        let stay = self.stays.get(first).or(self.stays.last());
        around(
            stay.map_or(Place { lat: 0.0, lon: 0.0 }, |stay| Place { lat: stay.lat, lon: stay.lon }),
            0.0002,
            random,
        )
    }
}

pub(super) fn index(number: u64) -> Option<usize> {
    usize::try_from(number).ok()
}

/// A float as microseconds.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "instants of days, far below 2^53, cut to whole ones"
)]
pub(super) fn micros(value: f64) -> u64 {
    value.max(0.0) as u64
}

fn zone(number: u64) -> ZoneTruth {
    ZoneTruth {
        zone: format!("Z{number:02}"),
        lat: 18.0 + 0.2 * float(number / COLUMNS),
        lon: -73.0 + 0.2 * float(number % COLUMNS),
        residents: Some(1_000 + 500 * number),
    }
}

fn person(number: u32, home: Place, recipe: &Recipe) -> PersonTruth {
    let [_, high, middle, low] = number.to_be_bytes();
    let known = Known {
        address: Some([10, high + 1, middle, low].into()),
        identifiers: vec![name(number), format!("+509370{number:05}")],
    };
    let gateway = number.checked_rem(recipe.gateways);
    PersonTruth { person: number, uses: number < recipe.people, lat: home.lat, lon: home.lon, gateway, known }
}

/// What a person is called.
pub(super) fn name(number: u32) -> String {
    format!("Person Number{number:04}")
}

/// A uniformly random place in a square of this side.
fn around(centre: Place, side: f64, random: &mut Random) -> Place {
    Place { lat: centre.lat + side * (random.unit() - 0.5), lon: centre.lon + side * (random.unit() - 0.5) }
}

fn instants(rhythm: Rhythm, slot: u64, end: u64, random: &mut Random) -> Vec<u64> {
    let slots = end / slot;
    match rhythm {
        Rhythm::Slots => (0..slots).map(|number| number * slot + random.below(slot)).collect(),
        Rhythm::Phase(spread) => {
            let own = random.unit();
            let offset =
                |random: &mut Random| micros((own + spread * random.normal()).rem_euclid(1.0) * float(slot));
            (0..slots).map(|number| number * slot + offset(random).min(slot - 1)).collect()
        }
        Rhythm::Free => {
            let mut instants = Vec::new();
            let mut at = micros(random.exponential() * float(slot));
            while at < end {
                instants.push(at);
                at += 1 + micros(random.exponential() * float(slot));
            }
            instants
        }
        Rhythm::Own => {
            let interval = micros(float(slot) * (0.5 + 2.5 * random.unit())).max(MINUTE);
            let start = random.below(interval);
            let jitter = |random: &mut Random| random.below(20_000_000);
            (0..end / interval)
                .map(|number| (start + number * interval + jitter(random)).min(end - 1))
                .collect()
        }
    }
}

/// An instant in the same slot: in its first tenth if urgent, else in the rest.
fn told_by_delay(at: u64, slot: u64, urgent: bool, random: &mut Random) -> u64 {
    let tenth = slot / 10;
    at / slot * slot + if urgent { random.below(tenth) } else { tenth + random.below(slot - tenth) }
}
