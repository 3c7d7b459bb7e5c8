//! The same comparisons in instructions, which do not depend on what else the machine does:
//! `cargo bench -p cowl --bench instructions` (needs valgrind).
//!
//! Callgrind counts what happens inside [`measured`], and nothing of the setup.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a benchmark reports and may stop"
)]
#![allow(dead_code, reason = "shares its world with the benchmark in seconds")]

mod measure;

use std::{env, hint::black_box, process::Command};

use cowl_core::{Counter, RoleIndex};
use measure::world::{Bare, REPORT, World, stream};

const CALLS: u32 = 500;

fn main() {
    if let Ok(work) = env::var("COWL_WORK") {
        return prepare(&work);
    }
    if Command::new("valgrind").arg("--version").output().is_err() {
        println!("skipped: valgrind is not installed");
        return;
    }
    println!("instructions of one call\n");
    compare("seal a whole message | bare cipher, same parts", "seal", "bare-seal", Some(2.0));
    compare("find and open one part | bare open", "open", "bare-open", None);
    let (ours, bare) = (per_call("seal") + per_call("open"), per_call("bare-seal") + per_call("bare-open"));
    let ratio = f64::from(ours) / f64::from(bare);
    println!(
        "{:<52} {ours:>8} {bare:>8}  ratio {ratio:>5.2}  (target ≤ 2)",
        "seal and open a whole message | bare cipher"
    );
    compare("JSON in, payload out | crate fernet, encrypt", "pipeline", "fernet", Some(4.0));
    for (work, what) in [("parse", "of which: parse"), ("reduce", "of which: parse and reduce")] {
        println!("{what:<52} {:>8}", per_call(work));
    }
    compare("refuse junk | find and open a good one", "junk", "open", Some(1.0));
}

fn compare(what: &str, ours: &str, theirs: &str, target: Option<f64>) {
    let (a, b) = (per_call(ours), per_call(theirs));
    let target = target.map_or_else(|| "none".to_owned(), |most| format!("≤ {most}"));
    println!("{what:<52} {a:>8} {b:>8}  ratio {:>5.2}  (target {target})", f64::from(a) / f64::from(b));
}

fn per_call(work: &str) -> u32 {
    let output = Command::new("valgrind")
        .args([
            "--tool=callgrind",
            "--callgrind-out-file=/dev/null",
            "--toggle-collect=*instructions*measured*",
        ])
        .arg(env::current_exe().unwrap())
        .env("COWL_WORK", work)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    let line = text.lines().find(|line| line.contains("Collected :")).unwrap_or_else(|| panic!("{text}"));
    let total: u64 = line.rsplit(':').next().unwrap().trim().parse().unwrap();
    u32::try_from(total / u64::from(CALLS)).unwrap()
}

/// Makes everything that the work needs, then does it.
fn prepare(work: &str) {
    let mut world = World::new();
    let (device, role) = (world.device(3), RoleIndex(0));
    let report = world.report();
    let mut bare = Bare::new(&world.layout);
    let fernet = fernet::Fernet::new(&fernet::Fernet::generate_key()).unwrap();
    let messages = stream(&mut world, &device, CALLS + 1);
    let mut receiver = world.receiver(role, 100);
    let (sealed, mut scratch, mut reports) = (bare.sealed(), Vec::new(), Vec::new());
    let mut junk = vec![0; world.layout.enrolled_len()];
    receiver.receive(messages[0].bytes(), 0, &mut reports).unwrap();
    let mut next = 0;
    let mut seal = |report: &cowl_core::Report, rng: &mut cowl::random::SystemRng| {
        next += 1;
        black_box(device.seal(Counter(next), report, rng)).unwrap();
    };
    let mut arrived = messages.iter().skip(1);
    match work {
        "seal" => measured(|| seal(&report, &mut world.rng)),
        "bare-seal" => measured(|| bare.seal()),
        "open" => measured(|| {
            reports.clear();
            receiver.receive(arrived.next().unwrap().bytes(), 0, &mut reports).unwrap();
        }),
        "bare-open" => measured(|| bare.open(&sealed, &mut scratch)),
        "pipeline" => measured(|| {
            let report = world.report();
            seal(&report, &mut world.rng);
        }),
        "parse" => measured(|| drop(black_box(cowl::formats::parse(REPORT)))),
        "reduce" => measured(|| drop(black_box(world.report()))),
        "fernet" => measured(|| drop(black_box(fernet.encrypt(REPORT)))),
        "junk" => measured(|| {
            rand_core::Rng::fill_bytes(&mut world.rng, &mut junk[..16]);
            receiver.receive(&junk, 0, &mut reports).unwrap_err();
        }),
        other => panic!("no work is called {other}"),
    }
}

#[inline(never)]
fn measured(mut work: impl FnMut()) {
    for _ in 0..CALLS {
        work();
    }
}
