//! Which message a custody part belongs to: nothing of it is secret, all of it is bound.

use alloc::vec::Vec;

use crate::{
    Epoch, Layout, OperationId,
    block::TAG_LEN,
    envelope::Mode,
    layout::{MESSAGE_ID_LEN, PART_OVERHEAD},
};

/// Mode, operation, epoch and the message's name: all of its tags, or a walk-in's message id.
pub(crate) struct Context(Vec<u8>);

impl Context {
    /// Of an enrolled message whose tags stand in their places.
    pub(crate) fn enrolled(
        operation: OperationId,
        epoch: Epoch,
        layout: &Layout,
        message: &[u8],
    ) -> Option<Self> {
        tags(layout, message).map(|tags| Self::new(operation, epoch, Mode::Enrolled, &tags))
    }

    /// Of any message, by its name.
    pub(crate) fn new(operation: OperationId, epoch: Epoch, mode: Mode, name: &[u8]) -> Self {
        let mut bytes = Vec::with_capacity(21 + name.len());
        bytes.push(match mode {
            Mode::Enrolled => 0,
            Mode::WalkIn => 1,
        });
        bytes.extend_from_slice(&operation.0);
        bytes.extend_from_slice(&epoch.0.to_be_bytes());
        bytes.extend_from_slice(name);
        Self(bytes)
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// What names a message: its tags, one behind the other, or a walk-in's id.
pub(super) fn name(layout: &Layout, mode: Mode, message: &[u8]) -> Option<Vec<u8>> {
    match mode {
        Mode::Enrolled => tags(layout, message),
        Mode::WalkIn => message.get(..MESSAGE_ID_LEN).map(<[u8]>::to_vec),
    }
}

fn tags(layout: &Layout, message: &[u8]) -> Option<Vec<u8>> {
    let mut tags = Vec::with_capacity(TAG_LEN * layout.role_count());
    let mut start = 0;
    for (_, part) in layout.roles() {
        tags.extend_from_slice(message.get(start..)?.first_chunk::<TAG_LEN>()?);
        start += PART_OVERHEAD + usize::from(part.size);
    }
    Some(tags)
}
