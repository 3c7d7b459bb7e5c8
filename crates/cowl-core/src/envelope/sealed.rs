//! What may leave a device under the preset `cowl`.

use alloc::vec::Vec;

/// How a message was sealed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// By an enrolled device, symmetrically, for every role.
    Enrolled,
    /// By someone with nothing but the manifest, to each role's public key.
    WalkIn,
}

/// The number of shards of the operation's mailbox: a power of two from 1 to 256. More shards share the
/// receivers' load and cost nothing on the wire; the shard is random, so it tells nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, minicbor::Encode, minicbor::Decode)]
#[cbor(transparent)]
pub struct Shards(#[n(0)] u16);

impl Shards {
    /// One mailbox for all.
    pub const ONE: Self = Self(1);

    /// Checks that `count` is a power of two from 1 to 256.
    pub fn new(count: u16) -> Option<Self> {
        (count.is_power_of_two() && count <= 256).then_some(Self(count))
    }

    /// How many there are.
    pub const fn count(self) -> u16 {
        self.0
    }

    /// The shard of a message: the leading bits of its first byte (spec §7.1).
    pub fn of(self, message: &[u8]) -> u16 {
        let first = u16::from(message.first().copied().unwrap_or(0));
        let bits = self.0.checked_ilog2().unwrap_or(0);
        first.checked_shr(8_u32.saturating_sub(bits)).unwrap_or(0)
    }
}

/// A sealed message: the only thing that a transport publishes under the preset `cowl`, and only the
/// sealers make one.
///
/// ```compile_fail
/// let clear = cowl_core::Sealed { bytes: b"severity: red".to_vec(), mode: cowl_core::Mode::Enrolled };
/// ```
///
/// What the sealers return is read through its methods:
///
/// ```
/// fn publish(message: &cowl_core::Sealed) -> usize {
///     message.bytes().len()
/// }
/// # let _ = publish;
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sealed {
    bytes: Vec<u8>,
    mode: Mode,
}

impl Sealed {
    pub(super) const fn new(bytes: Vec<u8>, mode: Mode) -> Self {
        Self { bytes, mode }
    }

    /// The payload, as it goes to the broker.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// The payload, as it goes to the broker.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Enrolled or walk-in.
    pub const fn mode(&self) -> Mode {
        self.mode
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shard_is_the_leading_bits() {
        assert_eq!(Shards::new(1).unwrap().of(&[0xff]), 0);
        assert_eq!(Shards::new(2).unwrap().of(&[0x80]), 1);
        assert_eq!(Shards::new(16).unwrap().of(&[0xa7]), 10);
        assert_eq!(Shards::new(256).unwrap().of(&[0xa7]), 0xa7);
        assert_eq!(Shards::new(256).unwrap().of(&[]), 0);
        assert!(Shards::new(0).is_none() && Shards::new(3).is_none() && Shards::new(512).is_none());
    }
}
