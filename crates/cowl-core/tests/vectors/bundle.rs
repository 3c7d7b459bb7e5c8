//! Bundles for responders, good and bad (spec §6.5, §3.11).

use aes_gcm_siv::{
    Aes256GcmSiv, KeyInit as _,
    aead::{Aead as _, Payload},
};
use cowl_core::{Epoch, RoleIndex};
use serde_json::{Value, json};

use crate::reference::{
    keys::{self, Key},
    numbers::{self, Numbers},
    signed::{self, signed},
    world,
};

const SEQUENCE: u64 = 41;
const CONTEXT: &[u8] = b"cowl/1 bundle";
/// Epochs that there is room for: four late ones and two more.
const ROOM: usize = 6;
const FIRST: u32 = 6;
/// Bytes that the library leaves beside sections, places and seats.
const OVERHEAD: usize = 104 + 68;

/// What every sealing in a bundle is bound to.
#[derive(Clone, Copy)]
struct Binding {
    operation: [u8; 16],
    epoch: u32,
    sequence: u64,
}

/// What a bundle says, and what is done to it.
struct Made {
    says: Binding,
    /// Of the medical role's section, of the places, of the medical responder's seat.
    section: Binding,
    live: Binding,
    seat: Binding,
    first: u32,
    epochs: u32,
    places: u32,
    revoked: fn(u32) -> Vec<u32>,
    /// Role, and chain key of the epoch.
    seats: Vec<(u8, Key)>,
    seat_role: u8,
    section_key: Option<Key>,
    live_key: Option<Key>,
    section_text: fn(&mut Vec<u8>),
    live_text: fn(&mut Vec<u8>),
    parts: fn(&mut Parts),
    extra: Vec<u8>,
}

/// The three that are sealed.
struct Parts {
    sections: Vec<Vec<u8>>,
    live: Vec<u8>,
    seats: Vec<u8>,
}

/// The medical responder's chain key in an epoch, from that of epoch 9 on.
fn chain(epoch: u32) -> Key {
    chain_of("medical responder", epoch)
}

fn chain_of(label: &str, epoch: u32) -> Key {
    (9..epoch).fold(numbers::bytes(label), |key, _| keys::expand(&key, b"cowl/1 chain"))
}

/// Place 13 always, and place 2 from epoch 9 on.
fn revoked(epoch: u32) -> Vec<u32> {
    if epoch < 9 { vec![world::REVOKED.0] } else { vec![2, world::REVOKED.0] }
}

fn many_revoked(epoch: u32) -> Vec<u32> {
    (0..300 + epoch).map(|place| place * 200).collect()
}

impl Binding {
    fn seal(self, key: &Key, context: &[u8], role: Option<u8>, text: &[u8]) -> Vec<u8> {
        let (epoch, sequence) = (self.epoch.to_be_bytes(), self.sequence.to_be_bytes());
        let role = role.map_or(vec![], |role| vec![role]);
        let aad = [context, &self.operation, &epoch, &sequence, &role].concat();
        let nonce: [u8; 12] = [&[0; 4][..], &sequence].concat().try_into().unwrap();
        Aes256GcmSiv::new(key.into()).encrypt(&nonce.into(), Payload { msg: text, aad: &aad }).unwrap()
    }
}

impl Made {
    fn new() -> Self {
        Self::at(world::NOW.0)
    }

    fn at(epoch: u32) -> Self {
        let says = Binding { operation: world::operation().0, epoch, sequence: SEQUENCE };
        Self {
            says,
            section: says,
            live: says,
            seat: says,
            first: FIRST,
            epochs: epoch - FIRST + 1,
            places: world::PLACES,
            revoked,
            seats: vec![
                (world::MEDICAL.0, chain(epoch)),
                (world::TRIAGE.0, chain_of("triage responder", epoch)),
                (world::MEDICAL.0, chain_of("another medical responder", epoch)),
            ],
            seat_role: world::MEDICAL.0,
            section_key: None,
            live_key: None,
            section_text: |_| (),
            live_text: |_| (),
            parts: |_| (),
            extra: Vec::new(),
        }
    }

