//! Keys of further epochs while `cowl pub` is connected anyway.

use std::time::{Duration, Instant};

use cowl::{
    client::{self, AskError},
    keyring::RenewalError,
    random::SystemRng,
    transport::{Endpoint, Options},
};

use super::{sealer::Sealer, send::Voice};

/// How long one answer of the service may take; reports wait meanwhile.
const PATIENCE: Duration = Duration::from_secs(10);
/// From an attempt that failed to the next.
const AGAIN: Duration = Duration::from_mins(30);

/// Asks the operation's service for keys when it is time.
pub(super) struct Renewals {
    /// `None`: through a relay nobody can be asked.
    way: Option<(Endpoint, Options)>,
    not_before: Option<Instant>,
}

impl Renewals {
    /// Asks over connections like this one.
    pub(super) fn over(way: Option<(Endpoint, Options)>) -> Self {
        Self { way, not_before: None }
    }

    /// Renews if it is due. What fails is said, and the keys that there are go on being used.
    pub(super) async fn look(&mut self, sealer: &mut Sealer, voice: &mut Voice<'_>) {
        if self.not_before.is_some_and(|moment| Instant::now() < moment) {
            return;
        }
        let Some(renewal) = sealer.renewal() else { return };
        let Some((endpoint, options)) = &self.way else {
            self.not_before = Some(Instant::now() + AGAIN);
            voice.note("keys for the time ahead are needed, and a relay brings none: cowl renew CREDENTIAL, at the operation's broker");
            return;
        };
        let result = match renewal {
            Ok(mut renewal) => {
                let mut rng = SystemRng::new();
                let asked = client::renew(endpoint, options, &mut renewal, PATIENCE, &mut rng).await;
                asked.and_then(|_| sealer.reload().map_err(|error| AskError::from(RenewalError::from(error))))
            }
            Err(error) => Err(error.into()),
        };
        match result {
            Ok(()) => voice.debug("renewed: there are keys for the time ahead"),
            Err(error) => {
                self.not_before = Some(Instant::now() + AGAIN);
                voice.note(&format!("keys for the time ahead did not come: {error}"));
            }
        }
    }
}
