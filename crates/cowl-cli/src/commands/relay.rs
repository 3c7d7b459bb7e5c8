//! `cowl relay`: takes the wrap off what phones send, and publishes it in its own slots. It sees addresses and no content.

use std::{path::PathBuf, sync::Arc};

use clap::Args;
use cowl::{
    client::Topics as OperationTopics,
    keyring::load_credential,
    node::{Queue, QueueError, uplink::uplink as carry},
    relay::{self, Counts, Refusal, Relay, Taken},
    transport::Topic,
};
use cowl_broker::{
    Broker, BrokerConfig, Caller, Devices, Incoming, Intake, Limits, Publisher, Qos, RefusedBecause, Rights,
    Running, TopicFilter, TopicPrefix, Topics, Verdict,
};
use tokio::time::Instant;

use super::node::{ListenArgs, LoginArgs, NodeTokens, Teller, UplinkArgs, dropped, listening, not_started};
use crate::{exit::Exit, failure::Failure, machine::Stop, printer::Printer};

/// What the command does beyond its first line, at the end of its help.
const MORE: &str = "\
Phones send to it with `cowl pub --relay HOST:PORT`; they hear the operation's manifest, beacons, alerts and that help is coming from it too. It cannot open what \
they send, and the operation's broker does not see who they are; both together could. What waits lies beside the credential, \
encrypted, and leaves in a random order. Runs until Ctrl-C or SIGTERM.

Examples:
  cowl enrol ops relay --relay
  cowl relay relay.cowl --listen-tls 0.0.0.0:8883 --name relay.example --anonymous \\
      --uplink broker.example --uplink-cafile ca.pem";

/// The arguments of `cowl relay`.
#[derive(Debug, Args)]
#[command(after_help = MORE)]
pub(crate) struct RelayCommand {
    /// Credential of a relay
    #[arg(value_name = "CREDENTIAL")]
    credential: PathBuf,

    #[command(flatten)]
    listen: ListenArgs,

    #[command(flatten)]
    logins: LoginArgs,

    #[command(flatten)]
    uplink: UplinkArgs,

    /// Clients at once
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    clients: u32,

    /// Say the numbers of messages too, every minute: real ones among them
    #[arg(short = 'd', long)]
    debug: bool,
}

/// The topics of the relay's own broker.
struct Own {
    wrapped: Topic,
    manifest: Topic,
    beacon: Topic,
    dispatch: Topic,
}

impl RelayCommand {
    pub(crate) async fn run(self, printer: &mut Printer) -> Result<Exit, Failure> {
        let mut stop = Stop::new()?;
        let held = load_credential(&self.credential)?;
        let mut way = self.uplink.way(&held.manifest, &held.login, printer)?;
        let logins = self.logins.read(Rights::Device, printer)?;
        let listeners = self.listen.listeners(&self.credential, printer)?;
        let topics = OperationTopics::of(&held.manifest);
        let own = Own {
            wrapped: topics.wrapped()?,
            manifest: topics.manifest()?,
            beacon: topics.beacon()?,
            dispatch: topics.dispatch()?,
        };
        let known = held.manifest.clone();
        drop(held);
        let queue = relay::open_queue(&self.credential)?;
        let (relay, load) = Relay::open(&self.credential, queue.clone())?;
        let connections =
            self.clients.try_into().map_err(|_| Failure::usage("--clients 0 lets nobody in"))?;
        let intake = Arc::new(Door { relay: relay.clone(), wrapped: own.wrapped.as_str().to_owned() });
        let config = BrokerConfig {
            topics: own.topics()?,
            devices: Devices {
                anonymous: self.logins.is_anonymous(),
                local: Vec::new(),
                commands: own.notices()?,
            },
            limits: Limits { connections, ..Limits::default() },
            ..BrokerConfig::of_devices(listeners, logins, intake)
        };
        let running = Broker::start(config).await.map_err(|error| not_started(&error))?;
        listening(&running, printer);
        let notices = tokio::spawn(pass_on(relay.clone(), own, running.publisher()));
        let tokens = if self.uplink.names_login() {
            None
        } else {
            NodeTokens::begin(&self.credential, &known, &mut way)
        };
        let mut teller = Teller::new(printer, queue.clone(), self.debug, tokens);
        way.since = Instant::now();
        let counts =
            Box::pin(carry(queue.clone(), load, way, stop.wanted(), |event| teller.tell(event))).await;
        notices.abort();
        close(running, queue, relay.counts(), counts, printer).await
    }
}