    fn bind(&mut self, change: impl Fn(&mut Binding)) {
        [&mut self.says, &mut self.section, &mut self.live, &mut self.seat].into_iter().for_each(change);
    }

    fn range(&self) -> impl Iterator<Item = u32> + use<> {
        self.first..self.first + self.epochs
    }

    fn live_places(&self) -> Vec<u8> {
        let lists: Vec<_> = self.range().map(self.revoked).collect();
        let most = lists.iter().map(Vec::len).max().unwrap_or(0).max(1).next_multiple_of(256);
        let one = |revoked: &Vec<u32>| -> Vec<u8> {
            if self.places <= 1 << 16 {
                let is_live = |place: u32| place < self.places && !revoked.contains(&place);
                let byte =
                    |byte: u32| (0..8).fold(0, |bits, bit| bits << 1 | u8::from(is_live(byte * 8 + bit)));
                return (0..self.places.div_ceil(8)).map(byte).collect();
            }
            let number = |count: usize| u32::try_from(count).unwrap();
            let mut words = vec![number(most), number(revoked.len())];
            words.extend(revoked);
            words.resize(most + 2, 0);
            words.into_iter().flat_map(u32::to_be_bytes).collect()
        };
        let mut plain: Vec<u8> = lists.iter().flat_map(one).collect();
        let each = plain.len() / lists.len();
        plain.resize(each * ROOM, 0);
        plain
    }

    fn cbor(&self) -> (Vec<u8>, usize) {
        let mut rng = Numbers::new("bundle");
        let live_key: Key = rng.bytes();
        let mut plain = self.live_places();
        (self.live_text)(&mut plain);
        let live = self.live.seal(&self.live_key.unwrap_or(live_key), b"cowl/1 live places", None, &plain);
        let section_keys: [Key; 3] = [rng.bytes(), rng.bytes(), rng.bytes()];
        let section = |role: RoleIndex| {
            let mut text = [&self.first.to_be_bytes()[..], &[self.epochs.to_le_bytes()[0]]].concat();
            text.extend(self.range().flat_map(|epoch| world::root(role, Epoch(epoch))));
            text.resize(5 + ROOM * 32, 0);
            text.extend(live_key);
            let (mut key, mut binding) = (section_keys[usize::from(role.0)], self.says);
            if role == world::MEDICAL {
                (self.section_text)(&mut text);
                key = self.section_key.unwrap_or(key);
                binding = self.section;
            }
            binding.seal(&key, b"cowl/1 section", Some(role.0), &text)
        };
        let sections = world::ROLES.map(section).into();
        let seat = |(index, (role, chain)): (usize, &(u8, Key))| {
            let (binding, bound) = if index == 0 { (self.seat, self.seat_role) } else { (self.says, *role) };
            let hint =
                keys::expand(chain, &[b"cowl/1 seat hint", &binding.sequence.to_be_bytes()[..]].concat());
            let key = keys::expand(chain, b"cowl/1 seat key");
            let sealed = binding.seal(&key, b"cowl/1 seat", Some(bound), &section_keys[usize::from(*role)]);
            [&hint[..8], &sealed].concat()
        };
        let mut seats: Vec<_> = self.seats.iter().enumerate().map(seat).collect();
        while seats.is_empty() || !seats.len().is_multiple_of(64) {
            seats.push(rng.bytes::<56>().into());
        }
        seats.sort_unstable();
        let mut parts = Parts { sections, live, seats: seats.concat() };
        (self.parts)(&mut parts);
        let mut e = minicbor::Encoder::new(Vec::new());
        e.array(6).unwrap().bytes(&self.says.operation).unwrap().u64(self.says.sequence).unwrap();
        e.u32(self.says.epoch).unwrap().array(parts.sections.len() as u64).unwrap();
        for section in &parts.sections {
            e.bytes(section).unwrap();
        }
        e.bytes(&parts.live).unwrap().bytes(&parts.seats).unwrap();
        let length = parts.sections.concat().len() + parts.live.len() + parts.seats.len();
        ([e.into_writer(), self.extra.clone()].concat(), (length + OVERHEAD).next_multiple_of(1_024))
    }

