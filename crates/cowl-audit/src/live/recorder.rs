//! Writes events to a trace file on a thread of its own, so that a slow disk never holds up the traffic.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::sync::Notify;

use super::owned::Owned;
use crate::convert::count;
use crate::trace::{ConnectionId, Event, Header, Loss, Observer, Point, PointKind, Way, WriteError, Writer};

/// Bytes of events that may wait for the disk. What comes beyond it is forwarded all the same, and recorded as [`Loss::Limit`].
pub const MAX_WAITING: usize = 64 << 20;
/// How long an event waits at most before it is in the file.
pub const FLUSH: Duration = Duration::from_secs(1);

/// Takes events, from any thread, without ever waiting.
#[derive(Debug)]
pub struct Recorder {
    shared: Arc<Shared>,
    sender: Sender<Owned>,
    began: Instant,
}

/// Ends a recording.
#[derive(Debug)]
pub struct Recording {
    thread: JoinHandle<Result<(), WriteError>>,
    shared: Arc<Shared>,
}

/// What was recorded so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// Connections that were opened.
    pub connections: u64,
    /// Connections that are open.
    pub open: u64,
    /// MQTT packets, both ways.
    pub packets: u64,
    /// PUBLISH among them.
    pub messages: u64,
    /// Records of TLS that was passed through.
    pub sealed: u64,
    /// Bytes of packets and records.
    pub bytes: u64,
    /// Bytes that could not be recorded, for whatever reason.
    pub lost: u64,
    /// Events that did not come into the file, because the disk was too slow or refused.
    pub dropped: u64,
}

#[derive(Debug, Default)]
struct Shared {
    waiting: AtomicUsize,
    failed: AtomicBool,
    broken: Notify,
    progress: Mutex<Progress>,
}

impl Recorder {
    /// Begins a trace with one point.
    ///
    /// # Errors
    /// [`WriteError`] if not even the header can be written, or no thread be started.
    pub fn start<W: Write + Send + 'static>(
        out: W,
        observer: Observer,
        point: String,
        note: String,
    ) -> Result<(Self, Recording), WriteError> {
        let start = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let start_us = u64::try_from(start.as_micros()).unwrap_or(0);
        let points = vec![Point { kind: PointKind::Broker, name: point }];
        let mut writer = Writer::new(out, &Header { observer, start_us, points, note })?;
        writer.flush()?;
        let (sender, receiver) = channel();
        let shared = Arc::new(Shared::default());
        let seen = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("recorder".to_owned());
        let thread = thread.spawn(move || {
            let done = write(writer, &receiver, &seen);
            if done.is_err() {
                seen.failed.store(true, Relaxed);
                seen.broken.notify_one();
            }
            // what still comes is counted, so that nobody waits for room
            for event in receiver {
                seen.waiting.fetch_sub(event.size(), Relaxed);
                seen.update(|progress| progress.dropped += 1);
            }
            done
        })?;
        let recording = Recording { thread, shared: Arc::clone(&shared) };
        Ok((Self { shared, sender, began: Instant::now() }, recording))
    }

    /// Microseconds since the recording began.
    pub fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// Records an event; never waits.
    pub fn record(&self, event: &Event<'_>) {
        let mut owned = Owned::from(event);
        let waiting = self.shared.waiting.load(Relaxed);
        let mut dropped = false;
        if let Event::Packet { connection, at, way, bytes } = *event
            && waiting.saturating_add(owned.size()) > MAX_WAITING
        {
            dropped = true;
            owned = lost(connection, at, way, bytes.len());
        }
        self.shared.update(|progress| {
            owned.count_in(progress);
            progress.dropped += u64::from(dropped);
        });
        // small events have as much room again
        if waiting > 2 * MAX_WAITING {
            self.shared.update(|progress| progress.dropped += u64::from(!dropped));
            return;
        }
        self.shared.waiting.fetch_add(owned.size(), Relaxed);
        if self.sender.send(owned).is_err() {
            self.shared.update(|progress| progress.dropped += u64::from(!dropped));
        }
    }

    /// What was recorded so far.
    pub fn progress(&self) -> Progress {
        self.shared.progress()
    }

    /// Returns once the file cannot be written any more; nothing is recorded then, and everything goes on.
    pub async fn failed(&self) {
        while !self.shared.failed.load(Relaxed) {
            self.shared.broken.notified().await;
        }
    }
}

impl Recording {
    /// Waits until all is in the file, after every [`Recorder`] is gone, and ends it. Blocks.
    ///
    /// # Errors
    /// Why the file could not be written; what it has up to then can be read.
    pub fn finish(self) -> Result<Progress, WriteError> {
        match self.thread.join() {
            Ok(done) => done.map(|()| self.shared.progress()),
            Err(_) => Err(io::Error::other("the recorder's thread ended").into()),
        }
    }
}

impl Shared {
    fn progress(&self) -> Progress {
        *self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn update(&self, change: impl FnOnce(&mut Progress)) {
        change(&mut self.progress.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

fn lost(connection: ConnectionId, at: u64, way: Way, length: usize) -> Owned {
    Owned::from(&Event::Lost { connection, at, way, bytes: count(length), cause: Loss::Limit })
}

fn write<W: Write>(
    mut writer: Writer<W>,
    events: &Receiver<Owned>,
    shared: &Shared,
) -> Result<(), WriteError> {
    let (mut flushed, mut last, mut is_flushed) = (Instant::now(), 0, true);
    loop {
        match events.recv_timeout(FLUSH) {
            Ok(event) => {
                shared.waiting.fetch_sub(event.size(), Relaxed);
                // two directions of a connection are stamped by two tasks
                last = event.at().max(last);
                writer.write(&event.event(last))?;
                is_flushed = false;
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        if !is_flushed && flushed.elapsed() >= FLUSH {
            writer.flush()?;
            (flushed, is_flushed) = (Instant::now(), true);
        }
    }
    writer.finish().map(|_| ())
}

#[cfg(test)]
#[path = "recorder_tests.rs"]
mod tests;
