//! What a receiver keeps of a message so that custodians can open it later.

use alloc::vec::Vec;
use core::fmt;

use minicbor::{Decode, Encode};
use sha2::{Digest as _, Sha256};

use super::{
    Context, context,
    group::{self, LEN},
    sealing,
};
use crate::{Epoch, Header, Layout, OperationId, ReportId, envelope::Mode};

/// The custody part of one message with all that it is bound to: what is kept, and what a request carries.
///
/// Nothing in it can be read without custodians. It holds the report id, which is known only to those who opened a part of the
/// message: keep it as the report is kept, and erase it with the report.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct CustodyEnvelope {
    /// The operation.
    #[n(0)]
    pub operation: OperationId,
    #[n(1)]
    mode: u8,
    /// The epoch in which it was sealed.
    #[n(2)]
    pub epoch: Epoch,
    #[cbor(n(3), with = "minicbor::bytes")]
    name: Vec<u8>,
    #[cbor(n(4), with = "minicbor::bytes")]
    part: Vec<u8>,
    #[cbor(n(5), with = "minicbor::bytes")]
    report: [u8; 16],
}

impl CustodyEnvelope {
    /// Takes the custody part out of a message that was opened. `None`: the operation's messages have none.
    pub(crate) fn of(
        operation: OperationId,
        epoch: Epoch,
        layout: &Layout,
        mode: Mode,
        message: &[u8],
        header: &Header,
    ) -> Option<Self> {
        let part = message.get(layout.sealed_custody(mode)?)?.to_vec();
        let name = context::name(layout, mode, message)?;
        let mode = u8::from(mode == Mode::WalkIn);
        Some(Self { operation, mode, epoch, name, part, report: header.report.0 })
    }

    /// Reads what [`Self::to_bytes`] wrote. What it holds is proven by [`Self::is_proven`] only.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut d = minicbor::Decoder::new(bytes);
        let envelope = d.decode().ok()?;
        (d.position() == bytes.len()).then_some(envelope)
    }

    /// Its bytes, to be kept.
    pub fn to_bytes(&self) -> Vec<u8> {
        // Writing to memory does not fail.
        minicbor::to_vec(self).unwrap_or_default()
    }

    /// SHA-256 of its bytes: names the message, to see that one was asked for before.
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.to_bytes()).into()
    }

    /// The report that it belongs to.
    pub const fn report(&self) -> ReportId {
        ReportId(self.report)
    }

    /// Whether it came without enrolment: whoever sent it is unverified.
    pub const fn is_walk_in(&self) -> bool {
        self.mode != 0
    }

    /// Whether its maker proved that he made it, for this message. What fails opens nothing and asks for something else.
    pub fn is_proven(&self) -> bool {
        self.mode <= 1 && sealing::is_proven(&self.part, &self.context())
    }

    pub(super) fn context(&self) -> Context {
        let mode = if self.is_walk_in() { Mode::WalkIn } else { Mode::Enrolled };
        Context::new(self.operation, self.epoch, mode, &self.name)
    }

    pub(super) fn ephemeral(&self) -> Option<(&[u8; LEN], curve25519_dalek::RistrettoPoint)> {
        let bytes = self.part.first_chunk::<LEN>()?;
        Some((bytes, group::element(bytes).ok()?))
    }

    pub(super) fn sealed(&self) -> &[u8] {
        self.part.get(sealing::PROOF_END..).unwrap_or_default()
    }
}

impl fmt::Debug for CustodyEnvelope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CustodyEnvelope").field("epoch", &self.epoch).finish_non_exhaustive()
    }
}
