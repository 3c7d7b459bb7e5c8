//! What all handlers share.

use std::{path::PathBuf, sync::Arc, time::Duration};

use tokio::sync::Semaphore;

use crate::{
    base_map::BaseMap,
    brief::Brief,
    config::ConsoleLimits,
    feed::{Feed, View},
    links::Links,
    privacy::Privacy,
    seat::{Seat, SeatId},
    session::Sessions,
    sides::Sides,
    views::{export::Made, glass::Opened, people::NewTicket},
};

/// What all handlers share.
#[derive(Debug, Clone)]
pub(crate) struct Shared(Arc<Inner>);

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) port: u16,
    /// Whether other machines can reach it.
    pub(crate) exposed: bool,
    pub(crate) seats: Vec<Seat>,
    /// What each seat reads, in the seats' order.
    pub(crate) feeds: Vec<Feed>,
    /// Tickets that were just made, and what custodians just opened: each for a short while.
    pub(crate) tickets: Brief<NewTicket>,
    pub(crate) opened: Brief<Opened>,
    /// Files that were just made, and a place for whoever makes one: one at a time.
    pub(crate) made: Brief<Made>,
    pub(crate) exporting: Semaphore,
    /// A folder of the console's own.
    pub(crate) state: PathBuf,
    pub(crate) operation: Option<PathBuf>,
    pub(crate) privacy: Privacy,
    pub(crate) base_map: Option<Arc<BaseMap>>,
    pub(crate) sides: Option<Sides>,
    pub(crate) limits: ConsoleLimits,
    pub(crate) sessions: Sessions,
    pub(crate) links: Links,
    pub(crate) streams: Arc<Semaphore>,
}

impl Shared {
    pub(crate) fn new(inner: Inner) -> Self {
        Self(Arc::new(inner))
    }

    /// The port that it is asked at.
    pub(crate) fn port(&self) -> u16 {
        self.0.port
    }

    /// Whether other machines can reach it.
    pub(crate) fn is_exposed(&self) -> bool {
        self.0.exposed
    }

    /// A seat.
    pub(crate) fn seat(&self, id: SeatId) -> Option<&Seat> {
        self.0.seats.get(id.index())
    }

    /// What a seat reads; `None`: it reads no reports.
    pub(crate) fn feed(&self, id: SeatId) -> Option<View> {
        self.0.feeds.get(id.index()).map(Feed::view)
    }

    /// Ends all feeds: then their files are free for another process. Blocks until they have written down what they opened.
    pub(crate) fn end_feeds(&self) {
        self.0.feeds.iter().for_each(Feed::end);
    }

    /// The operation's folder, if its authority works here.
    pub(crate) fn operation(&self) -> Option<&std::path::Path> {
        self.0.operation.as_deref()
    }

    /// A folder of the console's own.
    pub(crate) fn state(&self) -> &std::path::Path {
        &self.0.state
    }

    /// Tickets that were just made.
    pub(crate) fn tickets(&self) -> &Brief<NewTicket> {
        &self.0.tickets
    }

    /// What custodians just opened.
    pub(crate) fn opened(&self) -> &Brief<Opened> {
        &self.0.opened
    }

    /// Files that were just made.
    pub(crate) fn made(&self) -> &Brief<Made> {
        &self.0.made
    }

    /// The place of whoever makes a file.
    pub(crate) fn exporting(&self) -> &Semaphore {
        &self.0.exporting
    }

    /// What the broker sees, if somebody listens.
    pub(crate) fn sides(&self) -> Option<&Sides> {
        self.0.sides.as_ref()
    }

    /// What lies below the zones of maps, if anything does.
    pub(crate) fn base_map(&self) -> Option<&Arc<BaseMap>> {
        self.0.base_map.as_ref()
    }

    /// Scorecards and the plan.
    pub(crate) fn privacy(&self) -> &Privacy {
        &self.0.privacy
    }

    /// How long a request's body may take.
    pub(crate) fn patience(&self) -> Duration {
        self.0.limits.request
    }

    pub(crate) fn sessions(&self) -> &Sessions {
        &self.0.sessions
    }

    pub(crate) fn links(&self) -> &Links {
        &self.0.links
    }

    pub(crate) fn streams(&self) -> &Arc<Semaphore> {
        &self.0.streams
    }

    /// What this console's cookie is called. Browsers keep one jar for all ports of a host, so that two consoles would sign each other out.
    pub(crate) fn cookie(&self) -> String {
        format!("cowl-{}", self.0.port)
    }
}
