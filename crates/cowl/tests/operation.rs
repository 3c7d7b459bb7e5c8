//! Operations on disk: what they refuse, what they keep, what they delete.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "tests: a failure here is the message"
)]

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use cowl::{
    files::FileError,
    keyring::{Reader, Sender, store_new},
    operation::{BrokerFolder, Issued, Operation, OperationError, TlsFiles},
    policy_file::{DEFAULT_POLICY, DEVICES_POLICY},
    random::SystemRng,
};
use cowl_core::{Counts, Epoch, RoleIndex};

const NOW: u64 = 1_800_000_000;

fn made() -> (tempfile::TempDir, Operation) {
    let folder = tempfile::tempdir().unwrap();
    let operation =
        Operation::create_from(&folder.path().join("ops"), None, &[], NOW, &mut SystemRng::new()).unwrap();
    (folder, operation)
}

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { all.extend(files_below(&path)) } else { all.push(path) }
    }
    all
}

fn edit_policy(operation: &Operation, from: &str, to: &str) {
    let path = operation.folder().join("policy.toml");
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{from}");
    fs::write(path, text.replacen(from, to, 1)).unwrap();
}

#[test]
fn secrets_are_private_and_the_rest_is_readable() {
    let (_folder, operation) = made();
    assert_eq!(mode(operation.folder()), 0o700);
    let public = ["policy.toml", "manifest.cowl", "README.md", "authority.pub", "ca.pem", "server.pem"];
    for path in files_below(operation.folder()) {
        let name = path.file_name().unwrap().to_str().unwrap();
        let shown = path.starts_with(operation.folder().join("log"));
        let wanted =
            if shown || public.contains(&name) || name.ends_with(".geojson") { 0o644 } else { 0o600 };
        assert_eq!(mode(&path), wanted, "{name}");
    }
    let readme = fs::read_to_string(operation.folder().join("README.md")).unwrap();
    assert!(readme.contains(&operation.manifest().authority().fingerprint().to_string()));
}

#[test]
fn a_folder_with_something_in_it_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("letter"), "dear").unwrap();
    let refused = Operation::create(folder.path(), NOW, &mut SystemRng::new());
    assert!(matches!(refused, Err(OperationError::NotEmpty(_))));
    assert_eq!(files_below(folder.path()).len(), 1);

    let (_folder, operation) = made();
    let again = Operation::create(operation.folder(), NOW, &mut SystemRng::new());
    assert!(matches!(again, Err(OperationError::NotEmpty(_))));
    Operation::open(operation.folder()).unwrap();
}

#[test]
fn an_operation_that_cannot_be_made_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let policy = folder.path().join("mine.toml");
    fs::write(&policy, "name = 7\n").unwrap();
    let made = |path: &str| {
        Operation::create_from(&folder.path().join(path), Some(&policy), &[], NOW, &mut SystemRng::new())
    };
    let Err(OperationError::Policy(error)) = made("a/b") else { panic!("the policy is no policy") };
    assert_eq!(error.file, policy.display().to_string());
    assert!(!folder.path().join("a").exists());

    // The manifest is made last, and does not fit.
    fs::write(&policy, DEFAULT_POLICY.replacen("manifest_size = 65536", "manifest_size = 8192", 1)).unwrap();
    assert!(matches!(made("b"), Err(OperationError::Manifest(_) | OperationError::Policy(_))));
    assert!(!folder.path().join("b").exists());
}

#[test]
fn a_policy_of_ones_own_comes_with_its_zones() {
    let folder = tempfile::tempdir().unwrap();
    let policy = folder.path().join("mine.toml");
    let haiti = cowl::policy_file::HAITI_DEPARTMENTS;
    fs::create_dir(folder.path().join("zones")).unwrap();
    fs::write(folder.path().join("zones/departments.geojson"), haiti).unwrap();
    let text = DEFAULT_POLICY.replacen("haiti-departments.geojson", "zones/departments.geojson", 1);
    fs::write(&policy, &text).unwrap();
    let made = |name: &str| {
        Operation::create_from(&folder.path().join(name), Some(&policy), &[], NOW, &mut SystemRng::new())
    };
    let operation = made("a").unwrap();
    assert_eq!(fs::read_to_string(operation.folder().join("zones/departments.geojson")).unwrap(), haiti);
    assert_eq!(fs::read_to_string(operation.folder().join("policy.toml")).unwrap(), text);

    // What lies elsewhere is not taken along under another name.
    let outside = DEFAULT_POLICY.replacen(
        "haiti-departments.geojson",
        folder.path().join("zones/departments.geojson").to_str().unwrap(),
        1,
    );
    fs::write(&policy, outside).unwrap();
    assert!(matches!(made("b"), Err(OperationError::ZonesElsewhere(_))));

    // An example policy needs no file beside it.
    fs::write(&policy, DEVICES_POLICY).unwrap();
    made("c").unwrap();
}

