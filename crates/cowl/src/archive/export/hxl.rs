//! CSV (RFC 4180) with a row of hashtags below its head (HXL 1.1, hxlstandard.org): what humanitarian data tools join by.

use std::io::{self, Write};

use cowl_core::{
    Policy,
    policy::{FieldKind, RoleKind},
    rfc3339,
};
use serde_json::Value;

use super::{
    case::Case,
    cell,
    counts::{Row, called},
    place::{Place, Places, cut},
};

/// Columns of a place: head and hashtag.
const PLACE: [(&str, &str); 5] = [
    ("zone", "#loc+zone+code"),
    ("level", "#loc+zone+type"),
    ("latitude", "#geo+lat"),
    ("longitude", "#geo+lon"),
    ("radius_m", "#geo+radius+m"),
];

/// Reports, one a row.
pub(super) fn cases(cases: &[Case], policy: &Policy, out: &mut dyn Write) -> io::Result<()> {
    let fields = fields(policy);
    let mut head = vec!["received".to_owned(), "role".to_owned(), "triage".to_owned()];
    let mut tags = vec!["#date+received".to_owned(), "#group+role".to_owned(), "#severity+triage".to_owned()];
    for (name, tag) in PLACE {
        head.push(name.to_owned());
        tags.push(tag.to_owned());
    }
    for (name, tag) in &fields {
        head.push(name.clone());
        tags.push(tag.clone());
    }
    let mut csv = writer(out);
    csv.write_record(head.into_iter().map(text)).map_err(io::Error::other)?;
    csv.write_record(tags).map_err(io::Error::other)?;
    for case in cases {
        let triage = case.triage.map_or("", crate::triage::Triage::name);
        let mut row = vec![rfc3339(case.received), text(case.role.clone()), triage.to_owned()];
        row.extend(place(case.place.as_ref()));
        let value = |name: &str| case.fields.iter().find(|(field, _)| field == name).map(|(_, value)| value);
        row.extend(fields.iter().map(|(name, _)| value(name).map_or_else(String::new, cell)));
        csv.write_record(row).map_err(io::Error::other)?;
    }
    csv.flush()
}

/// Counts, one zone and category a row; a category `all` is a zone's total.
pub(super) fn counts(rows: &[Row], k: u64, places: &Places, out: &mut dyn Write) -> io::Result<()> {
    let mut csv = writer(out);
    let columns =
        PLACE.into_iter().chain([("triage", "#severity+triage"), ("reports", "#indicator+num+reports")]);
    let (head, tags): (Vec<_>, Vec<_>) = columns.unzip();
    csv.write_record(head).map_err(io::Error::other)?;
    csv.write_record(tags).map_err(io::Error::other)?;
    for row in rows {
        let at = row.zone.as_ref().and_then(|named| places.zone(&named.zone));
        let mut where_it_is = place(at.as_ref());
        if let (None, [zone, ..]) = (&row.zone, where_it_is.as_mut_slice()) {
            "other zones".clone_into(zone);
        }
        let cells = row.cells.iter().map(|(triage, count)| (called(*triage), *count));
        for (category, count) in cells.chain(row.total.map(|total| ("all", total))) {
            let end = [category.to_owned(), count.text(k)];
            csv.write_record(where_it_is.iter().cloned().chain(end)).map_err(io::Error::other)?;
        }
    }
    csv.flush()
}

fn writer(out: &mut dyn Write) -> csv::Writer<&mut dyn Write> {
    csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out)
}

/// The fields that some role reads, with their hashtags.
fn fields(policy: &Policy) -> Vec<(String, String)> {
    let readers = || policy.roles.iter().filter(|role| role.kind == RoleKind::Reports);
    let is_read = |name: &str| {
        readers().flat_map(|role| &role.reads).any(|read| policy.field_index(name) == Some(read.field))
    };
    let one = |field: &cowl_core::policy::Field| {
        let tag = match field.kind {
            FieldKind::Position => return None,
            FieldKind::Number { .. } => "#indicator+num",
            FieldKind::Choice { .. } => "#indicator+code",
            FieldKind::Flag => "#indicator+bool",
            FieldKind::Text { .. } => "#description",
            FieldKind::Time => "#date",
        };
        is_read(&field.name).then(|| (field.name.clone(), format!("{tag}{}", attribute(&field.name))))
    };
    policy.fields.iter().filter_map(one).collect()
}

/// `+battery`: an attribute is a letter, then letters, digits and underscores. Nothing for a name without such.
fn attribute(name: &str) -> String {
    let plain: String = name
        .chars()
        .map(|symbol| symbol.to_ascii_lowercase())
        .map(|symbol| if symbol.is_ascii_alphanumeric() { symbol } else { '_' })
        .skip_while(|symbol| !symbol.is_ascii_alphabetic())
        .collect();
    if plain.is_empty() { plain } else { format!("+{plain}") }
}

fn place(place: Option<&Place>) -> Vec<String> {
    let Some(place) = place else { return vec![String::new(); PLACE.len()] };
    let zone = place.zone.as_ref();
    let named = |part: fn(&super::place::Named) -> &String| {
        zone.map_or_else(String::new, |zone| text(part(zone).clone()))
    };
    let [latitude, longitude] =
        [place.centre.latitude(), place.centre.longitude()].map(|axis| cut(axis).to_string());
    vec![
        named(|zone| &zone.label),
        named(|zone| &zone.level),
        latitude,
        longitude,
        place.radius_m.ceil().to_string(),
    ]
}

fn text(text: String) -> String {
    cell(&Value::String(text))
}
