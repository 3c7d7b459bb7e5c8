//! Custody parts, requests and custodians' answers, good and bad (spec §4.6).

use cowl_core::{
    Draft, FieldIndex, Members, Place, Policy, RawValue, Reading, Report, Surroundings, WalkInSuite,
    policy::{Custody, Precision, Read},
};
use curve25519_dalek::Scalar;
use serde_json::{Value, json};

use crate::{
    custody_key,
    reference::{
        custody::{self, Message, Request, number as secret_number, times_base},
        json::bytes,
        keys::{self, Key},
        numbers::{self, Numbers},
        signed, world,
    },
};

const SUITE: WalkInSuite = WalkInSuite::X25519;
/// Bytes of a custody part, and of the body in it.
const SIZE: u16 = 190;
const ROOM: usize = 190 - 118;
const MADE: u64 = 1_263_475_000;
const EXPIRES: u64 = MADE + 3_600;
const CONTEXT: &[u8] = b"cowl/1 glass request";
/// Whose messages they are.
pub(super) const PLACE: Place = Place(5);

/// All that custodians are shown and say; each bad case differs from a good one in one thing.
struct Made {
    request: Request,
    authority: Key,
    context: &'static [u8],
    /// By which share, under which number.
    answers: Vec<(u8, u8)>,
    now: u64,
    cut: usize,
}

pub(super) fn dealt() -> custody::Dealt {
    custody::deal(2, 3, &mut Numbers::new("dealer"))
}

fn draft() -> Draft {
    let mut draft = world::draft(SUITE);
    draft.sizes.custody = SIZE;
    draft.custody = Some(Custody {
        threshold: 2,
        custodians: 3,
        purpose: "find a person in acute danger".into(),
        reads: [(2, Precision::Decimals(5)), (3, Precision::Exact)]
            .map(|(field, precision)| Read { field: FieldIndex(field), precision })
            .into(),
    });
    draft
}

pub(super) fn policy() -> Policy {
    draft().check().unwrap()
}

pub(super) fn report() -> Report {
    let mut members = Members::new();
    for (name, value) in [("severity", "high"), ("position", "18.54321,-72.33880"), ("person", "Marie")] {
        members.push(name, RawValue::Text(value.into())).unwrap();
    }
    Report::new(world::header(1), policy().reduce(Reading::new(members), &Surroundings::default()).unwrap())
}

fn body() -> Vec<u8> {
    report().reduced().custody().to_vec()
}

/// The first message of place 5.
fn message() -> Message {
    let tags =
        world::part_keys(world::NOW, PLACE).iter().map(|keys| keys::tag(&keys.tag, 0)).collect::<Vec<_>>();
    Message {
        mode: 0,
        operation: world::operation().0,
        epoch: world::NOW.0,
        name: tags.concat(),
        report: world::header(1).report.0,
    }
}

fn walk_in() -> Message {
    Message { mode: 1, name: numbers::bytes::<16>("a walk-in's message id").into(), ..message() }
}

fn seed() -> Key {
    numbers::bytes("custody")
}

fn seal_text(message: &Message, to: &Key, text: &[u8], body: &[u8]) -> Vec<u8> {
    let number = |purpose| secret_number(purpose, &seed(), message, body);
    custody::seal(to, message, text, &number(b"ephemeral"), &number(b"proof"))
}

fn seal(message: &Message, body: &[u8]) -> Vec<u8> {
    let text = custody::text(world::POLICY.0, body, ROOM);
    seal_text(message, &dealt().commitments[0], &text, body)
}

impl Made {
    fn new() -> Self {
        Self::of(message(), &body())
    }

    fn of(message: Message, body: &[u8]) -> Self {
        let request = Request {
            part: seal(&message, body),
            message,
            custodians: dealt().commitments[0],
            about: "V-1B30-J8ZR",
            requester: "rescue, team 4",
            reason: "does not answer; the river rises",
            made: MADE,
            expires: EXPIRES,
            number: numbers::bytes("a request's number"),
            extra: Vec::new(),
        };
        let authority = world::authority_seed();
        Self { request, authority, context: CONTEXT, answers: vec![(1, 1), (3, 3)], now: MADE + 600, cut: 0 }
    }

    fn answers(&self) -> Vec<Vec<u8>> {
        let shares = dealt().shares;
        let answer = |(share, number): &(u8, u8)| {
            let label = format!("answer {share}");
            custody::answer(&self.request, *number, &shares[usize::from(*share) - 1], &numbers::bytes(&label))
        };
        self.answers.iter().map(answer).collect()
    }

