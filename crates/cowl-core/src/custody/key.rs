//! The custodians' public key, with what checks each custodian's answers.

use alloc::vec::Vec;

use curve25519_dalek::{RistrettoPoint, Scalar};
use minicbor::{Decode, Encode, bytes::ByteArray};

use super::group::{self, LEN};

/// The most custodians: each is asked by a person.
pub const MAX_CUSTODIANS: u8 = 16;

/// The custodians' key, as the manifest carries it: how many custodians there are, and a commitment to each coefficient
/// of the polynomial that their shares lie on (Feldman). The first commitment is the public key; there are as many as
/// custodians it takes.
#[derive(Clone, PartialEq, Eq, Debug, Encode)]
pub struct CustodyKey {
    #[n(0)]
    custodians: u8,
    #[n(1)]
    commitments: Vec<ByteArray<LEN>>,
}

impl CustodyKey {
    /// Checks the encodings. `None`: something is no element, or the numbers are none that [`super::deal`] takes.
    pub fn new(custodians: u8, commitments: &[[u8; LEN]]) -> Option<Self> {
        let threshold = u8::try_from(commitments.len()).ok()?;
        let holds = (2..=custodians).contains(&threshold)
            && custodians <= MAX_CUSTODIANS
            && commitments.iter().all(|bytes| group::element(bytes).is_ok());
        let commitments = commitments.iter().copied().map(ByteArray::from).collect();
        holds.then_some(Self { custodians, commitments })
    }

    /// How many custodians there are.
    pub const fn custodians(&self) -> u8 {
        self.custodians
    }

    /// How many of them it takes.
    pub fn threshold(&self) -> u8 {
        u8::try_from(self.commitments.len()).unwrap_or(MAX_CUSTODIANS)
    }

    /// The public key, encoded.
    pub fn public(&self) -> [u8; LEN] {
        self.commitments.first().map_or([0; LEN], |first| **first)
    }

    /// What messages are sealed to.
    pub(super) fn element(&self) -> Option<RistrettoPoint> {
        group::element(&self.public()).ok()
    }

    /// What custodian `number` (from 1) proves to know the share of: the polynomial in the exponent, at his number.
    pub(super) fn of_custodian(&self, number: u8) -> Option<RistrettoPoint> {
        if !(1..=self.custodians).contains(&number) {
            return None;
        }
        let at = Scalar::from(number);
        let mut commitments = self.commitments.iter().rev();
        let mut sum = group::element(commitments.next()?).ok()?;
        for commitment in commitments {
            sum = sum * at + group::element(commitment).ok()?;
        }
        Some(sum)
    }
}

impl<'b, C> Decode<'b, C> for CustodyKey {
    fn decode(d: &mut minicbor::Decoder<'b>, ctx: &mut C) -> Result<Self, minicbor::decode::Error> {
        #[derive(Decode)]
        struct Form {
            #[n(0)]
            custodians: u8,
            #[n(1)]
            commitments: Vec<ByteArray<LEN>>,
        }
        let Form { custodians, commitments } = Form::decode(d, ctx)?;
        let commitments: Vec<_> = commitments.iter().map(|bytes| **bytes).collect();
        Self::new(custodians, &commitments).ok_or(minicbor::decode::Error::message("not a custodians' key"))
    }
}
