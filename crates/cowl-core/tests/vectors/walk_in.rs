//! Walk-in messages, good and bad (spec §5).

use cowl_core::{Epoch, RoleIndex, WalkInSuite};
use serde_json::{Value, json};

use crate::messages::{Sent, Step, case, header, name};
use crate::reference::{
    envelope::{self, hpke_seal, plaintext, with_hint},
    numbers::Numbers,
    world::{self, CENSUS, MEDICAL, NOW, POLICY, TRIAGE},
};
use crate::zero_secret::zero_secret_seal;

/// The roles that read walk-ins.
const READERS: [RoleIndex; 2] = [TRIAGE, MEDICAL];

/// All that goes into one message; each bad one differs from the good one in one thing.
struct Made {
    suite: WalkInSuite,
    number: u64,
    operation: [u8; 16],
    /// Whose keys, and what `info` says.
    epoch: u32,
    said_epoch: u32,
    said_policy: u32,
    said_role: [u8; 2],
    keys_of: [RoleIndex; 2],
    /// What the hint says.
    hint: (u32, u32),
    texts: Vec<Vec<u8>>,
    random: &'static str,
}

impl Made {
    fn new(suite: WalkInSuite, number: u64) -> Self {
        let bodies = world::bodies(&world::report(suite, number));
        let policy = world::policy(suite);
        let texts = READERS.map(|role| {
            let size = usize::from(policy.roles[usize::from(role.0)].size);
            plaintext(&world::header(number), &bodies[usize::from(role.0)], size)
        });
        Self {
            suite,
            number,
            operation: world::operation().0,
            epoch: NOW.0,
            said_epoch: NOW.0,
            said_policy: POLICY.0,
            said_role: READERS.map(|role| role.0),
            keys_of: READERS,
            hint: (NOW.0, POLICY.0),
            texts: texts.into(),
            random: "walk-in",
        }
    }

    fn in_epoch(mut self, epoch: Epoch) -> Self {
        (self.epoch, self.said_epoch, self.hint.0) = (epoch.0, epoch.0, epoch.0);
        self
    }

    fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    fn rng(&self) -> Numbers {
        Numbers::new(&format!("{} {} {}", self.random, name(self.suite), self.number))
    }

    /// The message, and the `info` of each part.
    fn seal(&self) -> Vec<u8> {
        // The id of the number, the rest of what is random by what `random` says.
        let id = Numbers::new(&format!("id {} {}", name(self.suite), self.number)).bytes();
        let id = with_hint(id, self.hint.0, self.hint.1);
        let mut rng = self.rng();
        let mut message = id.to_vec();
        for (index, text) in self.texts.iter().enumerate() {
            let seed = world::walk_in_seed(self.keys_of[index], Epoch(self.epoch));
            let public = envelope::walk_in_public(&seed, self.suite);
            message.extend(hpke_seal(self.suite, &public, &self.info(index, &id), text, &mut rng));
        }
        message
    }

    fn info(&self, index: usize, id: &[u8; 16]) -> Vec<u8> {
        envelope::info(&self.operation, self.said_epoch, self.said_role[index], self.said_policy, id)
    }
}

pub(crate) fn make_x_wing() -> Value {
    let suite = WalkInSuite::XWing;
    let mut file = file(suite);
    let mut cases = opened(suite);
    cases.extend(altered(suite));
    cases.extend(bound(suite));
    cases.extend(shaped(suite));
    let x25519_part = world::layout(suite).walk_in_part(MEDICAL).unwrap().start + 1_088;
    let zeroed = edited(suite, |message| message[x25519_part..x25519_part + 32].fill(0));
    cases.push(not_authentic(
        suite,
        "the X25519 half of the encapsulated key all zero",
        "§5.1",
        "X-Wing hashes it into the secret",
        zeroed,
    ));
    file["cases"] = cases.into();
    file
}

pub(crate) fn make_x25519() -> Value {
    let suite = WalkInSuite::X25519;
    let mut file = file(suite);
    let mut cases = opened(suite);
    cases.extend(altered(suite));
    cases.extend(bound(suite));
    cases.extend(shaped(suite));
    cases.extend(limited(suite));
    cases.extend(low_order(suite));
    file["cases"] = cases.into();
    file
}

