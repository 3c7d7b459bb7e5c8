//! One batch, one transaction.

use redb::{Database, Durability, Table, WriteTransaction};

use super::{ASIDE, ENTRIES, ONCE};
use crate::node::queue::{
    memory::Batch,
    sealed::{Broken, Kind, Sealer},
};

/// A transaction that is there whole or not at all after a crash at any instant.
pub(super) fn begin(database: &Database) -> Result<WriteTransaction, redb::Error> {
    let mut transaction = database.begin_write()?;
    transaction.set_durability(Durability::Immediate)?;
    transaction.set_two_phase_commit(true);
    Ok(transaction)
}

/// Writes a batch: durable when it returns. `record` is memory to be used again.
pub(super) fn write(
    database: &Database,
    sealer: &Sealer,
    batch: &Batch,
    prefix: [u8; 8],
    record: &mut Vec<u8>,
) -> Result<(), redb::Error> {
    let transaction = begin(database)?;
    {
        let mut entries = transaction.open_table(ENTRIES)?;
        if !batch.set_aside.is_empty() {
            set_aside(&transaction, &mut entries, &batch.set_aside)?;
        }
        for number in batch.gone() {
            entries.remove(number)?;
        }
        for put in &batch.puts {
            sealer.entry(put.number, prefix, &put.content, record).map_err(broken)?;
            entries.insert(put.number, record.as_slice())?;
        }
    }
    if !batch.once.is_empty() || !batch.forgotten.is_empty() {
        let mut pieces = transaction.open_table(ONCE)?;
        for number in &batch.forgotten {
            pieces.remove(number)?;
        }
        if !batch.once.is_empty() {
            let write = |text: &mut Vec<u8>| {
                for once in &batch.once {
                    text.extend_from_slice(&once.key);
                    text.extend_from_slice(&once.expiry.to_be_bytes());
                }
            };
            sealer.seal(Kind::Once, batch.once_number, prefix, 0, record, write).map_err(broken)?;
            pieces.insert(batch.once_number, record.as_slice())?;
        }
    }
    Ok(transaction.commit()?)
}

fn set_aside(
    transaction: &WriteTransaction,
    entries: &mut Table<'_, u64, &'static [u8]>,
    numbers: &[u64],
) -> Result<(), redb::Error> {
    let mut aside = transaction.open_table(ASIDE)?;
    for number in numbers {
        let found = entries.remove(number)?;
        aside.insert(number, found.as_ref().map_or([].as_slice(), |found| found.value()))?;
    }
    Ok(())
}

/// The cipher refused to seal: only if what is sealed were longer than it can be.
fn broken(_: Broken) -> redb::Error {
    redb::Error::Corrupted(String::new())
}
