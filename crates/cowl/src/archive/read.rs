//! Reports come out: by role, zone and time.

use std::ops::ControlFlow;

use cowl_core::ErasureHandle;
use rusqlite::{Connection, params, types::Value};

use super::{
    Archive, ArchiveError,
    cipher::Binding,
    content::Content,
    keep::HOUR,
    keys::{Keys, Row},
    schema::Meta,
};

/// How often it is begun again when another process replaces the store key meanwhile.
const TRIES: u32 = 16;

/// Which reports. What is not said is any.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Query {
    /// Received then or later, in Unix seconds.
    pub since: Option<u64>,
    /// Received before, in Unix seconds.
    pub until: Option<u64>,
    /// Of this role.
    pub role: Option<String>,
    /// In this zone, as its label stands in the report.
    pub zone: Option<String>,
}

/// A report that was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Its number in the archive, in the order of arrival.
    pub number: i64,
    /// Its id.
    pub report: [u8; 16],
    /// When it was sealed.
    pub epoch: u32,
    /// Who read it.
    pub role: String,
    /// The sender's pseudonym; `None`: a walk-in.
    pub from: Option<String>,
    /// By what it is withdrawn, if it can be.
    pub handle: ErasureHandle,
    /// When it was opened, in Unix seconds.
    pub received: u64,
    /// The policy that it was reduced by.
    pub policy: u32,
    /// Its zone.
    pub zone: Option<String>,
    /// Its fields, as a JSON object.
    pub fields: String,
    /// What only a quorum of custodians opens.
    pub custody: Option<Vec<u8>>,
}

impl Archive {
    /// Calls `each` for every report asked for, in the order of arrival, until it breaks off; with an error for one that is
    /// damaged, and then goes on.
    pub fn read(
        &mut self,
        query: &Query,
        each: &mut dyn FnMut(Result<Kept, ArchiveError>) -> ControlFlow<()>,
    ) -> Result<(), ArchiveError> {
        let Self { path, connection, keys, .. } = self;
        let failed = ArchiveError::database(path);
        let mut tries = 0;
        let transaction = loop {
            let transaction = connection.unchecked_transaction().map_err(&failed)?;
            let meta = Meta::read(&transaction).map_err(&failed)?;
            match keys.follow(&meta) {
                Ok(()) => break transaction,
                // Another process replaced the key behind this snapshot; the next one is of the new key.
                Err(ArchiveError::OtherKey(_)) if tries < TRIES => tries += 1,
                Err(error) => return Err(error),
            }
        };
        for id in find(&transaction, keys, query, &failed)? {
            let kept = open(&transaction, keys, id, &failed)?;
            let is_wanted = kept.as_ref().map_or(true, |kept| query.takes(kept));
            if is_wanted && each(kept).is_break() {
                break;
            }
        }
        Ok(())
    }

    /// How many reports there are.
    pub fn count(&self) -> Result<u64, ArchiveError> {
        let count: i64 = self
            .connection
            .query_row("SELECT count(*) FROM record", [], |row| row.get(0))
            .map_err(ArchiveError::database(&self.path))?;
        Ok(count.cast_unsigned())
    }

    /// Opens everything, and says what is damaged.
    pub fn check(&mut self) -> Result<Vec<ArchiveError>, ArchiveError> {
        let failed = ArchiveError::database(&self.path);
        let pages: String =
            self.connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0)).map_err(&failed)?;
        let mut found = Vec::new();
        if pages != "ok" {
            found.push(ArchiveError::Damaged {
                path: self.path.clone(),
                what: "database file, page",
                number: 0,
            });
        }
        drop(failed);
        self.read(&Query::default(), &mut |kept| {
            found.extend(kept.err());
            ControlFlow::Continue(())
        })?;
        Ok(found)
    }
}

impl Query {
    /// The index gives whole hours, and zones that are not told apart for certain.
    fn takes(&self, kept: &Kept) -> bool {
        self.since.is_none_or(|since| kept.received >= since)
            && self.until.is_none_or(|until| kept.received < until)
            && self.zone.as_ref().is_none_or(|zone| kept.zone.as_ref() == Some(zone))
    }
}

