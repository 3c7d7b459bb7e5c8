//! `cowl gateway --devices`: the broker of devices that cannot change. What they say is kept, and leaves sealed, in slots.

use std::{path::Path, sync::Arc};

use clap::Args;
use cowl::{
    client::confirm_always,
    gateway::{self, Gateway, GatewayError, NotKept, Offered, Refusal, Taken},
    keyring::load_credential,
    node::{Queue, QueueError, uplink::uplink as carry},
    random::SystemRng,
};
use cowl_broker::{
    Broker, BrokerConfig, Caller, Devices, Incoming, Intake, Limits, Publisher, Qos, RefusedBecause, Rights,
    Running, TopicFilter, Verdict,
};
use cowl_core::{Capacity, Credential, Member, Mode, Position};

use crate::{
    commands::node::{
        ListenArgs, LoginArgs, NodeTokens, Teller, UplinkArgs, dropped, listening, not_started,
    },
    exit::Exit,
    failure::Failure,
    machine::{self, Stop},
    printer::Printer,
};

/// The flags.
#[derive(Debug, Args)]
pub(crate) struct DeviceArgs {
    #[command(flatten)]
    listen: ListenArgs,

    #[command(flatten)]
    logins: LoginArgs,

    /// Topics that devices may say to one another and hear, which leave this machine in no form; + and # are wildcards; may be
    /// repeated [default: none]
    #[arg(long = "local-topics", value_name = "FILTER", value_parser = filter, requires = "devices", help_heading = DEVICES)]
    local_topics: Vec<TopicFilter>,

    /// Topics that devices may listen to, for commands and what is local; may be repeated [default: all]
    #[arg(long = "commands", value_name = "FILTER", value_parser = filter, requires = "devices", help_heading = DEVICES)]
    command_topics: Vec<TopicFilter>,

    /// Where the gateway is, so that its devices hear no alerts to other zones [default: they hear those to all zones]
    #[arg(long, value_name = "LAT,LON", value_parser = place, requires = "devices", allow_hyphen_values = true, help_heading = DEVICES)]
    here: Option<Position>,

    /// Clients at once, connected or with a session kept
    #[arg(long, value_name = "N", default_value_t = 1_000, requires = "devices", help_heading = DEVICES,
        value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    clients: u32,

    /// Print the devices that were seen and the number of each one's identity, and end. Their names are personal data
    #[arg(long, requires = "devices", help_heading = DEVICES)]
    list: bool,

    /// Print the twelve words by which the person who reports by this device withdraws, and end. For that person alone
    #[arg(long, value_name = "DEVICE", requires = "devices", conflicts_with = "list", help_heading = DEVICES)]
    code: Option<String>,

    /// Take up a device again that was withdrawn, after its person agreed anew, and end: with other words. Stop the gateway before
    #[arg(long, value_name = "DEVICE", requires = "devices", conflicts_with_all = ["list", "code"], help_heading = DEVICES)]
    admit: Option<String>,

    /// Say the numbers of messages too, every minute: real ones among them
    #[arg(short = 'd', long, help_heading = DEVICES)]
    debug: bool,
}

const DEVICES: &str = "With --devices: what they may do";

