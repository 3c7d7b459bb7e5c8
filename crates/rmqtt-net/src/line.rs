//! A connection in a version of MQTT: packets both ways, acknowledgements in their order, and an end to silence.

use std::fmt;
use std::future::{Future, poll_fn};
use std::num::NonZeroU16;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use rmqtt_codec::error::{DecodeError, EncodeError};
use rmqtt_codec::types::Publish;
use rmqtt_codec::v5::{Disconnect, DisconnectReasonCode, ToReasonCode};
use rmqtt_codec::version::ProtocolVersion;
use rmqtt_codec::{MqttCodec, MqttPacket, v3, v5};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{AcquireError, OwnedSemaphorePermit};
use tokio::time::{Sleep, sleep, timeout};

use crate::MqttError;
use crate::builder::Builder;
use crate::held::{Ack, Held, Next};
use crate::keep_alive::Silence;
use crate::taker::{Client, Intake, Taken};
use crate::wire::Wire;

/// Packets handled at once before other tasks get their turn.
const BURST: usize = 32;

/// How long a peer that was told why may take to read it.
const LINGER: Duration = Duration::from_millis(250);

/// A connection whose version of MQTT is known.
pub struct Line<Io> {
    wire: Wire<Io>,
    version: ProtocolVersion,
    cfg: Arc<Builder>,
    intake: Option<Intake>,
    /// From CONNECT on.
    client: Option<Client>,
    /// From CONNACK on, when the client is let in.
    silence: Option<Silence>,
    held: Held,
    /// A publish that there was no room for. Nothing else is read until there is.
    waiting: Option<Waiting>,
    /// Runs while the peer does not take acknowledgements.
    stuck: Option<Pin<Box<Sleep>>>,
    /// Nothing more is read.
    over: bool,
    /// The peer may still be told why the connection ends.
    listens: bool,
    /// It was, and is waited for to read it.
    lingers: bool,
}

struct Waiting {
    publish: Box<Publish>,
    room: Pin<Box<dyn Future<Output = Result<OwnedSemaphorePermit, AcquireError>> + Send>>,
}

/// Whether to go on reading.
enum Step {
    Read,
    /// Not before an acknowledgement is known.
    Stop,
    /// Not before something is written.
    Full,
    Over,
}

impl<Io> Line<Io> {
    pub(crate) fn new(
        wire: Wire<Io>,
        version: ProtocolVersion,
        cfg: Arc<Builder>,
        intake: Option<Intake>,
    ) -> Self {
        Self {
            wire,
            version,
            cfg,
            intake,
            client: None,
            silence: None,
            held: Held::new(version),
            waiting: None,
            stuck: None,
            over: false,
            listens: false,
            lingers: false,
        }
    }

    /// How packets are read and written.
    pub fn codec_mut(&mut self) -> &mut MqttCodec {
        self.wire.codec_mut()
    }

    /// The client is this one, and asks for this keep-alive.
    pub(crate) fn connects(&mut self, client: Client) {
        self.client = Some(client);
    }

    /// The client was let in.
    pub(crate) fn connected(&mut self, keep_alive: u16) {
        self.silence = Some(Silence::new(keep_alive));
        self.listens = true;
    }

    /// Whether RMQTT's acknowledgement has to wait for others; it does then.
    fn behind(&mut self, packet: MqttPacket) -> Option<MqttPacket> {
        if self.held.is_empty() {
            return Some(packet);
        }
        self.held.known(packet);
        None
    }

