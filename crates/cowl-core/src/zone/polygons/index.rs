//! Edges sorted into rows of latitude, so that locating looks at the few edges that a parallel meets.

use alloc::{vec, vec::Vec};

use super::{NamedPolygon, Point, edges};
use crate::zone::numeric;

/// The most rows; their table costs four bytes each.
const MAX_ROWS: i32 = 4_096;
/// An edge stands in this many rows on average at most. More rows cost memory, fewer cost time.
const ROWS_PER_EDGE: i64 = 4;

/// An edge that is not horizontal, in grid units, always from its southern to its northern end: a common edge
/// of two zones is then computed alike for both, rounding included.
#[derive(Clone, Copy)]
pub(super) struct Edge {
    south: Point,
    north: Point,
    zone: u16,
}

impl Edge {
    /// `None` for a horizontal edge, which no parallel crosses.
    pub(super) fn new(from: Point, to: Point, zone: u16) -> Option<Self> {
        match from.latitude.cmp(&to.latitude) {
            core::cmp::Ordering::Less => Some(Self { south: from, north: to, zone }),
            core::cmp::Ordering::Equal => None,
            core::cmp::Ordering::Greater => Some(Self { south: to, north: from, zone }),
        }
    }

    /// Whether a ray from a place due east meets the edge; a place on the edge does not.
    pub(super) fn is_east_of(&self, x: f64, y: f64) -> bool {
        let (x0, y0) = (f64::from(self.south.longitude), f64::from(self.south.latitude));
        let (x1, y1) = (f64::from(self.north.longitude), f64::from(self.north.latitude));
        y0 <= y && y < y1 && (x1 - x0) * (y - y0) > (x - x0) * (y1 - y0)
    }
}

#[derive(Clone)]
pub(super) struct RowIndex {
    edges: Vec<Edge>,
    rows: Rows,
    /// Where each row begins in `entries`, and the end.
    starts: Vec<u32>,
    /// Indices of edges, row by row, in order of zones within a row.
    entries: Vec<u32>,
}

/// Rows of one height from the southernmost corner on.
#[derive(Clone, Copy)]
struct Rows {
    south: i32,
    height: i32,
    count: i32,
}

impl RowIndex {
    pub(super) fn new(zones: &[NamedPolygon]) -> Self {
        let edges: Vec<Edge> = zones
            .iter()
            .zip(0..=u16::MAX)
            .flat_map(|(zone, number)| zone.rings.iter().map(move |ring| (ring, number)))
            .flat_map(|(ring, number)| edges(ring).filter_map(move |(from, to)| Edge::new(from, to, number)))
            .collect();
        let rows = Rows::fitting(&edges);
        let mut buckets: Vec<Vec<u32>> = vec![Vec::new(); usize::try_from(rows.count).unwrap_or_default()];
        for (edge, number) in edges.iter().zip(0..) {
            for row in rows.of(edge) {
                if let Some(bucket) = usize::try_from(row).ok().and_then(|row| buckets.get_mut(row)) {
                    bucket.push(number);
                }
            }
        }
        let mut starts = vec![0];
        let mut entries = Vec::new();
        for bucket in buckets {
            entries.extend(bucket);
            starts.push(u32::try_from(entries.len()).unwrap_or(u32::MAX));
        }
        Self { edges, rows, starts, entries }
    }

    #[cfg(test)]
    pub(super) fn size(&self) -> usize {
        self.entries.len().max(self.starts.len())
    }

    /// The first zone around a place given in grid units.
    pub(super) fn locate(&self, x: f64, y: f64) -> Option<usize> {
        let row = usize::try_from(self.rows.at(numeric::floor(y))).ok()?;
        let (start, end) = (*self.starts.get(row)?, *self.starts.get(row + 1)?);
        let entries = self.entries.get(usize::try_from(start).ok()?..usize::try_from(end).ok()?)?;
        let mut inside = false;
        let mut current = 0;
        for entry in entries {
            let edge = self.edges.get(usize::try_from(*entry).ok()?)?;
            if edge.zone != current {
                if inside {
                    break;
                }
                current = edge.zone;
            }
            inside ^= edge.is_east_of(x, y);
        }
        inside.then_some(usize::from(current))
    }
}

impl Rows {
    /// As many rows as keep the index small.
    fn fitting(edges: &[Edge]) -> Self {
        let south = edges.iter().map(|e| e.south.latitude).min().unwrap_or_default();
        let north = edges.iter().map(|e| e.north.latitude).max().unwrap_or_default();
        let allowed = ROWS_PER_EDGE * i64::try_from(edges.len()).unwrap_or(i64::MAX / ROWS_PER_EDGE);
        let mut count = MAX_ROWS;
        loop {
            let rows = Self { south, height: (north - south) / count + 1, count };
            let entries: i64 =
                edges.iter().map(|e| i64::from(rows.of(e).end() - rows.of(e).start() + 1)).sum();
            if count == 1 || (entries <= allowed && i64::from(count) <= allowed) {
                return rows;
            }
            count /= 2;
        }
    }

    fn at(self, latitude: i32) -> i32 {
        (latitude - self.south).div_euclid(self.height)
    }

    fn of(self, edge: &Edge) -> core::ops::RangeInclusive<i32> {
        self.at(edge.south.latitude)..=self.at(edge.north.latitude - 1)
    }
}
