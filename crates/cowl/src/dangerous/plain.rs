//! A report as it came, as JSON: every name, every value, in their order.

use cowl_core::{Members, RawValue, Reading};
use serde_json::{Map, Number, Value};

use super::error::ExposeError;

/// How a reading came in: it decides what a text is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// JSON: a text is a text.
    Typed,
    /// `name: value` text or CSV, in which everything is a text: one that is a JSON number means that number, as in
    /// the study's messages.
    Untyped,
}

impl Form {
    /// A reading of nothing but texts came from a form that has nothing else.
    pub(super) fn of(reading: &Reading) -> Self {
        let untyped = reading.members().iter().all(|(_, value)| matches!(value, RawValue::Text(_)));
        if untyped { Self::Untyped } else { Self::Typed }
    }
}

/// The reading's members as JSON.
pub(super) fn fields(reading: &Reading, form: Form) -> Result<Map<String, Value>, ExposeError> {
    object(reading.members(), form)
}

fn object(members: &Members, form: Form) -> Result<Map<String, Value>, ExposeError> {
    members.iter().map(|(name, raw)| Ok((name.to_owned(), value(raw, form)?))).collect()
}

fn value(raw: &RawValue, form: Form) -> Result<Value, ExposeError> {
    Ok(match raw {
        RawValue::Null => Value::Null,
        RawValue::Flag(flag) => Value::Bool(*flag),
        RawValue::Integer(number) => Value::from(*number),
        RawValue::Real(number) => Number::from_f64(*number).ok_or(ExposeError::NotFinite)?.into(),
        RawValue::Text(text) => match number(text).filter(|_| form == Form::Untyped) {
            Some(number) => number.into(),
            None => Value::from(text.as_str()),
        },
        RawValue::List(items) => {
            items.iter().map(|item| value(item, form)).collect::<Result<Vec<_>, _>>()?.into()
        }
        RawValue::Object(members) => object(members, form)?.into(),
    })
}

/// The number that a text is. Digits beyond 64 bits are no number but a name, such as a card's: as one they would be
/// rounded to another's.
fn number(text: &str) -> Option<Number> {
    let number: Number = serde_json::from_str(text).ok()?;
    let whole = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    (!whole || !number.is_f64()).then_some(number)
}
