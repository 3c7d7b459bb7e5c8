//! MQTT packets on a carrier, in the version that CONNECT names.

use std::time::Duration;

use futures::{SinkExt, StreamExt};
use rmqtt_codec::version::{ProtocolVersion, VersionCodec};
use rmqtt_codec::{MqttCodec, MqttPacket};
use tokio::io::AsyncWrite;
use tokio::time::{timeout, timeout_at};
use tokio_util::codec::Framed;

use crate::carrier::Carrier;
use crate::listener::Acceptor;
use crate::{MqttError, Result};

/// A connection on its way to MQTT.
#[derive(Debug)]
pub struct Dispatcher(Acceptor);

impl Dispatcher {
    pub(crate) fn new(acceptor: Acceptor) -> Self {
        Self(acceptor)
    }

    /// Does what is under MQTT, and reads on until the version is known.
    ///
    /// # Errors
    /// If that fails or is not done by the deadline of the connection.
    pub async fn mqtt(self) -> Result<MqttStream<Carrier>> {
        let (cfg, deadline) = self.0.terms();
        let most = cfg.max_packet_size;
        let remote_addr = self.0.remote_addr;
        let (mut io, version) = timeout_at(deadline, first_bytes(self.0))
            .await
            .unwrap_or_else(|_| Err(MqttError::ReadTimeout.into()))?;
        Ok(match version {
            ProtocolVersion::MQTT3 => {
                *io.codec_mut() = MqttCodec::V3(rmqtt_codec::v3::Codec::new(most));
                MqttStream::V3(v3::MqttStream { io, remote_addr, cfg, deadline, broken: false })
            }
            ProtocolVersion::MQTT5 => {
                *io.codec_mut() = MqttCodec::V5(rmqtt_codec::v5::Codec::new(most, most));
                MqttStream::V5(v5::MqttStream { io, remote_addr, cfg, deadline, broken: false })
            }
        })
    }
}

async fn first_bytes(acceptor: Acceptor) -> Result<(Framed<Carrier, MqttCodec>, ProtocolVersion)> {
    let mut io = Framed::new(acceptor.carrier().await?, MqttCodec::Version(VersionCodec));
    match io.next().await {
        Some(Ok((MqttPacket::Version(version), _))) => Ok((io, version)),
        _ => Err(MqttError::InvalidProtocol.into()),
    }
}

/// A connection that speaks MQTT.
#[derive(Debug)]
pub enum MqttStream<Io> {
    /// In version 3.1 or 3.1.1.
    V3(v3::MqttStream<Io>),
    /// In version 5.
    V5(v5::MqttStream<Io>),
}

