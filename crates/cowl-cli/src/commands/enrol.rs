//! `cowl enrol`: writes a member's credential.

use std::{
    fs,
    path::{Path, PathBuf},
};

use clap::{ArgGroup, Args};
use cowl::{
    dangerous,
    files::FileError,
    keyring::{Enrolment, state_path, store_new_for},
    operation::{Enrolled, NewMember, Operation},
    random::SystemRng,
    rest::Recipient,
};
use cowl_core::{Calendar, Epoch};

use super::ticket::TicketArgs;
use crate::{exit::Exit, failure::Failure, machine, printer::Printer};

/// The longest name of a member, in bytes.
const NAME_LIMIT: usize = 100;

/// What the command does beyond its first line, at the end of its help.
const MORE: &str = "\
Writes the credential and, beside it, its state; prints the credential's path. Both files go to the member over a \
safe way, and nowhere else: whoever has them can report as this member, or read what it may read. NAME stays in the \
operation's register.";

/// The arguments of `cowl enrol`.
#[derive(Debug, Args)]
#[command(after_help = MORE, group(ArgGroup::new("kind").required(true).args(["device", "responder", "gateway", "relay"])),
          group(ArgGroup::new("tickets").multiple(true).args(["ticket", "count"])),
          group(ArgGroup::new("lists").multiple(true).args(["cards", "csv"])))]
pub(crate) struct Enrol {
    /// The operation's folder
    #[arg(value_name = "DIR")]
    folder: PathBuf,

    /// What the authority calls the member; nobody else learns it
    #[arg(value_name = "NAME", value_parser = name, required_unless_present = "count", conflicts_with = "count")]
    name: Option<Name>,

    /// It sends its own reports
    #[arg(long)]
    device: bool,

    /// It reads the reports of its roles
    #[arg(long, requires = "roles")]
    responder: bool,

    /// A role that it reads; may be repeated
    #[arg(long = "role", value_name = "ROLE", requires = "responder")]
    roles: Vec<String>,

    /// It sends for N devices, each with an identity of its own
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    gateway: Option<u32>,

    /// It takes messages that phones wrapped for it, and publishes them among cover of its own
    #[arg(long)]
    relay: bool,

    /// Where to write the credential; its state goes beside it, to FILE.state [default: NAME.cowl]
    #[arg(short = 'o', long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Encrypt the credential for an age recipient, age1… or age1pq1…; may be repeated. Whoever uses it names the identity
    #[arg(long, value_name = "RECIPIENT")]
    to: Vec<Recipient>,

    #[command(flatten)]
    tickets: TicketArgs,
}

/// A member's name: in no error text.
#[derive(Clone)]
pub(crate) struct Name(String);

impl Name {
    /// As it was given.
    pub(crate) fn text(&self) -> &str {
        &self.0
    }
}

impl Enrol {
    pub(crate) fn run(self, printer: &mut Printer) -> Result<Exit, Failure> {
        let mut operation = Operation::open(&self.folder)?;
        if let Some(warning) = dangerous::warning(operation.preset()) {
            printer.warning(warning);
        }
        if self.tickets.are_wanted() {
            if !self.to.is_empty() {
                return Err(Failure::usage(
                    "a ticket is for nobody's identity yet: --to is for a credential",
                ));
            }
            let member = self.name.as_ref().map(|Name(name)| self.invited(name));
            return self.tickets.run(&mut operation, member, printer);
        }
        let output = self.output()?;
        // Before a number is given out for nothing.
        if let Some(taken) = [output.clone(), state_path(&output)].into_iter().find(|path| path.exists()) {
            return Err(FileError::Exists(taken).into());
        }
        let mut rng = SystemRng::new();
        let now = operation.epoch_now(machine::now())?;
        operation.refresh(now, &mut rng)?;
        let enrolled = self.enrol(&mut operation, now, &mut rng)?;
        let stored = match store_new_for(&output, &enrolled.credential, enrolled.first, &self.to) {
            Ok(stored) => stored,
            Err(error) => {
                remove(&output);
                operation.retract(self.called())?;
                return Err(error.into());
            }
        };
        self.explain(&enrolled, &stored, operation.manifest().calendar, printer);
        printer.data(stored.credential.as_os_str().as_encoded_bytes())?;
        printer.flush()?;
        Ok(Exit::Done)
    }

