//! `cowl broker`: the embedded broker.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    num::NonZeroU32,
    path::PathBuf,
    sync::Arc,
};

use clap::Args;
use cowl::{
    client::Topics as OperationTopics,
    dangerous,
    operation::{BrokerFolder, HostName, OperationError, OperationLogin, TlsFiles},
    tokens::{Gatekeeper, TOKEN_USER},
};
use cowl_broker::{
    Admission, Admitting, Broker, BrokerConfig, BrokerError, ConfigError, Counts, Devices, Limits, Listeners,
    Login, Rights, Running, ServiceTopics, TlsListener, TopicPrefix, Topics, Verifier,
};

use crate::{
    exit::Exit,
    failure::Failure,
    machine::{self, Stop},
    printer::Printer,
};

/// What the largest packet holds besides a manifest or beacon: topic and properties.
const PACKET_OVERHEAD: u32 = 4 << 10;

/// What the command does beyond its first line, at the end of its help.
const MORE: &str = "\
MQTT 3.1.1 and 5, only with the operation's logins. Listens on loopback unless --bind says otherwise, and on nothing \
that it does not print. Reads manifest.cowl, logins.toml and tls/ of DIR, and no key that opens a report. Where the policy says `tokens`, \
devices, gateways and relays send with tokens (tokens.key says which are good, tokens.spent which were used), the login that devices \
share only asks the service and listens, and that of nodes does not send. Runs until \
Ctrl-C or SIGTERM; sessions and retained messages live in memory.";

/// The arguments of `cowl broker`.
#[derive(Debug, Args)]
#[command(after_help = MORE)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(crate) struct BrokerCommand {
    /// The operation's folder [default: the current folder]
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,

    /// Address to listen on; 0.0.0.0 is all of this machine's
    #[arg(long, value_name = "ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    bind: IpAddr,

    /// Port for MQTT in clear; 0 takes a free one
    #[arg(short = 'p', long, value_name = "PORT", default_value_t = 1883)]
    port: u16,

    /// Port for MQTT over TLS
    #[arg(long, value_name = "PORT", default_value_t = 8883)]
    tls_port: u16,

    /// Port for MQTT over WebSocket in clear
    #[arg(long, value_name = "PORT", default_value_t = 8083)]
    ws_port: u16,

    /// Port for MQTT over WebSocket over TLS [default: none]
    #[arg(long, value_name = "PORT")]
    wss_port: Option<u16>,

    /// Do not listen in clear: neither MQTT nor WebSocket
    #[arg(long)]
    tls_only: bool,

    /// Do not listen for TLS
    #[arg(long, conflicts_with_all = ["tls_only", "wss_port"])]
    no_tls: bool,

    /// Do not listen for WebSocket in clear
    #[arg(long)]
    no_ws: bool,

    /// Let walk-ins subscribe to manifest and beacons, and not only publish reports
    #[arg(long)]
    walk_ins_listen: bool,

    /// The topic below which members may publish and read; only with the dangerous presets [default: srv]
    #[arg(long, value_name = "TOPIC")]
    topic: Option<String>,

    /// A name or address under which clients reach this broker, for its certificate when there is none yet
    #[arg(long = "name", value_name = "HOST")]
    names: Vec<HostName>,
}

impl BrokerCommand {
    pub(crate) async fn run(self, printer: &mut Printer) -> Result<Exit, Failure> {
        let mut stop = Stop::new()?;
        let folder = self.folder.clone().unwrap_or_else(|| PathBuf::from("."));
        let mut operation = BrokerFolder::open(&folder).map_err(|error| self.no_operation(error))?;
        if operation.tls.is_none() && !self.no_tls {
            operation.tls = Some(TlsFiles::create(&folder, &self.names, machine::now())?);
            printer
                .note(&format!("made a certificate: clients trust {}", folder.join("tls/ca.pem").display()));
        } else if !self.names.is_empty() {
            return Err(Failure::usage("--name is for a new certificate, and there is one")
                .hint("move the folder `tls` away first; clients then need the new ca.pem"));
        }
        let config = self.config(&operation, printer)?;
        let running = Broker::start(config).await.map_err(|error| not_started(&error))?;
        listening(&running, printer);
        stop.wanted().await;
        let counts = running.counts();
        running.shutdown().await;
        farewell(counts, printer);
        Ok(Exit::Done)
    }

