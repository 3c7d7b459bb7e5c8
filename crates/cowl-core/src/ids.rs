//! Identifiers: small newtypes, so that no bare integer or byte array crosses a border.

use core::fmt;

use minicbor::{Decode, Encode};

/// The name of an operation on the wire and in every derivation: 16 random bytes, public.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct OperationId(#[cbor(n(0), with = "minicbor::bytes")] pub [u8; 16]);

impl fmt::Debug for OperationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for OperationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Names one report in every part of every message that carries it, so that receivers drop a second copy
/// (spec §4.3). Random; it says nothing about who reports.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ReportId(pub [u8; 16]);

impl fmt::Debug for ReportId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for ReportId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// What a withdrawal names: one handle per person and epoch, derived from the seed that the person keeps
/// (spec §4.3). All zero when the sender keeps none.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ErasureHandle(pub [u8; 16]);

impl ErasureHandle {
    /// No handle: the report cannot be withdrawn by code.
    pub const NONE: Self = Self([0; 16]);
}

impl fmt::Debug for ErasureHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ErasureHandle(…)")
    }
}

/// By which a member names itself to the operation's service: 16 random bytes, given at enrolment. It is in no message and
/// no topic, only sealed to the service.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Encode, Decode)]
#[cbor(transparent)]
pub struct MemberId(#[cbor(n(0), with = "minicbor::bytes")] pub [u8; 16]);

impl fmt::Debug for MemberId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MemberId(…)")
    }
}

/// A role's position in the policy: the order of the parts in a message.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Encode, Decode)]
#[cbor(transparent)]
pub struct RoleIndex(#[n(0)] pub u8);

/// A field's position in the policy: its key in an encoded body.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Encode, Decode)]
#[cbor(transparent)]
pub struct FieldIndex(#[n(0)] pub u8);

/// Some of a policy's fields: a bit for each, as there are at most [`MAX_FIELDS`](crate::policy::MAX_FIELDS) of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct FieldSet(u64);

impl FieldSet {
    pub(crate) fn add(&mut self, field: FieldIndex) {
        self.0 |= Self::bit(field);
    }

    pub(crate) const fn without(self, others: Self) -> Self {
        Self(self.0 & !others.0)
    }

    pub(crate) const fn and(self, others: Self) -> Self {
        Self(self.0 & others.0)
    }

    pub(crate) fn holds(self, field: FieldIndex) -> bool {
        self.0 & Self::bit(field) != 0
    }

    /// How many there are.
    pub(crate) fn len(self) -> u8 {
        u8::try_from(self.0.count_ones()).unwrap_or(u8::MAX)
    }

    fn bit(field: FieldIndex) -> u64 {
        // a checked policy's fields are below 64
        1_u64.wrapping_shl(field.0.into())
    }
}

impl FromIterator<FieldIndex> for FieldSet {
    fn from_iter<I: IntoIterator<Item = FieldIndex>>(fields: I) -> Self {
        let mut set = Self::default();
        fields.into_iter().for_each(|field| set.add(field));
        set
    }
}

/// A device's place `j` in one epoch: random, fresh in each epoch, below the policy's number of places.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Encode, Decode)]
#[cbor(transparent)]
pub struct Place(#[n(0)] pub u32);

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Place(…)")
    }
}

/// A version of the policy, growing by one with each manifest that changes it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Encode, Decode)]
#[cbor(transparent)]
pub struct PolicyVersion(#[n(0)] pub u32);

/// Counts a device's messages in one epoch. Each value makes one tag per role, so none may serve twice under
/// the same keys: it is reserved in durable storage before use (spec §4.4).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Counter(pub u32);

impl Counter {
    /// The last counter of an epoch; a device that used it waits for the next epoch.
    pub const MAX: Self = Self(u32::MAX - 2);
}
