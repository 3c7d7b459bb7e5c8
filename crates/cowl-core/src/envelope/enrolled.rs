//! Enrolled mode: one part per role, `tag ‖ AES-256-GCM-SIV`, all roles always (spec §4).

use alloc::{sync::Arc, vec::Vec};
use core::{fmt, ops::Range};

use rand_core::CryptoRng;
use zeroize::Zeroize as _;

use super::{Header, Mode, Sealed};
use crate::{
    Counter, Epoch, OperationId, Report, RoleIndex,
    block::{BlockKey, TAG_LEN},
    custody::{Context, CustodyKey, CustodySealer},
    layout::{HEADER_LEN, Layout, PART_OVERHEAD, RolePart},
    schedule::{DeviceRoot, PART_CONTEXT, PartSecrets},
    siv::{AUTH_LEN, NONCE_LEN, NotAuthentic, SivKey},
};

/// Why a reduced report could not be sealed. Nothing was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The report was reduced for another number of roles than this message has.
    #[error("the report was reduced by another policy than the one it is to be sealed by")]
    OtherPolicy,
    /// A body is longer than the manifest's size for its role.
    #[error("the part of role {} is longer than the manifest allows", .0.0)]
    TooLong(RoleIndex),
    /// What is for custodians is longer than the manifest allows.
    #[error("the custody part is longer than the manifest allows")]
    CustodyTooLong,
    /// A role's public key of this epoch is missing or not a key.
    #[error("there is no usable public key for role {} in this epoch", .0.0)]
    NoPublicKey(RoleIndex),
    /// The relays' public key of this epoch is not a key.
    #[error("there is no usable public key of the relays in this epoch")]
    NoRelayKey,
    /// All counters of the epoch were used.
    #[error("all counters of this epoch are used up")]
    NoCounter,
    /// The cipher refused; does not happen with the sizes that a manifest allows.
    #[error("the cipher refused to seal")]
    Cipher,
}

/// The two expanded keys of one device's parts for one role in one epoch.
pub(crate) struct PartKeys {
    siv: SivKey,
    tag: BlockKey,
}

impl PartKeys {
    pub(crate) fn of(root: &[u8; 32]) -> Self {
        let secrets = PartSecrets::of(root);
        Self { siv: SivKey::new(&secrets.part), tag: BlockKey::new(&secrets.tag) }
    }

    pub(crate) fn tag(&self, counter: u64) -> [u8; TAG_LEN] {
        self.tag.tag(counter)
    }
}

/// What a device seals with in one epoch: one pair of keys for each role.
///
/// The counter is an argument: whoever holds these keys must never pass the same one twice, across crashes
/// and copies of the disk, so it is reserved in durable storage *before* use (spec §4.4).
pub struct DeviceKeys {
    operation: OperationId,
    epoch: Epoch,
    layout: Arc<Layout>,
    roles: Vec<PartKeys>,
    custody: CustodySealer,
}

