//! `cowl console`: where the coordination centre looks.

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use clap::Args;
use cowl::{
    client::Topics,
    glass::Custodian,
    keyring::load_credential,
    operation::Operation,
    rest::{self, Identities},
    transport::Filter,
};
use cowl_console::{
    BaseMapError, CardsError, Console, ConsoleConfig, ConsoleError, FeedError, Outsider, RoleSeat,
    SidesConfig,
};
use cowl_core::Member;

use super::plan::Simulated;
use crate::{
    connection::ConnectionArgs,
    exit::Exit,
    failure::Failure,
    machine::Stop,
    printer::Printer,
    stranger::{Stranger, notices},
};

/// What the command does beyond its first line, at the end of its help.
const MORE: &str = "\
Prints a link for each seat: one for each role that is read, one for each custodian, and with --operation one for the authority. A link \
signs one browser in, once; the newest ones are in sign-in.txt of the state folder. Runs until Ctrl-C or SIGTERM.

Whoever signs in at a role's seat sees what that role's keys open, and nothing else. Whoever signs in with the authority's link can also \
enrol, revoke and rotate.

Examples:
  cowl console --operation ops
  cowl console --credential desk.cowl
  cowl console --credential medic.cowl --credential rescue.cowl --operation ops -h broker
  cowl console --custodian anna.share
  cowl console --credential medic.cowl --base-map haiti.pmtiles";

/// The arguments of `cowl console`.
#[derive(Debug, Args)]
#[command(after_help = MORE)]
pub(crate) struct ConsoleCommand {
    /// Credential of a responder whose reports are shown: a seat for each of its roles; may be repeated
    #[arg(long, value_name = "FILE")]
    credential: Vec<PathBuf>,

    /// Only this role; may be repeated
    #[arg(long, value_name = "ROLE", requires = "credential")]
    role: Vec<String>,

    /// Share of a custodian who agrees to requests here; may be repeated
    #[arg(long, value_name = "FILE")]
    custodian: Vec<PathBuf>,

    /// The operation's folder, for its authority: people and keys, log, break glass
    #[arg(long, value_name = "DIR")]
    operation: Option<PathBuf>,

    /// Scorecards that `cowl audit score --json` wrote, for the Privacy page: before first; may be repeated
    #[arg(long, value_name = "FILE")]
    scorecard: Vec<PathBuf>,

    /// Map tiles below the zones of the map: a PMTiles archive on this machine, of PNG, JPEG, WebP or vector tiles (MVT)
    #[arg(long, value_name = "FILE")]
    base_map: Option<PathBuf>,

    #[arg(long, value_name = "FILE", help = "Age identities that open credentials [env: COWL_IDENTITY]")]
    identity: Option<PathBuf>,

    /// Where browsers reach it
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8377")]
    listen: SocketAddr,

    /// Let other machines reach it too. It is plain HTTP: whoever is on the way can read and change everything
    #[arg(long)]
    expose: bool,

    /// The console's own folder [default: `cowl-console` in `XDG_STATE_HOME`, or in ~/.local/state]
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,

    #[command(flatten)]
    connection: ConnectionArgs,
}

impl ConsoleCommand {
    pub(crate) async fn run(self, printer: &mut Printer) -> Result<Exit, Failure> {
        let mut stop = Stop::new()?;
        if self.connection.url_topic().is_some() {
            return Err(Failure::usage("the URL of -L names a topic, but the operation has its own"));
        }
        if let Some(path) = &self.identity {
            rest::use_identities(Identities::load(path)?);
        }
        let roles = self.roles(printer)?;
        let custodians =
            self.custodian.iter().map(|path| Custodian::open(path)).collect::<Result<Vec<_>, _>>()?;
        let config = ConsoleConfig {
            expose: self.expose,
            custodians,
            operation: self.operation.clone(),
            sides: self.sides(&roles)?,
            roles,
            scorecards: self.scorecard.clone(),
            base_map: self.base_map.clone(),
            measure: Some(Arc::new(Simulated)),
            ..ConsoleConfig::new(self.listen, self.state()?)
        };
        let console = Console::bind(config).await?;
        if !console.address().ip().is_loopback() {
            printer.warning(
                "other machines reach this console over plain HTTP: whoever is on the way can read and change everything",
            );
        }
        printer.note("each link signs one browser in, once");
        for link in console.sign_in_links() {
            let what = match (link.is_authority(), link.seat().is_custodian()) {
                (true, _) => "authority",
                (false, true) => "custodian",
                (false, false) => "role",
            };
            printer.data(format!("{what}\t{}\t{}", link.seat().name(), link.url()))?;
        }
        printer.flush()?;
        console.run(stop.wanted()).await?;
        Ok(Exit::Done)
    }

