//! What a browser may say to the broker: the greeting of a walk-in, its reports, goodbye. A tunnel is carried byte for byte, packet by
//! packet; what is no such packet ends it, so that this page's address is no way to the broker for anybody else (spec §7.2).

/// What is let through.
#[derive(Debug, Clone)]
pub(super) struct Rules {
    /// The user name of the walk-ins' login.
    pub(super) user: String,
    /// The keep-alive of all clients, in seconds.
    pub(super) keep_alive: u16,
    /// The topics of the mailbox.
    pub(super) topics: Vec<String>,
    /// The one size of a walk-in's report.
    pub(super) payload: usize,
    /// Reports on one connection.
    pub(super) reports: u32,
}

/// A packet that is not let through. There is nothing to say of it: whoever sent it knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no packet of a walk-in")]
pub(super) struct Refused;

/// One tunnel's gate.
#[derive(Debug)]
pub(super) struct Gate {
    rules: Rules,
    waiting: Vec<u8>,
    greeted: bool,
    reports: u32,
}

/// Bytes of a greeting's body at the most: name, properties, client id, login.
const GREETING: usize = 512;
/// Bytes of a length (MQTT 5 §1.5.5), after the first one of a packet.
const LENGTH: usize = 4;
/// A client id that every broker takes (MQTT 3.1.1 §3.1.3.1).
const CLIENT_ID: usize = 23;

const CONNECT: u8 = 0x10;
/// QoS 1, the first time, not retained.
const PUBLISH: u8 = 0x32;
const PINGREQ: u8 = 0xc0;
const DISCONNECT: u8 = 0xe0;

impl Gate {
    pub(super) const fn new(rules: Rules) -> Self {
        Self { rules, waiting: Vec::new(), greeted: false, reports: 0 }
    }

    /// Takes what came, and gives the packets that are whole now, as they came.
    pub(super) fn pass(&mut self, bytes: &[u8]) -> Result<Vec<u8>, Refused> {
        self.waiting.extend_from_slice(bytes);
        let mut through = 0;
        while let Some(rest) = self.waiting.get(through..).filter(|rest| !rest.is_empty()) {
            let Some(packet) = Packet::parse(rest, self.longest())? else { break };
            let length = packet.whole;
            let (first, body) = (packet.first, packet.body.to_vec());
            self.judge(first, &body)?;
            through += length;
        }
        let rest = self.waiting.split_off(through);
        Ok(std::mem::replace(&mut self.waiting, rest))
    }

    fn longest(&self) -> usize {
        let topic = self.rules.topics.iter().map(String::len).max().unwrap_or_default();
        GREETING.max(2 + topic + 3 + self.rules.payload)
    }

    fn judge(&mut self, first: u8, body: &[u8]) -> Result<(), Refused> {
        match (first, self.greeted) {
            (CONNECT, false) => {
                self.rules.greets(body).ok_or(Refused)?;
                self.greeted = true;
                Ok(())
            }
            (PUBLISH, true) if self.reports < self.rules.reports => {
                self.reports += 1;
                self.rules.reports(body).ok_or(Refused)
            }
            (PINGREQ | DISCONNECT, true) if body.is_empty() => Ok(()),
            _ => Err(Refused),
        }
    }
}

impl Rules {
    /// `CONNECT` of version 5: clean, with user name and password, no will (MQTT 5 §3.1).
    fn greets(&self, body: &[u8]) -> Option<()> {
        let mut reader = Reader(body);
        let name = reader.text()? == b"MQTT" && reader.bytes(2)? == [5, 0b1100_0010];
        let keep_alive = reader.number()? == self.keep_alive;
        let properties = usize::from(*reader.bytes(1)?.first()?);
        // Of one byte's length, and of what none of them can name anybody: user properties are 0x26, a method to log in 0x15.
        let plain = properties < 0x80 && plain(reader.bytes(properties)?)?;
        let client = (1..=CLIENT_ID).contains(&reader.text()?.len());
        let user = reader.text()? == self.user.as_bytes();
        reader.text()?;
        (name && keep_alive && plain && client && user && reader.0.is_empty()).then_some(())
    }

    /// `PUBLISH` to the mailbox, without properties, of the one size (MQTT 5 §3.3).
    fn reports(&self, body: &[u8]) -> Option<()> {
        let mut reader = Reader(body);
        let topic = reader.text()?;
        let known = self.topics.iter().any(|known| known.as_bytes() == topic);
        let id = reader.number()? != 0;
        let no_properties = reader.bytes(1)? == [0];
        (known && id && no_properties && reader.0.len() == self.payload).then_some(())
    }
}

/// Whether these properties are receive maximum and largest packet, and nothing else (MQTT 5 §3.1.2.11).
fn plain(properties: &[u8]) -> Option<bool> {
    let mut reader = Reader(properties);
    while let Some(property) = reader.bytes(1) {
        match property {
            [0x21] => reader.bytes(2)?,
            [0x27] => reader.bytes(4)?,
            _ => return Some(false),
        };
    }
    Some(true)
}

struct Packet<'a> {
    first: u8,
    body: &'a [u8],
    /// Its length with everything in front.
    whole: usize,
}

impl<'a> Packet<'a> {
    /// The packet at the front, `None` while it is not whole.
    fn parse(bytes: &'a [u8], longest: usize) -> Result<Option<Self>, Refused> {
        let Some((first, rest)) = bytes.split_first() else { return Ok(None) };
        let mut length = 0;
        for (at, byte) in rest.iter().take(LENGTH).enumerate() {
            length |= usize::from(byte & 0x7f) << (7 * at);
            if byte & 0x80 == 0 {
                if length > longest {
                    return Err(Refused);
                }
                let start = at + 1;
                let Some(body) = rest.get(start..start + length) else { return Ok(None) };
                return Ok(Some(Self { first: *first, body, whole: 1 + start + length }));
            }
        }
        if rest.len() < LENGTH { Ok(None) } else { Err(Refused) }
    }
}

/// Reads a packet's body from the front.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self) -> Option<u16> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u16::from_be_bytes(*taken))
    }

    fn text(&mut self) -> Option<&'a [u8]> {
        let length = usize::from(self.number()?);
        self.bytes(length)
    }
}

#[cfg(test)]
#[path = "gate_tests.rs"]
mod tests;
