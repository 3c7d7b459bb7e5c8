//! What tokens cost whom: `cargo run --release -p cowl --example token_cost`.
#![allow(clippy::cast_precision_loss, reason = "figures for people")]

use std::{
    error::Error,
    io::Write as _,
    sync::Arc,
    time::{Duration, Instant},
};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use cowl::{
    files::{self, Access},
    operation::Operation,
    policy_file::{DEFAULT_POLICY, HAITI_DEPARTMENTS, HAITI_DEPARTMENTS_NAME},
    random::SystemRng,
    tokens::{Gatekeeper, Given, TokenKeys},
};
use cowl_core::{
    MemberId,
    exchange::{REQUEST_LEN, answer_len},
    tokens::{Batch, TOKEN_LEN, TokenAnswer},
};

const NOW: u64 = 1_800_000_000;
const BATCH: u16 = 64;
const BATCHES: u8 = 32;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let (ops, mut rng) = (folder.path().join("ops"), SystemRng::new());
    let policy = DEFAULT_POLICY.replace("tokens = false", "tokens = true");
    let mut operation = Operation::create_with(&ops, NOW, &mut rng, |folder| {
        let zones = folder.join(HAITI_DEPARTMENTS_NAME);
        files::create(&zones, HAITI_DEPARTMENTS.as_bytes(), Access::All)?;
        files::create(&folder.join("policy.toml"), policy.as_bytes(), Access::All)
    })?;
    operation.refresh(operation.epoch_at(NOW), &mut rng)?;
    let (id, period) = (operation.manifest().operation, operation.manifest().tokens.ok_or("no period")?);
    let keys = TokenKeys::load(&ops)?.ok_or("no keys")?;
    let key = keys.key(period.number).ok_or("no key")?;
    let (mut drawing, mut issuing, mut taking) = (Duration::ZERO, Duration::ZERO, Duration::ZERO);
    let (mut tokens, mut body) = (Vec::new(), 0);
    for _ in 0..BATCHES {
        let begun = Instant::now();
        let batch = Batch::draw(id, &period, BATCH, &mut rng).ok_or("no batch")?;
        let asked = batch.request(0).blinded;
        drawing += begun.elapsed();
        let begun = Instant::now();
        let granted = key.grant(&asked, &mut rng).ok_or("not granted")?;
        issuing += begun.elapsed();
        let begun = Instant::now();
        tokens.extend(batch.take(&granted)?);
        taking += begun.elapsed();
        body = TokenAnswer::Granted(granted).to_bytes().len();
    }
    let begun = Instant::now();
    let good = tokens.iter().filter(|token| key.accepts(token)).count();
    let judging = begun.elapsed();
    let mut given = Given::open(&ops)?;
    let begun = Instant::now();
    for member in 0..BATCHES {
        given.may_have(MemberId([member; 16]), period.number, [0; 32])?;
    }
    let noting = begun.elapsed();
    let passwords: Vec<_> = tokens.iter().map(|token| BASE64_URL_SAFE_NO_PAD.encode(token.bytes())).collect();
    let gatekeeper = Arc::new(Gatekeeper::open(&ops, || NOW)?);
    let begun = Instant::now();
    let (alone, together) = passwords.split_at(BATCH.into());
    for password in alone {
        gatekeeper.admit(password.as_bytes()).await?;
    }
    let one = begun.elapsed();
    let begun = Instant::now();
    for group in together.chunks(1_000) {
        let asked: Vec<_> = group
            .iter()
            .cloned()
            .map(|password| {
                let gatekeeper = Arc::clone(&gatekeeper);
                tokio::spawn(async move { gatekeeper.admit(password.as_bytes()).await })
            })
            .collect();
        for answer in asked {
            answer.await??;
        }
    }
    let many = begun.elapsed();
    let each = |time: Duration, count: usize| time.as_secs_f64() * 1e6 / count as f64;
    let mut out = std::io::stdout().lock();
    writeln!(out, "a token: {TOKEN_LEN} bytes; a password: {} letters", TOKEN_LEN / 3 * 4)?;
    writeln!(
        out,
        "a batch of {BATCH}: request {REQUEST_LEN} bytes, answer {} bytes, of which {body} say something",
        answer_len(body)
    )?;
    writeln!(
        out,
        "a member, each token: blind {:.0} µs, verify and unblind {:.0} µs",
        each(drawing, good),
        each(taking, good)
    )?;
    writeln!(out, "the service, each token: {:.0} µs, with its part of the proof", each(issuing, good))?;
    writeln!(
        out,
        "the service, each batch: {:.0} µs to write down who got it",
        each(noting, BATCHES.into())
    )?;
    writeln!(out, "a broker, each token: judge {:.0} µs", each(judging, good))?;
    writeln!(
        out,
        "with the store, synced: one by one {:.0} µs, a thousand at once {:.0} µs",
        each(one, alone.len()),
        each(many, together.len())
    )?;
    Ok(())
}
