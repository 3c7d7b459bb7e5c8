//! Tokens: asked for, given out and taken, good and bad (spec §11).

use curve25519_dalek::Scalar;
use serde_json::{Value, json};

use crate::{
    custody_key::add_order,
    reference::{
        keys::Key,
        numbers::{self, Numbers},
        voprf::{self, Granted, Pair},
        world,
    },
};

/// Two periods, of which the first is over but for its lateness: number, first and last epoch.
const BEFORE: (u32, u32, u32) = (6, 4, 7);
const NOW: (u32, u32, u32) = (7, 8, 11);
/// For how many epochs tokens are taken after their period.
const LATE: u32 = 2;
const PER_BATCH: usize = 2;
const STEP: u32 = 5;

pub(super) fn seed(period: u32) -> Key {
    numbers::bytes(&format!("token seed of period {period}"))
}

fn operation() -> [u8; 16] {
    world::operation().0
}

fn key(period: u32) -> Pair {
    voprf::period_key(&seed(period), &operation(), period)
}

/// When an epoch ends.
fn end_of(epoch: u32) -> u64 {
    world::CALENDAR.start + u64::from(world::CALENDAR.length) * (u64::from(epoch) + 1)
}

/// What a member draws for one token.
struct Drawn {
    nonce: Key,
    blind: Scalar,
    blinded: Key,
}

/// A batch of a period.
fn drawn(label: &str, pair: &Pair, period: u32) -> Vec<Drawn> {
    let mut rng = Numbers::new(label);
    let mut one = || {
        let (nonce, blind) = (rng.bytes(), voprf::drawn(&mut rng));
        let challenge = voprf::challenge_digest(&operation(), period);
        let input = voprf::input(&nonce, &challenge, &voprf::key_id(&pair.public));
        Drawn { nonce, blind, blinded: voprf::blinded(&input, &blind) }
    };
    (0..PER_BATCH).map(|_| one()).collect()
}

fn elements(batch: &[Drawn]) -> Vec<Key> {
    batch.iter().map(|one| one.blinded).collect()
}

fn granted(pair: &Pair, batch: &[Drawn]) -> Granted {
    pair.grant(&elements(batch), &voprf::drawn(&mut Numbers::new("proof")))
}

/// Everything in a token, each part of which a bad one can have otherwise.
struct Made {
    kind: [u8; 2],
    nonce: Key,
    challenge: Key,
    id: Key,
    by: Pair,
}

impl Made {
    /// The first token of a period's batch.
    fn of(period: u32) -> Self {
        let by = key(period);
        let nonce = drawn("batch", &by, period)[0].nonce;
        let challenge = voprf::challenge_digest(&operation(), period);
        Self { kind: [0, 5], nonce, challenge, id: voprf::key_id(&by.public), by }
    }

    fn with(change: impl FnOnce(&mut Self)) -> Vec<u8> {
        let mut made = Self::of(NOW.0);
        change(&mut made);
        made.bytes()
    }

    fn bytes(&self) -> Vec<u8> {
        let input = [&self.kind[..], &self.nonce, &self.challenge, &self.id].concat();
        [&input[..], &self.by.evaluate(&input)].concat()
    }
}

pub(crate) fn make() -> Value {
    let period = |(number, from, last): (u32, u32, u32)| {
        let pair = key(number);
        json!({
            "number": number, "first epoch": from, "last epoch": last,
            "seed": hex::encode(seed(number)), "public key": hex::encode(pair.public),
            "key id": hex::encode(voprf::key_id(&pair.public)),
            "challenge digest": hex::encode(voprf::challenge_digest(&operation(), number)),
            "taken until": end_of(last + LATE),
        })
    };
    let cases: Vec<Value> = [issuing(), requests(), answers(), spending()].concat();
    json!({
        "about": "Tokens (spec §11): batches that are asked for and given out, and passwords at who takes tokens of both periods.",
        "operation": hex::encode(operation()), "periods": [period(BEFORE), period(NOW)], "late": LATE,
        "calendar": { "start": world::CALENDAR.start, "length": world::CALENDAR.length },
        "per batch": PER_BATCH, "step": STEP, "cases": cases,
    })
}

