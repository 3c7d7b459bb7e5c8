//! Dispatches, good and bad (spec §12).

use cowl_core::{
    Addressee, Alert, Authority, Dispatch, DispatchError, Epoch, HelpKey, LaneKey, OperationId, Place,
    ReportId, RoleIndex, Secret, schedule::RoleRoot,
};
use serde_json::{Value, json};

use crate::reference::{
    json::{array, bytes, number, text},
    keys::{self, Key},
    numbers,
    signed::{self, signed},
    world,
};

/// The smallest that there is: four times a beacon's size, and 4,096 bytes at least.
const SIZE: usize = 4_096;
const MARKS: usize = SIZE / 16;
const LANES: usize = 5;
/// Bytes of a lane's plaintext: what is left beside 132 bytes and the marks, in five parts, without five and sixteen bytes each.
const ROOM: usize = (SIZE - 132 - MARKS * 8) / LANES - 5 - 16;
const SEQUENCE: u64 = 41;
const CONTEXT: &[u8] = b"cowl/1 dispatch";
const PLACE: Place = Place(5);

struct Made {
    operation: [u8; 16],
    sequence: u64,
    /// By lane.
    lanes: Vec<Vec<u8>>,
    keys: Vec<Key>,
    marks: Vec<[u8; 8]>,
    flip: u8,
    extra: Vec<u8>,
}

fn lane_keys(epoch: u32) -> Vec<Key> {
    let operation = world::operation().0;
    let public = signed::public(&world::authority_seed());
    let everybody = keys::hkdf(&operation, &public, &[b"cowl/1 public alerts", &epoch.to_be_bytes()]);
    let beacon = keys::beacon_key(&world::beacon_secret(), &operation, epoch);
    let roles = world::ROLES.map(|role| {
        let root = world::root(role, world::NOW);
        keys::hkdf(&operation, &root, &[b"cowl/1 role's alerts", &[role.0], &epoch.to_be_bytes()])
    });
    [everybody, keys::expand(&beacon, b"cowl/1 members' alerts")].into_iter().chain(roles).collect()
}

fn report() -> [u8; 16] {
    numbers::bytes("a report that help comes to")
}

fn help_key() -> Key {
    let root = world::root(world::MEDICAL, world::NOW);
    let device = keys::device_root(&root, &world::operation().0, world::MEDICAL.0, world::NOW.0, PLACE.0);
    keys::expand(&device, &[b"cowl/1 help key", &report()[..]].concat())
}

fn mark(sequence: u64) -> [u8; 8] {
    let info = [b"cowl/1 help mark", &world::operation().0[..], &sequence.to_be_bytes()].concat();
    keys::expand(&help_key(), &info)[..8].try_into().unwrap()
}

impl Made {
    fn new() -> Self {
        let (all, bridge) = (alert(7, Some(0), "a wave is coming"), alert(9, None, "the bridge is down"));
        let zone = alert_to(
            12,
            |e| {
                e.array(2)
                    .unwrap()
                    .u8(3)
                    .unwrap()
                    .array(1)
                    .unwrap()
                    .array(2)
                    .unwrap()
                    .u8(1)
                    .unwrap()
                    .str("18QYF79")
                    .unwrap();
            },
            "leave",
        );
        let lanes = [
            vec![all.clone()],
            vec![all.clone(), zone.clone()],
            vec![all.clone(), zone.clone()],
            vec![all.clone(), bridge, zone.clone()],
            vec![all, zone],
        ];
        let mut marks: Vec<_> = (1..MARKS).map(|n| numbers::bytes(&format!("a filler {n}"))).collect();
        marks.push(mark(SEQUENCE));
        marks.sort_unstable();
        Self {
            operation: world::operation().0,
            sequence: SEQUENCE,
            lanes: lanes.iter().map(|alerts| list(alerts)).collect(),
            keys: lane_keys(world::NOW.0),
            marks,
            flip: 0,
            extra: Vec::new(),
        }
    }

    fn cbor(&self) -> Vec<u8> {
        use aes_gcm_siv::{
            Aes256GcmSiv, KeyInit as _,
            aead::{Aead as _, Payload},
        };
        let mut nonce = [0; 12];
        nonce[4..].copy_from_slice(&self.sequence.to_be_bytes());
        let mut e = minicbor::Encoder::new(Vec::new());
        e.array(6).unwrap().bytes(&self.operation).unwrap().u64(self.sequence).unwrap();
        e.u32(world::NOW.0).unwrap().u64(1_263_470_400).unwrap().array(self.lanes.len() as u64).unwrap();
        for (lane, alerts) in (0_u8..).zip(&self.lanes) {
            let mut text = alerts.clone();
            text.resize(ROOM, 0);
            let aad = [
                b"cowl/1 alerts",
                &self.operation[..],
                &world::NOW.0.to_be_bytes(),
                &self.sequence.to_be_bytes(),
                &[lane],
            ]
            .concat();
            let key = self.keys[usize::from(lane)];
            let mut sealed = Aes256GcmSiv::new(&key.into())
                .encrypt(&nonce.into(), Payload { msg: &text, aad: &aad })
                .unwrap();
            sealed[0] ^= self.flip;
            e.bytes(&sealed).unwrap();
        }
        e.bytes(&self.marks.concat()).unwrap();
        let mut cbor = e.into_writer();
        cbor.extend_from_slice(&self.extra);
        cbor
    }

