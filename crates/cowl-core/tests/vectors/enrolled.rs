//! Enrolled messages, good and bad (spec §4).

use cowl_core::{Counter, Epoch, Place, RoleIndex, WalkInSuite};
use serde_json::{Value, json};

use crate::messages::{Sent, Step, case, header};
use crate::reference::{
    envelope::{self, Binding, PartKeys, plaintext},
    json::{array, bytes, number, small},
    keys, numbers,
    world::{self, CENSUS, MEDICAL, NOW, TRIAGE},
};

const SUITE: WalkInSuite = WalkInSuite::X25519;
const PLACE: u32 = 5;

/// All that goes into one message; each bad one differs from the good one in one thing.
struct Made {
    binding: Binding,
    keys: Vec<PartKeys>,
    counter: u64,
    texts: Vec<Vec<u8>>,
    custody: Vec<u8>,
}

impl Made {
    fn new(place: u32, epoch: Epoch, counter: u64, report: u64) -> Self {
        let bodies = world::bodies(&world::report(SUITE, report));
        let sizes = world::policy(SUITE).roles.iter().map(|role| usize::from(role.size)).collect::<Vec<_>>();
        let texts =
            bodies.iter().zip(sizes).map(|(body, size)| plaintext(&world::header(report), body, size));
        Self {
            binding: world::binding(epoch),
            keys: world::part_keys(epoch, Place(place)),
            counter,
            texts: texts.collect(),
            custody: numbers::bytes::<16>(&custody_label(place, counter)).into(),
        }
    }

    fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    fn seal(&self) -> Vec<u8> {
        envelope::enrolled(&self.binding, &self.keys, self.counter, &self.texts, &self.custody)
    }
}

fn custody_label(place: u32, counter: u64) -> String {
    format!("custody of place {place}, counter {counter}")
}

fn good(counter: u64) -> Vec<u8> {
    Made::new(PLACE, NOW, counter, counter).seal()
}

fn altered(counter: u64, at: usize) -> Vec<u8> {
    let mut message = good(counter);
    message[at] ^= 1;
    message
}

/// Where a role's part begins and ends.
fn part(role: RoleIndex) -> core::ops::Range<usize> {
    world::layout(SUITE).enrolled_part(role).unwrap()
}

pub(crate) fn make() -> Value {
    let mut file = header(
        "Enrolled messages at a receiver (spec §4). A case is a fresh receiver of one role and the messages that it gets.",
        SUITE,
    );
    let mut cases = opened();
    cases.extend(followed());
    cases.extend(replayed());
    cases.extend(bound());
    cases.extend(shaped());
    file["cases"] = cases.into();
    file
}

fn opened() -> Vec<Value> {
    let sent = Sent::Enrolled(PLACE, NOW.0);
    let mut cases: Vec<_> = world::ROLES
        .iter()
        .map(|role| {
            let steps = vec![Step::opened(good(0), 0, sent)];
            let name = format!("a message, opened by role {}", role.0);
            let mut case = case(&name, "§4.1–§4.3", "each role opens its own part", *role, SUITE, steps);
            case["sealed"] = sealed(&Made::new(PLACE, NOW, 0, 0), 0, NOW);
            case
        })
        .collect();
    for (name, epoch) in [("before", NOW.minus(1)), ("after", NOW.plus(1))] {
        let made = Made::new(7, epoch, 0, 3);
        let steps = vec![Step::opened(made.seal(), 3, Sent::Enrolled(7, epoch.0))];
        let why = "clocks differ, so the epochs around the current one are looked up as well";
        cases.push(case(&format!("from the epoch {name}"), "§4.5", why, MEDICAL, SUITE, steps));
    }
    cases.extend(world::ROLES.iter().map(|role| {
        let made = Made::new(PLACE, NOW, 0, 0).with(|made| {
            let sizes =
                world::policy(SUITE).roles.iter().map(|role| usize::from(role.size)).collect::<Vec<_>>();
            made.texts = sizes.into_iter().map(|size| plaintext(&world::header(0), &[], size)).collect();
        });
        let steps = vec![Step::opened(made.seal(), 0, sent), Step::refused(made.seal(), "replayed")];
        let why = "cover is a message like any other until it is opened";
        cover(case(&format!("cover, opened by role {}", role.0), "§4.3", why, *role, SUITE, steps))
    }));
    cases
}

/// What the first step opens has a body of length 0.
pub(crate) fn cover(mut case: Value) -> Value {
    case["steps"][0]["reports"][0]["body"] = "".into();
    case
}

