//! Receiving.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::connection::Connection;
use super::dial::Stream;
use super::error::{Error, Kind};
use super::handshake::{Accepted, Source, establish};
use super::link::{Item, Link};
use super::machine::{Arrival, Machine, Token};
use super::{Endpoint, Message, Options, Reconnect, Subscription, Version};

/// A subscription and the connection that it lives on.
///
/// A caller that falls behind slows the broker down (TCP), while pings go on; brokers drop QoS 0 then.
/// Dropping it closes the connection without a goodbye.
pub struct Subscriber {
    link: Arc<Link>,
    version: Version,
    /// Taken from the link in one go, so that most messages cost no lock.
    batch: VecDeque<Item>,
}

/// What a subscriber sees.
#[derive(Debug)]
pub enum Event {
    /// A message.
    Message(Message),
    /// The connection is lost and will be made again.
    Lost {
        /// Why; or why the last attempt to connect again failed.
        error: Error,
        /// When the next attempt is made.
        retry_in: Duration,
    },
    /// There is a connection again.
    Restored {
        /// Whether the broker kept the session: if not, messages may have been missed.
        session_present: bool,
    },
}

impl Subscriber {
    /// Connects and subscribes; an error if any of the filters is refused.
    pub async fn connect(
        endpoint: &Endpoint,
        options: &Options,
        subscription: Subscription,
    ) -> Result<Self, Error> {
        Self::start(Source::Endpoint(endpoint.clone()), options, subscription).await
    }

    /// The same over a stream made by the caller, for relays and simulations; there is no second one to
    /// reconnect with.
    pub async fn over(
        stream: impl Stream + 'static,
        options: &Options,
        subscription: Subscription,
    ) -> Result<Self, Error> {
        let subscription = Subscription { reconnect: Reconnect::Never, ..subscription };
        Self::start(Source::Stream(Some(Box::new(stream))), options, subscription).await
    }

    /// The next message; lost and restored connections go unreported. Cancelling it loses nothing.
    pub async fn next(&mut self) -> Result<Message, Error> {
        loop {
            if let Event::Message(message) = self.next_event().await? {
                return Ok(message);
            }
        }
    }

    /// The next message or change of the connection. Cancelling it loses nothing. After an error there is
    /// nothing more.
    pub async fn next_event(&mut self) -> Result<Event, Error> {
        if self.batch.is_empty() {
            let batch = &mut self.batch;
            self.link
                .until(|state| if state.take_inbox(batch) { Some(Ok(())) } else { state.ended().map(Err) })
                .await?;
        }
        match self.batch.pop_front() {
            Some(Item::Message(arrival)) => Ok(Event::Message(self.message(arrival))),
            Some(Item::Lost { error, retry_in }) => Ok(Event::Lost { error, retry_in }),
            Some(Item::Restored { session_present }) => Ok(Event::Restored { session_present }),
            None => Err(Kind::Closed.into()),
        }
    }

    /// Sends the acknowledgements made so far, says goodbye and waits until the broker has closed the
    /// connection, 4 s at most. Messages that wait here unseen are dropped; at QoS 1 and 2 with manual
    /// acknowledgements the broker keeps them.
    pub async fn disconnect(self) -> Result<(), Error> {
        self.link.leave().await
    }

    async fn start(mut source: Source, options: &Options, subscription: Subscription) -> Result<Self, Error> {
        let Accepted { connection, ack } =
            establish(&mut source, options, subscription.session, Some(&subscription), false).await?;
        let machine = Machine::new(options, &ack, subscription.acks, Instant::now());
        let link = Arc::new(Link::new(machine));
        let keeper = Keeper { source, options: options.clone(), subscription, link: Arc::clone(&link) };
        tokio::spawn(keeper.keep(connection));
        Ok(Self { link, version: options.version, batch: VecDeque::new() })
    }

    /// What comes on a connection that somebody else made and drives.
    pub(super) const fn beside(link: Arc<Link>, version: Version) -> Self {
        Self { link, version, batch: VecDeque::new() }
    }

    fn message(&self, Arrival { delivery, token }: Arrival) -> Message {
        Message {
            topic: delivery.topic,
            payload: delivery.payload,
            qos: delivery.qos,
            retain: delivery.retain,
            dup: delivery.dup,
            properties: delivery.properties,
            received_on: self.version,
            receipt: token.map(|token| Receipt { link: Arc::clone(&self.link), token, accepted: false }),
        }
    }
}

impl Drop for Subscriber {
    fn drop(&mut self) {
        self.link.end(Kind::Closed.into());
    }
}

impl std::fmt::Debug for Subscriber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Subscriber").field("link", &self.link).finish_non_exhaustive()
    }
}

/// The caller's duty to acknowledge one delivery, done or not when it is dropped.
#[derive(Debug)]
pub(super) struct Receipt {
    link: Arc<Link>,
    token: Token,
    accepted: bool,
}

impl Receipt {
    pub(super) fn acknowledge(mut self) {
        self.accepted = true;
    }
}

impl Drop for Receipt {
    fn drop(&mut self) {
        let mut state = self.link.lock();
        let result = state.machine.judged(self.token, self.accepted);
        state.feed();
        drop(state);
        if let Err(error) = result {
            self.link.end(error);
        }
    }
}

/// Keeps a subscription connected.
struct Keeper {
    source: Source,
    options: Options,
    subscription: Subscription,
    link: Arc<Link>,
}

impl Keeper {
    async fn keep(mut self, mut connection: Connection) {
        loop {
            let error = connection.run(&self.link).await;
            drop(connection);
            connection = match self.again(error).await {
                Ok(connection) => connection,
                Err(error) => return self.link.end(error),
            };
        }
    }

    /// The next connection, after as many attempts as it takes; or why there is none.
    async fn again(&mut self, mut error: Error) -> Result<Connection, Error> {
        let Reconnect::Backoff { first, longest } = self.subscription.reconnect else { return Err(error) };
        let mut retry_in = first.min(longest);
        loop {
            if !error.is_transient() || self.link.lock().is_leaving() {
                return Err(error);
            }
            self.tell(Item::Lost { error, retry_in });
            tokio::select! {
                () = sleep(retry_in) => {}
                ended = given_up(&self.link) => return Err(ended),
            }
            retry_in = retry_in.saturating_mul(2).min(longest);
            let given_up = given_up(&self.link);
            let wanted = &self.subscription;
            let attempt = establish(&mut self.source, &self.options, wanted.session, Some(wanted), true);
            let attempt = tokio::select! {
                attempt = attempt => attempt,
                ended = given_up => return Err(ended),
            };
            match attempt {
                Err(again) => error = again,
                Ok(Accepted { connection, ack }) => {
                    let mut state = self.link.lock();
                    state.machine.connected(&self.options, &ack, Instant::now());
                    drop(state);
                    self.tell(Item::Restored { session_present: ack.session_present });
                    return Ok(connection);
                }
            }
        }
    }

    fn tell(&self, item: Item) {
        let mut state = self.link.lock();
        state.put(item);
        self.link.announce(&mut state);
    }
}

/// Returns when the caller wants no connection any more.
async fn given_up(link: &Link) -> Error {
    link.until(|state| state.ended().or_else(|| state.is_leaving().then(|| Kind::Closed.into()))).await
}
