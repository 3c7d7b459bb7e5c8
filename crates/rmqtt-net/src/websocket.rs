//! MQTT over WebSocket (MQTT 5 §6): the binary messages, put together, are the stream.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures::{Sink, Stream};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::http::{HeaderValue, StatusCode, header::SEC_WEBSOCKET_PROTOCOL};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Bytes, Error, Message};
use tokio_tungstenite::{WebSocketStream, accept_hdr_async_with_config};

use crate::Result;

/// Room for the MQTT header around the largest payload, in bytes.
const HEADER_ROOM: usize = 1_024;

/// The server's end of a WebSocket as a stream of bytes.
#[derive(Debug)]
pub(crate) struct WebSocket<S> {
    messages: WebSocketStream<S>,
    /// What is left of the last message.
    rest: Bytes,
}

impl<S: AsyncRead + AsyncWrite + Unpin> WebSocket<S> {
    /// Does the handshake. No message, and nothing that waits to be sent, may be larger than `packet` and a header.
    pub(crate) async fn accept(stream: S, packet: usize) -> Result<Self> {
        let most = packet.saturating_add(HEADER_ROOM);
        let config = WebSocketConfig::default()
            .write_buffer_size(0)
            .max_write_buffer_size(most)
            .max_message_size(Some(most))
            .max_frame_size(Some(most));
        let messages = accept_hdr_async_with_config(stream, speaks_mqtt, Some(config)).await?;
        Ok(Self { messages, rest: Bytes::new() })
    }
}

/// MQTT 5 §6.0.0-3: the client names the subprotocol `mqtt`, alone or among others; 3.1 named another.
#[expect(clippy::result_large_err, reason = "the type is tungstenite's")]
fn speaks_mqtt(request: &Request, mut response: Response) -> std::result::Result<Response, ErrorResponse> {
    let offered = request.headers().get_all(SEC_WEBSOCKET_PROTOCOL);
    let chosen = offered
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .find_map(|name| ["mqtt", "mqttv3.1"].into_iter().find(|known| name.eq_ignore_ascii_case(known)));
    if let Some(chosen) = chosen {
        response.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(chosen));
        return Ok(response);
    }
    let mut refusal = ErrorResponse::new(Some("the subprotocol is mqtt".into()));
    *refusal.status_mut() = StatusCode::BAD_REQUEST;
    Err(refusal)
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for WebSocket<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        while self.rest.is_empty() {
            match ready!(Pin::new(&mut self.messages).poll_next(cx)) {
                Some(Ok(Message::Binary(bytes))) => self.rest = bytes,
                // The library answers pings; they are no part of the stream.
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                // MQTT 5 §6.0.0-1: anything but binary closes the connection.
                Some(Ok(Message::Text(_) | Message::Frame(_))) => {
                    return Poll::Ready(Err(io::ErrorKind::InvalidData.into()));
                }
                Some(Ok(Message::Close(_))) | None => return Poll::Ready(Ok(())),
                Some(Err(error)) => return Poll::Ready(Err(io_error(error))),
            }
        }
        let taken = self.rest.len().min(buf.remaining());
        buf.put_slice(&self.rest.split_to(taken));
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for WebSocket<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        // Takes nothing while the last message still waits, so that a client that does not read costs one message.
        ready!(Pin::new(&mut self.messages).poll_ready(cx)).map_err(io_error)?;
        let message = Message::Binary(Bytes::copy_from_slice(buf));
        Pin::new(&mut self.messages).start_send(message).map_err(io_error)?;
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.messages).poll_flush(cx).map_err(io_error)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.messages).poll_close(cx).map_err(io_error)
    }
}

fn io_error(error: Error) -> io::Error {
    match error {
        Error::Io(error) => error,
        Error::ConnectionClosed | Error::AlreadyClosed => io::ErrorKind::NotConnected.into(),
        // No text: it could quote what the client sent.
        _ => io::ErrorKind::InvalidData.into(),
    }
}
