//! What goes out and what comes in.

use std::num::NonZeroU32;

use bytes::Bytes;

use super::{Qos, Topic, Version};

/// One message to be published.
#[derive(Clone)]
pub struct Publication {
    /// Where to.
    pub topic: Topic,
    /// The bytes, sent as they are.
    pub payload: Bytes,
    /// How surely.
    pub qos: Qos,
    /// Whether the broker keeps it for later subscribers.
    pub retain: bool,
    /// Properties of MQTT 5; refused on a 3.1.1 connection. All of them stand in the clear.
    pub properties: Option<Box<Properties>>,
}

/// One message that arrived.
pub struct Message {
    /// The topic it was published to.
    pub topic: Topic,
    /// The bytes. They share memory with their neighbours on the wire (at most 64 KiB each time): copy
    /// what is kept for long.
    pub payload: Bytes,
    /// The quality of service of this delivery, at most the one subscribed with.
    pub qos: Qos,
    /// Whether it was kept by the broker and is older than the subscription.
    pub retain: bool,
    /// Whether the broker may have delivered it before.
    pub dup: bool,
    /// Properties of MQTT 5, where there are any.
    pub properties: Option<Box<Properties>>,
    /// The protocol version of the connection it came on.
    pub received_on: Version,
    pub(super) receipt: Option<super::subscriber::Receipt>,
}

/// The properties of an MQTT 5 PUBLISH (§3.3.2.3), except topic aliases, which are never used.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Properties {
    /// Seconds after which the broker forgets the message.
    pub expiry_s: Option<NonZeroU32>,
    /// MIME type or the like.
    pub content_type: Option<String>,
    /// Where an answer should go.
    pub response_topic: Option<String>,
    /// What the answer should carry.
    pub correlation: Option<Bytes>,
    /// Whether the payload is said to be UTF-8.
    pub utf8: bool,
    /// Names and values, in order, repeated names allowed.
    pub user: Vec<(String, String)>,
}

impl Publication {
    /// A message without retain flag and properties.
    pub fn new(topic: Topic, payload: impl Into<Bytes>, qos: Qos) -> Self {
        Self { topic, payload: payload.into(), qos, retain: false, properties: None }
    }

    /// The same, kept by the broker for later subscribers.
    #[must_use]
    pub fn retained(mut self) -> Self {
        self.retain = true;
        self
    }

    /// The same with MQTT 5 properties.
    #[must_use]
    pub fn with_properties(mut self, properties: Properties) -> Self {
        self.properties = Some(Box::new(properties));
        self
    }
}

impl Message {
    /// Tells the broker that the message is dealt with. Without effect at QoS 0 and with
    /// [`Acks::Automatic`](super::Acks::Automatic).
    ///
    /// A message dropped without this call is delivered again on the next connection of the same session,
    /// so acknowledge what is rejected for good, too. Acknowledgements leave in order of arrival (MQTT 5
    /// §4.6): one made early waits for those before it to be made or dropped.
    pub fn ack(&mut self) {
        if let Some(receipt) = self.receipt.take() {
            receipt.acknowledge();
        }
    }
}

// Payload and topic belong to people: only sizes are shown.
impl std::fmt::Debug for Publication {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { topic, payload, qos, retain, properties: _ } = self;
        f.debug_struct("Publication")
            .field("topic", topic)
            .field("bytes", &payload.len())
            .field("qos", qos)
            .field("retain", retain)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Message {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Message")
            .field("topic", &self.topic)
            .field("bytes", &self.payload.len())
            .field("qos", &self.qos)
            .field("retain", &self.retain)
            .field("dup", &self.dup)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Properties {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Properties").field("user", &self.user.len()).finish_non_exhaustive()
    }
}
