//! The connection to the operation's broker: what comes, in which order it is dealt with, and when it is written down.

use std::{
    future::Future as _,
    num::NonZeroU16,
    pin::pin,
    task::{Context, Poll, Waker},
    time::Duration,
};

use cowl::{
    client::{Topics, confirm_always},
    transport::{
        Acks, ClientId, Error, Event, Filter, Message, Options, Qos, Reconnect, Session, Subscriber,
        Subscription, Topic,
    },
};
use tokio::{
    sync::oneshot,
    time::{Instant, sleep_until},
};

use super::{FeedError, Link, desk::Desk};
use crate::{clock, config::RoleSeat};

/// How a lost connection is made again: until it works.
const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// Messages taken before anything else is looked at.
const BATCH: usize = 500;
/// Unacknowledged messages at which they are settled at once: below the 20 at which mosquitto waits for acknowledgements.
const FEW: usize = 16;
/// Else they are gathered for so long: a report is on the board that much later at the most.
const SOON: Duration = Duration::from_millis(50);
/// How long reports wait for the first beacon: it says in which epoch they are looked up.
const BEACON: Duration = Duration::from_secs(1);
/// Between two looks at the calendar while nothing comes.
const TICK: Duration = Duration::from_secs(5);

/// Reads until it is told to stop, or cannot go on.
pub(super) async fn run(
    mut desk: Desk,
    seat: &RoleSeat,
    mut stop: oneshot::Receiver<()>,
) -> Result<(), FeedError> {
    desk.load()?;
    let topics = Topics::of(desk.reader().manifest());
    let subscription = subscription(&desk, &topics)?;
    let options = options(&desk, &seat.options)?;
    let subscriber = tokio::select! {
        connected = connect(&desk, seat, &options, subscription) => connected?,
        _ = &mut stop => return Ok(()),
    };
    set_link(&desk, Link::Connected);
    let (credential, obeyed) = desk.obeyed();
    // It ends with this thread's runtime.
    tokio::spawn(confirm_always(seat.endpoint.clone(), options, credential, obeyed));
    let now = Instant::now();
    let mut mailbox = Mailbox {
        manifest: topics.manifest()?,
        bundle: topics.bundle()?,
        beacon: topics.beacon()?,
        erasures: topics.erasures()?,
        desk,
        subscriber,
        until_beacon: Some((now + BEACON, Vec::new())),
        settled: now,
    };
    let ended = mailbox.pump(&mut stop).await;
    mailbox.open_held()?;
    let settled = mailbox.desk.settle();
    if ended.is_ok() && settled.is_ok() {
        // It lives or it does not: what was not acknowledged comes again either way.
        let _ = mailbox.subscriber.disconnect().await;
    }
    ended.and(settled)
}