/// What both versions' streams have in common; they differ in the packets.
macro_rules! stream {
    ($packets:ident, $version:ident) => {
        /// Packets of this version on a stream.
        pub struct MqttStream<Io> {
            /// The packets.
            pub io: Framed<Io, MqttCodec>,
            /// Never the peer's address.
            pub remote_addr: SocketAddr,
            /// What RMQTT grants the client.
            pub cfg: Arc<Builder>,
            /// When CONNECT must be there.
            pub(crate) deadline: Instant,
            /// Whether a publish could not be sent, so that the connection is at its end.
            pub(crate) broken: bool,
        }

        impl<Io: AsyncRead + AsyncWrite + Unpin> MqttStream<Io> {
            /// Waits for CONNECT, no longer than `limit` and no longer than the deadline of the connection.
            pub async fn recv_connect(&mut self, limit: Duration) -> Result<Box<$packets::Connect>> {
                let until = self.deadline.min(Instant::now() + limit);
                match timeout_at(until, self.io.next()).await {
                    Ok(Some(Ok((MqttPacket::$version(Packet::Connect(connect)), _)))) => Ok(connect),
                    Ok(Some(Err(error))) => Err(MqttError::Decode(error).into()),
                    Ok(_) => Err(MqttError::InvalidProtocol.into()),
                    Err(_) => Err(MqttError::ReadTimeout.into()),
                }
            }

            /// Sends a packet.
            pub async fn send(&mut self, packet: Packet) -> Result<()> {
                Ok(super::send(&mut self.io, MqttPacket::$version(packet), self.cfg.send_timeout).await?)
            }

            /// Sends PUBLISH. If the connection fails at that, it is not said here but by the end of the stream: RMQTT
            /// forgets a message whose sending fails, and keeps one that was sent and not acknowledged, so only like
            /// this it sends a message of `QoS` 1 again on the next connection.
            pub async fn send_publish(&mut self, publish: Box<Publish>) -> Result<()> {
                if self.broken {
                    return Ok(());
                }
                let packet = MqttPacket::$version(Packet::Publish(publish));
                match super::send(&mut self.io, packet, self.cfg.send_timeout).await {
                    Err(MqttError::Encode(EncodeError::Io(_)) | MqttError::WriteTimeout) => {
                        self.broken = true
                    }
                    outcome => outcome?,
                }
                Ok(())
            }

            /// Sends PINGRESP.
            pub async fn send_ping_response(&mut self) -> Result<()> {
                self.send(Packet::PingResponse {}).await
            }

            /// Closes the connection.
            pub async fn close(&mut self) -> Result<()> {
                super::close(&mut self.io, self.cfg.send_timeout).await
            }
        }

        impl<Io: AsyncRead + Unpin> Stream for MqttStream<Io> {
            type Item = Result<Packet>;

            fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
                if self.broken {
                    return Poll::Ready(None);
                }
                Poll::Ready(match ready!(self.io.poll_next_unpin(cx)) {
                    Some(Ok((MqttPacket::$version(packet), _))) => Some(Ok(packet)),
                    Some(Ok(_)) => Some(Err(MqttError::InvalidProtocol.into())),
                    Some(Err(error)) => Some(Err(MqttError::Decode(error).into())),
                    None => None,
                })
            }
        }

        impl<Io> fmt::Debug for MqttStream<Io> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct("MqttStream").finish_non_exhaustive()
            }
        }
    };
}

/// MQTT 3.1 and 3.1.1.
pub mod v3 {
    use std::fmt;
    use std::net::SocketAddr;
    use std::num::NonZeroU16;
    use std::pin::Pin;
    use std::sync::Arc;
    use std::task::{Context, Poll, ready};
    use std::time::Duration;

    use futures::{Stream, StreamExt};
    use rmqtt_codec::error::EncodeError;
    use rmqtt_codec::types::Publish;
    use rmqtt_codec::v3::{self as packets, ConnectAck, ConnectAckReason, Packet, SubscribeReturnCode};
    use rmqtt_codec::{MqttCodec, MqttPacket};
    use tokio::io::{AsyncRead, AsyncWrite};
    use tokio::time::{Instant, timeout_at};
    use tokio_util::codec::Framed;

    use crate::builder::Builder;
    use crate::{MqttError, Result};

    stream!(packets, V3);

    impl<Io: AsyncRead + AsyncWrite + Unpin> MqttStream<Io> {
        /// Sends CONNACK.
        pub async fn send_connect_ack(
            &mut self,
            return_code: ConnectAckReason,
            session_present: bool,
        ) -> Result<()> {
            self.send(Packet::ConnectAck(ConnectAck { session_present, return_code })).await
        }

        /// Sends PUBACK.
        pub async fn send_publish_ack(&mut self, packet_id: NonZeroU16) -> Result<()> {
            self.send(Packet::PublishAck { packet_id }).await
        }

        /// Sends PUBREC.
        pub async fn send_publish_received(&mut self, packet_id: NonZeroU16) -> Result<()> {
            self.send(Packet::PublishReceived { packet_id }).await
        }

        /// Sends PUBREL.
        pub async fn send_publish_release(&mut self, packet_id: NonZeroU16) -> Result<()> {
            self.send(Packet::PublishRelease { packet_id }).await
        }

        /// Sends PUBCOMP.
        pub async fn send_publish_complete(&mut self, packet_id: NonZeroU16) -> Result<()> {
            self.send(Packet::PublishComplete { packet_id }).await
        }

