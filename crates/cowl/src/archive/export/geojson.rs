//! RFC 7946: a feature for each report, or for each zone with its counts.

use serde_json::{Map, Value, json};

use super::{
    case::Case,
    counts::{Row, called},
    place::{Place, Places},
};

/// A collection of features.
pub(super) fn collection(features: &[Value]) -> Value {
    json!({"type": "FeatureCollection", "features": features})
}

/// A report. One whose place was withheld has no geometry (§3.2).
pub(super) fn case(case: &Case, places: &Places) -> Value {
    let mut properties = Map::new();
    properties.insert("received".to_owned(), cowl_core::rfc3339(case.received).into());
    properties.insert("role".to_owned(), case.role.as_str().into());
    properties.insert("triage".to_owned(), case.triage.map_or(Value::Null, |triage| triage.name().into()));
    if let Some(place) = &case.place {
        put_place(&mut properties, place);
    }
    for (name, value) in &case.fields {
        let mut free = name.clone();
        while properties.contains_key(&free) {
            free.push_str("_field");
        }
        properties.insert(free, value.clone());
    }
    let geometry = case.place.as_ref().map_or(Value::Null, |place| places.geometry(place));
    json!({"type": "Feature", "geometry": geometry, "properties": properties})
}

/// A zone and its counts.
pub(super) fn row(row: &Row, k: u64, places: &Places) -> Value {
    let place = row.zone.as_ref().and_then(|named| places.zone(&named.zone));
    let mut properties = Map::new();
    match &place {
        Some(place) => put_place(&mut properties, place),
        None => drop(properties.insert("zone".to_owned(), "other zones".into())),
    }
    for (triage, count) in &row.cells {
        properties.insert(called(*triage).to_owned(), count.json(k));
    }
    properties.insert("reports".to_owned(), row.total.map_or(Value::Null, |total| total.json(k)));
    let geometry = place.map_or(Value::Null, |place| places.geometry(&place));
    json!({"type": "Feature", "geometry": geometry, "properties": properties})
}

fn put_place(properties: &mut Map<String, Value>, place: &Place) {
    if let Some(named) = &place.zone {
        properties.insert("zone".to_owned(), named.label.as_str().into());
        properties.insert("level".to_owned(), named.level.as_str().into());
    }
    properties.insert("radius_m".to_owned(), place.radius_m.ceil().into());
}
