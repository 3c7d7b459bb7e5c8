//! Where devices connect. Nothing is opened that was not asked for.

use std::path::{Path, PathBuf};

use clap::Args;
use cowl::operation::{HostName, TlsFiles};
use cowl_broker::{BrokerError, Listeners, Running, TlsListener};

use super::at::At;
use crate::{exit::Exit, failure::Failure, machine, printer::Printer};

/// The flags.
#[derive(Debug, Args)]
#[command(
    next_help_heading = "Where they connect (127.0.0.1 unless an address is named; port 0 takes a free one)"
)]
pub(crate) struct ListenArgs {
    /// Listen for MQTT in clear
    #[arg(long, value_name = "[ADDRESS:]PORT")]
    listen: Option<At>,

    /// Listen for MQTT over TLS 1.3
    #[arg(long, value_name = "[ADDRESS:]PORT")]
    listen_tls: Option<At>,

    /// Listen for MQTT over WebSocket in clear
    #[arg(long, value_name = "[ADDRESS:]PORT")]
    listen_ws: Option<At>,

    /// Listen for MQTT over WebSocket over TLS 1.3
    #[arg(long, value_name = "[ADDRESS:]PORT")]
    listen_wss: Option<At>,

    /// Certificate chain in PEM [default: one made for this machine, in CREDENTIAL.tls]
    #[arg(long, value_name = "FILE", requires = "key")]
    cert: Option<PathBuf>,

    /// Its private key in PEM
    #[arg(long, value_name = "FILE", requires = "cert")]
    key: Option<PathBuf>,

    /// A name or address under which it is reached, for a certificate that is made now; may be repeated
    #[arg(long = "name", value_name = "HOST")]
    names: Vec<HostName>,
}

impl ListenArgs {
    /// Whether anything is asked for.
    pub(crate) const fn is_asked(&self) -> bool {
        self.listen.is_some()
            || self.listen_tls.is_some()
            || self.listen_ws.is_some()
            || self.listen_wss.is_some()
    }

    /// What to open. A certificate that is needed and missing is made, beside the credential.
    pub(crate) fn listeners(&self, credential: &Path, printer: &mut Printer) -> Result<Listeners, Failure> {
        if !self.is_asked() {
            return Err(Failure::usage("there is nothing to listen on").hint(
                "say where devices connect: --listen 1883, or --listen 0.0.0.0:1883 for other machines",
            ));
        }
        let beyond = |at: Option<At>| at.is_some_and(|At(address)| !address.ip().is_loopback());
        if beyond(self.listen) || beyond(self.listen_ws) {
            printer.warning(
                "listening beyond this machine without TLS: whoever is on that network reads what devices say and who they \
                 are; use --listen-tls for those that can",
            );
        }
        let files = (self.listen_tls.is_some() || self.listen_wss.is_some())
            .then(|| self.certificate(credential, printer))
            .transpose()?;
        if files.is_none() && !self.names.is_empty() {
            return Err(Failure::usage("--name is for a certificate, and nothing listens for TLS"));
        }
        let secure = |at: Option<At>| {
            at.zip(files.as_ref()).map(|(At(address), (certificate, key))| TlsListener {
                address,
                certificate: certificate.clone(),
                key: key.clone(),
            })
        };
        Ok(Listeners {
            tcp: self.listen.map(|At(address)| address),
            tls: secure(self.listen_tls),
            ws: self.listen_ws.map(|At(address)| address),
            wss: secure(self.listen_wss),
        })
    }

    fn certificate(&self, credential: &Path, printer: &mut Printer) -> Result<(PathBuf, PathBuf), Failure> {
        if let (Some(certificate), Some(key)) = (&self.cert, &self.key) {
            return Ok((certificate.clone(), key.clone()));
        }
        let mut folder = credential.as_os_str().to_owned();
        folder.push(".tls");
        let folder = PathBuf::from(folder);
        let files = TlsFiles::of(&folder);
        let ca = files.ca.display().to_string();
        if !files.exist() {
            cowl::files::private_folder(&folder)?;
            TlsFiles::create(&folder, &self.names, machine::now())?;
            printer.note(&format!("made a certificate: devices trust {ca}"));
        } else if !self.names.is_empty() {
            return Err(Failure::usage("--name is for a new certificate, and there is one")
                .hint(format!("move {} away first; devices then need the new ca.pem", folder.display())));
        }
        Ok((files.certificate, files.key))
    }
}

/// Why nothing listens.
pub(crate) fn not_started(error: &BrokerError) -> Failure {
    match error {
        BrokerError::Config(error) => Failure::usage(error.to_string()),
        BrokerError::Bind { source, .. } => {
            Failure::usage(error.to_string()).because(source).hint("choose another address or port")
        }
        BrokerError::Certificate { .. } => Failure::new(Exit::Keys, error.to_string()),
        _ => Failure::internal(error.to_string()),
    }
}

/// Says where it listens.
pub(crate) fn listening(running: &Running, printer: &mut Printer) {
    let addresses = running.addresses();
    for (what, address) in [
        ("MQTT", addresses.tcp),
        ("MQTT over TLS", addresses.tls),
        ("MQTT over WebSocket", addresses.ws),
        ("MQTT over WebSocket over TLS", addresses.wss),
    ] {
        if let Some(address) = address {
            printer.note(&format!("listening on {address} for {what}"));
        }
    }
}
