//! The policy of an operation: which fields there are, who may read which of them how precisely, and every knob of the
//! protocol with what it costs.
//!
//! A [`Draft`] is what a file or a manifest says; [`Draft::check`] makes a [`Policy`] of it, the only form that reduces
//! and decodes. A policy travels in the signed manifest, so what people are told is what runs (DESIGN §3).

mod check;
mod custody;
mod device;
mod error;
mod field;
mod index;
mod knobs;
mod notice;
mod role;
mod size;
mod source;
mod traffic;

use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Deref;

use minicbor::{Decode, Decoder, Encode, Encoder};

pub use custody::Custody;
pub use device::{
    Consent, Family, MAX_FAMILIES, Mapping, NotAFilter, PayloadForm, Pick, Rule, TopicFilter, Who,
};
pub use error::{PolicyError, PolicyProblem, Subject};
pub use field::{Alias, Field, FieldKind, Sensitivity};
use index::Index;
pub(crate) use index::{Lookup, SlotSet, Spot};
pub use knobs::{Anonymity, Responders, Sizes, Tokens, Transport, WalkIn};
pub use notice::{NoticeTexts, Translated, Translation};
pub use role::{EXACT_POSITION_DECIMALS, Precision, Read, Role, RoleKind};
pub use size::WorstCase;
pub use source::{Input, Source, SourceError};
pub use traffic::{Traffic, Urgent, UrgentWhen, WhenFull, message_cost};

use crate::ids::{FieldIndex, RoleIndex};
use crate::receiver::Windows;
use crate::zone::Ladder;

/// The most fields: a body's keys then take at most two bytes.
pub const MAX_FIELDS: usize = 64;
/// The most roles: each adds a part to every message of everyone.
pub const MAX_ROLES: usize = 8;
/// The longest name of a field, role or operation, in bytes.
pub const MAX_NAME: usize = 32;

/// A policy as written, not yet checked.
#[derive(Debug, Clone, Encode, Decode)]
pub struct Draft {
    /// What the operation is called, for people. Public.
    #[n(0)]
    pub name: String,
    /// The fields; a field's place here is its key in an encoded body.
    #[n(1)]
    pub fields: Vec<Field>,
    /// The roles; their order is the order of the parts in every message.
    #[n(2)]
    pub roles: Vec<Role>,
    /// The zones, fine to coarse.
    #[n(3)]
    pub zones: Ladder,
    /// How many people must share a zone.
    #[n(4)]
    pub anonymity: Anonymity,
    /// Length of an epoch in seconds. Pseudonyms and keys change with it: shorter links less and keeps a stolen phone
    /// from less of the past, but each epoch costs every device one 32-byte key per role for as long as keys are held.
    #[n(5)]
    pub epoch_seconds: u32,
    /// For how many epochs ahead a device or responder holds keys. More lets it stay offline longer, and lets a thief
    /// of it send (never read others) for longer unless it is revoked; 32 bytes per role and epoch on the device.
    #[n(6)]
    pub keys_ahead: u16,
    /// How long after an epoch's close its reports are still opened, in seconds. More saves late reports, and is
    /// time in which a seized responder's device opens them.
    #[n(7)]
    pub lateness_seconds: u32,
    /// How many devices an operation can have at once, at most 2^24. Receivers need up to 400 bytes for each live one.
    #[n(8)]
    pub places: u32,
    /// What receivers keep to find a report's key.
    #[n(9)]
    pub windows: Windows,
    /// Counters reserved on disk at a time, a multiple of `windows.every` and at most `windows.every × windows.ahead`. Each
    /// reservation is one write. A busy device reserves several blocks, never more than that bound: what a crash skips
    /// is found by receivers' tables, without a search.
    #[n(14)]
    pub counter_block: u32,
    /// Report ids that a receiver remembers to drop second copies, 16 bytes each. Too few, and a late copy is shown
    /// twice.
    #[n(15)]
    pub seen_ids: u32,
    /// Fixed sizes of what is published.
    #[n(10)]
    pub sizes: Sizes,
    /// Reports from people who are not enrolled.
    #[n(11)]
    pub walk_in: WalkIn,
    /// What the broker sees of every connection, the same for all.
    #[n(12)]
    pub transport: Transport,
    /// Seconds between two beacons. Shorter: fresher counts and faster return of rebooted devices; each costs
    /// `sizes.beacon` bytes to everybody.
    #[n(13)]
    pub beacon_seconds: u32,
    /// When messages leave nodes and phones, and what that may cost.
    #[cbor(n(16), default)]
    pub traffic: Traffic,
    /// Devices that cannot change, for the gateways in front of them. Looked through in this order.
    #[cbor(n(17), skip_if = "Vec::is_empty")]
    pub devices: Vec<Family>,
    /// What only several custodians together may open, of each report; `None`: nothing.
    #[n(18)]
    pub custody: Option<Custody>,
    /// When responders get keys, and hear who was revoked.
    #[cbor(n(19), default, skip_if = "Responders::is_default")]
    pub responders: Responders,
    /// What people are told beyond fields and roles, and what is sent only if they say so.
    #[n(20)]
    pub notice: Option<NoticeTexts>,
    /// Whether senders connect with tokens, and how many they get; `None`: with a login that all share.
    #[n(21)]
    pub tokens: Option<Tokens>,
}