/// The numbers of the records that can be meant.
fn find(
    connection: &Connection,
    keys: &mut Keys,
    query: &Query,
    failed: &dyn Fn(rusqlite::Error) -> ArchiveError,
) -> Result<Vec<i64>, ArchiveError> {
    let hour = |seconds: u64| i64::try_from(seconds / HOUR).unwrap_or(i64::MAX);
    let bounds: [Value; 3] = [
        query.role.clone().map_or(Value::Null, Value::Text),
        Value::Integer(query.since.map_or(0, hour)),
        Value::Integer(query.until.map_or(i64::MAX, hour)),
    ];
    let [role, since, until] = bounds;
    let within = "(?1 IS NULL OR k.role = ?1) AND k.hour BETWEEN ?2 AND ?3";
    let Some(zone) = &query.zone else {
        let sql = format!(
            "SELECT r.id FROM record r JOIN reports k ON k.id = r.reports WHERE {within} ORDER BY r.id"
        );
        return numbers(connection, &sql, params![role, since, until]).map_err(failed);
    };
    let epochs = numbers(connection, "SELECT epoch FROM epoch", []).map_err(failed)?;
    let sql = format!(
        "SELECT r.id FROM record r JOIN reports k ON k.id = r.reports WHERE r.epoch = ?4 AND r.zone = ?5 AND {within}"
    );
    let mut found = Vec::new();
    for epoch in epochs.into_iter().filter_map(|epoch| u32::try_from(epoch).ok()) {
        let Some(key) = keys.epoch(connection, epoch)? else { continue };
        let zone = key.namer.zone(zone);
        found.extend(numbers(connection, &sql, params![role, since, until, epoch, zone]).map_err(failed)?);
    }
    found.sort_unstable();
    Ok(found)
}

fn numbers(
    connection: &Connection,
    sql: &str,
    parameters: impl rusqlite::Params,
) -> rusqlite::Result<Vec<i64>> {
    connection.prepare_cached(sql)?.query_map(parameters, |row| row.get(0))?.collect()
}

/// Opens one record; the inner error is the record's own.
fn open(
    connection: &Connection,
    keys: &mut Keys,
    id: i64,
    failed: &dyn Fn(rusqlite::Error) -> ArchiveError,
) -> Result<Result<Kept, ArchiveError>, ArchiveError> {
    let query = "SELECT k.id, k.epoch, k.role, k.hour, k.sealed, r.sealed, r.epoch \
                 FROM record r JOIN reports k ON k.id = r.reports WHERE r.id = ?";
    let (row, whose, sealed, epoch): (Row, Vec<u8>, Vec<u8>, u32) = connection
        .prepare_cached(query)
        .and_then(|mut query| {
            query.query_row([id], |row| {
                let of = Row { id: row.get(0)?, epoch: row.get(1)?, role: row.get(2)?, hour: row.get(3)? };
                Ok((of, row.get(4)?, row.get(5)?, row.get(6)?))
            })
        })
        .map_err(failed)?;
    Ok(opened(connection, keys, id, row, &whose, &sealed, epoch))
}

fn opened(
    connection: &Connection,
    keys: &mut Keys,
    id: i64,
    row: Row,
    whose: &[u8],
    sealed: &[u8],
    epoch: u32,
) -> Result<Kept, ArchiveError> {
    let (archive, damaged) = (keys.archive, keys.damaged("record", id));
    // Authenticates the row, and says whose it is.
    let whose_it_is = keys.whose(connection, &row, whose)?;
    let (from, handle) = (whose_it_is.from.clone(), whose_it_is.handle());
    let key = keys.reports(connection, &row, whose)?;
    let binding = Binding::Record { archive: &archive, reports: row.id, row: id };
    let content = key.open(&binding, sealed).and_then(|text| Content::decode(&text));
    let Ok(content) = content else { return Err(damaged) };
    if row.epoch != epoch {
        return Err(damaged);
    }
    Ok(Kept {
        number: id,
        report: content.report,
        epoch,
        role: row.role,
        from,
        handle,
        received: content.received,
        policy: content.policy,
        zone: content.zone,
        fields: content.fields,
        custody: content.custody.map(Into::into),
    })
}