    /// A seat for each role that is asked for, of each credential that has it.
    fn roles(&self, printer: &mut Printer) -> Result<Vec<RoleSeat>, Failure> {
        let mut seats = Vec::new();
        for path in &self.credential {
            let credential = load_credential(path)?;
            let manifest = &credential.manifest;
            let Member::Responder(keyrings) = &credential.member else {
                return Err(Failure::new(Exit::Keys, format!("{} reads no reports", path.display()))
                    .hint("the console takes credentials of responders: cowl enrol DIR NAME --responder --role ROLE"));
            };
            if manifest.preset.is_dangerous() {
                return Err(Failure::usage("an operation of a dangerous preset has no console")
                    .hint("what travels in clear is read by `cowl sub`"));
            }
            // Among several credentials each is for its own broker's login.
            let ca = self.operation.as_ref().and_then(|folder| Operation::open(folder).ok());
            let ca = ca.map(|operation| operation.tls().ca).filter(|ca| ca.exists());
            let endpoint = self.connection.endpoint(ca.as_deref())?;
            self.connection.warn_if_exposed(&endpoint, printer);
            let options = self.connection.options(manifest, Some(&credential.login))?;
            let held = keyrings.iter().filter_map(|keyring| manifest.policy.role(keyring.role));
            let names: Vec<_> = held.map(|role| role.name.clone()).collect();
            seats.extend(
                names.into_iter().filter(|name| self.role.is_empty() || self.role.contains(name)).map(
                    |role| RoleSeat {
                        credential: path.clone(),
                        role,
                        endpoint: endpoint.clone(),
                        options: options.clone(),
                    },
                ),
            );
        }
        match self.role.iter().find(|role| !seats.iter().any(|seat| seat.role == **role)) {
            Some(role) => Err(Failure::usage(format!("no credential reads the role `{role}`"))
                .hint("leave --role out to see every role that the credentials have")),
            None => Ok(seats),
        }
    }

    /// What the broker sees: with the operation's folder as its observer, who may listen to everything; else by the login of the first
    /// credential, to what the broker has of its operation.
    fn sides(&self, roles: &[RoleSeat]) -> Result<Option<SidesConfig>, Failure> {
        let outsider: Option<Arc<dyn Outsider>> = Some(Arc::new(Stranger));
        if let Some(folder) = &self.operation {
            let operation = Operation::open(folder)?;
            let ca = operation.tls().ca;
            let endpoint = self.connection.endpoint(ca.exists().then_some(ca.as_path()))?;
            let observer = operation.logins().observer.to_credential();
            let options = self.connection.options(operation.manifest(), Some(&observer))?;
            let (filters, notices) = (vec![Filter::new("#")?], notices(&Topics::of(operation.manifest()))?);
            return Ok(Some(SidesConfig { endpoint, options, filters, notices, outsider, stage: None }));
        }
        let Some(seat) = roles.first() else { return Ok(None) };
        let topics = Topics::of(&load_credential(&seat.credential)?.manifest);
        let mut filters = vec![topics.reports()?];
        for notice in [topics.manifest()?, topics.bundle()?, topics.beacon()?] {
            filters.push(Filter::new(notice.as_str())?);
        }
        let (endpoint, options) = (seat.endpoint.clone(), seat.options.clone());
        let notices = notices(&topics)?;
        Ok(Some(SidesConfig { endpoint, options, filters, notices, outsider, stage: None }))
    }

    fn state(&self) -> Result<PathBuf, Failure> {
        if let Some(folder) = &self.state {
            return Ok(folder.clone());
        }
        let var = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let base = var("XDG_STATE_HOME").or_else(|| var("HOME").map(|home| home.join(".local/state")));
        let base = base.ok_or_else(|| {
            Failure::usage("there is no home folder to keep the console's files in")
                .hint("name one with --state DIR")
        })?;
        Ok(base.join("cowl-console"))
    }
}

impl From<ConsoleError> for Failure {
    fn from(error: ConsoleError) -> Self {
        match error {
            ConsoleError::File(error)
            | ConsoleError::Cards(CardsError::File(error))
            | ConsoleError::BaseMap(BaseMapError::File(error)) => error.into(),
            ConsoleError::BaseMap(error) => {
                let failure = Self::new(Exit::Input, error.to_string());
                error.hint().into_iter().fold(failure, Self::hint)
            }
            ConsoleError::Operation(error) => error.into(),
            ConsoleError::Feed(FeedError::Keyring(error)) => error.into(),
            ConsoleError::Feed(FeedError::Archive(error)) => error.into(),
            ConsoleError::Feed(error) => Self::internal(error.to_string()),
            ConsoleError::NoSeat => Self::usage(error.to_string())
                .hint("name a responder's credential with --credential FILE, or the operation with --operation DIR"),
            ConsoleError::Exposed(_) => Self::usage(error.to_string()).hint(
                "over plain HTTP whoever is on the way reads and changes everything; --expose if that is meant, on a network of your own",
            ),
            ConsoleError::Cards(_) => Self::new(Exit::Input, error.to_string()),
            ConsoleError::Listen { .. } => Self::new(Exit::Unreachable, error.to_string()),
        }
    }
}
