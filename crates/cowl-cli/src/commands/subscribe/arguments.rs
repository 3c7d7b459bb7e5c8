//! The arguments of `cowl sub`: mosquitto's letters where mosquitto has one.

use std::{path::PathBuf, time::Duration};

use clap::Args;
use cowl::transport::{ClientId, Filter, Qos};

use super::{habits::PointlessArgs, template::Template};
use crate::connection::ConnectionArgs;

/// What `cowl sub --help` adds below the options.
const AFTER: &str = "\
One JSON object for each report:
  report     its id; a second copy of a report is dropped by it
  epoch      the epoch in which it was sealed
  from       the device's pseudonym of that epoch, or \"walk-in\": unverified
  received   when it was opened here, in UTC
and then the fields that the role may read, at its precision. A field that is called like one of these four has \
`_field` behind its name. Under a dangerous preset: received, topic, and the fields as they travelled.

Formats of -F:
  %p  the fields as JSON
  %j  a JSON object with tst, topic, qos, retain, payloadlen, report, epoch, from, and payload as text
  %J  the same with payload as an object
  %t  topic                    %l  length of %p            %x %X  hexadecimal of %p
  %I  UTC time of receipt      %U  the same as Unix time
  %q  QoS                      %r  retain
  %i  report id                %e  epoch                   %f  from
  %%  and \\n \\t \\r \\a \\e \\0 \\v \\\\

At QoS 1 and 2 the broker keeps a session, so that nothing is lost while this reader is away. A report is printed, then \
written down in the state beside the credential, then acknowledged: after a power cut the last few may be printed again, \
and none is missing. At QoS 0 the state is written once a second.

Examples:
  cowl sub --credential medic.cowl
  cowl sub --credential desk.cowl --role triage -C 10 -W 30
  cowl sub --credential desk.cowl --role rescue -t 'sensors/+/alarm' -F '%I %f %p'";

/// Read the reports that a role may read.
#[derive(Debug, Args)]
#[command(after_help = AFTER)]
pub(crate) struct Subscribe {
    #[command(flatten)]
    pub(super) who: WhoArgs,
    #[command(flatten)]
    pub(super) which: WhichArgs,
    #[command(flatten)]
    pub(super) output: OutputArgs,
    #[command(flatten)]
    pub(super) session: SessionArgs,
    #[command(flatten)]
    pub(super) pointless: PointlessArgs,
    #[command(flatten)]
    pub(super) connection: ConnectionArgs,
}

/// As whom to read.
#[derive(Debug, Args)]
#[command(next_help_heading = "Who reads")]
pub(super) struct WhoArgs {
    #[arg(long, value_name = "FILE", help = "Credential of a responder [env: COWL_CREDENTIAL]")]
    pub(super) credential: Option<PathBuf>,

    #[arg(long, value_name = "FILE", help = "Age identities that open the credential [env: COWL_IDENTITY]")]
    pub(super) identity: Option<PathBuf>,

    /// Which of its roles; may be left out if it has one only
    #[arg(long, value_name = "ROLE")]
    pub(super) role: Option<String>,
}

/// What to print, and until when.
#[derive(Debug, Args)]
#[command(next_help_heading = "Which reports")]
pub(super) struct WhichArgs {
    /// Only reports whose topic fits; + and # are wildcards; may be repeated. Under preset `cowl` the topic travels
    /// inside the sealed part: the broker does not learn what is asked for, and what does not fit is taken all the same
    #[arg(short = 't', long = "topic", value_name = "FILTER", value_parser = filter)]
    pub(super) topics: Vec<Filter>,

    /// None whose topic fits; may be repeated
    #[arg(short = 'T', long = "filter-out", value_name = "FILTER", value_parser = filter)]
    pub(super) without: Vec<Filter>,

    /// End after so many reports. What arrives in one piece with the last one is printed too
    #[arg(short = 'C', long, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) count: Option<u64>,

