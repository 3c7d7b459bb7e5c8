//! Polygons in CBOR: an array of `[label, [ring, …]]`, each ring one byte string.
//!
//! In a ring, corner after corner gives latitude then longitude in 10⁻⁵ degrees, each as the difference from
//! the corner before (the first from 0, 0), zigzag (0, −1, 1, −2 … as 0, 1, 2, 3 …) and in base 128, low digits
//! first, with the high bit set on all bytes but the last. A corner then takes about four bytes, half of what
//! CBOR integers would.

use alloc::vec::Vec;

use minicbor::{
    Decode, Decoder, Encode, Encoder,
    decode::Error,
    encode::{self, Write},
};

use super::{NamedPolygon, Point, Polygons};
use crate::zone::ZoneLabel;

impl<C> Encode<C> for Polygons {
    fn encode<W: Write>(&self, e: &mut Encoder<W>, ctx: &mut C) -> Result<(), encode::Error<W::Error>> {
        e.array(length(self.zones.len()))?;
        for zone in &self.zones {
            e.array(2)?;
            zone.label.encode(e, ctx)?;
            e.array(length(zone.rings.len()))?;
            for ring in &zone.rings {
                e.bytes(&packed(ring))?;
            }
        }
        Ok(())
    }
}

impl<'b, C> Decode<'b, C> for Polygons {
    fn decode(d: &mut Decoder<'b>, ctx: &mut C) -> Result<Self, Error> {
        let at = d.position();
        let malformed = || Error::message("not polygons").at(at);
        let mut zones = Vec::new();
        let mut points = 0;
        // Nothing is reserved ahead by a length that the bytes merely claim.
        for _ in 0..bounded(d, Self::MAX_ZONES)? {
            if d.array()? != Some(2) {
                return Err(malformed());
            }
            let label = ZoneLabel::decode(d, ctx)?;
            let mut rings = Vec::new();
            for _ in 0..bounded(d, Self::MAX_POINTS)? {
                let ring = unpacked(d.bytes()?, Self::MAX_POINTS - points).ok_or_else(malformed)?;
                points += ring.len();
                rings.push(ring);
            }
            zones.push(NamedPolygon::from_points(label, rings).map_err(|_| malformed())?);
        }
        Self::new(zones).map_err(|_| malformed())
    }
}

fn length(n: usize) -> u64 {
    n.try_into().unwrap_or(u64::MAX)
}

fn bounded(d: &mut Decoder<'_>, most: usize) -> Result<u64, Error> {
    let at = d.position();
    d.array()?
        .filter(|n| *n <= length(most))
        .ok_or_else(|| Error::message("an array too long, or of no stated length").at(at))
}

fn packed(ring: &[Point]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(ring.len() * 5);
    let mut last = Point { latitude: 0, longitude: 0 };
    for point in ring {
        push(&mut bytes, point.latitude - last.latitude);
        push(&mut bytes, point.longitude - last.longitude);
        last = *point;
    }
    bytes
}

fn push(bytes: &mut Vec<u8>, difference: i32) {
    let mut rest = ((difference << 1) ^ (difference >> 31)).cast_unsigned();
    loop {
        let [low, ..] = rest.to_le_bytes();
        rest >>= 7;
        if rest == 0 {
            bytes.push(low & 0x7f);
            return;
        }
        bytes.push(low | 0x80);
    }
}

fn unpacked(mut bytes: &[u8], most: usize) -> Option<Vec<Point>> {
    let mut ring: Vec<Point> = Vec::new();
    let mut last = Point { latitude: 0, longitude: 0 };
    while !bytes.is_empty() {
        let point = Point {
            latitude: last.latitude.checked_add(pop(&mut bytes)?)?,
            longitude: last.longitude.checked_add(pop(&mut bytes)?)?,
        };
        let on_earth =
            point.latitude.unsigned_abs() <= 9_000_000 && point.longitude.unsigned_abs() <= 18_000_000;
        if !on_earth || ring.len() == most || ring.last() == Some(&point) {
            return None;
        }
        ring.push(point);
        last = point;
    }
    Some(ring)
}

fn pop(bytes: &mut &[u8]) -> Option<i32> {
    let mut value = 0_u32;
    for shift in [0, 7, 14, 21, 28] {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        let digit = u32::from(byte & 0x7f);
        if shift == 28 && digit > 0x0f {
            return None;
        }
        value |= digit << shift;
        if byte & 0x80 == 0 {
            // One form for each number: no leading zero digits.
            let shortest = digit != 0 || shift == 0;
            return shortest.then(|| (value >> 1).cast_signed() ^ -(value & 1).cast_signed());
        }
    }
    None
}
