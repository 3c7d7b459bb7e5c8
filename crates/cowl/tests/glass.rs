//! Breaking glass, from the policy file to the plaintext: who can, who cannot, and that the log comes first.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests; the lint knows test functions only"
)]

use std::{
    fs,
    path::{Path, PathBuf},
};

use cowl::{
    files::FileError,
    formats,
    glass::{Ask, Custodian, GlassError, Kept, KeptPart},
    keyring::{ReadReport, Reader, Sender, WalkInSender, store_new},
    log::{Entry, Event},
    operation::{Issued, Operation, OperationError},
    policy_file::{DEFAULT_POLICY, HAITI_DEPARTMENTS, HAITI_DEPARTMENTS_NAME, PolicyFile, shipped},
    random::SystemRng,
};
use cowl_core::{
    Counts, Reduced, Surroundings,
    custody::{AnswerError, CombineError, GlassRequest, Partial, RequestError, SignedRequest},
};

const NOW: u64 = 1_800_000_000;
const NAMES: [&str; 3] = ["anna", "ben", "chloe"];

/// The default policy with the custody that its comments describe.
fn policy() -> String {
    let mut text = String::new();
    let mut is_custody = false;
    for line in DEFAULT_POLICY.lines() {
        is_custody = line == "# [custody]" || is_custody && line.starts_with("# ");
        text.push_str(if is_custody { line.trim_start_matches("# ") } else { line });
        text.push('\n');
    }
    assert_eq!(text.matches("[custody.reads]").count(), 1);
    text.replace("custody_size = 0", "custody_size = 175")
}

struct World {
    folder: tempfile::TempDir,
    operation: Operation,
    rng: SystemRng,
}

impl World {
    /// An operation that has its custodians, a device and a responder; both follow the newest manifest.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut rng = SystemRng::new();
        let write = |stage: &Path| {
            fs::write(stage.join(HAITI_DEPARTMENTS_NAME), HAITI_DEPARTMENTS).unwrap();
            fs::write(stage.join("policy.toml"), policy()).unwrap();
            Ok(())
        };
        let mut operation = Operation::create_with(&folder.path().join("ops"), NOW, &mut rng, write).unwrap();
        let epoch = operation.epoch_at(NOW);
        let path = |name: &str| folder.path().join(name);
        let phone = operation.enrol_device("phone", epoch, &mut rng).unwrap();
        store_new(&path("phone"), &phone.credential, epoch).unwrap();
        let medic = operation.enrol_responder("medic", &["medical".to_owned()], epoch, &mut rng).unwrap();
        store_new(&path("medic"), &medic.credential, epoch).unwrap();
        let names = NAMES.map(str::to_owned);
        let appointed = operation.appoint_custodians(&names, folder.path(), epoch, &mut rng).unwrap();
        assert_eq!((appointed.threshold, appointed.files.len()), (2, 3));
        Self { folder, operation, rng }
    }

    fn path(&self, name: &str) -> PathBuf {
        Path::join(self.folder.path(), name)
    }

    fn reduced(&self) -> Reduced {
        let reading =
            formats::parse(b"severity: high, lat: 18.54321, lon: -72.3388, person: Marie, note: here")
                .unwrap();
        let around = Surroundings { counts: None::<&Counts>, now: NOW };
        self.operation.manifest().policy.reduce(reading, &around).unwrap()
    }

    fn sender(&self) -> Sender {
        let mut sender = Sender::open(&self.path("phone")).unwrap();
        sender.follow(self.operation.manifest().bytes()).unwrap();
        sender
    }

    fn read(&self, message: &[u8]) -> ReadReport {
        let mut reader = Reader::open(&self.path("medic"), "medical", None).unwrap();
        reader.follow(self.operation.manifest().bytes()).unwrap();
        let mut reports = Vec::new();
        reader.read(message, 0, &mut reports).unwrap();
        reader.commit().unwrap();
        reports.remove(0)
    }

    /// A report as it was kept by who received it.
    fn kept(&self) -> KeptPart {
        let mut sender = self.sender();
        let report = sender.report(self.reduced());
        let message = sender.seal(0, &report, 0).unwrap().sealed;
        let read = self.read(message.bytes());
        let path = self.path("kept");
        let mut kept = Kept::open(&path).unwrap();
        kept.keep(&read);
        kept.flush().unwrap();
        Kept::find(&path, read.header.report).unwrap()
    }

    fn draft(&mut self, part: &KeptPart, reason: &str) -> GlassRequest {
        let ask = Ask::new("Rescue, team 4".into(), reason.into());
        ask.draft(self.operation.manifest(), part, NOW, &mut self.rng).unwrap()
    }

    fn request(&mut self, part: &KeptPart) -> SignedRequest {
        let draft = self.draft(part, "does not answer, the river rises");
        self.operation.sign_request(draft, NOW).unwrap()
    }

    fn answer(&mut self, name: &str, request: &SignedRequest) -> Partial {
        let custodian = Custodian::open(&self.path(&format!("{name}.share"))).unwrap();
        let read = custodian.read(request.bytes(), NOW + 60).unwrap();
        custodian.answer(&read, false, NOW + 60, &mut self.rng).unwrap()
    }

    /// The names of the log's last events.
    fn events(&self, last: usize) -> Vec<&'static str> {
        let log = self.operation.log().unwrap().unwrap();
        let size = log.checkpoint().unwrap().unverified().size;
        let entries = log.entries(0..size).map(|bytes| Entry::parse(&bytes.unwrap()).unwrap());
        let name = |event: &Event| match event {
            Event::GlassRequested { .. } => "requested",
            Event::GlassApproved { .. } => "approved",
            Event::GlassOpened { .. } => "opened",
            Event::Manifest { .. } => "manifest",
            _ => "other",
        };
        let all: Vec<_> = entries.map(|entry| name(&entry.event)).collect();
        all[all.len() - last..].to_vec()
    }
}

