//! Service and members die together, at any instant (spec §11.3).

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use rand_core::Rng as _;

use crate::{
    files::{self, Access},
    keyring::{load_credential, store_new},
    operation::Operation,
    policy_file::{DEFAULT_POLICY, HAITI_DEPARTMENTS, HAITI_DEPARTMENTS_NAME},
    random::SystemRng,
    service::desk::{At, Desk},
    state::killing,
    tokens::{Fetch, FetchError, TOKENS_GIVEN, Wallet, examine},
};

const NOW: u64 = 1_800_000_000;
/// A period of the default policy, in seconds.
const PERIOD: u64 = 24 * 3_600;
const MEMBERS: usize = 2;
const BATCH: usize = 2;

/// Each member asks from two machines, with a copy of its credential: who wants a second batch has no better way.
fn credential(folder: &Path, member: usize, copy: usize) -> PathBuf {
    folder.join(format!("member-{member}-{copy}.cowl"))
}

fn make(folder: &Path) {
    let text = DEFAULT_POLICY
        .replace("tokens = false", "tokens = true")
        .replace("tokens_per_batch = 64", &format!("tokens_per_batch = {BATCH}"));
    let mut rng = SystemRng::new();
    let mut operation = Operation::create_with(&folder.join("ops"), NOW, &mut rng, |folder| {
        files::create(&folder.join(HAITI_DEPARTMENTS_NAME), HAITI_DEPARTMENTS.as_bytes(), Access::All)?;
        files::create(&folder.join("policy.toml"), text.as_bytes(), Access::All)
    })
    .unwrap();
    let epoch = operation.epoch_now(NOW).unwrap();
    for member in 0..MEMBERS {
        let made = operation.enrol_device(&format!("m{member}"), epoch, &mut rng).unwrap();
        for copy in 0..2 {
            store_new(&credential(folder, member, copy), &made.credential, made.first).unwrap();
        }
    }
    fs::write(folder.join("at"), NOW.to_string()).unwrap();
}

/// Hands out batches and shows tokens, period after period, until it is killed.
#[test]
fn killed_child() {
    let Some(folder) = killing::folder() else { return };
    let mut at: u64 = fs::read_to_string(folder.join("at")).unwrap().parse().unwrap();
    let mut operation = Operation::open(&folder.join("ops")).unwrap();
    let mut rng = SystemRng::new();
    let mut desk = Desk::new(&mut rng);
    loop {
        operation.refresh(operation.epoch_at(at), &mut rng).unwrap();
        let first = usize::try_from(rng.next_u32()).unwrap();
        for turn in (0..2 * MEMBERS).map(|turn| first.wrapping_add(turn)) {
            let path = credential(&folder, turn / 2 % MEMBERS, turn % 2);
            ask_and_show(&mut desk, &mut operation, at, &path, &mut rng);
        }
        let manifest = operation.manifest();
        for member in 0..MEMBERS {
            let wallets =
                (0..2).map(|copy| Wallet::of(&credential(&folder, member, copy), manifest.operation));
            let periods: Vec<_> = wallets.map(|wallet| wallet.holding().unwrap().period).collect();
            let period = manifest.tokens.map(|tokens| tokens.number);
            let batches = periods.iter().filter(|held| **held == period).count();
            assert_eq!(batches, 1, "member {member} in period {period:?}: {periods:?}");
        }
        at += PERIOD;
        files::replace(&folder.join("at"), at.to_string().as_bytes(), Access::Owner).unwrap();
    }
}

fn ask_and_show(desk: &mut Desk, operation: &mut Operation, at: u64, path: &Path, rng: &mut SystemRng) {
    let manifest = operation.manifest().clone();
    let wallet = Wallet::of(path, manifest.operation);
    if wallet.lacks(&manifest.tokens.unwrap()).unwrap() {
        let mut fetch = Fetch::begin(path, &load_credential(path).unwrap(), &manifest, rng).unwrap();
        let request = fetch.request(rng).unwrap();
        let epoch = operation.epoch_at(at);
        let answer = desk.answer(At { operation, epoch, now: at, rng }, &request).expect("an answer");
        match fetch.take(&answer) {
            Ok(count) => assert_eq!(count, BATCH),
            Err(FetchError::Given) => killing::say("given before"),
            Err(error) => panic!("{error}"),
        }
    }
    let period = wallet.holding().unwrap().period;
    if let Some(token) = wallet.take(true).unwrap() {
        let member = path.file_stem().unwrap().to_string_lossy();
        let member = member.split('-').nth(1).unwrap();
        killing::say(&format!("{member} of {} shows {}", period.unwrap(), hex::encode(token.nonce())));
    }
}

#[test]
fn who_dies_while_tokens_are_given_out_has_one_batch_of_each_period() {
    let folder = tempfile::tempdir().unwrap();
    make(folder.path());
    let mut shown: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut refused = 0;
    killing::some_rounds(12, "service::desk::tokens::tests::killed_child", folder.path(), |told| {
        for line in told {
            if let Some((whose, token)) = line.split_once(" shows ") {
                assert!(
                    shown.entry(whose.to_owned()).or_default().insert(token.to_owned()),
                    "shown twice: {line}"
                );
            } else {
                assert_eq!(line, "given before");
                refused += 1;
            }
        }
        if folder.path().join("ops").join(TOKENS_GIVEN).exists() {
            examine(&folder.path().join("ops").join(TOKENS_GIVEN)).unwrap();
        }
    });
    assert!(shown.values().all(|tokens| tokens.len() <= BATCH), "{shown:?}");
    assert!(refused > 0 && shown.len() > MEMBERS, "{refused} refused, {} batches", shown.len());
}
