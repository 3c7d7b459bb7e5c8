//! Who takes tokens: each is judged, and written down before anybody is let in by it (spec §11.5).

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use cowl_core::tokens::{TOKEN_LEN, Token};
use tokio::sync::oneshot;

use super::{TokenKeys, TokensError, spent::Spent};

/// How many wait for their turn at the most; further ones are refused.
const WAITING: usize = 1_024;
/// How many are written to disk together.
const GROUP: usize = 256;
/// How old the keys may be: a rotation is followed after so long.
const FRESH: Duration = Duration::from_secs(1);

/// Takes tokens, each once. Its thread has the store; clones of an [`Arc`] of it ask.
pub struct Gatekeeper {
    asks: Option<mpsc::SyncSender<Ask>>,
    thread: Option<JoinHandle<()>>,
    counts: Arc<Counters>,
}

/// Why nobody is let in by this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum NotAdmitted {
    /// It is no token.
    #[error("not a token")]
    NoToken,
    /// Of no key that is known, of a period that is over, or not made by that key.
    #[error("not a good token of this time")]
    NotGood,
    /// It was used before.
    #[error("used before")]
    Spent,
    /// The store or the keys cannot be read, or too many ask.
    #[error("cannot be judged now")]
    NotNow,
}

/// What was decided so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Judged {
    /// Let in.
    pub admitted: u64,
    /// Refused: no token, or none of this time.
    pub bad: u64,
    /// Refused: used before.
    pub spent: u64,
    /// Refused because it could not be judged.
    pub failed: u64,
}

#[derive(Debug, Default)]
struct Counters {
    admitted: AtomicU64,
    bad: AtomicU64,
    spent: AtomicU64,
    failed: AtomicU64,
}

struct Ask {
    token: Token,
    answer: oneshot::Sender<Result<(), NotAdmitted>>,
}

impl Gatekeeper {
    /// Takes the tokens of an operation whose folder this is, or a copy of its `tokens.key`. `clock` gives Unix seconds. The keys
    /// may come later; the store is opened now, and nobody else has it meanwhile.
    pub fn open(folder: &Path, clock: impl Fn() -> u64 + Send + 'static) -> Result<Self, TokensError> {
        let judge = Judge {
            keys: TokenKeys::load(folder)?,
            read: Instant::now(),
            folder: folder.to_owned(),
            spent: Spent::open(folder)?,
            clock: Box::new(clock),
        };
        let (asks, asked) = mpsc::sync_channel(WAITING);
        let thread = thread::Builder::new().name("cowl-tokens".to_owned()).spawn(move || judge.run(&asked));
        let thread = thread
            .map_err(|error| TokensError::Store { path: folder.to_owned(), what: error.to_string() })?;
        Ok(Self { asks: Some(asks), thread: Some(thread), counts: Arc::default() })
    }

    /// Whether whoever brings this password may come in. Good for one time: it is on disk when this says so.
    pub async fn admit(&self, password: &[u8]) -> Result<(), NotAdmitted> {
        let judged = self.judged(password).await;
        let counter = match judged {
            Ok(()) => &self.counts.admitted,
            Err(NotAdmitted::NoToken | NotAdmitted::NotGood) => &self.counts.bad,
            Err(NotAdmitted::Spent) => &self.counts.spent,
            Err(NotAdmitted::NotNow) => &self.counts.failed,
        };
        counter.fetch_add(1, Ordering::Relaxed);
        judged
    }

    /// What was decided so far.
    pub fn judgements(&self) -> Judged {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let Counters { admitted, bad, spent, failed } = &*self.counts;
        Judged { admitted: read(admitted), bad: read(bad), spent: read(spent), failed: read(failed) }
    }

