//! A broker of MQTT 5 in memory that acknowledges, withholds, repeats, lies and hangs up as it is told. It sees everything.

use std::collections::HashMap;
use std::num::NonZeroU16;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use cowl::transport::{Connector, Endpoint, Scheme, Stream};
use rmqtt_codec::types::{Publish, QoS};
use rmqtt_codec::v5::{
    Codec, ConnectAck, Disconnect, Packet, PublishAck, PublishAckReason, SubscribeAck, SubscribeAckReason,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, split};
use tokio::sync::{Notify, mpsc};
use tokio::time::{Instant, sleep};
use tokio_util::codec::{Decoder as _, Encoder as _};

/// A message as the broker sees it.
#[derive(Debug, Clone)]
pub struct Seen {
    pub at: Instant,
    /// Which connection, counted from 0.
    pub connection: usize,
    pub topic: String,
    pub payload: Bytes,
    /// Bytes of the packet as a whole.
    pub size: usize,
    pub id: u16,
    pub qos1: bool,
    pub plain: bool,
}

/// A greeting as the broker sees it.
#[derive(Debug, Clone)]
pub struct Greeting {
    pub at: Instant,
    pub client_id: String,
    pub clean: bool,
    pub keep_alive: u16,
    pub has_will: bool,
}

/// What the broker does with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    Ack,
    Withhold,
    AckTwice,
    /// Acknowledges identifiers that were never used.
    AckOthers,
    Refuse,
    /// Takes the message and hangs up; acknowledgements made before get through.
    HangUp,
    /// The same, and what was acknowledged just before gets lost.
    Vanish,
}

/// How it behaves, for each message that arrives: its number on all connections and its bytes.
pub type Conduct = Arc<dyn Fn(usize, &Seen) -> Answer + Send + Sync>;

struct Client {
    packets: mpsc::UnboundedSender<Packet>,
    /// Told when it is put out.
    out: Arc<Notify>,
}

#[derive(Clone)]
pub struct Broker(Arc<Mutex<State>>);

struct State {
    conduct: Conduct,
    seen: Vec<Seen>,
    greetings: Vec<Greeting>,
    subscriptions: Vec<(usize, String)>,
    retained: HashMap<String, Bytes>,
    clients: HashMap<usize, Client>,
    /// Until then nobody gets through.
    dark: Option<Instant>,
    /// How long an acknowledgement takes.
    ack_after: Duration,
    next_id: u16,
    connections: usize,
}

impl Broker {
    /// An honest one.
    pub fn new() -> Self {
        Self::acting(|_, _| Answer::Ack)
    }

    pub fn acting(conduct: impl Fn(usize, &Seen) -> Answer + Send + Sync + 'static) -> Self {
        Self(Arc::new(Mutex::new(State {
            conduct: Arc::new(conduct),
            seen: Vec::new(),
            greetings: Vec::new(),
            subscriptions: Vec::new(),
            retained: HashMap::new(),
            clients: HashMap::new(),
            dark: None,
            ack_after: Duration::ZERO,
            next_id: 0,
            connections: 0,
        })))
    }

    pub fn answering_after(self, wait: Duration) -> Self {
        self.lock().ack_after = wait;
        self
    }

    pub fn endpoint(&self) -> Endpoint {
        let broker = self.clone();
        Endpoint::new(Scheme::Tcp, "broker", 1883).through(Connector::new(move || {
            let broker = broker.clone();
            Box::pin(async move {
                if broker.lock().dark.is_some_and(|until| Instant::now() < until) {
                    return Err(std::io::ErrorKind::HostUnreachable.into());
                }
                let (ours, theirs) = tokio::io::duplex(1 << 20);
                tokio::spawn(broker.serve(theirs));
                Ok(Box::new(ours) as Box<dyn Stream>)
            })
        }))
    }

    /// Serves one stream until it ends.
    pub async fn serve(self, stream: impl Stream + 'static) {
        let (mut read, write) = split(stream);
        let (sender, receiver) = mpsc::unbounded_channel();
        let out = Arc::new(Notify::new());
        let connection = {
            let mut state = self.lock();
            let connection = state.connections;
            state.connections += 1;
            state.clients.insert(connection, Client { packets: sender.clone(), out: Arc::clone(&out) });
            connection
        };
        let writer = tokio::spawn(Self::write(write, receiver));
        tokio::select! {
            _ = self.read(connection, &mut read, &sender) => {}
            () = out.notified() => {}
        }
        self.lock().clients.remove(&connection);
        writer.abort();
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.lock().seen.clone()
    }

    /// Payloads of all that arrived.
    pub fn payloads(&self) -> Vec<Bytes> {
        self.lock().seen.iter().map(|seen| seen.payload.clone()).collect()
    }

    pub fn greetings(&self) -> Vec<Greeting> {
        self.lock().greetings.clone()
    }

    pub fn subscriptions(&self) -> Vec<(usize, String)> {
        self.lock().subscriptions.clone()
    }

    /// Retains a message and gives it to those who asked.
    pub fn publish(&self, topic: &str, payload: Vec<u8>) {
        let mut state = self.lock();
        let payload = Bytes::from(payload);
        state.retained.insert(topic.to_owned(), payload.clone());
        let to: Vec<usize> =
            state.subscriptions.iter().filter(|(_, filter)| filter == topic).map(|(to, _)| *to).collect();
        for to in to {
            state.say(to, topic, &payload, false);
        }
    }

    /// Ends all connections; none can be made for so long.
    pub fn darken(&self, time: Duration) {
        self.lock().dark = Some(Instant::now() + time);
        self.hang_up();
    }

