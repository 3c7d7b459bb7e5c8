//! Packets in and out of a stream of bytes. Between packets it holds no buffers: most connections are idle.

use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, BytesMut};
use rmqtt_codec::error::{DecodeError, EncodeError};
use rmqtt_codec::{MqttCodec, MqttPacket};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_util::codec::{Decoder, Encoder};

/// Bytes read at once.
const CHUNK: usize = 8 * 1024;

/// Bytes that may wait to be written before no more are made.
const ENOUGH: usize = 16 * 1024;

/// Capacity that an empty buffer for writing may keep.
const SPARE: usize = 256;

/// A stream that packets are read from and written to.
pub(crate) struct Wire<Io> {
    /// `None` once it is closed, so that whoever keeps the rest keeps no socket.
    io: Option<Io>,
    codec: MqttCodec,
    most: u32,
    input: BytesMut,
    output: BytesMut,
    /// The stream took what it has not passed on yet.
    unflushed: bool,
}

impl<Io> Wire<Io> {
    /// No packet from the peer may be longer than `most`, from its third byte on.
    pub(crate) fn new(io: Io, codec: MqttCodec, most: u32) -> Self {
        Self { io: Some(io), codec, most, input: BytesMut::new(), output: BytesMut::new(), unflushed: false }
    }

    pub(crate) fn codec_mut(&mut self) -> &mut MqttCodec {
        &mut self.codec
    }

    /// Whether more packets may be made before some are written.
    pub(crate) fn has_room(&self) -> bool {
        self.output.len() < ENOUGH
    }

    /// Puts a packet behind those that wait to be written, or nothing if it cannot be encoded.
    pub(crate) fn put(&mut self, packet: MqttPacket) -> Result<(), EncodeError> {
        let before = self.output.len();
        let outcome = self.codec.encode(packet, &mut self.output);
        if outcome.is_err() {
            self.output.truncate(before);
        }
        outcome
    }

    /// Drops the stream and what was not read or written.
    pub(crate) fn drop_stream(&mut self) {
        self.io = None;
        self.input = BytesMut::new();
        self.output = BytesMut::new();
    }

    fn decode(&mut self) -> Result<Option<MqttPacket>, DecodeError> {
        // The codec makes room for a packet as soon as its length is known; a peer shall send it first.
        if !matches!(self.codec, MqttCodec::Version(_)) && !is_whole(&self.input, self.most)? {
            return Ok(None);
        }
        let packet = self.codec.decode(&mut self.input)?;
        if self.input.is_empty() {
            self.input = BytesMut::new();
        }
        Ok(packet.map(|(packet, _)| packet))
    }
}

impl<Io: AsyncRead + Unpin> Wire<Io> {
    /// The next packet; `None` at the end, also one in the middle of a packet.
    pub(crate) fn poll_next(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<MqttPacket, DecodeError>>> {
        loop {
            if let Some(outcome) = self.decode().transpose() {
                return Poll::Ready(Some(outcome));
            }
            let Some(io) = &mut self.io else { return Poll::Ready(None) };
            let mut space = [MaybeUninit::uninit(); CHUNK];
            let mut chunk = ReadBuf::uninit(&mut space);
            if let Err(error) = ready!(Pin::new(io).poll_read(cx, &mut chunk)) {
                return Poll::Ready(Some(Err(error.into())));
            }
            if chunk.filled().is_empty() {
                return Poll::Ready(None);
            }
            self.input.extend_from_slice(chunk.filled());
        }
    }
}

impl<Io: AsyncRead + Unpin> Wire<Io> {
    /// Reads to the end, for nothing.
    pub(crate) fn poll_drain(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while let Some(io) = &mut self.io {
            let mut space = [MaybeUninit::uninit(); CHUNK];
            let mut chunk = ReadBuf::uninit(&mut space);
            let read = ready!(Pin::new(io).poll_read(cx, &mut chunk));
            if read.is_err() || chunk.filled().is_empty() {
                break;
            }
        }
        Poll::Ready(())
    }
}

impl<Io: AsyncWrite + Unpin> Wire<Io> {
    /// Writes everything that waits.
    pub(crate) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.output.is_empty() && !self.unflushed {
            return Poll::Ready(Ok(()));
        }
        let Some(io) = &mut self.io else { return Poll::Ready(Err(io::ErrorKind::NotConnected.into())) };
        while self.output.has_remaining() {
            match ready!(Pin::new(&mut *io).poll_write(cx, &self.output))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                written => {
                    self.output.advance(written);
                    self.unflushed = true;
                }
            }
        }
        ready!(Pin::new(io).poll_flush(cx))?;
        self.unflushed = false;
        if self.output.capacity() > SPARE {
            self.output = BytesMut::new();
        }
        Poll::Ready(Ok(()))
    }

    /// Writes everything that waits and ends the stream.
    pub(crate) fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_flush(cx))?;
        match &mut self.io {
            Some(io) => Pin::new(io).poll_shutdown(cx),
            None => Poll::Ready(Ok(())),
        }
    }
}

