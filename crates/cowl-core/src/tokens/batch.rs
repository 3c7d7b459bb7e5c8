//! A member's side: tokens are asked for blinded, and unblinded when the issuer proved its key (spec §11.3).

use alloc::vec::Vec;
use core::fmt;

use minicbor::{Decode, Decoder, Encode, Encoder};
use rand_core::CryptoRng;

use super::{
    Granted, MAX_BATCH, NotTheTokens, TokenPeriod, TokenPublicKey, TokenRequest,
    key::{challenge_digest, input},
    oprf::{Blinded, Evaluated, elements, finalize},
    token::Token,
};
use crate::OperationId;

/// Tokens that are asked for. To be stored before it is asked with: the service gives a member one batch in a period, and only
/// the same request gets the same answer again.
pub struct Batch {
    operation: OperationId,
    period: u32,
    key: TokenPublicKey,
    entries: Vec<Entry>,
}

#[derive(Clone)]
struct Entry {
    nonce: [u8; 32],
    blinded: Blinded,
}

impl Batch {
    /// Draws and blinds so many tokens of a period. `None`: none, or more than fit a request.
    pub fn draw(
        operation: OperationId,
        period: &TokenPeriod,
        count: u16,
        rng: &mut impl CryptoRng,
    ) -> Option<Self> {
        (1..=MAX_BATCH).contains(&count).then_some(())?;
        let challenge = challenge_digest(operation, period.number);
        let mut entry = || {
            let mut nonce = [0; 32];
            rng.fill_bytes(&mut nonce);
            let blinded = Blinded::of(&input(&nonce, &challenge, &period.key), rng)?;
            Some(Entry { nonce, blinded })
        };
        let entries = (0..count).map(|_| entry()).collect::<Option<_>>()?;
        Some(Self { operation, period: period.number, key: period.key, entries })
    }

    /// The request for them. `step`: that of the member secret that proves it.
    pub fn request(&self, step: u32) -> TokenRequest {
        let blinded = self.entries.iter().filter_map(|entry| entry.blinded.element());
        TokenRequest { step, period: self.period, blinded: blinded.flatten().collect::<Vec<_>>().into() }
    }

    /// Takes what the service made of them: all, if it proves that the period's one key made all of them.
    pub fn take(&self, granted: &Granted) -> Result<Vec<Token>, NotTheTokens> {
        let challenge = challenge_digest(self.operation, self.period);
        let inputs: Vec<_> =
            self.entries.iter().map(|entry| input(&entry.nonce, &challenge, &self.key).to_vec()).collect();
        let blinded: Vec<_> = self.entries.iter().map(|entry| entry.blinded.clone()).collect();
        let elements = elements(&granted.evaluated).ok_or(NotTheTokens)?;
        let evaluated = Evaluated { elements, proof: granted.proof };
        let outputs = finalize(&inputs, &blinded, &evaluated, &self.key.0).ok_or(NotTheTokens)?;
        let tokens = inputs.iter().zip(&outputs).map(|(input, output)| Token::new(input, output));
        tokens.collect::<Option<_>>().ok_or(NotTheTokens)
    }

    /// Of which period.
    pub const fn period(&self) -> u32 {
        self.period
    }

    /// Under which key.
    pub const fn key(&self) -> TokenPublicKey {
        self.key
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none, which is never so.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

impl fmt::Debug for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Batch(…)")
    }
}

impl<C> Encode<C> for Batch {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut Encoder<W>,
        ctx: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        let entry =
            |entry: &Entry| entry.nonce.into_iter().chain(*entry.blinded.to_bytes()).collect::<Vec<_>>();
        let entries: Vec<u8> = self.entries.iter().flat_map(entry).collect();
        e.array(4)?.encode_with(self.operation, ctx)?.u32(self.period)?.encode_with(self.key, ctx)?;
        e.bytes(&zeroize::Zeroizing::new(entries))?.ok()
    }
}

impl<'b, C> Decode<'b, C> for Batch {
    fn decode(d: &mut Decoder<'b>, ctx: &mut C) -> Result<Self, minicbor::decode::Error> {
        let wrong = || minicbor::decode::Error::message("not a batch of tokens");
        if d.array()? != Some(4) {
            return Err(wrong());
        }
        let (operation, period, key) = (d.decode_with(ctx)?, d.u32()?, d.decode_with(ctx)?);
        let (chunks, rest) = d.bytes()?.as_chunks::<96>();
        let entry = |chunk: &[u8; 96]| {
            let (nonce, blinded) = chunk.split_first_chunk::<32>()?;
            Some(Entry { nonce: *nonce, blinded: Blinded::from_bytes(blinded)? })
        };
        let entries: Vec<_> = chunks.iter().map(entry).collect::<Option<_>>().ok_or_else(wrong)?;
        let fits = (1..=usize::from(MAX_BATCH)).contains(&entries.len());
        if !rest.is_empty() || !fits {
            return Err(wrong());
        }
        Ok(Self { operation, period, key, entries })
    }
}
