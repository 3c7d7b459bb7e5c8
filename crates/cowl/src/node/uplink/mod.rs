//! From the queue to the broker: in slots, or as fast as the broker takes.
//!
//! [`uplink`] is one task. In slots it makes the messages of a slot a little ahead of it, real or cover by the same code, and hands
//! them over at the instant; nothing else that it does depends on what waits in the queue. The broker, even a hostile one, can only
//! end connections and withhold answers: then what is unanswered goes back to the queue, and leaves in later slots, sealed anew.
//!
//! - [`Way`]: where to, over how many connections, with how much [`Patience`].
//! - [`Event`]: what is told meanwhile; [`Counts`]: what it did.

mod event;
mod line;
mod ready;
mod renewal;
mod way;

use std::{
    collections::VecDeque,
    future::{Future, poll_fn},
    pin::{Pin, pin},
    task::Poll,
    time::Duration,
};

use cowl_core::{Mode, Slots, policy::Traffic};
use rand_core::Rng as _;
use tokio::time::{Instant, sleep_until};

pub use self::event::{Counts, Event, Loss};
use self::line::{Fates, Line, Step};
use self::ready::{Maker, Ready};
use self::renewal::Renewing;
pub use self::way::{Patience, Way};
use super::{Lane, Load, LoadError, Queue};
use crate::{
    client::Topics,
    transport::{ClientId, Error, Filter, Message, Publisher, Qos, Topic},
};

/// Messages handed over without slots before anything else is looked at.
const BATCH: usize = 64;
/// From one telling of the numbers to the next; also how long what cannot be sealed is left alone.
const MINUTE: Duration = Duration::from_mins(1);

/// Carries what is in the queue to the broker until `stop` completes, and then ends within [`Patience::farewell`].
///
/// With slots, one message of each size class leaves at each instant of its grid over one of the connections in turn, all at QoS 1.
/// An instant that finds its connection broken or full, or this machine asleep, passes in silence; nothing is made up for. A report
/// is settled in the queue when the broker has acknowledged it, and is given back when its connection is lost.
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
/// How long nothing is tried, without slots, when something waits and nothing can be made of it.
const AGAIN: Duration = Duration::from_secs(1);

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
    /// Whether the queue said that something waits.
    is_ready: bool,
    counts: Counts,
    next_minute: Instant,
    renewing: Renewing,
}

