//! The dangerous presets: what travels on ordinary topics.

use std::path::Path;

use cowl::{
    dangerous::{DEFAULT_TOPIC, DangerousPreset},
    transport::{Event, Filter, Message, Qos, Session, Subscriber, Subscription},
};
use cowl_core::{Credential, Manifest};
use serde_json::{Map, Value};

use super::{
    RECONNECT, Subscribe,
    json::free,
    line::{Line, Output, Received},
    ready_event,
    stop::Stop,
    summary::Tally,
    topics::Wanted,
};
use crate::{exit::Exit, failure::Failure, printer::Printer};

/// Messages taken before anything else is looked at.
const BATCH: usize = 1_000;
/// The members that stand in front of a report's fields.
const OWN: [&str; 2] = ["received", "topic"];

/// Reads until the end.
pub(super) async fn read(
    command: &Subscribe,
    path: &Path,
    credential: Credential,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    let keys = credential.dangerous.as_ref().ok_or_else(|| {
        Failure::new(Exit::Keys, format!("{} lacks the keys of its dangerous preset", path.display()))
    })?;
    let preset = DangerousPreset::of(&credential.manifest, keys)
        .map_err(|error| Failure::new(Exit::Keys, error.to_string()))?;
    printer.warning(preset.warning());
    let endpoint = command.connection.endpoint(None)?;
    command.connection.warn_if_exposed(&endpoint, printer);
    let mut options = command.connection.options(&credential.manifest, Some(&credential.login))?;
    if let Some(id) = &command.session.id {
        options.client_id = id.clone();
    }
    let subscription = subscription(command, &credential.manifest)?;
    let mut stop = Stop::listen()?;
    let connected = tokio::select! {
        connected = Subscriber::connect(&endpoint, &options, subscription) => connected,
        () = stop.due() => return Ok(Exit::Done),
    };
    let mut subscriber = connected?;
    if command.output.debug {
        printer.note("connected and subscribed");
    }
    stop.after(command.which.wait);
    let mut shelf = Shelf {
        preset,
        output: Output::of(&command.output),
        // What is subscribed is not asked again.
        wanted: Wanted::new(&[], &command.which.without),
        received: Received::default(),
        remaining: command.which.count,
        no_retained: command.pointless.no_retained,
        retained_only: command.pointless.retained_only,
        out: Vec::new(),
        tally: Tally::default(),
    };
    let ended = if command.which.exit_after_subscribing {
        Ok(())
    } else {
        shelf.pump(&mut subscriber, &mut stop, printer).await
    };
    let shown = shelf.show(printer);
    // The output is what counts; a broker that does not hear the goodbye notices the end by itself.
    let _ = subscriber.disconnect().await;
    if !command.output.quiet && !command.which.exit_after_subscribing {
        shelf.tally.print_read(printer);
    }
    ended.and(shown)?;
    let too_few = shelf.remaining.map_or(shelf.tally.printed == 0, |remaining| remaining > 0);
    Ok(if stop.has_timed_out() && too_few { Exit::TimedOut } else { Exit::Done })
}

fn subscription(command: &Subscribe, manifest: &Manifest) -> Result<Subscription, Failure> {
    let url = command.connection.url_topic().map(Filter::new).transpose()?;
    let mut filters = command.which.topics.clone();
    filters.extend(url);
    if filters.is_empty() {
        filters.push(Filter::new(DEFAULT_TOPIC)?);
    }
    let qos = command.session.qos;
    let mut filters = filters.into_iter().map(|filter| (filter, qos));
    let Some((first, _)) = filters.next() else {
        return Err(Failure::internal("nothing to subscribe"));
    };
    let mut subscription = Subscription::new(first, qos);
    subscription.filters.extend(filters);
    subscription.reconnect = RECONNECT;
    if command.session.keep {
        if command.session.id.is_none() {
            return Err(
                Failure::usage("-c is refused: without an id no session is found again").hint("add -i ID")
            );
        }
        subscription.session = Session::Resume { expiry_s: manifest.policy.lateness_seconds };
    }
    Ok(subscription)
}

struct Shelf {
    preset: DangerousPreset,
    output: Output,
    wanted: Wanted,
    received: Received,
    remaining: Option<u64>,
    no_retained: bool,
    retained_only: bool,
    out: Vec<u8>,
    tally: Tally,
}

impl Shelf {
    async fn pump(
        &mut self,
        subscriber: &mut Subscriber,
        stop: &mut Stop,
        printer: &mut Printer,
    ) -> Result<(), Failure> {
        while self.remaining != Some(0) && !stop.is_due() {
            self.received.refresh();
            let mut is_idle = false;
            for _ in 0..BATCH {
                let Some(event) = ready_event(subscriber) else {
                    is_idle = true;
                    break;
                };
                self.handle(event?, printer);
                if self.remaining == Some(0) {
                    return Ok(());
                }
            }
            self.show(printer)?;
            if is_idle {
                let event = tokio::select! {
                    biased;
                    () = stop.due() => return Ok(()),
                    event = subscriber.next_event() => event?,
                };
                self.received.refresh();
                self.handle(event, printer);
            }
        }
        Ok(())
    }

    fn handle(&mut self, event: Event, printer: &mut Printer) {
        match event {
            Event::Message(message) => self.take(&message),
            Event::Lost { error, .. } => printer.note(&format!("{error}; trying again")),
            Event::Restored { session_present: true } => printer.note("connected again"),
            Event::Restored { session_present: false } => {
                printer.note("connected again; what was sent meanwhile is missing");
            }
        }
    }

    fn take(&mut self, message: &Message) {
        let topic = message.topic.as_str();
        let retained = message.retain;
        if !self.wanted.takes(Some(topic))
            || (retained && self.no_retained)
            || (!retained && self.retained_only)
        {
            self.tally.left_out += 1;
            return;
        }
        let fields = match self.preset.read(&message.payload) {
            Ok(fields) => members(fields),
            Err(error) => {
                *self.tally.unreadable.entry(error.to_string()).or_default() += 1;
                return;
            }
        };
        let line = Line {
            sealed: None,
            topic: Some(topic),
            fields: &fields,
            received: &self.received,
            qos: Qos::into(message.qos),
            retain: retained,
        };
        self.output.write(&line, &mut self.out);
        self.tally.printed += 1;
        self.remaining = self.remaining.map(|remaining| remaining.saturating_sub(1));
    }

    fn show(&mut self, printer: &mut Printer) -> Result<(), Failure> {
        printer.raw(&self.out)?;
        self.out.clear();
        printer.flush()
    }
}

/// The members of an object without its braces; none called like the reader's own.
fn members(fields: Map<String, Value>) -> Vec<u8> {
    let names: Vec<String> = fields.keys().cloned().collect();
    let renamed = fields
        .into_iter()
        .map(|(name, value)| (free(&name, &OWN, |other| names.iter().any(|known| known == other)), value));
    let text = Value::Object(renamed.collect()).to_string();
    text.strip_prefix('{').and_then(|text| text.strip_suffix('}')).unwrap_or_default().as_bytes().to_vec()
}