fn followed() -> Vec<Value> {
    let sent = Sent::Enrolled(PLACE, NOW.0);
    let gap = vec![
        Step::opened(good(3), 3, sent),
        Step::opened(good(0), 0, sent),
        Step::refused(good(66), "unknown"),
        Step { message: good(64), expect: "opened", opens: vec![(64, sent), (66, sent)], at: 0 },
        Step::opened(good(65), 65, sent),
    ];
    let why = "a message whose tag is not expected waits, and is opened when its device is found further on";
    vec![
        case("out of order, and over a gap to a mark", "§4.5", why, MEDICAL, SUITE, gap),
        case(
            "a garbled copy comes first",
            "§4.5",
            "a counter advances only when its part authenticates: garbage under a copied tag suppresses nothing",
            MEDICAL,
            SUITE,
            vec![
                Step::refused(altered(0, part(MEDICAL).end - 1), "not authentic"),
                Step::opened(good(0), 0, sent),
            ],
        ),
        case(
            "a garbled copy waits with the message",
            "§4.5",
            "only the cipher can say which of two waiting messages under one tag is genuine",
            MEDICAL,
            SUITE,
            vec![
                Step::refused(altered(1_000, part(MEDICAL).end - 1), "unknown"),
                Step::refused(good(40), "unknown"),
                Step::refused(altered(40, part(MEDICAL).end - 1), "unknown"),
                Step { message: good(64), expect: "opened", opens: vec![(64, sent), (40, sent)], at: 0 },
            ],
        ),
        case(
            "a revoked device",
            "§4.5",
            "its place is not live, so its tags are no one's",
            MEDICAL,
            SUITE,
            vec![Step::refused(Made::new(world::REVOKED.0, NOW, 0, 0).seal(), "unknown")],
        ),
        case(
            "from an epoch that is not held",
            "§4.5",
            "keys of past epochs are deleted, of later ones not there yet",
            MEDICAL,
            SUITE,
            vec![
                Step::refused(Made::new(PLACE, NOW.minus(2), 0, 0).seal(), "unknown"),
                Step::refused(Made::new(PLACE, NOW.plus(2), 0, 0).seal(), "unknown"),
            ],
        ),
    ]
}

fn replayed() -> Vec<Value> {
    let sent = Sent::Enrolled(PLACE, NOW.0);
    let clone = Made::new(PLACE, NOW, 0, 9).seal();
    let ahead = vec![
        Step::refused(good(5), "unknown"),
        Step::refused(good(4), "unknown"),
        Step { message: good(1), expect: "opened", opens: vec![(1, sent), (4, sent), (5, sent)], at: 0 },
        Step::refused(good(4), "replayed"),
    ];
    vec![
        case(
            "a replay of a message that was opened ahead of others",
            "§4.5",
            "what was passed is awaited no more if it was opened before",
            MEDICAL,
            SUITE,
            ahead,
        ),
        case(
            "a replay",
            "§4.5",
            "the broker, or a link with QoS 1, delivers a message twice",
            MEDICAL,
            SUITE,
            vec![Step::opened(good(0), 0, sent), Step::refused(good(0), "replayed")],
        ),
        case(
            "a clone: one tag, two messages",
            "§4.4",
            "a copied or restored device uses a counter again; both are told to enrol anew",
            MEDICAL,
            SUITE,
            vec![
                Step::opened(good(0), 0, sent),
                Step { message: clone, expect: "clone", opens: vec![(9, sent)], at: 0 },
            ],
        ),
        case(
            "a used tag on garbage",
            "§4.5",
            "anybody can copy a tag; it is no clone",
            MEDICAL,
            SUITE,
            vec![
                Step::opened(good(0), 0, sent),
                Step::refused(altered(0, part(MEDICAL).end - 1), "not authentic"),
            ],
        ),
    ]
}

fn bound() -> Vec<Value> {
    let other = |change: fn(&mut Made)| Made::new(PLACE, NOW, 0, 0).with(change).seal();
    let mut spliced = good(0);
    let theirs = Made::new(7, NOW, 0, 1).seal();
    spliced[part(TRIAGE)].copy_from_slice(&theirs[part(TRIAGE)]);
    let mut same_device = good(0);
    same_device[part(TRIAGE)].copy_from_slice(&good(1)[part(TRIAGE)]);
    let custody = good(0).len() - 1;
    let not_authentic = |name: &str, spec: &str, why: &str, message: Vec<u8>| {
        case(name, spec, why, MEDICAL, SUITE, vec![Step::refused(message, "not authentic")])
    };
    vec![
        case(
            "own tag altered",
            "§4.2",
            "a tag that is nobody's",
            MEDICAL,
            SUITE,
            vec![Step::refused(altered(0, part(MEDICAL).start), "unknown")],
        ),
        not_authentic(
            "another role's tag altered",
            "§4.2",
            "all tags are associated data of every part",
            altered(0, part(TRIAGE).start),
        ),
        not_authentic("ciphertext altered", "§4.2", "the AEAD", altered(0, part(MEDICAL).start + 16)),
        not_authentic(
            "authentication tag altered",
            "§4.2",
            "its 16 bytes are checked whole",
            altered(0, part(MEDICAL).end - 16),
        ),
        not_authentic(
            "spliced from two devices",
            "§4.2",
            "another device's part would put two people's reports together",
            spliced,
        ),
        not_authentic(
            "spliced from two messages of one device",
            "§4.2",
            "so would an earlier part",
            same_device,
        ),
        not_authentic(
            "custody part altered",
            "§4.2",
            "it is associated data of every part",
            altered(0, custody),
        ),
        not_authentic(
            "bound to another operation",
            "§4.2",
            "a key used in two operations must not make their messages interchangeable",
            other(|made| made.binding.operation[0] ^= 1),
        ),
        not_authentic(
            "bound to another epoch",
            "§4.2",
            "epochs are the lives of pseudonyms",
            other(|made| made.binding.epoch -= 1),
        ),
        not_authentic(
            "bound to another role",
            "§4.2",
            "a part made for one role must not be read as another's",
            other(|made| made.binding.role = Some(TRIAGE.0)),
        ),
        case(
            "under another role's keys",
            "§3.2",
            "each role has keys of its own",
            MEDICAL,
            SUITE,
            vec![Step::refused(other(|made| made.keys[1] = made.keys[0].clone()), "unknown")],
        ),
        case(
            "under another operation's keys",
            "§3.2",
            "the operation is the salt of every derivation",
            MEDICAL,
            SUITE,
            vec![Step::refused(
                other(|made| {
                    let operation = numbers::bytes("another operation");
                    let root = world::root(MEDICAL, NOW);
                    made.keys[1] =
                        PartKeys::of(&keys::device_root(&root, &operation, MEDICAL.0, NOW.0, PLACE));
                }),
                "unknown",
            )],
        ),
    ]
}

