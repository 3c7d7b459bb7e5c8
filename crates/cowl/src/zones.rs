//! Zones from a GeoJSON file (RFC 7946).

use cowl_core::{LabelError, Ladder, NamedPolygon, Polygons, PolygonsError, Position, System, ZoneLabel};
use serde_json::{Map, Value};

use crate::meant;

/// The property that names a zone when the policy names none.
pub(crate) const NAME: &str = "name";

/// Why a GeoJSON text gives no zones, where, and what to do. Zones are public: their names may stand in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {problem}")]
pub struct GeoJsonError {
    /// `line 3, column 7`, or `feature 2 (Sud)`, counted from 1.
    pub place: String,
    /// What is wrong there.
    pub problem: String,
    /// What would help.
    pub hint: String,
}

/// The zone that was probably meant by a name that [`Ladder::find`] does not know; `None` where none has a name like it. Only polygons
/// have names.
pub fn meant(zones: &Ladder, name: &str) -> Option<ZoneLabel> {
    let polygons = zones.levels().iter().filter_map(|level| match &level.system {
        System::Polygons(polygons) => Some(polygons.zones()),
        System::Mgrs(_) | System::H3(_) => None,
    });
    let labels: Vec<_> = polygons.flatten().map(NamedPolygon::label).collect();
    let near = meant::nearest(name.trim(), labels.iter().map(ZoneLabel::as_str))?;
    labels.iter().find(|label| label.as_str() == near).copied()
}

/// Reads the polygons of a feature collection, or of one feature, named by a property: the one given, or `name`.
///
/// Names are the zones' labels, so each stands once and has at most [`ZoneLabel::MAX`] bytes; where names are long,
/// take a property that holds a code. Heights are ignored. What is not a polygon is refused rather than left out, as
/// is a file in another reference system than WGS 84.
pub fn polygons_from_geojson(text: &str, name_property: Option<&str>) -> Result<Polygons, GeoJsonError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let root: Value = serde_json::from_str(text).map_err(|error| {
        let place = format!("line {}, column {}", error.line(), error.column());
        fault(&place, "not JSON", "is this the GeoJSON file, whole?")
    })?;
    check_reference_system(&root)?;
    let single = std::slice::from_ref(&root);
    let features = match (root.get("type").and_then(Value::as_str), root.get("features")) {
        (Some("FeatureCollection"), Some(Value::Array(features))) => features.as_slice(),
        (Some("Feature"), _) => single,
        _ => return Err(fault("the top", "no feature collection", "zones are features with a name")),
    };
    let zones = features
        .iter()
        .enumerate()
        .map(|(index, feature)| {
            polygon(&format!("feature {}", index + 1), feature, name_property.unwrap_or(NAME))
        })
        .collect::<Result<Vec<_>, _>>()?;
    let labels: Vec<ZoneLabel> = zones.iter().map(NamedPolygon::label).collect();
    Polygons::new(zones).map_err(|error| {
        let (place, hint) = match error {
            PolygonsError::Duplicate { first, second } => {
                let name = labels.get(second).map(ZoneLabel::as_str).unwrap_or_default();
                let place = format!("features {} and {}", first + 1, second + 1);
                let hint = format!("both are `{name}`: name a property that differs, such as a code");
                return fault(&place, "two zones of one name", &hint);
            }
            PolygonsError::Points => {
                ("the features", "simplify the outlines, for instance with mapshaper or QGIS")
            }
            _ => ("the features", "split the file into several levels"),
        };
        fault(place, &error.to_string(), hint)
    })
}

