use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::PathBuf,
};

use rand_core::Rng as _;

use super::*;
use crate::{
    files::{self, Access},
    random::SystemRng,
    state::killing,
    tokens::examine,
};

/// Members of each service that is killed.
const MEMBERS: u8 = 3;

fn member(n: u8) -> MemberId {
    MemberId([n; 16])
}

#[test]
fn each_has_one_batch_in_a_period_and_the_same_one_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut given = Given::open(folder.path()).unwrap();
    assert!(given.may_have(member(1), 5, [1; 32]).unwrap());
    assert!(given.may_have(member(1), 5, [1; 32]).unwrap());
    assert!(!given.may_have(member(1), 5, [2; 32]).unwrap());
    assert!(given.may_have(member(2), 5, [2; 32]).unwrap());
    // Across a restart, and only one process has it.
    assert!(matches!(Given::open(folder.path()), Err(TokensError::InUse(_))));
    drop(given);
    let mut given = Given::open(folder.path()).unwrap();
    assert!(!given.may_have(member(1), 5, [2; 32]).unwrap());
    assert!(given.may_have(member(1), 6, [2; 32]).unwrap());
    assert!(!given.may_have(member(1), 6, [3; 32]).unwrap());
    // A clock that was set back changes nothing; what is older is forgotten.
    assert!(!given.may_have(member(1), 5, [2; 32]).unwrap());
    assert!(given.may_have(member(1), 7, [4; 32]).unwrap());
    let known = |database: &Database| Ok(database.begin_write()?.open_table(GIVEN)?.iter()?.count());
    assert_eq!(given.store.with(known).unwrap(), 2);
}

/// Where the service of a number has its file.
fn service(folder: &Path, number: usize) -> PathBuf {
    folder.join(number.to_string())
}

fn services(folder: &Path) -> usize {
    fs::read_dir(folder).unwrap().count()
}

/// Goes on with the last service, and then makes another and another, until it is killed. Its members ask in any order and with one
/// of two batches, in one period and then in the next; after a restart from the first period on, as by a clock that was set back.
#[test]
fn killed_child() {
    let Some(folder) = killing::folder() else { return };
    let mut rng = SystemRng::new();
    for number in services(&folder).saturating_sub(1).. {
        let path = service(&folder, number);
        files::private_folder(&path).unwrap();
        let mut given = Given::open(&path).unwrap();
        for period in 1..=2 {
            for _ in 0..2 {
                let [who, batch, ..] = rng.next_u32().to_be_bytes();
                let (who, batch) = (who % MEMBERS, batch % 2);
                if given.may_have(member(who), period, [batch; 32]).unwrap() {
                    killing::say(&format!("{number} {period} {who} {batch}"));
                }
            }
        }
    }
}

/// Who was said to have which batch: service, period and member → the batch.
#[derive(Default)]
struct Said(BTreeMap<(usize, u32, u8), u8>);

impl Said {
    fn note(&mut self, key: (usize, u32, u8), batch: u8) {
        let before = self.0.insert(key, batch);
        assert!(before.is_none_or(|before| before == batch), "{key:?} got a second batch");
    }

    fn read(&mut self, line: &str) {
        let numbers: Vec<u32> = line.split(' ').map(|number| number.parse().unwrap()).collect();
        let [number, period, who, batch] = numbers[..] else { panic!("{line}") };
        let key = (number as usize, period, u8::try_from(who).unwrap());
        self.note(key, u8::try_from(batch).unwrap());
    }

    /// Asks a service that was started again for everybody: each has one of the two batches, the one that it was said to have.
    fn ask(&mut self, folder: &Path, number: usize) {
        let path = service(folder, number);
        if path.join(TOKENS_GIVEN).exists() {
            examine(&path.join(TOKENS_GIVEN)).unwrap();
        }
        let mut given = Given::open(&path).unwrap();
        for (period, who) in (1..=2).flat_map(|period| (0..MEMBERS).map(move |who| (period, who))) {
            let key = (number, period, who);
            let mut ask = |batch: u8| given.may_have(member(who), period, [batch; 32]).unwrap();
            let first = self.0.get(&key).copied().unwrap_or(0);
            if ask(first) {
                assert!(!ask(1 - first), "{key:?} could have both");
                self.note(key, first);
            } else {
                // Written down, and killed before anybody was told: it is this one that it can have.
                assert!(!self.0.contains_key(&key) && ask(1), "{key:?} can have neither");
                self.note(key, 1);
            }
        }
    }
}

