//! The base map: an archive of map tiles that the operator has on a disk, shown below the zones of the map.
//!
//! It is read here and handed out to signed-in sessions only, so that nobody else's server learns which places are looked at. The archive
//! came from somewhere: whatever is wrong with it, the map is drawn without it.

mod archive;
mod credit;
mod directory;
mod error;
mod header;
mod mercator;
mod raster;
#[cfg(test)]
pub(crate) mod testing;
mod varint;
mod vector;

use std::{path::Path, sync::Arc};

use cowl::consent::Language;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use archive::Archive;
pub use error::{ArchiveError, BaseMapError};
use header::Kind;
use mercator::Span;
pub(crate) use mercator::{Area, Place, Tile};

/// Where tiles are found.
pub(crate) const TILES: &str = "/map/tiles";

/// Pictures below one map, at the most; drawn ones stay sharp at any size, so that fewer do.
const MOST: (u64, u64) = (24, 12);
/// A tile this many times as wide as the map shows nothing but its pixels.
const STRETCHED: f64 = 8.0;
/// Tiles that are read and drawn at a time: each takes some megabytes.
const AT_ONCE: usize = 2;
/// In the place of a tile that is not there. Archives leave out what is empty, so that this is no error.
const EMPTY: &str = r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>"#;

/// A base map.
#[derive(Debug)]
pub(crate) struct BaseMap {
    archive: Archive,
    credit: String,
    places: Arc<Semaphore>,
}

/// A tile as a browser shows it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Picture {
    pub(crate) kind: &'static str,
    pub(crate) bytes: Vec<u8>,
}

impl BaseMap {
    /// Opens an archive and checks all of it that is not a tile.
    pub(crate) fn open(path: &Path) -> Result<Self, BaseMapError> {
        let archive = Archive::open(path)?;
        let credit = credit::of(archive.metadata().as_deref());
        Ok(Self { archive, credit, places: Arc::new(Semaphore::new(AT_ONCE)) })
    }

    /// Whose work it is, as the archive says; empty if it does not.
    pub(crate) fn credit(&self) -> &str {
        &self.credit
    }

    /// Whether its tiles are drawn here rather than photographs or finished pictures.
    pub(crate) fn is_drawn(&self) -> bool {
        self.archive.header().kind == Kind::Vector
    }

    /// The tiles below an area: of the finest zoom at which they are few. None, if the archive has nothing there or nothing so coarse.
    pub(crate) fn cover(&self, area: &Area) -> Vec<Tile> {
        let header = self.archive.header();
        let most = if self.is_drawn() { MOST.1 } else { MOST.0 };
        let fits = |zoom: &u8| Span::of(area, *zoom).count() <= most;
        let zoom = header.zooms.clone().rev().find(fits).unwrap_or(*header.zooms.start());
        let spans: Vec<_> = area.within(&header.bounds).iter().map(|part| Span::of(part, zoom)).collect();
        let count = spans.iter().fold(0_u64, |sum, span| sum.saturating_add(span.count()));
        if count > most || mercator::width(zoom) > area.width() * STRETCHED {
            return Vec::new();
        }
        spans.into_iter().flat_map(Span::tiles).collect()
    }

    /// A place to make a picture at: there are few, because each takes memory. `None`: the console ends.
    pub(crate) async fn place(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.places).acquire_owned().await.ok()
    }

    /// A tile. An empty picture stands for one that the archive does not have, and for one that is damaged or larger than any tile need
    /// be. Names are in this language where the archive has them. Reads the disk.
    pub(crate) fn picture(&self, place: Place, language: Language) -> Picture {
        self.tile(place, language).unwrap_or_else(|| Picture::drawn(EMPTY.to_owned()))
    }

    fn tile(&self, place: Place, language: Language) -> Option<Picture> {
        let bytes = self.archive.tile(place.id())?;
        if self.is_drawn() {
            return vector::drawing(&bytes, place, language).map(Picture::drawn);
        }
        Some(Picture { kind: raster::kind(&bytes)?, bytes })
    }
}

impl Picture {
    fn drawn(drawing: String) -> Self {
        Self { kind: "image/svg+xml", bytes: drawing.into_bytes() }
    }
}

#[cfg(test)]
#[path = "base_map_tests.rs"]
mod tests;