    /// Has the taker look at a packet; gives back what is RMQTT's.
    fn offer(&mut self, packet: MqttPacket) -> Result<Option<MqttPacket>, MqttError> {
        let publish = match packet {
            MqttPacket::V3(v3::Packet::Publish(publish)) | MqttPacket::V5(v5::Packet::Publish(publish)) => {
                publish
            }
            MqttPacket::V3(v3::Packet::PublishRelease { packet_id }) => {
                return self.released(packet_id, packet);
            }
            MqttPacket::V5(v5::Packet::PublishRelease(ref ack)) => {
                return self.released(ack.packet_id, packet);
            }
            packet => return Ok(Some(packet)),
        };
        if self.held.repeats(&publish) {
            return Ok(None);
        }
        let Some(intake) = &self.intake else { return Ok(Some(self.packet(publish))) };
        if let Ok(room) = Arc::clone(&intake.room).try_acquire_many_owned(intake.size(&publish)) {
            return self.take(publish, room);
        }
        let room = Box::pin(Arc::clone(&intake.room).acquire_many_owned(intake.size(&publish)));
        self.waiting = Some(Waiting { publish, room });
        // Polled in the next round, which follows at once.
        Ok(None)
    }

    fn released(&mut self, id: NonZeroU16, packet: MqttPacket) -> Result<Option<MqttPacket>, MqttError> {
        let Some(answer) = self.held.release(id) else { return Ok(Some(packet)) };
        self.wire.put(answer)?;
        Ok(None)
    }

    fn take(
        &mut self,
        publish: Box<Publish>,
        room: OwnedSemaphorePermit,
    ) -> Result<Option<MqttPacket>, MqttError> {
        let (Some(intake), Some(client)) = (&self.intake, &self.client) else {
            return Ok(Some(self.packet(publish)));
        };
        let ack = Ack::of(&publish);
        match intake.taker.take(client, &publish) {
            Taken::Pass => return Ok(Some(self.packet(publish))),
            Taken::Refuse(refusal) => self.held.refused(refusal, ack),
            Taken::Keep(keeping) => self.held.waits(keeping, ack, room),
        }
        // MQTT 5 §3.3.4; to 3.1.1 it is a limit like others.
        if self.held.unreleased() > usize::from(self.cfg.max_inflight.get()) {
            return Err(MqttError::TooManyUnreleased);
        }
        Ok(None)
    }

    fn packet(&self, publish: Box<Publish>) -> MqttPacket {
        match self.version {
            ProtocolVersion::MQTT3 => MqttPacket::V3(v3::Packet::Publish(publish)),
            ProtocolVersion::MQTT5 => MqttPacket::V5(v5::Packet::Publish(publish)),
        }
    }

    /// The peer is not there any more, or not to be spoken to.
    fn lost(&mut self) {
        self.over = true;
        self.listens = false;
    }
}

