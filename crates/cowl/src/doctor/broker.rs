//! A broker from outside: reached, believed, logged in to, and asked for what it must refuse. Each step has a limit in time.
//!
//! Nothing is retained, no session is left behind, and no name is used twice. A message is sent only where it must be refused (to
//! the beacons' topic), or where the broker granted what it should not have; it is a few random bytes, which nobody believes.

use std::time::Duration;

use cowl_core::{Beacon, Layout, Login, SignedManifest};
use tokio::time::timeout;

use super::{
    certificate, clock,
    finding::{Finding, Section, Topic},
    keys,
    words::bytes,
};
use crate::{
    client::{Topics, anonymous_options},
    transport::{
        Endpoint, Error, Filter, Greeting, Options, Probe, Publication, Publisher, Qos, Subscriber,
        Subscription, Topic as Name, Version,
    },
};

/// How long a step may take at the most.
pub const STEP: Duration = Duration::from_secs(10);
/// How long all of them may take together.
pub const ALL: Duration = Duration::from_secs(90);
/// How long is listened for what should not come.
const LISTEN: Duration = Duration::from_secs(2);
/// Bytes around a payload in a packet.
const AROUND: usize = 1 << 10;

const WHY_RIGHTS: &str =
    "each phone's login is shared by all phones: what one of them may do, every thief of a phone may do";
const WHY_LOGIN: &str = "a member whose login is refused sends and hears nothing";
const WHY_TLS: &str =
    "TLS hides logins, topics and who is who from everyone on the way, and makes sure that it is the broker";
const ACL: &str = "cowl doctor --conf /etc/mosquitto/mosquitto.conf    (on its machine: each login needs an acl_file with its own topics)";

/// Which broker is looked at, and as whom.
#[derive(Debug)]
pub struct Inquiry<'a> {
    /// Where, and whom to trust.
    pub endpoint: Endpoint,
    /// The version of MQTT.
    pub version: Version,
    /// How long one step may take, at most [`STEP`].
    pub patience: Duration,
    /// The operation, if it is known: its topics, sizes and beacons.
    pub manifest: Option<&'a SignedManifest>,
    /// The logins to try.
    pub accounts: Vec<Account>,
    /// Unix seconds by this machine.
    pub now: u64,
}

/// A login, and what it should be allowed.
#[derive(Debug, Clone)]
pub struct Account {
    /// Whose.
    pub kind: Kind,
    /// User name and password.
    pub login: Login,
}

/// The kinds of logins of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The authority's service.
    Operator,
    /// Reads everything but what the broker says of itself, writes nothing.
    Observer,
    /// Gateways, relays, responders.
    Node,
    /// Enrolled phones.
    Device,
    /// Everyone else.
    WalkIn,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Observer => "observer",
            Self::Node => "node",
            Self::Device => "device",
            Self::WalkIn => "walk-in",
        }
    }
}

/// Looks at a broker. It takes [`ALL`] at the most.
pub async fn examine(inquiry: &Inquiry<'_>) -> Section {
    let name = format!("broker {}:{}", inquiry.endpoint.host, inquiry.endpoint.port);
    let mut findings = Vec::new();
    if timeout(ALL, inquiry.look(&mut findings)).await.is_err() {
        findings.push(Topic::Broker.warning(
            format!("not all was looked at in {} s", ALL.as_secs()),
            "a broker that answers so slowly keeps members waiting too",
            "cowl doctor …    (again, when there is less to do)",
        ));
    }
    Section::new(name, findings)
}

