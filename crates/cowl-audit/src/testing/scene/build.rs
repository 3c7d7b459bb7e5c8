//! From messages to views.

use core::net::IpAddr;
use std::collections::{BTreeMap, HashMap};

use super::content;
use super::mixing::{NOBODY, mixed};
use super::recipe::{Forged, Life, Recipe};
use super::views::views;
use super::world::{HOUR, MINUTE, Sent, World, name};
use crate::attack::{Scene, Truth};
use crate::testing::Random;
use crate::truth::{
    Delivery, Expense, Forgery, MessageKind, MessageRef, MessageTruth, Opened, Operation, PolicyField, Reader,
};
use crate::view::{Adversary, Connection, Message, Span, View};

/// The role of [`Reader::Role`] here.
pub(super) const ROLE: &str = "triage";

pub(super) fn scene(recipe: &Recipe) -> Scene {
    let mut random = Random::new(recipe.seed);
    let world = World::new(recipe, &mut random);
    let mut sent = Vec::new();
    for person in 0..recipe.people {
        sent.extend(world.messages(recipe, person, &mut random));
    }
    forge(recipe, &mut sent, &mut random);
    let mut sent = mixed(recipe, sent, &mut random);
    sent.sort_by_key(|message| (message.at, message.person, message.forged));

    let near = Wires::new(recipe, &sent, false);
    let far = if recipe.gateways > 0 { Wires::new(recipe, &sent, true) } else { near.clone() };
    let mut truth = empty_truth(recipe, &world);
    let (mut messages, mut bytes) = (Vec::with_capacity(sent.len()), far.bytes);
    let mut opened = BTreeMap::new();
    let mut ordinals: HashMap<u32, u32> = HashMap::new();
    for (message, connection) in sent.iter().zip(far.of) {
        let ordinal = ordinals.entry(connection).or_default();
        let id = MessageRef { connection: 1_000 + u64::from(connection), ordinal: *ordinal };
        *ordinal += 1;
        messages.push(seen(recipe, &world, message, id, connection, &mut bytes, &mut random));
        truth.messages.insert(id, told(recipe, &world, message, id));
        read(recipe, &world, message, id, &mut opened);
    }
    truth.opened = opened.iter().flat_map(|(reader, texts)| lines(reader, texts)).collect();
    truth.deliveries = deliveries(&truth);
    let adversary = Adversary::Broker;
    let view = View { adversary, connections: far.connections, messages, bytes: bytes.into() };
    let views = views(recipe, view, near, &opened, &mut random);
    Scene::new(truth, views)
}

/// Connections, and which message is on which.
#[derive(Debug, Clone)]
pub(super) struct Wires {
    pub(super) connections: Vec<Connection>,
    pub(super) of: Vec<u32>,
    pub(super) bytes: Vec<u8>,
}

impl Wires {
    /// Of the devices, or of the gateways.
    fn new(recipe: &Recipe, sent: &[Sent], gateways: bool) -> Self {
        let mut wires = Self { connections: Vec::new(), of: Vec::new(), bytes: Vec::new() };
        let mut known: HashMap<(u32, u64, bool), u32> = HashMap::new();
        for (message, number) in sent.iter().zip(0_u64..) {
            let session = u64::from(recipe.session) * MINUTE;
            let shift = if gateways { 0 } else { u64::from(message.person) * 7 * MINUTE };
            let nth = (message.at + shift).checked_div(session).unwrap_or(number);
            let behind = gateway(recipe, message);
            let key = if gateways {
                (behind, (message.at / (6 * HOUR)), false)
            } else {
                (message.person, nth, message.forged)
            };
            let connection = *known.entry(key).or_insert_with(|| {
                let place = wires.connections.len();
                let who = if gateways { 1_000_000 + behind } else { message.person };
                let lives = if gateways {
                    Recipe { address: Life::Person, client_id: Life::Person, will: false, ..recipe.clone() }
                } else {
                    recipe.clone()
                };
                wires.connections.push(begin(&lives, message, who, number, &mut wires.bytes));
                u32::try_from(place).unwrap_or(u32::MAX)
            });
            wires.of.push(connection);
            let open = usize::try_from(connection).ok().and_then(|place| wires.connections.get_mut(place));
            if let Some(connection) = open {
                connection.closed = Some(message.at + 1_000_000);
                connection.sent += 64;
                connection.received += 4;
            }
        }
        wires
    }
}

