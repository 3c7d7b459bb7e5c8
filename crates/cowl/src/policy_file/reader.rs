//! TOML with places: a table that remembers which keys it was asked for, so that an unknown one can be named together
//! with the one that was probably meant.

use std::cell::RefCell;
use std::fmt::Write as _;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::duration;
use super::error::PolicyFileError;
use crate::meant;

/// The text being read and what to call it.
#[derive(Debug, Clone, Copy)]
pub(super) struct File<'t> {
    pub(super) name: &'t str,
    pub(super) text: &'t str,
}

impl<'t> File<'t> {
    pub(super) fn parse(self) -> Result<Spanned<DeTable<'t>>, PolicyFileError> {
        DeTable::parse(self.text).map_err(|error| {
            let message = error.message().lines().collect::<Vec<_>>().join("; ");
            self.error(error.span().unwrap_or(0..0), message, None)
        })
    }

    pub(super) fn error(
        self,
        span: Range<usize>,
        message: impl Into<String>,
        hint: Option<String>,
    ) -> PolicyFileError {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        PolicyFileError {
            file: self.name.into(),
            line: before.matches('\n').count() + 1,
            column: before.get(line_start..).unwrap_or_default().chars().count() + 1,
            message: message.into(),
            hint,
        }
    }
}

/// A table, and the keys that were asked for.
pub(super) struct Table<'t> {
    file: File<'t>,
    span: Range<usize>,
    entries: &'t DeTable<'t>,
    asked: RefCell<Vec<&'static str>>,
}

impl<'t> Table<'t> {
    pub(super) const fn new(file: File<'t>, span: Range<usize>, entries: &'t DeTable<'t>) -> Self {
        Self { file, span, entries, asked: RefCell::new(Vec::new()) }
    }

    /// The value of a key.
    pub(super) fn get(&self, key: &'static str) -> Option<Node<'t>> {
        self.asked.borrow_mut().push(key);
        self.entries.get(key).map(|value| Node {
            file: self.file,
            span: value.span(),
            value: value.get_ref(),
        })
    }

    /// The value of a key that must be there.
    pub(super) fn required(&self, key: &'static str) -> Result<Node<'t>, PolicyFileError> {
        self.get(key).ok_or_else(|| self.error(format!("`{key}` is missing"), None))
    }

    /// All entries in the order of the file, for tables whose keys are names.
    pub(super) fn named(&self) -> Vec<Named<'t>> {
        let mut entries: Vec<_> = self
            .entries
            .iter()
            .map(|(key, value)| Named {
                name: key.get_ref().as_ref(),
                key: key.span(),
                node: Node { file: self.file, span: value.span(), value: value.get_ref() },
            })
            .collect();
        entries.sort_by_key(|entry| entry.key.start);
        entries
    }

    /// Refuses keys that nobody asked for.
    pub(super) fn finish(&self) -> Result<(), PolicyFileError> {
        let asked = self.asked.borrow();
        match self.named().into_iter().find(|entry| !asked.contains(&entry.name)) {
            None => Ok(()),
            Some(Named { name, key, .. }) => {
                let hint = nearest(name, asked.iter().copied());
                Err(self.file.error(key, format!("there is no setting `{name}` here"), hint))
            }
        }
    }

    pub(super) fn error(&self, message: impl Into<String>, hint: Option<String>) -> PolicyFileError {
        self.file.error(self.span.clone(), message, hint)
    }
}

/// An entry of a table whose keys are names.
pub(super) struct Named<'t> {
    pub(super) name: &'t str,
    pub(super) key: Range<usize>,
    pub(super) node: Node<'t>,
}

impl Named<'_> {
    /// At the name.
    pub(super) fn error(&self, message: impl Into<String>, hint: Option<String>) -> PolicyFileError {
        self.node.file.error(self.key.clone(), message, hint)
    }
}

/// A value with its place.
#[derive(Clone)]
pub(super) struct Node<'t> {
    file: File<'t>,
    pub(super) span: Range<usize>,
    value: &'t DeValue<'t>,
}

impl<'t> Node<'t> {
    pub(super) fn error(&self, message: impl Into<String>, hint: Option<String>) -> PolicyFileError {
        self.file.error(self.span.clone(), message, hint)
    }

    pub(super) fn table(&self) -> Result<Table<'t>, PolicyFileError> {
        let table = self.value.as_table().ok_or_else(|| self.wants("a table", "{ … }"))?;
        Ok(Table::new(self.file, self.span.clone(), table))
    }

    pub(super) fn list(&self) -> Result<Vec<Node<'t>>, PolicyFileError> {
        let items = self.value.as_array().ok_or_else(|| self.wants("a list", "[ … ]"))?;
        let node = |item: &'t Spanned<DeValue<'t>>| Node {
            file: self.file,
            span: item.span(),
            value: item.get_ref(),
        };
        Ok(items.iter().map(node).collect())
    }

    pub(super) fn is_list(&self) -> bool {
        self.value.is_array()
    }

    pub(super) fn is_text(&self) -> bool {
        self.value.is_str()
    }

    pub(super) fn text(&self) -> Result<&'t str, PolicyFileError> {
        self.value.as_str().ok_or_else(|| self.wants("text", "\"…\""))
    }

    pub(super) fn flag(&self) -> Result<bool, PolicyFileError> {
        self.value.as_bool().ok_or_else(|| self.wants("true or false", "true"))
    }

    /// A whole number of whatever type has room for it.
    pub(super) fn whole<T: TryFrom<u64>>(&self) -> Result<T, PolicyFileError> {
        self.value
            .as_integer()
            .and_then(|number| u64::from_str_radix(number.as_str(), number.radix()).ok())
            .and_then(|number| T::try_from(number).ok())
            .ok_or_else(|| self.wants("a whole number, not negative and not too large", "4"))
    }

    /// Any number.
    pub(super) fn number(&self) -> Result<f64, PolicyFileError> {
        let text = match (self.value.as_integer(), self.value.as_float()) {
            (Some(number), _) if number.radix() == 10 => Some(number.as_str()),
            (_, Some(number)) => Some(number.as_str()),
            _ => None,
        };
        text.and_then(|text| text.parse().ok()).ok_or_else(|| self.wants("a number", "0.5"))
    }

    /// Seconds.
    pub(super) fn duration<T: TryFrom<u64>>(&self) -> Result<T, PolicyFileError> {
        self.value
            .as_str()
            .and_then(duration::parse)
            .and_then(|seconds| T::try_from(seconds).ok())
            .ok_or_else(|| self.wants("a duration in s, min, h, days or weeks", "\"6h\""))
    }

    fn wants(&self, what: &str, example: &str) -> PolicyFileError {
        self.error(format!("this must be {what}"), Some(format!("for example {example}")))
    }
}

/// "did you mean …?", or all there is when nothing is near.
pub(super) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let mut known: Vec<_> = known.into_iter().collect();
    if let Some(near) = meant::nearest(word, known.iter().copied()) {
        return Some(format!("did you mean `{near}`?"));
    }
    known.sort_unstable();
    known.dedup();
    let (first, others) = known.split_first()?;
    let mut hint = format!("there is: `{first}`");
    for other in others {
        let _ = write!(hint, ", `{other}`");
    }
    Some(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggests_what_was_meant() {
        assert_eq!(nearest("medcal", ["triage", "medical"]).as_deref(), Some("did you mean `medical`?"));
        assert_eq!(nearest("xyz", ["b", "a"]).as_deref(), Some("there is: `a`, `b`"));
        assert_eq!(nearest("x", []), None);
    }
}
