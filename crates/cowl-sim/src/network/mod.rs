//! A network in memory, in virtual time: phones' and nodes' real clients at one end, small servers at the other (the broker, and what
//! gateways and relays let their phones connect to), and between them what radio does to a connection. Everything that passes a server is
//! written to a trace.
//!
//! `end` is a client's side of a connection, `link` the radio, `broker` what answers, `hostile` what it may do besides, `wire` the packets,
//! `tape` the trace.

mod broker;
mod end;
mod hostile;
mod link;
mod tape;
mod wire;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use cowl::transport::{Connector, Stream};
use cowl_audit::trace::PointId;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, sleep_until};

use crate::dice::Dice;
use broker::Broker;
use end::{End, Pipe};
use link::Link;

pub(crate) use hostile::Hostile;
pub(crate) use tape::{Tape, Written, server};

/// Who is on the network: an index into the list given to [`Network::new`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct CallerId(pub(crate) usize);

/// How a caller is connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// By radio: slow, and it breaks.
    Radio,
    /// By wire: nothing is lost.
    Wire,
}

/// A message that came to a server.
#[derive(Debug)]
pub(crate) struct Arrival<'a> {
    pub(crate) connection: u64,
    /// Its number among the connection's messages.
    pub(crate) ordinal: u32,
    pub(crate) caller: CallerId,
    /// Microseconds.
    pub(crate) at: u64,
    pub(crate) client_id: &'a str,
    pub(crate) topic: &'a str,
    pub(crate) payload: &'a Bytes,
    /// Its packet identifier, at QoS 1.
    pub(crate) packet_id: Option<u16>,
}

/// Those who read at a server.
pub(crate) trait Mailbox: Send {
    /// Takes a message. `false`: it is not acknowledged.
    fn arrived(&mut self, arrival: &Arrival<'_>) -> bool;
}

/// The network. One task runs [`Self::run`]; everyone else connects.
#[derive(Debug)]
pub(crate) struct Network {
    state: Mutex<State>,
    changed: Notify,
    began: Instant,
}

pub(super) struct State {
    now: u64,
    queue: BinaryHeap<Reverse<Due>>,
    sequence: u64,
    /// Until when the network sleeps.
    armed: u64,
    connections: u64,
    pipes: HashMap<u64, Pipe>,
    links: HashMap<u64, Link>,
    callers: Vec<(Access, Dice)>,
    tape: Arc<Mutex<Tape>>,
    /// By point; the broker first.
    servers: Vec<Broker>,
    /// Where each connection leads.
    points: HashMap<u64, PointId>,
}

/// Something that happens at a time; what was scheduled first happens first.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Due {
    at: u64,
    sequence: u64,
    what: What,
}

/// A connection on its way.
struct Dialled {
    connection: u64,
    /// Microseconds until it stands.
    wait: u64,
}

/// There is none, and it takes so many microseconds to find out.
#[derive(Debug)]
pub(super) struct NoNetwork {
    pub(super) wait: u64,
}

/// What can happen to a connection.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum What {
    /// The server sees it begin.
    Opens { connection: u64, caller: CallerId, from: SocketAddr },
    /// Bytes reach the server.
    Arrives { connection: u64, bytes: Bytes },
    /// The client's end of it reaches the server.
    Ends { connection: u64 },
    /// The server gives up a silent one.
    Forgotten { connection: u64 },
    /// Bytes reach the client.
    Delivered { connection: u64, bytes: Bytes },
    /// The server's end of it reaches the client.
    Closed { connection: u64 },
    /// The client's own system tells it that the connection is gone.
    Broken { connection: u64 },
}

impl Network {
    /// A network that begins now, with a server at each point of the tape; what comes to it goes to the mailbox of the same number.
    pub(crate) fn new(
        callers: Vec<(Access, Dice)>,
        tape: Tape,
        mailboxes: Vec<Arc<Mutex<dyn Mailbox>>>,
        hostile: Option<Hostile>,
    ) -> Self {
        let tape = Arc::new(Mutex::new(tape));
        let server = |(point, mailbox)| Broker::new(PointId(point), Arc::clone(&tape), mailbox, hostile);
        let state = State {
            servers: (0..).zip(mailboxes).map(server).collect(),
            points: HashMap::new(),
            now: 0,
            queue: BinaryHeap::new(),
            sequence: 0,
            armed: u64::MAX,
            connections: 0,
            pipes: HashMap::new(),
            links: HashMap::new(),
            callers,
            tape,
        };
        Self { state: Mutex::new(state), changed: Notify::new(), began: Instant::now() }
    }