    fn case(&self, name: &str, class: &str, why: &str) -> Value {
        let mut request = self.request.sign(&self.authority, self.context);
        request.truncate(request.len() - self.cut);
        let answers: Vec<_> = self.answers().iter().map(hex::encode).collect();
        json!({ "name": name, "spec": "§4.6", "class": class, "why": why, "now": self.now,
            "request": hex::encode(request), "answers": answers })
    }
}

fn good(name: &str, made: &Made, body: &[u8]) -> Value {
    let mut case = made.case(name, "good", "");
    case["says"] = json!({ "id": hex::encode(made.request.id()), "policy": world::POLICY.0, "body": hex::encode(body),
        "custodians": made.answers.iter().map(|(_, number)| number).collect::<Vec<_>>() });
    case
}

pub(crate) fn make() -> Value {
    let r = secret_number(b"ephemeral", &seed(), &message(), &body());
    let k = secret_number(b"proof", &seed(), &message(), &body());
    let cases = [
        goods(),
        bad_parts(),
        not_sealed_so(),
        bad_requests(),
        bad_answers(),
        custody_key::shares(),
        custody_key::keys(),
    ]
    .concat();
    json!({
        "about": "Requests (spec §4.6) with custodians' answers, as the first of three custodians checks them and as the \
                  one who asked puts them together, two of which it takes; custodians' shares and keys as they are read.",
        "authority": hex::encode(signed::public(&world::authority_seed())),
        "authority seed": hex::encode(world::authority_seed()),
        "operation": hex::encode(world::operation().0),
        "key": hex::encode(custody::key(3, &dealt().commitments)),
        "shares": dealt().shares.iter().map(|share| hex::encode(share.as_bytes())).collect::<Vec<_>>(),
        "sealed": {
            "mode": 0, "epoch": world::NOW.0, "name": hex::encode(message().name),
            "report": hex::encode(message().report), "random": hex::encode(seed()),
            "r": hex::encode(r.as_bytes()), "k": hex::encode(k.as_bytes()),
            "body": hex::encode(body()), "part": hex::encode(seal(&message(), &body())),
        },
        "cases": cases,
    })
}

fn goods() -> Vec<Value> {
    let by = |answers: &[(u8, u8)]| Made { answers: answers.into(), ..Made::new() };
    vec![
        good("by custodians 1 and 3", &Made::new(), &body()),
        good("by custodians 3 and 2", &by(&[(3, 3), (2, 2)]), &body()),
        good("by all three", &by(&[(1, 1), (2, 2), (3, 3)]), &body()),
        good("of a walk-in message", &Made::of(walk_in(), &body()), &body()),
        good("of cover", &Made::of(message(), b""), b""),
    ]
}

/// A case whose request is another one than the good one's.
fn asked(name: &str, class: &str, why: &str, change: impl FnOnce(&mut Request)) -> Value {
    let mut made = Made::new();
    change(&mut made.request);
    made.case(name, class, why)
}

fn bad_parts() -> Vec<Value> {
    let elsewhere = || Message { operation: numbers::bytes("another operation"), ..message() };
    let later = || Message { epoch: 11, ..message() };
    let part = |name: &str, why: &str, edit: fn(&mut Vec<u8>)| {
        asked(name, "not proven", why, |request| edit(&mut request.part))
    };
    vec![
        part("sealed body altered", "the proof is over what is sealed", |part| {
            *part.last_mut().unwrap() ^= 1;
        }),
        part("the proof's challenge altered", "the proof must hold", |part| part[32] ^= 1),
        part("the proof's response altered", "the proof must hold", |part| part[64] ^= 1),
        part("the order of the group added to the proof's response", "a proof has one form", |part| {
            custody_key::add_order(&mut part[64..96]);
        }),
        part("a part cut by one byte", "the proof is over what is sealed", |part| {
            part.truncate(part.len() - 1);
        }),
        part("a part with a byte more", "the proof is over what is sealed", |part| part.push(0)),
        part("a part that is cut within its proof", "a part begins with its proof", |part| part.truncate(95)),
        part(
            "the number of another's message doubled",
            "who doubles it does not know it, and would have it opened",
            |part| {
                let doubled = custody::point(part) + custody::point(part);
                part[..32].copy_from_slice(&doubled.compress().0);
            },
        ),
        part("the identity as the number", "everybody knows what comes of it", |part| part[..32].fill(0)),
        part("no element as the number", "only canonical encodings are read", |part| part[..32].fill(0xff)),
        asked(
            "another's part in a message of one's own",
            "not proven",
            "it asks for what it is not of",
            |request| request.message.name[0] ^= 1,
        ),
        asked(
            "a part of an enrolled message as a walk-in's",
            "not proven",
            "the mode is in the context",
            |request| request.message.mode = 1,
        ),
        asked("a mode that there is not", "not proven", "two modes are known", |request| {
            request.message.mode = 2;
        }),
        asked("a part of another epoch", "not proven", "the epoch is in the context", |request| {
            request.part = seal(&later(), &body());
        }),
        asked("said to be of another epoch", "not proven", "the epoch is in the context", |request| {
            request.message.epoch = 11;
        }),
        asked("a part of another operation", "not proven", "the operation is in the context", |request| {
            request.part = seal(&elsewhere(), &body());
        }),
        asked(
            "a message of another operation",
            "other operation",
            "a custodian answers for one operation",
            |request| {
                request.part = seal(&elsewhere(), &body());
                request.message = elsewhere();
            },
        ),
    ]
}

