//! The live places of a bundle's epochs, sealed once for all roles.

use alloc::{vec, vec::Vec};

use zeroize::Zeroizing;

use super::{BundleError, section::Sealer};
use crate::{LivePlaces, Place, Secret, schedule::LIVE_CONTEXT, siv::AUTH_LEN};

/// Up to so many places a bit says of each whether it is live: 8 kB an epoch. Beyond, those that are not are listed.
const MOST_BITS: u32 = 1 << 16;
/// A list has room for a multiple of so many places, 4 bytes each, so that its length says little.
const STEP: usize = 256;

/// Why there are none.
pub(super) enum LiveError {
    /// They do not open.
    Sealing,
    /// Not of the form.
    Malformed,
}

/// Seals the live places of the epochs, with room for `room` of them.
pub(super) fn seal(
    sealer: &Sealer,
    key: &Secret,
    places: u32,
    room: usize,
    epochs: &[LivePlaces],
) -> Result<Vec<u8>, BundleError> {
    let form = Form::of(places, epochs);
    let mut plain = Zeroizing::new(Vec::with_capacity(room * form.len() + AUTH_LEN));
    for live in epochs {
        form.encode(live, &mut plain);
    }
    plain.resize(room * form.len(), 0);
    sealer.seal(key, LIVE_CONTEXT, None, plain)
}

/// Opens those of the first `epochs` epochs.
pub(super) fn open(
    sealer: &Sealer,
    key: &Secret,
    places: u32,
    epochs: usize,
    sealed: Vec<u8>,
) -> Result<Vec<LivePlaces>, LiveError> {
    let plain = sealer.open(key, LIVE_CONTEXT, None, sealed).ok_or(LiveError::Sealing)?;
    let mut rest = plain.as_slice();
    let mut live = Vec::new();
    for _ in 0..epochs {
        let (one, after) = decode(places, rest).ok_or(LiveError::Malformed)?;
        live.push(one);
        rest = after;
    }
    if rest.iter().any(|byte| *byte != 0) { Err(LiveError::Malformed) } else { Ok(live) }
}

/// How one epoch's places are written.
enum Form {
    /// A bit for each place, most significant first: 1 is live.
    Bits(u32),
    /// How many there is room for, how many are not live, and which, 4 bytes each.
    List(usize),
}

impl Form {
    fn of(places: u32, epochs: &[LivePlaces]) -> Self {
        if places <= MOST_BITS {
            return Self::Bits(places);
        }
        let most = epochs.iter().map(|live| live.revoked().len()).max().unwrap_or(0);
        Self::List(most.max(1).next_multiple_of(STEP))
    }

    const fn len(&self) -> usize {
        match self {
            Self::Bits(places) => bytes_of_bits(*places),
            Self::List(room) => 8 + 4 * *room,
        }
    }

    fn encode(&self, live: &LivePlaces, plain: &mut Vec<u8>) {
        match self {
            Self::Bits(places) => {
                let mut bits = vec![0_u8; bytes_of_bits(*places)];
                for place in (0..*places).filter(|place| live.is_live(Place(*place))) {
                    let byte = usize::try_from(place / 8).ok().and_then(|index| bits.get_mut(index));
                    if let Some(byte) = byte {
                        *byte |= 0x80 >> (place % 8);
                    }
                }
                plain.extend_from_slice(&bits);
            }
            Self::List(room) => {
                let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX).to_be_bytes();
                let end = plain.len() + self.len();
                plain.extend_from_slice(&number(*room));
                plain.extend_from_slice(&number(live.revoked().len()));
                live.revoked().for_each(|place| plain.extend_from_slice(&place.0.to_be_bytes()));
                plain.resize(end, 0);
            }
        }
    }
}

fn decode(places: u32, bytes: &[u8]) -> Option<(LivePlaces, &[u8])> {
    if places <= MOST_BITS {
        let (bits, rest) = bytes.split_at_checked(bytes_of_bits(places))?;
        let is_set = |place: u32| {
            let byte = usize::try_from(place / 8).ok().and_then(|index| bits.get(index));
            byte.is_some_and(|byte| byte & (0x80 >> (place % 8)) != 0)
        };
        let beyond = (places..u32::try_from(bits.len()).ok()?.saturating_mul(8)).any(is_set);
        let revoked = (0..places).filter(|place| !is_set(*place)).map(Place);
        return (!beyond).then(|| (LivePlaces::without(revoked), rest));
    }
    let (room, rest) = bytes.split_first_chunk::<4>()?;
    let (count, rest) = rest.split_first_chunk::<4>()?;
    let size = |bytes: &[u8; 4]| usize::try_from(u32::from_be_bytes(*bytes)).ok();
    let (list, rest) = rest.split_at_checked(size(room)?.checked_mul(4)?)?;
    let (revoked, empty) = list.as_chunks::<4>().0.split_at_checked(size(count)?)?;
    let revoked: Vec<_> = revoked.iter().map(|place| u32::from_be_bytes(*place)).collect();
    let is_sound = revoked.is_sorted_by(|one, next| one < next)
        && revoked.last().is_none_or(|last| *last < places)
        && empty.iter().all(|place| *place == [0; 4]);
    is_sound.then(|| (LivePlaces::without(revoked.into_iter().map(Place)), rest))
}

const fn bytes_of_bits(places: u32) -> usize {
    // At most 8 kB: see `MOST_BITS`.
    places.div_ceil(8) as usize
}
