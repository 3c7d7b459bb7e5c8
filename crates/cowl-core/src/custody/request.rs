//! Asking custodians to open one message: who asks, why, until when, and for exactly what.

use alloc::{string::String, vec::Vec};
use core::{fmt, ops::Deref};

use minicbor::{Decode, Encode};
use sha2::{Digest as _, Sha256};

use super::CustodyEnvelope;
use crate::{Authority, AuthorityKey, NotSigned, schedule::GLASS_CONTEXT, signing::SIGNATURE_LEN};

/// What a request's file begins with.
const MAGIC: &[u8] = b"cowl glass request 1\n";
/// What one begins with that the authority has not signed yet.
const DRAFT: &[u8] = b"cowl glass draft 1\n";
/// No file of one is longer: the longest custody part, and the texts.
const MAX_LEN: usize = 16_384;
/// The longest name of who asks or of whom it is about, in bytes.
const MAX_NAME: usize = 100;
/// The longest reason, in bytes.
const MAX_REASON: usize = 1_000;
/// The longest life of a request, in seconds.
const MAX_LIFE: u64 = 30 * 86_400;

/// Why something is no request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// It does not begin as one.
    #[error("not a request to custodians")]
    NotARequest,
    /// It begins as one and does not go on as one.
    #[error("a damaged or cut-off request")]
    Malformed,
    /// Not signed by the operation's authority, or altered since.
    #[error(transparent)]
    NotSigned(#[from] NotSigned),
    /// No reason, or no name of who asks, or too long, or with characters that do not show.
    #[error(
        "who asks and why must be said in plain words: at most {MAX_NAME} bytes for names, {MAX_REASON} for the reason"
    )]
    Words,
    /// It ends before it begins, or lives too long.
    #[error("a request lives from a second to 30 days")]
    Life,
}

/// Names a request: the SHA-256 of all that it says. Proofs and the log are bound to it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct RequestId(#[cbor(n(0), with = "minicbor::bytes")] pub [u8; 32]);

/// A request, as written. Custodians answer it only when the authority signed it, which enters it in the log.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct GlassRequest {
    /// What is to be opened.
    #[n(0)]
    pub envelope: CustodyEnvelope,
    /// The custodians' public key.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub custodians: [u8; 32],
    /// Whom the report is from, as far as anyone knows: a pseudonym, or that it came without enrolment.
    #[n(2)]
    pub about: String,
    /// Who asks.
    #[n(3)]
    pub requester: String,
    /// Why.
    #[n(4)]
    pub reason: String,
    /// When it was made, in Unix seconds.
    #[n(5)]
    pub made: u64,
    /// From when on nobody answers it or opens anything by it, in Unix seconds.
    #[n(6)]
    pub expires: u64,
    /// Random: two requests are never the same.
    #[cbor(n(7), with = "minicbor::bytes")]
    pub number: [u8; 16],
}

impl GlassRequest {
    /// Whether it says what a request must say.
    pub fn check(&self) -> Result<(), RequestError> {
        let plain = |text: &str, most: usize| {
            !text.trim().is_empty() && text.len() <= most && !text.chars().any(hides)
        };
        let holds = plain(&self.about, MAX_NAME)
            && plain(&self.requester, MAX_NAME)
            && plain(&self.reason, MAX_REASON);
        if !holds {
            return Err(RequestError::Words);
        }
        let life = self.expires.checked_sub(self.made);
        if life.is_some_and(|life| (1..=MAX_LIFE).contains(&life)) { Ok(()) } else { Err(RequestError::Life) }
    }

    /// Signs it: from here on custodians may answer it.
    pub fn sign(self, key: &AuthorityKey) -> Result<SignedRequest, RequestError> {
        self.check()?;
        let content = minicbor::to_vec(&self).map_err(|_| RequestError::Malformed)?;
        let signature = key.sign(GLASS_CONTEXT, &content);
        let bytes = [MAGIC, &signature, &content].concat();
        if bytes.len() > MAX_LEN {
            return Err(RequestError::Malformed);
        }
        Ok(SignedRequest { id: RequestId(Sha256::digest(&content).into()), request: self, bytes })
    }

    /// A file of it for the authority to sign: what a responder sends.
    pub fn to_draft(&self) -> Result<Vec<u8>, RequestError> {
        self.check()?;
        let content = minicbor::to_vec(self).map_err(|_| RequestError::Malformed)?;
        Ok([DRAFT, &content].concat())
    }

    /// Reads what a responder sent. Nothing in it is proven, but that it is one.
    pub fn from_draft(bytes: &[u8]) -> Result<Self, RequestError> {
        decode(bytes.strip_prefix(DRAFT).ok_or(RequestError::NotARequest)?)
    }

    /// Whether bytes begin as a draft does.
    pub fn is_draft(bytes: &[u8]) -> bool {
        bytes.starts_with(DRAFT)
    }
}

/// A request that the authority signed, with the bytes that prove it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SignedRequest {
    request: GlassRequest,
    id: RequestId,
    bytes: Vec<u8>,
}

impl SignedRequest {
    /// Verifies a request under the authority that the reader trusts.
    pub fn verify(bytes: &[u8], authority: Authority) -> Result<Self, RequestError> {
        let signed = bytes.strip_prefix(MAGIC).ok_or(RequestError::NotARequest)?;
        let (signature, content) =
            signed.split_first_chunk::<SIGNATURE_LEN>().ok_or(RequestError::Malformed)?;
        if bytes.len() > MAX_LEN {
            return Err(RequestError::Malformed);
        }
        authority.verify(GLASS_CONTEXT, content, signature)?;
        let request = decode(content)?;
        Ok(Self { request, id: RequestId(Sha256::digest(content).into()), bytes: bytes.to_vec() })
    }

    /// What a request says, whoever signed it or altered it: for lists. Nothing may be decided by it.
    pub fn dangerous_unverified(bytes: &[u8]) -> Result<GlassRequest, RequestError> {
        let signed = bytes.strip_prefix(MAGIC).ok_or(RequestError::NotARequest)?;
        let (_, content) = signed.split_first_chunk::<SIGNATURE_LEN>().ok_or(RequestError::Malformed)?;
        if bytes.len() > MAX_LEN { Err(RequestError::Malformed) } else { decode(content) }
    }

    /// Its name.
    pub const fn id(&self) -> RequestId {
        self.id
    }

    /// The file.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl Deref for SignedRequest {
    type Target = GlassRequest;

    fn deref(&self) -> &GlassRequest {
        &self.request
    }
}

/// The front of the hash, to compare by eye or voice and to name files with: `3f1c-88a0-91be-04d7`.
impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (front, _) = self.0.split_at(8);
        for (index, byte) in front.iter().enumerate() {
            if index > 0 && index % 2 == 0 {
                f.write_str("-")?;
            }
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RequestId({self})")
    }
}

fn decode(content: &[u8]) -> Result<GlassRequest, RequestError> {
    if content.len() > MAX_LEN {
        return Err(RequestError::Malformed);
    }
    let mut d = minicbor::Decoder::new(content);
    let request: GlassRequest = d.decode().map_err(|_| RequestError::Malformed)?;
    if d.position() != content.len() {
        return Err(RequestError::Malformed);
    }
    request.check()?;
    Ok(request)
}

/// Characters that a terminal obeys, or that make a text read otherwise than it is: a custodian decides by what he sees.
fn hides(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}