impl Own {
    fn topics(&self) -> Result<Topics, Failure> {
        let prefix = |topic: &Topic| {
            TopicPrefix::new(topic.as_str()).map_err(|error| Failure::internal(error.to_string()))
        };
        let notices = vec![prefix(&self.manifest)?, prefix(&self.beacon)?, prefix(&self.dispatch)?];
        Ok(Topics { mailbox: prefix(&self.wrapped)?, notices, exchange: Vec::new(), service: None })
    }

    fn notices(&self) -> Result<Vec<TopicFilter>, Failure> {
        let filter = |topic: &Topic| {
            TopicFilter::new(topic.as_str()).map_err(|error| Failure::internal(error.to_string()))
        };
        Ok(vec![filter(&self.manifest)?, filter(&self.beacon)?, filter(&self.dispatch)?])
    }
}

/// Keeps the newest manifest, beacon and dispatch on the relay's own broker, for phones that hear no other.
async fn pass_on(relay: Relay, own: Own, publisher: Publisher) {
    let mut notices = relay.notices();
    loop {
        let newest = notices.borrow_and_update().clone();
        let all = [
            (&own.manifest, Some(newest.manifest)),
            (&own.beacon, newest.beacon),
            (&own.dispatch, newest.dispatch),
        ];
        for (topic, payload) in all.into_iter().filter_map(|(topic, payload)| Some((topic, payload?))) {
            // The only failure there is: the broker ended, and with it this.
            if publisher.publish(topic.as_str(), payload.to_vec(), Qos::AtLeastOnce, true).await.is_err() {
                return;
            }
        }
        if notices.changed().await.is_err() {
            return;
        }
    }
}

async fn close(
    running: Running,
    queue: Queue,
    counts: Counts,
    sent: cowl::node::uplink::Counts,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    running.shutdown().await;
    let status = queue.status();
    let closed = tokio::task::spawn_blocking(move || queue.close()).await;
    printer.note("ended");
    dropped(&status, sent, printer);
    for (count, what) in [
        (counts.junk, "refused: not wrapped for this relay, or of an epoch that is over"),
        (counts.busy, "refused: too many at once"),
        (counts.walk_ins, "refused: more reports of people who are not enrolled than enter"),
    ] {
        if count > 0 {
            printer.note(&format!("{count} messages {what}"));
        }
    }
    match closed {
        Ok(Ok(())) => Ok(Exit::Done),
        Ok(Err(error)) => Err(Failure::new(Exit::Storage, error.to_string())),
        Err(_) => Err(Failure::internal("the queue was not closed")),
    }
}

/// The relay as the broker's intake.
#[derive(Debug)]
struct Door {
    relay: Relay,
    wrapped: String,
}

impl Intake for Door {
    fn take(&self, _: &Caller<'_>, publication: &Incoming<'_>) -> Verdict {
        if publication.topic != self.wrapped {
            // No rule allows it: it is refused as on any broker.
            return Verdict::Local;
        }
        match self.relay.take(publication.payload) {
            Taken::Refused(refusal) => Verdict::Refused(because(refusal)),
            Taken::Kept(ticket) => Verdict::Kept(Box::pin(async move {
                match ticket.await {
                    Ok(_) => Ok(()),
                    Err(QueueError::TooLong) => Err(RefusedBecause::Unreadable.into()),
                    Err(QueueError::Full | QueueError::OnceFull | QueueError::Busy) => {
                        Err(RefusedBecause::Full.into())
                    }
                    Err(_) => Err(RefusedBecause::Failed.into()),
                }
            })),
        }
    }
}

fn because(refusal: Refusal) -> RefusedBecause {
    match refusal {
        Refusal::NoWalkIns => RefusedBecause::NotAllowed,
        Refusal::Busy | Refusal::WalkIns => RefusedBecause::Full,
        _ => RefusedBecause::Unreadable,
    }
}
