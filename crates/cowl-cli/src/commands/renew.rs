//! `cowl renew`: asks the operation's service for keys of further epochs.

use std::{path::PathBuf, time::Duration};

use clap::Args;
use cowl::{
    client::{self, AskError, Notices, Topics},
    keyring::{Renewal, RenewalError, load_credential},
    random::SystemRng,
};
use tokio::time::timeout;

use super::tokens::{newest, unanswered};
use crate::{connection::ConnectionArgs, exit::Exit, failure::Failure, machine, printer::Printer};

/// What the command does beyond its first line, at the end of its help.
const MORE: &str = "\
`cowl gateway`, `cowl relay` and a `cowl pub` that stays connected do this by themselves, weeks before keys run out. By hand it is \
for who was away for longer than that, and after `cowl rotate`. Asks `cowl serve` through the broker, on a connection of its own; \
the broker learns that some member asked. Nothing changes unless everything came. No clock takes part.";

/// The arguments of `cowl renew`.
#[derive(Debug, Args)]
#[command(after_help = MORE)]
pub(crate) struct Renew {
    /// The credential, written again with its new keys
    #[arg(value_name = "CREDENTIAL")]
    credential: PathBuf,

    /// Seconds to wait for the service
    #[arg(short = 'W', long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    wait: u64,

    #[command(flatten)]
    connection: ConnectionArgs,
}

impl Renew {
    pub(crate) async fn run(self, printer: &mut Printer) -> Result<Exit, Failure> {
        if self.connection.url_topic().is_some() {
            return Err(Failure::usage("the URL of -L names a topic, but the operation has its own"));
        }
        let credential = load_credential(&self.credential)?;
        // Whether it can be renewed at all is said before anyone is asked; a newer manifest may name the service.
        let asked = Renewal::of(&self.credential, &credential, None);
        if let Err(error @ RenewalError::NoMembership) = asked {
            return Err(refused(error));
        }
        let endpoint = self.connection.endpoint(None)?;
        self.connection.warn_if_exposed(&endpoint, printer);
        let options = self.connection.options(&credential.manifest, Some(&credential.login))?;
        let patience = Duration::from_secs(self.wait);
        let mut notices = Notices::connect(&endpoint, &options, &Topics::of(&credential.manifest)).await?;
        let newest = timeout(patience, newest(&mut notices, &credential.manifest)).await;
        notices.disconnect().await?;
        let newest = newest.map_err(|_| unanswered())??;
        let mut rng = SystemRng::new();
        let mut renewal = Renewal::begin(&self.credential, Some(&newest)).map_err(refused)?;
        let renewed = client::renew(&endpoint, &options, &mut renewal, patience, &mut rng).await;
        let renewed = renewed.map_err(|error| match error {
            AskError::Transport(error) => error.into(),
            AskError::NoAnswer => unanswered(),
            AskError::Renewal(error) => refused(error),
        })?;
        match renewed.last_epoch {
            Some(last) => printer.note(&format!(
                "renewed: its keys last until {}",
                machine::date(newest.calendar.end_of(last))
            )),
            None => printer.note("renewed: it reads what comes from now on, with each bundle"),
        }
        Ok(Exit::Done)
    }
}

fn refused(error: RenewalError) -> Failure {
    match error {
        RenewalError::Keyring(error) => error.into(),
        RenewalError::Revoked => Failure::new(Exit::Refused, error.to_string())
            .hint("whoever holds this device asks the authority in person"),
        RenewalError::NoMembership | RenewalError::NoService => Failure::new(Exit::Keys, error.to_string())
            .hint("cowl enrol DIR NAME … makes a credential that can be renewed"),
        _ => Failure::new(Exit::Keys, error.to_string()),
    }
}
