//! Everything that decodes what came from outside.

use std::sync::OnceLock;

use cowl_core::{
    Authority, Beacon, Body, Counts, Credential, DeviceKeyring, Draft, Ladder, Manifest, Member, OperationId,
    Policy, Polygons, ResponderKeyring, RoleIndex, Secret, SignedManifest, Value, WalkInSuite, Zone,
};

use super::{json, keys::Key, signed, world};

const SUITE: WalkInSuite = WalkInSuite::X25519;

/// Shows the bytes to every decoder that no signature stands before.
pub(crate) fn decode_all(bytes: &[u8], policy: &Policy) {
    let _ = minicbor::decode::<Draft>(bytes);
    let _ = minicbor::decode::<Policy>(bytes);
    let _ = minicbor::decode::<Ladder>(bytes);
    let _ = minicbor::decode::<Polygons>(bytes);
    let _ = minicbor::decode::<Counts>(bytes);
    let _ = minicbor::decode::<Zone>(bytes);
    let _ = minicbor::decode::<Value>(bytes);
    let _ = minicbor::decode::<Manifest>(bytes);
    let _ = minicbor::decode::<Beacon>(bytes);
    let _ = minicbor::decode::<Member>(bytes);
    let _ = minicbor::decode::<DeviceKeyring>(bytes);
    let _ = minicbor::decode::<ResponderKeyring>(bytes);
    for role in 0..4 {
        let _ = Body::decode(policy, RoleIndex(role), bytes);
    }
    let _ = Credential::from_bytes(bytes);
    let _ = Credential::from_bytes(&[b"cowl credential 1\n", bytes].concat());
}

/// Shows the bytes to every decoder behind a signature, without one and as if the authority had signed them.
pub(crate) fn decode_signed(bytes: &[u8]) {
    let seed: Key = world::authority_seed();
    let authority = Authority(signed::public(&seed));
    let operation: OperationId = world::operation();
    let _ = SignedManifest::verify(bytes, authority);
    let _ = SignedManifest::verify_pinned(bytes, authority.fingerprint());
    let _ = SignedManifest::verify(&signed::keyed(&seed, b"cowl/1 manifest", bytes), authority);
    let _ = SignedManifest::verify(&signed::manifest(&seed, 1, bytes, bytes.len() + 120), authority);
    for beacon in [bytes.to_vec(), signed::beacon(&seed, bytes, bytes.len() + 80)] {
        if let Ok(beacon) = Beacon::verify(&beacon, authority, operation, None) {
            let _ = beacon.news(&Secret::new([0; 32]));
        }
    }
}

/// Valid encodings of everything, to start from.
pub(crate) fn valid() -> &'static [Vec<u8>] {
    static VALID: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    VALID.get_or_init(make_valid)
}

fn make_valid() -> Vec<Vec<u8>> {
    let policy = minicbor::to_vec(world::draft(SUITE)).unwrap();
    let manifest = minicbor::to_vec(world::manifest(SUITE)).unwrap();
    let ladder = minicbor::to_vec(&world::draft(SUITE).zones).unwrap();
    let bodies = world::bodies(&world::report(SUITE, 3));
    let file = |name: &str, field: &str| {
        let file = json::read(name);
        let cases: Vec<_> = json::cases(&file)
            .filter(|(_, case)| case["class"] == "good")
            .map(|(_, case)| json::bytes(&case[field]))
            .collect();
        cases
    };
    let credentials = file("credential", "file").into_iter().map(|file| file[18..].to_vec());
    let beacons = file("beacon", "beacon").into_iter().map(|beacon| beacon[68..].to_vec());
    [policy, manifest, ladder].into_iter().chain(bodies).chain(credentials).chain(beacons).collect()
}
