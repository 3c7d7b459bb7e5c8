//! A WebSocket as a stream of bytes: MQTT packets need not align with frames (MQTT 5 §6).

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_util::{Sink, Stream as Frames};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_tungstenite::tungstenite::client::ClientRequestBuilder;
use tokio_tungstenite::tungstenite::http::Uri;
use tokio_tungstenite::tungstenite::{Error as WsError, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

use super::Endpoint;
use super::dial::Stream;
use super::error::{Error, Kind};

/// Bytes to a frame at most. Small enough for brokers that keep a whole frame in memory.
const FRAME: usize = 64 * 1024;

pub(super) async fn open<S: Stream>(
    endpoint: &Endpoint,
    scheme: &str,
    stream: S,
) -> Result<WebSocket<S>, Error> {
    let failed = |why: String| Error::new(Kind::WebSocket { peer: endpoint.authority(), why });
    let uri: Uri = format!("{scheme}://{}{}", endpoint.authority(), endpoint.ws_path)
        .parse()
        .map_err(|_| failed("host and path make no URL".to_owned()))?;
    let request = ClientRequestBuilder::new(uri).with_sub_protocol("mqtt");
    let (frames, _response) =
        client_async(request, stream).await.map_err(|error| failed(handshake_text(&error)))?;
    Ok(WebSocket { frames, unread: Bytes::new() })
}

fn handshake_text(error: &WsError) -> String {
    match error {
        WsError::Http(response) => format!("the server answered {}", response.status()),
        WsError::Io(_) => "the connection was closed during the handshake".to_owned(),
        _ => "the server's answer is not that of a WebSocket for MQTT".to_owned(),
    }
}

pub(super) struct WebSocket<S> {
    frames: WebSocketStream<S>,
    unread: Bytes,
}

impl<S: Stream> AsyncRead for WebSocket<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        while self.unread.is_empty() {
            match ready!(Pin::new(&mut self.frames).poll_next(cx)) {
                Some(Ok(Message::Binary(bytes))) => self.unread = bytes,
                // Pings are answered below us.
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
                // MQTT 5 §6: MQTT is in binary frames.
                Some(Ok(Message::Text(_))) => return Poll::Ready(Err(io::ErrorKind::InvalidData.into())),
                Some(Ok(Message::Close(_))) | None => return Poll::Ready(Ok(())),
                Some(Err(error)) => return Poll::Ready(Err(io_error(error))),
            }
        }
        let count = out.remaining().min(self.unread.len());
        out.put_slice(&self.unread.split_to(count));
        Poll::Ready(Ok(()))
    }
}

impl<S: Stream> AsyncWrite for WebSocket<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        ready!(Pin::new(&mut self.frames).poll_ready(cx)).map_err(io_error)?;
        let frame = Bytes::copy_from_slice(bytes.get(..FRAME).unwrap_or(bytes));
        let count = frame.len();
        Pin::new(&mut self.frames).start_send(Message::Binary(frame)).map_err(io_error)?;
        Poll::Ready(Ok(count))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.frames).poll_flush(cx).map_err(io_error)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.frames).poll_close(cx).map_err(io_error)
    }
}

fn io_error(error: WsError) -> io::Error {
    match error {
        WsError::Io(error) => error,
        WsError::ConnectionClosed | WsError::AlreadyClosed => io::ErrorKind::BrokenPipe.into(),
        _ => io::ErrorKind::InvalidData.into(),
    }
}