    fn enrol(&self, operation: &mut Operation, now: Epoch, rng: &mut SystemRng) -> Result<Enrolled, Failure> {
        let name = self.called();
        Ok(match self.gateway {
            // One more identity than devices: cover is sealed as nobody's.
            Some(devices) => operation.enrol_gateway(name, devices.saturating_add(1), now, rng)?,
            None if self.relay => operation.enrol_relay(name, now, rng)?,
            None if self.responder => operation.enrol_responder(name, &self.roles, now, rng)?,
            None => operation.enrol_device(name, now, rng)?,
        })
    }

    /// The same for a ticket.
    fn invited(&self, name: &str) -> NewMember {
        match self.gateway {
            Some(devices) => NewMember::gateway(name, devices.saturating_add(1)),
            None if self.relay => NewMember::relay(name),
            None if self.responder => NewMember::responder(name, &self.roles),
            None => NewMember::device(name),
        }
    }

    /// Its name: there is one where there is no --count.
    fn called(&self) -> &str {
        self.name.as_ref().map_or("", Name::text)
    }

    /// Where the credential goes. A name that is no plain file name needs a file named for it.
    fn output(&self) -> Result<PathBuf, Failure> {
        if let Some(output) = &self.output {
            return Ok(output.clone());
        }
        let name = self.called();
        if name.starts_with(['.', '-']) || name.contains(['/', '\\', ':']) {
            return Err(
                Failure::usage("this name makes no good file name").hint("say where to write with -o FILE")
            );
        }
        Ok(PathBuf::from(format!("{name}.cowl")))
    }

    fn explain(&self, enrolled: &Enrolled, stored: &Enrolment, calendar: Calendar, printer: &mut Printer) {
        let what = match (self.gateway, self.responder) {
            (Some(1), _) => "a gateway of 1 device".to_owned(),
            (Some(devices), _) => format!("a gateway of {devices} devices"),
            (None, _) if self.relay => "a relay".to_owned(),
            (None, true) => format!("a responder: {}", self.roles.join(", ")),
            (None, false) => "a device".to_owned(),
        };
        printer.note(&format!("enrolled {what}"));
        printer.note(&format!("its keys last until {}", machine::date(calendar.end_of(enrolled.last))));
        let (credential, state) = (stored.credential.display(), stored.state.display());
        printer.note(&format!("hand over both, over a safe way, and keep no copy: {credential} and {state}"));
        if self.responder {
            printer.note(&format!(
                "try it: cowl sub --credential {credential} --role {}{}",
                self.roles.first().map_or("ROLE", String::as_str),
                if self.to.is_empty() { "" } else { " --identity KEY-FILE" }
            ));
        } else if self.gateway.is_some() {
            printer.note(&format!("run it: cowl gateway --devices {credential}; how: cowl gateway --help"));
        } else if self.relay {
            printer.note(&format!("run it: cowl relay {credential}; phones reach it by cowl pub --relay"));
        } else {
            printer.note(&format!("try it: cowl pub --credential {credential} -m 'severity: low' --preview"));
        }
        let fingerprint = enrolled.credential.manifest.authority().fingerprint();
        printer.note(&format!("the member compares the authority's fingerprint: {fingerprint}"));
    }
}

impl std::fmt::Debug for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Name(…)")
    }
}

pub(super) fn name(text: &str) -> Result<Name, &'static str> {
    if text.trim().is_empty() {
        Err("a name is not empty")
    } else if text.len() > NAME_LIMIT {
        Err("a name has 100 bytes at most")
    } else if text.chars().any(char::is_control) {
        Err("a name has no control character")
    } else {
        Ok(Name(text.to_owned()))
    }
}

/// Neither file was there before; half of a credential is no use to anyone, and a secret.
fn remove(credential: &Path) {
    for path in [credential.to_owned(), state_path(credential)] {
        // Most often it was never made.
        let _ = fs::remove_file(path);
    }
}