impl Inquiry<'_> {
    async fn look(&self, findings: &mut Vec<Finding>) {
        let first = self.accounts.first();
        let probe = self.endpoint.probe(&self.options(first.map(|account| &account.login))).await;
        findings.extend(self.way(&probe));
        let entered = match &probe.greeting {
            Ok(greeting) => {
                findings.extend(self.limits(greeting));
                true
            }
            // It speaks MQTT, and only does not take this login.
            Err(error) => error.is_auth(),
        };
        if !entered {
            return;
        }
        let mut accepted = Vec::new();
        for account in &self.accounts {
            let probe = self.endpoint.probe(&self.options(Some(&account.login))).await;
            if probe.greeting.is_ok() {
                accepted.push(account);
            }
            findings.push(taken(account.kind, &probe.greeting));
        }
        self.nobody(findings).await;
        for account in accepted.iter().filter(|account| account.kind != Kind::Operator) {
            self.rights(account, &accepted, findings).await;
        }
        self.notices(&accepted, findings).await;
    }

    fn options(&self, login: Option<&Login>) -> Options {
        let of = |manifest| anonymous_options(manifest, login, self.version).ok();
        let bare = || {
            let login = login.and_then(|login| {
                crate::transport::Login::new(
                    login.user.clone(),
                    Some(login.password.clone().into_bytes().into()),
                )
                .ok()
            });
            Options { version: self.version, login, ..Options::default() }
        };
        let options = self.manifest.and_then(|manifest| of(manifest)).unwrap_or_else(bare);
        Options { connect_timeout: self.patience.min(STEP), ..options }
    }

    /// From TCP to the greeting.
    fn way(&self, probe: &Probe) -> Vec<Finding> {
        let mut findings = Vec::new();
        let Endpoint { host, port, scheme, .. } = &self.endpoint;
        let place = format!("{host}:{port}");
        match &probe.greeting {
            Err(error) if !probe.reached => {
                findings.push(Topic::Broker.problem(
                    error.to_string(),
                    "without a broker nothing is sent and nothing is heard; what gateways hold waits",
                    format!("ping -c 3 {host}    (then on the broker's machine: is it running, and is port {port} open?)"),
                ));
                return findings;
            }
            Err(error) if error.is_tls() => findings.push(self.not_believed(error, probe)),
            Err(error) if !error.is_auth() => findings.push(Topic::Broker.problem(
                error.to_string(),
                "something listens there, and does not greet as a broker does",
                "cowl doctor … -p 8883 --cafile ca.pem    (usual ports: 1883 in clear, 8883 with TLS, 8080 or 443 with --ws)",
            )),
            _ => findings.push(
                Topic::Broker.ok(format!("{place} answers as a broker"), "it can be reached from here"),
            ),
        }
        match &probe.tls {
            Some(tls) if tls.group == "X25519MLKEM768" => {
                findings.push(
                    Topic::Broker
                        .ok(format!("{} with {}", tls.version.replace('_', "."), tls.group), WHY_TLS),
                );
            }
            Some(tls) => findings.push(Topic::Broker.notice(
                format!(
                    "{} with {}, which a quantum computer of tomorrow opens",
                    tls.version.replace('_', "."),
                    tls.group
                ),
                "what is recorded today then shows who connected with which login when; reports stay sealed",
                "cowl broker OPS    (instead of this one; or let it run with OpenSSL 3.5)",
            )),
            None if !scheme.is_encrypted() => findings.push(self.in_clear()),
            None => {}
        }
        if let Some(valid) = probe.certificate.as_deref().and_then(certificate::of_der) {
            let remedy = "cowl broker OPS    (makes a new certificate once OPS/tls is moved away; another broker needs one from whoever made the old)".to_owned();
            findings.push(keys::lasts("the certificate that the broker shows", valid, self.now, remedy));
        }
        findings
    }

    fn in_clear(&self) -> Finding {
        let host = &self.endpoint.host;
        let here = host == "localhost"
            || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
        if here {
            return Topic::Broker.ok("no TLS, on this machine's own network only", WHY_TLS);
        }
        Topic::Broker.problem(
            "no TLS to another machine",
            WHY_TLS,
            "cowl doctor … -p 8883 --cafile OPS/tls/ca.pem    (and so with every other command)",
        )
    }

    fn not_believed(&self, error: &Error, probe: &Probe) -> Finding {
        let said = error.to_string();
        let valid = probe.certificate.as_deref().and_then(certificate::of_der);
        let outside = valid.is_some_and(|valid| self.now < valid.from || self.now >= valid.until);
        let remedy = if outside {
            "date -u    (is the clock right? if so, give the broker a new certificate)"
        } else if said.contains("NotValidForName") || said.contains("not valid for name") {
            "cowl doctor … -h NAME    (one that the certificate bears; or make another: cowl broker OPS --name HOST)"
        } else if probe.certificate.is_some() {
            "cowl doctor … --cafile OPS/tls/ca.pem    (of this operation; or --pin with the fingerprint in OPS/README.md)"
        } else {
            "cowl doctor … -p 8883    (the usual port for TLS; the broker must speak TLS 1.3)"
        };
        Topic::Broker.problem(said, WHY_TLS, remedy)
    }

    /// What the greeting grants, against the operation's sizes.
    fn limits(&self, greeting: &Greeting) -> Vec<Finding> {
        let mut findings = Vec::new();
        let mut bad =
            |what: String, why, remedy: &str| findings.push(Topic::Broker.problem(what, why, remedy));
        if !greeting.retain {
            bad(
                "it retains no messages".to_owned(),
                "manifest and beacons must be there for whoever connects later",
                "echo 'retain_available true' | sudo tee -a /etc/mosquitto/mosquitto.conf && sudo systemctl restart mosquitto    (if it is mosquitto)",
            );
        }
        if greeting.max_qos < Qos::AtLeastOnce {
            bad(
                "it grants no acknowledged delivery (QoS 1)".to_owned(),
                "reports would be lost with each broken connection, and nobody would know",
                "echo 'max_qos 2' | sudo tee -a /etc/mosquitto/mosquitto.conf && sudo systemctl restart mosquitto    (if it is mosquitto)",
            );
        }
        if !greeting.wildcards {
            bad(
                "it takes no wildcards in subscriptions".to_owned(),
                "responders subscribe all shards of the mailbox at once",
                "cowl broker OPS    (instead of this one)",
            );
        }
        if let Some(manifest) = self.manifest {
            let needed = largest(manifest);
            if u64::from(greeting.max_packet) < needed {
                bad(
                    format!(
                        "it takes packets of {} at the most, and the operation's largest has {}",
                        bytes(greeting.max_packet.into()),
                        bytes(needed)
                    ),
                    "the manifest or the responders' bundles do not get through",
                    "echo 'max_packet_size 262144' | sudo tee -a /etc/mosquitto/mosquitto.conf && sudo systemctl restart mosquitto    (if it is mosquitto)",
                );
            }
            let own = manifest.policy.transport.keep_alive_seconds;
            if let Some(told) = greeting.keep_alive_s.filter(|told| *told != own) {
                findings.push(Topic::Broker.notice(
                    format!(
                        "it wants a sign of life every {told} s, and not every {own} s as the policy says"
                    ),
                    "phones wake up more often, or lost connections are noticed later",
                    "echo 'max_keepalive 600' | sudo tee -a /etc/mosquitto/mosquitto.conf && sudo systemctl restart mosquitto    (if it is mosquitto)",
                ));
            }
        }
        if greeting.receive_max < 20 {
            findings.push(Topic::Broker.notice(
                format!("it takes {} unacknowledged messages at a time", greeting.receive_max),
                "a gateway that has been offline sends what waits slowly over a long way",
                "echo 'max_inflight_messages 100' | sudo tee -a /etc/mosquitto/mosquitto.conf && sudo systemctl restart mosquitto    (if it is mosquitto)",
            ));
        }
        if findings.is_empty() {
            let what = format!(
                "it retains, acknowledges, and takes packets of {} and {} messages at a time: enough for this operation",
                bytes(greeting.max_packet.into()),
                greeting.receive_max
            );
            findings.push(
                Topic::Broker
                    .ok(what, "limits that are too small show only when the first large message comes"),
            );
        }
        findings
    }

    /// Somebody without a login.
    async fn nobody(&self, findings: &mut Vec<Finding>) {
        let options = self.options(None);
        let probe = self.endpoint.probe(&options).await;
        match probe.greeting {
            Err(error) if error.is_auth() || error.is_refused() => {
                findings.push(Topic::Broker.ok("nobody gets in without a login", WHY_RIGHTS));
            }
            Err(error) => findings.push(unknown("whether somebody without a login gets in", &error)),
            Ok(_) => {
                let reads = self.hears(Kind::WalkIn, &options, "#").await;
                let more =
                    if matches!(reads, Heard::Something) { ", and hears what others send" } else { "" };
                findings.push(Topic::Broker.problem(
                    format!("whoever reaches the broker gets in without a login{more}"),
                    "anybody can then follow when and how much is reported, and send junk",
                    "echo 'allow_anonymous false' | sudo tee -a /etc/mosquitto/mosquitto.conf && sudo systemctl restart mosquitto    (if it is mosquitto)",
                ));
            }
        }
    }

    /// What this login must not do, tried.
    async fn rights(&self, account: &Account, accepted: &[&Account], findings: &mut Vec<Finding>) {
        let options = self.options(Some(&account.login));
        let whose = account.kind.name();
        let topics = self.manifest.map(|manifest| Topics::of(manifest));
        let mailbox = topics.as_ref().map(|topics| format!("{}/+", topics.mailbox()));
        let mut forbidden = Vec::new();
        if account.kind != Kind::Observer {
            forbidden.push(("#".to_owned(), "all that anybody sends (#)"));
        }
        if let Some(mailbox) = mailbox.filter(|_| matches!(account.kind, Kind::Device | Kind::WalkIn)) {
            forbidden.push((mailbox, "the mailbox, with everybody's reports"));
        }
        forbidden.push((
            "$SYS/#".to_owned(),
            "what the broker says of itself ($SYS: how many are connected, how much is sent)",
        ));
        for (filter, what) in forbidden {
            match self.hears(account.kind, &options, &filter).await {
                Heard::Refused => findings.push(Topic::Broker.ok(format!("login {whose} may not read {what}"), WHY_RIGHTS)),
                Heard::Nothing => findings.push(Topic::Broker.ok(
                    format!("login {whose} may ask for {what}, and gets nothing of it"),
                    "some brokers, mosquitto among them, say yes to every subscription and filter what they pass on",
                )),
                Heard::Something if filter.starts_with('$') => findings.push(Topic::Broker.warning(
                    format!("login {whose} reads {what}"),
                    "the broker's own counters tell when something was reported, whatever the messages look like",
                    "echo 'sys_interval 0' | sudo tee -a /etc/mosquitto/mosquitto.conf && sudo systemctl restart mosquitto    (and no `topic read $SYS/#` in its acl_file)",
                )),
                Heard::Something => findings.push(Topic::Broker.problem(format!("login {whose} reads {what}"), WHY_RIGHTS, ACL)),
                Heard::Unknown(error) => {
                    findings.push(unknown(&format!("whether login {whose} reads {what}"), &error));
                }
            }
        }
        if let Some(topics) = topics {
            findings.extend(self.forges(account, accepted, &options, &topics).await);
        }
    }

    /// Whether a login may publish where only the authority may.
    async fn forges(
        &self,
        account: &Account,
        accepted: &[&Account],
        options: &Options,
        topics: &Topics,
    ) -> Option<Finding> {
        let whose = account.kind.name();
        let listener = self.listener(account, accepted, options);
        let Ok(beacon) = topics.beacon() else { return None };
        let tried =
            timeout(self.patience.min(STEP), publishes(&self.endpoint, options, &listener, beacon)).await;
        Some(match tried.unwrap_or_else(|_elapsed| Tried::Unknown(Error::silent(STEP.as_secs()))) {
            Tried::Unknown(error) => unknown(&format!("whether login {whose} may publish beacons"), &error),
            Tried::Refused => Topic::Broker.ok(format!("login {whose} may not publish beacons"), WHY_RIGHTS),
            Tried::Ignored => Topic::Broker.ok(
                format!("what login {whose} publishes as a beacon is acknowledged, and passed on to nobody"),
                "some brokers do not say that they refuse",
            ),
            Tried::PassedOn => Topic::Broker.problem(
                format!("login {whose} may publish in the place of beacons"),
                "nobody believes a false beacon, but retained in the place of the true one it keeps all phones in the past",
                ACL,
            ),
            Tried::Lost => Topic::Broker.ok(
                format!("the broker closes the connection when login {whose} publishes a beacon"),
                WHY_RIGHTS,
            ),
        })
    }

    /// Who hears beacons for certain: this login, or one of the operation that may.
    fn listener(&self, account: &Account, accepted: &[&Account], options: &Options) -> Options {
        let hears = |kind| kind != Kind::WalkIn;
        let other = accepted.iter().find(|other| hears(other.kind)).filter(|_| !hears(account.kind));
        other.map_or_else(|| options.clone(), |other| self.options(Some(&other.login)))
    }

    /// Whether something arrives under a filter that this kind of login should not hear. What was granted is tried: something is
    /// sent there if there is a mailbox.
    async fn hears(&self, kind: Kind, options: &Options, filter: &str) -> Heard {
        let limit = self.patience.min(STEP) + LISTEN;
        let tried = timeout(limit, self.listens(kind, options, filter)).await;
        tried.unwrap_or_else(|_elapsed| Heard::Unknown(Error::silent(limit.as_secs())))
    }

    async fn listens(&self, kind: Kind, options: &Options, filter: &str) -> Heard {
        let Ok(wanted) = Filter::new(filter) else { return Heard::Refused };
        let wanted = Subscription::new(wanted, Qos::AtMostOnce);
        let mut subscriber = match Subscriber::connect(&self.endpoint, options, wanted).await {
            Ok(subscriber) => subscriber,
            Err(error) if error.is_denied() || error.is_refused() || error.is_lost() => {
                return Heard::Refused;
            }
            Err(error) => return Heard::Unknown(error),
        };
        if !filter.starts_with('$') {
            self.stir(options).await;
        }
        let comes = async {
            loop {
                match subscriber.next().await {
                    Ok(message) if self.is_for(kind, message.topic.as_str()) => {}
                    Ok(_) => return Heard::Something,
                    Err(_) => return Heard::Refused,
                }
            }
        };
        let heard = timeout(LISTEN, comes).await.unwrap_or(Heard::Nothing);
        let _ = subscriber.disconnect().await;
        heard
    }

    /// Whether a login of this kind may hear a topic: a broker that grants `#` may still pass on only that.
    fn is_for(&self, kind: Kind, topic: &str) -> bool {
        let Some(manifest) = self.manifest else { return false };
        let own = topic.strip_prefix(&hex::encode(manifest.mailbox)).and_then(|rest| rest.strip_prefix('/'));
        // Reports, the responders' keys, what members ask the service and what it answers.
        let is_closed =
            |rest: &str| ["r", "k", "q", "a"].contains(&rest.split('/').next().unwrap_or_default());
        own.is_some_and(|rest| kind == Kind::Node || !is_closed(rest))
    }

    /// One byte into the mailbox: shorter than any report, so whoever hears it drops it.
    async fn stir(&self, options: &Options) {
        let Some(topics) = self.manifest.map(|manifest| Topics::of(manifest)) else { return };
        let Ok(name) = Name::new(format!("{}/00", topics.mailbox())) else { return };
        let Ok(publisher) = Publisher::connect(&self.endpoint, options).await else { return };
        let _ = publisher.publish(Publication::new(name, vec![0], Qos::AtLeastOnce)).await;
        let _ = publisher.disconnect().await;
    }

    /// What the authority keeps on the broker for everyone.
    async fn notices(&self, accepted: &[&Account], findings: &mut Vec<Finding>) {
        let Some(manifest) = self.manifest else { return };
        let may_hear = |account: &&&Account| account.kind != Kind::WalkIn;
        let Some(account) = accepted.iter().find(may_hear) else { return };
        let topics = Topics::of(manifest);
        let wanted = [topics.manifest(), topics.beacon()].into_iter().flatten();
        let options = self.options(Some(&account.login));
        let mut found = Vec::new();
        for name in wanted {
            found.push(retained(&self.endpoint, &options, &name).await);
        }
        let serve = "cowl serve OPS -h BROKER    (on the authority's machine)";
        match found.first() {
            Some(Some(bytes)) => findings.push(match manifest.succeed(bytes) {
                Ok(newest) => Topic::Broker.ok(
                    format!(
                        "the manifest is there, signed, version {} (here: {})",
                        newest.version, manifest.version
                    ),
                    "whoever joins or was away follows it",
                ),
                Err(error) => Topic::Broker.problem(
                    format!("the manifest there is {error}"),
                    "members do not follow it: they stay with the one that they know until it ends",
                    serve,
                ),
            }),
            _ => findings.push(Topic::Broker.warning(
                "there is no manifest",
                "whoever joins or was away hears of no new keys",
                serve,
            )),
        }
        match found.get(1) {
            Some(Some(bytes)) => match Beacon::verify(bytes, manifest.authority(), manifest.operation, None) {
                Ok(beacon) => {
                    let at = manifest.calendar.start_of(beacon.epoch).saturating_add(beacon.into_epoch.into());
                    findings.push(clock::against_beacon(self.now, at, manifest.policy.beacon_seconds.into()));
                }
                Err(error) => findings.push(Topic::Broker.problem(
                    format!("the beacon there is {error}"),
                    "nobody believes it, but phones that were switched off stay in the last epoch they knew",
                    serve,
                )),
            },
            _ => findings.push(Topic::Broker.warning(
                "there is no beacon",
                "phones that were switched off stay in the last epoch they knew, and nobody hears of counts or revocations",
                serve,
            )),
        }
    }
}

