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
