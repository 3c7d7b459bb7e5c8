//! Vector tiles, drawn as SVG: land, water, roads, boundaries, buildings, and places with their names.
//!
//! A tile says where things are on Mercator's map; the zone map has latitudes in equal steps. So each corner is placed by its latitude,
//! and lies where the zones' corners lie.

mod labels;
mod layer;
mod style;
mod wire;

use std::fmt::Write as _;

use cowl::consent::Language;

use super::{Place, mercator};
use labels::Labels;
use layer::{Feature, Layer, Shape, Step};
use style::Class;
use wire::Malformed;

/// The drawing's side, in its own units.
const SIDE: f64 = 4_096.0;
/// Corners nearer than this to the one before are left out: less than a pixel on most screens.
const NEAR: i32 = 6;
/// Bytes of what is drawn alike: what is more than that is left out.
const ROOM: usize = 192 << 10;

/// A tile as an SVG picture. `None`: it is no vector tile.
pub(super) fn drawing(tile: &[u8], place: Place, language: Language) -> Option<String> {
    draw(tile, place, language).ok()
}

fn draw(tile: &[u8], place: Place, language: Language) -> Result<String, Malformed> {
    let mut paths = Class::ALL.map(|class| (class, Path::default()));
    let mut labels = Labels::default();
    for layer in layer::layers(tile)? {
        let grid = Grid::new(&layer, place);
        for feature in layer.features() {
            let feature = feature?;
            let said = layer.said(&feature)?;
            if let Some(class) = Class::of(layer.name, feature.shape, &said) {
                let path = paths.iter_mut().find(|(other, _)| *other == class);
                path.map_or(Ok(()), |(_, path)| path.add(&feature, &grid))?;
            } else if feature.shape == Shape::Points
                && let Some(importance) = style::importance(layer.name, &said)
                && let Some(name) = style::name(&said, language.tag())
            {
                feature.walk(|step| {
                    if let Step::Move(x, y) = step {
                        labels.add(importance, grid.place(x, y), name);
                    }
                })?;
            }
        }
    }
    let mut svg = String::from(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4096 4096" preserveAspectRatio="none"><rect width="4096" height="4096" fill="#f3f1ec"/>"##,
    );
    for (class, path) in paths.iter().filter(|(_, path)| !path.data.is_empty()) {
        // Writing to a string does not fail.
        let _ = write!(svg, r#"<path {} stroke-linejoin="round" d="{}"/>"#, class.look(), path.data);
    }
    labels.write(&mut svg);
    svg.push_str("</svg>");
    Ok(svg)
}

/// From a layer's units to the drawing's.
struct Grid {
    extent: f64,
    place: Place,
    north: f64,
    height: f64,
}

impl Grid {
    fn new(layer: &Layer<'_>, place: Place) -> Self {
        let row = f64::from(place.y());
        let north = mercator::latitude(row, place.zoom());
        let height = north - mercator::latitude(row + 1.0, place.zoom());
        Self { extent: layer.extent.into(), place, north, height }
    }

    /// Where a corner is drawn. Nothing is drawn far outside of its tile.
    fn place(&self, x: i64, y: i64) -> (i32, i32) {
        let part = |units: i64| {
            let within = i32::try_from(units).unwrap_or(if units < 0 { i32::MIN } else { i32::MAX });
            (f64::from(within) / self.extent).clamp(-1.0, 2.0)
        };
        let latitude = mercator::latitude(f64::from(self.place.y()) + part(y), self.place.zoom());
        (whole(part(x) * SIDE), whole((self.north - latitude) / self.height * SIDE))
    }
}

/// An SVG path that grows.
#[derive(Default)]
struct Path {
    data: String,
}

impl Path {
    fn add(&mut self, feature: &Feature<'_>, grid: &Grid) -> Result<(), Malformed> {
        let is_area = feature.shape == Shape::Polygons;
        let mut corners: Vec<(i32, i32)> = Vec::new();
        let walked = feature.walk(|step| match step {
            Step::Move(x, y) => {
                self.end(&mut corners, is_area);
                corners.push(grid.place(x, y));
            }
            Step::Line(x, y) => corners.push(grid.place(x, y)),
            Step::Close => {}
        });
        self.end(&mut corners, is_area);
        walked
    }

    /// Writes a line or ring, without the corners that nobody could see.
    fn end(&mut self, corners: &mut Vec<(i32, i32)>, is_area: bool) {
        let all = std::mem::take(corners);
        let Some((first, rest)) = all.split_first() else { return };
        let (mut last, mut drawn) = (*first, 0_u32);
        let mut data = format!("M{} {}", first.0, first.1);
        for (at, corner) in rest.iter().enumerate() {
            let (right, down) = (corner.0 - last.0, corner.1 - last.1);
            // A line keeps its end: another may begin there.
            let is_end = !is_area && at + 1 == rest.len();
            if right.abs() + down.abs() >= NEAR || is_end && (right, down) != (0, 0) {
                let _ = write!(data, "l{right} {down}");
                (last, drawn) = (*corner, drawn + 1);
            }
        }
        if is_area {
            data.push('z');
        }
        if drawn > u32::from(is_area) && self.data.len() + data.len() <= ROOM {
            self.data.push_str(&data);
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "some thousand units; `as` saturates")]
fn whole(value: f64) -> i32 {
    value.round() as i32
}

#[cfg(test)]
#[path = "vector_tests.rs"]
mod tests;
