//! A responder who sends messages in a victim's name, as well as he can with the keys that he has.
//!
//! Under preset `cowl` his own role's part is genuine: he holds that role's root, so he can derive the device's key. The other parts he
//! can only fill with what looks like one: they are sealed under keys drawn at random. Under the study's presets everybody can write
//! everything; where his view shows him how the app names itself to the broker, he uses that name. He sends from his own machine, and
//! where phones send to relays, so does he: their keys are in the manifest.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use cowl::client::{Topics, Wrapper};
use cowl::dangerous::DangerousPreset;
use cowl::formats;
use cowl::keyring::Sender;
use cowl::random::SystemRng;
use cowl::transport::{self, ClientId, Endpoint, Options, Publication, Publisher, Qos};
use cowl_core::{
    Counter, DeviceKeys, Epoch, ErasureHandle, Header, Place, Preset, Pseudonym, Report as Sealable,
    ReportId, RoleIndex, schedule::DeviceRoot,
};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::sleep_until;

use super::office::{Content, Forged, Message, Office, lock};
use super::records::account;
use crate::dice::Dice;
use crate::error::SimulationError;
use crate::network::{CallerId, Network};
use crate::plan::{Plan, ReportIndex, START};
use crate::report::{Report, Severity};

/// A message that a responder wants to forge.
#[derive(Debug)]
pub(crate) struct Order {
    pub(crate) at: u64,
    /// Which of the roles.
    pub(crate) role: usize,
    pub(crate) victim: ReportIndex,
    pub(crate) epoch: Epoch,
    pub(crate) pseudonym: Option<Pseudonym>,
}

/// One machine for each role's forger.
pub(crate) struct Forgers {
    pub(crate) plan: Arc<Plan>,
    pub(crate) network: Arc<Network>,
    pub(crate) office: Arc<Mutex<Office>>,
    /// By role: its name, who it is on the network, and its way there.
    pub(crate) machines: Vec<(String, CallerId, Endpoint)>,
    pub(crate) options: Options,
    pub(crate) tools: Tools,
    pub(crate) dice: Dice,
    pub(crate) rng: SystemRng,
}

/// What they forge with.
pub(crate) enum Tools {
    Exposed(Arc<DangerousPreset>),
    Sealed {
        sender: Arc<Mutex<Sender>>,
        topics: Topics,
        places: Box<Places>,
        /// For relays, where there are some.
        wrapper: Option<Box<Wrapper>>,
    },
}

/// Which place a pseudonym stands for: a role's table of places says it.
#[derive(Debug, Default)]
pub(crate) struct Places {
    epoch: Option<Epoch>,
    of: HashMap<Pseudonym, Place>,
    /// By role and place, the next counter for a forgery: ahead of what the device itself will reach.
    next: HashMap<(usize, Place), u32>,
}

/// A forged message on its way.
struct Forgery {
    publication: Publication,
    /// What the relay finds in it, if it goes to one.
    inner: Option<Bytes>,
    id: Option<ReportId>,
    epoch: Epoch,
    client_id: ClientId,
}

impl Forgers {
    /// Forges what is ordered, until nobody orders any more.
    pub(crate) async fn work(mut self, mut orders: UnboundedReceiver<Order>) {
        let mut waiting: Vec<Order> = Vec::new();
        loop {
            let next = waiting.iter().map(|order| order.at).min();
            let due = self.network.instant(next.unwrap_or(u64::MAX / 4));
            tokio::select! {
                biased;
                order = orders.recv() => match order {
                    Some(order) => waiting.push(order),
                    None => return,
                },
                () = sleep_until(due), if next.is_some() => {
                    let place = waiting.iter().position(|order| Some(order.at) == next);
                    if let Some(order) = place.map(|place| waiting.remove(place))
                        && let Err(error) = self.forge(&order).await
                    {
                        lock(&self.office).fail(error);
                    }
                }
            }
        }
    }

    async fn forge(&mut self, order: &Order) -> Result<(), SimulationError> {
        let plan = Arc::clone(&self.plan);
        let (Some(planned), Some((role, caller, endpoint))) =
            (plan.report(order.victim), self.machines.get(order.role).cloned())
        else {
            return Ok(());
        };
        let written = self.network.now();
        let report = self.invent(&planned.report, written);
        let Some(forgery) = self.make(order, &report, written)? else { return Ok(()) };
        let Forgery { publication, inner, id, epoch, client_id } = forgery;
        let payload = Bytes::copy_from_slice(&publication.payload);
        let content = Content::Forged(Box::new(Forged { role, written, report }));
        match inner {
            Some(inner) => {
                let message = Message { payload: inner, content, id, epoch };
                lock(&self.office).announce_wrapped(caller, payload, message);
            }
            None => lock(&self.office).announce(caller, Message { payload, content, id, epoch }),
        }
        let options = Options { client_id, ..self.options.clone() };
        match send(&endpoint, &options, publication).await {
            // Under the victim's own name his connection ends when she connects (MQTT 5 §3.1.4); what is not acknowledged by then he gives up.
            Err(error) if error.is_lost() => Ok(()),
            sent => Ok(sent?),
        }
    }

