//! The notice of GDPR Article 13: what people are told, as the manifest signs it, and what the law asks for beside it.

use super::{
    Document, Kind, Records, RecordsError,
    document::{Section, Text},
};
use crate::consent::{Block, Language, Messages, Notice};

impl Records<'_> {
    /// The notice in a language.
    pub fn notice(&self, language: Language) -> Result<Document, RecordsError> {
        let notice = Notice::of(self.manifest(), language);
        let messages = Messages::of(language);
        let title = notice.blocks.iter().find_map(|block| match block {
            Block::Title(title) => Some(title.as_str()),
            _ => None,
        });
        let mut document = self.start(Kind::Notice, title.unwrap_or_default()).in_language(language);
        for section in signed(&notice) {
            document.push(section);
        }
        document.push(self.article_13(&messages));
        let mut origin = Section::new("signed", messages.say("article-signed"));
        let confirmed =
            if notice.is_confirmed_by(self.manifest()) { "article-confirmed" } else { "article-unconfirmed" };
        origin.say(messages.say(confirmed));
        origin.facts([("SHA-256", Text::from(notice.hash().to_string()))]);
        document.push(origin);
        Ok(document)
    }

    /// What Article 13 asks for beyond the notice: the law's own list, in the reader's language.
    fn article_13(&self, messages: &Messages) -> Section {
        let mut section = Section::new("article-13", messages.say("article-heading"));
        let representative = self.organisation.representative.is_some();
        let mut facts = vec![(messages.say("article-controller"), self.controller())];
        if representative {
            facts.push((messages.say("article-representative"), self.representative()));
        }
        facts.push((messages.say("article-officer"), self.officer()));
        facts.push((messages.say("article-authority"), self.supervisor()));
        section.facts(facts);
        if self.organisation.no_transfers {
            section.say(messages.say("article-transfers-none"));
        } else {
            section.say(messages.say("article-transfers"));
            section.list(self.transfers());
        }
        section.say(messages.say("article-rights"));
        section.say(messages.say("article-automatic"));
        section.list([
            Text::fill_in("whether a law or contract obliges anybody to report (Art. 13(2)(e))"),
            Text::fill_in("whether machines alone decide about people with these data outside of this operation (Art. 13(2)(f))"),
        ]);
        section
    }
}

/// The signed notice, headings as parts.
fn signed(notice: &Notice) -> Vec<Section> {
    let mut sections = Vec::new();
    let mut section = Section::new("notice-0", "");
    for block in &notice.blocks {
        match block {
            Block::Heading(title) => {
                let next = Section::new(format!("notice-{}", sections.len() + 1), title.as_str());
                sections.push(std::mem::replace(&mut section, next));
            }
            Block::Line(line) => section.say(line.as_str()),
            Block::Item(head, lines) => section.item(head, lines.iter().map(|line| line.as_str().into())),
            // It is the title of the whole.
            Block::Title(_) => {}
        }
    }
    sections.push(section);
    sections
}
