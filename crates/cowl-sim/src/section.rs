//! The smallest administrative zones: in which one is a person, and how many live there.

use crate::geo::Point;

/// A communal section of Haiti, by the centroid of its area.
#[derive(Debug, Clone, PartialEq)]
pub struct Section {
    /// Its code, such as `HT0111-01`.
    pub code: &'static str,
    /// The centroid.
    pub centre: Point,
    /// People who live there (2019).
    pub residents: u64,
}

/// All sections, in the order of their codes. A place is in the one whose centre is nearest: no outlines ship.
#[derive(Debug, Clone)]
pub struct Sections(Vec<Section>);

const TABLE: &str = include_str!("../assets/sections.csv");

impl Sections {
    /// Reads the table.
    pub fn new() -> Self {
        Self(TABLE.lines().filter_map(section).collect())
    }

    /// All of them.
    pub fn all(&self) -> &[Section] {
        &self.0
    }

    /// The section that a place is in.
    pub fn of(&self, place: Point) -> Option<&Section> {
        // A plane is near enough among centres: Haiti is 200 km high.
        let east = libm::cos(place.latitude.to_radians());
        let square = |section: &Section| {
            let (dx, dy) = (
                (section.centre.longitude - place.longitude) * east,
                section.centre.latitude - place.latitude,
            );
            dx * dx + dy * dy
        };
        self.0.iter().min_by(|one, other| square(one).total_cmp(&square(other)))
    }
}

impl Default for Sections {
    fn default() -> Self {
        Self::new()
    }
}

fn section(line: &'static str) -> Option<Section> {
    let mut cells = line.split(',');
    let code = cells.next()?;
    let centre = Point { latitude: cells.next()?.parse().ok()?, longitude: cells.next()?.parse().ok()? };
    Some(Section { code, centre, residents: cells.next()?.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_a_section() {
        let sections = Sections::new();
        assert_eq!(sections.all().len(), TABLE.lines().count());
        assert_eq!(sections.all().len(), 570);
        let residents: u64 = sections.all().iter().map(|section| section.residents).sum();
        assert!((11_000_000..13_000_000).contains(&residents), "{residents}");
    }

    #[test]
    fn a_centre_is_in_its_own_section() {
        let sections = Sections::new();
        for section in sections.all() {
            assert_eq!(sections.of(section.centre).map(|found| found.centre), Some(section.centre));
        }
    }
}
