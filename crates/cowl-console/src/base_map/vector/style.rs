//! What is drawn of a tile, and how: by the names of the usual schemes' layers (Protomaps, OpenMapTiles, Shortbread). Lines and outlines of
//! layers of other names are drawn thin, so that a centre's own map shows too.

use super::layer::{Said, Shape};

/// What is drawn alike, from the lowest to the highest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Green,
    Water,
    Building,
    Stream,
    Other,
    Minor,
    Rail,
    Middle,
    Major,
    Boundary,
}

/// Roads' words for their width, and places'.
const KINDS: [&str; 6] = ["class", "kind", "kind_detail", "pmap:kind", "pmap:kind_detail", "place"];

const GREEN: [&str; 14] = [
    "forest",
    "wood",
    "grass",
    "grassland",
    "park",
    "national_park",
    "nature_reserve",
    "protected_area",
    "meadow",
    "scrub",
    "farmland",
    "orchard",
    "wetland",
    "garden",
];

impl Class {
    pub(super) const ALL: [Self; 10] = [
        Self::Green,
        Self::Water,
        Self::Building,
        Self::Stream,
        Self::Other,
        Self::Minor,
        Self::Rail,
        Self::Middle,
        Self::Major,
        Self::Boundary,
    ];

    /// Of what stands in a layer. `None`: it is not drawn as an area or line.
    pub(super) fn of(layer: &str, shape: Shape, said: &[(&str, Said<'_>)]) -> Option<Self> {
        if shape == Shape::Points {
            return None;
        }
        let is_line = shape == Shape::Lines;
        let any = |words: &[&str]| kinds(said).any(|kind| words.contains(&kind));
        Some(match layer {
            "water" | "ocean" | "water_polygons" | "waterway" | "water_lines" | "physical_line" => {
                if is_line { Self::Stream } else { Self::Water }
            }
            "landuse" | "landcover" | "natural" | "land" | "park" | "sites" => {
                if is_line || !(any(&GREEN) || layer == "park") {
                    return None;
                }
                Self::Green
            }
            "building" | "buildings" if !is_line => Self::Building,
            "roads" | "road" | "transportation" | "streets" | "transit" => {
                if any(&["motorway", "trunk", "primary", "highway", "major_road"]) {
                    Self::Major
                } else if any(&["secondary", "tertiary", "medium_road"]) {
                    Self::Middle
                } else if any(&["rail", "railway", "transit", "subway", "light_rail", "tram"]) {
                    Self::Rail
                } else {
                    Self::Minor
                }
            }
            "boundaries" | "boundary" | "admin" => Self::Boundary,
            // The ground everything stands on; and lines that only carry names.
            "earth" | "background" => return None,
            name if name.ends_with("_name") || name.ends_with("_names") || name.contains("label") => {
                return None;
            }
            _ => Self::Other,
        })
    }

    /// How it looks, as attributes: a policy of a page's forbids styles.
    pub(super) const fn look(self) -> &'static str {
        match self {
            Self::Green => r##"fill="#dbe7d0""##,
            Self::Water => r##"fill="#b4cfdd""##,
            Self::Building => r##"fill="#d9d2c6""##,
            Self::Stream => r##"fill="none" stroke="#9cc0d2" stroke-width="12""##,
            Self::Other => r##"fill="none" stroke="#a59c8e" stroke-width="8""##,
            Self::Minor => r##"fill="none" stroke="#c3bbac" stroke-width="10""##,
            Self::Rail => r##"fill="none" stroke="#948d96" stroke-width="12" stroke-dasharray="48 24""##,
            Self::Middle => r##"fill="none" stroke="#b0a48e" stroke-width="20""##,
            Self::Major => r##"fill="none" stroke="#a08b68" stroke-width="32""##,
            Self::Boundary => r##"fill="none" stroke="#8d8496" stroke-width="14" stroke-dasharray="60 36""##,
        }
    }
}

/// How important a place is; `None`: it is not named. Regions are what the zones are for.
pub(super) fn importance(layer: &str, said: &[(&str, Said<'_>)]) -> Option<f64> {
    if !matches!(layer, "place" | "places" | "place_label" | "place_labels") {
        return None;
    }
    let any = |words: &[&str]| kinds(said).any(|kind| words.contains(&kind));
    if any(&["continent", "country", "state", "province", "region"]) {
        return None;
    }
    let classes: [(&[&str], f64); 3] = [(&["city", "capital"], 3.0), (&["town"], 2.0), (&["village"], 1.0)];
    let class = classes.iter().find_map(|(words, class)| any(words).then_some(*class)).unwrap_or(0.0);
    let number = |wanted: &str| {
        let number = said.iter().find_map(|(key, value)| match value {
            _ if *key != wanted => None,
            Said::Number(number) => Some(*number),
            Said::Text(text) => text.parse().ok(),
        });
        number.filter(|number: &f64| number.is_finite())
    };
    let people = number("population").map_or(0.0, |count| count.max(1.0).log10() / 10.0);
    let steps = number("population_rank").map_or(0.0, |rank| rank / 20.0);
    let rank = number("rank").map_or(0.0, |rank| rank / 50.0);
    Some(class + people.clamp(0.0, 1.0) + steps.clamp(0.0, 1.0) - rank.clamp(0.0, 1.0))
}

/// A place's name: in this language, or as it says itself.
pub(super) fn name<'a>(said: &[(&str, Said<'a>)], language: &str) -> Option<&'a str> {
    let own = |wanted: &str| {
        said.iter().find_map(|(key, value)| match value {
            Said::Text(text) if *key == wanted && !text.is_empty() => Some(*text),
            _ => None,
        })
    };
    own(&format!("name:{language}")).or_else(|| own(&format!("name_{language}"))).or_else(|| own("name"))
}

fn kinds<'a>(said: &'a [(&str, Said<'_>)]) -> impl Iterator<Item = &'a str> {
    said.iter().filter_map(|(key, value)| match value {
        Said::Text(text) if KINDS.contains(key) => Some(*text),
        _ => None,
    })
}
