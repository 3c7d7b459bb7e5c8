//! Messages on their way out: which are unwritten, which unacknowledged, and how many more may follow.

use std::collections::VecDeque;
use std::num::NonZeroU16;

use tokio::sync::oneshot;

use super::super::Qos;
use super::super::publisher::{Refusal, Unsettled};

/// Packet identifiers are 1 to 65,535 (MQTT 5 §2.2.1). The last of them are the caller's: [`super::held`].
const IDS: usize = 61_439;

/// Who is told about a message's fate.
#[derive(Debug)]
pub(in super::super) enum Owner {
    /// A caller who keeps count himself.
    Sequence(u64),
    /// A caller who waits; `Some` tells why it was refused.
    Waiter(oneshot::Sender<Option<&'static str>>),
    /// Nobody: QoS 0 that is handed over and forgotten.
    Nobody,
}

/// A place in the order of all messages handed over.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Mark {
    bytes: u64,
    messages: u64,
}

/// The send side of a connection. Identifiers are given in turn and messages leave `pending` from its front,
/// so the place of an identifier in it is a subtraction.
#[derive(Debug)]
pub(super) struct Outbound {
    window: usize,
    exact_window: usize,
    pending: VecDeque<Pending>,
    /// How many messages have left `pending`; also decides the identifier of its front.
    left: u64,
    open: usize,
    unwritten: VecDeque<Unwritten>,
    encoded: u64,
    written: u64,
    settled_through: Option<u64>,
    refusals: Vec<Refusal>,
}

#[derive(Debug)]
struct Pending {
    owner: Owner,
    stage: Stage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    PubAck,
    PubRec,
    PubComp,
    Settled,
}

/// A message of QoS 0 that ends at byte `end` of all bytes of the connection.
#[derive(Debug)]
struct Unwritten {
    end: u64,
    sequence: u64,
}

impl Outbound {
    /// `window` messages unacknowledged at a time; one of QoS 2 only if fewer than `exact_window` are.
    pub(super) fn new(window: NonZeroU16, exact_window: NonZeroU16) -> Self {
        Self {
            window: usize::from(window.get()),
            exact_window: usize::from(exact_window.min(window).get()),
            pending: VecDeque::new(),
            left: 0,
            open: 0,
            unwritten: VecDeque::new(),
            encoded: 0,
            written: 0,
            settled_through: None,
            refusals: Vec::new(),
        }
    }

    /// The identifier that the next message of QoS 1 or 2 has to bear.
    pub(super) fn next_id(&self) -> NonZeroU16 {
        let turn = (self.left % IDS as u64) + self.pending.len() as u64;
        u16::try_from(turn % IDS as u64 + 1).ok().and_then(NonZeroU16::new).unwrap_or(NonZeroU16::MIN)
    }

    /// A message of `qos` was encoded into `bytes` bytes (at QoS > 0 under [`Self::next_id`]).
    pub(super) fn handed_over(&mut self, qos: Qos, owner: Owner, bytes: usize) {
        self.encoded += bytes as u64;
        let stage = match (qos, owner) {
            (Qos::AtMostOnce, Owner::Sequence(sequence)) => {
                return self.unwritten.push_back(Unwritten { end: self.encoded, sequence });
            }
            (Qos::AtMostOnce, _) => return,
            (Qos::AtLeastOnce, owner) => Pending { owner, stage: Stage::PubAck },
            (Qos::ExactlyOnce, owner) => Pending { owner, stage: Stage::PubRec },
        };
        self.open += 1;
        self.pending.push_back(stage);
    }

    /// Bytes that are not a message's.
    pub(super) fn encoded(&mut self, bytes: usize) {
        self.encoded += bytes as u64;
    }

    /// The system took `bytes` more bytes.
    pub(super) fn written(&mut self, bytes: usize) {
        self.written += bytes as u64;
        while self.unwritten.front().is_some_and(|message| message.end <= self.written) {
            self.unwritten.pop_front();
        }
    }

