//! A draft of the data protection impact assessment: GDPR Article 35(7), with the audit's figures in it.

use cowl_core::{Preset, policy::Sensitivity};

use super::{
    Adversary, Audit, Category, Cell, Document, Kind, Records, RecordsError, Scorecard,
    document::{Section, Text, warn_of},
    words::own,
};

/// What an adversary does who succeeds.
pub(super) const fn threat(category: Category) -> &'static str {
    match category {
        Category::Linking => "tell that messages are of one person",
        Category::Identifying => "find out who or where a sender is",
        Category::NonRepudiation => "prove to others that a person sent a message",
        Category::Detecting => "notice an emergency, or who uses the service",
        Category::DataDisclosure => "read what messages say",
        Category::Unawareness => "receive what no notice or consent covers",
        Category::NonCompliance => "still open what is erased or expired",
    }
}

/// What holds against it, where the preset is Cowl's own.
const fn held_by(category: Category) -> &'static str {
    match category {
        Category::Linking => {
            "pseudonyms that change with each epoch, tags that never repeat, one size, gateways and relays with cover"
        }
        Category::Identifying => "zones that a crowd shares, names for the roles alone that need them",
        Category::NonRepudiation => "whoever may read a report could have written it",
        Category::Detecting => "one mailbox, one size, slots with cover, delays",
        Category::DataDisclosure => {
            "a part for each role under a key of its own; what the policy does not name is dropped on the device"
        }
        Category::Unawareness => {
            "a signed notice in five languages, choices that are off by default, withdrawal by code"
        }
        Category::NonCompliance => {
            "keys deleted as epochs pass, archives whose keys an erasure destroys, a tamper-evident log"
        }
    }
}

/// An advantage with its interval, or why there is none.
pub(super) fn advantage(cell: &Cell) -> Text {
    match cell {
        Cell::Measured { attack, value, low, high } => {
            let [value, low, high] = [value, low, high].map(|share| share.clamp(0.0, 1.0));
            format!("{value:.2} ({low:.2} to {high:.2}) by {attack}").into()
        }
        Cell::NotMeasured { reason, leak: Some(high) } => {
            Text::from(format!("up to {:.2}; beside it not measured: ", high.clamp(0.0, 1.0)))
                .and(own(reason))
        }
        Cell::NotMeasured { reason, leak: None } => Text::from("not measured: ").and(own(reason)),
        Cell::NoMechanism { reason } => Text::from("no mechanism: ").and(own(reason)),
        Cell::NotApplicable => "not applicable".into(),
    }
}

