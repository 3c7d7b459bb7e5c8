//! Messages whose tag nobody is expected to use yet: kept a while, in a bounded buffer (spec §4.5).

use alloc::{boxed::Box, collections::VecDeque, vec::Vec};

use hashbrown::HashMap;

use crate::block::TAG_LEN;

/// A first-in, first-out buffer that is searched by tag. Several messages may claim one tag: only the cipher
/// can say which is genuine, so a copy of a tag on garbage displaces nothing.
pub(super) struct Waiting {
    by_tag: HashMap<[u8; TAG_LEN], Vec<Box<[u8]>>, TagHasher>,
    order: VecDeque<[u8; TAG_LEN]>,
    limit: usize,
}

/// Tags are a cipher's output or an attacker's choice, so the hash is seeded.
pub(super) type TagHasher = hashbrown::DefaultHashBuilder;

impl Waiting {
    pub(super) fn new(limit: usize) -> Self {
        Self { by_tag: HashMap::default(), order: VecDeque::new(), limit }
    }

    /// Keeps a message, dropping the oldest at the limit.
    pub(super) fn keep(&mut self, tag: [u8; TAG_LEN], message: &[u8]) {
        if self.limit == 0 {
            return;
        }
        self.by_tag.entry(tag).or_default().push(message.into());
        self.order.push_back(tag);
        if self.order.len() > self.limit
            && let Some(oldest) = self.order.pop_front()
        {
            self.drop_first(&oldest);
        }
    }

    /// All messages that claim this tag.
    pub(super) fn take(&mut self, tag: &[u8; TAG_LEN]) -> Vec<Box<[u8]>> {
        self.by_tag.remove(tag).unwrap_or_default()
    }

    /// Whether this very message is here.
    pub(super) fn contains(&self, tag: &[u8; TAG_LEN], message: &[u8]) -> bool {
        self.by_tag.get(tag).is_some_and(|claims| claims.iter().any(|claim| **claim == *message))
    }

    /// Lets go of this very message.
    pub(super) fn remove(&mut self, tag: &[u8; TAG_LEN], message: &[u8]) {
        if let Some(claims) = self.by_tag.get_mut(tag) {
            claims.retain(|claim| **claim != *message);
            if claims.is_empty() {
                self.by_tag.remove(tag);
            }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.by_tag.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.by_tag.values().map(Vec::len).sum()
    }

    /// What was taken in the meantime still stands in `order`, and dropping it again costs nothing.
    fn drop_first(&mut self, tag: &[u8; TAG_LEN]) {
        let Some(messages) = self.by_tag.get_mut(tag) else { return };
        if messages.len() > 1 {
            messages.remove(0);
        } else {
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
}
