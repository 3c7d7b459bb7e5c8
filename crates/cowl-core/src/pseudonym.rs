//! The name by which responders call a device during one epoch (spec §3.7).

use core::fmt;

use crate::{Epoch, OperationId, Place, schedule};

/// A pseudonym such as `V-7K3M-Q2XD`: forty bits from place and epoch in Crockford's base 32.
///
/// All roles of an operation see the same one, so they can speak of a case; in the next epoch the place,
/// and with it the pseudonym, is another. It never appears outside a sealed part.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Pseudonym([u8; 5]);

/// Crockford's alphabet: no I, L, O, U, so that it survives a radio and a pencil.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

impl Pseudonym {
    /// The pseudonym of a place in an epoch.
    pub fn of(operation: OperationId, epoch: Epoch, place: Place) -> Self {
        Self(schedule::pseudonym_bits(operation, epoch, place))
    }
}

impl fmt::Display for Pseudonym {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bits = self.0.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
        f.write_str("V-")?;
        for position in (0..8).rev() {
            let digit = usize::try_from(bits >> (5 * position) & 31).unwrap_or(0);
            let symbol = ALPHABET.get(digit).copied().unwrap_or(b'0');
            write!(f, "{}", char::from(symbol))?;
            if position == 4 {
                f.write_str("-")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Pseudonym {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pseudonym(…)")
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn reads_as_two_groups_of_four() {
        assert_eq!(Pseudonym([0; 5]).to_string(), "V-0000-0000");
        assert_eq!(Pseudonym([0xff; 5]).to_string(), "V-ZZZZ-ZZZZ");
        assert_eq!(Pseudonym([0, 0, 0, 0, 33]).to_string(), "V-0000-0011");
    }

    #[test]
    fn another_epoch_is_another_name() {
        let operation = OperationId([9; 16]);
        let first = Pseudonym::of(operation, Epoch(1), Place(4));
        assert_ne!(first, Pseudonym::of(operation, Epoch(2), Place(4)));
        assert_eq!(first, Pseudonym::of(operation, Epoch(1), Place(4)));
    }
}
