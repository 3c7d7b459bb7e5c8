//! Saying through the broker that help is coming (spec §9.6, §12.5).

use std::time::Duration;

use cowl_core::HelpAnswer;
use tokio::time::{Instant, timeout_at};

use super::Asker;
use crate::{
    help::{HelpCall, HelpError},
    random::SystemRng,
    transport::{Endpoint, Error, Options},
};

/// How often it is said on one connection: the service drops what comes too fast.
const TRIES: u32 = 3;

/// Why it could not be said over the broker.
#[derive(Debug, thiserror::Error)]
pub enum SayError {
    /// The connection.
    #[error(transparent)]
    Transport(#[from] Error),
    /// The service did not answer: it is not at work, is busy, or refuses; it does not say which.
    #[error("the operation's service did not answer")]
    NoAnswer,
    /// What was answered, or the credential.
    #[error(transparent)]
    Help(#[from] HelpError),
}

/// Says it, on a connection of its own; `patience`: how long one answer may take. Said twice, it is the same.
pub async fn say_help(
    endpoint: &Endpoint,
    options: &Options,
    call: &mut HelpCall,
    patience: Duration,
    rng: &mut SystemRng,
) -> Result<HelpAnswer, SayError> {
    let mut asker = Asker::connect(endpoint, options, call.manifest(), rng).await?;
    let mut said = Err(SayError::NoAnswer);
    for _ in 0..TRIES {
        asker.ask(&call.request(rng)?).await?;
        said = answer(&mut asker, call, Instant::now() + patience).await;
        if !matches!(said, Err(SayError::NoAnswer)) {
            break;
        }
    }
    let _ = asker.disconnect().await;
    said
}

async fn answer(asker: &mut Asker, call: &mut HelpCall, until: Instant) -> Result<HelpAnswer, SayError> {
    loop {
        let answer = timeout_at(until, asker.next()).await.map_err(|_| SayError::NoAnswer)??;
        match call.take(&answer) {
            Err(HelpError::NotTheAnswer) => {}
            other => return Ok(other?),
        }
    }
}
