//! The state machine of a connection: no socket, no clock, no task. Packets go in, bytes come out, and
//! what it needs to know of time is an argument.

mod held;
mod inbound;
mod outbound;
mod pulse;

use std::num::NonZeroU16;

use bytes::BytesMut;
use tokio::time::Instant;

use self::held::Held;
use self::inbound::{Arriving, Inbound};
use self::outbound::Outbound;
use self::pulse::{Beat, Pulse};
use super::error::{Error, Kind};
use super::publisher::{Refusal, Unsettled};
use super::wire::{Answer, ConnAck, Delivery, Incoming, Writer};
use super::{Acks, Options, Publication, Qos};

pub(super) use self::held::{HELD, held_id};
pub(super) use self::inbound::Token;
pub(super) use self::outbound::{Mark, Owner};

/// Bytes encoded ahead of the socket before callers have to wait.
const HIGH_WATER: usize = 256 * 1024;

/// A connection after its CONNACK, and the session that can outlive it.
#[derive(Debug)]
pub(super) struct Machine {
    writer: Writer,
    out: BytesMut,
    outbound: Outbound,
    held: Held,
    inbound: Inbound,
    pulse: Pulse,
    max_qos: Qos,
    exact_window: usize,
    retain: bool,
    /// The goodbye is encoded: nothing may follow it (MQTT 5 §3.14.4).
    said_goodbye: bool,
}

/// A message for the caller; `token` if he has to acknowledge it.
pub(super) struct Arrival {
    pub(super) delivery: Delivery,
    pub(super) token: Option<Token>,
}

impl Machine {
    pub(super) fn new(options: &Options, ack: &ConnAck, acks: Acks, now: Instant) -> Self {
        let mut machine = Self {
            writer: Writer::new(options.version, options.max_packet),
            out: BytesMut::new(),
            outbound: Outbound::new(options.in_flight, options.in_flight),
            held: Held::default(),
            inbound: Inbound::new(acks),
            pulse: Pulse::new(0, now),
            max_qos: Qos::ExactlyOnce,
            exact_window: 0,
            retain: true,
            said_goodbye: false,
        };
        machine.connected(options, ack, now);
        machine
    }

    /// The limits of a new connection. Nothing of what was to be sent on the old one is kept.
    pub(super) fn connected(&mut self, options: &Options, ack: &ConnAck, now: Instant) {
        self.writer.limit_to(options.max_packet.min(ack.max_packet));
        self.out.clear();
        self.outbound = Outbound::new(options.in_flight.min(ack.receive_max), ack.receive_max_exact);
        self.held = Held::default();
        self.exact_window = usize::from(options.in_flight.min(ack.receive_max_exact).get());
        self.inbound.reconnected(ack.session_present);
        self.pulse = Pulse::new(ack.keep_alive_s.unwrap_or(options.keep_alive_s), now);
        self.max_qos = ack.max_qos;
        self.retain = ack.retain;
        self.said_goodbye = false;
    }

    /// Encodes a message. Ask [`Self::has_room`] before.
    pub(super) fn publish(&mut self, publication: Publication, owner: Owner) -> Result<(), Error> {
        let qos = publication.qos;
        self.allows(&publication)?;
        let id = (qos != Qos::AtMostOnce).then(|| self.outbound.next_id());
        let before = self.out.len();
        self.writer.publish(publication, id, false, &mut self.out)?;
        self.outbound.handed_over(qos, owner, self.out.len() - before);
        Ok(())
    }

    /// Encodes a message of `QoS` 2 under an identifier of the caller's, who says when it is released; `dup`: it may have been
    /// sent on an earlier connection of this session.
    pub(super) fn send_held(
        &mut self,
        id: NonZeroU16,
        publication: Publication,
        dup: bool,
    ) -> Result<(), Error> {
        let publication = Publication { qos: Qos::ExactlyOnce, ..publication };
        self.allows(&publication)?;
        let before = self.out.len();
        self.writer.publish(publication, Some(id), dup, &mut self.out)?;
        self.outbound.encoded(self.out.len() - before);
        self.held.sent(id);
        Ok(())
    }

    /// Releases a message of that kind: from now on the broker passes it on, and it is not sent again.
    pub(super) fn release_held(&mut self, id: NonZeroU16) -> Result<(), Error> {
        self.held.released(id);
        self.answer_all([(Answer::PubRel, id)])
    }

    /// What was answered to the messages of that kind, once all were.
    pub(super) fn take_held(&mut self) -> Option<Vec<(NonZeroU16, &'static str)>> {
        self.held.take()
    }

    /// How many messages of `QoS` 2 the broker takes at a time.
    pub(super) const fn exact_window(&self) -> usize {
        self.exact_window
    }

    /// The best quality of service.
    pub(super) const fn max_qos(&self) -> Qos {
        self.max_qos
    }

