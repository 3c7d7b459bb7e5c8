//! A device as one should be: it keeps what was not acknowledged, through every lost connection, and sends it again with DUP under the
//! same packet id (MQTT 3.1.1 §4.4). It is written against the standard alone, with nothing of Cowl in it.

use std::{
    collections::VecDeque,
    io::{Read as _, Write as _},
    net::{Shutdown, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

/// How many publishes are on their way at once.
const IN_FLIGHT: usize = 20;
/// How long it waits before it connects again.
const AGAIN: Duration = Duration::from_millis(20);
/// How long it waits for an answer before it gives a connection up.
const PATIENCE: Duration = Duration::from_secs(30);

/// What it publishes.
#[derive(Debug, Clone)]
pub struct Message {
    pub topic: String,
    pub payload: String,
}

/// A device that works through its messages at a pace; joined when dropped.
pub struct Device {
    acknowledged: Arc<AtomicU64>,
    again: Arc<AtomicU64>,
    wanted: Arc<AtomicU64>,
    port: Arc<Mutex<u16>>,
    work: Option<JoinHandle<()>>,
}

/// Sent on some connection, perhaps never seen by anybody.
struct InFlight {
    id: u16,
    message: Message,
}

impl Device {
    /// Publishes `message(0)`, `message(1)`, … at QoS 1, one every `pace`, until it is told where to stop.
    pub fn start(
        client_id: &str,
        port: u16,
        pace: Duration,
        message: impl Fn(u64) -> Message + Send + 'static,
    ) -> Self {
        let shared = Shared {
            client_id: client_id.to_owned(),
            port: Arc::new(Mutex::new(port)),
            acknowledged: Arc::default(),
            again: Arc::default(),
            wanted: Arc::new(AtomicU64::new(u64::MAX)),
            pace,
        };
        let (acknowledged, again) = (Arc::clone(&shared.acknowledged), Arc::clone(&shared.again));
        let (wanted, port) = (Arc::clone(&shared.wanted), Arc::clone(&shared.port));
        let work = thread::spawn(move || shared.work(&message));
        Self { acknowledged, again, wanted, port, work: Some(work) }
    }

    /// Messages that were acknowledged so far.
    pub fn acknowledged(&self) -> u64 {
        self.acknowledged.load(Ordering::SeqCst)
    }

    /// Makes no new message any more, and waits until all that were made are acknowledged: how many, and how many of them were sent
    /// more than once.
    pub fn finish(mut self) -> (u64, u64) {
        self.wanted.store(0, Ordering::SeqCst);
        if let Some(work) = self.work.take() {
            work.join().unwrap();
        }
        (self.acknowledged(), self.again.load(Ordering::SeqCst))
    }

    /// Where it finds its broker from now on.
    pub fn moves_to(&self, port: u16) {
        *self.port.lock().unwrap() = port;
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        self.wanted.store(0, Ordering::SeqCst);
    }
}

struct Shared {
    client_id: String,
    port: Arc<Mutex<u16>>,
    acknowledged: Arc<AtomicU64>,
    again: Arc<AtomicU64>,
    /// Zero: no new ones.
    wanted: Arc<AtomicU64>,
    pace: Duration,
}

impl Shared {
    fn work(&self, message: &dyn Fn(u64) -> Message) {
        let mut kept = VecDeque::new();
        let (mut made, mut begin) = (0_u64, Instant::now());
        loop {
            let over = self.wanted.load(Ordering::SeqCst) == 0;
            if over && kept.is_empty() {
                return;
            }
            // Whatever goes wrong, what is kept goes out on the next connection.
            let _ = self.connection(&mut kept, &mut made, &mut begin, message);
            thread::sleep(AGAIN);
        }
    }

    fn connection(
        &self,
        kept: &mut VecDeque<InFlight>,
        made: &mut u64,
        begin: &mut Instant,
        message: &dyn Fn(u64) -> Message,
    ) -> std::io::Result<()> {
        let port = *self.port.lock().unwrap();
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(&connect(&self.client_id))?;
        let mut answer = [0; 4];
        stream.read_exact(&mut answer)?;
        if answer[0] != 0x20 || answer[3] != 0 {
            return Err(std::io::ErrorKind::ConnectionRefused.into());
        }
        for one in kept.iter() {
            stream.write_all(&publish(&one.message, one.id, true))?;
            self.again.fetch_add(1, Ordering::SeqCst);
        }
        let mut waiting = Vec::new();
        let mut answered = Instant::now();
        loop {
            let over = self.wanted.load(Ordering::SeqCst) == 0;
            if over && kept.is_empty() {
                stream.write_all(&[0xe0, 0])?;
                return stream.shutdown(Shutdown::Write);
            }
            let due = begin.elapsed().as_nanos() / self.pace.as_nanos().max(1);
            if !over && kept.len() < IN_FLIGHT && u128::from(*made) < due {
                // Ids are used again only when they are free: there are far more of them than messages in flight.
                let id = u16::try_from(*made % 65_000).unwrap() + 1;
                let one = InFlight { id, message: message(*made) };
                let bytes = publish(&one.message, one.id, false);
                kept.push_back(one);
                *made += 1;
                stream.write_all(&bytes)?;
                continue;
            }
            if kept.is_empty() {
                answered = Instant::now();
            }
            let mut buffer = [0; 4_096];
            stream.set_read_timeout(Some(Duration::from_millis(2)))?;
            match stream.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(count) => waiting.extend_from_slice(&buffer[..count]),
                Err(error)
                    if matches!(
                        error.kind(),
                        std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut
                    ) =>
                {
                    if answered.elapsed() > PATIENCE {
                        return Err(error);
                    }
                }
                Err(error) => return Err(error),
            }
            while let [0x40, 2, high, low, ..] = waiting[..] {
                let id = u16::from_be_bytes([high, low]);
                waiting.drain(..4);
                let before = kept.len();
                kept.retain(|one| one.id != id);
                if kept.len() < before {
                    self.acknowledged.fetch_add(1, Ordering::SeqCst);
                }
                answered = Instant::now();
            }
            // It has fallen behind while nobody was there: it does not make up for it in one burst.
            if due > u128::from(*made) + 200 {
                let behind = self.pace * u32::try_from(*made).unwrap();
                *begin = Instant::now().checked_sub(behind).unwrap_or(*begin);
            }
        }
    }
}

/// MQTT 3.1.1 §3.1: a kept session, a keep-alive of a minute.
fn connect(client_id: &str) -> Vec<u8> {
    let mut body = b"\x00\x04MQTT\x04\x00\x00\x3c".to_vec();
    string(&mut body, client_id);
    packet(0x10, &body)
}

fn publish(message: &Message, id: u16, again: bool) -> Vec<u8> {
    let mut body = Vec::new();
    string(&mut body, &message.topic);
    body.extend_from_slice(&id.to_be_bytes());
    body.extend_from_slice(message.payload.as_bytes());
    packet(0x32 | u8::from(again) << 3, &body)
}

fn packet(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![kind];
    let mut left = body.len();
    loop {
        let digit = u8::try_from(left % 128).unwrap();
        left /= 128;
        bytes.push(if left > 0 { digit | 0x80 } else { digit });
        if left == 0 {
            break;
        }
    }
    bytes.extend_from_slice(body);
    bytes
}

fn string(body: &mut Vec<u8>, text: &str) {
    body.extend_from_slice(&u16::try_from(text.len()).unwrap().to_be_bytes());
    body.extend_from_slice(text.as_bytes());
}
