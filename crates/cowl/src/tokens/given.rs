//! Who got tokens of which period: each member one batch, and the same batch again as often as it asks (spec §11.3).

use std::path::{Path, PathBuf};

use cowl_core::MemberId;
use redb::{Database, ReadableTable as _, TableDefinition};

use super::{TokensError, store::open};

/// The name of the file in an operation's folder.
pub const TOKENS_GIVEN: &str = "tokens.given";
/// The form of the file.
pub(super) const FORM: &str = "cowl tokens given 1";

/// Period and member → SHA-256 of what was asked with.
const GIVEN: TableDefinition<'_, [u8; 20], [u8; 32]> = TableDefinition::new("given");

/// What was given out. One process at a time has it.
#[derive(Debug)]
pub struct Given {
    path: PathBuf,
    database: Database,
    /// The period that older ones were forgotten for.
    period: u32,
}

impl Given {
    /// Opens or makes the file of a folder.
    pub fn open(folder: &Path) -> Result<Self, TokensError> {
        let path = folder.join(TOKENS_GIVEN);
        let database = open(&path, FORM)?;
        Ok(Self { path, database, period: 0 })
    }

    /// Whether a member may have its tokens of a period for this request: it had none, or asks the same again. On disk when
    /// this returns: who answers then has written it down before.
    pub fn may_have(&mut self, member: MemberId, period: u32, asked: [u8; 32]) -> Result<bool, TokensError> {
        let failed = |error: redb::Error| TokensError::store(&self.path, &error);
        let may = self.note(member, period, asked).map_err(failed)?;
        self.period = self.period.max(period);
        Ok(may)
    }

    fn note(&self, member: MemberId, period: u32, asked: [u8; 32]) -> Result<bool, redb::Error> {
        let mut key = [0; 20];
        let parts = period.to_be_bytes().into_iter().chain(member.0);
        key.iter_mut().zip(parts).for_each(|(byte, part)| *byte = part);
        let transaction = self.database.begin_write()?;
        let known = {
            let mut table = transaction.open_table(GIVEN)?;
            if period > self.period {
                let mut first = [0; 20];
                first.iter_mut().zip(period.to_be_bytes()).for_each(|(byte, part)| *byte = part);
                table.retain_in(..first, |_, _| false)?;
            }
            let known = table.get(key)?.map(|known| known.value());
            if known.is_none() {
                table.insert(key, asked)?;
            }
            known
        };
        if let Some(known) = known {
            transaction.abort()?;
            return Ok(known == asked);
        }
        transaction.commit()?;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert_eq!(
            given.database.begin_write().unwrap().open_table(GIVEN).unwrap().iter().unwrap().count(),
            1
        );
    }
}
