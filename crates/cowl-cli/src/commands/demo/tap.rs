//! A phone's connection, with everything that goes out on it written down: what the broker is shown.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpSocket, TcpStream},
};

/// One connection as the broker sees it: where it comes from, and every byte that it sends.
pub(super) struct Tap {
    pub(super) from: IpAddr,
    bytes: Mutex<Vec<u8>>,
}

/// A stream that writes down what is sent.
pub(super) struct Tapped {
    stream: TcpStream,
    tap: Arc<Tap>,
}

impl Tap {
    /// What was sent so far.
    pub(super) fn bytes(&self) -> Vec<u8> {
        self.bytes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Tapped {
    /// Connects from an address of one's own on loopback, as every phone has one in the world. Where the system has only one
    /// loopback address, from that.
    pub(super) async fn connect(person: usize, to: SocketAddr) -> io::Result<(Self, Arc<Tap>)> {
        let socket = TcpSocket::new_v4()?;
        // Not an error: the capture says which address it was.
        let _ = socket.bind(SocketAddr::new(own_address(person).into(), 0));
        let stream = socket.connect(to).await?;
        stream.set_nodelay(true)?;
        let tap = Arc::new(Tap { from: stream.local_addr()?.ip(), bytes: Mutex::new(Vec::new()) });
        Ok((Self { stream, tap: Arc::clone(&tap) }, tap))
    }
}

/// 127.100.0.1 and on, one for each person.
fn own_address(person: usize) -> Ipv4Addr {
    let number = u16::try_from(person + 1).unwrap_or(u16::MAX);
    let [high, low] = number.to_be_bytes();
    Ipv4Addr::new(127, 100, high, low)
}

impl AsyncRead for Tapped {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, out)
    }
}

impl AsyncWrite for Tapped {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        if let Poll::Ready(Ok(count)) = written {
            let sent = bytes.get(..count).unwrap_or(bytes);
            self.tap.bytes.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(sent);
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
