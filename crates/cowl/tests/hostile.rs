//! Whatever comes from outside or lies on a disk, made by somebody who means harm: cut off, altered, of another operation, of
//! before, too long, nested without end. Each is refused with a reason that says of which file it speaks; nothing panics.
//!
//! What hides behind signatures and ciphers is shown to the same parsers by `fuzz/`, which signs and seals what it makes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test, and what it calls"
)]

use std::{
    cell::RefCell,
    fs::{self, File},
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use cowl::{
    archive::{Archive, Query, key_path},
    consent::{Answer, Asked, Language, Notice, Receipt, WithdrawalCode},
    files::{self, Access},
    formats,
    glass::{Ask, Custodian, Kept},
    join::{from_package, write_package},
    keyring::{ReadReport, Reader, Sender, load_credential, store_new},
    log::SignedCheckpoint,
    operation::{NewMember, Operation},
    policy_file::{DEFAULT_POLICY, HAITI_DEPARTMENTS, HAITI_DEPARTMENTS_NAME, PolicyFile, shipped},
    random::SystemRng,
    recovery::{self, RecoveryFile, Share},
    rest::{self, Identities, Identity, Passphrase, To, use_identities},
};
use cowl_core::{
    Beacon, Bundle, Counts, Erasure, ErasureHandle, Erasures, Secret, SignedManifest, Surroundings, Ticket,
    Token,
    custody::{GlassRequest, Partial},
};

const NOW: u64 = 1_800_000_000;

/// The default policy with the custody that its comments describe.
fn policy() -> String {
    let mut text = String::new();
    let mut is_custody = false;
    for line in DEFAULT_POLICY.lines() {
        is_custody = line == "# [custody]" || is_custody && line.starts_with("# ");
        text.push_str(if is_custody { line.trim_start_matches("# ") } else { line });
        text.push('\n');
    }
    text.replace("custody_size = 0", "custody_size = 175")
}

/// An operation with one of everything that is handed round, carried or kept.
struct World {
    folder: tempfile::TempDir,
    operation: RefCell<Operation>,
    identity: Identity,
    ticket: Ticket,
    recovery: recovery::Dealt,
    request: Vec<u8>,
    /// By name: what somebody may alter.
    good: Vec<(&'static str, Vec<u8>)>,
    /// The same of before.
    old: Vec<(&'static str, Vec<u8>)>,
}

impl World {
    fn new(seed: u8) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut rng = SystemRng::new();
        let path = |name: &str| folder.path().join(name);
        let write = |stage: &Path| {
            fs::write(stage.join(HAITI_DEPARTMENTS_NAME), HAITI_DEPARTMENTS).unwrap();
            fs::write(stage.join("policy.toml"), policy()).unwrap();
            Ok(())
        };
        let mut operation = Operation::create_with(&path("ops"), NOW, &mut rng, write).unwrap();
        let epoch = operation.epoch_at(NOW);
        let phone = operation.enrol_device("phone", epoch, &mut rng).unwrap();
        store_new(&path("phone.cowl"), &phone.credential, epoch).unwrap();
        let medic = operation.enrol_responder("medic", &["medical".to_owned()], epoch, &mut rng).unwrap();
        store_new(&path("medic.cowl"), &medic.credential, epoch).unwrap();
        let mut old = vec![
            ("manifest", operation.manifest().bytes().to_vec()),
            ("bundle", operation.bundle(NOW, &mut rng).unwrap()),
            ("beacon", operation.beacon(NOW, &Counts::default()).unwrap()),
        ];
        operation
            .appoint_custodians(&["anna", "ben", "chloe"].map(str::to_owned), folder.path(), epoch, &mut rng)
            .unwrap();

        let mut sender = Sender::open(&path("phone.cowl")).unwrap();
        sender.follow(operation.manifest().bytes()).unwrap();
        let reading = formats::parse(b"severity: high, lat: 18.54321, lon: -72.3388, person: Marie").unwrap();
        let around = Surroundings { counts: None::<&Counts>, now: NOW };
        let report = sender.report(operation.manifest().policy.reduce(reading, &around).unwrap());
        let message = sender.seal(0, &report, 0).unwrap().sealed.into_bytes();
        drop(sender);
        let mut reader = Reader::open(&path("medic.cowl"), "medical", None).unwrap();
        reader.follow(operation.manifest().bytes()).unwrap();
        let mut reports: Vec<ReadReport> = Vec::new();
        reader.read(&message, 0, &mut reports).unwrap();
        reader.commit().unwrap();
        drop(reader);
        let mut archive = Archive::open_or_create(&path("archive"), operation.manifest()).unwrap();
        let entry = cowl::archive::Entry::of(&reports[0], &operation.manifest().policy, NOW).unwrap();
        archive.keep("medical", &[entry]).unwrap();
        drop(archive);
        let mut kept = Kept::open(&path("kept")).unwrap();
        kept.keep(&reports[0]);
        kept.flush().unwrap();
        let part = Kept::find(&path("kept"), reports[0].header.report).unwrap();
        let ask = Ask::new("Rescue, team 4".into(), "does not answer, the river rises".into());
        let draft = ask.draft(operation.manifest(), &part, NOW, &mut rng).unwrap();
        let request = operation.sign_request(draft.clone(), NOW).unwrap();
        let custodian = Custodian::open(&path("anna.share")).unwrap();
        let answer = custodian.answer(&request, false, NOW, &mut rng).unwrap();

        let card = operation.enrol_all(&[NewMember::device("card")], epoch, &mut rng).unwrap().remove(0);
        let manifest = operation.manifest().clone();
        let ticket = Ticket {
            address: None,
            authority: manifest.authority().fingerprint(),
            lowest: manifest.version,
            token: Token::new([seed; 16]),
        };
        write_package(&path("package"), &ticket, card).unwrap();

        let identity = Identity::of_seed(Secret::new([seed; 32]));
        let to = To::Recipients(vec![identity.to_public().unwrap()]);
        recovery::backup(&path("ops"), &path("backup"), &to, NOW).unwrap();
        recovery::backup(&path("phone.cowl"), &path("phone.backup"), &to, NOW).unwrap();
        let recovery = recovery::make_shares(&path("ops"), 2, 3, &[], NOW, &mut rng).unwrap();
        let notice = Notice::of(&manifest, Language::of("en").unwrap());
        let code = WithdrawalCode::draw(&mut rng);
        let said = Answer { asked: Asked::Herself, chosen: &[], code: Some(&code), unix_seconds: NOW };
        let receipt = Receipt::new(&manifest, &notice, &said, &mut rng);
        operation.erase(&[Erasure::Handle(ErasureHandle([7; 16]))], NOW).unwrap();
        let from = |name: &str| fs::read(path(name)).unwrap();
        let good = vec![
            ("ticket", ticket.to_link().as_bytes().to_vec()),
            ("package", from("package")),
            ("manifest", manifest.bytes().to_vec()),
            ("bundle", operation.bundle(NOW + 60, &mut rng).unwrap()),
            ("beacon", operation.beacon(NOW + 60, &Counts::default()).unwrap()),
            ("erase orders", operation.erasure_list(NOW, &mut rng).unwrap()),
            ("recovery share", recovery.shares[0].words().as_bytes().to_vec()),
            ("recovery file", from("ops/recovery.cowl")),
            ("backup", from("backup")),
            ("credential's backup", from("phone.backup")),
            ("credential", from("phone.cowl")),
            ("locked file", rest::seal(&from("phone.cowl"), &to).unwrap()),
            ("custodian's share", from("anna.share")),
            ("glass draft", draft.to_draft().unwrap()),
            ("glass request", request.bytes().to_vec()),
            ("glass answer", answer.to_bytes()),
            ("receipt", receipt.to_json().into_bytes()),
            ("checkpoint", from("ops/log/checkpoint")),
            ("policy", policy().into_bytes()),
            ("store key", from(key_path(Path::new("archive")).to_str().unwrap())),
            ("archive", from("archive")),
        ];
        old.retain(|(name, bytes)| good.iter().any(|(other, new)| other == name && new != bytes));
        let request = request.bytes().to_vec();
        Self { folder, operation: RefCell::new(operation), identity, ticket, recovery, request, good, old }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn good(&self, name: &str) -> &[u8] {
        &self.good.iter().find(|(known, _)| *known == name).unwrap().1
    }

    /// Writes hostile bytes where somebody may put them.
    fn put(&self, bytes: &[u8]) -> PathBuf {
        let path = self.path("hostile");
        let _ = fs::remove_file(&path);
        files::create(&path, bytes, Access::Owner).unwrap();
        path
    }

    #[expect(clippy::too_many_lines, reason = "one arm for each kind, and nothing but arms")]
    /// Shows bytes to whoever reads such things here. What came out of them, or the reason why nothing did.
    fn show(&self, name: &str, bytes: &[u8]) -> Result<String, String> {
        let operation = self.operation.borrow();
        let manifest = operation.manifest();
        let (authority, id) = (manifest.authority(), manifest.operation);
        let text = || std::str::from_utf8(bytes).map_err(|error| format!("hostile: {error}"));
        let rng = &mut SystemRng::new();
        let known = Identities::one(self.identity.clone());
        match name {
            "ticket" => Ticket::parse(text()?).map(|one| one.to_link().to_string()).map_err(said),
            "package" => {
                let to = self.path("joined");
                for left in ["joined", "joined.state"] {
                    let _ = fs::remove_file(self.path(left));
                }
                from_package(&self.ticket, &self.put(bytes), &to).map(|_| String::new()).map_err(said)
            }
            "manifest" => {
                SignedManifest::verify(bytes, authority).map(|one| one.version.to_string()).map_err(said)
            }
            "bundle" => {
                Bundle::verify(bytes, authority, id, None).map(|one| one.epoch.0.to_string()).map_err(said)
            }
            "beacon" => {
                Beacon::verify(bytes, authority, id, None).map(|one| one.sequence.to_string()).map_err(said)
            }
            "erase orders" => {
                Erasures::verify(bytes, authority, id).map(|one| one.sequence.to_string()).map_err(said)
            }
            "recovery share" => {
                let share = Share::parse(text()?).map_err(said)?;
                self.recovery.set.check(&share).map(|()| share.words().to_string()).map_err(said)
            }
            "recovery file" => {
                let file = RecoveryFile::load(&self.put(bytes)).map_err(said)?;
                file.open(&self.recovery.shares).map(|pack| format!("{pack:?}")).map_err(said)
            }
            "backup" | "credential's backup" => {
                let to = self.path("restored");
                let _ = fs::remove_dir_all(&to).or_else(|_| fs::remove_file(&to));
                let restored = recovery::restore(&self.put(bytes), &to, None, Some(&known), NOW, rng);
                assert!(restored.is_ok() || !to.exists(), "half of it was restored");
                restored.map(|one| one.kind.name().to_owned()).map_err(said)
            }
            "credential" | "locked file" => {
                load_credential(&self.put(bytes)).map(|one| one.manifest.version.to_string()).map_err(said)
            }
            "custodian's share" => {
                let share = Custodian::open(&self.put(bytes)).map_err(said)?;
                // It answers nothing of another operation.
                share.read(&self.request, NOW).map_err(said)?;
                Ok(hex::encode(&*share.share().to_bytes()))
            }
            "glass draft" => {
                let draft = GlassRequest::from_draft(bytes).map_err(said)?;
                operation.sign_request(draft, NOW).map(|_| String::new()).map_err(said)
            }
            "glass request" => {
                let custodian = Custodian::open(&self.path("anna.share")).unwrap();
                custodian.read(bytes, NOW).map(|one| one.id().to_string()).map_err(said)
            }
            "glass answer" => {
                let answer = Partial::from_bytes(bytes).map_err(said)?;
                let ben = Custodian::open(&self.path("ben.share")).unwrap();
                let request = ben.read(&self.request, NOW).unwrap();
                let second = ben.answer(&request, true, NOW, rng).unwrap();
                operation
                    .open_custody(&self.request, &[answer, second], NOW)
                    .map(|_| String::new())
                    .map_err(said)
            }
            "receipt" => {
                let receipt = Receipt::parse(bytes).map_err(said)?;
                receipt.is_confirmed_by(manifest).map(|_| receipt.to_json()).map_err(said)
            }
            "checkpoint" => {
                let path = self.path("ops/log/checkpoint");
                let good = fs::read(&path).unwrap();
                fs::write(&path, bytes).unwrap();
                let found = operation.log().map_err(said).and_then(|log| {
                    let log = log.ok_or("there is no log")?;
                    SignedCheckpoint::load(&path).map_err(said)?;
                    log.inspect(&operation.log_key()).map_err(said)
                });
                fs::write(&path, good).unwrap();
                let found = found?.findings;
                if found.is_empty() { Ok(String::new()) } else { Err(format!("{found:?}")) }
            }
            "policy" => {
                PolicyFile::parse(text()?, "hostile", &shipped).map(|_| "a policy".to_owned()).map_err(said)
            }
            "store key" | "archive" => {
                let (path, key) = (self.put(self.good("archive")), key_path(&self.path("hostile")));
                let _ = fs::remove_file(&key);
                files::create(&key, self.good("store key"), Access::Owner).unwrap();
                for left in ["hostile-wal", "hostile-shm"] {
                    let _ = fs::remove_file(self.path(left));
                }
                fs::write(if name == "archive" { &path } else { &key }, bytes).unwrap();
                let mut archive = Archive::open(&path).map_err(said)?;
                let mut found: Vec<String> =
                    archive.check().map_err(said)?.iter().map(ToString::to_string).collect();
                let read = archive.read(&Query::default(), &mut |report| {
                    found.extend(report.err().map(said));
                    ControlFlow::Continue(())
                });
                read.map_err(said)?;
                if found.is_empty() { Ok(String::new()) } else { Err(found.join(", ")) }
            }
            other => panic!("who reads {other}?"),
        }
    }
}

fn said(error: impl std::fmt::Display) -> String {
    let reason = error.to_string();
    assert!(reason.len() > 10, "{reason:?} is no reason");
    reason
}

/// What stands in a file, so the reason must name the file.
const FILES: [&str; 10] = [
    "package",
    "recovery file",
    "backup",
    "credential's backup",
    "credential",
    "locked file",
    "store key",
    "archive",
    "policy",
    "checkpoint",
];
/// What nothing protects from being altered, because it is its holder's own to edit; what is altered is another one, or none.
const OPEN: [&str; 3] = ["glass draft", "receipt", "policy"];
/// A database, of which some bytes mean nothing: altered, what it keeps opens, or is named.
const DATABASE: [&str; 2] = ["archive", "store key"];

fn refused(world: &World, name: &str, bytes: &[u8], what: &str) {
    match world.show(name, bytes) {
        Ok(_) => panic!("{name}, {what}: accepted"),
        Err(reason) => {
            let named = reason.contains("hostile") || reason.to_lowercase().contains("checkpoint");
            assert!(!FILES.contains(&name) || named, "{name}, {what}: which file? {reason}");
        }
    }
}

/// So many places of a range, its ends among them.
fn places(end: usize, most: usize) -> impl Iterator<Item = usize> {
    let step = (end / most).max(1);
    (0..end).step_by(step).chain(end.saturating_sub(4)..end)
}

thread_local! {
    static WORLDS: [World; 2] = [World::new(3), World::new(4)];
}

/// Makes everything twice: only of the operation itself it may be accepted.
fn with_worlds(test: impl Fn(&World, &World)) {
    WORLDS.with(|[here, elsewhere]| {
        use_identities(Identities::one(here.identity.clone()));
        test(here, elsewhere);
    });
}

/// How many samples of each are as much as a debug build does in a few seconds.
fn samples(name: &str) -> usize {
    match name {
        // Opened by ML-KEM, which takes a debug build 50 ms.
        "recovery file" | "backup" | "credential's backup" | "locked file" => 10,
        // A database is opened, a log is written.
        "archive" | "store key" | "package" | "credential" | "glass draft" => 24,
        "policy" | "bundle" | "manifest" | "checkpoint" | "glass answer" => 40,
        _ => 120,
    }
}

#[test]
fn what_is_good_is_accepted_and_what_is_cut_off_altered_or_longer_is_refused() {
    with_worlds(|here, _| {
        for (name, good) in &here.good {
            let shown = here.show(name, good).unwrap_or_else(|reason| panic!("{name}: {reason}"));
            let all = samples(name);
            for length in places(good.len(), all) {
                let fine = match here.show(name, &good[..length]) {
                    Err(_) => true,
                    // A policy that ends early may be one; a database's last pages may be free.
                    Ok(_) if ["policy", "archive"].contains(name) => true,
                    // Four letters of the last word suffice, and a last line needs no end.
                    Ok(seen) => seen == shown && ["recovery share", "receipt"].contains(name),
                };
                assert!(fine, "{name}, cut off at {length}: accepted");
            }
            for at in places(good.len(), all) {
                for by in [0x01, 0x80] {
                    let mut altered = good.clone();
                    altered[at] ^= by;
                    let seen = here.show(name, &altered);
                    let fine = match seen {
                        Err(_) => true,
                        Ok(_) if OPEN.contains(name) || DATABASE.contains(name) => true,
                        // A word that is written in capitals is the same word.
                        Ok(seen) => seen == shown && *name == "recovery share",
                    };
                    assert!(fine, "{name}, byte {at} altered by {by:#x}: accepted");
                }
            }
            if !["policy", "receipt", "archive", "store key", "ticket", "recovery share"].contains(name) {
                refused(here, name, &[&good[..], b"\0"].concat(), "with a byte more");
                refused(here, name, &[&good[..], &good[..]].concat(), "twice");
            }
        }
    });
}

#[test]
fn what_is_of_another_operation_is_refused() {
    with_worlds(|here, elsewhere| {
        for (name, foreign) in &elsewhere.good {
            match *name {
                // It says whose it is, and nobody is asked for anything before that is compared.
                "ticket" | "policy" | "credential" => {}
                // The reason speaks of the shares.
                "recovery file" => assert!(here.show(name, foreign).unwrap_err().contains("belongs to set")),
                _ => refused(here, name, foreign, "of another operation"),
            }
        }
    });
}

#[test]
fn what_is_of_before_is_refused_once_there_is_something_newer() {
    with_worlds(|here, _| {
        assert_eq!(here.old.len(), 3);
        let of = |name: &str| &here.old.iter().find(|(known, _)| *known == name).unwrap().1;
        let mut reader = Reader::open(&here.path("medic.cowl"), "medical", None).unwrap();
        reader.take_bundle(here.good("bundle")).unwrap();
        reader.hear(here.good("beacon"), 0).unwrap();
        let replayed = [
            reader.follow(of("manifest")).map(drop).map_err(said),
            reader.take_bundle(of("bundle")).map(drop).map_err(said),
            reader.hear(of("beacon"), 0).map(drop).map_err(said),
        ];
        assert!(replayed.iter().all(Result::is_err), "{replayed:?}");
        drop(reader);
        let mut phone = Sender::open(&here.path("phone.cowl")).unwrap();
        phone.hear(here.good("beacon"), 0).unwrap();
        let replayed = [
            phone.follow(of("manifest")).map(drop).map_err(said),
            phone.hear(of("beacon"), 0).map(drop).map_err(said),
        ];
        assert!(replayed.iter().all(Result::is_err), "{replayed:?}");
        // A request lives for its time, and no longer.
        let custodian = Custodian::open(&here.path("anna.share")).unwrap();
        assert!(custodian.read(&here.request, NOW + 31 * 86_400).is_err());
    });
}

/// Brackets without end, as every notation here writes them.
fn nested() -> Vec<Vec<u8>> {
    const DEPTH: usize = 200_000;
    vec![
        vec![b'['; DEPTH],
        br#"{"a":"#.repeat(DEPTH),
        [b"x = ".to_vec(), vec![b'['; DEPTH]].concat(),
        [b"x = ".to_vec(), b"{a=".repeat(DEPTH)].concat(),
        b"a.".repeat(DEPTH),
        // CBOR: arrays of one, of endless, maps, tags.
        vec![0x81; DEPTH],
        vec![0x9f; DEPTH],
        [0xa1, 0x00].repeat(DEPTH),
        vec![0xc1; DEPTH],
        // Lengths that nothing can have.
        [&[0x9b][..], &[0xff; 8]].concat(),
        [&[0x5b][..], &[0xff; 8]].concat(),
        [&[0xbb][..], &[0xff; 8]].concat(),
    ]
}

#[test]
fn what_is_nested_without_end_or_announces_more_than_there_is_is_refused() {
    // On a small stack, as a thread of a server has it: what would take more ends the test.
    let run = || {
        with_worlds(|here, _| {
            for (name, good) in &here.good {
                let starts: Vec<&[u8]> = match *name {
                    "glass draft" => vec![b"", b"cowl glass draft 1\n"],
                    "glass answer" => vec![b"", b"cowl glass partial 1\n"],
                    "custodian's share" => vec![b"", b"cowl glass share 1\n"],
                    "recovery file" => vec![b"", b"cowl recovery 1 "],
                    "credential" => vec![b"", b"cowl credential 1\n"],
                    "manifest" | "bundle" | "beacon" => vec![b"", &good[..96]],
                    _ => vec![b""],
                };
                for bytes in nested() {
                    for start in &starts {
                        refused(here, name, &[start, &bytes[..]].concat(), "nested");
                    }
                }
            }
            // Behind a cipher, where only the one who may read looks: a backup that somebody made for us.
            let to = To::Recipients(vec![here.identity.to_public().unwrap()]);
            for bytes in nested() {
                let sealed = rest::seal(&[b"cowl pack 1\n", &bytes[..]].concat(), &to).unwrap();
                refused(here, "backup", &sealed, "nested within");
            }
        });
    };
    std::thread::Builder::new().stack_size(2 << 20).spawn(run).unwrap().join().unwrap();
}

/// A file that is as long as a disk is refused before it is read.
#[test]
fn what_is_longer_than_it_can_be_is_refused_unread() {
    with_worlds(|here, _| {
        let long = here.path("hostile-long");
        let file = File::create(&long).unwrap();
        files_private(&long);
        file.set_len(64 << 40).or_else(|_| file.set_len(1 << 40)).unwrap();
        let rng = &mut SystemRng::new();
        let (to, known) = (here.path("never"), Identities::one(here.identity.clone()));
        let tries = [
            RecoveryFile::load(&long).map(drop).map_err(said),
            recovery::restore(&long, &to, None, Some(&known), NOW, rng).map(drop).map_err(said),
            load_credential(&long).map(drop).map_err(said),
            files::read_secret(&long, 1 << 20).map(drop).map_err(said),
            Custodian::open(&long).map(drop).map_err(said),
            from_package(&here.ticket, &long, &to).map(drop).map_err(said),
            Identities::load(&long).map(drop).map_err(said),
            SignedCheckpoint::load(&long).map(drop).map_err(said),
        ];
        for tried in tries {
            let reason = tried.unwrap_err();
            assert!(reason.contains("hostile-long") && reason.contains("larger"), "{reason}");
        }
        // What is no file at all.
        for path in [here.folder.path(), Path::new("/dev/null")] {
            assert!(RecoveryFile::load(path).is_err() && load_credential(path).is_err());
        }
    });
}

fn files_private(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

/// A backup that does as told writes into its own folder only, and a passphrase file cannot ask for all memory.
#[test]
fn a_backup_stays_in_its_folder_and_work_is_bounded() {
    with_worlds(|here, _| {
        let to = To::Recipients(vec![here.identity.to_public().unwrap()]);
        for name in ["../stolen", "/tmp/stolen", "a/../../stolen", "", ".", "log/\0", "a\\b", "c:x"] {
            // Kind, time, files: [name, bytes, whether it is secret].
            let mut cbor = vec![0x83, 0x69];
            cbor.extend(b"operation");
            cbor.extend([0x1a, 0x6b, 0x49, 0xd2, 0x00, 0x81, 0x83, 0x78, u8::try_from(name.len()).unwrap()]);
            cbor.extend(name.as_bytes());
            cbor.extend([0x43, 1, 2, 3, 0xf4]);
            let sealed = rest::seal(&[b"cowl pack 1\n", &cbor[..]].concat(), &to).unwrap();
            let reason = here.show("backup", &sealed).unwrap_err();
            assert!(reason.contains("a name that is none"), "{name:?}: {reason}");
            assert!(!here.path("stolen").exists());
        }
        let greedy = "age-encryption.org/v1\n-> scrypt bBjlhJVYZeE4aqUdmtRHfw 21\n\
            ZV/AhotwSGqaPCU43cepl4WYUouAa17a3xpu4G2yi5k\n--- fgMiVLJHMlg9fW7CVG/hPS5EAU4Zeg19LyCP7SoH5nA\n";
        let bytes = [greedy.as_bytes(), &[0; 40]].concat();
        let passphrase = Passphrase::new("correct horse battery".to_owned());
        let refused = rest::open_with(&bytes, Some(&passphrase), &Identities::none()).unwrap_err();
        assert_eq!(refused, rest::RestError::TooMuchWork);
    });
}
