//! Reports for other programs.
//!
//! [`Export`] writes all that was kept, as JSON lines or CSV: for one's own tools. [`Sharing`] writes for others' maps and tables,
//! as GeoJSON, CSV with HXL's hashtags or Cursor on Target: nothing finer than the role may read today, without ids and
//! pseudonyms, times to the minute; or counts per zone, of which small ones are hidden.

mod case;
mod cot;
mod counts;
mod geojson;
mod hxl;
mod place;
mod sharing;

use std::io::{self, Write};

use cowl_core::rfc3339;
use serde_json::{Map, Value};

pub use self::sharing::{NoCounts, Shared, Sharing, What, Written};
use super::{ArchiveError, Kept};

/// The members that stand in front of a report's fields.
const OWN: [&str; 5] = ["report", "role", "epoch", "from", "received"];

/// How reports are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One JSON object a line.
    Json,
    /// RFC 4180, with a head; places are JSON in their cell.
    Csv,
}

/// Writes reports in a format.
#[derive(Debug)]
pub struct Export {
    format: Format,
    /// CSV knows its columns only at the end.
    rows: Vec<Map<String, Value>>,
}

impl Export {
    /// Nothing yet.
    pub const fn new(format: Format) -> Self {
        Self { format, rows: Vec::new() }
    }

    /// Takes a report.
    pub fn add(&mut self, kept: &Kept, out: &mut dyn Write) -> Result<io::Result<()>, ArchiveError> {
        let object = object(kept)?;
        Ok(match self.format {
            Format::Json => writeln!(out, "{}", Value::Object(object)),
            Format::Csv => {
                self.rows.push(object);
                Ok(())
            }
        })
    }

    /// Writes what is left to write.
    pub fn finish(self, out: &mut dyn Write) -> io::Result<()> {
        if self.format == Format::Json {
            return Ok(());
        }
        let mut columns: Vec<&str> = OWN.to_vec();
        for name in self.rows.iter().flat_map(Map::keys) {
            if !columns.contains(&name.as_str()) {
                columns.push(name);
            }
        }
        let mut csv = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out);
        csv.write_record(&columns).map_err(io::Error::other)?;
        for row in &self.rows {
            let cells = columns.iter().map(|column| row.get(*column).map_or_else(String::new, cell));
            csv.write_record(cells).map_err(io::Error::other)?;
        }
        csv.flush()
    }
}

/// The report's own members, then its fields; a field that is called like one of those has `_field` behind its name.
fn object(kept: &Kept) -> Result<Map<String, Value>, ArchiveError> {
    let damaged = || ArchiveError::Damaged { path: "".into(), what: "fields of record", number: kept.number };
    // What is nested deeper than a place was not made by this program; the parser refuses what is very deep by itself.
    let Ok(Value::Object(fields)) = serde_json::from_str(&kept.fields) else { return Err(damaged()) };
    let mut object = Map::new();
    object.insert("report".to_owned(), hex::encode(kept.report).into());
    object.insert("role".to_owned(), kept.role.as_str().into());
    object.insert("epoch".to_owned(), kept.epoch.into());
    object.insert("from".to_owned(), kept.from.as_deref().unwrap_or("walk-in").into());
    object.insert("received".to_owned(), rfc3339(kept.received).into());
    for (name, value) in fields {
        if depth(&value) > 2 {
            return Err(damaged());
        }
        let mut free = name;
        while OWN.contains(&free.as_str()) || object.contains_key(&free) {
            free.push_str("_field");
        }
        object.insert(free, value);
    }
    if let Some(custody) = &kept.custody {
        object.entry("custody").or_insert_with(|| hex::encode(custody).into());
    }
    Ok(object)
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(values) => 1 + values.iter().map(depth).max().unwrap_or(0),
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

/// Text that a spreadsheet would take for a formula begins with an apostrophe; some take the full-width signs too.
fn cell(value: &Value) -> String {
    const FORMULA: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
    match value {
        Value::String(text) if text.starts_with(FORMULA) => format!("'{text}"),
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod sharing_tests;
