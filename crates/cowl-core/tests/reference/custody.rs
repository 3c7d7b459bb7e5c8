//! The custody part: shares, sealing, asking and answering (spec §4.6).

use aes_gcm_siv::{Aes256GcmSiv, KeyInit as _, aead::Aead as _};
use curve25519_dalek::{RistrettoPoint, Scalar, ristretto::CompressedRistretto};
use sha2::{Digest as _, Sha256, Sha512};

use super::{
    keys::{self, Key},
    numbers::Numbers,
    signed::signed,
};

pub(crate) fn hash(label: &[u8], fields: &[&[u8]]) -> Scalar {
    let mut digest = Sha512::new_with_prefix(label);
    for field in fields {
        digest.update(u32::try_from(field.len()).unwrap().to_be_bytes());
        digest.update(field);
    }
    Scalar::from_bytes_mod_order_wide(&digest.finalize().into())
}

pub(crate) fn times_base(number: &Scalar) -> Key {
    RistrettoPoint::mul_base(number).compress().0
}

pub(crate) fn point(bytes: &[u8]) -> RistrettoPoint {
    CompressedRistretto(bytes[..32].try_into().unwrap()).decompress().unwrap_or_default()
}

/// What a dealer leaves behind.
pub(crate) struct Dealt {
    pub(crate) commitments: Vec<Key>,
    pub(crate) shares: Vec<Scalar>,
}

pub(crate) fn deal(threshold: u8, custodians: u8, rng: &mut Numbers) -> Dealt {
    let coefficients: Vec<_> =
        (0..threshold).map(|_| Scalar::from_bytes_mod_order_wide(&rng.bytes())).collect();
    let share = |number: u8| {
        let mut power = Scalar::ONE;
        coefficients.iter().fold(Scalar::ZERO, |sum, coefficient| {
            let term = coefficient * power;
            power *= Scalar::from(number);
            sum + term
        })
    };
    Dealt {
        commitments: coefficients.iter().map(times_base).collect(),
        shares: (1..=custodians).map(share).collect(),
    }
}

/// `[n, [C[0], …]]`
pub(crate) fn key(custodians: u8, commitments: &[Key]) -> Vec<u8> {
    let mut e = minicbor::Encoder::new(Vec::new());
    e.array(2).unwrap().u8(custodians).unwrap().array(commitments.len() as u64).unwrap();
    for commitment in commitments {
        e.bytes(commitment).unwrap();
    }
    e.into_writer()
}

/// Which message it is.
#[derive(Clone)]
pub(crate) struct Message {
    pub(crate) mode: u8,
    pub(crate) operation: [u8; 16],
    pub(crate) epoch: u32,
    /// All tags, or a walk-in's message id.
    pub(crate) name: Vec<u8>,
    pub(crate) report: [u8; 16],
}

impl Message {
    pub(crate) fn context(&self) -> Vec<u8> {
        [&[self.mode][..], &self.operation, &self.epoch.to_be_bytes(), &self.name].concat()
    }
}

/// Policy version, length, body, zeros.
pub(crate) fn text(policy: u32, body: &[u8], room: usize) -> Vec<u8> {
    let length = u16::try_from(body.len()).unwrap().to_be_bytes();
    let mut text = [&policy.to_be_bytes()[..], &length, body].concat();
    text.resize(6 + room, 0);
    text
}

/// The secret number of a message for a purpose, of 32 random bytes and all that is sealed.
pub(crate) fn number(purpose: &[u8], seed: &Key, message: &Message, body: &[u8]) -> Scalar {
    hash(b"cowl/1 custody number", &[purpose, seed, &message.context(), &message.report, body])
}

/// Seals a text to a public key and proves it, with the secret numbers `r` and `k`.
pub(crate) fn seal(to: &Key, message: &Message, text: &[u8], r: &Scalar, k: &Scalar) -> Vec<u8> {
    let shared = (point(to) * r).compress().0;
    let info = [b"cowl/1 custody key", &to[..], &times_base(r), &message.report, &message.context()];
    let key: Key = keys::hkdf(&[], &shared, &info);
    let sealed = Aes256GcmSiv::new(&key.into()).encrypt(&[0; 12].into(), text).unwrap();
    prove(message, &sealed, r, k)
}

/// The proof in front of what is sealed.
pub(crate) fn prove(message: &Message, sealed: &[u8], r: &Scalar, k: &Scalar) -> Vec<u8> {
    let ephemeral = times_base(r);
    let c = hash(b"cowl/1 custody proof", &[&ephemeral, &times_base(k), &message.context(), sealed]);
    [&ephemeral[..], c.as_bytes(), (k + c * r).as_bytes(), sealed].concat()
}

/// What custodians are asked for.
#[derive(Clone)]
pub(crate) struct Request {
    pub(crate) message: Message,
    pub(crate) part: Vec<u8>,
    pub(crate) custodians: Key,
    pub(crate) about: &'static str,
    pub(crate) requester: &'static str,
    pub(crate) reason: &'static str,
    pub(crate) made: u64,
    pub(crate) expires: u64,
    pub(crate) number: [u8; 16],
    /// Behind the CBOR.
    pub(crate) extra: Vec<u8>,
}

impl Request {
    pub(crate) fn envelope(&self) -> Vec<u8> {
        let Message { mode, operation, epoch, name, report } = &self.message;
        let mut e = minicbor::Encoder::new(Vec::new());
        e.array(6).unwrap().bytes(operation).unwrap().u8(*mode).unwrap().u32(*epoch).unwrap();
        e.bytes(name).unwrap().bytes(&self.part).unwrap().bytes(report).unwrap();
        e.into_writer()
    }

    pub(crate) fn cbor(&self) -> Vec<u8> {
        let mut e = minicbor::Encoder::new(Vec::new());
        e.bytes(&self.custodians).unwrap().str(self.about).unwrap().str(self.requester).unwrap();
        e.str(self.reason).unwrap().u64(self.made).unwrap().u64(self.expires).unwrap();
        e.bytes(&self.number).unwrap();
        [vec![0x88], self.envelope(), e.into_writer(), self.extra.clone()].concat()
    }

    pub(crate) fn id(&self) -> Key {
        Sha256::digest(self.cbor()).into()
    }

    pub(crate) fn sign(&self, seed: &Key, context: &[u8]) -> Vec<u8> {
        [b"cowl glass request 1\n", &signed(seed, context, &self.cbor())[..]].concat()
    }
}

/// Custodian `number`'s answer to a request with the share `x`, `seed` random.
pub(crate) fn answer(request: &Request, number: u8, x: &Scalar, seed: &Key) -> Vec<u8> {
    let (id, ephemeral) = (request.id(), &request.part[..32]);
    let result = (point(ephemeral) * x).compress().0;
    let k = hash(b"cowl/1 custody number", &[b"answer", seed, x.as_bytes(), &id, ephemeral]);
    let c = hash(
        b"cowl/1 custody partial",
        &[
            &id,
            &request.custodians,
            &[number],
            &times_base(x),
            ephemeral,
            &result,
            &times_base(&k),
            &(point(ephemeral) * k).compress().0,
        ],
    );
    let mut e = minicbor::Encoder::new(b"cowl glass partial 1\n".to_vec());
    e.array(5).unwrap().bytes(&id).unwrap().u8(number).unwrap().bytes(&result).unwrap();
    e.bytes(c.as_bytes()).unwrap().bytes((k + c * x).as_bytes()).unwrap();
    e.into_writer()
}
