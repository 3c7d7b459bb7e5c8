//! Connections by a running number: when each began, spoke and ended, and which belong together.

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
    /// The first said nothing more once the second spoke. It may have been there still: the broker closes a broken connection when its
    /// client comes back with the same client id (MQTT 5 §3.1.4), or when its keep-alive has passed (§3.1.2.10).
    After,
    /// Both were at work at once: the first went on speaking after the second had begun to.
    AtOnce,
    /// Not known yet: the first is silent, but has not ended.
    Open,
}

/// When a connection did what; [`OPEN`] is never.
#[derive(Debug, Clone, Copy)]
struct Life {
    opened: u64,
    closed: u64,
    /// First and last time that the client said something.
    spoke: u64,
    heard: u64,
}

#[derive(Debug, Default)]
pub(super) struct Nodes {
    lives: Vec<Life>,
    /// Set where topics stand for senders: they have no ends, and two of them with one value belong together whenever they were.
    timeless: bool,
}

impl Nodes {
    pub(super) fn timeless() -> Self {
        Self { timeless: true, ..Self::default() }
    }

    /// A connection begins. `None` beyond the limit.
    pub(super) fn open(&mut self, at: u64) -> Option<Node> {
        if self.lives.len() >= MAX_NODES {
            return None;
        }
        let node = Node(u32::try_from(self.lives.len()).ok()?);
        self.lives.push(Life { opened: at, closed: OPEN, spoke: OPEN, heard: 0 });
        Some(node)
    }

    /// The client says something.
    pub(super) fn speaks(&mut self, node: Node, at: u64) {
        if let Some(life) = self.life_mut(node) {
            life.spoke = life.spoke.min(at);
            life.heard = life.heard.max(at);
        }
    }

    /// A connection ends, if it has not.
    pub(super) fn close(&mut self, node: Node, at: u64) {
        if let Some(life) = self.life_mut(node) {
            life.closed = life.closed.min(at);
        }
    }

    /// How `later` met `earlier`, as far as is known now.
    pub(super) fn meeting(&self, earlier: Node, later: Node) -> Meeting {
        let (Some(earlier), Some(later)) = (self.life(earlier), self.life(later)) else {
            return Meeting::Open;
        };
        if self.timeless {
            Meeting::After
        } else if earlier.heard > later.spoke {
            Meeting::AtOnce
        } else if earlier.closed == OPEN {
            Meeting::Open
        } else {
            Meeting::After
        }
    }

    /// Whether some connection began after another had ended.
    pub(super) fn any_after(&self) -> bool {
        let first_end = self.lives.iter().map(|life| life.closed).min().unwrap_or(OPEN);
        self.lives.iter().any(|life| life.opened >= first_end)
    }

    pub(super) fn len(&self) -> usize {
        self.lives.len()
    }

    /// Beginning and end; a connection that is still open ends at `now`.
    pub(super) fn span(&self, node: Node, now: u64) -> (u64, u64) {
        let (opened, closed) = self.life(node).map_or((OPEN, OPEN), |life| (life.opened, life.closed));
        let opened = opened.min(now);
        (opened, closed.min(now).max(opened))
    }

    fn life(&self, node: Node) -> Option<&Life> {
        self.lives.get(usize::try_from(node.0).ok()?)
    }

    fn life_mut(&mut self, node: Node) -> Option<&mut Life> {
        self.lives.get_mut(usize::try_from(node.0).ok()?)
    }
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
    fn two_are_at_once_when_the_older_goes_on_speaking() {
        let mut nodes = Nodes::default();
        let first = nodes.open(10).unwrap();
        nodes.speaks(first, 11);
        let second = nodes.open(20).unwrap();
        // before the second speaks the first may
        nodes.speaks(first, 21);
        nodes.speaks(second, 22);
        assert_eq!(nodes.meeting(first, second), Meeting::Open);
        nodes.close(first, 30);
        assert_eq!(nodes.meeting(first, second), Meeting::After);
        let third = nodes.open(30).unwrap();
        assert_eq!(nodes.meeting(first, third), Meeting::After);
        nodes.speaks(third, 31);
        nodes.speaks(second, 32);
        assert_eq!(nodes.meeting(second, third), Meeting::AtOnce);
        nodes.close(second, 33);
        assert_eq!(nodes.meeting(second, third), Meeting::AtOnce);
        assert_eq!((nodes.span(first, 99), nodes.span(third, 99)), ((10, 30), (30, 99)));
    }
}
