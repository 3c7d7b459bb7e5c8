//! Credential files, good and bad (spec §6.3).

use cowl_core::{
    AuthorityKey, Credential, CredentialError, DeviceKeyring, Epoch, Login, Member, MemberId, Membership,
    Place, RelayKeyring, ResponderKeyring, RoleIndex, Secret, SignedManifest, WalkInSuite,
    schedule::{DeviceRoot, RoleRoot, beacon_key},
};
use serde_json::{Value, json};

use crate::reference::{
    json::{array, bytes, text},
    numbers, world,
};

const SUITE: WalkInSuite = WalkInSuite::X25519;

fn manifest() -> SignedManifest {
    world::manifest(SUITE).sign(&AuthorityKey::new(&Secret::new(world::authority_seed()))).unwrap()
}

fn credential(member: Member) -> Vec<u8> {
    let credential = Credential {
        manifest: manifest(),
        login: Login { user: "device".into(), password: "correct horse battery staple".into() },
        instance: numbers::bytes("instance"),
        member,
        dangerous: None,
        membership: None,
        generation: 0,
    };
    credential.to_bytes().unwrap().to_vec()
}

fn device(place: u32, roles: usize) -> DeviceKeyring {
    let mut keyring = DeviceKeyring::starting(Epoch(world::KEYS.0));
    for epoch in (world::KEYS.0..world::KEYS.0 + 2).map(Epoch) {
        let roots: Vec<DeviceRoot> =
            world::device_roots(epoch, Place(place)).into_iter().cycle().take(roles).collect();
        let beacon = beacon_key(&Secret::new(world::beacon_secret()), world::operation(), epoch);
        keyring.push(&roots, beacon);
    }
    keyring
}

fn role(role: u8) -> ResponderKeyring {
    let roots: Vec<RoleRoot> = (world::KEYS.0..world::KEYS.0 + 2)
        .map(|epoch| world::role_root(RoleIndex(role), Epoch(epoch)))
        .collect();
    ResponderKeyring::unchained(RoleIndex(role), Epoch(world::KEYS.0), &roots)
}

fn relay(roles: usize) -> Member {
    let mut relay = RelayKeyring::starting(Epoch(world::KEYS.0));
    for epoch in (world::KEYS.0..world::KEYS.0 + 2).map(Epoch) {
        relay.push(&world::library_relay_root(epoch));
    }
    Member::Relay { identities: vec![device(9, roles)], relay }
}

pub(crate) fn make() -> Value {
    let good = credential(Member::Device(device(5, 3)));
    let magic = b"cowl credential 1\n".len();
    let case = |name: &str, class: &str, why: &str, file: Vec<u8>| json!({ "name": name, "spec": "§6.3", "class": class, "why": why, "file": hex::encode(file) });
    let edited = |edit: fn(&mut Vec<u8>)| {
        let mut file = good.clone();
        edit(&mut file);
        file
    };
    let mut of_device = case("of a device at place 5", "good", "", good.clone());
    let epochs = [9, 10].map(|epoch| {
        let roots = world::device_roots(Epoch(epoch), Place(5));
        let roots: Vec<_> = roots.iter().map(|root| hex::encode(root.secret().expose())).collect();
        json!({ "epoch": epoch, "device roots": roots })
    });
    of_device["holds"] = json!({ "place": 5, "epochs": epochs });
    json!({
        "about": "Credential files (spec §6.3).",
        "cases": [
            of_device,
            case("of a responder of two roles", "good", "", credential(Member::Responder(vec![role(0), role(1)]))),
            case("of a gateway for two identities", "good", "", credential(Member::Gateway(vec![device(5, 3), device(7, 3)]))),
            case("of a relay", "good", "", credential(relay(3))),
            case("of a device that can renew", "good", "its member id, its secret after four renewals, keys of generation 3", {
                let mut credential = Credential::from_bytes(&good).unwrap();
                let (id, secret) = (MemberId(numbers::bytes("member id")), Secret::new(numbers::bytes("member secret")));
                credential.membership = Some(Membership { id, secret, step: 4 });
                credential.generation = 3;
                credential.to_bytes().unwrap().to_vec()
            }),
            case("nothing", "not a credential", "it begins with its name", Vec::new()),
            case("another form", "not a credential", "what a later form means is not known", edited(|file| file[16] = b'2')),
            case("cut by one byte", "malformed", "half a key is no key", good[..good.len() - 1].to_vec()),
            case("cut behind its name", "malformed", "there is nothing in it", good[..magic].to_vec()),
            case("one byte too many", "malformed", "one credential, one form", [&good[..], &[0]].concat()),
            case("a keyring that claims 2^60 epochs", "malformed", "a claimed length reserves nothing", {
                let mut file = good[..good.len() - 300].to_vec();
                let end = good.windows(7).rposition(|bytes| bytes == [0x82, 0, 0x81, 0x82, 9, 0x82, 0x82]);
                file = end.map_or(file, |end| [&good[..end + 5], &[0x9b, 0x10, 0, 0, 0, 0, 0, 0, 0]].concat());
                file
            }),
            case("its manifest altered", "manifest", "the manifest in it is verified like any other", edited(|file| file[300] ^= 1)),
            case("an epoch with a root too few", "malformed", "roots are found by their place", credential(Member::Device(device(5, 2)))),
            case("an epoch with a root too many", "malformed", "roots are found by their place", credential(Member::Device(device(5, 4)))),
            case("of a relay whose identity has a root too few", "malformed", "roots are found by their place", credential(relay(2))),
            case("a role that the policy does not have", "malformed", "nothing could be opened", credential(Member::Responder(vec![role(3)]))),
        ],
    })
}

pub(crate) fn check(_: &Value, case: &Value) {
    let file = bytes(&case["file"]);
    let read = Credential::from_bytes(&file);
    let class = match &read {
        Ok(_) => "good",
        Err(CredentialError::NotACredential) => "not a credential",
        Err(CredentialError::Malformed) => "malformed",
        Err(CredentialError::Manifest(_)) => "manifest",
        #[allow(
            unreachable_patterns,
            reason = "a class that has no vector yet must fail, not stop the build"
        )]
        Err(_) => "a class without a name",
    };
    assert_eq!(class, text(&case["class"]));
    let Ok(read) = read else { return };
    assert_eq!(*read.to_bytes().unwrap(), file);
    let (Member::Device(keyring), Some(holds)) = (read.member, case.get("holds")) else { return };
    for epoch in holds["epochs"].as_array().unwrap() {
        let number = Epoch(u32::try_from(epoch["epoch"].as_u64().unwrap()).unwrap());
        let roots = keyring.roots(number).unwrap();
        for (root, expected) in roots.iter().zip(epoch["device roots"].as_array().unwrap()) {
            assert_eq!(*root.secret().expose(), array(expected));
        }
    }
}
