//! The seats: for each responder and role the key of the role's section, under the responder's own key.

use alloc::vec::Vec;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::{BundleError, section::Sealer};
use crate::{
    RoleIndex, Secret,
    schedule::{ChainKey, SEAT_CONTEXT},
    siv::AUTH_LEN,
};

/// Bytes of a hint.
const HINT_LEN: usize = 8;
/// Bytes of a seat: hint, key, authentication tag.
pub(super) const SEAT_LEN: usize = HINT_LEN + 32 + AUTH_LEN;
/// Seats come in so many, so that their number says little.
const STEP: usize = 64;

/// The seats of a bundle that is being made.
#[derive(Default)]
pub(super) struct Seats(Vec<[u8; SEAT_LEN]>);

impl Seats {
    pub(super) fn add(
        &mut self,
        sealer: &Sealer,
        role: RoleIndex,
        chain: &ChainKey,
        key: &Secret,
    ) -> Result<(), BundleError> {
        let plain = Zeroizing::new(key.expose().to_vec());
        let sealed = sealer.seal(&chain.seat_key(), SEAT_CONTEXT, Some(role), plain)?;
        let mut seat = [0; SEAT_LEN];
        let hint = chain.hint(sealer.sequence);
        seat.iter_mut().zip(hint.iter().chain(&sealed)).for_each(|(to, from)| *to = *from);
        self.0.push(seat);
        Ok(())
    }

    /// All of them and as many that are nobody's as fill the last step, in the order of their hints: their places say
    /// nothing.
    pub(super) fn filled(mut self, rng: &mut impl CryptoRng) -> Vec<u8> {
        let room = self.0.len().max(1).next_multiple_of(STEP);
        while self.0.len() < room {
            let mut seat = [0; SEAT_LEN];
            rng.fill_bytes(&mut seat);
            self.0.push(seat);
        }
        self.0.sort_unstable();
        self.0.concat()
    }
}

/// The key in a responder's seat for a role.
pub(super) fn find(
    sealer: &Sealer,
    seats: &[u8],
    role: RoleIndex,
    chain: &ChainKey,
) -> Result<Secret, BundleError> {
    let (seats, odd) = seats.as_chunks::<SEAT_LEN>();
    if !odd.is_empty() {
        return Err(BundleError::Malformed);
    }
    let hint = chain.hint(sealer.sequence);
    let ours = seats.iter().filter_map(|seat| seat.strip_prefix(&hint));
    let key = chain.seat_key();
    let mut found = ours.filter_map(|sealed| sealer.open(&key, SEAT_CONTEXT, Some(role), sealed.to_vec()));
    let plain = found.next().ok_or(BundleError::NoSeat)?;
    <[u8; 32]>::try_from(plain.as_slice()).map(Secret::new).map_err(|_| BundleError::Malformed)
}