/// What came of listening where nothing should be heard.
#[derive(Debug)]
enum Heard {
    Refused,
    Nothing,
    Something,
    Unknown(Error),
}

/// What came of publishing where only the authority may.
#[derive(Debug)]
enum Tried {
    Refused,
    Ignored,
    PassedOn,
    Lost,
    Unknown(Error),
}

async fn publishes(endpoint: &Endpoint, options: &Options, listener: &Options, name: Name) -> Tried {
    let mut marker = [0_u8; 16];
    if getrandom::fill(&mut marker).is_err() {
        return Tried::Unknown(Error::usage("the system has no randomness"));
    }
    let heard = match Filter::new(name.as_str()) {
        Ok(filter) => {
            Subscriber::connect(endpoint, listener, Subscription::new(filter, Qos::AtMostOnce)).await.ok()
        }
        Err(_) => None,
    };
    let publisher = match Publisher::connect(endpoint, options).await {
        Ok(publisher) => publisher,
        Err(error) => return Tried::Unknown(error),
    };
    let sent = publisher.publish(Publication::new(name, marker.to_vec(), Qos::AtLeastOnce)).await;
    let _ = publisher.disconnect().await;
    match sent {
        Err(error) if error.is_denied() => return Tried::Refused,
        Err(error) if error.is_lost() || error.is_refused() => return Tried::Lost,
        Err(error) => return Tried::Unknown(error),
        Ok(()) => {}
    }
    let Some(mut subscriber) = heard else { return Tried::Ignored };
    let comes = async {
        loop {
            match subscriber.next().await {
                Ok(message) if message.payload.as_ref() == marker => return Tried::PassedOn,
                Ok(_) => {}
                Err(_) => return Tried::Ignored,
            }
        }
    };
    timeout(LISTEN, comes).await.unwrap_or(Tried::Ignored)
}

