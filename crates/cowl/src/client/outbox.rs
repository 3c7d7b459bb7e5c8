//! Publishing reports so that each arrives, and none twice with the same bytes.

use std::{collections::VecDeque, time::Duration};

use cowl_core::Report;

use super::{Outgoing, Topics};
use crate::{
    keyring::KeyringError,
    transport::{Endpoint, Error, Options, Publication, Publisher, Qos},
};

/// Why a report was not delivered.
#[derive(Debug, thiserror::Error)]
pub enum OutboxError {
    /// It could not be sealed: nothing left.
    #[error(transparent)]
    Seal(#[from] KeyringError),
    /// The broker could not be reached, or refused.
    #[error(transparent)]
    Transport(#[from] Error),
}

/// How often a lost connection is made again before giving up, waiting longer each time.
#[derive(Debug, Clone, Copy)]
pub struct Retry {
    /// Attempts after the first failure; 0 gives up at once.
    pub attempts: u32,
    /// The wait before the first of them; it doubles each time.
    pub first: Duration,
}

impl Default for Retry {
    fn default() -> Self {
        Self { attempts: 5, first: Duration::from_millis(500) }
    }
}

/// What an outbox delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Delivered {
    /// Reports that the broker has: acknowledged at QoS 1 and 2, at QoS 0 handed to the network.
    pub reports: u64,
    /// Reports that were sealed again after a lost connection.
    pub sealed_again: u64,
    /// Reports that the broker refused.
    pub refused: u64,
    /// Reports of QoS 0 that were still in this process when their connection was lost. What the network had taken
    /// by then can be lost, too, and nobody can count it.
    pub lost: u64,
}

/// A connection that publishes reports.
///
/// When the connection is lost, what the broker has not acknowledged is sealed again under new tags and sent on
/// a new connection: the same bytes would join the two (spec §7.3). Receivers drop the second copy by its report
/// id. At QoS 0 what was written to a lost connection is lost with it, as in all of MQTT.
#[derive(Debug)]
pub struct Outbox {
    endpoint: Endpoint,
    options: Options,
    topics: Topics,
    qos: Qos,
    retry: Retry,
    publisher: Publisher,
    open: VecDeque<Open>,
    next: u64,
    settled: u64,
    delivered: Delivered,
}

/// A report whose fate is unknown.
#[derive(Debug)]
struct Open {
    sequence: u64,
    identity: usize,
    report: Report,
}

impl Outbox {
    /// Connects.
    pub async fn connect(
        endpoint: Endpoint,
        options: Options,
        topics: Topics,
        qos: Qos,
        retry: Retry,
    ) -> Result<Self, Error> {
        let publisher = Publisher::connect(&endpoint, &options).await?;
        let (open, delivered) = (VecDeque::new(), Delivered::default());
        Ok(Self { endpoint, options, topics, qos, retry, publisher, open, next: 0, settled: 0, delivered })
    }

    /// Seals a report and hands it over. `seal` makes a fresh message of it each time that it is called, sealed for the mailbox or
    /// wrapped for a relay as well; the number is the identity that reports.
    pub async fn send<S: Into<Outgoing> + Send>(
        &mut self,
        identity: usize,
        report: Report,
        seal: &mut (impl FnMut(usize, &Report) -> Result<S, KeyringError> + Send),
    ) -> Result<(), OutboxError> {
        self.settle();
        let sequence = self.next;
        let sealed = seal(identity, &report)?;
        self.next += 1;
        if self.qos == Qos::AtMostOnce {
            return match self.hand_over(sequence, sealed).await {
                Err(error) if error.is_lost() => {
                    // The one message that is known not to have left.
                    self.open.push_back(Open { sequence, identity, report });
                    self.recover(error, seal).await
                }
                Err(error) => Err(error.into()),
                Ok(()) => {
                    self.settled += 1;
                    Ok(())
                }
            };
        }
        self.open.push_back(Open { sequence, identity, report });
        match self.hand_over(sequence, sealed).await {
            Err(error) if error.is_lost() => self.recover(error, seal).await,
            other => Ok(other?),
        }
    }

