//! The values of one identifier: how often, from when to when, on which connections.

use std::collections::BTreeMap;

use crate::convert::{count, float};

use super::hash::ByHash;
use super::joins::Joins;
use super::nodes::{Node, Nodes, Sets};
use super::spread::Spread;

/// No connection.
const NOBODY: u32 = u32::MAX;

/// Memory for values, shared by all identifiers.
#[derive(Debug)]
pub(super) struct Budget(pub(super) usize);

/// Where and when a value was met.
#[derive(Debug, Clone, Copy)]
pub(super) struct Met {
    pub(super) at: u64,
    /// The connection it came on, where the observer sees that.
    pub(super) node: Option<Node>,
    /// Messages that it stands for.
    pub(super) messages: u64,
}

/// One value.
#[derive(Debug, Clone, Copy)]
pub(super) struct Held {
    pub(super) first: u64,
    pub(super) last: u64,
    pub(super) messages: u64,
    first_node: u32,
    last_node: u32,
    /// Seen on a connection after another one with it had ended, or fallen silent for good.
    pub(super) returned: bool,
    /// Seen on two connections whose clients were at work at once.
    pub(super) shared: bool,
}

/// All values of one identifier.
#[derive(Debug)]
pub(super) struct Values {
    held: ByHash<Held>,
    most: usize,
    /// Messages whose value could not be held.
    outside: u64,
    messages: u64,
    joins: Joins,
}

/// What is said of an identifier's values at the end.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Figures {
    pub(super) distinct: u64,
    pub(super) at_least: bool,
    pub(super) entropy: f64,
    pub(super) messages: u64,
    /// Median and largest time from first to last, microseconds.
    pub(super) lifetime: (f64, f64),
    /// Values seen on more than one connection, on a later one, on two at work at once.
    pub(super) on_several: u64,
    pub(super) returned: u64,
    pub(super) shared: u64,
    /// Values seen on both sides of a rotation.
    pub(super) rotated: u64,
    /// Values that come back at all.
    pub(super) repeated: u64,
}

impl Held {
    pub(super) const fn new(met: Met) -> Self {
        let node = match met.node {
            Some(Node(node)) => node,
            None => NOBODY,
        };
        Self {
            first: met.at,
            last: met.at,
            messages: met.messages,
            first_node: node,
            last_node: node,
            returned: false,
            shared: false,
        }
    }

    /// Met again. A connection that comes back to a value joins it to the connection that had it before. `key` finds this value again.
    pub(super) fn again(&mut self, key: u64, met: Met, nodes: &Nodes, joins: &mut Joins) {
        self.last = self.last.max(met.at);
        self.messages += met.messages;
        let Some(node) = met.node.filter(|node| node.0 != self.last_node) else {
            return;
        };
        if self.last_node == NOBODY {
            self.first_node = node.0;
        } else {
            let (first, last) = (self.first_node, self.last_node);
            joins.meet(self, key, Node(last), node, nodes);
            if first != last && first != node.0 {
                joins.meet(self, key, Node(first), node, nodes);
            }
        }
        self.last_node = node.0;
    }
}

impl Values {
    pub(super) fn new(most: usize) -> Self {
        Self { held: ByHash::default(), most, outside: 0, messages: 0, joins: Joins::default() }
    }

    pub(super) fn note(&mut self, value: u64, met: Met, nodes: &Nodes, budget: &mut Budget) {
        self.messages += met.messages;
        if let Some(held) = self.held.get_mut(&value) {
            held.again(value, met, nodes, &mut self.joins);
            if self.joins.is_due() {
                self.settle(nodes);
            }
        } else if self.held.len() < self.most && budget.0 > 0 {
            budget.0 -= 1;
            self.held.insert(value, Held::new(met));
        } else {
            self.outside += met.messages.max(1);
        }
    }

    /// Decides what waits and can be decided; at the end of the trace that is all.
    pub(super) fn settle(&mut self, nodes: &Nodes) {
        for (pair, meeting) in self.joins.known(nodes) {
            if let Some(held) = self.held.get_mut(&pair.key) {
                self.joins.decide(held, pair, meeting);
            }
        }
    }

    /// A value whose history was kept elsewhere.
    pub(super) fn adopt(&mut self, value: u64, history: Held) {
        self.messages += history.messages;
        self.held
            .entry(value)
            .and_modify(|held| {
                held.first = held.first.min(history.first);
                held.last = held.last.max(history.last);
                held.messages += history.messages;
                held.returned |= history.returned || held.last_node != history.first_node;
            })
            .or_insert(history);
    }

