//! A client's side of a connection.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::{Buf as _, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::Network;

/// What has come for a client.
#[derive(Debug, Default)]
pub(super) struct Pipe {
    unread: BytesMut,
    closed: bool,
    broken: bool,
    waker: Option<Waker>,
}

/// The stream that the client's transport reads and writes.
#[derive(Debug)]
pub(super) struct End {
    network: Arc<Network>,
    connection: u64,
}

impl Pipe {
    pub(super) fn deliver(&mut self, bytes: &[u8]) {
        self.unread.extend_from_slice(bytes);
        self.wake();
    }

    pub(super) fn close(&mut self) {
        self.closed = true;
        self.wake();
    }

    pub(super) fn break_off(&mut self) {
        self.broken = true;
        self.wake();
    }

    pub(super) const fn is_broken(&self) -> bool {
        self.broken
    }

    fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    fn read(&mut self, context: &Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if !self.unread.is_empty() {
            let count = self.unread.len().min(into.remaining());
            into.put_slice(self.unread.get(..count).unwrap_or_default());
            self.unread.advance(count);
            return Poll::Ready(Ok(()));
        }
        if self.broken {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        if self.closed {
            return Poll::Ready(Ok(()));
        }
        self.waker = Some(context.waker().clone());
        Poll::Pending
    }
}

impl End {
    pub(super) const fn new(network: Arc<Network>, connection: u64) -> Self {
        Self { network, connection }
    }
}

impl AsyncRead for End {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut state = self.network.lock();
        match state.pipes.get_mut(&self.connection) {
            Some(pipe) => pipe.read(context, into),
            None => Poll::Ready(Ok(())),
        }
    }
}

impl AsyncWrite for End {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let sent = self.network.with(|state| state.send(self.connection, bytes));
        Poll::Ready(sent.map(|()| bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.network.with(|state| state.hang_up(self.connection));
        Poll::Ready(Ok(()))
    }
}

impl Drop for End {
    fn drop(&mut self) {
        self.network.with(|state| state.forget(self.connection));
    }
}
