//! What a client says when it connects and subscribes.

use core::net::SocketAddr;

use crate::mqtt::{Connect, Packet, Properties, Subscribe, Value, fingerprint, property};
use crate::payload::{FieldRef, Scan, Source, walk_metadata};
use crate::trace::{Carrier, TlsHello};

use super::connection::State;
use super::core::Core;
use super::traits::Trait;
use super::values::{Met, Values};

impl Core {
    pub(super) fn opened(&mut self, state: &mut State, at: u64, from: Option<SocketAddr>, carrier: Carrier) {
        state.carrier = carrier;
        self.rhythm.connect(at);
        let Some(from) = from else {
            return;
        };
        let text = from.ip().to_canonical().to_string();
        let address = self.census.keyed.bytes(text.as_bytes());
        state.address = Some(address);
        self.clients.port(address, from.port());
        let port = self.census.keyed.number(u64::from(from.port()));
        self.show(state, Trait::Address, address, at);
        self.show(state, Trait::Port, port, at);
    }

    pub(super) fn hello(&mut self, state: &mut State, at: u64, hello: &TlsHello<'_>) {
        state.hello = true;
        self.hellos.add(hello);
        let print = self.census.keyed.number(hello.fingerprint);
        self.show(state, Trait::TlsFingerprint, print, at);
        if !hello.server_name.is_empty() {
            let name = self.census.keyed.bytes(hello.server_name.as_bytes());
            self.show(state, Trait::ServerName, name, at);
        }
    }

    pub(super) fn connect(&mut self, state: &mut State, at: u64, packet: &Packet<'_>, connect: &Connect<'_>) {
        let keyed = self.census.keyed;
        let own = |bytes: &[u8]| keyed.bytes(bytes);
        if connect.client_id.is_empty() {
            self.clients.shape(b"");
        } else {
            let known = |core: &Self| core.census.traits.get(Trait::ClientId).map_or(0, Values::len);
            let (id, before) = (own(connect.client_id), known(self));
            state.client = Some(id);
            self.show(state, Trait::ClientId, id, at);
            if known(self) > before {
                self.clients.shape(connect.client_id);
            }
        }
        if let Some(print) = fingerprint(packet) {
            self.show(state, Trait::Software, keyed.number(print), at);
        }
        self.show(state, Trait::KeepAlive, keyed.number(u64::from(connect.keep_alive)), at);
        if let Some(settings) = settings(connect.properties) {
            self.show(state, Trait::Settings, own(&settings), at);
        }
        if let Some(user) = connect.user_name {
            self.show(state, Trait::UserName, own(user), at);
        }
        if let Some(password) = connect.password {
            self.show(state, Trait::Password, own(password), at);
            self.clients.login(keyed.joined(connect.user_name.map_or(0, own), own(password)));
            self.sums.passwords_clear +=
                u64::from(matches!(state.carrier, Carrier::Tcp | Carrier::WebSocket | Carrier::Unknown));
        }
        self.names(state, at, connect);
        self.properties(state, at, connect.properties);
        if let Some(will) = &connect.will {
            self.sums.with_will += 1;
            self.show(state, Trait::WillTopic, own(will.topic), at);
            self.show(state, Trait::WillPayload, own(will.payload), at);
            self.properties(state, at, will.properties);
            self.will(state, at, will.topic, will.payload);
        }
    }

    pub(super) fn subscribe(&mut self, state: &mut State, at: u64, subscribe: &Subscribe<'_>) {
        let keyed = self.census.keyed;
        let all = subscribe
            .filters
            .iter()
            .fold(state.subscribed.unwrap_or(0), |sum, filter| keyed.joined(sum, keyed.bytes(filter.filter)));
        // a client that subscribes step by step is known by all that it has asked for so far; the last is what stays
        state.subscribed = Some(all);
        state.shown.retain(|shown| shown.kind != Trait::Subscriptions);
        self.show(state, Trait::Subscriptions, all, at);
        self.properties(state, at, subscribe.properties);
    }

    /// The first packet identifier, when the connection ends.
    pub(super) fn opening_id(&mut self, state: &mut State) {
        if let Some(first) = state.first_id {
            let at = state.last;
            self.show(state, Trait::FirstPacketId, self.census.keyed.number(u64::from(first)), at);
        }
    }

    fn show(&mut self, state: &mut State, kind: Trait, value: u64, at: u64) {
        self.census.show(&mut state.shown, kind, value, at, state.node);
    }

    /// Fields in client id and user name.
    fn names(&mut self, state: &State, at: u64, connect: &Connect<'_>) {
        let seen = crate::payload::Sighting {
            client_id: Some(connect.client_id),
            user_name: connect.user_name,
            ..crate::payload::Sighting::default()
        };
        let mut found = Found { core: self, at, state };
        walk_metadata(&seen, &mut |field| found.take(field));
    }

    fn properties(&mut self, state: &State, at: u64, properties: Properties<'_>) {
        let mut found = Found { core: self, at, state };
        for (name, value) in properties.user() {
            found.property(name, value);
        }
    }

    fn will(&mut self, state: &State, at: u64, topic: &[u8], payload: &[u8]) {
        let mut found = Found { core: self, at, state };
        let seen = crate::payload::Sighting { topic, ..crate::payload::Sighting::default() };
        walk_metadata(&seen, &mut |field| {
            found.take(&FieldRef { source: Source::Will, ..field.clone() });
        });
        Scan::new(Source::Will, &mut |field| found.take(field)).payload(payload);
    }
}

/// Takes fields of a connection, one by one.
struct Found<'a> {
    core: &'a mut Core,
    at: u64,
    state: &'a State,
}

impl Found<'_> {
    fn take(&mut self, field: &FieldRef<'_>) {
        let keyed = self.core.census.keyed;
        let Some(place) = self.core.fields.place(field, field.of_envelope, keyed) else {
            return;
        };
        if let Some(place) = self.core.fields.get_mut(place) {
            place.count(field.precision, 0, 1);
            let met = Met { at: self.at, node: self.state.node, messages: 1 };
            place.value(field.value, met, keyed, &self.core.census.nodes, &mut self.core.census.budget);
        }
    }

    fn property(&mut self, name: &[u8], value: &[u8]) {
        Scan::new(Source::UserProperty, &mut |field| self.take(field)).leaf(
            Some(name),
            crate::payload::LeafValue::Text(value),
            0,
            None,
        );
    }
}

/// The numbers that a client asks for in CONNECT, in order, as bytes; `None` if it asks for none.
fn settings(properties: Properties<'_>) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    for property in properties.iter() {
        match property.value {
            Value::Byte(number) => bytes.extend([property.id, number]),
            Value::Two(number) => {
                bytes.push(property.id);
                bytes.extend(number.to_be_bytes());
            }
            Value::Four(number) | Value::Variable(number) => {
                bytes.push(property.id);
                bytes.extend(number.to_be_bytes());
            }
            Value::Text(text) if property.id == property::AUTH_METHOD => bytes.extend(text),
            _ => {}
        }
    }
    (!bytes.is_empty()).then_some(bytes)
}