fn file(suite: WalkInSuite) -> Value {
    header(
        "Walk-in messages at a receiver (spec §5). A case is a fresh receiver of one role and the messages that it gets.",
        suite,
    )
}

/// Where the medical role's part lies.
fn part(suite: WalkInSuite) -> core::ops::Range<usize> {
    world::layout(suite).walk_in_part(MEDICAL).unwrap()
}

fn good(suite: WalkInSuite) -> Vec<u8> {
    Made::new(suite, 0).seal()
}

fn edited(suite: WalkInSuite, edit: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut message = good(suite);
    edit(&mut message);
    message
}

fn not_authentic(suite: WalkInSuite, name: &str, spec: &str, why: &str, message: Vec<u8>) -> Value {
    case(name, spec, why, MEDICAL, suite, vec![Step::refused(message, "not authentic")])
}

fn opened(suite: WalkInSuite) -> Vec<Value> {
    let sent = Sent::WalkIn(NOW.0);
    let mut cases: Vec<_> = READERS
        .iter()
        .enumerate()
        .map(|(index, role)| {
            let made = Made::new(suite, 0);
            let message = made.seal();
            let id = message[..16].try_into().unwrap();
            let steps = vec![Step::opened(message.clone(), 0, sent)];
            let name = format!("a message, opened by role {}", role.0);
            let mut case = case(&name, "§5.1–§5.3", "each role opens its own part", *role, suite, steps);
            let seed = world::walk_in_seed(*role, NOW);
            let start = world::layout(suite).walk_in_part(*role).unwrap().start;
            let enc = message[start..start + suite.enc_len()].to_vec();
            case["made"] = json!({
                "message id": hex::encode(id), "info": hex::encode(made.info(index, &id)),
                "private key": hex::encode(seed), "plaintext": hex::encode(&made.texts[index]),
                "mark": hex::encode(envelope::mark(&id, &enc)),
            });
            case
        })
        .collect();
    for (name, epoch) in [("before", NOW.minus(1)), ("after", NOW.plus(1))] {
        let message = Made::new(suite, 1).in_epoch(epoch).seal();
        let steps = vec![Step::opened(message, 1, Sent::WalkIn(epoch.0))];
        let why = "the hint tells which of the held keys fits";
        cases.push(case(&format!("from the epoch {name}"), "§5.3", why, MEDICAL, suite, steps));
    }
    let older = Made::new(suite, 1).with(|made| {
        made.said_policy = POLICY.0 - 1;
        made.hint.1 = POLICY.0 - 1;
        for text in &mut made.texts {
            text[32..36].copy_from_slice(&(POLICY.0 - 1).to_be_bytes());
        }
    });
    let mut older = case(
        "reduced by the policy before",
        "§5.3",
        "a printed manifest is used for weeks",
        MEDICAL,
        suite,
        vec![Step::opened(older.seal(), 1, sent)],
    );
    older["steps"][0]["reports"][0]["policy"] = (POLICY.0 - 1).into();
    cases.push(older);
    cases.push(case(
        "a replay",
        "§5.4",
        "what was opened is remembered as long as the epoch's keys",
        MEDICAL,
        suite,
        vec![Step::opened(good(suite), 0, sent), Step::refused(good(suite), "replayed")],
    ));
    cases.push(case(
        "a garbled copy comes first",
        "§5.4",
        "a message is remembered only when its part authenticates",
        MEDICAL,
        suite,
        vec![
            Step::refused(edited(suite, |message| message[part(suite).end - 1] ^= 1), "not authentic"),
            Step::opened(good(suite), 0, sent),
        ],
    ));
    cases.push(case(
        "another message under its id comes first",
        "§5.4",
        "ids stand in clear: who sees one could suppress its message, were the id alone remembered",
        MEDICAL,
        suite,
        vec![
            Step::opened(
                Made::new(suite, 1).with(|made| made.random = "walk-in under a seen id").seal(),
                1,
                sent,
            ),
            Step::opened(Made::new(suite, 1).seal(), 1, sent),
            Step::refused(Made::new(suite, 1).seal(), "replayed"),
        ],
    ));
    let policy = world::policy(suite);
    let cover = Made::new(suite, 0).with(|made| {
        let size = |role: RoleIndex| usize::from(policy.roles[usize::from(role.0)].size);
        made.texts = READERS.map(|role| plaintext(&world::header(0), &[], size(role))).into();
    });
    let steps = vec![Step::opened(cover.seal(), 0, sent), Step::refused(cover.seal(), "replayed")];
    let why = "cover is a message like any other until it is opened";
    cases.push(crate::enrolled::cover(case("cover", "§4.3", why, MEDICAL, suite, steps)));
    cases
}