        /// Sends SUBACK.
        pub async fn send_subscribe_ack(
            &mut self,
            packet_id: NonZeroU16,
            status: Vec<SubscribeReturnCode>,
        ) -> Result<()> {
            self.send(Packet::SubscribeAck { packet_id, status }).await
        }

        /// Sends UNSUBACK.
        pub async fn send_unsubscribe_ack(&mut self, packet_id: NonZeroU16) -> Result<()> {
            self.send(Packet::UnsubscribeAck { packet_id }).await
        }
    }
}

/// MQTT 5.
pub mod v5 {
    use std::fmt;
    use std::net::SocketAddr;
    use std::pin::Pin;
    use std::sync::Arc;
    use std::task::{Context, Poll, ready};
    use std::time::Duration;

    use futures::{Stream, StreamExt};
    use rmqtt_codec::error::EncodeError;
    use rmqtt_codec::types::Publish;
    use rmqtt_codec::v5::{
        self as packets, ConnectAck, Disconnect, Packet, PublishAck, PublishAck2, SubscribeAck,
        UnsubscribeAck,
    };
    use rmqtt_codec::{MqttCodec, MqttPacket};
    use tokio::io::{AsyncRead, AsyncWrite};
    use tokio::time::{Instant, timeout_at};
    use tokio_util::codec::Framed;

    use crate::builder::Builder;
    use crate::{MqttError, Result};

    stream!(packets, V5);

    impl<Io: AsyncRead + AsyncWrite + Unpin> MqttStream<Io> {
        /// Sends CONNACK.
        pub async fn send_connect_ack(&mut self, ack: ConnectAck) -> Result<()> {
            self.send(Packet::ConnectAck(Box::new(ack))).await
        }

        /// Sends PUBACK.
        pub async fn send_publish_ack(&mut self, ack: PublishAck) -> Result<()> {
            self.send(Packet::PublishAck(ack)).await
        }

        /// Sends PUBREC.
        pub async fn send_publish_received(&mut self, ack: PublishAck) -> Result<()> {
            self.send(Packet::PublishReceived(ack)).await
        }

        /// Sends PUBREL.
        pub async fn send_publish_release(&mut self, ack: PublishAck2) -> Result<()> {
            self.send(Packet::PublishRelease(ack)).await
        }

        /// Sends PUBCOMP.
        pub async fn send_publish_complete(&mut self, ack: PublishAck2) -> Result<()> {
            self.send(Packet::PublishComplete(ack)).await
        }

        /// Sends SUBACK.
        pub async fn send_subscribe_ack(&mut self, ack: SubscribeAck) -> Result<()> {
            self.send(Packet::SubscribeAck(ack)).await
        }

        /// Sends UNSUBACK.
        pub async fn send_unsubscribe_ack(&mut self, ack: UnsubscribeAck) -> Result<()> {
            self.send(Packet::UnsubscribeAck(ack)).await
        }

        /// Sends DISCONNECT. RMQTT does so after it closed the connection, so as a rule this fails, which is ignored.
        pub async fn send_disconnect(&mut self, disconnect: Disconnect) -> Result<()> {
            self.send(Packet::Disconnect(disconnect)).await
        }
    }
}

async fn send<Io>(
    io: &mut Framed<Io, MqttCodec>,
    packet: MqttPacket,
    limit: Duration,
) -> std::result::Result<(), MqttError>
where
    Io: AsyncWrite + Unpin,
{
    if limit.is_zero() {
        return Ok(io.send(packet).await?);
    }
    match timeout(limit, io.send(packet)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(MqttError::Encode(error)),
        Err(_) => Err(MqttError::WriteTimeout),
    }
}

async fn close<Io>(io: &mut Framed<Io, MqttCodec>, limit: Duration) -> Result<()>
where
    Io: AsyncWrite + Unpin,
{
    match timeout(limit.max(Duration::from_secs(1)), io.close()).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(MqttError::Encode(error).into()),
        Err(_) => Err(MqttError::WriteTimeout.into()),
    }
}
