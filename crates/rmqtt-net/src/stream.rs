//! MQTT packets on a carrier, in the version that CONNECT names, as RMQTT asks for them.

use std::future::poll_fn;

use rmqtt_codec::version::{ProtocolVersion, VersionCodec};
use rmqtt_codec::{MqttCodec, MqttPacket};
use tokio::time::timeout_at;

use crate::carrier::Carrier;
use crate::line::Line;
use crate::listener::Acceptor;
use crate::wire::Wire;
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
        let intake = self.0.intake();
        let remote_addr = self.0.remote_addr;
        let (mut wire, version) = timeout_at(deadline, first_bytes(self.0, most))
            .await
            .unwrap_or_else(|_| Err(MqttError::ReadTimeout.into()))?;
        *wire.codec_mut() = match version {
            ProtocolVersion::MQTT3 => MqttCodec::V3(rmqtt_codec::v3::Codec::new(most)),
            ProtocolVersion::MQTT5 => MqttCodec::V5(rmqtt_codec::v5::Codec::new(most, most)),
        };
        let io = Line::new(wire, version, cfg.clone(), intake);
        Ok(match version {
            ProtocolVersion::MQTT3 => {
                MqttStream::V3(v3::MqttStream { io, remote_addr, cfg, deadline, asked: 0, made_up: None })
            }
            ProtocolVersion::MQTT5 => {
                MqttStream::V5(v5::MqttStream { io, remote_addr, cfg, deadline, asked: 0, made_up: None })
            }
        })
    }
}

