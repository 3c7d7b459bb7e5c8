//! A reporter finds its own report, by file and across restarts.

use cowl_core::MemberId;

use super::*;
use crate::{operation::Operation, random::SystemRng};

const NOW: u64 = 1_800_000_000;

fn key(n: u8) -> HelpKey {
    HelpKey::from_bytes([n; 32])
}

#[test]
fn help_is_found_once_and_stays_known() {
    let folder = tempfile::tempdir().unwrap();
    let operation = Operation::create(&folder.path().join("ops"), NOW, &mut SystemRng::new()).unwrap();
    let (manifest, path) = (operation.manifest(), folder.path().join("my.waiting"));
    let dispatch = |at| {
        let bytes = operation.dispatch(at, &mut SystemRng::new()).unwrap();
        Dispatch::verify(&bytes, manifest.authority(), manifest.operation, None).unwrap()
    };
    let mut waiting = Waiting::open(&path, manifest.operation).unwrap();
    waiting.add(ReportId([0xa1; 16]), &[(RoleIndex(0), key(1)), (RoleIndex(1), key(2))], NOW);
    // It was sealed again, and is the same report.
    waiting.add(ReportId([0xa1; 16]), &[(RoleIndex(0), key(3)), (RoleIndex(1), key(4))], NOW + 5);
    waiting.add(ReportId([2; 16]), &[(RoleIndex(1), key(5))], NOW + 60);
    waiting.commit().unwrap();
    assert_eq!(waiting.reports(), 2);
    assert!(waiting.hear(&dispatch(NOW), &manifest.policy).is_empty());
    operation.help_is_coming(MemberId([1; 16]), &[key(4), key(9)], NOW).unwrap();
    let medical = manifest.policy.roles[1].name.clone();
    let found = vec![Found { sent: NOW, role: medical }];
    let mut waiting = Waiting::open(&path, manifest.operation).unwrap();
    assert_eq!(waiting.hear(&dispatch(NOW + 1), &manifest.policy), found);
    assert!(waiting.hear(&dispatch(NOW + 2), &manifest.policy).is_empty(), "told once");
    waiting.commit().unwrap();
    let waiting = Waiting::open(&path, manifest.operation).unwrap();
    assert_eq!(waiting.found(&manifest.policy), found);
    // Neither the report's id nor what was reported is in the file.
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(!text.contains(&hex::encode([0xa1; 16])));
    assert!(matches!(Waiting::open(&path, OperationId([9; 16])), Err(WaitingError::OtherOperation(_))));
}

#[test]
fn the_oldest_go_and_damage_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let (path, operation) = (folder.path().join("my.waiting"), OperationId([7; 16]));
    let mut waiting = Waiting::open(&path, operation).unwrap();
    for n in 0..1_005_u32 {
        let mut id = [0; 16];
        id[..4].copy_from_slice(&n.to_be_bytes());
        waiting.add(ReportId(id), &[(RoleIndex(0), key(1))], u64::from(n));
    }
    assert_eq!((waiting.reports(), waiting.book.reports[0].sent), (1_000, 5));
    waiting.commit().unwrap();
    let whole = std::fs::read(&path).unwrap();
    for at in [0, whole.len() / 2, whole.len() - 2] {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        std::fs::write(&path, &bytes).unwrap();
        let error = Waiting::open(&path, operation).unwrap_err();
        assert!(error.to_string().contains("my.waiting"), "{error}");
    }
    // The first form is read for ever.
    files::replace_summed(&path, include_bytes!("../../tests/data/waiting-1.json")).unwrap();
    assert_eq!(Waiting::open(&path, operation).unwrap().reports(), 1);
}
