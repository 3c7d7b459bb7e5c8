//! Who got tokens of which period: each member one batch, and the same batch again as often as it asks (spec §11.3).

use std::path::Path;

use cowl_core::MemberId;
use redb::{Database, ReadableTable as _, TableDefinition};

use super::{TokensError, store::Store};

/// The name of the file in an operation's folder.
pub const TOKENS_GIVEN: &str = "tokens.given";
/// The form of the file.
pub(super) const FORM: &str = "cowl tokens given 1";

/// Period and member → SHA-256 of what was asked with.
const GIVEN: TableDefinition<'_, [u8; 20], [u8; 32]> = TableDefinition::new("given");

/// What was given out. One process at a time has it.
#[derive(Debug)]
pub struct Given {
    store: Store,
    /// The newest period that was asked for: those before the one before it were forgotten.
    period: u32,
}

impl Given {
    /// Opens or makes the file of a folder.
    pub fn open(folder: &Path) -> Result<Self, TokensError> {
        Ok(Self { store: Store::open(folder.join(TOKENS_GIVEN), FORM)?, period: 0 })
    }

    /// Whether a member may have its tokens of a period for this request: it had none, or asks the same again. On disk when
    /// this returns: who answers then has written it down before.
    pub fn may_have(&mut self, member: MemberId, period: u32, asked: [u8; 32]) -> Result<bool, TokensError> {
        // The period before is remembered too: a clock that was set back gives nobody a second batch of it.
        let forgotten = (period > self.period).then_some(period.saturating_sub(1));
        let may = self.store.with(|database| note(database, forgotten, &name(period, member.0), asked))?;
        self.period = self.period.max(period);
        Ok(may)
    }
}

/// Notes what a member asked with, unless that is known; whether it is the same. `forgotten`: what is of periods before this one goes.
fn note(
    database: &Database,
    forgotten: Option<u32>,
    name: &[u8; 20],
    asked: [u8; 32],
) -> Result<bool, redb::Error> {
    let transaction = database.begin_write()?;
    let known = {
        let mut table = transaction.open_table(GIVEN)?;
        if let Some(period) = forgotten {
            table.retain_in(..self::name(period, [0; 16]), |_, _| false)?;
        }
        let known = table.get(name)?.map(|known| known.value());
        if known.is_none() {
            table.insert(name, asked)?;
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

fn name(period: u32, member: [u8; 16]) -> [u8; 20] {
    let mut name = [0; 20];
    let parts = period.to_be_bytes().into_iter().chain(member);
    name.iter_mut().zip(parts).for_each(|(byte, part)| *byte = part);
    name
}

#[cfg(test)]
#[path = "given_tests.rs"]
mod tests;
