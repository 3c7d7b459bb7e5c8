//! Joins by equal values, some of which wait until it is known whether two clients were at work at once.

use super::nodes::{Meeting, Node, Nodes, Sets};
use super::values::Held;

/// Pairs of one identifier that wait; of further ones it is taken that both were at work.
const MAX_WAITING: usize = 1 << 18;
/// Pairs after which the first look is taken.
const LOOK: usize = 4_096;

/// Connections that one identifier joins.
#[derive(Debug, Default)]
pub(super) struct Joins {
    pub(super) sets: Sets,
    waiting: Vec<Pair>,
    /// Pairs that came since the last look, and those that were left then.
    since: usize,
    left: usize,
}

/// Two connections with one value, the older one not ended yet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pair {
    /// Whose value: a hash, or a place in a list.
    pub(super) key: u64,
    earlier: Node,
    later: Node,
}

impl Joins {
    /// Two connections with one value, in either order.
    pub(super) fn meet(&mut self, held: &mut Held, key: u64, one: Node, other: Node, nodes: &Nodes) {
        // two that take turns are met in either order
        let (earlier, later) = if one.0 <= other.0 { (one, other) } else { (other, one) };
        let pair = Pair { key, earlier, later };
        match nodes.meeting(earlier, later) {
            Meeting::Open if held.shared => {}
            Meeting::Open => {
                self.since += 1;
                if self.waiting.len() < MAX_WAITING {
                    self.waiting.push(pair);
                } else {
                    held.shared = true;
                }
            }
            meeting => self.decide(held, pair, meeting),
        }
    }

    /// Takes over what has become known.
    pub(super) fn decide(&mut self, held: &mut Held, pair: Pair, meeting: Meeting) {
        match meeting {
            Meeting::AtOnce => held.shared = true,
            Meeting::After => {
                held.returned = true;
                if !held.shared {
                    self.sets.join(pair.earlier, pair.later);
                }
            }
            Meeting::Open => {}
        }
    }

    /// Whether so many pairs came that a look at all that wait is cheap beside them.
    pub(super) fn is_due(&self) -> bool {
        self.since >= LOOK.max(self.left)
    }

    /// The pairs of which it is known by now; those that were at work at once first, since they keep others from being joined.
    pub(super) fn known(&mut self, nodes: &Nodes) -> Vec<(Pair, Meeting)> {
        let mut known = Vec::new();
        self.waiting.retain(|pair| {
            let meeting = nodes.meeting(pair.earlier, pair.later);
            if meeting != Meeting::Open {
                known.push((*pair, meeting));
            }
            meeting == Meeting::Open
        });
        known.sort_by_key(|(_, meeting)| *meeting != Meeting::AtOnce);
        (self.since, self.left) = (0, self.waiting.len());
        known
    }
}
