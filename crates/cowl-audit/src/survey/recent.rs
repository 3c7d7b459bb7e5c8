//! What was sent lately, so that its delivery is not taken for another message.

/// Contents that are remembered: a power of two.
const SLOTS: usize = 1 << 16;

/// A table of content hashes in which a later one may take an earlier one's place.
#[derive(Debug)]
pub(super) struct Recent(Vec<u64>);

impl Recent {
    pub(super) fn new() -> Self {
        Self(vec![0; SLOTS])
    }

    /// Whether this content was noted lately.
    pub(super) fn has(&self, content: u64) -> bool {
        self.0.get(slot(content)).is_some_and(|held| *held == content)
    }

    pub(super) fn note(&mut self, content: u64) {
        if let Some(held) = self.0.get_mut(slot(content)) {
            *held = content;
        }
    }
}

fn slot(content: u64) -> usize {
    usize::try_from(content).unwrap_or(0) & (SLOTS - 1)
}