    /// Waits until everything is delivered, and says goodbye.
    pub async fn finish<S: Into<Outgoing> + Send>(
        mut self,
        seal: &mut (impl FnMut(usize, &Report) -> Result<S, KeyringError> + Send),
    ) -> Result<Delivered, OutboxError> {
        loop {
            match self.publisher.flush().await {
                Err(error) if error.is_lost() && self.qos != Qos::AtMostOnce => {
                    self.recover(error, seal).await?;
                }
                // A refusal by the broker concerns single messages, counted below.
                Err(error) if !error.is_denied() => return Err(error.into()),
                Ok(()) | Err(_) => break,
            }
        }
        self.settle();
        match self.publisher.disconnect().await {
            // Everything is acknowledged already.
            Err(error) if error.is_lost() && self.qos != Qos::AtMostOnce => {}
            Err(error) if !error.is_denied() => return Err(error.into()),
            Ok(()) | Err(_) => {}
        }
        Ok(self.delivered())
    }

    /// What was delivered so far.
    pub const fn delivered(&self) -> Delivered {
        Delivered { reports: self.settled.saturating_sub(self.delivered.refused), ..self.delivered }
    }

    async fn hand_over(&self, sequence: u64, outgoing: impl Into<Outgoing>) -> Result<(), Error> {
        let (topic, payload) = match outgoing.into() {
            Outgoing::Sealed(sealed) => (self.topics.report(&sealed)?, sealed.into_bytes()),
            Outgoing::Wrapped(wrapped) => (self.topics.wrapped()?, wrapped.into_bytes()),
        };
        self.publisher.enqueue(sequence, Publication::new(topic, payload, self.qos)).await
    }

    /// Forgets what is settled. At QoS 0 nothing is ever open.
    fn settle(&mut self) {
        if self.open.is_empty() {
            return;
        }
        self.delivered.refused += self.publisher.take_refusals().len() as u64;
        let Some(through) = self.publisher.settled_through() else { return };
        while self.open.front().is_some_and(|open| open.sequence <= through) {
            self.open.pop_front();
            self.settled += 1;
        }
    }

    /// Connects again and sends what is open, sealed anew.
    async fn recover<S: Into<Outgoing> + Send>(
        &mut self,
        mut lost: Error,
        seal: &mut (impl FnMut(usize, &Report) -> Result<S, KeyringError> + Send),
    ) -> Result<(), OutboxError> {
        self.abandon();
        let mut wait = self.retry.first;
        for _ in 0..self.retry.attempts {
            tokio::time::sleep(wait).await;
            wait *= 2;
            match Publisher::connect(&self.endpoint, &self.options).await {
                Err(error) if error.is_transient() => lost = error,
                Err(error) => return Err(error.into()),
                Ok(publisher) => {
                    self.publisher = publisher;
                    match self.send_again(seal).await {
                        Err(OutboxError::Transport(error)) if error.is_lost() => {
                            lost = error;
                            self.abandon();
                        }
                        other => return other,
                    }
                }
            }
        }
        Err(lost.into())
    }

    /// Settles what can be settled of a connection that is gone; once for each.
    fn abandon(&mut self) {
        if self.qos == Qos::AtMostOnce {
            let unwritten = self.publisher.unsettled().unwritten.len() as u64;
            self.delivered.lost += unwritten;
            self.settled = self.settled.saturating_sub(unwritten);
        } else {
            self.settle();
        }
    }

    async fn send_again<S: Into<Outgoing> + Send>(
        &mut self,
        seal: &mut (impl FnMut(usize, &Report) -> Result<S, KeyringError> + Send),
    ) -> Result<(), OutboxError> {
        for index in 0..self.open.len() {
            let Some(open) = self.open.get_mut(index) else { break };
            open.sequence = self.next;
            self.next += 1;
            let (sequence, sealed) = (open.sequence, seal(open.identity, &open.report)?);
            self.delivered.sealed_again += 1;
            self.hand_over(sequence, sealed).await?;
        }
        if self.qos == Qos::AtMostOnce {
            self.settled += self.open.len() as u64;
            self.open.clear();
        }
        Ok(())
    }
}
