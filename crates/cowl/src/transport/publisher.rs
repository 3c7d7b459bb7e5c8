//! Sending.

use std::sync::Arc;

use tokio::sync::oneshot;
use tokio::time::Instant;

use super::dial::Stream;
use super::error::{Error, Kind};
use super::handshake::{Source, establish};
use super::link::Link;
use super::machine::{Machine, Owner};
use super::{Acks, Endpoint, Options, Publication, Qos};

/// A connection to publish on: always a clean start, no session, and never a second connection.
///
/// When the connection is lost it stays lost: the same bytes on a new connection would join the two, so the
/// caller asks [`Self::unsettled`] what to seal again and connects anew.
///
/// Dropping it closes the connection without a goodbye and without sending what is still queued: call
/// [`Self::disconnect`].
#[derive(Debug)]
pub struct Publisher {
    link: Arc<Link>,
}

/// The caller's numbers of messages whose fate is unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unsettled {
    /// QoS 1 and 2, not acknowledged; the broker may have them or not. In the order of sending.
    pub unacknowledged: Vec<u64>,
    /// QoS 0, not written in full to the network. In the order of sending.
    pub unwritten: Vec<u64>,
}

/// A message of QoS 1 or 2 that the broker (MQTT 5) answered with an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The caller's number.
    pub sequence: u64,
    /// The broker's reason code in words.
    pub why: &'static str,
}

impl Publisher {
    /// Connects.
    pub async fn connect(endpoint: &Endpoint, options: &Options) -> Result<Self, Error> {
        Self::start(Source::Endpoint(endpoint.clone()), options).await
    }

    /// Connects over a stream made by the caller, for relays and simulations.
    pub async fn over(stream: impl Stream + 'static, options: &Options) -> Result<Self, Error> {
        Self::start(Source::Stream(Some(Box::new(stream))), options).await
    }

    /// Publishes one message. At QoS 1 and 2 it returns when the broker has acknowledged the message or
    /// refused it; at QoS 0 as soon as there is room in the send buffer ([`Self::flush`] then tells when it
    /// is written).
    pub async fn publish(&self, publication: Publication) -> Result<(), Error> {
        if publication.qos == Qos::AtMostOnce {
            return self.hand_over(publication, Owner::Nobody).await;
        }
        let (waiter, answer) = oneshot::channel();
        self.hand_over(publication, Owner::Waiter(waiter)).await?;
        tokio::select! {
            biased;
            Ok(refused) = answer => match refused {
                None => Ok(()),
                Some(why) => Err(Kind::MessageRefused { count: 1, why }.into()),
            },
            error = self.link.until(|state| state.ended()) => Err(error),
        }
    }

    /// Hands over one message under a number of the caller's and returns as soon as there is room in the
    /// send buffer and, at QoS 1 and 2, in the window of unacknowledged messages. An error concerns this
    /// message alone unless [`Error::is_lost`] and the like say that the connection is gone; in both cases
    /// this message is not among [`Self::unsettled`].
    pub async fn enqueue(&self, sequence: u64, publication: Publication) -> Result<(), Error> {
        self.hand_over(publication, Owner::Sequence(sequence)).await
    }

    /// Waits until all that was handed over before is written (QoS 0) or acknowledged (QoS 1 and 2).
    ///
    /// Fails with [`Error::is_denied`] if all is answered, but not all well: see [`Self::take_refusals`].
    pub async fn flush(&self) -> Result<(), Error> {
        let mark = self.link.lock().machine.mark();
        self.link
            .until(|state| {
                if !state.machine.has_reached(mark) {
                    return state.ended().map(Err);
                }
                Some(match state.machine.refusals() {
                    [] => Ok(()),
                    refused @ [first, ..] => {
                        Err(Kind::MessageRefused { count: refused.len(), why: first.why }.into())
                    }
                })
            })
            .await
    }

    /// Flushes, says goodbye and waits until the broker has closed the connection, 4 s at most. Fails if
    /// anything was not delivered; the connection is then closed all the same.
    pub async fn disconnect(&self) -> Result<(), Error> {
        let flushed = self.flush().await;
        let left = self.link.leave().await;
        flushed.and(left)
    }

    /// The messages that the broker refused since the last call.
    pub fn take_refusals(&self) -> Vec<Refusal> {
        self.link.lock().machine.take_refusals()
    }

    /// The number of the last message of QoS 1 or 2 such that it and all those handed over before it are
    /// acknowledged or refused: what a durable queue may forget.
    pub fn settled_through(&self) -> Option<u64> {
        self.link.lock().machine.settled_through()
    }

    /// The numbers of messages handed over with [`Self::enqueue`] whose fate is unknown: on a live
    /// connection those in flight, on a lost one those to be sealed and sent again.
    pub fn unsettled(&self) -> Unsettled {
        self.link.lock().machine.unsettled()
    }

    async fn start(mut source: Source, options: &Options) -> Result<Self, Error> {
        let mut accepted = establish(&mut source, options, None, false).await?;
        let machine = Machine::new(options, &accepted.ack, Acks::Automatic, Instant::now());
        let link = Arc::new(Link::new(machine));
        let its = Arc::clone(&link);
        tokio::spawn(async move {
            let error = accepted.connection.run(&its).await;
            its.end(error);
        });
        Ok(Self { link })
    }

    async fn hand_over(&self, publication: Publication, owner: Owner) -> Result<(), Error> {
        let qos = publication.qos;
        let mut once = Some((publication, owner));
        self.link
            .until(|state| {
                if let Err(error) = state.usable() {
                    return Some(Err(error));
                }
                if !state.machine.has_room(qos) {
                    return None;
                }
                let (publication, owner) = once.take()?;
                let result = state.machine.publish(publication, owner);
                state.feed();
                Some(result)
            })
            .await
    }
}

impl Drop for Publisher {
    fn drop(&mut self) {
        self.link.end(Kind::Closed.into());
    }
}
