//! What stands in one row of a state: several report ids, or several messages that wait.

use cowl_core::{Epoch, ReportId};

/// Messages that began to wait together: sealed, as they came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::keyring) struct Piece {
    /// The epoch in which they came, as far as the reader knew.
    pub(in crate::keyring) epoch: Epoch,
    pub(in crate::keyring) messages: Vec<Box<[u8]>>,
}

impl Piece {
    /// The epoch, then for each message its length and itself.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = self.epoch.0.to_be_bytes().to_vec();
        for message in &self.messages {
            // Longer ones are no messages.
            let length = u32::try_from(message.len()).unwrap_or(0);
            bytes.extend(length.to_be_bytes());
            bytes.extend(message.get(..usize::try_from(length).unwrap_or(0)).unwrap_or_default());
        }
        bytes
    }

    pub(super) fn decode(bytes: &[u8]) -> Self {
        let (epoch, mut rest) = bytes.split_first_chunk().unwrap_or((&[0; 4], &[]));
        let mut messages = Vec::new();
        while let Some((length, after)) = rest.split_first_chunk() {
            let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
            let Some((message, after)) = after.split_at_checked(length) else { break };
            messages.push(message.into());
            rest = after;
        }
        Self { epoch: Epoch(u32::from_be_bytes(*epoch)), messages }
    }
}

pub(in crate::keyring) fn piece_of(seen: &[(ReportId, Epoch)]) -> Vec<u8> {
    seen.iter().flat_map(|(id, epoch)| id.0.into_iter().chain(epoch.0.to_be_bytes())).collect()
}

pub(in crate::keyring) fn seen_in(piece: &[u8]) -> Vec<(ReportId, Epoch)> {
    let one = |entry: &[u8; 20]| {
        let (id, epoch) = entry.split_at(16);
        Some((ReportId(id.try_into().ok()?), Epoch(u32::from_be_bytes(epoch.try_into().ok()?))))
    };
    piece.as_chunks::<20>().0.iter().filter_map(one).collect()
}
