//! The arguments of `cowl pub`: mosquitto's letters where mosquitto has one.

use std::{ffi::OsString, path::PathBuf, time::Duration};

use clap::{ArgGroup, Args, ValueEnum};
use cowl::transport::Qos;
use cowl_core::Fingerprint;

use super::{habits::IdentifyingArgs, told::ConsentArgs};
use crate::connection::{ConnectionArgs, Place};

/// What `cowl pub --help` adds below the options.
const AFTER: &str = "\
A report is a JSON object or `name: value, name: value`; the policy says which names there are, and what is not named \
there is dropped. Under preset `cowl` every report is sealed to the roles that may read it before it leaves; nothing \
ever leaves in clear, whatever fails.

Identities of a gateway: --identity-from takes a whole number from 1 to N as that identity. Any other value is hashed \
with a key that only this credential has: the same value gets the same identity in every run, and two values can \
share one. The field itself is not sent unless the policy has it.

Examples:
  cowl pub --credential phone.cowl -m 'severity: high, lat: 18.54, lon: -72.34'
  cowl pub --credential phone.cowl --preview -f report.json
  sensor | cowl pub --credential gateway.cowl -l -q 1
  cowl pub --manifest manifest.cowl --authority 3f1c-… -u walk-in -P … --confirm -f report.json";

/// Send reports.
#[derive(Debug, Args)]
#[command(after_help = AFTER)]
#[command(group = ArgGroup::new("input").args(["message", "file", "whole", "null"]))]
pub(crate) struct Publish {
    #[command(flatten)]
    pub(super) who: WhoArgs,
    #[command(flatten)]
    pub(super) input: InputArgs,
    #[command(flatten)]
    pub(super) sending: SendingArgs,
    #[command(flatten)]
    pub(super) consent: ConsentArgs,
    #[command(flatten)]
    pub(super) identifying: IdentifyingArgs,
    #[command(flatten)]
    pub(super) connection: ConnectionArgs,
}

/// As whom to send.
#[derive(Debug, Args)]
#[command(next_help_heading = "Who reports")]
pub(super) struct WhoArgs {
    #[arg(long, value_name = "FILE", help = "Credential of a device or gateway [env: COWL_CREDENTIAL]")]
    pub(super) credential: Option<PathBuf>,

    /// Report without being enrolled, from the operation's manifest alone
    #[arg(long, value_name = "FILE", requires = "authority", conflicts_with = "credential")]
    pub(super) manifest: Option<PathBuf>,

    /// Fingerprint of the authority whose manifest is trusted, as on its poster or QR code
    #[arg(long, value_name = "FINGERPRINT", requires = "manifest", value_parser = fingerprint)]
    pub(super) authority: Option<Fingerprint>,

    /// Which of a gateway's identities reports, from 1 [default: 1]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) identity: Option<u32>,

    /// Input field that says which of a gateway's identities reports
    #[arg(long, value_name = "FIELD", conflicts_with = "identity")]
    pub(super) identity_from: Option<String>,
}

/// What to send.
#[derive(Debug, Args)]
#[command(next_help_heading = "Reports")]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own on the command line")]
pub(super) struct InputArgs {
    /// The report itself. Other users of this machine can see it while the command runs
    #[arg(short = 'm', long, value_name = "REPORT", allow_hyphen_values = true)]
    // As bytes: what is not UTF-8 is said with its place, as in any other input.
    pub(super) message: Option<OsString>,

    /// A file with one report; with -l one on each line; a name ending in .csv, .jsonl or .ndjson says so by itself
    #[arg(short = 'f', long, value_name = "FILE")]
    pub(super) file: Option<PathBuf>,

    /// One report on each line of standard input, or of the file of -f; a bad line does not stop the good ones
    #[arg(short = 'l', long = "stdin-line", conflicts_with_all = ["message", "whole", "null"])]
    pub(super) lines: bool,

