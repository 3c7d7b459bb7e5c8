//! Requests to the service and its answers, good and bad (spec §9.1, §9.2, §9.3).

use aes_gcm_siv::{
    Aes256GcmSiv, KeyInit as _,
    aead::{Aead as _, Payload},
};
use cowl_core::{
    OperationId, Secret,
    exchange::{Incoming, Pending, Purpose, Request, ServiceKey, next_secret},
};
use hpke::{
    Deserializable as _, Kem as _, OpModeS, Serializable as _, aead::ChaCha20Poly1305, kdf::HkdfSha256,
    kem::XWing,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::reference::{
    json::{array, bytes, small, text},
    keys::{self, Key},
    numbers::{self, Numbers},
    world,
};

/// Smaller than real ones, which carry more padding.
const REQUEST: usize = 1_400;
const ANSWER: usize = 160;
const ENC: usize = 1_120;
const RENEWAL: u8 = 2;
const BODY: &[u8] = b"what is asked";
const ANSWERED: &[u8] = b"what is answered";
const CONTEXT: &[u8] = b"cowl/1 exchange answer";

/// All that goes into a request and its answer; each bad one differs from the good one in one thing.
struct Made {
    label: &'static str,
    operation: [u8; 16],
    service: Key,
    purpose: u8,
    who: [u8; 16],
    secret: Key,
    /// What the proof is over, where that is something else than the request says.
    proof_purpose: u8,
    proof_who: [u8; 16],
    proof_body: &'static [u8],
    proof_enc: Option<Vec<u8>>,
    padding: u8,
    behind: &'static [u8],
}

/// The bytes of a request, and what both sides export.
struct Sent {
    request: Vec<u8>,
    exported: Key,
    proof: Key,
}

fn service() -> Key {
    numbers::bytes("service key")
}

fn secret() -> Key {
    numbers::bytes("member secret")
}

fn who() -> [u8; 16] {
    numbers::bytes("member id")
}

/// RFC 2104.
fn hmac(key: &Key, parts: &[&[u8]]) -> Key {
    let pad = |with: u8| {
        let mut block = [with; 64];
        block.iter_mut().zip(key).for_each(|(byte, key)| *byte ^= key);
        block
    };
    let inner = parts.iter().fold(Sha256::new_with_prefix(pad(0x36)), Digest::chain_update);
    Sha256::new_with_prefix(pad(0x5c)).chain_update(inner.finalize()).finalize().into()
}

impl Made {
    fn new() -> Self {
        Self {
            label: "exchange",
            operation: world::operation().0,
            service: service(),
            purpose: RENEWAL,
            who: who(),
            secret: secret(),
            proof_purpose: RENEWAL,
            proof_who: who(),
            proof_body: BODY,
            proof_enc: None,
            padding: 0,
            behind: b"",
        }
    }

    fn with(change: impl FnOnce(&mut Self)) -> Sent {
        let mut made = Self::new();
        change(&mut made);
        made.send()
    }

    fn send(&self) -> Sent {
        let private = <XWing as hpke::Kem>::PrivateKey::from_bytes(&self.service).unwrap();
        let info = [b"cowl/1 exchange", &self.operation[..]].concat();
        let mut rng = Numbers::new(self.label);
        let (enc, mut context) = hpke::setup_sender_with_rng::<ChaCha20Poly1305, HkdfSha256, XWing>(
            &OpModeS::Base,
            &XWing::sk_to_pk(&private),
            &info,
            &mut rng,
        )
        .unwrap();
        let enc = enc.to_bytes().to_vec();
        let key: Key =
            keys::hkdf(&self.operation, &self.secret, &[b"cowl/1 exchange proof", &[self.proof_purpose]]);
        let proof_enc = self.proof_enc.as_ref().unwrap_or(&enc);
        let proof = hmac(&key, &[proof_enc, &self.proof_who, self.proof_body]);
        let mut text = Vec::new();
        let mut cbor = minicbor::Encoder::new(&mut text);
        cbor.array(4).unwrap().u8(self.purpose).unwrap().bytes(&self.who).unwrap();
        cbor.bytes(&proof).unwrap().bytes(BODY).unwrap();
        text.extend_from_slice(self.behind);
        text.resize(REQUEST - ENC - 16, 0);
        *text.last_mut().unwrap() = self.padding;
        let sealed = context.seal(&text, &[]).unwrap();
        let mut exported = [0; 32];
        context.export(CONTEXT, &mut exported).unwrap();
        Sent { request: [enc, sealed].concat(), exported, proof }
    }
}

impl Sent {
    fn answer_key(&self, operation: &[u8; 16], secret: &Key, purpose: u8) -> Key {
        let key: Key = keys::hkdf(operation, secret, &[CONTEXT, &[purpose], &who()]);
        hmac(&key, &[&self.exported])
    }

    /// Sealed to who sent it.
    fn answer(&self, length: u32, padding: u8) -> Vec<u8> {
        seal(&self.answer_key(&world::operation().0, &secret(), RENEWAL), length, padding, CONTEXT)
    }
}

fn seal(key: &Key, length: u32, padding: u8, context: &[u8]) -> Vec<u8> {
    let mut text = [&length.to_be_bytes()[..], ANSWERED].concat();
    text.resize(ANSWER - 16, 0);
    *text.last_mut().unwrap() = padding;
    let payload = Payload { msg: &text, aad: context };
    Aes256GcmSiv::new(key.into()).encrypt(&[0; 12].into(), payload).unwrap()
}

pub(crate) fn make() -> Value {
    let good = Made::new().send();
    let length = u32::try_from(ANSWERED.len()).unwrap();
    let answer = good.answer(length, 0);
    let mut cases = vec![json!({
        "name": "a renewal and its answer", "spec": "§9.2", "class": "good",
        "why": "sealed to the service and back to who asked",
        "request": hex::encode(&good.request), "answer": hex::encode(&answer),
        "made": {
            "proof": hex::encode(good.proof), "exported": hex::encode(good.exported),
            "answer key": hex::encode(good.answer_key(&world::operation().0, &secret(), RENEWAL)),
        },
    })];
    cases.extend(requests(&good));
    cases.extend(answers(&good, &answer, length));
    json!({
        "about": "Requests to the service, and answers to the request `a renewal and its answer` (spec §9). Real ones are 8,192 bytes, and 4,096 × 2^n.",
        "operation": hex::encode(world::operation().0), "service key": hex::encode(service()),
        "purpose": RENEWAL, "who": hex::encode(who()), "secret": hex::encode(secret()),
        "next secret": hex::encode(keys::hkdf::<32>(&world::operation().0, &secret(), &[b"cowl/1 next member secret"])),
        "body": hex::encode(BODY), "answer body": hex::encode(ANSWERED), "cases": cases,
    })
}

/// A case with a request that is refused, or an answer to the good one.
fn refused(name: &str, why: &str, what: &str, bytes: &[u8]) -> Value {
    let spec = if what == "request" { "§9.1" } else { "§9.2" };
    json!({ "name": name, "spec": spec, "class": "refused", "why": why, what: hex::encode(bytes) })
}

fn edited(bytes: &[u8], edit: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    edit(&mut bytes);
    bytes
}

fn requests(good: &Sent) -> Vec<Value> {
    let case = |name, why, request: Vec<u8>| refused(name, why, "request", &request);
    let made = |change: &dyn Fn(&mut Made)| Made::with(change).request;
    let other_enc = Made::with(|made| made.label = "another request").request[..ENC].to_vec();
    let (bytes, authentic) = (&good.request, "HPKE authenticates all of it");
    vec![
        case("nothing", authentic, Vec::new()),
        case("only an encapsulated key", authentic, bytes[..ENC].to_vec()),
        case("cut by one byte", authentic, bytes[..REQUEST - 1].to_vec()),
        case("one byte too many", authentic, edited(bytes, |bytes| bytes.push(0))),
        case("encapsulated key altered", authentic, edited(bytes, |bytes| bytes[0] ^= 1)),
        case(
            "highest bit of the encapsulated X25519 key set",
            authentic,
            edited(bytes, |bytes| bytes[ENC - 1] ^= 0x80),
        ),
        case("ciphertext altered", authentic, edited(bytes, |bytes| bytes[ENC] ^= 1)),
        case("authentication tag altered", authentic, edited(bytes, |bytes| bytes[REQUEST - 1] ^= 1)),
        case(
            "to another service",
            "the service's key is the operation's",
            made(&|made| made.service = [9; 32]),
        ),
        case(
            "of another operation",
            "what is asked of one operation is not asked of another",
            made(&|made| made.operation = [9; 16]),
        ),
        case("request padding that is not zero", "one request, one form", made(&|made| made.padding = 1)),
        case(
            "something behind the request's CBOR",
            "a channel that nobody knows of",
            made(&|made| made.behind = &[7]),
        ),
        case(
            "proven with another secret",
            "who does not know the secret is somebody else",
            made(&|made| made.secret = [9; 32]),
        ),
        case(
            "proven for another purpose",
            "what proves one thing proves no other",
            made(&|made| made.proof_purpose = 3),
        ),
        case(
            "proven for another member",
            "two who share a secret by mistake stay two",
            made(&|made| made.proof_who = [9; 16]),
        ),
        case(
            "proven for another body",
            "the proof is over what is asked",
            made(&|made| made.proof_body = b"something else"),
        ),
        case(
            "proven for another request",
            "a proof cannot be carried over",
            made(&|made| made.proof_enc = Some(other_enc.clone())),
        ),
    ]
}

fn answers(good: &Sent, answer: &[u8], length: u32) -> Vec<Value> {
    let case = |name, why, answer: &[u8]| refused(name, why, "answer", answer);
    let operation = world::operation().0;
    let by = |key: Key| seal(&key, length, 0, CONTEXT);
    let other = Made::with(|made| made.label = "another request");
    let authentic = "the AEAD authenticates all of it";
    vec![
        case("an answer of nothing", authentic, &[]),
        case("an answer cut by one byte", authentic, &answer[..ANSWER - 1]),
        case("an answer altered", authentic, &edited(answer, |answer| answer[0] ^= 1)),
        case("an answer's tag altered", authentic, &edited(answer, |answer| answer[ANSWER - 1] ^= 1)),
        case(
            "an answer to another request of the same member",
            "one key for one request",
            &other.answer(length, 0),
        ),
        case(
            "an answer by who does not know the secret",
            "the service's key alone makes no answer",
            &by(good.answer_key(&operation, &[9; 32], RENEWAL)),
        ),
        case(
            "an answer for another purpose",
            "every derivation has the purpose",
            &by(good.answer_key(&operation, &secret(), 3)),
        ),
        case(
            "an answer of another operation",
            "every derivation has the operation",
            &by(good.answer_key(&[9; 16], &secret(), RENEWAL)),
        ),
        case(
            "an answer under another context",
            "a key has one purpose",
            &seal(&good.answer_key(&operation, &secret(), RENEWAL), length, 0, b"cowl/1 counts"),
        ),
        case("answer padding that is not zero", "one answer, one form", &good.answer(length, 1)),
        case("an answer's length beyond the end", "the length must lie within", &good.answer(u32::MAX, 0)),
        case("an answer's length that cuts it short", "what is behind it is not zero", &good.answer(3, 0)),
    ]
}

pub(crate) fn check(file: &Value, case: &Value) {
    let operation = OperationId(array(&file["operation"]));
    let service = ServiceKey::new(Secret::new(array(&file["service key"])));
    let secret = Secret::new(array(&file["secret"]));
    assert_eq!(next_secret(&secret, operation).expose(), &array::<32>(&file["next secret"]));
    let (purpose, who) = (Purpose(small(&file["purpose"])), array(&file["who"]));
    let (asked, answered) = (bytes(&file["body"]), bytes(&file["answer body"]));
    // The library makes the bytes of the good request, and so has what opens its answer.
    let request = Request { operation, purpose, who, proof: &secret, body: &asked };
    let made = request.seal(&service.public().unwrap(), REQUEST, &mut Numbers::new("exchange"));
    let (made, pending): (Vec<u8>, Pending) = made.unwrap();
    let is_good = text(&case["class"]) == "good";
    if let Some(request) = case.get("request").map(bytes) {
        let incoming = Incoming::open(&service, operation, &request);
        let proven = incoming.as_ref().map_err(|error| *error).and_then(|incoming| incoming.prove(&secret));
        assert_eq!(proven.is_ok(), is_good);
        if let (Ok(incoming), Ok(proven)) = (incoming, proven) {
            assert_eq!((incoming.purpose(), incoming.who(), incoming.body()), (purpose, who, &asked[..]));
            assert_eq!(request, made);
            assert_eq!(proven.answer(&answered, ANSWER).unwrap(), bytes(&case["answer"]));
        }
    }
    if let Some(answer) = case.get("answer").map(bytes) {
        let opened = pending.open(&answer);
        assert_eq!(opened.is_ok(), is_good);
        assert!(opened.is_err() || *opened.unwrap() == answered);
    }
}
