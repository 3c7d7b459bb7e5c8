//! The people's phones: each has a connection of its own, and sends through the client library.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use cowl::{
    client::{Notice, Notices, Retry, Topics},
    dangerous::DangerousPreset,
    formats,
    keyring::Sender,
    transport::{self, ClientId, Options, Publication, Publisher, Qos},
};
use cowl_core::{Credential, Preset, SignedManifest};
use tokio::task::JoinSet;

use super::{
    authority::Announced,
    day::{Day, Sent},
    ground::{Ground, Who},
    patience,
    tap::{Tap, Tapped},
};
use crate::failure::Failure;

/// Phones that are connected at once: each costs this process two file descriptors, and 1,024 is the usual limit. The one that was
/// silent longest hangs up for the next.
const CONNECTED: usize = 400;

/// How often a refused phone tries again, and how soon.
const RETRY: Retry = Retry { attempts: 8, first: Duration::from_millis(10) };

/// All phones.
pub(super) struct Phones {
    protection: Protection,
    options: Options,
    broker: SocketAddr,
    connected: HashMap<usize, Phone>,
    users: Vec<u32>,
    /// Every connection that there ever was.
    pub(super) taps: Vec<Arc<Tap>>,
    /// From JSON to what is published.
    pub(super) times: Vec<Duration>,
    /// What the reduction left out.
    pub(super) left_out: cowl_core::Notices,
}

/// How reports are protected.
enum Protection {
    Sealed { sender: Box<Sender>, topics: Topics, notices: Box<Notices> },
    Exposed(Arc<DangerousPreset>),
}

/// One connected phone.
struct Phone {
    publisher: Publisher,
    sent: u64,
    last: u64,
}

impl Phones {
    /// Opens the credential; nobody is connected yet.
    pub(super) async fn new(
        ground: &Ground,
        dangerous: Option<&Arc<DangerousPreset>>,
        day: &Day,
    ) -> Result<Self, Failure> {
        let options = ground.options(Who::Device)?;
        let protection = if let Some(preset) = dangerous {
            Protection::Exposed(Arc::clone(preset))
        } else {
            let topics = Topics::of(&ground.manifest);
            let notices = Box::new(Notices::connect(&ground.endpoint(), &options, &topics).await?);
            Protection::Sealed { sender: Box::new(Sender::open(&ground.phones)?), topics, notices }
        };
        Ok(Self {
            protection,
            options,
            broker: ground.address,
            connected: HashMap::new(),
            users: day.crisis.people().iter().map(|person| person.user).collect(),
            taps: Vec::new(),
            times: Vec::new(),
            left_out: cowl_core::Notices::default(),
        })
    }

    /// Listens until the newest beacon has come.
    pub(super) async fn hear(&mut self, announced: &Announced, now: u64) -> Result<(), Failure> {
        let Protection::Sealed { sender, notices, .. } = &mut self.protection else { return Ok(()) };
        loop {
            match patience("the phones", notices.next()).await? {
                Notice::Manifest(bytes) => sender.follow(&bytes)?,
                Notice::Beacon(bytes) if bytes == announced.beacon => {
                    let heard = sender.hear(&bytes, now);
                    heard
                        .map_err(|error| Failure::internal("the phones refuse the beacon").because(&error))?;
                    return Ok(());
                }
                Notice::Beacon(_) | Notice::Bundle(_) | Notice::Dispatch(_) | Notice::Erasures(_) => {}
            }
        }
    }

    /// Sends a report over the phone's own connection. Returns the payload.
    pub(super) async fn send(&mut self, sent: &Sent, now: u64) -> Result<Vec<u8>, Failure> {
        let begun = Instant::now();
        let publication = self.protect(sent.person, sent.line.as_bytes(), now)?;
        self.times.push(begun.elapsed());
        let payload = publication.payload.to_vec();
        let phone = self.phone(sent.person, now).await?;
        phone.publisher.enqueue(phone.sent, publication).await?;
        phone.sent += 1;
        Ok(payload)
    }