    fn no_operation(&self, error: OperationError) -> Failure {
        match (&self.folder, error) {
            (None, OperationError::NotAnOperation(_)) => {
                Failure::new(Exit::Keys, "there is no operation in the current folder")
                    .hint("name its folder: cowl broker DIR, or make one: cowl init DIR")
            }
            (_, error) => error.into(),
        }
    }

    fn config(&self, operation: &BrokerFolder, printer: &mut Printer) -> Result<BrokerConfig, Failure> {
        let manifest = &operation.manifest;
        let listeners = self.listeners(operation.tls.as_ref());
        if !self.bind.is_loopback() && (listeners.tcp.is_some() || listeners.ws.is_some()) {
            printer.warning(
                "listening beyond this machine without TLS: logins, topics and the rhythm of the messages can be \
                 read on the way; use --tls-only",
            );
        }
        let largest =
            manifest.policy.sizes.manifest.max(manifest.policy.sizes.beacon).saturating_add(PACKET_OVERHEAD);
        let packet_size = Limits::PACKET_SIZE.max(NonZeroU32::new(largest).unwrap_or(Limits::PACKET_SIZE));
        Ok(BrokerConfig {
            listeners,
            logins: self.logins(operation, printer)?,
            topics: self.topics(operation, printer)?,
            limits: Limits { packet_size, ..Limits::default() },
            intake: None,
            devices: Devices::default(),
        })
    }

    fn listeners(&self, tls: Option<&TlsFiles>) -> Listeners {
        let at = |port: u16| SocketAddr::new(self.bind, port);
        let secure = |port: u16| {
            tls.filter(|_| !self.no_tls).map(|files| TlsListener {
                address: at(port),
                certificate: files.certificate.clone(),
                key: files.key.clone(),
            })
        };
        Listeners {
            tcp: (!self.tls_only).then(|| at(self.port)),
            tls: secure(self.tls_port),
            ws: (!self.tls_only && !self.no_ws).then(|| at(self.ws_port)),
            wss: self.wss_port.and_then(secure),
        }
    }

    fn logins(&self, operation: &BrokerFolder, printer: &mut Printer) -> Result<Vec<Login>, Failure> {
        let logins = &operation.logins;
        let walk_in = Rights::WalkIn { reads_notices: self.walk_ins_listen };
        let login = |login: &OperationLogin, may: Rights| -> Result<Login, Failure> {
            let secret = Verifier::of_password(login.password.as_bytes()).map_err(refused)?;
            Ok(Login { user: login.user.clone(), secret, may })
        };
        let asked = self.gatekeeper(operation)?;
        if asked.is_some() {
            printer.note("devices send with tokens; the login that they share only asks and listens, and that of nodes does not send");
        }
        let mut all = vec![
            login(&logins.operator, Rights::Operator)?,
            login(&logins.observer, Rights::Observer)?,
            login(&logins.node, if asked.is_some() { Rights::Reader } else { Rights::Node })?,
            login(&logins.device, if asked.is_some() { Rights::Asker } else { Rights::Device })?,
            login(&logins.walk_in, walk_in)?,
        ];
        if let Some(gatekeeper) = asked {
            let secret = Verifier::asking(Arc::new(Door(gatekeeper)));
            all.push(Login { user: TOKEN_USER.to_owned(), secret, may: Rights::Device });
        }
        Ok(all)
    }

