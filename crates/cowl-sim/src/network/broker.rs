//! A broker as small as can be: it accepts everyone, acknowledges, keeps what is retained, and passes notices on to those who asked.
//! What it does not do: logins and rights, sessions, wildcards, QoS 2, limits. The embedded broker's own tests are elsewhere.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::num::NonZeroU16;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::{Bytes, BytesMut};
use bytestring::ByteString;
use cowl_audit::trace::{Closing, PointId, Way};
use rmqtt_codec::v5::Codec;

use super::hostile::Hostile;
use super::tape::BROKER;
use super::wire::{self, Request};
use super::{Arrival, CallerId, Mailbox, Tape};

/// Beacons of the past that a hostile broker can repeat.
const REMEMBERED: usize = 13;

/// A server, and the trace of all it sees.
pub(super) struct Broker {
    point: PointId,
    tape: Arc<Mutex<Tape>>,
    hostile: Option<Hostile>,
    mailbox: Arc<Mutex<dyn Mailbox>>,
    sessions: HashMap<u64, Session>,
    /// Who is connected under a client id: a second one ends the first (MQTT 5 §3.1.4).
    names: HashMap<ByteString, u64>,
    topics: HashMap<ByteString, Topic>,
}

/// Something for a client.
#[derive(Debug)]
pub(super) struct Says {
    pub(super) connection: u64,
    pub(super) caller: CallerId,
    /// Bytes; `None`: the connection ends.
    pub(super) what: Option<Bytes>,
    /// Microseconds that they are held back.
    pub(super) held: u64,
}

struct Session {
    caller: CallerId,
    codec: Codec,
    unread: BytesMut,
    name: Option<ByteString>,
    /// Messages so far.
    ordinal: u32,
    /// The last packet identifier of the broker's own.
    id: u16,
}

#[derive(Default)]
struct Topic {
    retained: Option<Bytes>,
    /// What was retained before, the newest last.
    past: VecDeque<Bytes>,
    subscribers: Vec<u64>,
}

impl Broker {
    pub(super) fn new(
        point: PointId,
        tape: Arc<Mutex<Tape>>,
        mailbox: Arc<Mutex<dyn Mailbox>>,
        hostile: Option<Hostile>,
    ) -> Self {
        let (sessions, names, topics) = (HashMap::new(), HashMap::new(), HashMap::new());
        let hostile = hostile.filter(|_| point == BROKER);
        Self { point, tape, hostile, mailbox, sessions, names, topics }
    }

    /// A connection begins.
    pub(super) fn opens(&mut self, connection: u64, caller: CallerId, from: SocketAddr, at: u64) {
        let session =
            Session { caller, codec: wire::codec(), unread: BytesMut::new(), name: None, ordinal: 0, id: 0 };
        self.sessions.insert(connection, session);
        self.tape().opens(self.point, connection, at, from);
    }

    /// Bytes of a client.
    pub(super) fn arrives(&mut self, connection: u64, bytes: &[u8], at: u64) -> Vec<Says> {
        let mut says = Vec::new();
        if let Some(session) = self.sessions.get_mut(&connection) {
            session.unread.extend_from_slice(bytes);
        }
        while let Some(session) = self.sessions.get_mut(&connection)
            && let Some(packet) = wire::frame(&mut session.unread)
        {
            let request = packet.ok().and_then(|packet| {
                lock(&self.tape).packet(self.point, connection, at, Way::ToServer, &packet);
                wire::request(&mut session.codec, &packet)
            });
            match request {
                Some(request) => self.serve(connection, request, at, &mut says),
                None => self.close(connection, at, Closing::Broken, &mut says),
            }
        }
        says
    }

    /// What the server itself keeps for its clients from now on, and tells those who asked.
    pub(super) fn retains(&mut self, topic: &str, payload: &Bytes, at: u64) -> Vec<Says> {
        let mut says = Vec::new();
        let topic = ByteString::from(topic);
        let entry = self.topics.entry(topic.clone()).or_default();
        entry.retained = Some(payload.clone());
        for subscriber in entry.subscribers.clone() {
            self.deliver(subscriber, topic.clone(), payload.clone(), false, at, &mut says);
        }
        says
    }

    /// A client hangs up without a word.
    pub(super) fn ends(&mut self, connection: u64, at: u64) -> Vec<Says> {
        let mut says = Vec::new();
        self.close(connection, at, Closing::Orderly, &mut says);
        says
    }

    /// A client was silent for too long.
    pub(super) fn forgets(&mut self, connection: u64, at: u64) -> Vec<Says> {
        let mut says = Vec::new();
        self.close(connection, at, Closing::Broken, &mut says);
        says
    }

    /// The trace ends.
    pub(super) fn finish(&mut self, at: u64) {
        let mut open: Vec<u64> = self.sessions.drain().map(|(connection, _)| connection).collect();
        open.sort_unstable();
        for connection in open {
            self.tape().closes(connection, at, Closing::Unseen);
        }
    }

