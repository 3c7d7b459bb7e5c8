//! What goes on when the demo is over, for whoever looks at its console: the same people report on, one every second, over the same
//! broker, under the protection that is chosen there. What Cowl seals is opened by the console's own seats; what the study's presets send
//! is read here, as everybody reads it who has the one shared key, or needs none.

use std::{
    collections::VecDeque,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
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
use cowl_console::{Opened, Stage};
use cowl_core::{Epoch, Preset};
use serde_json::Value;
use tokio::sync::watch;

use super::{
    day::Day,
    ground::{Ground, STUDY_TOPICS, Who, policy_text},
    phone::dangerous_of,
};
use crate::{failure::Failure, machine};

/// Between two reports.
const PACE: Duration = Duration::from_secs(1);
/// Phones at the most: an operation has places for so many more beside those of the day.
const PEOPLE: u32 = 300;
/// Reports that are kept, and payloads of which is remembered under which protection they went out.
const MOST: usize = 64;

/// What is on, and what was opened: what the console sees of it.
#[derive(Debug)]
pub(super) struct Scene {
    state: Mutex<State>,
    news: watch::Sender<u64>,
}

#[derive(Debug)]
struct State {
    preset: Preset,
    sent: VecDeque<(Preset, Vec<u8>)>,
    opened: VecDeque<Opened>,
}

/// Everyone who acts on it.
pub(super) struct Play {
    scene: Arc<Scene>,
    sender: Sender,
    dangerous: Vec<(Preset, DangerousPreset)>,
    lines: Vec<(usize, String)>,
    topics: Topics,
    notices: Notices,
    /// What Cowl sealed, with the login of all devices.
    phones: Publisher,
    /// The study's: no device of an operation may publish on its topics.
    exposed: Publisher,
    /// Whoever has the shared key.
    everybody: Subscriber,
}

impl Scene {
    fn new() -> Self {
        let state = State { preset: Preset::Cowl, sent: VecDeque::new(), opened: VecDeque::new() };
        Self { state: Mutex::new(state), news: watch::Sender::new(0) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn preset(&self) -> Preset {
        self.state().preset
    }

    /// Remembers under which protection this goes out; before it goes.
    fn send(&self, preset: Preset, payload: &[u8]) {
        let mut state = self.state();
        state.sent.push_front((preset, payload.to_vec()));
        state.sent.truncate(MOST);
    }

    /// Under which protection this went out.
    fn sent_under(&self, payload: &[u8]) -> Option<Preset> {
        self.state().sent.iter().find(|(_, sent)| sent == payload).map(|(preset, _)| *preset)
    }

    /// Takes what was read of a report of this protection, if that is still on.
    fn open(&self, preset: Preset, fields: Vec<(String, String)>) {
        let mut state = self.state();
        if state.preset == preset {
            state.opened.push_front(Opened { at: machine::now(), fields });
            state.opened.truncate(MOST);
            drop(state);
            self.news.send_modify(|number| *number += 1);
        }
    }
}

impl Stage for Scene {
    fn presets(&self) -> Vec<String> {
        Preset::ALL.iter().map(|preset| preset.name().to_owned()).collect()
    }

    fn current(&self) -> String {
        self.preset().name().to_owned()
    }

    fn switch(&self, preset: &str) {
        let Some(preset) = Preset::named(preset) else { return };
        let mut state = self.state();
        state.preset = preset;
        state.opened.clear();
    }

    fn opened(&self) -> Option<Vec<Opened>> {
        let state = self.state();
        state.preset.is_dangerous().then(|| state.opened.iter().cloned().collect())
    }

    fn is_over(&self, payload: &[u8]) -> bool {
        let state = self.state();
        state.sent.iter().any(|(preset, sent)| *preset != state.preset && sent == payload)
    }

    fn watch(&self) -> watch::Receiver<u64> {
        self.news.subscribe()
    }
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
        let people = u32::try_from(day.crisis.people().len()).unwrap_or(u32::MAX).min(PEOPLE);
        let phones = ground.folder.path().join("console-phones.cowl");
        let enrolled = operation.enrol_gateway("console-phones", people, epoch, &mut rng)?;
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
        Ok(Self {
            scene: Arc::new(Scene::new()),
            sender,
            dangerous,
            lines: day.reports.iter().map(|sent| (sent.person % phones, sent.line.clone())).collect(),
            notices: Notices::connect(&endpoint, &device, &topics).await?,
            topics,
            phones: Publisher::connect(&endpoint, &device).await?,
            exposed: Publisher::connect(&endpoint, &operator).await?,
            everybody: Subscriber::connect(&endpoint, &operator, wanted).await?,
        })
    }

    /// What the console sees of it.
    pub(super) fn scene(&self) -> Arc<Scene> {
        Arc::clone(&self.scene)
    }

    /// Goes on until it is dropped.
    pub(super) async fn run(mut self) -> Result<(), Failure> {
        let mut next = 0;
        let mut ticks = tokio::time::interval(PACE);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = ticks.tick() => {
                    if let Some((person, line)) = self.lines.get(next % self.lines.len().max(1)).cloned() {
                        self.send(person, &line).await?;
                    }
                    next += 1;
                }
                notice = self.notices.next() => self.hear(&notice?)?,
                message = self.everybody.next() => self.read(&message?),
            }
        }
    }

    async fn send(&mut self, person: usize, line: &str) -> Result<(), Failure> {
        let preset = self.scene.preset();
        let Some(publication) = self.protect(preset, person, line)? else { return Ok(()) };
        self.scene.send(preset, &publication.payload);
        let publisher = if preset.is_dangerous() { &self.exposed } else { &self.phones };
        Ok(publisher.publish(publication).await?)
    }

    /// `None` while the phones have not heard a beacon.
    fn protect(&mut self, preset: Preset, person: usize, line: &str) -> Result<Option<Publication>, Failure> {
        let fault =
            |error: &dyn std::error::Error| Failure::internal("a simulated report is refused").because(error);
        let now = machine::now();
        let reading = formats::parse(line.as_bytes()).map_err(|error| fault(&error))?;
        if let Some((_, dangerous)) = self.dangerous.iter().find(|(own, _)| *own == preset) {
            let identity = u32::try_from(person).unwrap_or(u32::MAX);
            let exposed = dangerous.expose(reading, identity, now).map_err(|error| fault(&error))?;
            return Ok(Some(exposed.dangerous_into_publication(Qos::AtLeastOnce)));
        }
        let policy = &self.sender.manifest().policy;
        let reduced =
            policy.reduce(reading, &self.sender.surroundings(now)).map_err(|error| fault(&error))?;
        let report = self.sender.report(reduced);
        let Ok(sealed) = self.sender.seal(person, &report, now) else { return Ok(None) };
        let sealed = sealed.sealed;
        let topic = self.topics.report(&sealed)?;
        Ok(Some(Publication::new(topic, sealed.into_bytes(), Qos::AtLeastOnce)))
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

    /// As everybody: under the study's presets there is one key, or none.
    fn read(&self, message: &Message) {
        let preset = self.scene.sent_under(&message.payload);
        let Some((preset, dangerous)) = self.dangerous.iter().find(|(own, _)| Some(*own) == preset) else {
            return;
        };
        if let Ok(fields) = dangerous.read(&message.payload) {
            let fields = fields.iter().map(|(name, value)| (name.clone(), said(value)));
            self.scene.open(*preset, fields.collect());
        }
    }
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
