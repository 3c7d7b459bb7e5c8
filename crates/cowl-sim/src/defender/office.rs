//! Where messages arrive: responders, the census, thieves; and where the truth about each message is written down.

mod message;
mod reading;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use cowl::client::Topics;
use cowl::dangerous::DangerousPreset;
use cowl::keyring::Sender;
use cowl::service::Service;
use cowl_audit::truth::{Forgery, Line, MessageKind, MessageRef, MessageTruth};
use cowl_core::{Credential, Layout};

pub(crate) use message::{Content, Message, blank, describe};

use super::desk::Desk;
use super::ground::Ground;
use super::records::{Records, Times};
use super::thief::Thief;
use crate::configuration::Configuration;
use crate::dice::Dice;
use crate::error::SimulationError;
use crate::network::{Arrival, CallerId, Mailbox};
use crate::plan::{Plan, START};
use crate::report::Report;

/// Seconds until the responder's screen shows a message that the broker has, at least and at most.
const SHOWN_S: (f64, f64) = (0.05, 0.3);
/// The stream of what chance decides at the office.
const OFFICE_STREAM: u64 = 1 << 45;
/// Messages that a caller has under way at most; lost ones are forgotten by their order.
const UNDER_WAY: usize = 16;

/// Everyone who reads.
pub(crate) struct Office {
    plan: Arc<Plan>,
    configuration: Configuration,
    records: Records,
    dice: Dice,
    under_way: HashMap<CallerId, Vec<Message>>,
    /// By what is inside: messages that phones wrapped for a relay.
    wrapped: HashMap<Bytes, Message>,
    /// Reports that have arrived at the broker once.
    arrived: Vec<bool>,
    /// The same at gateways and relays.
    entered: Vec<bool>,
    /// Hears what the authority says where no phone does.
    ears: Option<Arc<Mutex<Sender>>>,
    /// The role of the responder who forges.
    forger: String,
    eyes: Eyes,
    fault: Option<SimulationError>,
    tally: Tally,
    pub(crate) making: Times,
    opening: Times,
}

/// What came in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Reports of people that arrived, once each.
    pub reports: u64,
    /// Of those, of people who are not enrolled.
    pub walk_ins: u64,
    /// Messages of theirs that a relay did not take: more came than enter.
    pub turned_away: u64,
    /// Messages with a report that had arrived before.
    pub copies: u64,
    /// Messages that a responder forged.
    pub forged: u64,
    /// Reports shown to responders, over all roles.
    pub shown: u64,
    /// Messages that say nothing.
    pub covers: u64,
}

/// Who reads, under which preset.
enum Eyes {
    Exposed(Arc<DangerousPreset>, Vec<String>),
    Sealed(Box<Sealed>),
}

struct Sealed {
    service: Service,
    topics: Topics,
    desks: Vec<Desk>,
    credential: Credential,
    layout: Arc<Layout>,
    /// None where phones hold no keys.
    thieves: Vec<Thief>,
}

impl Office {
    pub(crate) fn new(
        plan: &Arc<Plan>,
        configuration: Configuration,
        ground: &mut Ground,
        service: Option<Service>,
        records: Records,
        forger: String,
        ears: Option<Arc<Mutex<Sender>>>,
    ) -> Result<Self, SimulationError> {
        let eyes = match (&ground.dangerous, service) {
            (Some(preset), _) => {
                let roles = ground.roles.iter().map(|(role, _)| role.clone()).collect();
                Eyes::Exposed(Arc::clone(preset), roles)
            }
            (None, Some(service)) => {
                let credential = ground.take_stolen()?;
                let desks = ground.roles.iter().map(|(role, credential)| Desk::new(role, credential));
                Eyes::Sealed(Box::new(Sealed {
                    service,
                    topics: Topics::of(&ground.manifest),
                    desks: desks.collect::<Result<_, _>>()?,
                    layout: Arc::new(ground.manifest.layout()),
                    thieves: if ears.is_some() { Vec::new() } else { thieves(plan, &credential) },
                    credential,
                }))
            }
            (None, None) => return Err(SimulationError::Fault("preset `cowl` without its service")),
        };
        Ok(Self {
            configuration,
            records,
            dice: Dice::new(plan.settings.seed, OFFICE_STREAM),
            under_way: HashMap::new(),
            wrapped: HashMap::new(),
            arrived: vec![false; plan.written()],
            entered: vec![false; plan.written()],
            ears,
            forger,
            eyes,
            fault: None,
            tally: Tally::default(),
            making: Times::default(),
            opening: Times::default(),
            plan: Arc::clone(plan),
        })
    }

    /// Announces what a caller is about to send.
    pub(crate) fn announce(&mut self, caller: CallerId, message: Message) {
        let under_way = self.under_way.entry(caller).or_default();
        if under_way.len() >= UNDER_WAY {
            under_way.remove(0);
        }
        under_way.push(message);
    }

    /// Announces what a caller is about to send wrapped, and what a relay will find in it.
    pub(crate) fn announce_wrapped(&mut self, caller: CallerId, outer: Bytes, message: Message) {
        self.announce(caller, Message { payload: outer, ..message.clone() });
        self.wrapped.insert(message.payload.clone(), message);
    }

