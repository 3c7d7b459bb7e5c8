//! `cowl tokens fetch`.

use std::{path::PathBuf, time::Duration};

use clap::Args;
use cowl::{
    client::{self, Notice, Notices, TokenAskError, Topics},
    keyring::load_credential,
    random::SystemRng,
    tokens::{self, FetchError},
};
use cowl_core::SignedManifest;
use tokio::time::timeout;

use crate::{connection::ConnectionArgs, exit::Exit, failure::Failure, printer::Printer};

/// What the command does beyond its first line, at the end of its help.
const MORE: &str = "\
Asks `cowl serve` through the broker, with the login that all members share, on a connection of its own; the broker learns that \
some member asked. Asked again after a lost answer, the same tokens come. The proof that came with them is checked: they were made \
with the key that all members' are made with.";

/// The arguments of `cowl tokens fetch`.
#[derive(Debug, Args)]
#[command(after_help = MORE)]
pub(crate) struct Fetch {
    /// The credential; its tokens are kept beside it
    #[arg(value_name = "CREDENTIAL")]
    credential: PathBuf,

    /// Seconds to wait for the service
    #[arg(short = 'W', long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    wait: u64,

    #[command(flatten)]
    connection: ConnectionArgs,
}

impl Fetch {
    pub(crate) async fn run(self, printer: &mut Printer) -> Result<Exit, Failure> {
        if self.connection.url_topic().is_some() {
            return Err(Failure::usage("the URL of -L names a topic, but the operation has its own"));
        }
        let credential = load_credential(&self.credential)?;
        let endpoint = self.connection.endpoint(None)?;
        self.connection.warn_if_exposed(&endpoint, printer);
        let options = self.connection.options(&credential.manifest, Some(&credential.login))?;
        let patience = Duration::from_secs(self.wait);
        let mut notices = Notices::connect(&endpoint, &options, &Topics::of(&credential.manifest)).await?;
        let newest = timeout(patience, newest(&mut notices, &credential.manifest)).await;
        notices.disconnect().await?;
        let newest = newest.map_err(|_| unanswered())??;
        let mut rng = SystemRng::new();
        let fetch = tokens::Fetch::begin(&self.credential, &credential, &newest, &mut rng);
        let mut fetch = fetch.map_err(|error| refused(&error))?;
        let count = client::fetch_tokens(&endpoint, &options, &mut fetch, patience, &mut rng).await;
        let count = count.map_err(|error| match error {
            TokenAskError::Transport(error) => error.into(),
            TokenAskError::NoAnswer => unanswered(),
            TokenAskError::Fetch(error) => refused(&error),
        })?;
        printer.note(&format!("got {count} tokens: one for each connection"));
        Ok(Exit::Done)
    }
}

/// The newest manifest that the broker holds; one that this member may not follow is an error.
pub(crate) async fn newest(notices: &mut Notices, known: &SignedManifest) -> Result<SignedManifest, Failure> {
    loop {
        if let Notice::Manifest(bytes) = notices.next().await? {
            return known.succeed(&bytes).map_err(|error| {
                Failure::new(Exit::Keys, format!("the operation's manifest is not followed: it is {error}"))
            });
        }
    }
}

/// What there is to say where the service is silent.
pub(crate) fn unanswered() -> Failure {
    Failure::new(Exit::Unreachable, "the operation's service did not answer")
        .hint("is `cowl serve` at work? it answers only members, and only as often as they need it")
}

fn refused(error: &FetchError) -> Failure {
    let text = error.to_string();
    match error {
        FetchError::Revoked => Failure::new(Exit::Refused, text)
            .hint("whoever holds this device asks the authority in person"),
        FetchError::Given => Failure::new(Exit::Refused, text)
            .hint("`cowl tokens show` says how many are left; a wallet that was lost comes back with the next period"),
        FetchError::NoTokens => Failure::new(Exit::Keys, text)
            .hint("the policy's `tokens` must be true and `cowl serve` at work; without them members use their shared login"),
        FetchError::NoMembership => Failure::new(Exit::Keys, text)
            .hint("cowl enrol DIR NAME … makes a credential that can ask"),
        _ => Failure::new(Exit::Keys, text),
    }
}
