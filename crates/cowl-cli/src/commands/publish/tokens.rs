//! Tokens while `cowl pub` runs: got when it is time, spent one for each connection.

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use cowl::{
    client::{self, TokenAskError},
    keyring::load_credential,
    random::SystemRng,
    tokens::{Fetch, FetchError, Wallet, WalletPass},
    transport::{Endpoint, Options, Pass},
};

use super::{sealer::Sealer, send::Voice};
use crate::failure::Failure;

/// How long one answer of the service may take; reports wait meanwhile.
const PATIENCE: Duration = Duration::from_secs(10);
/// From an attempt that failed to the next.
const AGAIN: Duration = Duration::from_mins(30);

/// Asks for tokens when it is time.
pub(super) struct Tokens {
    /// The credential, and how to get to the service; `None`: this sender has no tokens.
    way: Option<(PathBuf, Endpoint, Options)>,
    not_before: Option<Instant>,
}

impl Tokens {
    /// For nobody.
    pub(super) const fn none() -> Self {
        Self { way: None, not_before: None }
    }

    /// For a credential, asking over connections like this one.
    pub(super) const fn of(credential: PathBuf, endpoint: Endpoint, options: Options) -> Self {
        Self { way: Some((credential, endpoint, options)), not_before: None }
    }

    /// The options of connections that send: with a token for each, if the operation has tokens.
    pub(super) fn admitted(&self, options: &Options, sealer: &Sealer, is_urgent: bool) -> Options {
        let manifest = sealer.manifest();
        let (Some((path, ..)), Some(_)) = (&self.way, manifest.policy.tokens) else { return options.clone() };
        let wallet = Wallet::of(path, manifest.operation);
        let pass = Pass::new(WalletPass::new(wallet, manifest, is_urgent));
        Options { pass: Some(pass), login: None, ..options.clone() }
    }

    /// Gets tokens if it is time. What fails is said, and those that there are go on being spent.
    pub(super) async fn look(&mut self, sealer: &Sealer, voice: &mut Voice<'_>) -> Result<(), Failure> {
        let Some((path, endpoint, options)) = &self.way else { return Ok(()) };
        if sealer.manifest().policy.tokens.is_none()
            || self.not_before.is_some_and(|moment| Instant::now() < moment)
        {
            return Ok(());
        }
        let credential = load_credential(path)?;
        if !Fetch::is_due(path, &credential, sealer.manifest(), sealer.epoch())? {
            return Ok(());
        }
        let mut rng = SystemRng::new();
        let fetched = match Fetch::begin(path, &credential, sealer.manifest(), &mut rng) {
            Ok(mut fetch) => client::fetch_tokens(endpoint, options, &mut fetch, PATIENCE, &mut rng).await,
            Err(error) => Err(error.into()),
        };
        match fetched {
            Ok(count) => voice.debug(&format!("got {count} tokens: one for each connection")),
            Err(TokenAskError::Fetch(FetchError::Tokens(error))) => return Err(error.into()),
            Err(error) => {
                self.not_before = Some(Instant::now() + AGAIN);
                voice.note(&format!("tokens to connect with did not come: {error}"));
            }
        }
        Ok(())
    }
}