async fn first_bytes(acceptor: Acceptor, most: u32) -> Result<(Wire<Carrier>, ProtocolVersion)> {
    let mut wire = Wire::new(acceptor.carrier().await?, MqttCodec::Version(VersionCodec), most);
    match poll_fn(|cx| wire.poll_next(cx)).await {
        Some(Ok(MqttPacket::Version(version))) => Ok((wire, version)),
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
            pub io: Line<Io>,
            /// Never the peer's address, see [`Doors`](crate::Doors).
            pub remote_addr: SocketAddr,
            /// What RMQTT grants the client.
            pub cfg: Arc<Builder>,
            /// When CONNECT must be there.
            pub(crate) deadline: Instant,
            /// The keep-alive that CONNECT asked for.
            pub(crate) asked: u16,
            /// The client id that CONNECT left to the broker.
            pub(crate) made_up: Option<ByteString>,
        }

        impl<Io: AsyncRead + AsyncWrite + Unpin> MqttStream<Io> {
            /// Waits for CONNECT, no longer than `limit` and no longer than the deadline of the connection.
            pub async fn recv_connect(&mut self, limit: Duration) -> Result<Box<$packets::Connect>> {
                let until = self.deadline.min(Instant::now() + limit);
                let mut connect = match timeout_at(until, poll_fn(|cx| self.io.poll_next(cx))).await {
                    Ok(Some(Ok(MqttPacket::$version(Packet::Connect(connect))))) => connect,
                    Ok(Some(Err(error))) => return Err(error.into()),
                    Ok(_) => return Err(MqttError::InvalidProtocol.into()),
                    Err(_) => return Err(MqttError::ReadTimeout.into()),
                };
                let will = connect.last_will.as_ref().map(|will| &will.topic);
                let texts = [Some(&connect.client_id), connect.username.as_ref(), will];
                // MQTT 5 §1.5.4
                if texts.into_iter().flatten().any(|text| text.contains('\0')) {
                    return Err(MqttError::Decode(DecodeError::Utf8Error).into());
                }
                let name = own_name(&connect.client_id).to_owned().into();
                self.asked = connect.keep_alive;
                self.io.connects(Client { id: name, user: connect.username.clone() });
                // The codec refused it if there is to be a session.
                if connect.client_id.is_empty() {
                    connect.client_id = made_up();
                    self.made_up = Some(connect.client_id.clone());
                }
                Ok(connect)
            }

            /// Sends a packet.
            pub async fn send(&mut self, packet: Packet) -> Result<()> {
                Ok(self.io.send(MqttPacket::$version(packet)).await?)
            }

            /// Sends PUBLISH. That the connection fails at it is not said here but by the end of the stream.
            pub async fn send_publish(&mut self, publish: Box<Publish>) -> Result<()> {
                Ok(self.io.send_publish(publish).await?)
            }

            /// Sends PINGRESP.
            pub async fn send_ping_response(&mut self) -> Result<()> {
                self.send(Packet::PingResponse {}).await
            }

            /// Closes the connection.
            pub async fn close(&mut self) -> Result<()> {
                Ok(self.io.close().await?)
            }

            fn granted_keep_alive(&self) -> u16 {
                let longest = NonZeroU16::new(self.cfg.max_keepalive).unwrap_or(NonZeroU16::MAX);
                granted(self.asked, longest)
            }
        }

        impl<Io: AsyncRead + AsyncWrite + Unpin> Stream for MqttStream<Io> {
            type Item = Result<Packet>;

            fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
                Poll::Ready(match ready!(self.io.poll_next(cx)) {
                    Some(Ok(MqttPacket::$version(packet))) => Some(Ok(packet)),
                    Some(Ok(_)) => Some(Err(MqttError::InvalidProtocol.into())),
                    Some(Err(error)) => Some(Err(error.into())),
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
    use std::future::poll_fn;
    use std::net::SocketAddr;
    use std::num::NonZeroU16;
    use std::pin::Pin;
    use std::sync::Arc;
    use std::task::{Context, Poll, ready};
    use std::time::Duration;

    use bytestring::ByteString;
    use futures::Stream;
    use rmqtt_codec::MqttPacket;
    use rmqtt_codec::error::DecodeError;
    use rmqtt_codec::types::Publish;
    use rmqtt_codec::v3::{self as packets, ConnectAck, ConnectAckReason, Packet, SubscribeReturnCode};
    use tokio::io::{AsyncRead, AsyncWrite};
    use tokio::time::{Instant, timeout_at};

    use crate::builder::Builder;
    use crate::keep_alive::granted;
    use crate::line::Line;
    use crate::taker::Client;
    use crate::unnamed::{made_up, own_name};
    use crate::{MqttError, Result};

    stream!(packets, V3);

    impl<Io: AsyncRead + AsyncWrite + Unpin> MqttStream<Io> {
        /// Sends CONNACK.
        pub async fn send_connect_ack(
            &mut self,
            return_code: ConnectAckReason,
            session_present: bool,
        ) -> Result<()> {
            if return_code == ConnectAckReason::ConnectionAccepted {
                self.io.connected(self.granted_keep_alive());
            }
            self.send(Packet::ConnectAck(ConnectAck { session_present, return_code })).await
        }

        /// Sends PUBACK, behind those that came before it.
        pub async fn send_publish_ack(&mut self, packet_id: NonZeroU16) -> Result<()> {
            Ok(self.io.send_ack(MqttPacket::V3(Packet::PublishAck { packet_id })).await?)
        }

        /// Sends PUBREC, behind those that came before it.
        pub async fn send_publish_received(&mut self, packet_id: NonZeroU16) -> Result<()> {
            Ok(self.io.send_ack(MqttPacket::V3(Packet::PublishReceived { packet_id })).await?)
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
    use std::future::poll_fn;
    use std::net::SocketAddr;
    use std::num::NonZeroU16;
    use std::pin::Pin;
    use std::sync::Arc;
    use std::task::{Context, Poll, ready};
    use std::time::Duration;

    use bytestring::ByteString;
    use futures::Stream;
    use rmqtt_codec::MqttPacket;
    use rmqtt_codec::error::DecodeError;
    use rmqtt_codec::types::Publish;
    use rmqtt_codec::v5::{
        self as packets, ConnectAck, ConnectAckReason, Disconnect, Packet, PublishAck, PublishAck2,
        SubscribeAck, UnsubscribeAck,
    };
    use tokio::io::{AsyncRead, AsyncWrite};
    use tokio::time::{Instant, timeout_at};

    use crate::builder::Builder;
    use crate::keep_alive::granted;
    use crate::line::Line;
    use crate::taker::Client;
    use crate::unnamed::{made_up, own_name};
    use crate::{MqttError, Result};

    stream!(packets, V5);

    impl<Io: AsyncRead + AsyncWrite + Unpin> MqttStream<Io> {
        /// Sends CONNACK.
        pub async fn send_connect_ack(&mut self, mut ack: ConnectAck) -> Result<()> {
            if ack.reason_code == ConnectAckReason::Success {
                ack.assigned_client_id = self.made_up.take();
                self.io.connected(self.granted_keep_alive());
            }
            self.send(Packet::ConnectAck(Box::new(ack))).await
        }

        /// Sends PUBACK, behind those that came before it, without RMQTT's words.
        pub async fn send_publish_ack(&mut self, ack: PublishAck) -> Result<()> {
            Ok(self.io.send_ack(MqttPacket::V5(Packet::PublishAck(plain(&ack)))).await?)
        }

        /// Sends PUBREC, behind those that came before it, without RMQTT's words.
        pub async fn send_publish_received(&mut self, ack: PublishAck) -> Result<()> {
            Ok(self.io.send_ack(MqttPacket::V5(Packet::PublishReceived(plain(&ack)))).await?)
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

        /// Sends DISCONNECT, to a client that can still hear it. RMQTT does so after it closed the connection, which is
        /// closed in truth only now.
        pub async fn send_disconnect(&mut self, disconnect: Disconnect) -> Result<()> {
            Ok(self.io.disconnect(&disconnect).await?)
        }
    }

    /// The code says it all, and clients of few bytes expect no more.
    fn plain(ack: &PublishAck) -> PublishAck {
        PublishAck { packet_id: ack.packet_id, reason_code: ack.reason_code, ..PublishAck::default() }
    }
}