/// What the newest manifest says of messages.
struct Shape {
    version: u32,
    topics: Topics,
    manifest: Option<Topic>,
    beacon: Option<Topic>,
    bulletin: Option<Topic>,
    enrolled: usize,
    walk_in: usize,
    traffic: Traffic,
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
            is_ready: false,
            counts,
            next_minute,
            renewing: Renewing::new(),
        }
    }

    /// One slot: waits for it, and sends what it carries.
    async fn slot(&mut self, stop: Pin<&mut impl Future<Output = ()>>) -> Option<Stopped> {
        let now = self.now();
        let slots = self.slots.as_mut()?;
        let (slot, lead) = (slots.next(now), slots.lead());
        let at = self.way.since + slot.at;
        let version = self.shape.version;
        if let Some(stopped) = self.attend(at.checked_sub(lead).unwrap_or(at), stop).await {
            return Some(stopped);
        }
        if version != self.shape.version {
            // A newer policy may have other slots; this one is spared.
            return None;
        }
        let place = usize::try_from(slot.number % self.lines.len() as u64).unwrap_or(0);
        let is_open = self.lines.get(place).is_some_and(Line::has_room);
        // The epoch is that of the instant, not of the moment before it.
        let monotonic = slot.at.as_secs();
        let lanes = Lane::ALL.map(|lane| (is_open && slot.carries(mode(lane))).then_some(lane));
        let ready = lanes.map(|lane| self.make(lane?, monotonic));
        sleep_until(at).await;
        let now = self.now();
        let is_late = self.slots.as_ref().is_some_and(|slots| slots.is_too_late(&slot, now));
        let mut sent = 0;
        for ready in ready.into_iter().flatten() {
            if is_late {
                self.put_back(ready);
            } else if self.send(place, ready) {
                sent += 1;
            }
        }
        self.counts.silent += u64::from(sent == 0);
        None
    }

    /// Without slots: all that waits and finds room; then waits for more of either.
    async fn batch(&mut self, stop: Pin<&mut impl Future<Output = ()>>) -> Option<Stopped> {
        let monotonic = self.now().as_secs();
        let (mut sent, mut is_open) = (0, true);
        let mut before = usize::MAX;
        while is_open && sent < BATCH && sent != before {
            before = sent;
            for lane in self.shape.lanes() {
                let Some(place) = self.open_line() else {
                    is_open = false;
                    break;
                };
                if let Some(ready) = self.make_real(lane, monotonic) {
                    sent += usize::from(self.send(place, ready));
                }
            }
        }
        let was_ready = std::mem::take(&mut self.is_ready);
        if sent >= BATCH {
            return self.glance(stop).await;
        }
        if sent == 0 && is_open && was_ready {
            // What waits cannot be read or sealed now: asking again and again would not help.
            return self.attend(Instant::now() + AGAIN, stop).await;
        }
        self.await_work(stop).await
    }

    /// Looks after connections and notices until a moment.
    async fn attend(
        &mut self,
        until: Instant,
        mut stop: Pin<&mut impl Future<Output = ()>>,
    ) -> Option<Stopped> {
        loop {
            tokio::select! {
                // The moment before the connections: a broker that never stops talking must not move it.
                biased;
                () = stop.as_mut() => return Some(Stopped),
                () = sleep_until(until) => return None,
                (place, step) = step(&mut self.lines) => self.happened(place, step),
                () = sleep_until(self.next_minute) => self.minute(),
            }
        }
    }

    /// The same until something waits and can be sent.
    async fn await_work(&mut self, mut stop: Pin<&mut impl Future<Output = ()>>) -> Option<Stopped> {
        loop {
            let is_open = self.lines.iter().any(Line::is_eager);
            let carried = |lane| is_open && self.shape.lanes().any(|carried| carried == lane);
            tokio::select! {
                biased;
                () = stop.as_mut() => return Some(Stopped),
                (place, step) = step(&mut self.lines) => self.happened(place, step),
                () = sleep_until(self.next_minute) => self.minute(),
                () = self.queue.ready(Lane::Enrolled), if carried(Lane::Enrolled) => break,
                () = self.queue.ready(Lane::WalkIn), if carried(Lane::WalkIn) => break,
            }
        }
        self.is_ready = true;
        None
    }

    /// The same for what has happened already, while there is work to go on with.
    async fn glance(&mut self, mut stop: Pin<&mut impl Future<Output = ()>>) -> Option<Stopped> {
        for _ in 0..BATCH {
            tokio::select! {
                biased;
                () = stop.as_mut() => return Some(Stopped),
                (place, step) = step(&mut self.lines) => self.happened(place, step),
                () = sleep_until(self.next_minute) => self.minute(),
                () = tokio::task::yield_now() => return None,
            }
        }
        None
    }

    fn happened(&mut self, place: usize, step: Step) {
        match step {
            Step::Due => self.connect(place),
            Step::Opened(Ok(pair)) => {
                if let Some(line) = self.lines.get_mut(place) {
                    line.opened(pair);
                    self.counts.connections += 1;
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
        (self.tell)(Event::Lost { connection: place, why, retry_in });
    }

    fn hear(&mut self, message: &Message) {
        let monotonic = self.now().as_secs();
        let topic = Some(&message.topic);
        if topic == self.shape.beacon.as_ref() {
            self.load.hear(&message.payload, monotonic);
        } else if topic == self.shape.manifest.as_ref() {
            self.load.follow(&message.payload);
            self.reshape();
        } else if topic == self.shape.bulletin.as_ref() {
            self.load.bulletin(&message.payload, monotonic);
        }
        self.maker.release(&self.queue);
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

    /// The next message of a size class: one that has to be sent again as it was, or a real one, or a cover.
    fn make(&mut self, lane: Lane, monotonic: u64) -> Option<Ready> {
        let again = self.again(lane, monotonic);
        let size = self.shape.size(lane);
        let (load, queue) = (&mut self.load, &self.queue);
        match again {
            // A cover can wait for longer than a report, but not another's message, real or not.
            Some(cover) if cover.entry.is_none() && load.seals_anew() => {
                let real = self.maker.real(lane, size, monotonic, (load, queue), &mut self.tell);
                if real.is_some() {
                    self.again.push_back(cover);
                    return real;
                }
                Some(cover)
            }
            Some(ready) => Some(ready),
            None => self.maker.next(lane, size, monotonic, (load, queue), &mut self.tell),
        }
    }

    /// The same, without covers.
    fn make_real(&mut self, lane: Lane, monotonic: u64) -> Option<Ready> {
        while let Some(ready) = self.again(lane, monotonic) {
            if ready.entry.is_some() || !self.load.seals_anew() {
                return Some(ready);
            }
        }
        let size = self.shape.size(lane);
        self.maker.real(lane, size, monotonic, (&mut self.load, &self.queue), &mut self.tell)
    }

    /// Gives back what was made and did not leave, where it can be made anew; the first of it.
    fn unmake(&mut self) -> Option<u64> {
        if !self.load.seals_anew() {
            return None;
        }
        let first = self.again.iter().map(|ready| ready.number).min();
        let entries = self.again.drain(..).rev().filter_map(|ready| ready.entry);
        entries.for_each(|entry| self.queue.give_back(entry));
        first
    }

    /// What was made already. That of another epoch is made anew: all change epochs at the same instants.
    fn again(&mut self, lane: Lane, monotonic: u64) -> Option<Ready> {
        loop {
            let place = self.again.iter().position(|ready| ready.sealed.mode() == mode(lane))?;
            let ready = self.again.remove(place)?;
            if !self.load.seals_anew() || ready.epoch == self.load.epoch(monotonic) {
                return Some(ready);
            }
            ready.entry.into_iter().for_each(|entry| self.queue.give_back(entry));
        }
    }

    fn send(&mut self, place: usize, ready: Ready) -> bool {
        let is_real = ready.entry.is_some();
        let keeps = !self.load.seals_anew();
        let left = match (self.lines.get_mut(place), self.shape.topics.report(&ready.sealed)) {
            (Some(line), Ok(topic)) => line.send(topic, ready, keeps),
            _ => Err(ready),
        };
        match left {
            Ok(()) => {
                self.counts.sent += u64::from(is_real);
                self.counts.covers += u64::from(!is_real);
                true
            }
            Err(ready) => {
                self.put_back(ready);
                false
            }
        }
    }

    /// It was made, and did not leave.
    fn put_back(&mut self, ready: Ready) {
        if !self.load.seals_anew() || ready.epoch.is_some() {
            self.again.push_front(ready);
        } else if let Some(entry) = ready.entry {
            self.queue.give_back(entry);
        }
    }

    /// The next connection in turn that has room.
    fn open_line(&mut self) -> Option<usize> {
        let count = self.lines.len();
        let mut places = (0..count).map(|step| (self.turn + step) % count);
        let place = places.find(|place| self.lines.get(*place).is_some_and(Line::is_eager))?;
        self.turn = (place + 1) % count;
        Some(place)
    }

    fn count(&mut self, fates: Fates) {
        self.counts.delivered += fates.delivered;
        self.counts.given_back += fates.given_back;
        self.counts.refused += fates.refused as u64;
        if let Some(why) = fates.why {
            (self.tell)(Event::Refused { count: fates.refused, why });
        }
        if let Some(first) = fates.first_lost {
            // It goes on behind what was lost, too.
            let first = self.unmake().map_or(first, |unmade| first.min(unmade));
            self.load.lost((self.maker.made + 1).saturating_sub(first));
        }
        fates.again.into_iter().for_each(|ready| self.again.push_front(ready));
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

impl Shape {
    fn of(load: &impl Load) -> Self {
        let manifest = load.manifest();
        let (topics, layout) = (Topics::of(manifest), manifest.layout());
        Self {
            version: manifest.version,
            manifest: topics.manifest().ok(),
            beacon: topics.beacon().ok(),
            bulletin: load.wants_bulletins().then(|| topics.bulletin().ok()).flatten(),
            topics,
            enrolled: layout.enrolled_len(),
            walk_in: layout.walk_in_len(),
            traffic: manifest.policy.traffic.clone(),
        }
    }

    /// The size classes that nodes carry.
    fn lanes(&self) -> impl Iterator<Item = Lane> + use<> {
        let carries_walk_ins = self.traffic.walk_in_slots > 0;
        Lane::ALL.into_iter().filter(move |lane| *lane == Lane::Enrolled || carries_walk_ins)
    }

    const fn size(&self, lane: Lane) -> usize {
        match lane {
            Lane::Enrolled => self.enrolled,
            Lane::WalkIn => self.walk_in,
        }
    }

    /// What the first connection listens to: always all of it.
    fn filters(&self) -> Result<Vec<(Filter, Qos)>, Error> {
        let topics = [&self.manifest, &self.beacon, &self.bulletin].into_iter().flatten();
        topics.map(|topic| Ok((Filter::new(topic.as_str())?, Qos::AtLeastOnce))).collect()
    }
}

const fn mode(lane: Lane) -> Mode {
    match lane {
        Lane::Enrolled => Mode::Enrolled,
        Lane::WalkIn => Mode::WalkIn,
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
