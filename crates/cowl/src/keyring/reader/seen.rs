//! The ids of the reports that came last: a second copy is dropped by them.

use std::collections::{HashSet, VecDeque};

use cowl_core::ReportId;

/// So many ids at most, the oldest forgotten first. About 60 bytes each.
#[derive(Debug)]
pub(super) struct Seen {
    ids: HashSet<ReportId>,
    order: VecDeque<ReportId>,
    limit: usize,
}

impl Seen {
    /// The ids of an earlier run, oldest first.
    pub(super) fn new(limit: usize, earlier: impl IntoIterator<Item = ReportId>) -> Self {
        let mut seen = Self { ids: HashSet::new(), order: VecDeque::new(), limit: limit.max(1) };
        for id in earlier {
            seen.insert(id);
        }
        seen
    }

    /// Whether an id is new.
    pub(super) fn insert(&mut self, id: ReportId) -> bool {
        if !self.ids.insert(id) {
            return false;
        }
        self.order.push_back(id);
        if self.order.len() > self.limit
            && let Some(oldest) = self.order.pop_front()
        {
            self.ids.remove(&oldest);
        }
        true
    }

    /// How many are remembered at most.
    pub(super) const fn limit(&self) -> usize {
        self.limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drops_copies_and_forgets_the_oldest_only() {
        let mut seen = Seen::new(2, [ReportId([1; 16])]);
        assert!(!seen.insert(ReportId([1; 16])));
        assert!(seen.insert(ReportId([2; 16])));
        assert!(seen.insert(ReportId([3; 16])));
        assert!(!seen.insert(ReportId([2; 16])));
        assert!(seen.insert(ReportId([1; 16])), "forgotten");
        assert_eq!(seen.ids.len(), 2);
    }
}
