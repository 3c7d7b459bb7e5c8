//! From the queue to the broker: in slots, or as fast as the broker takes.
//!
//! [`uplink`] is one task. In slots it makes the messages of a slot a little ahead of it, real or cover by the same code, and hands
//! them over at the instant; nothing else that it does depends on what waits in the queue. The broker, even a hostile one, can only
//! end connections and withhold answers: then what is unanswered goes back to the queue, and leaves in later slots, sealed anew.
//!
//! What was lost, and what was urgent and had to wait for a connection, leaves between what is new and cover, in no order (see `mix`): the
//! first messages of a connection are no more urgent than others.
//!
//! - [`Way`]: where to, over how many connections, with how much [`Patience`].
//! - [`Event`]: what is told meanwhile; [`Counts`]: what it did.

mod event;
mod fetch;
mod happening;
mod line;
mod messages;
mod mix;
mod ready;
mod renewal;
mod shape;
mod turns;
mod way;

use std::{collections::VecDeque, future::Future, pin::pin, time::Duration};

use cowl_core::Slots;
use rand_core::Rng as _;
use tokio::time::Instant;

pub use self::{
    event::{Counts, Event, Loss},
    way::{Patience, Way},
};
use self::{
    fetch::Fetch,
    line::Line,
    mix::Mix,
    ready::{Maker, Ready},
    renewal::Renewing,
    shape::Shape,
};
use super::{Load, LoadError, Queue};
use crate::transport::ClientId;

/// From one telling of the numbers to the next; also how long what cannot be sealed is left alone.
const MINUTE: Duration = Duration::from_mins(1);

/// Carries what is in the queue to the broker until `stop` completes, and then ends within [`Patience::farewell`].
///
/// With slots, one message of each size class leaves at each instant of its grid over one of the connections in turn, all at QoS 1.
/// An instant that finds its connection broken or full, or this machine asleep, passes in silence; nothing is made up for. A report
/// is settled in the queue when the broker has acknowledged it, and is given back when its connection is lost. The n-th of the urgent reports that
/// come while a connection stands leaves in the n-th slot; what was lost or waited for a connection leaves within five slots of that, drawn, or in
/// every other slot if there is more of it.
///
/// The policy's slots are those of the newest manifest that was heard; the grid's place is random.
///
/// Dropping the future loses nothing either, but what is in flight stays out of the queue until that is opened again.
pub async fn uplink<L, T>(queue: Queue, load: L, way: Way, stop: impl Future<Output = ()>, tell: T) -> Counts
where
    L: Load,
    T: FnMut(Event),
{
    let mut stop = pin!(stop);
    // On the heap: the future of a caller that embeds this one stays small.
    let mut uplink = Box::new(Uplink::new(queue, load, way, tell));
    loop {
        let over = if uplink.slots.is_some() {
            uplink.slot(stop.as_mut()).await
        } else {
            uplink.batch(stop.as_mut()).await
        };
        if over.is_some() {
            return uplink.leave().await;
        }
    }
}

/// What a connection may take at least: over a link of two seconds each way, TCP, TLS, greeting and subscription take sixteen.
const SLOWEST: Duration = Duration::from_secs(45);

/// It is wanted to end.
struct Stopped;

struct Uplink<L, T> {
    queue: Queue,
    load: L,
    way: Way,
    tell: T,
    lines: Vec<Line>,
    maker: Maker,
    shape: Shape,
    slots: Option<Slots>,
    /// The connection whose turn it is, where there are no slots.
    turn: usize,
    /// To be sent again as they were, where nothing can be sealed anew; else what was made and did not leave in its slot.
    again: VecDeque<Ready>,
    mix: Mix,
    /// A newer manifest on its way.
    fetch: Option<Fetch>,
    /// Whether the queue said that something waits.
    is_ready: bool,
    counts: Counts,
    next_minute: Instant,
    renewing: Renewing,
}

impl<L: Load, T: FnMut(Event)> Uplink<L, T> {
    fn new(queue: Queue, load: L, mut way: Way, mut tell: T) -> Self {
        // Nothing that could tell one node, or one connection, from another.
        way.options.will = None;
        way.options.user_properties.clear();
        if !way.options.client_id.is_fresh() {
            way.options.client_id = ClientId::fresh();
        }
        way.options.connect_timeout = way.options.connect_timeout.max(SLOWEST);
        let shape = Shape::of(&load);
        let slots = Slots::new(&shape.traffic, way.rng.next_u64());
        tell(Event::Slots(slots.as_ref().map(Slots::length)));
        let lines = (0..way.connections.get()).map(|_| Line::new(way.patience)).collect();
        let (maker, counts, next_minute) = (Maker::default(), Counts::default(), Instant::now() + MINUTE);
        Self {
            queue,
            load,
            way,
            tell,
            lines,
            maker,
            shape,
            slots,
            turn: 0,
            again: VecDeque::new(),
            mix: Mix::default(),
            fetch: None,
            is_ready: false,
            counts,
            next_minute,
            renewing: Renewing::new(),
        }
    }

    fn minute(&mut self) {
        self.next_minute = Instant::now() + MINUTE;
        self.maker.release(&self.queue);
        let counts = self.counts();
        (self.tell)(Event::Counts(counts));
        self.renew();
    }

    /// Takes keys that came, and asks for some when it is time.
    fn renew(&mut self) {
        match self.renewing.finished(&mut self.way.rng) {
            Some(Ok(renewed)) => match self.load.renewed(self.now().as_secs()) {
                Ok(()) => (self.tell)(Event::Renewed(renewed.last_epoch)),
                Err(error) => (self.tell)(Event::NotRenewed(error.to_string())),
            },
            Some(Err(error)) => (self.tell)(Event::NotRenewed(error.to_string())),
            None => {}
        }
        let is_connected = self.lines.iter().any(Line::has_room);
        if is_connected
            && self.renewing.is_free()
            && let Some(renewal) = self.load.renewal(self.now().as_secs())
        {
            self.renewing.begin(renewal, self.way.endpoint.clone(), self.way.options.clone());
        }
    }

    async fn leave(mut self: Box<Self>) -> Counts {
        self.maker.release(&self.queue);
        let until = Instant::now() + self.way.patience.farewell;
        for place in 0..self.lines.len() {
            if let Some(line) = self.lines.get_mut(place) {
                let fates = line.leave(&self.queue, until).await;
                self.count(fates);
            }
        }
        let left = self.again.drain(..).filter_map(|ready| ready.entry);
        left.for_each(|entry| self.queue.give_back(entry));
        self.counts()
    }

    fn counts(&self) -> Counts {
        let missed = self.slots.as_ref().map_or(0, Slots::missed);
        Counts { dropped: self.maker.dropped, silent: self.counts.silent + missed, ..self.counts }
    }

    /// Since the zero of the monotonic timer.
    fn now(&self) -> Duration {
        self.way.since.elapsed()
    }
}
