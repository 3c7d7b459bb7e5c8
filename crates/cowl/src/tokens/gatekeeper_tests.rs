use std::sync::atomic::AtomicBool;

use cowl_core::{
    Calendar, Epoch, OperationId, Secret,
    tokens::{Batch, TokenPeriod},
};

use super::*;
use crate::{random::SystemRng, tokens::NewPeriod};

const OPERATION: OperationId = OperationId([3; 16]);
const CALENDAR: Calendar = Calendar { start: 1_000, length: 100 };

fn begin(folder: &Path, number: u32, from: u32, last: u32) -> TokenPeriod {
    let keys = TokenKeys::load(folder).unwrap();
    let mut keys = keys.unwrap_or_else(|| TokenKeys::new(folder, OPERATION, CALENDAR));
    let seed = Secret::new([u8::try_from(number).unwrap(); 32]);
    let period = keys.begin(NewPeriod { number, from: Epoch(from), last: Epoch(last), seed }, 1).unwrap();
    keys.store().unwrap();
    period
}

fn passwords(folder: &Path, period: &TokenPeriod, count: u16) -> Vec<String> {
    let mut rng = SystemRng::new();
    let keys = TokenKeys::load(folder).unwrap().unwrap();
    let batch = Batch::draw(OPERATION, period, count, &mut rng).unwrap();
    let granted = keys.key(period.number).unwrap().grant(&batch.request(0).blinded, &mut rng).unwrap();
    batch.take(&granted).unwrap().iter().map(|token| BASE64_URL_SAFE_NO_PAD.encode(token.bytes())).collect()
}

#[tokio::test]
async fn a_token_lets_in_once_whoever_brings_it_and_whenever() {
    let folder = tempfile::tempdir().unwrap();
    let period = begin(folder.path(), 1, 0, 3);
    let tokens = passwords(folder.path(), &period, 3);
    let gatekeeper = Arc::new(Gatekeeper::open(folder.path(), || 1_000).unwrap());
    gatekeeper.admit(tokens[0].as_bytes()).await.unwrap();
    assert_eq!(gatekeeper.admit(tokens[0].as_bytes()).await, Err(NotAdmitted::Spent));
    // Many at once bring the same one.
    let together: Vec<_> = (0..20)
        .map(|_| {
            let (gatekeeper, token) = (Arc::clone(&gatekeeper), tokens[1].clone());
            tokio::spawn(async move { gatekeeper.admit(token.as_bytes()).await })
        })
        .collect();
    let mut admitted = 0;
    for task in together {
        admitted += u32::from(task.await.unwrap().is_ok());
    }
    assert_eq!(admitted, 1);
    // Nobody else has the store meanwhile; afterwards it knows what was spent.
    assert!(matches!(Gatekeeper::open(folder.path(), || 1_000), Err(TokensError::InUse(_))));
    drop(gatekeeper);
    let gatekeeper = Gatekeeper::open(folder.path(), || 1_000).unwrap();
    for token in &tokens[..2] {
        assert_eq!(gatekeeper.admit(token.as_bytes()).await, Err(NotAdmitted::Spent));
    }
    gatekeeper.admit(tokens[2].as_bytes()).await.unwrap();
    assert_eq!(gatekeeper.judgements(), Judged { admitted: 1, bad: 0, spent: 2, failed: 0 });
}

#[tokio::test]
async fn what_is_no_good_token_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let gatekeeper = Gatekeeper::open(folder.path(), || 1_000).unwrap();
    // Without keys nothing is good; they may come later.
    let elsewhere = tempfile::tempdir().unwrap();
    let foreign = begin(elsewhere.path(), 9, 0, 3);
    let foreign = passwords(elsewhere.path(), &foreign, 1).remove(0);
    assert_eq!(gatekeeper.admit(foreign.as_bytes()).await, Err(NotAdmitted::NotGood));
    let period = begin(folder.path(), 1, 0, 3);
    let token = passwords(folder.path(), &period, 1).remove(0);
    let padded = format!("{token}====");
    let mut other = token.clone().into_bytes();
    other[215] = if other[215] == b'A' { b'B' } else { b'A' };
    let standard = token.replace(['-', '_'], "+");
    for (password, why) in [
        (&b""[..], NotAdmitted::NoToken),
        (&token.as_bytes()[..215], NotAdmitted::NoToken),
        (padded.as_bytes(), NotAdmitted::NoToken),
        (&[b'A'; 216], NotAdmitted::NoToken),
        (&[0xff; 216], NotAdmitted::NoToken),
        (&other, NotAdmitted::NotGood),
        (foreign.as_bytes(), NotAdmitted::NotGood),
    ] {
        assert_eq!(gatekeeper.admit(password).await, Err(why));
    }
    if standard != token {
        assert_eq!(gatekeeper.admit(standard.as_bytes()).await, Err(NotAdmitted::NoToken));
    }
    gatekeeper.admit(token.as_bytes()).await.unwrap();
}