    /// A way to a server for a caller; its address may be another for each connection.
    pub(crate) fn connector(
        self: &Arc<Self>,
        caller: CallerId,
        point: PointId,
        address: impl Fn(u64) -> Ipv4Addr + Send + Sync + 'static,
    ) -> Connector {
        let network = Arc::clone(self);
        let address = Arc::new(address);
        Connector::new(move || {
            let (network, address) = (Arc::clone(&network), Arc::clone(&address));
            Box::pin(async move { network.connect(caller, point, address.as_ref()).await })
        })
    }

    /// Lets happen what happens until the end, and tells the time as it passes.
    pub(crate) async fn run(&self, end: u64, mut progress: impl FnMut(u64)) {
        loop {
            let until = self.lock().happen(self.now().min(end)).min(end);
            let now = self.now();
            progress(now);
            if now >= end {
                return;
            }
            tokio::select! {
                biased;
                () = sleep_until(self.instant(until)) => {}
                () = self.changed.notified() => {}
            }
        }
    }

    /// Lets a server keep something for its clients.
    pub(crate) fn retain(&self, point: PointId, topic: &str, payload: &Bytes) {
        self.with(|state| {
            let at = state.now;
            let server = state.servers.get_mut(usize::from(point.0));
            let says = server.map(|server| server.retains(topic, payload, at)).unwrap_or_default();
            state.deliver(at, says);
        });
    }

    /// Ends the trace.
    pub(crate) fn finish(&self, end: u64) -> io::Result<Written> {
        let mut state = self.lock();
        for server in &mut state.servers {
            server.finish(end);
        }
        state.tape.lock().unwrap_or_else(PoisonError::into_inner).finish()
    }

    /// Microseconds since the beginning.
    pub(crate) fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// That time as tokio has it.
    pub(crate) fn instant(&self, at: u64) -> Instant {
        self.began + Duration::from_micros(at)
    }

    async fn connect(
        self: Arc<Self>,
        caller: CallerId,
        point: PointId,
        address: &(dyn Fn(u64) -> Ipv4Addr + Send + Sync),
    ) -> io::Result<Box<dyn Stream>> {
        let from = address(self.now());
        let dialled = self.with(|state| state.dial(caller, point, from));
        let (connection, wait) = match dialled {
            Ok(Dialled { connection, wait }) => (Some(connection), wait),
            Err(NoNetwork { wait }) => (None, wait),
        };
        // Dropping it while it waits hangs up.
        let end = connection.map(|connection| End::new(Arc::clone(&self), connection));
        sleep(Duration::from_micros(wait)).await;
        match end {
            Some(end) => Ok(Box::new(end)),
            None => Err(io::ErrorKind::TimedOut.into()),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes something at the present time, and wakes the network if it would sleep too long.
    fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.lock();
        state.now = state.now.max(self.now());
        let done = change(&mut state);
        let sooner = state.queue.peek().is_some_and(|Reverse(next)| next.at < state.armed);
        drop(state);
        if sooner {
            self.changed.notify_one();
        }
        done
    }
}

impl State {
    /// Begins a connection.
    fn dial(&mut self, caller: CallerId, point: PointId, from: Ipv4Addr) -> Result<Dialled, NoNetwork> {
        let Some((access, dice)) = self.callers.get_mut(caller.0) else { return Err(NoNetwork { wait: 0 }) };
        let link = Link::new(caller, *access, dice)?;
        let port = 1_024 + u16::try_from(dice.below(64_511)).unwrap_or(0);
        let connection = self.connections;
        self.connections += 1;
        let (there, back) = (link.latency(dice), link.latency(dice));
        self.pipes.insert(connection, Pipe::default());
        self.links.insert(connection, link);
        self.points.insert(connection, point);
        let from = SocketAddr::V4(SocketAddrV4::new(from, port));
        self.schedule(self.now + there, What::Opens { connection, caller, from });
        Ok(Dialled { connection, wait: there + back })
    }

