//! What goes on when the demo is over, for whoever looks at its console: the same people report on, over the same broker, under the
//! protection that is chosen there. What Cowl seals is opened by the console's own seats; what the study's presets send, and Cowl with a
//! layer taken away (`weak`), is read here, as everybody reads it who has the one key that there is, or needs none.

mod crowd;
mod scene;
mod weak;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use cowl::{
    client::{Notice, Notices, Topics},
    dangerous::DangerousPreset,
    files, formats,
    keyring::{KeyringError, Sender, store_new},
    operation::Operation,
    policy_file::{HAITI_DEPARTMENTS, HAITI_DEPARTMENTS_NAME},
    random::SystemRng,
    transport::{Filter, Message, Publication, Publisher, Qos, Subscriber, Subscription},
};
use cowl_console::Stage;
use cowl_core::{Epoch, Policy, Preset, Surroundings};
use serde_json::{Map, Value};

use super::{
    day::Day,
    ground::{Ground, STUDY_TOPICS, Who, policy_text},
    phone::dangerous_of,
};
use crate::{failure::Failure, machine};
use crowd::{Crowd, Line};
use scene::{Choice, Read, Scene};
use weak::{Clue, Weak};

/// A second of the crowd's.
const PACE: Duration = Duration::from_secs(1);
/// Phones at the most, of those that the operation has places for beside those of the day.
const PEOPLE: u32 = 300;
/// Devices beside phones: the visitor's, and the one of cover.
const OTHERS: u32 = 2;
/// Reports of the day that go round.
const REPORTS: usize = 1_000;

/// Everyone who acts on it.
pub(super) struct Play {
    scene: Arc<Scene>,
    sender: Sender,
    weak: Weak,
    dangerous: Vec<(Preset, DangerousPreset)>,
    crowd: Crowd,
    topics: Topics,
    notices: Notices,
    /// What Cowl sealed, with the login of all devices.
    phones: Publisher,
    /// The study's and the weakened: no device of an operation may publish on their topics.
    exposed: Publisher,
    /// Whoever has the shared key.
    everybody: Subscriber,
}

impl Play {
    /// Enrols the phones and the console's responders, and makes the study's operations; `operation` is the one that goes on.
    pub(super) async fn new(
        ground: &Ground,
        operation: &mut Operation,
        day: &Day,
        epoch: Epoch,
    ) -> Result<Self, Failure> {
        let mut rng = SystemRng::new();
        let all = u32::try_from(day.crisis.people().len()).unwrap_or(u32::MAX);
        let room = operation.manifest().policy.places.saturating_sub(all.saturating_add(OTHERS));
        let people = all.min(PEOPLE).min(room).max(1);
        let phones = ground.folder.path().join("console-phones.cowl");
        // One more than there are, for cover.
        let enrolled = operation.enrol_gateway("console-phones", people + 1, epoch, &mut rng)?;
        store_new(&phones, &enrolled.credential, enrolled.first)?;
        let sender = Sender::open(&phones)?;
        for (role, _) in &ground.roles {
            let name = format!("console-{role}");
            let enrolled = operation.enrol_responder(&name, std::slice::from_ref(role), epoch, &mut rng)?;
            store_new(&console_credential(ground, role), &enrolled.credential, enrolled.first)?;
        }
        let mut dangerous = Vec::new();
        for preset in Preset::ALL.into_iter().filter(|preset| preset.is_dangerous()) {
            dangerous.push((preset, study(&ground.folder.path().join(preset.name()), preset, people)?));
        }
        let topics = Topics::of(operation.manifest());
        let (endpoint, device, operator) =
            (ground.endpoint(), ground.options(Who::Device)?, ground.options(Who::Operator)?);
        let wanted = Subscription::new(Filter::new(format!("{STUDY_TOPICS}/#"))?, Qos::AtLeastOnce);
        let phones = usize::try_from(people).unwrap_or(1).max(1);
        let policy = &operation.manifest().policy;
        let weak = Weak::new(policy);
        let lines = day.reports.iter().take(REPORTS);
        let lines = lines.map(|sent| Line { person: sent.person % phones, line: sent.line.clone() });
        Ok(Self {
            scene: Arc::new(Scene::new()),
            sender,
            weak: weak.map_err(|error| Failure::internal("the policy without reducing").because(&error))?,
            dangerous,
            crowd: Crowd::new(lines, |line| is_urgent(policy, line)),
            notices: Notices::connect(&endpoint, &device, &topics).await?,
            topics,
            phones: Publisher::connect(&endpoint, &device).await?,
            exposed: Publisher::connect(&endpoint, &operator).await?,
            everybody: Subscriber::connect(&endpoint, &operator, wanted).await?,
        })
    }

    /// What the console sees of it.
    pub(super) fn scene(&self) -> Arc<dyn Stage> {
        Arc::<Scene>::clone(&self.scene)
    }