    /// Digests one packet; returns the message that it brought, if it did.
    pub(super) fn handle(&mut self, packet: Incoming) -> Result<Option<Arrival>, Error> {
        if self.said_goodbye {
            return Ok(None);
        }
        match packet {
            Incoming::Publish(delivery) => return self.arrive(delivery),
            Incoming::PubRec { id, refused } if held::is_held(id) => self.held.pubrec(id, refused),
            Incoming::PubComp { id } if held::is_held(id) => self.held.pubcomp(id),
            Incoming::PubAck { id, .. } if held::is_held(id) => {}
            Incoming::PubAck { id, refused } => self.outbound.puback(id, refused),
            Incoming::PubRec { id, refused } => {
                if self.outbound.pubrec(id, refused) {
                    self.answer_all([(Answer::PubRel, id)])?;
                }
            }
            Incoming::PubRel { id } => {
                self.inbound.pubrel(id);
                self.answer_all([(Answer::PubComp, id)])?;
            }
            Incoming::PubComp { id } => self.outbound.pubcomp(id),
            Incoming::PingResp => {}
            Incoming::Disconnect { why } => return Err(Kind::Lost(why).into()),
            Incoming::ConnAck(_) | Incoming::SubAck { .. } | Incoming::Unexpected => {
                return Err(Kind::Protocol("a packet that does not belong here").into());
            }
        }
        Ok(None)
    }

    /// The caller is done with a delivery.
    pub(super) fn judged(&mut self, token: Token, accepted: bool) -> Result<(), Error> {
        if self.said_goodbye {
            return Ok(());
        }
        let mut due = Vec::new();
        self.inbound.judged(token, accepted, |answer, id| due.push((answer, id)));
        self.answer_all(due)
    }

    /// The last packet.
    pub(super) fn goodbye(&mut self) {
        self.said_goodbye = true;
        let before = self.out.len();
        Writer::disconnect(&mut self.out);
        self.outbound.encoded(self.out.len() - before);
    }

    /// Time has passed.
    pub(super) fn tick(&mut self, now: Instant, listening: bool) -> Result<(), Error> {
        if self.said_goodbye {
            return Ok(());
        }
        match self.pulse.beat(now, listening) {
            Beat::Nothing => Ok(()),
            Beat::Ping => {
                let before = self.out.len();
                Writer::ping(&mut self.out);
                self.outbound.encoded(self.out.len() - before);
                Ok(())
            }
            Beat::Dead(seconds) => Err(Kind::Silent(seconds).into()),
        }
    }

    /// Exchanges the encoded bytes for an empty buffer.
    pub(super) fn take_out(&mut self, empty: &mut BytesMut) {
        empty.clear();
        std::mem::swap(&mut self.out, empty);
    }

    pub(super) fn sent(&mut self, bytes: usize, now: Instant) {
        self.outbound.written(bytes);
        self.pulse.sent(now);
    }

    pub(super) fn heard(&mut self, now: Instant) {
        self.pulse.heard(now);
    }

    pub(super) fn take_refusals(&mut self) -> Vec<Refusal> {
        self.outbound.take_refusals()
    }

    pub(super) fn has_room(&self, qos: Qos) -> bool {
        self.out.len() < HIGH_WATER && self.outbound.has_room(qos)
    }

    /// Whether so many messages of QoS 1 can follow one another now.
    pub(super) fn has_room_for(&self, count: usize) -> bool {
        self.out.len() < HIGH_WATER && self.outbound.has_room_for(count)
    }

    /// The window of unacknowledged messages of QoS 1.
    pub(super) fn window(&self) -> usize {
        self.outbound.window()
    }

    pub(super) fn has_output(&self) -> bool {
        !self.out.is_empty()
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.pulse.deadline()
    }

    pub(super) fn mark(&self) -> Mark {
        self.outbound.mark()
    }

    pub(super) fn has_reached(&self, mark: Mark) -> bool {
        self.outbound.has_reached(mark)
    }

    pub(super) fn settled_through(&self) -> Option<u64> {
        self.outbound.settled_through()
    }

    pub(super) fn answered(&self) -> u64 {
        self.outbound.answered()
    }

    pub(super) fn refusals(&self) -> &[Refusal] {
        self.outbound.refusals()
    }

    pub(super) fn unsettled(&self) -> Unsettled {
        self.outbound.unsettled()
    }

    fn allows(&self, publication: &Publication) -> Result<(), Error> {
        if publication.qos > self.max_qos {
            return Err(Kind::NotAllowed("this quality of service").into());
        }
        if publication.retain && !self.retain {
            return Err(Kind::NotAllowed("retained messages").into());
        }
        Ok(())
    }

    fn arrive(&mut self, delivery: Delivery) -> Result<Option<Arrival>, Error> {
        let mut due = None;
        let arriving = self.inbound.publish(&delivery, |answer, id| due = Some((answer, id)));
        if let Some((answer, id)) = due {
            self.answer_all([(answer, id)])?;
        }
        Ok(match arriving {
            Arriving::New(token) => Some(Arrival { delivery, token }),
            Arriving::Duplicate => None,
            Arriving::TooMany => {
                return Err(Kind::Protocol("more unacknowledged messages than packet identifiers").into());
            }
        })
    }

    fn answer_all(&mut self, answers: impl IntoIterator<Item = (Answer, NonZeroU16)>) -> Result<(), Error> {
        let before = self.out.len();
        for (answer, id) in answers {
            self.writer.answer(answer, id, &mut self.out)?;
        }
        self.outbound.encoded(self.out.len() - before);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
