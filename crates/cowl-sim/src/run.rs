//! An operation from beginning to end, under one configuration.

use std::io::Write;
use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::{Arc, Mutex};

use cowl::client::{Topics, Wrapper};
use cowl::keyring::{Sender, load_credential};
use cowl::node::Way;
use cowl::random::SystemRng;
use cowl::service::Service;
use cowl::transport::{ClientId, Endpoint, Options, Scheme};
use cowl_audit::trace::{Point, PointId, PointKind};
use cowl_core::{Credential, Delay, Preset, RoleIndex};

use crate::configuration::{Addresses, Configuration, Link, Nodes};
use crate::defender::authority::Authority;
use crate::defender::forger::{self, Forge};
use crate::defender::gateway::{self, Draws};
use crate::defender::ground::Ground;
use crate::defender::office::{Office, Tally, lock};
use crate::defender::page::PageServer;
use crate::defender::phone::{App, Phone};
use crate::defender::records::{Head, Records, account, epochs};
use crate::defender::relay;
use crate::dice::Dice;
use crate::error::SimulationError;
use crate::network::{Access, CallerId, Hostile, Mailbox, Network, Tape, Written, server};
use crate::plan::{Plan, ReportIndex, START, Settings};

/// Streams of what the defender draws: keys, client ids, what the network does.
const OPERATION_STREAM: u64 = 1 << 46;
const PHONE_STREAM: u64 = 1 << 47;
const RADIO_STREAM: u64 = 1 << 48;
const FORGER_STREAM: u64 = 1 << 49;
const NODE_STREAM: u64 = 1 << 50;
/// Streams of one phone, and of one node.
const OF_PHONE: u64 = 2;
const OF_NODE: u64 = 8;
/// Streams of one of the forger's phones.
const OF_FORGER: u64 = 4;
/// The stream of phones' delays.
const DELAY_STREAM: u64 = 1 << 51;
/// The carrier's one address, where all phones share it (RFC 5737).
const SHARED: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 1);
/// Where the authority is, and the forger (RFC 5737).
const AUTHORITY: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 2);
const FORGER: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 1);
/// What is added to a user's number where the forger invents one.
const INVENTED_USER: u32 = 900_000;

/// People and what happens to them, to be run under one configuration after the other.
#[derive(Debug)]
pub struct Simulation {
    pub(crate) plan: Arc<Plan>,
}

/// What a run was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    /// Connections that the broker saw.
    pub connections: u64,
    /// PUBLISH packets from clients, all kinds.
    pub messages: u64,
    /// Bytes of MQTT from clients, and to them.
    pub sent: u64,
    /// Bytes of MQTT to clients.
    pub received: u64,
    /// What messages were.
    pub tally: Tally,
}

impl Simulation {
    /// Draws everyone, and what they will report.
    pub fn new(settings: Settings) -> Self {
        Self { plan: Arc::new(Plan::new(settings)) }
    }

    /// Reports that phones want to send.
    pub fn reports(&self) -> usize {
        self.plan.reports.len()
    }

    /// Runs it. The trace and the truth are compressed as they are written; `progress` is told which share of the time has passed.
    ///
    /// The same settings and configuration give the same bytes, on every machine, whatever else runs beside (but see
    /// [`Settings::timed`]).
    ///
    /// # Errors
    /// [`SimulationError`]; what was written is then of no use.
    pub fn run(
        &self,
        configuration: &Configuration,
        trace: Box<dyn Write + Send>,
        truth: Box<dyn Write + Send>,
        progress: impl FnMut(f64),
    ) -> Result<Summary, SimulationError> {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?;
        runtime.block_on(operate(&self.plan, configuration, trace, truth, progress))
    }
}

