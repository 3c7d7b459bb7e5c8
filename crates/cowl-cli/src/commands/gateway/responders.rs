//! `cowl gateway --responders`: what a role may read, as plain JSON on a local broker.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use clap::Args;
use cowl::{
    files::{self, Access},
    keyring::{KeyringError, load_credential},
    random::SystemRng,
    responders::{self, Config, Counters, Event, Originals, Publish, RespondersError, Template, Twice, Way},
    transport::{self, Filter, Options, Version},
};
use cowl_broker::{
    Broker, BrokerConfig, Devices, Limits, Listeners, Login, Rights, Running, Topics, Verifier,
};
use cowl_core::{Credential, Member, policy::RoleKind};
use tokio::sync::{mpsc, watch};

use super::super::node::{UplinkArgs, listening, not_started};
use crate::{
    commands::node::At,
    connection::{Pin, Place, ProtocolVersion, Trust, is_loopback},
    exit::Exit,
    failure::Failure,
    machine::{self, Stop},
    printer::Printer,
};

/// Name of the copy of the credential in a state folder.
const COPY: &str = "credential.cowl";
/// File of the embedded broker's logins.
const LOGINS: &str = "local-logins";
/// The largest such file.
const LOGINS_LIMIT: u64 = 64 << 10;
/// Password of a login to a broker that is not ours, in a file.
const PASSWORD_LIMIT: u64 = 64 << 10;
/// The login with which local tools read and publish everything; and with which they read only.
const TOOLS: [(&str, Rights); 2] = [("tools", Rights::Operator), ("reader", Rights::Observer)];
/// How long telling the local broker goodbye may take at the end.
const LAST: Duration = Duration::from_secs(30);

/// What is published, and where.
#[derive(Debug, Args)]
#[command(next_help_heading = "With --responders: what is opened, and where it is published")]
pub(crate) struct ResponderArgs {
    /// Which of the credential's roles; may be repeated [default: all that it has]
    #[arg(long = "role", value_name = "ROLE", requires = "responders")]
    roles: Vec<String>,

    #[arg(
        long,
        value_name = "HOST[:PORT]",
        conflicts_with = "local_listen",
        help = "The local broker, which sees every report in clear: HOST[:PORT], or mqtt[s]://[user[:password]@]host[:port], also \
            ws:// and wss://"
    )]
    local: Option<Place>,

    /// User name there; the password stands in --local-password
    #[arg(long, value_name = "NAME", requires = "local_password")]
    local_user: Option<String>,

    /// File with that password, readable by its owner alone
    #[arg(long, value_name = "FILE", requires = "local_user")]
    local_password: Option<PathBuf>,

    /// Use TLS 1.3 to the local broker, trusting the certificate authorities in this PEM file only
    #[arg(long, value_name = "FILE")]
    local_cafile: Option<PathBuf>,

    /// Use TLS 1.3 to the local broker, trusting its certificate of this SHA-256 only; may be repeated
    #[arg(long, value_name = "FINGERPRINT", conflicts_with = "local_cafile")]
    local_pin: Vec<Pin>,

    /// Version of MQTT to the local broker: mqttv5 or mqttv311
    #[arg(long, value_name = "VERSION", value_enum, default_value_t = ProtocolVersion::Mqttv5, hide_possible_values = true)]
    local_version: ProtocolVersion,

    /// Run the local broker too, here: on 127.0.0.1 unless an address is named. Its logins stand in the file `local-logins`
    /// of the state folder
    #[arg(long, value_name = "[ADDRESS:]PORT")]
    local_listen: Option<At>,

    /// The topic of reports: text and {role} {pseudonym} {zone} {level} {epoch} {report} {topic} {topic/N} {=FIELD}. Each
    /// value is one level, with all that could be misunderstood written as %2F; {topic} keeps its slashes
    #[arg(long, value_name = "TOPIC", default_value = Template::DEFAULT)]
    topic: Template,

    /// Reports whose own topic fits keep it as it is; + and # are wildcards; may be repeated. Whoever may report can then
    /// publish there: name no topics that are commands
    #[arg(long = "keep-topic", value_name = "FILTER", value_parser = filter)]
    keep_topics: Vec<Filter>,

    /// Let reports of people who are not enrolled keep their topic too: anybody can send one
    #[arg(long, requires = "keep_topics")]
    keep_walk_in_topics: bool,

    /// Let the local broker keep each topic's last report for those who subscribe later, for as long as the policy's
    /// `retention` allows
    #[arg(long)]
    retain: bool,

    /// Tell Home Assistant of each topic and its fields, below this prefix
    #[arg(long, value_name = "PREFIX", num_args = 0..=1, default_missing_value = "homeassistant", require_equals = true)]
    home_assistant: Option<String>,

    /// Topics that are retained at the most
    #[arg(long, value_name = "COUNT", default_value_t = Publish::MOST_RETAINED)]
    most_retained: usize,
}

