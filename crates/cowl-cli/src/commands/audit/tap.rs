//! `cowl audit tap`: records what a broker sees.

use std::{path::PathBuf, sync::Arc};

use clap::Args;
use cowl::files;
use cowl_audit::{
    live::{ServerTls, Tap as Listening, TapOptions, TlsError, TrustedTls},
    trace::Observer,
};

use super::recording::RecordingArgs;
use crate::{exit::Exit, failure::Failure, machine::Stop, printer::Printer};

/// The largest file of certificates or of a key that is read, in bytes.
const PEM_LIMIT: u64 = 1 << 20;

/// What the command does beyond its first line, at the end of its help.
const MORE: &str = "\
Clients connect to the tap instead of the broker; all bytes go through unchanged. MQTT over TCP and WebSocket is recorded packet by packet. TLS is \
passed through and recorded as sizes and times; with --cert and --key it ends at the tap, whose certificate the clients must trust, and is \
recorded like the rest. Client certificates cannot be passed on.

The recording never holds up the traffic: if the disk is full or slow, events are missing, which is said, and the connections go on. \
Ctrl-C or SIGTERM ends the trace in order and closes all connections. A trace holds what the broker sees, passwords included.";

/// The arguments of `cowl audit tap`.
#[derive(Debug, Args)]
#[command(after_help = MORE)]
pub(crate) struct Tap {
    /// Listen here, such as 127.0.0.1:1884; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: String,

    /// Forward to this broker
    #[arg(long, value_name = "HOST:PORT")]
    broker: String,

    /// End the clients' TLS with this certificate chain (PEM)
    #[arg(long, value_name = "FILE", requires = "key", help_heading = "TLS")]
    cert: Option<PathBuf>,

    /// The certificate's key (PEM)
    #[arg(long, value_name = "FILE", requires = "cert", help_heading = "TLS")]
    key: Option<PathBuf>,

    /// Speak TLS to the broker, trusting the authorities of this system
    #[arg(long, help_heading = "TLS")]
    broker_tls: bool,

    /// Speak TLS to the broker, trusting the certificate authorities in this PEM file only
    #[arg(long, value_name = "FILE", help_heading = "TLS")]
    broker_cafile: Option<PathBuf>,

    /// Connections at a time; further ones wait
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..))]
    max_connections: u32,

    #[command(flatten)]
    recording: RecordingArgs,
}

impl Tap {
    pub(crate) async fn run(self, printer: &mut Printer) -> Result<Exit, Failure> {
        let mut stop = Stop::new()?;
        let options = self.options()?;
        let listening =
            Listening::bind(&self.listen, options).await.and_then(|tap| Ok((tap.address()?, tap)));
        let (address, tap) = listening.map_err(|error| {
            Failure::new(Exit::Unreachable, format!("cannot listen on {}", self.listen)).because(&error)
        })?;
        let running = self.recording.start(Observer::Tap, format!("tap of {}", self.broker))?;
        printer.note(&format!("listening on {address} for {}", self.broker));
        let recorder = Arc::clone(&running.recorder);
        let summary = {
            let watched = Arc::clone(&recorder);
            let done = self.recording.until_done(&watched, &mut stop, printer);
            tap.run(recorder, done).await
        };
        if summary.refused > 0 {
            printer.warning(&format!(
                "for {} of {} connections the broker could not be reached, or TLS not be agreed on",
                summary.refused, summary.connections
            ));
        }
        running.finish(printer).await?;
        Ok(Exit::Done)
    }

    fn options(&self) -> Result<TapOptions, Failure> {
        let mut options = TapOptions::new(&self.broker);
        options.max_connections = usize::try_from(self.max_connections).unwrap_or(usize::MAX);
        if let Some((cert, key)) = self.cert.as_ref().zip(self.key.as_ref()) {
            let chain = files::read(cert, PEM_LIMIT)?;
            let key = files::read(key, PEM_LIMIT)?;
            options.end_tls = Some(ServerTls::from_pem(&chain, &key).map_err(|error| unusable(&error))?);
        }
        options.broker_tls = trusted(&self.broker, self.broker_tls, self.broker_cafile.as_ref())?;
        Ok(options)
    }
}

/// TLS to a server at `host:port`, if it is asked for.
pub(super) fn trusted(
    server: &str,
    system: bool,
    file: Option<&PathBuf>,
) -> Result<Option<TrustedTls>, Failure> {
    let host = server.rsplit_once(':').map_or(server, |(host, _)| host);
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let tls = match file {
        Some(path) => Some(TrustedTls::from_pem(host, &files::read(path, PEM_LIMIT)?)),
        None => system.then(|| TrustedTls::from_system(host)),
    };
    tls.transpose().map_err(|error| unusable(&error))
}

fn unusable(error: &TlsError) -> Failure {
    Failure::new(Exit::Keys, error.to_string())
}
