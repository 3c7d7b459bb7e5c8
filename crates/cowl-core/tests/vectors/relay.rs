//! Messages wrapped for a relay, good and bad (spec §7.5).

use cowl_core::{Epoch, Mode, RelayOpener, WalkInSuite};
use serde_json::{Value, json};

use crate::messages::name;
use crate::reference::{
    envelope::{hpke_seal, relay_hint, relay_info, walk_in_public},
    json::{array, bytes, text},
    keys,
    numbers::Numbers,
    world::{self, NOW},
};
use crate::zero_secret::zero_secret_seal;

/// All that goes into one message; each bad one differs from the good one in one thing.
struct Made {
    suite: WalkInSuite,
    inner: Vec<u8>,
    operation: [u8; 16],
    /// Whose key, what `info` says, what the hint says.
    epoch: Epoch,
    said_epoch: u32,
    said_class: u8,
    hint: [u8; 2],
    random: u8,
}

impl Made {
    fn new(suite: WalkInSuite, mode: Mode, epoch: Epoch) -> Self {
        let layout = world::layout(suite);
        let (class, length) = match mode {
            Mode::Enrolled => (0, layout.enrolled_len()),
            Mode::WalkIn => (1, layout.walk_in_len()),
        };
        let mut inner = vec![0; length];
        Numbers::new(&format!("inside {class} {}", name(suite))).fill(&mut inner);
        let random = 0xa7;
        Self {
            suite,
            inner,
            operation: world::operation().0,
            epoch,
            said_epoch: epoch.0,
            said_class: class,
            hint: relay_hint(random, epoch.0),
            random,
        }
    }

    fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    fn info(&self) -> Vec<u8> {
        relay_info(self.said_class, &self.operation, self.said_epoch, self.hint)
    }

    fn seed(&self) -> keys::Key {
        keys::relay_seed(&world::relay_root(self.epoch), &world::operation().0, self.epoch.0)
    }

    fn wrap(&self) -> Vec<u8> {
        let mut rng = Numbers::new(&format!("wrap {} {}", name(self.suite), self.random));
        let public = walk_in_public(&self.seed(), self.suite);
        [&self.hint[..], &hpke_seal(self.suite, &public, &self.info(), &self.inner, &mut rng)].concat()
    }

    /// A case that opens, with every value on the way.
    fn good(&self, name: &str, why: &str) -> Value {
        let message = self.wrap();
        let mode = if self.said_class == 0 { "enrolled" } else { "walk-in" };
        json!({
            "name": name, "spec": "§7.5", "class": "good", "why": why, "message": hex::encode(&message),
            "opens": {
                "mode": mode, "epoch": self.epoch.0, "inside": hex::encode(&self.inner),
                "private key": hex::encode(self.seed()), "info": hex::encode(self.info()),
                "mark": hex::encode(mark(&message[2..2 + self.suite.enc_len()])),
            },
        })
    }
}

fn mark(enc: &[u8]) -> [u8; 16] {
    use sha2::{Digest as _, Sha256};
    Sha256::digest(enc)[..16].try_into().unwrap()
}

pub(crate) fn make_x_wing() -> Value {
    make(WalkInSuite::XWing)
}

pub(crate) fn make_x25519() -> Value {
    let mut file = make(WalkInSuite::X25519);
    let mut zero = [("encapsulated key all zero", [0; 32]), ("encapsulated key one", [0; 32])];
    zero[1].1[0] = 1;
    for (name, enc) in zero {
        let made = Made::new(WalkInSuite::X25519, Mode::Enrolled, NOW);
        let public = walk_in_public(&made.seed(), made.suite);
        let sealed = zero_secret_seal(&public, &enc, &made.info(), &made.inner);
        let why = "the Diffie–Hellman result is all zero, known to all (RFC 9180 §7.1.4)";
        file["cases"].as_array_mut().unwrap().push(refused(name, why, [&made.hint[..], &sealed].concat()));
    }
    file
}

fn make(suite: WalkInSuite) -> Value {
    let layout = world::layout(suite);
    let enrolled = || Made::new(suite, Mode::Enrolled, NOW);
    let mut cases = vec![
        enrolled().good("an enrolled message inside", "what is inside is a message as it would be published"),
        Made::new(suite, Mode::WalkIn, NOW)
            .good("a walk-in message inside", "each size class has a length of its own"),
        Made::new(suite, Mode::Enrolled, NOW.minus(1))
            .good("from the epoch before", "the hint tells which of the held keys fits"),
        Made::new(suite, Mode::Enrolled, NOW.plus(1))
            .good("from the epoch after", "phones and relays change epoch at different moments"),
    ];
    cases.extend(altered(suite));
    cases.extend(bound(suite));
    let held =
        held().map(|epoch| json!({ "epoch": epoch.0, "relay root": hex::encode(world::relay_root(epoch)) }));
    json!({
        "about": "Messages wrapped for a relay that holds three epochs (spec §7.5).",
        "operation": hex::encode(world::operation().0), "suite": name(suite),
        "enrolled length": layout.enrolled_len(), "walk-in length": layout.walk_in_len(),
        "held": held, "cases": cases,
    })
}