impl Records<'_> {
    /// The draft; with an audit, its figures.
    pub fn dpia(&self, audit: Option<&Audit>) -> Result<Document, RecordsError> {
        let mut document =
            self.start(Kind::Dpia, "Data protection impact assessment, draft (GDPR Article 35(7))");
        document.push(self.dpia_why());
        document.push(self.dpia_description());
        document.push(self.dpia_necessity());
        document.push(self.dpia_risks(audit));
        let mut measures = self.security();
        "Measures to address the risks (Art. 35(7)(d))".clone_into(&mut measures.title);
        document.push(measures);
        document.push(self.dpia_residual());
        document.push(decisions());
        Ok(document)
    }

    fn dpia_why(&self) -> Section {
        let policy = self.policy();
        let mut section = Section::new("why", "Why an assessment");
        warn_of(self.manifest().preset, &mut section);
        let names = |least: Sensitivity| {
            let fields = policy.fields.iter().filter(|field| field.sensitivity >= least);
            let names: Vec<_> = fields.map(|field| crate::consent::printable(&field.name)).collect();
            if names.is_empty() { "none".to_owned() } else { names.join(", ") }
        };
        let place = if policy.position_field().is_some() { "yes" } else { "no" };
        section.facts([
            ("Data that may cost life or freedom (severe)", Text::from(names(Sensitivity::Severe))),
            ("Data that may harm (high and above)", names(Sensitivity::High).into()),
            ("Location", place.into()),
            ("People who cannot easily refuse, such as those in need", "yes: whoever asks for help".into()),
            (
                "How many people",
                Text::from(format!("{}; ", self.members.reporters())).and_fill_in("how many are expected"),
            ),
            (
                "Advice of the data protection officer (Art. 35(2))",
                Text::fill_in("what the officer advised, and when"),
            ),
        ]);
        section.facts([("Responsible", self.controller())]);
        section
    }

    fn dpia_description(&self) -> Section {
        let (policy, words) = (self.policy(), self.words());
        let mut section = Section::new("description", "Systematic description (Art. 35(7)(a))");
        let way = if self.manifest().preset == Preset::Cowl {
            "People report with a phone or a device. The device keeps what the policy names, makes of it one part for each role at that role's \
             precision, seals each part to its role and sends all of them as one message of one size. The broker passes messages on and can \
             open none. Responders open the part of their role. Keys are deleted as epochs pass."
        } else {
            "People report with a phone or a device; the broker passes reports on to responders. The configuration is one to compare with: see \
             the warning above."
        };
        section.say(way);
        section.facts([
            ("Epoch", Text::from(words.duration(policy.epoch_seconds.into()))),
            (
                "Keys ahead",
                words.duration(u64::from(policy.epoch_seconds) * u64::from(policy.keys_ahead)).into(),
            ),
            ("Devices", self.members.devices.say().into()),
            ("Gateways", self.members.gateways.say().into()),
            ("Relays", self.members.relays.say().into()),
            ("Responders", self.members.responders.say().into()),
            ("The broker", self.broker()),
        ]);
        let roles = policy.roles.iter();
        let kept = |role: &cowl_core::policy::Role| words.duration(role.retention_seconds.into());
        section.table(
            ["Role", "Purpose", "Gets", "Kept at most"],
            roles.map(|role| [own(&role.name), own(&role.purpose), words.reads(role), kept(role).into()]),
        );
        section
    }

    fn dpia_necessity(&self) -> Section {
        let words = self.words();
        let mut section = Section::new("necessity", "Necessity and proportionality (Art. 35(7)(b))");
        let rows = words.fields().map(|(at, field)| {
            [
                own(&field.name),
                own(&field.purpose),
                own(&field.basis),
                words.obligation(at, field).into(),
                words.readers(at),
                Text::fill_in("why it is needed, and why not less precisely"),
            ]
        });
        section.table(["Data", "Purpose", "Legal basis", "Sent", "Who gets it", "Why it is needed"], rows);
        section.facts([
            ("Being told (Art. 12 to 14)", Text::from("the notice of the manifest: cowl records notice")),
            (
                "Access and rectification (Art. 15, 16)",
                Text::fill_in("how a person who reports under a pseudonym is answered"),
            ),
            (
                "Erasure and objection (Art. 17, 21)",
                "withdrawal by twelve words destroys the keys of what was kept; what others wrote down stays"
                    .into(),
            ),
            (
                "Processors (Art. 28)",
                Text::fill_in("contracts with whoever runs the broker, gateways, relays"),
            ),
            (
                "Views of the people concerned (Art. 35(9))",
                Text::fill_in("who was asked, and what they said; or why nobody was"),
            ),
        ]);
        section
    }

    fn dpia_risks(&self, audit: Option<&Audit>) -> Section {
        let mut section = Section::new("risks", "Risks to rights and freedoms (Art. 35(7)(c))");
        let held = |category| match self.manifest().preset {
            Preset::Cowl => held_by(category),
            _ => "nothing: see the warning above",
        };
        let rows = Category::ALL.map(|category| {
            [
                threat(category).into(),
                held(category).into(),
                Text::fill_in("severity for the people concerned, and why"),
                Text::fill_in("likelihood here, and why"),
            ]
        });
        section.table(["Somebody could", "Held by", "Severity", "Likelihood"], rows);
        let Some(audit) = audit else {
            section.say(Text::fill_in("what was measured: cowl audit score --json, then --audit"));
            return section;
        };
        for card in self.choose(audit, &mut section) {
            section.say(format!(
                "Measured by the auditor: advantages, 0 is guessing or less and 1 is certainty, with intervals of 95 % ({}).",
                card.basis()
            ));
            section.table(["Somebody could", "Who", "Advantage"], measured(card));
            let useful = card.usefulness();
            section.facts(useful.into_iter().map(|(name, value)| (name, Text::from(value))));
        }
        section.say(Text::fill_in("whether the audit was of this operation's own network, broker and people, or of a simulation like it"));
        section
    }

    /// The scorecards that measured what runs here; what does not fit is said.
    pub(super) fn choose<'c>(&self, audit: &'c Audit, section: &mut Section) -> Vec<&'c Scorecard> {
        let preset = self.manifest().preset;
        let fits = |card: &Scorecard| {
            let name = card.configuration.as_str();
            name == preset.name() || preset == Preset::Cowl && name.starts_with("cowl-")
        };
        let chosen: Vec<_> = audit.scorecards.iter().filter(|card| fits(card)).collect();
        let others = audit.scorecards.iter().filter(|card| !fits(card));
        let others: Vec<_> =
            others.map(|card| format!("“{}”", crate::consent::printable(&card.configuration))).collect();
        let chosen = if chosen.is_empty() {
            section.warn(format!(
                "These figures are of another configuration: the audit measured {}, and this operation runs the preset “{}”.",
                others.join(", "),
                preset.name()
            ));
            audit.scorecards.iter().collect()
        } else {
            if !others.is_empty() {
                section.say(format!("Left out, as this operation does not run it: {}.", others.join(", ")));
            }
            chosen
        };
        let mut strange: Vec<_> = chosen
            .iter()
            .flat_map(|card| card.roles())
            .filter(|role| self.policy().role_index(role).is_none())
            .collect();
        strange.sort_unstable();
        strange.dedup();
        if !strange.is_empty() {
            let strange: Vec<_> =
                strange.into_iter().map(|role| format!("“{}”", crate::consent::printable(role))).collect();
            section.warn(format!(
                "These figures are of another operation: the audit speaks of roles that this one does not have ({}).",
                strange.join(", ")
            ));
        }
        chosen
    }

    /// What stays, whatever is on (Art. 35(7)(c) and (d); where it is decided, 36).
    fn dpia_residual(&self) -> Section {
        let mut section = Section::new("residual", "Residual risk");
        section.list(self.outsiders());
        let free = self.words().free_texts();
        let mut rest: Vec<Text> = vec![
            "A responder can copy, photograph or repeat what was opened; the log does not show it.".into(),
            "A phone that somebody else controls sends and shows what that person wants.".into(),
        ];
        if !free.is_empty() {
            rest.push(
                format!("People write anything into free text, names of others too: {}.", free.join(", "))
                    .into(),
            );
        }
        if self.policy().custody.is_some() {
            rest.push("What custodians open uses classical cryptography: what is recorded now may be opened in decades.".into());
        }
        section.list(rest);
        section.say(Text::fill_in("what else remains at this place and with these people"));
        section
    }

    /// What can be seen by those who have no key.
    pub(super) fn outsiders(&self) -> Vec<Text> {
        let preset = self.manifest().preset;
        if let Some(warning) = crate::dangerous::warning(preset) {
            return vec![warning.into()];
        }
        let mut all: Vec<Text> = vec![
            "The network and the broker: that a device connects, from which address and when; not what it says, who it is or how urgent.".into(),
        ];
        if self.members.gateways.members + self.members.relays.members > 0 {
            all.push("Behind a gateway or relay they see its address in place of the devices'.".into());
        }
        if self.policy().traffic.phone_delay_seconds == 0 {
            all.push("A phone that sends by itself sends at once: whoever sees its connection sees that something was reported.".into());
        }
        all.push("The people and the network around a phone: that it is used.".into());
        all
    }
}

/// Every cell that says something.
fn measured(card: &Scorecard) -> Vec<[Text; 3]> {
    let mut rows = Vec::new();
    for category in Category::ALL {
        if !card.covers(category) {
            rows.push([threat(category).into(), "everybody".into(), "not attacked in this audit".into()]);
            continue;
        }
        for adversary in Adversary::ALL {
            let cell = card.cell(category, adversary);
            if cell != Cell::NotApplicable {
                rows.push([threat(category).into(), adversary.words().into(), advantage(&cell)]);
            }
        }
    }
    rows
}

fn decisions() -> Section {
    let mut section = Section::new("decisions", "To be decided by a person");
    section.facts([
        ("Is the residual risk acceptable", Text::fill_in("yes or no for each risk, and why")),
        ("Further measures", Text::fill_in("what, by whom, until when")),
        (
            "Prior consultation (Art. 36)",
            Text::fill_in("whether the residual risk is high and the authority is consulted"),
        ),
        ("Approved by", Text::fill_in("name, function, date")),
        ("To be reviewed", Text::fill_in("when, and at which changes (Art. 35(11))")),
    ]);
    section
}
