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

    /// Its forty bits.
    pub(crate) const fn bytes(&self) -> &[u8; 5] {
        &self.0
    }
}

/// Text that is no pseudonym.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a pseudonym is V-, four digits or letters, -, and four more")]
pub struct NotAPseudonym;

impl core::str::FromStr for Pseudonym {
    type Err = NotAPseudonym;

    /// As it is printed; small letters are taken too.
    fn from_str(text: &str) -> Result<Self, NotAPseudonym> {
        let (first, second) =
            text.strip_prefix("V-").and_then(|rest| rest.split_once('-')).ok_or(NotAPseudonym)?;
        if first.len() != 4 || second.len() != 4 {
            return Err(NotAPseudonym);
        }
        let bits = first.bytes().chain(second.bytes()).try_fold(0_u64, |bits, letter| {
            let digit = ALPHABET.iter().position(|known| known.eq_ignore_ascii_case(&letter))?;
            Some(bits << 5 | u64::try_from(digit).ok()?)
        });
        let [_, _, _, bits @ ..] = bits.ok_or(NotAPseudonym)?.to_be_bytes();
        Ok(Self(bits))
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
    fn is_read_as_it_is_printed() {
        let name = Pseudonym::of(OperationId([9; 16]), Epoch(1), Place(4));
        assert_eq!(name.to_string().parse(), Ok(name));
        assert_eq!(name.to_string().to_lowercase().replacen('v', "V", 1).parse(), Ok(name));
        for wrong in ["", "V-0000", "V-0000-000", "V-0000-00000", "V-000U-0000", "X-0000-0000", "V-é00-0000"]
        {
            assert_eq!(wrong.parse::<Pseudonym>(), Err(NotAPseudonym), "{wrong}");
        }
    }

    #[test]
    fn another_epoch_is_another_name() {
        let operation = OperationId([9; 16]);
        let first = Pseudonym::of(operation, Epoch(1), Place(4));
        assert_ne!(first, Pseudonym::of(operation, Epoch(2), Place(4)));
        assert_eq!(first, Pseudonym::of(operation, Epoch(1), Place(4)));
    }
}