/// One byte, or the length.
fn altered(suite: WalkInSuite) -> Vec<Value> {
    let enrolled = || Made::new(suite, Mode::Enrolled, NOW);
    let message = enrolled().wrap();
    let sealed = 2 + suite.enc_len();
    let edited = |edit: &dyn Fn(&mut Vec<u8>)| {
        let mut message = message.clone();
        edit(&mut message);
        message
    };
    let one_form = "one size for each class: a length would tell one message from another";
    vec![
        refused("nothing", one_form, Vec::new()),
        refused("cut by one byte", one_form, edited(&|message| message.truncate(message.len() - 1))),
        refused("one byte too many", one_form, edited(&|message| message.push(0))),
        refused(
            "the message inside, not wrapped",
            "a relay publishes what it unwrapped, and nothing else",
            enrolled().inner,
        ),
        refused(
            "first byte of the hint altered",
            "the hint is bound, too",
            edited(&|message| message[0] ^= 1),
        ),
        refused(
            "second byte of the hint altered",
            "both of its halves say the epoch",
            edited(&|message| message[1] ^= 0x10),
        ),
        refused(
            "both bytes of the hint altered alike",
            "it fits the epoch, and is not the one that was bound",
            edited(&|message| {
                message[0] ^= 0x55;
                message[1] ^= 0x55;
            }),
        ),
        refused(
            "a hint of another epoch that is held",
            "the hint chooses the key and decides nothing",
            edited(&|message| [message[0], message[1]] = relay_hint(message[0], NOW.plus(1).0)),
        ),
        refused(
            "encapsulated key altered",
            "the KEM's secret is bound to it",
            edited(&|message| message[2] ^= 1),
        ),
        refused(
            "highest bit of the encapsulated X25519 key set",
            "else one message had two forms, and a replay another mark",
            edited(&|message| message[sealed - 1] ^= 0x80),
        ),
        refused("ciphertext altered", "the AEAD", edited(&|message| message[sealed] ^= 1)),
        refused(
            "authentication tag altered",
            "its 16 bytes are checked whole",
            edited(&|message| *message.last_mut().unwrap() ^= 1),
        ),
    ]
}

/// What each message is bound to, one thing at a time.
fn bound(suite: WalkInSuite) -> Vec<Value> {
    let enrolled = || Made::new(suite, Mode::Enrolled, NOW);
    let other = |change: fn(&mut Made)| enrolled().with(change).wrap();
    let layout = world::layout(suite);
    vec![
        refused(
            "a hint of an epoch that is not held",
            "its keys are deleted, or not there yet",
            other(|made| {
                made.epoch = NOW.plus(2);
                made.said_epoch = NOW.0 + 2;
                made.hint = relay_hint(made.random, NOW.0 + 2);
            }),
        ),
        refused(
            "for another operation",
            "a key used in two operations must not make their messages interchangeable",
            other(|made| made.operation[0] ^= 1),
        ),
        refused("info of another epoch", "the epoch is in info", other(|made| made.said_epoch -= 1)),
        refused(
            "under another epoch's key",
            "each epoch has a key of its own",
            other(|made| made.epoch = made.epoch.minus(1)),
        ),
        refused(
            "info of another class",
            "a message of one class must not be taken for one of another",
            other(|made| made.said_class = 1),
        ),
        refused("a walk-in message of an enrolled one's length", "class and length must agree", {
            let length = layout.enrolled_len();
            Made::new(suite, Mode::WalkIn, NOW).with(|made| made.inner.resize(length, 0)).wrap()
        }),
        refused("under a role's walk-in key", "relays and roles have keys of their own", {
            let made = enrolled();
            let public = walk_in_public(&world::walk_in_seed(world::TRIAGE, NOW), suite);
            let mut rng = Numbers::new("another key");
            [&made.hint[..], &hpke_seal(suite, &public, &made.info(), &made.inner, &mut rng)].concat()
        }),
    ]
}

fn refused(name: &str, why: &str, message: Vec<u8>) -> Value {
    json!({ "name": name, "spec": "§7.5", "class": "refused", "why": why, "message": hex::encode(message) })
}

fn held() -> [Epoch; 3] {
    [NOW.minus(1), NOW, NOW.plus(1)]
}

pub(crate) fn check(file: &Value, case: &Value) {
    let suite = if text(&file["suite"]) == "x-wing" { WalkInSuite::XWing } else { WalkInSuite::X25519 };
    let mut opener = RelayOpener::new(&world::manifest(suite));
    for epoch in held() {
        opener.hold(epoch, &world::library_relay_root(epoch));
    }
    let opened = opener.open(&bytes(&case["message"]));
    assert_eq!(if opened.is_ok() { "good" } else { "refused" }, text(&case["class"]));
    let (Ok(opened), opens) = (opened, &case["opens"]) else { return };
    let mode = if opened.mode == Mode::Enrolled { "enrolled" } else { "walk-in" };
    assert_eq!(
        (mode, opened.epoch.0),
        (text(&opens["mode"]), u32::try_from(opens["epoch"].as_u64().unwrap()).unwrap())
    );
    assert_eq!(opened.bytes, bytes(&opens["inside"]));
    assert_eq!(opened.mark, array(&opens["mark"]));
}
