//! The one key of a period: with it tokens are made and judged (spec §11.2).

use core::fmt;

use minicbor::{Decode, Encode};
use rand_core::CryptoRng;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::{
    Granted,
    oprf::{ELEMENT, Key, elements},
    token::{INPUT_LEN, TOKEN_TYPE, Token},
};
use crate::{Epoch, OperationId, Secret, schedule};

/// What makes a period's tokens and judges them. Whoever has it can make as many as he likes: tokens are admission to a broker,
/// never a proof that a report is true.
pub struct TokenKey {
    key: Key,
    public: TokenPublicKey,
    challenge: [u8; 32],
}

/// The public key of a period: by it members see that they got what everybody gets.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(transparent)]
pub struct TokenPublicKey(#[cbor(n(0), with = "minicbor::bytes")] pub [u8; ELEMENT]);

/// A period of tokens, as the manifest says it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct TokenPeriod {
    /// Grows by one with each; it is never used again.
    #[n(0)]
    pub number: u32,
    /// The first epoch in which its tokens are given out.
    #[n(1)]
    pub from: Epoch,
    /// The last one. Its tokens are taken until the policy's lateness after it.
    #[n(2)]
    pub last: Epoch,
    /// Its key.
    #[n(3)]
    pub key: TokenPublicKey,
}

impl TokenKey {
    /// The key of a period, from the seed that was drawn for it. `None` only for one seed in 2^252.
    pub fn derive(seed: &Secret, operation: OperationId, period: u32) -> Option<Self> {
        let key = Key::derive(seed, &schedule::token_key_info(operation, period))?;
        let public = TokenPublicKey(key.public());
        Some(Self { key, public, challenge: challenge_digest(operation, period) })
    }

    /// The public half.
    pub const fn public(&self) -> TokenPublicKey {
        self.public
    }

    /// Makes tokens of blinded elements, without seeing which. `None`: one of them is no element, or there is none.
    pub fn grant(&self, blinded: &[u8], rng: &mut impl CryptoRng) -> Option<Granted> {
        let blinded = elements(blinded).filter(|blinded| !blinded.is_empty())?;
        let evaluated = self.key.evaluate_blinded(&blinded, rng)?;
        Some(Granted { evaluated: evaluated.elements.concat().into(), proof: evaluated.proof })
    }

    /// Whether this key made the token, for its operation and period. About 40 µs. Whether it was used before is for the caller
    /// to know.
    pub fn accepts(&self, token: &Token) -> bool {
        let expected = input(&token.nonce(), &self.challenge, &self.public);
        if token.input() != expected {
            return false;
        }
        self.key.evaluate(token.input()).is_some_and(|output| output.ct_eq(token.output()).into())
    }
}

impl TokenPublicKey {
    /// How a token names its key (RFC 9578 §5.5): SHA-256 of it.
    pub fn id(&self) -> [u8; 32] {
        Sha256::digest(self.0).into()
    }
}

/// The SHA-256 of the challenge that all tokens of a period answer (RFC 9577 §2.1, spec §11.1): nobody sends it, everybody makes it.
pub fn challenge_digest(operation: OperationId, period: u32) -> [u8; 32] {
    let issuer = schedule::TOKEN_ISSUER;
    let length = u16::try_from(issuer.len()).unwrap_or(u16::MAX);
    let context = schedule::token_context(operation, period);
    Sha256::new()
        .chain_update(TOKEN_TYPE.to_be_bytes())
        .chain_update(length.to_be_bytes())
        .chain_update(issuer)
        .chain_update([32])
        .chain_update(context)
        // No origin.
        .chain_update([0, 0])
        .finalize()
        .into()
}

/// What the function is applied to.
pub(super) fn input(nonce: &[u8; 32], challenge: &[u8; 32], key: &TokenPublicKey) -> [u8; INPUT_LEN] {
    let mut input = [0; INPUT_LEN];
    let parts = TOKEN_TYPE.to_be_bytes().into_iter().chain(*nonce).chain(*challenge).chain(key.id());
    input.iter_mut().zip(parts).for_each(|(byte, part)| *byte = part);
    input
}

impl fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenKey(…)")
    }
}
