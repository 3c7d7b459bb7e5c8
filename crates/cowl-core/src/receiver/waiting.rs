//! Messages whose tag nobody is expected to use yet: kept a while, in a bounded buffer (spec §4.5).

use alloc::{boxed::Box, collections::VecDeque, vec::Vec};

use hashbrown::HashMap;

use crate::block::TAG_LEN;

/// A first-in, first-out buffer that is searched by tag. Several messages may claim one tag: only the cipher
/// can say which is genuine, so a copy of a tag on garbage displaces nothing.
pub(super) struct Waiting {
    by_tag: HashMap<[u8; TAG_LEN], Vec<Claim>, TagHasher>,
    order: VecDeque<([u8; TAG_LEN], u64)>,
    limit: usize,
    /// The number of the newest message that was ever kept.
    newest: u64,
    /// Messages up to this number were looked for at every place.
    searched: u64,
    /// How many of those that are here were not.
    fresh: usize,
    /// Messages up to this number are stored outside; which of those are not here any more is told once.
    stored: u64,
    gone: Vec<u64>,
}

/// A message, and its number in the order of arrival.
struct Claim {
    number: u64,
    message: Box<[u8]>,
}

/// Tags are a cipher's output or an attacker's choice, so the hash is seeded.
pub(super) type TagHasher = hashbrown::DefaultHashBuilder;

impl Waiting {
    pub(super) fn new(limit: usize) -> Self {
        let (by_tag, order) = (HashMap::default(), VecDeque::new());
        Self { by_tag, order, limit, newest: 0, searched: 0, fresh: 0, stored: 0, gone: Vec::new() }
    }

    /// Keeps a message, dropping the oldest at the limit.
    pub(super) fn keep(&mut self, tag: [u8; TAG_LEN], message: &[u8]) {
        if self.limit == 0 {
            return;
        }
        self.newest += 1;
        self.fresh += 1;
        let number = self.newest;
        self.by_tag.entry(tag).or_default().push(Claim { number, message: message.into() });
        self.order.push_back((tag, number));
        if self.order.len() > self.limit
            && let Some((oldest, number)) = self.order.pop_front()
        {
            // What was taken in the meantime still stands in the order, and dropping it again costs nothing.
            self.retain(&oldest, |claim| claim.number != number);
        }
    }

    /// All messages that claim this tag.
    pub(super) fn take(&mut self, tag: &[u8; TAG_LEN]) -> Vec<Box<[u8]>> {
        let claims = self.by_tag.remove(tag).unwrap_or_default();
        self.fresh -= claims.iter().filter(|claim| claim.number > self.searched).count();
        self.gone.extend(claims.iter().map(|claim| claim.number).filter(|number| *number <= self.stored));
        claims.into_iter().map(|claim| claim.message).collect()
    }

    /// Lets go of this very message.
    pub(super) fn remove(&mut self, tag: &[u8; TAG_LEN], message: &[u8]) {
        self.retain(tag, |claim| *claim.message != *message);
    }

    /// All messages up to this number were looked for at every place.
    pub(super) fn had_their_round(&mut self, number: u64) {
        self.searched = self.searched.max(number);
        self.fresh = self.claims().filter(|claim| claim.number > self.searched).count();
    }

    /// Other places are to be looked at, for all of them.
    pub(super) fn all_fresh(&mut self) {
        self.searched = 0;
        self.fresh = self.len();
    }

    /// How many were not yet looked for at every place.
    pub(super) const fn fresh(&self) -> usize {
        self.fresh
    }

    /// The number of the newest message.
    pub(super) const fn newest(&self) -> u64 {
        self.newest
    }

    /// Messages with numbers above this one that are still here, in the order in which they came.
    pub(super) fn after(&self, number: u64) -> impl Iterator<Item = (u64, &[u8])> {
        let begin = self.order.partition_point(|(_, held)| *held <= number);
        self.order.range(begin..).filter_map(|(tag, number)| {
            let claim = self.by_tag.get(tag)?.iter().find(|claim| claim.number == *number)?;
            Some((*number, &*claim.message))
        })
    }

    /// Messages up to this number are stored outside from now on. Says which of those that were so before are not here any more.
    pub(super) fn stored(&mut self, through: u64) -> Vec<u64> {
        self.stored = through;
        core::mem::take(&mut self.gone)
    }

    /// Lets go of all messages up to this number.
    pub(super) fn drop_through(&mut self, number: u64) {
        while let Some((tag, dropped)) = self.order.pop_front_if(|(_, held)| *held <= number) {
            self.retain(&tag, |claim| claim.number != dropped);
        }
    }