/// What is proven, and does not open.
fn not_sealed_so() -> Vec<Value> {
    let public = dealt().commitments[0];
    let texts = |name: &str, why: &str, edit: fn(&mut Vec<u8>)| {
        let mut text = custody::text(world::POLICY.0, &body(), ROOM);
        edit(&mut text);
        asked(name, "not authentic", why, |request| {
            request.part = seal_text(&message(), &public, &text, &body());
        })
    };
    vec![
        asked(
            "sealed to another key",
            "not authentic",
            "custodians open what is sealed to them",
            |request| {
                let nobody = times_base(&secret_number(b"nobody", &seed(), &message(), &body()));
                let text = custody::text(world::POLICY.0, &body(), ROOM);
                request.part = seal_text(&message(), &nobody, &text, &body());
            },
        ),
        asked(
            "under another report id",
            "not authentic",
            "custodians alone open nothing that was not asked for",
            |request| request.message.report[0] ^= 1,
        ),
        asked(
            "sealed body altered, and proven",
            "not authentic",
            "what is sealed authenticates by itself",
            |request| {
                let number = |purpose| secret_number(purpose, &seed(), &message(), &body());
                let mut sealed = request.part[96..].to_vec();
                sealed[0] ^= 1;
                request.part = custody::prove(&message(), &sealed, &number(b"ephemeral"), &number(b"proof"));
            },
        ),
        texts("custody padding that is not zero", "a channel that the policy does not know of", |text| {
            *text.last_mut().unwrap() = 1;
        }),
        texts("a body's length beyond the end", "the length must lie within", |text| text[4..6].fill(0xff)),
        texts("a text that is too short for its length", "the length must be there", |text| text.truncate(5)),
    ]
}

fn bad_requests() -> Vec<Value> {
    let made = |name: &str, class: &str, why: &str, change: fn(&mut Made)| {
        let mut made = Made::new();
        change(&mut made);
        made.case(name, class, why)
    };
    let file = |name: &str, class: &str, why: &str, edit: fn(&mut Vec<u8>)| {
        let mut case = Made::new().case(name, class, why);
        let mut request = bytes(&case["request"]);
        edit(&mut request);
        case["request"] = hex::encode(request).into();
        case
    };
    vec![
        file("a request's first line altered", "not a request", "each file says what it is", |request| {
            request[0] ^= 1;
        }),
        file("a request's signature altered", "not signed", "the signature covers everything", |request| {
            request[21] ^= 1;
        }),
        file(
            "a request's reason altered",
            "not signed",
            "what a custodian agrees to is what was logged",
            |request| {
                let at = request.windows(5).position(|word| word == b"river").unwrap();
                request[at] = b'R';
            },
        ),
        file(
            "a request that is cut within its signature",
            "malformed",
            "too short for a signature",
            |request| request.truncate(84),
        ),
        made("a request cut by one byte", "not signed", "the signature covers everything", |made| {
            made.cut = 1;
        }),
        made(
            "something behind a request's CBOR, and signed",
            "malformed",
            "a channel that nobody knows of",
            |made| made.request.extra.push(0),
        ),
        made(
            "a request signed as a beacon",
            "not signed",
            "nothing signed for one purpose stands for another",
            |made| made.context = b"cowl/1 beacon",
        ),
        made("a request by another authority", "not signed", "the authority logs before it signs", |made| {
            made.authority = numbers::bytes("another authority");
        }),
        made(
            "a request to custodians of another key",
            "other key",
            "their shares open nothing of it",
            |made| made.request.custodians = times_base(&Scalar::from(7_u8)),
        ),
        made("a request whose time is over", "expired", "nothing is opened after it", |made| {
            made.now = EXPIRES;
        }),
        made(
            "a request of more than a day later",
            "clock behind",
            "such a clock sees no end of a request",
            |made| made.now = MADE - 86_401,
        ),
        made("a request that lives for 31 days", "life", "a request ends", |made| {
            made.request.expires = MADE + 31 * 86_400;
        }),
        made("a request that ends when it is made", "life", "it could not be answered", |made| {
            made.request.expires = MADE;
        }),
        made("a request without a reason", "words", "a custodian decides by it", |made| {
            made.request.reason = " ";
        }),
        made(
            "a request that turns the direction of writing",
            "words",
            "a custodian decides by what he sees",
            |made| made.request.requester = "a\u{202e}b",
        ),
    ]
}