    fn serve(&mut self, connection: u64, request: Request, at: u64, says: &mut Vec<Says>) {
        match request {
            Request::Connect { client_id } => {
                if let Some(before) = self.names.insert(client_id.clone(), connection) {
                    self.close(before, at, Closing::Broken, says);
                    self.names.insert(client_id.clone(), connection);
                }
                self.say(connection, at, says, |session| {
                    session.name = Some(client_id);
                    wire::connected(&mut session.codec)
                });
            }
            Request::Publish { topic, payload, id, retain } => {
                let packet_id = id.map(NonZeroU16::get);
                let is_taken = self.publish(connection, (&topic, &payload, packet_id), retain, at, says);
                if let Some(id) = id.filter(|_| is_taken && !self.withholds(connection, at)) {
                    self.say(connection, at, says, |session| wire::published(&mut session.codec, id));
                }
            }
            Request::Subscribe { id, topics } => {
                self.say(connection, at, says, |session| wire::subscribed(&mut session.codec, id, &topics));
                for topic in topics {
                    let entry = self.topics.entry(topic.clone()).or_default();
                    entry.subscribers.push(connection);
                    if let Some(retained) = entry.retained.clone() {
                        self.deliver(connection, topic, retained, true, at, says);
                    }
                }
            }
            Request::Ping => self.say(connection, at, says, |session| wire::pong(&mut session.codec)),
            Request::Disconnect => self.close(connection, at, Closing::Orderly, says),
            Request::Nothing => {}
            Request::Unsupported => self.close(connection, at, Closing::Broken, says),
        }
    }

    fn publish(
        &mut self,
        connection: u64,
        (topic, payload, packet_id): (&ByteString, &Bytes, Option<u16>),
        retain: bool,
        at: u64,
        says: &mut Vec<Says>,
    ) -> bool {
        let Some(session) = self.sessions.get_mut(&connection) else { return false };
        let (ordinal, caller) = (session.ordinal, session.caller);
        session.ordinal += 1;
        let client_id = session.name.clone().unwrap_or_default();
        let arrival =
            Arrival { connection, ordinal, caller, at, client_id: &client_id, topic, payload, packet_id };
        let is_taken = lock(&self.mailbox).arrived(&arrival);
        if retain {
            let entry = self.topics.entry(topic.clone()).or_default();
            entry.past.extend(entry.retained.replace(payload.clone()));
            if entry.past.len() > REMEMBERED {
                entry.past.pop_front();
            }
        }
        let subscribers = self.topics.get(topic).map(|topic| topic.subscribers.clone()).unwrap_or_default();
        for subscriber in subscribers {
            self.deliver(subscriber, topic.clone(), payload.clone(), false, at, says);
        }
        is_taken
    }

    /// Whether a hostile broker keeps an acknowledgement to itself.
    fn withholds(&self, connection: u64, at: u64) -> bool {
        let caller = self.sessions.get(&connection).map(|session| session.caller);
        self.hostile.zip(caller).is_some_and(|(hostile, caller)| hostile.withholds(caller, at))
    }

    fn deliver(
        &mut self,
        to: u64,
        topic: ByteString,
        payload: Bytes,
        retain: bool,
        at: u64,
        says: &mut Vec<Says>,
    ) {
        let caller = self.sessions.get(&to).map(|session| session.caller);
        let repeats = self.hostile.zip(caller).is_some_and(|(hostile, caller)| hostile.repeats(caller, at));
        let past = self.topics.get(&topic).and_then(|topic| topic.past.front()).filter(|_| repeats);
        let payload = past.cloned().unwrap_or(payload);
        self.say(to, at, says, |session| {
            session.id = session.id.checked_add(1).unwrap_or(1);
            let id = NonZeroU16::new(session.id).unwrap_or(NonZeroU16::MIN);
            wire::message(&mut session.codec, topic, payload, retain, id)
        });
    }

    fn say(
        &mut self,
        connection: u64,
        at: u64,
        says: &mut Vec<Says>,
        make: impl FnOnce(&mut Session) -> Bytes,
    ) {
        let Some(session) = self.sessions.get_mut(&connection) else { return };
        let (bytes, caller) = (make(session), session.caller);
        self.tape().packet(self.point, connection, at, Way::ToClient, &bytes);
        let held = self.hostile.map_or(0, |hostile| hostile.holds(caller, at));
        says.push(Says { connection, caller, what: Some(bytes), held });
    }

    fn close(&mut self, connection: u64, at: u64, cause: Closing, says: &mut Vec<Says>) {
        let Some(session) = self.sessions.remove(&connection) else { return };
        if let Some(name) = session.name
            && self.names.get(&name) == Some(&connection)
        {
            self.names.remove(&name);
        }
        for topic in self.topics.values_mut() {
            topic.subscribers.retain(|subscriber| *subscriber != connection);
        }
        self.tape().closes(connection, at, cause);
        says.push(Says { connection, caller: session.caller, what: None, held: 0 });
    }

    fn tape(&self) -> MutexGuard<'_, Tape> {
        lock(&self.tape)
    }
}

fn lock<T: ?Sized>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
