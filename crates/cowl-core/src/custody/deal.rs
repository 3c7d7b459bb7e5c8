//! The dealer: shares a secret among custodians and forgets it (Shamir 1979, commitments by Feldman 1987).

use alloc::vec::Vec;
use core::fmt;

use curve25519_dalek::{RistrettoPoint, Scalar};
use rand_core::CryptoRng;
use zeroize::{Zeroize as _, Zeroizing};

use super::{CustodyKey, MAX_CUSTODIANS, group::LEN};
use crate::Secret;

/// The numbers of custodians are none that can be dealt to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it takes 2 to {MAX_CUSTODIANS} custodians, and a threshold of 2 up to as many as there are")]
pub struct DealError;

/// What a dealer leaves behind: the public key, and one share for each custodian.
#[derive(Debug)]
pub struct Dealt {
    /// For the manifest.
    pub key: CustodyKey,
    /// One for each custodian, in the order of their numbers from 1.
    pub shares: Vec<CustodyShare>,
}

/// One custodian's share of the secret.
pub struct CustodyShare {
    number: u8,
    secret: Secret,
}

/// Deals shares to so many custodians, of whom it takes `threshold`. The secret and the polynomial exist only in here and are
/// wiped: nobody holds them afterwards, and nobody can deal a second time.
pub fn deal(threshold: u8, custodians: u8, rng: &mut impl CryptoRng) -> Result<Dealt, DealError> {
    if !(2..=custodians).contains(&threshold) || custodians > MAX_CUSTODIANS {
        return Err(DealError);
    }
    // In memory of its size from the start, so that no copy stays behind.
    let mut coefficients = Zeroizing::new(Vec::with_capacity(threshold.into()));
    for _ in 0..threshold {
        coefficients.push(random(rng));
    }
    let commitments: Vec<_> =
        coefficients.iter().map(|coefficient| RistrettoPoint::mul_base(coefficient).compress().0).collect();
    // A coefficient of zero, 2^−252 likely, would commit to the identity.
    let key = CustodyKey::new(custodians, &commitments).ok_or(DealError)?;
    let share = |number| {
        let at = Scalar::from(number);
        let mut value =
            coefficients.iter().rev().fold(Scalar::ZERO, |sum, coefficient| sum * at + coefficient);
        let share = CustodyShare { number, secret: Secret::new(value.to_bytes()) };
        value.zeroize();
        share
    };
    Ok(Dealt { key, shares: (1..=custodians).map(share).collect() })
}

impl CustodyShare {
    /// The share with this number, if it is that of this key: it lies on the polynomial that the key commits to.
    pub fn new(number: u8, secret: Secret, key: &CustodyKey) -> Option<Self> {
        let share = Self { number, secret };
        let public = RistrettoPoint::mul_base(&*share.scalar()?);
        (key.of_custodian(number)? == public).then_some(share)
    }

    /// The custodian's number, from 1.
    pub const fn number(&self) -> u8 {
        self.number
    }

    /// The share as a number below the group's order, little-endian: for his file.
    pub const fn secret(&self) -> &Secret {
        &self.secret
    }

    pub(super) fn scalar(&self) -> Option<Zeroizing<Scalar>> {
        super::group::scalar(self.secret.expose()).map(Zeroizing::new)
    }
}

impl fmt::Debug for CustodyShare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CustodyShare").field("number", &self.number).finish_non_exhaustive()
    }
}

fn random(rng: &mut impl CryptoRng) -> Scalar {
    let mut wide = Zeroizing::new([0; 2 * LEN]);
    rng.fill_bytes(wide.as_mut_slice());
    Scalar::from_bytes_mod_order_wide(&wide)
}
