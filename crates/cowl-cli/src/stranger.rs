//! The left side of the console: the auditor's extractor, which knows nothing of Cowl, as its outsider. What it finds in a message, anybody
//! finds.

use cowl::{
    client::Topics,
    transport::{Error, Topic},
};
use cowl_console::{Exposed, Outsider, Told};

/// Somebody who knows nothing of Cowl.
#[derive(Debug)]
pub(crate) struct Stranger;

impl Outsider for Stranger {
    fn look(&self, topic: &[u8], payload: &[u8]) -> Exposed {
        let mut fields = Vec::new();
        let seen = cowl_audit::Sighting::new(topic, payload);
        let format = cowl_audit::scan(&seen, &mut |field| {
            let of_payload = field.source == cowl_audit::Source::Payload;
            if of_payload || !field.of_envelope {
                let span = of_payload.then(|| field.span.clone());
                fields.push(Told { kind: field.kind.name().to_owned(), span });
            }
        });
        Exposed { form: format.to_string(), fields }
    }
}

/// Where an operation's authority publishes what everybody may read.
pub(crate) fn notices(topics: &Topics) -> Result<Vec<Topic>, Error> {
    Ok(vec![
        topics.manifest()?,
        topics.beacon()?,
        topics.bundle()?,
        topics.bulletin()?,
        topics.erasures()?,
        topics.dispatch()?,
    ])
}

#[cfg(test)]
mod tests {
    use cowl::consent::Language;

    use super::*;

    #[test]
    fn whatever_the_stranger_names_has_a_word_in_every_language() {
        for language in Language::ALL {
            for kind in cowl_audit::Kind::ALL {
                let told = Told { kind: kind.name().to_owned(), span: None };
                assert!(told.word(language).is_some(), "{} in {}", told.kind, language.tag());
            }
            for form in cowl_audit::Format::ALL {
                let seen = Exposed { form: form.name().to_owned(), fields: Vec::new() };
                assert!(seen.word(language).is_some(), "{} in {}", seen.form, language.tag());
            }
        }
    }
}
