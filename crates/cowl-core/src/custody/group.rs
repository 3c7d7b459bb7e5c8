//! ristretto255 (RFC 9496) at its borders: encodings are checked once, the identity is refused, and challenges are
//! hashed from fields that cannot run into each other.

use curve25519_dalek::{RistrettoPoint, Scalar, ristretto::CompressedRistretto, traits::IsIdentity as _};
use sha2::{Digest as _, Sha512};

/// Bytes of an encoded element or scalar.
pub(super) const LEN: usize = 32;

/// Not the one encoding of an element that may be used: not canonical, no element, or the identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NotAnElement;

/// Reads an element. The identity is refused: a result under it is known to everybody.
pub(super) fn element(bytes: &[u8; LEN]) -> Result<RistrettoPoint, NotAnElement> {
    let point = CompressedRistretto(*bytes).decompress().ok_or(NotAnElement)?;
    if point.is_identity() { Err(NotAnElement) } else { Ok(point) }
}

/// Reads a scalar in its one encoding, below the order.
pub(super) fn scalar(bytes: &[u8; LEN]) -> Option<Scalar> {
    Scalar::from_canonical_bytes(*bytes).into()
}

/// A scalar from a label and fields: SHA-512 of the label and of each field behind its length, as a little-endian number
/// modulo the order.
pub(super) fn hash(label: &[u8], fields: &[&[u8]]) -> Scalar {
    let mut digest = Sha512::new_with_prefix(label);
    for field in fields {
        // No field is longer than a message.
        digest.update(u32::try_from(field.len()).unwrap_or(u32::MAX).to_be_bytes());
        digest.update(field);
    }
    let mut wide: [u8; 64] = digest.finalize().into();
    let scalar = Scalar::from_bytes_mod_order_wide(&wide);
    zeroize::Zeroize::zeroize(&mut wide);
    scalar
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first multiples of the generator (RFC 9496 §A.1).
    const MULTIPLES: [&str; 4] = [
        "0000000000000000000000000000000000000000000000000000000000000000",
        "e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76",
        "6a493210f7499cd17fecb510ae0cea23a110e8d5b901f8acadd3095c73a3b919",
        "94741f5d5d52755ece4f23f044ee27d5d1ea1e2bd196b462166b16152a9d0259",
    ];

    /// One of each kind that RFC 9496 §A.2 says must be refused: not canonical, negative, no square, negative product,
    /// y of zero.
    const REFUSED: [&str; 6] = [
        "00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371",
        "3eb858e78f5a7254d8c9731174a94f76755fd3941c0ac93735c07ba14579630e",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ];

    fn bytes(text: &str) -> [u8; LEN] {
        hex::decode(text).unwrap().try_into().unwrap()
    }

    #[test]
    fn elements_are_those_of_rfc_9496() {
        for (times, text) in (0_u8..).zip(MULTIPLES).skip(1) {
            let point = element(&bytes(text)).unwrap();
            assert_eq!(point, RistrettoPoint::mul_base(&Scalar::from(times)));
            assert_eq!(point.compress().0, bytes(text));
        }
    }

    #[test]
    fn what_rfc_9496_refuses_is_refused_and_so_is_the_identity() {
        for text in REFUSED.into_iter().chain([MULTIPLES[0]]) {
            assert_eq!(element(&bytes(text)), Err(NotAnElement), "{text}");
        }
    }

    #[test]
    fn fields_do_not_run_into_each_other() {
        assert_ne!(hash(b"label", &[b"ab", b"c"]), hash(b"label", &[b"a", b"bc"]));
        assert_ne!(hash(b"label", &[b"abc"]), hash(b"label", &[b"abc", b""]));
    }

    #[test]
    fn a_scalar_has_one_encoding() {
        let order = bytes("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
        assert_eq!(scalar(&order), None);
        assert_eq!(scalar(&[1; LEN].map(|_| 0)), Some(Scalar::ZERO));
    }
}
