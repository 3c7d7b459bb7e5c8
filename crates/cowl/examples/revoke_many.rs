//! What revoking costs with many members: 10,000 devices and 500 responders.
//!
//! ```text
//! cargo run --release -p cowl --example revoke_many
//! ```
#![allow(clippy::print_stdout, reason = "an example's output")]

use std::{error::Error, time::Instant};

use cowl::{
    files::{self, Access},
    keyring::{Reader, store_new},
    operation::{NewMember, Operation},
    policy_file::{DEFAULT_POLICY, HAITI_DEPARTMENTS},
    random::SystemRng,
};

const NOW: u64 = 1_800_000_000;
const DEVICES: u32 = 10_000;
const RESPONDERS: u32 = 500;
/// The devices are enrolled as identities of so many gateways: to receivers, each is a device.
const GATEWAYS: u32 = 100;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let mut rng = SystemRng::new();
    // Keys of a day ahead: what is measured does not depend on it, and enrolling takes less time.
    let policy = DEFAULT_POLICY
        .replace("places = 4096", "places = 16384")
        .replace("keys_ahead = \"28 days\"", "keys_ahead = \"1 day\"");
    let mut operation = Operation::create_with(&folder.path().join("ops"), NOW, &mut rng, |folder| {
        let zones = folder.join("haiti-departments.geojson");
        files::create(&zones, HAITI_DEPARTMENTS.as_bytes(), Access::All)?;
        files::create(&folder.join("policy.toml"), policy.as_bytes(), Access::All)
    })?;
    let epoch = operation.epoch_now(NOW)?;
    let each = DEVICES / GATEWAYS;
    let mut members: Vec<_> =
        (0..GATEWAYS).map(|number| NewMember::gateway(format!("g{number}"), each)).collect();
    let roles = ["medical".to_owned()];
    members.extend((0..RESPONDERS).map(|number| NewMember::responder(format!("r{number}"), &roles)));
    let enrolled = operation.enrol_all(&members, epoch, &mut rng)?;
    let credential = &enrolled.last().ok_or("no member")?.credential;
    let path = folder.path().join("medic");
    store_new(&path, credential, epoch)?;
    let mut reader = Reader::open(&path, "medical", None)?;
    reader.take_bundle(&operation.bundle(NOW + 1, &mut rng)?)?;

    let begun = Instant::now();
    operation.revoke("g7", Some(3), NOW + 2)?;
    println!("revoke one device of {DEVICES}:             {:>9.1?}", begun.elapsed());
    let begun = Instant::now();
    operation.revoke("r7", None, NOW + 3)?;
    println!("revoke one responder of {RESPONDERS}:            {:>9.1?}", begun.elapsed());
    let begun = Instant::now();
    let bundle = operation.bundle(NOW + 4, &mut rng)?;
    println!("make the bundle:                       {:>9.1?}", begun.elapsed());
    println!("its size:                              {:>9} bytes", bundle.len());
    let begun = Instant::now();
    reader.take_bundle(&bundle)?;
    println!("a responder takes it, one was revoked: {:>9.1?}", begun.elapsed());
    let same = operation.bundle(NOW + 5, &mut rng)?;
    let begun = Instant::now();
    reader.take_bundle(&same)?;
    println!("a responder takes it, nothing changed: {:>9.1?}", begun.elapsed());
    println!(
        "bytes to {RESPONDERS} responders:                {:>9}",
        bundle.len() * usize::try_from(RESPONDERS)?
    );
    Ok(())
}
