//! `organisation.toml`: who runs the operation. Only for records; in no manifest.

use std::path::Path;

use serde::Deserialize;

use super::RecordsError;
use crate::{files, policy_file::PolicyFileError};

/// The file's name in an operation's folder.
pub const ORGANISATION: &str = "organisation.toml";
/// A file to fill in.
pub const ORGANISATION_TEMPLATE: &str = include_str!("../../assets/organisation.toml");
/// The largest file that is read.
const LIMIT: u64 = 64 << 10;
/// The longest text in it, in bytes.
const MAX_TEXT: usize = 512;
/// The most controllers, or transfers.
const MAX_LIST: usize = 64;

/// Who runs an operation, as the operator wrote it. Whatever is left out is to be filled in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Organisation {
    pub(super) acts_as: ActsAs,
    pub(super) name: Option<Line>,
    pub(super) address: Option<Line>,
    pub(super) contact: Option<Line>,
    pub(super) controller: Vec<Body>,
    pub(super) representative: Option<Body>,
    pub(super) dpo: Option<Body>,
    pub(super) supervisory_authority: Option<Body>,
    pub(super) broker: Option<Broker>,
    pub(super) no_transfers: bool,
    pub(super) transfer: Vec<Transfer>,
}

/// For whom the data are used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum ActsAs {
    #[default]
    Controller,
    Processor,
}

/// A person or office with a contact.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Body {
    pub(super) name: Option<Line>,
    pub(super) address: Option<Line>,
    pub(super) contact: Option<Line>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Broker {
    pub(super) run_by: Option<Line>,
    pub(super) country: Option<Line>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Transfer {
    pub(super) recipient: Option<Line>,
    pub(super) country: Option<Line>,
    pub(super) safeguards: Option<Line>,
}

/// A line of text that is not too long.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Line(String);

impl TryFrom<String> for Line {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text.len() > MAX_TEXT {
            Err(format!("a text has at most {MAX_TEXT} bytes"))
        } else {
            Ok(Self(text))
        }
    }
}

impl Line {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Organisation {
    /// What stands in an operation's folder; `None` if nobody wrote the file.
    pub(super) fn load(folder: &Path) -> Result<Option<Self>, RecordsError> {
        let path = folder.join(ORGANISATION);
        if !path.exists() {
            return Ok(None);
        }
        let name = path.display().to_string();
        let bytes = files::read(&path, LIMIT)?;
        let text = String::from_utf8(bytes).map_err(|_| PolicyFileError {
            file: name.clone(),
            line: 1,
            column: 1,
            message: "not UTF-8".to_owned(),
            hint: None,
        })?;
        Ok(Some(Self::parse(&text, &name)?))
    }

    /// From its text; `name` stands in errors.
    pub fn parse(text: &str, name: &str) -> Result<Self, RecordsError> {
        let wrong = |at: usize, message: String| {
            let before = text.get(..at).unwrap_or(text);
            let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
            PolicyFileError {
                file: name.to_owned(),
                line: before.matches('\n').count() + 1,
                column: before.get(line_start..).unwrap_or_default().chars().count() + 1,
                message,
                hint: Some("`cowl records organisation` prints the form of the file".to_owned()),
            }
        };
        let read: Self = toml::from_str(text).map_err(|error| {
            let message = error.message().lines().collect::<Vec<_>>().join("; ");
            wrong(error.span().map_or(0, |span| span.start), message)
        })?;
        let at = |key: &str| text.find(key).unwrap_or_default();
        if read.no_transfers && !read.transfer.is_empty() {
            let message = "there are transfers below, and `no_transfers` says that there are none";
            return Err(wrong(at("no_transfers"), message.to_owned()).into());
        }
        for (key, length) in
            [("[[controller]]", read.controller.len()), ("[[transfer]]", read.transfer.len())]
        {
            if length > MAX_LIST {
                return Err(wrong(at(key), format!("there are at most {MAX_LIST} of them")).into());
            }
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_is_read_as_it_is_and_with_everything_filled_in() {
        assert_eq!(Organisation::parse(ORGANISATION_TEMPLATE, "t").unwrap(), Organisation::default());
        let written: String = ORGANISATION_TEMPLATE
            .lines()
            .map(|line| match line.strip_prefix("# ") {
                Some(code) if code.starts_with('[') || code.contains(" = ") => format!("{code}\n"),
                _ => format!("{line}\n"),
            })
            .collect();
        let without = written.replace("no_transfers = true", "");
        let read = Organisation::parse(&without, "t").unwrap();
        assert_eq!(read.name.as_ref().map(Line::as_str), Some("Relief Committee"));
        assert_eq!((read.controller.len(), read.transfer.len()), (1, 1));
        assert!(read.dpo.is_some() && read.representative.is_some() && read.broker.is_some());
        assert!(read.supervisory_authority.is_some_and(|body| body.contact.is_some()));
        // Both at once contradict each other, and the place is named.
        let error = Organisation::parse(&written, "t").unwrap_err().to_string();
        assert!(error.starts_with("t:") && error.contains("no_transfers"), "{error}");
    }

    #[test]
    fn mistakes_are_named_with_their_place() {
        let long = format!("name = \"{}\"", "x".repeat(513));
        for (text, place, message) in [
            ("name = \"a\"\nnam = \"b\"", "t:2:1", "nam"),
            ("\nacts_as = \"owner\"", "t:2:", "owner"),
            ("[dpo]\nname = 3", "t:2:8", "string"),
            (long.as_str(), "t:1:", "at most 512 bytes"),
            ("name = ", "t:1:", ""),
        ] {
            let error = Organisation::parse(text, "t").unwrap_err().to_string();
            assert!(error.starts_with(place) && error.contains(message), "{text}: {error}");
        }
    }
}
