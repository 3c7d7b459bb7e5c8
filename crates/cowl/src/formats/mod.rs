//! Bytes in, [`Reading`]s out: JSON, JSON lines, CSV with a header, and the `key: value, key: value` text of small
//! devices; and back, a [`Body`](cowl_core::Body) as JSON.
//!
//! [`parse`] takes one payload, [`Readings`] a stream of lines in which a bad line does not stop the good ones. Every
//! error has a place and a hint, and nothing of what was read.

mod csv;
mod json;
mod lines;
mod readings;
mod render;
mod text;

use std::fmt;

use cowl_core::{MAX_DEPTH, MAX_LINE, MemberError, Members, RawValue, Reading};

pub use lines::{Line, Lines};
pub use readings::{Readings, StreamError, StreamFormat};
pub use render::to_json;

/// A place in the input, both from 1; the column counts bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The line.
    pub line: u64,
    /// The byte in it.
    pub column: u64,
}

impl Place {
    /// The first byte.
    pub const START: Self = Self { line: 1, column: 1 };

    /// The place of a byte of a text.
    fn of(text: &[u8], at: usize) -> Self {
        let before = text.get(..at).unwrap_or(text);
        let line = before.split(|byte| *byte == b'\n').count();
        let column = before.iter().rev().take_while(|byte| **byte != b'\n').count() + 1;
        Self { line: line as u64, column: column as u64 }
    }

    /// The same place when the text is itself so many lines into a stream.
    const fn below(self, lines: u64) -> Self {
        Self { line: self.line + lines, column: self.column }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// Why a payload or line is no reading, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {problem}")]
pub struct InputError {
    /// Where.
    pub place: Place,
    /// What.
    pub problem: InputProblem,
}

impl InputError {
    /// What to do about it.
    pub const fn hint(&self) -> &'static str {
        self.problem.hint()
    }

    fn below(self, lines: u64) -> Self {
        Self { place: self.place.below(lines), problem: self.problem }
    }
}

/// What is wrong with a payload or line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InputProblem {
    /// Nothing but white space.
    #[error("empty")]
    Empty,
    /// Longer than [`MAX_LINE`]; it was skipped without being held.
    #[error("longer than {MAX_LINE} bytes")]
    TooLong,
    /// Not UTF-8.
    #[error("not UTF-8")]
    NotUtf8,
    /// JSON, but not an object.
    #[error("JSON, but not an object")]
    NotAnObject,
    /// Not JSON; the parser's reason, which quotes nothing.
    #[error("not JSON: {0}")]
    NotJson(String),
    /// More levels of lists and objects than [`MAX_DEPTH`].
    #[error("nested deeper than {MAX_DEPTH} levels")]
    TooDeep,
    /// A name twice, or too many.
    #[error("{0}")]
    Member(#[from] MemberError),
    /// A piece of `key: value` text without its colon.
    #[error("no colon between name and value")]
    NoColon,
    /// A value without a name, or a column without one.
    #[error("no name")]
    NoName,
    /// A quotation mark that is not closed, or goes on after it was.
    #[error("a quotation mark is not closed, or text follows it")]
    Quote,
    /// A row of more or fewer columns than the header.
    #[error("{found} columns where the header has {wanted}")]
    Columns {
        /// In the row.
        found: usize,
        /// In the header.
        wanted: usize,
    },
}

impl InputProblem {
    /// What to do about it.
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Empty => "send a JSON object, or `name: value, name: value`",
            Self::TooLong => "a reading is one short line; send pictures and recordings by other means",
            Self::NotUtf8 => "save or send the text as UTF-8",
            Self::NotAnObject => "write {\"name\": value, …}",
            Self::NotJson(_) => {
                "what starts with { is read as JSON (RFC 8259); NaN, comments and trailing commas are none"
            }
            Self::TooDeep => "send the reading itself, not a whole document around it",
            Self::Member(MemberError::Duplicate) => {
                "say each name once: which of the two was meant cannot be told"
            }
            Self::Member(_) => "send fewer names; what the policy does not know is dropped anyway",
            Self::NoColon => {
                "write `name: value, name: value`, and a value with commas in \"quotation marks\""
            }
            Self::NoName => "give every value and every column a name",
            Self::Quote => "close the quotation mark on the same line, and write \"\" for one inside",
            Self::Columns { .. } => "put values that hold the separator in \"quotation marks\"",
        }
    }

    const fn at(self, place: Place) -> InputError {
        InputError { place, problem: self }
    }
}

/// What a payload is said to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form<'a> {
    /// As [`parse`] finds it.
    Auto,
    /// A JSON object.
    Json,
    /// `key: value` text.
    Text,
    /// One row of CSV; these are the columns.
    Csv(&'a [String]),
    /// One value alone, which gets this name.
    Value(&'a str),
}

/// Reads one payload of a known form.
pub fn parse_as(form: Form<'_>, bytes: &[u8]) -> Result<Reading, InputError> {
    if bytes.len() > MAX_LINE {
        return Err(InputProblem::TooLong.at(Place::START));
    }
    let body = bytes.strip_prefix(BOM).unwrap_or(bytes);
    if body.trim_ascii().is_empty() {
        return Err(InputProblem::Empty.at(Place::START));
    }
    match form {
        Form::Auto => parse(bytes),
        Form::Json => json::parse(body),
        Form::Text => text::parse(body),
        Form::Csv(columns) => csv::row(columns, body.trim_ascii_end()),
        Form::Value(name) => {
            let mut members = Members::new();
            let value = RawValue::Text(utf8(body)?.trim().to_owned());
            members.push(name, value).map_err(|error| InputProblem::from(error).at(Place::START))?;
            Ok(Reading::new(members))
        }
    }
}

/// Reads one payload: a JSON object if its first character is `{` or `[`, else `key: value` text.
pub fn parse(bytes: &[u8]) -> Result<Reading, InputError> {
    if bytes.len() > MAX_LINE {
        return Err(InputProblem::TooLong.at(Place::START));
    }
    let body = bytes.strip_prefix(BOM).unwrap_or(bytes);
    match body.trim_ascii_start().first() {
        None => Err(InputProblem::Empty.at(Place::START)),
        Some(b'{' | b'[') => json::parse(body),
        Some(_) => text::parse(body),
    }
}

/// The byte order mark that some editors put in front.
const BOM: &[u8] = b"\xef\xbb\xbf";

fn utf8(bytes: &[u8]) -> Result<&str, InputError> {
    std::str::from_utf8(bytes)
        .map_err(|error| InputProblem::NotUtf8.at(Place::of(bytes, error.valid_up_to())))
}

#[cfg(test)]
mod formats_tests;
