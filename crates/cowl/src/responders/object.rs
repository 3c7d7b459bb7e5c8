//! An opened report as the JSON object that local tools get: the same that `cowl sub` prints.

use cowl_core::{Body, Policy};
use serde_json::{Map, Value};

use crate::formats;

/// The members that stand in front of a report's fields.
const OWN: [&str; 4] = ["report", "epoch", "from", "received"];

/// Where a report comes from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Origin<'a> {
    pub(super) report: &'a str,
    pub(super) epoch: u32,
    pub(super) from: &'a str,
    pub(super) received: &'a str,
}

/// The object: `report`, `epoch`, `from`, `received`, then the fields of the role. A field that is called like one of
/// the four has `_field` behind its name.
pub(super) fn object(origin: Origin<'_>, policy: &Policy, body: &Body) -> Vec<u8> {
    let fields = formats::to_json(policy, body);
    let mut object = Map::new();
    object.insert("report".to_owned(), origin.report.into());
    object.insert("epoch".to_owned(), origin.epoch.into());
    object.insert("from".to_owned(), origin.from.into());
    object.insert("received".to_owned(), origin.received.into());
    for (name, value) in fields {
        object.insert(free_name(&name, policy), value);
    }
    Value::Object(object).to_string().into_bytes()
}

/// The name under which a field stands in the object.
pub(super) fn free_name(name: &str, policy: &Policy) -> String {
    let mut free = name.to_owned();
    while OWN.contains(&free.as_str())
        || (free != name && policy.fields.iter().any(|field| field.name == free))
    {
        free.push_str("_field");
    }
    free
}
