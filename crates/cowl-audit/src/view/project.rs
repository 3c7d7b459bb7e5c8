//! From a trace and its truth to what each adversary sees.
//!
//! One pass over the trace ([`Projector`]) keeps, for each kind of observation point, its connections and the messages that came from clients.
//! Each view is then cut out of that ([`Projection::view`]): an adversary's view holds nothing that his place does not show.
//!
//! A message costs 104 bytes and its topic, payload and properties, once; a further view of the same point another 104 bytes a message, since the
//! bytes are shared. A connection costs about 200 bytes and 16 for each packet that is no PUBLISH. Two million messages of 300 bytes, each on a
//! connection of its own, so need 1.3 GB, and 0.7 GB more for each view that is held at a time.

mod adversaries;
mod gather;
#[cfg(test)]
mod project_tests;

use std::io::Read;

use super::{Adversary, View};
use crate::attack::{Absent, Scene, Truth};
use crate::trace::{Event, Header, Observer, PointKind, ReadError, Reader};

use gather::Gathered;

/// Takes in a trace, event by event.
#[derive(Debug)]
pub struct Projector {
    observer: Observer,
    points: Vec<PointKind>,
    broker: Gathered,
    gateway: Gathered,
    relay: Gathered,
}

/// What a trace shows at each kind of point.
#[derive(Debug)]
pub struct Projection {
    observer: Observer,
    broker: Gathered,
    gateway: Option<Gathered>,
    relay: Option<Gathered>,
}

/// A trace that could not be read to its end.
#[derive(Debug)]
pub struct Partial {
    /// What could be read.
    pub projection: Projection,
    /// Why there is no more, if there should be.
    pub error: Option<ReadError>,
}

impl Projector {
    /// Of a trace with this header.
    pub fn new(header: &Header) -> Self {
        let way = Gathered::new(header.observer == Observer::Subscription);
        Self {
            observer: header.observer,
            points: header.points.iter().map(|point| point.kind).collect(),
            broker: way.clone(),
            gateway: way.clone(),
            relay: way,
        }
    }

    /// The next event. Events of a connection that was not opened belong to the broker's side.
    pub fn add(&mut self, event: &Event<'_>) {
        if let Event::Open { point, .. } = *event {
            let kind = self.points.get(usize::from(point.0)).copied().unwrap_or(PointKind::Broker);
            match kind {
                PointKind::Broker => self.broker.add(event),
                PointKind::Gateway => self.gateway.add(event),
                PointKind::Relay => self.relay.add(event),
            }
            return;
        }
        let connection = gather::connection(event);
        if self.gateway.knows(connection) {
            self.gateway.add(event);
        } else if self.relay.knows(connection) {
            self.relay.add(event);
        } else {
            self.broker.add(event);
        }
    }

    /// All of it was taken in.
    pub fn finish(self) -> Projection {
        let has = |kind| self.points.contains(&kind);
        Projection {
            observer: self.observer,
            broker: self.broker.finish(),
            gateway: has(PointKind::Gateway).then(|| self.gateway.finish()),
            relay: has(PointKind::Relay).then(|| self.relay.finish()),
        }
    }
}

impl Projection {
    /// Reads a trace to its end, or as far as it goes.
    pub fn read<R: Read>(reader: &mut Reader<R>) -> Partial {
        let mut projector = Projector::new(reader.header());
        let error = loop {
            match reader.event() {
                Ok(Some(event)) => projector.add(&event),
                Ok(None) => break None,
                Err(error) => break Some(error),
            }
        };
        Partial { projection: projector.finish(), error }
    }

    /// What an adversary sees.
    ///
    /// Of several holders of keys of a kind (roles, insiders, phones) it is the one who opens most, by bytes of text: an audit reports the worst.
    ///
    /// # Errors
    /// Why he sees nothing.
    pub fn view(&self, adversary: Adversary, truth: &Truth) -> Result<View, Absent> {
        adversaries::view(self, adversary, truth)
    }

    /// Messages from clients at the broker.
    pub const fn messages(&self) -> usize {
        self.broker.messages.len()
    }

    /// Topics, payloads and properties that did not fit into the 4 GiB that spans can reach; those of a view are then empty.
    pub const fn without_content(&self) -> u64 {
        self.broker.without_content
    }

    /// With its truth: the views of all adversaries at once. For a large trace, make a [`Scene::new`] of one [`Projection::view`] at a time.
    pub fn scene(&self, truth: Truth) -> Scene {
        let views: Vec<_> =
            Adversary::ALL.into_iter().map(|adversary| (adversary, self.view(adversary, &truth))).collect();
        Scene::new(truth, views)
    }
}
