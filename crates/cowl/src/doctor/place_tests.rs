use std::{fs, os::unix::fs::PermissionsExt as _};

use super::*;
use crate::doctor::{Level, Topic as About, testing};

const NOW: u64 = testing::NOW;

/// A machine of which nothing is known but the clock, so that the tests say the same everywhere.
fn machine(now: u64) -> (tempfile::TempDir, Machine) {
    let root = tempfile::tempdir().unwrap();
    let machine = Machine::at(root.path(), now);
    (root, machine)
}

fn look(path: &Path, now: u64) -> Section {
    let (_root, machine) = machine(now);
    place(path, &machine).section
}

fn of(section: &Section, about: About) -> Vec<&Finding> {
    section.findings.iter().filter(|one| one.topic == about).collect()
}

fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>, std::time::SystemTime)> {
    let names = crate::state::names(folder).unwrap();
    let path = |name: &String| folder.join(name);
    names
        .iter()
        .map(path)
        .map(|path| (path.clone(), fs::read(&path).unwrap(), path.metadata().unwrap().modified().unwrap()))
        .collect()
}

#[test]
fn a_new_operation_has_shares_to_make_and_nothing_else_to_fear() {
    let mut made = testing::operation();
    let (phone, medic, ward) = (made.device("phone"), made.responder("medic"), made.gateway("ward"));
    let before = files(made.folder());
    let ops = look(made.ops(), NOW);
    assert_eq!(ops.worst(), Level::Warning, "{ops:#?}");
    let above: Vec<_> = ops.findings.iter().filter(|one| one.level > Level::Notice).collect();
    assert!(above.len() == 1 && above[0].what.contains("there are no shares"), "{above:#?}");
    for member in [&phone, &medic, &ward] {
        let section = look(member, NOW);
        assert!(section.worst() <= Level::Notice, "{section:#?}");
    }
    assert_eq!(files(made.folder()), before, "something was written");
}

#[test]
fn every_finding_that_matters_has_a_remedy_and_every_one_a_reason() {
    let mut made = testing::operation();
    let (phone, ward) = (made.device("phone"), made.gateway("ward"));
    testing::flip(&made.ops().join("register.json"));
    for path in [made.ops(), &phone, &ward] {
        for now in [0, NOW, NOW + 40 * 86_400, 4_070_908_800] {
            for one in look(path, now).findings {
                assert_eq!(one.remedy.is_none(), one.level == Level::Ok, "{one:?}");
                assert!(
                    one.remedy.as_ref().is_none_or(|remedy| remedy.len() > 4) && one.why.len() > 20,
                    "{one:?}"
                );
                assert!(!one.what.ends_with('.') && !one.why.ends_with('.'), "{one:?}");
            }
        }
    }
}

#[test]
fn the_year_is_1970_or_2099() {
    let mut made = testing::operation();
    let phone = made.device("phone");
    for now in [0, 4_070_908_800] {
        let (ops, phone) = (look(made.ops(), now), look(&phone, now));
        for section in [&ops, &phone] {
            assert_eq!(of(section, About::Clock)[0].level, Level::Problem, "{section:#?}");
        }
        assert!(of(&ops, About::Clock)[0].why.contains("cowl serve"));
        if now == 0 {
            // The keys are judged by what was signed, not by a clock that is known to be behind.
            assert!(of(&phone, About::Keys).iter().all(|one| one.level <= Level::Notice), "{phone:#?}");
        }
    }
}

#[test]
fn an_expired_credential_a_damaged_byte_and_open_permissions_are_each_found() {
    let mut made = testing::operation();
    let phone = made.device("phone");
    let old = look(&phone, NOW + 40 * 86_400);
    assert!(
        of(&old, About::Keys)
            .iter()
            .any(|one| one.level == Level::Problem && one.what.contains("its keys ended")),
        "{old:#?}"
    );
    fs::set_permissions(&phone, fs::Permissions::from_mode(0o644)).unwrap();
    let open = look(&phone, NOW);
    assert_eq!(of(&open, About::Permissions)[0].level, Level::Problem, "{open:#?}");
    fs::set_permissions(&phone, fs::Permissions::from_mode(0o600)).unwrap();
    testing::flip(&phone);
    let damaged = look(&phone, NOW);
    assert!(of(&damaged, About::State)[0].what.contains("phone.cowl"), "{damaged:#?}");
    assert_eq!(damaged.worst(), Level::Problem);
}

#[test]
fn an_older_backup_of_the_machine_is_told_by_its_log() {
    let made = testing::operation();
    made.operation.note(crate::log::Event::Rotated, NOW + 3 * 86_400).unwrap();
    let behind = look(made.ops(), NOW);
    let clock = of(&behind, About::Clock)[0];
    assert!(clock.level == Level::Problem && clock.what.contains("newest entry of the log"), "{clock:?}");
}

#[test]
fn a_brokers_part_an_archive_and_nothing_are_told_apart() {
    let made = testing::operation();
    let part = made.folder().join("part");
    fs::create_dir(&part).unwrap();
    fs::set_permissions(&part, fs::Permissions::from_mode(0o700)).unwrap();
    for name in ["manifest.cowl", "logins.toml"] {
        fs::copy(made.ops().join(name), part.join(name)).unwrap();
    }
    let (_root, machine) = machine(NOW);
    let there = place(&part, &machine);
    assert!(
        there.section.name.ends_with("a broker's part of an operation")
            && there.section.worst() <= Level::Notice,
        "{there:#?}"
    );
    assert_eq!(there.party.unwrap().accounts.len(), 5);
    let nothing = place(&made.folder().join("nothing"), &machine);
    assert_eq!((nothing.section.worst(), nothing.party.is_none()), (Level::Problem, true));
    assert_eq!(place(made.folder(), &machine).section.worst(), Level::Problem);
    let archive = made.folder().join("a.db");
    crate::archive::Archive::open_or_create(&archive, made.operation.manifest()).unwrap();
    assert!(place(&archive, &machine).section.name.ends_with("an archive of reports"));
}

#[test]
fn nobody_is_named() {
    let mut made = testing::operation();
    made.device("wilhelmina");
    made.invite("roland", NOW + 86_400);
    for now in [0, NOW, NOW + 40 * 86_400] {
        let said = format!("{:?}", look(made.ops(), now));
        assert!(!said.contains("wilhelmina") && !said.contains("roland"), "{said}");
    }
}
