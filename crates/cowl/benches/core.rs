//! What sealing, opening and finding a device cost, against the bare cipher and against the study's Fernet:
//! `cargo bench -p cowl --bench core`.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a benchmark reports and may stop"
)]

mod measure;

use std::{
    env,
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

use cowl::formats;
use cowl_core::{Body, Counter, DeviceKeys, RoleIndex, Sealed};
use measure::{
    Pair,
    world::{Bare, REPORT, World, stream},
};

fn main() {
    let mut world = World::new();
    println!(
        "one report: {} bytes of JSON in, {} bytes out, {} roles\n",
        REPORT.len(),
        world.layout.enrolled_len(),
        world.layout.role_count()
    );
    envelope(&mut world);
    pipeline(&mut world);
    receivers(&mut world);
}

fn envelope(world: &mut World) {
    let (device, report) = (world.device(3), world.report());
    let mut bare = Bare::new(&world.layout);
    let mut counter = 0;
    let pair = Pair::of(
        2_000,
        || {
            counter += 1;
            device.seal(Counter(counter), &report, &mut world.rng).unwrap()
        },
        || bare.seal(),
    );
    pair.print("seal a whole message | bare AES-256-GCM-SIV", "≤ 2");
    let sealing = pair;

    let role = RoleIndex(0);
    let mut receiver = world.receiver(role, 100);
    let messages = stream(world, &device, 41 * 500);
    let (sealed, mut scratch, mut next) = (bare.sealed(), Vec::new(), 0);
    let mut reports = Vec::new();
    let pair = Pair::of(
        500,
        || {
            reports.clear();
            receiver.receive(messages[next].bytes(), 0, &mut reports).unwrap();
            next += 1;
        },
        || bare.open(&sealed, &mut scratch),
    );
    pair.print("find and open one role's part | bare open of one part", "none");
    let both = Pair { ours: sealing.ours + pair.ours, theirs: sealing.theirs + pair.theirs };
    both.print("seal and open a whole message | bare AES-256-GCM-SIV", "≤ 2");
}

fn pipeline(world: &mut World) {
    let device = world.device(4);
    let fernet = fernet::Fernet::new(&fernet::Fernet::generate_key()).unwrap();
    let mut counter = 0;
    let pair = Pair::of(
        1_000,
        || {
            counter += 1;
            let report = world.report();
            device.seal(Counter(counter), &report, &mut world.rng).unwrap()
        },
        || fernet.encrypt(REPORT),
    );
    pair.print("JSON in, payload out | crate fernet, encrypt alone", "≤ 4");
    let pythons = python_fernets();
    for Python { version, alone, whole } in &pythons {
        for (what, nanoseconds, target) in
            [("JSON in, token out", whole, "≤ 0.2"), ("encrypt alone", alone, "none")]
        {
            println!(
                "{:<58} {:>9.0} ns  {nanoseconds:>9.0} ns  ratio {:>6.2}  (target {target})",
                format!("JSON in, payload out | Python's Fernet {version}, {what}"),
                pair.ours,
                pair.ours / nanoseconds
            );
        }
    }
    if pythons.is_empty() {
        println!(
            "Python's Fernet: skipped, no python3 with `cryptography` (COWL_PYTHON names some, with : between)"
        );
    }

    let mut counter = 0;
    let role = RoleIndex(0);
    let mut receiver = world.receiver(role, 100);
    let messages: Vec<_> = stream(world, &device, 50_000);
    let pair = Pair::of(
        1_000,
        || {
            let mut reports = Vec::new();
            receiver.receive(messages[counter].bytes(), 0, &mut reports).unwrap();
            counter += 1;
            let body = Body::decode(&world.policy, role, &reports[0].body).unwrap();
            serde_json::to_vec(&formats::to_json(&world.policy, &body)).unwrap()
        },
        || fernet.encrypt(REPORT),
    );
    pair.print("payload in, JSON out | crate fernet, encrypt alone", "none");
}

fn receivers(world: &mut World) {
    const FEW: u32 = 1_000;
    const MANY: u32 = 1_000_000;
    let role = RoleIndex(0);
    let (mut few, mut many) = (world.receiver(role, FEW), world.receiver(role, MANY));
    println!(
        "\n1,000,000 devices, three epochs: {} bytes a device (target ≤ 400)",
        many.table_memory() / usize::try_from(MANY).unwrap()
    );

    // The same thousand devices report in turn to both receivers, so keys are cached alike.
    let spread = |n: u32| n * (MANY / FEW);
    let rounds = 84;
    let devices_few: Vec<_> = (0..FEW).map(|place| world.device(place)).collect();
    let devices_many: Vec<_> = (0..FEW).map(|n| world.device(spread(n))).collect();
    let report = world.report();
    let mut seal = |devices: &[DeviceKeys]| -> Vec<Sealed> {
        (0..rounds)
            .flat_map(|counter| devices.iter().map(move |device| (device, counter)))
            .map(|(device, counter)| device.seal(Counter(counter), &report, &mut world.rng).unwrap())
            .collect()
    };
    let (to_few, to_many) = (seal(&devices_few), seal(&devices_many));
    let (mut a, mut b) = (0, 0);
    let (mut ra, mut rb) = (Vec::new(), Vec::new());
    let pair = Pair::of(
        2_000,
        || {
            ra.clear();
            many.receive(to_many[a].bytes(), 0, &mut ra).unwrap();
            a += 1;
        },
        || {
            rb.clear();
            few.receive(to_few[b].bytes(), 0, &mut rb).unwrap();
            b += 1;
        },
    );
    pair.print("open among 1,000,000 devices | among 1,000", "≤ 1.5");

    let mut junk = vec![0; world.layout.enrolled_len()];
    let device = world.device(5);
    let good = stream(world, &device, 100_000);
    let (mut next, mut reports) = (0, Vec::new());
    let (mut other, mut refused) = (world.receiver(role, FEW), Vec::new());
    let mut few = world.receiver(role, FEW);
    let pair = Pair::of(
        2_000,
        || {
            rand_core::Rng::fill_bytes(&mut world.rng, &mut junk[..16]);
            other.receive(&junk, 0, &mut refused).unwrap_err()
        },
        || {
            reports.clear();
            few.receive(good[next].bytes(), 0, &mut reports).unwrap();
            next += 1;
        },
    );
    pair.print("refuse a junk message | open a good one", "< 1");
}

/// Python's Fernet of one interpreter.
struct Python {
    /// The version of `cryptography`.
    version: String,
    /// To encrypt the same report's text, by its own clock, in nanoseconds.
    alone: f64,
    /// To parse, minimise and encrypt it.
    whole: f64,
}

/// Of each interpreter that `COWL_PYTHON` names, else of `python3`; those without `cryptography` are left out.
fn python_fernets() -> Vec<Python> {
    let interpreters = env::var_os("COWL_PYTHON").unwrap_or_else(|| "python3".into());
    env::split_paths(&interpreters).filter_map(|python| python_fernet(&python)).collect()
}

fn python_fernet(interpreter: &Path) -> Option<Python> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/python_fernet.py");
    let mut child =
        Command::new(interpreter).arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().ok()?;
    child.stdin.take()?.write_all(REPORT).ok()?;
    let output = child.wait_with_output().ok()?;
    let line = String::from_utf8(output.stdout).ok()?;
    let mut cells = line.trim().split('\t');
    let (version, _, alone, whole) = (cells.next()?, cells.next()?, cells.next()?, cells.next()?);
    Some(Python { version: version.to_owned(), alone: alone.parse().ok()?, whole: whole.parse().ok()? })
}
