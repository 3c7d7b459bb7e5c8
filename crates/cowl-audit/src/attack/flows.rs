//! Which fields of whom reach which recipient, as the trace and the truth show it. For the attacks that take evidence.

use std::collections::{BTreeMap, BTreeSet};

use crate::attack::Scene;
use crate::convert::float_len;
use crate::evidence::{Party, Recipient};
use crate::learn::Random;
use crate::payload::{FieldRef, Sighting, scan};
use crate::truth::{MessageTruth, Reader};
use crate::view::{Adversary, Message, View};

/// Messages that are read for flows, at most.
const MOST: usize = 20_000;
/// Shortest value that is recognised without its key.
const LEAST_VALUE: usize = 4;

/// A field of a person that reached a recipient.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Flow {
    /// Whose.
    pub(super) person: u32,
    /// Which field.
    pub(super) field: String,
    /// Whom it reached.
    pub(super) recipient: Recipient,
}

/// When each flow occurred, for all that reach an adversary. The messages are drawn if there are many.
pub(super) fn flows(scene: &Scene, view: &View, seed: u64) -> BTreeMap<Flow, BTreeSet<u64>> {
    let mut found = Found { scene, flows: BTreeMap::new() };
    let share = float_len(MOST) / float_len(view.messages.len().max(1));
    let drawn = |message: u64| Random::new(seed).fork(message).unit() < share;
    let at: BTreeMap<_, _> = view.messages.iter().map(|message| (message.id, message.at)).collect();
    if let Some(party) = party(view.adversary) {
        for (number, message) in (0..).zip(&view.messages) {
            if drawn(number) {
                found.seen(view, message, &Recipient::Party(party));
            }
        }
        found.connections(view, &Recipient::Party(party));
    }
    for (number, opened) in (0..).zip(&scene.truth.opened) {
        let (recipient, own) = match &opened.reader {
            Reader::Role(role) => (Recipient::Role(role.clone()), None),
            Reader::Insider(person) => (Recipient::Party(Party::Insider), Some(*person)),
            Reader::Stolen(person) => (Recipient::Party(Party::StolenPhone), Some(*person)),
        };
        let (Some(truth), Some(at)) = (scene.message(opened.message), at.get(&opened.message)) else {
            continue;
        };
        // what she sent herself does not come to her as to a recipient; whoever took her phone is one
        let hers = matches!(opened.reader, Reader::Insider(_)) && truth.person == own;
        if reads(view.adversary, &recipient) && !hers && drawn(number) {
            found.text(truth, opened.text.as_bytes(), &recipient, *at);
        }
    }
    found.flows
}

/// Whether data of this recipient is this adversary's.
pub(super) fn reads(adversary: Adversary, recipient: &Recipient) -> bool {
    match recipient {
        Recipient::Role(_) => {
            matches!(adversary, Adversary::Role | Adversary::BrokerRole | Adversary::RelayRole)
        }
        Recipient::Party(Party::Insider) => adversary == Adversary::Insider,
        Recipient::Party(Party::StolenPhone) => adversary == Adversary::StolenPhone,
        Recipient::Party(other) => party(adversary) == Some(*other),
    }
}

/// As whom an adversary gets what he can read without keys. A responder, an insider and a thief are asked for what their keys open;
/// what the topic and the payload show is the subscriber's.
const fn party(adversary: Adversary) -> Option<Party> {
    match adversary {
        Adversary::Network | Adversary::NetworkTls => Some(Party::Network),
        Adversary::Broker | Adversary::BrokerRole => Some(Party::Broker),
        Adversary::Subscriber => Some(Party::Subscriber),
        Adversary::Relay | Adversary::RelayRole => Some(Party::Relay),
        Adversary::Gateway => Some(Party::Gateway),
        Adversary::Insider | Adversary::Role | Adversary::StolenPhone => None,
    }
}

