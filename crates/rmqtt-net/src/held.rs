//! Acknowledgements that wait for a [`Taker`](crate::Taker), in the order of their publishes.
//!
//! MQTT 5 §4.6 wants PUBACK and PUBREC in that order, so also what RMQTT acknowledges by itself waits here its turn.

use std::collections::{BTreeMap, VecDeque};
use std::num::NonZeroU16;
use std::task::{Context, Poll};

use rmqtt_codec::types::{Publish, QoS};
use rmqtt_codec::v5::{PublishAck, PublishAck2, PublishAckReason};
use rmqtt_codec::version::ProtocolVersion;
use rmqtt_codec::{MqttPacket, v3, v5};
use tokio::sync::OwnedSemaphorePermit;

use crate::taker::{Keeping, Refusal};

/// The acknowledgements that a connection owes.
pub(crate) struct Held {
    version: ProtocolVersion,
    queue: VecDeque<Owed>,
    /// `QoS` 2 publishes that were taken and are not released yet; whether their PUBREC was sent.
    unreleased: BTreeMap<NonZeroU16, bool>,
}

struct Owed {
    outcome: Outcome,
    // Given back when the entry goes.
    _room: Option<OwnedSemaphorePermit>,
}

enum Outcome {
    Waits(Keeping, Option<Ack>),
    Refused(Refusal, Ack),
    /// RMQTT's, or one that is sent again.
    Known(MqttPacket),
}

/// What acknowledges a publish.
#[derive(Clone, Copy)]
pub(crate) struct Ack {
    id: NonZeroU16,
    twice: bool,
}

impl Ack {
    /// `None` for `QoS` 0.
    pub(crate) fn of(publish: &Publish) -> Option<Self> {
        let id = publish.packet_id?;
        (publish.qos != QoS::AtMostOnce).then_some(Self { id, twice: publish.qos == QoS::ExactlyOnce })
    }
}

/// What to do about the oldest acknowledgement.
pub(crate) enum Next {
    Send(MqttPacket),
    /// Nothing is to be sent for it.
    Nothing,
    /// MQTT 3.1.1 knows no way to say it.
    Close,
}

impl Held {
    pub(crate) fn new(version: ProtocolVersion) -> Self {
        Self { version, queue: VecDeque::new(), unreleased: BTreeMap::new() }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.queue.len()
    }

    /// `QoS` 2 publishes that are not released.
    pub(crate) fn unreleased(&self) -> usize {
        self.unreleased.len()
    }

    /// A publish was taken.
    pub(crate) fn waits(&mut self, keeping: Keeping, ack: Option<Ack>, room: OwnedSemaphorePermit) {
        if let Some(Ack { id, twice: true }) = ack {
            self.unreleased.insert(id, false);
        }
        self.queue.push_back(Owed { outcome: Outcome::Waits(keeping, ack), _room: Some(room) });
    }

    /// A publish was refused. At `QoS` 0 there is nobody to tell.
    pub(crate) fn refused(&mut self, refusal: Refusal, ack: Option<Ack>) {
        if let Some(ack) = ack {
            self.queue.push_back(Owed { outcome: Outcome::Refused(refusal, ack), _room: None });
        }
    }

    /// RMQTT acknowledges by itself.
    pub(crate) fn known(&mut self, packet: MqttPacket) {
        self.queue.push_back(Owed { outcome: Outcome::Known(packet), _room: None });
    }

    /// Whether a publish is a repeat of one that was taken here. If it is, it is answered (MQTT 5 §4.3.3), unless the
    /// answer is still to come.
    pub(crate) fn repeats(&mut self, publish: &Publish) -> bool {
        let Some(Ack { id, twice: true }) = Ack::of(publish) else { return false };
        let Some(answered) = self.unreleased.get(&id) else { return false };
        if *answered {
            self.known(self.packet(Ack { id, twice: true }, PublishAckReason::Success));
        }
        true
    }

    /// The answer to PUBREL, if it is for a publish that was taken here.
    pub(crate) fn release(&mut self, id: NonZeroU16) -> Option<MqttPacket> {
        // Before PUBREC there is nothing to release; RMQTT says so.
        if !*self.unreleased.get(&id)? {
            return None;
        }
        self.unreleased.remove(&id);
        Some(match self.version {
            ProtocolVersion::MQTT3 => MqttPacket::V3(v3::Packet::PublishComplete { packet_id: id }),
            ProtocolVersion::MQTT5 => MqttPacket::V5(v5::Packet::PublishComplete(PublishAck2 {
                packet_id: id,
                ..PublishAck2::default()
            })),
        })
    }

    /// The oldest acknowledgement, once it is known; `None` if there is none.
    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Next>> {
        let Some(Owed { outcome, .. }) = self.queue.front_mut() else { return Poll::Ready(None) };
        let settled = match outcome {
            Outcome::Waits(keeping, _) => match keeping.as_mut().poll(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(settled) => settled,
            },
            Outcome::Refused(refusal, _) => Err(*refusal),
            Outcome::Known(_) => Ok(()),
        };
        let Some(Owed { outcome, .. }) = self.queue.pop_front() else { return Poll::Ready(None) };
        if self.queue.is_empty() && self.queue.capacity() > 8 {
            self.queue = VecDeque::new();
        }
        Poll::Ready(Some(match outcome {
            Outcome::Known(packet) => Next::Send(packet),
            Outcome::Waits(_, Some(ack)) | Outcome::Refused(_, ack) => self.answer(ack, settled),
            Outcome::Waits(_, None) => Next::Nothing,
        }))
    }

    fn answer(&mut self, ack: Ack, settled: Result<(), Refusal>) -> Next {
        let v5 = self.version == ProtocolVersion::MQTT5;
        match settled {
            Ok(()) => {
                if ack.twice {
                    self.unreleased.insert(ack.id, true);
                }
                Next::Send(self.packet(ack, PublishAckReason::Success))
            }
            // With a reason, PUBREC ends the exchange (MQTT 5 §4.3.3).
            Err(refusal) if v5 => {
                self.unreleased.remove(&ack.id);
                Next::Send(self.packet(ack, refusal.reason))
            }
            // To the client it arrived, so at QoS 2 it will release it.
            Err(refusal) if refusal.is_final => {
                if ack.twice {
                    self.unreleased.insert(ack.id, true);
                }
                Next::Send(self.packet(ack, PublishAckReason::Success))
            }
            Err(_) => Next::Close,
        }
    }

    fn packet(&self, ack: Ack, reason_code: PublishAckReason) -> MqttPacket {
        let Ack { id: packet_id, twice } = ack;
        match (self.version, twice) {
            (ProtocolVersion::MQTT3, false) => MqttPacket::V3(v3::Packet::PublishAck { packet_id }),
            (ProtocolVersion::MQTT3, true) => MqttPacket::V3(v3::Packet::PublishReceived { packet_id }),
            (ProtocolVersion::MQTT5, twice) => {
                let ack = PublishAck { packet_id, reason_code, ..PublishAck::default() };
                MqttPacket::V5(if twice {
                    v5::Packet::PublishReceived(ack)
                } else {
                    v5::Packet::PublishAck(ack)
                })
            }
        }
    }
}
