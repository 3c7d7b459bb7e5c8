//! The zone map: drawn here from the operation's own zones, so that no server of tiles learns where the teams look.
//!
//! Degrees become a drawing by the plate carrée, true to scale in the middle of what is shown; outlines lose the corners that nobody
//! could see at that size.

mod outline;
mod simplify;
mod under;

use std::collections::HashMap;

use cowl_core::{Policy, System};

use crate::board::{Counts, Shown, Triage, ZoneName};
use outline::{Corner, outline};
pub(crate) use under::Under;

/// The drawing's width, in its own units.
const WIDTH: f64 = 1_000.0;
/// Its height at the least and at the most.
const HEIGHTS: (f64, f64) = (300.0, 1_200.0);
/// Room around what is drawn.
const MARGIN: f64 = 12.0;
/// A zone is drawn no smaller than this, or nobody could see or touch it.
const LEAST: f64 = 14.0;
/// A count has room in a zone that is so wide.
const ROOM: f64 = 34.0;
/// Corners are left out that lie so near to the line without them.
const TOLERANCE: f64 = 0.7;
/// Zones that are drawn at the most: the ones with the most urgent people.
const MOST: usize = 600;

/// A map.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Map {
    pub(crate) height: u32,
    /// From the coarsest to the finest, so that the fine ones lie on top.
    pub(crate) zones: Vec<Drawn>,
    frame: Frame,
}

/// A zone on the map.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Drawn {
    pub(crate) level: String,
    pub(crate) label: String,
    /// An SVG path.
    pub(crate) path: String,
    /// Where its count stands.
    pub(crate) x: i32,
    pub(crate) y: i32,
    /// Whether there is room for the count inside.
    pub(crate) has_room: bool,
    /// How red: 0 none, 1 fewer than can be shown, 2 to 4 more and more.
    pub(crate) shade: u8,
    /// Reds; `None`: nobody waits there.
    pub(crate) red: Option<Shown>,
    /// All who wait there.
    pub(crate) total: Option<Shown>,
}

impl Map {
    /// Of what is counted, on the policy's zones. `None`: there is nothing that could be drawn.
    pub(crate) fn of(policy: &Policy, counts: &Counts) -> Option<Self> {
        let mut known: HashMap<(&str, &str), (Shown, Shown)> = HashMap::new();
        for row in &counts.zones {
            if let Some(ZoneName { level, label }) = &row.zone {
                known.insert((level, label), (row.of_colour(Triage::Immediate), row.row.total));
            }
        }
        let mut zones: Vec<(usize, &str, String, Vec<Vec<Corner>>)> = Vec::new();
        for (index, level) in policy.zones.levels().iter().enumerate() {
            let name = level.name.as_str();
            if let System::Polygons(polygons) = &level.system {
                // All of them, empty ones too: they are the land.
                let all = polygons.zones().iter();
                zones.extend(
                    all.map(|zone| {
                        (index, name, zone.label().as_str().to_owned(), outline::of_polygon(zone))
                    }),
                );
            } else {
                let seen = known.keys().filter(|(of, _)| *of == name);
                zones.extend(seen.filter_map(|(_, label)| {
                    let rings = outline(&policy.zones, index, &level.system, label)?;
                    Some((index, name, (*label).to_owned(), rings))
                }));
            }
        }
        zones.sort_by(|one, other| other.0.cmp(&one.0).then_with(|| one.2.cmp(&other.2)));
        zones.truncate(MOST);
        let frame = Frame::around(zones.iter().flat_map(|(.., rings)| rings.iter().flatten()))?;
        let drawn = zones.into_iter().filter_map(|(_, level, label, rings)| {
            let (path, spot) = frame.draw(&rings)?;
            let count = known.get(&(level, label.as_str())).copied();
            let red = count.map(|(red, _)| red);
            Some(Drawn {
                level: level.to_owned(),
                label,
                path,
                x: whole(spot.x),
                y: whole(spot.y),
                has_room: spot.width >= ROOM,
                shade: red.map_or(0, |red| shade(red, counts)),
                red,
                total: count.map(|(_, total)| total),
            })
        });
        let zones: Vec<_> = drawn.collect();
        Some(Self { height: u32::try_from(whole(frame.height)).unwrap_or(1), zones, frame })
    }
}

/// How red a count is, in steps of the most that is shown anywhere: it says no more than the numbers do.
pub(crate) fn shade(red: Shown, counts: &Counts) -> u8 {
    let most = counts.zones.iter().filter_map(|zone| match zone.of_colour(Triage::Immediate) {
        Shown::Exact(count) => Some(count),
        _ => None,
    });
    let most = most.max().unwrap_or(0);
    match red {
        Shown::Exact(0) => 0,
        Shown::Under(_) | Shown::AtLeast(_) => 1,
        Shown::Exact(count) if count > most / 3 * 2 => 4,
        Shown::Exact(count) if count > most / 3 => 3,
        Shown::Exact(_) => 2,
    }
}

/// From degrees to the drawing.
#[derive(Debug, Clone, PartialEq)]
struct Frame {
    west: f64,
    north: f64,
    east_by: f64,
    south_by: f64,
    height: f64,
}

