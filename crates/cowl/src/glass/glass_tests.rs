//! What is kept, and what a crash leaves of it.
#![allow(clippy::unwrap_used, reason = "helpers of tests; the lint knows test functions only")]

use std::fs;

use cowl_core::{
    AuthorityKey, BodyError, Epoch, Erasure, ErasureHandle, Erasures, Header, OperationId, PolicyVersion,
    ReportId, Secret, custody::CustodyEnvelope,
};

use super::{GlassError, Kept, answered::Answered};
use crate::{files::FileError, keyring::ReadReport, random::SystemRng};

/// One line of version 1, as it lies in files: it is read for ever.
const LINE: &str = r#"{"report":"07070707070707070707070707070707","from":"V-1B30-J8ZR","epoch":10,"custody":"hlAFBQUFBQUFBQUFBQUFBQUFAApEAQIDBEMJCAdQBwcHBwcHBwcHBwcHBwcHBw=="}"#;

/// A custody part of no use.
fn envelope(number: u8) -> CustodyEnvelope {
    let form = (
        OperationId([5; 16]),
        0_u8,
        Epoch(10),
        minicbor::bytes::ByteVec::from(vec![1, 2, 3, 4]),
        minicbor::bytes::ByteVec::from(vec![9, 8, 7]),
        minicbor::bytes::ByteArray::from([number; 16]),
    );
    CustodyEnvelope::from_bytes(&minicbor::to_vec(form).unwrap()).unwrap()
}

fn report(number: u8) -> ReadReport {
    let header =
        Header { report: ReportId([number; 16]), handle: ErasureHandle::NONE, policy: PolicyVersion(1) };
    let (body, custody) = (Err(BodyError::NoRole), Some(envelope(number)));
    ReadReport { header, epoch: Epoch(10), pseudonym: None, body, custody, help: None }
}

#[test]
fn a_file_of_version_1_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kept");
    crate::files::create(
        &path,
        format!("cowl kept custody 1\n{LINE}\n").as_bytes(),
        crate::files::Access::Owner,
    )
    .unwrap();
    let part = Kept::find(&path, ReportId([7; 16])).unwrap();
    assert_eq!((part.about.as_str(), part.envelope), ("V-1B30-J8ZR", envelope(7)));
    assert!(matches!(Kept::find(&path, ReportId([8; 16])), Err(GlassError::NotKept)));
    fs::write(&path, "something else").unwrap();
    assert!(matches!(Kept::find(&path, ReportId([7; 16])), Err(GlassError::Damaged { .. })));
    assert!(matches!(Kept::open(&path), Err(GlassError::Damaged { .. })));
}

#[test]
fn what_a_crash_left_half_written_is_cut_off() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kept");
    let mut kept = Kept::open(&path).unwrap();
    kept.keep(&report(1));
    kept.flush().unwrap();
    let whole = fs::read(&path).unwrap();
    for length in 20..whole.len() {
        fs::write(&path, &whole[..length]).unwrap();
        let mut kept = Kept::open(&path).unwrap();
        assert!(matches!(Kept::find(&path, ReportId([1; 16])), Err(GlassError::NotKept)));
        kept.keep(&report(2));
        kept.flush().unwrap();
        assert_eq!(Kept::find(&path, ReportId([2; 16])).unwrap().envelope, envelope(2));
    }
}

#[test]
fn the_older_half_goes_when_it_is_full() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kept");
    let mut kept = Kept::open(&path).unwrap().with_most(10);
    for number in 0..25 {
        kept.keep(&report(number));
        kept.flush().unwrap();
    }
    let found: Vec<_> = (0..25).filter(|number| Kept::find(&path, ReportId([*number; 16])).is_ok()).collect();
    assert_eq!(found, (18..25).collect::<Vec<_>>());
    assert_eq!(Kept::open(&path).unwrap().with_most(10).lines(), 7);
}

#[test]
fn what_an_order_names_goes_and_its_bytes_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kept");
    let mut kept = Kept::open(&path).unwrap();
    for number in [1, 2, 3] {
        let mut report = report(number);
        report.header.handle = ErasureHandle([number; 16]);
        kept.keep(&report);
    }
    kept.flush().unwrap();
    // Another name for the old file: what becomes of its blocks.
    let blocks = folder.path().join("blocks");
    fs::hard_link(&path, &blocks).unwrap();
    let (operation, key) = (OperationId([5; 16]), AuthorityKey::new(&Secret::new([2; 32])));
    let orders = [Erasure::Handle(ErasureHandle([2; 16]))];
    let bytes = Erasures::issue(operation, 9, &orders, &key, 1_024, &mut SystemRng::new()).unwrap();
    let list = Erasures::verify(&bytes, key.public(), operation).unwrap();
    assert_eq!(kept.obey(&list, None).unwrap(), 1);
    assert_eq!(kept.obey(&list, None).unwrap(), 0);
    let found = |number| Kept::find(&path, ReportId([number; 16])).is_ok();
    assert_eq!([1, 2, 3].map(found), [true, false, true]);
    assert!(fs::read(&blocks).unwrap().iter().all(|byte| *byte == 0));
    assert_eq!(kept.obey(&list, Some(Epoch(10))).unwrap(), 0);
    // Cut off before the new file was there: nothing happened.
    let old = folder.path().join("kept.erased");
    fs::hard_link(&path, &old).unwrap();
    let mut kept = Kept::open(&path).unwrap();
    assert_eq!((found(1), old.exists(), kept.lines()), (true, false, 2));
    // Cut off after: the old one is overwritten.
    fs::write(&old, b"as it was").unwrap();
    fs::remove_file(&blocks).unwrap();
    fs::hard_link(&old, &blocks).unwrap();
    drop(Kept::open(&path).unwrap());
    assert_eq!((old.exists(), fs::read(&blocks).unwrap()), (false, vec![0; 9]));
    assert_eq!(kept.obey(&list, Some(Epoch(11))).unwrap(), 2);
    assert_eq!((found(1), kept.lines()), (false, 0));
}

#[test]
fn a_damaged_record_of_answers_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let share = folder.path().join("anna.share");
    let beside = folder.path().join("anna.share.answered");
    let file = r#"{"version":1,"answered":[{"request":"3f1c-88a0-91be-04d7","message":"ab","at":7}]}"#;
    crate::files::create(&beside, file.as_bytes(), crate::files::Access::Owner).unwrap();
    let answered = Answered::load(&share).unwrap();
    assert_eq!(answered.other("other", "ab"), Some("3f1c-88a0-91be-04d7"));
    assert_eq!((answered.other("3f1c-88a0-91be-04d7", "ab"), answered.other("other", "cd")), (None, None));
    fs::write(&beside, "{").unwrap();
    assert!(matches!(Answered::load(&share), Err(GlassError::Damaged { path, .. }) if path == beside));
    assert!(matches!(Kept::find(&share, ReportId([1; 16])), Err(GlassError::File(FileError::Read { .. }))));
}
