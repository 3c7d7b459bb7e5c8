//! `cowl command`: tells the gateways' devices something, signed by the authority.

use std::{io::Read as _, path::PathBuf};

use clap::{ArgGroup, Args};
use cowl::{files, operation::Operation};

use crate::{exit::Exit, failure::Failure, machine, printer::Printer};

/// The largest payload that is read; what a bulletin holds is far less.
const LIMIT: u64 = 1 << 20;

/// What the command does beyond its first line, at the end of its help.
const MORE: &str = "\
Every gateway publishes it to its own devices, once, whoever connects; that it was told, and how much, is seen by nobody on the \
way: a bulletin of one size goes out with every beacon of `cowl serve`, with commands or without, signed by the authority and \
sealed to the enrolled. A gateway that was away acts on it when it is back, as long as the command lasts.

Examples:
  cowl command ops -t cmnd/ward-plug/POWER -m ON
  cowl command ops -t zigbee2mqtt/lamp/set -f state.json -r --lasts 86400
  cowl command ops --list";

/// The arguments of `cowl command`.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
#[command(after_help = MORE, group(ArgGroup::new("payload").args(["message", "file", "whole", "null"])))]
pub(crate) struct CommandCommand {
    /// The operation's folder
    #[arg(value_name = "DIR")]
    folder: PathBuf,

    /// Where gateways publish it
    #[arg(short = 't', long, value_name = "TOPIC", required_unless_present = "list", requires = "payload")]
    topic: Option<String>,

    /// What they publish. Other users of this machine can see it while the command runs
    #[arg(short = 'm', long, value_name = "MESSAGE", allow_hyphen_values = true)]
    message: Option<String>,

    /// A file with what they publish
    #[arg(short = 'f', long, value_name = "FILE")]
    file: Option<PathBuf>,

    /// All of standard input
    #[arg(short = 's', long = "stdin-file")]
    whole: bool,

    /// Nothing: with -r, what was retained on the topic is forgotten
    #[arg(short = 'n', long = "null-message")]
    null: bool,

    /// Let gateways keep it for devices that come later
    #[arg(short = 'r', long)]
    retain: bool,

    /// Seconds for which gateways that were away still act on it
    #[arg(long, value_name = "SECONDS", default_value_t = 3_600, value_parser = clap::value_parser!(u64).range(1..=31_536_000))]
    lasts: u64,

    /// Print the commands that are not over, one JSON object a line, and end
    #[arg(long, conflicts_with_all = ["topic", "payload"])]
    list: bool,
}

impl CommandCommand {
    pub(crate) fn run(&self, printer: &mut Printer) -> Result<Exit, Failure> {
        let operation = Operation::open(&self.folder)?;
        let now = machine::now();
        let Some(topic) = &self.topic else { return list(&operation, now, printer) };
        let payload = self.payload()?;
        let number = operation.command(topic, &payload, self.retain, now, self.lasts)?;
        let every = operation.manifest().policy.beacon_seconds;
        printer.note(&format!(
            "command {number}: gateways have it within {every} s, with the next beacon of `cowl serve`, and act on it until {}",
            machine::date(now.saturating_add(self.lasts))
        ));
        Ok(Exit::Done)
    }

    fn payload(&self) -> Result<Vec<u8>, Failure> {
        if let Some(message) = &self.message {
            return Ok(message.clone().into_bytes());
        }
        if let Some(path) = &self.file {
            return Ok(files::read(path, LIMIT)?);
        }
        let mut payload = Vec::new();
        if self.whole {
            std::io::stdin()
                .take(LIMIT)
                .read_to_end(&mut payload)
                .map_err(|error| Failure::new(Exit::Storage, "cannot read standard input").because(&error))?;
        }
        Ok(payload)
    }
}

/// The payload as text where it is one.
fn list(operation: &Operation, now: u64, printer: &mut Printer) -> Result<Exit, Failure> {
    for standing in operation.commands(now)? {
        let command = &standing.command;
        let (name, payload) = match std::str::from_utf8(&command.payload) {
            Ok(text) => ("payload", text.to_owned()),
            Err(_) => ("payload_hex", hex::encode(&command.payload)),
        };
        let until = cowl_core::rfc3339(standing.until);
        let line = serde_json::json!({
            "number": command.number, "topic": command.topic, name: payload, "retain": command.retain, "until": until,
        });
        printer.data(line.to_string())?;
    }
    printer.flush()?;
    Ok(Exit::Done)
}
