//! By what a reporter finds that help is coming (spec §12.4), and how a responder says so (spec §12.5).

use alloc::vec::Vec;
use core::fmt;

use minicbor::{Decode, Encode};
use subtle::ConstantTimeEq as _;

use crate::{OperationId, Secret, schedule};

/// What a report's sender shares with one role and with nobody else: whoever of that role says that help is coming names it to
/// the operation's service, and the sender finds it in the next dispatch. It opens nothing.
///
/// Each report and role has one of its own, so one that becomes known says nothing of another report, role or epoch.
#[derive(Clone, Encode, Decode)]
#[cbor(transparent)]
pub struct HelpKey(#[n(0)] Secret);

impl HelpKey {
    /// From its 32 bytes.
    pub const fn new(secret: Secret) -> Self {
        Self(secret)
    }

    /// The same, from a file.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Secret::new(bytes))
    }

    /// The bytes, for a file or a responder's output.
    pub const fn secret(&self) -> &Secret {
        &self.0
    }

    /// What the dispatch of this sequence calls it. Whoever does not have the key cannot tell it from random bytes, and not
    /// that marks of two dispatches are of one report.
    pub(crate) fn mark(&self, operation: OperationId, sequence: u64) -> [u8; 8] {
        schedule::help_mark(&self.0, operation, sequence)
    }
}

/// What a responder says to the operation's service: help is coming to these. The body of a request with
/// [`crate::exchange::Purpose::HELP`].
#[derive(Debug, Clone, Encode, Decode)]
pub struct HelpRequest {
    /// The step of the responder's member secret, as in a renewal (spec §9.3).
    #[n(0)]
    pub step: u32,
    /// At most [`Self::MOST`].
    #[n(1)]
    pub keys: Vec<HelpKey>,
}

/// What the service answers. The numbers are those of the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum HelpAnswer {
    /// The next dispatches say so.
    #[n(0)]
    Taken,
    /// There is no room for all of them, or this responder said it of too many lately: none was taken.
    #[n(1)]
    Full,
    /// This member reads no reports, or not any more.
    #[n(2)]
    NotAResponder,
}

impl HelpRequest {
    /// The most keys of one request.
    pub const MOST: usize = 128;

    /// The body of the request.
    pub fn to_bytes(&self) -> Vec<u8> {
        // Writing to memory cannot fail.
        minicbor::to_vec(self).unwrap_or_default()
    }

    /// From the body of a request; `None`: it is none, or has too many keys.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut decoder = minicbor::Decoder::new(bytes);
        let request: Self = decoder.decode().ok()?;
        let is_sound = decoder.position() == bytes.len() && (1..=Self::MOST).contains(&request.keys.len());
        is_sound.then_some(request)
    }
}

impl HelpAnswer {
    /// The body of the answer.
    pub fn to_bytes(self) -> Vec<u8> {
        minicbor::to_vec(self).unwrap_or_default()
    }

    /// From the body of an answer.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        minicbor::decode(bytes).ok()
    }
}

// In constant time, for those who look one up; a `Secret` has no such thing.
impl PartialEq for HelpKey {
    fn eq(&self, other: &Self) -> bool {
        self.0.expose().ct_eq(other.0.expose()).into()
    }
}

impl Eq for HelpKey {}

impl fmt::Debug for HelpKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HelpKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;
    use crate::exchange::{REQUEST_LEN, REQUEST_OVERHEAD};

    #[test]
    fn the_most_keys_fit_a_request_and_one_more_is_none() {
        let request =
            |count| HelpRequest { step: u32::MAX, keys: vec![HelpKey::new(Secret::new([7; 32])); count] };
        let most = request(HelpRequest::MOST).to_bytes();
        assert!(most.len() <= REQUEST_LEN - REQUEST_OVERHEAD);
        assert_eq!(HelpRequest::from_bytes(&most).unwrap().keys.len(), HelpRequest::MOST);
        for bad in [
            request(0).to_bytes(),
            request(HelpRequest::MOST + 1).to_bytes(),
            [most.as_slice(), &[0]].concat(),
        ] {
            assert!(HelpRequest::from_bytes(&bad).is_none());
        }
        assert!(HelpRequest::from_bytes(&hex::decode("82009b1000000000000000").unwrap()).is_none());
        for answer in [HelpAnswer::Taken, HelpAnswer::Full, HelpAnswer::NotAResponder] {
            assert_eq!(HelpAnswer::from_bytes(&answer.to_bytes()), Some(answer));
        }
        assert_eq!(HelpAnswer::from_bytes(&[3]), None);
    }
}
