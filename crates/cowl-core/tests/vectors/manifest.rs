//! Manifests, good and bad (spec §6.1).

use cowl_core::{
    Authority, Epoch, Generation, Manifest, ManifestError, OperationId, Secret, SignedManifest, WalkInSuite,
    exchange::{ServiceKey, ServicePublicKey},
};
use serde_json::{Value, json};

use crate::reference::{
    json::{array, bytes, number, text},
    numbers,
    signed::{self, keyed, public},
    world,
};

const SUITE: WalkInSuite = WalkInSuite::X25519;
const SIZE: usize = 2_048;

fn cbor(change: impl FnOnce(&mut Manifest)) -> Vec<u8> {
    let mut manifest = world::manifest(SUITE);
    change(&mut manifest);
    minicbor::to_vec(&manifest).unwrap()
}

fn sealed(change: impl FnOnce(&mut Manifest)) -> Vec<u8> {
    signed::manifest(&world::authority_seed(), 1, &cbor(change), SIZE)
}

/// The signed content of the good manifest, edited, and signed again by the authority.
fn resigned(edit: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut content = sealed(|_| {})[96..].to_vec();
    edit(&mut content);
    keyed(&world::authority_seed(), b"cowl/1 manifest", &content)
}

fn edited(edit: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut manifest = sealed(|_| {});
    edit(&mut manifest);
    manifest
}

pub(crate) fn make() -> Value {
    let mut cases = vec![
        good("a manifest", SUITE, sealed(|_| {})),
        good("with X-Wing keys", WalkInSuite::XWing, x_wing()),
        bad(
            "without relays",
            "good",
            "an operation need have none; one from before there were any has none",
            sealed(|manifest| manifest.relay = None),
        ),
        bad(
            "with a service and a generation",
            "good",
            "members ask the service for keys, and know that theirs are older",
            served(|manifest| manifest.generation = Some(Generation { number: 3, from: Epoch(11) })),
        ),
    ];
    cases.extend(successions());
    cases.extend(pinned());
    cases.extend(unsigned());
    cases.extend(malformed());
    json!({
        "about": "Manifests (spec §6.1). With `known`, the reader follows that manifest already.",
        "authority": hex::encode(public(&world::authority_seed())),
        "authority seed": hex::encode(world::authority_seed()),
        "fingerprint": Authority(public(&world::authority_seed())).fingerprint().to_string(),
        "operation": hex::encode(world::operation().0),
        "known": hex::encode(sealed(|_| {})),
        "cases": cases,
    })
}

fn x_wing() -> Vec<u8> {
    let manifest = minicbor::to_vec(world::manifest(WalkInSuite::XWing)).unwrap();
    signed::manifest(&world::authority_seed(), 1, &manifest, 13_312)
}

fn good(name: &str, suite: WalkInSuite, manifest: Vec<u8>) -> Value {
    let epochs = world::KEYS.0..world::KEYS.0 + world::KEYS.1;
    let keys: Vec<_> = epochs
        .map(|epoch| {
            let roots =
                [world::TRIAGE, world::MEDICAL].map(|role| hex::encode(world::root(role, Epoch(epoch))));
            let relay = hex::encode(world::relay_root(Epoch(epoch)));
            json!({ "epoch": epoch, "role roots": roots, "relay root": relay })
        })
        .collect();
    let about = world::manifest(suite);
    json!({
        "name": name, "spec": "§6.1", "class": "good", "manifest": hex::encode(manifest),
        "says": {
            "version": about.version, "policy version": about.policy_version.0,
            "calendar": [about.calendar.start, about.calendar.length], "mailbox": hex::encode(about.mailbox),
            "expires": about.expires.0, "suite": crate::messages::name(suite), "walk-in keys from": keys,
        },
    })
}

fn bad(name: &str, class: &str, why: &str, manifest: Vec<u8>) -> Value {
    json!({ "name": name, "spec": "§6.1", "class": class, "why": why, "manifest": hex::encode(manifest) })
}

