//! A member's tokens, beside its credential (spec §11.4).

use std::{
    fs::{File, OpenOptions},
    path::{Path, PathBuf},
};

use cowl_core::{
    OperationId,
    tokens::{Batch, TOKEN_LEN, Token, TokenPeriod},
};
use minicbor::{Decode, Encode, bytes::ByteVec};
use zeroize::Zeroizing;

use super::TokensError;
use crate::{
    files::{self, FileError},
    random::SystemRng,
};

/// The form of the file.
const FORM: u8 = 1;
/// The largest file that is read: 200 tokens and a batch are 52 kB.
const LIMIT: u64 = 1 << 18;
/// One in so many tokens is kept for emergencies, and at least one.
const RESERVE: usize = 8;

/// A file of tokens. Every call reads it, and writes what changed before it returns: several processes share it, and what
/// was taken out of it stays taken out after a crash at any instant.
#[derive(Debug, Clone)]
pub struct Wallet {
    path: PathBuf,
    operation: OperationId,
}

/// What a wallet holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holding {
    /// Of which period; `None`: nothing was ever got.
    pub period: Option<u32>,
    /// Tokens that were not spent.
    pub left: usize,
    /// How many of them are kept for emergencies.
    pub reserve: usize,
    /// How many there were at first.
    pub of: usize,
}

#[derive(Debug, Encode, Decode)]
struct Contents {
    #[n(0)]
    form: u8,
    #[n(1)]
    operation: OperationId,
    /// The period of the tokens, and how many there were.
    #[n(2)]
    period: Option<u32>,
    #[n(3)]
    of: u16,
    /// Tokens, one after the other.
    #[n(4)]
    tokens: ByteVec,
    /// What was asked for and not answered yet. It is asked with again, until it is.
    #[n(5)]
    asked: Option<Batch>,
    /// The period for which the service said that there are no more.
    #[n(6)]
    refused: Option<u32>,
}

impl Wallet {
    /// That of a credential. Nothing is read or made.
    pub fn of(credential: &Path, operation: OperationId) -> Self {
        let mut name = credential.as_os_str().to_owned();
        name.push(".tokens");
        Self { path: PathBuf::from(name), operation }
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// What it holds.
    pub fn holding(&self) -> Result<Holding, TokensError> {
        let _held = self.held()?;
        Ok(self.read()?.holding())
    }

    /// Whether the file is sound. Nothing is written.
    pub(crate) fn examine(&self) -> Result<(), TokensError> {
        self.read().map(drop)
    }

    /// Takes a token out: it is gone from the disk when this returns. `None`: there is none, or, unless `is_urgent`, none but
    /// the reserve.
    pub fn take(&self, is_urgent: bool) -> Result<Option<Token>, TokensError> {
        let _held = self.held()?;
        let mut contents = self.read()?;
        let Holding { left, reserve, .. } = contents.holding();
        if left == 0 || left <= reserve && !is_urgent {
            return Ok(None);
        }
        let at = contents.tokens.len().saturating_sub(TOKEN_LEN);
        let token = contents.tokens.get(at..).and_then(Token::from_bytes);
        contents.tokens.truncate(at);
        self.write(&contents)?;
        token.map(Some).ok_or_else(|| TokensError::Damaged(self.path.clone()))
    }

    /// Whether tokens of this period were neither got nor refused.
    pub fn lacks(&self, period: &TokenPeriod) -> Result<bool, TokensError> {
        let _held = self.held()?;
        let contents = self.read()?;
        Ok(contents.period != Some(period.number) && contents.refused != Some(period.number))
    }

    /// The batch to ask with: what was asked for before, if it is of this period, key and size, else a new one, which is on disk
    /// when this returns.
    pub(super) fn batch(
        &self,
        period: &TokenPeriod,
        count: u16,
        rng: &mut SystemRng,
    ) -> Result<Option<Batch>, TokensError> {
        let _held = self.held()?;
        let mut contents = self.read()?;
        // Of another size than everybody's it would get no answer, and a policy can change it within a period.
        let wanted = (period.number, period.key, usize::from(count));
        let same = |batch: &Batch| (batch.period(), batch.key(), batch.len()) == wanted;
        if let Some(asked) = contents.asked.take().filter(same) {
            return Ok(Some(asked));
        }
        contents.asked = Batch::draw(self.operation, period, count, rng);
        if contents.asked.is_some() {
            self.write(&contents)?;
        }
        Ok(contents.asked.take())
    }

    /// Puts in what came for a batch, in place of what was left of another period.
    pub(super) fn put(&self, period: u32, tokens: &[Token]) -> Result<(), TokensError> {
        let _held = self.held()?;
        let mut contents = self.read()?;
        contents.period = Some(period);
        contents.of = u16::try_from(tokens.len()).unwrap_or(u16::MAX);
        contents.tokens = tokens.iter().flat_map(|token| *token.bytes()).collect::<Vec<_>>().into();
        contents.asked = None;
        self.write(&contents)
    }

    /// Notes that there are no more of a period.
    pub(super) fn note_refused(&self, period: u32) -> Result<(), TokensError> {
        let _held = self.held()?;
        let mut contents = self.read()?;
        contents.refused = Some(period);
        contents.asked = None;
        self.write(&contents)
    }

    fn read(&self) -> Result<Contents, TokensError> {
        if !self.path.exists() {
            let operation = self.operation;
            let tokens = ByteVec::from(Vec::new());
            return Ok(Contents {
                form: FORM,
                operation,
                period: None,
                of: 0,
                tokens,
                asked: None,
                refused: None,
            });
        }
        let bytes = files::read_secret(&self.path, LIMIT)?;
        let mut decoder = minicbor::Decoder::new(&bytes);
        let contents: Option<Contents> = decoder.decode().ok().filter(|_| decoder.position() == bytes.len());
        let contents = contents.filter(Contents::is_sound);
        let contents = contents.ok_or_else(|| TokensError::Damaged(self.path.clone()))?;
        if contents.operation != self.operation {
            return Err(TokensError::Other(self.path.clone()));
        }
        Ok(contents)
    }

    fn write(&self, contents: &Contents) -> Result<(), TokensError> {
        let mut bytes = Zeroizing::new(Vec::new());
        // Writing into a Vec cannot fail.
        let written = minicbor::encode(contents, &mut *bytes);
        debug_assert!(written.is_ok(), "a Vec takes everything");
        Ok(files::replace_summed(&self.path, &bytes)?)
    }

    /// Waits until nobody else has it: others hold it for milliseconds.
    fn held(&self) -> Result<File, TokensError> {
        let mut name = self.path.clone().into_os_string();
        name.push(".lock");
        let path = PathBuf::from(name);
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let locked = options.open(&path).and_then(|file| file.lock().map(|()| file));
        Ok(locked.map_err(|source| FileError::Write { path, source })?)
    }
}

impl Contents {
    fn is_sound(&self) -> bool {
        let (tokens, rest) = self.tokens.as_chunks::<TOKEN_LEN>();
        self.form == FORM
            && rest.is_empty()
            && tokens.len() <= usize::from(self.of)
            && tokens.iter().all(|token| Token::from_bytes(token).is_some())
    }

    fn holding(&self) -> Holding {
        let (left, of) = (self.tokens.len() / TOKEN_LEN, usize::from(self.of));
        Holding { period: self.period, left, reserve: of.div_ceil(RESERVE).min(left), of }
    }
}

impl Drop for Contents {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut *self.tokens);
    }
}

#[cfg(test)]
#[path = "wallet_tests.rs"]
pub(super) mod tests;
