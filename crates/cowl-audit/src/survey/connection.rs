//! What is remembered of a connection while it lasts.

use crate::mqtt::Dialogue;
use crate::trace::Carrier;

use super::counter::Slot;
use super::nodes::Node;
use super::pace::Pace;
use super::traits::Shown;

/// An open connection: the reader of its packets, and what they said.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) dialogue: Dialogue,
    pub(super) state: State,
}

/// What the packets of a connection said.
#[derive(Debug)]
pub(super) struct State {
    pub(super) node: Option<Node>,
    pub(super) opened: u64,
    pub(super) last: u64,
    pub(super) carrier: Carrier,
    /// Hash of the client id, else of the address: whose earlier connection this may continue.
    pub(super) client: Option<u64>,
    pub(super) address: Option<u64>,
    pub(super) shown: Vec<Shown>,
    pub(super) messages: u64,
    pub(super) pace: Pace,
    /// Smallest and largest payload, or record.
    pub(super) sizes: (u32, u32),
    pub(super) first_id: Option<u16>,
    pub(super) last_id: Option<u16>,
    /// Steps between packet ids: by one, and otherwise.
    pub(super) id_steps: (u32, u32),
    pub(super) counters: Vec<Slot>,
    /// TLS records to the server.
    pub(super) records: u64,
    pub(super) hello: bool,
    pub(super) packets: u64,
    /// Subscriptions so far, order included.
    pub(super) subscribed: Option<u64>,
}

impl Connection {
    pub(super) fn new(node: Option<Node>, at: u64, carrier: Carrier) -> Self {
        let state = State {
            node,
            opened: at,
            last: at,
            carrier,
            client: None,
            address: None,
            shown: Vec::new(),
            messages: 0,
            pace: Pace::default(),
            sizes: (u32::MAX, 0),
            first_id: None,
            last_id: None,
            id_steps: (0, 0),
            counters: Vec::new(),
            records: 0,
            hello: false,
            packets: 0,
            subscribed: None,
        };
        Self { dialogue: Dialogue::new(), state }
    }
}

impl State {
    /// A packet identifier of a PUBLISH that is no repetition.
    pub(super) fn packet_id(&mut self, id: u16) {
        if let Some(last) = self.last_id {
            if id == last.wrapping_add(1) || (last == u16::MAX && id == 1) {
                self.id_steps.0 = self.id_steps.0.saturating_add(1);
            } else {
                self.id_steps.1 = self.id_steps.1.saturating_add(1);
            }
        }
        self.first_id.get_or_insert(id);
        self.last_id = Some(id);
    }

    pub(super) fn size(&mut self, size: u32) {
        self.sizes = (self.sizes.0.min(size), self.sizes.1.max(size));
    }
}