fn successions() -> Vec<Value> {
    let after = |name: &str, class: &str, why: &str, manifest| {
        let mut case = bad(name, class, why, manifest);
        case["succeeds"] = true.into();
        case
    };
    vec![
        after("the next version", "good", "versions grow", sealed(|manifest| manifest.version += 1)),
        after("the same again", "good", "it is retained on the broker and arrives often", sealed(|_| {})),
        after(
            "the version before",
            "rolled back",
            "an old manifest brings back old keys and an old policy",
            sealed(|manifest| manifest.version -= 1),
        ),
        after(
            "the same version, another content",
            "forked",
            "the authority's key is used in two places, and members would follow different manifests",
            sealed(|manifest| manifest.expires = Epoch(manifest.expires.0 + 1)),
        ),
        after(
            "the next version, with the policy version before",
            "rolled back",
            "an old policy gives roles what they were not to read any more",
            sealed(|manifest| {
                manifest.version += 1;
                manifest.policy_version.0 -= 1;
            }),
        ),
        after(
            "the next version, with another policy under the same policy version",
            "forked",
            "bodies are read by the policy of their version",
            sealed(|manifest| {
                manifest.version += 1;
                let mut draft = manifest.policy.clone().into_draft();
                draft.anonymity.k += 1;
                manifest.policy = draft.check().unwrap();
            }),
        ),
        after(
            "another operation of the same authority",
            "other operation",
            "members of one operation must not be led into another",
            sealed(|manifest| {
                manifest.version += 1;
                manifest.operation = OperationId(numbers::bytes("another operation"));
            }),
        ),
        after(
            "the next version by another authority",
            "not signed",
            "the authority of an operation does not change",
            signed::manifest(
                &numbers::bytes("another authority"),
                1,
                &cbor(|manifest| manifest.version += 1),
                SIZE,
            ),
        ),
    ]
}

fn pinned() -> Vec<Value> {
    let by = |name: &str, class: &str, why: &str, manifest| {
        let mut case = bad(name, class, why, manifest);
        case["pinned"] = true.into();
        case
    };
    vec![
        by("by its fingerprint", "good", "a poster has room for 32 digits", sealed(|_| {})),
        by(
            "by its fingerprint, of another authority",
            "not signed",
            "the key in the manifest counts for nothing until its fingerprint is compared",
            signed::manifest(&numbers::bytes("another authority"), 1, &cbor(|_| {}), SIZE),
        ),
        by("by its fingerprint, nothing", "malformed", "too short for a key", Vec::new()),
    ]
}

fn unsigned() -> Vec<Value> {
    let not_signed = |name: &str, why: &str, manifest| bad(name, "not signed", why, manifest);
    let content = sealed(|_| {})[96..].to_vec();
    vec![
        not_signed(
            "key altered",
            "the key is the authority's or nothing",
            edited(|manifest| manifest[0] ^= 1),
        ),
        not_signed("signature altered", "the signature", edited(|manifest| manifest[32] ^= 1)),
        not_signed(
            "content altered",
            "the signature covers all of it",
            edited(|manifest| manifest[140] ^= 1),
        ),
        not_signed(
            "padding altered",
            "the signature covers all of it",
            edited(|manifest| *manifest.last_mut().unwrap() ^= 1),
        ),
        not_signed(
            "cut by one byte",
            "the signature covers the length",
            edited(|manifest| manifest.truncate(SIZE - 1)),
        ),
        not_signed(
            "signed as a beacon",
            "nothing signed for one purpose may stand for another",
            keyed(&world::authority_seed(), b"cowl/1 beacon", &content),
        ),
        not_signed(
            "the order of the group added to the signature's scalar",
            "a signature has one form (RFC 8032 §5.1.7)",
            edited(|manifest| add_group_order(manifest)),
        ),
        small_order(),
        bad("nothing", "malformed", "too short for a key", Vec::new()),
        bad("95 bytes", "malformed", "too short for a signature", edited(|manifest| manifest.truncate(95))),
    ]
}