#[tokio::test]
async fn an_old_period_is_taken_until_its_lateness_ends_and_then_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let old = begin(folder.path(), 1, 0, 3);
    let tokens = passwords(folder.path(), &old, 3);
    let is_late = Arc::new(AtomicBool::new(false));
    let clock = Arc::clone(&is_late);
    // Epochs 0 to 3 and one more end at 1,500.
    let clock = move || if clock.load(Ordering::Relaxed) { 1_500 } else { 1_499 };
    let gatekeeper = Gatekeeper::open(folder.path(), clock).unwrap();
    let new = begin(folder.path(), 2, 4, 7);
    gatekeeper.admit(tokens[0].as_bytes()).await.unwrap();
    is_late.store(true, Ordering::Relaxed);
    assert_eq!(gatekeeper.admit(tokens[1].as_bytes()).await, Err(NotAdmitted::NotGood));
    drop(gatekeeper);
    let gatekeeper = Gatekeeper::open(folder.path(), || 1_500).unwrap();
    gatekeeper.admit(passwords(folder.path(), &new, 1)[0].as_bytes()).await.unwrap();
}

/// The steps of `spec/vectors/tokens.json`: what the core cannot say, because it has no store and no clock.
#[tokio::test]
async fn passwords_are_answered_as_the_vectors_say() {
    let text = include_str!("../../../../spec/vectors/tokens.json");
    let file: serde_json::Value = serde_json::from_str(text).unwrap();
    let number = |value: &serde_json::Value| value.as_u64().unwrap();
    let small = |value: &serde_json::Value| u32::try_from(number(value)).unwrap();
    let array = |value: &serde_json::Value| hex::decode(value.as_str().unwrap()).unwrap();
    let operation = OperationId(array(&file["operation"]).try_into().unwrap());
    let calendar =
        Calendar { start: number(&file["calendar"]["start"]), length: small(&file["calendar"]["length"]) };
    let mut classes = std::collections::BTreeMap::new();
    for case in file["cases"].as_array().unwrap().iter().filter(|case| case.get("steps").is_some()) {
        let folder = tempfile::tempdir().unwrap();
        let mut keys = TokenKeys::new(folder.path(), operation, calendar);
        for said in file["periods"].as_array().unwrap() {
            let period = NewPeriod {
                number: small(&said["number"]),
                from: Epoch(small(&said["first epoch"])),
                last: Epoch(small(&said["last epoch"])),
                seed: Secret::new(array(&said["seed"]).try_into().unwrap()),
            };
            let period = keys.begin(period, small(&file["late"])).unwrap();
            assert_eq!(hex::encode(period.key.0), said["public key"]);
            assert_eq!(keys.taken_until(period), number(&said["taken until"]));
        }
        keys.store().unwrap();
        let now = Arc::new(AtomicU64::new(0));
        let clock = Arc::clone(&now);
        let gatekeeper = Gatekeeper::open(folder.path(), move || clock.load(Ordering::SeqCst)).unwrap();
        let mut last = "";
        for step in case["steps"].as_array().unwrap() {
            now.store(number(&step["at"]), Ordering::SeqCst);
            last = match gatekeeper.admit(step["password"].as_str().unwrap().as_bytes()).await {
                Ok(()) => "good",
                Err(NotAdmitted::NoToken) => "no token",
                Err(NotAdmitted::NotGood) => "not good",
                Err(NotAdmitted::Spent) => "spent",
                Err(NotAdmitted::NotNow) => "not now",
            };
            assert_eq!(last, step["expect"], "{}", case["name"]);
        }
        assert_eq!(last, case["class"], "{}", case["name"]);
        *classes.entry(last).or_insert(0) += 1;
    }
    assert_eq!(classes.keys().copied().collect::<Vec<_>>(), ["good", "no token", "not good", "spent"]);
}