#[test]
fn keys_that_others_can_read_are_refused_by_name() {
    for name in ["authority.key", "roles/1.key", "register.json", "logins.toml"] {
        let (_folder, operation) = made();
        let path = operation.folder().join(name);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        match Operation::open(operation.folder()) {
            Err(OperationError::File(FileError::Exposed { path: named, mode: 0o640 })) => {
                assert_eq!(named, path);
            }
            other => panic!("{name}: {other:?}"),
        }
    }
    let (_folder, operation) = made();
    fs::set_permissions(operation.tls().key, fs::Permissions::from_mode(0o644)).unwrap();
    assert!(matches!(
        BrokerFolder::open(operation.folder()),
        Err(OperationError::File(FileError::Exposed { .. }))
    ));
}

#[test]
fn damaged_files_are_named() {
    for name in ["authority.key", "roles/0.key", "register.json", "logins.toml", "manifest.cowl"] {
        let (_folder, operation) = made();
        let path = operation.folder().join(name);
        let mut bytes = fs::read(&path).unwrap();
        bytes.truncate(bytes.len() / 2);
        fs::write(&path, bytes).unwrap();
        let error = Operation::open(operation.folder()).unwrap_err();
        let text = error.to_string();
        assert!(text.contains(name) || text.contains("manifest"), "{name}: {text}");
    }
    let (_folder, operation) = made();
    fs::remove_file(operation.folder().join("roles/2.key")).unwrap();
    let error = Operation::open(operation.folder()).unwrap_err();
    assert!(matches!(error, OperationError::Damaged { .. }), "{error}");

    let (_folder, operation) = made();
    fs::write(operation.folder().join("beacon.state"), "many").unwrap();
    let error = operation.beacon(NOW, &Counts::default()).unwrap_err();
    assert!(error.to_string().contains("beacon.state"), "{error}");
}

#[test]
fn a_folder_without_an_operation_is_none() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(Operation::open(folder.path()), Err(OperationError::NotAnOperation(_))));
    assert!(matches!(BrokerFolder::open(folder.path()), Err(OperationError::NotAnOperation(_))));
}

#[test]
fn a_changed_policy_makes_a_new_manifest_that_members_follow() {
    let (_folder, mut operation) = made();
    let mut rng = SystemRng::new();
    let before = operation.manifest().clone();
    assert_eq!(operation.refresh(Epoch(0), &mut rng).unwrap(), Issued::Nothing);
    edit_policy(&operation, "\nk = 5\n", "\nk = 7\n");
    assert_eq!(operation.refresh(Epoch(0), &mut rng).unwrap(), Issued::Manifest);
    let next = before.succeed(operation.manifest().bytes()).unwrap();
    assert_eq!((next.version, next.policy_version.0), (before.version + 1, before.policy_version.0 + 1));
    assert_eq!(next.policy.anonymity.k, 7);
    assert!(next.succeed(before.bytes()).is_err());
}

#[test]
fn what_members_cannot_follow_is_refused_and_changes_nothing() {
    for (from, to) in [
        ("epoch = \"6h\"", "epoch = \"3h\""),
        ("places = 4096", "places = 8192"),
        ("shards = 1", "shards = 2"),
        ("size = 24", "size = 25"),
        ("preset = \"cowl\"", "[dangerous]\npreset = \"plain\"\n[x]"),
    ] {
        let (_folder, mut operation) = made();
        if from.starts_with("preset") {
            edit_policy(&operation, from, "");
            let path = operation.folder().join("policy.toml");
            let text = fs::read_to_string(&path).unwrap() + "\n[dangerous]\npreset = \"plain\"\n";
            fs::write(path, text).unwrap();
        } else {
            edit_policy(&operation, from, to);
        }
        let before = operation.manifest().bytes().to_vec();
        let error = operation.refresh(Epoch(1), &mut SystemRng::new()).unwrap_err();
        assert!(matches!(error, OperationError::Fixed(_)) && error.is_input(), "{from}: {error}");
        assert_eq!(operation.manifest().bytes(), before);
        // The epochs go on all the same, with the policy that was published.
        assert_eq!(operation.roll(Epoch(1), &mut SystemRng::new()).unwrap(), Issued::Manifest);
    }
}