    /// Bytes from a client. `Err`: its system knows that the connection is gone.
    fn send(&mut self, connection: u64, bytes: &[u8]) -> io::Result<()> {
        if self.pipes.get(&connection).is_none_or(Pipe::is_broken) {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        let Some(link) = self.links.get_mut(&connection) else { return Ok(()) };
        let Some((_, dice)) = self.callers.get_mut(link.caller().0) else { return Ok(()) };
        let fate = link.send(self.now, wire::has_publish(bytes), dice);
        if let Some(breaks) = fate.breaks {
            self.schedule(breaks.client, What::Broken { connection });
            self.schedule(breaks.broker, What::Forgotten { connection });
        }
        if let Some(at) = fate.arrives {
            self.schedule(at, What::Arrives { connection, bytes: Bytes::copy_from_slice(bytes) });
        }
        Ok(())
    }

    /// A client that is gone altogether.
    fn forget(&mut self, connection: u64) {
        self.hang_up(connection);
        self.pipes.remove(&connection);
        self.links.remove(&connection);
    }

    /// A client that says no more.
    fn hang_up(&mut self, connection: u64) {
        let Some(link) = self.links.get_mut(&connection) else { return };
        if let Some(at) = link.end(self.now) {
            self.schedule(at, What::Ends { connection });
        }
    }

    fn schedule(&mut self, at: u64, what: What) {
        self.sequence += 1;
        self.queue.push(Reverse(Due { at, sequence: self.sequence, what }));
    }

    /// Lets everything happen that is due; returns when the next thing is.
    fn happen(&mut self, now: u64) -> u64 {
        while let Some(Reverse(next)) = self.queue.peek()
            && next.at <= now
            && let Some(Reverse(Due { at, what, .. })) = self.queue.pop()
        {
            self.now = self.now.max(at);
            self.one(at, what);
        }
        self.armed = self.queue.peek().map_or(u64::MAX, |Reverse(next)| next.at);
        self.armed
    }

    fn one(&mut self, at: u64, what: What) {
        match what {
            What::Opens { connection, caller, from } => {
                if let Some(server) = self.server(connection) {
                    server.opens(connection, caller, from, at);
                }
            }
            What::Arrives { connection, bytes } => {
                self.answer(connection, at, |server| server.arrives(connection, &bytes, at));
            }
            What::Ends { connection } => {
                self.answer(connection, at, |server| server.ends(connection, at));
            }
            What::Forgotten { connection } => {
                self.answer(connection, at, |server| server.forgets(connection, at));
            }
            What::Delivered { connection, bytes } => {
                let heard = self.links.get(&connection).is_some_and(|link| !link.is_cut());
                if let Some(pipe) = self.pipes.get_mut(&connection).filter(|_| heard) {
                    pipe.deliver(&bytes);
                }
            }
            What::Closed { connection } => {
                let heard = self.links.get(&connection).is_some_and(|link| !link.is_cut());
                if let Some(pipe) = self.pipes.get_mut(&connection).filter(|_| heard) {
                    pipe.close();
                }
            }
            What::Broken { connection } => {
                if let Some(pipe) = self.pipes.get_mut(&connection) {
                    pipe.break_off();
                }
            }
        }
    }

    fn server(&mut self, connection: u64) -> Option<&mut Broker> {
        let point = self.points.get(&connection)?;
        self.servers.get_mut(usize::from(point.0))
    }

    /// Sends what a server says on its way.
    fn answer(&mut self, connection: u64, at: u64, ask: impl FnOnce(&mut Broker) -> Vec<broker::Says>) {
        let says = self.server(connection).map(ask).unwrap_or_default();
        self.deliver(at, says);
    }

    fn deliver(&mut self, at: u64, says: Vec<broker::Says>) {
        for broker::Says { connection, caller, what, held } in says {
            let Some((link, (_, dice))) = self.links.get_mut(&connection).zip(self.callers.get_mut(caller.0))
            else {
                continue;
            };
            let then = link.back(at + held, dice);
            self.schedule(
                then,
                match what {
                    Some(bytes) => What::Delivered { connection, bytes },
                    None => What::Closed { connection },
                },
            );
        }
    }
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State").field("connections", &self.connections).finish_non_exhaustive()
    }
}
