//! Asking the operation's service through the broker (spec §9.6).

use std::time::Duration;

use bytes::Bytes;
use cowl_core::Manifest;
use rand_core::Rng as _;
use tokio::time::{Instant, timeout_at};

use super::Topics;
use crate::{
    keyring::{Progress, Renewal, RenewalError, Renewed},
    random::SystemRng,
    tokens::{Fetch, FetchError},
    transport::{ClientId, Endpoint, Error, Filter, Options, Publication, Publisher, Qos, Subscriber, Topic},
};

/// How often one part of a renewal is asked for on one connection: the service drops what comes too fast.
const TRIES: u32 = 3;

/// A connection on which the service is asked, under a name drawn for it. It carries nothing else, so that what is asked stands
/// beside no report.
#[derive(Debug)]
pub struct Asker {
    publisher: Publisher,
    subscriber: Subscriber,
    questions: Topic,
    name: [u8; 16],
}

/// Why a renewal over the broker came to nothing. The credential is as it was.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// The connection.
    #[error(transparent)]
    Transport(#[from] Error),
    /// The service did not answer: it is not at work, is busy, or refuses; it does not say which.
    #[error("the operation's service did not answer")]
    NoAnswer,
    /// What was answered, or the credential.
    #[error(transparent)]
    Renewal(#[from] RenewalError),
}

/// Why there are no tokens over the broker. What the wallet held, it holds.
#[derive(Debug, thiserror::Error)]
pub enum TokenAskError {
    /// The connection.
    #[error(transparent)]
    Transport(#[from] Error),
    /// The service did not answer: it is not at work, is busy, or refuses; it does not say which.
    #[error("the operation's service did not answer")]
    NoAnswer,
    /// What was answered, or the wallet.
    #[error(transparent)]
    Fetch(#[from] FetchError),
}

impl Asker {
    /// Connects with these options, but under a client id of its own, which is the name of its answers: a broker's rules can
    /// then keep others from reading them.
    pub async fn connect(
        endpoint: &Endpoint,
        options: &Options,
        manifest: &Manifest,
        rng: &mut SystemRng,
    ) -> Result<Self, Error> {
        let topics = Topics::of(manifest);
        let mut name = [0; 16];
        rng.fill_bytes(&mut name);
        let options = Options { client_id: ClientId::named(hex::encode(name))?, ..options.clone() };
        let answers = vec![(Filter::new(topics.answer(name)?.as_str())?, Qos::AtLeastOnce)];
        let (publisher, subscriber) = Publisher::connect_and_subscribe(endpoint, &options, answers).await?;
        Ok(Self { publisher, subscriber, questions: topics.questions()?, name })
    }

    /// Asks.
    pub async fn ask(&self, request: &[u8]) -> Result<(), Error> {
        let payload = [self.name.as_slice(), request].concat();
        self.publisher.publish(Publication::new(self.questions.clone(), payload, Qos::AtLeastOnce)).await
    }

    /// What came next under the connection's name: an answer, or somebody's junk.
    pub async fn next(&mut self) -> Result<Bytes, Error> {
        Ok(self.subscriber.next().await?.payload)
    }

    /// Says goodbye.
    pub async fn disconnect(self) -> Result<(), Error> {
        self.publisher.disconnect().await
    }

    /// Asks for all parts of a renewal and takes them. `patience`: how long one answer may take.
    pub async fn renew(
        &mut self,
        renewal: &mut Renewal,
        patience: Duration,
        rng: &mut SystemRng,
    ) -> Result<Renewed, AskError> {
        let mut tries = 0;
        loop {
            self.ask(&renewal.request(rng)?).await?;
            match self.answer(renewal, Instant::now() + patience).await {
                Ok(Progress::More) => tries = 0,
                Ok(Progress::Done(renewed)) => return Ok(renewed),
                Err(AskError::NoAnswer) if tries + 1 < TRIES => {
                    tries += 1;
                    // An epoch may have begun: parts of the last one are not given any more.
                    renewal.start_over();
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Asks for a period's tokens and takes them into the wallet: how many came.
    pub async fn fetch(
        &mut self,
        fetch: &mut Fetch,
        patience: Duration,
        rng: &mut SystemRng,
    ) -> Result<usize, TokenAskError> {
        for _ in 0..TRIES {
            self.ask(&fetch.request(rng)?).await?;
            let until = Instant::now() + patience;
            while let Ok(answer) = timeout_at(until, self.next()).await {
                match fetch.take(&answer?) {
                    Err(FetchError::NotTheAnswer) => {}
                    other => return Ok(other?),
                }
            }
        }
        Err(TokenAskError::NoAnswer)
    }

    async fn answer(&mut self, renewal: &mut Renewal, until: Instant) -> Result<Progress, AskError> {
        loop {
            let answer = timeout_at(until, self.next()).await.map_err(|_| AskError::NoAnswer)??;
            match renewal.take(&answer) {
                Err(RenewalError::NotTheAnswer) => {}
                other => return Ok(other?),
            }
        }
    }
}

/// Renews a credential over the broker, on a connection of its own.
pub async fn renew(
    endpoint: &Endpoint,
    options: &Options,
    renewal: &mut Renewal,
    patience: Duration,
    rng: &mut SystemRng,
) -> Result<Renewed, AskError> {
    let mut asker = Asker::connect(endpoint, options, renewal.manifest(), rng).await?;
    let renewed = asker.renew(renewal, patience, rng).await;
    // What came is stored; a broker that is gone by now takes nothing from it.
    let _ = asker.disconnect().await;
    renewed
}

/// Gets a period's tokens over the broker, on a connection of its own: how many came.
pub async fn fetch_tokens(
    endpoint: &Endpoint,
    options: &Options,
    fetch: &mut Fetch,
    patience: Duration,
    rng: &mut SystemRng,
) -> Result<usize, TokenAskError> {
    let mut asker = Asker::connect(endpoint, options, fetch.manifest(), rng).await?;
    let fetched = asker.fetch(fetch, patience, rng).await;
    // What came is stored; a broker that is gone by now takes nothing from it.
    let _ = asker.disconnect().await;
    fetched
}
