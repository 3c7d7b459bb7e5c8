//! The words of an operation's own policy, in another language: by its own translations, or by ours where it kept the words
//! of the policy that ships.

use cowl_core::Draft;

use super::{Language, language::Messages};

/// What the policy that ships says, and the messages that translate it. Texts are compared letter by letter: as soon as an
/// operation changes one, ours no longer stands for it.
const SHIPPED: &[(&str, &str)] = &[
    ("temperature", "label-temperature"),
    ("severity", "label-severity"),
    ("position", "label-position"),
    ("battery", "label-battery"),
    ("person", "label-person"),
    ("contact", "label-contact"),
    ("note", "label-note"),
    ("topic", "label-topic"),
    ("time", "label-time"),
    ("triage", "role-triage"),
    ("medical", "role-medical"),
    ("rescue", "role-rescue"),
    ("census", "role-census"),
    ("See fire, cold and fever", "purpose-temperature"),
    ("Help the worst hurt first", "purpose-severity"),
    ("Find you", "purpose-position"),
    ("Know how long you can be reached", "purpose-battery"),
    ("Call you by name and bring your family word", "purpose-person"),
    ("Call you back", "purpose-contact"),
    ("Whatever helpers must know", "purpose-note"),
    ("Keep the tools of the helpers working", "purpose-topic"),
    ("Tell old reports from new", "purpose-time"),
    ("Decide who is helped first", "purpose-triage"),
    ("Treat the hurt", "purpose-medical"),
    ("Find people and bring them out", "purpose-rescue"),
    ("Count how many report from each zone", "purpose-census"),
    ("Find a person in acute danger who does not answer", "purpose-custody"),
    ("GDPR Art. 6(1)(d), vital interests", "basis-vital"),
    ("GDPR Art. 6(1)(d) and 9(2)(c), vital interests", "basis-vital-health"),
];

/// The words in the messages' language, and whether they are: else they stand as they are, in whatever language that is.
/// Nobody can tell the language of a policy; in English it is taken to be the notice's.
pub(super) fn translate(text: &str, policy: &Draft, messages: &Messages) -> (String, bool) {
    let language = messages.language();
    let translations = policy.notice.iter().flat_map(|notice| &notice.translations);
    let own = translations
        .filter(|translation| Language::of(&translation.language) == Some(language))
        .flat_map(|translation| &translation.texts)
        .find(|translated| translated.text == text);
    if let Some(own) = own {
        return (printable(&own.translation), true);
    }
    if let Some((_, id)) = SHIPPED.iter().find(|(shipped, _)| *shipped == text) {
        return (messages.say(id), true);
    }
    (printable(text), language == Language::English)
}

/// A text of a policy, such as a field's name, in the messages' language; as it stands where nobody translated it.
pub fn own_words(text: &str, policy: &Draft, messages: &Messages) -> String {
    translate(text, policy, messages).0
}

/// Without what moves a cursor or turns the direction of what follows: a policy is signed, and still somebody else's.
pub(crate) fn printable(text: &str) -> String {
    let turns = |symbol: char| matches!(symbol, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().filter(|symbol| !symbol.is_control() && !turns(*symbol)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy_file::PolicyFile;

    #[test]
    fn everything_that_the_shipped_policy_says_is_translated() {
        let policy = PolicyFile::default_policy().unwrap().policy;
        for language in Language::ALL {
            let messages = Messages::of(language);
            for text in policy.words().filter(|text| *text != policy.name) {
                assert!(SHIPPED.iter().any(|(shipped, _)| *shipped == text), "{text}");
                assert!(translate(text, &policy, &messages).1, "{}: {text}", language.tag());
            }
        }
        let english = Messages::of(Language::English);
        for (text, id) in
            SHIPPED.iter().filter(|(_, id)| id.starts_with("purpose") || id.starts_with("basis"))
        {
            assert_eq!(english.say(id), *text);
        }
    }

    #[test]
    fn nothing_of_a_policy_turns_a_line_around() {
        assert_eq!(printable("a\u{202e}b\u{1b}[2Jc\nd\u{2067}"), "ab[2Jcd");
    }
}
