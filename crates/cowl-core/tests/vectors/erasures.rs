//! Lists of erase orders, good and bad (spec §16.1).

use std::collections::BTreeSet;

use cowl_core::{
    Authority, AuthorityKey, Epoch, Erasure, ErasureHandle, Erasures, ErasuresError, OperationId, Secret,
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::reference::{
    json::{array, bytes, number, small, text},
    keys,
    numbers::{self, Numbers},
    signed::{self, signed},
    world,
};

const SIZE: usize = world::BEACON_SIZE as usize;
const MARKS: usize = (SIZE - 100) / 16;
const SEQUENCE: u64 = 41;
const CONTEXT: &[u8] = b"cowl/1 erasures";

/// What an order may name.
#[derive(Clone, Copy)]
enum What {
    Handle([u8; 16]),
    /// A place in an epoch, by its pseudonym.
    Place(u32, u32),
    Before(u32),
}

struct Made {
    operation: [u8; 16],
    sequence: u64,
    marks: Vec<u8>,
    extra: Vec<u8>,
}

impl What {
    fn mark(self, operation: &[u8; 16], sequence: u64) -> [u8; 16] {
        let what = match self {
            Self::Handle(handle) => [&[0][..], &handle].concat(),
            Self::Place(epoch, place) => {
                let (epoch, place) = (epoch.to_be_bytes(), place.to_be_bytes());
                let pseudonym: [u8; 5] = keys::hkdf(&[], operation, &[b"cowl/1 pseudonym", &epoch, &place]);
                [&[1][..], &epoch, &pseudonym].concat()
            }
            Self::Before(epoch) => [&[2][..], &epoch.to_be_bytes()].concat(),
        };
        let all = [b"cowl/1 erase mark", &operation[..], &sequence.to_be_bytes(), &what].concat();
        Sha256::digest(all)[..16].try_into().unwrap()
    }

    fn said(self, named: bool) -> Value {
        match self {
            Self::Handle(handle) => json!({ "handle": hex::encode(handle), "named": named }),
            Self::Place(epoch, place) => {
                let pseudonym = keys::pseudonym(&world::operation().0, epoch, place);
                json!({ "epoch": epoch, "pseudonym": pseudonym, "named": named })
            }
            Self::Before(epoch) => json!({ "before": epoch, "named": named }),
        }
    }
}

fn handle(epoch: u32) -> What {
    What::Handle(keys::erasure_handle(&numbers::bytes("withdrawal seed"), &world::operation().0, epoch))
}

fn orders() -> [What; 4] {
    [handle(9), handle(10), What::Place(10, 5), What::Before(4)]
}

impl Made {
    fn new(orders: &[What]) -> Self {
        let (operation, sequence) = (world::operation().0, SEQUENCE);
        let mut marks: BTreeSet<[u8; 16]> =
            orders.iter().map(|what| what.mark(&operation, sequence)).collect();
        let mut rng = Numbers::new("erasures");
        while marks.len() < MARKS {
            marks.insert(rng.bytes());
        }
        Self { operation, sequence, marks: marks.into_iter().flatten().collect(), extra: Vec::new() }
    }

    fn cbor(&self) -> Vec<u8> {
        let mut e = minicbor::Encoder::new(Vec::new());
        e.array(3).unwrap().bytes(&self.operation).unwrap().u64(self.sequence).unwrap();
        e.bytes(&self.marks).unwrap();
        [e.into_writer(), self.extra.clone()].concat()
    }

    fn sign(&self) -> Vec<u8> {
        signed::framed(&world::authority_seed(), CONTEXT, &self.cbor(), SIZE)
    }
}

fn case(name: &str, class: &str, why: &str, list: &[u8]) -> Value {
    json!({ "name": name, "spec": "§16.1", "class": class, "why": why, "list": hex::encode(list) })
}

/// What a list names, and what it does not.
fn good(name: &str, why: &str, made: &Made, named: &[What], others: &[What]) -> Value {
    let mut case = case(name, "good", why, &made.sign());
    let what = named.iter().map(|what| what.said(true)).chain(others.iter().map(|what| what.said(false)));
    case["says"] = json!({ "sequence": made.sequence, "what": what.collect::<Vec<_>>() });
    case
}

/// A list as the library issues it.
fn issued(name: &str, orders: &[What], others: &[What]) -> Value {
    let mut case = good(name, "", &Made::new(orders), orders, others);
    case["issued"] = true.into();
    case
}

/// A list with the mark of an order that is not this list's, which so names nothing.
fn borrowed(name: &str, why: &str, what: What, mark: [u8; 16]) -> Value {
    let mut made = Made::new(&[]);
    let mut marks: BTreeSet<[u8; 16]> = made.marks.as_chunks().0.iter().skip(1).copied().collect();
    marks.insert(mark);
    made.marks = marks.into_iter().flatten().collect();
    good(name, why, &made, &[], &[what])
}

pub(crate) fn make() -> Value {
    let cases = [goods(), bad()].concat();
    json!({
        "about": "Lists of erase orders (spec §16.1), at whoever keeps reports.",
        "authority": hex::encode(signed::public(&world::authority_seed())),
        "authority seed": hex::encode(world::authority_seed()),
        "operation": hex::encode(world::operation().0),
        "size": SIZE,
        "marks": MARKS,
        "cases": cases,
    })
}

fn goods() -> Vec<Value> {
    let others = [handle(8), What::Place(10, 6), What::Place(9, 5), What::Before(5), What::Before(3)];
    let many: Vec<_> = (0..25).map(handle).collect();
    let other: [u8; 16] = numbers::bytes("another operation");
    let operation = world::operation().0;
    let none = Made::new(&[What::Handle([0; 16])]);
    vec![
        issued("four orders", &orders(), &others),
        issued("no order", &[], &orders()),
        issued("as many orders as there is room for", &many, &[handle(25)]),
        borrowed(
            "a mark of the list before",
            "marks change with the sequence",
            handle(10),
            handle(10).mark(&operation, SEQUENCE - 1),
        ),
        borrowed(
            "a mark of another operation",
            "the operation is in the mark",
            handle(10),
            handle(10).mark(&other, SEQUENCE),
        ),
        good(
            "the mark of no handle",
            "reports without a handle would all be erased",
            &none,
            &[],
            &[What::Handle([0; 16])],
        ),
    ]
}

fn bad() -> Vec<Value> {
    let made = |name: &str, class: &str, why: &str, change: fn(&mut Made)| {
        let mut made = Made::new(&orders());
        change(&mut made);
        case(name, class, why, &made.sign())
    };
    let edited = |name: &str, why: &str, edit: fn(&mut Vec<u8>)| {
        let mut list = Made::new(&orders()).sign();
        edit(&mut list);
        case(name, "not signed", why, &list)
    };
    let resigned = |name: &str, why: &str, edit: fn(&mut Vec<u8>)| {
        let mut content = Made::new(&orders()).sign()[64..].to_vec();
        edit(&mut content);
        case(name, "malformed", why, &signed(&world::authority_seed(), CONTEXT, &content))
    };
    let cbor = Made::new(&orders()).cbor();
    let by = |seed, context| signed::framed(&seed, context, &cbor, SIZE);
    vec![
        edited("signature altered", "the signature covers everything", |list| list[0] ^= 1),
        edited("a mark altered", "only the authority orders", |list| list[200] ^= 1),
        edited("cut by one byte", "the signature covers everything", |list| list.truncate(SIZE - 1)),
        case(
            "by another authority",
            "not signed",
            "whoever may publish could have all erased",
            &by(numbers::bytes("another authority"), CONTEXT),
        ),
        case(
            "signed as a beacon",
            "not signed",
            "nothing signed for one purpose stands for another",
            &by(world::authority_seed(), b"cowl/1 beacon"),
        ),
        made(
            "of another operation",
            "other operation",
            "its marks name nothing here, and its sequence is another",
            |made| made.operation = numbers::bytes("another operation"),
        ),
        case("nothing", "malformed", "too short for a signature", &[]),
        case(
            "a signature alone",
            "malformed",
            "too short for a length",
            &signed(&world::authority_seed(), CONTEXT, b""),
        ),
        resigned("padding that is not zero", "one list, one form", |content| {
            *content.last_mut().unwrap() = 1;
        }),
        resigned("a length beyond the end", "the length must lie within", |content| content[..4].fill(0xff)),
        resigned("a length that cuts the CBOR short", "the CBOR must be whole", |content| content[3] -= 1),
        made("something behind the CBOR", "malformed", "a channel that nobody knows of", |made| {
            made.extra.push(0);
        }),
        made("marks out of order", "malformed", "their order would be a channel", |made| {
            made.marks.rotate_left(16);
        }),
        made("a mark twice", "malformed", "one list, one form", |made| made.marks.copy_within(..16, 16)),
        made("half a mark", "malformed", "marks have one length", |made| made.marks.truncate(MARKS * 16 - 8)),
        resigned("marks that claim 2^60 bytes", "a claimed length reserves nothing", |content| {
            let cbor = [&content[4..24], &hex::decode("5b1000000000000000").unwrap()].concat();
            content[..4].copy_from_slice(&u32::try_from(cbor.len()).unwrap().to_be_bytes());
            content[4..].fill(0);
            content[4..4 + cbor.len()].copy_from_slice(&cbor);
        }),
    ]
}

pub(crate) fn check(file: &Value, case: &Value) {
    let (authority, operation) =
        (Authority(array(&file["authority"])), OperationId(array(&file["operation"])));
    let list = bytes(&case["list"]);
    let read = Erasures::verify(&list, authority, operation);
    let class = match &read {
        Ok(_) => "good",
        Err(ErasuresError::Malformed) => "malformed",
        Err(ErasuresError::NotSigned(_)) => "not signed",
        Err(ErasuresError::OtherOperation) => "other operation",
        Err(_) => "a class without a name",
    };
    assert_eq!(class, text(&case["class"]));
    let Ok(read) = read else { return };
    let says = &case["says"];
    assert_eq!(
        (list.len(), read.sequence),
        (small::<u32>(&file["size"]).try_into().unwrap(), number(&says["sequence"]))
    );
    assert_eq!(u64::try_from(Erasures::capacity(list.len())).unwrap(), number(&file["marks"]));
    let what = says["what"].as_array().unwrap();
    assert!(!what.is_empty());
    for what in what {
        assert_eq!(read.names(&erasure(what)), what["named"].as_bool().unwrap(), "{what}");
    }
    if case.get("issued").is_some() {
        let orders: Vec<_> = what.iter().filter(|what| what["named"] == true).map(erasure).collect();
        let authority = AuthorityKey::new(&Secret::new(array(&file["authority seed"])));
        let (size, mut rng) = (small(&file["size"]), Numbers::new("erasures"));
        let made = Erasures::issue(operation, read.sequence, &orders, &authority, size, &mut rng);
        assert_eq!(made.unwrap(), list);
    }
}

fn erasure(what: &Value) -> Erasure {
    if let Some(handle) = what.get("handle") {
        Erasure::Handle(ErasureHandle(array(handle)))
    } else if let Some(pseudonym) = what.get("pseudonym") {
        Erasure::Pseudonym(text(pseudonym).parse().unwrap(), Epoch(small(&what["epoch"])))
    } else {
        Erasure::Before(Epoch(small(&what["before"])))
    }
}