fn polygon(place: &str, feature: &Value, name_property: &str) -> Result<NamedPolygon, GeoJsonError> {
    let name = name(place, feature, name_property)?;
    let place = format!("{place} ({name})");
    let label = ZoneLabel::new(&name).map_err(|error| {
        let hint = match error {
            LabelError::TooLong => "name another property, such as a code",
            LabelError::Empty | LabelError::Control => "name another property",
        };
        fault(&place, &error.to_string(), hint)
    })?;
    let rings = rings(&place, feature.get("geometry").unwrap_or(&Value::Null))?;
    NamedPolygon::new(label, &rings).map_err(|error| {
        let hint = match error {
            PolygonsError::Antimeridian { .. } => "most map tools cut there: ogr2ogr -wrapdateline",
            _ => "corners nearer to each other than a metre count as one",
        };
        fault(&place, &error.to_string(), hint)
    })
}

fn name(place: &str, feature: &Value, property: &str) -> Result<String, GeoJsonError> {
    let empty = Map::new();
    let properties = feature.get("properties").and_then(Value::as_object).unwrap_or(&empty);
    match properties.get(property) {
        Some(Value::String(name)) => Ok(name.trim().to_owned()),
        Some(Value::Number(number)) => Ok(number.to_string()),
        _ => {
            let known: Vec<&str> = properties.keys().map(String::as_str).collect();
            let hint = if known.is_empty() {
                "the feature has no properties".to_owned()
            } else {
                format!("its properties are {}: name one of them", known.join(", "))
            };
            Err(fault(place, &format!("no property `{property}` that holds a name"), &hint))
        }
    }
}

fn rings(place: &str, geometry: &Value) -> Result<Vec<Vec<Position>>, GeoJsonError> {
    let kind = geometry.get("type").and_then(Value::as_str);
    let coordinates = geometry.get("coordinates").and_then(Value::as_array);
    let rings: Vec<&Value> = match (kind, coordinates) {
        (Some("Polygon"), Some(rings)) => rings.iter().collect(),
        (Some("MultiPolygon"), Some(parts)) => {
            let malformed = || fault(place, "a part is no list of rings", "is the file whole?");
            let parts = parts.iter().map(|part| part.as_array().ok_or_else(malformed));
            parts.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect()
        }
        _ => {
            let problem = format!("{} is not an outline", kind.unwrap_or("no geometry"));
            return Err(fault(
                place,
                &problem,
                "zones are of type Polygon or MultiPolygon: leave out the rest",
            ));
        }
    };
    let ring = |(index, ring): (usize, &Value)| {
        let place = format!("{place}, ring {}", index + 1);
        let corners =
            ring.as_array().ok_or_else(|| fault(&place, "no list of corners", "is the file whole?"))?;
        corners
            .iter()
            .enumerate()
            .map(|(index, at)| corner(&format!("{place}, corner {}", index + 1), at))
            .collect()
    };
    rings.into_iter().enumerate().map(ring).collect()
}

fn corner(place: &str, corner: &Value) -> Result<Position, GeoJsonError> {
    let axis = |index| corner.get(index).and_then(Value::as_f64);
    let (Some(longitude), Some(latitude)) = (axis(0), axis(1)) else {
        return Err(fault(place, "no two numbers", "a corner is [longitude, latitude] in degrees"));
    };
    Position::new(latitude, longitude).map_err(|error| {
        fault(
            place,
            &error.to_string(),
            "a corner is [longitude, latitude] in degrees of WGS 84; past 180° cut the zone (RFC 7946 §3.1.9)",
        )
    })
}

/// Files of before RFC 7946 may say another reference system; read as degrees it would put zones anywhere.
fn check_reference_system(root: &Value) -> Result<(), GeoJsonError> {
    let Some(name) = root.pointer("/crs/properties/name").and_then(Value::as_str) else { return Ok(()) };
    if name.ends_with("CRS84") || name.ends_with("4326") {
        return Ok(());
    }
    Err(fault("crs", "another reference system than WGS 84", "convert it: ogr2ogr -t_srs EPSG:4326"))
}

fn fault(place: &str, problem: &str, hint: &str) -> GeoJsonError {
    GeoJsonError { place: place.to_owned(), problem: problem.to_owned(), hint: hint.to_owned() }
}

#[cfg(test)]
#[path = "zones_tests.rs"]
mod tests;
