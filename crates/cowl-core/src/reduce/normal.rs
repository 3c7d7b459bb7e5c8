//! A field's value as the policy means it, out of whatever form it came in.

use alloc::borrow::Cow;
use alloc::string::{String, ToString};

use crate::instant;
use crate::policy::{FieldKind, Lookup, Spot};
use crate::position::{Position, PositionError};
use crate::reading::{RawValue, Reading};

/// A checked value, not yet at any role's precision.
#[derive(Clone, PartialEq)]
pub(super) enum Normal<'a> {
    /// Finite and within the field's bounds.
    Number(f64),
    /// One of the field's choices.
    Choice(u16),
    /// Yes or no.
    Flag(bool),
    /// No longer than the field's limit.
    Text(Cow<'a, str>),
    /// On Earth.
    Position(Position),
    /// From 1970 to 9999.
    Time(u64),
}

/// What is wrong with a field.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Problem {
    /// Required, but not there.
    #[error("is required and missing")]
    Missing,
    /// Neither a number nor a text that is one.
    #[error("is not a number")]
    NotANumber,
    /// NaN or infinite.
    #[error("is not a finite number")]
    NotFinite,
    /// Outside the policy's bounds.
    #[error("is not within {min} and {max}")]
    OutOfRange {
        /// The least.
        min: f64,
        /// The most.
        max: f64,
    },
    /// None of the policy's words.
    #[error("is none of: {choices}")]
    NoChoice {
        /// The words.
        choices: String,
    },
    /// Not yes or no.
    #[error("is neither true nor false")]
    NotAFlag,
    /// A list, object or flag where text is wanted.
    #[error("is not text")]
    NotText,
    /// Longer than the policy allows.
    #[error("is longer than {max} bytes")]
    TooLong {
        /// The most bytes.
        max: u16,
    },
    /// Not two coordinates.
    #[error("is not a position (latitude, longitude in degrees)")]
    NotAPosition,
    /// One coordinate without the other.
    #[error("has one coordinate without the other")]
    HalfPosition,
    /// Coordinates that are not on Earth.
    #[error("is not a position: {0}")]
    OffEarth(#[from] PositionError),
    /// Not a time.
    #[error("is not a time (RFC 3339, the same without zone for UTC, or seconds since 1970)")]
    NotATime,
}

/// A reading with its members sorted into the policy's slots.
pub(super) struct Found<'a, 's> {
    pub(super) slots: &'s [Option<&'a RawValue>],
    pub(super) reading: &'a Reading,
    pub(super) now: u64,
}

/// What stands at one spot.
#[derive(Clone, Copy)]
enum Raw<'a> {
    Value(&'a RawValue),
    Text(&'a str),
    Time(u64),
}

impl<'a> Found<'a, '_> {
    /// The field's value in the first of its places that has one; `None`: in none of them.
    pub(super) fn normal(&self, kind: &FieldKind, lookups: &[Lookup]) -> Result<Option<Normal<'a>>, Problem> {
        let mut half = false;
        for lookup in lookups {
            match lookup {
                Lookup::One(spot) => {
                    if let Some(raw) = self.at(spot) {
                        return convert(kind, raw).map(Some);
                    }
                }
                Lookup::Pair(latitude, longitude) => match (self.at(latitude), self.at(longitude)) {
                    (Some(latitude), Some(longitude)) => {
                        let position = Position::new(number(latitude)?, number(longitude)?)?;
                        return Ok(Some(Normal::Position(position)));
                    }
                    (None, None) => {}
                    _ => half = true,
                },
            }
        }
        if half { Err(Problem::HalfPosition) } else { Ok(None) }
    }

    /// The value of a reading whose members are called as fields are.
    pub(super) fn named(&self, kind: &FieldKind, name: &str) -> Result<Option<Normal<'a>>, Problem> {
        match self.reading.members().get(name) {
            None | Some(RawValue::Null) => Ok(None),
            Some(RawValue::List(pair)) if *kind == FieldKind::Position => match pair.as_slice() {
                [latitude, longitude] => {
                    let (latitude, longitude) =
                        (number(Raw::Value(latitude))?, number(Raw::Value(longitude))?);
                    Ok(Some(Normal::Position(Position::new(latitude, longitude)?)))
                }
                _ => Err(Problem::NotAPosition),
            },
            Some(value) => convert(kind, Raw::Value(value)).map(Some),
        }
    }

    /// Whether the lookup finds something that was sent, not what every reading has around it.
    pub(super) fn is_in_members(&self, lookup: &Lookup) -> bool {
        match lookup {
            Lookup::One(spot) | Lookup::Pair(spot, _) => {
                matches!(spot, Spot::Member { .. }) && self.at(spot).is_some()
            }
        }
    }

    /// Most spots are empty, which is found out without a call.
    #[inline]
    fn at(&self, spot: &Spot) -> Option<Raw<'a>> {
        match spot {
            Spot::Member { slot, steps } => {
                self.slots.get(*slot).copied().flatten().and_then(|member| inside(member, steps))
            }
            around => self.around(around),
        }
    }

    fn around(&self, spot: &Spot) -> Option<Raw<'a>> {
        match spot {
            Spot::Member { .. } => None,
            Spot::Topic(level) => {
                let topic = self.reading.topic()?;
                let text = match level {
                    None => topic,
                    Some(level) => topic.split('/').nth(usize::from(*level))?,
                };
                (!text.is_empty()).then_some(Raw::Text(text))
            }
            Spot::Time => Some(Raw::Time(self.reading.time().unwrap_or(self.now))),
        }
    }
}

