//! Saying to the operation's service, now and then, which erase orders were obeyed (spec §16.3).
//!
//! It is said in every epoch, at moments that come of the start alone: whoever watches learns nothing of orders, nor of what
//! they reached.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use cowl_core::{
    ConfirmationAnswer, ConfirmationRequest, Credential, SignedManifest, StoreKind,
    exchange::{Pending, Purpose, REQUEST_LEN, Request},
};
use rand_core::Rng as _;
use tokio::time::{Instant, sleep, timeout_at};

use super::{AskError, Asker};
use crate::{
    keyring::{RenewalError, load_credential},
    random::SystemRng,
    transport::{Endpoint, Options},
};

/// The first time comes within this after the start, or within an epoch if that is shorter.
const FIRST: Duration = Duration::from_hours(1);
/// How long one answer may take.
const PATIENCE: Duration = Duration::from_mins(1);
/// The waits between attempts that failed.
const FIRST_WAIT: Duration = Duration::from_mins(1);
const LONGEST_WAIT: Duration = Duration::from_hours(1);
/// Attempts on one connection: the service drops what comes too fast.
const TRIES: u32 = 3;

/// A store of a member's, and the newest list that it obeyed. Clones are the same store.
#[derive(Debug, Clone)]
pub struct Obeyed {
    store: [u8; 16],
    kind: StoreKind,
    list: Arc<AtomicU64>,
}

/// One word to the service. It has no connection: each [`Self::request`] is carried by whoever can, its answer given to [`Self::take`].
#[derive(Debug)]
pub struct Confirmation {
    credential: Credential,
    said: ConfirmationRequest,
    pending: Option<Pending>,
}

impl Obeyed {
    /// A store that obeyed none so far.
    pub fn new(store: [u8; 16], kind: StoreKind) -> Self {
        Self { store, kind, list: Arc::default() }
    }

    /// This list was obeyed.
    pub fn note(&self, list: u64) {
        self.list.fetch_max(list, Ordering::Relaxed);
    }

    /// The newest one.
    pub fn list(&self) -> Option<u64> {
        Some(self.list.load(Ordering::Relaxed)).filter(|list| *list > 0)
    }
}

impl Confirmation {
    /// What a store obeyed; `None`: nothing yet.
    pub fn of(credential: Credential, obeyed: &Obeyed) -> Result<Option<Self>, RenewalError> {
        let membership = credential.membership.as_ref().ok_or(RenewalError::NoMembership)?;
        let Some(list) = obeyed.list() else { return Ok(None) };
        let (step, store, kind) = (membership.step, obeyed.store, obeyed.kind);
        let said = ConfirmationRequest { step, store, kind, list };
        Ok(Some(Self { credential, said, pending: None }))
    }

    /// The request: other bytes in each call, as the same ones on two connections would join them.
    pub fn request(&mut self, rng: &mut SystemRng) -> Result<Vec<u8>, RenewalError> {
        let Credential { manifest, membership, .. } = &self.credential;
        let membership = membership.as_ref().ok_or(RenewalError::NoMembership)?;
        let service = manifest.service.as_ref().ok_or(RenewalError::NoService)?;
        let request = Request {
            operation: manifest.operation,
            purpose: Purpose::CONFIRMATION,
            who: membership.id.0,
            proof: &membership.secret,
            body: &self.said.to_bytes(),
        };
        let (bytes, pending) =
            request.seal(service, REQUEST_LEN, rng).map_err(|_| RenewalError::NoService)?;
        self.pending = Some(pending);
        Ok(bytes)
    }

    /// Takes an answer.
    pub fn take(&mut self, answer: &[u8]) -> Result<ConfirmationAnswer, RenewalError> {
        let pending = self.pending.as_ref().ok_or(RenewalError::NotTheAnswer)?;
        let body = pending.open(answer).map_err(|_| RenewalError::NotTheAnswer)?;
        self.pending = None;
        ConfirmationAnswer::from_bytes(&body).ok_or(RenewalError::Nonsense)
    }

    /// The manifest that it speaks by.
    pub const fn manifest(&self) -> &SignedManifest {
        &self.credential.manifest
    }
}

/// Says it once, on a connection of its own.
pub async fn confirm(
    endpoint: &Endpoint,
    options: &Options,
    confirmation: &mut Confirmation,
    patience: Duration,
    rng: &mut SystemRng,
) -> Result<ConfirmationAnswer, AskError> {
    let mut asker = Asker::connect(endpoint, options, confirmation.manifest(), rng).await?;
    let mut said = Err(AskError::NoAnswer);
    for _ in 0..TRIES {
        asker.ask(&confirmation.request(rng)?).await?;
        said = answer(&mut asker, confirmation, Instant::now() + patience).await;
        if !matches!(said, Err(AskError::NoAnswer)) {
            break;
        }
    }
    let _ = asker.disconnect().await;
    said
}

async fn answer(
    asker: &mut Asker,
    confirmation: &mut Confirmation,
    until: Instant,
) -> Result<ConfirmationAnswer, AskError> {
    loop {
        let answer = timeout_at(until, asker.next()).await.map_err(|_| AskError::NoAnswer)??;
        match confirmation.take(&answer) {
            Err(RenewalError::NotTheAnswer) => {}
            other => return Ok(other?),
        }
    }
}

/// Says it in every epoch, for ever; the credential is read anew each time, as it may have been renewed.
pub async fn confirm_always(endpoint: Endpoint, options: Options, credential: PathBuf, obeyed: Obeyed) {
    let mut rng = SystemRng::new();
    let mut wait = FIRST_WAIT;
    let epoch = load_credential(&credential).map_or(FIRST, |held| length(&held));
    sleep(part(FIRST.min(epoch), &mut rng)).await;
    loop {
        let said = match load_credential(&credential).map(|held| Confirmation::of(held, &obeyed)) {
            Ok(Ok(Some(mut confirmation))) => {
                confirm(&endpoint, &options, &mut confirmation, PATIENCE, &mut rng).await.is_ok()
            }
            // A credential from before there was an exchange; nothing can be said by it.
            Ok(Err(_)) => return,
            _ => false,
        };
        if said {
            wait = FIRST_WAIT;
            sleep(epoch).await;
        } else {
            // All who failed together must not come again together.
            sleep(wait + part(wait, &mut rng)).await;
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    }
}

fn length(credential: &Credential) -> Duration {
    Duration::from_secs(credential.manifest.calendar.length.into())
}

/// Any part of a time, each as likely.
fn part(whole: Duration, rng: &mut SystemRng) -> Duration {
    whole * (rng.next_u32() % 1_000) / 1_000
}