impl ResponderArgs {
    pub(crate) async fn run(
        &self,
        credential: &Path,
        state: Option<&Path>,
        uplink: &UplinkArgs,
        printer: &mut Printer,
    ) -> Result<Exit, Failure> {
        let mut stop = Stop::new()?;
        let path = match state {
            Some(folder) => copied(credential, folder)?,
            None => credential.to_owned(),
        };
        let member = load_credential(&path)?;
        let roles = self.roles(&path, &member)?;
        let way = uplink.way(&member.manifest, &member.login, printer)?;
        drop(member);
        let uplink = Way { endpoint: way.endpoint, options: way.options };
        let (local, embedded) = self.local(&path, printer).await?;
        let publish = self.publish()?;
        let configs = roles.into_iter().map(|role| Config {
            credential: path.clone(),
            role,
            uplink: uplink.clone(),
            local: local.clone(),
            is_local_own: embedded.is_some(),
            publish: publish.clone(),
        });
        let ended = serve(configs.collect(), &mut stop, printer).await;
        if let Some(broker) = embedded {
            broker.shutdown().await;
        }
        ended
    }

    fn roles(&self, path: &Path, credential: &Credential) -> Result<Vec<String>, Failure> {
        let Member::Responder(keyrings) = &credential.member else {
            return Err(Failure::new(
                Exit::Keys,
                format!("{} is not the credential of a responder", path.display()),
            )
            .hint("`cowl enrol --role ROLE` makes one"));
        };
        let policy = &credential.manifest.policy;
        let held = keyrings.iter().filter_map(|keyring| policy.role(keyring.role));
        let held: Vec<_> =
            held.filter(|role| role.kind == RoleKind::Reports).map(|role| role.name.clone()).collect();
        for role in &self.roles {
            if !held.contains(role) {
                let failure: Failure = KeyringError::OtherRole(role.clone()).into();
                return Err(failure.hint(format!("it reads: {}", held.join(", "))));
            }
        }
        let mut roles = if self.roles.is_empty() { held } else { self.roles.clone() };
        roles.sort_unstable();
        roles.dedup();
        if roles.is_empty() {
            return Err(Failure::new(Exit::Keys, "this credential reads no reports"));
        }
        Ok(roles)
    }

    fn publish(&self) -> Result<Publish, Failure> {
        let mut originals = Originals::new(self.keep_topics.clone(), self.keep_walk_in_topics);
        if let Some(prefix) = &self.home_assistant {
            if transport::Topic::new(prefix.as_str()).is_err() || prefix.starts_with('$') {
                return Err(Failure::usage("the prefix of --home-assistant is no topic"));
            }
            originals = originals.except(prefix.as_str());
        }
        Ok(Publish {
            template: self.topic.clone(),
            originals,
            retain: self.retain,
            home_assistant: self.home_assistant.clone(),
            most_retained: self.most_retained,
        })
    }

