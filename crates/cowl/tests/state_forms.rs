//! State files of every form are read, and what is wrong with one is found, named and put right.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test, and what it calls")]

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use cowl::{
    keyring::{Reader, Sender, load_credential, state_path},
    operation::Operation,
    random::SystemRng,
    recovery,
    rest::{Identities, Passphrase, To},
    state::{self, Weight, examine},
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

struct World(tempfile::TempDir);

impl World {
    fn new() -> Self {
        let world = Self(tempfile::tempdir().unwrap());
        let mut rng = SystemRng::new();
        let mut operation = Operation::create(&world.path("ops"), NOW, &mut rng).unwrap();
        let epoch = operation.epoch_now(NOW).unwrap();
        let phone = operation.enrol_device("phone", epoch, &mut rng).unwrap();
        cowl::keyring::store_new(&world.path("phone.cowl"), &phone.credential, phone.first).unwrap();
        let roles = ["medical".to_owned()];
        let medic = operation.enrol_responder("medic", &roles, epoch, &mut rng).unwrap();
        cowl::keyring::store_new(&world.path("medic.cowl"), &medic.credential, medic.first).unwrap();
        operation.command("t", b"x", false, NOW, 600).unwrap();
        operation.beacon(NOW, &cowl_core::Counts::default()).unwrap();
        operation.store_census(b"counts").unwrap();
        world
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
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
    assert_eq!(Operation::open(&to).unwrap().register().members().len(), 2);
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