    pub(super) fn len(&self) -> usize {
        self.held.len()
    }

    pub(super) const fn sets(&self) -> &Sets {
        &self.joins.sets
    }

    /// `epoch` numbers the time between two rotations; `None` where they are not known.
    pub(super) fn figures(&self, epoch: Option<&dyn Fn(u64) -> u64>) -> Figures {
        let mut figures = Figures {
            distinct: count(self.held.len()),
            at_least: self.outside > 0,
            messages: self.messages,
            ..Figures::default()
        };
        let total = float(self.held.values().map(|held| held.messages.max(1)).sum::<u64>() + self.outside);
        let mut lives = Spread::new();
        // summed in order of frequency, so that the last digit is the same every time
        let mut frequencies: BTreeMap<u64, u64> = BTreeMap::new();
        for held in self.held.values() {
            *frequencies.entry(held.messages.max(1)).or_default() += 1;
            lives.add(held.last - held.first);
            figures.returned += u64::from(held.returned);
            figures.shared += u64::from(held.shared);
            figures.on_several += u64::from(held.returned || held.shared);
            figures.repeated += u64::from(held.messages > 1 || held.returned);
            if let Some(epoch) = epoch {
                figures.rotated += u64::from(epoch(held.first) != epoch(held.last));
            }
        }
        for (messages, values) in frequencies {
            let share = float(messages) / total;
            figures.entropy -= float(values) * share * share.log2();
        }
        // what could not be held has at least one value
        figures.distinct += u64::from(figures.at_least);
        figures.entropy = figures.entropy.max(0.0);
        let life = lives.distribution(1.0);
        figures.lifetime = (life.median, life.max);
        figures
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn met(at: u64, node: Option<Node>) -> Met {
        Met { at, node, messages: 1 }
    }

    #[test]
    fn a_value_returns_when_the_first_connection_had_ended() {
        let (mut nodes, mut values, mut budget) = (Nodes::default(), Values::new(10), Budget(100));
        let first = nodes.open(0);
        values.note(7, met(1, first), &nodes, &mut budget);
        let second = nodes.open(5);
        nodes.speaks(second.unwrap(), 6);
        values.note(8, met(6, second), &nodes, &mut budget);
        nodes.speaks(first.unwrap(), 7);
        values.note(8, met(7, first), &nodes, &mut budget);
        nodes.close(first.unwrap(), 9);
        let third = nodes.open(10);
        values.note(7, met(11, third), &nodes, &mut budget);
        let figures = values.figures(Some(&|at| at / 10));
        assert_eq!((figures.distinct, figures.returned, figures.shared, figures.rotated), (2, 1, 1, 1));
        let mut sets = values.sets().clone();
        assert_eq!(sets.root(2), 0);
        assert_ne!(sets.root(1), 0);
        assert!(figures.entropy > 0.99 && figures.lifetime.1 > 9.0);
    }

    #[test]
    fn a_silent_connection_waits_for_its_end() {
        let (mut nodes, mut values, mut budget) = (Nodes::default(), Values::new(10), Budget(100));
        let mut speak = |nodes: &mut Nodes, values: &mut Values, value, at, node: Node| {
            nodes.speaks(node, at);
            values.note(value, met(at, Some(node)), nodes, &mut budget);
        };
        // value 7: the first dies unnoticed; value 8: the third works on beside the fourth
        let connections = [0, 10, 20, 30].map(|at| nodes.open(at).unwrap());
        for (value, at, place) in [(7, 1, 0), (7, 11, 1), (8, 21, 2), (8, 31, 3)] {
            speak(&mut nodes, &mut values, value, at, connections[place]);
        }
        values.settle(&nodes);
        let figures = values.figures(None);
        assert_eq!((figures.returned, figures.shared), (0, 0));
        nodes.speaks(connections[2], 40);
        for node in connections {
            nodes.close(node, 50);
        }
        values.settle(&nodes);
        let figures = values.figures(None);
        assert_eq!((figures.returned, figures.shared, figures.on_several), (1, 1, 2));
        let mut sets = values.sets().clone();
        assert_eq!([0, 1, 2, 3].map(|node| sets.root(node)), [0, 0, 2, 3]);
    }

    #[test]
    fn beyond_the_limit_it_says_at_least() {
        let (nodes, mut values, mut budget) = (Nodes::default(), Values::new(10), Budget(5));
        for value in 0..20 {
            values.note(value, met(value, None), &nodes, &mut budget);
        }
        let figures = values.figures(None);
        assert_eq!((figures.distinct, figures.at_least, figures.messages), (6, true, 20));
    }
}