    /// What he wants the victim to have said: like her last report, with another severity, a little elsewhere.
    fn invent(&mut self, seen: &Report, written: u64) -> Report {
        let severity = self.dice.weighted(&Severity::ALL, |_| 1.0).copied().unwrap_or(Severity::High);
        let (east, north) = (self.dice.normal() * 200.0, self.dice.normal() * 200.0);
        let temperature = libm::round((seen.temperature + 0.4 * self.dice.normal()) * 10.0) / 10.0;
        Report {
            at: written / 1_000_000,
            temperature: temperature.clamp(34.0, 41.5),
            severity,
            position: seen.position.moved(east, north).rounded(),
            ..seen.clone()
        }
    }

    fn make(
        &mut self,
        order: &Order,
        report: &Report,
        written: u64,
    ) -> Result<Option<Forgery>, SimulationError> {
        let Some(person) = self.plan.person(report) else { return Ok(None) };
        let number = usize::try_from(person.id.0).unwrap_or(usize::MAX);
        let line = report.line_from(person, self.plan.address(number, written));
        let refused = || SimulationError::Fault("a forged report is refused");
        let reading = formats::parse(line.as_bytes()).map_err(|_| refused())?;
        let now = START + written / 1_000_000;
        match &mut self.tools {
            Tools::Exposed(preset) => {
                let exposed = preset.hazmat_expose_with(reading, person.id.0, now, &mut self.rng);
                // The minimised message does not say which user's app it comes from, so he invents one.
                let shows_user = matches!(preset.preset(), Preset::Plain | Preset::Fernet);
                let user = if shows_user { person.user } else { 900_000 + self.dice.below(90_000) };
                Ok(Some(Forgery {
                    publication: exposed.map_err(|_| refused())?.dangerous_into_publication(Qos::AtLeastOnce),
                    inner: None,
                    id: None,
                    epoch: Epoch(0),
                    client_id: ClientId::named(account(user))?,
                }))
            }
            Tools::Sealed { sender, topics, places, wrapper } => {
                let sender = lock(sender);
                let epoch = sender.epoch(written / 1_000_000);
                let manifest = sender.manifest();
                let Some(pseudonym) = order.pseudonym.filter(|_| epoch == order.epoch) else {
                    // Her name is another by now, and he does not know which.
                    return Ok(None);
                };
                places.enter(manifest.operation, epoch, manifest.policy.places);
                let Some(&place) = places.of.get(&pseudonym) else { return Ok(None) };
                let ahead = places.next.get(&(order.role, place)).copied();
                let counter = ahead.unwrap_or_else(|| u32::from(manifest.policy.windows.every));
                places.next.insert((order.role, place), counter + 1);
                let reduced =
                    manifest.policy.reduce(reading, &sender.surroundings(now)).map_err(|_| refused())?;
                let id = ReportId(self.rng.id());
                let header =
                    Header { report: id, handle: ErasureHandle::NONE, policy: manifest.policy_version };
                let report = Sealable::new(header, reduced);
                let mut office = lock(&self.office);
                let service = office.service().ok_or_else(refused)?;
                let role = self.machines.get(order.role).map(|(role, ..)| role.as_str()).unwrap_or_default();
                let mine = manifest.policy.role_index(role).ok_or_else(refused)?;
                let root = service.operation().role_root(mine, epoch).ok_or_else(refused)?;
                let mut roots = Vec::new();
                for role in (0..).map(RoleIndex).take(manifest.policy.roles.len()) {
                    roots.push(if role == mine {
                        root.device(manifest.operation, role, epoch, place)
                    } else {
                        DeviceRoot::new(self.rng.secret())
                    });
                }
                let layout = Arc::new(manifest.layout());
                let keys =
                    DeviceKeys::new(manifest.operation, epoch, layout, &roots).map_err(|_| refused())?;
                let sealed = keys.seal(Counter(counter), &report, &mut self.rng).map_err(|_| refused())?;
                let (topic, payload, inner) = match wrapper {
                    Some(wrapper) => {
                        let inner = Bytes::copy_from_slice(sealed.bytes());
                        let wrapped = wrapper.wrap(manifest, epoch, &sealed)?;
                        (topics.wrapped()?, wrapped.into_bytes(), Some(inner))
                    }
                    None => (topics.report(&sealed)?, sealed.into_bytes(), None),
                };
                Ok(Some(Forgery {
                    publication: Publication::new(topic, payload, Qos::AtLeastOnce),
                    inner,
                    id: Some(id),
                    epoch,
                    client_id: self.options.client_id.clone(),
                }))
            }
        }
    }
}

async fn send(
    endpoint: &Endpoint,
    options: &Options,
    publication: Publication,
) -> Result<(), transport::Error> {
    let publisher = Publisher::connect(endpoint, options).await?;
    publisher.publish(publication).await?;
    publisher.disconnect().await
}

impl Places {
    fn enter(&mut self, operation: cowl_core::OperationId, epoch: Epoch, places: u32) {
        if self.epoch == Some(epoch) {
            return;
        }
        self.epoch = Some(epoch);
        self.next.clear();
        self.of =
            (0..places).map(Place).map(|place| (Pseudonym::of(operation, epoch, place), place)).collect();
    }
}