fn shaped() -> Vec<Value> {
    let text =
        |change: fn(&mut Vec<u8>)| Made::new(PLACE, NOW, 0, 0).with(|made| change(&mut made.texts[1])).seal();
    let not_authentic = |name: &str, why: &str, message: Vec<u8>| {
        case(name, "§4.3", why, MEDICAL, SUITE, vec![Step::refused(message, "not authentic")])
    };
    let size = |name: &str, message: Vec<u8>| {
        let why = "one size for all, fixed by the manifest: a length would tell one report from another";
        case(name, "§4.1", why, MEDICAL, SUITE, vec![Step::refused(message, "size")])
    };
    let cut = |length: usize| good(0)[..length].to_vec();
    vec![
        not_authentic(
            "padding that is not zero",
            "padding is a channel that the policy does not know of",
            text(|text| *text.last_mut().unwrap() = 1),
        ),
        not_authentic(
            "a length beyond the part",
            "the length must lie within the part",
            text(|text| text[36..38].copy_from_slice(&57_u16.to_be_bytes())),
        ),
        not_authentic(
            "a length that cuts the body short",
            "what is left of the body is padding that is not zero",
            text(|text| text[37] -= 1),
        ),
        size("empty", Vec::new()),
        size("cut by one byte", cut(good(0).len() - 1)),
        size("cut to one part", cut(part(TRIAGE).end)),
        size("one byte too many", [good(0), vec![0]].concat()),
        case(
            "the census role's part alone is altered",
            "§4.2",
            "each role answers for its own ciphertext only",
            MEDICAL,
            SUITE,
            vec![Step::opened(altered(0, part(CENSUS).end - 1), 0, Sent::Enrolled(PLACE, NOW.0))],
        ),
    ]
}

/// Every step between a report and its message.
fn sealed(made: &Made, report: u64, epoch: Epoch) -> Value {
    let tags: Vec<_> = made.keys.iter().map(|keys| keys::tag(&keys.tag, made.counter)).collect();
    let parts: Vec<_> = (0_u8..)
        .zip(&made.keys)
        .map(|(role, keys)| {
            let tag = tags[usize::from(role)];
            json!({
                "role": role, "part key": hex::encode(keys.part), "tag key": hex::encode(keys.tag),
                "tag": hex::encode(tag), "nonce": hex::encode(&tag[..12]),
                "associated data": hex::encode(envelope::associated(&made.binding, role, &tags, &made.custody)),
                "plaintext": hex::encode(&made.texts[usize::from(role)]),
            })
        })
        .collect();
    json!({
        "epoch": epoch.0, "place": PLACE, "counter": made.counter, "report number": report,
        "custody": hex::encode(&made.custody), "parts": parts,
    })
}

/// The library seals the same bytes.
pub(crate) fn check_sealed(sealed: &Value, message: &[u8]) {
    let (epoch, place) = (Epoch(small(&sealed["epoch"])), small(&sealed["place"]));
    let counter: u32 = small(&sealed["counter"]);
    let report = world::report(SUITE, number(&sealed["report number"]));
    let mut custody = numbers::Numbers::new(&custody_label(place, counter.into()));
    let made =
        world::device(SUITE, epoch, Place(place)).seal(Counter(counter), &report, &mut custody).unwrap();
    assert_eq!(made.bytes(), message);
    for (role, part) in (0_u8..).zip(sealed["parts"].as_array().unwrap()) {
        let range = world::layout(SUITE).enrolled_part(RoleIndex(role)).unwrap();
        assert_eq!(message[range][..16], array::<16>(&part["tag"]));
        assert_eq!(bytes(&part["nonce"]), bytes(&part["tag"])[..12]);
    }
}
