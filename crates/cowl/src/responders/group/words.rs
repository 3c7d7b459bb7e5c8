//! What members tell one another.

use minicbor::{Decode, Encode};

use super::{Claim, MemberId};
use crate::{keyring::News, responders::retained::Whose};

/// A member is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Hello {
    /// Another one for each process.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub(crate) run: [u8; 8],
    /// Whether it has heard all that was said before; not there from a member of an earlier version, which has.
    #[n(1)]
    pub(crate) joined: Option<bool>,
}

/// What all hear.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(crate) enum Word {
    /// The owner before let a shard go for this claim.
    #[n(0)]
    Released(#[n(0)] u16, #[n(1)] Claim),
    /// A member missed what was told, and asks for all that is remembered.
    #[n(1)]
    Ask(#[n(0)] MemberId),
    /// Comes back to its sender behind all that was told before.
    #[n(2)]
    Mark(#[cbor(n(0), with = "minicbor::bytes")] [u8; 8]),
}

/// What a member opened and published.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Seen {
    /// Of the process that did.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub(crate) run: [u8; 8],
    #[n(1)]
    pub(crate) news: News,
    /// Topics that were retained, and until when.
    #[n(2)]
    pub(crate) retained: Vec<(String, u64)>,
    /// Messages of the mailbox that wait for their device on this member's disk, and nowhere else any more.
    #[n(3)]
    pub(crate) kept: Vec<minicbor::bytes::ByteVec>,
    /// Whose reports those topics show, in their order; not there from a member of an earlier version.
    #[n(4)]
    pub(crate) whose: Option<Vec<Option<Whose>>>,
    /// So many further reports are on their way, as the member's piece says ([`super::super::piece`]). If the member ends now, they
    /// are published by whoever goes on with that.
    #[n(5)]
    pub(crate) open: Option<u32>,
}

impl Seen {
    /// Nothing was opened, and nothing is on its way.
    pub(crate) fn nothing(run: [u8; 8]) -> Self {
        let (retained, kept) = (Vec::new(), Vec::new());
        Self { run, news: News::default(), retained, kept, whose: None, open: None }
    }
}

/// What is told to a member that missed something.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(crate) enum Past {
    #[n(0)]
    News(#[n(0)] News),
    /// That was all.
    #[n(1)]
    End,
    /// Messages that wait on the disk of a member.
    #[n(2)]
    Kept(#[n(0)] MemberId, #[n(1)] Vec<minicbor::bytes::ByteVec>),
}
