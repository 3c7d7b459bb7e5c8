//! Sending.

use std::sync::Arc;

use tokio::sync::oneshot;
use tokio::time::Instant;

use super::dial::Stream;
use super::error::{Error, Kind};
use super::handshake::{Source, establish};
use super::link::Link;
use super::machine::{Machine, Owner};
use super::subscriber::Subscriber;
use super::{Acks, Endpoint, Filter, Options, Publication, Qos, Reconnect, Session, Subscription};

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

    /// Connects, and subscribes on the same connection: one for both, where a second would only tell more. Both are over when the
    /// connection is, or when either is dropped; there is no session and no second connection.
    pub async fn connect_and_subscribe(
        endpoint: &Endpoint,
        options: &Options,
        filters: Vec<(Filter, Qos)>,
    ) -> Result<(Self, Subscriber), Error> {
        let wanted = Subscription {
            filters,
            session: Session::Clean,
            acks: Acks::Automatic,
            reconnect: Reconnect::Never,
        };
        let wanted = (!wanted.filters.is_empty()).then_some(&wanted);
        let publisher = Self::begin(Source::Endpoint(endpoint.clone()), options, wanted).await?;
        let subscriber = Subscriber::beside(Arc::clone(&publisher.link), options.version);
        Ok((publisher, subscriber))
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

    /// Hands over messages of QoS 1 and 2 in one piece, numbered from `first` on, once the window has room for all of
    /// them: nothing is written before all are encoded, so a process that dies leaves all with the system or none, as
    /// far as the system takes them at once. Those that this connection cannot carry are left out and returned.
    ///
    /// More than [`Self::window`] at a time never fit: that is refused.
    pub async fn enqueue_together(
        &self,
        first: u64,
        publications: Vec<Publication>,
    ) -> Result<Vec<(u64, Error)>, Error> {
        let count = publications.len();
        if count > self.window() {
            return Err(Kind::Usage("more messages at once than the broker takes").into());
        }
        let mut once = Some(publications);
        self.link
            .until(|state| {
                if let Err(error) = state.usable() {
                    return Some(Err(error));
                }
                if !state.machine.has_room_for(count) {
                    return None;
                }
                let mut left_out = Vec::new();
                for (sequence, publication) in (first..).zip(once.take()?) {
                    if let Err(error) = state.machine.publish(publication, Owner::Sequence(sequence)) {
                        left_out.push((sequence, error));
                    }
                }
                state.feed();
                Some(Ok(left_out))
            })
            .await
    }

    /// How many messages of QoS 1 can be unacknowledged at a time on this connection.
    pub fn window(&self) -> usize {
        self.link.lock().machine.window()
    }

    /// As [`Self::enqueue`], but never waits: `false` if there is no room now.
    pub fn try_enqueue(&self, sequence: u64, publication: Publication) -> Result<bool, Error> {
        let mut state = self.link.lock();
        state.usable()?;
        if !state.machine.has_room(publication.qos) {
            return Ok(false);
        }
        state.machine.publish(publication, Owner::Sequence(sequence))?;
        state.feed();
        Ok(true)
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

    /// Whether one more message of `qos` would be taken at once: there is room in the send buffer and in the window, and the
    /// connection lives.
    pub fn has_room(&self, qos: Qos) -> bool {
        let state = self.link.lock();
        state.usable().is_ok() && state.machine.has_room(qos)
    }

    /// How many messages of QoS 1 and 2 the broker has answered so far, in whatever order.
    pub fn answered(&self) -> u64 {
        self.link.lock().machine.answered()
    }

    /// Waits until the broker has answered more messages than `count`; an error once that cannot be any more. Cancelling it
    /// loses nothing.
    pub async fn answers_beyond(&self, count: u64) -> Result<u64, Error> {
        self.link
            .until(|state| {
                let answered = state.machine.answered();
                if answered > count { Some(Ok(answered)) } else { state.ended().map(Err) }
            })
            .await
    }

    async fn start(source: Source, options: &Options) -> Result<Self, Error> {
        Self::begin(source, options, None).await
    }

    async fn begin(
        mut source: Source,
        options: &Options,
        subscription: Option<&Subscription>,
    ) -> Result<Self, Error> {
        let mut accepted = establish(&mut source, options, subscription, false).await?;
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
