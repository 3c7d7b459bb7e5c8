//! Preset `cowl`: the mailbox of an operation, read by one role.

mod notices;

use std::{
    num::NonZeroU16,
    path::Path,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use cowl::{
    client::{Topics, confirm_always},
    glass::Kept,
    keyring::{Ear, Reader},
    transport::{
        Acks, ClientId, Event, Filter, Message, Options, Qos, Session, Subscriber, Subscription, Topic,
    },
};
use cowl_core::{Credential, RoleIndex};
use tokio::time::{Instant, sleep_until};

use super::{
    RECONNECT, Subscribe, desk::Desk, keeper::Keeper, line::Output, ready_event, search::Search, stop::Stop,
    summary::plural, topics::Wanted,
};
use crate::{exit::Exit, failure::Failure, printer::Printer};

/// Messages taken before anything else is looked at, and acknowledged together at the most.
const BATCH: usize = 1_000;
/// Unacknowledged messages at which a pause is used to write the state, however soon after the last time. Below the 20
/// at which mosquitto waits for acknowledgements unless told otherwise.
const FEW: usize = 16;
/// Between two writes of the state while few messages are not acknowledged.
const SOON: Duration = Duration::from_millis(50);
/// Between two writes of the state while none is to be acknowledged (QoS 0).
const LATER: Duration = Duration::from_secs(1);
/// How long the mailbox waits for the first beacon: it says in which epoch the reports are looked up.
const BEACON: Duration = Duration::from_secs(1);
/// Messages that wait for it at the most.
const HELD: usize = BATCH;
/// Between two looks at the calendar while nothing comes.
const TICK: Duration = Duration::from_secs(15);
/// A mailbox in which nothing came for so long is quiet.
const QUIET: Duration = Duration::from_millis(50);

/// Reads until the end.
pub(super) async fn read(
    command: &Subscribe,
    path: &Path,
    credential: Credential,
    role: RoleIndex,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    let policy = &credential.manifest.policy;
    let wanted = Wanted::new(&command.which.topics, &command.which.without);
    wanted.check(policy, role)?;
    let name = policy.role(role).map(|role| role.name.clone()).unwrap_or_default();
    let endpoint = command.connection.endpoint(None)?;
    command.connection.warn_if_exposed(&endpoint, printer);
    let mut options = command.connection.options(&credential.manifest, Some(&credential.login))?;
    drop(credential);

    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok().map(|now| now.as_secs());
    let mut reader = Reader::open(path, &name, now)?;
    let ear = Ear::beside(path, Some(&name))?;
    let topics = Topics::of(reader.manifest());
    if command.output.help_keys {
        reader.tell_help();
    }
    let subscription = subscription(command, &reader, &topics)?;
    introduce(command, &reader, &subscription, &mut options)?;
    let output = Output::of(&command.output);
    let keeper = command.output.archive.as_deref().map(|path| Keeper::open(path, &reader)).transpose()?;
    let mut stop = Stop::listen()?;
    let connected = tokio::select! {
        connected = Subscriber::connect(&endpoint, &options, subscription) => connected,
        () = stop.due() => return Ok(Exit::Done),
    };
    let subscriber = connected?;
    if command.which.exit_after_subscribing {
        subscriber.disconnect().await?;
        return Ok(Exit::Done);
    }
    if command.output.debug {
        printer.note("connected and subscribed");
    }
    stop.after(command.which.wait);
    let mut desk = Desk::new(reader, output, wanted, command.which.count, keeper, printer);
    if let Some(path) = &command.output.keep_custody {
        desk.keep_custody(Kept::open(path)?);
    }
    // It ends with this process; the first word comes within an hour.
    let (said, what) = (path.to_owned(), desk.obeyed());
    tokio::spawn(confirm_always(endpoint, options, said, what));
    let mailbox = Mailbox {
        desk,
        subscriber,
        manifest: topics.manifest()?,
        beacon: topics.beacon()?,
        bundle: topics.bundle()?,
        erasures: topics.erasures()?,
        dispatch: topics.dispatch()?,
        ear,
        alerts_as_json: command.output.alerts,
        debug: command.output.debug,
        until_beacon: Some((Instant::now() + BEACON, Vec::new())),
        written: Instant::now(),
        taken: Instant::now(),
        search: Search::new(),
        told: Vec::new(),
    };
    mailbox.run(stop, command).await
}

fn subscription(command: &Subscribe, reader: &Reader, topics: &Topics) -> Result<Subscription, Failure> {
    let qos = command.session.qos;
    // What is retained comes in this order: the manifest, the keys and the beacon first, because reports are looked up by them.
    let mut subscription = Subscription::new(Filter::new(topics.manifest()?.as_str())?, Qos::AtMostOnce);
    subscription.filters.push((Filter::new(topics.bundle()?.as_str())?, Qos::AtMostOnce));
    subscription.filters.push((Filter::new(topics.beacon()?.as_str())?, Qos::AtMostOnce));
    subscription.filters.push((Filter::new(topics.erasures()?.as_str())?, Qos::AtMostOnce));
    subscription.filters.push((Filter::new(topics.dispatch()?.as_str())?, Qos::AtMostOnce));
    subscription.filters.push((topics.reports()?, qos));
    subscription.acks = Acks::Manual;
    subscription.reconnect = RECONNECT;
    if keeps_session(command)? {
        let policy = &reader.manifest().policy;
        // What is older cannot be opened any more.
        let expiry_s = policy.epoch_seconds.saturating_add(policy.lateness_seconds).min(u32::MAX - 1);
        subscription.session = Session::Resume { expiry_s };
    }
    Ok(subscription)
}

fn keeps_session(command: &Subscribe) -> Result<bool, Failure> {
    let session = &command.session;
    if session.keep && session.qos == Qos::AtMostOnce {
        return Err(Failure::usage("-c is refused: at QoS 0 the broker keeps nothing")
            .hint("leave -q out, or use -q 1"));
    }
    Ok(session.qos != Qos::AtMostOnce && !session.clean)
}

/// A reader with a session is known to the broker by a name; one without is nobody.
fn introduce(
    command: &Subscribe,
    reader: &Reader,
    subscription: &Subscription,
    options: &mut Options,
) -> Result<(), Failure> {
    // After a lost connection brokers send again what was not acknowledged, RMQTT even backwards. So far back a device's
    // messages are found again, whatever their order.
    let windows = reader.manifest().policy.windows;
    let reach = windows.every.saturating_mul(u16::from(windows.ahead).saturating_add(1));
    options.in_flight = NonZeroU16::new(reach).unwrap_or(Options::IN_FLIGHT);
    if let Some(id) = &command.session.id {
        options.client_id = id.clone();
    } else if subscription.session != Session::Clean {
        options.client_id = ClientId::named(reader.session_name())?;
    }
    Ok(())
}

struct Mailbox<'a> {
    desk: Desk<'a>,
    subscriber: Subscriber,
    manifest: Topic,
    beacon: Topic,
    bundle: Topic,
    erasures: Topic,
    dispatch: Topic,
    ear: Ear,
    alerts_as_json: bool,
    debug: bool,
    /// Until when, and which messages wait, at the start.
    until_beacon: Option<(Instant, Vec<Message>)>,
    /// When the state was last written.
    written: Instant,
    /// When the last message came.
    taken: Instant,
    search: Search,
    /// Warnings that were given: each once.
    told: Vec<String>,
}

