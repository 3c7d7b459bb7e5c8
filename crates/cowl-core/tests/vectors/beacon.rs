//! Beacons, good and bad (spec §6.2).

use cowl_core::{
    Authority, AuthorityKey, Beacon, BeaconError, BeaconSecrets, CloneMarks, Counts, OperationId, Place,
    Secret, schedule::RoleRoot,
};
use serde_json::{Value, json};

use crate::reference::{
    json::{array, bytes, number, small, text},
    keys::{self, Key},
    numbers,
    signed::{self, signed},
    world,
};

const SIZE: usize = world::BEACON_SIZE as usize;
/// Bytes of the sealed counts: the beacon's without signature, length, 64 for the rest of the CBOR, and tag.
const ROOM: usize = SIZE - 64 - 4 - 64 - 16;
const SEQUENCE: u64 = 41;

/// What a beacon says, before it is signed.
struct Made {
    operation: [u8; 16],
    sequence: u64,
    counts: Vec<u8>,
    key: Key,
    /// Bits flipped in the sealed counts.
    flip: u8,
}

impl Made {
    fn new() -> Self {
        Self {
            operation: world::operation().0,
            sequence: SEQUENCE,
            counts: counts(),
            key: keys::beacon_key(&world::beacon_secret(), &world::operation().0, world::NOW.0),
            flip: 0,
        }
    }

    fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    fn cbor(&self) -> Vec<u8> {
        use aes_gcm_siv::{
            Aes256GcmSiv, KeyInit as _,
            aead::{Aead as _, Payload},
        };
        let mut text = self.counts.clone();
        text.resize(ROOM, 0);
        let mut nonce = [0; 12];
        nonce[4..].copy_from_slice(&self.sequence.to_be_bytes());
        let aad = [
            b"cowl/1 counts",
            &self.operation[..],
            &world::NOW.0.to_be_bytes(),
            &self.sequence.to_be_bytes(),
        ]
        .concat();
        let mut sealed = Aes256GcmSiv::new(&self.key.into())
            .encrypt(&nonce.into(), Payload { msg: &text, aad: &aad })
            .unwrap();
        sealed[0] ^= self.flip;
        let mut e = minicbor::Encoder::new(Vec::new());
        e.array(6).unwrap().bytes(&self.operation).unwrap().u64(self.sequence).unwrap();
        e.u32(world::NOW.0).unwrap().u32(900).unwrap().u32(world::VERSION).unwrap().bytes(&sealed).unwrap();
        e.into_writer()
    }

    fn sign(&self) -> Vec<u8> {
        signed::beacon(&world::authority_seed(), &self.cbor(), SIZE)
    }
}

/// Two zones: five people in one square of 10 km, 25 in the department around it, of whom enough rest there.
fn counts() -> Vec<u8> {
    let mut e = minicbor::Encoder::new(Vec::new());
    e.array(2).unwrap();
    for (level, label, at_least, rests) in [(1_u8, "18QYF85", 5_u16, 0b010_u8), (2, "Ouest", 25, 0b111)] {
        e.array(3).unwrap().array(2).unwrap().u8(level).unwrap().str(label).unwrap();
        e.u16(at_least).unwrap().u8(rests).unwrap();
    }
    e.into_writer()
}

/// The marks of the devices at these places, as one byte string behind the counts.
fn with_marks(marks: &[u8]) -> Vec<u8> {
    let mut e = minicbor::Encoder::new(counts());
    e.bytes(marks).unwrap();
    e.into_writer()
}

/// What the devices at the first so many places are called, ascending.
fn marks(count: u32) -> Vec<[u8; 8]> {
    let (operation, role, epoch) = (world::operation().0, world::CENSUS, world::NOW);
    let root = world::root(role, epoch);
    let mark = |place| keys::clone_mark(&keys::device_root(&root, &operation, role.0, epoch.0, place));
    let mut marks: Vec<_> = (0..count).map(mark).collect();
    marks.sort_unstable();
    marks
}

fn resigned(edit: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut content = Made::new().sign()[64..].to_vec();
    edit(&mut content);
    signed(&world::authority_seed(), b"cowl/1 beacon", &content)
}

fn edited(edit: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut beacon = Made::new().sign();
    edit(&mut beacon);
    beacon
}

