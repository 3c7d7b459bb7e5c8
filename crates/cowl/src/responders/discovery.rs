//! Home Assistant's MQTT discovery: one device for each topic, one sensor for each field that the role reads.

use aws_lc_rs::digest::{SHA256, digest};
use cowl_core::{
    Policy, RoleIndex,
    policy::{FieldKind, Precision},
};
use serde_json::{Value, json};

use super::object::free_name;
use crate::transport::{Publication, Qos, Topic};

/// What Home Assistant calls a temperature.
const CELSIUS: &str = "°C";

/// The messages that make a topic's sensors known, retained. Empty payloads at the same topics take them back.
pub(super) fn sensors(
    prefix: &str,
    policy: &Policy,
    role: RoleIndex,
    topic: &Topic,
    expire_after: u32,
) -> Vec<Publication> {
    let Some(rules) = policy.role(role) else { return Vec::new() };
    let fields = rules.reads.iter().filter_map(|read| {
        let field = policy.field(read.field)?;
        let device = device_of(topic);
        let name = free_name(&field.name, policy);
        let object: String =
            field.name.chars().map(|char| if char.is_ascii_alphanumeric() { char } else { '_' }).collect();
        let mut sensor = json!({
            "name": field.name,
            "unique_id": format!("{device}_{object}"),
            "object_id": format!("{device}_{object}"),
            "state_topic": topic.as_str(),
            "value_template": template(&name, &field.kind, read.precision),
            "json_attributes_topic": topic.as_str(),
            "expire_after": expire_after,
            "device": {
                "identifiers": [device],
                "name": topic.as_str(),
                "manufacturer": "Cowl",
                "model": rules.name,
            },
        });
        if let FieldKind::Number { unit, .. } = &field.kind
            && let Some(members) = sensor.as_object_mut()
        {
            members.insert("state_class".to_owned(), json!("measurement"));
            if !unit.is_empty() {
                members.insert("unit_of_measurement".to_owned(), json!(unit));
            }
            if unit == CELSIUS {
                members.insert("device_class".to_owned(), json!("temperature"));
            }
        }
        config(prefix, &device, &object, sensor.to_string().into_bytes())
    });
    fields.collect()
}

/// The messages that take a topic's sensors back.
pub(super) fn withdrawal(prefix: &str, policy: &Policy, role: RoleIndex, topic: &Topic) -> Vec<Publication> {
    let mut messages = sensors(prefix, policy, role, topic, 0);
    for message in &mut messages {
        message.payload = Vec::new().into();
    }
    messages
}

fn config(prefix: &str, device: &str, object: &str, payload: Vec<u8>) -> Option<Publication> {
    let topic = Topic::new(format!("{prefix}/sensor/{device}/{object}/config")).ok()?;
    Some(Publication::new(topic, payload, Qos::AtLeastOnce).retained())
}

/// A name for a topic that no topic can make equal to another's.
fn device_of(topic: &Topic) -> String {
    let hash = digest(&SHA256, topic.as_str().as_bytes());
    format!("cowl_{}", hex::encode(hash.as_ref().get(..8).unwrap_or_default()))
}

/// How Home Assistant finds a field in a report. Names come from the signed policy, never from a report.
fn template(name: &str, kind: &FieldKind, precision: Precision) -> Value {
    let quoted = name.replace('\\', "\\\\").replace('\'', "\\'");
    let member = format!("value_json['{quoted}']");
    let shown = match (kind, precision) {
        (FieldKind::Position, Precision::Level { .. }) => format!("{member}.zone"),
        (FieldKind::Position, _) => format!("{member}.lat ~ ',' ~ {member}.lon"),
        _ => member.clone(),
    };
    json!(format!("{{{{ {shown} if {member} is defined else this.state }}}}"))
}
