//! `[[device]]`: families of devices that cannot change.

use cowl_core::FieldIndex;
use cowl_core::policy::{
    Consent, Family, Field, Input, Mapping, PayloadForm, Pick, Rule, Source, TopicFilter, Who,
};

use super::Places;
use super::error::PolicyFileError;
use super::reader::{Named, Node, Table, nearest};

pub(super) fn read(
    root: &Table<'_>,
    fields: &[Field],
    places: &mut Places,
) -> Result<Vec<Family>, PolicyFileError> {
    let Some(list) = root.get("device") else { return Ok(Vec::new()) };
    let nodes = list.list()?;
    places.families = nodes.iter().map(|node| node.span.clone()).collect();
    nodes.iter().map(|node| family(node, fields)).collect()
}

fn family(node: &Node<'_>, fields: &[Field]) -> Result<Family, PolicyFileError> {
    let table = node.table()?;
    let family = Family {
        name: table.required("name")?.text()?.to_owned(),
        topics: one_or_more(&table.required("topics")?, filter)?,
        payload: table.get("payload").map_or(Ok(PayloadForm::Auto), |node| payload(&node))?,
        device: one_or_more(&table.required("device")?, who)?,
        fields: match table.get("fields") {
            Some(list) => {
                list.table()?.named().iter().map(|entry| mapping(entry, fields)).collect::<Result<_, _>>()?
            }
            None => Vec::new(),
        },
        refuse: match table.get("refuse") {
            Some(rules) => rules.list()?.iter().map(rule).collect::<Result<_, _>>()?,
            None => Vec::new(),
        },
        consent: table.get("consent").map_or(Ok(Consent::Given), |node| consent(&node))?,
    };
    table.finish()?;
    Ok(family)
}

/// `"json"`, `{ csv = ["lat", "lon"] }`, `{ value = "$topic/2" }`.
fn payload(node: &Node<'_>) -> Result<PayloadForm, PolicyFileError> {
    if !node.is_text() {
        let table = node.table()?;
        let (csv, value) = (table.get("csv"), table.get("value"));
        table.finish()?;
        return match (csv, value) {
            (Some(columns), None) => {
                let columns = columns.list()?;
                Ok(PayloadForm::Csv(
                    columns.iter().map(|name| name.text().map(str::to_owned)).collect::<Result<_, _>>()?,
                ))
            }
            (None, Some(value)) => match source(&value)? {
                Source::Topic(Some(level)) => Ok(PayloadForm::Value(Some(level))),
                _ => Err(value.error("a value is named by a level of its topic", Some(example("$topic/2")))),
            },
            _ => Err(node.error("either `csv` or `value` stands here", None)),
        };
    }
    match node.text()? {
        "auto" => Ok(PayloadForm::Auto),
        "json" => Ok(PayloadForm::Json),
        "text" => Ok(PayloadForm::Text),
        "value" => Ok(PayloadForm::Value(None)),
        "csv" => {
            Err(node.error("the columns must be named", Some("write { csv = [\"lat\", \"lon\"] }".into())))
        }
        other => {
            let forms = ["auto", "json", "text", "value", "csv"];
            Err(node.error(format!("there is no payload form `{other}`"), nearest(other, forms)))
        }
    }
}

/// `position = [["lat", "lon"], "geo"]`, `speed = "vel"`, `position = { from = …, times = 1e-7, plus = 0 }`.
fn mapping(entry: &Named<'_>, fields: &[Field]) -> Result<Mapping, PolicyFileError> {
    let known = (0_u8..).map(FieldIndex).zip(fields).find(|(_, field)| field.name == entry.name);
    let Some((field, _)) = known else {
        let hint = nearest(entry.name, fields.iter().map(|field| field.name.as_str()));
        return Err(entry.error(format!("`{}` is no field", entry.name), hint));
    };
    let node = &entry.node;
    let (inputs, times, plus) = if node.is_text() || node.is_list() {
        (picks(node)?, None, None)
    } else {
        let table = node.table()?;
        let inputs = picks(&table.required("from")?)?;
        let factor = |key| table.get(key).map(|node| node.number()).transpose();
        let (times, plus) = (factor("times")?, factor("plus")?);
        table.finish()?;
        (inputs, times, plus)
    };
    Ok(Mapping { field, from: inputs.into_iter().map(|input| Pick { input, times, plus }).collect() })
}

fn picks(node: &Node<'_>) -> Result<Vec<Input>, PolicyFileError> {
    if node.is_text() {
        return Ok(vec![Input::One(source(node)?)]);
    }
    node.list()?.iter().map(pick).collect()
}

fn pick(node: &Node<'_>) -> Result<Input, PolicyFileError> {
    if node.is_text() {
        return source(node).map(Input::One);
    }
    match node.list()?.as_slice() {
        [latitude, longitude] => {
            Ok(Input::Pair { latitude: source(latitude)?, longitude: source(longitude)? })
        }
        _ => Err(node.error("a pair is latitude and longitude", Some("write [\"lat\", \"lon\"]".into()))),
    }
}

/// `{ value = "_type", is = ["encrypted"], because = "…" }`.
fn rule(node: &Node<'_>) -> Result<Rule, PolicyFileError> {
    let table = node.table()?;
    let value = source(&table.required("value")?)?;
    let because = table.required("because")?.text()?.to_owned();
    let (is, is_not) = (table.get("is"), table.get("is_not"));
    table.finish()?;
    let word = |node: &Node<'_>| node.text().map(str::to_owned);
    let (words, unless) = match (is, is_not) {
        (Some(words), None) => (one_or_more(&words, word)?, false),
        (None, Some(words)) => (one_or_more(&words, word)?, true),
        _ => {
            let hint = "for example is = [\"encrypted\"]";
            return Err(node.error("either `is` or `is_not` says what is refused", Some(hint.into())));
        }
    };
    Ok(Rule { value, words, unless, because })
}

fn consent(node: &Node<'_>) -> Result<Consent, PolicyFileError> {
    match node.text()? {
        "given" => Ok(Consent::Given),
        "meshtastic" => Ok(Consent::Meshtastic),
        other => Err(node.error(
            format!("there is no form of consent `{other}`"),
            nearest(other, ["given", "meshtastic"]),
        )),
    }
}

fn filter(node: &Node<'_>) -> Result<TopicFilter, PolicyFileError> {
    node.text()?.parse().map_err(|error: cowl_core::policy::NotAFilter| {
        node.error(error.to_string(), Some(example("owntracks/+/+")))
    })
}

fn who(node: &Node<'_>) -> Result<Who, PolicyFileError> {
    node.text()?.parse().map_err(|_| {
        let hint = "$topic/2, $user, $client, a name or a /pointer of the payload";
        node.error("nothing that names a device", Some(hint.into()))
    })
}

fn source(node: &Node<'_>) -> Result<Source, PolicyFileError> {
    node.text()?.parse().map_err(|error: cowl_core::policy::SourceError| node.error(error.to_string(), None))
}

/// A text, or a list of them.
fn one_or_more<T>(
    node: &Node<'_>,
    read: impl Fn(&Node<'_>) -> Result<T, PolicyFileError>,
) -> Result<Vec<T>, PolicyFileError> {
    if node.is_list() { node.list()?.iter().map(read).collect() } else { read(node).map(|one| vec![one]) }
}

fn example(text: &str) -> String {
    format!("for example \"{text}\"")
}

#[cfg(test)]
#[path = "device_tests.rs"]
mod tests;
