//! What is found, as text for people and as JSON for machines: the same in both.

use std::fmt::Write as _;

use serde_json::{Map, Value};

/// Sections in the order in which they were opened.
#[derive(Debug, Default)]
pub(super) struct Page {
    sections: Vec<Section>,
}

#[derive(Debug)]
struct Section {
    key: &'static str,
    title: String,
    entries: Vec<(String, Value)>,
}

impl Page {
    pub(super) const fn new() -> Self {
        Self { sections: Vec::new() }
    }

    /// Opens a section: its name in JSON, and for people.
    pub(super) fn section(&mut self, key: &'static str, title: impl Into<String>) {
        self.sections.push(Section { key, title: title.into(), entries: Vec::new() });
    }

    /// Adds an entry to the last section. A list of objects is a table.
    pub(super) fn entry(&mut self, label: &str, value: impl Into<Value>) {
        if let Some(section) = self.sections.last_mut() {
            section.entries.push((label.to_owned(), value.into()));
        }
    }

    /// An object of objects; sections of one name are a list.
    pub(super) fn to_json(&self) -> Value {
        let mut all = Map::new();
        for section in &self.sections {
            let entries =
                section.entries.iter().map(|(label, value)| (label.replace([' ', '-'], "_"), value.clone()));
            let entries = Value::Object(entries.collect());
            match all.get_mut(section.key) {
                None => {
                    all.insert(section.key.to_owned(), entries);
                }
                Some(Value::Array(list)) => list.push(entries),
                Some(one) => *one = Value::Array(vec![one.take(), entries]),
            }
        }
        Value::Object(all)
    }

    /// Lines under headings.
    pub(super) fn to_text(&self) -> String {
        let mut text = String::new();
        for section in &self.sections {
            let gap = if text.is_empty() { "" } else { "\n" };
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{gap}{}", section.title);
            let width = section.entries.iter().map(|(label, _)| label.chars().count()).max().unwrap_or(0);
            for (label, value) in &section.entries {
                match value {
                    Value::Array(rows) if rows.iter().any(Value::is_object) => {
                        let _ = writeln!(text, "  {label}");
                        for row in rows {
                            let _ = writeln!(text, "    {}", inline(row));
                        }
                    }
                    other => {
                        let _ = writeln!(text, "  {label:width$}  {}", inline(other));
                    }
                }
            }
        }
        text
    }
}

/// A value on one line. What came from outside cannot command the terminal.
fn inline(value: &Value) -> String {
    match value {
        Value::String(text) => text.chars().map(shown).collect(),
        Value::Array(items) => items.iter().map(inline).collect::<Vec<_>>().join(", "),
        Value::Object(members) => {
            let members = members.iter().filter(|(_, value)| !value.is_null());
            members.map(|(name, value)| format!("{name} {}", inline(value))).collect::<Vec<_>>().join(" · ")
        }
        Value::Null => "none".to_owned(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Number(number) => number.to_string(),
    }
}

fn shown(char: char) -> char {
    if char.is_control() { char::REPLACEMENT_CHARACTER } else { char }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn says_the_same_twice() {
        let mut page = Page::new();
        page.section("input", "The input");
        page.entry("length", 3);
        page.entry("first bytes", "a\u{1b}b");
        page.section("opened", "As medical");
        page.entry("fields", json!([{"name": "severity", "value": "high", "unit": null}]));
        page.section("opened", "As rescue");
        page.entry("epoch", Value::Null);
        let text = "The input\n  length       3\n  first bytes  a\u{fffd}b\n\nAs medical\n  fields\n    name severity · value \
                    high\n\nAs rescue\n  epoch  none\n";
        assert_eq!(page.to_text(), text);
        let json = json!({"input": {"length": 3, "first_bytes": "a\u{1b}b"}, "opened": [
            {"fields": [{"name": "severity", "value": "high", "unit": null}]}, {"epoch": null}]});
        assert_eq!(page.to_json(), json);
    }
}