    /// Ends all connections.
    pub fn hang_up(&self) {
        self.lock().clients.values().for_each(|client| client.out.notify_one());
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    async fn write(mut to: impl tokio::io::AsyncWrite + Unpin, mut packets: mpsc::UnboundedReceiver<Packet>) {
        let mut codec = Codec::new(1 << 20, 0);
        while let Some(packet) = packets.recv().await {
            let mut bytes = BytesMut::new();
            codec.encode(packet, &mut bytes).unwrap();
            if to.write_all(&bytes).await.is_err() {
                return;
            }
        }
    }

    async fn read(
        &self,
        connection: usize,
        read: &mut (impl tokio::io::AsyncRead + Unpin),
        client: &mpsc::UnboundedSender<Packet>,
    ) -> Option<()> {
        let mut codec = Codec::new(1 << 20, 0);
        let mut bytes = BytesMut::new();
        loop {
            while let Some(size) = whole(&bytes) {
                let mut packet = bytes.split_to(size);
                let (packet, _) = codec.decode(&mut packet).ok()??;
                self.handle(connection, packet, size, client)?;
            }
            if read.read_buf(&mut bytes).await.ok()? == 0 {
                return None;
            }
        }
    }

    fn handle(
        &self,
        connection: usize,
        packet: Packet,
        size: usize,
        client: &mpsc::UnboundedSender<Packet>,
    ) -> Option<()> {
        match packet {
            Packet::Connect(connect) => {
                let greeting = Greeting {
                    at: Instant::now(),
                    client_id: connect.client_id.to_string(),
                    clean: connect.clean_start,
                    keep_alive: connect.keep_alive,
                    has_will: connect.last_will.is_some(),
                };
                self.lock().greetings.push(greeting);
                client.send(ConnectAck::default().into()).ok()?;
            }
            Packet::Subscribe(subscribe) => {
                let filters: Vec<String> =
                    subscribe.topic_filters.iter().map(|(filter, _)| filter.to_string()).collect();
                let status = filters.iter().map(|_| SubscribeAckReason::GrantedQos1).collect();
                let packet_id = subscribe.packet_id;
                let ack = SubscribeAck { packet_id, properties: Vec::new(), reason_string: None, status };
                client.send(Packet::SubscribeAck(ack)).ok()?;
                let mut state = self.lock();
                for filter in filters {
                    let retained = state.retained.get(&filter).cloned();
                    state.subscriptions.push((connection, filter.clone()));
                    if let Some(payload) = retained {
                        state.say(connection, &filter, &payload, true);
                    }
                }
            }
            Packet::Publish(publish) => return self.take(connection, &publish, size, client),
            Packet::PingRequest => client.send(Packet::PingResponse).ok()?,
            Packet::Disconnect(_) => return None,
            _ => {}
        }
        Some(())
    }

    fn take(
        &self,
        connection: usize,
        publish: &Publish,
        size: usize,
        client: &mpsc::UnboundedSender<Packet>,
    ) -> Option<()> {
        let id = publish.packet_id?;
        let seen = Seen {
            at: Instant::now(),
            connection,
            topic: publish.topic.to_string(),
            payload: publish.payload.clone(),
            size,
            id: id.get(),
            qos1: publish.qos == QoS::AtLeastOnce,
            plain: !publish.dup
                && !publish.retain
                && publish.properties.as_ref().is_none_or(|properties| properties.user_properties.is_empty()),
        };
        let (answer, wait) = {
            let mut state = self.lock();
            let number = state.seen.len();
            let answer = (state.conduct)(number, &seen);
            state.seen.push(seen);
            (answer, state.ack_after)
        };
        let ack = |id: NonZeroU16, reason_code| {
            let packet =
                Packet::PublishAck(PublishAck { packet_id: id, reason_code, ..PublishAck::default() });
            let client = client.clone();
            if wait.is_zero() {
                let _ = client.send(packet);
            } else {
                tokio::spawn(async move {
                    sleep(wait).await;
                    let _ = client.send(packet);
                });
            }
        };
        let well = PublishAckReason::Success;
        match answer {
            Answer::Ack => ack(id, well),
            Answer::Withhold => {}
            Answer::AckTwice => {
                ack(id, well);
                ack(id, well);
            }
            Answer::AckOthers => {
                for other in [1, 77, 30_000, 65_535] {
                    if other > id.get() {
                        ack(NonZeroU16::new(other)?, well);
                    }
                }
                ack(id, well);
            }
            Answer::Refuse => ack(id, PublishAckReason::QuotaExceeded),
            Answer::HangUp => {
                let _ = client.send(Packet::Disconnect(Disconnect::default()));
            }
            Answer::Vanish => return None,
        }
        Some(())
    }
}

impl State {
    fn say(&mut self, to: usize, topic: &str, payload: &Bytes, retain: bool) {
        self.next_id = self.next_id.checked_add(1).unwrap_or(1);
        let publish = Publish {
            dup: false,
            retain,
            qos: QoS::AtLeastOnce,
            topic: topic.into(),
            packet_id: NonZeroU16::new(self.next_id),
            payload: payload.clone(),
            properties: None,
        };
        if let Some(client) = self.clients.get(&to) {
            let _ = client.packets.send(publish.into());
        }
    }
}

/// Bytes of the first packet, if it is here as a whole.
fn whole(bytes: &[u8]) -> Option<usize> {
    let mut length = 0_usize;
    for (place, shift) in (1..=4_usize).zip([0_u32, 7, 14, 21]) {
        let byte = *bytes.get(place)?;
        length |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            let size = 1 + place + length;
            return (bytes.len() >= size).then_some(size);
        }
    }
    panic!("no MQTT")
}
