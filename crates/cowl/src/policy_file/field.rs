//! `[field.NAME]`: what may be reported.

use cowl_core::policy::{Alias, Field, FieldKind, Input, Sensitivity, Source};

use super::Places;
use super::error::PolicyFileError;
use super::reader::{Named, Node, Table, nearest};

pub(super) fn read(root: &Table<'_>, places: &mut Places) -> Result<Vec<Field>, PolicyFileError> {
    let fields = root.required("field")?.table()?.named();
    places.fields = fields.iter().map(|entry| entry.key.clone()).collect();
    fields.iter().map(field).collect()
}

fn field(entry: &Named<'_>) -> Result<Field, PolicyFileError> {
    let table = entry.node.table()?;
    let field = Field {
        name: entry.name.to_owned(),
        kind: kind(&table)?,
        from: match table.get("from") {
            Some(from) => from.list()?.iter().map(input).collect::<Result<_, _>>()?,
            None => vec![Input::One(Source::Name(entry.name.to_owned()))],
        },
        sensitivity: sensitivity(&table.required("sensitivity")?)?,
        purpose: table.required("purpose")?.text()?.to_owned(),
        basis: table.required("basis")?.text()?.to_owned(),
        optional: table.get("optional").map_or(Ok(true), |node| node.flag())?,
        with_position: table.get("with_position").map_or(Ok(false), |node| node.flag())?,
    };
    table.finish()?;
    Ok(field)
}

fn kind(table: &Table<'_>) -> Result<FieldKind, PolicyFileError> {
    let kind = table.required("kind")?;
    match kind.text()? {
        "number" => Ok(FieldKind::Number {
            unit: table.get("unit").map_or(Ok(""), |node| node.text())?.to_owned(),
            min: table.required("min")?.number()?,
            max: table.required("max")?.number()?,
            decimals: table.get("decimals").map_or(Ok(0), |node| node.whole())?,
        }),
        "choice" => {
            let names: Vec<_> = table
                .required("choices")?
                .list()?
                .iter()
                .map(|node| node.text().map(str::to_owned))
                .collect::<Result<_, _>>()?;
            let also = match table.get("also") {
                Some(also) => also
                    .table()?
                    .named()
                    .iter()
                    .map(|entry| alias(&names, entry))
                    .collect::<Result<_, _>>()?,
                None => Vec::new(),
            };
            Ok(FieldKind::Choice { names, also })
        }
        "flag" => Ok(FieldKind::Flag),
        "text" => Ok(FieldKind::Text { max: table.required("max_bytes")?.whole()? }),
        "position" => Ok(FieldKind::Position),
        "time" => Ok(FieldKind::Time),
        other => {
            let kinds = ["number", "choice", "flag", "text", "position", "time"];
            Err(kind.error(format!("there is no kind `{other}`"), nearest(other, kinds)))
        }
    }
}

/// `red = "critical"`.
fn alias(names: &[String], entry: &Named<'_>) -> Result<Alias, PolicyFileError> {
    let meant = entry.node.text()?;
    let choice = names.iter().position(|name| name == meant).and_then(|index| u16::try_from(index).ok());
    let choice = choice.ok_or_else(|| {
        let known = names.iter().map(String::as_str);
        entry.node.error(format!("there is no choice `{meant}`"), nearest(meant, known))
    })?;
    Ok(Alias { word: entry.name.to_owned(), choice })
}

/// `"name"`, or `["lat", "lon"]` for a position.
fn input(node: &Node<'_>) -> Result<Input, PolicyFileError> {
    if !node.is_list() {
        return source(node).map(Input::One);
    }
    match node.list()?.as_slice() {
        [latitude, longitude] => {
            Ok(Input::Pair { latitude: source(latitude)?, longitude: source(longitude)? })
        }
        _ => Err(node.error("a pair is latitude and longitude", Some("write [\"lat\", \"lon\"]".into()))),
    }
}

fn source(node: &Node<'_>) -> Result<Source, PolicyFileError> {
    node.text()?.parse().map_err(|error: cowl_core::policy::SourceError| node.error(error.to_string(), None))
}

fn sensitivity(node: &Node<'_>) -> Result<Sensitivity, PolicyFileError> {
    match node.text()? {
        "low" => Ok(Sensitivity::Low),
        "moderate" => Ok(Sensitivity::Moderate),
        "high" => Ok(Sensitivity::High),
        "severe" => Ok(Sensitivity::Severe),
        other => {
            let hint = nearest(other, ["low", "moderate", "high", "severe"]);
            Err(node.error(format!("there is no sensitivity `{other}`"), hint))
        }
    }
}