impl DeviceArgs {
    pub(crate) async fn run(
        &self,
        credential: &Path,
        uplink: &UplinkArgs,
        printer: &mut Printer,
    ) -> Result<Exit, Failure> {
        if self.list {
            return list(credential, printer);
        }
        if let Some(name) = &self.code {
            return code(credential, name, printer);
        }
        if let Some(name) = &self.admit {
            gateway::admit(credential, name, &mut SystemRng::new())?;
            printer.note("it is taken again; give its person the new words: --code");
            return Ok(Exit::Done);
        }
        let mut stop = Stop::new()?;
        let held = load_credential(credential)?;
        let Member::Gateway(_) = &held.member else { return Err(GatewayError::NotAGateway.into()) };
        let mut way = uplink.way(&held.manifest, &held.login, printer)?;
        let logins = self.logins.read(Rights::Unmodified, printer)?;
        let listeners = self.listen.listeners(credential, printer)?;
        capacity(&held, printer);
        let known = held.manifest.clone();
        drop(held);
        let queue = gateway::open_queue(credential)?;
        let (gateway, load) = Gateway::open(credential, queue.clone(), machine::now)?;
        if let Some(here) = self.here {
            gateway.be_at(here);
        }
        let config = BrokerConfig {
            devices: self.devices()?,
            limits: self.limits()?,
            ..BrokerConfig::of_devices(listeners, logins, Arc::new(Door(gateway.clone())))
        };
        let running = Broker::start(config).await.map_err(|error| not_started(&error))?;
        listening(&running, printer);
        let commands = tokio::spawn(pass_on(gateway.clone(), running.publisher()));
        let tokens =
            if uplink.names_login() { None } else { NodeTokens::begin(credential, &known, &mut way) };
        let confirming = tokio::spawn(confirm_always(
            way.endpoint.clone(),
            way.options.clone(),
            credential.to_owned(),
            gateway.obeyed(),
        ));
        let mut teller = Teller::new(printer, queue.clone(), self.debug, tokens);
        way.since = tokio::time::Instant::now();
        let counts =
            Box::pin(carry(queue.clone(), load, way, stop.wanted(), |event| teller.tell(event))).await;
        commands.abort();
        confirming.abort();
        close(running, queue, &gateway, counts, printer).await
    }

    fn devices(&self) -> Result<Devices, Failure> {
        let all = || filter("#").map_err(Failure::internal);
        Ok(Devices {
            anonymous: self.logins.is_anonymous(),
            local: self.local_topics.clone(),
            commands: if self.command_topics.is_empty() { vec![all()?] } else { self.command_topics.clone() },
        })
    }

    fn limits(&self) -> Result<Limits, Failure> {
        let connections =
            self.clients.try_into().map_err(|_| Failure::usage("--clients 0 lets nobody in"))?;
        Ok(Limits { connections, ..Limits::default() })
    }
}

/// Publishes the authority's commands and alerts to the devices, one after the other.
async fn pass_on(gateway: Gateway, publisher: Publisher) {
    loop {
        let command = gateway.command().await;
        let qos = Qos::AtLeastOnce;
        // The only failure there is: the broker ended, and with it this.
        if publisher.publish(command.topic, command.payload, qos, command.retain).await.is_err() {
            return;
        }
    }
}

/// Ends everything in order: no new reports, all that is there on disk, and says what was lost.
async fn close(
    running: Running,
    queue: Queue,
    gateway: &Gateway,
    counts: cowl::node::uplink::Counts,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    let broker = running.counts();
    running.shutdown().await;
    let status = queue.status();
    let closed = tokio::task::spawn_blocking(move || queue.close()).await;
    printer.note("ended");
    dropped(&status, counts, printer);
    let counts = gateway.counts();
    for (what, count) in [
        ("devices were withdrawn", counts.withdrawn),
        ("reports that waited were erased before they were sent", counts.erased),
        ("dispatches with alerts were not the authority's", counts.dispatches_refused),
        ("lists of erase orders were not the authority's", counts.lists_refused),
        ("lists of erase orders could not be obeyed, as the disk failed", counts.not_destroyed),
    ] {
        if count > 0 {
            printer.note(&format!("{count} {what}"));
        }
    }
    for (reason, count) in counts.refused.into_iter().filter(|(_, count)| *count > 0) {
        printer.note(&format!("{count} messages of devices refused: {reason}"));
    }
    for (name, count) in broker.named().filter(|(name, count)| *count > 0 && is_trouble(name)) {
        printer.note(&format!("{count} {}", name.replace('_', " ")));
    }
    match closed {
        Ok(Ok(())) => Ok(Exit::Done),
        Ok(Err(error)) => Err(Failure::new(Exit::Storage, error.to_string())
            .hint("what was acknowledged to devices is on disk; what was delivered last may be sent again")),
        Err(_) => Err(Failure::internal("the queue was not closed")),
    }
}

