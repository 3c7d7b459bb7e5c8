//! Taking what devices publish: parse, map, check, give an identity, keep.

use std::{
    future::Future,
    path::Path,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
    task::{Context, Poll},
};

use aws_lc_rs::hmac::{self, HMAC_SHA256};
use cowl_core::{MAX_LINE, Member, Policy, Position, ReportId, Surroundings};
use tokio::sync::oneshot;

use super::{
    Caller, Command, Counts, Device, GatewayLoad, Offered, Refusal, RosterError,
    alerts::Alerts,
    body::Waiting,
    commands::Commands,
    consent::Consents,
    counters::Counters,
    erase::Orders,
    plan::{Kind, Plan, Understood},
    roster::{NoPlace, Place, Roster},
    secrets,
    vault::{NotOpened, Vault, VaultError},
};
use crate::{
    client::Obeyed,
    formats::InputProblem,
    keyring::{Ear, KeyringError, Sender},
    node::{self, Kept, Lane, New, Once, Queue, QueueError},
    random::SystemRng,
};

/// The longest topic that is looked at, in bytes: MQTT allows 65,535, and no family has such.
const MAX_TOPIC: usize = 1_024;
/// For so long is a retransmission known, in seconds: a device that missed an acknowledgement asks again when it is
/// connected again. Longer would be in the way of a device that says the same thing again under the same number.
const KNOWN_AGAIN: u64 = 3_600;

