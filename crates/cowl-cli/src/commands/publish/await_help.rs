//! `cowl await-help`: whether help is coming to what one reported.

use std::{path::PathBuf, time::Duration};

use clap::Args;
use cowl::help::Found;
use tokio::time::{Instant, timeout_at};

use super::{
    arguments::WhoArgs,
    heard::{Alerts, helped},
    member::{Member, Protection},
    sealer::Sealer,
    send::{self, Voice},
};
use crate::{
    connection::{ConnectionArgs, Place},
    exit::Exit,
    failure::Failure,
    printer::Printer,
};

/// How long a beacon and the dispatch in front of it may take.
const FIRST: Duration = Duration::from_secs(5);

/// What the command does beyond its first line, at the end of its help.
const MORE: &str = "\
`cowl pub --await-help FILE` wrote the file. What is looked into is the same for everybody, signed by the authority; the broker sees \
that somebody listens, as with every `cowl pub`, and not for what. A responder of a role says it who read the report: it is that \
role's word. It stands for two days.

Exit code 27: no word yet.

Example:
  cowl pub --credential phone.cowl --await-help mine -m 'severity: high, lat: 18.54, lon: -72.34'
  cowl await-help mine --credential phone.cowl -W 3600";

/// The arguments of `cowl await-help`.
#[derive(Debug, Args)]
#[command(after_help = MORE)]
pub(crate) struct AwaitHelp {
    /// The file that `cowl pub --await-help` wrote
    #[arg(value_name = "FILE")]
    file: PathBuf,

    #[command(flatten)]
    who: WhoArgs,

    /// Wait so many seconds for word; without it, look once
    #[arg(short = 'W', long = "timeout", value_name = "SECONDS", default_value_t = 0, value_parser = clap::value_parser!(u64).range(..=31_536_000))]
    wait: u64,

    /// Listen at a relay, as `cowl pub --relay` does. Without a login unless -u names one of the relay's
    #[arg(long, value_name = "HOST[:PORT]", conflicts_with_all = ["host", "port", "url"])]
    relay: Option<Place>,

    #[command(flatten)]
    connection: ConnectionArgs,
}

impl AwaitHelp {
    pub(crate) async fn run(self, printer: &mut Printer) -> Result<Exit, Failure> {
        if self.connection.url_topic().is_some() {
            return Err(Failure::usage("the URL of -L names a topic, but the operation has its own"));
        }
        if !self.file.exists() {
            return Err(Failure::usage("nothing waits for help in that file: it is not there")
                .hint("cowl pub --await-help FILE writes it with each report"));
        }
        let member = Member::of(&self.who)?;
        let alerts = Alerts::of(&member, Some(&self.file))?;
        let mut sealer = match &member.protection {
            Protection::Enrolled(path) => Sealer::enrolled(path, alerts)?,
            _ => Sealer::walk_in(member.manifest.clone(), alerts),
        };
        let endpoint = match &self.relay {
            Some(relay) => self.connection.endpoint_at(relay)?,
            None => self.connection.endpoint(None)?,
        };
        self.connection.warn_if_exposed(&endpoint, printer);
        // A relay knows none of the operation's logins.
        let login = member.login.as_ref().filter(|_| self.relay.is_none());
        let options = self.connection.options(&member.manifest, login)?;
        let until = Instant::now() + Duration::from_secs(self.wait);
        let mut voice = Voice::new(printer, false, true);
        let mut notices = send::listen(&endpoint, &options, &mut sealer, FIRST, &mut voice).await?;
        while found(&sealer).is_empty()
            && let Some(listening) = &mut notices
            && let Ok(notice) = timeout_at(until, listening.next()).await
        {
            send::take(&mut sealer, &notice?, &mut voice);
        }
        if let Some(notices) = notices {
            let _ = notices.disconnect().await;
        }
        let found = found(&sealer);
        found.iter().try_for_each(|found| voice.data(&helped(found)))?;
        if found.is_empty() {
            voice.note(&format!("no word yet; {} reported and waiting", sealer.alerts().reports()));
            return Ok(Exit::TimedOut);
        }
        Ok(Exit::Done)
    }
}

fn found(sealer: &Sealer) -> Vec<Found> {
    sealer.alerts().found(&sealer.manifest().policy)
}
