//! Which messages wait for their device on whose disk.
//!
//! A message that is kept on a member's disk is acknowledged and comes to nobody again, so exactly one member has to go on with it.
//! The last one to say that it keeps a message does; of a member that is gone, the first of those that are there takes all and says so.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::MemberId;

/// What waits on other members' disks, as far as they said.
#[derive(Debug, Default)]
pub(crate) struct Custody {
    kept: HashMap<Arc<[u8]>, (MemberId, u64)>,
    /// The same in the order in which it was said.
    order: BTreeMap<u64, Arc<[u8]>>,
    next: u64,
}

impl Custody {
    /// A member says that it keeps a message. At most `most` are remembered; the oldest are forgotten first.
    pub(crate) fn claim(&mut self, member: MemberId, message: &[u8], most: usize) {
        self.release(message);
        let message: Arc<[u8]> = message.into();
        self.kept.insert(Arc::clone(&message), (member, self.next));
        self.order.insert(self.next, message);
        self.next += 1;
        while self.order.len() > most
            && let Some((_, oldest)) = self.order.pop_first()
        {
            self.kept.remove(&oldest);
        }
    }

    /// A message waits nowhere else any more.
    pub(crate) fn release(&mut self, message: &[u8]) {
        if let Some((_, number)) = self.kept.remove(message) {
            self.order.remove(&number);
        }
    }

    /// Whether another member keeps this message.
    pub(crate) fn is_kept(&self, message: &[u8]) -> bool {
        self.kept.contains_key(message)
    }

    /// The messages whose keepers are like this, in the order in which they were said, with their keepers.
    pub(crate) fn of(&self, is_asked: impl Fn(&MemberId) -> bool) -> Vec<(MemberId, Vec<u8>)> {
        let kept = self.order.values().filter_map(|message| Some((self.kept.get(message)?.0, message)));
        kept.filter(|(member, _)| is_asked(member))
            .map(|(member, message)| (member, message.to_vec()))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: MemberId = MemberId([1; 8]);
    const B: MemberId = MemberId([2; 8]);

    #[test]
    fn the_last_who_says_so_keeps_it() {
        let mut custody = Custody::default();
        custody.claim(A, b"one", 9);
        custody.claim(A, b"two", 9);
        custody.claim(B, b"one", 9);
        assert_eq!(custody.of(|member| *member == A), [(A, b"two".to_vec())]);
        assert_eq!(custody.of(|_| true), [(A, b"two".to_vec()), (B, b"one".to_vec())]);
        custody.release(b"two");
        assert!(custody.is_kept(b"one") && !custody.is_kept(b"two"));
        assert_eq!(custody.of(|member| *member == A), []);
    }

    #[test]
    fn the_oldest_are_forgotten_at_the_limit() {
        let mut custody = Custody::default();
        for number in 0..10_u8 {
            custody.claim(A, &[number], 3);
        }
        custody.claim(B, &[7], 3);
        let kept: Vec<_> = custody.of(|_| true).into_iter().map(|(_, message)| message).collect();
        assert_eq!(kept, [[8], [9], [7]]);
        assert_eq!(custody.kept.len(), 3);
    }
}