/// What a broker keeps on a topic.
async fn retained(endpoint: &Endpoint, options: &Options, name: &Name) -> Option<bytes::Bytes> {
    let filter = Filter::new(name.as_str()).ok()?;
    let wanted = Subscription::new(filter, Qos::AtLeastOnce);
    let mut subscriber = Subscriber::connect(endpoint, options, wanted).await.ok()?;
    let message = timeout(LISTEN, subscriber.next()).await;
    let _ = subscriber.disconnect().await;
    Some(message.ok()?.ok()?.payload)
}

fn taken(kind: Kind, greeting: &Result<Greeting, Error>) -> Finding {
    let whose = kind.name();
    match greeting {
        Ok(_) => Topic::Broker.ok(format!("login {whose} is taken"), WHY_LOGIN),
        Err(error) if error.is_auth() => Topic::Broker.problem(
            format!("login {whose} is refused"),
            WHY_LOGIN,
            "less OPS/logins.toml    (give the broker these logins, or the member a newer credential)",
        ),
        Err(error) => unknown(&format!("whether login {whose} is taken"), error),
    }
}

fn unknown(what: &str, error: &Error) -> Finding {
    Topic::Broker.warning(
        format!("{what} could not be told: {error}"),
        "what could not be tried may be open",
        "cowl doctor …    (again)",
    )
}

/// Bytes of the largest packet that an operation's broker must pass on.
pub(super) fn largest(manifest: &SignedManifest) -> u64 {
    let layout = Layout::of(&manifest.policy);
    let size = |size: u32| usize::try_from(size).unwrap_or(usize::MAX);
    let sizes = &manifest.policy.sizes;
    let all = [size(sizes.manifest), size(sizes.beacon), layout.enrolled_len(), layout.walk_in_len()];
    all.into_iter().max().map_or(0, |most| u64::try_from(most.saturating_add(AROUND)).unwrap_or(u64::MAX))
}
