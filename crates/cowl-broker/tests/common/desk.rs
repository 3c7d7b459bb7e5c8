//! An intake that does what the topic says, and devices to publish to it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use cowl_broker::{
    Broker, BrokerConfig, Caller, Devices, Incoming, Intake, Limits, Listeners, Login, NotKept, Qos,
    RefusedBecause, Rights, Running, TopicFilter, Topics, Verdict,
};
use tokio::sync::{oneshot, watch};
use tokio::time::timeout;

use super::wire::{Connect, Version, Wire};
use super::{OBSERVER, OPERATOR, SOON, login, loopback};

/// Logins of unmodified devices.
pub const SENSOR: &str = "sensor";
pub const LAMP: &str = "lamp";

/// Kept at once.
pub const KEPT: &str = "report/1";
/// Kept when the test says so.
pub const SLOW: &str = "slow/1";
/// Left to the broker, and local.
pub const LOCAL: &str = "local/1";

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub client_id: String,
    pub user: Option<String>,
    pub topic: String,
    pub payload: Vec<u8>,
    pub qos: Qos,
    pub dup: bool,
    pub packet_id: Option<u16>,
    pub retain: bool,
}

type Settle = oneshot::Sender<Result<(), NotKept>>;

pub struct Desk {
    seen: Mutex<Vec<Seen>>,
    slow: Mutex<BTreeMap<usize, Settle>>,
    count: watch::Sender<usize>,
}

impl Desk {
    pub fn new() -> Arc<Self> {
        Arc::new(Self { seen: Mutex::default(), slow: Mutex::default(), count: watch::Sender::new(0) })
    }

    /// What was seen, once it is as many.
    pub async fn seen(&self, count: usize) -> Vec<Seen> {
        let mut watched = self.count.subscribe();
        timeout(SOON, watched.wait_for(|seen| *seen >= count)).await.expect("the intake is asked").unwrap();
        self.so_far()
    }

    pub fn so_far(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// Settles the publish that was seen as the `index`th, from 0.
    pub fn settle(&self, index: usize, outcome: Result<(), NotKept>) {
        let settle = self.slow.lock().unwrap().remove(&index).expect("it waits");
        // The connection may be gone.
        let _ = settle.send(outcome);
    }

    /// Publishes that wait and whose connection waits for them.
    pub fn awaited(&self) -> usize {
        self.slow.lock().unwrap().values().filter(|settle| !settle.is_closed()).count()
    }

    fn decide(&self, topic: &str, index: usize) -> Verdict {
        let (first, _) = topic.split_once('/').unwrap_or((topic, ""));
        match first {
            "local" | "commands" => Verdict::Local,
            "slow" => {
                let (settle, settled) = oneshot::channel();
                self.slow.lock().unwrap().insert(index, settle);
                Verdict::Kept(Box::pin(async move {
                    settled.await.unwrap_or(Err(NotKept(RefusedBecause::Failed)))
                }))
            }
            "full" => Verdict::Refused(RefusedBecause::Full),
            "failed" => Verdict::Refused(RefusedBecause::Failed),
            "not-allowed" => Verdict::Refused(RefusedBecause::NotAllowed),
            "unreadable" => Verdict::Refused(RefusedBecause::Unreadable),
            _ => Verdict::Kept(Box::pin(async { Ok(()) })),
        }
    }
}

impl Intake for Desk {
    fn take(&self, from: &Caller<'_>, publication: &Incoming<'_>) -> Verdict {
        let index = {
            let mut seen = self.seen.lock().unwrap();
            seen.push(Seen {
                client_id: from.client_id.into(),
                user: from.user.map(Into::into),
                topic: publication.topic.into(),
                payload: publication.payload.into(),
                qos: publication.qos,
                dup: publication.dup,
                packet_id: publication.packet_id,
                retain: publication.retain,
            });
            seen.len() - 1
        };
        let verdict = self.decide(publication.topic, index);
        self.count.send_replace(index + 1);
        verdict
    }
}

/// Leaves everything to the broker.
pub struct AllLocal;

impl Intake for AllLocal {
    fn take(&self, _: &Caller<'_>, _: &Incoming<'_>) -> Verdict {
        Verdict::Local
    }
}

pub fn device_logins() -> Vec<Login> {
    vec![
        login(SENSOR, Rights::Unmodified),
        login(LAMP, Rights::Unmodified),
        login(OBSERVER, Rights::Observer),
        login(OPERATOR, Rights::Operator),
    ]
}

/// A device side with `local/#` and `commands/#`, on TCP.
pub fn device_side(intake: Arc<dyn Intake>) -> BrokerConfig {
    let listeners = Listeners { tcp: Some(loopback()), ..Listeners::default() };
    BrokerConfig {
        devices: Devices {
            anonymous: false,
            local: vec![TopicFilter::new("local/#").unwrap()],
            commands: vec![TopicFilter::new("commands/#").unwrap()],
        },
        ..BrokerConfig::of_devices(listeners, device_logins(), intake)
    }
}

/// A device side to which everything is local and everybody anonymous, as a plain broker.
pub fn plain(intake: Option<Arc<dyn Intake>>) -> BrokerConfig {
    BrokerConfig {
        listeners: Listeners { tcp: Some(loopback()), ..Listeners::default() },
        logins: Vec::new(),
        topics: Topics::none(),
        limits: Limits::default(),
        intake,
        devices: Devices {
            anonymous: true,
            local: vec![TopicFilter::new("#").unwrap()],
            commands: Vec::new(),
        },
    }
}

pub async fn start(config: BrokerConfig) -> (Running, SocketAddr) {
    let broker = Broker::start(config).await.unwrap();
    let address = broker.addresses().tcp.unwrap();
    (broker, address)
}

/// A device side on TCP and its intake.
pub async fn desk_on_tcp() -> (Running, SocketAddr, Arc<Desk>) {
    let desk = Desk::new();
    let (broker, address) = start(device_side(desk.clone())).await;
    (broker, address, desk)
}

/// An anonymous CONNECT.
pub fn anonymous(client_id: &str) -> Connect<'_> {
    Connect { client_id, user: None, password: None, ..Connect::as_user("") }
}

