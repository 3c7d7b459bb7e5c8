//! An operation with one of everything that somebody may alter, and whoever reads it.

use std::{
    cell::RefCell,
    fs,
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
    rest::{self, Identities, Identity, To, use_identities},
};
use cowl_core::{
    Beacon, Bundle, Counts, Erasure, ErasureHandle, Erasures, Secret, SignedManifest, Surroundings, Ticket,
    Token,
    custody::{GlassRequest, Partial},
};

pub(crate) const NOW: u64 = 1_800_000_000;

/// The default policy with the custody that its comments describe.
pub(crate) fn policy() -> String {
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
pub(crate) struct World {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) operation: RefCell<Operation>,
    pub(crate) identity: Identity,
    pub(crate) ticket: Ticket,
    pub(crate) recovery: recovery::Dealt,
    pub(crate) request: Vec<u8>,
    /// By name: what somebody may alter.
    pub(crate) good: Vec<(&'static str, Vec<u8>)>,
    /// The same of before.
    pub(crate) old: Vec<(&'static str, Vec<u8>)>,
}

impl World {
    pub(crate) fn new(seed: u8) -> Self {
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

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn good(&self, name: &str) -> &[u8] {
        &self.good.iter().find(|(known, _)| *known == name).unwrap().1
    }

    /// Writes hostile bytes where somebody may put them.
    pub(crate) fn put(&self, bytes: &[u8]) -> PathBuf {
        let path = self.path("hostile");
        let _ = fs::remove_file(&path);
        files::create(&path, bytes, Access::Owner).unwrap();
        path
    }

    #[expect(clippy::too_many_lines, reason = "one arm for each kind, and nothing but arms")]
    /// Shows bytes to whoever reads such things here. What came out of them, or the reason why nothing did.
    pub(crate) fn show(&self, name: &str, bytes: &[u8]) -> Result<String, String> {
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

pub(crate) fn said(error: impl std::fmt::Display) -> String {
    let reason = error.to_string();
    assert!(reason.len() > 10, "{reason:?} is no reason");
    reason
}

thread_local! {
    static WORLDS: [World; 2] = [World::new(3), World::new(4)];
}

/// Makes everything twice: only of the operation itself it may be accepted.
pub(crate) fn with_worlds(test: impl Fn(&World, &World)) {
    WORLDS.with(|[here, elsewhere]| {
        use_identities(Identities::one(here.identity.clone()));
        test(here, elsewhere);
    });
}
