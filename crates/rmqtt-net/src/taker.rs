//! What takes a PUBLISH off a connection before RMQTT sees it.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use bytestring::ByteString;
use rmqtt_codec::types::Publish;
use rmqtt_codec::v5::PublishAckReason;
use tokio::sync::Semaphore;

/// Asked about each PUBLISH of a client that is connected, except for repeats of one at `QoS` 2 that it has already.
pub trait Taker: Send + Sync + 'static {
    /// What happens to it. Must not block.
    fn take(&self, client: &Client, publish: &Publish) -> Taken;
}

/// Who is connected.
#[derive(Clone)]
pub struct Client {
    /// The name that it gave itself, see [`own_name`](crate::own_name).
    pub id: ByteString,
    /// The user name.
    pub user: Option<ByteString>,
}

/// Without what names a client.
impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}

/// What happens to a PUBLISH.
pub enum Taken {
    /// RMQTT has it.
    Pass,
    /// It is acknowledged when this resolves, and RMQTT never sees it.
    Keep(Keeping),
    /// It is gone.
    Refuse(Refusal),
}

impl fmt::Debug for Taken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pass => "Pass",
            Self::Keep(_) => "Keep(..)",
            Self::Refuse(_) => "Refuse(..)",
        })
    }
}

/// Polled once it is the oldest of its connection.
pub type Keeping = Pin<Box<dyn Future<Output = Result<(), Refusal>> + Send + 'static>>;

/// How a PUBLISH is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    /// What MQTT 5 is told.
    pub reason: PublishAckReason,
    /// Whether to send it again would not help. MQTT 3.1.1, which cannot be told a reason, is told that it arrived then;
    /// otherwise its connection is closed.
    pub is_final: bool,
}

/// A taker, and how much may wait for it.
#[derive(Clone)]
pub struct Intake {
    pub(crate) taker: Arc<dyn Taker>,
    /// For one connection, in messages.
    pub(crate) held: usize,
    /// For all together, in bytes.
    pub(crate) room: Arc<Semaphore>,
    /// The whole of `room`.
    pub(crate) bytes: u32,
}

impl Intake {
    /// `held` messages of a connection, and `bytes` of topics and payloads of all of them, may wait at once.
    pub fn new(taker: Arc<dyn Taker>, held: usize, bytes: u32) -> Self {
        let room = usize::try_from(bytes).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS);
        Self { taker, held: held.max(1), room: Arc::new(Semaphore::new(room)), bytes }
    }

    /// What one message takes of the room.
    pub(crate) fn size(&self, publish: &Publish) -> u32 {
        let bytes = publish.topic.len().saturating_add(publish.payload.len()).max(1);
        u32::try_from(bytes).unwrap_or(u32::MAX).min(self.bytes.max(1))
    }
}

impl fmt::Debug for Intake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Intake")
            .field("held", &self.held)
            .field("room", &self.room.available_permits())
            .finish_non_exhaustive()
    }
}