    fn sign(&self) -> Vec<u8> {
        let (cbor, size) = self.cbor();
        signed::framed(&world::authority_seed(), CONTEXT, &cbor, size)
    }

    /// The case of a bundle that a responder takes, whose chain key is of `chain_epoch`.
    fn good(&self, name: &str, chain_epoch: u32) -> Value {
        let mut case = case(name, "good", "", self.sign());
        let (first, places) = (self.first, self.places);
        case["places"] = places.into();
        case["chain epoch"] = chain_epoch.into();
        case["says"] = json!({
            "sequence": self.says.sequence, "epoch": self.says.epoch, "first": first,
            "roots": self.range().map(|epoch| hex::encode(world::root(world::MEDICAL, Epoch(epoch)))).collect::<Vec<_>>(),
            "revoked": self.range().map(self.revoked).collect::<Vec<_>>(),
            "seats": self.seats.iter().map(|(role, chain)| json!({ "role": role, "chain": hex::encode(chain) })).collect::<Vec<_>>(),
        });
        case
    }
}

fn case(name: &str, class: &str, why: &str, bundle: Vec<u8>) -> Value {
    json!({ "name": name, "spec": "§6.5", "class": class, "why": why, "bundle": hex::encode(bundle) })
}

fn changed(name: &str, class: &str, why: &str, change: fn(&mut Made)) -> Value {
    let mut made = Made::new();
    change(&mut made);
    let mut case = case(name, class, why, made.sign());
    if made.places != world::PLACES {
        case["places"] = made.places.into();
    }
    case
}

pub(crate) fn make() -> Value {
    let cases = [goods(), frames(), seats(), sections(), places()].concat();
    let keys: Vec<_> = (9..=12).map(|epoch| hex::encode(chain(epoch))).collect();
    json!({
        "about": "Bundles (spec §6.5) at a medical responder who accepted sequence `newest` before and has the chain key of \
                  epoch 10, or of `chain epoch`.",
        "authority": hex::encode(signed::public(&world::authority_seed())),
        "authority seed": hex::encode(world::authority_seed()),
        "operation": hex::encode(world::operation().0),
        "newest": 40,
        "places": world::PLACES,
        "room": ROOM,
        "role": world::MEDICAL.0,
        "chain epoch": world::NOW.0,
        "chain keys": { "first": 9, "keys": keys },
        "cases": cases,
    })
}

fn goods() -> Vec<Value> {
    let one = Made { first: 10, epochs: 1, ..Made::new() };
    let many = Made { places: 70_000, revoked: many_revoked, ..Made::new() };
    let mut full = Made::new();
    full.seats = (0..65).map(|seat| (0, chain_of(&format!("responder {seat}"), world::NOW.0))).collect();
    full.seats[0] = (world::MEDICAL.0, chain(world::NOW.0));
    vec![
        Made::new().good("five epochs", 10),
        one.good("one epoch", 10),
        Made::at(11).good("by the chain key of the epoch before", 10),
        Made::at(11).good("by the chain key of two epochs before", 9),
        many.good("places that are listed", 10),
        full.good("65 seats", 10),
    ]
}

