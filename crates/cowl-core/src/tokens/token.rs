//! A token in RFC 9578's wire form (spec §11.1).

use core::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop};

use super::oprf::OUTPUT;

/// What stands in front of every token: VOPRF with ristretto255 and SHA-512, as draft-ietf-privacypass-batched-tokens numbers it.
/// RFC 9578's own 0x0001 is P-384, and must not stand before another group.
pub const TOKEN_TYPE: u16 = 0x0005;
/// Bytes of a token.
pub const TOKEN_LEN: usize = INPUT_LEN + OUTPUT;
/// Bytes that the function is applied to: type, nonce, challenge digest, key id.
pub(super) const INPUT_LEN: usize = 2 + 32 + 32 + 32;

/// One connection's worth. Whoever has it can use it, once.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Token([u8; TOKEN_LEN]);

impl Token {
    pub(super) fn new(input: &[u8], output: &[u8; OUTPUT]) -> Option<Self> {
        let mut bytes = [0; TOKEN_LEN];
        let (front, back) = bytes.split_at_mut_checked(INPUT_LEN)?;
        (front.len() == input.len()).then_some(())?;
        front.copy_from_slice(input);
        back.copy_from_slice(output);
        Some(Self(bytes))
    }

    /// Reads a token: of this type and length. Whether it is good, only a [`TokenKey`](super::TokenKey) can say.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let token = Self(bytes.try_into().ok()?);
        token.0.starts_with(&TOKEN_TYPE.to_be_bytes()).then_some(token)
    }

    /// The bytes.
    pub const fn bytes(&self) -> &[u8; TOKEN_LEN] {
        &self.0
    }

    /// What tells this token from every other one: 32 bytes that its owner drew, and showed nobody before.
    pub fn nonce(&self) -> [u8; 32] {
        self.part(2)
    }

    /// The SHA-256 of the key that it must have been made with.
    pub fn key_id(&self) -> [u8; 32] {
        self.part(2 + 32 + 32)
    }

    pub(super) fn input(&self) -> &[u8] {
        self.0.get(..INPUT_LEN).unwrap_or_default()
    }

    pub(super) fn output(&self) -> &[u8] {
        self.0.get(INPUT_LEN..).unwrap_or_default()
    }

    fn part(&self, at: usize) -> [u8; 32] {
        self.0.get(at..).and_then(|rest| rest.first_chunk()).copied().unwrap_or_default()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}
