//! `[notice]`: whom to ask, what is off by default, and the policy's words in other languages.

use cowl_core::FieldIndex;
use cowl_core::policy::{Field, NoticeTexts, Translated, Translation};

use super::Places;
use super::error::PolicyFileError;
use super::reader::{Table, nearest};

pub(super) fn read(
    root: &Table<'_>,
    fields: &[Field],
    places: &mut Places,
) -> Result<Option<NoticeTexts>, PolicyFileError> {
    let Some(node) = root.get("notice") else { return Ok(None) };
    let table = node.table()?;
    let mut texts = NoticeTexts::default();
    if let Some(contact) = table.get("contact") {
        places.knobs.insert("notice.contact", contact.span.clone());
        contact.text()?.clone_into(&mut texts.contact);
    }
    if let Some(choice) = table.get("choice") {
        places.knobs.insert("notice.choice", choice.span.clone());
        for node in choice.list()? {
            let name = node.text()?;
            let known = (0_u8..).map(FieldIndex).zip(fields).find(|(_, field)| field.name == name);
            let Some((index, _)) = known else {
                let hint = nearest(name, fields.iter().map(|field| field.name.as_str()));
                return Err(node.error(format!("`{name}` is no field"), hint));
            };
            texts.choice.push(index);
        }
    }
    if let Some(translations) = table.get("translations") {
        places.knobs.insert("notice.translations", translations.span.clone());
        for language in translations.table()?.named() {
            let read = |text: &super::reader::Named<'_>| {
                let translation = text.node.text()?.to_owned();
                Ok(Translated { text: text.name.to_owned(), translation })
            };
            let texts_in =
                language.node.table()?.named().iter().map(read).collect::<Result<_, PolicyFileError>>()?;
            texts.translations.push(Translation { language: language.name.to_owned(), texts: texts_in });
        }
    }
    table.finish()?;
    Ok(Some(texts))
}

#[cfg(test)]
mod tests {
    use crate::policy_file::{DEFAULT_POLICY, PolicyFile, shipped};

    fn parse(notice: &str) -> Result<PolicyFile, String> {
        let text = format!("{DEFAULT_POLICY}\n[notice]\n{notice}\n");
        PolicyFile::parse(&text, "policy.toml", &shipped).map_err(|error| error.to_string())
    }

    #[test]
    fn contact_choice_and_translations_are_read() {
        let text = "contact = \"the tent\"\nchoice = [\"note\"]\n[notice.translations.fr]\n\"Find you\" = \"Vous voir\"";
        let policy = parse(text).unwrap().policy;
        let notice = policy.notice.clone().unwrap();
        assert_eq!(notice.contact, "the tent");
        assert_eq!(notice.choice, [policy.field_index("note").unwrap()]);
        assert_eq!(notice.translations[0].texts[0].translation, "Vous voir");
        // It travels.
        let bytes = minicbor::to_vec(&policy).unwrap();
        let back: cowl_core::Policy = minicbor::decode(&bytes).unwrap();
        assert_eq!(back.notice, policy.notice);
        assert_eq!(PolicyFile::default_policy().unwrap().policy.notice, None);
    }

    #[test]
    fn mistakes_are_named() {
        let cases = [
            ("choice = [\"notes\"]", "`notes` is no field"),
            ("contact = \"\"\nchoices = []", "choices"),
            ("[notice.translations.fr]\n\"Find me\" = \"x\"", "does not have, letter by letter"),
            ("[notice.translations.fr]\n\"Find you\" = \"\"", "must be 1 to"),
            ("[notice.translations.\"f r\"]", "a language is named by its tag"),
        ];
        for (text, message) in cases {
            let error = parse(text).unwrap_err();
            assert!(error.contains(message), "{text}: {error}");
        }
        let needed =
            DEFAULT_POLICY.replace("purpose = \"Find you\"", "purpose = \"Find you\"\noptional = false");
        let text = format!("{needed}\n[notice]\nchoice = [\"position\"]\n");
        let error = PolicyFile::parse(&text, "policy.toml", &shipped).unwrap_err().to_string();
        assert!(error.contains("left to people's choice, so it must be optional"), "{error}");
    }

    /// Off by default: nothing of it leaves unless this very reading says that its person chose so.
    #[test]
    fn what_is_off_by_default_leaves_only_if_chosen() {
        let policy = parse("choice = [\"contact\"]").unwrap().policy;
        let contact = policy.field_index("contact").unwrap();
        let reading = || crate::formats::parse(b"severity: high, contact: 3411").unwrap();
        let around = cowl_core::Surroundings::default();
        let bodies = |reading| -> (Vec<u8>, u32) {
            let reduced = policy.reduce(reading, &around).unwrap();
            let dropped = reduced.notices().get(cowl_core::Notice::NotChosen);
            (reduced.parts().flat_map(|(_, body)| body.to_vec()).collect(), dropped)
        };
        let has = |bytes: &[u8]| bytes.windows(4).any(|window| window == b"3411");
        let (kept, dropped) = bodies(reading());
        assert!(!has(&kept) && dropped == 1);
        let (sent, dropped) = bodies(reading().choosing([contact]));
        assert!(has(&sent) && dropped == 0);
        // A reading of nothing else is no report.
        let alone = crate::formats::parse(b"contact: 3411").unwrap();
        assert!(policy.reduce(alone, &around).is_err());
    }
}
