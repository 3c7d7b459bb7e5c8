//! What waits in a relay's queue.

use cowl_core::{Epoch, Mode, Unwrapped};
use zeroize::Zeroizing;

use crate::node::Lane;

/// Bytes of the epoch in front.
const EPOCH_LEN: usize = 4;

/// The form: the epoch whose key opened the wrap, big-endian, then what was inside.
pub(super) fn encode(unwrapped: &Unwrapped) -> Zeroizing<Vec<u8>> {
    let mut body = Zeroizing::new(Vec::with_capacity(EPOCH_LEN + unwrapped.bytes.len()));
    body.extend_from_slice(&unwrapped.epoch.0.to_be_bytes());
    body.extend_from_slice(&unwrapped.bytes);
    body
}

/// The epoch and the message.
pub(super) fn decode(body: &[u8]) -> Option<(Epoch, &[u8])> {
    let (epoch, message) = body.split_first_chunk::<EPOCH_LEN>()?;
    Some((Epoch(u32::from_be_bytes(*epoch)), message))
}

pub(super) const fn lane(mode: Mode) -> Lane {
    match mode {
        Mode::Enrolled => Lane::Enrolled,
        Mode::WalkIn => Lane::WalkIn,
    }
}

pub(super) const fn mode(lane: Lane) -> Mode {
    match lane {
        Lane::Enrolled => Mode::Enrolled,
        Lane::WalkIn => Mode::WalkIn,
    }
}