/// What is wrong before anything is opened.
fn frames() -> Vec<Value> {
    let edited = |name: &str, class: &str, why: &str, edit: fn(&mut Vec<u8>)| {
        let mut bundle = Made::new().sign();
        edit(&mut bundle);
        case(name, class, why, bundle)
    };
    let resigned = |name: &str, why: &str, edit: fn(&mut Vec<u8>)| {
        let mut content = Made::new().sign()[64..].to_vec();
        edit(&mut content);
        case(name, "malformed", why, signed(&world::authority_seed(), CONTEXT, &content))
    };
    let (cbor, size) = Made::new().cbor();
    let stranger = signed::framed(&numbers::bytes("another authority"), CONTEXT, &cbor, size);
    let beacon = signed::framed(&world::authority_seed(), b"cowl/1 beacon", &cbor, size);
    vec![
        edited("signature altered", "not signed", "the signature covers everything", |bundle| bundle[0] ^= 1),
        edited("content altered", "not signed", "the signature covers everything", |bundle| bundle[200] ^= 1),
        edited("cut by one byte", "not signed", "the signature covers everything", |bundle| {
            bundle.truncate(bundle.len() - 1);
        }),
        case(
            "by another authority",
            "not signed",
            "only the operation's authority hands out its keys",
            stranger,
        ),
        case("signed as a beacon", "not signed", "nothing signed for one purpose stands for another", beacon),
        case("nothing", "malformed", "too short for a signature", Vec::new()),
        resigned("padding that is not zero", "one bundle, one form", |content| {
            *content.last_mut().unwrap() = 1;
        }),
        resigned("a length beyond the end", "the length must lie within", |content| content[..4].fill(0xff)),
        resigned("a length that cuts the CBOR short", "the CBOR must be whole", |content| {
            content[2..4].fill(0);
        }),
        changed("something behind the CBOR", "malformed", "a channel that nobody knows of", |made| {
            made.extra.push(0);
        }),
        changed("nine sections", "malformed", "there are eight roles at most", |made| {
            made.parts = |parts| {
                parts.sections = vec![parts.sections[1].clone(); 9];
            }
        }),
        changed("of another operation", "other operation", "each has a sequence of its own", |made| {
            made.bind(|binding| binding.operation = numbers::bytes("another operation"));
        }),
        changed(
            "the same sequence again",
            "replayed",
            "who was revoked since would be heard again",
            |made| made.bind(|binding| binding.sequence = 40),
        ),
        changed("of an epoch before the chain key's", "replayed", "the chain key has no way back", |made| {
            made.bind(|binding| binding.epoch = 9);
            made.seats[0].1 = chain(9);
        }),
    ]
}

fn seats() -> Vec<Value> {
    vec![
        changed("no seat for this responder", "no seat", "it was revoked", |made| {
            made.seats[0].1 = chain_of("a revoked responder", world::NOW.0);
        }),
        changed("a seat for another role", "no seat", "a seat is of one role", |made| {
            made.seats[0].0 = world::TRIAGE.0;
            made.seat_role = world::TRIAGE.0;
        }),
        changed(
            "a seat by the chain key of the epoch before",
            "no seat",
            "who has an older key opens nothing later",
            |made| made.seats[0].1 = chain(9),
        ),
        changed(
            "a seat by the chain key of the next epoch",
            "no seat",
            "the key is of the bundle's epoch",
            |made| made.seats[0].1 = chain(11),
        ),
        changed("a seat of another bundle", "no seat", "hints change with the sequence", |made| {
            made.seat.sequence = 40;
        }),
        changed("a seat of another epoch", "no seat", "the epoch is bound", |made| made.seat.epoch = 9),
        changed("a seat of another operation", "no seat", "the operation is bound", |made| {
            made.seat.operation = numbers::bytes("another operation");
        }),
        changed("a seat altered, and signed", "no seat", "seats authenticate by themselves", |made| {
            made.parts = |parts| parts.seats.chunks_mut(56).for_each(|seat| seat[55] ^= 1);
        }),
        changed("half a seat", "malformed", "seats have one length", |made| {
            made.parts = |parts| parts.seats.truncate(64 * 56 - 28);
        }),
    ]
}

