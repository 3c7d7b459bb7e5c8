//! `cowl audit subscribe`: records what a subscriber sees.

use std::{path::PathBuf, sync::Arc};

use clap::{ArgAction, Args, ValueEnum};
use cowl_audit::{
    live::{SubscribeError, SubscribeOptions, Version, subscribe},
    trace::Observer,
};

use super::{recording::RecordingArgs, tap::trusted};
use crate::{exit::Exit, failure::Failure, machine::Stop, printer::Printer};

/// What the command does beyond its first line, at the end of its help.
const MORE: &str = "\
Records every message that the broker passes on, retained ones first, as it comes: topics, payloads, properties, times; not who sent it. \
Many brokers let only some logins read #.";

/// The arguments of `cowl audit subscribe`.
#[derive(Debug, Args)]
#[command(after_help = MORE, disable_help_flag = true)]
pub(crate) struct Subscribe {
    /// Host name or address of the broker
    #[arg(short = 'h', long, value_name = "HOST", default_value = "localhost")]
    host: String,

    /// Port [default: 1883; with TLS 8883]
    #[arg(short = 'p', long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    port: Option<u16>,

    /// Topic filter; may be repeated
    #[arg(short = 't', long = "topic", value_name = "FILTER", default_value = "#")]
    topics: Vec<String>,

    /// User name
    #[arg(short = 'u', long = "username", value_name = "NAME")]
    user: Option<String>,

    /// Its password. Other users of this machine can see it while the command runs
    #[arg(short = 'P', long = "pw", value_name = "PASSWORD", requires = "user")]
    password: Option<Hidden>,

    /// Use TLS, trusting the authorities of this system
    #[arg(long)]
    tls: bool,

    /// Use TLS, trusting the certificate authorities in this PEM file only
    #[arg(long, value_name = "FILE")]
    cafile: Option<PathBuf>,

    /// Version of MQTT: mqttv5 or mqttv311
    #[arg(short = 'V', long, value_name = "VERSION", value_enum, default_value_t = ProtocolVersion::Mqttv5, hide_possible_values = true)]
    protocol_version: ProtocolVersion,

    /// Quality of service, 0 to 2
    #[arg(short = 'q', long, value_name = "QOS", default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=2))]
    qos: u8,

    #[command(flatten)]
    recording: RecordingArgs,

    /// Print help
    #[arg(long, action = ArgAction::Help)]
    help: Option<bool>,
}

/// As mosquitto's clients call them.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum ProtocolVersion {
    /// MQTT 3.1.1
    #[value(alias = "311", alias = "4")]
    Mqttv311,
    /// MQTT 5
    #[value(alias = "5")]
    Mqttv5,
}

/// A secret of the command line: in no debug output.
#[derive(Clone)]
struct Hidden(String);

impl std::str::FromStr for Hidden {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

impl std::fmt::Debug for Hidden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…")
    }
}

impl Subscribe {
    pub(crate) async fn run(self, printer: &mut Printer) -> Result<Exit, Failure> {
        let mut stop = Stop::new()?;
        let options = self.options()?;
        let running =
            self.recording.start(Observer::Subscription, format!("subscriber of {}", options.broker))?;
        printer.note(&format!("subscribing at {}", options.broker));
        let recorder = Arc::clone(&running.recorder);
        let ended = {
            let done = self.recording.until_done(&recorder, &mut stop, printer);
            subscribe(&options, &recorder, done).await
        };
        drop(recorder);
        running.finish(printer).await?;
        match ended {
            Ok(_) => Ok(Exit::Done),
            Err(error) => Err(failure(&error)),
        }
    }

    fn options(&self) -> Result<SubscribeOptions, Failure> {
        let is_tls = self.tls || self.cafile.is_some();
        let port = self.port.unwrap_or(if is_tls { 8883 } else { 1883 });
        let is_v6 = self.host.contains(':') && !self.host.starts_with('[');
        let broker = if is_v6 { format!("[{}]:{port}", self.host) } else { format!("{}:{port}", self.host) };
        let password = self.password.clone().map_or_else(String::new, |password| password.0);
        Ok(SubscribeOptions {
            tls: trusted(&broker, self.tls, self.cafile.as_ref())?,
            broker,
            version: match self.protocol_version {
                ProtocolVersion::Mqttv311 => Version::V311,
                ProtocolVersion::Mqttv5 => Version::V5,
            },
            login: self.user.clone().map(|user| (user, password)),
            filters: self.topics.clone(),
            qos: self.qos,
            count: self.recording.count,
        })
    }
}

fn failure(error: &SubscribeError) -> Failure {
    let failed = |code| Failure::new(code, error.to_string());
    match error {
        SubscribeError::Unreachable(cause) | SubscribeError::Lost(cause) => {
            failed(Exit::Unreachable).because(cause)
        }
        SubscribeError::Refused(_) => {
            failed(Exit::Refused).hint("say a login with -u and -P; -V mqttv311 speaks the older version")
        }
        SubscribeError::NotAllowed(_) => {
            failed(Exit::Refused).hint("this login may not read that topic: try another one, or -t")
        }
        SubscribeError::NotMqtt => {
            failed(Exit::Refused).hint("is it the right port, and does it need --tls?")
        }
        _ => failed(Exit::Unreachable),
    }
}
