//! The service on the network: keeps manifest and beacons retained on a broker, and listens to the mailbox.

use std::{convert::Infallible, future::Future, sync::Arc, time::Duration};

use cowl_core::Epoch;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

use super::{
    Outgoing, Service,
    http::{Clerk, HttpListener, window},
};
use crate::{
    client::Topics,
    files::FileError,
    operation::OperationError,
    transport::{
        self, Endpoint, Error, Filter, Options, Publication, Publisher, Qos, Reconnect, Subscriber,
        Subscription,
    },
};

/// How often the service looks whether something is due.
const TICK: Duration = Duration::from_secs(1);
/// How long a broker may take to acknowledge a notice.
const ANSWER: Duration = Duration::from_secs(10);
/// The waits between attempts to connect again.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_mins(1);

/// What happened, for whoever watches. Nothing of a person is in it.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event {
    /// Manifest and beacon are on the broker.
    Started {
        /// The epoch now.
        epoch: Epoch,
        /// The manifest's version.
        manifest: u32,
    },
    /// An epoch began.
    Epoch(Epoch),
    /// A newer manifest, of this version, was published.
    Manifest(u32),
    /// Notices or mailbox: the connection was lost, and is made again after the wait.
    Lost {
        /// Why.
        why: String,
        /// When.
        retry_in: Duration,
    },
    /// There is a connection again.
    Restored,
    /// The policy file cannot be used; the policy published before stays.
    Policy(OperationError),
    /// Nothing new can be published until this is over; it is tried again every second.
    Stuck(OperationError),
    /// The responders' bundle cannot be made: who was revoked is still heard, and no new keys go out.
    NoBundle(OperationError),
    /// What the census counted could not be kept on disk.
    Census(FileError),
    /// This device number of the register sends from two machines; beacons tell both to stop.
    Clone(u32),
    /// Somebody with a good ticket could not be let in.
    NotJoined(OperationError),
    /// The beacon leaves out so many of the finest zone levels: their counts do not fit it.
    LeftOut(u8),
}

/// Why the service ended.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The operation's folder.
    #[error(transparent)]
    Operation(#[from] OperationError),
    /// The broker.
    #[error(transparent)]
    Transport(#[from] Error),
}

/// Serves an operation until `stop` completes. `options` carry the operator's login; `clock` gives Unix seconds.
///
/// The first connection must succeed; later ones are made again for as long as it takes.
pub async fn run(
    service: &mut Service,
    endpoint: &Endpoint,
    options: &Options,
    clock: &(dyn Fn() -> u64 + Sync),
    tell: &mut (dyn FnMut(Event) + Send),
    stop: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    run_with_http(service, endpoint, options, clock, tell, None, stop).await
}

/// The same, answering over HTTP too: people can join, and members renew, while the broker is out of reach.
pub async fn run_with_http(
    service: &mut Service,
    endpoint: &Endpoint,
    options: &Options,
    clock: &(dyn Fn() -> u64 + Sync),
    tell: &mut (dyn FnMut(Event) + Send),
    http: Option<HttpListener>,
    stop: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let (window, mut clerk) = window(service.operation().manifest().bytes());
    let listen = async {
        match http {
            Some(listener) => listener.run(Arc::new(window), std::future::pending()).await,
            None => std::future::pending().await,
        }
    };
    let mut line: Option<Line<'_>> = None;
    let ended = {
        // On the heap: the future of a caller that embeds this one stays small.
        let serve = Box::pin(async {
            let line = line.insert(Line::connect(service, endpoint, options).await?);
            line.serve(service, clock, tell, &mut clerk).await
        });
        tokio::select! {
            ended = serve => ended.map(|never| match never {}),
            () = listen => Ok(()),
            () = stop => Ok(()),
        }
    };
    if let Some(line) = line {
        line.leave().await;
    }
    // What is lost here, members prove again.
    let _ = service.keep_desk();
    if let Err(error) = service.keep() {
        tell(Event::Census(error));
    }
    ended
}

/// The connections of the service.
struct Line<'a> {
    endpoint: &'a Endpoint,
    options: &'a Options,
    topics: Topics,
    publisher: Option<Publisher>,
    mailbox: Subscriber,
    wait: Duration,
    again_at: Instant,
    /// What was told last of being stuck: the same is not told every second.
    stuck: Option<String>,
    left_out: u8,
    /// The newest manifest that was told of.
    version: u32,
}

impl<'a> Line<'a> {
    async fn connect(
        service: &Service,
        endpoint: &'a Endpoint,
        options: &'a Options,
    ) -> Result<Self, ServeError> {
        let topics = Topics::of(service.operation().manifest());
        let publisher = Publisher::connect(endpoint, options).await?;
        let questions = Filter::new(topics.questions()?.as_str())?;
        let mut wanted = Subscription::new(questions, Qos::AtLeastOnce);
        if service.census().is_some() {
            wanted.filters.push((topics.reports()?, Qos::AtLeastOnce));
        }
        wanted.reconnect = Reconnect::Backoff { first: FIRST_WAIT, longest: LONGEST_WAIT };
        let mailbox = Subscriber::connect(endpoint, options, wanted).await?;
        Ok(Self {
            endpoint,
            options,
            topics,
            publisher: Some(publisher),
            mailbox,
            wait: FIRST_WAIT,
            again_at: Instant::now(),
            stuck: None,
            left_out: 0,
            version: service.operation().manifest().version,
        })
    }

