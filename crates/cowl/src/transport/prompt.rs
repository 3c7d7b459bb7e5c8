//! A TCP connection that acknowledges what it read at once.
//!
//! A broker may hold its next small packet back until the last one is acknowledged (Nagle's algorithm, RFC 896; mosquitto does unless
//! `set_tcp_nodelay` is on), and the kernel may hold that acknowledgement back, for 40 ms on Linux, in case there is something to send
//! with it (RFC 1122 §4.2.3.2). Whoever waits for several answers before it goes on, as a gateway does for a batch's, would stand still for
//! most of the time: 65 reports a second instead of thousands.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

#[derive(Debug)]
pub(super) struct Prompt(TcpStream);

impl Prompt {
    pub(super) const fn new(stream: TcpStream) -> Self {
        Self(stream)
    }

    /// Sends the acknowledgement that is due. The kernel forgets the wish whenever it likes, so it is said again each time.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    fn acknowledge(&self) {
        // Without it the connection is slower and nothing else.
        let _ = self.0.set_quickack(true);
    }

    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    #[allow(clippy::unused_self, reason = "what other systems do here is theirs")]
    const fn acknowledge(&self) {}
}

impl AsyncRead for Prompt {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.0).poll_read(context, buffer);
        if read.is_ready() {
            self.acknowledge();
        }
        read
    }
}

impl AsyncWrite for Prompt {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(context, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpListener,
    };

    use super::*;

    /// A connection on which questions are answered: there the kernel waits with acknowledgements by itself.
    #[tokio::test]
    async fn nothing_read_waits_for_its_acknowledgement() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (near, far) = tokio::join!(TcpStream::connect(address), listener.accept());
        let (mut far, _) = far.unwrap();
        let mut near = Prompt::new(near.unwrap());
        near.0.set_nodelay(true).unwrap();
        for round in 0..8 {
            far.write_all(&[round; 4]).await.unwrap();
            let mut answer = [0; 4];
            near.read_exact(&mut answer).await.unwrap();
            assert!(near.0.quickack().unwrap(), "round {round}");
            near.write_all(&answer).await.unwrap();
            far.read_exact(&mut answer).await.unwrap();
        }
    }
}
