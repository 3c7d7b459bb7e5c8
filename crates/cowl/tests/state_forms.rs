//! State files of every form are read, and what is wrong with one is found, named and put right.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test, and what it calls")]

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use cowl::{
    archive::Archive,
    consent::Receipt,
    glass::{Custodian, Kept},
    join::from_package,
    keyring::{Reader, Sender, load_credential, state_path},
    operation::Operation,
    policy_file::{DEFAULT_POLICY, HAITI_DEPARTMENTS, HAITI_DEPARTMENTS_NAME},
    random::SystemRng,
    recovery::{self, RecoveryFile, Share},
    rest::{self, Identities, Identity, Passphrase, To},
    state::{self, Weight, examine},
};
use cowl_core::{
    Addressee, Erasure, ErasureHandle, Secret, Ticket,
    custody::{GlassRequest, Partial},
};

const NOW: u64 = 1_800_000_000;

/// The folder of an earlier form, private as it was.
fn earlier(form: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/state").join(form);
    for name in state::names(&from).unwrap() {
        let to = folder.path().join(&name);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(from.join(&name), &to).unwrap();
        fs::set_permissions(&to, fs::Permissions::from_mode(0o600)).unwrap();
    }
    folder
}

#[test]
fn files_from_before_checksums_are_read_and_get_one_when_they_are_written() {
    let folder = earlier("before-checksums");
    let path = |name: &str| folder.path().join(name);
    let mut operation = Operation::open(&path("ops")).unwrap();
    assert_eq!(operation.register().members().len(), 2);
    assert_eq!(operation.commands(0).unwrap().len(), 1);
    Sender::open(&path("phone.cowl")).unwrap();
    Reader::open(&path("medic.cowl"), "medical", None).unwrap();
    let epoch = operation.manifest().walk_in.first;
    operation.enrol_device("later", epoch, &mut SystemRng::new()).unwrap();
    let register = fs::read(path("ops/register.json")).unwrap();
    assert!(register.starts_with(b"cowl sum 1 "));
    assert_eq!(Operation::open(&path("ops")).unwrap().register().members().len(), 3);
    let found: Vec<_> = examine(&path("ops")).into_iter().filter(|one| one.weight > Weight::Note).collect();
    assert!(found.is_empty(), "{found:?}");
}

/// Everything in its first form. When one of these fails, a form was changed: give it a version, read both.
#[test]
fn what_the_first_forms_wrote_is_read() {
    let folder = earlier("form-1");
    let path = |name: &str| folder.path().join(name);
    let bytes = |name: &str| fs::read(path(name)).unwrap();
    let text = |name: &str| fs::read_to_string(path(name)).unwrap();
    let rng = &mut SystemRng::new();
    let known = Identities::one(Identity::of_seed(Secret::new([3; 32])));

    let wrong: Vec<_> =
        examine(&path("ops")).into_iter().filter(|one| one.weight == Weight::Damage).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    let operation = Operation::open(&path("ops")).unwrap();
    assert_eq!(operation.register().members().len(), 3);
    assert_eq!(operation.erasures(NOW).unwrap().len(), 1);
    let manifest = operation.manifest();
    Sender::open(&path("phone.cowl")).unwrap().hear(&bytes("beacon"), 0).unwrap();
    let mut reader = Reader::open(&path("medic.cowl"), "medical", None).unwrap();
    reader.take_bundle(&bytes("bundle")).unwrap();

    let mut archive = Archive::open(&path("archive")).unwrap();
    assert_eq!((archive.count().unwrap(), archive.check().unwrap().len()), (1, 0));
    archive.obey(&bytes("erase-orders")).unwrap();

    let shares = [0, 1].map(|number| Share::parse(&text(&format!("share-{number}.txt"))).unwrap());
    let file = RecoveryFile::load(&path("ops/recovery.cowl")).unwrap();
    recovery::recover(&file, &shares, &path("recovered"), NOW, rng).unwrap();
    recovery::restore(&path("backup"), &path("restored"), None, Some(&known), NOW, rng).unwrap();
    recovery::restore(&path("phone.backup"), &path("again.cowl"), None, Some(&known), NOW, rng).unwrap();
    rest::open_with(&bytes("locked-file"), None, &known).unwrap();

    let ticket = Ticket::parse(&text("ticket")).unwrap();
    from_package(&ticket, &path("package"), &path("joined.cowl")).unwrap();
    let receipt = Receipt::parse(&bytes("receipt")).unwrap();
    assert!(receipt.is_confirmed_by(manifest).unwrap());

    GlassRequest::from_draft(&bytes("glass-draft")).unwrap();
    let ben = Custodian::open(&path("ben.share")).unwrap();
    let request = ben.read(&bytes("glass-request"), NOW).unwrap();
    assert_eq!(Kept::find(&path("kept"), request.envelope.report()).unwrap().envelope, request.envelope);
    let anna = Partial::from_bytes(&bytes("glass-answer")).unwrap();
    let again = Custodian::open(&path("anna.share")).unwrap();
    assert_eq!(again.answered_before(&request).unwrap(), None, "the same request is no other one");
    let answers = [anna, ben.answer(&request, false, NOW, rng).unwrap()];
    operation.open_custody(request.bytes(), &answers, NOW).unwrap();
}

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

