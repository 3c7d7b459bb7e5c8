//! The record of processing activities: GDPR Article 30(1), or 30(2) for a processor.

use cowl_core::policy::RoleKind;

use super::{
    Document, Kind, Records, RecordsError,
    document::{Section, Text, warn_of},
    organisation::ActsAs,
    words::{self, own},
};
use crate::log::Event;

/// How a place that somebody must confirm is put where Art. 9 may apply.
const SPECIAL: &str =
    "whether more of it is special category data (Art. 9): people write anything into free text";

impl Records<'_> {
    /// The record of processing activities.
    pub fn ropa(&self) -> Result<Document, RecordsError> {
        let controller = self.organisation.acts_as == ActsAs::Controller;
        let title = if controller {
            "Record of processing activities (GDPR Article 30(1))"
        } else {
            "Record of processing activities carried out for controllers (GDPR Article 30(2))"
        };
        let mut document = self.start(Kind::Ropa, title);
        document.push(self.ropa_parties());
        if controller {
            document.push(self.ropa_purposes());
            document.push(self.ropa_people());
        } else {
            document.push(self.ropa_processing());
        }
        document.push(self.ropa_data());
        document.push(self.ropa_recipients());
        let mut transfers =
            Section::new("transfers", "Transfers to third countries or international organisations");
        transfers.list(self.transfers());
        document.push(transfers);
        if controller {
            document.push(self.ropa_limits());
        }
        document.push(self.security());
        Ok(document)
    }

    fn ropa_parties(&self) -> Section {
        let mut section = Section::new("parties", "Who is responsible");
        warn_of(self.manifest().preset, &mut section);
        self.parties(&mut section);
        section
    }

    fn ropa_purposes(&self) -> Section {
        let policy = self.policy();
        let mut section = Section::new("purposes", "Purposes, and the legal basis of each");
        let roles = policy.roles.iter();
        section.facts(roles.map(|role| {
            (format!("Readers “{}”", crate::consent::printable(&role.name)), own(&role.purpose))
        }));
        if let Some(custody) = &policy.custody {
            section.facts([("Custodians, together, in an emergency", own(&custody.purpose))]);
        }
        let rows =
            policy.fields.iter().map(|field| [own(&field.name), own(&field.purpose), own(&field.basis)]);
        section.table(["Data", "Collected to", "Legal basis"], rows);
        section
    }

    /// Categories of data subjects.
    fn ropa_people(&self) -> Section {
        let members = &self.members;
        let mut section = Section::new("data-subjects", "Categories of data subjects");
        section.facts([
            ("People who report with a device of the operation", members.reporters().into()),
            ("People who report without being enrolled", "as many as come; nobody counts them".into()),
            ("People of whom reports speak", Text::from(free_text(&self.words().free_texts()))),
            ("Responders and other staff", members.responders.say().into()),
            (
                "Children, patients, other vulnerable people",
                Text::fill_in("which of these groups are to be expected"),
            ),
        ]);
        section
    }

    /// Categories of processing, as a processor lists them (Art. 30(2)(b)).
    fn ropa_processing(&self) -> Section {
        let mut section =
            Section::new("processing", "Categories of processing carried out for each controller");
        let words = self.words();
        let roles = self.policy().roles.iter();
        let what = |role: &cowl_core::policy::Role| match role.kind {
            RoleKind::Reports => {
                Text::from("collecting, reducing, passing on and opening reports: ").and(own(&role.purpose))
            }
            RoleKind::Census => {
                Text::from("counting how many report from each zone: ").and(own(&role.purpose))
            }
        };
        let rows = roles.map(|role| [own(&role.name), what(role), words.reads(role)]);
        section.table(["Readers", "Processing", "Of these data"], rows);
        section.say(Text::fill_in(
            "which of these are done for which controller, with the contract (Art. 28(3))",
        ));
        section
    }

    /// Categories of personal data: every field of the policy.
    fn ropa_data(&self) -> Section {
        let words = self.words();
        let mut section =
            Section::new("data", "Categories of personal data, and who gets each at which precision");
        let rows = words.fields().map(|(at, field)| {
            [
                own(&field.name),
                words::kind(&field.kind).into(),
                words::sensitivity(field.sensitivity).into(),
                words.obligation(at, field).into(),
                words.readers(at),
            ]
        });
        section.table(["Data", "Form", "Sensitivity", "Sent", "Who gets it"], rows);
        let special: Vec<_> = words.fields().filter(|(_, field)| field.basis.contains("9(2)")).collect();
        let special: Vec<_> =
            special.iter().map(|(_, field)| crate::consent::printable(&field.name)).collect();
        let known = if special.is_empty() { "none by the policy".to_owned() } else { special.join(", ") };
        section.facts([(
            "Special categories (the policy's basis names Art. 9)",
            Text::from(known).and("; ").and_fill_in(SPECIAL),
        )]);
        section
    }

    fn ropa_recipients(&self) -> Section {
        let (policy, words) = (self.policy(), self.words());
        let mut section = Section::new("recipients", "Categories of recipients");
        let readers = self.members.readers.iter();
        let rows = policy.roles.iter().zip(readers).map(|(role, count)| {
            // The census is taken by the authority's own service.
            let who = match (role.kind, count) {
                (RoleKind::Census, 0) => "the operation's own service".to_owned(),
                (_, count) => words::count(*count, "responder", "responders"),
            };
            [own(&role.name), who.into(), words.reads(role), own(&role.purpose)]
        });
        section.table(["Role", "Who", "Gets", "To"], rows);
        if let Some(custody) = &policy.custody {
            section.facts([(
                format!("{} of {} custodians", custody.threshold, custody.custodians),
                Text::from(words.list_of(&custody.reads)).and("; to ").and(own(&custody.purpose)),
            )]);
        }
        let exports = self.log.count(|event| matches!(event, Event::Exported { .. }));
        section.facts([
            ("The broker, which passes messages on and can open none", self.broker()),
            (
                "Others to whom data are disclosed",
                Text::from(format!("exports that the log shows: {exports}; "))
                    .and_fill_in("hospitals, authorities, partners; or that there are none"),
            ),
        ]);
        section
    }

    fn ropa_limits(&self) -> Section {
        let (policy, words) = (self.policy(), self.words());
        let mut section = Section::new("time-limits", "Time limits for erasure");
        let kept = policy.roles.iter().map(|role| {
            let name = format!("Opened reports with “{}”", crate::consent::printable(&role.name));
            (name, Text::from(format!("at most {}", words.duration(role.retention_seconds.into()))))
        });
        section.facts(kept);
        let late = words.duration(policy.lateness_seconds.into());
        let erasures = self.log.count(|event| matches!(event, Event::Erased { .. }));
        section.facts([
            (
                "Keys that open reports",
                Text::from(format!("deleted {late} after the epoch of the report has ended")),
            ),
            (
                "Archives of opened reports",
                Text::from(format!(
                    "cowl sub --archive destroys the keys of what is older; erasures that the log shows: {erasures}; "
                ))
                .and_fill_in("how what responders keep elsewhere is erased"),
            ),
            ("The register of members", Text::fill_in("until when after the operation's end it is kept")),
            ("The log, which names nobody", Text::fill_in("how long it is kept as evidence")),
        ]);
        section
    }

    /// Measures of security (Art. 32(1)), those that are off with the others.
    pub(super) fn security(&self) -> Section {
        let mut section = Section::new("security", "Technical and organisational measures");
        let rows = self.measures().into_iter().map(super::measures::Measure::row);
        section.table(["Measure", "State", "What it is"], rows);
        section.facts([
            ("Training of those who read", Text::fill_in("who was trained, by whom and when")),
            (
                "Confidentiality of those who read",
                Text::fill_in("how responders are bound to it (Art. 28(3)(b), 29)"),
            ),
            ("Responders' machines", Text::fill_in("disk encryption, screen locks, who may use them")),
        ]);
        section
    }
}

/// That other people can be named where anything can be written.
fn free_text(fields: &[String]) -> String {
    if fields.is_empty() {
        "the reporter only: no field takes free text".to_owned()
    } else {
        format!("the reporter, and whoever is named in free text ({})", fields.join(", "))
    }
}
