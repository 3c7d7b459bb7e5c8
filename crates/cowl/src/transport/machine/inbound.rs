//! Messages on their way in: which are new, and which still owe the broker an answer.

use std::collections::{BTreeMap, VecDeque};
use std::num::NonZeroU16;

use super::super::wire::{Answer, Delivery};
use super::super::{Acks, Qos};

/// Names one delivery for the caller's acknowledgement; never used twice.
pub(in super::super) type Token = u64;

/// The receive side of a session; outlives its connections.
#[derive(Debug)]
pub(super) struct Inbound {
    acks: Acks,
    /// Deliveries of this connection in order of arrival. The place of a token is a subtraction.
    owed: VecDeque<Owed>,
    first_token: Token,
    /// Exactly-once deliveries from their first PUBLISH to their PUBREL.
    exact: BTreeMap<NonZeroU16, Exact>,
}

#[derive(Debug)]
struct Owed {
    id: NonZeroU16,
    answer: Answer,
    verdict: Verdict,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Open,
    Accepted,
    /// The caller dropped it: no answer, but it holds back none of those after it.
    Dropped,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Exact {
    /// With the caller; the broker has no PUBREC yet.
    Delivered { token: Token, on_this_connection: bool },
    /// The caller accepted it while there was no connection; the PUBREC is due at the next PUBLISH.
    Accepted,
    /// PUBREC sent, PUBREL awaited.
    Recorded,
}

/// What to do with a PUBLISH.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Arriving {
    /// Give it to the caller; with a token if he has to acknowledge.
    New(Option<Token>),
    /// It has been delivered before.
    Duplicate,
    /// There are more unanswered than there are packet identifiers.
    TooMany,
}

impl Inbound {
    pub(super) fn new(acks: Acks) -> Self {
        Self { acks, owed: VecDeque::new(), first_token: 0, exact: BTreeMap::new() }
    }

    /// A new connection, on which the broker remembers our session or not.
    pub(super) fn reconnected(&mut self, session_present: bool) {
        self.first_token += self.owed.len() as u64;
        self.owed.clear();
        if !session_present {
            self.exact.clear();
        }
        for exact in self.exact.values_mut() {
            if let Exact::Delivered { on_this_connection, .. } = exact {
                *on_this_connection = false;
            }
        }
    }

    /// A PUBLISH. Answers that are due go to `answer`, in order.
    pub(super) fn publish(
        &mut self,
        delivery: &Delivery,
        mut answer: impl FnMut(Answer, NonZeroU16),
    ) -> Arriving {
        let (Some(id), true) = (delivery.id, delivery.qos != Qos::AtMostOnce) else {
            return Arriving::New(None);
        };
        if delivery.qos == Qos::ExactlyOnce {
            match self.exact.get_mut(&id) {
                None => {}
                Some(Exact::Delivered { on_this_connection, .. }) => {
                    *on_this_connection = true;
                    return Arriving::Duplicate;
                }
                Some(known) => {
                    *known = Exact::Recorded;
                    answer(Answer::PubRec, id);
                    return Arriving::Duplicate;
                }
            }
        }
        let due = if delivery.qos == Qos::ExactlyOnce { Answer::PubRec } else { Answer::PubAck };
        if self.acks == Acks::Automatic {
            if due == Answer::PubRec {
                self.exact.insert(id, Exact::Recorded);
            }
            answer(due, id);
            return Arriving::New(None);
        }
        if self.owed.len() >= usize::from(u16::MAX) {
            return Arriving::TooMany;
        }
        let token = self.first_token + self.owed.len() as u64;
        self.owed.push_back(Owed { id, answer: due, verdict: Verdict::Open });
        if due == Answer::PubRec {
            self.exact.insert(id, Exact::Delivered { token, on_this_connection: true });
        }
        Arriving::New(Some(token))
    }

    /// PUBREL: the broker will not send this message again. PUBCOMP is due, known or not (§4.3.3).
    pub(super) fn pubrel(&mut self, id: NonZeroU16) {
        self.exact.remove(&id);
    }

    /// The caller is done with a delivery, `accepted` or dropped.
    pub(super) fn judged(
        &mut self,
        token: Token,
        accepted: bool,
        mut answer: impl FnMut(Answer, NonZeroU16),
    ) {
        let place = token.checked_sub(self.first_token).and_then(|place| usize::try_from(place).ok());
        let Some(owed) = place.and_then(|place| self.owed.get_mut(place)) else {
            return self.judged_late(token, accepted, answer);
        };
        owed.verdict = if accepted { Verdict::Accepted } else { Verdict::Dropped };
        while let Some(owed) = self.owed.pop_front_if(|owed| owed.verdict != Verdict::Open) {
            self.first_token += 1;
            let exact = owed.answer == Answer::PubRec;
            if owed.verdict == Verdict::Accepted {
                if exact {
                    self.exact.insert(owed.id, Exact::Recorded);
                }
                answer(owed.answer, owed.id);
            } else if exact {
                self.exact.remove(&owed.id);
            }
        }
    }

    /// A delivery of an earlier connection. At least once: the broker sends it again anyway. Exactly once:
    /// it must not reach the caller a second time.
    fn judged_late(&mut self, token: Token, accepted: bool, mut answer: impl FnMut(Answer, NonZeroU16)) {
        let found = self.exact.iter().find_map(|(id, exact)| match exact {
            Exact::Delivered { token: its, on_this_connection } if *its == token => {
                Some((*id, *on_this_connection))
            }
            _ => None,
        });
        match found {
            None => {}
            Some((id, _)) if !accepted => drop(self.exact.remove(&id)),
            Some((id, true)) => {
                self.exact.insert(id, Exact::Recorded);
                answer(Answer::PubRec, id);
            }
            Some((id, false)) => drop(self.exact.insert(id, Exact::Accepted)),
        }
    }
}
