//! How a device learns that its credential is in use twice: a mark in the beacon that it alone can know (spec §3.9).

use alloc::vec::Vec;
use core::fmt;

use minicbor::{
    Decoder, Encoder,
    decode::Error,
    encode::{self, Write},
};

/// Bytes of a mark: two of an operation's 2^24 devices share one with a chance below 2^−16.
const LEN: usize = 8;

/// Names a device to itself, for one epoch. To all others it is random, as it derives from that device's own key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct CloneMark(pub(crate) [u8; LEN]);

impl CloneMark {
    /// The bytes.
    pub const fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for CloneMark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CloneMark(…)")
    }
}

/// The marks of a beacon, ascending. CBOR: one byte string; without marks there is none.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct CloneMarks(Vec<CloneMark>);

impl CloneMarks {
    /// The most in one beacon.
    pub const MOST: usize = 32;

    /// Of these marks the first [`Self::MOST`].
    pub fn new(marks: impl IntoIterator<Item = CloneMark>) -> Self {
        let mut marks: Vec<_> = marks.into_iter().take(Self::MOST).collect();
        marks.sort_unstable();
        marks.dedup();
        Self(marks)
    }

    /// Whether a mark is among them.
    pub fn holds(&self, mark: &CloneMark) -> bool {
        self.0.binary_search(mark).is_ok()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The most that fit a room of so many bytes.
    pub(crate) fn fitting(room: usize) -> usize {
        // A byte string of 256 bytes has three bytes in front.
        (room.saturating_sub(3) / LEN).min(Self::MOST)
    }

    pub(crate) fn encode<W: Write>(&self, e: &mut Encoder<W>) -> Result<(), encode::Error<W::Error>> {
        if !self.0.is_empty() {
            let bytes: Vec<u8> = self.0.iter().flat_map(|mark| mark.0).collect();
            e.bytes(&bytes)?;
        }
        Ok(())
    }

    /// From what stands behind the counts: a byte string, or the padding or the end.
    pub(crate) fn decode(d: &mut Decoder<'_>) -> Result<Self, Error> {
        if d.input().get(d.position()).is_none_or(|next| *next == 0) {
            return Ok(Self::default());
        }
        let at = d.position();
        let (marks, rest) = d.bytes()?.as_chunks::<LEN>();
        let ascending = marks.iter().zip(marks.iter().skip(1)).all(|(one, next)| one < next);
        if !rest.is_empty() || marks.is_empty() || marks.len() > Self::MOST || !ascending {
            return Err(Error::message("not marks of devices").at(at));
        }
        Ok(Self(marks.iter().copied().map(CloneMark).collect()))
    }
}

impl fmt::Debug for CloneMarks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CloneMarks({})", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(marks: &CloneMarks) -> CloneMarks {
        let mut bytes = Vec::new();
        marks.encode(&mut Encoder::new(&mut bytes)).unwrap();
        bytes.extend([0; 4]);
        CloneMarks::decode(&mut Decoder::new(&bytes)).unwrap()
    }

    #[test]
    fn come_back_in_order_and_once() {
        let mark = |n: u8| CloneMark([n; LEN]);
        let marks = CloneMarks::new([mark(3), mark(1), mark(3)]);
        assert_eq!((marks.len(), marks.holds(&mark(1)), marks.holds(&mark(2))), (2, true, false));
        assert_eq!(round(&marks), marks);
        assert_eq!(round(&CloneMarks::default()), CloneMarks::default());
        assert_eq!(CloneMarks::new((0..100).map(mark)).len(), CloneMarks::MOST);
    }

    #[test]
    fn as_many_as_fit() {
        for room in 0..400 {
            let marks =
                CloneMarks::new((0..u8::MAX).map(|n| CloneMark([n; LEN])).take(CloneMarks::fitting(room)));
            let mut bytes = Vec::new();
            marks.encode(&mut Encoder::new(&mut bytes)).unwrap();
            assert!(bytes.len() <= room, "{room}");
        }
        assert_eq!(CloneMarks::fitting(400), CloneMarks::MOST);
    }
}
