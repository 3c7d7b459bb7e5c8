//! `cowl help-is-coming`: a responder tells reporters, and nobody else, that somebody is on the way.

use std::{path::PathBuf, time::Duration};

use clap::Args;
use cowl::{
    client::{self, SayError},
    help::{HelpCall, HelpError},
    keyring::load_credential,
    random::SystemRng,
    rest::{self, Identities},
};
use cowl_core::{HelpAnswer, HelpKey};

use crate::{connection::ConnectionArgs, exit::Exit, failure::Failure, printer::Printer};

/// What the command does beyond its first line, at the end of its help.
const MORE: &str = "\
`cowl sub --help-keys` prints the key with each report. Asks `cowl serve` through the broker, on a connection of its own, like a \
renewal; the service says it in its dispatches for two days. The reporter finds it with what only it and this role know of the \
report; other roles, other reporters and the broker cannot tell to which report help is coming, or to how many. Who can read a \
report can say it: a role's responders answer for one another.

Example:
  cowl sub --credential medic.cowl --help-keys
  cowl help-is-coming medic.cowl 5f0c…64 hexadecimal digits";

/// The arguments of `cowl help-is-coming`.
#[derive(Debug, Args)]
#[command(after_help = MORE)]
pub(crate) struct HelpIsComing {
    /// The credential of the responder who says so
    #[arg(value_name = "CREDENTIAL")]
    credential: PathBuf,

    /// The help keys of the reports, at most 128
    #[arg(value_name = "KEY", required = true, value_parser = key)]
    keys: Vec<HelpKey>,

    #[arg(long, value_name = "FILE", help = "Age identities that open the credential [env: COWL_IDENTITY]")]
    identity: Option<PathBuf>,

    /// Seconds to wait for the service
    #[arg(short = 'W', long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    wait: u64,

    #[command(flatten)]
    connection: ConnectionArgs,
}

impl HelpIsComing {
    pub(crate) async fn run(self, printer: &mut Printer) -> Result<Exit, Failure> {
        if self.connection.url_topic().is_some() {
            return Err(Failure::usage("the URL of -L names a topic, but the operation has its own"));
        }
        if let Some(path) = &self.identity {
            rest::use_identities(Identities::load(path)?);
        }
        let credential = load_credential(&self.credential)?;
        let count = self.keys.len();
        let mut call = HelpCall::new(&credential, None, self.keys).map_err(|error| refused(&error))?;
        let endpoint = self.connection.endpoint(None)?;
        self.connection.warn_if_exposed(&endpoint, printer);
        let options = self.connection.options(&credential.manifest, Some(&credential.login))?;
        let (patience, mut rng) = (Duration::from_secs(self.wait), SystemRng::new());
        let said = client::say_help(&endpoint, &options, &mut call, patience, &mut rng).await;
        let said = said.map_err(|error| match error {
            SayError::Transport(error) => error.into(),
            SayError::NoAnswer => Failure::new(Exit::Unreachable, "the operation's service did not answer")
                .hint("is `cowl serve` at work? it answers only members"),
            SayError::Help(error) => refused(&error),
        })?;
        match said {
            HelpAnswer::Taken => {
                let reports = if count == 1 { "1 report".to_owned() } else { format!("{count} reports") };
                printer.note(&format!("said: the next dispatches tell the reporters of {reports}"));
                Ok(Exit::Done)
            }
            HelpAnswer::Full => Err(Failure::new(Exit::Refused, "the service has no room for that many")
                .hint("each is said for two days; one responder may take a quarter of the room")),
            HelpAnswer::NotAResponder => {
                Err(Failure::new(Exit::Refused, "this member does not read reports, or not any more"))
            }
        }
    }
}

fn refused(error: &HelpError) -> Failure {
    let failure = Failure::new(Exit::Keys, error.to_string());
    match error {
        HelpError::NotAResponder => failure.hint("cowl enrol DIR NAME --role ROLE makes a responder"),
        HelpError::Count => Failure::usage(error.to_string()),
        HelpError::NoMembership | HelpError::NoService => {
            failure.hint("cowl enrol DIR NAME … makes a credential that can ask the service")
        }
        _ => failure,
    }
}

fn key(text: &str) -> Result<HelpKey, &'static str> {
    let bytes = hex::decode(text).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    bytes.map(HelpKey::from_bytes).ok_or("a help key is 64 hexadecimal digits, from `cowl sub --help-keys`")
}
