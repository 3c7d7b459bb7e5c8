//! An MQTT 5 client that speaks packet by packet: what the broker answers is what a test sees.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

/// A slow machine takes some seconds.
pub const SOON: Duration = Duration::from_mins(2);

/// What CONNACK, SUBACK and PUBACK call success.
pub const SUCCESS: u8 = 0;
/// "Bad user name or password".
pub const BAD_LOGIN: u8 = 0x86;
/// "Not authorized".
pub const NOT_AUTHORIZED: u8 = 0x87;

/// A connection.
#[derive(Debug)]
pub struct Wire {
    stream: TcpStream,
    packet_id: u16,
}

/// What goes into CONNECT.
#[derive(Debug, Clone, Copy)]
pub struct Login<'a> {
    /// The client id.
    pub client_id: &'a str,
    /// The user name.
    pub user: &'a str,
    /// The password.
    pub password: &'a [u8],
    /// The topic of a retained will, if there is one; its payload is `will`.
    pub will: Option<&'a str>,
}

/// A packet of the broker.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Packet {
    kind: u8,
    body: Vec<u8>,
}

/// What a subscriber got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    /// The topic.
    pub topic: String,
    /// The payload.
    pub payload: Vec<u8>,
}

impl Wire {
    /// Connects; the code of CONNACK beside the connection.
    pub async fn connect(broker: SocketAddr, login: &Login<'_>) -> (Self, u8) {
        let stream = TcpStream::connect(broker).await.expect("a broker that listens");
        let mut wire = Self { stream, packet_id: 0 };
        let will = if login.will.is_some() { 0x24 } else { 0 };
        let mut body = text(b"MQTT");
        // Version 5, user name, password, clean start; a keep-alive of a minute, no properties.
        body.extend([5, 0xc2 | will, 0, 60, 0]);
        body.extend(text(login.client_id.as_bytes()));
        if let Some(topic) = login.will {
            body.push(0);
            body.extend(text(topic.as_bytes()));
            body.extend(text(b"will"));
        }
        body.extend(text(login.user.as_bytes()));
        body.extend(text(login.password));
        wire.send(0x10, &body).await;
        let answer = wire.read().await.expect("an answer to CONNECT");
        assert_eq!(answer.kind, 0x20);
        let code = answer.body[1];
        (wire, code)
    }

    /// Subscribes at quality 1; the code of SUBACK.
    pub async fn subscribe(&mut self, filter: &str) -> u8 {
        let body = [&self.next_id()[..], &[0], &text(filter.as_bytes()), &[1]].concat();
        self.send(0x82, &body).await;
        let answer = self.read_until(0x90).await.expect("an answer to SUBSCRIBE");
        let code = *answer.body.last().expect("a code");
        if code <= 2 { SUCCESS } else { code }
    }

    /// Publishes at quality 1; the code of PUBACK, or `None` where the broker ends the connection.
    pub async fn publish(&mut self, topic: &str, payload: &[u8], retain: bool) -> Option<u8> {
        let body = [&text(topic.as_bytes())[..], &self.next_id(), &[0], payload].concat();
        self.send(0x32 | u8::from(retain), &body).await;
        let answer = self.read_until(0x40).await?;
        // Without a code it is a success.
        match answer.body.get(2).copied().unwrap_or_default() {
            // Nobody subscribed that.
            0x10 => Some(SUCCESS),
            code => Some(code),
        }
    }

    /// The next message.
    pub async fn hear(&mut self) -> Heard {
        let packet = self.read_until(0x30).await.expect("a message");
        let length = usize::from(u16::from_be_bytes([packet.body[0], packet.body[1]]));
        let topic = String::from_utf8(packet.body[2..2 + length].to_vec()).expect("a topic");
        let mut at = 2 + length;
        if packet.kind & 6 != 0 {
            let id = [packet.body[at], packet.body[at + 1]];
            self.send(0x40, &id).await;
            at += 2;
        }
        // Properties, fewer than 128 bytes of them.
        let properties = usize::from(packet.body[at]);
        Heard { topic, payload: packet.body[at + 1 + properties..].to_vec() }
    }

    fn next_id(&mut self) -> [u8; 2] {
        self.packet_id += 1;
        self.packet_id.to_be_bytes()
    }

    async fn send(&mut self, kind: u8, body: &[u8]) {
        let mut packet = vec![kind];
        let mut length = body.len();
        loop {
            let more = if length > 127 { 0x80 } else { 0 };
            packet.push(u8::try_from(length % 128).expect("seven bits") | more);
            length /= 128;
            if length == 0 {
                break;
            }
        }
        packet.extend(body);
        // A broker that has closed is found when it is read.
        let _ = self.stream.write_all(&packet).await;
    }

    /// The next packet of a kind; what comes before it is passed over. `None`: the broker ended the connection.
    async fn read_until(&mut self, kind: u8) -> Option<Packet> {
        loop {
            let packet = self.read().await?;
            if packet.kind & 0xf0 == kind {
                return Some(packet);
            }
        }
    }

    async fn read(&mut self) -> Option<Packet> {
        timeout(SOON, self.read_packet()).await.expect("the broker says something")
    }

    async fn read_packet(&mut self) -> Option<Packet> {
        let kind = self.stream.read_u8().await.ok()?;
        let (mut length, mut shift) = (0, 0);
        loop {
            let byte = self.stream.read_u8().await.ok()?;
            length |= usize::from(byte & 0x7f) << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                break;
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).await.ok()?;
        // DISCONNECT: nothing comes after it.
        (kind != 0xe0).then_some(Packet { kind, body })
    }
}

fn text(bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).expect("a short text");
    [&length.to_be_bytes()[..], bytes].concat()
}
