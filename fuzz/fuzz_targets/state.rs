//! Any bytes as what people keep and carry of an operation: shares, recovery files, backups, files under a passphrase or for
//! an identity, receipts, withdrawal codes. Beyond not panicking: what is read is written as it was, nothing opens that was
//! not closed for us, and a backup that does not decode leaves nothing behind.

#![no_main]

use std::{fs, path::PathBuf, sync::LazyLock};

use cowl::{
    consent::{Receipt, WithdrawalCode},
    files::{self, Access},
    random::SystemRng,
    recovery::{self, RecoveryError, RecoveryFile, Share},
    rest::{self, Identities, Identity, Recipient, To},
};
use cowl_core::Secret;
use libfuzzer_sys::fuzz_target;

static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = std::env::temp_dir().join(format!("cowl-fuzz-state-{}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a temporary folder");
    folder
});
static KNOWN: LazyLock<Identities> =
    LazyLock::new(|| Identities::one(Identity::of_seed(Secret::new([5; 32]))));
/// For whom backups are sealed here: X25519 would do, but is drawn at random.
static TO: LazyLock<To> = LazyLock::new(|| To::Recipients(KNOWN.recipients().expect("an identity has one")));

fuzz_target!(|data: &[u8]| {
    if let Ok(share) = Share::from_bytes(data) {
        assert_eq!(share.to_bytes().as_slice(), data);
        assert_eq!(Share::parse(&share.words()).map(|again| again.to_bytes()).ok(), Some(share.to_bytes()));
    }
    if let Ok(text) = std::str::from_utf8(data) {
        let _ = Share::parse(text);
        let _ = WithdrawalCode::parse(text);
        let _ = Identities::parse(text);
        let _ = text.parse::<Recipient>();
    }
    if let Ok(receipt) = Receipt::parse(data) {
        assert_eq!(Receipt::parse(receipt.to_json().as_bytes()), Ok(receipt));
    }
    let path = FOLDER.join("file");
    for bytes in [data.to_vec(), [b"cowl recovery 1 ", data].concat()] {
        if let Ok(file) = RecoveryFile::parse(&path, &bytes) {
            assert!(file.open(&[]).is_err(), "there are no shares");
        }
    }
    let as_age = [b"age-encryption.org/v1\n", data].concat();
    for bytes in [data, &as_age[..]] {
        assert!(rest::open_with(bytes, None, &KNOWN).is_err());
    }
    // Summed or not: what comes out is a part of what went in.
    if let Some(body) = files::body(data) {
        assert!(data.ends_with(body));
    }
    let sealed = rest::seal(&[b"cowl pack 1\n", data].concat(), &TO).expect("for a recipient");
    let _ = fs::remove_file(&path);
    files::create(&path, &sealed, Access::Owner).expect("a temporary file");
    let to = FOLDER.join("restored");
    match recovery::restore(&path, &to, None, Some(&KNOWN), 1_800_000_000, &mut SystemRng::new()) {
        Err(RecoveryError::Damaged { .. } | RecoveryError::NotOne { .. }) => assert!(!to.exists()),
        Err(_) => assert!(!to.exists(), "an operation that is none"),
        Ok(_) => {
            let _ = fs::remove_dir_all(&to).or_else(|_| fs::remove_file(&to));
        }
    }
});
