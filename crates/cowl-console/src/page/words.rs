//! The page's words in a language, as the browser gets them: one language at a time.

use cowl::consent::Language;
use serde_json::{Map, Value, json};

use crate::words::Words;

/// The variables of the page's messages: each stands in the text as `{name}`, and the browser puts in what it means.
const VARIABLES: [(&str, &str); 9] = [
    ("contact", "{contact}"),
    ("field", "{field}"),
    ("fields", "{fields}"),
    ("fingerprint", "{fingerprint}"),
    ("n", "{n}"),
    ("role", "{role}"),
    ("time", "{time}"),
    ("value", "{value}"),
    ("why", "{why}"),
];
/// The one more that a zone's name is put into.
const ZONE: (&str, &str) = ("zone", "{zone}");
/// What all of the page's messages begin with.
const PREFIX: &str = "page-";

/// All messages of the page, and the direction of the language.
pub(super) fn json(language: Language) -> Value {
    let words = Words::of(language);
    let variables: Vec<_> =
        VARIABLES.into_iter().chain([ZONE]).map(|(name, text)| (name, text.into())).collect();
    let english = include_str!("../../assets/words/en/page.ftl");
    let ids =
        english.lines().filter_map(|line| line.split_once(" =")).filter(|(id, _)| id.starts_with(PREFIX));
    let messages: Map<String, Value> = ids
        .filter_map(|(id, _)| Some((id.strip_prefix(PREFIX)?.to_owned(), words.with(id, &variables).into())))
        .collect();
    json!({ "lang": language.tag(), "dir": direction(language), "words": messages })
}

pub(super) const fn direction(language: Language) -> &'static str {
    if language.is_right_to_left() { "rtl" } else { "ltr" }
}

/// A language's name in itself.
pub(super) const fn own_name(language: Language) -> &'static str {
    match language {
        Language::English => "English",
        Language::French => "Français",
        Language::HaitianCreole => "Kreyòl ayisyen",
        Language::Spanish => "Español",
        Language::Arabic => "العربية",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_variable_reaches_the_browser_by_its_name() {
        for language in Language::ALL {
            let all = json(language);
            let words = all["words"].as_object().unwrap();
            assert!(words.len() > 100, "{}", language.tag());
            for (id, text) in words {
                let text = text.as_str().unwrap();
                assert!(!text.is_empty() && !text.contains("{$") && !text.contains("page-"), "{id}: {text}");
            }
            assert!(words["place-zone"].as_str().unwrap().contains("{zone}"));
            assert!(words["kept-sealed"].as_str().unwrap().contains("{time}"));
        }
    }
}
