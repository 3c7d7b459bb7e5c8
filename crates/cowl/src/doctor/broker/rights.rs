//! What a login, or none, may do on a broker: tried.

use tokio::time::timeout;

use super::{
    super::finding::{Finding, Topic},
    Account, Inquiry, Kind, LISTEN, STEP, WHY_RIGHTS, unknown,
};
use crate::{
    client::Topics,
    transport::{
        Endpoint, Error, Filter, Options, Publication, Publisher, Qos, Subscriber, Subscription,
        Topic as Name,
    },
};

const ACL: &str = "cowl doctor --conf /etc/mosquitto/mosquitto.conf    (on its machine: each login needs an acl_file with its own topics)";

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

impl Inquiry<'_> {
    /// Somebody without a login.
    pub(super) async fn nobody(&self, findings: &mut Vec<Finding>) {
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
    pub(super) async fn rights(&self, account: &Account, accepted: &[&Account], findings: &mut Vec<Finding>) {
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
