//! Tags that were used lately: tells a replay from a clone, and finds stragglers (spec §4.5).

use alloc::collections::VecDeque;

use hashbrown::HashMap;

use super::{lane::Hit, waiting::TagHasher};
use crate::block::TAG_LEN;

/// A bounded record of tags, oldest dropped first.
pub(super) struct Recent<T> {
    by_tag: HashMap<[u8; TAG_LEN], T, TagHasher>,
    order: VecDeque<[u8; TAG_LEN]>,
    limit: usize,
}

/// A tag that was used: by whom, and the end of the part that used it.
#[derive(Clone, Copy)]
pub(super) struct Used {
    pub(super) hit: Hit,
    pub(super) auth: [u8; 16],
}

impl<T> Recent<T> {
    pub(super) fn new(limit: usize) -> Self {
        Self { by_tag: HashMap::default(), order: VecDeque::new(), limit }
    }

    pub(super) fn insert(&mut self, tag: [u8; TAG_LEN], what: T) {
        if self.limit > 0 && self.by_tag.insert(tag, what).is_none() {
            self.order.push_back(tag);
            if self.order.len() > self.limit
                && let Some(oldest) = self.order.pop_front()
            {
                self.by_tag.remove(&oldest);
            }
        }
    }

    pub(super) fn get(&self, tag: &[u8; TAG_LEN]) -> Option<&T> {
        self.by_tag.get(tag)
    }

    pub(super) fn take(&mut self, tag: &[u8; TAG_LEN]) -> Option<T> {
        self.by_tag.remove(tag)
    }
}