fn refused(result: Result<cowl::operation::CustodyRead, OperationError>) -> (CombineError, Option<String>) {
    match result {
        Err(OperationError::Glass(GlassError::Combine { error, custodian })) => (error, custodian),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_policys_example_is_a_policy_and_says_the_size_that_it_needs() {
    let parse = |text: &str| PolicyFile::parse(text, "policy.toml", &shipped);
    let policy = parse(&policy()).unwrap().policy;
    let custodians = policy.custody_role().unwrap();
    let (room, longest) = (usize::from(custodians.size), 1 + 1 + 2 + 40 + 1 + 2 + 5 + 5);
    assert!(longest <= room && room < longest + 2, "{room} {longest}");
    let small = self::policy().replace("custody_size = 175", "custody_size = 120");
    let error = parse(&small).unwrap_err();
    assert!(error.to_string().contains("`custody_size`: size must be at least"), "{error}");
    assert!(error.hint.unwrap().contains("`custody_size = 175`"));
    for (wrong, right) in [
        ("threshold = 2", "threshold = 4"),
        ("custodians = 3", "custodians = 17"),
        ("[custody.reads]", "[custody.reads]\nnobody = \"exact\""),
    ] {
        let error = parse(&self::policy().replace(wrong, right)).unwrap_err().to_string();
        assert!(error.contains("custod"), "{right}: {error}");
    }
}

#[test]
fn two_of_three_open_one_report_and_the_log_comes_first() {
    let mut world = World::new();
    let part = world.kept();
    assert!(part.about.starts_with("V-"));
    assert_eq!(world.events(1), ["manifest"]);
    let request = world.request(&part);
    assert_eq!(world.events(1), ["requested"]);
    let one = world.answer("chloe", &request);
    let (error, _) =
        refused(world.operation.open_custody(request.bytes(), std::slice::from_ref(&one), NOW + 90));
    assert_eq!(error, CombineError::TooFew { have: 1, need: 2 });
    assert_eq!(world.events(1), ["requested"]);
    let answers = [one, world.answer("anna", &request)];
    let read = world.operation.open_custody(request.bytes(), &answers, NOW + 90).unwrap();
    assert_eq!(read.custodians, ["chloe", "anna"]);
    let fields = formats::to_json(&world.operation.manifest().policy, &read.body.unwrap());
    assert_eq!(
        serde_json::Value::Object(fields),
        serde_json::json!({ "position": { "lat": 18.54321, "lon": -72.3388 }, "person": "Marie" })
    );
    assert_eq!(world.events(4), ["requested", "approved", "approved", "opened"]);
}

#[test]
fn without_an_entry_in_the_log_nothing_is_shown() {
    let mut world = World::new();
    let part = world.kept();
    let request = world.request(&part);
    let answers = [world.answer("ben", &request), world.answer("anna", &request)];
    // A log that cannot be read cannot be written.
    let log = world.operation.folder().join("log");
    fs::rename(&log, world.path("away")).unwrap();
    fs::write(&log, b"not a folder").unwrap();
    let result = world.operation.open_custody(request.bytes(), &answers, NOW + 90);
    assert!(matches!(result, Err(OperationError::Log(_))), "{result:?}");
    let draft = world.draft(&part, "again");
    assert!(matches!(world.operation.sign_request(draft, NOW), Err(OperationError::Log(_))));
}

#[test]
fn wrong_answers_are_named() {
    let mut world = World::new();
    let (first, second) = (world.kept(), world.kept());
    let (request, other) = (world.request(&first), world.request(&second));
    let good = world.answer("anna", &request);
    let to_other = world.answer("ben", &other);
    let open =
        |answers: &[Partial]| refused(world.operation.open_custody(request.bytes(), answers, NOW + 90));
    assert_eq!(open(&[good.clone(), to_other]), (CombineError::OtherRequest(2), Some("ben".into())));
    assert_eq!(open(&[good.clone(), good.clone()]), (CombineError::Twice(1), Some("anna".into())));
    let mut bytes = good.to_bytes();
    *bytes.last_mut().unwrap() ^= 1;
    let forged = Partial::from_bytes(&bytes).unwrap();
    assert_eq!(open(&[forged]), (CombineError::Forged(1), Some("anna".into())));
    assert_eq!(world.events(1), ["requested"]);
}

#[test]
fn a_custodian_answers_nothing_that_is_altered_unsigned_over_or_asked_for_twice() {
    let mut world = World::new();
    let part = world.kept();
    let request = world.request(&part);
    let custodian = Custodian::open(&world.path("anna.share")).unwrap();
    let mut altered = request.bytes().to_vec();
    *altered.last_mut().unwrap() ^= 1;
    let read = |bytes: &[u8], now| custodian.read(bytes, now).unwrap_err();
    assert!(matches!(read(&altered, NOW), GlassError::Request(RequestError::NotSigned(_))));
    let draft = world.draft(&part, "does not answer").to_draft().unwrap();
    assert!(matches!(read(&draft, NOW), GlassError::Request(RequestError::NotARequest)));
    assert!(matches!(read(request.bytes(), NOW + 86_400), GlassError::Answer(AnswerError::Expired)));
    assert!(matches!(read(request.bytes(), 0), GlassError::Answer(AnswerError::ClockBehind)));
    assert!(custodian.read(request.bytes(), NOW + 86_399).is_ok());

    world.answer("anna", &request);
    // The same once more is no other: an answer may have been lost.
    let once_more = world.answer("anna", &request);
    let again = world.request(&part);
    assert_eq!(custodian.answered_before(&again).unwrap(), Some(request.id().to_string()));
    let refused = custodian.answer(&again, false, NOW, &mut world.rng).unwrap_err();
    assert!(matches!(refused, GlassError::AnsweredBefore(before) if before == request.id().to_string()));
    let answer = custodian.answer(&again, true, NOW, &mut world.rng).unwrap();
    assert_ne!(answer, once_more);
    let answers = [answer, world.answer("ben", &again)];
    assert!(world.operation.open_custody(again.bytes(), &answers, NOW).is_ok());
}

#[test]
fn a_request_of_another_operation_is_nobodys() {
    let mut world = World::new();
    let mut elsewhere = World::new();
    let part = elsewhere.kept();
    let request = elsewhere.request(&part);
    let custodian = Custodian::open(&world.path("anna.share")).unwrap();
    let refused = custodian.read(request.bytes(), NOW).unwrap_err();
    assert!(matches!(refused, GlassError::Request(RequestError::NotSigned(_))));
    let draft = world.draft(&part, "does not answer");
    let refused = world.operation.sign_request(draft, NOW).unwrap_err();
    assert!(matches!(refused, OperationError::Glass(GlassError::Answer(AnswerError::OtherOperation))));
}

#[test]
fn a_walk_ins_report_opens_too() {
    let mut world = World::new();
    let mut walk_in = WalkInSender::new(world.operation.manifest().clone());
    let report = walk_in.report(world.reduced());
    let read = world.read(walk_in.seal(&report, None).unwrap().bytes());
    assert!(read.pseudonym.is_none());
    let mut kept = Kept::open(&world.path("kept")).unwrap();
    kept.keep(&read);
    kept.flush().unwrap();
    let part = Kept::find(&world.path("kept"), read.header.report).unwrap();
    assert_eq!(part.about, "walk-in");
    let request = world.request(&part);
    let answers = [world.answer("ben", &request), world.answer("chloe", &request)];
    assert!(world.operation.open_custody(request.bytes(), &answers, NOW).unwrap().body.is_some());
}

#[test]
fn custodians_are_appointed_once_and_their_key_stays() {
    let mut world = World::new();
    let epoch = world.operation.epoch_at(NOW);
    let names = NAMES.map(str::to_owned);
    let refused = world.operation.appoint_custodians(&names, world.folder.path(), epoch, &mut world.rng);
    assert!(matches!(refused, Err(OperationError::Glass(GlassError::Appointed))));
    let key = world.operation.manifest().custody.clone();
    assert!(key.is_some());
    let issued = world.operation.refresh(epoch.plus(1), &mut world.rng).unwrap();
    assert_eq!((issued, &world.operation.manifest().custody), (Issued::Manifest, &key));
    let path = world.operation.folder().join("policy.toml");
    let changed = fs::read_to_string(&path).unwrap().replace("threshold = 2", "threshold = 3");
    fs::write(&path, changed).unwrap();
    let refused = world.operation.refresh(epoch.plus(1), &mut world.rng);
    assert!(matches!(refused, Err(OperationError::Fixed(what)) if what.contains("custodians")));
    // A share is its custodian's alone.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let share = world.path("anna.share");
        fs::set_permissions(&share, fs::Permissions::from_mode(0o644)).unwrap();
        let refused = Custodian::open(&share).unwrap_err();
        assert!(matches!(refused, GlassError::File(FileError::Exposed { .. })));
    }
}

#[test]
fn replaced_custodians_open_what_was_sealed_to_them_and_nothing_later() {
    let mut world = World::new();
    let epoch = world.operation.epoch_at(NOW);
    let old = world.kept();
    let (version, policy_version) =
        (world.operation.manifest().version, world.operation.manifest().policy_version);
    let before = world.operation.manifest().custody.clone().unwrap();
    let path = world.operation.folder().join("policy.toml");
    let changed = fs::read_to_string(&path).unwrap().replace("custodians = 3", "custodians = 4");
    fs::write(&path, changed.replace("threshold = 2", "threshold = 3")).unwrap();
    let names = ["dora", "emil", "fay", "gus"].map(str::to_owned);
    let folder = world.folder.path().to_owned();
    let appointed = world.operation.replace_custodians(&names, &folder, epoch, &mut world.rng).unwrap();
    assert_eq!((appointed.threshold, appointed.files.len()), (3, 4));
    // Another manifest, in the log, with another policy, since the numbers are others.
    assert_eq!(world.events(1), ["manifest"]);
    let manifest = world.operation.manifest();
    assert_eq!((manifest.version, manifest.policy_version.0), (version + 1, policy_version.0 + 1));
    assert_ne!(manifest.custody.as_ref(), Some(&before));
    let former = world.operation.former_custodians().unwrap();
    assert_eq!(
        (former.len(), &former[0].key, former[0].names.as_slice()),
        (1, &before, &NAMES.map(str::to_owned)[..])
    );

    // What was sealed before: the new ones cannot, the former ones can, and the log says so.
    let to_new = world.request(&old);
    let three = ["dora", "emil", "fay"].map(|name| world.answer(name, &to_new));
    assert!(world.operation.open_custody(to_new.bytes(), &three, NOW + 90).is_err());
    let mut draft = world.draft(&old, "does not answer");
    draft.custodians = before.public();
    let to_former = world.operation.sign_request(draft, NOW).unwrap();
    let two = ["anna", "chloe"].map(|name| world.answer(name, &to_former));
    let read = world.operation.open_custody(to_former.bytes(), &two, NOW + 90).unwrap();
    assert_eq!(read.custodians, ["anna", "chloe"]);
    assert!(read.body.is_some());
    assert_eq!(world.events(1), ["opened"]);

    // What is sealed since: former shares are refused before they answer, and open nothing if asked.
    let new = world.kept();
    let request = world.request(&new);
    let anna = Custodian::open(&world.path("anna.share")).unwrap();
    assert!(matches!(anna.read(request.bytes(), NOW), Err(GlassError::Answer(AnswerError::OtherKey))));
    let mut draft = world.draft(&new, "does not answer");
    draft.custodians = before.public();
    let to_former = world.operation.sign_request(draft, NOW).unwrap();
    let two = ["anna", "ben"].map(|name| world.answer(name, &to_former));
    assert!(world.operation.open_custody(to_former.bytes(), &two, NOW + 90).is_err());
    let three = ["dora", "fay", "gus"].map(|name| world.answer(name, &request));
    assert!(world.operation.open_custody(request.bytes(), &three, NOW + 90).unwrap().body.is_some());

    // Again, and after a restart: all are known, the last first. A key that nobody has is refused.
    let names = ["h", "i", "j", "k"].map(str::to_owned);
    world.operation.replace_custodians(&names, &folder, epoch, &mut world.rng).unwrap();
    let operation = Operation::open(world.operation.folder()).unwrap();
    assert_eq!(operation.manifest().policy_version.0, policy_version.0 + 1);
    let former = operation.former_custodians().unwrap();
    assert_eq!((former.len(), &former[1].key), (2, &before));
    let mut draft = world.draft(&new, "does not answer");
    draft.custodians = [7; 32];
    let refused = world.operation.sign_request(draft, NOW).unwrap_err();
    assert!(matches!(refused, OperationError::Glass(GlassError::Answer(AnswerError::OtherKey))));
}

#[test]
fn nobody_is_replaced_where_there_is_nobody_or_with_another_policy_besides() {
    let folder = tempfile::tempdir().unwrap();
    let mut world = World::new();
    let epoch = world.operation.epoch_at(NOW);
    let names = ["dora", "emil", "fay"].map(str::to_owned);
    let mut plain = Operation::create(&folder.path().join("plain"), NOW, &mut world.rng).unwrap();
    let refused = plain.replace_custodians(&names, folder.path(), epoch, &mut world.rng).unwrap_err();
    assert!(matches!(refused, OperationError::Glass(GlassError::NoCustodians)));
    let refused =
        world.operation.replace_custodians(&names[..2], folder.path(), epoch, &mut world.rng).unwrap_err();
    assert!(matches!(refused, OperationError::Glass(GlassError::Number { named: 2, .. })));
    let path = world.operation.folder().join("policy.toml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("epoch = \"6h\"", "epoch = \"12h\"")).unwrap();
    let refused = world.operation.replace_custodians(&names, folder.path(), epoch, &mut world.rng);
    assert!(matches!(refused, Err(OperationError::Fixed(_) | OperationError::Policy(_))), "{refused:?}");
    assert!(world.operation.former_custodians().unwrap().is_empty());
}