/// One byte, or one part.
fn altered(suite: WalkInSuite) -> Vec<Value> {
    let sealed = part(suite).start + suite.enc_len();
    let spliced = {
        let theirs = Made::new(suite, 1).seal();
        edited(suite, |message| message[part(suite)].copy_from_slice(&theirs[part(suite)]))
    };
    let bad = |name: &str, spec: &str, why: &str, message| not_authentic(suite, name, spec, why, message);
    vec![
        bad("message id altered", "§5.2", "the id is in info", edited(suite, |message| message[0] ^= 1)),
        bad("spliced from two messages", "§5.2", "the id is the same for all parts of a message", spliced),
        bad(
            "encapsulated key altered",
            "§5.1",
            "the KEM's secret is bound to it",
            edited(suite, |message| message[part(suite).start] ^= 1),
        ),
        bad(
            "highest bit of the encapsulated X25519 key set",
            "§5.1",
            "X25519 ignores that bit, HPKE and X-Wing do not",
            edited(suite, |message| message[sealed - 1] ^= 0x80),
        ),
        bad("ciphertext altered", "§5.1", "the AEAD", edited(suite, |message| message[sealed] ^= 1)),
        bad(
            "authentication tag altered",
            "§5.1",
            "its 16 bytes are checked whole",
            edited(suite, |message| message[part(suite).end - 16] ^= 1),
        ),
    ]
}

/// What each message is bound to, one thing at a time.
fn bound(suite: WalkInSuite) -> Vec<Value> {
    let other = |change: fn(&mut Made)| Made::new(suite, 0).with(change).seal();
    let bad = |name: &str, spec: &str, why: &str, message| not_authentic(suite, name, spec, why, message);
    vec![
        bad(
            "for another operation",
            "§5.2",
            "a key used in two operations must not make their messages interchangeable",
            other(|made| made.operation[0] ^= 1),
        ),
        bad("info of another epoch", "§5.2", "the epoch is in info", other(|made| made.said_epoch -= 1)),
        bad(
            "under another epoch's key",
            "§3.4",
            "each epoch has keys of its own",
            other(|made| made.epoch -= 1),
        ),
        bad(
            "info of another role",
            "§5.2",
            "the role is in info",
            other(|made| made.said_role[1] = TRIAGE.0),
        ),
        bad(
            "under another role's key",
            "§3.4",
            "each role has keys of its own",
            other(|made| made.keys_of[1] = TRIAGE),
        ),
        bad(
            "info of another policy version",
            "§5.2",
            "the policy version is in info",
            other(|made| made.said_policy -= 1),
        ),
        bad(
            "a hint of another policy version",
            "§5.3",
            "the hint only chooses the key; info decides",
            other(|made| made.hint.1 -= 1),
        ),
        bad(
            "a header of another policy version",
            "§5.2",
            "a body must be read by the policy that the message is bound to",
            other(|made| made.texts[1][35] ^= 1),
        ),
    ]
}