/// An operation with room for custodians.
fn create(folder: &Path, rng: &mut SystemRng) -> Operation {
    let write = |stage: &Path| {
        fs::write(stage.join(HAITI_DEPARTMENTS_NAME), HAITI_DEPARTMENTS).unwrap();
        fs::write(stage.join("policy.toml"), policy()).unwrap();
        Ok(())
    };
    Operation::create_with(folder, NOW, rng, write).unwrap()
}

struct World(tempfile::TempDir);

impl World {
    fn new() -> Self {
        let world = Self(tempfile::tempdir().unwrap());
        let mut rng = SystemRng::new();
        let mut operation = create(&world.path("ops"), &mut rng);
        let epoch = operation.epoch_now(NOW).unwrap();
        let phone = operation.enrol_device("phone", epoch, &mut rng).unwrap();
        cowl::keyring::store_new(&world.path("phone.cowl"), &phone.credential, phone.first).unwrap();
        let roles = ["medical".to_owned()];
        let medic = operation.enrol_responder("medic", &roles, epoch, &mut rng).unwrap();
        cowl::keyring::store_new(&world.path("medic.cowl"), &medic.credential, medic.first).unwrap();
        operation.command("t", b"x", false, NOW, 600).unwrap();
        operation.beacon(NOW, &cowl_core::Counts::default()).unwrap();
        operation.store_census(b"counts").unwrap();
        operation.erase(&[Erasure::Handle(ErasureHandle([7; 16]))], NOW).unwrap();
        operation.alert(Addressee::Members, "leave", NOW, 600).unwrap();
        let custodians = ["anna", "ben", "chloe"].map(str::to_owned);
        operation.appoint_custodians(&custodians, world.0.path(), epoch, &mut rng).unwrap();
        let others = ["dora", "emil", "fay"].map(str::to_owned);
        operation.replace_custodians(&others, world.0.path(), epoch, &mut rng).unwrap();
        recovery::make_shares(&world.path("ops"), 2, 3, &[], NOW, &mut rng).unwrap();
        world
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}

/// The recovery file and what is known of it: told, and written anew by the next look at it.
#[test]
fn a_damaged_recovery_file_is_found_and_written_again() {
    let world = World::new();
    let ops = world.path("ops");
    let behind = || -> Vec<PathBuf> {
        let found = examine(&ops).into_iter().filter(|one| one.weight > Weight::Note);
        found.map(|one| one.path).collect()
    };
    recovery::write_now(&ops, NOW).unwrap();
    assert_eq!(behind(), Vec::<PathBuf>::new());
    for name in ["recovery.cowl", "recovery.state"] {
        let good = fs::read(ops.join(name)).unwrap();
        for place in [0, good.len() / 2, good.len() - 1] {
            let mut bad = good.clone();
            bad[place] ^= 0x04;
            fs::write(ops.join(name), &bad).unwrap();
            assert_eq!(behind(), [ops.join("recovery.cowl")], "byte {place} of {name}");
            recovery::write_now(&ops, NOW).unwrap();
            assert_eq!(behind(), Vec::<PathBuf>::new(), "byte {place} of {name}");
        }
    }
}

/// One byte in each file that only this program writes: found, and named. Then the whole comes back from a backup.
#[test]
fn a_corrupted_byte_in_any_file_is_found_named_and_restorable() {
    let world = World::new();
    let ops = world.path("ops");
    let passphrase = Passphrase::new("correct horse battery".to_owned());
    recovery::backup(&ops, &world.path("backup"), &To::Passphrase(passphrase.clone()), NOW).unwrap();
    let worst = |path: &Path| examine(path).into_iter().find(|one| one.weight == Weight::Damage);
    assert_eq!(worst(&ops), None);
    let mut looked = 0;
    for name in state::names(&ops).unwrap() {
        let edited = ["README.md", "policy.toml", "authority.pub", "logins.toml"].contains(&name.as_str());
        if edited || name.ends_with(".geojson") || name == ".lock" || name.starts_with("tls/") {
            // People edit these, or other programs read them.
            continue;
        }
        if ["recovery.cowl", "recovery.state"].contains(&name.as_str()) {
            // Made of the others, and made again of them: see below.
            continue;
        }
        let path = ops.join(&name);
        let good = fs::read(&path).unwrap();
        // The partial tiles of a log before its newest are of no use any more.
        if name.starts_with("log/") && worst_of_log(&ops, &path, &good).is_none() {
            continue;
        }
        let places = [0, good.len() / 3, good.len() / 2, good.len() - 1];
        for place in places {
            let mut bad = good.clone();
            bad[place] ^= 0x04;
            fs::write(&path, &bad).unwrap();
            let found = worst(&ops);
            let harmless =
                name == "beacon.state" && bad.iter().all(|byte| byte.is_ascii_digit() || *byte == b'\n');
            assert!(found.is_some() || harmless, "byte {place} of {name}");
            if let Some(found) = found {
                let named = found.path == path
                    || found.what.contains(&name)
                    || name.starts_with("log/")
                    || name == "manifest.cowl";
                assert!(named && !found.remedy.is_empty(), "byte {place} of {name}: {found:?}");
            }
        }
        fs::write(&path, &good).unwrap();
        looked += 1;
    }
    assert!(looked >= 12, "{looked}");
    // A kind that is new in the table belongs into this world, or to those that are known to be elsewhere.
    let there = state::names(&ops).unwrap();
    let elsewhere = [
        // Of other operations than this one, of a crash, of a folder that is locked.
        "fernet.key",
        ".cowl-*",
        "lock.age",
        "tls/ca.pem",
        "tls/server.pem",
        "tls/server.key",
        "organisation.toml",
        // Their own tests damage them.
        "tokens.key",
        "tokens.given",
        "tokens.spent",
        "help.json",
    ];
    for known in state::OPERATION {
        let is_there = there
            .iter()
            .any(|name| state::Known::find(state::OPERATION, name).is_some_and(|one| one.name == known.name));
        assert!(is_there || elsewhere.contains(&known.name), "{} is damaged by no test", known.name);
    }
    assert_eq!(worst(&ops), None);
    fs::write(ops.join("authority.key"), b"").unwrap();
    let known = Identities::none();
    let to = world.path("again");
    recovery::restore(
        &world.path("backup"),
        &to,
        Some(&passphrase),
        Some(&known),
        NOW,
        &mut SystemRng::new(),
    )
    .unwrap();
    assert_eq!(worst(&to), None);
    let again = Operation::open(&to).unwrap();
    assert_eq!(again.register().members().len(), 2);
    assert_eq!(again.former_custodians().unwrap()[0].names, ["anna", "ben", "chloe"]);
    assert_eq!(again.alerts(NOW).unwrap().len(), 1);
}

fn worst_of_log(ops: &Path, path: &Path, good: &[u8]) -> Option<state::Finding> {
    let mut bad = good.to_vec();
    bad[0] ^= 0x04;
    fs::write(path, bad).unwrap();
    let found = examine(ops).into_iter().find(|one| one.weight == Weight::Damage);
    fs::write(path, good).unwrap();
    found
}

#[test]
fn a_corrupted_byte_in_a_credential_or_its_state_is_found_before_it_is_used() {
    let world = World::new();
    let (phone, kept) = (world.path("phone.cowl"), state_path(&world.path("phone.cowl")));
    let good = fs::read(&phone).unwrap();
    for place in [20, good.len() / 2, good.len() - 40, good.len() - 1] {
        let mut bad = good.clone();
        bad[place] ^= 0x04;
        fs::write(&phone, &bad).unwrap();
        assert!(load_credential(&phone).is_err(), "byte {place}");
        assert!(
            examine(&phone).iter().any(|one| one.weight == Weight::Damage && one.path == phone),
            "byte {place}"
        );
    }
    fs::write(&phone, &good).unwrap();
    assert!(examine(&phone).is_empty(), "{:?}", examine(&phone));
    // Every byte of the state that is in use: found, or of no use. Never a counter that went back.
    let good = fs::read(&kept).unwrap();
    let (mut found, mut unused) = (0, 0);
    for place in (0..good.len()).step_by(389) {
        let mut bad = good.clone();
        bad[place] ^= 0xff;
        fs::write(&kept, &bad).unwrap();
        match Sender::open(&phone) {
            Err(error) => {
                assert!(error.to_string().contains(".state"), "{error}");
                found += 1;
            }
            Ok(_) => unused += 1,
        }
    }
    assert!(found > 2, "{found} found, {unused} unused");
    // Moved away, as the remedy says, it counts as restored, and it is said.
    fs::remove_file(&kept).unwrap();
    assert!(examine(&phone).iter().all(|one| one.weight == Weight::Note));
    Sender::open(&phone).unwrap();
}

#[test]
fn what_is_too_open_left_over_or_unknown_is_told() {
    let world = World::new();
    let ops = world.path("ops");
    fs::set_permissions(ops.join("roles/0.key"), fs::Permissions::from_mode(0o644)).unwrap();
    fs::write(ops.join(".cowl-register.json-abcdef"), "half").unwrap();
    fs::write(ops.join("names.txt"), "whose?").unwrap();
    let found = examine(&ops);
    let of = |name: &str| {
        found.iter().find(|one| one.path == ops.join(name)).unwrap_or_else(|| panic!("{name}: {found:?}"))
    };
    assert_eq!(of("roles/0.key").weight, Weight::Warning);
    assert_eq!(of(".cowl-register.json-abcdef").weight, Weight::Note);
    assert_eq!(of("names.txt").weight, Weight::Note);
    assert!(examine(&world.path("nothing")).iter().any(|one| one.weight == Weight::Damage));
}
