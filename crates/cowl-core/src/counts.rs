//! The counts that a beacon publishes: which zones hide a report among enough others.

use alloc::vec::Vec;
use core::fmt;

use minicbor::{
    Decode, Decoder, Encode, Encoder,
    decode::Error,
    encode::{self, Write},
};

use crate::zone::{Ladder, LevelIndex, Zone};

/// One zone with enough people reporting.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Count {
    /// The zone.
    #[n(0)]
    pub zone: Zone,
    /// People reporting in it, rounded down to k, 2k, 5k, 10k …; 65,535 at most.
    #[n(1)]
    pub at_least: u16,
    /// Bit `w` is set when enough people rest here whose reports are wanted at level `w`; the zone's own bit is
    /// always set. See [`Counts::holds_raised`].
    #[n(2)]
    rests: u8,
}

impl Count {
    pub(crate) fn new(zone: Zone, at_least: u16, rests: u8) -> Self {
        Self { zone, at_least, rests }
    }

    /// Its own level's bit, and none of a coarser level.
    fn is_consistent(&self) -> bool {
        let own = u32::from(self.zone.level.0);
        own < 8 && u32::from(self.rests).checked_ilog2() == Some(own) && self.at_least > 0
    }
}

impl fmt::Debug for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Count(…)")
    }
}

/// The published counts, in order of zones. CBOR: an array of `[zone, at least, rests]`, strictly ascending.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Counts(Vec<Count>);

impl Counts {
    /// The most zones in one beacon; each takes about 20 bytes of it. Where more have enough people, the
    /// smallest of the finest level go first, and reports from them are coarser.
    pub const MAX_ENTRIES: usize = 1_024;

    /// Takes at most [`Self::MAX_ENTRIES`] counts in strictly ascending order of zones.
    pub(crate) fn new(counts: Vec<Count>) -> Option<Self> {
        let ascending = counts.iter().zip(counts.iter().skip(1)).all(|(a, b)| a.zone < b.zone);
        let consistent = counts.iter().all(Count::is_consistent);
        (counts.len() <= Self::MAX_ENTRIES && ascending && consistent).then_some(Self(counts))
    }

    /// The counts, in order of levels and labels.
    pub fn entries(&self) -> &[Count] {
        &self.0
    }

    /// Whether at least k people report in a zone.
    pub fn holds(&self, zone: &Zone) -> bool {
        self.count(zone).is_some()
    }

    /// Whether at least k people stand under this zone's name when reports are wanted at level `wanted`: those
    /// whose finer zones are not published. A report that went up to this zone is told apart from all those that
    /// did not need to, so only these hide it: with 1,000 people in the zone of whom 999 are in published finer
    /// ones, the coarse name says "alone here".
    pub fn holds_raised(&self, zone: &Zone, wanted: LevelIndex) -> bool {
        let bit = 1_u8.checked_shl(wanted.0.into()).unwrap_or_default();
        self.count(zone).is_some_and(|count| count.rests & bit != 0)
    }

    fn count(&self, zone: &Zone) -> Option<&Count> {
        let index = self.0.binary_search_by(|count| count.zone.cmp(zone)).ok()?;
        self.0.get(index)
    }
}

impl fmt::Debug for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Counts({} zones)", self.0.len())
    }
}

impl<C> Encode<C> for Counts {
    fn encode<W: Write>(&self, e: &mut Encoder<W>, ctx: &mut C) -> Result<(), encode::Error<W::Error>> {
        self.0.encode(e, ctx)
    }
}

impl<'b, C> Decode<'b, C> for Counts {
    fn decode(d: &mut Decoder<'b>, ctx: &mut C) -> Result<Self, Error> {
        let at = d.position();
        let malformed = || Error::message("not published counts").at(at);
        let length = d.array()?.and_then(|n| usize::try_from(n).ok()).filter(|n| *n <= Self::MAX_ENTRIES);
        let mut counts = Vec::new();
        for _ in 0..length.ok_or_else(malformed)? {
            counts.push(Count::decode(d, ctx)?);
        }
        Self::new(counts).ok_or_else(malformed)
    }
}

// A count's bits have one for each level.
const _: () = assert!(Ladder::MAX_LEVELS <= 8);