fn sections() -> Vec<Value> {
    let sealing = |name: &str, why: &str, change: fn(&mut Made)| changed(name, "sealing", why, change);
    let malformed = |name: &str, why: &str, change: fn(&mut Made)| changed(name, "malformed", why, change);
    vec![
        sealing("a section altered, and signed", "sections authenticate by themselves", |made| {
            made.parts = |parts| parts.sections[1][0] ^= 1;
        }),
        sealing("a section cut by one byte, and signed", "sections authenticate by themselves", |made| {
            made.parts = |parts| parts.sections[1] = parts.sections[1].split_last().unwrap().1.to_vec();
        }),
        sealing("a section under another key", "the seat's key opens it", |made| {
            made.section_key = Some([7; 32]);
        }),
        sealing("another role's section", "the role is bound, and its key is another", |made| {
            made.parts = |parts| parts.sections.swap(0, 1);
        }),
        sealing("a section of another bundle", "the sequence is bound", |made| made.section.sequence = 40),
        sealing("a section of another epoch", "the epoch is bound", |made| made.section.epoch = 11),
        sealing("a section of another operation", "the operation is bound", |made| {
            made.section.operation = numbers::bytes("another operation");
        }),
        malformed("no section for the role", "a seat without a section", |made| {
            made.parts = |parts| parts.sections.truncate(1);
        }),
        malformed("a section of no epoch", "it would take away all keys", |made| {
            made.section_text = |text| {
                text[4] = 0;
                text[5..5 + ROOM * 32].fill(0);
            }
        }),
        malformed("a section of more epochs than it has room for", "the count must lie within", |made| {
            made.section_text = |text| text[4] = 7;
        }),
        malformed("a section with a root behind the last", "a channel that nobody knows of", |made| {
            made.section_text = |text| text[4] = 4;
        }),
        malformed("a section beyond the last epoch", "an epoch is 32 bits", |made| {
            made.section_text = |text| text[..4].fill(0xff);
        }),
        malformed("a section with half a root", "roots have one length", |made| {
            made.section_text = |text| {
                text.drain(5..21);
            }
        }),
        malformed("a section that is too short for a key", "the key of the places must be there", |made| {
            made.section_text = |text| text.truncate(36);
        }),
    ]
}

fn places() -> Vec<Value> {
    let sealing = |name: &str, why: &str, change: fn(&mut Made)| changed(name, "sealing", why, change);
    let malformed = |name: &str, why: &str, change: fn(&mut Made)| changed(name, "malformed", why, change);
    let listed = |name: &str, why: &str, live_text: fn(&mut Vec<u8>)| {
        let made = Made { places: 70_000, live_text, ..Made::new() };
        let mut case = case(name, "malformed", why, made.sign());
        case["places"] = made.places.into();
        case
    };
    vec![
        sealing("live places altered, and signed", "the places authenticate by themselves", |made| {
            made.parts = |parts| parts.live[0] ^= 1;
        }),
        sealing("live places under another key", "the section's key opens them", |made| {
            made.live_key = Some([7; 32]);
        }),
        sealing("live places of another bundle", "who was revoked since would be heard again", |made| {
            made.live.sequence = 40;
        }),
        sealing("live places of another epoch", "the epoch is bound", |made| made.live.epoch = 11),
        sealing("live places of another operation", "the operation is bound", |made| {
            made.live.operation = numbers::bytes("another operation");
        }),
        malformed("live places of four epochs", "each epoch has its own", |made| {
            made.live_text = |text| text.truncate(8);
        }),
        malformed("live places behind the last epoch", "a channel that nobody knows of", |made| {
            made.live_text = |text| text[11] = 1;
        }),
        malformed("a live place that the policy does not have", "one list, one form", |made| {
            made.places = 15;
            made.live_text = |text| text[1] |= 1;
        }),
        // In front, of epoch 6: room for 256, one of them, place 13, zeros.
        listed("a revoked place that the policy does not have", "one list, one form", |text| {
            text[8..12].copy_from_slice(&70_000_u32.to_be_bytes());
        }),
        listed("revoked places that do not ascend", "one list, one form", |text| text[7] = 2),
        listed("a revoked place behind the last", "a channel that nobody knows of", |text| text[7] = 0),
        listed("more revoked places than there is room for", "the count must lie within", |text| {
            text[4..8].copy_from_slice(&257_u32.to_be_bytes());
        }),
        listed("a list that claims room for 2^32 places", "a claimed length reserves nothing", |text| {
            text[..4].fill(0xff);
        }),
    ]
}
