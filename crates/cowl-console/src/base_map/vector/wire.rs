//! Protocol buffers' wire format, as far as a vector tile uses it.

use crate::base_map::varint;

/// It is not one, or says more than a tile has to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Malformed;

/// A field's value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
    Double(f64),
    Float(f32),
}

/// A message: fields with their numbers, one after the other. Ends after the first that cannot be read.
#[derive(Debug)]
pub(super) struct Message<'a>(pub(super) &'a [u8]);

impl<'a> Iterator for Message<'a> {
    type Item = Result<(u64, Value<'a>), Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_none() {
            self.0 = &[];
        }
        Some(field.ok_or(Malformed))
    }
}

impl<'a> Message<'a> {
    fn field(&mut self) -> Option<(u64, Value<'a>)> {
        let key = varint::take(&mut self.0)?;
        let value = match key & 7 {
            0 => Value::Number(varint::take(&mut self.0)?),
            1 => Value::Double(f64::from_le_bytes(self.bytes(8)?.try_into().ok()?)),
            2 => {
                let length = usize::try_from(varint::take(&mut self.0)?).ok()?;
                Value::Bytes(self.bytes(length)?)
            }
            5 => Value::Float(f32::from_le_bytes(self.bytes(4)?.try_into().ok()?)),
            _ => return None,
        };
        Some((key >> 3, value))
    }

    fn bytes(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }
}

/// Numbers one after the other, without their field's.
pub(super) fn packed(mut bytes: &[u8]) -> impl Iterator<Item = Result<u64, Malformed>> {
    std::iter::from_fn(move || {
        if bytes.is_empty() {
            return None;
        }
        let number = varint::take(&mut bytes);
        if number.is_none() {
            bytes = &[];
        }
        Some(number.ok_or(Malformed))
    })
}

/// Numbers with a sign: 0, −1, 1, −2 …, of 32 bits.
pub(super) fn signed(number: u64) -> Result<i64, Malformed> {
    let number = u32::try_from(number).map_err(|_| Malformed)?;
    let half = i64::from(number >> 1);
    Ok(if number & 1 == 0 { half } else { -half - 1 })
}
