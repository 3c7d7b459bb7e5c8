//! RFC 9497's verifiable function over ristretto255 and SHA-512, and tokens made with it (spec §11).

use curve25519_dalek::{RistrettoPoint, Scalar};
use sha2::{Digest as _, Sha256, Sha512};

use super::{custody::point, keys::Key, numbers::Numbers};

/// What a period's tokens are made with.
pub(crate) struct Pair {
    pub(crate) private: Scalar,
    pub(crate) public: Key,
}

/// What the issuer makes of blinded elements.
#[derive(Clone)]
pub(crate) struct Granted {
    pub(crate) evaluated: Vec<Key>,
    pub(crate) proof: [u8; 64],
}

/// `"OPRFV1-" ‖ mode ‖ "-" ‖ suite`, the mode being 1 (RFC 9497 §3.1, §4.1).
const CONTEXT: &[u8] = b"OPRFV1-\x01-ristretto255-SHA512";

/// RFC 9380 §5.3.1 with SHA-512, for 64 bytes.
fn expanded(message: &[u8], label: &[u8]) -> [u8; 64] {
    let tag = [label, CONTEXT, &[u8::try_from(label.len() + CONTEXT.len()).unwrap()]].concat();
    let first = Sha512::new_with_prefix([0; 128]).chain_update(message);
    let first = first.chain_update([0, 64, 0]).chain_update(&tag).finalize();
    Sha512::new_with_prefix(first).chain_update([1]).chain_update(&tag).finalize().into()
}

fn to_scalar(message: &[u8], label: &[u8]) -> Scalar {
    Scalar::from_bytes_mod_order_wide(&expanded(message, label))
}

fn to_group(input: &[u8]) -> RistrettoPoint {
    RistrettoPoint::from_uniform_bytes(&expanded(input, b"HashToGroup-"))
}

/// Each with its length in front.
fn sized(parts: &[&[u8]]) -> Vec<u8> {
    let sized = |part: &&[u8]| [&u16::try_from(part.len()).unwrap().to_be_bytes()[..], part].concat();
    parts.iter().flat_map(sized).collect()
}

/// A number below the group's order, as it comes.
pub(crate) fn drawn(rng: &mut Numbers) -> Scalar {
    loop {
        let number: Option<Scalar> = Scalar::from_canonical_bytes(rng.bytes()).into();
        if let Some(number) = number.filter(|number| *number != Scalar::ZERO) {
            return number;
        }
    }
}

impl Pair {
    /// RFC 9497 §3.2.1.
    pub(crate) fn derive(seed: &Key, info: &[u8]) -> Self {
        // The first try is one of a number that is not zero, but for one seed in 2^252.
        let message = [&seed[..], &sized(&[info]), &[0]].concat();
        let private = to_scalar(&message, b"DeriveKeyPair");
        Self { private, public: RistrettoPoint::mul_base(&private).compress().0 }
    }

    /// RFC 9497 §3.3.2.
    pub(crate) fn evaluate(&self, input: &[u8]) -> [u8; 64] {
        let element = (to_group(input) * self.private).compress().0;
        let message = [&sized(&[input, &element])[..], b"Finalize"].concat();
        Sha512::digest(message).into()
    }

    /// RFC 9497 §3.3.2 and §2.2.1, with the proof's random number.
    pub(crate) fn grant(&self, blinded: &[Key], random: &Scalar) -> Granted {
        let evaluated: Vec<Key> =
            blinded.iter().map(|element| (point(element) * self.private).compress().0).collect();
        let seed_tag = [b"Seed-", CONTEXT].concat();
        let seed = Sha512::digest(sized(&[&self.public, &seed_tag]));
        let mut sum = RistrettoPoint::default();
        for (index, (asked, made)) in blinded.iter().zip(&evaluated).enumerate() {
            let index = u16::try_from(index).unwrap().to_be_bytes();
            let transcript = [&sized(&[&seed])[..], &index, &sized(&[asked, made]), b"Composite"].concat();
            sum += to_scalar(&transcript, b"HashToScalar-") * point(asked);
        }
        let bytes = |point: RistrettoPoint| point.compress().0;
        let parts = [
            self.public,
            bytes(sum),
            bytes(sum * self.private),
            bytes(RistrettoPoint::mul_base(random)),
            bytes(sum * random),
        ];
        let parts: Vec<&[u8]> = parts.iter().map(|part| &part[..]).collect();
        let challenge = to_scalar(&[&sized(&parts)[..], b"Challenge"].concat(), b"HashToScalar-");
        let answer = random - challenge * self.private;
        let mut proof = [0; 64];
        proof[..32].copy_from_slice(&challenge.to_bytes());
        proof[32..].copy_from_slice(&answer.to_bytes());
        Granted { evaluated, proof }
    }
}

/// What a member sends of an input.
pub(crate) fn blinded(input: &[u8], blind: &Scalar) -> Key {
    (to_group(input) * blind).compress().0
}

/// A period's key (spec §11.2).
pub(crate) fn period_key(seed: &Key, operation: &[u8; 16], period: u32) -> Pair {
    Pair::derive(seed, &[&b"cowl/1 token key"[..], operation, &period.to_be_bytes()].concat())
}

/// What all tokens of a period answer (spec §11.1).
pub(crate) fn challenge_digest(operation: &[u8; 16], period: u32) -> Key {
    let context = Sha256::new_with_prefix("cowl/1 token").chain_update(operation);
    let context = context.chain_update(period.to_be_bytes()).finalize();
    let challenge = [&[0, 5][..], &[0, 6], b"cowl/1", &[32], &context, &[0, 0]].concat();
    Sha256::digest(challenge).into()
}

/// How a token names its key.
pub(crate) fn key_id(public: &Key) -> Key {
    Sha256::digest(public).into()
}

/// What the function is applied to.
pub(crate) fn input(nonce: &Key, challenge: &Key, key_id: &Key) -> Vec<u8> {
    [&[0, 5][..], nonce, challenge, key_id].concat()
}