    /// The local broker, started here if asked for.
    async fn local(
        &self,
        credential: &Path,
        printer: &mut Printer,
    ) -> Result<(Way, Option<Running>), Failure> {
        if let Some(At(address)) = self.local_listen {
            if !address.ip().is_loopback() {
                printer.warning(
                    "the local broker listens beyond this machine without TLS: whoever is on that network reads reports",
                );
            }
            return embedded(address, credential, self.local_version.into(), printer).await;
        }
        let Some(place) = &self.local else {
            return Err(Failure::usage("it is not said where reports are published").hint(
                "name the local broker: --local localhost:1883, or start one here: --local-listen 1884",
            ));
        };
        let trust = Trust { tls: false, cafile: self.local_cafile.as_deref(), pins: &self.local_pin };
        let endpoint = place.endpoint(&trust)?;
        if !endpoint.scheme.is_encrypted() && !is_loopback(&endpoint.host) {
            printer.warning(
                "no TLS to the local broker: every report can be read on the way; use --local-cafile",
            );
        }
        let login = match (&self.local_user, &self.local_password) {
            (Some(user), Some(path)) => {
                let mut password = files::read_secret(path, PASSWORD_LIMIT)?;
                let length = password.trim_ascii_end().len();
                password.truncate(length);
                Some(transport::Login::new(user.clone(), Some(password))?)
            }
            _ => place
                .login()
                .map(|login| {
                    transport::Login::new(
                        login.user.clone(),
                        Some(login.password.clone().into_bytes().into()),
                    )
                })
                .transpose()?,
        };
        let options = Options { version: self.local_version.into(), login, ..Options::default() };
        Ok((Way { endpoint, options }, None))
    }
}

/// A copy of the credential that is this gateway's own. One that is there stays, unless the other holds keys for longer: the
/// credential was renewed.
fn copied(credential: &Path, folder: &Path) -> Result<PathBuf, Failure> {
    files::private_folder(folder)?;
    let copy = folder.join(COPY);
    let original = load_credential(credential)?;
    if copy.exists() {
        let known = load_credential(&copy)?;
        if known.instance != original.instance {
            return Err(Failure::new(
                Exit::Keys,
                format!("{} is the state of another credential", folder.display()),
            )
            .hint("name another folder with --state"));
        }
        if last_epoch(&original) <= last_epoch(&known) {
            return Ok(copy);
        }
    }
    let bytes = original.to_bytes().map_err(|error| Failure::new(Exit::Keys, error.to_string()))?;
    // Locked as the original is.
    files::replace_summed_like(credential, &copy, &bytes)?;
    Ok(copy)
}

fn last_epoch(credential: &Credential) -> Option<cowl_core::Epoch> {
    let Member::Responder(keyrings) = &credential.member else { return None };
    keyrings.iter().filter_map(cowl_core::ResponderKeyring::range).map(|(_, last)| last).max()
}

/// Starts the broker of the local tools.
async fn embedded(
    address: std::net::SocketAddr,
    credential: &Path,
    version: Version,
    printer: &mut Printer,
) -> Result<(Way, Option<Running>), Failure> {
    let folder = credential.parent().unwrap_or(Path::new("."));
    let path = folder.join(LOGINS);
    let mut rng = SystemRng::new();
    if !path.exists() {
        let mut text = String::new();
        for (user, _) in TOOLS {
            text.extend([user, ":", &rng.password(), "\n"]);
        }
        files::create(&path, text.as_bytes(), Access::Owner)?;
        printer.note(&format!("made logins of the local broker: {}", path.display()));
    }
    let text = files::read_secret(&path, LOGINS_LIMIT)?;
    let broken = || {
        Failure::new(Exit::Keys, format!("{} cannot be read", path.display()))
            .hint("remove it, and it is made anew")
    };
    let text = std::str::from_utf8(&text).map_err(|_| broken())?;
    let mut logins = Vec::new();
    for (user, may) in TOOLS {
        let line =
            text.lines().find_map(|line| line.trim_end().split_once(':').filter(|(name, _)| *name == user));
        let (_, password) = line.ok_or_else(broken)?;
        let secret = Verifier::of_password(password.as_bytes()).map_err(|_| broken())?;
        logins.push(Login { user: user.to_owned(), secret, may });
    }
    let own = rng.password();
    let secret =
        Verifier::of_password(own.as_bytes()).map_err(|error| Failure::internal(error.to_string()))?;
    logins.push(Login { user: "gateway".to_owned(), secret, may: Rights::Operator });
    let config = BrokerConfig {
        listeners: Listeners { tcp: Some(address), ..Listeners::default() },
        logins,
        topics: Topics::none(),
        limits: Limits::default(),
        intake: None,
        devices: Devices::default(),
    };
    let running = Broker::start(config).await.map_err(|error| not_started(&error))?;
    listening(&running, printer);
    let port = running.addresses().tcp.map_or(0, |address| address.port());
    let login = transport::Login::new("gateway", Some(own.as_bytes().to_vec().into()))?;
    let host = if address.ip().is_unspecified() { "127.0.0.1".to_owned() } else { address.ip().to_string() };
    let endpoint = transport::Endpoint::new(transport::Scheme::Tcp, host, port);
    let options = Options { version, login: Some(login), ..Options::default() };
    Ok((Way { endpoint, options }, Some(running)))
}