    /// End after so many seconds; with exit code 27 if no report came, or fewer than -C asks for
    #[arg(short = 'W', long = "timeout", value_name = "SECONDS", value_parser = seconds)]
    pub(super) wait: Option<Duration>,

    /// End as soon as the broker has the subscription: from then on it keeps reports for the session
    #[arg(short = 'E', long)]
    pub(super) exit_after_subscribing: bool,
}

/// How to print.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(super) struct OutputArgs {
    /// One JSON object on each line: the default
    #[arg(long, conflicts_with_all = ["verbose", "format"])]
    pub(super) json: bool,

    /// The topic, or - where there is none, in front of the fields
    #[arg(short = 'v', long, conflicts_with = "format")]
    pub(super) verbose: bool,

    /// Print by this format; see below
    #[arg(short = 'F', long, value_name = "FORMAT", value_parser = Template::parse)]
    pub(super) format: Option<Template>,

    /// No line break after each report
    #[arg(short = 'N', long)]
    pub(super) no_line_break: bool,

    /// Say what happens, on standard error; nothing personal
    #[arg(short = 'd', long)]
    pub(super) debug: bool,

    /// No summary at the end
    #[arg(long, conflicts_with = "debug")]
    pub(super) quiet: bool,

    /// Keep what the role reads in this archive, as long as the policy allows; its key lies beside it as FILE.key. What is
    /// withdrawn or ordered to be erased goes by itself. Reports that -t or -T leave out are kept too; see `cowl archive`
    #[arg(long, value_name = "FILE")]
    pub(super) archive: Option<PathBuf>,

    /// With each report print `help_key`, by which `cowl help-is-coming` tells its reporter that somebody is on the way
    #[arg(long, conflicts_with_all = ["verbose", "format"])]
    pub(super) help_keys: bool,

    /// Print the authority's alerts as JSON objects too, with "kind": "alert"; without it they go to standard error
    #[arg(long)]
    pub(super) alerts: bool,

    /// Keep what only custodians can open of each report in this file, the newest 20,000, for `cowl glass request`. It names
    /// reports and pseudonyms: delete it with the reports
    #[arg(long, value_name = "FILE")]
    pub(super) keep_custody: Option<PathBuf>,
}

/// What the broker keeps while nobody reads.
#[derive(Debug, Args)]
#[command(next_help_heading = "Session")]
pub(super) struct SessionArgs {
    /// 0: what comes while connected. 1: nothing is lost. 2: as 1, in two round trips. A report is never delivered more
    /// surely than it was sent
    #[arg(short = 'q', long, value_name = "QOS", default_value = "1", value_parser = qos)]
    pub(super) qos: Qos,

    /// Client id of the session [default: one that only this credential gives, another for each role]
    #[arg(short = 'i', long, value_name = "ID", value_parser = client_id)]
    pub(super) id: Option<ClientId>,

    /// Keep a session: under preset `cowl` the default, as long as reports can be opened
    #[arg(short = 'c', long = "disable-clean-session", conflicts_with = "clean")]
    pub(super) keep: bool,

    /// No session: what is sent while nobody reads is missed
    #[arg(long)]
    pub(super) clean: bool,
}

fn filter(text: &str) -> Result<Filter, String> {
    Filter::new(text).map_err(|error| error.to_string())
}

fn client_id(text: &str) -> Result<ClientId, String> {
    ClientId::named(text).map_err(|error| error.to_string())
}

fn qos(text: &str) -> Result<Qos, &'static str> {
    let level = text.parse::<u8>().map_err(|_| "0, 1 or 2")?;
    Qos::try_from(level).map_err(|_| "0, 1 or 2")
}

fn seconds(text: &str) -> Result<Duration, &'static str> {
    let seconds = text.parse::<f64>().map_err(|_| "a number of seconds")?;
    Duration::try_from_secs_f64(seconds).map_err(|_| "a number of seconds")
}
