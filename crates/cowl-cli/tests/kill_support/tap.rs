//! Stands between a gateway and its broker and sees every message that ever left the gateway, whatever became of it: more than a
//! client subscribed to `#` sees.

use std::{
    collections::HashMap,
    io::{Read as _, Write as _},
    net::{Shutdown, TcpListener, TcpStream},
    ops::Range,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
};

use crate::publish_support::recorder::take_packet;

/// Every part's tag that was seen, and what was wrong.
#[derive(Debug, Default)]
pub struct Seen {
    tags: HashMap<[u8; 16], u64>,
    /// Messages of an enrolled report's size.
    pub messages: u64,
    /// Connections of the gateway.
    pub connections: u64,
    /// Tags that came a second time: the numbers of both messages.
    pub twice: Vec<(u64, u64)>,
    /// Sizes that no message has.
    pub odd: Vec<usize>,
}

/// Listens until the process ends.
pub struct Tap {
    pub port: u16,
    seen: Arc<Mutex<Seen>>,
}

impl Tap {
    /// `parts` are the places of an enrolled message's parts, each with its tag in front; `walk_in` is the other size that there is.
    pub fn start(broker: u16, parts: Vec<Range<usize>>, walk_in: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::<Mutex<Seen>>::default();
        let into = Arc::clone(&seen);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                // Without a broker the gateway's connection ends as it would without the tap.
                let Ok(server) = TcpStream::connect(("127.0.0.1", broker)) else { continue };
                lock(&into).connections += 1;
                let (from, to) = (server.try_clone().unwrap(), client.try_clone().unwrap());
                thread::spawn(move || pump(from, to, |_| ()));
                let (into, parts) = (Arc::clone(&into), parts.clone());
                thread::spawn(move || {
                    let mut waiting = Vec::new();
                    pump(client, server, |bytes| {
                        waiting.extend_from_slice(bytes);
                        while let Some(packet) = take_packet(&mut waiting) {
                            if packet.kind() == 3 {
                                lock(&into).take(packet.payload(), &parts, walk_in);
                            }
                        }
                    });
                });
            }
        });
        Self { port, seen }
    }

    pub fn seen(&self) -> MutexGuard<'_, Seen> {
        lock(&self.seen)
    }
}

/// A check that failed meanwhile is told by itself.
fn lock(seen: &Mutex<Seen>) -> MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Seen {
    /// One message.
    pub fn take(&mut self, message: &[u8], parts: &[Range<usize>], walk_in: usize) {
        if parts.last().is_none_or(|last| last.end != message.len()) {
            if message.len() != walk_in {
                self.odd.push(message.len());
            }
            return;
        }
        let number = self.messages;
        self.messages += 1;
        for part in parts {
            let tag = message[part.clone()][..16].try_into().unwrap();
            if let Some(before) = self.tags.insert(tag, number) {
                self.twice.push((before, number));
            }
        }
    }
}

fn pump(mut from: TcpStream, mut to: TcpStream, mut see: impl FnMut(&[u8])) {
    let mut buffer = vec![0; 65_536];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        // Before it is sent on: what the broker never got was sealed too.
        see(&buffer[..count]);
        if to.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}