// --- giving out ---

/// `[step, period, elements]`
fn request(elements: &[u8]) -> Vec<u8> {
    let mut e = minicbor::Encoder::new(Vec::new());
    e.array(3).unwrap().u32(STEP).unwrap().u32(NOW.0).unwrap().bytes(elements).unwrap();
    e.into_writer()
}

/// `[0, [[elements, proof]]]`
fn answer(granted: &Granted) -> Vec<u8> {
    let mut e = minicbor::Encoder::new(Vec::new());
    e.array(2).unwrap().u8(0).unwrap().array(1).unwrap().array(2).unwrap();
    e.bytes(&granted.evaluated.concat()).unwrap().bytes(&granted.proof).unwrap();
    e.into_writer()
}

/// What a member stores before it asks.
fn stored(batch: &[Drawn]) -> Vec<u8> {
    let entries: Vec<u8> =
        batch.iter().flat_map(|one| [one.nonce, one.blind.to_bytes(), one.blinded].concat()).collect();
    let mut e = minicbor::Encoder::new(Vec::new());
    e.array(4).unwrap().bytes(&operation()).unwrap().u32(NOW.0).unwrap().bytes(&key(NOW.0).public).unwrap();
    e.bytes(&entries).unwrap();
    e.into_writer()
}

fn batch() -> Vec<Drawn> {
    drawn("batch", &key(NOW.0), NOW.0)
}

fn issuing() -> Vec<Value> {
    let (pair, batch) = (key(NOW.0), batch());
    let granted = granted(&pair, &batch);
    let token = |one: &Drawn| hex::encode(Made::with(|made| made.nonce = one.nonce));
    let refusal = |name: &str, number: u8, says: &str| json!({ "name": name, "spec": "§11.3", "class": "good", "why": "", "answer": hex::encode([0x82, number, 0x80]), "says": says });
    vec![
        json!({
            "name": "a batch of two", "spec": "§11.3", "class": "good",
            "why": "what the service sees of a token is nothing that is ever shown to a broker",
            "stored": hex::encode(stored(&batch)),
            "request": hex::encode(request(&elements(&batch).concat())),
            "answer": hex::encode(answer(&granted)), "says": "granted",
            "tokens": batch.iter().map(token).collect::<Vec<_>>(),
        }),
        refusal("an answer to a revoked member", 1, "revoked"),
        refusal("an answer to a member that has its batch", 2, "given"),
        refusal("an answer to a request of another period", 3, "other period"),
    ]
}

fn requests() -> Vec<Value> {
    let case = |name: &str, class: &str, why: &str, request: &[u8]| json!({ "name": name, "spec": "§11.3", "class": class, "why": why, "request": hex::encode(request) });
    let good = elements(&batch()).concat();
    let with = |bytes: &[u8]| request(&[&good[..32], bytes].concat());
    let whole = request(&good);
    vec![
        case("a request for nothing", "refused", "a proof over nothing proves nothing", &request(&[])),
        case(
            "a request with the identity",
            "refused",
            "it says what the key makes of it: nothing",
            &with(&[0; 32]),
        ),
        case(
            "a request with what is no element",
            "refused",
            "only canonical encodings are read",
            &with(&[0xff; 32]),
        ),
        case(
            "a request with an element cut by one byte",
            "refused",
            "elements are whole",
            &request(&good[..63]),
        ),
        case("a request cut by one byte", "malformed", "a request must be whole", &whole[..whole.len() - 1]),
        case(
            "something behind a request",
            "malformed",
            "a channel that nobody knows of",
            &[&whole[..], &[0]].concat(),
        ),
    ]
}