    /// What a relay is about to pass on.
    pub(crate) fn passes(&mut self, caller: CallerId, payload: &[u8]) {
        match self.wrapped.get(payload).cloned() {
            Some(message) => self.announce(caller, message),
            None => self.fail(SimulationError::Fault("a relay passes on what nobody gave it")),
        }
    }

    /// The authority's service, under preset `cowl`.
    pub(crate) fn service(&mut self) -> Option<&mut Service> {
        match &mut self.eyes {
            Eyes::Sealed(sealed) => Some(&mut sealed.service),
            Eyes::Exposed(..) => None,
        }
    }

    /// What should not happen ends the simulation; the first reason stays.
    pub(crate) fn fail(&mut self, error: SimulationError) {
        self.fault.get_or_insert(error);
    }

    /// Ends the truth at a time.
    pub(crate) fn finish(&mut self, at: u64) -> Result<Tally, SimulationError> {
        if let Some(fault) = self.fault.take() {
            return Err(fault);
        }
        self.look_again(at);
        self.records.finish(self.making, self.opening)?;
        Ok(self.tally)
    }

    /// What came to a gateway or relay, for the truth; what it is, for the node.
    pub(crate) fn entered(&mut self, arrival: &Arrival<'_>) -> Option<Message> {
        let message = MessageRef { connection: arrival.connection, ordinal: arrival.ordinal };
        let Some(known) = self.known(arrival) else {
            self.fail(SimulationError::Fault("a message came to a node that nobody sent"));
            return None;
        };
        let truth = self.truth(message, &known, false);
        self.records.line(&Line::Message(truth));
        Some(known)
    }

    /// A relay lets no more people in who are not enrolled, for now.
    pub(crate) const fn turns_away(&mut self) {
        self.tally.turned_away += 1;
    }

    fn is_walk_in(&self, report: &Report) -> bool {
        usize::try_from(report.person.0).is_ok_and(|number| self.configuration.is_walk_in(number))
    }

    /// Which report a message carries.
    fn known(&mut self, arrival: &Arrival<'_>) -> Option<Message> {
        let under_way = self.under_way.get_mut(&arrival.caller)?;
        let place = under_way.iter().rposition(|message| message.payload == *arrival.payload)?;
        // What was announced before it, and is not here, is lost.
        under_way.drain(..=place).next_back()
    }

    fn truth(&mut self, message: MessageRef, known: &Message, at_broker: bool) -> MessageTruth {
        let mut truth = MessageTruth { epoch: known.epoch.0, ..blank(message, MessageKind::Report) };
        let plan = Arc::clone(&self.plan);
        match &known.content {
            Content::Notice => truth.kind = MessageKind::Authority,
            Content::Report(index) => {
                let Some(planned) = plan.report(*index) else { return truth };
                describe(&mut truth, &planned.report, planned.at, &plan);
                let arrived = if at_broker { &mut self.arrived } else { &mut self.entered };
                let arrived = usize::try_from(index.0).ok().and_then(|place| arrived.get_mut(place));
                truth.again = arrived.is_some_and(|arrived| std::mem::replace(arrived, true));
                if plan.is_forged(*index) {
                    truth.forged = Some(Forgery { role: self.forger.clone() });
                    self.tally.forged += u64::from(at_broker);
                    return truth;
                }
                if self.is_walk_in(&planned.report) {
                    truth.kind = MessageKind::WalkIn;
                }
                truth.lat = Some(planned.report.truth.position.latitude);
                truth.lon = Some(planned.report.truth.position.longitude);
                truth.zone.clone_from(&planned.zone);
                if at_broker {
                    self.tally.reports += u64::from(!truth.again);
                    self.tally.walk_ins += u64::from(!truth.again && truth.kind == MessageKind::WalkIn);
                    self.tally.copies += u64::from(truth.again);
                }
            }
            Content::Cover => {
                truth.kind = MessageKind::Cover;
                self.tally.covers += 1;
            }
        }
        truth
    }
}

impl Mailbox for Office {
    fn arrived(&mut self, arrival: &Arrival<'_>) -> bool {
        let message = MessageRef { connection: arrival.connection, ordinal: arrival.ordinal };
        let Some(known) = self.known(arrival) else {
            self.fail(SimulationError::Fault("a message came that nobody sent"));
            return true;
        };
        let truth = self.truth(message, &known, true);
        self.records.line(&Line::Message(truth));
        let read = match known.content {
            Content::Notice => self.notice(arrival),
            Content::Cover => self.cover(arrival),
            Content::Report(_) => self.open(arrival.at, message, &known),
        };
        if let Err(error) = read {
            self.fail(error);
        }
        true
    }
}

impl std::fmt::Debug for Office {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Office").field("tally", &self.tally).finish_non_exhaustive()
    }
}

/// The office, for one task at a time; never across an await, and never together with the network's own lock taken after it.
pub(crate) fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

fn thieves(plan: &Plan, credential: &Credential) -> Vec<Thief> {
    let last = plan.settings.people.saturating_sub(1);
    let end = START + plan.settings.length_us() / 1_000_000;
    let epoch = credential.manifest.calendar.epoch_at(end.saturating_sub(1));
    let identity = usize::try_from(last).unwrap_or(usize::MAX);
    vec![Thief::insider(0, 0), Thief::of_phone(last, identity, epoch)]
}
