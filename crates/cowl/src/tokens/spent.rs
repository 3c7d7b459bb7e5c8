//! Which tokens were used (spec §11.5).

use std::{collections::HashSet, path::Path};

use redb::{Database, ReadableTable as _, ReadableTableMetadata as _, TableDefinition};

use super::{TokensError, store::Store};

/// The name of the file in an operation's folder.
pub const TOKENS_SPENT: &str = "tokens.spent";
/// The form of the file.
pub(super) const FORM: &str = "cowl tokens spent 1";
/// The most tokens that are remembered, 0.7 GB of them; beyond it none is taken until a period is over. Only good tokens count,
/// so nobody but members can fill it.
const MOST: u64 = 10_000_000;

/// Period and nonce.
const SPENT: TableDefinition<'_, [u8; 36], ()> = TableDefinition::new("spent");

/// The tokens that were used in the periods that are not over. One process at a time has it.
#[derive(Debug)]
pub(super) struct Spent {
    store: Store,
    most: u64,
}

impl Spent {
    /// Opens or makes the file of a folder.
    pub(super) fn open(folder: &Path) -> Result<Self, TokensError> {
        Ok(Self { store: Store::open(folder.join(TOKENS_SPENT), FORM)?, most: MOST })
    }

    /// Notes tokens by period and nonce; for each, whether this is its first time. On disk when this returns.
    pub(super) fn spend(&mut self, tokens: &[(u32, [u8; 32])]) -> Result<Vec<bool>, TokensError> {
        let most = self.most;
        self.store.with(|database| note(database, most, tokens))
    }

    /// Forgets the tokens of periods before this one: nobody takes them any more.
    pub(super) fn forget_before(&mut self, period: u32) -> Result<(), TokensError> {
        self.store.with(|database| {
            let transaction = database.begin_write()?;
            transaction.open_table(SPENT)?.retain_in(..name(period, &[0; 32]), |_, ()| false)?;
            Ok(transaction.commit()?)
        })
    }
}

fn note(database: &Database, most: u64, tokens: &[(u32, [u8; 32])]) -> Result<Vec<bool>, redb::Error> {
    let transaction = database.begin_write()?;
    let mut first = Vec::with_capacity(tokens.len());
    {
        let mut table = transaction.open_table(SPENT)?;
        let mut room = most.saturating_sub(table.len()?);
        let mut now = HashSet::new();
        for (period, nonce) in tokens {
            let name = name(*period, nonce);
            let is_first = room > 0 && now.insert(name) && table.get(name)?.is_none();
            if is_first {
                table.insert(name, ())?;
                room -= 1;
            }
            first.push(is_first);
        }
    }
    if first.contains(&true) {
        transaction.commit()?;
    } else {
        transaction.abort()?;
    }
    Ok(first)
}

