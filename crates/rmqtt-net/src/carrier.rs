//! The stream of bytes under MQTT, whatever carries it. One type, so that RMQTT's sessions are compiled once.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::server::TlsStream;

use crate::listener::Held;
use crate::websocket::WebSocket;

/// A connection that MQTT is spoken on.
#[derive(Debug)]
pub struct Carrier(Kind);

#[derive(Debug)]
enum Kind {
    Tcp(Held),
    Tls(Box<TlsStream<Held>>),
    Ws(Box<WebSocket<Held>>),
    Wss(Box<WebSocket<TlsStream<Held>>>),
}

impl Carrier {
    pub(crate) fn tcp(stream: Held) -> Self {
        Self(Kind::Tcp(stream))
    }

    pub(crate) fn tls(stream: TlsStream<Held>) -> Self {
        Self(Kind::Tls(Box::new(stream)))
    }

    pub(crate) fn ws(stream: WebSocket<Held>) -> Self {
        Self(Kind::Ws(Box::new(stream)))
    }

    pub(crate) fn wss(stream: WebSocket<TlsStream<Held>>) -> Self {
        Self(Kind::Wss(Box::new(stream)))
    }
}

/// Calls a method of whichever stream it is.
macro_rules! on_stream {
    ($self:ident, $stream:ident => $call:expr) => {
        match &mut $self.get_mut().0 {
            Kind::Tcp(held) => {
                let $stream = Pin::new(held);
                $call
            }
            Kind::Tls(tls) => {
                let $stream = Pin::new(tls);
                $call
            }
            Kind::Ws(websocket) => {
                let $stream = Pin::new(websocket);
                $call
            }
            Kind::Wss(websocket) => {
                let $stream = Pin::new(websocket);
                $call
            }
        }
    };
}

impl AsyncRead for Carrier {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        on_stream!(self, stream => stream.poll_read(cx, buf))
    }
}

impl AsyncWrite for Carrier {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        on_stream!(self, stream => stream.poll_write(cx, buf))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        on_stream!(self, stream => stream.poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        on_stream!(self, stream => stream.poll_shutdown(cx))
    }
}

impl AsyncRead for Held {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Held {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
