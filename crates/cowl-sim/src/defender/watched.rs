//! A node's load, and what the simulation must know of it: which message it makes of what.

use std::sync::{Arc, Mutex};
use std::time::Instant;

use bytes::Bytes;
use cowl::node::{Lane, Load, LoadError, Queue, Way, uplink, uplink::Event};
use cowl_core::{Epoch, Manifest, Sealed};

use super::office::{Content, Message, Office, lock};
use crate::error::SimulationError;
use crate::network::CallerId;
use crate::plan::START;

/// Knows what a body of a queue is about.
pub(super) trait What: Send + 'static {
    /// Announces the message that was made of a body.
    fn announce(&mut self, office: &mut Office, caller: CallerId, body: &[u8], sealed: &Sealed, epoch: Epoch);
}

/// A load; what it makes is announced to the office.
pub(super) struct Watched<L, W> {
    pub(super) load: L,
    pub(super) what: W,
    pub(super) office: Arc<Mutex<Office>>,
    pub(super) caller: CallerId,
    pub(super) timed: bool,
}

impl<L: Load + 'static, W: What> Watched<L, W> {
    /// Carries the queue to the broker for good.
    pub(super) fn work(self, queue: Queue, way: Way) {
        let office = Arc::clone(&self.office);
        tokio::spawn(uplink(queue, self, way, std::future::pending(), move |event| {
            if let Event::Dropped(_) = event {
                lock(&office).fail(SimulationError::Fault("a node dropped a report"));
            }
        }));
    }

    fn epoch_at(&self, monotonic: u64) -> Epoch {
        self.load.manifest().calendar.epoch_at(START + monotonic)
    }

    fn made(&self, begun: Instant) {
        if self.timed {
            lock(&self.office).making.add(begun);
        }
    }
}

impl<L: Load + 'static, W: What> Load for Watched<L, W> {
    fn seal(&mut self, lane: Lane, body: &[u8], monotonic: u64) -> Result<Sealed, LoadError> {
        let begun = Instant::now();
        let sealed = self.load.seal(lane, body, monotonic)?;
        self.made(begun);
        let epoch = self.epoch_at(monotonic);
        self.what.announce(&mut lock(&self.office), self.caller, body, &sealed, epoch);
        Ok(sealed)
    }

    fn cover(&mut self, lane: Lane, monotonic: u64) -> Result<Sealed, LoadError> {
        let begun = Instant::now();
        let sealed = self.load.cover(lane, monotonic)?;
        self.made(begun);
        let payload = Bytes::copy_from_slice(sealed.bytes());
        let message = Message { payload, content: Content::Cover, id: None, epoch: self.epoch_at(monotonic) };
        lock(&self.office).announce(self.caller, message);
        Ok(sealed)
    }

    fn hear(&mut self, beacon: &[u8], monotonic: u64) -> Option<u32> {
        self.load.hear(beacon, monotonic)
    }

    fn follow(&mut self, manifest: &[u8]) {
        self.load.follow(manifest);
    }

    fn manifest(&self) -> &Manifest {
        self.load.manifest()
    }

    fn seals_anew(&self) -> bool {
        self.load.seals_anew()
    }

    fn epoch(&self, monotonic: u64) -> Option<Epoch> {
        self.load.epoch(monotonic)
    }

    fn lost(&mut self, made: u64) {
        self.load.lost(made);
    }

    fn wants_bulletins(&self) -> bool {
        self.load.wants_bulletins()
    }

    fn bulletin(&mut self, bulletin: &[u8], monotonic: u64) {
        self.load.bulletin(bulletin, monotonic);
    }

    fn wants_dispatches(&self) -> bool {
        self.load.wants_dispatches()
    }

    fn dispatch(&mut self, dispatch: &[u8], monotonic: u64) {
        self.load.dispatch(dispatch, monotonic);
    }

    fn wants_erasures(&self) -> bool {
        self.load.wants_erasures()
    }

    fn erasures(&mut self, list: &[u8], monotonic: u64) {
        self.load.erasures(list, monotonic);
    }

    fn destroyed(&self) -> u64 {
        self.load.destroyed()
    }
}