#[test]
fn epochs_roll_and_roots_past_their_lateness_are_deleted() {
    let (_folder, mut operation) = made();
    let mut rng = SystemRng::new();
    let root = |operation: &Operation, epoch: u32| operation.role_root(RoleIndex(0), Epoch(epoch)).is_some();
    let ahead = u32::from(operation.manifest().policy.keys_ahead);
    assert!(root(&operation, 0) && root(&operation, ahead) && !root(&operation, ahead + 1));
    for now in 1..=12 {
        let version = operation.manifest().version;
        assert_eq!(operation.refresh(Epoch(now), &mut rng).unwrap(), Issued::Manifest);
        assert_eq!(operation.manifest().version, version + 1);
        assert!(root(&operation, now + ahead));
    }
    // 24 h of lateness are 4 epochs of 6 h: the eighth ends with the beginning of the ninth, and is late when the thirteenth begins.
    let kept = Operation::open(operation.folder()).unwrap();
    assert!(root(&kept, 8) && !root(&kept, 7));
    assert_eq!(operation.manifest().walk_in.first, Epoch(12));
}

#[test]
fn a_clock_that_must_be_wrong_deletes_nothing() {
    let (_folder, mut operation) = made();
    let mut rng = SystemRng::new();
    operation.refresh(Epoch(3), &mut rng).unwrap();
    assert!(matches!(operation.refresh(Epoch(2), &mut rng), Err(OperationError::ClockBehind)));
    assert!(matches!(operation.refresh(Epoch(9_999), &mut rng), Err(OperationError::ClockAhead)));
    assert!(matches!(operation.epoch_now(NOW - 1_000_000), Err(OperationError::ClockBehind)));
    assert!(operation.role_root(RoleIndex(0), Epoch(3)).is_some());
}

#[test]
fn the_register_keeps_counting_across_restarts_and_retracted_members() {
    let (_folder, mut operation) = made();
    let mut rng = SystemRng::new();
    operation.enrol_device("a", Epoch(0), &mut rng).unwrap();
    operation.enrol_gateway("b", 10, Epoch(0), &mut rng).unwrap();
    operation.retract("b").unwrap();
    let mut operation = Operation::open(operation.folder()).unwrap();
    assert!(matches!(operation.enrol_device("a", Epoch(0), &mut rng), Err(OperationError::NameTaken)));
    operation.enrol_device("b", Epoch(0), &mut rng).unwrap();
    let numbers: Vec<_> = operation
        .register()
        .members()
        .iter()
        .map(|entry| (entry.name.as_str(), entry.first_device))
        .collect();
    assert_eq!(numbers, [("a", 0), ("b", 11)]);
    let all = operation.manifest().policy.places;
    assert!(matches!(operation.enrol_gateway("c", all, Epoch(0), &mut rng), Err(OperationError::Full(_))));
    let roles = ["nobody".to_owned()];
    assert!(matches!(
        operation.enrol_responder("d", &roles, Epoch(0), &mut rng),
        Err(OperationError::NoSuchRole(_))
    ));
    assert_eq!(operation.register().members().len(), 2);
}

/// `cowl enrol` beside `cowl serve`: each has read the folder before the other changed it.
#[test]
fn two_processes_agree_on_the_keys_of_new_epochs() {
    let (folder, mut serving) = made();
    let mut enrolling = Operation::open(serving.folder()).unwrap();
    let mut rng = SystemRng::new();
    serving.refresh(Epoch(4), &mut rng).unwrap();
    let phone = folder.path().join("phone.cowl");
    let enrolled = enrolling.enrol_device("phone", Epoch(5), &mut rng).unwrap();
    store_new(&phone, &enrolled.credential, enrolled.first).unwrap();
    serving.refresh(Epoch(5), &mut rng).unwrap();
    let medic = folder.path().join("medic.cowl");
    let roles = ["medical".to_owned()];
    let enrolled = serving.enrol_responder("medic", &roles, Epoch(5), &mut rng).unwrap();
    store_new(&medic, &enrolled.credential, enrolled.first).unwrap();

    let mut sender = Sender::open(&phone).unwrap();
    let reading = cowl::formats::parse(b"severity: high, lat: 18.54, lon: -72.34").unwrap();
    let reduced = sender.manifest().policy.reduce(reading, &sender.surroundings(NOW)).unwrap();
    let report = sender.report(reduced);
    let sealed = sender.seal(0, &report, 0).unwrap();
    assert_eq!(sealed.epoch, Epoch(5));
    let mut reader = Reader::open(&medic, "medical", None).unwrap();
    let mut reports = Vec::new();
    reader.read(sealed.sealed.bytes(), 0, &mut reports).unwrap();
    assert_eq!(reports.len(), 1);
}

