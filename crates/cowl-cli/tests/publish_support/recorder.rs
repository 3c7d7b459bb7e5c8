//! A listener that records every byte that clients send, and answers as badly as it is told to.

use std::{
    io::{Read as _, Write as _},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};

/// How it behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manners {
    /// Takes the connection and never says a word.
    Silent,
    /// Hangs up at once.
    HangsUp,
    /// Answers in another language.
    Garbage,
    /// Refuses the login (MQTT 5 §3.2.2.2).
    RefusesLogin,
    /// Accepts, then hangs up at the first report.
    DropsReports,
    /// Accepts, then refuses every report of QoS 1.
    RefusesReports,
    /// Accepts everything.
    Good,
}

/// Listens until dropped.
pub struct Recorder {
    port: u16,
    recorded: Arc<Mutex<Vec<Vec<u8>>>>,
    over: Arc<AtomicBool>,
}

impl Recorder {
    pub fn start(manners: Manners) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let recorded = Arc::new(Mutex::new(Vec::new()));
        let over = Arc::new(AtomicBool::new(false));
        let (into, end) = (Arc::clone(&recorded), Arc::clone(&over));
        thread::spawn(move || {
            for stream in listener.incoming() {
                if end.load(Ordering::SeqCst) {
                    return;
                }
                let (stream, into) = (stream.unwrap(), Arc::clone(&into));
                let number = {
                    let mut all = into.lock().unwrap();
                    all.push(Vec::new());
                    all.len() - 1
                };
                thread::spawn(move || {
                    serve(stream, manners, |bytes| into.lock().unwrap()[number].extend(bytes));
                });
            }
        });
        Self { port, recorded, over }
    }

    pub const fn port(&self) -> u16 {
        self.port
    }

    /// What came, one entry for each connection.
    pub fn recorded(&self) -> Vec<Vec<u8>> {
        self.recorded.lock().unwrap().clone()
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

fn serve(mut stream: TcpStream, manners: Manners, mut record: impl FnMut(&[u8])) {
    if manners == Manners::HangsUp {
        return;
    }
    let mut waiting = Vec::new();
    let mut buffer = vec![0; 65536];
    while let Ok(count @ 1..) = stream.read(&mut buffer) {
        record(&buffer[..count]);
        waiting.extend_from_slice(&buffer[..count]);
        while let Some(packet) = take_packet(&mut waiting) {
            let answer = match (packet.kind(), manners) {
                (_, Manners::Silent) => Vec::new(),
                (_, Manners::Garbage) => b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(),
                (1, Manners::RefusesLogin) => vec![0x20, 3, 0, 0x87, 0],
                (1, _) => vec![0x20, 3, 0, 0, 0],
                (8, _) => packet.granted(),
                (3, Manners::DropsReports) => {
                    let _ = stream.shutdown(Shutdown::Both);
                    return;
                }
                (3, _) => match packet.id() {
                    None => Vec::new(),
                    Some([high, low]) if manners == Manners::RefusesReports => {
                        vec![0x40, 4, high, low, 0x87, 0]
                    }
                    Some([high, low]) if packet.first & 0b100 != 0 => vec![0x50, 2, high, low],
                    Some([high, low]) => vec![0x40, 2, high, low],
                },
                (6, _) => vec![0x70, 2, packet.body[0], packet.body[1]],
                (12, _) => vec![0xD0, 0],
                (14, _) => return,
                _ => Vec::new(),
            };
            if stream.write_all(&answer).is_err() {
                return;
            }
        }
    }
}

/// One MQTT 5 packet.
pub struct Packet {
    first: u8,
    body: Vec<u8>,
}

impl Packet {
    pub const fn kind(&self) -> u8 {
        self.first >> 4
    }

    /// The SUBACK of a SUBSCRIBE: QoS 1 for each filter (MQTT 5 §3.8.3, §3.9.3; properties of up to 127 bytes).
    fn granted(&self) -> Vec<u8> {
        let mut filters = &self.body[3 + usize::from(self.body[2])..];
        let mut answer = vec![0x90, 3, self.body[0], self.body[1], 0];
        while let [high, low, rest @ ..] = filters {
            filters = &rest[usize::from(u16::from_be_bytes([*high, *low])) + 1..];
            answer.push(1);
            answer[1] += 1;
        }
        answer
    }

    /// The packet identifier of a PUBLISH of QoS 1 or 2.
    fn id(&self) -> Option<[u8; 2]> {
        let at = self.after_topic();
        (self.first & 0b110 != 0).then(|| [self.body[at], self.body[at + 1]])
    }

    /// The payload of a PUBLISH without properties.
    pub fn payload(&self) -> &[u8] {
        let at = self.after_topic() + if self.first & 0b110 == 0 { 0 } else { 2 };
        assert_eq!(self.body[at], 0, "no properties");
        &self.body[at + 1..]
    }

    fn after_topic(&self) -> usize {
        2 + usize::from(u16::from_be_bytes([self.body[0], self.body[1]]))
    }
}

/// All whole packets of a recorded connection.
pub fn packets(bytes: &[u8]) -> Vec<Packet> {
    let mut rest = bytes.to_vec();
    std::iter::from_fn(|| take_packet(&mut rest)).collect()
}

/// The first whole packet of what came, taken away from it.
pub fn take_packet(bytes: &mut Vec<u8>) -> Option<Packet> {
    let (mut length, mut at) = (0, 1);
    loop {
        let byte = *bytes.get(at)?;
        length |= usize::from(byte & 0x7f) << (7 * (at - 1));
        at += 1;
        if byte & 0x80 == 0 {
            break;
        }
    }
    let body = bytes.get(at..at + length)?.to_vec();
    let first = bytes[0];
    bytes.drain(..at + length);
    Some(Packet { first, body })
}

/// Stands before a broker and records; cuts the connection of whoever publishes, once, after so many bytes.
pub struct Cutter {
    port: u16,
    recorded: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Cutter {
    /// `after` bytes on one connection; connections that send less are left alone.
    pub fn start(broker: u16, after: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let recorded = Arc::new(Mutex::new(Vec::<Vec<u8>>::new()));
        let (into, cuts) = (Arc::clone(&recorded), Arc::new(AtomicUsize::new(0)));
        thread::spawn(move || {
            for client in listener.incoming() {
                let client = client.unwrap();
                let server = TcpStream::connect(("127.0.0.1", broker)).unwrap();
                let (from, to) = (server.try_clone().unwrap(), client.try_clone().unwrap());
                thread::spawn(move || pump(from, to, |_| true));
                let number = {
                    let mut all = into.lock().unwrap();
                    all.push(Vec::new());
                    all.len() - 1
                };
                let (into, cuts) = (Arc::clone(&into), Arc::clone(&cuts));
                thread::spawn(move || {
                    pump(client, server, |bytes| {
                        let mut all = into.lock().unwrap();
                        all[number].extend(bytes);
                        all[number].len() < after || cuts.fetch_add(1, Ordering::SeqCst) > 0
                    });
                });
            }
        });
        Self { port, recorded }
    }

    pub const fn port(&self) -> u16 {
        self.port
    }

    pub fn recorded(&self) -> Vec<Vec<u8>> {
        self.recorded.lock().unwrap().clone()
    }
}

fn pump(mut from: TcpStream, mut to: TcpStream, mut go_on: impl FnMut(&[u8]) -> bool) {
    let mut buffer = vec![0; 16384];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        let goes_on = go_on(&buffer[..count]);
        if to.write_all(&buffer[..count]).is_err() || !goes_on {
            break;
        }
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}
