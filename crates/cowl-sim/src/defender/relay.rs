//! A relay between phones and broker: takes wraps off, and publishes what is inside in its own slots.

use std::path::Path;
use std::sync::{Arc, Mutex};

use cowl::client::Topics;
use cowl::keyring::{Sender, load_credential};
use cowl::node::{Clock, Commit, Queue, Settings, Way};
use cowl::relay::{Refusal, Relay, RelayLoad, Taken, queue_key};
use cowl_audit::trace::PointId;
use cowl_core::{Epoch, Sealed};
use tokio::time::Instant;

use super::gateway::Draws;
use super::office::{Office, lock};
use super::watched::{Watched, What};
use crate::error::SimulationError;
use crate::network::{Arrival, CallerId, Mailbox, Network};
use crate::plan::START;

/// A relay that is not yet connected.
pub(crate) struct Made {
    door: Door,
    uplink: Uplink,
}

/// The relay's side towards phones.
pub(crate) struct Door {
    office: Arc<Mutex<Office>>,
    relay: Relay,
}

/// The relay's side towards the broker.
pub(crate) struct Uplink {
    queue: Queue,
    load: RelayLoad,
    relay: Relay,
    topics: Topics,
}

impl Made {
    /// Opens a relay's credential with a queue in memory.
    pub(crate) fn new(
        credential: &Path,
        office: &Arc<Mutex<Office>>,
        began: Instant,
        draws: Draws,
    ) -> Result<Self, SimulationError> {
        let held = load_credential(credential)?;
        let traffic = &held.manifest.policy.traffic;
        let settings = Settings {
            commit: Commit::Inline,
            clock: Clock::new(move || START + began.elapsed().as_secs()),
            ..Settings::for_relay(traffic.queue_bytes, traffic.when_full)
        };
        let memory = redb::backends::InMemoryBackend::new();
        let queue = Queue::open_on(memory, &queue_key(&held), settings, draws.queue)?;
        let sender = Sender::open_with(credential, draws.sealing)?;
        let topics = Topics::of(sender.manifest());
        let (relay, load) = Relay::open_with(sender, queue.clone())?;
        let door = Door { office: Arc::clone(office), relay: relay.clone() };
        Ok(Self { door, uplink: Uplink { queue, load, relay, topics } })
    }

    /// Its two sides.
    pub(crate) fn split(self) -> (Door, Uplink) {
        (self.door, self.uplink)
    }
}

impl Uplink {
    /// Lets it work, as this caller; what the authority says goes on to its phones.
    pub(crate) fn start(
        self,
        caller: CallerId,
        way: Way,
        office: &Arc<Mutex<Office>>,
        (network, point): (&Arc<Network>, PointId),
    ) -> Result<(), SimulationError> {
        let Self { queue, load, relay, topics } = self;
        let (manifest, beacon, dispatch) = (topics.manifest()?, topics.beacon()?, topics.dispatch()?);
        let (network, mut notices) = (Arc::clone(network), relay.notices());
        tokio::spawn(async move {
            loop {
                let newest = notices.borrow_and_update().clone();
                network.retain(point, manifest.as_str(), &newest.manifest);
                if let Some(newest) = newest.beacon {
                    network.retain(point, beacon.as_str(), &newest);
                }
                if let Some(newest) = newest.dispatch {
                    network.retain(point, dispatch.as_str(), &newest);
                }
                if notices.changed().await.is_err() {
                    return;
                }
            }
        });
        Watched { load, what: Passing, office: Arc::clone(office), caller, timed: false }.work(queue, way);
        Ok(())
    }
}

impl Mailbox for Door {
    fn arrived(&mut self, arrival: &Arrival<'_>) -> bool {
        let mut office = lock(&self.office);
        if office.entered(arrival).is_none() {
            return true;
        }
        // Committed before it is returned.
        match self.relay.take(arrival.payload) {
            Taken::Kept(_) => true,
            // It is not acknowledged, and comes again.
            Taken::Refused(Refusal::WalkIns) => {
                office.turns_away();
                false
            }
            Taken::Refused(_) => {
                office.fail(SimulationError::Fault("a relay refuses a message"));
                false
            }
        }
    }
}

/// What a relay passes on is what was inside a wrap, byte for byte.
struct Passing;

impl What for Passing {
    fn announce(&mut self, office: &mut Office, caller: CallerId, _: &[u8], sealed: &Sealed, _: Epoch) {
        office.passes(caller, sealed.bytes());
    }
}