/// The fields of a message that stand in a text: under their own key with any value, or with their value under any.
pub(super) fn standing<'t>(truth: &'t MessageTruth, text: &[u8]) -> BTreeSet<&'t str> {
    let mut keys: BTreeSet<Vec<u8>> = BTreeSet::new();
    let mut values: BTreeSet<Vec<u8>> = BTreeSet::new();
    scan(&Sighting::new(&[], text), &mut |field: &FieldRef<'_>| {
        if let Some(key) = field.key.filter(|_| !field.value.trim_ascii().is_empty()) {
            keys.insert(key.to_ascii_lowercase());
        }
        values.insert(field.value.trim_ascii().to_ascii_lowercase());
    });
    let zone = truth.zone.as_deref().map(|zone| ("zone", zone));
    let known = truth.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).chain(zone);
    let stands = |name: &str, value: &str| {
        let value = value.trim().to_ascii_lowercase();
        let long = value.len() >= LEAST_VALUE;
        keys.contains(name.to_ascii_lowercase().as_bytes())
            || long && (values.contains(value.as_bytes()) || holds(text, value.as_bytes()))
    };
    known.filter(|(name, value)| stands(name, value)).map(|(name, _)| name).collect()
}

/// Whether a text has a value as a word of its own, in any case.
fn holds(text: &[u8], value: &[u8]) -> bool {
    let inside =
        |place: Option<usize>| place.and_then(|place| text.get(place)).is_some_and(u8::is_ascii_alphanumeric);
    text.windows(value.len()).enumerate().any(|(start, window)| {
        window.eq_ignore_ascii_case(value)
            && !inside(start.checked_sub(1))
            && !inside(Some(start + value.len()))
    })
}

struct Found<'a> {
    scene: &'a Scene,
    flows: BTreeMap<Flow, BTreeSet<u64>>,
}

impl Found<'_> {
    fn add(&mut self, person: u32, field: &str, recipient: &Recipient, at: u64) {
        let flow = Flow { person, field: field.to_owned(), recipient: recipient.clone() };
        self.flows.entry(flow).or_default().insert(at);
    }

    fn text(&mut self, truth: &MessageTruth, text: &[u8], recipient: &Recipient, at: u64) {
        let Some(person) = truth.person.filter(|_| truth.forged.is_none()) else { return };
        for field in standing(truth, text) {
            self.add(person, field, recipient, at);
        }
    }

    /// What stands in a message without keys.
    fn seen(&mut self, view: &View, message: &Message, recipient: &Recipient) {
        let Some(truth) = self.scene.message(message.id) else { return };
        for span in [&message.topic, &message.payload, &message.properties] {
            let text = view.get(span);
            if !text.is_empty() {
                self.text(truth, text, recipient, message.at);
            }
        }
    }

    /// What connections show: the address by which she is known, and a client id or user name that comes again and is not everybody's.
    fn connections(&mut self, view: &View, recipient: &Recipient) {
        let mut whose: BTreeMap<u32, u32> = BTreeMap::new();
        for message in &view.messages {
            let truth = self.scene.message(message.id).filter(|truth| truth.forged.is_none());
            if let (Some(connection), Some(person)) =
                (message.connection, truth.and_then(|truth| truth.person))
            {
                whose.entry(connection).or_insert(person);
            }
        }
        let shown = |place: u32| {
            let connection = usize::try_from(place).ok().and_then(|place| view.connections.get(place))?;
            Some((connection, [("client-id", &connection.client_id), ("user-name", &connection.user_name)]))
        };
        let mut bearers: BTreeMap<(&str, &[u8]), Vec<u32>> = BTreeMap::new();
        for (place, person) in &whose {
            for (field, span) in shown(*place).into_iter().flat_map(|(_, names)| names) {
                bearers.entry((field, view.get(span))).or_default().push(*person);
            }
        }
        for (place, person) in &whose {
            let Some((connection, names)) = shown(*place) else { continue };
            let known = self.scene.truth.people.get(person).and_then(|person| person.known.address);
            if known.is_some() && known == connection.address {
                self.add(*person, "address", recipient, connection.opened);
            }
            for (field, span) in names.into_iter().filter(|(_, span)| span.end > span.start) {
                let bearers = bearers.get(&(field, view.get(span)));
                if bearers.is_some_and(|all| all.len() > 1 && all.iter().all(|other| other == person)) {
                    self.add(*person, field, recipient, connection.opened);
                }
            }
        }
    }
}