impl Mailbox<'_> {
    async fn run(mut self, mut stop: Stop, command: &Subscribe) -> Result<Exit, Failure> {
        let ended = self.pump(&mut stop).await;
        // Whatever ended it, what was printed is written down, and only that is acknowledged.
        let settled = self.finish();
        let left = match ended {
            Ok(()) if settled.is_ok() => self.subscriber.disconnect().await.map_err(Failure::from),
            _ => Ok(()),
        };
        if !command.output.quiet {
            self.desk.summarise();
        }
        ended.and(settled)?;
        if let Err(failure) = left {
            self.desk.printer().note(&format!("the broker was not told goodbye: {}", failure.message()));
        }
        let printed = self.desk.tally().printed;
        let too_few = command.which.count.map_or(printed == 0, |_| !self.desk.is_done());
        Ok(if stop.has_timed_out() && too_few { Exit::TimedOut } else { Exit::Done })
    }

    async fn pump(&mut self, stop: &mut Stop) -> Result<(), Failure> {
        while !self.desk.is_done() && !stop.is_due() {
            let is_idle = self.drain()?;
            self.tidy(is_idle)?;
            if !is_idle || self.desk.is_done() {
                continue;
            }
            let duty = self.next_duty();
            let event = tokio::select! {
                biased;
                () = stop.due() => return Ok(()),
                event = self.subscriber.next_event() => event?,
                () = sleep_until(duty) => continue,
            };
            self.desk.refresh();
            self.taken = Instant::now();
            self.handle(event)?;
        }
        Ok(())
    }

    /// Takes what is here, at most a batch. Says whether that was all.
    fn drain(&mut self) -> Result<bool, Failure> {
        self.desk.refresh();
        for taken in 0..BATCH {
            let Some(event) = ready_event(&mut self.subscriber) else {
                if taken > 0 {
                    self.taken = Instant::now();
                }
                return Ok(true);
            };
            self.handle(event?)?;
            if self.desk.is_done() {
                break;
            }
        }
        self.taken = Instant::now();
        Ok(false)
    }

    fn handle(&mut self, event: Event) -> Result<(), Failure> {
        match event {
            Event::Message(message) => self.message(message),
            Event::Lost { error, retry_in } => {
                // Its messages come again on the next connection, or were never to be acknowledged.
                self.desk.settle()?;
                let wait = plural(retry_in.as_secs().max(1), "second");
                self.desk.printer().note(&format!("{error}; trying again within {wait}"));
                Ok(())
            }
            Event::Restored { session_present } => {
                let lost = if session_present { "" } else { "; reports sent meanwhile may be missing" };
                self.desk.printer().note(&format!("connected again{lost}"));
                Ok(())
            }
        }
    }

    fn message(&mut self, mut message: Message) -> Result<(), Failure> {
        if message.topic == self.manifest {
            self.follow(&message.payload)?;
            message.ack();
        } else if message.topic == self.bundle {
            self.take_bundle(&message.payload)?;
            message.ack();
        } else if message.topic == self.beacon {
            self.hear(&message.payload)?;
            message.ack();
        } else if message.topic == self.erasures {
            self.desk.obey(&message.payload)?;
            message.ack();
        } else if message.topic == self.dispatch {
            self.alert(&message.payload)?;
            message.ack();
        } else if let Some((_, held)) = &mut self.until_beacon {
            held.push(message);
            if held.len() >= HELD {
                self.open_held()?;
            }
        } else {
            self.desk.take(message)?;
        }
        Ok(())
    }

    /// Opens what waited for the first beacon.
    fn open_held(&mut self) -> Result<(), Failure> {
        let held = self.until_beacon.take().map(|(_, held)| held).unwrap_or_default();
        for message in held {
            // Past the end nothing is taken: the broker keeps it, or it was never to be kept.
            if !self.desk.is_done() {
                self.desk.take(message)?;
                // So many at once can be more than may wait for a search.
                if self.search.is_urgent(&self.desk) {
                    self.search.step(&mut self.desk);
                }
            }
        }
        Ok(())
    }

    /// Does what is due between two batches.
    fn tidy(&mut self, is_idle: bool) -> Result<(), Failure> {
        let now = Instant::now();
        if self.until_beacon.as_ref().is_some_and(|(until, _)| *until <= now) {
            self.open_held()?;
            if self.debug {
                self.desk.printer().note("no beacon yet: reports are looked up around the last epoch known");
            }
        }
        if is_idle {
            self.desk.tick()?;
        }
        if is_idle {
            self.desk.show()?;
        }
        let passed = now.saturating_duration_since(self.written);
        let is_due = match self.desk.open() {
            0 => passed >= LATER,
            BATCH.. => true,
            FEW.. if is_idle => true,
            _ => passed >= SOON,
        };
        let is_quiet = is_idle && now.saturating_duration_since(self.taken) >= QUIET;
        if is_due && self.desk.open() > 0 {
            self.search.pass(&mut self.desk);
        } else if is_quiet || self.search.is_urgent(&self.desk) {
            self.search.step(&mut self.desk);
        }
        if is_due && (self.desk.open() > 0 || !self.desk.reader().is_committed()) {
            self.desk.settle()?;
            self.written = Instant::now();
        }
        Ok(())
    }

    /// When something is to be done even if nothing comes.
    fn next_duty(&self) -> Instant {
        let now = Instant::now();
        let mut duty = now + TICK;
        if let Some((until, _)) = &self.until_beacon {
            duty = duty.min(*until);
        }
        if self.desk.open() > 0 {
            duty = duty.min(self.written + SOON);
        } else if !self.desk.reader().is_committed() {
            duty = duty.min(self.written + LATER);
        }
        if let Some(next) = self.search.next(&self.desk) {
            duty = duty.min(next.max(self.taken + QUIET));
        }
        duty
    }

    fn finish(&mut self) -> Result<(), Failure> {
        self.open_held()?;
        self.search.last_pass(&mut self.desk);
        self.desk.settle()
    }

    fn warn(&mut self, text: String) {
        if !self.told.contains(&text) {
            self.desk.printer().warning(&text);
            self.told.push(text);
        }
    }
}
