//! Secrets that are shown for a short while, to the session that asked, and then forgotten.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use crate::{
    session::Session,
    token::{Token, TokenHash},
};

/// Secrets at a time, of all sessions together: the oldest makes room.
const MOST: usize = 256;

/// Secrets of one kind.
#[derive(Debug)]
pub(crate) struct Brief<T> {
    lasts: Duration,
    most: usize,
    known: Mutex<HashMap<TokenHash, Shown<T>>>,
}

#[derive(Debug)]
struct Shown<T> {
    of: TokenHash,
    until: Instant,
    what: Arc<T>,
}

/// A secret, and for how long it can still be seen.
#[derive(Debug)]
pub(crate) struct Glimpse<T> {
    pub(crate) what: Arc<T>,
    pub(crate) left: Duration,
}

impl<T> Brief<T> {
    pub(crate) fn new(lasts: Duration) -> Self {
        Self { lasts, most: MOST, known: Mutex::default() }
    }

    /// For what is large: fewer at a time.
    pub(crate) fn few(lasts: Duration, most: usize) -> Self {
        Self { most, ..Self::new(lasts) }
    }

    /// Keeps a secret from now on; the token that comes back is the last part of its address.
    pub(crate) fn keep(&self, session: &Session, what: T, now: Instant) -> Token {
        let token = Token::draw();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, shown| shown.until > now);
        if known.len() >= self.most {
            let oldest = known.iter().min_by_key(|(_, shown)| shown.until).map(|(hash, _)| *hash);
            oldest.and_then(|hash| known.remove(&hash));
        }
        known.insert(token.hash(), Shown { of: session.hash, until: now + self.lasts, what: Arc::new(what) });
        token
    }

    /// The secret, for the session that asked for it; `None`: its time is over, or it is another's.
    pub(crate) fn see(&self, session: &Session, said: &str, now: Instant) -> Option<Glimpse<T>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let shown = known.get(&TokenHash::of(said))?;
        let left = shown.until.checked_duration_since(now).filter(|left| !left.is_zero())?;
        (shown.of == session.hash).then(|| Glimpse { what: Arc::clone(&shown.what), left })
    }

    /// Forgets one before its time.
    pub(crate) fn hide(&self, session: &Session, said: &str) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let hash = TokenHash::of(said);
        if known.get(&hash).is_some_and(|shown| shown.of == session.hash) {
            known.remove(&hash);
        }
    }

    /// Forgets those whose time is over.
    pub(crate) fn forget(&self, now: Instant) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).retain(|_, shown| shown.until > now);
    }
}

#[cfg(test)]
mod tests {
    use cowl::consent::Language;

    use super::*;
    use crate::{config::ConsoleLimits, links::Place, seat::SeatId, session::Sessions};

    #[test]
    fn a_secret_is_its_askers_and_ends() {
        let now = Instant::now();
        let sessions = Sessions::new(&ConsoleLimits::default());
        let session = || {
            let token = sessions.begin(
                Place { seat: SeatId(0), authority: true, reads: false },
                Language::English,
                now,
            );
            sessions.find(token.text(), true, now).unwrap()
        };
        let (one, other) = (session(), session());
        let brief = Brief::new(Duration::from_mins(1));
        let token = brief.keep(&one, "secret", now);
        let see = |session: &Session, seconds| {
            brief
                .see(session, token.text(), now + Duration::from_secs(seconds))
                .map(|seen| seen.left.as_secs())
        };
        assert_eq!((see(&one, 0), see(&one, 59), see(&one, 60)), (Some(60), Some(1), None));
        assert_eq!(see(&other, 0), None);
        brief.hide(&other, token.text());
        assert!(see(&one, 0).is_some());
        brief.forget(now + Duration::from_mins(1));
        assert_eq!(see(&one, 0), None);
        for _ in 0..=MOST {
            brief.keep(&one, "secret", now);
        }
        assert_eq!(brief.known.lock().unwrap().len(), MOST);
    }
}