fn name(period: u32, nonce: &[u8; 32]) -> [u8; 36] {
    let mut name = [0; 36];
    let parts = period.to_be_bytes().into_iter().chain(*nonce);
    name.iter_mut().zip(parts).for_each(|(byte, part)| *byte = part);
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_once_in_a_group_and_across_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let mut spent = Spent::open(folder.path()).unwrap();
        assert_eq!(spent.spend(&[(1, [1; 32]), (1, [2; 32]), (1, [1; 32])]).unwrap(), [true, true, false]);
        assert_eq!(spent.spend(&[(1, [2; 32]), (2, [2; 32])]).unwrap(), [false, true]);
        drop(spent);
        let mut spent = Spent::open(folder.path()).unwrap();
        assert_eq!(spent.spend(&[(1, [1; 32]), (2, [2; 32])]).unwrap(), [false, false]);
    }

    #[test]
    fn what_is_over_is_forgotten_and_what_is_full_takes_none() {
        let folder = tempfile::tempdir().unwrap();
        let mut spent = Spent::open(folder.path()).unwrap();
        spent.most = 3;
        let tokens = [(1, [1; 32]), (1, [2; 32]), (2, [1; 32]), (2, [3; 32])];
        assert_eq!(spent.spend(&tokens).unwrap(), [true, true, true, false]);
        spent.forget_before(2).unwrap();
        assert_eq!(spent.spend(&[(2, [1; 32]), (2, [3; 32])]).unwrap(), [false, true]);
    }

    #[test]
    fn another_file_is_not_written_over() {
        let folder = tempfile::tempdir().unwrap();
        drop(super::super::Given::open(folder.path()).unwrap());
        let path = folder.path().join(TOKENS_SPENT);
        std::fs::rename(folder.path().join(super::super::TOKENS_GIVEN), &path).unwrap();
        assert!(matches!(Spent::open(folder.path()), Err(TokensError::Damaged(_))));
        std::fs::write(&path, [7; 5_000]).unwrap();
        assert!(Spent::open(folder.path()).is_err());
        assert_eq!(std::fs::read(&path).unwrap(), [7; 5_000]);
    }

    fn nonce(number: u64) -> [u8; 32] {
        let mut nonce = [9; 32];
        nonce.iter_mut().zip(number.to_be_bytes()).for_each(|(byte, of)| *byte = of);
        nonce
    }

    /// Notes one token after the other until it is killed.
    #[test]
    fn killed_child() {
        let Some(folder) = crate::state::killing::folder() else { return };
        let mut spent = Spent::open(&folder).unwrap();
        for number in 0.. {
            if spent.spend(&[(1, nonce(number))]).unwrap() == [true] {
                crate::state::killing::say(&number.to_string());
            }
        }
    }

    #[test]
    fn what_was_taken_is_not_taken_again_whenever_it_is_killed() {
        let folder = tempfile::tempdir().unwrap();
        let mut newest = None;
        crate::state::killing::rounds("tokens::spent::tests::killed_child", folder.path(), |told| {
            for line in told {
                let number: u64 = line.parse().unwrap();
                assert!(newest.is_none_or(|newest| number > newest), "{number} was taken twice");
                newest = Some(number);
            }
            crate::tokens::examine(&folder.path().join(TOKENS_SPENT)).unwrap();
        });
    }

    /// The disk fills up while it runs, and has room again.
    #[test]
    fn child_without_room() {
        let Some(folder) = crate::state::killing::folder() else { return };
        let mut spent = Spent::open(&folder).unwrap();
        assert_eq!(spent.spend(&[(1, nonce(0))]).unwrap(), [true]);
        crate::state::killing::set_room(false);
        for _ in 0..2 {
            let error = spent.spend(&[(1, nonce(1))]).unwrap_err().to_string();
            assert!(error.contains(TOKENS_SPENT), "{error}");
        }
        crate::state::killing::set_room(true);
        assert_eq!(spent.spend(&[(1, nonce(0)), (1, nonce(2))]).unwrap(), [false, true]);
        crate::state::killing::say("went on");
    }

    #[test]
    fn without_room_none_is_taken_and_with_room_it_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        crate::state::killing::without_room("tokens::spent::tests::child_without_room", folder.path());
    }

    #[test]
    fn a_corrupted_byte_of_a_store_is_found_or_of_no_use_and_the_first_form_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(TOKENS_SPENT);
        files_from_before(&path);
        let mut spent = Spent::open(folder.path()).unwrap();
        assert_eq!(
            spent.spend(&[(1, nonce(0)), (1, nonce(63)), (1, nonce(64))]).unwrap(),
            [false, false, true]
        );
        drop(spent);
        let good = std::fs::read(&path).unwrap();
        let (mut found, mut unused) = (0, 0);
        for place in (0..good.len()).step_by(389) {
            let mut bad = good.clone();
            bad[place] ^= 0xff;
            // Each in a folder of its own: a process that another test is starting has what was open here open too, for a moment.
            let other = tempfile::tempdir().unwrap();
            let bad_path = other.path().join(TOKENS_SPENT);
            crate::files::create(&bad_path, &bad, crate::files::Access::Owner).unwrap();
            match (crate::tokens::examine(&bad_path), Spent::open(other.path())) {
                (Err(error), Err(_)) => {
                    assert!(error.to_string().contains(TOKENS_SPENT), "{error}");
                    found += 1;
                }
                (Ok(()), Ok(mut spent)) => {
                    assert_eq!(spent.spend(&[(1, nonce(0)), (1, nonce(63))]).unwrap(), [false, false]);
                    unused += 1;
                }
                other => panic!("byte {place}: {other:?}"),
            }
        }
        assert!(found > 2, "{found} found, {unused} unused");
    }

    /// Form 1, with the tokens 0 to 63 of period 1.
    fn files_from_before(path: &Path) {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tokens-spent-1");
        let bytes = std::fs::read(from).unwrap();
        crate::files::create(path, &bytes, crate::files::Access::Owner).unwrap();
    }
}
