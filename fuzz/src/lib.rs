//! What the fuzz targets share: an operation, and a second implementation that signs and seals what the fuzzer made,
//! so that it gets past signatures and ciphers to what stands behind them.

#[path = "../../crates/cowl-core/tests/reference/mod.rs"]
mod reference;

// The modules themselves instead of the crate: without the broker's and TLS's C code a build takes a tenth of the time.
#[path = "../../crates/cowl/src/formats/mod.rs"]
pub mod formats;
#[path = "../../crates/cowl/src/meant.rs"]
mod meant;
#[path = "../../crates/cowl/src/policy_file/mod.rs"]
pub mod policy_file;
#[path = "../../crates/cowl/src/zones.rs"]
pub mod zones;

use std::{convert::Infallible, sync::LazyLock};

use cowl_core::{
    Authority, Body, Epoch, Opened, OperationId, Place, Policy, Receiver, RelayOpener, RoleIndex, WalkInSuite,
};

use rand_core::{TryCryptoRng, TryRng};
use reference::{envelope, signed, world};

/// Small messages: the fuzzer's bytes go further.
pub const SUITE: WalkInSuite = WalkInSuite::X25519;
/// The roles of the operation.
pub const ROLES: u8 = 3;
/// Places of the operation.
pub const PLACES: u32 = world::PLACES;

/// The policy of the operation.
pub static POLICY: LazyLock<Policy> = LazyLock::new(|| world::policy(SUITE));
/// Bytes of its messages: enrolled, walk-in.
pub static LENGTHS: LazyLock<[usize; 2]> = LazyLock::new(|| {
    let layout = world::layout(SUITE);
    [layout.enrolled_len(), layout.walk_in_len()]
});

/// The operation.
pub fn operation() -> OperationId {
    world::operation()
}

/// Its authority.
pub fn authority() -> Authority {
    Authority(signed::public(&world::authority_seed()))
}

/// The same bytes each time: a finding must be found again.
pub struct Counting(pub u8);

impl TryRng for Counting {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(0)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(0)
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        for byte in out {
            self.0 = self.0.wrapping_add(1);
            *byte = self.0;
        }
        Ok(())
    }
}

impl TryCryptoRng for Counting {}

/// A receiver of a role.
pub fn receiver(role: u8) -> Receiver {
    world::receiver(SUITE, RoleIndex(role % ROLES))
}

/// The current epoch of [`receiver`].
pub const fn now() -> Epoch {
    world::NOW
}

/// Gives a receiver the keys of an epoch.
pub fn hold(receiver: &mut Receiver, role: u8, epoch: Epoch) {
    let role = RoleIndex(role % ROLES);
    receiver.hold(epoch, &world::role_root(role, epoch), PLACES, |place| place != world::REVOKED);
}

/// As if the authority had signed these bytes for a purpose.
pub fn signed(context: &[u8], content: &[u8]) -> Vec<u8> {
    signed::signed(&world::authority_seed(), context, content)
}

/// As if the authority had signed a manifest of this CBOR.
pub fn manifest(cbor: &[u8]) -> Vec<u8> {
    signed::manifest(&world::authority_seed(), 1, cbor, cbor.len() + 101)
}

/// As if the authority had signed a manifest of this content.
pub fn manifest_content(content: &[u8]) -> Vec<u8> {
    signed::keyed(&world::authority_seed(), b"cowl/1 manifest", content)
}

/// As if the authority had signed a beacon of this CBOR.
pub fn beacon(cbor: &[u8]) -> Vec<u8> {
    signed::beacon(&world::authority_seed(), cbor, cbor.len() + 68)
}

/// As if the device at a place had sealed these plaintexts, one a role, each cut or filled to its size.
pub fn enrolled(epoch: Epoch, place: u32, counter: u64, text: &[u8]) -> Vec<u8> {
    let texts: Vec<_> = POLICY.roles.iter().map(|role| fitted(text, 38 + usize::from(role.size))).collect();
    let keys = world::part_keys(epoch, Place(place % PLACES));
    envelope::enrolled(&world::binding(epoch), &keys, counter, &texts, &[7; 16])
}

/// As if a walk-in had sealed these plaintexts.
pub fn walk_in(epoch: Epoch, policy: u32, text: &[u8]) -> Vec<u8> {
    let mut rng = reference::numbers::Numbers::new("walk-in");
    let id = envelope::with_hint(rng.bytes(), epoch.0, policy);
    let mut message = id.to_vec();
    for (role, public) in (0..).zip(world::walk_in_publics(SUITE, epoch)) {
        let info = envelope::info(&operation().0, epoch.0, role, policy, &id);
        let text = fitted(text, 38 + usize::from(POLICY.roles[usize::from(role)].size));
        message.extend(envelope::hpke_seal(SUITE, &public, &info, &text, &mut rng));
    }
    message
}

/// A relay that holds the keys of the current epoch and those around it.
pub fn relay() -> RelayOpener {
    static MANIFEST: LazyLock<cowl_core::Manifest> = LazyLock::new(|| world::manifest(SUITE));
    let mut relay = RelayOpener::new(&MANIFEST);
    for epoch in [now().minus(1), now(), now().plus(1)] {
        relay.hold(epoch, &world::library_relay_root(epoch));
    }
    relay
}

/// As if a phone had wrapped these bytes: 0 for an enrolled message's size, 1 for a walk-in's.
pub fn wrapped(epoch: Epoch, class: usize, inside: &[u8]) -> Vec<u8> {
    let hint = envelope::relay_hint(0x5a, epoch.0);
    let info = envelope::relay_info(u8::from(class == 1), &operation().0, epoch.0, hint);
    let mut rng = reference::numbers::Numbers::new("wrapped");
    let sealed = envelope::hpke_seal(SUITE, &world::relay_public(SUITE, epoch), &info, inside, &mut rng);
    [&hint[..], &sealed].concat()
}

/// What a program does with an opened report.

pub fn read(role: u8, opened: &[Opened]) {
    for report in opened.iter().filter(|report| !report.is_cover()) {
        if let Ok(body) = Body::decode(&POLICY, RoleIndex(role % ROLES), &report.body) {
            let _ = serde_json::to_string(&formats::to_json(&POLICY, &body));
        }
    }
}

/// The vectors of a file: bytes of a field, good and bad.
pub fn vectors(name: &str, field: &str) -> Vec<Vec<u8>> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../spec/vectors/");
    let text = std::fs::read_to_string(format!("{path}{name}.json")).expect("a file of vectors");
    let file: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let cases = file["cases"].as_array().expect("a file of vectors");
    let direct = cases.iter().filter_map(|case| case[field].as_str());
    let steps = cases.iter().filter_map(|case| case["steps"].as_array()).flatten();
    direct
        .chain(steps.filter_map(|step| step[field].as_str()))
        .filter_map(|text| hex::decode(text).ok())
        .collect()
}

fn fitted(text: &[u8], size: usize) -> Vec<u8> {
    let mut text = text.to_vec();
    text.resize(size, 0);
    text
}