/// Whose message it is; a gateway's cover is nobody's.
fn owner(recipe: &Recipe, sent: &Sent) -> Option<u32> {
    (sent.person < recipe.people + recipe.controls).then_some(sent.person)
}

fn gateway(recipe: &Recipe, sent: &Sent) -> u32 {
    let cover = NOBODY - sent.person;
    owner(recipe, sent).map_or(cover, |person| person.checked_rem(recipe.gateways).unwrap_or(0))
}

fn begin(recipe: &Recipe, first: &Sent, who: u32, number: u64, bytes: &mut Vec<u8>) -> Connection {
    let slot = u64::from(recipe.interval.max(1)) * MINUTE;
    let of = (who, content::epoch(recipe, first.at));
    let value = |life, salt| content::stable(life, salt, of, number);
    let opened = if recipe.delay_tells { first.slot * slot } else { first.at.saturating_sub(2_000_000) };
    let [_, _, _, _, _, x, y, z] = value(recipe.address, 5).unwrap_or(0).to_be_bytes();
    let address = match recipe.address {
        Life::Absent => None,
        // as the truth's `known.address` says
        Life::Person if who < 1_000_000 => {
            let [_, high, middle, low] = who.to_be_bytes();
            Some([10, high + 1, middle, low].into())
        }
        _ => Some(IpAddr::from([100, x, y, z])),
    };
    let mut keep = |text: Option<String>| text.map_or(0..0, |text| put(bytes, text.as_bytes()));
    let client_id = keep(value(recipe.client_id, 6).map(|id| format!("c-{id:016x}")));
    let user_name = keep(value(recipe.user_name, 7).map(|id| format!("user-{:06}", id % 1_000_000)));
    let will = keep(recipe.will.then(|| format!("status\0{} went offline", name(first.person))));
    let beat = if recipe.keep_alive == Life::Person { 30 + 5 * (who % 20) } else { 60 };
    Connection {
        opened,
        address,
        client_id,
        user_name,
        will,
        keep_alive: u16::try_from(beat).ok(),
        level: Some(5),
        fingerprint: Some(1),
        ..Connection::default()
    }
}

fn put(bytes: &mut Vec<u8>, value: &[u8]) -> Span {
    let start = place(bytes);
    bytes.extend_from_slice(value);
    start..place(bytes)
}

fn place(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX)
}

fn seen(
    recipe: &Recipe,
    world: &World,
    sent: &Sent,
    id: MessageRef,
    connection: u32,
    bytes: &mut Vec<u8>,
    random: &mut Random,
) -> Message {
    let of = (sent.person, content::epoch(recipe, sent.at));
    let property = content::stable(recipe.property, 8, of, random.next());
    let topic = put(bytes, content::topic(recipe, world, sent).as_bytes());
    let payload = put(bytes, &content::payload(recipe, world, sent, random));
    let properties = property.map_or(0..0, |value| put(bytes, format!("device={value:016x}").as_bytes()));
    let length = |span: &Span| span.end - span.start;
    Message {
        id,
        at: sent.at,
        connection: Some(connection),
        size: 9 + length(&topic) + length(&payload) + length(&properties),
        topic,
        payload,
        properties,
        opened: 0..0,
        packet_id: u16::try_from(1 + id.ordinal).ok(),
        qos: 1,
        retain: recipe.retain,
        planted: None,
    }
}

