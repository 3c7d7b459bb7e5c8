//! Walk-in mode: HPKE base mode to each role's public key of the epoch (spec §5).

use alloc::{vec, vec::Vec};
use core::fmt;

use rand_core::CryptoRng;

use super::{Header, Mode, SealError, Sealed, base_mode};
use crate::{
    Epoch, HelpKey, OperationId, PolicyVersion, Report, RoleIndex, Secret,
    custody::{Context, CustodyKey, CustodySealer},
    layout::{Layout, MESSAGE_ID_LEN, WalkInSuite},
    schedule::{self, RoleRoot, WALK_IN_CONTEXT},
    siv::{AUTH_LEN, NotAuthentic},
};

/// A role's public key for the walk-ins of one epoch: 1,216 bytes under X-Wing, 32 under X25519.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WalkInPublicKey(pub(crate) Vec<u8>);

impl WalkInPublicKey {
    /// The bytes as RFC 9180's `SerializePublicKey` gives them.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Seals for one epoch with nothing but what the manifest says.
#[derive(Debug)]
pub struct WalkInSealer<'a> {
    /// The operation.
    pub operation: OperationId,
    /// The epoch whose keys these are.
    pub epoch: Epoch,
    /// The policy by which the report was reduced.
    pub policy: PolicyVersion,
    /// The sizes.
    pub layout: &'a Layout,
    /// One public key per role that reads walk-ins, in the order of the roles.
    pub keys: &'a [WalkInPublicKey],
    /// The custodians' key, if the manifest has one.
    pub custody: Option<&'a CustodyKey>,
}

/// A sealed message, and by what its sender finds that help is coming.
#[derive(Debug)]
pub struct Awaited {
    /// The message.
    pub sealed: Sealed,
    /// By role: what the sender shares with that role alone. Sealed again, a report has others.
    pub help: Vec<(RoleIndex, HelpKey)>,
}

impl WalkInSealer<'_> {
    /// Seals a report to every role that reads walk-ins.
    pub fn seal(&self, report: &Report, rng: &mut impl CryptoRng) -> Result<Sealed, SealError> {
        self.seal_awaiting(report, rng).map(|awaited| awaited.sealed)
    }

    /// The same, for one who wants to find that help is coming (spec §12.4). The message is no other.
    pub fn seal_awaiting(&self, report: &Report, rng: &mut impl CryptoRng) -> Result<Awaited, SealError> {
        let header = report.header_in(self.operation, self.epoch);
        let custody = report.reduced().custody();
        self.seal_each(&header, |role| report.reduced().part(role), custody, rng)
    }

    /// Seals bodies that no policy made.
    #[cfg(test)]
    pub(crate) fn seal_bodies<'a>(
        &self,
        header: &Header,
        body: impl Fn(RoleIndex) -> Option<&'a [u8]>,
        custody: &[u8],
        rng: &mut impl CryptoRng,
    ) -> Result<Sealed, SealError> {
        self.seal_each(header, body, custody, rng).map(|awaited| awaited.sealed)
    }

    /// Seals the bodies of all roles that read walk-ins; `body` gives a role's.
    fn seal_each<'a>(
        &self,
        header: &Header,
        body: impl Fn(RoleIndex) -> Option<&'a [u8]>,
        custody: &[u8],
        rng: &mut impl CryptoRng,
    ) -> Result<Awaited, SealError> {
        let mut help = Vec::new();
        let mut message = vec![0; self.layout.walk_in_len()];
        let (id, _) = message.split_first_chunk_mut::<MESSAGE_ID_LEN>().ok_or(SealError::Cipher)?;
        rng.fill_bytes(id);
        Hint { epoch: self.epoch, policy: self.policy }.write(id);
        let id = *id;
        self.seal_custody(&id, header, custody, &mut message, rng)?;
        let (roles, custody) =
            message.split_at_mut_checked(self.layout.walk_in_roles_end()).ok_or(SealError::Cipher)?;
        let mut keys = self.keys.iter();
        for (role, range) in self.layout.walk_in_parts() {
            let key = keys.next().ok_or(SealError::NoPublicKey(role))?;
            let body = body(role).ok_or(SealError::OtherPolicy)?;
            let part = roles.get_mut(range).ok_or(SealError::Cipher)?;
            let (enc, rest) =
                part.split_at_mut_checked(self.layout.suite().enc_len()).ok_or(SealError::Cipher)?;
            let (text, auth) = rest.split_last_chunk_mut::<AUTH_LEN>().ok_or(SealError::Cipher)?;
            header.write(body, text).map_err(|_| SealError::TooLong(role))?;
            let info = info(self.operation, self.epoch, role, self.policy, &id, custody);
            let made = base_mode::seal(self.layout.suite(), key.bytes(), &info, text, enc, rng)
                .ok_or(SealError::NoPublicKey(role))?;
            *auth = made.auth;
            help.push((role, schedule::help_key(&made.exported, header.report)));
        }
        Ok(Awaited { sealed: Sealed::new(message, Mode::WalkIn), help })
    }

    /// Fills the custody part, if walk-in messages have one.
    fn seal_custody(
        &self,
        id: &[u8; MESSAGE_ID_LEN],
        header: &Header,
        body: &[u8],
        message: &mut [u8],
        rng: &mut impl CryptoRng,
    ) -> Result<(), SealError> {
        let Some(part) = self.layout.sealed_custody(Mode::WalkIn) else { return Ok(()) };
        let context = Context::new(self.operation, self.epoch, Mode::WalkIn, id);
        let part = message.get_mut(part).ok_or(SealError::Cipher)?;
        CustodySealer::to(self.custody)
            .seal(&context, header, body, part, rng)
            .map_err(|_| SealError::CustodyTooLong)
    }
}

