//! What a broker can do to gateways and relays beyond looking on: withhold, delay, replay. It does each in hours of its own choosing, to
//! see what becomes of their traffic; to phones and the authority it is honest.

use super::CallerId;
use crate::scenario::HOUR;

/// One round of its tricks, in hours.
const ROUND: u64 = 8;
/// Hours of a round: no acknowledgements; no new notices, an old one instead; answers to one node held back.
const WITHHOLDS: u64 = 2;
const REPEATS: u64 = 4;
const HOLDS: u64 = 6;
/// For how long, in microseconds: less than a node's patience, so that the connection stands.
const HELD: u64 = 30_000_000;

/// A broker that acts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hostile {
    /// The nodes: callers from this one up to that one, which is none.
    pub(crate) nodes: (usize, usize),
}

impl Hostile {
    /// Whether it withholds the acknowledgement of a message that came now.
    pub(super) fn withholds(self, caller: CallerId, at: u64) -> bool {
        self.is_node(caller) && turn(at) == WITHHOLDS
    }

    /// Whether it passes on an old notice instead of a new one.
    pub(super) fn repeats(self, caller: CallerId, at: u64) -> bool {
        self.is_node(caller) && turn(at) == REPEATS
    }

    /// How long it holds back what it says, in microseconds.
    pub(super) fn holds(self, caller: CallerId, at: u64) -> u64 {
        if caller.0 == self.nodes.0 && self.is_node(caller) && turn(at) == HOLDS { HELD } else { 0 }
    }

    fn is_node(self, caller: CallerId) -> bool {
        (self.nodes.0..self.nodes.1).contains(&caller.0)
    }
}

fn turn(at: u64) -> u64 {
    at / (HOUR * 1_000_000) % ROUND
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_acts_on_nodes_only_and_one_thing_at_a_time() {
        let hostile = Hostile { nodes: (10, 14) };
        let mut acts = [0; 3];
        for hour in 0..24 {
            let at = hour * HOUR * 1_000_000 + 7;
            let done = |caller| {
                [hostile.withholds(caller, at), hostile.repeats(caller, at), hostile.holds(caller, at) > 0]
            };
            assert_eq!(done(CallerId(9)), [false; 3]);
            assert_eq!(done(CallerId(14)), [false; 3]);
            assert!(!done(CallerId(13))[2], "one node's answers are held back");
            let first = done(CallerId(10));
            assert!(first.iter().filter(|does| **does).count() <= 1);
            acts.iter_mut().zip(first).for_each(|(count, does)| *count += u32::from(does));
        }
        assert_eq!(acts, [3; 3]);
    }
}