/// The first connection, after as many attempts as it takes.
async fn connect(
    desk: &Desk,
    seat: &RoleSeat,
    options: &Options,
    subscription: Subscription,
) -> Result<Subscriber, FeedError> {
    let mut wait = FIRST_WAIT;
    loop {
        match Subscriber::connect(&seat.endpoint, options, subscription.clone()).await {
            Ok(subscriber) => return Ok(subscriber),
            Err(error) if error.is_transient() => set_link(desk, Link::Lost(error.to_string())),
            Err(error) => return Err(error.into()),
        }
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}

fn subscription(desk: &Desk, topics: &Topics) -> Result<Subscription, FeedError> {
    // What is retained comes in this order: manifest, keys and beacon first, because reports are looked up by them.
    let mut subscription = Subscription::new(Filter::new(topics.manifest()?.as_str())?, Qos::AtMostOnce);
    for topic in [topics.bundle()?, topics.beacon()?, topics.erasures()?] {
        subscription.filters.push((Filter::new(topic.as_str())?, Qos::AtMostOnce));
    }
    subscription.filters.push((topics.reports()?, Qos::AtLeastOnce));
    subscription.acks = Acks::Manual;
    subscription.reconnect = Reconnect::Backoff { first: FIRST_WAIT, longest: LONGEST_WAIT };
    let policy = &desk.reader().manifest().policy;
    // What is older cannot be opened any more.
    let expiry_s = policy.epoch_seconds.saturating_add(policy.lateness_seconds).min(u32::MAX - 1);
    subscription.session = Session::Resume { expiry_s };
    Ok(subscription)
}

fn options(desk: &Desk, given: &Options) -> Result<Options, FeedError> {
    // So far back a device's messages are found again when a broker sends again what was not acknowledged.
    let windows = desk.reader().manifest().policy.windows;
    let reach = windows.every.saturating_mul(u16::from(windows.ahead).saturating_add(1));
    let mut options = given.clone();
    options.in_flight = NonZeroU16::new(reach).unwrap_or(Options::IN_FLIGHT);
    options.client_id = ClientId::named(desk.reader().session_name())?;
    Ok(options)
}

struct Mailbox {
    desk: Desk,
    subscriber: Subscriber,
    manifest: Topic,
    bundle: Topic,
    beacon: Topic,
    erasures: Topic,
    /// Until when, and which messages wait, at the start.
    until_beacon: Option<(Instant, Vec<Message>)>,
    /// When was last written down what was read.
    settled: Instant,
}

impl Mailbox {
    async fn pump(&mut self, stop: &mut oneshot::Receiver<()>) -> Result<(), FeedError> {
        loop {
            let is_idle = self.drain()?;
            self.tidy(is_idle)?;
            if !is_idle {
                continue;
            }
            let duty = self.next_duty();
            let event = tokio::select! {
                biased;
                _ = &mut *stop => return Ok(()),
                event = self.subscriber.next_event() => event?,
                () = sleep_until(duty) => continue,
            };
            self.handle(event)?;
        }
    }

    /// Takes what is here. Says whether that was all.
    fn drain(&mut self) -> Result<bool, FeedError> {
        for _ in 0..BATCH {
            let Some(event) = ready(&mut self.subscriber) else { return Ok(true) };
            self.handle(event?)?;
        }
        Ok(false)
    }

    fn handle(&mut self, event: Event) -> Result<(), FeedError> {
        match event {
            Event::Message(message) => self.message(message),
            Event::Lost { error, .. } => {
                // Its messages come again on the next connection.
                self.settle()?;
                set_link(&self.desk, Link::Lost(error.to_string()));
                Ok(())
            }
            Event::Restored { .. } => {
                set_link(&self.desk, Link::Connected);
                Ok(())
            }
        }
    }

    fn message(&mut self, mut message: Message) -> Result<(), FeedError> {
        if message.topic == self.manifest {
            self.desk.follow(&message.payload)?;
        } else if message.topic == self.bundle {
            self.desk.take_bundle(&message.payload)?;
        } else if message.topic == self.beacon {
            self.desk.hear(&message.payload)?;
            self.open_held()?;
        } else if message.topic == self.erasures {
            self.desk.obey(&message.payload)?;
        } else {
            match &mut self.until_beacon {
                Some((_, held)) if held.len() < BATCH => held.push(message),
                Some(_) => {
                    self.open_held()?;
                    self.desk.take(message)?;
                }
                None => self.desk.take(message)?,
            }
            return Ok(());
        }
        message.ack();
        Ok(())
    }

    /// Opens what waited for the first beacon.
    fn open_held(&mut self) -> Result<(), FeedError> {
        for message in self.until_beacon.take().map(|(_, held)| held).unwrap_or_default() {
            self.desk.take(message)?;
        }
        Ok(())
    }

    /// Does what is due between two batches.
    fn tidy(&mut self, is_idle: bool) -> Result<(), FeedError> {
        let now = Instant::now();
        if self.until_beacon.as_ref().is_some_and(|(until, _)| *until <= now) {
            self.open_held()?;
        }
        if is_idle {
            self.desk.tick()?;
            self.desk.look();
        }
        let is_due = self.desk.open_messages() >= if is_idle { FEW } else { BATCH };
        if is_due || !self.desk.is_settled() && now.saturating_duration_since(self.settled) >= SOON {
            self.settle()?;
        }
        Ok(())
    }

    fn settle(&mut self) -> Result<(), FeedError> {
        self.desk.settle()?;
        self.settled = Instant::now();
        Ok(())
    }

    /// When something is to be done even if nothing comes.
    fn next_duty(&self) -> Instant {
        let mut duty = Instant::now() + TICK;
        if let Some((until, _)) = &self.until_beacon {
            duty = duty.min(*until);
        }
        if !self.desk.is_settled() {
            duty = duty.min(self.settled + SOON);
        }
        self.desk.next_look().map_or(duty, |next| duty.min(next.into()))
    }
}

/// What is here already, without waiting.
fn ready(subscriber: &mut Subscriber) -> Option<Result<Event, Error>> {
    let next = pin!(subscriber.next_event());
    match next.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(event) => Some(event),
        Poll::Pending => None,
    }
}

fn set_link(desk: &Desk, link: Link) {
    desk.view().tell(|health| {
        if health.link != link {
            (health.link, health.since) = (link, clock::now());
        }
    });
}
