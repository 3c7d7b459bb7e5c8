//! Where a preset is tried: an operation in a folder of its own, its members, and the embedded broker.

use std::{net::SocketAddr, num::NonZeroU32, path::PathBuf};

use cowl::{
    client::{Topics, anonymous_options},
    files,
    keyring::store_new,
    operation::{Logins, Operation, OperationLogin},
    policy_file::{DEFAULT_POLICY, HAITI_DEPARTMENTS, HAITI_DEPARTMENTS_NAME},
    random::SystemRng,
    transport::{Endpoint, Filter, Options, Scheme, Version},
};
use cowl_broker::{Broker, BrokerConfig, Limits, Listeners, Login, Rights, Running, TopicPrefix, Verifier};
use cowl_core::{Credential, Epoch, Preset, SignedManifest, policy::RoleKind};
use tempfile::TempDir;

use super::day::Day;
use crate::failure::Failure;

/// The topic level below which phones publish under the study's presets.
pub(super) const STUDY_TOPICS: &str = "srv";
/// Connections of the operation itself: service, roles, eavesdropper, and room for a visitor's.
const OTHERS: u32 = 100;

/// An operation, its broker, and where its members' files lie.
pub(super) struct Ground {
    pub(super) folder: TempDir,
    pub(super) manifest: SignedManifest,
    pub(super) broker: Running,
    pub(super) address: SocketAddr,
    pub(super) preset: Preset,
    /// All phones: one identity each.
    pub(super) phones: PathBuf,
    /// Keys that the study's presets share.
    pub(super) shared: Credential,
    /// Role and credential.
    pub(super) roles: Vec<(String, PathBuf)>,
    logins: Doors,
}

/// The broker's logins.
struct Doors {
    operator: OperationLogin,
    observer: OperationLogin,
    node: OperationLogin,
    device: OperationLogin,
}

/// Who connects.
#[derive(Clone, Copy)]
pub(super) enum Who {
    Operator,
    Observer,
    Node,
    Device,
}

impl Ground {
    /// Makes the operation as `cowl init` and `cowl enrol` do, and starts its broker on a free port of loopback.
    pub(super) async fn prepare(preset: Preset, day: &Day) -> Result<(Self, Operation), Failure> {
        let mut rng = SystemRng::new();
        let folder = folder()
            .map_err(|error| Failure::internal("cannot make a folder for the demo").because(&error))?;
        let path = |name: &str| folder.path().join(name);
        let mut operation = Operation::create_with(&path("operation"), day.start, &mut rng, |folder| {
            let write = |name: &str, text: &str| {
                files::create(&folder.join(name), text.as_bytes(), files::Access::All)
            };
            write(HAITI_DEPARTMENTS_NAME, HAITI_DEPARTMENTS)?;
            write("policy.toml", &policy_text(preset))
        })?;

        let people = u32::try_from(day.crisis.people().len()).unwrap_or(u32::MAX);
        let phones = path("phones.cowl");
        let enrolled = operation.enrol_gateway("phones", people, Epoch(0), &mut rng)?;
        store_new(&phones, &enrolled.credential, enrolled.first)?;
        let shared = enrolled.credential;
        let names: Vec<String> = operation
            .manifest()
            .policy
            .roles
            .iter()
            .filter(|role| role.kind == RoleKind::Reports)
            .map(|role| role.name.clone())
            .collect();
        let mut roles = Vec::new();
        for role in names {
            let file = path(&format!("{role}.cowl"));
            let enrolled =
                operation.enrol_responder(&role, std::slice::from_ref(&role), Epoch(0), &mut rng)?;
            store_new(&file, &enrolled.credential, enrolled.first)?;
            roles.push((role, file));
        }

        let manifest = operation.manifest().clone();
        let logins = Doors::of(operation.logins());
        let config = broker_config(&manifest, &logins, people)?;
        let broker = Broker::start(config)
            .await
            .map_err(|error| Failure::internal("the embedded broker does not start").because(&error))?;
        let address =
            broker.addresses().tcp.ok_or_else(|| Failure::internal("the embedded broker does not listen"))?;
        Ok((Self { folder, manifest, broker, address, preset, phones, shared, roles, logins }, operation))
    }

