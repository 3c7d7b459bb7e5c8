//! RFC 8259 JSON, strictly: no name twice in an object, no depth beyond [`MAX_DEPTH`], no NaN.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;

use cowl_core::{MAX_DEPTH, Members, RawValue, Reading};
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::{InputError, InputProblem, Place};

pub(super) fn parse(bytes: &[u8]) -> Result<Reading, InputError> {
    // Checked at once, not text by text; what is not UTF-8 is read as bytes for the place where it is not.
    match std::str::from_utf8(bytes) {
        Ok(text) => read(serde_json::Deserializer::from_str(text), bytes),
        Err(_) => read(serde_json::Deserializer::from_slice(bytes), bytes),
    }
}

fn read<'de, R: serde_json::de::Read<'de>>(
    mut deserializer: serde_json::Deserializer<R>,
    bytes: &[u8],
) -> Result<Reading, InputError> {
    let problem = Cell::new(None);
    let seed = Tree { depth: MAX_DEPTH, problem: &problem };
    match seed.deserialize(&mut deserializer).and_then(|value| deserializer.end().map(|()| value)) {
        Ok(RawValue::Object(members)) if members.is_empty() => Err(InputProblem::Empty.at(Place::START)),
        Ok(RawValue::Object(members)) => Ok(Reading::new(members)),
        Ok(_) => Err(InputProblem::NotAnObject.at(Place::START)),
        Err(error) => {
            let place = Place { line: error.line().max(1) as u64, column: error.column().max(1) as u64 };
            Err(problem.take().unwrap_or_else(|| reason(&error, bytes)).at(place))
        }
    }
}

/// `serde_json`'s own reasons are fixed phrases; those of visitors, which may quote, are all ours (`problem`).
fn reason(error: &serde_json::Error, bytes: &[u8]) -> InputProblem {
    if std::str::from_utf8(bytes).is_err() {
        return InputProblem::NotUtf8;
    }
    let text = error.to_string();
    let phrase = text.split_once(" at line ").map_or(text.as_str(), |(phrase, _)| phrase);
    InputProblem::NotJson(phrase.into())
}

/// Builds the tree; leaves word in `problem` when it refuses.
#[derive(Clone, Copy)]
struct Tree<'p> {
    depth: usize,
    problem: &'p Cell<Option<InputProblem>>,
}

impl<'p> Tree<'p> {
    fn refuse<E: serde::de::Error>(&self, problem: InputProblem) -> E {
        self.problem.set(Some(problem));
        E::custom("refused")
    }

    fn below<E: serde::de::Error>(&self) -> Result<Tree<'p>, E> {
        match self.depth.checked_sub(1) {
            Some(depth) => Ok(Tree { depth, problem: self.problem }),
            None => Err(self.refuse(InputProblem::TooDeep)),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Tree<'_> {
    type Value = RawValue;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<RawValue, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Tree<'_> {
    type Value = RawValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<RawValue, E> {
        Ok(RawValue::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<RawValue, E> {
        Ok(RawValue::Flag(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<RawValue, E> {
        Ok(RawValue::Integer(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<RawValue, E> {
        #[expect(
            clippy::cast_precision_loss,
            reason = "beyond 2^63 nearest is all there is, and no field takes it"
        )]
        Ok(i64::try_from(number).map_or(RawValue::Real(number as f64), RawValue::Integer))
    }

    fn visit_f64<E>(self, number: f64) -> Result<RawValue, E> {
        Ok(RawValue::Real(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<RawValue, E> {
        Ok(RawValue::Text(text.into()))
    }

    fn visit_string<E>(self, text: String) -> Result<RawValue, E> {
        Ok(RawValue::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<RawValue, A::Error> {
        let below = self.below()?;
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(below)? {
            list.push(item);
        }
        Ok(RawValue::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<RawValue, A::Error> {
        let below = self.below()?;
        let mut members = Members::new();
        while let Some(name) = entries.next_key_seed(Name)? {
            let value = entries.next_value_seed(below)?;
            members.push(&name, value).map_err(|error| self.refuse::<A::Error>(error.into()))?;
        }
        Ok(RawValue::Object(members))
    }
}

/// A member's name, borrowed from the input unless it has escapes.
struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Name {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(name))
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(name.into()))
    }
}