    fn sign(&self) -> Vec<u8> {
        signed::framed(&world::authority_seed(), CONTEXT, &self.cbor(), SIZE)
    }
}

/// An alert to everybody (0), to members (1), or to the medical role.
fn alert(number: u64, to: Option<u8>, text: &str) -> Vec<u8> {
    alert_to(
        number,
        |e| match to {
            Some(kind) => drop(e.array(2).unwrap().u8(kind).unwrap().array(0).unwrap()),
            None => drop(e.array(2).unwrap().u8(2).unwrap().array(1).unwrap().u8(world::MEDICAL.0).unwrap()),
        },
        text,
    )
}

fn alert_to(number: u64, to: impl FnOnce(&mut minicbor::Encoder<Vec<u8>>), text: &str) -> Vec<u8> {
    let mut e = minicbor::Encoder::new(Vec::new());
    e.array(5).unwrap().u64(number).unwrap();
    to(&mut e);
    e.u64(1_263_470_000).unwrap().u64(1_263_480_000).unwrap().str(text).unwrap();
    e.into_writer()
}

fn list(alerts: &[Vec<u8>]) -> Vec<u8> {
    let mut e = minicbor::Encoder::new(Vec::new());
    e.array(alerts.len() as u64).unwrap();
    [e.into_writer(), alerts.concat()].concat()
}

pub(crate) fn make() -> Value {
    let case = |name: &str, class: &str, why: &str, dispatch: Vec<u8>| json!({ "name": name, "spec": "§12", "class": class, "why": why, "dispatch": hex::encode(dispatch) });
    let sign = |change: fn(&mut Made)| {
        let mut made = Made::new();
        change(&mut made);
        made.sign()
    };
    let edited = |edit: fn(&mut Vec<u8>)| {
        let mut dispatch = Made::new().sign();
        edit(&mut dispatch);
        dispatch
    };
    let content = Made::new().sign()[64..].to_vec();
    let mut good = case("three alerts, and help to one report", "good", "", Made::new().sign());
    good["says"] = json!({ "sequence": SEQUENCE, "epoch": world::NOW.0, "help": true,
        "everybody": [7], "members": [7, 12], "triage": [7, 12], "medical": [7, 9, 12] });
    let mut none = case(
        "nothing to say",
        "good",
        "",
        sign(|made| {
            made.lanes.iter_mut().for_each(|lane| *lane = list(&[]));
            made.marks[0] = [0; 8];
            let at = made.marks.iter().position(|other| *other == mark(SEQUENCE)).unwrap();
            made.marks[at] = numbers::bytes("another filler");
            made.marks.sort_unstable();
        }),
    );
    none["says"] = json!({ "sequence": SEQUENCE, "epoch": world::NOW.0, "help": false,
        "everybody": [], "members": [], "triage": [], "medical": [] });
    json!({
        "about": "Dispatches (spec §12) at a medical responder who accepted sequence `newest` before; the help key is of place 5's report.",
        "authority": hex::encode(signed::public(&world::authority_seed())),
        "operation": hex::encode(world::operation().0),
        "newest": 40,
        "size": SIZE,
        "beacon key": hex::encode(keys::beacon_key(&world::beacon_secret(), &world::operation().0, world::NOW.0)),
        "triage root": hex::encode(world::root(world::TRIAGE, world::NOW)),
        "medical root": hex::encode(world::root(world::MEDICAL, world::NOW)),
        "report": hex::encode(report()),
        "help key": hex::encode(help_key()),
        "mark": hex::encode(mark(SEQUENCE)),
        "cases": [
            good,
            none,
            case("the same sequence again", "replayed", "an old alert would be given again", sign(|made| made.sequence = 40)),
            case("of another operation", "other operation", "each has a sequence of its own", sign(|made| made.operation = numbers::bytes("another operation"))),
            case("signature altered", "not signed", "the signature covers everything", edited(|dispatch| dispatch[0] ^= 1)),
            case("a mark altered", "not signed", "only the authority says that help is coming", edited(|dispatch| dispatch[SIZE - 300] ^= 1)),
            case("cut by one byte", "not signed", "the signature covers everything", edited(|dispatch| { dispatch.pop(); })),
            case("signed as a beacon", "not signed", "nothing signed for one purpose stands for another", signed(&world::authority_seed(), b"cowl/1 beacon", &content)),
            case("by another authority", "not signed", "who holds a role's keys could seal an alert, and must not give one", signed::framed(&numbers::bytes("another authority"), CONTEXT, &Made::new().cbor(), SIZE)),
            case("nothing", "malformed", "too short for a signature", Vec::new()),
            case("something behind the CBOR", "malformed", "a channel that nobody knows of", sign(|made| made.extra.push(0))),
            case("marks out of order", "malformed", "their order would be a channel", sign(|made| made.marks.swap(0, 1))),
            case("a mark twice", "malformed", "one list, one form", sign(|made| made.marks[1] = made.marks[0])),
            case("one lane", "malformed", "there are at least two", sign(|made| made.lanes.truncate(1))),
            case("a lane altered, and signed", "alerts", "the alerts authenticate by themselves", sign(|made| made.flip = 1)),
            case("the medical lane under the triage role's key", "alerts", "a role opens its own", sign(|made| made.keys[3] = made.keys[2])),
            case("under another epoch's keys", "alerts", "the keys are of the epoch", sign(|made| made.keys = lane_keys(11))),
            case("an alert to another role in the medical lane", "malformed", "it would be shown to whom it is not for", sign(|made| {
                made.lanes[3] = list(&[alert_to(9, |e| { e.array(2).unwrap().u8(2).unwrap().array(1).unwrap().u8(0).unwrap(); }, "x")]);
            })),
            case("alerts out of order", "malformed", "the last is the newest", sign(|made| made.lanes[3] = list(&[alert(9, Some(1), "a"), alert(7, Some(1), "b")]))),
            case("an alert with a line break", "malformed", "it could forge a line", sign(|made| made.lanes[3] = list(&[alert(9, Some(1), "a\nALERT b")]))),
            case("an alert that turns the direction of writing", "malformed", "it could turn what stands beside it", sign(|made| made.lanes[3] = list(&[alert(9, Some(1), "a\u{202e}b")]))),
            case("alerts that claim 2^60 entries", "malformed", "a claimed length reserves nothing", sign(|made| made.lanes[3] = hex::decode("9b1000000000000000").unwrap())),
            case("something behind the alerts", "malformed", "a channel that nobody knows of", sign(|made| made.lanes[3].push(1))),
        ],
    })
}

