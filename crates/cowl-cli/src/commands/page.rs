//! `cowl page`: the page on which a victim or volunteer reports.

use std::{net::SocketAddr, path::PathBuf};

use clap::{ArgGroup, Args};
use cowl::{files, operation::BrokerFolder};
use cowl_console::page::{Page, PageConfig, PageError, PageEvent, PageLimits, PageTls};
use cowl_core::{Fingerprint, Login, SignedManifest};

use crate::{connection::ConnectionArgs, exit::Exit, failure::Failure, machine::Stop, printer::Printer};

/// The largest manifest file that is read, in bytes.
const MANIFEST_LIMIT: u64 = 1 << 20;

/// What the command does beyond its first line, at the end of its help.
const MORE: &str = "\
Everything that is sent is reduced and sealed in the visitor's browser; this server has no key that opens it, and passes it on to the \
broker. It sees the visitors' addresses, and when they send. With DIR it reads manifest.cowl, logins.toml and tls/, as `cowl broker` \
does; without, visitors get the login of -u and -P, which must be that of walk-ins.

Over plain HTTP whoever controls the network can change the page before it reaches a phone; use --https where phones trust the \
certificate, and print the fingerprint on the posters: http://ADDRESS/#a=FINGERPRINT then refuses another operation.

Examples:
  cowl page ops --listen 0.0.0.0:8080
  cowl page ops --listen 0.0.0.0:8443 --https
  cowl page --manifest manifest.cowl --authority 3f1c-… -u walk-in -P … -h broker.example --tls --listen 0.0.0.0:8080";

/// The arguments of `cowl page`.
#[derive(Debug, Args)]
#[command(after_help = MORE)]
#[command(group = ArgGroup::new("operation").args(["folder", "manifest"]).required(true))]
pub(crate) struct PageCommand {
    /// The operation's folder
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,

    /// The operation's manifest, instead of its folder
    #[arg(long, value_name = "FILE", requires = "authority")]
    manifest: Option<PathBuf>,

    /// Fingerprint of the authority whose manifest is trusted
    #[arg(long, value_name = "FINGERPRINT", value_parser = fingerprint)]
    authority: Option<Fingerprint>,

    /// Address and port to listen on: 0.0.0.0:8080 is every network of this machine
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8378")]
    listen: SocketAddr,

    /// Speak TLS, with the certificate of DIR/tls unless --cert says otherwise
    #[arg(long)]
    https: bool,

    /// Speak TLS with this certificate and its chain, in PEM
    #[arg(long, value_name = "FILE", requires = "key")]
    cert: Option<PathBuf>,

    /// The certificate's key
    #[arg(long, value_name = "FILE", requires = "cert")]
    key: Option<PathBuf>,

    #[command(flatten)]
    connection: ConnectionArgs,
}

/// What the files say.
struct Operation {
    manifest: SignedManifest,
    /// Visitors get this one.
    walk_in: Login,
    /// The notices are read with this one.
    reader: Login,
    tls: Option<PageTls>,
    ca: Option<PathBuf>,
}

impl PageCommand {
    pub(crate) async fn run(self, printer: &mut Printer) -> Result<Exit, Failure> {
        let mut stop = Stop::new()?;
        if self.connection.url_topic().is_some() {
            return Err(Failure::usage("the URL of -L names a topic, but the operation has its own"));
        }
        let Operation { manifest, walk_in, reader, tls, ca } = self.operation()?;
        let endpoint = self.connection.endpoint(ca.as_deref())?;
        self.connection.warn_if_exposed(&endpoint, printer);
        let options = self.connection.options(&manifest, Some(&reader))?;
        if tls.is_none() && !self.listen.ip().is_loopback() {
            printer.warning("without TLS whoever controls the network can change the page before it reaches a phone: use --https");
        }
        let (scheme, pin) =
            (if tls.is_some() { "https" } else { "http" }, manifest.authority().fingerprint());
        let limits = PageLimits::default();
        let page =
            Page::bind(PageConfig { listen: self.listen, tls, manifest, endpoint, options, walk_in, limits });
        let page = page.await.map_err(not_opened)?;
        printer.note(&format!("people report at {scheme}://{}/#a={pin}", page.address()));
        Box::pin(page.run(|event| told(&event, printer), stop.wanted())).await;
        Ok(Exit::Done)
    }

    fn operation(&self) -> Result<Operation, Failure> {
        let given = self.given_tls();
        let Some(folder) = &self.folder else { return self.outside(given) };
        let operation = BrokerFolder::open(folder)?;
        let tls = match (given, self.https, &operation.tls) {
            (Some(given), ..) => Some(given),
            (None, false, _) => None,
            (None, true, Some(files)) => {
                Some(PageTls { certificate: files.certificate.clone(), key: files.key.clone() })
            }
            (None, true, None) => {
                return Err(Failure::new(Exit::Keys, format!("{} has no certificate", folder.display()))
                    .hint("`cowl broker DIR` makes one; or name one with --cert and --key"));
            }
        };
        let ca = operation.tls.as_ref().map(|files| files.ca.clone()).filter(|ca| ca.exists());
        let walk_in = self.connection.login().unwrap_or_else(|| operation.logins.walk_in.to_credential());
        let reader = operation.logins.device.to_credential();
        Ok(Operation { manifest: operation.manifest, walk_in, reader, tls, ca })
    }

    /// With nothing of the operation but its manifest and the walk-ins' login.
    fn outside(&self, given: Option<PageTls>) -> Result<Operation, Failure> {
        let named = self.manifest.as_ref().zip(self.authority).zip(self.connection.login());
        let Some(((path, fingerprint), walk_in)) = named else {
            return Err(Failure::usage(
                "name the operation's folder, or its manifest, authority and the walk-ins' login",
            ));
        };
        if self.https && given.is_none() {
            return Err(Failure::usage("--https needs --cert and --key where no DIR is named"));
        }
        let bytes = files::read(path, MANIFEST_LIMIT)?;
        let manifest = SignedManifest::verify_pinned(&bytes, fingerprint).map_err(|error| {
            Failure::new(Exit::Keys, format!("{} is {error}", path.display()))
                .hint("is it this operation's, and the fingerprint the one on its cards and notices?")
        })?;
        Ok(Operation { manifest, reader: walk_in.clone(), walk_in, tls: given, ca: None })
    }

    fn given_tls(&self) -> Option<PageTls> {
        let (certificate, key) = self.cert.clone().zip(self.key.clone())?;
        Some(PageTls { certificate, key })
    }
}

fn not_opened(error: PageError) -> Failure {
    match error {
        PageError::Listen { address, source } => {
            Failure::new(Exit::Unreachable, format!("cannot listen on {address}")).because(&source)
        }
        PageError::Topics(error) => error.into(),
        error @ (PageError::Certificate { .. } | PageError::Dangerous) => {
            Failure::new(Exit::Keys, error.to_string())
        }
    }
}

fn told(event: &PageEvent, printer: &mut Printer) {
    match event {
        PageEvent::Connected => printer.note("hears the operation's notices"),
        PageEvent::Restored => printer.note("connected again"),
        PageEvent::Manifest(version) => printer.note(&format!("hands out manifest {version}")),
        PageEvent::Lost(why) => printer.note(&format!("{why}; trying again")),
    }
}

fn fingerprint(text: &str) -> Result<Fingerprint, &'static str> {
    Fingerprint::parse(text).ok_or("a fingerprint is 32 hexadecimal digits, with or without dashes")
}
