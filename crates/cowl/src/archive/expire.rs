//! Retention: what the policy lets no role keep any longer goes by itself.

use rusqlite::params;

use super::{
    Archive, ArchiveError, Erased,
    erase::{Doomed, last_hour},
};

impl Archive {
    /// Destroys what is older than its role may keep it, by the policy that [`Self::follow`] took last; like an erasure, so
    /// that no copy opens it either. Whole hours go at once: a report goes up to an hour early, and never late.
    pub fn expire(&mut self, now: u64) -> Result<Erased, ArchiveError> {
        if !self.is_due(now)? {
            return Ok(Erased::default());
        }
        self.change(|change| {
            let doomed = overdue(change.transaction, now).map_err(change.failed)?;
            change.remove(&doomed)
        })
    }

    /// Whether [`Self::expire`] would destroy something.
    pub fn is_due(&self, now: u64) -> Result<bool, ArchiveError> {
        let doomed = overdue(&self.connection, now).map_err(ArchiveError::database(&self.path))?;
        Ok(!doomed.is_empty())
    }

    /// The hour of receipt (Unix seconds at its begin) of the oldest report of each role, and how many seconds the role may
    /// keep reports.
    pub fn oldest(&self) -> Result<Vec<(String, u64, u64)>, ArchiveError> {
        let query = "SELECT role, min(hour), coalesce((SELECT retention FROM role WHERE name = role), 0) \
                     FROM reports GROUP BY role ORDER BY role";
        let read = || -> rusqlite::Result<Vec<(String, u64, u64)>> {
            self.connection
                .prepare(query)?
                .query_map([], |row| {
                    let (hour, keeps): (i64, i64) = (row.get(1)?, row.get(2)?);
                    Ok((
                        row.get(0)?,
                        hour.cast_unsigned().saturating_mul(super::keep::HOUR),
                        keeps.cast_unsigned(),
                    ))
                })?
                .collect()
        };
        read().map_err(ArchiveError::database(&self.path))
    }
}

pub(super) fn overdue(connection: &rusqlite::Connection, now: u64) -> rusqlite::Result<Doomed> {
    let roles: Vec<(String, i64)> = connection
        .prepare_cached("SELECT name, retention FROM role")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let mut doomed = Doomed::new();
    for (role, retention) in roles {
        let Some(hour) = last_hour(now, retention.cast_unsigned()) else { continue };
        let mut query =
            connection.prepare_cached("SELECT epoch, id FROM reports WHERE role = ? AND hour <= ?")?;
        for row in query.query_map(params![role, hour], |row| Ok((row.get(0)?, row.get(1)?)))? {
            let (epoch, id) = row?;
            doomed.entry(epoch).or_default().push(id);
        }
    }
    Ok(doomed)
}
