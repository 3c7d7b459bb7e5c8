//! What one renewal costs, and ten thousand behind it: `cargo run --release -p cowl --example renewal_cost [DEVICES]`.
#![allow(clippy::cast_precision_loss, reason = "figures for people")]

use std::{
    error::Error,
    io::Write as _,
    time::{Duration, Instant},
};

use cowl::{
    files::{self, Access},
    keyring::{Progress, Renewal, store_new},
    operation::{NewMember, Operation},
    policy_file::{DEFAULT_POLICY, HAITI_DEPARTMENTS, HAITI_DEPARTMENTS_NAME},
    random::SystemRng,
    service::Service,
};

const NOW: u64 = 1_800_000_000;

fn main() -> Result<(), Box<dyn Error>> {
    let devices: usize = std::env::args().nth(1).map_or(Ok(10_000), |text| text.parse())?;
    let folder = tempfile::tempdir()?;
    let (ops, mut rng) = (folder.path().join("ops"), SystemRng::new());
    // The default policy, with a place for each.
    let policy = DEFAULT_POLICY.replace("places = 4096", &format!("places = {}", devices.max(4_096)));
    let mut operation = Operation::create_with(&ops, NOW, &mut rng, |folder| {
        let zones = folder.join(HAITI_DEPARTMENTS_NAME);
        files::create(&zones, HAITI_DEPARTMENTS.as_bytes(), Access::All)?;
        files::create(&folder.join("policy.toml"), policy.as_bytes(), Access::All)
    })?;
    let names: Vec<_> = (0..devices).map(|device| NewMember::device(format!("{device}"))).collect();
    let epoch = operation.epoch_at(NOW);
    let enrolled = operation.enrol_all(&names, epoch, &mut rng)?;
    let mut paths = Vec::new();
    for (device, one) in enrolled.into_iter().enumerate() {
        let path = folder.path().join(device.to_string());
        store_new(&path, &one.credential, one.first)?;
        paths.push(path);
    }
    let mut service = Service::new(operation, NOW, None)?;
    let (mut up, mut down) = (0, 0);
    let (mut asking, mut answering, mut taking) = (Duration::ZERO, Duration::ZERO, Duration::ZERO);
    for (second, path) in (NOW..).zip(&paths) {
        let mut renewal = Renewal::begin(path, None)?;
        let start = Instant::now();
        let request = renewal.request(&mut rng)?;
        asking += start.elapsed();
        let start = Instant::now();
        let answer = service.answer(&request, second).ok_or("no answer")?;
        answering += start.elapsed();
        let start = Instant::now();
        if !matches!(renewal.take(&answer)?, Progress::Done(_)) {
            return Err("more than one part".into());
        }
        taking += start.elapsed();
        (up, down) = (request.len(), answer.len());
    }
    let start = Instant::now();
    service.keep_desk()?;
    let kept = start.elapsed();
    let each = |all: Duration| all.as_secs_f64() * 1e3 / devices.max(1) as f64;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{devices} devices, {up} bytes up and {down} bytes down each")?;
    writeln!(out, "asking    {:8.2} ms each, on the device", each(asking))?;
    writeln!(
        out,
        "answering {:8.2} ms each, {:.1} s in all, on one core of the service",
        each(answering),
        answering.as_secs_f64()
    )?;
    writeln!(out, "taking    {:8.2} ms each, with what the disk takes", each(taking))?;
    writeln!(out, "the register, once a beacon: {:.0} ms", kept.as_secs_f64() * 1e3)?;
    Ok(())
}
