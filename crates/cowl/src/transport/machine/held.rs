//! Messages of `QoS` 2 whose identifiers and steps are the caller's: he writes down where he can find it again what is sent and
//! what is to be released, so that after his death the session goes on where it was (MQTT 5 §4.3.3, §4.4).

use std::collections::BTreeMap;
use std::num::NonZeroU16;

/// The first of the caller's identifiers; below it they are given in turn ([`super::outbound`]).
const FIRST: u16 = 61_440;
/// How many there are.
pub(in super::super) const HELD: u16 = u16::MAX - FIRST + 1;

/// The caller's identifiers, counted from 0.
pub(in super::super) fn held_id(number: u16) -> Option<NonZeroU16> {
    FIRST.checked_add(number).and_then(NonZeroU16::new)
}

/// Whether an identifier is one of those.
pub(super) fn is_held(id: NonZeroU16) -> bool {
    id.get() >= FIRST
}

/// Which were sent or released on this connection and are not answered, and what was refused.
#[derive(Debug, Default)]
pub(super) struct Held {
    open: BTreeMap<NonZeroU16, Step>,
    refused: Vec<(NonZeroU16, &'static str)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    PubRec,
    PubComp,
}

impl Held {
    pub(super) fn sent(&mut self, id: NonZeroU16) {
        self.open.insert(id, Step::PubRec);
    }

    pub(super) fn released(&mut self, id: NonZeroU16) {
        self.open.insert(id, Step::PubComp);
    }

    /// PUBREC: nothing is answered before the caller says so.
    pub(super) fn pubrec(&mut self, id: NonZeroU16, refused: Option<&'static str>) {
        if self.open.get(&id) == Some(&Step::PubRec) {
            self.open.remove(&id);
            self.refused.extend(refused.map(|why| (id, why)));
        }
    }

    /// PUBCOMP, also of what the broker does not know any more: it was released before.
    pub(super) fn pubcomp(&mut self, id: NonZeroU16) {
        if self.open.get(&id) == Some(&Step::PubComp) {
            self.open.remove(&id);
        }
    }

    /// What was refused, once all is answered.
    pub(super) fn take(&mut self) -> Option<Vec<(NonZeroU16, &'static str)>> {
        self.open.is_empty().then(|| std::mem::take(&mut self.refused))
    }
}
