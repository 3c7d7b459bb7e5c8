//! What each adversary sees of the messages at the broker.

use std::collections::BTreeMap;

use super::build::{ROLE, Texts, Wires};
use super::recipe::{Form, Recipe};
use crate::attack::Absent;
use crate::testing::Random;
use crate::truth::Reader;
use crate::view::{Adversary, Message, Pool, View};

/// What TLS adds: 5 bytes of record header, 1 of type, 16 of tag.
const RECORD: u32 = 22;

pub(super) fn views(
    recipe: &Recipe,
    broker: View,
    near: Wires,
    opened: &BTreeMap<Reader, Texts>,
    random: &mut Random,
) -> Vec<(Adversary, Result<View, Absent>)> {
    let role = opened.get(&Reader::Role(ROLE.to_owned()));
    let insider = opened.get(&Reader::Insider(0));
    let subscriber = subscriber(&broker);
    let device = if recipe.gateways > 0 {
        Ok(device_side(recipe, &broker, near, random))
    } else {
        Err(Absent::NoPoint)
    };
    let (relay, gateway) =
        if recipe.relays { (device, Err(Absent::NoPoint)) } else { (Err(Absent::NoPoint), device) };
    let with = |adversary, view: &View, texts: Option<&Texts>| {
        (adversary, texts.map(|texts| reading(adversary, view, texts)).ok_or(Absent::NoReader))
    };
    let relay_role = match (&relay, role) {
        (Err(absent), _) => Err(absent.clone()),
        (Ok(_), None) => Err(Absent::NoReader),
        (Ok(view), Some(texts)) => Ok(reading(Adversary::RelayRole, view, texts)),
    };
    vec![
        (Adversary::Network, Ok(View { adversary: Adversary::Network, ..broker.clone() })),
        (Adversary::NetworkTls, Ok(sealed(&broker))),
        with(Adversary::Insider, &subscriber, insider),
        with(Adversary::Role, &subscriber, role),
        with(Adversary::BrokerRole, &broker, role),
        with(Adversary::StolenPhone, &subscriber, opened.get(&Reader::Stolen(0))),
        (Adversary::Subscriber, Ok(subscriber)),
        (Adversary::Broker, Ok(broker)),
        (Adversary::Relay, relay),
        (Adversary::Gateway, gateway),
        (Adversary::RelayRole, relay_role),
    ]
}

/// The view, with what a holder of keys opens.
fn reading(adversary: Adversary, view: &View, texts: &Texts) -> View {
    let mut view = View { adversary, ..view.clone() };
    for message in &mut view.messages {
        if let Some(text) = texts.get(&message.id) {
            message.opened = view.bytes.put(text.as_bytes());
        }
    }
    view
}

fn subscriber(broker: &View) -> View {
    let mut view = View { adversary: Adversary::Subscriber, connections: Vec::new(), ..broker.clone() };
    for message in &mut view.messages {
        message.connection = None;
        message.packet_id = None;
    }
    view
}

fn sealed(broker: &View) -> View {
    let mut view = View { adversary: Adversary::NetworkTls, bytes: Pool::default(), ..broker.clone() };
    for connection in &mut view.connections {
        (connection.client_id, connection.user_name, connection.will) = (0..0, 0..0, 0..0);
        (connection.keep_alive, connection.level) = (None, None);
    }
    for message in &mut view.messages {
        (message.topic, message.payload, message.properties) = (0..0, 0..0, 0..0);
        (message.packet_id, message.qos, message.retain) = (None, 0, false);
        message.size += RECORD;
    }
    view
}

/// What stands between phones and broker sees: their connections; of a relay's, the content is sealed once more.
fn device_side(recipe: &Recipe, broker: &View, near: Wires, random: &mut Random) -> View {
    let adversary = if recipe.relays { Adversary::Relay } else { Adversary::Gateway };
    let mut view =
        View { adversary, connections: near.connections, messages: Vec::new(), bytes: near.bytes.into() };
    for (message, connection) in broker.messages.iter().zip(near.of) {
        let payload = if recipe.relays && matches!(recipe.form, Form::Random(_)) {
            random.bytes(broker.get(&message.payload).len() + 48)
        } else {
            broker.get(&message.payload).to_vec()
        };
        let topic = view.bytes.put(broker.get(&message.topic));
        let payload = view.bytes.put(&payload);
        let properties = view.bytes.put(broker.get(&message.properties));
        let size = 9 + properties.end - topic.start;
        view.messages.push(Message {
            connection: Some(connection),
            size,
            topic,
            payload,
            properties,
            ..message.clone()
        });
    }
    view
}