impl<Io: AsyncRead + AsyncWrite + Unpin> Line<Io> {
    /// The next packet that is RMQTT's; `None` at the end.
    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<MqttPacket, MqttError>>> {
        if self.over {
            return Poll::Ready(None);
        }
        for _ in 0..BURST {
            match self.poll_step(cx) {
                Poll::Ready(Some(Ok(None))) => {}
                Poll::Ready(Some(Ok(Some(packet)))) => return Poll::Ready(Some(Ok(packet))),
                Poll::Ready(Some(Err(error))) => {
                    self.over = true;
                    self.bid_farewell(error.to_reason_code(), cx);
                    return Poll::Ready(Some(Err(error)));
                }
                Poll::Ready(None) => {
                    self.over = true;
                    return Poll::Ready(None);
                }
                Poll::Pending => return Poll::Pending,
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// One packet's worth of work: acknowledgements out, a packet in. `Ok(None)` if it needed nobody else.
    fn poll_step(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Option<MqttPacket>, MqttError>>> {
        let step = match self.settle(cx) {
            Ok(step) => step,
            Err(error) => return Poll::Ready(Some(Err(error))),
        };
        let read = match step {
            Step::Over => {
                self.listens = false;
                return Poll::Ready(None);
            }
            Step::Stop | Step::Full => Poll::Pending,
            Step::Read => self.poll_read(cx),
        };
        match read {
            Poll::Ready(outcome) => Poll::Ready(outcome),
            Poll::Pending => match self.poll_written(cx) {
                Poll::Ready(Err(())) => {
                    self.lost();
                    Poll::Ready(None)
                }
                // Nothing would wake this again.
                Poll::Ready(Ok(())) if matches!(step, Step::Full) => Poll::Ready(Some(Ok(None))),
                Poll::Ready(Ok(())) | Poll::Pending => Poll::Pending,
            },
        }
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Option<MqttPacket>, MqttError>>> {
        if let Some(waiting) = &mut self.waiting {
            let room = ready!(waiting.room.as_mut().poll(cx));
            let Some(Waiting { publish, .. }) = self.waiting.take() else { return Poll::Ready(None) };
            self.heard();
            return Poll::Ready(Some(match room {
                Ok(room) => self.take(publish, room),
                // Nobody closes the room.
                Err(_) => Ok(Some(self.packet(publish))),
            }));
        }
        match self.wire.poll_next(cx) {
            Poll::Ready(Some(Ok(packet))) => {
                self.heard();
                if is_disconnect(&packet) {
                    // MQTT 5 §3.14.4: if it does not close now, the broker does.
                    self.lost();
                    return Poll::Ready(Some(Ok(Some(packet))));
                }
                let connected = self.silence.is_some();
                Poll::Ready(Some(if connected { self.offer(packet) } else { Ok(Some(packet)) }))
            }
            Poll::Ready(Some(Err(error))) => {
                // What is under MQTT broke; nothing more is said on it.
                self.listens &= !matches!(error, DecodeError::Io(_));
                Poll::Ready(Some(Err(error.into())))
            }
            Poll::Ready(None) => {
                self.lost();
                Poll::Ready(None)
            }
            Poll::Pending => {
                let Some(silence) = &mut self.silence else { return Poll::Pending };
                ready!(silence.poll(cx));
                Poll::Ready(Some(Err(MqttError::ReadTimeout)))
            }
        }
    }

    /// Writes the acknowledgements that are known, as far as there is room for them.
    fn settle(&mut self, cx: &mut Context<'_>) -> Result<Step, MqttError> {
        while self.wire.has_room() {
            match self.held.poll_next(cx) {
                Poll::Ready(Some(Next::Send(packet))) => self.wire.put(packet)?,
                Poll::Ready(Some(Next::Nothing)) => {}
                Poll::Ready(Some(Next::Close)) => {
                    // What was acknowledged before goes out, if it goes at once; the peer sends the rest again anyway.
                    let _ = self.wire.poll_flush(cx);
                    return Ok(Step::Over);
                }
                Poll::Ready(None) | Poll::Pending => break,
            }
        }
        let most = self.intake.as_ref().map_or(usize::MAX, |intake| intake.held);
        let full = !self.wire.has_room();
        if self.held.len() < most && !full {
            return Ok(Step::Read);
        }
        // The client may say what it likes, nobody hears it.
        self.heard();
        Ok(if full { Step::Full } else { Step::Stop })
    }

    /// Writes what waits; an error if the peer is gone or does not take it in time.
    fn poll_written(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), ()>> {
        let written = self.wire.poll_flush(cx);
        if written.is_ready() {
            self.stuck = None;
            return written.map_err(drop);
        }
        if self.cfg.send_timeout.is_zero() {
            return Poll::Pending;
        }
        let limit = self.cfg.send_timeout;
        ready!(self.stuck.get_or_insert_with(|| Box::pin(sleep(limit))).as_mut().poll(cx));
        Poll::Ready(Err(()))
    }

    fn heard(&mut self) {
        if let Some(silence) = &mut self.silence {
            silence.broken();
        }
    }

    /// Tells a client of MQTT 5 why the connection ends (§3.14), if it takes it at once.
    fn bid_farewell(&mut self, reason_code: DisconnectReasonCode, cx: &mut Context<'_>) {
        if self.version == ProtocolVersion::MQTT5 && self.listens {
            let _ = self.wire.put(farewell(reason_code));
            let _ = self.wire.poll_flush(cx);
            self.lingers = true;
        }
        self.listens = false;
    }
}

impl<Io: AsyncRead + AsyncWrite + Unpin> Line<Io> {
    /// Sends a packet.
    pub(crate) async fn send(&mut self, packet: MqttPacket) -> Result<(), MqttError> {
        self.wire.put(packet)?;
        let limit = self.cfg.send_timeout;
        let written = poll_fn(|cx| self.wire.poll_flush(cx));
        if limit.is_zero() {
            written.await.map_err(EncodeError::from)?;
        } else {
            timeout(limit, written).await.map_err(|_| MqttError::WriteTimeout)?.map_err(EncodeError::from)?;
        }
        Ok(())
    }

    /// Sends PUBLISH. If the connection fails at that, it is not said here but by the end of the stream: RMQTT forgets a
    /// message whose sending fails, and keeps one that was sent and not acknowledged, so only like this it sends a
    /// message of `QoS` 1 again on the next connection.
    pub(crate) async fn send_publish(&mut self, publish: Box<Publish>) -> Result<(), MqttError> {
        if self.over {
            return Ok(());
        }
        match self.send(self.packet(publish)).await {
            Err(MqttError::Encode(EncodeError::Io(_)) | MqttError::WriteTimeout) => {
                self.lost();
                Ok(())
            }
            outcome => outcome,
        }
    }

    /// Sends RMQTT's acknowledgement of a publish, in its turn.
    pub(crate) async fn send_ack(&mut self, packet: MqttPacket) -> Result<(), MqttError> {
        match self.behind(packet) {
            Some(packet) => self.send(packet).await,
            None => Ok(()),
        }
    }

    /// RMQTT is done with the connection. A client of MQTT 5 that listens still is told why first, which RMQTT does
    /// after this.
    pub(crate) async fn close(&mut self) -> Result<(), MqttError> {
        self.over = true;
        if self.listens && self.version == ProtocolVersion::MQTT5 {
            return Ok(());
        }
        self.end().await
    }

    /// Tells a client of MQTT 5 why the connection ends, and closes it.
    pub(crate) async fn disconnect(&mut self, disconnect: &Disconnect) -> Result<(), MqttError> {
        if self.listens {
            // RMQTT has no own reason for the session that goes to another connection (MQTT 5 §3.1.4).
            let reason = match disconnect.reason_code {
                DisconnectReasonCode::NotAuthorized => DisconnectReasonCode::SessionTakenOver,
                other => other,
            };
            self.lingers = true;
            self.send(farewell(reason)).await?;
        }
        self.end().await
    }

    async fn end(&mut self) -> Result<(), MqttError> {
        self.lost();
        let limit = self.cfg.send_timeout.max(Duration::from_secs(1));
        let closed = timeout(limit, poll_fn(|cx| self.wire.poll_close(cx))).await;
        if self.lingers {
            // A socket that is dropped with something unread takes back what it sent last.
            let _ = timeout(LINGER, poll_fn(|cx| self.wire.poll_drain(cx))).await;
        }
        self.wire.drop_stream();
        self.held = Held::new(self.version);
        self.waiting = None;
        match closed {
            Ok(outcome) => Ok(outcome.map_err(EncodeError::from)?),
            Err(_) => Err(MqttError::WriteTimeout),
        }
    }
}

impl<Io> fmt::Debug for Line<Io> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Line").field("held", &self.held.len()).finish_non_exhaustive()
    }
}

fn is_disconnect(packet: &MqttPacket) -> bool {
    matches!(packet, MqttPacket::V3(v3::Packet::Disconnect) | MqttPacket::V5(v5::Packet::Disconnect(_)))
}

/// Without RMQTT's text: it could quote what somebody sent.
fn farewell(reason_code: DisconnectReasonCode) -> MqttPacket {
    MqttPacket::V5(v5::Packet::Disconnect(Disconnect { reason_code, ..Disconnect::default() }))
}

#[cfg(test)]
#[path = "line_tests.rs"]
mod tests;
