//! An opened body as JSON: what a responder's tools read.

use cowl_core::policy::FieldKind;
use cowl_core::{Body, Decimal, ExactPosition, Policy, Value as CowlValue, Zone, rfc3339};
use serde_json::{Map, Value, json};

/// One member per field, named as in the policy, in its order. Numbers as JSON numbers, choices as their words, times
/// as RFC 3339, a zone as `{"zone": label, "level": name}`, a position as `{"lat": …, "lon": …}`.
pub fn to_json(policy: &Policy, body: &Body) -> Map<String, Value> {
    body.iter()
        .filter_map(|(index, value)| policy.field(index).map(|field| (field, value)))
        .map(|(field, value)| (field.name.clone(), self::value(policy, &field.kind, value)))
        .collect()
}

fn value(policy: &Policy, kind: &FieldKind, value: &CowlValue) -> Value {
    match value {
        CowlValue::Number(decimal) => number(*decimal),
        CowlValue::Choice(choice) => match kind {
            FieldKind::Choice { names, .. } => {
                names.get(usize::from(*choice)).map_or(Value::Null, |name| json!(name))
            }
            _ => Value::Null,
        },
        CowlValue::Flag(flag) => json!(flag),
        CowlValue::Text(text) => json!(text),
        CowlValue::Zone(zone) => self::zone(policy, zone),
        CowlValue::Zones(zones) => zones.iter().map(|zone| self::zone(policy, zone)).collect(),
        CowlValue::Exact(ExactPosition { latitude, longitude }) => {
            json!({"lat": number(*latitude), "lon": number(*longitude)})
        }
        CowlValue::Time(seconds) => json!(rfc3339(*seconds)),
    }
}

fn zone(policy: &Policy, zone: &Zone) -> Value {
    let level = policy.zones.levels().get(usize::from(zone.level.0)).map(|level| level.name.as_str());
    json!({"zone": zone.label.as_str(), "level": level})
}

/// A whole number stays whole; a decimal is the nearest `f64`, whose shortest form is the decimal again.
fn number(decimal: Decimal) -> Value {
    if decimal.decimals == 0 { json!(decimal.scaled) } else { json!(decimal.to_f64()) }
}
