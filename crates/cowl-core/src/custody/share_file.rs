//! A custodian's file: his share, and whom he answers.

use alloc::{string::String, vec::Vec};
use core::fmt;

use minicbor::{Decode, Encode};
use rand_core::CryptoRng;

use super::{AnswerError, CustodyKey, CustodyShare, Partial, SignedRequest};
use crate::{Authority, OperationId, Secret};

/// What a custodian's file begins with.
const MAGIC: &[u8] = b"cowl glass share 1\n";
/// No file of one is longer.
const MAX_LEN: usize = 4_096;

/// Why bytes are no custodian's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ShareError {
    /// They do not begin as one.
    #[error("not a custodian's share")]
    NotAShare,
    /// They begin as one and do not go on as one, or the share is not that of its key.
    #[error("a damaged or cut-off custodian's share")]
    Malformed,
}

/// All that one custodian has and needs: secret, 0600. It opens nothing alone.
pub struct CustodianShare {
    /// The operation.
    pub operation: OperationId,
    /// What the operation is called.
    pub operation_name: String,
    /// Whose requests are answered.
    pub authority: Authority,
    /// What the custodian is called.
    pub name: String,
    /// The custodians' key.
    pub key: CustodyKey,
    share: CustodyShare,
}

#[derive(Encode, Decode)]
struct Form {
    #[n(0)]
    operation: OperationId,
    #[n(1)]
    operation_name: String,
    #[n(2)]
    authority: Authority,
    #[n(3)]
    name: String,
    #[n(4)]
    key: CustodyKey,
    #[n(5)]
    number: u8,
    #[n(6)]
    secret: Secret,
}

impl CustodianShare {
    /// A custodian's file for a share that was dealt.
    pub const fn new(
        operation: OperationId,
        operation_name: String,
        authority: Authority,
        name: String,
        key: CustodyKey,
        share: CustodyShare,
    ) -> Self {
        Self { operation, operation_name, authority, name, key, share }
    }

    /// Reads a file. The share is held against the key's commitments: a damaged or swapped one is found now, not when it is
    /// needed.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ShareError> {
        let content = bytes.strip_prefix(MAGIC).ok_or(ShareError::NotAShare)?;
        if bytes.len() > MAX_LEN {
            return Err(ShareError::Malformed);
        }
        let mut d = minicbor::Decoder::new(content);
        let Form { operation, operation_name, authority, name, key, number, secret } =
            d.decode().map_err(|_| ShareError::Malformed)?;
        let is_plain = |text: &str| !text.is_empty() && !text.chars().any(char::is_control);
        if d.position() != content.len() || !is_plain(&operation_name) || !is_plain(&name) {
            return Err(ShareError::Malformed);
        }
        let share = CustodyShare::new(number, secret, &key).ok_or(ShareError::Malformed)?;
        Ok(Self { operation, operation_name, authority, name, key, share })
    }

    /// The file. Wiped by whoever has it, when it is written.
    pub fn to_bytes(&self) -> zeroize::Zeroizing<Vec<u8>> {
        let form = Form {
            operation: self.operation,
            operation_name: self.operation_name.clone(),
            authority: self.authority,
            name: self.name.clone(),
            key: self.key.clone(),
            number: self.share.number(),
            secret: self.share.secret().clone(),
        };
        let mut bytes = zeroize::Zeroizing::new(Vec::with_capacity(MAX_LEN));
        bytes.extend_from_slice(MAGIC);
        // Writing to memory does not fail.
        let _ = minicbor::encode(&form, &mut *bytes);
        bytes
    }

    /// The custodian's number, from 1.
    pub const fn number(&self) -> u8 {
        self.share.number()
    }

    /// Whether a request is one that this custodian may answer at `now`, in Unix seconds.
    pub fn check(&self, request: &SignedRequest, now: u64) -> Result<(), AnswerError> {
        if request.envelope.operation != self.operation {
            return Err(AnswerError::OtherOperation);
        }
        request.check_answerable(&self.key, now)
    }

    /// Answers a request, once the custodian has read who asks for what and why, and agreed. `now` in Unix seconds.
    pub fn answer(
        &self,
        request: &SignedRequest,
        now: u64,
        rng: &mut impl CryptoRng,
    ) -> Result<Partial, AnswerError> {
        self.check(request, now)?;
        self.share.answer(request, &self.key, now, rng)
    }
}

impl fmt::Debug for CustodianShare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CustodianShare").field("number", &self.number()).finish_non_exhaustive()
    }
}