    /// PUBACK. Unknown identifiers are ignored: a broker that says it twice does no harm.
    pub(super) fn puback(&mut self, id: NonZeroU16, refused: Option<&'static str>) {
        self.settle_if(id, Stage::PubAck, refused);
    }

    /// PUBREC. Returns whether PUBREL is due.
    pub(super) fn pubrec(&mut self, id: NonZeroU16, refused: Option<&'static str>) -> bool {
        if refused.is_some() {
            self.settle_if(id, Stage::PubRec, refused);
            return false;
        }
        match self.find(id) {
            Some(pending) if pending.stage == Stage::PubRec || pending.stage == Stage::PubComp => {
                pending.stage = Stage::PubComp;
                true
            }
            _ => false,
        }
    }

    /// PUBCOMP.
    pub(super) fn pubcomp(&mut self, id: NonZeroU16) {
        self.settle_if(id, Stage::PubComp, None);
    }

    pub(super) fn take_refusals(&mut self) -> Vec<Refusal> {
        std::mem::take(&mut self.refusals)
    }

    /// Whether one more message of `qos` may be sent now.
    pub(super) fn has_room(&self, qos: Qos) -> bool {
        let window = match qos {
            Qos::AtMostOnce => return true,
            Qos::AtLeastOnce => self.window,
            Qos::ExactlyOnce => self.exact_window,
        };
        self.open < window && self.pending.len() < IDS
    }

    /// Whether so many more of QoS 1 may be sent now.
    pub(super) fn has_room_for(&self, count: usize) -> bool {
        self.open + count <= self.window && self.pending.len() + count <= IDS
    }

    pub(super) fn window(&self) -> usize {
        self.window
    }

    pub(super) fn mark(&self) -> Mark {
        Mark { bytes: self.encoded, messages: self.left + self.pending.len() as u64 }
    }

    pub(super) fn has_reached(&self, mark: Mark) -> bool {
        self.written >= mark.bytes && self.left >= mark.messages
    }

    pub(super) fn settled_through(&self) -> Option<u64> {
        self.settled_through
    }

    /// How many were settled, in whatever order.
    pub(super) fn answered(&self) -> u64 {
        (self.left + self.pending.len() as u64).saturating_sub(self.open as u64)
    }

    pub(super) fn refusals(&self) -> &[Refusal] {
        &self.refusals
    }

    pub(super) fn unsettled(&self) -> Unsettled {
        let open = self.pending.iter().filter(|pending| pending.stage != Stage::Settled);
        Unsettled {
            unacknowledged: open
                .filter_map(|pending| match pending.owner {
                    Owner::Sequence(sequence) => Some(sequence),
                    Owner::Waiter(_) | Owner::Nobody => None,
                })
                .collect(),
            unwritten: self.unwritten.iter().map(|message| message.sequence).collect(),
        }
    }

    fn find(&mut self, id: NonZeroU16) -> Option<&mut Pending> {
        let front = usize::try_from(self.left % IDS as u64).ok()?;
        let place = (usize::from(id.get()) - 1 + IDS - front) % IDS;
        self.pending.get_mut(place)
    }

    fn settle_if(&mut self, id: NonZeroU16, stage: Stage, refused: Option<&'static str>) {
        let Some(pending) = self.find(id).filter(|pending| pending.stage == stage) else { return };
        pending.stage = Stage::Settled;
        match std::mem::replace(&mut pending.owner, Owner::Nobody) {
            // The caller may have stopped waiting.
            Owner::Waiter(waiter) => drop(waiter.send(refused)),
            Owner::Sequence(sequence) => {
                pending.owner = Owner::Sequence(sequence);
                if let Some(why) = refused {
                    self.refusals.push(Refusal { sequence, why });
                }
            }
            Owner::Nobody => {}
        }
        self.open -= 1;
        while self.pending.front().is_some_and(|pending| pending.stage == Stage::Settled) {
            if let Some(Pending { owner: Owner::Sequence(sequence), .. }) = self.pending.pop_front() {
                self.settled_through = Some(sequence);
            }
            self.left += 1;
        }
    }
}