async fn operate(
    plan: &Arc<Plan>,
    configuration: &Configuration,
    trace: Box<dyn Write + Send>,
    truth: Box<dyn Write + Send>,
    mut progress: impl FnMut(f64),
) -> Result<Summary, SimulationError> {
    let settings = plan.settings;
    let nodes = match configuration.nodes() {
        Nodes::None | Nodes::Page => Vec::new(),
        Nodes::Gateways(count) | Nodes::Relays(count) => plan.nodes(count),
    };
    let (mut ground, service) = prepare(&settings, configuration, &nodes)?;
    let every = u64::from(ground.manifest.policy.beacon_seconds);
    let head = Head {
        name: configuration.name(),
        epochs: epochs(&ground.manifest, settings.length_us()),
        policy: &ground.manifest.policy,
        shared: (configuration.addresses() == Addresses::Shared).then_some(SHARED),
    };
    let records = Records::new(truth, head, plan, &nodes);
    let forger = Forger::of(&ground)?;
    let sender = match ground.dangerous {
        None => {
            let sender = Sender::open_with(&ground.phones, rng(settings.seed, PHONE_STREAM - 1))?;
            Some(Arc::new(Mutex::new(sender)))
        }
        Some(_) => None,
    };
    let ears = sender.clone().filter(|_| matches!(configuration.nodes(), Nodes::Gateways(_)));
    let office = Arc::new(Mutex::new(Office::new(
        plan,
        *configuration,
        &mut ground,
        service,
        records,
        forger.name.clone(),
        ears,
    )?));

    let tape = Tape::new(trace, START, configuration.name(), &points(configuration))?;
    let phones = usize::try_from(settings.people).unwrap_or(0);
    let victims = plan.second_lives();
    let first = phones + victims.len() + 1;
    let callers = callers(configuration, &settings, phones + victims.len());
    let page = callers.len() - 1;
    let hostile = configuration
        .is_hostile()
        .then(|| Hostile { nodes: (first, first + usize::from(configuration.node_count())) });
    // A node's mailbox needs the network's time, and the network its mailboxes: they are made before it, and start with it.
    let began = tokio::time::Instant::now();
    let mut mailboxes: Vec<Arc<Mutex<dyn Mailbox>>> = vec![Arc::<Mutex<Office>>::clone(&office)];
    let mut uplinks = Vec::new();
    for (number, credential) in (0..).zip(&ground.nodes) {
        let (mailbox, uplink) = node(plan, configuration, (number, credential), &office, began)?;
        mailboxes.push(mailbox);
        uplinks.push(uplink);
    }
    let network = Arc::new(Network::new(callers, tape, mailboxes, hostile));
    let stage =
        Stage { plan, configuration, ground: &ground, network: &network, office: &office, nodes: &nodes };
    for (number, uplink) in (0..).zip(uplinks) {
        let caller = CallerId(first + usize::from(number));
        let way = stage.way(number, caller)?;
        match uplink {
            Uplink::Gateway(uplink) => uplink.start(caller, way, &office, settings.timed),
            Uplink::Relay(uplink) => uplink.start(caller, way, &office, (&network, PointId(number + 1)))?,
        }
    }

    if sender.is_some() {
        tokio::spawn(stage.authority(first - 1, every)?.work());
    }
    if let (Nodes::Page, Some(sender)) = (configuration.nodes(), &sender) {
        tokio::spawn(stage.page(page, sender)?.work());
    }
    for number in 0..phones {
        tokio::spawn(stage.phone(number, sender.as_ref())?.work());
    }
    for (nth, (number, life)) in victims.iter().enumerate() {
        tokio::spawn(stage.second_phone(phones + nth, (*number, life), sender.as_ref(), &forger)?.work());
    }

    let end = settings.length_us();
    network.run(end, |now| progress(share(now, end))).await;
    let Written { connections, messages, sent, received } = network.finish(end)?;
    let tally = lock(&office).finish(end)?;
    Ok(Summary { connections, messages, sent, received, tally })
}

