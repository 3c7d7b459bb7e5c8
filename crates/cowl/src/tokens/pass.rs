//! A wallet at the door: one token for each connection, and not all of them to a link that flaps.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use cowl_core::{SignedManifest, tokens::Token};
use tokio::time::Instant;
use zeroize::Zeroizing;

use super::{Holding, TokensError, Wallet};
use crate::transport::{Login, NoPass, Passes};

/// The user name that says that the password is a token. The same for everyone.
pub const TOKEN_USER: &str = "token";
/// Connections that a process may make one after the other before they have to last.
const BURST: u32 = 4;

/// Takes tokens out of a wallet, one for each connection.
#[derive(Debug)]
pub struct WalletPass {
    wallet: Wallet,
    is_urgent: bool,
    /// How long a token has to last where all are used up evenly.
    each: Duration,
    pace: Mutex<Pace>,
}

/// What this process spent of late.
#[derive(Debug)]
struct Pace {
    /// How many more it may spend at once.
    room: u32,
    /// When it was counted last.
    at: Instant,
}

impl WalletPass {
    /// By the policy of a manifest. `is_urgent`: the reserve may be spent, and as fast as connections are made.
    pub fn new(wallet: Wallet, manifest: &SignedManifest, is_urgent: bool) -> Self {
        let (epochs, count) =
            manifest.policy.tokens.map_or((1, 1), |tokens| (tokens.epochs, tokens.per_batch.max(1)));
        let period = u64::from(manifest.calendar.length).saturating_mul(epochs.into());
        let each = Duration::from_secs(period) / u32::from(count);
        Self { wallet, is_urgent, each, pace: Mutex::new(Pace { room: BURST, at: Instant::now() }) }
    }

    /// How long until the next one may be spent.
    fn wait(&self) -> Option<Duration> {
        if self.is_urgent {
            return None;
        }
        let mut pace = self.pace.lock().unwrap_or_else(PoisonError::into_inner);
        while pace.room < BURST && pace.at.elapsed() >= self.each {
            pace.room += 1;
            pace.at += self.each;
        }
        if pace.room == BURST {
            pace.at = Instant::now();
        }
        (pace.room == 0).then(|| self.each.saturating_sub(pace.at.elapsed()))
    }

    fn check(&self, holding: Holding) -> Result<(), NoPass> {
        let Holding { period, left, reserve, of } = holding;
        let none = |why: String, is_later| Err(NoPass { why, is_later });
        if left == 0 {
            let why = match period {
                None => "there are no tokens yet to connect with".to_owned(),
                Some(_) => {
                    format!(
                        "all {of} tokens of this period are spent: the next ones come with the next period"
                    )
                }
            };
            return none(why, false);
        }
        if left <= reserve && !self.is_urgent {
            let why = format!("the last {left} of this period's tokens are kept for emergencies");
            return none(why, false);
        }
        if let Some(wait) = self.wait() {
            let why = format!(
                "too many connections: the next token is spent in {} s, so that they last",
                wait.as_secs().max(1)
            );
            return none(why, true);
        }
        Ok(())
    }
}

impl Passes for WalletPass {
    fn ready(&self) -> Result<(), NoPass> {
        self.check(self.wallet.holding().map_err(|error| unusable(&error))?)
    }

    fn take(&self) -> Result<Login, NoPass> {
        let token = self.wallet.take(self.is_urgent).map_err(|error| unusable(&error))?;
        // Another process was faster.
        let token = token.ok_or_else(|| NoPass {
            why: "the last token was spent meanwhile".to_owned(),
            is_later: false,
        })?;
        let mut pace = self.pace.lock().unwrap_or_else(PoisonError::into_inner);
        pace.room = pace.room.saturating_sub(1);
        login(&token).map_err(|_| NoPass { why: "a token is no login".to_owned(), is_later: false })
    }
}

/// A token as a login.
pub(super) fn login(token: &Token) -> Result<Login, crate::transport::Error> {
    let password = BASE64_URL_SAFE_NO_PAD.encode(token.bytes());
    Login::new(TOKEN_USER, Some(Zeroizing::new(password.into_bytes())))
}

fn unusable(error: &TokensError) -> NoPass {
    NoPass { why: error.to_string(), is_later: false }
}

#[cfg(test)]
#[path = "pass_tests.rs"]
mod tests;
