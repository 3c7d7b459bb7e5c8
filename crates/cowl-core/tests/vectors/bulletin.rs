//! Bulletins, good and bad (spec §6.4).

use cowl_core::{
    Authority, AuthorityKey, BeaconSecrets, Bulletin, BulletinError, Command, OperationId, Secret,
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
/// Bytes of the sealed commands: the bulletin's without signature, length, 44 for the rest of the CBOR, and tag.
const ROOM: usize = SIZE - 64 - 4 - 44 - 16;
const SEQUENCE: u64 = 41;
const CONTEXT: &[u8] = b"cowl/1 bulletin";

/// What a bulletin says, before it is signed.
struct Made {
    operation: [u8; 16],
    sequence: u64,
    commands: Vec<u8>,
    key: Key,
    /// Bits flipped in the sealed commands.
    flip: u8,
}

impl Made {
    fn new() -> Self {
        let beacon_key = keys::beacon_key(&world::beacon_secret(), &world::operation().0, world::NOW.0);
        Self {
            operation: world::operation().0,
            sequence: SEQUENCE,
            commands: commands(&[(7, "cmnd/plug-7/POWER", b"ON", false), (9, "alarm/siren", b"1", true)]),
            key: keys::bulletin_key(&beacon_key),
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
        let mut text = self.commands.clone();
        text.resize(ROOM.max(text.len()), 0);
        let mut nonce = [0; 12];
        nonce[4..].copy_from_slice(&self.sequence.to_be_bytes());
        let aad = [
            b"cowl/1 commands",
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
        e.array(4).unwrap().bytes(&self.operation).unwrap().u64(self.sequence).unwrap();
        e.u32(world::NOW.0).unwrap().bytes(&sealed).unwrap();
        e.into_writer()
    }

    fn sign(&self) -> Vec<u8> {
        let cbor = self.cbor();
        signed::framed(&world::authority_seed(), CONTEXT, &cbor, SIZE.max(cbor.len() + 68))
    }
}

fn commands(commands: &[(u64, &str, &[u8], bool)]) -> Vec<u8> {
    let mut e = minicbor::Encoder::new(Vec::new());
    e.array(commands.len() as u64).unwrap();
    for (number, topic, payload, retain) in commands {
        e.array(4).unwrap().u64(*number).unwrap().str(topic).unwrap();
        e.bytes(payload).unwrap().bool(*retain).unwrap();
    }
    e.into_writer()
}

fn resigned(edit: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut content = Made::new().sign()[64..].to_vec();
    edit(&mut content);
    signed(&world::authority_seed(), CONTEXT, &content)
}

fn edited(edit: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut bulletin = Made::new().sign();
    edit(&mut bulletin);
    bulletin
}

pub(crate) fn make() -> Value {
    let case = |name: &str, class: &str, why: &str, bulletin: Vec<u8>| json!({ "name": name, "spec": "§6.4", "class": class, "why": why, "bulletin": hex::encode(bulletin) });
    let sign = |change: fn(&mut Made)| Made::new().with(change).sign();
    let length = |content: &mut Vec<u8>, length: u32| content[..4].copy_from_slice(&length.to_be_bytes());
    let content = Made::new().sign()[64..].to_vec();
    let mut good = case("two commands", "good", "", Made::new().sign());
    good["says"] = json!({ "sequence": SEQUENCE, "epoch": world::NOW.0, "commands": [
        { "number": 7, "topic": "cmnd/plug-7/POWER", "payload": hex::encode("ON"), "retain": false },
        { "number": 9, "topic": "alarm/siren", "payload": hex::encode("1"), "retain": true },
    ] });
    let mut none = case("no command", "good", "", sign(|made| made.commands = commands(&[])));
    none["says"] = json!({ "sequence": SEQUENCE, "epoch": world::NOW.0, "commands": [] });
    json!({
        "about": "Bulletins (spec §6.4) at a gateway that accepted sequence `newest` before.",
        "authority": hex::encode(signed::public(&world::authority_seed())),
        "authority seed": hex::encode(world::authority_seed()),
        "operation": hex::encode(world::operation().0),
        "beacon key": hex::encode(keys::beacon_key(&world::beacon_secret(), &world::operation().0, world::NOW.0)),
        "bulletin key": hex::encode(Made::new().key),
        "newest": 40,
        "size": SIZE,
        "cases": [
            good,
            none,
            case("the same sequence again", "replayed", "an old command would be given again", sign(|made| made.sequence = 40)),
            case("of another operation", "other operation", "each has a sequence of its own", sign(|made| made.operation = numbers::bytes("another operation"))),
            case("signature altered", "not signed", "the signature covers everything", edited(|bulletin| bulletin[0] ^= 1)),
            case("content altered", "not signed", "the signature covers everything", edited(|bulletin| bulletin[100] ^= 1)),
            case("cut by one byte", "not signed", "the signature covers everything", edited(|bulletin| { bulletin.pop(); })),
            case("signed as a beacon", "not signed", "nothing signed for one purpose stands for another",
                signed(&world::authority_seed(), b"cowl/1 beacon", &content)),
            case("by another authority", "not signed", "only the operation's authority commands its gateways",
                signed::framed(&numbers::bytes("another authority"), CONTEXT, &Made::new().cbor(), SIZE)),
            case("nothing", "malformed", "too short for a signature", Vec::new()),
            case("padding that is not zero", "malformed", "one bulletin, one form", resigned(|content| *content.last_mut().unwrap() = 1)),
            case("a length beyond the end", "malformed", "the length must lie within", resigned(|content| length(content, u32::MAX))),
            case("a length that cuts the CBOR short", "malformed", "the CBOR must be whole", resigned(|content| length(content, 30))),
            case("something behind the CBOR, within the length", "malformed", "a channel that nobody knows of",
                signed::framed(&world::authority_seed(), CONTEXT, &[Made::new().cbor(), vec![0]].concat(), SIZE)),
            case("commands altered, and signed", "commands", "the commands authenticate by themselves", sign(|made| made.flip = 1)),
            case("commands under the beacon's own key", "commands", "a key has one purpose",
                sign(|made| made.key = keys::beacon_key(&world::beacon_secret(), &made.operation, world::NOW.0))),
            case("commands under another epoch's key", "commands", "the key is of the epoch",
                sign(|made| made.key = keys::bulletin_key(&keys::beacon_key(&world::beacon_secret(), &made.operation, 11)))),
            case("commands that claim 2^60 entries", "malformed", "a claimed length reserves nothing", sign(|made| made.commands = hex::decode("9b1000000000000000").unwrap())),
            case("65 commands", "malformed", "a stranger's list must cost little", sign(|made| {
                made.commands = commands(&(0..65).map(|number| (number, "a", &b""[..], false)).collect::<Vec<_>>());
            })),
            case("commands out of order", "malformed", "the last is the newest", sign(|made| made.commands = commands(&[(9, "a", b"", false), (7, "b", b"", false)]))),
            case("a number twice", "malformed", "a number names one command", sign(|made| made.commands = commands(&[(7, "a", b"", false), (7, "b", b"", false)]))),
            case("a topic with a wildcard", "malformed", "it would break the gateway's own broker", sign(|made| made.commands = commands(&[(7, "cmnd/#", b"", false)]))),
            case("a topic of the broker's own", "malformed", "it would break the gateway's own broker", sign(|made| made.commands = commands(&[(7, "$SYS/x", b"", false)]))),
            case("no topic", "malformed", "nobody listens to it", sign(|made| made.commands = commands(&[(7, "", b"", false)]))),
            case("something behind the commands", "malformed", "a channel that nobody knows of", sign(|made| made.commands.push(1))),
        ],
    })
}

pub(crate) fn check(file: &Value, case: &Value) {
    let authority = Authority(array(&file["authority"]));
    let operation = OperationId(array(&file["operation"]));
    let key = Secret::new(array(&file["beacon key"]));
    let bulletin = bytes(&case["bulletin"]);
    let read = Bulletin::verify(&bulletin, authority, operation, Some(number(&file["newest"])));
    let commands = read.as_ref().map_err(|error| *error).and_then(|read| read.commands(&key));
    let class = match commands {
        Ok(_) => "good",
        Err(BulletinError::Malformed) => "malformed",
        Err(BulletinError::NotSigned(_)) => "not signed",
        Err(BulletinError::OtherOperation) => "other operation",
        Err(BulletinError::Replayed) => "replayed",
        Err(BulletinError::Commands) => "commands",
        Err(_) => "a class without a name",
    };
    assert_eq!(class, text(&case["class"]));
    let (Ok(read), Ok(commands), Some(says)) = (read, commands, case.get("says")) else { return };
    let said: Vec<_> = says["commands"].as_array().unwrap().iter().map(command).collect();
    assert_eq!(commands, said);
    assert_eq!([read.sequence, read.epoch.0.into()], ["sequence", "epoch"].map(|name| number(&says[name])));
    // The library issues the same bytes.
    let authority = AuthorityKey::new(&Secret::new(array(&file["authority seed"])));
    let secrets = BeaconSecrets { authority: &authority, key: &key, size: small(&file["size"]) };
    let made = Bulletin::issue(operation, read.sequence, read.epoch, &commands, &secrets);
    assert_eq!(made.unwrap(), bulletin);
}

fn command(said: &Value) -> Command {
    Command {
        number: number(&said["number"]),
        topic: text(&said["topic"]).into(),
        payload: bytes(&said["payload"]),
        retain: said["retain"].as_bool().unwrap(),
    }
}
