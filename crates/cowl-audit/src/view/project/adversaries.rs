//! What each adversary's place shows.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::Projection;
use super::gather::{Gathered, Wire};
use crate::attack::{Absent, Truth};
use crate::trace::Observer;
use crate::truth::{MessageRef, Opened, Reader};
use crate::view::{Adversary, Connection, Pool, Span, View};

/// What TLS 1.3 adds to a packet that is a record of its own: 5 bytes of header, 1 of type, 16 of tag (RFC 8446 §5.2).
const RECORD: u32 = 22;

pub(super) fn view(seen: &Projection, adversary: Adversary, truth: &Truth) -> Result<View, Absent> {
    let connected = || {
        if seen.observer == Observer::Subscription { Err(Absent::NotRecorded) } else { Ok(&seen.broker) }
    };
    let relay = || seen.relay.as_ref().ok_or(Absent::NoPoint);
    let whole = |at: &Gathered| with_connections(at, adversary);
    match adversary {
        Adversary::Network | Adversary::Broker => connected().map(whole),
        Adversary::NetworkTls => connected().map(sealed),
        Adversary::Subscriber => Ok(content(&seen.broker, adversary)),
        Adversary::Relay => relay().map(whole),
        Adversary::Gateway => seen.gateway.as_ref().ok_or(Absent::NoPoint).map(whole),
        Adversary::Insider => {
            reading(content(&seen.broker, adversary), truth, |reader| matches!(reader, Reader::Insider(_)))
        }
        Adversary::Role => reading(content(&seen.broker, adversary), truth, is_role),
        Adversary::BrokerRole => reading(connected().map(whole)?, truth, is_role),
        Adversary::RelayRole => reading(relay().map(whole)?, &passed_on(truth), is_role),
        Adversary::StolenPhone => {
            reading(content(&seen.broker, adversary), truth, |reader| matches!(reader, Reader::Stolen(_)))
        }
    }
}

const fn is_role(reader: &Reader) -> bool {
    matches!(reader, Reader::Role(_))
}

/// All that the point shows.
fn with_connections(at: &Gathered, adversary: Adversary) -> View {
    let mut bytes = at.content.clone();
    let connections = at.connections.iter().map(|connection| {
        let mut put = |span: &Span| bytes.put(at.names.get(span));
        Connection {
            client_id: put(&connection.client_id),
            user_name: put(&connection.user_name),
            will: put(&connection.will),
            properties: put(&connection.properties),
            ..connection.clone()
        }
    });
    let connections = connections.collect();
    View { adversary, connections, messages: at.messages.clone(), bytes }
}

/// What a subscriber of everything gets.
fn content(at: &Gathered, adversary: Adversary) -> View {
    let mut messages = at.messages.clone();
    for message in &mut messages {
        (message.connection, message.packet_id) = (None, None);
    }
    View { adversary, connections: Vec::new(), messages, bytes: at.content.clone() }
}

/// What TLS leaves to see.
fn sealed(at: &Gathered) -> View {
    let connections =
        at.connections.iter().zip(&at.wires).map(|(connection, wire)| covered(connection, *wire));
    let connections = connections.collect();
    let mut messages = at.messages.clone();
    for message in &mut messages {
        (message.topic, message.payload, message.properties) = (0..0, 0..0, 0..0);
        (message.packet_id, message.qos, message.retain) = (None, 0, false);
        message.size = message.size.saturating_add(RECORD);
    }
    View { adversary: Adversary::NetworkTls, connections, messages, bytes: Pool::default() }
}

fn covered(connection: &Connection, wire: Wire) -> Connection {
    // what was recorded under TLS has its overhead already
    let record = if connection.level.is_some() { RECORD } else { 0 };
    let others = connection.others.iter().map(|(at, size)| (*at, size.saturating_add(record)));
    Connection {
        opened: connection.opened,
        closed: connection.closed,
        address: connection.address,
        fingerprint: wire.hello,
        sent: connection.sent + wire.sent * u64::from(record),
        received: connection.received + wire.received * u64::from(record),
        others: others.collect(),
        ..Connection::default()
    }
}

/// The truth with what is opened of a published message opened of the wrapped one, too, which came from the phone: a relay knows what it
/// took out of which.
fn passed_on(truth: &Truth) -> Truth {
    let key = |id: MessageRef| {
        let message = truth.messages.get(&id).filter(|message| message.forged.is_none())?;
        Some((message.person?, message.written))
    };
    let mut of: HashMap<(u32, u64), Vec<MessageRef>> = HashMap::new();
    for id in truth.messages.keys() {
        if let Some(key) = key(*id) {
            of.entry(key).or_default().push(*id);
        }
    }
    let mut known: BTreeSet<(MessageRef, &Reader)> = BTreeSet::new();
    let mut all = Vec::new();
    for opened in &truth.opened {
        let same = key(opened.message).and_then(|key| of.get(&key)).map_or(&[][..], Vec::as_slice);
        for message in same.iter().chain([&opened.message]) {
            if known.insert((*message, &opened.reader)) {
                all.push(Opened { message: *message, ..opened.clone() });
            }
        }
    }
    Truth { opened: all, ..truth.clone() }
}

/// With what the strongest such holder of keys opens.
fn reading(mut view: View, truth: &Truth, is_he: impl Fn(&Reader) -> bool) -> Result<View, Absent> {
    let mut lengths: BTreeMap<&Reader, usize> = BTreeMap::new();
    for opened in truth.opened.iter().filter(|opened| is_he(&opened.reader)) {
        *lengths.entry(&opened.reader).or_default() += opened.text.len();
    }
    let most = lengths.iter().max_by(|one, other| one.1.cmp(other.1).then(other.0.cmp(one.0)));
    let (reader, _) = most.ok_or(Absent::NoReader)?;
    let his = truth.opened.iter().filter(|opened| opened.reader == **reader);
    let texts: HashMap<MessageRef, &Opened> = his.map(|opened| (opened.message, opened)).collect();
    for message in &mut view.messages {
        if let Some(opened) = texts.get(&message.id) {
            message.opened = view.bytes.put(opened.text.as_bytes());
        }
    }
    Ok(view)
}
