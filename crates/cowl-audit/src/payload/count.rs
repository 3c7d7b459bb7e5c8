//! What is one field: the rule in words, and the same rule in code.

use serde::Serialize;

use crate::payload::field::{FieldRef, Kind, Precision, Source};

/// The counting rule in plain words.
pub const fn counting_rule() -> &'static str {
    "\
1. One field is one value that can be read from the bytes on the wire without any key: a leaf of JSON or CBOR, the value of
   `key: value` or `key=value`, a cell, a bare number or word, the clear part of an encryption header (a Fernet token's time, a
   recipient's key id). Names of keys, empty values and null are not fields.
2. Latitude and longitude are one field together, the position: neither places anybody without the other. A list of n positions is
   n fields. (`values` counts them as two, as a list of keys does.)
3. Encodings hide nothing: base64, hex, gzip, zlib, and JSON inside a string are opened, at most four deep, and what is inside counts.
4. A text of several words is one field; every e-mail, telephone number, address or position recognised inside it is one more.
5. Exact or coarse. A coordinate is exact from 2 decimals (0.01 degree is 1.1 km: four such points single out nearly everybody who
   moves), the finer of the two deciding; a grid label likewise: MGRS from 1 km, H3 from resolution 8, geohash from 6 characters. A place in
   words, a truncated address, a range, a masked value, a time to the hour or day is coarse. A pseudonym or token is coarse: it does not
   say who. But it repeats, and so still joins its owner's messages: see the number of people counted. All else is exact.
6. Short opaque values (to 32 bytes, in base64, hex or a byte string, beside other values) are one coarse field: nobody outside can tell
   whether they name somebody. A payload that is opaque as a whole, or a longer opaque value, has none.
7. Fields of the payload and of the metadata (topic levels that say something, client id, user name, user properties, source address)
   are counted apart. A name of a person is known by its key only, so names under other keys count as words or text."
}

/// Fields counted by the rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Count {
    /// Exact fields.
    pub exact: u32,
    /// Coarse fields.
    pub coarse: u32,
    /// All values, latitude and longitude as two.
    pub values: u32,
}

impl Count {
    /// Exact and coarse together.
    pub const fn total(self) -> u32 {
        self.exact + self.coarse
    }
}

/// Fields of one message, by where they stood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Counts {
    /// In the payload.
    pub payload: Count,
    /// Around it.
    pub metadata: Count,
}

/// Applies the rule to a stream of fields of one message.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Counter {
    payload: Sides,
    metadata: Sides,
}

#[derive(Debug, Clone, Copy, Default)]
struct Sides {
    count: Count,
    latitude: Axis,
    longitude: Axis,
}

#[derive(Debug, Clone, Copy, Default)]
struct Axis {
    exact: u32,
    coarse: u32,
}

impl Counter {
    pub(crate) fn add(&mut self, field: &FieldRef<'_>) {
        let side = if field.source == Source::Payload { &mut self.payload } else { &mut self.metadata };
        side.count.values += 1;
        let (exact, coarse) = match field.kind {
            Kind::Latitude => (&mut side.latitude.exact, &mut side.latitude.coarse),
            Kind::Longitude => (&mut side.longitude.exact, &mut side.longitude.coarse),
            _ => (&mut side.count.exact, &mut side.count.coarse),
        };
        *(if field.precision == Precision::Exact { exact } else { coarse }) += 1;
    }

    pub(crate) fn finish(self) -> Counts {
        Counts { payload: self.payload.finish(), metadata: self.metadata.finish() }
    }
}

impl Sides {
    fn finish(self) -> Count {
        let Self { mut count, latitude, longitude } = self;
        let positions = (latitude.exact + latitude.coarse).max(longitude.exact + longitude.coarse);
        let exact = latitude.exact.max(longitude.exact);
        count.exact += exact;
        count.coarse += positions - exact;
        count
    }
}