/// Counters of the broker that are not told elsewhere and are not the ordinary course of things.
fn is_trouble(name: &str) -> bool {
    name.starts_with("connects_refused") || name.contains("denied") || name.starts_with("dropped")
}

/// Says what the slots carry, as long as somebody is there to read it.
fn capacity(credential: &Credential, printer: &mut Printer) {
    let policy = &credential.manifest.policy;
    let Some(capacity) = Capacity::of(policy) else { return };
    printer.note(&format!(
        "carries {} reports an hour, the n-th urgent one within n times {} s, for {} MB a day; more: cowl plan",
        capacity.per_day(Mode::Enrolled) / 24,
        capacity.slot().as_secs_f64(),
        capacity.daily_bytes().total().div_ceil(1_000_000)
    ));
}

fn list(credential: &Path, printer: &mut Printer) -> Result<Exit, Failure> {
    for gateway::Standing { device, is_withdrawn } in gateway::standings(credential)? {
        // Identities are counted from 1 wherever people see them.
        let withdrawn = if is_withdrawn { "\twithdrawn" } else { "" };
        printer.data(format!("{}\t{}{withdrawn}", device.identity + 1, device.name))?;
    }
    printer.flush()?;
    Ok(Exit::Done)
}

fn code(credential: &Path, name: &str, printer: &mut Printer) -> Result<Exit, Failure> {
    let code = gateway::withdrawal_code(credential, name)?
        .ok_or_else(|| Failure::usage("its person withdrew: there are no words any more"))?;
    printer.data(code.to_words().as_str())?;
    printer.flush()?;
    Ok(Exit::Done)
}

fn filter(text: &str) -> Result<TopicFilter, String> {
    TopicFilter::new(text)
        .map_err(|_| "no topic filter: + and # stand alone between slashes, and # comes last".to_owned())
}

fn place(text: &str) -> Result<Position, String> {
    let wrong = || "a latitude and a longitude in degrees, such as 18.54,-72.34".to_owned();
    let (latitude, longitude) = text.split_once(',').ok_or_else(wrong)?;
    let degrees = |text: &str| text.trim().parse::<f64>().map_err(|_| wrong());
    Position::new(degrees(latitude)?, degrees(longitude)?).map_err(|_| wrong())
}

/// The gateway as the broker's intake.
#[derive(Debug)]
struct Door(Gateway);

impl Intake for Door {
    fn take(&self, from: &Caller<'_>, publication: &Incoming<'_>) -> Verdict {
        let Self(gateway) = self;
        // Whatever devices may say to one another, none gives alerts.
        if gateway::is_of_alerts(publication.topic) {
            return Verdict::Refused(RefusedBecause::NotAllowed);
        }
        let caller = gateway::Caller { client_id: from.client_id, user: from.user };
        let Incoming { topic, payload, dup, packet_id, retain, .. } = *publication;
        let qos = match publication.qos {
            Qos::AtMostOnce => 0,
            Qos::AtLeastOnce => 1,
            Qos::ExactlyOnce => 2,
        };
        match gateway.take(&caller, &Offered { topic, payload, qos, dup, packet_id, retain }) {
            Taken::NotAReport => Verdict::Local,
            Taken::Refused(refusal) => Verdict::Refused(because(&refusal)),
            Taken::Kept(ticket) => Verdict::Kept(Box::pin(async move {
                match ticket.await {
                    Ok(_) => Ok(()),
                    Err(NotKept::Queue(QueueError::TooLong)) => Err(RefusedBecause::Unreadable.into()),
                    Err(NotKept::Queue(QueueError::Full | QueueError::OnceFull | QueueError::Busy)) => {
                        Err(RefusedBecause::Full.into())
                    }
                    Err(_) => Err(RefusedBecause::Failed.into()),
                }
            })),
        }
    }
}

fn because(refusal: &Refusal) -> RefusedBecause {
    match refusal {
        Refusal::RosterFull | Refusal::Busy => RefusedBecause::Full,
        Refusal::Rule(_) | Refusal::Consent { .. } | Refusal::Withdrawn => RefusedBecause::NotAllowed,
        _ => RefusedBecause::Unreadable,
    }
}
