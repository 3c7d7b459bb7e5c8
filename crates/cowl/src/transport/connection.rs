//! The task that moves bytes between the socket and the state machine, many packets at a time.

use std::future::{Future as _, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Buf as _, BytesMut};
use tokio::io::{AsyncReadExt as _, AsyncWrite as _, AsyncWriteExt as _};
use tokio::time::{Instant, Sleep, sleep_until, timeout};
use tokio_util::io::poll_read_buf;

use super::dial::{Stream, stream_error};
use super::error::{Error, Kind};
use super::link::{Item, Link};
use super::wire::{Incoming, Reader};

/// The size of a read buffer. Payloads are pieces of it, so a new one is made once it is used up.
const READ: usize = 64 * 1024;

/// With less room than this a new buffer is made before reading.
const ROOM: usize = 8 * 1024;

/// How long the broker may take to close the connection after our goodbye (MQTT 5 §3.14.4).
pub(super) const LINGER: Duration = Duration::from_secs(2);

pub(super) struct Connection {
    io: Box<dyn Stream>,
    reader: Reader,
    unread: BytesMut,
    /// Read and not yet handled.
    packets: Vec<Incoming>,
    unsent: BytesMut,
    /// Given to the stream, which may hold them back until flushed.
    unflushed: usize,
    timer: Pin<Box<Sleep>>,
}

impl Connection {
    pub(super) fn new(io: Box<dyn Stream>, reader: Reader) -> Self {
        Self {
            io,
            reader,
            unread: BytesMut::new(),
            packets: Vec::new(),
            unsent: BytesMut::new(),
            unflushed: 0,
            timer: Box::pin(sleep_until(Instant::now())),
        }
    }

    /// Before [`Self::run`]: writes a packet.
    pub(super) async fn send(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.io.write_all(bytes).await.map_err(|error| stream_error(&error))?;
        self.io.flush().await.map_err(|error| stream_error(&error))
    }

    /// Before [`Self::run`]: reads until the packet that `pick` wants; the others are kept for the run.
    pub(super) async fn expect<T>(
        &mut self,
        mut pick: impl FnMut(Incoming) -> Result<T, Incoming>,
    ) -> Result<T, Error> {
        loop {
            while let Some(packet) = self.reader.read(&mut self.unread)? {
                match pick(packet) {
                    Ok(found) => return Ok(found),
                    Err(Incoming::Disconnect { why }) => return Err(Kind::Rejected(why).into()),
                    Err(other) => self.packets.push(other),
                }
            }
            self.make_room();
            match self.io.read_buf(&mut self.unread).await {
                Ok(0) => return Err(Kind::Rejected("it closed the connection without a word").into()),
                Ok(_) => {}
                Err(error) => return Err(stream_error(&error)),
            }
        }
    }

    /// Works until the connection ends, and tells why: [`Kind::Closed`] after our own goodbye.
    pub(super) async fn run(&mut self, link: &Link) -> Error {
        // What came in one piece with the last expected packet is here already, and nothing else may follow.
        if let Err(error) = self.parse() {
            return error;
        }
        let error = poll_fn(|cx| self.poll(cx, link)).await.err().unwrap_or_else(|| Kind::Closed.into());
        if link.lock().is_leaving() && error.is_closed() {
            // Once the broker closes its side it has read everything. That it does so badly (a reset, no TLS
            // farewell) says nothing about what was sent before.
            let farewell = async {
                let _ = self.io.shutdown().await;
                self.unread.clear();
                while matches!(self.io.read_buf(&mut self.unread).await, Ok(1..)) {
                    self.unread.clear();
                }
            };
            let _late = timeout(LINGER, farewell).await;
        }
        error
    }

