//! The languages of notices, and their messages (Project Fluent).

use fluent_bundle::{FluentArgs, FluentBundle, FluentResource, FluentValue};
use unic_langid::LanguageIdentifier;

/// A language that notices are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Language {
    /// English.
    English,
    /// French.
    French,
    /// Haitian Creole.
    HaitianCreole,
    /// Spanish.
    Spanish,
    /// Arabic, written from right to left.
    Arabic,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::English, Self::French, Self::HaitianCreole, Self::Spanish, Self::Arabic];

    /// Its tag (RFC 5646).
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::French => "fr",
            Self::HaitianCreole => "ht",
            Self::Spanish => "es",
            Self::Arabic => "ar",
        }
    }

    /// The language of a tag or of a setting such as `fr_HT.UTF-8`; `None` if there is no notice in it.
    pub fn of(text: &str) -> Option<Self> {
        let primary = text.split(['-', '_', '.', '@']).next().unwrap_or_default().to_ascii_lowercase();
        Self::ALL.into_iter().find(|language| language.tag() == primary)
    }

    /// Whether it is written from right to left.
    pub const fn is_right_to_left(self) -> bool {
        matches!(self, Self::Arabic)
    }

    /// What stands between the items of a list.
    pub(super) const fn separator(self) -> &'static str {
        if self.is_right_to_left() { "، " } else { ", " }
    }

    const fn source(self) -> &'static str {
        match self {
            Self::English => include_str!("../../assets/notice/en.ftl"),
            Self::French => include_str!("../../assets/notice/fr.ftl"),
            Self::HaitianCreole => include_str!("../../assets/notice/ht.ftl"),
            Self::Spanish => include_str!("../../assets/notice/es.ftl"),
            Self::Arabic => include_str!("../../assets/notice/ar.ftl"),
        }
    }
}

/// The messages of a language.
pub struct Messages {
    language: Language,
    bundle: FluentBundle<FluentResource>,
}

impl Messages {
    /// The messages of a language. What stands in them from elsewhere is isolated where the text runs from right to left, so
    /// that a name or number in the other direction does not tear its surroundings apart.
    pub fn of(language: Language) -> Self {
        let tag: LanguageIdentifier = language.tag().parse().unwrap_or_default();
        let mut bundle = FluentBundle::new(vec![tag]);
        bundle.set_use_isolating(language.is_right_to_left());
        // The files ship with the library; a test parses each and compares them.
        let (Ok(resource) | Err((resource, _))) = FluentResource::try_new(language.source().to_owned());
        bundle.add_resource_overriding(resource);
        Self { language, bundle }
    }

    /// Which language.
    pub const fn language(&self) -> Language {
        self.language
    }

    /// A message without variables.
    pub fn say(&self, id: &str) -> String {
        self.with(id, &[])
    }

    /// A message with variables; its id where there is none, which a test rules out.
    pub fn with(&self, id: &str, variables: &[(&'static str, FluentValue<'_>)]) -> String {
        let Some(pattern) = self.bundle.get_message(id).and_then(|message| message.value()) else {
            return id.to_owned();
        };
        let arguments: FluentArgs<'_> = variables.iter().cloned().collect();
        self.bundle.format_pattern(pattern, Some(&arguments), &mut Vec::new()).into_owned()
    }

    /// A length of time, in the largest unit that it is a whole number of.
    pub fn duration(&self, seconds: u64) -> String {
        let units = [("days", 86_400), ("hours", 3_600), ("minutes", 60)];
        let whole = units.into_iter().find(|(_, length)| seconds > 0 && seconds.is_multiple_of(*length));
        let (id, length) = whole.unwrap_or(("seconds", 1));
        self.with(id, &[("n", (seconds / length).into())])
    }
}

impl std::fmt::Debug for Messages {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Messages({})", self.language.tag())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    /// Each message with its variables, read from the file itself.
    fn messages(language: Language) -> BTreeMap<String, BTreeSet<String>> {
        let mut found = BTreeMap::<String, BTreeSet<String>>::new();
        let mut id = String::new();
        for line in language.source().lines().filter(|line| !line.starts_with('#')) {
            if let Some((name, _)) = line.split_once(" = ").filter(|(name, _)| !name.starts_with(' ')) {
                id = name.to_owned();
                assert!(
                    found.insert(id.clone(), BTreeSet::new()).is_none(),
                    "{}: {id} twice",
                    language.tag()
                );
            }
            for variable in line.split('$').skip(1) {
                let end =
                    variable.find(|symbol: char| !symbol.is_ascii_alphanumeric()).unwrap_or(variable.len());
                found.get_mut(&id).unwrap().insert(variable[..end].to_owned());
            }
        }
        found
    }

    #[test]
    fn every_language_has_every_message_with_every_variable() {
        let english = messages(Language::English);
        assert!(english.len() > 70);
        for language in Language::ALL {
            assert!(FluentResource::try_new(language.source().to_owned()).is_ok(), "{}", language.tag());
            let own = messages(language);
            for (id, variables) in &english {
                assert_eq!(own.get(id), Some(variables), "{}: {id}", language.tag());
            }
            assert_eq!(own.len(), english.len(), "{}: messages that English lacks", language.tag());
        }
    }

    #[test]
    fn no_message_was_forgotten_in_english() {
        let english = Messages::of(Language::English);
        for language in Language::ALL.into_iter().filter(|language| *language != Language::English) {
            let own = Messages::of(language);
            let ids = messages(language);
            let same = ids.iter().filter(|(_, variables)| variables.is_empty()).map(|(id, _)| id);
            let same: Vec<_> =
                same.filter(|id| own.say(id) == english.say(id) && *id != "answer-no").collect();
            assert_eq!(same, Vec::<&String>::new(), "{}", language.tag());
        }
    }

    #[test]
    fn numbers_are_said_as_the_language_says_them() {
        let said = |language, seconds| Messages::of(language).duration(seconds);
        assert_eq!(said(Language::English, 86_400), "one day");
        assert_eq!(said(Language::English, 7 * 86_400), "7 days");
        assert_eq!(said(Language::English, 90), "90 seconds");
        assert_eq!(said(Language::English, 0), "0 seconds");
        assert_eq!(said(Language::French, 86_400), "1 jour");
        assert_eq!(said(Language::HaitianCreole, 3_600), "inèdtan");
        assert_eq!(said(Language::HaitianCreole, 7_200), "2 èdtan");
        assert_eq!(said(Language::Spanish, 30 * 86_400), "30 días");
        assert_eq!(said(Language::Arabic, 2 * 86_400), "يومان");
        assert_eq!(said(Language::Arabic, 7 * 86_400), "\u{2068}7\u{2069} أيام");
        assert_eq!(said(Language::Arabic, 30 * 86_400), "\u{2068}30\u{2069} يومًا");
    }

    #[test]
    fn languages_are_found_by_tags_and_by_settings() {
        assert_eq!(Language::of("fr_HT.UTF-8"), Some(Language::French));
        assert_eq!(Language::of("ht"), Some(Language::HaitianCreole));
        assert_eq!(Language::of("ES-mx"), Some(Language::Spanish));
        assert_eq!((Language::of("de"), Language::of("C"), Language::of("")), (None, None, None));
    }
}
