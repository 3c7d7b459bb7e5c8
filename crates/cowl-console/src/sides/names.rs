//! What an outsider found, in the page's languages: `sides-kind-…` and `sides-form-…` of the view's words.

use cowl::consent::Language;

use super::{Exposed, Told};
use crate::words::Words;

impl Told {
    /// What the page calls this kind in a language; `None`: it has no word for it, and shows the outsider's own.
    pub fn word(&self, language: Language) -> Option<String> {
        known(Words::of(language), "kind", &self.kind)
    }
}

impl Exposed {
    /// What the page calls this form in a language; `None`: it has no word for it, and shows the outsider's own.
    pub fn word(&self, language: Language) -> Option<String> {
        known(Words::of(language), "form", &self.form)
    }
}

/// A kind by its name, in words.
pub(crate) fn kind(words: &Words, name: &str) -> String {
    known(words, "kind", name).unwrap_or_else(|| name.to_owned())
}

/// A form by its name, in words.
pub(crate) fn form(words: &Words, name: &str) -> String {
    known(words, "form", name).unwrap_or_else(|| name.to_owned())
}

/// `person's name` is `sides-kind-persons-name`.
fn known(words: &Words, what: &str, name: &str) -> Option<String> {
    let id = |symbol: char| match symbol {
        ' ' => Some('-'),
        '-' => Some(symbol),
        _ => Some(symbol.to_ascii_lowercase()).filter(char::is_ascii_alphanumeric),
    };
    let name: String = name.chars().filter_map(id).collect();
    words.known(&format!("sides-{what}-{name}"), &[])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_words_and_what_has_none_stays() {
        let (english, arabic) = (Words::of(Language::English), Words::of(Language::Arabic));
        assert_eq!(
            (kind(english, "person's name"), kind(arabic, "latitude")),
            ("person’s name".to_owned(), "خط العرض".to_owned())
        );
        assert_eq!((form(arabic, "JSON"), form(arabic, "text")), ("JSON".to_owned(), "نص".to_owned()));
        assert_eq!((kind(arabic, "zone"), form(arabic, "")), ("zone".to_owned(), String::new()));
        let told = Told { kind: "<b>".to_owned(), span: None };
        assert_eq!(told.word(Language::French), None);
    }
}