#[test]
fn nobody_has_two_batches_or_none_whenever_the_service_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let (mut said, mut first) = (Said::default(), 0);
    killing::rounds("tokens::given::tests::killed_child", folder.path(), |told| {
        for line in told {
            said.read(&line);
        }
        let count = services(folder.path());
        for number in first..count {
            said.ask(folder.path(), number);
        }
        first = count.saturating_sub(1);
    });
    let made: BTreeSet<_> = said.0.keys().map(|(number, ..)| number).collect();
    assert!(made.len() > 2, "{} services", made.len());
}

/// Makes one file after the other, until it is killed.
#[test]
fn killed_maker() {
    let Some(folder) = killing::folder() else { return };
    for number in services(&folder).. {
        files::private_folder(&service(&folder, number)).unwrap();
        Given::open(&service(&folder, number)).unwrap();
        killing::say("made");
    }
}

#[test]
fn a_file_is_whole_or_not_there_whenever_its_maker_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    killing::rounds("tokens::given::tests::killed_maker", folder.path(), |_| {
        let path = service(folder.path(), services(folder.path()).saturating_sub(1));
        if path.join(TOKENS_GIVEN).exists() {
            examine(&path.join(TOKENS_GIVEN)).unwrap();
        }
        files::private_folder(&path).unwrap();
        assert!(Given::open(&path).unwrap().may_have(member(1), 1, [1; 32]).unwrap());
    });
}

#[test]
fn a_corrupted_byte_is_found_or_of_no_use_and_the_first_form_is_read() {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tokens-given-1");
    let good = fs::read(from).unwrap();
    // Members 0 to 63 have each its batch of period 1.
    let holds = |folder: &Path, bytes: &[u8]| -> Result<(), TokensError> {
        files::create(&folder.join(TOKENS_GIVEN), bytes, Access::Owner)?;
        let examined = examine(&folder.join(TOKENS_GIVEN));
        let opened = Given::open(folder);
        assert_eq!(examined.is_err(), opened.is_err(), "{examined:?}, {opened:?}");
        let mut given = opened?;
        for who in [0, 31, 63] {
            assert!(given.may_have(member(who), 1, [who; 32])?);
            assert!(!given.may_have(member(who), 1, [who + 1; 32])?);
        }
        assert!(given.may_have(member(64), 1, [9; 32])?);
        Ok(())
    };
    holds(tempfile::tempdir().unwrap().path(), &good).unwrap();
    let (mut found, mut unused) = (0, 0);
    for place in (0..good.len()).step_by(1_031) {
        let mut bad = good.clone();
        bad[place] ^= 0xff;
        // Each in a folder of its own: a process that another test is starting has what was open here open too, for a moment.
        let folder = tempfile::tempdir().unwrap();
        match holds(folder.path(), &bad) {
            Ok(()) => unused += 1,
            Err(error) => {
                assert!(error.to_string().contains(TOKENS_GIVEN), "byte {place}: {error}");
                found += 1;
            }
        }
    }
    assert!(found > 2, "{found} found, {unused} unused");
}

/// The disk fills up while it runs, and has room again.
#[test]
fn child_without_room() {
    let Some(folder) = killing::folder() else { return };
    let is_named = |error: TokensError| assert!(error.to_string().contains(TOKENS_GIVEN), "{error}");
    let mut given = Given::open(&folder.join("old")).unwrap();
    assert!(given.may_have(member(1), 1, [1; 32]).unwrap());
    killing::set_room(false);
    for _ in 0..3 {
        is_named(given.may_have(member(2), 1, [2; 32]).unwrap_err());
    }
    is_named(Given::open(&folder.join("new")).unwrap_err());
    assert_eq!(fs::read_dir(folder.join("new")).unwrap().count(), 0, "something half made is left");
    killing::set_room(true);
    // It goes on by itself, and forgot nothing.
    assert!(given.may_have(member(2), 1, [2; 32]).unwrap());
    assert!(!given.may_have(member(2), 1, [3; 32]).unwrap());
    assert!(!given.may_have(member(1), 1, [2; 32]).unwrap());
    assert!(Given::open(&folder.join("new")).unwrap().may_have(member(1), 1, [1; 32]).unwrap());
    killing::say("went on");
}

#[test]
fn without_room_nobody_gets_a_batch_and_with_room_it_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["old", "new"] {
        files::private_folder(&folder.path().join(name)).unwrap();
    }
    killing::without_room("tokens::given::tests::child_without_room", folder.path());
    let mut given = Given::open(&folder.path().join("old")).unwrap();
    for who in [1, 2] {
        assert!(given.may_have(member(who), 1, [who; 32]).unwrap());
        assert!(!given.may_have(member(who), 1, [9; 32]).unwrap());
    }
}
