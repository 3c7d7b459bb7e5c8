//! The errors that RMQTT expects of its edge, and the MQTT 5 reason that each becomes in a DISCONNECT.

use std::num::NonZeroU16;

use bytestring::ByteString;
use rmqtt_codec::error::{DecodeError, EncodeError, SendPacketError};
use rmqtt_codec::v5::{DisconnectReasonCode, PublishAckReason, ToReasonCode};
use serde::{Deserialize, Serialize};

/// What ended a connection or refused a packet.
#[derive(Debug, Clone, Serialize, Deserialize, thiserror::Error)]
pub enum MqttError {
    /// The peer sent what is not MQTT.
    #[error("malformed packet")]
    Decode(#[from] DecodeError),
    /// A packet could not be written.
    #[error("packet not sent")]
    SendPacket(#[from] SendPacketError),
    /// A packet could not be encoded.
    #[error("packet not encoded")]
    Encode(#[from] EncodeError),
    /// The peer was silent until the deadline.
    #[error("read timeout")]
    ReadTimeout,
    /// The peer did not read until the deadline.
    #[error("write timeout")]
    WriteTimeout,
    /// RMQTT refuses a PUBLISH and the connection with it.
    #[error("publish refused")]
    PublishAckReason(PublishAckReason, ByteString),
    /// The first packet was not CONNECT.
    #[error("not a connect packet")]
    InvalidProtocol,
    /// More subscriptions than the settings allow.
    #[error("too many subscriptions")]
    TooManySubscriptions,
    /// A topic or filter with more levels than the settings allow.
    #[error("too many topic levels")]
    TooManyTopicLevels,
    /// A filter has as many subscribers as it may.
    #[error("subscription limit reached")]
    SubscribeLimited(String),
    /// An empty client id that asks for a session.
    #[error("client id refused")]
    IdentifierRejected,
    /// More `QoS` 2 publishes without their PUBREL than the settings allow.
    #[error("too many unreleased publishes")]
    TooManyUnreleased,
    /// A packet id that is in use.
    #[error("packet id in use")]
    PacketIdInUse(NonZeroU16),
}

impl ToReasonCode for MqttError {
    fn to_reason_code(&self) -> DisconnectReasonCode {
        match self {
            Self::Decode(error) => error.to_reason_code(),
            Self::SendPacket(error) => error.to_reason_code(),
            Self::Encode(error) => error.to_reason_code(),
            Self::ReadTimeout | Self::WriteTimeout => DisconnectReasonCode::KeepAliveTimeout,
            Self::PublishAckReason(..) => DisconnectReasonCode::ImplementationSpecificError,
            Self::InvalidProtocol => DisconnectReasonCode::ProtocolError,
            Self::TooManySubscriptions | Self::SubscribeLimited(_) => DisconnectReasonCode::QuotaExceeded,
            Self::TooManyUnreleased => DisconnectReasonCode::ReceiveMaximumExceeded,
            Self::TooManyTopicLevels => DisconnectReasonCode::TopicNameInvalid,
            Self::IdentifierRejected => DisconnectReasonCode::NotAuthorized,
            Self::PacketIdInUse(_) => DisconnectReasonCode::UnspecifiedError,
        }
    }
}
