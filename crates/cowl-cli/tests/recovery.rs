//! Locking, shares, recovery, backups and age identities, as commands.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test, and what it calls")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// An identity and its recipient, as `age-keygen` makes them.
const IDENTITY: &str = "AGE-SECRET-KEY-184JMZMVQH3E6U0PSL869004Y3U2NYV7R30EU99CSEDNPH02YUVFSZW44VU\n";

struct World(tempfile::TempDir);

impl World {
    fn new() -> Self {
        let world = Self(tempfile::tempdir().unwrap());
        world.private("passphrase", "correct horse battery\n");
        world.private("other", "incorrect horse\n");
        world.private("key.txt", IDENTITY);
        world.done(&["init", "ops"]);
        world
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn private(&self, name: &str, text: &str) {
        cowl::files::create(&self.path(name), text.as_bytes(), cowl::files::Access::Owner).unwrap();
    }

    fn run(&self, passphrase: Option<&str>, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cowl"));
        command.args(arguments).current_dir(self.0.path()).env_remove("COWL_PASSPHRASE_FILE");
        if let Some(name) = passphrase {
            command.env("COWL_PASSPHRASE_FILE", self.path(name));
        }
        command.output().unwrap()
    }

    /// What it printed; it must end well.
    fn done_with(&self, passphrase: Option<&str>, arguments: &[&str]) -> String {
        let output = self.run(passphrase, arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {said}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn done(&self, arguments: &[&str]) -> String {
        self.done_with(None, arguments)
    }

    /// What it said when it ended with this code.
    fn refused(&self, passphrase: Option<&str>, arguments: &[&str], code: i32) -> String {
        let output = self.run(passphrase, arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        said
    }
}

fn is_age(path: &Path) -> bool {
    fs::read(path).unwrap().starts_with(b"age-encryption.org/v1\n")
}

#[test]
fn a_locked_operation_works_with_its_passphrase_and_with_no_other() {
    let world = World::new();
    let known = Some("passphrase");
    world.done(&["enrol", "ops", "first", "--device"]);
    let closed = world.done_with(known, &["lock", "ops"]);
    assert!(
        closed.contains("authority.key") && closed.contains("register.json") && !closed.contains("logins")
    );
    for name in
        ["authority.key", "roles/0.key", "roles/relay.key", "register.json", "lock.age", "blinding.key"]
    {
        assert!(is_age(&world.path("ops").join(name)), "{name}");
    }
    let said = world.refused(Some("other"), &["enrol", "ops", "phone", "--device"], 4);
    assert!(said.contains("another passphrase"), "{said}");
    world.done_with(known, &["enrol", "ops", "phone", "--device"]);
    // What was written back is closed.
    assert!(is_age(&world.path("ops/register.json")));
    assert!(world.refused(known, &["lock", "ops"], 4).contains("locked already"));
    world.done_with(known, &["unlock", "ops"]);
    assert!(!world.path("ops/lock.age").exists() && !is_age(&world.path("ops/authority.key")));
    world.done(&["enrol", "ops", "other", "--device"]);
    let register = fs::read_to_string(world.path("ops/register.json")).unwrap();
    assert!(register.contains("phone") && register.contains("other"));
}

#[test]
fn a_locked_credential_reports_and_a_gateways_copy_of_one_is_locked_too() {
    let world = World::new();
    world.done(&["enrol", "ops", "phone", "--device"]);
    world.done_with(Some("passphrase"), &["lock", "phone.cowl"]);
    assert!(is_age(&world.path("phone.cowl")));
    let preview = ["pub", "--credential", "phone.cowl", "-m", "severity: low", "--preview"];
    assert!(world.done_with(Some("passphrase"), &preview).contains("severity"));
    assert!(world.refused(Some("other"), &preview, 4).contains("another passphrase"));
    world.done_with(Some("passphrase"), &["unlock", "phone.cowl"]);
    assert!(world.done(&preview).contains("severity"));
}

/// In the kernel's key ring, or said to be nowhere; locked in either case.
#[test]
fn a_remembered_passphrase_is_found_by_later_commands_until_it_is_forgotten() {
    let world = World::new();
    let output = world.run(Some("passphrase"), &["lock", "ops", "--remember", "120"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && is_age(&world.path("ops/authority.key")), "{said}");
    if said.contains("the kernel keeps the passphrase for 120 s") {
        world.done(&["enrol", "ops", "phone", "--device"]);
        world.done(&["unlock", "ops"]);
        world.done_with(Some("passphrase"), &["lock", "ops"]);
    } else {
        assert!(said.contains("locked, but the passphrase is not remembered"), "{said}");
        assert!(said.contains("use COWL_PASSPHRASE_FILE"), "{said}");
    }
    assert!(world.refused(None, &["members", "ops"], 4).contains("no passphrase was given"));
}

#[test]
fn a_dead_machine_comes_back_from_two_of_three_shares() {
    let world = World::new();
    world.done(&["enrol", "ops", "phone", "--device"]);
    let made = world.done(&[
        "shares",
        "make",
        "ops",
        "--threshold",
        "2",
        "--of",
        "3",
        "-o",
        "shares",
        "--copy",
        "stick.cowl",
    ]);
    assert_eq!(made.matches(".txt\n").count(), 3);
    assert_eq!(made.matches(".svg\n").count(), 3);
    world.done(&["enrol", "ops", "later", "--device"]);
    assert!(world.done(&["shares", "status", "ops"]).contains("any 2 of 3"));
    fs::remove_dir_all(world.path("ops")).unwrap();
    let (one, three) = ("shares/share-1.txt", "shares/share-3.txt");
    let checked = world.done(&["shares", "check", one, three, "--file", "stick.cowl"]);
    assert!(checked.contains("share 1 of 3") && checked.contains("share 3 of 3"), "{checked}");
    let few = world.refused(None, &["recover", "stick.cowl", one, one, "-o", "new"], 4);
    assert!(few.contains("2 different shares are needed, and there are only 1"), "{few}");
    world.done(&["recover", "stick.cowl", one, three, "-o", "new"]);
    let log = world.done(&["log", "show", "new"]);
    assert!(log.contains("split into 3 shares") && log.contains("rebuilt from shares"), "{log}");
    world.done(&["log", "verify", "new"]);
    world.done(&["enrol", "new", "next", "--device"]);
    let register = fs::read_to_string(world.path("new/register.json")).unwrap();
    assert!(["phone", "later", "next"].iter().all(|name| register.contains(name)));
    let misread = fs::read_to_string(world.path(one)).unwrap().replacen("# Share 1", "# Share 2", 1);
    fs::write(world.path("same.txt"), &misread).unwrap();
    world.done(&["shares", "check", "same.txt"]);
    fs::write(world.path("short.txt"), "abandon ability able\n").unwrap();
    let output = world.run(None, &["shares", "check", "short.txt"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&output.stdout).contains("not a share"));
}

#[test]
fn a_backup_comes_back_and_a_responders_credential_is_for_his_identity_alone() {
    let world = World::new();
    // Against quantum computers too, as `age-keygen -pq` makes it.
    let hybrid = cowl::rest::Identity::of_seed(cowl_core::Secret::new([7; 32])).to_text();
    assert!(hybrid.starts_with("AGE-SECRET-KEY-PQ-1"));
    world.private("hybrid.txt", &hybrid);
    let recipient = |file: &str| {
        let identities = cowl::rest::Identities::load(&world.path(file)).unwrap();
        identities.recipients().unwrap()[0].to_string()
    };
    for (name, mine, others) in [("medic", "key.txt", "hybrid.txt"), ("nurse", "hybrid.txt", "key.txt")] {
        world.done(&["enrol", "ops", name, "--responder", "--role", "medical", "--to", &recipient(mine)]);
        let file = format!("{name}.cowl");
        assert!(is_age(&world.path(&file)));
        let sub = ["sub", "--credential", &file, "-p", "1", "-W", "1"];
        assert!(world.refused(None, &sub, 4).contains("age identity that was not given"));
        let with = |identity| [&sub[..], &["--identity", identity]].concat();
        assert!(world.refused(None, &with(others), 4).contains("age identity that was not given"));
        // With the identity it opens, and then finds no broker.
        assert!(!world.refused(None, &with(mine), 5).contains("identity"));
    }
    let recipient = recipient("key.txt");

    world.done(&["backup", "ops", "-o", "ops.age", "--to", &recipient]);
    world.done(&["restore", "ops.age", "-o", "again", "-i", "key.txt"]);
    world.done(&["enrol", "again", "phone", "--device"]);
    world.done_with(Some("passphrase"), &["backup", "phone.cowl", "-o", "phone.age"]);
    let said = world.refused(Some("other"), &["restore", "phone.age", "-o", "phone2.cowl"], 4);
    assert!(said.contains("another passphrase"), "{said}");
    world.done_with(Some("passphrase"), &["restore", "phone.age", "-o", "phone2.cowl"]);
    let preview = ["pub", "--credential", "phone2.cowl", "-m", "severity: low", "--preview"];
    assert!(world.done(&preview).contains("severity"));
    world.refused(Some("passphrase"), &["backup", "phone.cowl", "-o", "phone.age"], 7);
}
