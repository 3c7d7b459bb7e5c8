//! The smallest zones of the truth: in which one is a person?
//!
//! Squares of 1/16 degree, about 6.8 km: as large on average as Haiti's 570 communal sections (27,750 km² in all), whose outlines may
//! not ship. How many people live in a square is not known.

use crate::geo::Point;

/// Squares a degree.
const PER_DEGREE: f64 = 16.0;
/// The south-western corner of the box around Haiti, degrees.
const CORNER: Point = Point { latitude: 18.0, longitude: -74.5 };
/// Squares from south to north, and from west to east.
const ROWS: u16 = 34;
const COLUMNS: u16 = 47;

/// A square.
#[derive(Debug, Clone, PartialEq)]
pub struct Section {
    /// Its name, such as `S09-35`: rows from the south, columns from the west.
    pub code: String,
    /// Its middle.
    pub centre: Point,
}

/// All squares, row by row from the south-west.
#[derive(Debug, Clone)]
pub struct Sections(Vec<Section>);

impl Sections {
    /// Lays the squares out.
    pub fn new() -> Self {
        let square = |row: u16, column: u16| Section {
            code: format!("S{row:02}-{column:02}"),
            centre: Point {
                latitude: CORNER.latitude + (f64::from(row) + 0.5) / PER_DEGREE,
                longitude: CORNER.longitude + (f64::from(column) + 0.5) / PER_DEGREE,
            },
        };
        Self((0..ROWS).flat_map(|row| (0..COLUMNS).map(move |column| square(row, column))).collect())
    }

    /// All of them.
    pub fn all(&self) -> &[Section] {
        &self.0
    }

    /// The square that a place is in; none outside the box.
    pub fn of(&self, place: Point) -> Option<&Section> {
        let row = step(place.latitude - CORNER.latitude, ROWS)?;
        let column = step(place.longitude - CORNER.longitude, COLUMNS)?;
        self.0.get(row * usize::from(COLUMNS) + column)
    }
}

impl Default for Sections {
    fn default() -> Self {
        Self::new()
    }
}

/// How many squares a difference of degrees spans, if it is below `end`.
fn step(degrees: f64, end: u16) -> Option<usize> {
    (0..end).find(|index| (0.0..1.0).contains(&(degrees * PER_DEGREE - f64::from(*index)))).map(usize::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_middle_is_in_its_own_square_and_what_is_outside_in_none() {
        let sections = Sections::new();
        assert_eq!(sections.all().len(), 34 * 47);
        for section in sections.all() {
            assert_eq!(sections.of(section.centre), Some(section));
        }
        for outside in [(17.99, -73.0), (20.13, -73.0), (19.0, -74.51), (19.0, -71.5), (f64::NAN, -73.0)] {
            assert_eq!(sections.of(Point { latitude: outside.0, longitude: outside.1 }), None);
        }
        // Port-au-Prince
        let found = sections.of(Point { latitude: 18.54, longitude: -72.34 }).map(|one| one.code.as_str());
        assert_eq!(found, Some("S08-34"));
    }
}
