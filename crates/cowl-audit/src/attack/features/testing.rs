//! Views of payloads alone, for tests.

use crate::truth::MessageRef;
use crate::view::{Adversary, Message, Pool, View};

/// A view of these payloads, a minute apart, on no connection that is seen.
pub(crate) fn view(payloads: &[Vec<u8>]) -> View {
    let mut bytes = Pool::default();
    let messages = payloads
        .iter()
        .zip(0_u32..)
        .map(|(payload, number)| Message {
            id: MessageRef { connection: 0, ordinal: number },
            at: u64::from(number) * 60_000_000,
            connection: None,
            size: 0,
            topic: 0..0,
            payload: bytes.put(payload),
            properties: 0..0,
            opened: 0..0,
            packet_id: None,
            qos: 0,
            retain: false,
            planted: None,
        })
        .collect();
    View { adversary: Adversary::Subscriber, connections: Vec::new(), messages, bytes }
}