/// What stands in a member, down these steps.
fn inside<'a>(member: &'a RawValue, steps: &[String]) -> Option<Raw<'a>> {
    let value = steps.iter().try_fold(member, |value, step| match value {
        RawValue::Object(members) => members.get(step),
        RawValue::List(items) => step.parse::<usize>().ok().and_then(|index| items.get(index)),
        _ => None,
    })?;
    match value {
        RawValue::Null => None,
        RawValue::Text(text) if text.trim_ascii().is_empty() => None,
        value => Some(Raw::Value(value)),
    }
}

fn convert<'a>(kind: &FieldKind, raw: Raw<'a>) -> Result<Normal<'a>, Problem> {
    match kind {
        FieldKind::Number { min, max, .. } => {
            let number = number(raw)?;
            if (*min..=*max).contains(&number) {
                Ok(Normal::Number(number))
            } else {
                Err(Problem::OutOfRange { min: *min, max: *max })
            }
        }
        FieldKind::Choice { names, also } => {
            let choices = || Problem::NoChoice { choices: names.join(", ") };
            let word = text(raw).ok_or_else(choices)?;
            let word = word.trim_ascii();
            let named = (0_u16..)
                .zip(names)
                .find(|(_, name)| name.eq_ignore_ascii_case(word))
                .map(|(index, _)| index);
            let alias =
                || also.iter().find(|alias| alias.word.eq_ignore_ascii_case(word)).map(|alias| alias.choice);
            named.or_else(alias).map(Normal::Choice).ok_or_else(choices)
        }
        FieldKind::Flag => flag(raw).map(Normal::Flag).ok_or(Problem::NotAFlag),
        FieldKind::Text { max } => {
            let text = text(raw).ok_or(Problem::NotText)?;
            if text.len() > usize::from(*max) {
                Err(Problem::TooLong { max: *max })
            } else {
                Ok(Normal::Text(text))
            }
        }
        FieldKind::Position => position(raw).map(Normal::Position),
        FieldKind::Time => time(raw).map(Normal::Time).ok_or(Problem::NotATime),
    }
}

/// A number, or a text that is one: CSV and the `key: value` form have nothing else, and some devices quote theirs.
fn number(raw: Raw<'_>) -> Result<f64, Problem> {
    let number = match raw {
        Raw::Value(RawValue::Real(number)) => *number,
        #[expect(
            clippy::cast_precision_loss,
            reason = "beyond 2^53 it is outside every field's bounds, rounded or not"
        )]
        Raw::Value(RawValue::Integer(number)) => *number as f64,
        raw => text(raw).and_then(|text| written(text.trim_ascii())).ok_or(Problem::NotANumber)?,
    };
    if number.is_finite() { Ok(number) } else { Err(Problem::NotFinite) }
}

/// A number that came as text.
fn written(text: &str) -> Option<f64> {
    if cfg!(feature = "text-numbers") { text.parse().ok() } else { None }
}

/// A text, or a whole number as text: phone numbers and codes come as either.
fn text(raw: Raw<'_>) -> Option<Cow<'_, str>> {
    match raw {
        Raw::Text(text) => Some(Cow::Borrowed(text)),
        Raw::Value(RawValue::Text(text)) => Some(Cow::Borrowed(text)),
        Raw::Value(RawValue::Integer(number)) => Some(Cow::Owned(number.to_string())),
        Raw::Value(_) | Raw::Time(_) => None,
    }
}

fn flag(raw: Raw<'_>) -> Option<bool> {
    if let Raw::Value(RawValue::Flag(flag)) = raw {
        return Some(*flag);
    }
    let text = text(raw)?;
    let is_one_of = |words: &[&str]| words.iter().any(|word| word.eq_ignore_ascii_case(text.trim_ascii()));
    if is_one_of(&["true", "yes", "on", "1"]) {
        Some(true)
    } else if is_one_of(&["false", "no", "off", "0"]) {
        Some(false)
    } else {
        None
    }
}

/// `18.54,-72.34`, the same with blanks, or `geo:18.54,-72.34;u=35` (RFC 5870).
fn position(raw: Raw<'_>) -> Result<Position, Problem> {
    let text = text(raw).ok_or(Problem::NotAPosition)?;
    let text = text.trim_ascii();
    let text = text.strip_prefix("geo:").unwrap_or(text);
    let text = text.split_once(';').map_or(text, |(coordinates, _)| coordinates);
    let mut numbers = text
        .split(|char: char| char == ',' || char.is_ascii_whitespace())
        .filter(|number| !number.is_empty())
        .map(|number| written(number).ok_or(Problem::NotAPosition));
    match (numbers.next(), numbers.next()) {
        (Some(latitude), Some(longitude)) => Ok(Position::new(latitude?, longitude?)?),
        _ => Err(Problem::NotAPosition),
    }
}

fn time(raw: Raw<'_>) -> Option<u64> {
    let seconds = match raw {
        Raw::Time(seconds) => seconds,
        Raw::Value(RawValue::Integer(seconds)) => u64::try_from(*seconds).ok()?,
        Raw::Value(RawValue::Real(seconds)) => {
            #[expect(clippy::cast_precision_loss, reason = "below 2^53")]
            let last = instant::LAST as f64;
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "checked: 0 to the last second; the fraction is dropped"
            )]
            (0.0..=last).contains(seconds).then_some(*seconds as u64)?
        }
        raw => {
            let text = text(raw)?;
            let text = text.trim_ascii();
            match text.parse() {
                Ok(seconds) => seconds,
                Err(_) => instant::parse(text)?,
            }
        }
    };
    (seconds <= instant::LAST).then_some(seconds)
}
