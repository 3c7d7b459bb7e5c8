//! `[custody]`: what only several custodians together may open.

use cowl_core::Ladder;
use cowl_core::policy::{Custody, Field};

use super::error::PolicyFileError;
use super::knobs::Knobs;
use super::reader::{Node, Table};
use super::{Places, role};

/// Who opens it, unless the file says otherwise: one of them may be lost, and none can alone.
const DEFAULT_THRESHOLD: u8 = 2;
const DEFAULT_CUSTODIANS: u8 = 3;

pub(super) fn read(
    root: &Table<'_>,
    fields: &[Field],
    zones: &Ladder,
    places: &mut Places,
) -> Result<Option<Custody>, PolicyFileError> {
    let Some(node) = root.get("custody") else { return Ok(None) };
    let table = node.table()?;
    places.knobs.insert("custody.reads", node.span.clone());
    let mut found = Vec::new();
    if let Some(list) = table.get("reads") {
        found = role::reads("`custody`", &list, fields, zones)?;
    }
    let mut reads = Vec::new();
    for (read, key) in found {
        places.custody.insert(read.field, key);
        reads.push(read);
    }
    let mut knobs = Knobs { table: &table, places };
    let threshold = knobs.get("threshold", "custody.threshold", DEFAULT_THRESHOLD, Node::whole)?;
    let custodians = knobs.get("custodians", "custody.custodians", DEFAULT_CUSTODIANS, Node::whole)?;
    let purpose = table.required("purpose")?;
    places.knobs.insert("custody.purpose", purpose.span.clone());
    let custody = Custody { threshold, custodians, purpose: purpose.text()?.to_owned(), reads };
    table.finish()?;
    Ok(Some(custody))
}