impl DeviceKeys {
    /// Expands a device's roots of one epoch, one for each role in the policy's order.
    pub fn new<'a>(
        operation: OperationId,
        epoch: Epoch,
        layout: Arc<Layout>,
        roots: impl IntoIterator<Item = &'a DeviceRoot>,
    ) -> Result<Self, SealError> {
        let roles: Vec<_> = roots.into_iter().map(|root| PartKeys::of(root.secret().expose())).collect();
        if roles.len() == layout.role_count() {
            Ok(Self { operation, epoch, layout, roles, custody: CustodySealer::to(None) })
        } else {
            Err(SealError::OtherPolicy)
        }
    }

    /// Seals the custody part to these custodians: the key that the newest manifest has. Without one it is sealed to nobody,
    /// and what it would have held is lost (spec §4.6).
    #[must_use]
    pub fn with_custodians(self, key: Option<&CustodyKey>) -> Self {
        Self { custody: CustodySealer::to(key), ..self }
    }

    /// Seals a report under a counter that was never used before with these keys.
    ///
    /// A reading cannot be sealed unless it was reduced:
    ///
    /// ```compile_fail
    /// # fn example(keys: &cowl_core::DeviceKeys, reading: cowl_core::Reading, rng: &mut impl rand_core::CryptoRng) {
    /// keys.seal(cowl_core::Counter(0), &reading, rng);
    /// # }
    /// ```
    ///
    /// ```
    /// # fn example(keys: &cowl_core::DeviceKeys, report: &cowl_core::Report, rng: &mut impl rand_core::CryptoRng) {
    /// let message = keys.seal(cowl_core::Counter(0), report, rng);
    /// # }
    /// ```
    pub fn seal(
        &self,
        counter: Counter,
        report: &Report,
        rng: &mut impl CryptoRng,
    ) -> Result<Sealed, SealError> {
        if counter > Counter::MAX {
            return Err(SealError::NoCounter);
        }
        let bodies = report.reduced().parts().map(|(_, body)| body);
        let header = report.header_in(self.operation, self.epoch);
        self.seal_bodies(u64::from(counter.0), &header, bodies, report.reduced().custody(), rng)
    }

    /// The epoch of these keys.
    pub const fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// What a thief of these keys reads: the bodies, role by role, of a message that this device sealed in this epoch
    /// under one of these counters. Nothing of any other message. No device needs it; the audit shows with it what a
    /// stolen phone gives away, and why the keys of past epochs are deleted.
    pub fn hazmat_reopen(&self, message: &[u8], counters: Range<u32>) -> Vec<(RoleIndex, Vec<u8>)> {
        let Some((first, tag)) = self.roles.first().zip(message.first_chunk::<TAG_LEN>()) else {
            return Vec::new();
        };
        if message.len() != self.layout.enrolled_len()
            || !counters.into_iter().any(|counter| first.tag(u64::from(counter)) == *tag)
        {
            return Vec::new();
        }
        let Some(mut context) = PartContext::of(self.operation, self.epoch, &self.layout, message) else {
            return Vec::new();
        };
        let mut rest = message;
        let mut bodies = Vec::new();
        for ((role, part), keys) in self.layout.roles().zip(&self.roles) {
            let Some((part, behind)) = rest.split_at_checked(part_len(part)) else { break };
            rest = behind;
            if let Ok((_, body)) = context.open(role, keys, part) {
                bodies.push((role, body));
            }
        }
        bodies
    }

    /// Seals one body per role, and one for custodians, under a counter that was never used before. Where the policy does not
    /// say what custodians get, `rng` fills the custody part.
    pub(crate) fn seal_bodies<'a>(
        &self,
        counter: u64,
        header: &Header,
        mut bodies: impl Iterator<Item = &'a [u8]>,
        custody: &[u8],
        rng: &mut impl CryptoRng,
    ) -> Result<Sealed, SealError> {
        let mut message = self.with_tags(counter);
        self.seal_custody(header, custody, &mut message, rng)?;
        let mut context =
            PartContext::of(self.operation, self.epoch, &self.layout, &message).ok_or(SealError::Cipher)?;
        let mut rest = message.as_mut_slice();
        for ((role, part), keys) in self.layout.roles().zip(&self.roles) {
            let body = bodies.next().ok_or(SealError::OtherPolicy)?;
            let (part, behind) = rest.split_at_mut_checked(part_len(part)).ok_or(SealError::Cipher)?;
            seal_part(keys, role, header, body, &mut context, part)?;
            rest = behind;
        }
        if bodies.next().is_some() {
            return Err(SealError::OtherPolicy);
        }
        Ok(Sealed::new(message, Mode::Enrolled))
    }

    /// A message with all tags, and room between and behind them.
    fn with_tags(&self, counter: u64) -> Vec<u8> {
        let mut message = Vec::with_capacity(self.layout.enrolled_len());
        for ((_, part), keys) in self.layout.roles().zip(&self.roles) {
            let end = message.len() + part_len(part);
            message.extend_from_slice(&keys.tag(counter));
            message.resize(end, 0);
        }
        message.resize(message.len() + self.layout.custody_len(), 0);
        message
    }

    /// Fills the custody part of a message that has its tags.
    fn seal_custody(
        &self,
        header: &Header,
        body: &[u8],
        message: &mut [u8],
        rng: &mut impl CryptoRng,
    ) -> Result<(), SealError> {
        let Some(part) = self.layout.sealed_custody(Mode::Enrolled) else {
            let start = message.len() - self.layout.custody_len();
            rng.fill_bytes(message.get_mut(start..).unwrap_or_default());
            return Ok(());
        };
        let context = Context::enrolled(self.operation, self.epoch, &self.layout, message);
        let (context, part) = context.zip(message.get_mut(part)).ok_or(SealError::Cipher)?;
        self.custody.seal(&context, header, body, part, rng).map_err(|_| SealError::CustodyTooLong)
    }
}

