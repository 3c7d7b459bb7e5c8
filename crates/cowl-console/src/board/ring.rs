//! What changed lately, so that who was away for a moment misses nothing: keys only, nothing of what was erased stays here.

use std::collections::{HashSet, VecDeque};

use super::CaseKey;

/// Changes that are remembered: at 50 a second, twenty minutes. 24 bytes each.
const REMEMBERED: usize = 65_536;

/// The cases that changed since a moment: each once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Changes {
    /// Up to which change.
    pub(crate) seq: u64,
    /// In the order of their last change.
    pub(crate) keys: Vec<CaseKey>,
}

/// The last changes.
#[derive(Debug, Default)]
pub(super) struct Ring {
    /// The number of the newest change; 0: none so far.
    seq: u64,
    last: VecDeque<CaseKey>,
    /// Before this one nothing can be told.
    begin: u64,
}

impl Ring {
    /// Notes a change.
    pub(super) fn note(&mut self, key: CaseKey) {
        if self.last.len() >= REMEMBERED {
            self.last.pop_front();
            self.begin += 1;
        }
        self.last.push_back(key);
        self.seq += 1;
    }

    /// So much is another that who looks has to look anew.
    pub(super) fn begin_anew(&mut self) {
        self.last.clear();
        self.seq += 1;
        self.begin = self.seq;
    }

    /// The newest change.
    pub(super) const fn seq(&self) -> u64 {
        self.seq
    }

    /// What changed after this one; `None`: that cannot be told any more.
    pub(super) fn since(&self, seq: u64) -> Option<Changes> {
        if seq < self.begin || seq > self.seq {
            return None;
        }
        let skipped = usize::try_from(seq - self.begin).ok()?;
        let mut seen = HashSet::new();
        let mut keys: Vec<_> =
            self.last.iter().skip(skipped).rev().copied().filter(|key| seen.insert(*key)).collect();
        keys.reverse();
        Some(Changes { seq: self.seq, keys })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: u8) -> CaseKey {
        CaseKey([number; 12])
    }

    #[test]
    fn exactly_what_was_missed_each_once() {
        let mut ring = Ring::default();
        for number in [1, 2, 1, 3] {
            ring.note(key(number));
        }
        let since = |seq| ring.since(seq).map(|changes| (changes.seq, changes.keys));
        assert_eq!(since(0), Some((4, vec![key(2), key(1), key(3)])));
        assert_eq!(since(2), Some((4, vec![key(1), key(3)])));
        assert_eq!(since(4), Some((4, vec![])));
        assert_eq!(since(5), None);
    }

    #[test]
    fn what_is_too_long_ago_is_said_to_be() {
        let mut ring = Ring::default();
        for _ in 0..REMEMBERED + 3 {
            ring.note(key(1));
        }
        assert!(ring.since(2).is_none() && ring.since(3).is_some());
        ring.begin_anew();
        let seq = ring.seq();
        assert!(ring.since(seq - 1).is_none() && ring.since(seq).is_some());
    }
}
