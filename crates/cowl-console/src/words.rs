//! The console's words in each language: one file a view and language, `assets/words/LANGUAGE/VIEW.ftl` (Project Fluent). What a
//! language lacks is said in English; a test holds that none lacks anything.

use std::sync::OnceLock;

use cowl::consent::Language;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue, concurrent::FluentBundle};
use unic_langid::LanguageIdentifier;

/// The words of a language.
pub(crate) struct Words {
    language: Language,
    bundle: FluentBundle<FluentResource>,
}

/// One view's files, in the order of [`Language::ALL`].
struct View {
    #[cfg(test)]
    name: &'static str,
    sources: [&'static str; 5],
}

macro_rules! view {
    ($name:literal) => {
        View {
            #[cfg(test)]
            name: $name,
            sources: [
                include_str!(concat!("../assets/words/en/", $name, ".ftl")),
                include_str!(concat!("../assets/words/fr/", $name, ".ftl")),
                include_str!(concat!("../assets/words/ht/", $name, ".ftl")),
                include_str!(concat!("../assets/words/es/", $name, ".ftl")),
                include_str!(concat!("../assets/words/ar/", $name, ".ftl")),
            ],
        }
    };
}

/// All views. Each message begins with its view's name, so that two views never mean different things by one word.
const VIEWS: &[View] = &[
    view!("frame"),
    view!("operations"),
    view!("sides"),
    view!("people"),
    view!("log"),
    view!("glass"),
    view!("export"),
    view!("privacy"),
    view!("attacks"),
    view!("page"),
];

impl Words {
    /// The words of a language.
    pub(crate) fn of(language: Language) -> &'static Self {
        static ALL: OnceLock<[Words; 5]> = OnceLock::new();
        let [english, french, creole, spanish, arabic] = ALL.get_or_init(|| Language::ALL.map(Self::load));
        match language {
            Language::English => english,
            Language::French => french,
            Language::HaitianCreole => creole,
            Language::Spanish => spanish,
            Language::Arabic => arabic,
        }
    }

    fn load(language: Language) -> Self {
        let tag: LanguageIdentifier = language.tag().parse().unwrap_or_default();
        let mut bundle = FluentBundle::new_concurrent(vec![tag]);
        // What stands in a message from elsewhere keeps its own direction.
        bundle.set_use_isolating(language.is_right_to_left());
        for source in VIEWS.iter().filter_map(|view| view.source(language)) {
            // The files are built in; a test parses each.
            let (Ok(resource) | Err((resource, _))) = FluentResource::try_new(source.to_owned());
            bundle.add_resource_overriding(resource);
        }
        Self { language, bundle }
    }

    /// Which language.
    pub(crate) const fn language(&self) -> Language {
        self.language
    }

    /// A message without variables.
    pub(crate) fn say(&self, id: &str) -> String {
        self.with(id, &[])
    }

    /// A message with variables. What a variable says is not escaped here: maud does it.
    pub(crate) fn with(&self, id: &str, variables: &[(&'static str, FluentValue<'_>)]) -> String {
        self.known(id, variables).unwrap_or_else(|| id.to_owned())
    }

    /// The same; `None`: nobody wrote it.
    pub(crate) fn known(&self, id: &str, variables: &[(&'static str, FluentValue<'_>)]) -> Option<String> {
        let arguments: FluentArgs<'_> = variables.iter().cloned().collect();
        self.find(id, &arguments).or_else(|| Self::of(Language::English).find(id, &arguments))
    }

    fn find(&self, id: &str, arguments: &FluentArgs<'_>) -> Option<String> {
        let pattern = self.bundle.get_message(id)?.value()?;
        Some(self.bundle.format_pattern(pattern, Some(arguments), &mut Vec::new()).into_owned())
    }
}

impl View {
    fn source(&self, language: Language) -> Option<&'static str> {
        let at = Language::ALL.iter().position(|other| *other == language)?;
        self.sources.get(at).copied()
    }
}

impl std::fmt::Debug for Words {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Words({})", self.language.tag())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    /// Each message with its variables, read from the file itself.
    fn messages(source: &str) -> BTreeMap<String, BTreeSet<String>> {
        let mut found = BTreeMap::<String, BTreeSet<String>>::new();
        let mut id = String::new();
        for line in source.lines().filter(|line| !line.starts_with('#')) {
            if let Some((name, _)) = line.split_once(" =").filter(|(name, _)| !name.starts_with(' ')) {
                id = name.to_owned();
                assert!(found.insert(id.clone(), BTreeSet::new()).is_none(), "{id} twice");
            }
            for variable in line.split('$').skip(1) {
                let end = variable.find(|symbol: char| !symbol.is_ascii_alphanumeric());
                let name = &variable[..end.unwrap_or(variable.len())];
                found.get_mut(&id).unwrap().insert(name.to_owned());
            }
        }
        found
    }

    #[test]
    fn every_language_has_every_message_of_every_view_with_every_variable() {
        let mut all = BTreeSet::new();
        for view in VIEWS {
            let english = messages(view.sources[0]);
            for id in english.keys() {
                assert!(id.starts_with(&format!("{}-", view.name)), "{}: {id}", view.name);
                assert!(all.insert(id.clone()), "{id} in two views");
            }
            for (language, source) in Language::ALL.iter().zip(view.sources) {
                let parsed = FluentResource::try_new(source.to_owned());
                assert!(parsed.is_ok(), "{} in {}: {:?}", view.name, language.tag(), parsed.err());
                assert_eq!(messages(source), english, "{} in {}", view.name, language.tag());
            }
        }
    }

    #[test]
    fn no_message_was_left_in_english() {
        // Words that are the same in two languages.
        let same = ["frame-name", "export-cot", "sides-form-json-web-token"];
        for view in VIEWS {
            for (language, source) in Language::ALL.into_iter().zip(view.sources).skip(1) {
                let (own, english) = (Words::of(language), Words::of(Language::English));
                let ids = messages(source);
                let plain =
                    ids.iter().filter(|(_, variables)| variables.is_empty()).map(|(id, _)| id.as_str());
                let left: Vec<_> = plain
                    .filter(|id| {
                        own.say(id) == english.say(id) && own.say(id).contains(' ') && !same.contains(id)
                    })
                    .collect();
                assert_eq!(left, Vec::<&str>::new(), "{} in {}", view.name, language.tag());
            }
        }
    }

    #[test]
    fn numbers_take_the_forms_of_their_language() {
        let said = |language, n: u64| Words::of(language).with("sides-topics", &[("n", n.into())]);
        assert_eq!([0, 1, 7].map(|n| said(Language::English, n)), ["0 topics", "one topic", "7 topics"]);
        assert_eq!([0, 1, 2].map(|n| said(Language::French, n)), ["aucun sujet", "un sujet", "2 sujets"]);
        let arabic = [2, 3, 11].map(|n| said(Language::Arabic, n));
        assert!(arabic[0] == "موضوعين" && arabic[1].contains("مواضيع") && arabic[2].contains("موضوعًا"));
    }

    #[test]
    fn what_nobody_wrote_is_its_own_name() {
        assert_eq!(Words::of(Language::Arabic).say("frame-there-is-no-such"), "frame-there-is-no-such");
        assert_eq!(Words::of(Language::Arabic).language(), Language::Arabic);
    }
}
