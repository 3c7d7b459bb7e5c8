//! Sending.

use std::num::NonZeroU16;
use std::sync::Arc;

use tokio::sync::oneshot;
use tokio::time::Instant;

use super::dial::Stream;
use super::error::{Error, Kind};
use super::handshake::{Source, establish};
use super::link::Link;
use super::machine::{HELD, Machine, Owner, held_id};
use super::subscriber::Subscriber;
use super::{Acks, Endpoint, Filter, Options, Publication, Qos, Reconnect, Session, Subscription};

/// A connection to publish on: a clean start, no session (but the one that gateways of responders keep), and never a second connection.
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

/// A message that [`Publisher::send_held`] could not hand over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotHeld {
    /// The caller's number.
    pub(crate) number: u16,
    /// Whether it is too large for this connection; else the broker refused it, and this is why.
    pub(crate) is_too_large: bool,
    pub(crate) why: &'static str,
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

    /// Connects to a session that the broker keeps under the client id, for so many seconds after the connection's end. Says, too,
    /// whether it was there: then the broker knows what was sent with [`Self::send_held`] and not yet released.
    pub(crate) async fn keeping(
        endpoint: &Endpoint,
        options: &Options,
        expiry_s: u32,
    ) -> Result<(Self, bool), Error> {
        let session = Session::Resume { expiry_s };
        Self::open(Source::Endpoint(endpoint.clone()), options, session, None).await
    }

    /// Sends messages at QoS 2, each under the number that the caller gives it (below [`Self::HELD`]), and waits until the broker
    /// has each or refuses it; `again`: they may have been sent on an earlier connection of this session. At most
    /// [`Self::exact_window`] at a time, and no other call of this kind meanwhile.
    ///
    /// Nothing is released. Returns those that were not taken; an error: the connection is lost, and the broker has any of them or
    /// none.
    pub(crate) async fn send_held(
        &self,
        messages: Vec<(u16, Publication)>,
        again: bool,
    ) -> Result<Vec<NotHeld>, Error> {
        let mut not_held = Vec::new();
        {
            let mut state = self.link.lock();
            state.usable()?;
            for (number, publication) in messages {
                let Some(id) = held_id(number) else {
                    return Err(Kind::Usage("more messages at once than there are numbers").into());
                };
                if let Err(error) = state.machine.send_held(id, publication, again) {
                    let is_too_large = error.is_too_large();
                    not_held.push(NotHeld { number, is_too_large, why: "the message" });
                }
            }
            state.feed();
        }
        let refused = self.held_answers().await?;
        let number = |id| (0..HELD).find(|number| held_id(*number) == Some(id));
        not_held.extend(
            refused
                .into_iter()
                .filter_map(|(id, why)| Some(NotHeld { number: number(id)?, is_too_large: false, why })),
        );
        Ok(not_held)
    }

    /// Releases messages that were sent with [`Self::send_held`], and waits until the broker says that it is done with each. One that
    /// it does not know any more does no harm.
    pub(crate) async fn release_held(&self, numbers: &[u16]) -> Result<(), Error> {
        {
            let mut state = self.link.lock();
            state.usable()?;
            for id in numbers.iter().filter_map(|number| held_id(*number)) {
                state.machine.release_held(id)?;
            }
            state.feed();
        }
        self.held_answers().await.map(drop)
    }

    /// Numbers that [`Self::send_held`] takes.
    pub(crate) const HELD: u16 = HELD;

    /// How many messages of QoS 2 the broker takes at a time.
    pub(crate) fn exact_window(&self) -> usize {
        self.link.lock().machine.exact_window()
    }

    /// The best quality of service that the broker grants.
    pub(crate) fn max_qos(&self) -> Qos {
        self.link.lock().machine.max_qos()
    }

    async fn held_answers(&self) -> Result<Vec<(NonZeroU16, &'static str)>, Error> {
        self.link
            .until(|state| {
                let answers = state.machine.take_held();
                answers.map(Ok).or_else(|| state.ended().map(Err))
            })
            .await
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
        source: Source,
        options: &Options,
        subscription: Option<&Subscription>,
    ) -> Result<Self, Error> {
        Ok(Self::open(source, options, Session::Clean, subscription).await?.0)
    }

    async fn open(
        mut source: Source,
        options: &Options,
        session: Session,
        subscription: Option<&Subscription>,
    ) -> Result<(Self, bool), Error> {
        let mut accepted = establish(&mut source, options, session, subscription, false).await?;
        let is_known = accepted.ack.session_present;
        let machine = Machine::new(options, &accepted.ack, Acks::Automatic, Instant::now());
        let link = Arc::new(Link::new(machine));
        let its = Arc::clone(&link);
        tokio::spawn(async move {
            let error = accepted.connection.run(&its).await;
            its.end(error);
        });
        Ok((Self { link }, is_known))
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
