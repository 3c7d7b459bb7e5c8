//! What happens to connections, and what the operation says.

use std::{future::poll_fn, task::Poll};

use bytes::Bytes;
use cowl_core::Slots;
use rand_core::Rng as _;

use super::{
    Event, Loss, Uplink,
    fetch::Fetch,
    line::{Fates, Line, Step},
    shape::Shape,
};
use crate::{
    node::Load,
    transport::{Message, Publisher},
};

impl<L: Load, T: FnMut(Event)> Uplink<L, T> {
    pub(super) fn happened(&mut self, happening: Happening) {
        match happening {
            Happening::Line(place, step) => self.stepped(place, step),
            Happening::Manifest(manifest) => {
                self.fetch = None;
                if let Some(manifest) = manifest {
                    self.load.follow(&manifest);
                    self.reshape();
                    self.maker.release(&self.queue);
                }
            }
        }
    }

    fn stepped(&mut self, place: usize, step: Step) {
        match step {
            Step::Due => self.connect(place),
            Step::Opened(Ok(pair)) => {
                if let Some(line) = self.lines.get_mut(place) {
                    line.opened(pair);
                    self.counts.connections += 1;
                    self.mix.begin();
                    self.queue.mark_waited();
                    (self.tell)(Event::Connected { connection: place });
                }
            }
            Step::Opened(Err(error)) => self.lost(place, error.into()),
            Step::Ended(why) => self.lost(place, why),
            Step::Message(message) => self.hear(&message),
            Step::Answered => {
                if let Some(line) = self.lines.get_mut(place) {
                    let fates = line.settle(&self.queue);
                    self.count(fates);
                }
            }
        }
    }

    fn connect(&mut self, place: usize) {
        let (endpoint, options) = (self.way.endpoint.clone(), self.way.options.clone());
        // The first connection listens for all.
        let filters = if place == 0 { self.shape.filters() } else { Ok(Vec::new()) };
        if let Some(line) = self.lines.get_mut(place) {
            line.open(tokio::spawn(async move {
                Publisher::connect_and_subscribe(&endpoint, &options, filters?).await
            }));
        }
    }

    fn lost(&mut self, place: usize, why: Loss) {
        let random = self.way.rng.next_u64();
        let Some(line) = self.lines.get_mut(place) else { return };
        let (fates, retry_in) = line.lose(&self.queue, random);
        self.count(fates);
        // What was made for it would be first on the next one.
        if let Some(first) = self.unmake() {
            self.tell_lost(first);
        }
        (self.tell)(Event::Lost { connection: place, why, retry_in });
    }

    fn hear(&mut self, message: &Message) {
        let monotonic = self.now().as_secs();
        let topic = Some(&message.topic);
        if topic == self.shape.beacon.as_ref() {
            let newest = self.load.hear(&message.payload, monotonic);
            if newest.is_some_and(|newest| newest > self.shape.version) {
                self.fetch();
            }
        } else if topic == self.shape.bulletin.as_ref() {
            self.load.bulletin(&message.payload, monotonic);
        } else if topic == self.shape.erasures.as_ref() {
            self.load.erasures(&message.payload, monotonic);
        } else if topic == self.shape.dispatch.as_ref() {
            self.load.dispatch(&message.payload, monotonic);
        }
        self.maker.release(&self.queue);
    }

    fn fetch(&mut self) {
        let random = self.way.rng.next_u64();
        if let (None, Some(manifest)) = (&self.fetch, &self.shape.manifest) {
            let (endpoint, options) = (self.way.endpoint.clone(), self.way.options.clone());
            let patience = self.way.patience;
            self.fetch = Some(Fetch::begin(endpoint, options, manifest.clone(), patience, random));
        }
    }

    /// Takes up what a newer manifest says.
    fn reshape(&mut self) {
        let version = self.load.manifest().version;
        if version == self.shape.version {
            return;
        }
        self.shape = Shape::of(&self.load);
        // What was made by the policy before is made anew.
        self.unmake();
        self.way.options.keep_alive_s = self.load.manifest().policy.transport.keep_alive_seconds;
        (self.tell)(Event::Manifest(version));
        let before = self.slots.as_ref().map(Slots::length);
        let random = self.way.rng.next_u64();
        let follows = self.slots.as_mut().is_some_and(|slots| slots.follow(&self.shape.traffic, random));
        if !follows {
            self.slots = Slots::new(&self.shape.traffic, random);
        }
        let after = self.slots.as_ref().map(Slots::length);
        if before != after {
            (self.tell)(Event::Slots(after));
        }
    }

    pub(super) fn count(&mut self, fates: Fates) {
        self.counts.delivered += fates.delivered;
        self.counts.given_back += fates.given_back;
        self.counts.refused += fates.refused as u64;
        if let Some(why) = fates.why {
            (self.tell)(Event::Refused { count: fates.refused, why });
        }
        if let Some(first) = fates.first_lost {
            // It goes on behind what was lost, too.
            let first = self.unmake().map_or(first, |unmade| first.min(unmade));
            self.tell_lost(first);
        }
        fates.again.into_iter().for_each(|ready| self.again.push_front(ready));
    }

    /// What was made from the first of these on may never be seen.
    fn tell_lost(&mut self, first: u64) {
        self.load.lost((self.maker.made + 1).saturating_sub(first));
    }
}

/// What happens beside the slots.
#[derive(Debug)]
pub(super) enum Happening {
    /// To this connection.
    Line(usize, Step),
    /// A manifest that was fetched has come, or will not.
    Manifest(Option<Bytes>),
}

/// What happens next. Cancelling it loses nothing.
pub(super) async fn happening(lines: &mut [Line], fetch: &mut Option<Fetch>) -> Happening {
    let fetched = async {
        match fetch {
            Some(fetch) => fetch.done().await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        biased;
        (place, step) = step(lines) => Happening::Line(place, step),
        manifest = fetched => Happening::Manifest(manifest),
    }
}

/// What happens next on any connection, and on which.
async fn step(lines: &mut [Line]) -> (usize, Step) {
    if let [line] = lines {
        return (0, line.step().await);
    }
    let mut steps: Vec<_> = lines.iter_mut().map(|line| Box::pin(line.step())).collect();
    poll_fn(|cx| {
        for (place, step) in steps.iter_mut().enumerate() {
            if let Poll::Ready(step) = step.as_mut().poll(cx) {
                return Poll::Ready((place, step));
            }
        }
        Poll::Pending
    })
    .await
}