    /// Whether a message claims this tag.
    pub(super) fn holds(&self, tag: &[u8; TAG_LEN]) -> bool {
        self.by_tag.contains_key(tag)
    }

    /// Whether this very message is here.
    pub(super) fn contains(&self, tag: &[u8; TAG_LEN], message: &[u8]) -> bool {
        self.by_tag.get(tag).is_some_and(|claims| claims.iter().any(|claim| *claim.message == *message))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.by_tag.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.by_tag.values().map(Vec::len).sum()
    }

    fn claims(&self) -> impl Iterator<Item = &Claim> {
        self.by_tag.values().flatten()
    }

    fn retain(&mut self, tag: &[u8; TAG_LEN], keeps: impl Fn(&Claim) -> bool) {
        let Some(claims) = self.by_tag.get_mut(tag) else { return };
        for dropped in claims.extract_if(.., |claim| !keeps(claim)) {
            self.fresh -= usize::from(dropped.number > self.searched);
            if dropped.number <= self.stored {
                self.gone.push(dropped.number);
            }
        }
        if claims.is_empty() {
            self.by_tag.remove(tag);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drops_the_oldest() {
        let mut waiting = Waiting::new(2);
        waiting.keep([1; 16], b"a");
        waiting.keep([2; 16], b"b");
        waiting.keep([3; 16], b"c");
        assert_eq!(waiting.len(), 2);
        assert!(waiting.take(&[1; 16]).is_empty());
        assert_eq!(&*waiting.take(&[2; 16])[0], b"b");
        assert!(!waiting.is_empty());
    }

    #[test]
    fn a_copied_tag_displaces_nothing() {
        let mut waiting = Waiting::new(8);
        waiting.keep([1; 16], b"genuine");
        waiting.keep([1; 16], b"garbage");
        assert_eq!(waiting.take(&[1; 16]).len(), 2);
    }

    #[test]
    fn holds_its_limit_under_a_flood() {
        let mut waiting = Waiting::new(8);
        for n in 0..10_000_u128 {
            waiting.keep((n % 100).to_be_bytes(), &[0; 4]);
        }
        assert_eq!((waiting.len(), waiting.order.len()), (8, 8));
    }

    #[test]
    fn counts_what_had_no_round_yet() {
        let mut waiting = Waiting::new(4);
        (1..=3).for_each(|n| waiting.keep([n; 16], &[n]));
        waiting.had_their_round(2);
        assert_eq!(waiting.fresh(), 1);
        waiting.take(&[1; 16]);
        waiting.take(&[3; 16]);
        assert_eq!((waiting.fresh(), waiting.len()), (0, 1));
        (4..=9).for_each(|n| waiting.keep([n; 16], &[n]));
        assert_eq!((waiting.fresh(), waiting.len()), (4, 4), "dropped ones do not count");
        waiting.remove(&[9; 16], &[9]);
        assert_eq!(waiting.fresh(), 3);
        waiting.had_their_round(waiting.newest());
        assert_eq!(waiting.fresh(), 0);
        waiting.all_fresh();
        assert_eq!(waiting.fresh(), 3);
    }

    #[test]
    fn tells_once_what_was_stored_and_is_gone() {
        let mut waiting = Waiting::new(4);
        (1..=4).for_each(|n| waiting.keep([n; 16], &[n]));
        waiting.take(&[2; 16]);
        let numbers = |waiting: &Waiting, after| waiting.after(after).map(|(n, _)| n).collect::<Vec<_>>();
        assert_eq!(numbers(&waiting, 0), [1, 3, 4]);
        assert_eq!(waiting.stored(4), [0; 0], "not stored when it was taken");
        waiting.take(&[3; 16]);
        (5..=6).for_each(|n| waiting.keep([n; 16], &[n]));
        waiting.take(&[6; 16]);
        assert_eq!((numbers(&waiting, 4), waiting.after(2).next()), (alloc::vec![5], Some((4, &[4][..]))));
        assert_eq!(waiting.stored(6), [3, 1], "taken, and dropped at the limit");
        waiting.drop_through(5);
        assert_eq!((waiting.len(), waiting.fresh()), (0, 0));
        assert_eq!(waiting.stored(6), [4, 5]);
        assert_eq!(waiting.stored(6), [0; 0]);
    }

    #[test]
    fn a_tag_that_was_taken_and_came_again_is_not_dropped_early() {
        let mut waiting = Waiting::new(3);
        waiting.keep([1; 16], b"first");
        waiting.take(&[1; 16]);
        waiting.keep([1; 16], b"again");
        waiting.keep([2; 16], b"b");
        waiting.keep([3; 16], b"c");
        assert!(waiting.contains(&[1; 16], b"again"));
    }
}
