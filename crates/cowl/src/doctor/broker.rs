//! A broker from outside: reached, believed, logged in to, and asked for what it must refuse. Each step has a limit in time.
//!
//! Nothing is retained, no session is left behind, and no name is used twice. A message is sent only where it must be refused (to
//! the beacons' topic), or where the broker granted what it should not have; it is a few random bytes, which nobody believes.

mod notices;
mod rights;
mod way;

use std::time::Duration;

use cowl_core::{Layout, Login, SignedManifest};
use tokio::time::timeout;

use super::finding::{Finding, Section, Topic};
use crate::{
    client::anonymous_options,
    transport::{Endpoint, Error, Greeting, Options, Version},
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
