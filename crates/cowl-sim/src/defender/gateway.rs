//! A gateway between phones and broker: its intake, its queue in memory, its uplink in virtual time. What the simulation adds is that
//! it knows which message carries which report.

use std::collections::{HashMap, VecDeque};
use std::path::Path;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use cowl::gateway::{Caller, Gateway, GatewayLoad, Offered, Settings as Choices, Taken, Waits, queue_key};
use cowl::keyring::load_credential;
use cowl::node::{Clock, Commit, Queue, Settings, Way};
use cowl::random::SystemRng;
use cowl_core::{Epoch, ReportId, Sealed};

use super::office::{Content, Message, Office, lock};
use super::watched::{Watched, What};
use crate::error::SimulationError;
use crate::network::{Arrival, CallerId, Mailbox};
use crate::plan::{Plan, ReportIndex, START};

/// What a gateway draws from: two generators of its own and one of its queue.
pub(crate) struct Draws {
    pub(crate) reports: SystemRng,
    pub(crate) sealing: SystemRng,
    pub(crate) queue: SystemRng,
}

/// A gateway that is not yet connected.
pub(crate) struct Made {
    door: Door,
    uplink: Uplink,
}

/// The gateway's side towards phones.
pub(crate) struct Door {
    plan: Arc<Plan>,
    office: Arc<Mutex<Office>>,
    gateway: Gateway,
    ledger: Arc<Mutex<Ledger>>,
    /// When the gateway's clock began.
    began: tokio::time::Instant,
}

/// The gateway's side towards the broker.
pub(crate) struct Uplink {
    queue: Queue,
    load: GatewayLoad,
    knows: Knows,
}

/// Knows what a body of the queue is of.
struct Knows {
    gateway: Gateway,
    ledger: Arc<Mutex<Ledger>>,
}

/// Which report is which.
#[derive(Debug, Default)]
struct Ledger {
    /// The identity of each app's user.
    identities: HashMap<u32, u32>,
    /// Taken and not yet sealed for the first time, by identity and second; those of one second in their order.
    taken: HashMap<(u32, u64), VecDeque<ReportIndex>>,
    known: HashMap<ReportId, ReportIndex>,
}

impl Made {
    /// Opens a gateway's credential with a queue in memory.
    pub(crate) fn new(
        credential: &Path,
        plan: &Arc<Plan>,
        office: &Arc<Mutex<Office>>,
        began: tokio::time::Instant,
        draws: Draws,
    ) -> Result<Self, SimulationError> {
        let held = load_credential(credential)?;
        let traffic = &held.manifest.policy.traffic;
        let clock = move || START + began.elapsed().as_secs();
        let settings = Settings {
            commit: Commit::Inline,
            clock: Clock::new(clock),
            ..Settings::new(traffic.queue_bytes, traffic.when_full)
        };
        let memory = redb::backends::InMemoryBackend::new();
        let queue = Queue::open_on(memory, &queue_key(&held), settings, draws.queue)?;
        let choices = Choices { inline: true, rng: draws.reports, sealing: draws.sealing };
        let (gateway, load) = Gateway::open_with(credential, queue.clone(), clock, choices)?;
        let ledger = Arc::<Mutex<Ledger>>::default();
        let knows = Knows { gateway: gateway.clone(), ledger: Arc::clone(&ledger) };
        let door = Door { plan: Arc::clone(plan), office: Arc::clone(office), gateway, ledger, began };
        Ok(Self { door, uplink: Uplink { queue, load, knows } })
    }

    /// Its two sides.
    pub(crate) fn split(self) -> (Door, Uplink) {
        (self.door, self.uplink)
    }
}

impl Uplink {
    /// Lets it work, as this caller.
    pub(crate) fn start(self, caller: CallerId, way: Way, office: &Arc<Mutex<Office>>, timed: bool) {
        let Self { queue, load, knows } = self;
        let load = Watched { load, what: knows, office: Arc::clone(office), caller, timed };
        load.work(queue, way);
    }
}

impl Mailbox for Door {
    fn arrived(&mut self, arrival: &Arrival<'_>) -> bool {
        let Some(known) = lock(&self.office).entered(arrival) else { return true };
        let caller = Caller { client_id: arrival.client_id, user: None };
        let offered = Offered {
            qos: u8::from(arrival.packet_id.is_some()),
            packet_id: arrival.packet_id,
            ..Offered::new(arrival.topic, arrival.payload)
        };
        let taken = self.gateway.take(&caller, &offered);
        let (Taken::Kept(_kept), Content::Report(index)) = (taken, known.content) else {
            lock(&self.office).fail(SimulationError::Fault("a gateway refuses a report"));
            return false;
        };
        // Committed before it was returned.
        if self.note(index, START + self.began.elapsed().as_secs()).is_none() {
            lock(&self.office).fail(SimulationError::Fault("a device that a gateway does not know"));
        }
        true
    }
}

impl Door {
    fn note(&self, index: ReportIndex, now: u64) -> Option<()> {
        let user = self.plan.person(&self.plan.report(index)?.report)?.user;
        let mut ledger = lock(&self.ledger);
        if !ledger.identities.contains_key(&user) {
            for device in self.gateway.roster() {
                let user = device.name.rsplit(':').next()?.parse().ok()?;
                ledger.identities.insert(user, u32::try_from(device.identity).ok()?);
            }
        }
        let identity = *ledger.identities.get(&user)?;
        ledger.taken.entry((identity, now)).or_default().push_back(index);
        Some(())
    }
}

impl What for Knows {
    fn announce(
        &mut self,
        office: &mut Office,
        caller: CallerId,
        body: &[u8],
        sealed: &Sealed,
        epoch: Epoch,
    ) {
        match self.gateway.waits(body).and_then(|waits| lock(&self.ledger).find(&waits)) {
            Some((id, index)) => {
                let payload = Bytes::copy_from_slice(sealed.bytes());
                let content = Content::Report(index);
                office.announce(caller, Message { payload, content, id: Some(id), epoch });
            }
            None => office.fail(SimulationError::Fault("a gateway sends what nobody gave it")),
        }
    }
}

impl Ledger {
    /// The report that the queue's body is of, sealed for the first time or again.
    fn find(&mut self, waits: &Waits) -> Option<(ReportId, ReportIndex)> {
        let Waits { report: id, identity, time } = *waits;
        if let Some(index) = self.known.get(&id) {
            return Some((id, *index));
        }
        let waiting = self.taken.get_mut(&(identity, time))?;
        let index = waiting.pop_front()?;
        if waiting.is_empty() {
            self.taken.remove(&(identity, time));
        }
        self.known.insert(id, index);
        Some((id, index))
    }
}

impl std::fmt::Debug for Door {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Door").field("gateway", &self.gateway).finish_non_exhaustive()
    }
}
