//! Keys of further epochs for a node at work: asked for on a connection of its own, so that no slot waits for it.

use std::time::Duration;

use rand_core::Rng as _;
use tokio::{
    sync::oneshot::{self, error::TryRecvError},
    time::Instant,
};

use crate::{
    client::{self, AskError},
    keyring::{Renewal, Renewed},
    random::SystemRng,
    transport::{Endpoint, Options},
};

/// How long one answer of the service may take.
const PATIENCE: Duration = Duration::from_mins(1);
/// The waits between attempts that failed.
const FIRST_WAIT: Duration = Duration::from_mins(1);
const LONGEST_WAIT: Duration = Duration::from_hours(1);

/// At most one renewal at a time, and none soon after one that failed.
#[derive(Debug)]
pub(super) struct Renewing {
    running: Option<oneshot::Receiver<Result<Renewed, AskError>>>,
    wait: Duration,
    not_before: Option<Instant>,
}

impl Renewing {
    pub(super) const fn new() -> Self {
        Self { running: None, wait: FIRST_WAIT, not_before: None }
    }

    /// Whether one may begin now.
    pub(super) fn is_free(&self) -> bool {
        self.running.is_none() && self.not_before.is_none_or(|moment| moment <= Instant::now())
    }

    /// Begins one.
    pub(super) fn begin(&mut self, mut renewal: Renewal, endpoint: Endpoint, options: Options) {
        let (tell, told) = oneshot::channel();
        self.running = Some(told);
        tokio::spawn(async move {
            let mut rng = SystemRng::new();
            // Nobody listens any more if the uplink ended; the credential has its keys all the same.
            let _ = tell.send(client::renew(&endpoint, &options, &mut renewal, PATIENCE, &mut rng).await);
        });
    }

    /// What came of it, once.
    pub(super) fn finished(&mut self, random: &mut SystemRng) -> Option<Result<Renewed, AskError>> {
        let result = match self.running.as_mut()?.try_recv() {
            Err(TryRecvError::Empty) => return None,
            Err(TryRecvError::Closed) => Err(AskError::NoAnswer),
            Ok(result) => result,
        };
        self.running = None;
        if result.is_ok() {
            (self.wait, self.not_before) = (FIRST_WAIT, None);
        } else {
            // All who failed together must not come again together.
            let spread = u64::from(random.next_u32() % 1_000);
            self.not_before =
                Some(Instant::now() + self.wait + self.wait * u32::try_from(spread).unwrap_or(0) / 1_000);
            self.wait = (self.wait * 2).min(LONGEST_WAIT);
        }
        Some(result)
    }
}
