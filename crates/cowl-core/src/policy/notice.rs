//! What people are told beyond fields and roles, and what is sent only if they say so.

use alloc::{string::String, vec::Vec};

use minicbor::{Decode, Encode};

use super::{Draft, PolicyError, PolicyProblem, Subject, check::check_words};
use crate::FieldIndex;

/// The most languages that a policy is translated into.
pub(super) const MAX_LANGUAGES: usize = 32;
/// The longest tag of a language, in bytes: `zh-Hant-TW`.
const MAX_TAG: usize = 16;

/// What people are told beyond fields and roles. Travels in every manifest: a language is some hundred bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
pub struct NoticeTexts {
    /// Whom to ask and where, in words; empty: nobody was named.
    #[n(0)]
    pub contact: String,
    /// Optional fields that leave a device only if the person says so for each report: off by default. A device that nobody
    /// can ask never sends them.
    #[n(1)]
    pub choice: Vec<FieldIndex>,
    /// The policy's own words in other languages.
    #[n(2)]
    pub translations: Vec<Translation>,
}

/// The policy's own words in one language.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Translation {
    /// The language's tag, such as `fr` or `pt-BR` (RFC 5646).
    #[n(0)]
    pub language: String,
    /// What stands in the policy, and what it is in this language.
    #[n(1)]
    pub texts: Vec<Translated>,
}

/// One text.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Translated {
    /// As it stands in the policy: a name or purpose of a field or role, a legal basis, the contact.
    #[n(0)]
    pub text: String,
    /// In the other language.
    #[n(1)]
    pub translation: String,
}

impl Draft {
    /// The texts of the policy that people read: what a translation can be of.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        let fields = self.fields.iter().flat_map(|field| [&field.name, &field.purpose, &field.basis]);
        let roles = self.roles.iter().flat_map(|role| [&role.name, &role.purpose]);
        let custody = self.custody.iter().map(|custody| &custody.purpose);
        let contact = self.notice.iter().map(|notice| &notice.contact);
        [&self.name].into_iter().chain(fields).chain(roles).chain(custody).chain(contact).map(String::as_str)
    }

    pub(super) fn check_notice(&self) -> Result<(), PolicyError> {
        let Some(notice) = &self.notice else { return Ok(()) };
        let at = |name| move |problem: PolicyProblem| problem.at(Subject::Knob(name));
        if !notice.contact.is_empty() {
            check_words(&notice.contact).map_err(at("notice.contact"))?;
        }
        for field in &notice.choice {
            let known = self.fields.get(usize::from(field.0)).ok_or(PolicyProblem::NoField);
            if !known.map_err(at("notice.choice"))?.optional {
                return Err(PolicyProblem::NotOptional.at(Subject::Field(*field)));
            }
        }
        let at = at("notice.translations");
        let languages = PolicyProblem::Count { least: 0, most: MAX_LANGUAGES };
        if notice.translations.len() > MAX_LANGUAGES {
            return Err(at(languages));
        }
        for Translation { language, texts } in &notice.translations {
            let tag = (2..=MAX_TAG).contains(&language.len())
                && language.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
            let again = notice.translations.iter().filter(|other| other.language == *language).count() > 1;
            if !tag || again {
                return Err(at(PolicyProblem::Language));
            }
            for Translated { text, translation } in texts {
                check_words(translation).map_err(at)?;
                if !self.words().any(|known| known == text.as_str()) {
                    return Err(at(PolicyProblem::NoSuchText));
                }
            }
        }
        Ok(())
    }
}
