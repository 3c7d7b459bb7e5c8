//! The periods' keys on disk (spec §11.2): the authority's folder has them, and a broker that judges tokens by itself.

use std::path::{Path, PathBuf};

use cowl_core::{
    Calendar, Epoch, OperationId, Secret,
    tokens::{Token, TokenKey, TokenPeriod},
};
use minicbor::{Decode, Encode};
use zeroize::Zeroizing;

use super::TokensError;
use crate::files;

/// The name of the file in an operation's folder.
pub const TOKEN_KEYS: &str = "tokens.key";
/// The form of the file.
const FORM: u8 = 1;
/// The largest file that is read: a key is 50 bytes, and a handful is kept.
const LIMIT: u64 = 1 << 20;

/// The keys whose tokens are taken or given out.
#[derive(Debug)]
pub struct TokenKeys {
    path: PathBuf,
    file: File,
    keys: Vec<Judge>,
}

#[derive(Debug, Encode, Decode)]
struct File {
    #[n(0)]
    form: u8,
    #[n(1)]
    operation: OperationId,
    #[n(2)]
    calendar: Calendar,
    /// For how many epochs after their period tokens are taken.
    #[n(3)]
    late: u32,
    #[n(4)]
    periods: Vec<Line>,
}

#[derive(Debug, Encode, Decode)]
struct Line {
    #[n(0)]
    number: u32,
    #[n(1)]
    from: Epoch,
    #[n(2)]
    last: Epoch,
    #[n(3)]
    seed: Secret,
}

/// One of them, as it is used.
#[derive(Debug)]
struct Judge {
    period: TokenPeriod,
    id: [u8; 32],
    key: TokenKey,
}

impl TokenKeys {
    /// None yet, of an operation.
    pub fn new(folder: &Path, operation: OperationId, calendar: Calendar) -> Self {
        let file = File { form: FORM, operation, calendar, late: 0, periods: Vec::new() };
        Self { path: folder.join(TOKEN_KEYS), file, keys: Vec::new() }
    }

    /// Reads the file of a folder; `None`: it has none.
    pub fn load(folder: &Path) -> Result<Option<Self>, TokensError> {
        let path = folder.join(TOKEN_KEYS);
        if !path.exists() {
            return Ok(None);
        }
        let bytes = files::read_secret(&path, LIMIT)?;
        let mut decoder = minicbor::Decoder::new(&bytes);
        let file: Option<File> = decoder.decode().ok().filter(|_| decoder.position() == bytes.len());
        let file = file.filter(|file| file.form == FORM);
        let keys = file.as_ref().and_then(|file| {
            file.periods.iter().map(|line| line.judge(file.operation)).collect::<Option<Vec<_>>>()
        });
        match (file, keys) {
            (Some(file), Some(keys)) => Ok(Some(Self { path, file, keys })),
            _ => Err(TokensError::Damaged(path)),
        }
    }

    /// Of which operation.
    pub const fn operation(&self) -> OperationId {
        self.file.operation
    }

    /// The period of which tokens are given out in an epoch.
    pub fn period(&self, now: Epoch) -> Option<TokenPeriod> {
        let periods = self.keys.iter().map(|judge| judge.period);
        periods.filter(|period| period.from <= now && now <= period.last).max_by_key(|period| period.number)
    }

    /// The key that gives out a period's tokens.
    pub fn key(&self, number: u32) -> Option<&TokenKey> {
        self.keys.iter().find(|judge| judge.period.number == number).map(|judge| &judge.key)
    }

    /// The highest number that there is.
    pub fn newest(&self) -> Option<u32> {
        self.keys.iter().map(|judge| judge.period.number).max()
    }

    /// The lowest.
    pub fn oldest(&self) -> Option<u32> {
        self.keys.iter().map(|judge| judge.period.number).min()
    }

    /// Whether a key of these has this id.
    pub fn knows(&self, id: [u8; 32]) -> bool {
        self.keys.iter().any(|judge| judge.id == id)
    }

    /// The period that a token is of, if it is good at a time (Unix seconds).
    pub fn judge(&self, token: &Token, unix_seconds: u64) -> Option<TokenPeriod> {
        let id = token.key_id();
        let judge = self.keys.iter().find(|judge| judge.id == id)?;
        (unix_seconds < self.taken_until(judge.period)).then_some(())?;
        judge.key.accepts(token).then_some(judge.period)
    }

    /// When the last token of a period is taken, in Unix seconds.
    pub fn taken_until(&self, period: TokenPeriod) -> u64 {
        self.file.calendar.end_of(period.last.plus(self.file.late))
    }

    /// When the last token that there can be dies, of periods of which tokens were given out by `now`.
    pub fn last_taken(&self, now: Epoch) -> Option<u64> {
        let given = self.keys.iter().map(|judge| judge.period).filter(|period| period.from <= now);
        given.map(|period| self.taken_until(period)).max()
    }

    /// Adds a period and ends those before it in `from`; forgets those whose tokens nobody takes any more, with their keys.
    /// Nothing is on disk before [`Self::store`].
    pub(crate) fn begin(&mut self, period: NewPeriod, late: u32) -> Option<TokenPeriod> {
        let NewPeriod { number, from, last, seed } = period;
        for line in &mut self.file.periods {
            line.last = line.last.min(from);
        }
        self.file.periods.push(Line { number, from, last, seed });
        self.trim(from, late);
        self.keys.iter().map(|judge| judge.period).find(|period| period.number == number)
    }

    /// Takes up the lateness and forgets what is over. Whether anything changed.
    pub(crate) fn trim(&mut self, now: Epoch, late: u32) -> bool {
        let before = (self.file.late, self.file.periods.len());
        self.file.late = late;
        self.file.periods.retain(|line| line.last.plus(late) >= now);
        let operation = self.file.operation;
        self.keys = self.file.periods.iter().filter_map(|line| line.judge(operation)).collect();
        before != (late, self.file.periods.len())
    }

    /// Writes the file: what was forgotten is gone with it.
    pub(crate) fn store(&self) -> Result<(), TokensError> {
        let mut bytes = Zeroizing::new(Vec::new());
        // Writing into a Vec cannot fail.
        let written = minicbor::encode(&self.file, &mut *bytes);
        debug_assert!(written.is_ok(), "a Vec takes everything");
        Ok(files::replace_summed(&self.path, &bytes)?)
    }
}

/// A period that begins.
#[derive(Debug)]
pub(crate) struct NewPeriod {
    pub(crate) number: u32,
    pub(crate) from: Epoch,
    pub(crate) last: Epoch,
    pub(crate) seed: Secret,
}

impl Line {
    fn judge(&self, operation: OperationId) -> Option<Judge> {
        let key = TokenKey::derive(&self.seed, operation, self.number)?;
        let period = TokenPeriod { number: self.number, from: self.from, last: self.last, key: key.public() };
        Some(Judge { period, id: key.public().id(), key })
    }
}

#[cfg(test)]
#[path = "keys_tests.rs"]
mod tests;
