//! RFC 4180 CSV, one record a line: a line break within a value is refused, so that one missing quotation mark costs
//! one line and not the rest of the file. Separated by comma, semicolon or tab, whichever the header has most of.
//! Values are text; an empty one is as if it were not there.

use cowl_core::{Members, RawValue, Reading};

use super::{InputError, InputProblem, Place, utf8};

/// The names of the columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    names: Vec<String>,
    separator: u8,
}

impl Header {
    pub(super) fn parse(line: &[u8]) -> Result<Self, InputError> {
        let text = utf8(line)?;
        let separator = separator(line);
        let mut seen = Members::new();
        let mut names = Vec::new();
        for (value, at) in split(text, separator)? {
            let place = Place { line: 1, column: at as u64 + 1 };
            let name = value.trim_ascii();
            if name.is_empty() {
                return Err(InputProblem::NoName.at(place));
            }
            seen.push(name, RawValue::Null).map_err(|error| InputProblem::from(error).at(place))?;
            names.push(name.to_owned());
        }
        Ok(Self { names, separator })
    }

    pub(super) fn row(&self, line: &[u8]) -> Result<Reading, InputError> {
        members(&self.names, self.separator, line)
    }
}

/// One row without a header, whose columns are known.
pub(super) fn row(names: &[String], line: &[u8]) -> Result<Reading, InputError> {
    members(names, separator(line), line)
}

/// The one that the line has most of. The last of equals is taken: comma where there is one column only.
fn separator(line: &[u8]) -> u8 {
    let times = |separator: u8| line.split(|byte| *byte == separator).count();
    [b'\t', b';', b','].into_iter().max_by_key(|separator| times(*separator)).unwrap_or(b',')
}

fn members(names: &[String], separator: u8, line: &[u8]) -> Result<Reading, InputError> {
    let text = utf8(line)?;
    if text.trim_ascii().is_empty() {
        return Err(InputProblem::Empty.at(Place::START));
    }
    let values = split(text, separator)?;
    if values.len() != names.len() {
        let columns = InputProblem::Columns { found: values.len(), wanted: names.len() };
        return Err(columns.at(Place::START));
    }
    let mut members = Members::new();
    for (name, (value, at)) in names.iter().zip(values) {
        if !value.trim_ascii().is_empty() {
            members
                .push(name, RawValue::Text(value))
                .map_err(|error| InputProblem::from(error).at(Place { line: 1, column: at as u64 + 1 }))?;
        }
    }
    Ok(Reading::new(members))
}

/// The values of a line, each with the byte at which it starts.
fn split(text: &str, separator: u8) -> Result<Vec<(String, usize)>, InputError> {
    let separator = char::from(separator);
    let mut values = Vec::new();
    let mut at = 0;
    loop {
        let rest = text.get(at..).unwrap_or_default();
        let (value, length) = if rest.starts_with('"') {
            quoted(rest, separator)
                .ok_or_else(|| InputProblem::Quote.at(Place { line: 1, column: at as u64 + 1 }))?
        } else {
            let length = rest.find(separator).unwrap_or(rest.len());
            (rest.get(..length).unwrap_or_default().to_owned(), length)
        };
        values.push((value, at));
        at += length;
        if at >= text.len() {
            return Ok(values);
        }
        at += 1;
    }
}

/// The value, and the bytes up to the separator.
fn quoted(rest: &str, separator: char) -> Option<(String, usize)> {
    let mut value = String::new();
    let mut chars = rest.char_indices().skip(1);
    loop {
        match chars.next()? {
            (at, '"') => match chars.next() {
                Some((_, '"')) => value.push('"'),
                Some((_, next)) if next == separator => return Some((value, at + 1)),
                None => return Some((value, at + 1)),
                Some(_) => return None,
            },
            (_, char) => value.push(char),
        }
    }
}
