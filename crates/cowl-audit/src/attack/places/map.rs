//! The public map: names and shapes of zones are no secret, so the attacker has them.

use std::collections::HashMap;

use super::{Area, Located, Place};
use crate::attack::Truth;
use crate::convert::float_len;

/// Width of a square of the index, degrees; a place is looked for in its own square and the eight around.
const SQUARE: f64 = 0.02;
/// Samples kept in each square.
const PER_SQUARE: usize = 64;

/// Zones by name and by place. Their outlines are not in a truth file, so places that the truth assigns to a zone stand for them: a map
/// that everybody can buy would be at least as good.
#[derive(Debug, Default)]
pub(crate) struct Map {
    names: HashMap<String, u32>,
    zones: Vec<Zone>,
    samples: HashMap<[u64; 2], Vec<(Place, u32)>>,
}

#[derive(Debug)]
struct Zone {
    centre: Place,
    /// Mean distance of the samples from the centre, doubled: a circle that holds most of them.
    radius: f64,
    residents: Option<u64>,
}

impl Map {
    pub(crate) fn new(truth: &Truth) -> Self {
        let mut map = Self::default();
        for (index, zone) in (0_u32..).zip(&truth.zones) {
            map.names.insert(folded(zone.zone.as_bytes()), index);
            let centre = Place { lat: zone.lat, lon: zone.lon };
            map.zones.push(Zone { centre, radius: 0.0, residents: zone.residents });
        }
        let mut spread = vec![(0.0, 0_usize); map.zones.len()];
        for message in truth.messages.values() {
            let place = message.lat.zip(message.lon).and_then(|(lat, lon)| Place::new(lat, lon));
            let zone = message.zone.as_deref().and_then(|name| map.names.get(&folded(name.as_bytes())));
            let (Some(place), Some(&zone)) = (place, zone) else { continue };
            let index = usize::try_from(zone).unwrap_or(usize::MAX);
            if let (Some(known), Some((sum, count))) = (map.zones.get(index), spread.get_mut(index)) {
                *sum += known.centre.metres(place);
                *count += 1;
            }
            map.samples.entry(square(place, 0.0, 0.0)).or_default().push((place, zone));
        }
        for (zone, (sum, count)) in map.zones.iter_mut().zip(spread) {
            zone.radius = if count == 0 { 0.0 } else { 2.0 * sum / float_len(count) };
        }
        for sample in map.samples.values_mut() {
            // hash maps have no order: the same truth must give the same map
            sample.sort_by(|(one, _), (other, _)| {
                one.lat.total_cmp(&other.lat).then(one.lon.total_cmp(&other.lon))
            });
            let stride = sample.len().div_ceil(PER_SQUARE).max(1);
            *sample = sample.iter().copied().step_by(stride).collect();
        }
        map
    }

    /// The zone of this name, in any case, as an area.
    pub(crate) fn zone_named(&self, name: &[u8]) -> Option<Area> {
        if self.names.is_empty() || name.len() > 128 {
            return None;
        }
        self.names.get(&folded(name)).and_then(|zone| self.zone(*zone))
    }

    /// A zone as an area.
    pub(crate) fn zone(&self, zone: u32) -> Option<Area> {
        let known = self.zones.get(usize::try_from(zone).ok()?)?;
        Some(Area::of_zone(zone, known.centre, known.radius))
    }

    /// Who lives in a zone.
    pub(crate) fn residents(&self, zone: u32) -> Option<u64> {
        self.zones.get(usize::try_from(zone).ok()?)?.residents
    }

    /// Who lives in all zones; `None` if that is not known of each.
    pub(crate) fn all_residents(&self) -> Option<u64> {
        if self.zones.is_empty() {
            return None;
        }
        self.zones.iter().map(|zone| zone.residents).sum()
    }

    /// Centres of all zones.
    pub(crate) fn centres(&self) -> impl Iterator<Item = Located> {
        (0_u32..).zip(&self.zones).map(|(zone, known)| Located { place: known.centre, zone: Some(zone) })
    }

    /// The zone that a place lies in: that of the nearest sample, else of the nearest centre.
    pub(crate) fn locate(&self, place: Place) -> Located {
        let steps = [-1.0, 0.0, 1.0];
        let around = steps.iter().flat_map(|north| steps.iter().map(move |east| (*north, *east)));
        let near = around
            .filter_map(|(north, east)| self.samples.get(&square(place, north, east)))
            .flatten()
            .map(|(sample, zone)| (place.metres(*sample), *zone));
        let zone = nearest(near).or_else(|| {
            nearest((0_u32..).zip(&self.zones).map(|(zone, known)| (known.centre.metres(place), zone)))
        });
        Located { place, zone }
    }
}

fn nearest(candidates: impl Iterator<Item = (f64, u32)>) -> Option<u32> {
    candidates.min_by(|one, other| one.0.total_cmp(&other.0)).map(|(_, zone)| zone)
}

/// The square of a place, or one beside it. Adding 0 makes −0 and 0 one.
fn square(place: Place, north: f64, east: f64) -> [u64; 2] {
    let step = |degrees: f64, by: f64| ((degrees / SQUARE).floor() + by + 0.0).to_bits();
    [step(place.lat, north), step(place.lon, east)]
}

/// A name without case and outer spaces.
fn folded(name: &[u8]) -> String {
    String::from_utf8_lossy(name.trim_ascii()).to_lowercase()
}