/// Serves all roles until the end of one of them, or until it is wanted.
async fn serve(configs: Vec<Config>, stop: &mut Stop, printer: &mut Printer) -> Result<Exit, Failure> {
    let (end, ending) = watch::channel(false);
    let (to_teller, mut told) = mpsc::unbounded_channel();
    let mut tasks = Vec::new();
    for config in configs {
        let (role, to_teller, mut ending) = (config.role.clone(), to_teller.clone(), ending.clone());
        tasks.push(tokio::spawn(async move {
            let name = role.clone();
            // Nobody listens any more only when the command ends.
            let mut tell = |event: Event| drop(to_teller.send((name.clone(), Some(event))));
            let until = async move { drop(ending.wait_for(|is_wanted| *is_wanted).await) };
            let ended = responders::run(config, &machine::now, &mut tell, until).await;
            drop(to_teller.send((role.clone(), None)));
            (role, ended)
        }));
    }
    drop(to_teller);
    let mut is_ending = false;
    loop {
        tokio::select! {
            event = told.recv() => match event {
                Some((role, Some(event))) => say(&role, event, printer),
                // One that ends takes the others with it: half a gateway would go unnoticed.
                Some((_, None)) => {
                    let _ = end.send(true);
                }
                None => break,
            },
            () = stop.wanted(), if !is_ending => {
                is_ending = true;
                let _ = end.send(true);
            }
        }
    }
    let mut outcome = Ok(Exit::Done);
    for task in tasks {
        let Ok(Ok((role, (counters, ended)))) = tokio::time::timeout(LAST, task).await else {
            outcome = outcome.and(Err(Failure::internal("a role did not end")));
            continue;
        };
        summarise(&role, &counters, printer);
        if let Err(error) = ended {
            outcome = outcome.and(Err(failed(&role, error)));
        }
    }
    outcome
}

fn say(role: &str, event: Event, printer: &mut Printer) {
    let seconds = |wait: Duration| wait.as_secs().max(1);
    match event {
        Event::Joined { members: 1 } => printer.note(&format!("{role}: publishing to the local broker")),
        Event::Joined { members } | Event::Members(members) => {
            printer.note(&format!("{role}: gateways that share this role: {members}"));
        }
        Event::Once(None) => {
            printer.note(&format!("{role}: each report is published once, after a crash too: the local broker keeps sessions"));
        }
        Event::Once(Some(why)) => printer.note(&format!(
            "{role}: after a crash some reports are published again, with the same \"report\": {}",
            because(why)
        )),
        Event::InDoubt(reports) => printer.warning(&format!(
            "{role}: the local broker forgot what was on its way; published again, perhaps for the second time: {}",
            reports.map_or_else(|| "an unknown number of reports".to_owned(), |reports| reports.to_string())
        )),
        Event::LocalLost { error, retry_in } => {
            printer.note(&format!("{role}: local broker: {error}; trying again within {} s", seconds(retry_in)));
        }
        Event::Shards { here, of } => printer.note(&format!("{role}: reading {here} of {of} shards")),
        Event::UplinkLost { shard, error, retry_in } => printer.note(&format!(
            "{role}: shard {shard}: {error}; trying again within {} s",
            seconds(retry_in)
        )),
        Event::Evicted(shard) => printer.warning(&format!(
            "{role}: another gateway with this credential took shard {shard} over unasked; does it use another local broker?"
        )),
        Event::Manifest(version) => printer.note(&format!("{role}: a new manifest: version {version}")),
        Event::BadManifest(error) => {
            printer.warning(&format!("{role}: the broker's manifest is not followed: it is {error}"));
        }
        Event::BadBundle(cowl_core::BundleError::NoSeat) => printer.warning(
            "the newest bundle has no keys for this responder: it was enrolled after that was made, or revoked, or its \
             credential is of an older form",
        ),
        Event::BadBundle(error) => {
            printer.warning(&format!("the broker's bundle of keys is not followed: it is {error}"));
        }
        Event::BadBeacon(error) => {
            printer.warning(&format!("{role}: the broker's beacon is not followed: it is {error}"));
        }
        Event::NoBeacon => printer.note(&format!(
            "{role}: no beacon yet: reports are looked up around the last epoch known"
        )),
        Event::TooManyTopics => printer.warning(&format!(
            "{role}: more topics than --most-retained allows; further ones are published without being retained"
        )),
        _ => {}
    }
}