    /// Goes on until it is dropped.
    pub(super) async fn run(mut self) -> Result<(), Failure> {
        let mut ticks = tokio::time::interval(PACE);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = ticks.tick() => {
                    let choice = self.scene.choice();
                    for report in self.crowd.second(choice.has_slots()) {
                        self.send(choice, report.as_ref()).await?;
                    }
                }
                notice = self.notices.next() => self.hear(&notice?)?,
                message = self.everybody.next() => self.read(&message?),
            }
        }
    }

    /// Sends a report, or cover.
    async fn send(&mut self, choice: Choice, report: Option<&Line>) -> Result<(), Failure> {
        let Some((publication, clue)) = self.protect(choice, report)? else { return Ok(()) };
        self.scene.send(choice, &publication.payload, clue);
        let publisher = if choice.is_operations() { &self.phones } else { &self.exposed };
        Ok(publisher.publish(publication).await?)
    }

    /// `None` while the phones have not heard a beacon.
    fn protect(
        &mut self,
        choice: Choice,
        report: Option<&Line>,
    ) -> Result<Option<(Publication, Option<Clue>)>, Failure> {
        let fault =
            |error: &dyn std::error::Error| Failure::internal("a simulated report is refused").because(error);
        let now = machine::now();
        let parsed = report.map(|report| formats::parse(report.line.as_bytes())).transpose();
        let reading = parsed.map_err(|error| fault(&error))?;
        let person = report.map_or(self.sender.cover_identity(), |report| report.person);
        if let Some((_, dangerous)) = self.dangerous.iter().find(|(own, _)| *own == choice.preset) {
            let Some(reading) = reading else { return Ok(None) };
            let identity = u32::try_from(person).unwrap_or(u32::MAX);
            let exposed = dangerous.expose(reading, identity, now).map_err(|error| fault(&error))?;
            return Ok(Some((exposed.dangerous_into_publication(Qos::AtLeastOnce), None)));
        }
        let around = self.sender.surroundings(now);
        let reduce = |reading| {
            if choice.is_operations() {
                // By the newest manifest, which seats have as well.
                self.sender.manifest().policy.reduce(reading, &around)
            } else {
                self.weak.reduce(choice.layers, reading, &around)
            }
        };
        let reduced = reading.map(reduce).transpose().map_err(|error| fault(&error))?;
        let report = match reduced {
            Some(reduced) => self.sender.report(reduced),
            None => self.sender.cover(),
        };
        if !choice.is_operations() {
            let made = self.weak.make(choice.layers, person, &report)?;
            return Ok(Some((made.publication, Some(made.clue))));
        }
        let Ok(sealed) = self.sender.seal(person, &report, now) else { return Ok(None) };
        let sealed = sealed.sealed;
        let topic = self.topics.report(&sealed)?;
        Ok(Some((Publication::new(topic, sealed.into_bytes(), Qos::AtLeastOnce), None)))
    }

    fn hear(&mut self, notice: &Notice) -> Result<(), Failure> {
        match notice {
            Notice::Manifest(bytes) => match self.sender.follow(bytes) {
                // The one that the day left behind is older than these phones.
                Ok(()) | Err(KeyringError::Manifest(_)) => {}
                Err(error) => return Err(error.into()),
            },
            // One that is retained may come twice.
            Notice::Beacon(bytes) => drop(self.sender.hear(bytes, machine::now())),
            Notice::Bundle(_) | Notice::Dispatch(_) | Notice::Erasures(_) => {}
        }
        Ok(())
    }

    /// As everybody: under the study's presets there is one key, or none; what is weakened is read with its sender's own.
    fn read(&self, message: &Message) {
        let Some((choice, clue)) = self.scene.sent_as(&message.payload) else { return };
        if let Some(clue) = clue {
            if let Some(parts) = self.weak.read(choice.layers, &clue, &message.payload) {
                let parts = parts.into_iter().map(|(role, fields)| (role, texts(&fields)));
                self.scene.open(choice, Read::Roles(parts.collect()));
            }
            return;
        }
        let dangerous = self.dangerous.iter().find(|(own, _)| *own == choice.preset);
        if let Some(Ok(fields)) = dangerous.map(|(_, dangerous)| dangerous.read(&message.payload)) {
            self.scene.open(choice, Read::Everybody(texts(&fields)));
        }
    }
}

/// Whether a report goes before others by the policy.
fn is_urgent(policy: &Policy, line: &Line) -> bool {
    let reading = formats::parse(line.line.as_bytes()).ok();
    let reduced = reading.and_then(|reading| policy.reduce(reading, &Surroundings::default()).ok());
    reduced.is_some_and(|reduced| reduced.is_urgent())
}

/// The operation of one of the study's presets, for its keys alone: it gets no broker.
fn study(folder: &Path, preset: Preset, people: u32) -> Result<DangerousPreset, Failure> {
    let mut rng = SystemRng::new();
    let mut operation = Operation::create_with(folder, machine::now(), &mut rng, |folder| {
        let write =
            |name: &str, text: &str| files::create(&folder.join(name), text.as_bytes(), files::Access::All);
        write(HAITI_DEPARTMENTS_NAME, HAITI_DEPARTMENTS)?;
        write("policy.toml", &policy_text(preset))
    })?;
    let enrolled = operation.enrol_gateway("phones", people, Epoch(0), &mut rng)?;
    dangerous_of(operation.manifest(), &enrolled.credential)
}

/// Fields as people read them.
fn texts(fields: &Map<String, Value>) -> Vec<(String, String)> {
    fields.iter().map(|(name, value)| (name.clone(), said(value))).collect()
}

/// A value as people read it.
fn said(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Object(members) => match members.get("zone").and_then(Value::as_str) {
            Some(zone) => zone.to_owned(),
            None => value.to_string(),
        },
        other => other.to_string(),
    }
}

/// The console's own folder.
pub(super) fn console_folder(ground: &Ground) -> PathBuf {
    ground.folder.path().join("console")
}

/// The credential of the console's reader of a role.
pub(super) fn console_credential(ground: &Ground, role: &str) -> PathBuf {
    ground.folder.path().join(format!("console-{role}.cowl"))
}