/// Makes the operation, and its service under preset `cowl`.
fn prepare(
    settings: &Settings,
    configuration: &Configuration,
    nodes: &[u16],
) -> Result<(Ground, Option<Service>), SimulationError> {
    let mut random = rng(settings.seed, OPERATION_STREAM);
    let of = |node| u32::try_from(nodes.iter().filter(|of| **of == node).count()).unwrap_or(0);
    let behind: Vec<u32> = (0..configuration.node_count()).map(of).collect();
    let (ground, operation) = Ground::new(configuration, settings, &behind, &mut random)?;
    if ground.dangerous.is_some() {
        return Ok((ground, None));
    }
    let service = Service::new_with(operation, START, None, random)?;
    Ok((ground, Some(service)))
}

/// A node's side towards the broker.
enum Uplink {
    Gateway(gateway::Uplink),
    Relay(relay::Uplink),
}

/// A gateway or relay, not yet connected: its side towards phones, and the other.
fn node(
    plan: &Arc<Plan>,
    configuration: &Configuration,
    (number, credential): (u64, &Path),
    office: &Arc<Mutex<Office>>,
    began: tokio::time::Instant,
) -> Result<(Arc<Mutex<dyn Mailbox>>, Uplink), SimulationError> {
    let draw = |nth| rng(plan.settings.seed, NODE_STREAM + OF_NODE * number + nth);
    let draws = Draws { reports: draw(0), sealing: draw(1), queue: draw(2) };
    Ok(match configuration.nodes() {
        Nodes::None | Nodes::Page | Nodes::Gateways(_) => {
            let (door, uplink) = gateway::Made::new(credential, plan, office, began, draws)?.split();
            (Arc::new(Mutex::new(door)), Uplink::Gateway(uplink))
        }
        Nodes::Relays(_) => {
            let (door, uplink) = relay::Made::new(credential, office, began, draws)?.split();
            (Arc::new(Mutex::new(door)), Uplink::Relay(uplink))
        }
    })
}

/// Points of observation besides the broker.
fn points(configuration: &Configuration) -> Vec<Point> {
    let (kind, name, count) = match configuration.nodes() {
        Nodes::None | Nodes::Page => return Vec::new(),
        Nodes::Gateways(count) => (PointKind::Gateway, "gateway", count),
        Nodes::Relays(count) => (PointKind::Relay, "relay", count),
    };
    (0..count).map(|number| Point { kind, name: format!("{name} {number}") }).collect()
}

/// Phones by radio, the forger's as well; the authority by wire; nodes as the configuration says; the page's server by wire.
fn callers(configuration: &Configuration, settings: &Settings, phones: usize) -> Vec<(Access, Dice)> {
    let radio = std::iter::repeat_n(Access::Radio, phones);
    let wire = std::iter::once(Access::Wire);
    let access = match configuration.link() {
        Link::Wire => Access::Wire,
        Link::Radio => Access::Radio,
    };
    let nodes = std::iter::repeat_n(access, usize::from(configuration.node_count()));
    let dice = (RADIO_STREAM..).map(|stream| Dice::new(settings.seed, stream));
    let page = std::iter::repeat_n(Access::Wire, usize::from(configuration.nodes() == Nodes::Page));
    radio.chain(wire).chain(nodes).chain(page).zip(dice).collect()
}

/// Who forges.
struct Forger {
    role: RoleIndex,
    name: String,
    /// Whence he knows whose a place is, where phones seal.
    told: Option<Arc<Credential>>,
}

impl Forger {
    fn of(ground: &Ground) -> Result<Self, SimulationError> {
        let roles: Vec<String> = ground.roles.iter().map(|(role, _)| role.clone()).collect();
        let role = forger::role(&ground.manifest, &roles);
        let policy = &ground.manifest.policy;
        let (role, name) = role
            .and_then(|role| Some((role, policy.role(role)?.name.clone())))
            .ok_or(SimulationError::Fault("no role reads reports"))?;
        let told = match ground.dangerous {
            None => Some(Arc::new(load_credential(&ground.phones)?)),
            Some(_) => None,
        };
        Ok(Self { role, name, told })
    }
}

