//! Connections by a running number: when each began and ended, and which belong together.

/// Connections that are followed one by one; of further ones only sums are kept.
const MAX_NODES: usize = 1 << 22;
/// Not ended yet.
const OPEN: u64 = u64::MAX;

/// Running number of a connection (or, where the observer sees no senders, of a topic).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Node(pub(super) u32);

/// How two connections lie in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meeting {
    /// The second began after the first had ended.
    After,
    /// Both were there at once.
    AtOnce,
}

#[derive(Debug, Default)]
pub(super) struct Nodes {
    opened: Vec<u64>,
    closed: Vec<u64>,
    /// Set where topics stand for senders: they have no ends, and two of them with one value belong together whenever they were.
    timeless: bool,
}

impl Nodes {
    pub(super) fn timeless() -> Self {
        Self { timeless: true, ..Self::default() }
    }

    /// A connection begins. `None` beyond the limit.
    pub(super) fn open(&mut self, at: u64) -> Option<Node> {
        if self.opened.len() >= MAX_NODES {
            return None;
        }
        let node = Node(u32::try_from(self.opened.len()).ok()?);
        self.opened.push(at);
        self.closed.push(OPEN);
        Some(node)
    }

    /// A connection ends, if it has not.
    pub(super) fn close(&mut self, node: Node, at: u64) {
        if let Some(closed) = usize::try_from(node.0).ok().and_then(|place| self.closed.get_mut(place)) {
            *closed = (*closed).min(at);
        }
    }

    /// How `later`, which is open now, met `earlier`.
    pub(super) fn meeting(&self, earlier: Node, later: Node) -> Meeting {
        let (closed, opened) = (get(&self.closed, earlier), get(&self.opened, later));
        if closed <= opened || self.timeless { Meeting::After } else { Meeting::AtOnce }
    }

    /// Whether some connection began after another had ended.
    pub(super) fn any_after(&self) -> bool {
        let first_end = self.closed.iter().min().copied().unwrap_or(OPEN);
        self.opened.iter().any(|opened| *opened >= first_end)
    }

    pub(super) fn len(&self) -> usize {
        self.opened.len()
    }

    /// Beginning and end; a connection that is still open ends at `now`.
    pub(super) fn span(&self, node: Node, now: u64) -> (u64, u64) {
        let opened = get(&self.opened, node).min(now);
        (opened, get(&self.closed, node).min(now).max(opened))
    }
}

fn get(times: &[u64], node: Node) -> u64 {
    usize::try_from(node.0).ok().and_then(|place| times.get(place)).copied().unwrap_or(OPEN)
}

/// Sets of connections that were found to belong together (union by smaller number, paths halved).
#[derive(Debug, Default, Clone)]
pub(super) struct Sets(Vec<u32>);

impl Sets {
    pub(super) fn join(&mut self, one: Node, other: Node) {
        let (one, other) = (self.root(one.0), self.root(other.0));
        let (low, high) = (one.min(other), one.max(other));
        if low != high {
            self.set(high, low);
        }
    }

    pub(super) fn root(&mut self, node: u32) -> u32 {
        let mut node = node;
        loop {
            let parent = self.parent(node);
            if parent == node {
                return node;
            }
            let above = self.parent(parent);
            if above != parent {
                self.set(node, above);
            }
            node = above;
        }
    }

    /// Takes over every join of another.
    pub(super) fn merge(&mut self, other: &Self) {
        for (node, parent) in (0_u32..).zip(&other.0) {
            if node != *parent {
                self.join(Node(node), Node(*parent));
            }
        }
    }

    fn parent(&self, node: u32) -> u32 {
        usize::try_from(node).ok().and_then(|place| self.0.get(place)).copied().unwrap_or(node)
    }

    fn set(&mut self, node: u32, parent: u32) {
        let Ok(place) = usize::try_from(node) else {
            return;
        };
        while self.0.len() <= place {
            let next = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
            self.0.push(next);
        }
        if let Some(slot) = self.0.get_mut(place) {
            *slot = parent;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joins_reach_across() {
        let mut sets = Sets::default();
        sets.join(Node(7), Node(3));
        sets.join(Node(9), Node(7));
        let mut other = Sets::default();
        other.join(Node(3), Node(1));
        sets.merge(&other);
        let root = sets.root(9);
        assert!([1, 3, 7].into_iter().all(|node| sets.root(node) == root));
        assert_ne!(sets.root(2), root);
    }

    #[test]
    fn what_began_after_the_end_is_a_reconnect() {
        let mut nodes = Nodes::default();
        let first = nodes.open(10).unwrap();
        let second = nodes.open(20).unwrap();
        assert_eq!(nodes.meeting(first, second), Meeting::AtOnce);
        nodes.close(first, 30);
        assert_eq!(nodes.meeting(first, second), Meeting::AtOnce);
        let third = nodes.open(30).unwrap();
        assert_eq!(nodes.meeting(first, third), Meeting::After);
        assert_eq!((nodes.span(first, 99), nodes.span(third, 99)), ((10, 30), (30, 99)));
    }
}