    /// From what the app says to what is published: parse, reduce, seal; or what the study's preset does.
    pub(super) fn protect(&mut self, person: usize, line: &[u8], now: u64) -> Result<Publication, Failure> {
        let fault =
            |error: &dyn std::error::Error| Failure::internal("a simulated report is refused").because(error);
        let reading = formats::parse(line).map_err(|error| fault(&error))?;
        match &mut self.protection {
            Protection::Sealed { sender, topics, .. } => {
                let policy = &sender.manifest().policy;
                let reduced =
                    policy.reduce(reading, &sender.surroundings(now)).map_err(|error| fault(&error))?;
                self.left_out.absorb(reduced.notices());
                let report = sender.report(reduced);
                let sealed = sender.seal(person, &report, now)?.sealed;
                let topic = topics.report(&sealed)?;
                Ok(Publication::new(topic, sealed.into_bytes(), Qos::AtLeastOnce))
            }
            Protection::Exposed(preset) => {
                let identity = u32::try_from(person).unwrap_or(u32::MAX);
                let exposed = preset.expose(reading, identity, now).map_err(|error| fault(&error))?;
                self.left_out.absorb(exposed.notices());
                Ok(exposed.dangerous_into_publication(Qos::AtLeastOnce))
            }
        }
    }

    /// Waits until the broker has everything.
    pub(super) async fn flush(&mut self) -> Result<(), Failure> {
        for phone in self.connected.values() {
            patience("the phones", phone.publisher.flush()).await?;
        }
        Ok(())
    }

    /// Everyone hangs up: an epoch is over, and the next connection has nothing in common with this one.
    pub(super) async fn hang_up(&mut self) -> Result<(), Failure> {
        let mut leaving = JoinSet::new();
        for (_, phone) in self.connected.drain() {
            leaving.spawn(async move { phone.publisher.disconnect().await });
        }
        while let Some(left) = leaving.join_next().await {
            left.map_err(|error| Failure::internal("a phone's task ended").because(&error))??;
        }
        Ok(())
    }

    async fn phone(&mut self, person: usize, now: u64) -> Result<&mut Phone, Failure> {
        if !self.connected.contains_key(&person) {
            if self.connected.len() >= CONNECTED {
                self.make_room().await?;
            }
            let phone = self.connect(person).await?;
            self.connected.insert(person, phone);
        }
        let phone = self.connected.get_mut(&person).ok_or_else(|| Failure::internal("a phone is gone"))?;
        phone.last = now;
        Ok(phone)
    }

    /// Tries again as phones do: a broker may still be busy with the end of the connection before, which had the same client id.
    async fn connect(&mut self, person: usize) -> Result<Phone, Failure> {
        let mut wait = RETRY.first;
        for _ in 0..RETRY.attempts {
            match self.connect_once(person).await? {
                Err(error) if error.is_transient() => tokio::time::sleep(wait).await,
                connected => return Ok(connected?),
            }
            wait *= 2;
        }
        Ok(self.connect_once(person).await??)
    }

    async fn connect_once(&mut self, person: usize) -> Result<Result<Phone, transport::Error>, Failure> {
        let mut options = self.options.clone();
        if let Protection::Exposed(_) = self.protection {
            // As apps do it: a client id for good.
            let user = self.users.get(person).copied().unwrap_or_default();
            options.client_id = ClientId::named(format!("phone-{user}"))?;
        }
        let connected = Tapped::connect(person, self.broker).await;
        let (stream, tap) =
            connected.map_err(|error| Failure::internal("a phone cannot connect").because(&error))?;
        // Refused or not, the broker saw it.
        self.taps.push(tap);
        let publisher = Box::pin(Publisher::over(stream, &options)).await;
        Ok(publisher.map(|publisher| Phone { publisher, sent: 0, last: 0 }))
    }

    async fn make_room(&mut self) -> Result<(), Failure> {
        let silent = self
            .connected
            .iter()
            .min_by_key(|(person, phone)| (phone.last, **person))
            .map(|(person, _)| *person);
        if let Some(phone) = silent.and_then(|person| self.connected.remove(&person)) {
            phone.publisher.disconnect().await?;
        }
        Ok(())
    }
}

/// The study's preset that the operation runs, if it is one.
pub(super) fn dangerous(ground: &Ground) -> Result<Option<Arc<DangerousPreset>>, Failure> {
    if ground.preset == Preset::Cowl {
        return Ok(None);
    }
    Ok(Some(Arc::new(dangerous_of(&ground.manifest, &ground.shared)?)))
}

/// The study's preset of an operation, with the keys that all of its members share.
pub(super) fn dangerous_of(
    manifest: &SignedManifest,
    shared: &Credential,
) -> Result<DangerousPreset, Failure> {
    let keys =
        shared.dangerous.as_ref().ok_or_else(|| Failure::internal("no keys for the study's preset"))?;
    let preset = DangerousPreset::of(manifest, keys);
    preset.map_err(|error| Failure::internal("the study's preset").because(&error))
}