/// A publish with its own packet id.
#[derive(Debug, Clone, Copy)]
pub struct Sent<'a> {
    pub topic: &'a str,
    pub payload: &'a [u8],
    pub qos: u8,
    pub id: u16,
    pub dup: bool,
    pub retain: bool,
}

impl<'a> Sent<'a> {
    pub fn new(topic: &'a str, qos: u8, id: u16) -> Self {
        Self { topic, payload: b"1", qos, id, dup: false, retain: false }
    }
}

impl Wire {
    /// Sends PUBLISH and waits for nothing.
    pub async fn begin(&mut self, sent: Sent<'_>) {
        let mut body = u16::try_from(sent.topic.len()).unwrap().to_be_bytes().to_vec();
        body.extend(sent.topic.as_bytes());
        if sent.qos > 0 {
            body.extend(sent.id.to_be_bytes());
        }
        body.extend((self.version() == Version::V5).then_some(0));
        body.extend(sent.payload);
        let first = 0x30 | (u8::from(sent.dup) << 3) | (sent.qos << 1) | u8::from(sent.retain);
        self.send(first, &body).await;
    }

    /// The next packet, which must be the acknowledgement of QoS 1 or 2 for `id`; its reason, 0 in MQTT 3.1.1.
    pub async fn ack(&mut self, qos: u8, id: u16) -> u8 {
        let packet = self.packet().await.expect("the broker acknowledges");
        let first = if qos == 1 { 0x40 } else { 0x50 };
        assert_eq!((packet.first, &packet.body[..2]), (first, &id.to_be_bytes()[..]));
        packet.body.get(2).copied().unwrap_or(0)
    }

    /// Sends PUBREL and waits for PUBCOMP.
    pub async fn release(&mut self, id: u16) {
        self.send(0x62, &id.to_be_bytes()).await;
        let packet = self.packet().await.expect("the broker completes");
        assert_eq!((packet.first, &packet.body[..2]), (0x70, &id.to_be_bytes()[..]));
    }

    /// The end, after this side asked for it: whatever came before is of no interest.
    pub async fn closed_by_us(mut self) -> Option<()> {
        self.hang_up().await;
        while self.packet().await.is_some() {}
        None
    }

    /// The reason in a DISCONNECT, if there is one before the end.
    pub async fn closed_or_reset(&mut self) -> Option<u8> {
        let mut reason = None;
        while let Some(packet) = self.packet().await {
            reason = packet.body.first().copied();
        }
        reason
    }

    /// Waits for the end, which a DISCONNECT may announce; its reason.
    pub async fn closed(&mut self) -> Option<u8> {
        let mut reason = None;
        while let Some(packet) = self.packet().await {
            assert_eq!(packet.first, 0xe0, "{packet:?}");
            reason = Some(packet.body.first().copied().unwrap_or(0));
        }
        reason
    }
}