const fn because(why: Twice) -> &'static str {
    match why {
        Twice::Own => "the local broker ends with this program",
        Twice::NoQos2 => "the local broker does not take quality of service 2",
        Twice::NoSession => "the local broker keeps no session",
        Twice::Forgets => "the local broker does not remember on a resumed session what it has",
    }
}

/// Sums only.
fn summarise(role: &str, counters: &Counters, printer: &mut Printer) {
    printer.note(&format!("{role}: published: {}", counters.published));
    let counts = [
        ("of them from walk-ins, unverified", counters.walk_ins),
        ("cover messages", counters.covers),
        ("second copies dropped", counters.repeated),
        ("published by another gateway first", counters.published_elsewhere),
        ("on their way when a gateway died, brought to their end", counters.resumed),
        ("on a shard that is not theirs", counters.misplaced),
        ("with a topic that is not allowed, published under the template's", counters.topics_not_allowed),
        ("too large for the local broker, lost", counters.too_large),
        ("published such that a crash would have brought them twice", counters.at_least_once),
        ("on their way when the local broker forgot them, perhaps twice", counters.in_doubt),
        ("not retained, too many topics", counters.not_retained),
        ("given up, too many waited for their device", counters.given_up),
    ];
    for (what, count) in counts.into_iter().filter(|(_, count)| *count > 0) {
        printer.note(&format!("{role}: {what}: {count}"));
    }
    for (reason, count) in &counters.refused {
        printer.note(&format!("{role}: not opened: {count} {reason}"));
    }
    for (reason, count) in &counters.unreadable {
        printer.note(&format!("{role}: unreadable: {count}, {reason}"));
    }
    if counters.clones > 0 {
        printer.warning(&format!(
            "{role}: {} messages show that a device's state is in use twice: enrol that device again",
            counters.clones
        ));
    }
}

fn failed(role: &str, error: RespondersError) -> Failure {
    match error {
        RespondersError::Keyring(error) => error.into(),
        RespondersError::File(error) => error.into(),
        RespondersError::Uplink(error) | RespondersError::Local(error) => error.into(),
        RespondersError::Store { .. } | RespondersError::Key(_) | RespondersError::NoKey(_) => {
            Failure::new(Exit::Storage, error.to_string())
        }
        RespondersError::Refused(_) => Failure::new(Exit::Refused, format!("{role}: {error}"))
            .hint("does the login have the right to publish to --topic and below cowl/responders/?"),
        RespondersError::Copied => Failure::new(Exit::Storage, error.to_string())
            .hint("give each gateway a folder of its own with --state; do not copy one"),
        RespondersError::Random => Failure::internal(error.to_string()),
    }
}

fn filter(text: &str) -> Result<Filter, &'static str> {
    let filter =
        Filter::new(text).map_err(|_| "no topic filter: + and # stand alone between slashes, # last")?;
    if text.starts_with('$') { Err("reports never keep topics that begin with $") } else { Ok(filter) }
}
