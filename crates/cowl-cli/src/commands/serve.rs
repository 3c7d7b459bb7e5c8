//! `cowl serve`: the operation's online service.

use std::{net::SocketAddr, path::PathBuf};

use clap::Args;
use cowl::{
    dangerous,
    operation::Operation,
    service::{
        self, Event, ServeError, Service,
        http::{HttpLimits, HttpListener},
    },
};
use cowl_core::Calendar;

use crate::{
    connection::ConnectionArgs,
    exit::Exit,
    failure::Failure,
    machine::{self, Stop},
    printer::Printer,
};

/// What the command does beyond its first line, at the end of its help.
const MORE: &str = "\
Manifest and beacons stay on the broker (retained); changes of policy.toml are followed, or refused with the reason. \
Runs until Ctrl-C or SIGTERM, through restarts of the broker. Connects with the operator's login of DIR; TLS trusts \
DIR/tls/ca.pem where there is one and neither --cafile nor --pin says otherwise.";

/// The arguments of `cowl serve`.
#[derive(Debug, Args)]
#[command(after_help = MORE)]
pub(crate) struct Serve {
    /// The operation's folder
    #[arg(value_name = "DIR")]
    folder: PathBuf,

    /// Seconds between two beacons, instead of the policy's `beacon_every`
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..))]
    every: Option<u32>,

    /// Let people join and renew over HTTP too, on this address and port: 0.0.0.0:8080 is every network of this machine
    #[arg(long, value_name = "ADDRESS")]
    http: Option<SocketAddr>,

    #[command(flatten)]
    connection: ConnectionArgs,
}

impl Serve {
    pub(crate) async fn run(self, printer: &mut Printer) -> Result<Exit, Failure> {
        let mut stop = Stop::new()?;
        if self.connection.url_topic().is_some() {
            return Err(Failure::usage("the URL of -L names a topic, but the operation has its own"));
        }
        let operation = Operation::open(&self.folder)?;
        if let Some(warning) = dangerous::warning(operation.preset()) {
            printer.warning(warning);
        }
        let ca = Some(operation.tls().ca).filter(|ca| ca.exists());
        let endpoint = self.connection.endpoint(ca.as_deref())?;
        self.connection.warn_if_exposed(&endpoint, printer);
        let login = operation.logins().operator.to_credential();
        let options = self.connection.options(operation.manifest(), Some(&login))?;
        let mut service = Service::new(operation, machine::now(), self.every)?;
        if service.census().is_none() {
            printer.note("the policy has no census role: zones stay at its fallback level, or are withheld");
        }
        let http = self.listen(printer).await?;
        let calendar = service.operation().manifest().calendar;
        let mut teller = Teller { calendar, started: false, printer: &mut *printer };
        let mut tell = |event: Event| teller.tell(event);
        let ended = service::run_with_http(
            &mut service,
            &endpoint,
            &options,
            &machine::now,
            &mut tell,
            http,
            stop.wanted(),
        )
        .await;
        if teller.started {
            farewell(&service, printer);
        }
        match ended {
            Ok(()) => Ok(Exit::Done),
            Err(ServeError::Operation(error)) => Err(error.into()),
            Err(ServeError::Transport(error)) => Err(error.into()),
        }
    }
}

impl Serve {
    /// Listens over HTTP, where it is asked for; says where, with the port that the system chose for 0.
    async fn listen(&self, printer: &mut Printer) -> Result<Option<HttpListener>, Failure> {
        let Some(address) = self.http else { return Ok(None) };
        let failed = |error: std::io::Error| {
            Failure::new(Exit::Unreachable, format!("cannot listen on {address}")).because(&error)
        };
        let listener = HttpListener::bind(address, HttpLimits::default()).await.map_err(failed)?;
        printer.note(&format!("people join at http://{}", listener.address().map_err(failed)?));
        Ok(Some(listener))
    }
}

/// Says what happens, and nothing about a person.
struct Teller<'a> {
    calendar: Calendar,
    started: bool,
    printer: &'a mut Printer,
}

impl Teller<'_> {
    fn tell(&mut self, event: Event) {
        let printer = &mut *self.printer;
        match event {
            Event::Started { epoch, manifest } => {
                self.started = true;
                let until = machine::date(self.calendar.end_of(epoch));
                printer.note(&format!("serving manifest {manifest} and beacons; epoch {} ends {until}", epoch.0));
            }
            Event::Epoch(epoch) => {
                let until = machine::date(self.calendar.end_of(epoch));
                printer.note(&format!("epoch {} began; it ends {until}", epoch.0));
            }
            Event::Manifest(version) => printer.note(&format!("published manifest {version}")),
            Event::Lost { why, retry_in } => {
                printer.note(&format!("{why}; trying again in {} s", retry_in.as_secs()));
            }
            Event::Restored => printer.note("connected again"),
            Event::Policy(error) => {
                let failure = Failure::from(error);
                printer.warning(&format!("the policy file is not followed: {}", failure.message()));
                if let Some(hint) = failure.hint_text() {
                    printer.note(&format!("hint: {hint}"));
                }
            }
            Event::Stuck(error) => {
                printer.warning(&format!("nothing new can be published, and it is tried again: {error}"));
            }
            Event::NoBundle(error) => printer.warning(&format!(
                "{error}: who was revoked is still heard, and responders get no new keys"
            )),
            Event::Census(error) => printer.warning(&format!("the census cannot be kept on disk: {error}")),
            Event::Clone(device) => printer.warning(&format!(
                "device {device} of register.json sends from two machines: beacons tell both to stop; enrol both again"
            )),
            Event::NotJoined(error) => {
                printer.warning(&format!("somebody with a good ticket could not join: {error}"));
            }
            Event::LeftOut(0) => printer.note("the beacon holds the counts of all zone levels again"),
            Event::LeftOut(levels) => printer.warning(&format!(
                "the counts of the {levels} finest zone levels do not fit the beacon, so zones get coarser; raise \
                 `beacon_size`"
            )),
            _ => {}
        }
    }
}

/// What was counted: sums only.
fn farewell(service: &Service, printer: &mut Printer) {
    printer.note("ended");
    let Some(census) = service.census() else { return };
    printer.note(&format!("census: {} devices counted, once each epoch", census.counted()));
    for (reason, count) in census.refused() {
        printer.note(&format!("census: {count} messages not opened: {reason}"));
    }
}
