//! `cowl join`: becomes a member with a ticket.

use std::{
    io::{self, BufRead as _, Read as _},
    path::PathBuf,
};

use clap::Args;
use cowl::{
    join::{Joined, from_package, over_http},
    random::SystemRng,
};
use cowl_core::{Member, ServiceAddress, Ticket};
use zeroize::Zeroizing;

use crate::{exit::Exit, failure::Failure, machine, printer::Printer};

/// What the command does beyond its first line, at the end of its help.
const MORE: &str = "\
Asks the operation's service on the local network (`cowl serve --http`), or opens the package on a stick. Checks that the \
manifest is of the authority that the ticket names and not older than the ticket; needs no internet and no right clock. \
Writes the credential and its state; prints the credential's path. A ticket lets one machine join once; if the answer is \
lost, the same command on the same machine gets it again, for a day.";

/// The longest line that is read as a link.
const LINE: u64 = 4_096;

/// The arguments of `cowl join`.
#[derive(Debug, Args)]
#[command(after_help = MORE)]
pub(crate) struct Join {
    /// The ticket, as scanned or typed: cowl:…; `-` reads it from standard input, where others on this machine cannot see it
    #[arg(value_name = "LINK")]
    link: Link,

    /// Where to write the credential; its state goes beside it, to FILE.state
    #[arg(short = 'o', long, value_name = "FILE", default_value = "member.cowl")]
    output: PathBuf,

    /// Ask here instead of where the ticket says: HOST or HOST:PORT
    #[arg(long, value_name = "ADDRESS", value_parser = super::ticket::address)]
    at: Option<ServiceAddress>,

    /// Open the package instead: a file, or a folder that holds it among others
    #[arg(long, value_name = "PATH", conflicts_with = "at")]
    from: Option<PathBuf>,
}

/// A ticket as text: in no error text.
#[derive(Clone)]
struct Link(Zeroizing<String>);

impl std::str::FromStr for Link {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(Zeroizing::new(text.to_owned())))
    }
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Link(…)")
    }
}

impl Join {
    pub(crate) async fn run(self, printer: &mut Printer) -> Result<Exit, Failure> {
        let ticket = self.ticket()?;
        let joined = match &self.from {
            Some(from) => from_package(&ticket, from, &self.output)?,
            None => over_http(&ticket, self.at.as_ref(), &self.output, &mut SystemRng::new()).await?,
        };
        explain(&joined, printer);
        printer.data(joined.files.credential.as_os_str().as_encoded_bytes())?;
        printer.flush()?;
        Ok(Exit::Done)
    }

    fn ticket(&self) -> Result<Ticket, Failure> {
        let Link(text) = &self.link;
        let mut line = Zeroizing::new(String::new());
        let text = if text.as_str() == "-" {
            io::stdin()
                .lock()
                .take(LINE)
                .read_line(&mut line)
                .map_err(|_| Failure::new(Exit::Storage, "cannot read the ticket from standard input"))?;
            &line
        } else {
            text
        };
        Ticket::parse(text).map_err(|error| {
            let failure = Failure::usage(format!("this link is {error}"));
            match error {
                cowl_core::TicketError::UnknownForm => failure.hint("use a newer cowl"),
                _ => failure.hint("scan the code again, or compare what was typed with the card"),
            }
        })
    }
}

fn explain(joined: &Joined, printer: &mut Printer) {
    let Joined { files, credential } = joined;
    let manifest = &credential.manifest;
    let path = files.credential.display();
    let (what, next, range) = match &credential.member {
        Member::Device(keyring) => (
            "a device",
            format!("cowl pub --credential {path} -m 'severity: low' --preview"),
            keyring.range(),
        ),
        Member::Responder(_) => ("a responder", format!("cowl sub --credential {path} --role ROLE"), None),
        Member::Gateway(all) => (
            "a gateway",
            format!("cowl gateway --devices {path}"),
            all.first().and_then(cowl_core::DeviceKeyring::range),
        ),
        Member::Relay { relay, .. } => ("a relay", format!("cowl relay {path}"), relay.range()),
    };
    printer.note(&format!("joined `{}` as {what}", shown(&manifest.policy.name)));
    printer.note(&format!("the authority is the one of the ticket: {}", manifest.authority().fingerprint()));
    if let Some((_, last)) = range {
        printer.note(&format!("its keys last until {}", machine::date(manifest.calendar.end_of(last))));
    }
    printer.note(&format!("keep both here, and no copy: {path} and {}", files.state.display()));
    printer.note(&format!("next: {next}"));
}

/// The operation's name is the authority's, whom nobody knows yet: nothing in it moves the cursor or turns the text.
fn shown(name: &str) -> String {
    name.chars().flat_map(|symbol| symbol.escape_debug().take(8)).take(100).collect()
}
