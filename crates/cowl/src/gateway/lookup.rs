//! Where in a message a value stands.

use cowl_core::policy::{Input, Pick, Source};
use cowl_core::{Members, RawValue, Reading};

/// A step of a pointer that any name fits.
const ANY: &str = "*";

/// The value at one place of a message; `None`: not there, null, or blank text.
pub(super) fn at(reading: &Reading, source: &Source, now: u64) -> Option<RawValue> {
    match source {
        Source::Name(name) => present(reading.members().get(name)?),
        Source::Pointer(steps) => {
            let (first, rest) = steps.split_first()?;
            into_members(reading.members(), first, rest)
        }
        Source::Topic(None) => reading.topic().map(text),
        Source::Topic(Some(level)) => {
            reading.topic()?.split('/').nth(usize::from(*level)).filter(|level| !level.is_empty()).map(text)
        }
        Source::Time => i64::try_from(now).ok().map(RawValue::Integer),
    }
}

/// Whether a place is of the message itself, not what every message has around it.
pub(super) const fn is_said(source: &Source) -> bool {
    matches!(source, Source::Name(_) | Source::Pointer(_))
}

/// Whether a place is the topic, or a level of it.
pub(super) const fn is_topic(input: &Input) -> bool {
    matches!(input, Input::One(Source::Topic(_)))
}

/// What stands at a pick's place, its numbers turned as the pick says.
pub(super) enum Picked {
    /// Nothing.
    Nothing,
    /// One coordinate without the other.
    Half,
    /// This; a pair is a list of two.
    Value(RawValue),
}

pub(super) fn pick(reading: &Reading, pick: &Pick, now: u64) -> Picked {
    let turned = |value| turn(value, pick.times, pick.plus);
    match &pick.input {
        Input::One(source) => {
            at(reading, source, now).map_or(Picked::Nothing, |value| Picked::Value(turned(value)))
        }
        Input::Pair { latitude, longitude } => {
            match (at(reading, latitude, now), at(reading, longitude, now)) {
                (Some(latitude), Some(longitude)) => {
                    Picked::Value(RawValue::List(vec![turned(latitude), turned(longitude)]))
                }
                (None, None) => Picked::Nothing,
                _ => Picked::Half,
            }
        }
    }
}

/// Multiplies and adds. What is no number stays what it is: the reduction says so.
fn turn(value: RawValue, times: Option<f64>, plus: Option<f64>) -> RawValue {
    if times.is_none() && plus.is_none() {
        return value;
    }
    let number = match &value {
        RawValue::Real(number) => Some(*number),
        #[expect(clippy::cast_precision_loss, reason = "beyond 2^53 no field takes it")]
        RawValue::Integer(number) => Some(*number as f64),
        RawValue::Text(text) => text.trim_ascii().parse().ok(),
        _ => None,
    };
    number.map_or(value, |number: f64| {
        RawValue::Real(number.mul_add(times.unwrap_or(1.0), plus.unwrap_or(0.0)))
    })
}

fn into_members(members: &Members, step: &str, rest: &[String]) -> Option<RawValue> {
    if step == ANY {
        return members.iter().find_map(|(_, value)| into(value, rest));
    }
    into(members.get(step)?, rest)
}

fn into(value: &RawValue, steps: &[String]) -> Option<RawValue> {
    let Some((step, rest)) = steps.split_first() else { return present(value) };
    match value {
        RawValue::Object(members) => into_members(members, step, rest),
        RawValue::List(items) if step == ANY => items.iter().find_map(|item| into(item, rest)),
        RawValue::List(items) => into(items.get(step.parse::<usize>().ok()?)?, rest),
        _ => None,
    }
}

fn present(value: &RawValue) -> Option<RawValue> {
    match value {
        RawValue::Null => None,
        RawValue::Text(text) if text.trim_ascii().is_empty() => None,
        value => Some(value.clone()),
    }
}

fn text(text: &str) -> RawValue {
    RawValue::Text(text.to_owned())
}

/// A value as a word: what rules compare and names are made of. Lists and objects are no words.
pub(super) fn word(value: &RawValue) -> Option<String> {
    match value {
        RawValue::Text(text) => Some(text.clone()),
        RawValue::Integer(number) => Some(number.to_string()),
        RawValue::Real(number) => Some(number.to_string()),
        RawValue::Flag(flag) => Some(flag.to_string()),
        RawValue::Null | RawValue::List(_) | RawValue::Object(_) => None,
    }
}