pub(crate) fn make() -> Value {
    let case = |name: &str, class: &str, why: &str, beacon: Vec<u8>| json!({ "name": name, "spec": "§6.2", "class": class, "why": why, "beacon": hex::encode(beacon) });
    let sign = |change: fn(&mut Made)| Made::new().with(change).sign();
    let content = Made::new().sign()[64..].to_vec();
    let length = |content: &mut Vec<u8>, length: u32| content[..4].copy_from_slice(&length.to_be_bytes());
    let mut good = case("a beacon", "good", "", Made::new().sign());
    good["says"] = json!({
        "sequence": SEQUENCE, "epoch": world::NOW.0, "into epoch": 900, "manifest": world::VERSION,
        "counts": hex::encode(counts()),
    });
    let mut told = case(
        "two devices are told of their clones",
        "good",
        "",
        sign(|made| made.counts = with_marks(&marks(2).concat())),
    );
    told["says"] = good["says"].clone();
    told["says"]["clone marks"] = json!(marks(2).iter().map(hex::encode).collect::<Vec<_>>());
    json!({
        "about": "Beacons (spec §6.2), at an enrolled device that accepted the one of sequence `newest` before.",
        "authority": hex::encode(signed::public(&world::authority_seed())),
        "authority seed": hex::encode(world::authority_seed()),
        "operation": hex::encode(world::operation().0),
        "beacon key": hex::encode(Made::new().key),
        "newest": SEQUENCE - 1,
        "size": SIZE,
        "cases": [
            good,
            told,
            case("without counts", "good", "after the service starts nobody is counted yet", sign(|made| made.counts = vec![0x80])),
            case("the same sequence again", "replayed", "an old beacon would hold devices back in an old epoch", sign(|made| made.sequence -= 1)),
            case("of another operation", "other operation", "each operation has a sequence of its own", sign(|made| made.operation = numbers::bytes("another operation"))),
            case("signature altered", "not signed", "the signature", edited(|beacon| beacon[5] ^= 1)),
            case("content altered", "not signed", "the signature covers all of it", edited(|beacon| beacon[90] ^= 1)),
            case("cut by one byte", "not signed", "the signature covers the length", edited(|beacon| beacon.truncate(SIZE - 1))),
            case("signed as a manifest", "not signed", "nothing signed for one purpose may stand for another", signed(&world::authority_seed(), b"cowl/1 manifest", &content)),
            case("by another authority", "not signed", "only the operation's authority may lead it", signed::beacon(&numbers::bytes("another authority"), &Made::new().cbor(), SIZE)),
            case("nothing", "malformed", "too short for a signature", Vec::new()),
            case("padding that is not zero", "malformed", "one beacon, one form", resigned(|content| *content.last_mut().unwrap() = 1)),
            case("a length beyond the end", "malformed", "the length must lie within", resigned(|content| length(content, u32::MAX))),
            case("a length that cuts the CBOR short", "malformed", "the CBOR must be whole", resigned(|content| length(content, 30))),
            case("something behind the CBOR, within the length", "malformed", "a channel that the policy does not know of",
                signed::beacon(&world::authority_seed(), &[Made::new().cbor(), vec![0]].concat(), SIZE)),
            case("counts altered, and signed", "counts", "the counts authenticate by themselves", sign(|made| made.flip = 1)),
            case("counts under another epoch's key", "counts", "the key is of the epoch", sign(|made| made.key = keys::beacon_key(&world::beacon_secret(), &made.operation, 11))),
            case("counts that claim 2^60 entries", "malformed", "a claimed length reserves nothing", sign(|made| made.counts = hex::decode("9b1000000000000000").unwrap())),
            case("counts out of order", "malformed", "one list, one form", sign(|made| {
                let all = counts();
                made.counts = [&all[..1], &all[14..], &all[1..14]].concat();
            })),
            case("marks out of order", "malformed", "one list, one form", sign(|made| {
                made.counts = with_marks(&marks(2).into_iter().rev().collect::<Vec<_>>().concat());
            })),
            case("a mark twice", "malformed", "one list, one form", sign(|made| made.counts = with_marks(&marks(1).repeat(2).concat()))),
            case("33 marks", "malformed", "a stranger's list must cost little", sign(|made| made.counts = with_marks(&marks(33).concat()))),
            case("a mark cut short", "malformed", "a mark has eight bytes", sign(|made| made.counts = with_marks(&marks(2).concat()[..15]))),
            case("a list of no marks", "malformed", "one list, one form", sign(|made| made.counts = with_marks(&[]))),
            case("marks that are no byte string", "malformed", "one list, one form", sign(|made| made.counts.push(1))),
        ],
    })
}

pub(crate) fn check(file: &Value, case: &Value) {
    let authority = Authority(array(&file["authority"]));
    let operation = OperationId(array(&file["operation"]));
    let key = Secret::new(array(&file["beacon key"]));
    let beacon = bytes(&case["beacon"]);
    let read = Beacon::verify(&beacon, authority, operation, Some(number(&file["newest"])));
    let news = read.as_ref().map_err(|error| *error).and_then(|read| read.news(&key));
    let class = match news {
        Ok(_) => "good",
        Err(BeaconError::Malformed) => "malformed",
        Err(BeaconError::NotSigned(_)) => "not signed",
        Err(BeaconError::OtherOperation) => "other operation",
        Err(BeaconError::Replayed) => "replayed",
        Err(BeaconError::Counts) => "counts",
        Err(_) => "a class without a name",
    };
    assert_eq!(class, text(&case["class"]));
    let (Ok(read), Ok(news), Some(says)) = (read, news, case.get("says")) else { return };
    let said: Counts = minicbor::decode(&bytes(&says["counts"])).unwrap();
    assert_eq!(news.counts, said);
    let root = RoleRoot::new(Secret::new(world::root(world::CENSUS, world::NOW)));
    let own =
        (0..2).map(|place| root.device(operation, world::CENSUS, world::NOW, Place(place)).clone_mark());
    let told = if says.get("clone marks").is_some() { CloneMarks::new(own) } else { CloneMarks::default() };
    assert_eq!(news.clones, told);
    let about = [read.sequence, read.epoch.0.into(), read.into_epoch.into(), read.manifest.into()];
    assert_eq!(about, ["sequence", "epoch", "into epoch", "manifest"].map(|name| number(&says[name])));
    // The library issues the same bytes.
    let authority = AuthorityKey::new(&Secret::new(array(&file["authority seed"])));
    let secrets = BeaconSecrets { authority: &authority, key: &key, size: small(&file["size"]) };
    let made =
        Beacon::issue(operation, read.sequence, read.epoch, read.into_epoch, read.manifest, &news, &secrets);
    assert_eq!(made.unwrap(), beacon);
}