impl RoleRoot {
    /// The public key of this role's walk-ins in this epoch: goes into the manifest (spec §3.4).
    pub fn walk_in_key(
        &self,
        operation: OperationId,
        role: RoleIndex,
        epoch: Epoch,
        suite: WalkInSuite,
    ) -> Option<WalkInPublicKey> {
        WalkInOpener::new(self.walk_in_seed(operation, role, epoch), suite).public()
    }
}

/// Opens one role's walk-in parts of one epoch. Holds the private key; not the role's root.
pub(crate) struct WalkInOpener {
    private: Secret,
    suite: WalkInSuite,
}

impl WalkInOpener {
    /// From the seed of the schedule, which *is* the private key: X-Wing's 32-byte decapsulation key, or
    /// X25519's scalar.
    pub(crate) const fn new(seed: Secret, suite: WalkInSuite) -> Self {
        Self { private: seed, suite }
    }

    /// What the manifest publishes.
    pub(crate) fn public(&self) -> Option<WalkInPublicKey> {
        base_mode::public_key(self.suite, &self.private).map(WalkInPublicKey)
    }

    /// Opens a part in place: encapsulated key, ciphertext, authentication tag. With it comes by what the role says that help
    /// is coming.
    pub(crate) fn open<'a>(
        &self,
        info: &[u8],
        part: &'a mut [u8],
    ) -> Result<(Header, &'a [u8], HelpKey), NotAuthentic> {
        let (enc, sealed) = part.split_at_mut_checked(self.suite.enc_len()).ok_or(NotAuthentic)?;
        let (text, auth) = sealed.split_last_chunk_mut::<AUTH_LEN>().ok_or(NotAuthentic)?;
        let exported =
            base_mode::open(self.suite, &self.private, info, enc, text, auth).ok_or(NotAuthentic)?;
        let (header, body) = Header::read(text).map_err(|_| NotAuthentic)?;
        Ok((header, body, schedule::help_key(&exported, header.report)))
    }
}

impl fmt::Debug for WalkInOpener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WalkInOpener(…)")
    }
}

/// Four bits of epoch and four of policy version in the last byte of the message id, under the byte before:
/// the receiver takes the one key that fits instead of trying several (spec §5.3).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hint {
    pub(crate) epoch: Epoch,
    pub(crate) policy: PolicyVersion,
}

impl Hint {
    fn low_bits(self) -> u8 {
        let [.., epoch] = self.epoch.0.to_be_bytes();
        let [.., policy] = self.policy.0.to_be_bytes();
        (epoch & 15) << 4 | (policy & 15)
    }

    fn write(self, id: &mut [u8; MESSAGE_ID_LEN]) {
        let [.., mask, last] = id;
        *last = *mask ^ self.low_bits();
    }

    /// Whether the id was made for this epoch and policy version, or for ones sixteen apart.
    pub(crate) fn fits(self, id: &[u8; MESSAGE_ID_LEN]) -> bool {
        let [.., mask, last] = id;
        *last == *mask ^ self.low_bits()
    }
}

/// All that a walk-in part is bound to, the custody part too (spec §5.2).
pub(crate) fn info(
    operation: OperationId,
    epoch: Epoch,
    role: RoleIndex,
    policy: PolicyVersion,
    id: &[u8; MESSAGE_ID_LEN],
    custody: &[u8],
) -> Vec<u8> {
    let mut info = Vec::with_capacity(WALK_IN_CONTEXT.len() + 41 + custody.len());
    info.extend_from_slice(WALK_IN_CONTEXT);
    info.push(role.0);
    info.extend_from_slice(&operation.0);
    info.extend_from_slice(&epoch.0.to_be_bytes());
    info.extend_from_slice(&policy.0.to_be_bytes());
    info.extend_from_slice(id);
    info.extend_from_slice(custody);
    info
}
