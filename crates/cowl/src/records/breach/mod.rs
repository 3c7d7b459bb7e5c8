//! A draft of the notification of a personal data breach: GDPR Article 33(3), from register and log. Counts, and no names.

mod held;

use cowl_core::{Epoch, Preset, rfc3339};

use super::{
    Document, Kind, Logged, Records, RecordsError,
    document::{Section, Text, warn_of},
    members::devices,
    words,
};
use crate::{
    log::Event,
    operation::{Entry, Kind as Member, Standing},
};
use held::{Held, member};

/// How long there is to notify from when the breach is known (Art. 33(1)), in seconds.
const DEADLINE: u64 = 72 * 3600;

/// What happened, as far as whoever asks can say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Loss {
    /// Members whose devices are lost, by their names; the names stand nowhere in the draft.
    pub lost: Vec<String>,
    /// All that was revoked since then is lost too, in Unix seconds.
    pub since: Option<u64>,
    /// When the breach became known, in Unix seconds; `None`: it is to be filled in.
    pub known_at: Option<u64>,
}

impl Records<'_> {
    /// The draft.
    pub fn breach(&self, loss: &Loss) -> Result<Document, RecordsError> {
        if loss.known_at.is_some_and(|known| known > self.now) {
            return Err(RecordsError::KnownLater);
        }
        let held = self.held(loss)?;
        let title = "Notification of a personal data breach, draft (GDPR Article 33(3))";
        let mut document = self.start(Kind::Breach, title);
        document.push(self.clock(loss));
        document.push(self.nature(&held));
        document.push(self.lost(&held));
        let mut contact = Section::new("contact", "Contact (Art. 33(3)(b))");
        self.parties(&mut contact);
        document.push(contact);
        document.push(self.consequences(&held));
        document.push(self.taken(&held));
        document.push(self.log_since(loss, &held));
        document.push(breach_decisions());
        Ok(document)
    }

    /// Who is meant, each once, in the order of enrolment.
    fn held(&self, loss: &Loss) -> Result<Vec<Held<'_>>, RecordsError> {
        let register = self.operation.register();
        for name in &loss.lost {
            register.member(name).ok_or(crate::operation::OperationError::NoSuchMember)?;
        }
        let mut held = Vec::new();
        for entry in register.members() {
            let revoked_since =
                |since: u64| matches!(entry.standing, Standing::Revoked { at, .. } if at >= since);
            if !loss.lost.contains(&entry.name) && !loss.since.is_some_and(revoked_since) {
                continue;
            }
            let blinded = self.operation.blind(&entry.name)?;
            let of = |event: &Event| member(event) == Some(blinded);
            let logged =
                self.log.entries.iter().filter(|(_, logged)| of(&logged.event)).map(|(index, _)| *index);
            let exposure = self.operation.exposure_of(&entry.name, self.now)?;
            held.push(Held { entry, exposure, logged: logged.collect() });
        }
        Ok(held)
    }

    fn clock(&self, loss: &Loss) -> Section {
        let mut section = Section::new("clock", "Until when (Art. 33(1))");
        warn_of(self.manifest().preset, &mut section);
        let (known, due) = match loss.known_at {
            Some(known) => {
                let due = known.saturating_add(DEADLINE);
                let left = match due.checked_sub(self.now) {
                    Some(left) => format!("{} hours left when this was drawn up", left / 3600),
                    None => {
                        format!("passed {} hours before this was drawn up", (self.now - due).div_ceil(3600))
                    }
                };
                (Text::from(rfc3339(known)), Text::from(format!("{}, 72 hours later: {left}", rfc3339(due))))
            }
            None => (Text::fill_in("when you became aware of it"), Text::fill_in("72 hours later")),
        };
        section.facts([("Known since", known), ("To be notified by", due), ("To", self.supervisor())]);
        let is_late = loss.known_at.is_some_and(|known| known.saturating_add(DEADLINE) < self.now);
        if is_late {
            section
                .facts([("Reasons for the delay", Text::fill_in("why it is notified later than 72 hours"))]);
        }
        section.say("What is not known yet may follow later, in phases (Art. 33(4)); every breach is documented (Art. 33(5)).");
        section
    }

    /// Article 33(3)(a).
    fn nature(&self, held: &[Held<'_>]) -> Section {
        let mut section = Section::new("nature", "Nature of the breach (Art. 33(3)(a))");
        let kinds = [
            (Member::Device, "device", "devices"),
            (Member::Gateway, "gateway", "gateways"),
            (Member::Relay, "relay", "relays"),
            (Member::Responder, "responder's machine", "responders' machines"),
        ];
        let lost: Vec<_> = kinds
            .into_iter()
            .map(|(kind, one, many)| {
                (held.iter().filter(|held| held.entry.kind == kind).count() as u64, one, many)
            })
            .filter(|(n, ..)| *n > 0)
            .map(|(n, one, many)| words::count(n, one, many))
            .collect();
        let lost = if lost.is_empty() {
            Text::fill_in("what was lost, seized, copied or disclosed")
        } else {
            lost.join(", ").into()
        };
        let roles = self.opened_roles(held);
        let categories = if roles.is_empty() {
            Text::from(
                "reports that the lost devices sent themselves, as far as their keys were still on them",
            )
        } else {
            Text::from(
                roles
                    .iter()
                    .map(|role| format!("reports as “{}” reads them", crate::consent::printable(role)))
                    .collect::<Vec<_>>()
                    .join("; "),
            )
        };
        section.facts([
            ("Lost", lost),
            (
                "How and where",
                Text::fill_in(
                    "lost, stolen, seized or copied; when and where; screen locked, disk encrypted?",
                ),
            ),
            (
                "Categories of people",
                Text::from("people who reported; ")
                    .and_fill_in("which groups among them, such as patients or children"),
            ),
            ("People concerned, approximately", self.people(held)),
            ("Categories of records", categories),
            (
                "Records concerned, approximately",
                Text::fill_in("how many reports there were in these epochs: archives of the role count them"),
            ),
        ]);
        section
    }

    /// How many people can be concerned: those whose keys were good in the epochs that can be opened.
    fn people(&self, held: &[Held<'_>]) -> Text {
        let opened: Vec<Epoch> = held.iter().flat_map(|held| held.exposure.opens.iter().copied()).collect();
        let in_opened = |entry: &&Entry| {
            opened.iter().any(|epoch| (entry.first_epoch..=entry.last_epoch).contains(&epoch.0))
        };
        let members = self.operation.register().members().iter();
        let others: u64 = members.filter(in_opened).map(devices).sum();
        let own: u64 = held.iter().map(|held| devices(held.entry)).sum();
        if opened.is_empty() {
            return Text::from(format!(
                "those who reported by the lost devices: at most {}",
                words::count(own, "device", "devices")
            ));
        }
        Text::from(format!(
            "those of at most {} that had keys in these epochs; ",
            words::count(others.max(own), "device", "devices")
        ))
        .and_fill_in("how many people reported without being enrolled")
    }

    /// The roles that lost responders' machines open.
    fn opened_roles(&self, held: &[Held<'_>]) -> Vec<&str> {
        let lost = held.iter().filter(|held| !held.exposure.opens.is_empty());
        let roles: Vec<_> = lost.flat_map(|held| &held.entry.roles).collect();
        let all = self.policy().roles.iter().map(|role| role.name.as_str());
        all.filter(|name| roles.iter().any(|role| role == name)).collect()
    }

    /// What each held.
    fn lost(&self, held: &[Held<'_>]) -> Section {
        let mut section = Section::new("held", "What it held");
        let rows = held.iter().map(|held| {
            let logged: Vec<_> = held.logged.iter().map(u64::to_string).collect();
            let logged = if logged.is_empty() { "none".to_owned() } else { logged.join(", ") };
            [
                held.what().into(),
                held.keys(self.manifest().calendar).into(),
                held.revoked_at()
                    .map_or_else(|| Text::fill_in("not revoked yet: cowl revoke"), |at| rfc3339(at).into()),
                logged.into(),
            ]
        });
        if held.is_empty() {
            section.say("No member was named, and none was revoked since the time that was given.");
        } else {
            section.table(["What", "Keys and epochs", "Revoked", "Entries of the log"], rows);
        }
        let roles = self.opened_roles(held);
        let named = self.policy().roles.iter().filter(|role| roles.contains(&role.name.as_str()));
        let words = self.words();
        section.facts(
            named.map(|role| {
                (format!("“{}” reads", crate::consent::printable(&role.name)), words.reads(role))
            }),
        );
        section
    }

    /// Article 33(3)(c).
    fn consequences(&self, held: &[Held<'_>]) -> Section {
        let mut section = Section::new("consequences", "Likely consequences (Art. 33(3)(c))");
        let is = |kind: Member| held.iter().any(|held| held.entry.kind == kind);
        let mut said: Vec<Text> = Vec::new();
        if self.manifest().preset != Preset::Cowl {
            said.push("The preset does not protect what passed: see the warning above.".into());
        }
        if is(Member::Responder) {
            said.push("Whoever opens the machine reads the reports of its roles in the epochs above, as precisely as the roles do. Nothing of an epoch that begins after it was revoked.".into());
        }
        if is(Member::Device) {
            said.push("Whoever opens the device can send reports in its place until receivers refuse it, and open what it sent itself in epochs whose keys it still holds. It opens nobody else's.".into());
        }
        if is(Member::Gateway) {
            said.push("Whoever opens the gateway can send in the place of its devices until receivers refuse it, and reads what its devices send to it and what still waits in it.".into());
        }
        if is(Member::Relay) {
            said.push("Whoever opens the relay sees addresses and times of the phones that use it; it opens no report.".into());
        }
        section.list(said);
        let roles = self.opened_roles(held);
        let of_roles = self.policy().roles.iter().filter(|role| roles.contains(&role.name.as_str()));
        let worst = of_roles.filter_map(|role| self.words().worst(&role.reads)).max();
        section.facts([
            (
                "Most sensitive of what can be read",
                worst.map_or_else(
                    || Text::from("only what the lost devices sent themselves"),
                    |worst| words::sensitivity(worst).into(),
                ),
            ),
            (
                "For the people concerned",
                Text::fill_in("what it means for them here: danger from whom, stigma, loss of care"),
            ),
        ]);
        section
    }

    /// Article 33(3)(d).
    fn taken(&self, held: &[Held<'_>]) -> Section {
        let mut section = Section::new("measures", "Measures taken or proposed (Art. 33(3)(d))");
        let mut said: Vec<Text> = held.iter().map(Held::revocation).collect();
        let rotated = self.log.entries.iter().rev().find(|(_, entry)| entry.event == Event::Rotated);
        said.extend(rotated.map(|(index, entry)| {
            format!("All role keys were replaced at {} (entry {index}).", rfc3339(entry.time)).into()
        }));
        section.list(said);
        let on: Vec<_> =
            self.measures().into_iter().filter(|measure| measure.on).map(|measure| measure.name).collect();
        section.facts([
            ("On when this was drawn up", Text::from(on.join("; "))),
            (
                "Taken besides",
                Text::fill_in("police report, remote wipe, new logins of the broker, people warned"),
            ),
            ("Proposed", Text::fill_in("what else will be done, by whom, until when")),
        ]);
        section
    }

    /// What the log shows of the time.
    fn log_since(&self, loss: &Loss, held: &[Held<'_>]) -> Section {
        let mut section = Section::new("log", "What the log shows");
        let first = held.iter().filter_map(Held::revoked_at).min();
        let from = loss.since.or(loss.known_at).or(first).unwrap_or(self.now);
        section.facts([
            (
                "The log",
                Text::from(match (self.log.size, self.log.findings) {
                    (0, _) => "there is none".to_owned(),
                    (size, 0) => format!("{}; it verifies", words::count(size, "entry", "entries")),
                    (size, findings) => format!(
                        "{}; it does not verify: {findings} findings",
                        words::count(size, "entry", "entries")
                    ),
                }),
            ),
            ("Since", rfc3339(from).into()),
        ]);
        let counts = Logged::counts(self.log.since(from));
        if counts.is_empty() {
            section.say("Nothing was entered since then.");
        } else {
            section.table(
                ["Entries", "How many"],
                counts.into_iter().map(|(what, n)| [what.into(), n.to_string().into()]),
            );
        }
        section
    }
}

fn breach_decisions() -> Section {
    let mut section = Section::new("decisions", "To be decided by a person");
    section.facts([
        (
            "Is there a risk to people's rights and freedoms (Art. 33(1))",
            Text::fill_in("yes, or no and why: then the authority need not be notified"),
        ),
        ("Is it high, so that people are told (Art. 34)", Text::fill_in("yes, how and when; or no and why")),
        (
            "Other countries, other authorities",
            Text::fill_in("which are concerned, and which is in the lead (Art. 55, 56)"),
        ),
        ("Humanitarian partners to be told", Text::fill_in("under which Information Sharing Protocol")),
        ("Notified by", Text::fill_in("name, function, date")),
    ]);
    section
}