fn answers() -> Vec<Value> {
    let case = |name: &str, class: &str, why: &str, answer: &[u8]| json!({ "name": name, "spec": "§11.3", "class": class, "why": why, "answer": hex::encode(answer) });
    let (pair, other, batch) = (key(NOW.0), key(BEFORE.0), batch());
    let (good, theirs) = (granted(&pair, &batch), granted(&other, &batch));
    let one_key = "an issuer with a key for one member knows that member's connections";
    let proven = "the proof is over all of it, in order";
    let edited = |edit: &dyn Fn(&mut Granted)| {
        let mut edited = good.clone();
        edit(&mut edited);
        answer(&edited)
    };
    let whole = answer(&good);
    let not = "not the tokens";
    vec![
        case("a batch made with another key", not, one_key, &answer(&theirs)),
        case(
            "one token of a batch made with another key",
            not,
            one_key,
            &edited(&|granted| granted.evaluated[1] = theirs.evaluated[1]),
        ),
        case(
            "the elements of a batch in another order",
            not,
            proven,
            &edited(&|granted| granted.evaluated.swap(0, 1)),
        ),
        case(
            "a proof made for another batch",
            not,
            proven,
            &edited(&|granted| {
                granted.proof = self::granted(&pair, &drawn("another batch", &pair, NOW.0)).proof;
            }),
        ),
        case("a proof whose challenge was altered", not, proven, &edited(&|granted| granted.proof[0] ^= 1)),
        case("a proof whose answer was altered", not, proven, &edited(&|granted| granted.proof[32] ^= 1)),
        case(
            "the order of the group added to a proof's answer",
            not,
            "a proof has one form",
            &edited(&|granted| add_order(&mut granted.proof[32..])),
        ),
        case(
            "one token fewer",
            not,
            "everyone has the same number",
            &edited(&|granted| granted.evaluated.truncate(1)),
        ),
        case(
            "one token more",
            not,
            "everyone has the same number",
            &edited(&|granted| granted.evaluated.push(theirs.evaluated[0])),
        ),
        case("the identity for a token", not, proven, &edited(&|granted| granted.evaluated[1] = [0; 32])),
        case(
            "what is no element for a token",
            not,
            "only canonical encodings are read",
            &edited(&|granted| granted.evaluated[1] = [0xff; 32]),
        ),
        case("a batch cut by one byte", "malformed", "an answer must be whole", &whole[..whole.len() - 1]),
        case(
            "something behind a batch",
            "malformed",
            "a channel that nobody knows of",
            &[&whole[..], &[0]].concat(),
        ),
        case("a fifth answer", "malformed", "an answer that nobody knows is none", &[0x82, 4, 0x80]),
    ]
}

// --- taking ---

const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Base64url without padding, of three bytes at a time; what is left over as RFC 4648 §5 has it.
fn password(token: &[u8]) -> String {
    let letters = |bytes: &[u8]| {
        let all = bytes.iter().chain([&0; 2]).take(3).fold(0, |all: u32, byte| all << 8 | u32::from(*byte));
        let at = move |place: u32| char::from(LETTERS[(all >> (18 - 6 * place)) as usize & 63]);
        (0..=u32::try_from(bytes.len()).unwrap()).map(at).collect::<String>()
    };
    token.chunks(3).map(letters).collect()
}

fn spending() -> Vec<Value> {
    [in_time(), refused(), written()].concat()
}

/// The second at which passwords come.
fn now() -> u64 {
    end_of(world::NOW.0) - 1
}

/// The first token of the batch, altered in one byte.
fn altered(place: usize) -> Vec<u8> {
    let mut token = Made::of(NOW.0).bytes();
    token[place] ^= 1;
    token
}

fn step(token: &[u8], at: u64, expect: &str) -> Value {
    json!({ "password": password(token), "at": at, "expect": expect })
}

fn steps(name: &str, spec: &str, class: &str, why: &str, steps: &[Value]) -> Value {
    json!({ "name": name, "spec": spec, "class": class, "why": why, "steps": steps })
}