    /// All of standard input as one report
    #[arg(short = 's', long = "stdin-file")]
    pub(super) whole: bool,

    /// An empty message (refused: it would say that somebody is there, and nothing else)
    #[arg(short = 'n', long = "null-message")]
    pub(super) null: bool,

    /// What the input is: json, csv (with a header), text (`name: value`), or auto: by the file's name and the first
    /// character
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Auto, hide_possible_values = true)]
    pub(super) format: Format,

    /// The same as --format csv: a header, then one report on each line
    #[arg(long, conflicts_with = "format")]
    pub(super) csv: bool,

    /// Topic of the reports. Under preset `cowl` it travels inside the sealed part, if the policy has a field for it
    #[arg(short = 't', long, value_name = "TOPIC")]
    pub(super) topic: Option<String>,

    /// Send the same report so many times, each under a report id of its own
    #[arg(long, value_name = "COUNT", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..), conflicts_with = "lines")]
    pub(super) repeat: u32,

    /// Seconds between two of them
    #[arg(long, value_name = "SECONDS", value_parser = seconds, default_value = "0", requires = "repeat")]
    pub(super) repeat_delay: Duration,
}

/// How to send.
#[derive(Debug, Args)]
#[command(next_help_heading = "Sending")]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own on the command line")]
pub(super) struct SendingArgs {
    /// 0: at most once. 1: until the broker has it. 2: as 1, in two round trips
    #[arg(short = 'q', long, value_name = "QOS", default_value = "0", value_parser = qos)]
    pub(super) qos: Qos,

    /// Send by a relay: what is sealed is wrapped for it, so that neither the relay nor the operation's broker sees who says what.
    /// Without a login unless -u names one of the relay's
    #[arg(long, value_name = "HOST[:PORT]", conflicts_with_all = ["host", "port", "url"])]
    pub(super) relay: Option<Place>,

    /// Send without the policy's delay, which hides when something was reported; whoever watches the network learns it
    #[arg(long)]
    pub(super) now: bool,

    /// Spend one of the last tokens, which are kept for emergencies; only where the operation has tokens
    #[arg(long)]
    pub(super) urgent: bool,

    /// Show what would be sent, to which role, how precisely, and what the broker would see; send nothing
    #[arg(long, conflicts_with = "confirm")]
    pub(super) preview: bool,

    /// Show it, ask on the terminal, and send what was shown
    #[arg(long)]
    pub(super) confirm: bool,

    /// The preview as JSON, one line for each report
    #[arg(long, requires = "preview")]
    pub(super) json: bool,

    /// Seconds to wait for a beacon, which tells the epoch and where enough people report
    #[arg(long, value_name = "SECONDS", value_parser = seconds, default_value = "2")]
    pub(super) beacon_wait: Duration,

    /// Say what happens, on standard error; nothing personal
    #[arg(short = 'd', long)]
    pub(super) debug: bool,

    /// No summary and no progress; refused input is still told
    #[arg(long, conflicts_with = "debug")]
    pub(super) quiet: bool,
}

/// The forms of input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(super) enum Format {
    // By the file's name; else JSON if it begins with {, else text. Plain comments: documented ones would make
    // clap print all of the help in its long form.
    #[default]
    Auto,
    Json,
    Csv,
    Text,
}

fn fingerprint(text: &str) -> Result<Fingerprint, &'static str> {
    Fingerprint::parse(text).ok_or("a fingerprint is 32 hexadecimal digits, with or without dashes")
}

fn qos(text: &str) -> Result<Qos, &'static str> {
    let level = text.parse::<u8>().map_err(|_| "0, 1 or 2")?;
    Qos::try_from(level).map_err(|_| "0, 1 or 2")
}

fn seconds(text: &str) -> Result<Duration, &'static str> {
    let seconds = text.parse::<f64>().map_err(|_| "a number of seconds")?;
    Duration::try_from_secs_f64(seconds).map_err(|_| "a number of seconds")
}