fn bad_answers() -> Vec<Value> {
    let by = |name: &str, class: &str, why: &str, answers: &[(u8, u8)]| {
        Made { answers: answers.into(), ..Made::new() }.case(name, class, why)
    };
    let edited = |name: &str, class: &str, why: &str, edit: fn(&mut Vec<u8>)| {
        let made = Made::new();
        let mut answers = made.answers();
        edit(&mut answers[1]);
        let mut case = made.case(name, class, why);
        case["answers"] = answers.iter().map(hex::encode).collect();
        case
    };
    let other = |name: &str, change: fn(&mut Made)| {
        let mut made = Made::new();
        change(&mut made);
        let mut case = Made::new().case(name, "other request", "an answer is to one request");
        case["answers"] = made.answers().iter().map(hex::encode).collect();
        case
    };
    vec![
        by("no answer", "too few", "it takes two", &[]),
        by("one answer", "too few", "it takes two", &[(2, 2)]),
        by("one custodian's answer twice", "twice", "it takes two custodians", &[(2, 2), (2, 2)]),
        by(
            "an answer with another custodian's share",
            "forged",
            "a wrong answer is named by its number",
            &[(1, 1), (3, 2)],
        ),
        by(
            "a wrong answer beside two right ones",
            "forged",
            "every answer that is given is verified",
            &[(1, 1), (2, 2), (1, 3)],
        ),
        by("an answer of custodian 0", "no custodian", "at 0 lies the secret itself", &[(1, 1), (3, 0)]),
        by("an answer of a fourth custodian", "no custodian", "there are three", &[(1, 1), (3, 4)]),
        // Behind the first line: array 1, id 2 + 32, number 1, then three strings of 2 + 32.
        edited("an answer's result altered", "forged", "only the share's result opens", |answer| {
            answer[59] ^= 1;
        }),
        edited("an answer's result doubled", "forged", "the proof is of the result", |answer| {
            let twice = custody::point(&answer[59..]) + custody::point(&answer[59..]);
            answer[59..91].copy_from_slice(&twice.compress().0);
        }),
        edited(
            "the identity as an answer's result",
            "forged",
            "it would take a custodian out of the sum",
            |answer| answer[59..91].fill(0),
        ),
        edited("an answer's challenge altered", "forged", "the proof must hold", |answer| answer[93] ^= 1),
        edited("an answer's response altered", "forged", "the proof must hold", |answer| answer[127] ^= 1),
        edited(
            "the order of the group added to an answer's response",
            "forged",
            "an answer has one form",
            |answer| custody_key::add_order(&mut answer[127..159]),
        ),
        edited("an answer's first line altered", "not a partial", "each file says what it is", |answer| {
            answer[0] ^= 1;
        }),
        edited("an answer cut by one byte", "malformed", "an answer must be whole", |answer| {
            answer.truncate(answer.len() - 1);
        }),
        edited(
            "something behind an answer's CBOR",
            "malformed",
            "a channel that nobody knows of",
            |answer| answer.push(0),
        ),
        other("answers to another request for the same message", |made| made.request.reason = "curious"),
        other("answers to a request for another message", |made| {
            made.request = Made::of(walk_in(), &body()).request;
        }),
    ]
}