/// A policy that holds together. Made by [`Draft::check`] or by decoding, which checks as well; read-only.
#[derive(Debug, Clone)]
pub struct Policy {
    draft: Draft,
    index: Index,
}

impl Policy {
    pub(crate) const fn index(&self) -> &Index {
        &self.index
    }

    /// The field of this name.
    pub fn field_index(&self, name: &str) -> Option<FieldIndex> {
        position(self.fields.iter().map(|field| field.name.as_str()), name).map(FieldIndex)
    }

    /// The role of this name.
    pub fn role_index(&self, name: &str) -> Option<RoleIndex> {
        position(self.roles.iter().map(|role| role.name.as_str()), name).map(RoleIndex)
    }

    /// A field.
    pub fn field(&self, field: FieldIndex) -> Option<&Field> {
        self.fields.get(usize::from(field.0))
    }

    /// A role.
    pub fn role(&self, role: RoleIndex) -> Option<&Role> {
        self.roles.get(usize::from(role.0))
    }

    /// All roles with their indices, in part order.
    pub fn role_indices(&self) -> impl Iterator<Item = (RoleIndex, &Role)> {
        (0_u8..).map(RoleIndex).zip(&self.roles)
    }

    /// The role that counts people, if the operation has one.
    pub fn census(&self) -> Option<RoleIndex> {
        self.role_indices().find(|(_, role)| role.kind == RoleKind::Census).map(|(index, _)| index)
    }

    /// The field that is the position, if the operation has one.
    pub const fn position_field(&self) -> Option<FieldIndex> {
        self.index.position
    }

    /// Whether some field takes its value, or part of it, from the top-level input of this name. What no field takes
    /// is dropped.
    pub fn reads_input(&self, name: &str) -> bool {
        self.index.slot(name).is_some()
    }

    /// What custodians get, as if they were a role whose size is what the custody part has room for.
    pub const fn custody_role(&self) -> Option<&Role> {
        self.index.custody.as_ref()
    }

    /// Whether a field leaves a device only if the person says so.
    pub fn is_choice(&self, field: FieldIndex) -> bool {
        self.notice.as_ref().is_some_and(|notice| notice.choice.contains(&field))
    }

    /// How long a role's encoded body can get.
    pub fn worst_case(&self, role: RoleIndex) -> Option<WorstCase> {
        self.index.worst.get(usize::from(role.0)).copied()
    }

    /// The policy as written.
    pub const fn as_draft(&self) -> &Draft {
        &self.draft
    }

    /// Back to a draft, to change it.
    pub fn into_draft(self) -> Draft {
        self.draft
    }
}

/// Everything a draft holds can be read, nothing written.
impl Deref for Policy {
    type Target = Draft;

    fn deref(&self) -> &Draft {
        &self.draft
    }
}

impl<C> Encode<C> for Policy {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut Encoder<W>,
        ctx: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        self.draft.encode(e, ctx)
    }
}

impl<'b, C> Decode<'b, C> for Policy {
    fn decode(d: &mut Decoder<'b>, ctx: &mut C) -> Result<Self, minicbor::decode::Error> {
        Draft::decode(d, ctx)?
            .check()
            .map_err(|_| minicbor::decode::Error::message("the policy does not hold together"))
    }
}

fn position<'a>(mut names: impl Iterator<Item = &'a str>, name: &str) -> Option<u8> {
    names.position(|known| known == name).and_then(|index| u8::try_from(index).ok())
}

#[cfg(test)]
mod policy_tests;
#[cfg(test)]
pub(crate) mod samples;