/// Where a zone's count stands.
struct Spot {
    x: f64,
    y: f64,
    /// Of the zone there.
    width: f64,
}

impl Frame {
    fn around<'a>(corners: impl Iterator<Item = &'a Corner>) -> Option<Self> {
        let mut bounds = (f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY);
        for corner in corners {
            bounds.0 = bounds.0.min(corner.latitude);
            bounds.1 = bounds.1.min(corner.longitude);
            bounds.2 = bounds.2.max(corner.latitude);
            bounds.3 = bounds.3.max(corner.longitude);
        }
        let (south, west, north, east) = bounds;
        if !(south.is_finite() && west.is_finite()) {
            return None;
        }
        let narrow = f64::midpoint(south, north).to_radians().cos().max(0.01);
        // A single cell is not blown up without end.
        let (across, down) = (((east - west) * narrow).max(0.001), (north - south).max(0.001));
        let room = (WIDTH - 2.0 * MARGIN, HEIGHTS.1 - 2.0 * MARGIN);
        let scale = (room.0 / across).min(room.1 / down);
        let height = (down * scale + 2.0 * MARGIN).clamp(HEIGHTS.0, HEIGHTS.1);
        // In the middle of the drawing.
        let (left, above) = ((WIDTH - across * scale) / 2.0, (height - down * scale) / 2.0);
        Some(Self {
            west: west - left / (scale * narrow),
            north: north + above / scale,
            east_by: scale * narrow,
            south_by: scale,
            height,
        })
    }

    fn place(&self, corner: &Corner) -> (f64, f64) {
        ((corner.longitude - self.west) * self.east_by, (self.north - corner.latitude) * self.south_by)
    }

    /// A path, and where its count stands: in the widest place of its largest ring.
    fn draw(&self, rings: &[Vec<Corner>]) -> Option<(String, Spot)> {
        let mut path = String::new();
        let mut largest: Option<(f64, Spot)> = None;
        for ring in rings {
            let placed: Vec<_> = ring.iter().map(|corner| self.place(corner)).collect();
            let (mut left, mut top, mut right, mut bottom) = bounds(&placed)?;
            if right - left < LEAST && bottom - top < LEAST {
                let (x, y) = (f64::midpoint(left, right), f64::midpoint(top, bottom));
                (left, top, right, bottom) =
                    (x - LEAST / 2.0, y - LEAST / 2.0, x + LEAST / 2.0, y + LEAST / 2.0);
                append(&mut path, &[(left, top), (right, top), (right, bottom), (left, bottom)]);
            } else {
                append(&mut path, &simplify::simplified(&placed, TOLERANCE));
            }
            let area = (right - left) * (bottom - top);
            if largest.as_ref().is_none_or(|(other, _)| area > *other) {
                let middle = Spot {
                    x: f64::midpoint(left, right),
                    y: f64::midpoint(top, bottom),
                    width: right - left,
                };
                largest = Some((area, widest(&placed, top, bottom).unwrap_or(middle)));
            }
        }
        largest.map(|(_, spot)| (path, spot))
    }
}

/// Among some lines across a ring, the middle of the longest part inside; where lines are about as long the one nearer to the middle.
fn widest(ring: &[(f64, f64)], top: f64, bottom: f64) -> Option<Spot> {
    const LINES: u32 = 15;
    let mut best: Option<(f64, Spot)> = None;
    for line in 1..=LINES {
        let part = f64::from(line) / f64::from(LINES + 1);
        let y = top + (bottom - top) * part;
        let edges = ring.iter().zip(ring.iter().cycle().skip(1));
        let mut crossings: Vec<f64> = edges
            .filter(|(from, to)| (from.1 > y) != (to.1 > y))
            .map(|(from, to)| from.0 + (y - from.1) / (to.1 - from.1) * (to.0 - from.0))
            .collect();
        crossings.sort_unstable_by(f64::total_cmp);
        for pair in crossings.as_chunks::<2>().0 {
            let [from, to] = *pair;
            let worth = (to - from) * (1.0 - (part - 0.5).abs());
            if best.as_ref().is_none_or(|(other, _)| worth > *other) {
                best = Some((worth, Spot { x: f64::midpoint(from, to), y, width: to - from }));
            }
        }
    }
    best.map(|(_, spot)| spot)
}

fn bounds(placed: &[(f64, f64)]) -> Option<(f64, f64, f64, f64)> {
    let (x, y) = *placed.first()?;
    Some(
        placed.iter().fold((x, y, x, y), |box_, (x, y)| {
            (box_.0.min(*x), box_.1.min(*y), box_.2.max(*x), box_.3.max(*y))
        }),
    )
}

fn append(path: &mut String, corners: &[(f64, f64)]) {
    use std::fmt::Write as _;
    let mut letter = 'M';
    for (x, y) in corners {
        // Writing to a string does not fail.
        let _ = write!(path, "{letter}{x:.1} {y:.1}");
        letter = 'L';
    }
    path.push('Z');
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a coordinate of a drawing of some thousand units; `as` saturates"
)]
fn whole(value: f64) -> i32 {
    value.round() as i32
}

#[cfg(test)]
#[path = "map_tests.rs"]
mod tests;
