//! What was done about each case: on disk, so that nobody is sent twice after a power cut, and gone with the case. A key, a status, who
//! was sent, who said so, when: nothing that a person reported.

use std::{
    collections::HashMap,
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use cowl::files::{self, Access, FileError};
use rusqlite::{Connection, params};

use crate::board::{CaseKey, Standing, Status};

/// The form of the database.
const FORM: i64 = 1;
/// What the database is of, in its header (`PRAGMA application_id`): "cowl".
const APPLICATION: i64 = 0x636f_776c;

/// Why the cases cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CasesError {
    /// The file.
    #[error(transparent)]
    File(#[from] FileError),
    /// The database.
    #[error("{} cannot be used: {source}", .path.display())]
    Database {
        /// The file.
        path: PathBuf,
        /// Why.
        source: rusqlite::Error,
    },
    /// Something else lies there.
    #[error("{} is no file of cases, or of a newer form", .0.display())]
    NoCases(PathBuf),
}

/// What was done about a role's cases. Clones are the same store.
#[derive(Clone)]
pub(crate) struct Cases {
    path: Arc<Path>,
    open: Arc<Mutex<Open>>,
}

struct Open {
    connection: Connection,
    standings: HashMap<CaseKey, Standing>,
}

impl Cases {
    /// Opens the store, or makes it.
    pub(crate) fn open(path: &Path) -> Result<Self, CasesError> {
        if !path.exists() {
            // 0600 before anything is in it.
            files::create(path, &[], Access::Owner)?;
        }
        let failed = |source| CasesError::Database { path: path.to_owned(), source };
        let connection = Connection::open(path).map_err(failed)?;
        connection.busy_timeout(std::time::Duration::from_secs(10)).map_err(failed)?;
        let (application, form) = connection
            .query_row(
                "SELECT application_id, user_version FROM pragma_application_id, pragma_user_version",
                [],
                |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)),
            )
            .map_err(failed)?;
        match (application, form) {
            (0, 0) => connection
                .execute_batch(&format!(
                    "PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {FORM}; \
                     CREATE TABLE standing (key BLOB PRIMARY KEY, status INTEGER NOT NULL, sent TEXT NOT NULL, \
                     said_by TEXT NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;"
                ))
                .map_err(failed)?,
            (APPLICATION, FORM) => {}
            _ => return Err(CasesError::NoCases(path.to_owned())),
        }
        // What is deleted is overwritten, in the database and in its journal.
        connection.execute_batch("PRAGMA secure_delete = ON; PRAGMA synchronous = FULL;").map_err(failed)?;
        connection.query_row("PRAGMA journal_mode = TRUNCATE", [], |_| Ok(())).map_err(failed)?;
        let standings = read(&connection).map_err(failed)?;
        Ok(Self { path: path.into(), open: Arc::new(Mutex::new(Open { connection, standings })) })
    }

    /// Writes down what was done; `None`: the case is open again. On disk when it returns.
    pub(crate) fn set(&self, key: CaseKey, standing: Option<&Standing>) -> Result<(), CasesError> {
        let mut open = self.lock();
        match standing {
            Some(standing) => {
                let at = i64::try_from(standing.at).unwrap_or(i64::MAX);
                let row = params![key.0, standing.status as u8, &*standing.to, &*standing.by, at];
                open.connection
                    .execute("INSERT OR REPLACE INTO standing VALUES (?1, ?2, ?3, ?4, ?5)", row)
                    .map_err(self.failed())?;
                open.standings.insert(key, standing.clone());
                Ok(())
            }
            None => self.forget_in(&mut open, &[key]),
        }
    }

    /// Forgets cases that are gone. On disk when it returns.
    pub(crate) fn forget(&self, keys: &[CaseKey]) -> Result<(), CasesError> {
        self.forget_in(&mut self.lock(), keys)
    }

    /// What was done about a case.
    pub(crate) fn get(&self, key: CaseKey) -> Option<Standing> {
        self.lock().standings.get(&key).cloned()
    }

    /// The cases about which something was done.
    pub(crate) fn keys(&self) -> Vec<CaseKey> {
        self.lock().standings.keys().copied().collect()
    }

    fn forget_in(&self, open: &mut Open, keys: &[CaseKey]) -> Result<(), CasesError> {
        let known: Vec<_> = keys.iter().filter(|key| open.standings.contains_key(key)).collect();
        if known.is_empty() {
            return Ok(());
        }
        let transaction = open.connection.transaction().map_err(self.failed())?;
        for key in &known {
            transaction.execute("DELETE FROM standing WHERE key = ?1", [key.0]).map_err(self.failed())?;
        }
        transaction.commit().map_err(self.failed())?;
        for key in known {
            open.standings.remove(key);
        }
        Ok(())
    }

    fn failed(&self) -> impl Fn(rusqlite::Error) -> CasesError + use<> {
        let path = self.path.to_path_buf();
        move |source| CasesError::Database { path: path.clone(), source }
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All rows; one of a status that there is not is left alone and not shown.
fn read(connection: &Connection) -> rusqlite::Result<HashMap<CaseKey, Standing>> {
    let mut query = connection.prepare("SELECT key, status, sent, said_by, at FROM standing")?;
    let rows = query.query_map([], |row| {
        let (key, status, at): ([u8; 12], u8, i64) = (row.get(0)?, row.get(1)?, row.get(4)?);
        let (to, by): (String, String) = (row.get(2)?, row.get(3)?);
        let status = Status::ALL.get(usize::from(status)).copied();
        Ok(status.map(|status| {
            (
                CaseKey(key),
                Standing { status, to: to.into(), by: by.into(), at: u64::try_from(at).unwrap_or(0) },
            )
        }))
    })?;
    rows.filter_map(Result::transpose).collect()
}

impl fmt::Debug for Cases {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cases").field("path", &self.path).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(status: Status) -> Standing {
        Standing { status, to: "Équipe 2 <b>".into(), by: "medical".into(), at: 1_800_000_000 }
    }

    #[test]
    fn what_was_done_is_there_after_a_restart_and_gone_when_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cases");
        let cases = Cases::open(&path).unwrap();
        let (one, other) = (CaseKey([1; 12]), CaseKey([2; 12]));
        cases.set(one, Some(&standing(Status::Assigned))).unwrap();
        cases.set(one, Some(&standing(Status::Attended))).unwrap();
        cases.set(other, Some(&standing(Status::Closed))).unwrap();
        drop(cases);
        let cases = Cases::open(&path).unwrap();
        assert!(cases.get(one) == Some(standing(Status::Attended)) && cases.keys().len() == 2);
        cases.set(other, None).unwrap();
        cases.forget(&[one, CaseKey([3; 12])]).unwrap();
        assert!(cases.get(one).is_none() && cases.keys().is_empty());
        drop(cases);
        // Overwritten, not only left out.
        let bytes = std::fs::read(&path).unwrap();
        assert!(!bytes.windows(9).any(|window| window == "quipe 2 <".as_bytes()));
        assert!(Cases::open(&path).unwrap().keys().is_empty());
    }

    #[test]
    fn what_is_no_file_of_cases_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("other");
        std::fs::write(&path, b"a diary").unwrap();
        assert!(matches!(Cases::open(&path), Err(CasesError::Database { .. })));
        assert_eq!(std::fs::read(&path).unwrap(), b"a diary");
        Connection::open(folder.path().join("db")).unwrap().execute_batch("PRAGMA user_version = 7").unwrap();
        assert!(matches!(Cases::open(&folder.path().join("db")), Err(CasesError::NoCases(_))));
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_reads_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cases");
        drop(Cases::open(&path).unwrap());
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
