//! Zones from a GeoJSON file (RFC 7946): a feature collection of named polygons.

use cowl_core::{NamedPolygon, Polygons, PolygonsError, Position, ZoneLabel};
use serde::Deserialize;

/// Why a file is not a set of zones. Features are counted from 1, as a person counts them.
#[derive(Debug, thiserror::Error)]
pub enum GeoJsonError {
    /// Not JSON, or not of GeoJSON's form.
    #[error("not a GeoJSON feature collection of polygons: {0}")]
    Json(#[from] serde_json::Error),
    /// A feature has no usable name.
    #[error("feature {feature} has no text property `{property}` to be named by; it has: {known}")]
    NoName {
        /// Which feature.
        feature: usize,
        /// The property looked for.
        property: String,
        /// The properties that it has.
        known: String,
    },
    /// A name that cannot be a label.
    #[error("the name of feature {feature} is no label: {problem}")]
    Name {
        /// Which feature.
        feature: usize,
        /// What is wrong with it.
        problem: String,
    },
    /// A corner that is not on Earth.
    #[error("a corner of feature {feature} is not a longitude and a latitude in degrees (in this order)")]
    Corner {
        /// Which feature.
        feature: usize,
    },
    /// A polygon that is none.
    #[error("feature {feature}: {problem}")]
    Polygon {
        /// Which feature.
        feature: usize,
        /// What is wrong with it.
        problem: PolygonsError,
    },
    /// All polygons together are no set of zones.
    #[error(transparent)]
    Polygons(PolygonsError),
}

#[derive(Deserialize)]
#[serde(tag = "type")]
enum File {
    FeatureCollection { features: Vec<Feature> },
}

#[derive(Deserialize)]
struct Feature {
    geometry: Geometry,
    #[serde(default)]
    properties: serde_json::Map<String, serde_json::Value>,
}

#[derive(Deserialize)]
#[serde(tag = "type", content = "coordinates")]
enum Geometry {
    Polygon(Vec<Vec<Vec<f64>>>),
    MultiPolygon(Vec<Vec<Vec<Vec<f64>>>>),
}

/// Reads named polygons: a `FeatureCollection` of `Polygon` and `MultiPolygon`, each named by a text property
/// (`name` unless another is given).
pub fn polygons_from_geojson(text: &str, name_property: Option<&str>) -> Result<Polygons, GeoJsonError> {
    let File::FeatureCollection { features } = serde_json::from_str(text.trim_start_matches('\u{feff}'))?;
    let property = name_property.unwrap_or("name");
    let zones = (1_usize..).zip(&features).map(|(number, feature)| named(number, feature, property));
    Polygons::new(zones.collect::<Result<_, _>>()?).map_err(GeoJsonError::Polygons)
}

fn named(number: usize, feature: &Feature, property: &str) -> Result<NamedPolygon, GeoJsonError> {
    let name = feature.properties.get(property).and_then(serde_json::Value::as_str).ok_or_else(|| {
        let known: Vec<_> = feature.properties.keys().map(String::as_str).collect();
        GeoJsonError::NoName { feature: number, property: property.to_owned(), known: known.join(", ") }
    })?;
    let label = ZoneLabel::new(name)
        .map_err(|problem| GeoJsonError::Name { feature: number, problem: problem.to_string() })?;
    let rings: Vec<&Vec<Vec<f64>>> = match &feature.geometry {
        Geometry::Polygon(rings) => rings.iter().collect(),
        Geometry::MultiPolygon(polygons) => polygons.iter().flatten().collect(),
    };
    let corner = |corner: &Vec<f64>| match corner.as_slice() {
        [longitude, latitude, ..] => Position::new(*latitude, *longitude).ok(),
        _ => None,
    };
    let ring = |ring: &&Vec<Vec<f64>>| ring.iter().map(corner).collect::<Option<Vec<_>>>();
    let rings: Option<Vec<_>> = rings.iter().map(ring).collect();
    NamedPolygon::new(label, &rings.ok_or(GeoJsonError::Corner { feature: number })?)
        .map_err(|problem| GeoJsonError::Polygon { feature: number, problem })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy_file::HAITI_DEPARTMENTS;

    fn error(text: &str) -> String {
        polygons_from_geojson(text, None).unwrap_err().to_string()
    }

    #[test]
    fn reads_haitis_departments() {
        assert_eq!(polygons_from_geojson(HAITI_DEPARTMENTS, None).unwrap().zones().len(), 10);
    }

    #[test]
    fn says_which_feature_is_wrong() {
        let file = |feature: &str| {
            format!(r#"{{"type": "FeatureCollection", "features": [{feature}]}}"#)
        };
        let ring = "[[[0, 0], [0, 1], [1, 1], [0, 0]]]";
        assert!(error("{").contains("line 1"));
        let unnamed = format!(r#"{{"properties": {{"a": 1}}, "geometry": {{"type": "Polygon", "coordinates": {ring}}}}}"#);
        assert_eq!(error(&file(&unnamed)), "feature 1 has no text property `name` to be named by; it has: a");
        let far = r#"{"properties": {"name": "X"}, "geometry": {"type": "Polygon", "coordinates": [[[0, 91], [0, 1], [1, 1]]]}}"#;
        assert!(error(&file(far)).contains("corner of feature 1"));
        let flat = r#"{"properties": {"name": "X"}, "geometry": {"type": "Polygon", "coordinates": [[[0, 9], [0, 1]]]}}"#;
        assert!(error(&file(flat)).starts_with("feature 1: ring 0"));
        assert!(error(r#"{"type": "Feature"}"#).contains("not a GeoJSON feature collection"));
    }
}