#[test]
fn beacons_never_share_a_number() {
    let (_folder, operation) = made();
    let verify = |bytes: &[u8], newest| {
        let manifest = operation.manifest();
        cowl_core::Beacon::verify(bytes, manifest.authority(), manifest.operation, newest).unwrap().sequence
    };
    let first = verify(&operation.beacon(NOW, &Counts::default()).unwrap(), None);
    let second = verify(&operation.beacon(NOW, &Counts::default()).unwrap(), Some(first));
    // A folder restored from a copy has forgotten them.
    fs::remove_file(operation.folder().join("beacon.state")).unwrap();
    verify(&operation.beacon(NOW + 300, &Counts::default()).unwrap(), Some(second));
}

#[test]
fn a_folder_that_cannot_be_written_is_an_error_and_stays_as_it_is() {
    let (_folder, mut operation) = made();
    let roles = operation.folder().join("roles");
    fs::set_permissions(&roles, fs::Permissions::from_mode(0o500)).unwrap();
    let writable = fs::write(roles.join("probe"), "").is_ok();
    if writable {
        // Root writes anywhere; see the full disk below.
        return;
    }
    let refused = operation.refresh(Epoch(1), &mut SystemRng::new());
    assert!(matches!(refused, Err(OperationError::File(FileError::Write { .. }))));
    fs::set_permissions(&roles, fs::Permissions::from_mode(0o700)).unwrap();
    Operation::open(operation.folder()).unwrap();
}

/// Needs root, for a file system of its own.
#[test]
fn a_full_disk_is_an_error_and_the_operation_goes_on_once_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    let mounted = std::process::Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=512k", "tmpfs"])
        .arg(folder.path())
        .stderr(std::process::Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !mounted {
        return;
    }
    let _mount = Mount(folder.path());
    let mut rng = SystemRng::new();
    let path = folder.path().join("ops");
    let mut operation = Operation::create(&path, NOW, &mut rng).unwrap();
    let filler = folder.path().join("filler");
    let mut filled = fs::File::create(&filler).unwrap();
    while std::io::Write::write_all(&mut filled, &[0; 4096]).is_ok() {}
    let before = operation.register().members().len();
    for error in [
        operation.enrol_device("a", Epoch(0), &mut rng).unwrap_err(),
        operation.refresh(Epoch(1), &mut rng).unwrap_err(),
        operation.beacon(NOW, &Counts::default()).unwrap_err(),
        Operation::create(&folder.path().join("other"), NOW, &mut rng).unwrap_err(),
    ] {
        assert!(matches!(error, OperationError::File(FileError::Write { .. })), "{error}");
    }
    assert!(!folder.path().join("other").exists());
    drop(filled);
    fs::remove_file(&filler).unwrap();
    let mut operation = Operation::open(&path).unwrap();
    assert_eq!(operation.register().members().len(), before);
    operation.refresh(Epoch(1), &mut rng).unwrap();
    operation.enrol_device("a", Epoch(1), &mut rng).unwrap();
}

struct Mount<'a>(&'a Path);

impl Drop for Mount<'_> {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg("-l").arg(self.0).status();
    }
}

#[test]
fn the_certificate_is_for_the_names_that_were_given_and_is_not_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let names = ["broker.example.org".parse().unwrap(), "10.0.0.7".parse().unwrap()];
    let files = TlsFiles::create(folder.path(), &names, NOW).unwrap();
    assert!(files.exist());
    files.check().unwrap();
    cowl::transport::TlsOptions::from_pem(&fs::read(&files.ca).unwrap()).unwrap();
    assert!(matches!(
        TlsFiles::create(folder.path(), &names, NOW),
        Err(OperationError::File(FileError::Exists(_)))
    ));
}

#[test]
fn a_broker_needs_no_key_of_the_authority() {
    let (folder, operation) = made();
    let other = folder.path().join("broker");
    fs::create_dir(&other).unwrap();
    fs::create_dir(other.join("tls")).unwrap();
    for name in ["manifest.cowl", "logins.toml", "tls/ca.pem", "tls/server.pem", "tls/server.key"] {
        fs::copy(operation.folder().join(name), other.join(name)).unwrap();
    }
    let broker = BrokerFolder::open(&other).unwrap();
    assert_eq!(broker.manifest.mailbox, operation.manifest().mailbox);
    assert!(broker.tls.is_some());
}
