//! The database: its tables, what is set for it to be safe, and what is asked of one that somebody hands over.

use std::path::Path;

use rusqlite::{Connection, OpenFlags, Transaction, config::DbConfig, params};

use super::error::ArchiveError;

/// "COWA", in the header of the `SQLite` file: what `file` and others know the database by.
const APPLICATION: i64 = 0x434f_5741;
/// The form, in the header of the `SQLite` file.
const FORM: i64 = 1;

/// What stands in clear: which epoch, which role, the hour of receipt, how many. Everything else is sealed, or is a name that
/// says nothing without an epoch's key.
const TABLES: &str = "
CREATE TABLE meta (archive BLOB NOT NULL, operation BLOB NOT NULL, authority BLOB NOT NULL, generation INTEGER NOT NULL,
  last_reports INTEGER NOT NULL, last_record INTEGER NOT NULL, orders INTEGER NOT NULL);
CREATE TABLE role (name TEXT PRIMARY KEY, retention INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE epoch (epoch INTEGER PRIMARY KEY, sealed BLOB NOT NULL);
CREATE TABLE reports (id INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, role TEXT NOT NULL, hour INTEGER NOT NULL,
  name BLOB NOT NULL, sealed BLOB NOT NULL);
CREATE UNIQUE INDEX reports_name ON reports (epoch, name);
CREATE INDEX reports_hour ON reports (role, hour);
CREATE TABLE record (id INTEGER PRIMARY KEY, reports INTEGER NOT NULL, epoch INTEGER NOT NULL, zone INTEGER,
  name BLOB NOT NULL, sealed BLOB NOT NULL);
CREATE UNIQUE INDEX record_name ON record (epoch, name);
CREATE INDEX record_reports ON record (reports);
CREATE INDEX record_zone ON record (epoch, zone);
";

/// What never changes, and what counts up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Meta {
    pub(super) archive: [u8; 16],
    pub(super) operation: [u8; 16],
    pub(super) authority: [u8; 32],
    /// Which store key.
    pub(super) generation: u64,
    /// Numbers of rows are never used twice, so none is bound to what another was.
    pub(super) last_reports: i64,
    pub(super) last_record: i64,
    /// The newest list of erase orders that was obeyed.
    pub(super) orders: u64,
}

/// Opens the file, which exists, with what makes a commit durable and deleted bytes gone.
pub(super) fn connect(path: &Path) -> Result<Connection, ArchiveError> {
    let failed = ArchiveError::database(path);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(&failed)?;
    let set = || -> rusqlite::Result<()> {
        connection.busy_timeout(std::time::Duration::from_mins(1))?;
        // What a hostile database could do by its schema alone.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false)?;
        connection.pragma_update(None, "cell_size_check", true)?;
        connection.pragma_update(None, "mmap_size", 0)?;
        connection.pragma_update(None, "temp_store", "MEMORY")?;
        connection.pragma_update(None, "secure_delete", true)?;
        connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
        connection.pragma_update(None, "synchronous", "FULL")
    };
    set().map_err(&failed)?;
    Ok(connection)
}

/// Makes the tables.
pub(super) fn create(connection: &mut Connection, meta: &Meta) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    transaction.execute_batch(TABLES)?;
    transaction.execute(
        "INSERT INTO meta VALUES (?, ?, ?, ?, 0, 0, 0)",
        params![meta.archive, meta.operation, meta.authority, signed(meta.generation)],
    )?;
    transaction.pragma_update(None, "application_id", APPLICATION)?;
    transaction.pragma_update(None, "user_version", FORM)?;
    transaction.commit()
}

/// Refuses what is no archive, or has other tables than ours: a view, a trigger or a further index could make a query say
/// what is not there.
pub(super) fn check(connection: &Connection, path: &Path) -> Result<(), ArchiveError> {
    let failed = ArchiveError::database(path);
    let number = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    if number("application_id").map_err(&failed)? != APPLICATION {
        return Err(ArchiveError::NotAnArchive(path.to_owned()));
    }
    let form = number("user_version").map_err(&failed)?;
    if form != FORM {
        return Err(ArchiveError::Form { path: path.to_owned(), form });
    }
    let said = statements(connection).map_err(&failed)?;
    let mut expected: Vec<String> = TABLES
        .split(';')
        .map(|statement| statement.split_whitespace().collect::<Vec<_>>().join(" "))
        .filter(|statement| !statement.is_empty())
        .collect();
    expected.sort_unstable();
    if said == expected { Ok(()) } else { Err(ArchiveError::NotAnArchive(path.to_owned())) }
}

fn statements(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut query = connection.prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL")?;
    let rows = query.query_map([], |row| row.get::<_, String>(0))?;
    let mut statements: Vec<String> = rows
        .map(|row| row.map(|sql| sql.split_whitespace().collect::<Vec<_>>().join(" ")))
        .collect::<rusqlite::Result<_>>()?;
    statements.sort_unstable();
    Ok(statements)
}

impl Meta {
    pub(super) fn read(connection: &Connection) -> rusqlite::Result<Self> {
        let query =
            "SELECT archive, operation, authority, generation, last_reports, last_record, orders FROM meta";
        connection.query_one(query, [], |row| {
            Ok(Self {
                archive: row.get(0)?,
                operation: row.get(1)?,
                authority: row.get(2)?,
                generation: row.get::<_, i64>(3)?.cast_unsigned(),
                last_reports: row.get(4)?,
                last_record: row.get(5)?,
                orders: row.get::<_, i64>(6)?.cast_unsigned(),
            })
        })
    }

    /// Writes down what counts up.
    pub(super) fn write(&self, transaction: &Transaction<'_>) -> rusqlite::Result<()> {
        transaction.execute(
            "UPDATE meta SET generation = ?, last_reports = ?, last_record = ?, orders = ?",
            params![signed(self.generation), self.last_reports, self.last_record, signed(self.orders)],
        )?;
        Ok(())
    }
}

/// The database's integers are signed.
pub(super) const fn signed(number: u64) -> i64 {
    number.cast_signed()
}