/// Plaintexts, hints, sizes and roles.
fn shaped(suite: WalkInSuite) -> Vec<Value> {
    let other = |change: fn(&mut Made)| Made::new(suite, 0).with(change).seal();
    let bad = |name: &str, spec: &str, why: &str, message| not_authentic(suite, name, spec, why, message);
    let refused = |name: &str, spec: &str, why: &str, role, message, class| {
        case(name, spec, why, role, suite, vec![Step::refused(message, class)])
    };
    let size = |name: &str, message: Vec<u8>| {
        refused(name, "§5.1", "one size for all walk-ins, fixed by the manifest", MEDICAL, message, "size")
    };
    vec![
        bad(
            "padding that is not zero",
            "§4.3",
            "padding is a channel that the policy does not know of",
            other(|made| *made.texts[1].last_mut().unwrap() = 1),
        ),
        bad(
            "a length beyond the part",
            "§4.3",
            "the length must lie within the part",
            other(|made| made.texts[1][36..38].copy_from_slice(&57_u16.to_be_bytes())),
        ),
        refused(
            "a hint of an epoch that is not held",
            "§5.3",
            "no key fits",
            MEDICAL,
            other(|made| made.hint.0 = NOW.0 + 2),
            "walk-in keys",
        ),
        refused(
            "a hint of a policy that is not known",
            "§5.3",
            "no key fits",
            MEDICAL,
            other(|made| made.hint.1 = POLICY.0 + 1),
            "walk-in keys",
        ),
        refused(
            "to a role that only counts",
            "§5.4",
            "walk-ins weigh nothing in a count",
            CENSUS,
            good(suite),
            "walk-in role",
        ),
        size("cut by one byte", good(suite)[..good(suite).len() - 1].to_vec()),
        size("cut to the message id", good(suite)[..16].to_vec()),
        size("one byte too many", [good(suite), vec![0]].concat()),
    ]
}

fn limited(suite: WalkInSuite) -> Vec<Value> {
    let junk = |n: u64| {
        let mut rng = Numbers::new(&format!("junk {n}"));
        let mut message = vec![0; world::layout(suite).walk_in_len()];
        rand_core::Rng::fill_bytes(&mut rng, &mut message);
        let id = with_hint(message[..16].try_into().unwrap(), NOW.0, POLICY.0);
        message[..16].copy_from_slice(&id);
        message
    };
    let sent = Sent::WalkIn(NOW.0);
    let mut budget: Vec<_> = (0..8).map(|n| Step::refused(junk(n), "not authentic")).collect();
    budget.push(Step::refused(good(suite), "walk-in budget"));
    budget.push(Step::opened(good(suite), 0, sent).at(1));
    let mut record: Vec<_> = (0..6).map(|n| Step::opened(Made::new(suite, n).seal(), n, sent)).collect();
    record.push(Step::refused(Made::new(suite, 0).seal(), "replayed"));
    record.push(Step::refused(Made::new(suite, 6).seal(), "walk-in record full"));
    vec![
        case("within a budget", "§5.4", "opening is dear, and strangers may send", MEDICAL, suite, budget),
        case(
            "the record is full",
            "§5.4",
            "to forget an id would let it be replayed",
            MEDICAL,
            suite,
            record,
        ),
    ]
}

/// Encapsulated keys whose shared secret is all zero, each by a sender who knows that and seals accordingly.
fn low_order(suite: WalkInSuite) -> Vec<Value> {
    let one = {
        let mut point = [0; 32];
        point[0] = 1;
        point
    };
    let order_eight = "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800";
    let order_eight: [u8; 32] = hex::decode(order_eight).unwrap().try_into().unwrap();
    [("all zero", [0; 32]), ("one", one), ("of order eight", order_eight)]
        .into_iter()
        .map(|(which, enc)| {
            let made = Made::new(suite, 0);
            let public = envelope::walk_in_public(&world::walk_in_seed(MEDICAL, NOW), suite);
            let message = edited(suite, |message| {
                let id = message[..16].try_into().unwrap();
                let sealed = zero_secret_seal(&public, &enc, &made.info(1, &id), &made.texts[1]);
                message[part(suite)].copy_from_slice(&sealed);
            });
            not_authentic(
                suite,
                &format!("encapsulated key {which}"),
                "§5.1",
                "the Diffie–Hellman result is all zero, known to all, and must be refused (RFC 9180 §7.1.4)",
                message,
            )
        })
        .collect()
}
