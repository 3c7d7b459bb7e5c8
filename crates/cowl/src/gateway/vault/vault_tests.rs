//! Keys are there, go, and stay gone.

use std::{fs, path::PathBuf};

use cowl_core::{Members, RawValue, ReportId};

use super::*;

fn key() -> Secret {
    Secret::new([9; 32])
}

fn opened(path: &Path, devices: u32, epoch: u32) -> Vault {
    Vault::open(path, &key(), devices, Epoch(epoch), &mut SystemRng::new()).unwrap()
}

fn place_of() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vault");
    (folder, path)
}

fn waiting(identity: u32) -> Waiting {
    let mut members = Members::new();
    members.push("severity", RawValue::Text("high".into())).unwrap();
    Waiting { report: ReportId(SystemRng::new().id()), identity, time: 1_800_000_000, members }
}

#[test]
fn what_waits_opens_after_a_restart_and_not_once_its_device_is_withdrawn() {
    let (_folder, path) = place_of();
    let vault = opened(&path, 3, 7);
    let reports = [waiting(0), waiting(1)];
    let bodies = reports.each_ref().map(|report| vault.seal(report).unwrap());
    assert!(!bodies[0].windows(4).any(|window| window == b"high"));
    drop(vault);
    let vault = opened(&path, 3, 8);
    for (report, body) in reports.iter().zip(&bodies) {
        assert_eq!(vault.open_waiting(body).unwrap(), *report);
    }
    let before = fs::read(&path).unwrap();
    vault.withdraw(&[1]).unwrap();
    assert_eq!(vault.open_waiting(&bodies[1]), Err(NotOpened::Erased));
    assert_eq!(vault.seal(&waiting(1)), Err(Withdrawn));
    assert_eq!(vault.handle(1, OperationId([1; 16]), Epoch(8)), ErasureHandle::NONE);
    assert!(vault.open_waiting(&bodies[0]).is_ok());
    // In place: the slot's old bytes are nowhere in the file, and it is as long as it was.
    let after = fs::read(&path).unwrap();
    let slot = usize::try_from(DEVICES + 1).unwrap() * 128;
    assert_eq!(before.len(), after.len());
    assert!(!after.windows(128).any(|window| window == &before[slot..slot + 128]));
    assert_eq!(before[..slot], after[..slot]);
    drop(vault);
    let vault = opened(&path, 3, 8);
    assert_eq!(vault.open_waiting(&bodies[1]), Err(NotOpened::Erased));
    assert_eq!(vault.seal(&waiting(1)), Err(Withdrawn));
    // Another key and code for who agrees anew; what was before stays gone.
    vault.admit(1, &mut SystemRng::new()).unwrap();
    let body = vault.seal(&waiting(1)).unwrap();
    assert!(vault.open_waiting(&body).is_ok());
    assert_eq!(vault.open_waiting(&bodies[1]), Err(NotOpened::Erased));
}

#[test]
fn what_is_too_old_goes_with_its_epoch() {
    let (_folder, path) = place_of();
    let vault = opened(&path, 2, 7);
    let old = vault.seal(&waiting(0)).unwrap();
    vault.begin(Epoch(8)).unwrap();
    let new = vault.seal(&waiting(0)).unwrap();
    assert_eq!(vault.forget_before(Epoch(8)).unwrap(), 1);
    assert_eq!(vault.forget_before(Epoch(8)).unwrap(), 0);
    for vault in [vault, opened(&path, 2, 8)] {
        assert_eq!(vault.open_waiting(&old), Err(NotOpened::Erased));
        assert!(vault.open_waiting(&new).is_ok());
    }
    // An order of a later epoch takes the key of now too; there is another one at once.
    let vault = opened(&path, 2, 8);
    assert_eq!(vault.forget_before(Epoch(20)).unwrap(), 1);
    assert_eq!(vault.seal(&waiting(0)), Err(Withdrawn));
    vault.begin(Epoch(8)).unwrap();
    assert!(vault.open_waiting(&vault.seal(&waiting(0)).unwrap()).is_ok());
    // 4,096 epochs later its slot is another's.
    vault.begin(Epoch(8 + AGES)).unwrap();
    assert_eq!(vault.open_waiting(&new), Err(NotOpened::Erased));
}

