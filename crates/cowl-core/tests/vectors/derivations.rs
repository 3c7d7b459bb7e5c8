//! Key schedule, places, pseudonyms, mailbox (spec §3, §7.1).

use cowl_core::{
    Counter, Epoch, ErasureHandle, OperationId, Place, Places, Pseudonym, RoleIndex, Secret, Shards,
    WalkInSuite,
    schedule::{RelayRoot, RoleRoot, beacon_key, erasure_handle},
};
use serde_json::{Value, json};

use crate::reference::{
    envelope::walk_in_public,
    json::{array, bytes, number, small, text},
    keys, numbers, world,
};

pub(crate) fn make_schedule() -> Value {
    let operation = world::operation().0;
    let case = |name: &str, role: u8, epoch: u32, place: u32| {
        let root = world::root(RoleIndex(role), Epoch(epoch));
        let device = keys::device_root(&root, &operation, role, epoch, place);
        let (part, tag) = keys::part_keys(&device);
        let tags: Vec<_> = [0, 1, 63, 64, u64::from(Counter::MAX.0)]
            .map(|counter| json!({ "counter": counter, "tag": hex::encode(keys::tag(&tag, counter)) }))
            .into();
        let seed = keys::walk_in_seed(&root, &operation, role, epoch);
        json!({
            "name": name, "spec": "§3.2, §3.3, §3.4, §3.9", "class": "good",
            "role root": hex::encode(root), "role": role, "epoch": epoch, "place": place,
            "device root": hex::encode(device), "part key": hex::encode(part), "tag key": hex::encode(tag),
            "clone mark": hex::encode(keys::clone_mark(&device)),
            "tags": tags,
            "walk-in seed": hex::encode(seed),
            "walk-in public key, X25519": hex::encode(walk_in_public(&seed, WalkInSuite::X25519)),
        })
    };
    let beacon = |epoch: u32| {
        let key = keys::beacon_key(&world::beacon_secret(), &operation, epoch);
        json!({
            "name": format!("beacon key of epoch {epoch}"), "spec": "§3.5", "class": "good",
            "beacon secret": hex::encode(world::beacon_secret()), "epoch": epoch, "beacon key": hex::encode(key),
        })
    };
    let relay = |epoch: u32| {
        let root = world::relay_root(Epoch(epoch));
        let seed = keys::relay_seed(&root, &operation, epoch);
        json!({
            "name": format!("relay key of epoch {epoch}"), "spec": "§3.10", "class": "good",
            "relay root": hex::encode(root), "epoch": epoch, "relay seed": hex::encode(seed),
            "relay public key, X25519": hex::encode(walk_in_public(&seed, WalkInSuite::X25519)),
        })
    };
    let handle = |epoch: u32| {
        let seed = numbers::bytes("withdrawal seed");
        json!({
            "name": format!("erasure handle of epoch {epoch}"), "spec": "§3.8", "class": "good",
            "seed": hex::encode(seed), "epoch": epoch,
            "handle": hex::encode(keys::erasure_handle(&seed, &operation, epoch)),
        })
    };
    json!({
        "about": "Every derivation of the protocol from its secret (spec §3). Numbers are decimal, bytes hexadecimal.",
        "operation": hex::encode(operation),
        "cases": [
            case("the first device of the first role", 0, 0, 0),
            case("another role", 1, 10, 5),
            case("another place", 1, 10, 6),
            case("another epoch", 1, 11, 5),
            case("the last place and epoch there can be", 7, u32::MAX, (1 << 24) - 1),
            beacon(10), beacon(11), handle(10), handle(11), relay(10), relay(11),
        ],
    })
}

pub(crate) fn check_schedule(file: &Value, case: &Value) {
    let operation = OperationId(array(&file["operation"]));
    let epoch = Epoch(small(&case["epoch"]));
    if let Some(seed) = case.get("seed") {
        let handle = erasure_handle(&Secret::new(array(seed)), operation, epoch);
        assert_eq!(handle, ErasureHandle(array(&case["handle"])));
        return;
    }
    if let Some(secret) = case.get("beacon secret") {
        let key = beacon_key(&Secret::new(array(secret)), operation, epoch);
        assert_eq!(*key.expose(), array(&case["beacon key"]));
        return;
    }
    if let Some(root) = case.get("relay root") {
        let root = RelayRoot::new(Secret::new(array(root)));
        let public = root.public_key(operation, epoch, WalkInSuite::X25519).unwrap();
        assert_eq!(public.bytes(), bytes(&case["relay public key, X25519"]));
        return;
    }
    let (role, place) = (RoleIndex(small(&case["role"])), Place(small(&case["place"])));
    let root = RoleRoot::new(Secret::new(array(&case["role root"])));
    let device = root.device(operation, role, epoch, place);
    assert_eq!(*device.secret().expose(), array(&case["device root"]));
    assert_eq!(*device.clone_mark().bytes(), array::<8>(&case["clone mark"]));
    let public = root.walk_in_key(operation, role, epoch, WalkInSuite::X25519).unwrap();
    assert_eq!(public.bytes(), bytes(&case["walk-in public key, X25519"]));
    // Tags and part keys show only in messages: as many parts as the operation has, all by this device root.
    let roots = vec![device; 3];
    let layout = std::sync::Arc::new(world::layout(WalkInSuite::X25519));
    let keys = cowl_core::DeviceKeys::new(operation, epoch, layout.clone(), &roots).unwrap();
    for expected in case["tags"].as_array().unwrap() {
        let counter = Counter(small(&expected["counter"]));
        let report = world::report(WalkInSuite::X25519, 0);
        let message = keys.seal(counter, &report, &mut numbers::Numbers::new("tags")).unwrap();
        for role in world::ROLES {
            let part = &message.bytes()[layout.enrolled_part(role).unwrap()];
            assert_eq!(part[..16], array::<16>(&expected["tag"]));
        }
    }
}

