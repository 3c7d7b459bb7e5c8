//! Publishing from inside the process: commands to devices.

use std::fmt;

use tokio::sync::{mpsc, oneshot};

use crate::filter::is_topic;
use crate::intake::Qos;

/// Publications from inside that may wait for the engine; then [`Publisher::publish`] waits.
pub(crate) const ROOM: usize = 64;

/// A message from inside, and whom to tell when it was handed to those who subscribe it.
pub(crate) struct FromInside {
    pub(crate) topic: String,
    pub(crate) payload: Vec<u8>,
    pub(crate) qos: Qos,
    pub(crate) retain: bool,
    pub(crate) done: oneshot::Sender<()>,
}

/// Publishes on a running broker from inside its process. No access rule applies, so it is as powerful as an operator.
#[derive(Clone)]
pub struct Publisher(mpsc::Sender<FromInside>);

impl Publisher {
    pub(crate) fn new() -> (Self, mpsc::Receiver<FromInside>) {
        let (sender, receiver) = mpsc::channel(ROOM);
        (Self(sender), receiver)
    }

    /// Publishes. Returns when the message is retained, if asked for, and waits in the queue of each client whose
    /// subscription matches, of those with a kept session too; not when they have it.
    ///
    /// # Errors
    /// [`PublishError`] if the topic is none or the broker has ended.
    pub async fn publish(
        &self,
        topic: impl Into<String>,
        payload: impl Into<Vec<u8>>,
        qos: Qos,
        retain: bool,
    ) -> Result<(), PublishError> {
        let topic = topic.into();
        if !is_topic(&topic) || topic.len() > usize::from(u16::MAX) {
            return Err(PublishError::Topic);
        }
        let (done, is_done) = oneshot::channel();
        let message = FromInside { topic, payload: payload.into(), qos, retain, done };
        self.0.send(message).await.map_err(|_| PublishError::Ended)?;
        is_done.await.map_err(|_| PublishError::Ended)
    }
}

impl fmt::Debug for Publisher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Publisher").finish_non_exhaustive()
    }
}

/// Why a message from inside was not published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PublishError {
    /// The topic is empty, too long, or has a wildcard or a NUL.
    #[error("the topic is empty, too long, or has a wildcard or a NUL")]
    Topic,
    /// The broker has ended.
    #[error("the broker has ended")]
    Ended,
}