    async fn serve(
        &mut self,
        service: &mut Service,
        clock: &(dyn Fn() -> u64 + Sync),
        tell: &mut (dyn FnMut(Event) + Send),
        clerk: &mut Clerk,
    ) -> Result<Infallible, ServeError> {
        let outgoing = service.announce(clock())?;
        self.publish(service, outgoing, tell).await?;
        tell(Event::Started { epoch: service.epoch(), manifest: self.version });
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let questions = self.topics.questions()?;
        loop {
            tokio::select! {
                event = self.mailbox.next_event() => match event? {
                    transport::Event::Message(message) if message.topic.as_str() == questions.as_str() => {
                        self.answer(service, &message.payload, clock()).await?;
                        service.take_trouble().map(Event::NotJoined).into_iter().for_each(&mut *tell);
                    }
                    transport::Event::Message(message) => service.take(&message.payload, clock()),
                    // The publisher tells of the same broker; one word is enough.
                    transport::Event::Lost { .. } | transport::Event::Restored { .. } => {}
                },
                question = clerk.next() => {
                    let answer = service.answer(question.request(), clock());
                    question.answer(answer);
                    if let Some(error) = service.take_trouble() {
                        tell(Event::NotJoined(error));
                    }
                }
                _ = ticks.tick() => self.tick(service, clock(), tell).await?,
            }
            clerk.show(service.operation().manifest().bytes());
        }
    }

    /// Answers a request that came over the broker. What is lost with a connection is asked again.
    async fn answer(&mut self, service: &mut Service, question: &[u8], now: u64) -> Result<(), ServeError> {
        let Some((name, request)) = question.split_first_chunk::<16>() else { return Ok(()) };
        let (Some(answer), Some(publisher)) = (service.answer(request, now), &self.publisher) else {
            return Ok(());
        };
        let publication = Publication::new(self.topics.answer(*name)?, answer, Qos::AtMostOnce);
        // A publisher that lost its connection is found by the next notice.
        let _ = timeout(ANSWER, publisher.publish(publication)).await;
        Ok(())
    }

    async fn tick(
        &mut self,
        service: &mut Service,
        now: u64,
        tell: &mut (dyn FnMut(Event) + Send),
    ) -> Result<(), ServeError> {
        let made = if self.publisher.is_some() {
            service.tick(now)
        } else if Instant::now() < self.again_at {
            return Ok(());
        } else {
            match Publisher::connect(self.endpoint, self.options).await {
                Err(error) if error.is_transient() => {
                    self.lost(error.to_string(), tell);
                    return Ok(());
                }
                Err(error) => return Err(error.into()),
                Ok(publisher) => {
                    self.publisher = Some(publisher);
                    self.wait = FIRST_WAIT;
                    tell(Event::Restored);
                    // An embedded broker forgets what it retained.
                    service.announce(now)
                }
            }
        };
        match made {
            Ok(outgoing) => {
                self.stuck = None;
                self.publish(service, outgoing, tell).await
            }
            Err(error) => {
                let text = error.to_string();
                if self.stuck.as_ref() != Some(&text) {
                    self.stuck = Some(text);
                    tell(Event::Stuck(error));
                }
                Ok(())
            }
        }
    }

    async fn publish(
        &mut self,
        service: &Service,
        outgoing: Outgoing,
        tell: &mut (dyn FnMut(Event) + Send),
    ) -> Result<(), ServeError> {
        let Outgoing {
            manifest,
            beacon,
            bulletin,
            erasures,
            dispatch,
            bundle,
            epoch,
            policy,
            left_out,
            census,
            clones,
            no_bundle,
        } = outgoing;
        let told = [
            epoch.map(Event::Epoch),
            policy.map(Event::Policy),
            census.map(Event::Census),
            no_bundle.map(Event::NoBundle),
        ];
        told.into_iter().flatten().for_each(&mut *tell);
        clones.into_iter().map(Event::Clone).for_each(&mut *tell);
        if beacon.is_some() && left_out != self.left_out {
            self.left_out = left_out;
            tell(Event::LeftOut(left_out));
        }
        let version = service.operation().manifest().version;
        // The manifest first, then the keys: the beacon calls members to both.
        let notices = [
            (self.topics.manifest()?, manifest),
            (self.topics.bundle()?, bundle),
            (self.topics.beacon()?, beacon),
            (self.topics.bulletin()?, bulletin),
            (self.topics.erasures()?, erasures),
            (self.topics.dispatch()?, dispatch),
        ];
        for (index, (topic, payload)) in notices.into_iter().enumerate() {
            let is_manifest = index == 0;
            let Some(payload) = payload else { continue };
            let Some(publisher) = &self.publisher else { return Ok(()) };
            let publication = Publication::new(topic, payload, Qos::AtLeastOnce).retained();
            let lost = match timeout(ANSWER, publisher.publish(publication)).await {
                Ok(Ok(())) => {
                    if is_manifest && version > self.version {
                        self.version = version;
                        tell(Event::Manifest(version));
                    }
                    continue;
                }
                Ok(Err(error)) if error.is_transient() => error.to_string(),
                Ok(Err(error)) => return Err(error.into()),
                Err(_) => format!("no acknowledgement within {} s", ANSWER.as_secs()),
            };
            self.publisher = None;
            self.lost(lost, tell);
            return Ok(());
        }
        Ok(())
    }

    fn lost(&mut self, why: String, tell: &mut (dyn FnMut(Event) + Send)) {
        tell(Event::Lost { why, retry_in: self.wait });
        self.again_at = Instant::now() + self.wait;
        self.wait = (self.wait * 2).min(LONGEST_WAIT);
    }

    async fn leave(self) {
        // What is not acknowledged now is published by the next service.
        if let Some(publisher) = self.publisher {
            let _ = publisher.disconnect().await;
        }
        let _ = self.mailbox.disconnect().await;
    }
}