pub(crate) fn check(file: &Value, case: &Value) {
    let authority = Authority(array(&file["authority"]));
    let operation = OperationId(array(&file["operation"]));
    let root = |name: &str| RoleRoot::new(Secret::new(array(&file[name])));
    let (triage, medical) = (root("triage root"), root("medical root"));
    let dispatch = bytes(&case["dispatch"]);
    let read = Dispatch::verify(&dispatch, authority, operation, Some(number(&file["newest"])));
    let alerts = read.as_ref().map_err(|error| *error);
    let alerts = alerts.and_then(|read| read.alerts(&LaneKey::Role(world::MEDICAL, &medical)));
    let class = match &alerts {
        Ok(_) => "good",
        Err(DispatchError::Malformed) => "malformed",
        Err(DispatchError::NotSigned(_)) => "not signed",
        Err(DispatchError::OtherOperation) => "other operation",
        Err(DispatchError::Replayed) => "replayed",
        Err(DispatchError::Alerts) => "alerts",
        Err(_) => "a class without a name",
    };
    assert_eq!(class, text(&case["class"]));
    let (Ok(read), Ok(_), Some(says)) = (read, alerts, case.get("says")) else { return };
    assert_eq!(dispatch.len(), usize::try_from(number(&file["size"])).unwrap());
    assert_eq!([read.sequence, read.epoch.0.into()], ["sequence", "epoch"].map(|name| number(&says[name])));
    let beacon = Secret::new(array(&file["beacon key"]));
    let lanes = [
        ("everybody", LaneKey::Everybody(authority)),
        ("members", LaneKey::Members(&beacon)),
        ("triage", LaneKey::Role(RoleIndex(0), &triage)),
        ("medical", LaneKey::Role(RoleIndex(1), &medical)),
    ];
    for (name, key) in lanes {
        let numbers: Vec<_> = read.alerts(&key).unwrap().iter().map(|alert: &Alert| alert.number).collect();
        let said: Vec<_> = says[name].as_array().unwrap().iter().map(number).collect();
        assert_eq!(numbers, said, "{name}");
    }
    let device =
        medical.device(operation, world::MEDICAL, Epoch(number(&says["epoch"]).try_into().unwrap()), PLACE);
    let key = device.help_key(ReportId(array(&file["report"])));
    assert_eq!(key, HelpKey::from_bytes(array(&file["help key"])));
    assert_eq!(read.says_help(&key), says["help"].as_bool().unwrap());
    assert!(!matches!(
        read.alerts(&LaneKey::Members(&beacon)).unwrap().first(),
        Some(Alert { to: Addressee::Role(_), .. })
    ));
}