/// A phone, whoever carries it.
struct Handset {
    caller: usize,
    /// In whose name it reports.
    number: usize,
    diary: Vec<ReportIndex>,
    /// The first of its streams.
    stream: u64,
    /// The stream of its delays.
    delay_stream: u64,
    forge: Option<Forge>,
}

/// What everybody in a run needs.
struct Stage<'a> {
    plan: &'a Arc<Plan>,
    configuration: &'a Configuration,
    ground: &'a Ground,
    network: &'a Arc<Network>,
    office: &'a Arc<Mutex<Office>>,
    /// By phone: its gateway or relay.
    nodes: &'a [u16],
}

impl Stage<'_> {
    /// A node's way to the broker.
    fn way(&self, number: u16, caller: CallerId) -> Result<Way, SimulationError> {
        let stream = NODE_STREAM + OF_NODE * u64::from(number);
        let draw = |nth| rng(self.plan.settings.seed, stream + nth);
        let address = server(PointId(number + 1));
        let endpoint = broker().through(self.network.connector(caller, PointId(0), move |_| address));
        let options = Options { client_id: fresh(draw(3)), ..self.ground.node_options()? };
        Ok(Way { since: self.network.instant(0), rng: draw(4), ..Way::new(endpoint, options) })
    }

    fn phone(&self, number: usize, sender: Option<&Arc<Mutex<Sender>>>) -> Result<Phone, SimulationError> {
        let nth = u64::try_from(number).unwrap_or(0);
        let plan = Arc::clone(self.plan);
        let shared = self.configuration.addresses() == Addresses::Shared;
        let address = move |at| if shared { SHARED } else { plan.address(number, at) };
        let handset = Handset {
            caller: number,
            number,
            diary: self.plan.diaries.get(number).cloned().unwrap_or_default(),
            stream: PHONE_STREAM + OF_PHONE * nth,
            delay_stream: DELAY_STREAM + nth,
            forge: None,
        };
        self.handset(handset, address, sender, false)
    }

    /// The forger's phone in somebody's name.
    fn second_phone(
        &self,
        caller: usize,
        (number, life): (usize, &[ReportIndex]),
        sender: Option<&Arc<Mutex<Sender>>>,
        forger: &Forger,
    ) -> Result<Phone, SimulationError> {
        let stream = FORGER_STREAM + OF_FORGER * u64::try_from(number).unwrap_or(0);
        let seals = |told: &Arc<Credential>| {
            Forge::new(Arc::clone(told), number, forger.role, rng(self.plan.settings.seed, stream + 3))
        };
        let handset = Handset {
            caller,
            number,
            diary: life.to_vec(),
            stream,
            delay_stream: stream + 2,
            forge: forger.told.as_ref().map(seals),
        };
        // Behind the carrier's one address are those of his phones, too.
        let shared = self.configuration.addresses() == Addresses::Shared;
        self.handset(handset, move |_| if shared { SHARED } else { FORGER }, sender, true)
    }

    fn handset(
        &self,
        handset: Handset,
        address: impl Fn(u64) -> Ipv4Addr + Send + Sync + 'static,
        sender: Option<&Arc<Mutex<Sender>>>,
        is_forger: bool,
    ) -> Result<Phone, SimulationError> {
        let Handset { caller, number, diary, stream, delay_stream, forge } = handset;
        let seed = self.plan.settings.seed;
        let caller = CallerId(caller);
        let is_page = self.configuration.nodes() == Nodes::Page;
        let options = if is_page { self.ground.walk_in_options()? } else { self.ground.phone_options()? };
        let is_walk_in = self.configuration.is_walk_in(number);
        let user = self.plan.crisis.people().get(number).map_or(0, |person| person.user);
        let is_device = matches!(self.configuration.nodes(), Nodes::Gateways(_));
        let point = self.nodes.get(number).map_or(PointId(0), |node| PointId(node + 1));
        let (client_id, app) = match (&self.ground.dangerous, sender) {
            (None, Some(_)) if is_device => (ClientId::named(account(user))?, App::Device),
            (Some(preset), _) => {
                // The minimised message does not say which user's app it comes from, so the forger invents one.
                let shows_user = matches!(preset.preset(), Preset::Plain | Preset::Fernet);
                let user = if is_forger && !shows_user { INVENTED_USER + user } else { user };
                let app = App::Exposed { preset: Arc::clone(preset), rng: Box::new(rng(seed, stream + 1)) };
                (ClientId::named(account(user))?, app)
            }
            (None, Some(sender)) => (
                fresh(rng(seed, stream)),
                App::Sealed {
                    sender: Arc::clone(sender),
                    topics: Topics::of(&self.ground.manifest),
                    manifest: self.ground.manifest.version,
                    fetched: None,
                    wrapper: self.wraps().then(|| Box::new(Wrapper::new(rng(seed, stream + 1)))),
                    is_walk_in,
                    is_page,
                    // Who is not enrolled has no name to forge in: anybody's message is as good as hers.
                    forge: forge.filter(|_| !is_walk_in).map(Box::new),
                },
            ),
            (None, None) => return Err(SimulationError::Fault("a phone without keys")),
        };
        let delay = Delay::of(&self.ground.manifest.policy.traffic).filter(|_| !is_device);
        Ok(Phone {
            number,
            diary,
            delay: delay.map(|delay| (delay, Dice::new(seed, delay_stream))),
            plan: Arc::clone(self.plan),
            network: Arc::clone(self.network),
            office: Arc::clone(self.office),
            caller,
            endpoint: broker().through(self.network.connector(caller, point, address)),
            options: Options { client_id, ..options },
            app,
        })
    }

    /// Whether phones send to relays.
    const fn wraps(&self) -> bool {
        matches!(self.configuration.nodes(), Nodes::Relays(_))
    }

    /// The page's server: nobody's phone, and one client for good.
    fn page(&self, number: usize, sender: &Arc<Mutex<Sender>>) -> Result<PageServer, SimulationError> {
        let client_id = fresh(rng(self.plan.settings.seed, OPERATION_STREAM + 2));
        Ok(PageServer {
            network: Arc::clone(self.network),
            office: Arc::clone(self.office),
            endpoint: broker().through(self.network.connector(CallerId(number), PointId(0), |_| SHARED)),
            options: Options { client_id, ..self.ground.phone_options()? },
            topics: Topics::of(&self.ground.manifest),
            sender: Arc::clone(sender),
        })
    }

    fn authority(&self, number: usize, every: u64) -> Result<Authority, SimulationError> {
        let caller = CallerId(number);
        let client_id = fresh(rng(self.plan.settings.seed, OPERATION_STREAM + 1));
        Ok(Authority {
            network: Arc::clone(self.network),
            office: Arc::clone(self.office),
            caller,
            endpoint: broker().through(self.network.connector(caller, PointId(0), |_| AUTHORITY)),
            options: Options { client_id, ..self.ground.authority_options()? },
            topics: Topics::of(&self.ground.manifest),
            every,
        })
    }
}

fn broker() -> Endpoint {
    Endpoint::new(Scheme::Tcp, "broker", Scheme::Tcp.default_port())
}

fn fresh(rng: SystemRng) -> ClientId {
    ClientId::hazmat_fresh_from(Arc::new(Mutex::new(rng)))
}

fn rng(seed: u64, stream: u64) -> SystemRng {
    SystemRng::hazmat_seeded(Dice::new(seed, stream).seed())
}

#[expect(clippy::cast_precision_loss, reason = "a share to be shown")]
fn share(now: u64, end: u64) -> f64 {
    now as f64 / end.max(1) as f64
}