/// Why a gateway does not open.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// The credential or its state.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    /// The roster.
    #[error(transparent)]
    Roster(#[from] RosterError),
    /// The vault.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The queue.
    #[error(transparent)]
    Queue(#[from] node::OpenError),
    /// What it remembers of the authority's bulletins.
    #[error(transparent)]
    File(#[from] crate::files::FileError),
    /// No device of this name was seen.
    #[error("no device of this name was seen; `cowl gateway --devices … --list` names those that were")]
    NoSuchDevice,
    /// The credential of something else.
    #[error("this is no gateway's credential")]
    NotAGateway,
}

/// What may be chosen when a gateway is opened.
#[derive(Debug, Default)]
pub struct Settings {
    /// Whether a new device's record is written by who offers its first message, instead of by a thread: for
    /// simulations, which must do the same again.
    pub inline: bool,
    /// Report ids and keys come from here.
    pub rng: SystemRng,
    /// The same for the load's sealing.
    pub sealing: SystemRng,
}

/// A gateway's side towards its devices. Clones are the same gateway.
#[derive(Clone)]
pub struct Gateway {
    inner: Arc<Inner>,
}

pub(super) struct Inner {
    queue: Queue,
    plan: RwLock<Arc<Plan>>,
    roster: Roster,
    pub(super) counters: Counters,
    consents: Mutex<Consents>,
    rng: Mutex<SystemRng>,
    again: hmac::Key,
    clock: Box<dyn Fn() -> u64 + Send + Sync>,
    pub(super) commands: Commands,
    pub(super) alerts: Alerts,
    pub(super) vault: Vault,
    pub(super) orders: Orders,
    pub(super) is_inline: bool,
}

/// What a body of a gateway's queue is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waits {
    /// The report's id.
    pub report: ReportId,
    /// Whose it is.
    pub identity: u32,
    /// When it was taken, in Unix seconds.
    pub time: u64,
}

/// What became of a message.
#[derive(Debug)]
pub enum Taken {
    /// It is a report, and safe when the ticket says so: acknowledge it then, not before.
    Kept(Ticket),
    /// It is none: a local topic, or nothing.
    NotAReport,
    /// It is none that may be passed on.
    Refused(Refusal),
}

/// Why a report is not safe. It was not acknowledged; the device may send it again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotKept {
    /// The queue did not take it.
    #[error(transparent)]
    Queue(#[from] QueueError),
    /// Its device could not be written down.
    #[error("a new device could not be written down")]
    Roster,
}

/// Resolves when a report is safe on disk.
#[must_use = "a report is not safe before its ticket says so"]
pub struct Ticket(Promise);

enum Promise {
    Queue(node::Ticket),
    /// Of a device whose record is being written.
    Device(oneshot::Receiver<Option<node::Ticket>>),
    Lost,
}

impl Gateway {
    /// Opens a gateway's credential, and what lies beside it. `clock` gives Unix seconds; nothing is decided by it. The load
    /// is for the uplink of the same queue.
    pub fn open(
        credential: &Path,
        queue: Queue,
        clock: impl Fn() -> u64 + Send + Sync + 'static,
    ) -> Result<(Self, GatewayLoad), GatewayError> {
        Self::open_with(credential, queue, clock, Settings::default())
    }

    /// The same with choices.
    pub fn open_with(
        credential: &Path,
        queue: Queue,
        clock: impl Fn() -> u64 + Send + Sync + 'static,
        mut settings: Settings,
    ) -> Result<(Self, GatewayLoad), GatewayError> {
        let sender = Sender::open_with(credential, settings.sealing)?;
        let held = sender.credential();
        if !matches!(held.member, Member::Gateway(_)) {
            return Err(GatewayError::NotAGateway);
        }
        // The last identity is for covers and never a device's.
        let devices = sender.identities().saturating_sub(1).max(1);
        let capacity = u32::try_from(devices).unwrap_or(u32::MAX);
        let roster_path = secrets::roster_path(credential);
        let roster = Roster::open(&roster_path, &secrets::roster_key(held), capacity, settings.inline)?;
        let (vault_path, vault_key) = (secrets::vault_path(credential), secrets::vault_key(held));
        let epoch = sender.epoch(0);
        let vault = Vault::open(&vault_path, &vault_key, capacity, epoch, &mut settings.rng)?;
        let plan = Plan::new(Arc::new(sender.manifest().policy.clone()));
        let again = hmac::Key::new(HMAC_SHA256, secrets::again_key(held).expose());
        let inner = Arc::new(Inner {
            queue,
            plan: RwLock::new(Arc::new(plan)),
            roster,
            counters: Counters::default(),
            consents: Mutex::default(),
            rng: Mutex::new(settings.rng),
            again,
            clock: Box::new(clock),
            commands: Commands::open(&secrets::commands_path(credential))?,
            // Alerts must not keep reports back: without what was remembered, they are given again.
            alerts: Alerts::new(Ear::beside(credential, None).unwrap_or_else(|_| Ear::forgetful())),
            vault,
            orders: Orders::of(secrets::store_name(held)),
            is_inline: settings.inline,
        });
        let load = GatewayLoad::new(sender, Arc::clone(&inner));
        Ok((Self { inner }, load))
    }

    /// Takes a message of a device. Never waits for a network, and for the disk only with [`Settings::inline`].
    pub fn take(&self, from: &Caller<'_>, publication: &Offered<'_>) -> Taken {
        match self.inner.take(from, publication) {
            Ok(Some(ticket)) => Taken::Kept(ticket),
            Ok(None) => {
                self.inner.counters.other();
                Taken::NotAReport
            }
            Err(refusal) => {
                self.inner.counters.refused(&refusal);
                Taken::Refused(refusal)
            }
        }
    }

    /// Says where the gateway is: alerts to other zones are not for its devices. Without it they hear of all zones.
    pub fn be_at(&self, here: Position) {
        self.inner.alerts.be_at(here);
    }

    /// The next command or alert of the authority for the devices, to be published locally. Cancelling it loses none.
    pub async fn command(&self) -> Command {
        self.inner.commands.next().await
    }

    /// The commands and alerts that came since, without waiting.
    pub fn commands(&self) -> Vec<Command> {
        self.inner.commands.all()
    }

    /// The devices so far, by identity.
    pub fn roster(&self) -> Vec<Device> {
        self.inner.roster.list().into_iter().filter_map(secrets::device).collect()
    }

    /// How many devices there are.
    pub fn devices(&self) -> usize {
        self.inner.roster.len()
    }

    /// What became of messages so far.
    pub fn counts(&self) -> Counts {
        self.inner.counters.read()
    }

    /// Which list of erase orders was obeyed since the gateway was opened: to be said to the service
    /// ([`crate::client::confirm_always`]).
    pub fn obeyed(&self) -> Obeyed {
        self.inner.orders.obeyed().clone()
    }

    /// What a body of the queue is of: for simulations, which know what was reported.
    pub fn waits(&self, body: &[u8]) -> Option<Waits> {
        let waiting = self.inner.vault.open_waiting(body).ok()?;
        Some(Waits { report: waiting.report, identity: waiting.identity, time: waiting.time })
    }
}

impl Inner {
    fn take(&self, from: &Caller<'_>, offered: &Offered<'_>) -> Result<Option<Ticket>, Refusal> {
        let topic = offered.topic;
        if topic.is_empty() || topic.starts_with('$') || topic.contains(['+', '#', '\0']) {
            return Err(Refusal::Topic);
        }
        if topic.len() > MAX_TOPIC {
            return Ok(None);
        }
        let plan = self.plan();
        let family = match plan.kind(topic) {
            Kind::Report(family) => family,
            Kind::Envelope => {
                lock(&self.consents).hear(offered.payload.get(..MAX_LINE).unwrap_or(offered.payload));
                return Ok(None);
            }
            Kind::None => return Ok(None),
        };
        if offered.payload.len() > MAX_LINE {
            return Err(InputProblem::TooLong.into());
        }
        if offered.payload.is_empty() {
            // That is how MQTT forgets what is retained.
            return Ok(None);
        }
        let now = (self.clock)();
        let consents = |reading: &cowl_core::Reading| lock(&self.consents).of(reading);
        let understood = plan.understand(family, from, offered, &consents, now)?;
        self.keep(&plan.policy, from, offered, understood, now).map(Some)
    }

    fn keep(
        &self,
        policy: &Policy,
        from: &Caller<'_>,
        offered: &Offered<'_>,
        understood: Understood,
        now: u64,
    ) -> Result<Ticket, Refusal> {
        let Understood { device, members } = understood;
        let mut waiting = Waiting { report: ReportId(lock(&self.rng).id()), identity: 0, time: now, members };
        // Without counts: whether it can be sealed at all, and whether it goes first, depends on no zone.
        let reduced = policy.reduce(waiting.reading(), &Surroundings { counts: None, now })?;
        let urgent = reduced.is_urgent();
        let place = self.roster.place(&device).map_err(|none| match none {
            NoPlace::Full => Refusal::RosterFull,
            NoPlace::Busy => Refusal::Busy,
        })?;
        let (Place::Known(identity) | Place::New(identity)) = place;
        waiting.identity = identity;
        let once = self.once(identity, from, offered, now);
        let body = self.vault.seal(&waiting).map_err(|_| Refusal::Withdrawn)?;
        let new = New { lane: Lane::Enrolled, urgent, body, once };
        let ticket = match place {
            Place::Known(_) => Ticket(Promise::Queue(put(&self.queue, new, offered.dup))),
            Place::New(_) => {
                let (say, hear) = oneshot::channel();
                let (queue, dup) = (self.queue.clone(), offered.dup);
                self.roster.when_written(Box::new(move |written| {
                    // Nobody has to wait for it: it is kept all the same.
                    let _ = say.send(written.then(|| put(&queue, new, dup)));
                }));
                Ticket(Promise::Device(hear))
            }
        };
        if ticket.is_known() {
            self.counters.again();
        } else {
            self.counters.kept(urgent);
        }
        Ok(ticket)
    }

    /// By what a retransmission of this message is known (MQTT 5 §4.4). At QoS 0 there are none.
    fn once(&self, identity: u32, from: &Caller<'_>, offered: &Offered<'_>, now: u64) -> Option<Once> {
        let packet_id = offered.packet_id.filter(|_| offered.qos > 0)?;
        let mut digest = hmac::Context::with_key(&self.again);
        // So that nobody can find out by it what a device said whose key is destroyed.
        digest.update(self.vault.secret_of(identity).expose());
        for part in
            [from.client_id.as_bytes(), from.user.unwrap_or_default().as_bytes(), offered.topic.as_bytes()]
        {
            digest.update(&(part.len() as u64).to_be_bytes());
            digest.update(part);
        }
        digest.update(&packet_id.to_be_bytes());
        digest.update(offered.payload);
        let key = *digest.sign().as_ref().first_chunk::<16>()?;
        Some(Once { key, expiry: now.saturating_add(KNOWN_AGAIN) })
    }

    /// Opens what waited.
    pub(super) fn open_waiting(&self, body: &[u8]) -> Result<Waiting, NotOpened> {
        self.vault.open_waiting(body)
    }

    /// How many devices there are.
    pub(super) fn devices(&self) -> usize {
        self.roster.len()
    }

    pub(super) fn plan(&self) -> Arc<Plan> {
        Arc::clone(&self.plan.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// From now on the newer policy decides what is taken.
    pub(super) fn follow(&self, policy: &Policy) {
        let plan = Arc::new(Plan::new(Arc::new(policy.clone())));
        *self.plan.write().unwrap_or_else(PoisonError::into_inner) = plan;
    }

    /// Retransmissions that are too old to come are forgotten.
    pub(super) fn forget(&self) {
        self.queue.forget_before((self.clock)());
    }
}

/// Only what a device says to be a retransmission is taken for one: many say the same thing again under the same number.
fn put(queue: &Queue, new: New, dup: bool) -> node::Ticket {
    if dup || new.once.is_none() {
        return queue.put(new);
    }
    let ticket = queue.put(new.clone());
    if ticket.is_known() { queue.put(New { once: None, ..new }) } else { ticket }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Ticket {
    /// Whether it is known to be a retransmission of what is kept already.
    fn is_known(&self) -> bool {
        matches!(&self.0, Promise::Queue(ticket) if ticket.is_known())
    }
}

impl Future for Ticket {
    type Output = Result<Kept, NotKept>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            let next = match &mut self.0 {
                Promise::Queue(ticket) => return Pin::new(ticket).poll(context).map_err(NotKept::Queue),
                Promise::Lost => return Poll::Ready(Err(NotKept::Roster)),
                Promise::Device(hear) => match Pin::new(hear).poll(context) {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(Ok(Some(ticket))) => Promise::Queue(ticket),
                    Poll::Ready(_) => Promise::Lost,
                },
            };
            self.0 = next;
        }
    }
}

impl std::fmt::Debug for Ticket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ticket")
    }
}

impl std::fmt::Debug for Gateway {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gateway").field("roster", &self.inner.roster).finish_non_exhaustive()
    }
}
