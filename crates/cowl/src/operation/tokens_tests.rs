use cowl_core::{
    Epoch, MemberId,
    tokens::{Batch, TokenAnswer},
};

use super::*;
use crate::{
    operation::Issued,
    policy_file::DEFAULT_POLICY,
    tokens::{TOKEN_KEYS, TOKENS_GIVEN},
};

const NOW: u64 = 1_800_000_000;
const EPOCH: u64 = 6 * 3_600;

fn with_tokens(folder: &std::path::Path, rng: &mut SystemRng) -> Operation {
    let text = DEFAULT_POLICY
        .replace("tokens = false", "tokens = true")
        .replace("tokens_per_batch = 64", "tokens_per_batch = 3");
    assert!(text.contains("tokens = true") && text.contains("batch = 3"));
    let zones = crate::policy_file::HAITI_DEPARTMENTS;
    let name = crate::policy_file::HAITI_DEPARTMENTS_NAME;
    Operation::create_with(folder, NOW, rng, |folder| {
        crate::files::create(&folder.join(name), zones.as_bytes(), crate::files::Access::All)?;
        crate::files::create(&folder.join("policy.toml"), text.as_bytes(), crate::files::Access::All)
    })
    .unwrap()
}

fn keys_in_log(operation: &Operation) -> Vec<(u64, Digest)> {
    let log = operation.log().unwrap().unwrap();
    let size = log.checkpoint().unwrap().unverified().size;
    let entries = log.entries(0..size).map(|entry| log::Entry::parse(&entry.unwrap()).unwrap());
    entries
        .filter_map(|entry| match entry.event {
            Event::TokenKey { period, hash } => Some((period, hash)),
            _ => None,
        })
        .collect()
}

#[test]
fn a_period_has_one_key_which_is_in_the_log_and_the_manifest() {
    let (folder, mut rng) = (tempfile::tempdir().unwrap(), SystemRng::new());
    let mut operation = with_tokens(&folder.path().join("ops"), &mut rng);
    assert_eq!(operation.manifest().tokens, None);
    assert_eq!(operation.tokens_until(Epoch(0)).unwrap(), None);
    assert_eq!(operation.refresh(Epoch(0), &mut rng).unwrap(), Issued::Manifest);
    let first = operation.manifest().tokens.unwrap();
    // 24 h are four epochs; another four for what is late.
    assert_eq!((first.number, first.from, first.last), (1, Epoch(0), Epoch(3)));
    let start = operation.manifest().calendar.start;
    assert_eq!(operation.tokens_until(Epoch(0)).unwrap(), Some(start + 8 * EPOCH));
    assert_eq!(operation.refresh(Epoch(0), &mut rng).unwrap(), Issued::Nothing);
    operation.refresh(Epoch(3), &mut rng).unwrap();
    assert_eq!(operation.manifest().tokens, Some(first));
    operation.refresh(Epoch(4), &mut rng).unwrap();
    let second = operation.manifest().tokens.unwrap();
    assert_eq!((second.number, second.from, second.last), (2, Epoch(4), Epoch(7)));
    // At once, in an emergency: those of before die as if their period ended now.
    operation.rotate(start + 5 * EPOCH, &mut rng).unwrap();
    let third = operation.manifest().tokens.unwrap();
    assert_eq!((third.number, third.from, third.last), (3, Epoch(5), Epoch(8)));
    let said: Vec<_> = [first, second, third].map(|it| (it.number.into(), Digest(it.key.id()))).into();
    assert_eq!(keys_in_log(&operation), said);
    // A folder that lost its keys, and the manifest that told of them, draws another number.
    std::fs::remove_file(operation.folder().join(TOKEN_KEYS)).unwrap();
    operation.refresh(Epoch(5), &mut rng).unwrap();
    assert_eq!(operation.manifest().tokens.unwrap().number, 4);
}

#[test]
fn each_member_gets_one_batch_of_the_one_size() {
    let (folder, mut rng) = (tempfile::tempdir().unwrap(), SystemRng::new());
    let mut operation = with_tokens(&folder.path().join("ops"), &mut rng);
    operation.refresh(Epoch(0), &mut rng).unwrap();
    operation.enrol_device("phone", Epoch(0), &mut rng).unwrap();
    let entry = operation.register().member("phone").unwrap().clone();
    let id = entry.membership.as_ref().unwrap().id;
    let period = operation.manifest().tokens.unwrap();
    let mut given = Given::open(operation.folder()).unwrap();
    let draw = |count, rng: &mut SystemRng| {
        Batch::draw(operation.manifest().operation, &period, count, rng).unwrap()
    };
    let mut answer = |id: MemberId, entry: &Entry, batch: &Batch, rng: &mut SystemRng| {
        operation.tokens_for(entry, id, &batch.request(0), Epoch(1), &mut given, rng).unwrap()
    };
    // Another size than everybody's gets no answer, and takes nothing away.
    for count in [2, 4] {
        assert_eq!(answer(id, &entry, &draw(count, &mut rng), &mut rng), None);
    }
    let batch = draw(3, &mut rng);
    for _ in 0..2 {
        let Some(TokenAnswer::Granted(granted)) = answer(id, &entry, &batch, &mut rng) else { panic!() };
        assert_eq!(batch.take(&granted).unwrap().len(), 3);
    }
    assert_eq!(answer(id, &entry, &draw(3, &mut rng), &mut rng), Some(TokenAnswer::Given));
    let past = TokenPeriod { number: 0, ..period };
    let past = Batch::draw(operation.manifest().operation, &past, 3, &mut rng).unwrap();
    assert_eq!(answer(id, &entry, &past, &mut rng), Some(TokenAnswer::OtherPeriod));
    let revoked = Entry { standing: Standing::Revoked { from_epoch: 0, at: 0 }, ..entry };
    assert_eq!(answer(id, &revoked, &batch, &mut rng), Some(TokenAnswer::Revoked));
    drop(given);
    assert!(operation.folder().join(TOKENS_GIVEN).exists());
    #[cfg(unix)]
    for name in [TOKEN_KEYS, TOKENS_GIVEN] {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = operation.folder().join(name).metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[test]
fn without_the_policy_there_are_none() {
    let (folder, mut rng) = (tempfile::tempdir().unwrap(), SystemRng::new());
    let mut operation = Operation::create(&folder.path().join("ops"), NOW, &mut rng).unwrap();
    operation.refresh(Epoch(0), &mut rng).unwrap();
    assert_eq!(operation.manifest().tokens, None);
    assert!(!operation.folder().join(TOKEN_KEYS).exists());
    assert!(keys_in_log(&operation).is_empty());
}
