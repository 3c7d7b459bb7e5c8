//! `cowl command`: tells the gateways' devices, or people, something, signed by the authority.

use std::{io::Read as _, path::PathBuf};

use clap::{ArgGroup, Args};
use cowl::{files, operation::Operation, zones::meant};
use cowl_core::{Addressee, Alert, Zone};

use crate::{exit::Exit, failure::Failure, machine, printer::Printer};

/// The largest payload that is read; what a bulletin holds is far less.
const LIMIT: u64 = 1 << 20;

/// What the command does beyond its first line, at the end of its help.
const MORE: &str = "\
Every gateway publishes it to its own devices, once, whoever connects; that it was told, and how much, is seen by nobody on the \
way: a bulletin of one size goes out with every beacon of `cowl serve`, with commands or without, signed by the authority and \
sealed to the enrolled. A gateway that was away acts on it when it is back, as long as the command lasts.

With --alert it is for people: `cowl pub`, `cowl sub` and `cowl await-help` show it once. To all members, or with --role to the \
responders of one role, whom alone it opens to; with --zone to members who are there, or do not know where they are; with --public \
to everybody who has the manifest, the broker too. It goes out with every beacon in a dispatch of one size for all, whether there \
is an alert or not.

Examples:
  cowl command ops -t cmnd/ward-plug/POWER -m ON
  cowl command ops -t zigbee2mqtt/lamp/set -f state.json -r --lasts 86400
  cowl command ops --alert 'leave the river bank' --zone 18QYF79 --lasts 7200
  cowl command ops --alert 'the bridge on route 9 is down' --role rescue
  cowl command ops --list";

/// The arguments of `cowl command`.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
#[command(after_help = MORE, group(ArgGroup::new("payload").args(["message", "file", "whole", "null"])),
    group(ArgGroup::new("to").args(["role", "zone", "public"])))]
pub(crate) struct CommandCommand {
    /// The operation's folder
    #[arg(value_name = "DIR")]
    folder: PathBuf,

    /// Where gateways publish it
    #[arg(short = 't', long, value_name = "TOPIC", required_unless_present_any = ["list", "alert"], requires = "payload")]
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

    /// Tell people this instead: one line of at most 500 bytes
    #[arg(long, value_name = "TEXT", conflicts_with_all = ["topic", "payload", "retain", "list"])]
    alert: Option<String>,

    /// Only responders of this role can read the alert
    #[arg(long, value_name = "ROLE", requires = "alert")]
    role: Option<String>,

    /// The alert is for this zone, by a name that `cowl zone` knows
    #[arg(long, value_name = "ZONE", requires = "alert")]
    zone: Option<String>,

    /// Walk-ins are told too, and so is everybody else
    #[arg(long, requires = "alert")]
    public: bool,

    /// Seconds for which those who were away are still told, and gateways still act on it
    #[arg(long, value_name = "SECONDS", default_value_t = 3_600, value_parser = clap::value_parser!(u64).range(1..=31_536_000))]
    lasts: u64,

    /// Print the commands and alerts that are not over, one JSON object a line, and end
    #[arg(long, conflicts_with_all = ["topic", "payload"])]
    list: bool,
}

impl CommandCommand {
    pub(crate) fn run(&self, printer: &mut Printer) -> Result<Exit, Failure> {
        let operation = Operation::open(&self.folder)?;
        let now = machine::now();
        if let Some(text) = &self.alert {
            return self.alert(&operation, text, now, printer);
        }
        if self.role.is_some() || self.zone.is_some() || self.public {
            // Said by hand: clap waives what an argument requires where another one that is given rules it out.
            return Err(Failure::usage(
                "--role, --zone and --public are for --alert: a command goes to the devices of all gateways",
            ));
        }
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

    fn alert(
        &self,
        operation: &Operation,
        text: &str,
        now: u64,
        printer: &mut Printer,
    ) -> Result<Exit, Failure> {
        let number = operation.alert(self.addressee(operation)?, text, now, self.lasts)?;
        let every = operation.manifest().policy.beacon_seconds;
        printer.note(&format!(
            "alert {number}: it goes out within {every} s, with the next beacon of `cowl serve`, until {}",
            machine::date(now.saturating_add(self.lasts))
        ));
        Ok(Exit::Done)
    }

    fn addressee(&self, operation: &Operation) -> Result<Addressee, Failure> {
        let policy = &operation.manifest().policy;
        if let Some(name) = &self.role {
            return policy.role_index(name).map(Addressee::Role).ok_or_else(|| {
                let names: Vec<_> = policy.roles.iter().map(|role| role.name.as_str()).collect();
                Failure::usage("the policy has no such role").hint(format!("its roles: {}", names.join(", ")))
            });
        }
        if let Some(name) = &self.zone {
            return zone(operation, name).map(Addressee::Zone);
        }
        Ok(if self.public { Addressee::Everybody } else { Addressee::Members })
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

/// The one zone of a name; where several levels know the name, the coarsest.
fn zone(operation: &Operation, name: &str) -> Result<Zone, Failure> {
    let zones = &operation.manifest().policy.zones;
    let mut found = zones.find(name);
    found.sort_by_key(|extent| extent.zone.level);
    let Some(last) = found.pop() else {
        let hint = match meant(zones, name) {
            Some(near) => format!("did you mean `{}`?", near.as_str()),
            None => "cowl zone --operation DIR NAME looks one up".to_owned(),
        };
        return Err(Failure::usage("no zone of that name").hint(hint));
    };
    Ok(last.zone)
}

/// Whom an alert is for, in words.
pub(crate) fn addressee(alert: &Alert, policy: &cowl_core::Policy) -> String {
    match alert.to {
        Addressee::Everybody => "everybody".to_owned(),
        Addressee::Members => "all members".to_owned(),
        Addressee::Role(role) => policy.role(role).map_or_else(String::new, |role| role.name.clone()),
        Addressee::Zone(zone) => format!("zone {}", zone.label.as_str()),
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
    for alert in operation.alerts(now)? {
        let until = cowl_core::rfc3339(alert.until);
        let to = addressee(&alert, &operation.manifest().policy);
        let line =
            serde_json::json!({ "number": alert.number, "alert": alert.text, "to": to, "until": until });
        printer.data(line.to_string())?;
    }
    printer.flush()?;
    Ok(Exit::Done)
}