fn told(recipe: &Recipe, world: &World, sent: &Sent, id: MessageRef) -> MessageTruth {
    MessageTruth {
        message: id,
        kind: sent.kind,
        person: owner(recipe, sent),
        written: sent.written,
        epoch: content::epoch(recipe, sent.at),
        severity: Some(content::severity(sent).to_owned()),
        urgent: sent.severity >= 2,
        lat: Some(sent.place.lat),
        lon: Some(sent.place.lon),
        zone: world.zone(sent.place).map(str::to_owned),
        fields: content::fields(recipe, world, sent),
        forged: sent.forged.then(|| Forgery { role: ROLE.to_owned() }),
        again: false,
    }
}

fn forge(recipe: &Recipe, sent: &mut Vec<Sent>, random: &mut Random) {
    if recipe.forged == Forged::Absent {
        return;
    }
    let models: Vec<_> = sent.iter().filter(|_| random.chance(0.125)).cloned().collect();
    let end = u64::from(recipe.days) * 24 * HOUR;
    sent.extend(models.into_iter().map(|model| Sent { at: random.below(end), forged: true, ..model }));
}

pub(super) type Texts = BTreeMap<MessageRef, String>;

fn read(recipe: &Recipe, world: &World, sent: &Sent, id: MessageRef, opened: &mut BTreeMap<Reader, Texts>) {
    let own = sent.person == 0;
    let readers = [
        (Reader::Role(ROLE.to_owned()), recipe.role, true),
        (Reader::Insider(0), recipe.insider, true),
        (Reader::Stolen(0), recipe.stolen, own),
    ];
    for (reader, reads, concerned) in readers {
        let text = concerned.then(|| content::opened(reads, recipe, world, sent)).flatten();
        if let Some(text) = text.filter(|_| sent.kind != MessageKind::Cover) {
            opened.entry(reader).or_default().insert(id, text);
        }
    }
}

fn lines(reader: &Reader, texts: &Texts) -> Vec<Opened> {
    let line = |(id, text): (&MessageRef, &String)| Opened {
        message: *id,
        reader: reader.clone(),
        text: text.clone(),
    };
    texts.iter().map(line).collect()
}

fn deliveries(truth: &Truth) -> Vec<Delivery> {
    let seen = truth.opened.iter().filter(|opened| matches!(opened.reader, Reader::Role(_)));
    let line = |opened: &Opened| {
        let at = truth.messages.get(&opened.message).map_or(0, |message| message.written) + 11 * MINUTE;
        let zone_full = opened.text.contains("zone");
        Delivery {
            message: opened.message,
            reader: opened.reader.clone(),
            at,
            zone_full,
            zone_withheld: !zone_full,
        }
    };
    seen.map(line).collect()
}

fn empty_truth(recipe: &Recipe, world: &World) -> Truth {
    let length = u64::from(recipe.days) * 24 * HOUR;
    let field = |name: &str| PolicyField {
        name: name.to_owned(),
        needed: matches!(name, "severity" | "temperature" | "zone"),
        roles: if matches!(name, "severity" | "temperature" | "zone") {
            vec![ROLE.to_owned()]
        } else {
            Vec::new()
        },
    };
    let names = ["temperature", "severity", "lat", "lon", "altitude", "zone", "name", "userId"];
    let count_epochs = length.checked_div(u64::from(recipe.epoch) * HOUR).unwrap_or(0);
    Truth {
        operation: Operation {
            version: 1,
            configuration: "made up".to_owned(),
            seed: recipe.seed,
            length,
            epochs: (1..count_epochs).map(|number| number * u64::from(recipe.epoch) * HOUR).collect(),
            fields: names.into_iter().map(field).collect(),
        },
        zones: world.zones.clone(),
        people: world.people.iter().map(|person| (person.person, person.clone())).collect(),
        stays: world.stays.clone(),
        messages: HashMap::new(),
        opened: Vec::new(),
        deliveries: Vec::new(),
        expense: Expense::default(),
    }
}