impl fmt::Debug for DeviceKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeviceKeys").field("epoch", &self.epoch).finish_non_exhaustive()
    }
}

/// Bytes of a role's part: tag, header, body and authentication tag.
fn part_len(part: RolePart) -> usize {
    PART_OVERHEAD + usize::from(part.size)
}

fn seal_part(
    keys: &PartKeys,
    role: RoleIndex,
    header: &Header,
    body: &[u8],
    context: &mut PartContext,
    part: &mut [u8],
) -> Result<(), SealError> {
    let (tag, rest) = part.split_first_chunk_mut::<TAG_LEN>().ok_or(SealError::Cipher)?;
    let (text, auth) = rest.split_last_chunk_mut::<AUTH_LEN>().ok_or(SealError::Cipher)?;
    header.write(body, text).map_err(|_| SealError::TooLong(role))?;
    *auth =
        context.with_role(role, |aad| keys.siv.seal(nonce(tag), aad, text)).map_err(|_| SealError::Cipher)?;
    Ok(())
}

/// The nonce of a part is the front of its tag. Tags never repeat under a key; 96 of their 128 bits do by chance only,
/// less likely than 2^−33 in 2^32 messages, and the cipher then shows no more than whether two texts are equal (spec §4.2).
fn nonce(tag: &[u8; TAG_LEN]) -> &[u8; NONCE_LEN] {
    tag.first_chunk().unwrap_or(&[0; NONCE_LEN])
}

/// The associated data of a message's parts: label, role, operation, epoch, every tag of the message and the
/// custody part, so that no part can be moved to another message (spec §4.2).
#[derive(Default)]
pub(crate) struct PartContext(Vec<u8>);

impl PartContext {
    pub(crate) fn of(operation: OperationId, epoch: Epoch, layout: &Layout, message: &[u8]) -> Option<Self> {
        let mut context = Self::default();
        context.set(operation, epoch, layout, message).map(|()| context)
    }

    /// Makes it the context of another message, in the memory of the last one.
    pub(crate) fn set(
        &mut self,
        operation: OperationId,
        epoch: Epoch,
        layout: &Layout,
        message: &[u8],
    ) -> Option<()> {
        let Self(aad) = self;
        aad.clear();
        aad.reserve(PART_CONTEXT.len() + 21 + TAG_LEN * layout.role_count() + layout.custody_len());
        aad.extend_from_slice(PART_CONTEXT);
        aad.push(0);
        aad.extend_from_slice(&operation.0);
        aad.extend_from_slice(&epoch.0.to_be_bytes());
        let mut start = 0;
        for (_, part) in layout.roles() {
            aad.extend_from_slice(message.get(start..)?.first_chunk::<TAG_LEN>()?);
            start += part_len(part);
        }
        aad.extend_from_slice(message.get(start..)?);
        Some(())
    }

    /// Runs `with` over the associated data of one role's part.
    fn with_role<T>(&mut self, role: RoleIndex, with: impl FnOnce(&[u8]) -> T) -> T {
        if let Some(place) = self.0.get_mut(PART_CONTEXT.len()) {
            *place = role.0;
        }
        with(&self.0)
    }

    /// Opens one role's part of a message with the keys that its tag was found under: the header, and the body in
    /// memory of its own.
    pub(crate) fn open(
        &mut self,
        role: RoleIndex,
        keys: &PartKeys,
        part: &[u8],
    ) -> Result<(Header, Vec<u8>), NotAuthentic> {
        let (tag, sealed) = part.split_first_chunk::<TAG_LEN>().ok_or(NotAuthentic)?;
        let mut text = sealed.to_vec();
        self.with_role(role, |aad| keys.siv.open(nonce(tag), aad, &mut text).map(|_| ()))?;
        text.truncate(sealed.len() - AUTH_LEN);
        let Ok((header, body)) = Header::read(&text) else {
            text.zeroize();
            return Err(NotAuthentic);
        };
        let length = body.len();
        // The body moves to the front; what is left behind it is wiped when the report is.
        text.copy_within(HEADER_LEN..HEADER_LEN + length, 0);
        text.truncate(length);
        Ok((header, text))
    }
}
