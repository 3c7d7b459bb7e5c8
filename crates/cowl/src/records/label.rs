//! The privacy label: on one page, what is collected, who sees it, for how long, what may be left out, what was measured.

use super::{
    Audit, Document, Kind, Records, RecordsError,
    document::{Section, Text, warn_of},
    dpia::{advantage, threat},
    words::own,
};

impl Records<'_> {
    /// The label; with an audit, its figures.
    pub fn label(&self, audit: Option<&Audit>) -> Result<Document, RecordsError> {
        let title = format!("Privacy label: {}", crate::consent::printable(&self.policy().name));
        let mut document = self.start(Kind::Label, &title);
        let (policy, words) = (self.policy(), self.words());

        let mut collected = Section::new("collected", "What is collected");
        warn_of(self.manifest().preset, &mut collected);
        let rows = words.fields().map(|(at, field)| {
            [own(&field.name), own(&field.purpose), words.obligation(at, field).into(), words.readers(at)]
        });
        collected.table(["Data", "Why", "Sent", "Who sees it"], rows);
        document.push(collected);

        let mut kept = Section::new("kept", "Who keeps it, and how long");
        let roles = policy.roles.iter();
        kept.facts(roles.map(|role| {
            let kept = words.duration(role.retention_seconds.into());
            (
                crate::consent::printable(&role.name),
                Text::from(format!("at most {kept}; ")).and(own(&role.purpose)),
            )
        }));
        document.push(kept);

        let mut seen = Section::new("seen", "What others can see");
        seen.list(self.outsiders());
        document.push(seen);

        let mut choice = Section::new("choice", "Your choice");
        choice.facts([
            ("Help", Text::from("does not depend on what is left out")),
            ("Taking it back", "with the twelve words of a receipt".into()),
            (
                "Questions",
                Text::own_or(
                    policy.notice.as_ref().map(|notice| notice.contact.as_str()),
                    "whom people may ask",
                ),
            ),
            ("Responsible", self.controller()),
        ]);
        document.push(choice);
        document.push(self.label_audit(audit));
        Ok(document)
    }

    fn label_audit(&self, audit: Option<&Audit>) -> Section {
        let mut section = Section::new("audited", "Measured");
        let Some(audit) = audit else {
            section.say(Text::fill_in("an audit: cowl audit score --json, then --audit"));
            return section;
        };
        let chosen = self.choose(audit, &mut section);
        for card in chosen {
            section.say(format!(
                "Advantage of the strongest adversary: 0 is guessing or less, 1 is certainty ({}).",
                card.basis()
            ));
            let rows = super::Category::ALL.into_iter().map(|category| match card.worst(category) {
                Some((adversary, cell)) => {
                    [threat(category).into(), adversary.words().into(), advantage(&cell)]
                }
                None => [threat(category).into(), "–".into(), "not measured".into()],
            });
            section.table(["To", "The strongest is", "Advantage (95 %)"], rows);
        }
        section
    }
}
