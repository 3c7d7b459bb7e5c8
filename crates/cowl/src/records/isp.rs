//! The table of an Information Sharing Protocol: what data there are, how sensitive, and how each is disclosed (IASC Operational
//! Guidance on Data Responsibility in Humanitarian Action, 2023, and OCHA Data Responsibility Guidelines, 2021: an ISP contains
//! a Data and Information Sensitivity Classification of four levels with a default way of disclosure for each).

use cowl_core::policy::{Read, RoleKind, Sensitivity};

use super::{
    Document, Kind, Records, RecordsError,
    document::{Section, Text, warn_of},
    words::{self, own},
};

/// The classification that goes with a level.
const fn classification(sensitivity: Sensitivity) -> &'static str {
    match sensitivity {
        Sensitivity::Low => "public",
        Sensitivity::Moderate => "restricted",
        Sensitivity::High => "confidential",
        Sensitivity::Severe => "strictly confidential",
    }
}

impl Records<'_> {
    /// The table of an Information Sharing Protocol.
    pub fn isp(&self) -> Result<Document, RecordsError> {
        let title =
            "Information sharing: data, sensitivity and disclosure (Information Sharing Protocol, IASC/OCHA)";
        let mut document = self.start(Kind::Isp, title);
        document.push(self.isp_scope());
        document.push(levels());
        document.push(self.isp_data());
        document.push(self.isp_products());
        document.push(self.isp_arrangements());
        Ok(document)
    }

    fn isp_scope(&self) -> Section {
        let mut section = Section::new("scope", "Scope");
        warn_of(self.manifest().preset, &mut section);
        section.facts([
            ("Operation", own(&self.policy().name)),
            ("Organisation", self.controller()),
            ("Context and area", Text::fill_in("the response, the place, the months")),
            (
                "Organisations that take part",
                Text::fill_in("those that agree to this protocol, with their focal points"),
            ),
            ("Endorsed by", Text::fill_in("the coordination body, and when")),
            ("To be reviewed", Text::fill_in("when, and by whom")),
        ]);
        section
    }

    /// Every field, as it is collected.
    fn isp_data(&self) -> Section {
        let words = self.words();
        let mut section = Section::new("data", "Data of single people");
        section.say(
            "The level is the policy's, of the datum as it is collected. What a role gets less precisely may be less sensitive: that is \
             for those to decide who agree to this protocol.",
        );
        let rows = words.fields().map(|(at, field)| {
            [
                own(&field.name),
                words::kind(&field.kind).into(),
                words::sensitivity(field.sensitivity).into(),
                classification(field.sensitivity).into(),
                words.readers(at),
                own(&field.purpose).and(" (").and(own(&field.basis)).and(")"),
            ]
        });
        section.table(
            [
                "Data type",
                "Form",
                "Sensitivity",
                "Classification",
                "Disclosed within the operation to",
                "Purpose and basis",
            ],
            rows,
        );
        section
    }

    /// What comes of the operation, beside single data.
    fn isp_products(&self) -> Section {
        let (policy, words) = (self.policy(), self.words());
        let mut section = Section::new("products", "Sets of data and products");
        let mut rows: Vec<[Text; 5]> = Vec::new();
        for role in &policy.roles {
            let worst = match role.kind {
                RoleKind::Reports => words.worst(&role.reads),
                RoleKind::Census => None,
            };
            let level = worst.map_or_else(
                || Text::fill_in("low, moderate, high or severe"),
                |worst| words::sensitivity(worst).into(),
            );
            let class = worst.map_or("as the level says", classification).into();
            let name = crate::consent::printable(&role.name);
            let what =
                if role.kind == RoleKind::Census { "Counts of people per zone" } else { "Opened reports" };
            let method = "to the role's members, encrypted to them; beyond them ";
            let kept = words.duration(role.retention_seconds.into());
            rows.push([
                format!("{what} of “{name}”").into(),
                level,
                class,
                Text::from(method).and_fill_in("to whom, by which agreement"),
                format!("at most {kept}").into(),
            ]);
        }
        if let Some(custody) = &policy.custody {
            rows.push(custody_row(&custody.reads, words.worst(&custody.reads)));
        }
        let fixed = [
            (
                "Sealed messages at the broker",
                "nobody can read them without keys; times and addresses of connections can be seen",
                "as long as the broker keeps them",
            ),
            (
                "The register: which name has which numbers",
                "nobody but the authority",
                "until the operation is closed",
            ),
            ("Policy, manifest, log", "anybody: they are signed and name nobody", "as evidence"),
        ];
        for (name, method, kept) in fixed {
            rows.push([
                name.into(),
                Text::fill_in("low, moderate, high or severe"),
                "as the level says".into(),
                method.into(),
                kept.into(),
            ]);
        }
        section.table(["Product", "Sensitivity", "Classification", "Method of disclosure", "Kept"], rows);
        section
    }

    fn isp_arrangements(&self) -> Section {
        let mut section = Section::new("arrangements", "Arrangements");
        section.facts([
            ("Sharing beyond the operation", Text::fill_in("with whom, which products, by which agreement")),
            (
                "Requests by authorities or parties to a conflict",
                Text::fill_in("who decides, and what is refused"),
            ),
            (
                "Incidents",
                Text::fill_in(
                    "to whom a data incident is reported, and how fast; a draft: cowl records breach",
                ),
            ),
            (
                "Questions",
                Text::own_or(
                    self.policy().notice.as_ref().map(|notice| notice.contact.as_str()),
                    "whom people may ask",
                ),
            ),
        ]);
        section
    }
}

fn custody_row(reads: &[Read], worst: Option<Sensitivity>) -> [Text; 5] {
    let level = worst.map_or_else(
        || Text::fill_in("low, moderate, high or severe"),
        |worst| words::sensitivity(worst).into(),
    );
    let class = worst.map_or("as the level says", classification).into();
    [
        format!(
            "What custodians open of one report ({})",
            words::count(reads.len() as u64, "field", "fields")
        )
        .into(),
        level,
        class,
        "to whoever asked, with a reason, and an entry in the log before".into(),
        Text::fill_in("how long what was opened is kept"),
    ]
}

/// The four levels with what usually goes with each.
fn levels() -> Section {
    let mut section = Section::new("levels", "Levels");
    let rows = [
        (Sensitivity::Low, "disclosure is unlikely to harm anybody", "published openly"),
        (
            Sensitivity::Moderate,
            "disclosure may cause minor harm",
            "within the response, to whoever works with it, on request",
        ),
        (
            Sensitivity::High,
            "disclosure may cause serious harm",
            "bilaterally, to named partners, by agreement, protected on the way",
        ),
        (
            Sensitivity::Severe,
            "disclosure may cost life, freedom or safety",
            "not shared; in exceptions case by case, to named people, with the approval of whoever answers for it",
        ),
    ];
    let rows = rows.map(|(level, harm, method)| {
        [words::sensitivity(level).into(), harm.into(), classification(level).into(), method.into()]
    });
    section.table(["Sensitivity", "If it gets out", "Classification", "Default method of disclosure"], rows);
    section.say(Text::from("The defaults follow the IASC Operational Guidance and the OCHA Guidelines; the protocol of the response comes first: ").and_fill_in("its classification, where there is one"));
    section
}