/// Whether a packet begins here and is there to its end (MQTT 5 §2.1).
fn is_whole(bytes: &[u8], most: u32) -> Result<bool, DecodeError> {
    let mut length = 0_u32;
    for (index, byte) in bytes.iter().skip(1).take(4).enumerate() {
        length |= u32::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            if length > most {
                return Err(DecodeError::MaxSizeExceeded { size: length, max: most });
            }
            let there = bytes.len().saturating_sub(2 + index);
            return Ok(u32::try_from(there).unwrap_or(u32::MAX) >= length);
        }
    }
    if bytes.len() > 4 { Err(DecodeError::InvalidLength) } else { Ok(false) }
}

#[cfg(test)]
mod tests {
    use rmqtt_codec::v3;
    use tokio::io::AsyncWriteExt;

    use super::*;

    #[test]
    fn a_packet_is_whole_when_its_last_byte_is_there() {
        assert!(!is_whole(&[], 10).unwrap());
        assert!(!is_whole(&[0xc0], 10).unwrap());
        assert!(is_whole(&[0xc0, 0], 10).unwrap());
        assert!(!is_whole(&[0x30, 3, 0, 1], 10).unwrap());
        assert!(is_whole(&[0x30, 3, 0, 1, b'a'], 10).unwrap());
        assert!(is_whole(&[0x30, 3, 0, 1, b'a', 0xc0], 10).unwrap());
        assert!(!is_whole(&[0x30, 0x80, 0x80, 0x80], u32::MAX).unwrap());
        assert!(!is_whole(&[0x30, 0x80, 0x80, 0x80, 0x7f], u32::MAX).unwrap());
        let mut longest = vec![0; 129];
        longest[..3].copy_from_slice(&[0x30, 0x80, 1]);
        assert!(!is_whole(&longest, 200).unwrap());
        longest.extend([0, 0]);
        assert!(is_whole(&longest, 200).unwrap());
        assert!(matches!(is_whole(&[0x30, 11], 10), Err(DecodeError::MaxSizeExceeded { size: 11, max: 10 })));
        assert!(matches!(is_whole(&[0x30, 0xff, 0xff, 0xff, 0xff], 10), Err(DecodeError::InvalidLength)));
    }

    #[tokio::test]
    async fn nothing_is_kept_between_packets() {
        let (mut peer, io) = tokio::io::duplex(1 << 20);
        let mut wire = Wire::new(io, MqttCodec::V3(v3::Codec::new(100_000)), 100_000);
        let mut publish = vec![0x30, 0xa5, 0x8d, 0x06, 0, 1, b'a'];
        publish.resize(4 + 99_998 - 9, 7);
        let length = u32::try_from(publish.len() - 4).unwrap();
        for (index, byte) in publish[1..4].iter_mut().enumerate() {
            *byte = u8::try_from((length >> (7 * index)) & 0x7f).unwrap() | if index < 2 { 0x80 } else { 0 };
        }
        peer.write_all(&publish).await.unwrap();
        let packet = std::future::poll_fn(|cx| wire.poll_next(cx)).await.unwrap().unwrap();
        assert!(
            matches!(packet, MqttPacket::V3(v3::Packet::Publish(publish)) if publish.payload.len() > 99_000)
        );
        assert_eq!(wire.input.capacity(), 0);
        for _ in 0..1_000 {
            wire.put(MqttPacket::V3(v3::Packet::PingResponse)).unwrap();
        }
        std::future::poll_fn(|cx| wire.poll_flush(cx)).await.unwrap();
        assert!(wire.output.capacity() <= SPARE);
    }

    #[tokio::test]
    async fn a_length_without_a_packet_takes_no_room() {
        let (mut peer, io) = tokio::io::duplex(1 << 10);
        let mut wire = Wire::new(io, MqttCodec::V3(v3::Codec::new(200_000)), 200_000);
        peer.write_all(&[0x30, 0xa0, 0x8d, 0x06, 0, 1, b'a']).await.unwrap();
        let pending = std::future::poll_fn(|cx| Poll::Ready(wire.poll_next(cx).is_pending())).await;
        assert!(pending);
        assert!(wire.input.capacity() < 1_024, "{}", wire.input.capacity());
    }
}
