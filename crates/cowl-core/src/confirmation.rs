//! A member says which erase orders it obeyed (spec §16.3).
//!
//! It says so at a moment of its own in every epoch, whether there was an order or not, by a sealed request as all others: who watches
//! sees that a member asked the service something.

use alloc::vec::Vec;

use minicbor::{Decode, Encode};

/// What keeps reports, and so has to erase.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Encode, Decode)]
#[cbor(index_only)]
pub enum StoreKind {
    /// An archive of opened reports.
    #[n(0)]
    Archive,
    /// What waits at a gateway of devices.
    #[n(1)]
    Queue,
    /// What a gateway of responders had published, retained.
    #[n(2)]
    Retained,
    /// A reader without an archive: it shows reports and keeps none.
    #[n(3)]
    Reader,
    /// What a gateway of responders had published, retained, to a broker that is not its own: it clears the topics, but that
    /// broker's files are out of its reach.
    #[n(4)]
    RetainedElsewhere,
}

/// The body of a request with [`crate::exchange::Purpose::CONFIRMATION`].
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct ConfirmationRequest {
    /// The step of the member secret, as in a renewal (spec §9.3).
    #[n(0)]
    pub step: u32,
    /// Names the store among those of its member.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub store: [u8; 16],
    /// What it is.
    #[n(2)]
    pub kind: StoreKind,
    /// The newest list that it obeyed.
    #[n(3)]
    pub list: u64,
}

/// What the service answers. The numbers are those of the wire.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(index_only)]
pub enum ConfirmationAnswer {
    /// It is noted.
    #[n(0)]
    Noted,
    /// There is no such list, or the member has too many stores.
    #[n(1)]
    NotNoted,
}

impl ConfirmationRequest {
    /// The body of the request.
    pub fn to_bytes(&self) -> Vec<u8> {
        // Writing to memory cannot fail.
        minicbor::to_vec(self).unwrap_or_default()
    }

    /// From the body of a request.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut decoder = minicbor::Decoder::new(bytes);
        let request = decoder.decode().ok()?;
        (decoder.position() == bytes.len()).then_some(request)
    }
}

impl ConfirmationAnswer {
    /// The body of the answer.
    pub fn to_bytes(self) -> Vec<u8> {
        minicbor::to_vec(self).unwrap_or_default()
    }

    /// From the body of an answer.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        minicbor::decode(bytes).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_nothing_behind_it() {
        for kind in [
            StoreKind::Archive,
            StoreKind::Queue,
            StoreKind::Retained,
            StoreKind::Reader,
            StoreKind::RetainedElsewhere,
        ] {
            let request = ConfirmationRequest { step: 7, store: [9; 16], kind, list: u64::MAX };
            let bytes = request.to_bytes();
            assert_eq!(ConfirmationRequest::from_bytes(&bytes), Some(request));
            assert_eq!(ConfirmationRequest::from_bytes(&[bytes.as_slice(), &[0]].concat()), None);
            assert_eq!(ConfirmationRequest::from_bytes(&bytes[..bytes.len() - 1]), None);
        }
        assert_eq!(
            hex::encode(
                ConfirmationRequest { step: 1, store: [2; 16], kind: StoreKind::Queue, list: 3 }.to_bytes()
            ),
            ["840150", &"02".repeat(16), "0103"].concat()
        );
        assert_eq!(
            ConfirmationAnswer::from_bytes(&ConfirmationAnswer::NotNoted.to_bytes()),
            Some(ConfirmationAnswer::NotNoted)
        );
        assert_eq!(ConfirmationAnswer::from_bytes(&[2]), None);
    }
}