/// A key of order one: its only signature fits every message under a lax verifier.
fn small_order() -> Value {
    let identity = [&[1][..], &[0; 31]].concat();
    let manifest = [&identity[..], &identity, &[0; 32], &sealed(|_| {})[96..]].concat();
    let why = "a key of small order signs everything for everybody";
    let mut case = bad("by a key of small order", "not signed", why, manifest);
    case["authority"] = hex::encode(identity).into();
    case
}

/// `S + L` verifies like `S` under a lax verifier.
fn add_group_order(manifest: &mut [u8]) {
    let order: [u8; 32] = array(&json!("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010"));
    let mut carry = 0;
    for (byte, add) in manifest[64..96].iter_mut().zip(order) {
        let sum = u16::from(*byte) + u16::from(add) + carry;
        *byte = u8::try_from(sum & 255).unwrap();
        carry = sum >> 8;
    }
}

fn malformed() -> Vec<Value> {
    let malformed = |name: &str, why: &str, manifest| bad(name, "malformed", why, manifest);
    let length = |content: &mut Vec<u8>, change: fn(u32) -> u32| {
        let stated = u32::from_be_bytes(content[1..5].try_into().unwrap());
        content[1..5].copy_from_slice(&change(stated).to_be_bytes());
    };
    let mut cases = vec![
        bad(
            "a later form",
            "unknown form",
            "what a later form means is not known",
            resigned(|content| content[0] = 2),
        ),
        malformed(
            "signed, but only the form",
            "there is no length",
            keyed(&world::authority_seed(), b"cowl/1 manifest", &[1]),
        ),
        malformed(
            "padding that is not zero",
            "one manifest, one form",
            resigned(|content| *content.last_mut().unwrap() = 1),
        ),
        malformed(
            "a length beyond the end",
            "the length must lie within",
            resigned(|content| length(content, |_| u32::MAX)),
        ),
        malformed(
            "a length that cuts the CBOR short",
            "the CBOR must be whole",
            resigned(|content| length(content, |length| length - 1)),
        ),
        malformed(
            "something behind the CBOR, within the length",
            "a channel that the policy does not know of",
            signed::manifest(&world::authority_seed(), 1, &[cbor(|_| {}), vec![0]].concat(), SIZE),
        ),
        malformed("more than a mebibyte", "a stranger's file must cost little", Vec::new()),
        malformed(
            "a policy that does not hold together",
            "the policy in it is checked like one from a file",
            {
                let mut manifest = cbor(|_| {});
                // `places` is 16, between lateness (1a 00 01 51 80) and the windows.
                let at =
                    manifest.windows(6).position(|bytes| bytes == [0x1a, 0, 1, 0x51, 0x80, 0x10]).unwrap();
                manifest[at + 5] = 0;
                signed::manifest(&world::authority_seed(), 1, &manifest, SIZE)
            },
        ),
    ];
    cases[6]["manifest"] = Value::Null;
    cases[6]["zero bytes"] = ((1_u64 << 20) + 1).into();
    let inconsistent = |name: &str, why: &str, manifest| bad(name, "inconsistent", why, manifest);
    cases.extend([
        inconsistent(
            "a calendar of another epoch length than the policy's",
            "devices would disagree about the epoch",
            sealed(|manifest| manifest.calendar.length += 1),
        ),
        inconsistent(
            "an epoch with a key too few",
            "keys are found by their place",
            sealed(|manifest| manifest.walk_in.epochs[1].truncate(1)),
        ),
        inconsistent(
            "keys of the other suite",
            "nothing is negotiated: the policy says the suite",
            signed::manifest(
                &world::authority_seed(),
                1,
                &cbor(|manifest| manifest.walk_in = world::manifest(WalkInSuite::XWing).walk_in),
                13_312,
            ),
        ),
        inconsistent(
            "a service key cut short",
            "nobody could ask",
            served(|manifest| {
                let cut = minicbor::to_vec(minicbor::bytes::ByteVec::from(service().bytes()[1..].to_vec()));
                manifest.service = Some(minicbor::decode(&cut.unwrap()).unwrap());
            }),
        ),
        inconsistent(
            "a relay key of the other suite",
            "phones would wrap what no relay opens",
            signed::manifest(
                &world::authority_seed(),
                1,
                &cbor(|manifest| manifest.relay = world::manifest(WalkInSuite::XWing).relay),
                13_312,
            ),
        ),
    ]);
    cases
}

