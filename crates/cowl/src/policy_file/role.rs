//! `[role.NAME]`: who may read what, how precisely.

use std::ops::Range;

use cowl_core::policy::{Field, FieldKind, Precision, Read, Role, RoleKind};
use cowl_core::{Decimal, FieldIndex, Ladder, MAX_DECIMALS, RoleIndex};

use super::error::PolicyFileError;
use super::reader::{Named, Node, Table, nearest};
use super::{Places, zones};

pub(super) fn read(
    root: &Table<'_>,
    fields: &[Field],
    zones: &Ladder,
    places: &mut Places,
) -> Result<Vec<Role>, PolicyFileError> {
    let roles = root.required("role")?.table()?.named();
    places.roles = roles.iter().map(|entry| entry.key.clone()).collect();
    (0_u8..)
        .map(RoleIndex)
        .zip(&roles)
        .map(|(index, entry)| role(index, entry, fields, zones, places))
        .collect()
}

fn role(
    index: RoleIndex,
    entry: &Named<'_>,
    fields: &[Field],
    zones: &Ladder,
    places: &mut Places,
) -> Result<Role, PolicyFileError> {
    let table = entry.node.table()?;
    let kind = match table.get("kind") {
        None => RoleKind::Reports,
        Some(kind) => match kind.text()? {
            "reports" => RoleKind::Reports,
            "census" => RoleKind::Census,
            other => {
                return Err(kind.error(
                    format!("there is no kind of role `{other}`"),
                    nearest(other, ["reports", "census"]),
                ));
            }
        },
    };
    let mut reads = Vec::new();
    if let Some(list) = table.get("reads") {
        for (read, key) in self::reads(&format!("role `{}`", entry.name), &list, fields, zones)? {
            places.reads.insert((index, read.field), key);
            reads.push(read);
        }
    }
    let role = Role {
        name: entry.name.to_owned(),
        kind,
        size: table.required("size")?.whole()?,
        reads,
        purpose: table.required("purpose")?.text()?.to_owned(),
        retention_seconds: table.required("retention")?.duration()?,
    };
    table.finish()?;
    Ok(role)
}

/// What is read, and where each stands in the file. `who` reads it, in errors.
pub(super) fn reads(
    who: &str,
    list: &Node<'_>,
    fields: &[Field],
    zones: &Ladder,
) -> Result<Vec<(Read, Range<usize>)>, PolicyFileError> {
    let mut reads = Vec::new();
    for read in list.table()?.named() {
        let field = (0_u8..).map(FieldIndex).zip(fields).find(|(_, field)| field.name == read.name);
        let Some((field, known)) = field else {
            let hint = nearest(read.name, fields.iter().map(|field| field.name.as_str()));
            return Err(read.error(format!("{who} reads `{}`, which is no field", read.name), hint));
        };
        if let Some(precision) = precision(&read.node, &known.kind, zones)? {
            reads.push((Read { field, precision }, read.key.clone()));
        }
    }
    Ok(reads)
}

/// `None`: the role does not get it.
fn precision(
    node: &Node<'_>,
    kind: &FieldKind,
    zones: &Ladder,
) -> Result<Option<Precision>, PolicyFileError> {
    if node.is_text() {
        return match (node.text()?, kind) {
            ("drop", _) => Ok(None),
            ("exact", _) => Ok(Some(Precision::Exact)),
            (_, FieldKind::Position) => {
                Ok(Some(Precision::Level { level: zones::named(zones, node)?, anonymous: true }))
            }
            _ => Err(node.error(format!("a {} is read as {}", name(kind), forms(kind)), None)),
        };
    }
    let table = node.table()?;
    let (decimals, step, level, grain) =
        (table.get("decimals"), table.get("step"), table.get("level"), table.get("grain"));
    let anonymous = table.get("anonymous").map(|node| node.flag()).transpose()?;
    table.finish()?;
    match (kind, decimals, step, level, grain) {
        (FieldKind::Number { .. } | FieldKind::Position, Some(decimals), None, None, None)
            if anonymous.is_none() =>
        {
            Ok(Some(Precision::Decimals(decimals.whole()?)))
        }
        (FieldKind::Number { .. }, None, Some(step), None, None) if anonymous.is_none() => {
            self::step(&step).map(Some)
        }
        (FieldKind::Position, None, None, Some(level), None) => {
            let level = zones::named(zones, &level)?;
            Ok(Some(Precision::Level { level, anonymous: anonymous.unwrap_or(true) }))
        }
        (FieldKind::Time, None, None, None, Some(grain)) if anonymous.is_none() => {
            Ok(Some(Precision::Grain(grain.duration()?)))
        }
        _ => Err(node.error(format!("a {} is read as {}", name(kind), forms(kind)), None)),
    }
}

/// The step with as many decimals as it is written with.
fn step(node: &Node<'_>) -> Result<Precision, PolicyFileError> {
    let step = node.number()?;
    (0..=MAX_DECIMALS)
        .filter_map(|decimals| Decimal::round(step, decimals))
        .find(|decimal| decimal.scaled > 0 && (decimal.to_f64() - step).abs() <= f64::EPSILON * step)
        .map(|decimal| Precision::Step { step: decimal.scaled, decimals: decimal.decimals })
        .ok_or_else(|| node.error("a step is more than 0 and has at most 9 decimals", None))
}

const fn name(kind: &FieldKind) -> &'static str {
    match kind {
        FieldKind::Number { .. } => "number",
        FieldKind::Choice { .. } => "choice",
        FieldKind::Flag => "flag",
        FieldKind::Text { .. } => "text",
        FieldKind::Position => "position",
        FieldKind::Time => "time",
    }
}

const fn forms(kind: &FieldKind) -> &'static str {
    match kind {
        FieldKind::Number { .. } => "\"exact\", { decimals = 1 }, { step = 5 } or \"drop\"",
        FieldKind::Position => {
            "\"exact\", a zone level, { level = \"…\", anonymous = false }, { decimals = 3 } or \"drop\""
        }
        FieldKind::Time => "\"exact\", { grain = \"1h\" } or \"drop\"",
        _ => "\"exact\" or \"drop\"",
    }
}
