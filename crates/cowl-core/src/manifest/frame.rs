//! What beacons and bulletins have in common: a signature, a length, CBOR, and zeros up to one fixed size.

use alloc::vec::Vec;

use crate::{Authority, AuthorityKey, NotSigned, signing::SIGNATURE_LEN};

/// Bytes that are not CBOR: the signature and the length.
pub(super) const FRAME_LEN: usize = SIGNATURE_LEN + 4;

/// Why bytes are not framed.
pub(super) enum NotFramed {
    /// Too short, a length that lies, or padding that is not zero.
    Malformed,
    /// Not the authority's.
    NotSigned(NotSigned),
}

/// Signs CBOR and pads it to the size; `None`: it does not fit.
pub(super) fn seal(authority: &AuthorityKey, context: &[u8], cbor: &[u8], size: usize) -> Option<Vec<u8>> {
    let mut signed = u32::try_from(cbor.len()).ok()?.to_be_bytes().to_vec();
    signed.extend_from_slice(cbor);
    if signed.len() + SIGNATURE_LEN > size {
        return None;
    }
    signed.resize(size - SIGNATURE_LEN, 0);
    let mut bytes = authority.sign(context, &signed).to_vec();
    bytes.extend_from_slice(&signed);
    Some(bytes)
}

/// The CBOR in a frame of the authority's.
pub(super) fn open<'a>(bytes: &'a [u8], authority: Authority, context: &[u8]) -> Result<&'a [u8], NotFramed> {
    let (signature, signed) = bytes.split_first_chunk::<SIGNATURE_LEN>().ok_or(NotFramed::Malformed)?;
    authority.verify(context, signed, signature).map_err(NotFramed::NotSigned)?;
    let (length, rest) = signed.split_first_chunk::<4>().ok_or(NotFramed::Malformed)?;
    let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| NotFramed::Malformed)?;
    let (cbor, padding) = rest.split_at_checked(length).ok_or(NotFramed::Malformed)?;
    if padding.iter().any(|byte| *byte != 0) { Err(NotFramed::Malformed) } else { Ok(cbor) }
}