    /// Who judges tokens, where the operation has them.
    fn gatekeeper(&self, operation: &BrokerFolder) -> Result<Option<Gatekeeper>, Failure> {
        if operation.manifest.policy.tokens.is_none() || operation.manifest.preset.is_dangerous() {
            return Ok(None);
        }
        let folder = self.folder.clone().unwrap_or_else(|| PathBuf::from("."));
        Ok(Some(Gatekeeper::open(&folder, machine::now)?))
    }

    /// The operation's topics; under a dangerous preset the mailbox is whatever lies below one plain topic.
    fn topics(&self, operation: &BrokerFolder, printer: &mut Printer) -> Result<Topics, Failure> {
        let topics = OperationTopics::of(&operation.manifest);
        let prefix = |topic: &str| TopicPrefix::new(topic).map_err(|error| Failure::usage(error.to_string()));
        let mailbox = match (dangerous::warning(operation.manifest.preset), &self.topic) {
            (None, None) => topics.mailbox(),
            (None, Some(_)) => {
                return Err(Failure::usage(
                    "--topic is refused: under preset `cowl` all reports go to one mailbox topic",
                )
                .hint("a topic travels inside the sealed part: cowl pub -t TOPIC"));
            }
            (Some(warning), topic) => {
                let topic = topic.clone().unwrap_or_else(default_topic);
                printer.warning(warning);
                printer.warning(&format!(
                    "so members may publish and read everything below `{topic}`, not only the mailbox"
                ));
                topic
            }
        };
        let notices = [
            topics.manifest()?,
            topics.beacon()?,
            topics.bulletin()?,
            topics.erasures()?,
            topics.dispatch()?,
        ];
        Ok(Topics {
            mailbox: prefix(&mailbox)?,
            notices: notices.iter().map(|topic| prefix(topic.as_str())).collect::<Result<_, _>>()?,
            exchange: vec![prefix(topics.bundle()?.as_str())?],
            service: Some(ServiceTopics {
                questions: prefix(topics.questions()?.as_str())?,
                answers: prefix(&topics.answers())?,
            }),
        })
    }
}

/// Asks the gatekeeper about tokens.
struct Door(Gatekeeper);

impl Admission for Door {
    fn admit<'a>(&'a self, password: &'a [u8]) -> Admitting<'a> {
        Box::pin(async { self.0.admit(password).await.is_ok() })
    }
}

/// The first level of the topic that the study's sensors publish to.
fn default_topic() -> String {
    let topic = dangerous::DEFAULT_TOPIC;
    topic.split_once('/').map_or(topic, |(first, _)| first).to_owned()
}

fn refused(error: ConfigError) -> Failure {
    Failure::new(Exit::Keys, format!("the logins cannot be used: {error}"))
        .hint("logins.toml is made by `cowl init`, with passwords that nobody can guess")
}

fn not_started(error: &BrokerError) -> Failure {
    match error {
        BrokerError::Config(error) => Failure::usage(error.to_string()),
        BrokerError::Bind { source, .. } => Failure::usage(error.to_string())
            .because(source)
            .hint("choose other ports with -p, --tls-port, --ws-port"),
        BrokerError::Certificate { .. } => Failure::new(Exit::Keys, error.to_string())
            .hint("move the folder `tls` away, and `cowl broker` makes a new certificate"),
        _ => Failure::internal(error.to_string()),
    }
}

fn listening(running: &Running, printer: &mut Printer) {
    let addresses = running.addresses();
    let all = [
        ("MQTT", addresses.tcp),
        ("MQTT over TLS", addresses.tls),
        ("MQTT over WebSocket", addresses.ws),
        ("MQTT over WebSocket over TLS", addresses.wss),
    ];
    for (what, address) in all {
        if let Some(address) = address {
            printer.note(&format!("listening on {address} for {what}"));
        }
    }
}

/// What was refused and lost, where anything was.
fn farewell(counts: Counts, printer: &mut Printer) {
    printer.note("ended");
    for (name, count) in counts.named().filter(|(_, count)| *count > 0) {
        printer.note(&format!("{count} {}", name.replace('_', " ")));
    }
}