    /// Where the broker is.
    pub(super) fn endpoint(&self) -> Endpoint {
        Endpoint::new(Scheme::Tcp, self.address.ip().to_string(), self.address.port())
    }

    /// What a client of this kind says of itself.
    pub(super) fn options(&self, who: Who) -> Result<Options, Failure> {
        Ok(anonymous_options(&self.manifest, Some(&self.login(who).to_credential()), Version::V5)?)
    }

    /// User name and password of this kind of client.
    pub(super) const fn login(&self, who: Who) -> &OperationLogin {
        self.logins.of_kind(who)
    }

    /// Where reports go.
    pub(super) fn reports(&self) -> Result<Filter, Failure> {
        Ok(if self.preset.is_dangerous() {
            Filter::new(format!("{STUDY_TOPICS}/#"))?
        } else {
            Topics::of(&self.manifest).reports()?
        })
    }

    /// What the topic of every report begins with.
    pub(super) fn prefix(&self) -> String {
        prefix(&self.manifest)
    }
}

impl Doors {
    fn of(logins: &Logins) -> Self {
        Self {
            operator: logins.operator.clone(),
            observer: logins.observer.clone(),
            node: logins.node.clone(),
            device: logins.device.clone(),
        }
    }

    const fn of_kind(&self, who: Who) -> &OperationLogin {
        match who {
            Who::Operator => &self.operator,
            Who::Observer => &self.observer,
            Who::Node => &self.node,
            Who::Device => &self.device,
        }
    }
}

/// In memory where the system has such a place: nothing of a demo outlives it, so no disk has to be waited for.
fn folder() -> std::io::Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix("cowl-demo-");
    builder.tempdir_in("/dev/shm").or_else(|_| builder.tempdir())
}

/// The default policy, as `cowl init` writes it; for the study's presets with the two changed lines that it names.
pub(super) fn policy_text(preset: Preset) -> String {
    if !preset.is_dangerous() {
        return DEFAULT_POLICY.to_owned();
    }
    let text = DEFAULT_POLICY.replacen("\npreset = \"cowl\"\n", "\n", 1);
    format!("{text}\n[dangerous]\npreset = \"{}\"\n", preset.name())
}

fn prefix(manifest: &SignedManifest) -> String {
    if manifest.preset.is_dangerous() { STUDY_TOPICS.to_owned() } else { Topics::of(manifest).mailbox() }
}

/// As `cowl broker` starts it, on a free port and with room for everyone.
fn broker_config(manifest: &SignedManifest, logins: &Doors, people: u32) -> Result<BrokerConfig, Failure> {
    let refused =
        |error: cowl_broker::ConfigError| Failure::internal("the embedded broker's settings").because(&error);
    let topics = Topics::of(manifest);
    let prefix_of = |topic: &str| TopicPrefix::new(topic).map_err(refused);
    let login = |who: Who, may: Rights| -> Result<Login, Failure> {
        let login = logins.of_kind(who);
        let secret = Verifier::of_password(login.password.as_bytes()).map_err(refused)?;
        Ok(Login { user: login.user.clone(), secret, may })
    };
    Ok(BrokerConfig {
        listeners: Listeners { tcp: Some(([127, 0, 0, 1], 0).into()), ..Listeners::default() },
        logins: vec![
            login(Who::Operator, Rights::Operator)?,
            login(Who::Observer, Rights::Observer)?,
            login(Who::Node, Rights::Node)?,
            login(Who::Device, Rights::Device)?,
        ],
        topics: cowl_broker::Topics {
            mailbox: prefix_of(&prefix(manifest))?,
            notices: vec![
                prefix_of(topics.manifest()?.as_str())?,
                prefix_of(topics.beacon()?.as_str())?,
                prefix_of(topics.erasures()?.as_str())?,
                prefix_of(topics.dispatch()?.as_str())?,
            ],
            exchange: vec![prefix_of(topics.bundle()?.as_str())?],
            service: None,
        },
        intake: None,
        devices: cowl_broker::Devices::default(),
        limits: Limits {
            connections: NonZeroU32::new(people.saturating_add(OTHERS)).unwrap_or(Limits::CONNECTIONS),
            ..Limits::default()
        },
    })
}