#[test]
fn a_damaged_slot_is_as_withdrawn_and_another_vault_is_refused() {
    let (folder, path) = place_of();
    let vault = opened(&path, 3, 7);
    let bodies = [0, 1, 2].map(|identity| vault.seal(&waiting(identity)).unwrap());
    drop(vault);
    let mut bytes = fs::read(&path).unwrap();
    bytes[usize::try_from(DEVICES + 1).unwrap() * 128 + 50] ^= 1;
    fs::write(&path, &bytes).unwrap();
    let vault = opened(&path, 3, 7);
    assert!(vault.open_waiting(&bodies[0]).is_ok() && vault.open_waiting(&bodies[2]).is_ok());
    assert_eq!(vault.open_waiting(&bodies[1]), Err(NotOpened::Erased));
    assert_eq!(vault.seal(&waiting(1)), Err(Withdrawn));
    // Slots do not open in each other's places.
    let (one, two) = (usize::try_from(DEVICES).unwrap() * 128, usize::try_from(DEVICES + 2).unwrap() * 128);
    let slot = bytes[one..one + 128].to_vec();
    bytes[two..two + 128].copy_from_slice(&slot);
    let moved = folder.path().join("moved");
    fs::write(&moved, &bytes).unwrap();
    assert_eq!(opened(&moved, 3, 7).seal(&waiting(2)), Err(Withdrawn));
    let other = Vault::open(&path, &Secret::new([8; 32]), 3, Epoch(7), &mut SystemRng::new());
    assert!(matches!(other, Err(VaultError::Damaged(_))));
    for length in [0, 1, 127] {
        fs::write(&moved, &bytes[..length]).unwrap();
        let cut = Vault::open(&moved, &key(), 3, Epoch(7), &mut SystemRng::new());
        assert!(matches!(cut, Err(VaultError::Damaged(_))), "{length}");
    }
    // Cut off behind: what is not there is made anew.
    fs::write(&moved, &bytes[..one + 64]).unwrap();
    assert!(opened(&moved, 3, 7).seal(&waiting(2)).is_ok());
}

#[test]
fn altered_bodies_and_what_was_never_sealed_do_not_open() {
    let (_folder, path) = place_of();
    let vault = opened(&path, 2, 7);
    let body = vault.seal(&waiting(0)).unwrap();
    for at in 0..body.len() {
        let mut altered = body.to_vec();
        altered[at] ^= 1;
        assert!(vault.open_waiting(&altered).is_err(), "{at}");
        assert!(vault.open_waiting(&body[..at]).is_err(), "{at}");
    }
    assert_eq!(vault.seal(&waiting(2)), Err(Withdrawn));
    // As an earlier version kept it.
    let bare = waiting(1);
    assert_eq!(vault.open_waiting(&bare.encode()).unwrap(), bare);
    vault.withdraw(&[1]).unwrap();
    assert_eq!(vault.open_waiting(&bare.encode()), Err(NotOpened::Erased));
}

#[test]
fn codes_are_read_beside_a_gateway_that_runs() {
    let (_folder, path) = place_of();
    assert!(Vault::codes(&path, &key()).unwrap().is_empty());
    let vault = opened(&path, 2, 7);
    let operation = OperationId([1; 16]);
    let codes = Vault::codes(&path, &key()).unwrap();
    let seed = codes[1].as_ref().unwrap().seed();
    assert_eq!(vault.handle(1, operation, Epoch(9)), erasure_handle(&seed, operation, Epoch(9)));
    assert_ne!(vault.handle(0, operation, Epoch(9)), vault.handle(1, operation, Epoch(9)));
    vault.withdraw(&[1]).unwrap();
    assert!(Vault::codes(&path, &key()).unwrap()[1].is_none());
}
