//! `name: value, name: value`, as the study's sensor and many small devices write it. Line breaks separate like
//! commas. A value with commas or line breaks stands in quotation marks, `""` being one inside. Values are text: the
//! policy's kinds say what they mean.

use cowl_core::{Members, RawValue, Reading};

use super::{InputError, InputProblem, Place, utf8};

pub(super) fn parse(bytes: &[u8]) -> Result<Reading, InputError> {
    let text = utf8(bytes)?;
    let mut members = Members::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let refuse = |problem: InputProblem, offset: usize| problem.at(Place::of(bytes, at + offset));
        let end = rest.find(SEPARATORS).unwrap_or(rest.len());
        if rest.get(..end).is_none_or(|piece| piece.trim_ascii().is_empty()) {
            at += end + 1;
            continue;
        }
        let lead = rest.len() - rest.trim_ascii_start().len();
        let colon =
            rest.find(':').filter(|colon| *colon < end).ok_or_else(|| refuse(InputProblem::NoColon, lead))?;
        let (name, value) =
            (rest.get(..colon).unwrap_or_default(), rest.get(colon + 1..).unwrap_or_default());
        let name = name.trim_ascii().trim_matches('"');
        if name.is_empty() {
            return Err(refuse(InputProblem::NoName, lead));
        }
        let blank = value.len() - value.trim_start_matches([' ', '\t']).len();
        let quoted = value.get(blank..).filter(|value| value.starts_with('"'));
        let (value, length) = if let Some(quoted) = quoted {
            let value = unquote(quoted).ok_or_else(|| refuse(InputProblem::Quote, colon + 1 + blank))?;
            (value.text, blank + value.length)
        } else {
            let length = value.find(SEPARATORS).unwrap_or(value.len());
            (value.get(..length).unwrap_or_default().trim_ascii().to_owned(), length)
        };
        members.push(name, RawValue::Text(value)).map_err(|error| refuse(error.into(), lead))?;
        at += colon + 1 + length + 1;
    }
    if members.is_empty() { Err(InputProblem::Empty.at(Place::START)) } else { Ok(Reading::new(members)) }
}

const SEPARATORS: [char; 3] = [',', '\n', '\r'];

/// A value in quotation marks, and how many bytes of input it and the blanks up to the separator took.
struct Quoted {
    text: String,
    length: usize,
}

/// `None`: not closed, or followed by something else than a separator.
fn unquote(quoted: &str) -> Option<Quoted> {
    let mut text = String::new();
    let mut chars = quoted.char_indices().skip(1).peekable();
    let end = loop {
        match chars.next()? {
            (_, '"') if chars.next_if(|(_, next)| *next == '"').is_some() => text.push('"'),
            (at, '"') => break at + 1,
            (_, char) => text.push(char),
        }
    };
    let rest = quoted.get(end..)?;
    let blank = rest.len() - rest.trim_start_matches([' ', '\t']).len();
    let rest = rest.get(blank..)?;
    (rest.is_empty() || rest.starts_with(SEPARATORS)).then_some(Quoted { text, length: end + blank })
}