#[test]
fn names_and_numbers_must_fit() {
    let folder = tempfile::tempdir().unwrap();
    let mut rng = SystemRng::new();
    let mut plain = Operation::create(&folder.path().join("plain"), NOW, &mut rng).unwrap();
    let epoch = plain.epoch_at(NOW);
    let mut appoint = |operation: &mut Operation, names: &[&str]| {
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        match operation.appoint_custodians(&names, folder.path(), epoch, &mut rng) {
            Err(OperationError::Glass(error)) => error,
            other => panic!("{other:?}"),
        }
    };
    assert!(matches!(appoint(&mut plain, &NAMES), GlassError::NoCustody));
    let mut world = World::new();
    assert!(matches!(appoint(&mut world.operation, &["a", "b"]), GlassError::Appointed));
    let write = |stage: &Path| {
        fs::write(stage.join(HAITI_DEPARTMENTS_NAME), HAITI_DEPARTMENTS).unwrap();
        fs::write(stage.join("policy.toml"), policy()).unwrap();
        Ok(())
    };
    let mut with =
        Operation::create_with(&folder.path().join("with"), NOW, &mut SystemRng::new(), write).unwrap();
    assert!(matches!(appoint(&mut with, &["a", "b"]), GlassError::Number { named: 2, .. }));
    assert!(matches!(appoint(&mut with, &["a", "b", "../c"]), GlassError::Names));
    assert!(matches!(appoint(&mut with, &["a", "b", "B"]), GlassError::Names));
    assert!(with.manifest().custody.is_none());
}