pub(crate) fn check(file: &Value, case: &Value) {
    let authority = Authority(array(&file["authority"]));
    assert_eq!(authority.fingerprint().to_string(), text(&file["fingerprint"]));
    let authority = case.get("authority").map_or(authority, |trusted| Authority(array(trusted)));
    let manifest = match case.get("zero bytes") {
        Some(count) => vec![0; usize::try_from(number(count)).unwrap()],
        None => bytes(&case["manifest"]),
    };
    let result = if case.get("succeeds").is_some() {
        SignedManifest::verify(&bytes(&file["known"]), authority).unwrap().succeed(&manifest)
    } else if case.get("pinned").is_some() {
        SignedManifest::verify_pinned(&manifest, authority.fingerprint())
    } else {
        SignedManifest::verify(&manifest, authority)
    };
    assert_eq!(class(&result), text(&case["class"]));
    let (Ok(read), Some(says)) = (result, case.get("says")) else { return };
    assert_eq!(read.bytes(), manifest);
    assert_eq!(u64::from(read.version), number(&says["version"]));
    assert_eq!(u64::from(read.policy_version.0), number(&says["policy version"]));
    assert_eq!(json!([read.calendar.start, read.calendar.length]), says["calendar"]);
    assert_eq!(read.mailbox, array(&says["mailbox"]));
    assert_eq!(u64::from(read.expires.0), number(&says["expires"]));
    // The library signs the same bytes.
    let suite = read.policy.walk_in.suite;
    let key = cowl_core::AuthorityKey::new(&Secret::new(array(&file["authority seed"])));
    assert_eq!(world::manifest(suite).sign(&key).unwrap().bytes(), manifest);
    for epoch in says["walk-in keys from"].as_array().unwrap() {
        let number = Epoch(u32::try_from(number(&epoch["epoch"])).unwrap());
        let keys: Vec<_> = read.walk_in.of(number).unwrap().iter().map(|key| key.bytes().to_vec()).collect();
        assert_eq!(keys, world::walk_in_publics(suite, number));
        let relay = read.relay.as_ref().unwrap().of(number).unwrap();
        assert_eq!(relay.bytes(), world::relay_public(suite, number));
    }
}

fn class(result: &Result<SignedManifest, ManifestError>) -> &'static str {
    match result {
        Ok(_) => "good",
        Err(ManifestError::Malformed) => "malformed",
        Err(ManifestError::UnknownForm) => "unknown form",
        Err(ManifestError::NotSigned(_)) => "not signed",
        Err(ManifestError::OtherOperation) => "other operation",
        Err(ManifestError::RolledBack { .. }) => "rolled back",
        Err(ManifestError::Forked(_)) => "forked",
        Err(ManifestError::Inconsistent) => "inconsistent",
        Err(_) => "a class without a name",
    }
}

/// With a service, which takes more room.
fn served(change: impl FnOnce(&mut Manifest)) -> Vec<u8> {
    let cbor = cbor(|manifest| {
        manifest.service = Some(service());
        change(manifest);
    });
    signed::manifest(&world::authority_seed(), 1, &cbor, 4_096)
}

/// The public key of `exchange.json`'s service.
fn service() -> ServicePublicKey {
    ServiceKey::new(Secret::new(numbers::bytes("service key"))).public().unwrap()
}
