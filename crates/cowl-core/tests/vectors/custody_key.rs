//! Custodians' shares and keys as they are read, good and bad (spec §4.6).

use curve25519_dalek::Scalar;
use serde_json::{Value, json};

use crate::{
    custody::dealt,
    reference::{
        custody::{self, times_base},
        keys::Key,
        numbers::Numbers,
    },
};

/// The group's order, little-endian.
const ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

/// A custodian's share, as it is read.
pub(super) fn shares() -> Vec<Value> {
    let case = |name: &str, class: &str, why: &str, number: u8, share: Key| json!({ "name": name, "spec": "§4.6", "class": class, "why": why, "number": number, "share": hex::encode(share) });
    let shares: Vec<Key> = dealt().shares.iter().map(Scalar::to_bytes).collect();
    let mut altered = shares[1];
    altered[0] ^= 1;
    let mut beyond = shares[1];
    add_order(&mut beyond);
    let stranger = custody::deal(2, 3, &mut Numbers::new("another dealer")).shares[1].to_bytes();
    vec![
        case("the second custodian's share", "good", "", 2, shares[1]),
        case("a share altered", "share", "found when it is read, not when it is needed", 2, altered),
        case("another custodian's share", "share", "his answers would be refused", 2, shares[2]),
        case("a share of another dealing", "share", "his answers would be refused", 2, stranger),
        case("the order of the group added to a share", "share", "a share has one form", 2, beyond),
        case("a share of custodian 0", "share", "at 0 lies the secret itself", 0, shares[1]),
        case("a share of a fourth custodian", "share", "there are three", 4, shares[1]),
    ]
}

/// The custodians' key, as the manifest has it.
pub(super) fn keys() -> Vec<Value> {
    let case = |name: &str, class: &str, why: &str, key: Vec<u8>| json!({ "name": name, "spec": "§4.6", "class": class, "why": why, "key": hex::encode(key) });
    let two = dealt().commitments;
    let (first, second) = (two[0], two[1]);
    let mut cut = custody::key(3, &two);
    cut.pop();
    let many: Vec<Key> = (1..=17_u8).map(|number| times_base(&Scalar::from(number))).collect();
    let claims = [&hex::decode("82039b1000000000000000").unwrap()[..], &[0x58, 32], &first].concat();
    vec![
        case("three custodians, two of whom it takes", "good", "", custody::key(3, &two)),
        case("sixteen custodians, all of whom it takes", "good", "", custody::key(16, &many[..16])),
        case("seventeen custodians", "malformed", "each is asked by a person", custody::key(17, &two)),
        case("a threshold of one", "malformed", "one would open alone", custody::key(3, &[first])),
        case(
            "a threshold above the number of custodians",
            "malformed",
            "nobody could open",
            custody::key(2, &many[..3]),
        ),
        case(
            "the identity as the public key",
            "malformed",
            "everybody knows what comes of it",
            custody::key(3, &[[0; 32], second]),
        ),
        case(
            "the identity behind the public key",
            "malformed",
            "all shares would be the secret",
            custody::key(3, &[first, [0; 32]]),
        ),
        case(
            "no element as the public key",
            "malformed",
            "only canonical encodings are read",
            custody::key(3, &[[0xff; 32], second]),
        ),
        case("a key cut by one byte", "malformed", "a key must be whole", cut),
        case("a key that claims 2^60 commitments", "malformed", "a claimed length reserves nothing", claims),
    ]
}

/// The same number in an encoding that is not canonical.
pub(super) fn add_order(number: &mut [u8]) {
    let mut carry = 0;
    for (byte, order) in number.iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(order) + carry;
        carry = sum >> 8;
        *byte = sum.to_le_bytes()[0];
    }
}