pub(crate) fn make_places() -> Value {
    let operation = world::operation().0;
    let secret = world::place_secret();
    let case = |epoch: u32, count: u32| {
        let seed = keys::places_seed(&secret, &operation, epoch);
        json!({
            "name": format!("{count} places in epoch {epoch}"), "spec": "§3.6", "class": "good",
            "place secret": hex::encode(secret), "epoch": epoch, "count": count,
            "seed": hex::encode(seed), "places": keys::places(&seed, count),
        })
    };
    json!({
        "about": "The place of each device number, from the place secret (spec §3.6).",
        "operation": hex::encode(operation),
        "cases": [case(0, 1), case(0, 2), case(10, 16), case(11, 16), case(10, 100), drawn_again(secret)],
    })
}

/// So many places that a word beyond the last whole multiple is drawn, which must be drawn again.
fn drawn_again(secret: keys::Key) -> Value {
    let (operation, count) = (world::operation().0, 1 << 16);
    let uneven =
        |epoch: &u32| keys::draws(&keys::places_seed(&secret, &operation, *epoch), count) > count - 1;
    let epoch = (0..10_000_000).find(uneven).unwrap();
    let seed = keys::places_seed(&secret, &operation, epoch);
    json!({
        "name": "a word that must be drawn again", "spec": "§3.6", "class": "good",
        "why": "a remainder of it would make some orders likelier than others",
        "place secret": hex::encode(secret), "epoch": epoch, "count": count, "seed": hex::encode(seed),
        "SHA-256 of the places": hex::encode(digest(&keys::places(&seed, count))),
    })
}

/// SHA-256 over all places as u32.
fn digest(places: &[u32]) -> [u8; 32] {
    use sha2::{Digest as _, Sha256};
    Sha256::digest(places.iter().flat_map(|place| place.to_be_bytes()).collect::<Vec<_>>()).into()
}

pub(crate) fn check_places(file: &Value, case: &Value) {
    let count: u32 = small(&case["count"]);
    let secret = Secret::new(array(&case["place secret"]));
    let places =
        Places::of(&secret, OperationId(array(&file["operation"])), Epoch(small(&case["epoch"])), count);
    if let Some(expected) = case.get("SHA-256 of the places") {
        let made: Vec<_> = (0..count).map(|device| places.place(device).unwrap().0).collect();
        assert_eq!(digest(&made), array(expected));
        return;
    }
    let expected: Vec<_> =
        case["places"].as_array().unwrap().iter().map(|place| Some(Place(small(place)))).collect();
    assert_eq!((0..count).map(|device| places.place(device)).collect::<Vec<_>>(), expected);
    assert_eq!(places.place(count), None);
}

pub(crate) fn make_pseudonyms() -> Value {
    let operation = world::operation().0;
    let case = |epoch: u32, place: u32| {
        json!({
            "name": format!("place {place} in epoch {epoch}"), "spec": "§3.7", "class": "good",
            "epoch": epoch, "place": place, "pseudonym": keys::pseudonym(&operation, epoch, place),
        })
    };
    json!({
        "about": "What responders call a device during one epoch (spec §3.7).",
        "operation": hex::encode(operation),
        "cases": [case(0, 0), case(10, 5), case(11, 5), case(10, 6), case(u32::MAX, (1 << 24) - 1)],
    })
}

pub(crate) fn check_pseudonym(file: &Value, case: &Value) {
    let operation = OperationId(array(&file["operation"]));
    let made = Pseudonym::of(operation, Epoch(small(&case["epoch"])), Place(small(&case["place"])));
    assert_eq!(made.to_string(), text(&case["pseudonym"]));
}

pub(crate) fn make_mailbox() -> Value {
    let mailbox: [u8; 16] = numbers::bytes("mailbox");
    let case = |shards: u16, first: u8| {
        let shard = u32::from(first) * u32::from(shards) / 256;
        json!({
            "name": format!("{shards} shards, first byte {first:02x}"), "spec": "§7.1", "class": "good",
            "shards": shards, "message begins": hex::encode([first]), "shard": shard,
            "topic": format!("{}/r/{shard:02x}", hex::encode(mailbox)),
        })
    };
    let bad = |shards: u16| {
        json!({
            "name": format!("{shards} shards"), "spec": "§7.1", "class": "malformed",
            "why": "shards are told apart by leading bits: a power of two from 1 to 256", "shards": shards,
        })
    };
    json!({
        "about": "The topic of a message (spec §7.1).",
        "mailbox": hex::encode(mailbox),
        "cases": [
            case(1, 0xff), case(2, 0x7f), case(2, 0x80), case(16, 0xa7), case(256, 0xa7),
            bad(0), bad(3), bad(512),
        ],
    })
}

pub(crate) fn check_mailbox(_: &Value, case: &Value) {
    let shards = Shards::new(small(&case["shards"]));
    if text(&case["class"]) != "good" {
        assert!(shards.is_none());
        return;
    }
    let shard = shards.unwrap().of(&bytes(&case["message begins"]));
    assert_eq!(u64::from(shard), number(&case["shard"]));
}