fn case(name: &str, class: &str, why: &str, token: &[u8]) -> Value {
    steps(name, "§11.5", class, why, &[step(token, now(), class)])
}

/// Tokens that are taken, and those that come too late or again.
fn in_time() -> Vec<Value> {
    let (now, good) = (now(), Made::of(NOW.0).bytes());
    let second = Made::with(|made| made.nonce = batch()[1].nonce);
    let (before, over) = (Made::of(BEFORE.0).bytes(), end_of(BEFORE.2 + LATE));
    vec![
        case("a token", "good", "", &good),
        steps(
            "two tokens of one batch",
            "§11.5",
            "good",
            "nothing joins them",
            &[step(&good, now, "good"), step(&second, now, "good")],
        ),
        steps(
            "a token of the last period within its lateness",
            "§11.5",
            "good",
            "who was out of reach for a while comes back",
            &[step(&before, over - 1, "good")],
        ),
        steps(
            "a token of a period that is over",
            "§11.5",
            "not good",
            "a revoked member has an end",
            &[step(&before, over, "not good")],
        ),
        steps(
            "a token a second time",
            "§11.5",
            "spent",
            "one token, one connection",
            &[step(&good, now, "good"), step(&second, now, "good"), step(&good, now + 1, "spent")],
        ),
        steps(
            "an altered token, then the token",
            "§11.5",
            "good",
            "what is refused spends nothing",
            &[step(&altered(161), now, "not good"), step(&good, now, "good")],
        ),
    ]
}

fn refused() -> Vec<Value> {
    let good = Made::of(NOW.0).bytes();
    let challenge = |operation: &[u8; 16], period| {
        Made::with(|made| made.challenge = voprf::challenge_digest(operation, period))
    };
    let (form, bound) = ("one token, one form", "a token is of its operation and period");
    let authentic = "only the key's holder makes one";
    vec![
        case("a token with an altered nonce", "not good", authentic, &altered(2)),
        case("a token with an altered challenge digest", "not good", bound, &altered(34)),
        case("a token with an altered key id", "not good", "no key has that id", &altered(66)),
        case("a token whose authenticator begins otherwise", "not good", authentic, &altered(98)),
        case("a token whose authenticator ends otherwise", "not good", authentic, &altered(161)),
        case(
            "a token made with another period's key",
            "not good",
            authentic,
            &Made::with(|made| made.by = key(BEFORE.0)),
        ),
        case(
            "a token for the challenge of another period",
            "not good",
            bound,
            &challenge(&operation(), BEFORE.0),
        ),
        case(
            "a token for the challenge of another operation",
            "not good",
            bound,
            &challenge(&[9; 16], NOW.0),
        ),
        case(
            "a token of the next period's key",
            "not good",
            "nobody has announced that key",
            &Made::of(NOW.0 + 1).bytes(),
        ),
        case(
            "a token of the type of RFC 9578's P-384",
            "no token",
            "another group under this number",
            &Made::with(|made| made.kind = [0, 1]),
        ),
        case("a token cut by one byte", "no token", form, &good[..161]),
        case("one byte behind a token", "no token", form, &[&good[..], &[0]].concat()),
        case("no password", "no token", form, &[]),
    ]
}

/// A token that is written otherwise.
fn written() -> Vec<Value> {
    let good = Made::of(NOW.0).bytes();
    let form = "one token, one form";
    let written = |name: &str, why: &str, password: String| {
        let step = json!({ "password": password, "at": now(), "expect": "no token" });
        steps(name, "§11.4", "no token", why, &[step])
    };
    vec![
        written("a token with padding", form, password(&good) + "===="),
        written("a token cut by one letter", form, password(&good)[..215].to_owned()),
        written("a token in the letters of plain base64", form, "+/".repeat(108)),
        written("a token in hexadecimal", form, hex::encode(&good)),
    ]
}