    async fn judged(&self, password: &[u8]) -> Result<(), NotAdmitted> {
        let token = parse(password).ok_or(NotAdmitted::NoToken)?;
        let (answer, answered) = oneshot::channel();
        let asks = self.asks.as_ref().ok_or(NotAdmitted::NotNow)?;
        asks.try_send(Ask { token, answer }).map_err(|_| NotAdmitted::NotNow)?;
        answered.await.unwrap_or(Err(NotAdmitted::NotNow))
    }
}

impl Drop for Gatekeeper {
    fn drop(&mut self) {
        drop(self.asks.take());
        // Whoever opens the store next finds it closed.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

impl fmt::Debug for Gatekeeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gatekeeper").field("judgements", &self.judgements()).finish_non_exhaustive()
    }
}

/// A token as a password carries it: 216 letters of base64url, without padding.
fn parse(password: &[u8]) -> Option<Token> {
    let mut bytes = [0; TOKEN_LEN];
    (password.len() == TOKEN_LEN.div_ceil(3) * 4).then_some(())?;
    let length = BASE64_URL_SAFE_NO_PAD.decode_slice(password, &mut bytes).ok()?;
    Token::from_bytes(bytes.get(..length)?)
}

/// The thread's side.
struct Judge {
    folder: PathBuf,
    keys: Option<TokenKeys>,
    read: Instant,
    spent: Spent,
    clock: Box<dyn Fn() -> u64 + Send>,
}

impl Judge {
    fn run(mut self, asked: &mpsc::Receiver<Ask>) {
        self.forget();
        while let Ok(first) = asked.recv() {
            let group: Vec<_> = std::iter::once(first).chain(asked.try_iter().take(GROUP - 1)).collect();
            self.refresh();
            let judged = self.judge(&group);
            for (ask, judged) in group.into_iter().zip(judged) {
                // Who asked may have gone: the token is spent all the same.
                let _ = ask.answer.send(judged);
            }
        }
    }

    fn judge(&mut self, group: &[Ask]) -> Vec<Result<(), NotAdmitted>> {
        let now = (self.clock)();
        let judge = |ask: &Ask| match &self.keys {
            None => Err(NotAdmitted::NotGood),
            Some(keys) => keys.judge(&ask.token, now).ok_or(NotAdmitted::NotGood),
        };
        let periods: Vec<_> = group.iter().map(judge).collect();
        let good = group.iter().zip(&periods);
        let good: Vec<_> = good
            .filter_map(|(ask, period)| Some((period.as_ref().ok()?.number, ask.token.nonce())))
            .collect();
        // Fails closed: what cannot be written down lets nobody in.
        let spent = if good.is_empty() { Ok(Vec::new()) } else { self.spent.spend(&good) };
        let mut first = spent.ok().map(Vec::into_iter);
        let outcome = |period: Result<_, NotAdmitted>| {
            period?;
            match first.as_mut().map(Iterator::next) {
                Some(Some(true)) => Ok(()),
                Some(_) => Err(NotAdmitted::Spent),
                None => Err(NotAdmitted::NotNow),
            }
        };
        periods.into_iter().map(outcome).collect()
    }

    /// Reads the keys again from time to time: periods begin, and are cut short.
    fn refresh(&mut self) {
        if self.read.elapsed() < FRESH && self.keys.is_some() {
            return;
        }
        self.read = Instant::now();
        // Half a second of an unreadable file is not worth a refusal: the keys from before stand.
        if let Ok(keys) = TokenKeys::load(&self.folder) {
            let is_other = keys.as_ref().map(TokenKeys::newest) != self.keys.as_ref().map(TokenKeys::newest);
            self.keys = keys;
            if is_other {
                self.forget();
            }
        }
    }

    fn forget(&mut self) {
        if let Some(oldest) = self.keys.as_ref().and_then(TokenKeys::oldest) {
            // What stays too long costs room, and no more.
            let _ = self.spent.forget_before(oldest);
        }
    }
}

#[cfg(test)]
#[path = "gatekeeper_tests.rs"]
mod tests;