    /// Ready only at the end: `Ok` if all is said.
    fn poll(&mut self, cx: &mut Context<'_>, link: &Link) -> Poll<Result<(), Error>> {
        loop {
            let now = Instant::now();
            let (listening, leaving) = {
                let mut state = link.lock();
                state.unpark();
                if let Some(error) = state.ended() {
                    return Poll::Ready(Err(error));
                }
                let listening = state.is_listening();
                if self.unsent.is_empty() {
                    state.machine.take_out(&mut self.unsent);
                }
                (listening, state.is_leaving())
            };
            let (sent, send_end) = self.poll_send(cx);
            // Also when sending failed: what the broker said last can settle messages and tell the reason.
            let (read, read_end) = if listening { self.poll_read(cx) } else { (0, Ok(())) };
            let end = match read_end {
                // There may be more of it, and the next attempt to send fails as well.
                Ok(()) if read > 0 => Ok(()),
                read_end => read_end.and(send_end),
            };

            let mut state = link.lock();
            if sent > 0 {
                state.machine.sent(sent, now);
            }
            if read > 0 {
                state.machine.heard(now);
            }
            // After the reading, so that an answer that came while this machine slept counts.
            state.machine.tick(now, listening)?;
            let progress = sent > 0 || read > 0 || !self.packets.is_empty();
            for packet in self.packets.drain(..) {
                if let Some(arrival) = state.machine.handle(packet)? {
                    state.put(Item::Message(arrival));
                }
            }
            if progress {
                link.announce(&mut state);
            }
            let idle = self.unsent.is_empty() && self.unflushed == 0;
            match end {
                // After our goodbye the broker may close before we have seen that all is flushed.
                Err(_) if leaving && idle => return Poll::Ready(Ok(())),
                Err(error) => return Poll::Ready(Err(error)),
                Ok(()) => {}
            }
            let more = self.unsent.is_empty() && state.machine.has_output();
            if progress || more || state.is_listening() != listening || state.is_leaving() != leaving {
                continue;
            }
            if leaving && idle {
                return Poll::Ready(Ok(()));
            }
            if state.machine.deadline().is_some_and(|deadline| self.is_due(cx, deadline)) {
                continue;
            }
            state.park(cx.waker().clone(), idle);
            return Poll::Pending;
        }
    }

    /// Writes what is to be written; returns how many bytes are known to have left since the last time, and
    /// why no more will, if so.
    fn poll_send(&mut self, cx: &mut Context<'_>) -> (usize, Result<(), Error>) {
        while !self.unsent.is_empty() {
            match Pin::new(&mut self.io).poll_write(cx, &self.unsent) {
                Poll::Pending => break,
                Poll::Ready(Ok(0)) => return (0, Err(Kind::Lost("closed by the broker").into())),
                Poll::Ready(Ok(count)) => {
                    self.unsent.advance(count);
                    self.unflushed += count;
                }
                Poll::Ready(Err(error)) => return (0, Err(stream_error(&error))),
            }
        }
        if self.unflushed == 0 {
            return (0, Ok(()));
        }
        match Pin::new(&mut self.io).poll_flush(cx) {
            Poll::Pending => (0, Ok(())),
            Poll::Ready(Ok(())) => (std::mem::take(&mut self.unflushed), Ok(())),
            Poll::Ready(Err(error)) => (0, Err(stream_error(&error))),
        }
    }

    /// Reads once; returns the bytes read, and why there will be no more, if so.
    fn poll_read(&mut self, cx: &mut Context<'_>) -> (usize, Result<(), Error>) {
        self.make_room();
        match poll_read_buf(Pin::new(&mut self.io), cx, &mut self.unread) {
            Poll::Pending => (0, Ok(())),
            Poll::Ready(Ok(0)) => (0, Err(Kind::Lost("closed by the broker").into())),
            Poll::Ready(Ok(count)) => (count, self.parse()),
            Poll::Ready(Err(error)) => (0, Err(stream_error(&error))),
        }
    }

    fn make_room(&mut self) {
        if self.unread.capacity() - self.unread.len() < ROOM {
            self.unread.reserve(READ);
        }
    }

    fn parse(&mut self) -> Result<(), Error> {
        while let Some(packet) = self.reader.read(&mut self.unread)? {
            self.packets.push(packet);
        }
        Ok(())
    }

    fn is_due(&mut self, cx: &mut Context<'_>, deadline: Instant) -> bool {
        if self.timer.deadline() != deadline {
            self.timer.as_mut().reset(deadline);
        }
        self.timer.as_mut().poll(cx).is_ready()
    }
}
