//! H3 cells, by the crate `h3o`: hexagons of nearly equal area, labelled by their index in hexadecimal.

use alloc::vec::Vec;

use h3o::{CellIndex, LatLng, Resolution};
use minicbor::{Decode, Encode};

use super::{
    Zone, ZoneExtent, ZoneLabel,
    extent::{Corner, Ring, unwrapped},
};
use crate::Position;

/// A number that is not an H3 resolution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an H3 resolution is 0 to 15")]
pub struct H3ResolutionError;

/// An H3 resolution, 0 (cells of 4,000,000 km²) to 15 (1 m²); each step has about a seventh of the area.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct H3Resolution(Resolution);

impl TryFrom<u8> for H3Resolution {
    type Error = H3ResolutionError;

    fn try_from(number: u8) -> Result<Self, H3ResolutionError> {
        Resolution::try_from(number).map(Self).map_err(|_| H3ResolutionError)
    }
}

impl From<H3Resolution> for u8 {
    fn from(resolution: H3Resolution) -> Self {
        Self::from(resolution.0)
    }
}

impl<C> Encode<C> for H3Resolution {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.u8((*self).into())?.ok()
    }
}

impl<'b, C> Decode<'b, C> for H3Resolution {
    fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        let at = d.position();
        Self::try_from(d.u8()?).map_err(|_| minicbor::decode::Error::message("not an H3 resolution").at(at))
    }
}

impl H3Resolution {
    pub(super) fn locate(self, position: Position) -> Option<ZoneLabel> {
        let place = LatLng::new(position.latitude(), position.longitude()).ok()?;
        label(place.to_cell(self.0))
    }

    /// The label of the cell of this resolution that is, or holds, the cell that a text names.
    pub(super) fn find(self, text: &str) -> Option<ZoneLabel> {
        label(text.parse::<CellIndex>().ok()?.parent(self.0)?)
    }

    pub(super) fn extent(self, zone: Zone) -> Option<ZoneExtent> {
        let cell = self.cell(&zone.label)?;
        let centre = corner(LatLng::from(cell));
        let mut extent = ZoneExtent::around(zone, centre, corners(cell).into_iter(), cell.area_km2())?;
        // A cell around a pole has all longitudes, and the pole is its highest latitude but none of its corners.
        for (latitude, edge) in [(90.0, &mut extent.bounds.north), (-90.0, &mut extent.bounds.south)] {
            if LatLng::new(latitude, 0.0).ok()?.to_cell(self.0) == cell {
                *edge = latitude;
                (extent.bounds.west, extent.bounds.east) = (-180.0, 180.0);
            }
        }
        Some(extent)
    }

    /// The outline of a cell. One around a pole has the pole inside, which no ring of longitudes can say.
    pub(super) fn ring(self, label: &ZoneLabel) -> Option<Ring> {
        Some(Ring { corners: corners(self.cell(label)?), hole: false })
    }

    fn cell(self, text: &ZoneLabel) -> Option<CellIndex> {
        let cell: CellIndex = text.as_str().parse().ok()?;
        (cell.resolution() == self.0 && label(cell)? == *text).then_some(cell)
    }
}

fn corners(cell: CellIndex) -> Vec<Corner> {
    let middle = LatLng::from(cell).lng();
    let unwrap = |corner: Corner| Corner { longitude: unwrapped(corner.longitude, middle), ..corner };
    cell.boundary().iter().map(|place| unwrap(corner(*place))).collect()
}

/// Fifteen lower-case hexadecimal digits, as H3's own tools print an index.
fn label(cell: CellIndex) -> Option<ZoneLabel> {
    let mut text = [0_u8; 16];
    let mut value = u64::from(cell);
    for digit in text.iter_mut().rev() {
        *digit = b"0123456789abcdef".get(usize::try_from(value & 15).ok()?).copied()?;
        value >>= 4;
    }
    let text = core::str::from_utf8(&text).ok()?;
    ZoneLabel::new(text.trim_start_matches('0')).ok()
}

fn corner(place: LatLng) -> Corner {
    Corner { latitude: place.lat(), longitude: place.lng() }
}
