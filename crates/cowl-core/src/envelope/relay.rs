//! The wrap that a phone puts around a sealed message for a relay (spec §7.5): the relay takes it off and publishes what
//! is inside, so that what a phone sends never appears in the mailbox.

use alloc::{collections::BTreeMap, vec, vec::Vec};
use core::fmt;

use rand_core::CryptoRng;
use sha2::{Digest as _, Sha256};

use super::{Mode, SealError, Sealed, base_mode};
use crate::{
    Epoch, Manifest, OperationId, Secret,
    layout::{Layout, WalkInSuite},
    schedule::{RELAY_CONTEXT, RelayRoot},
    siv::AUTH_LEN,
};

/// Bytes in front of a wrapped message: a random one, and the epoch's low bits under it.
const HINT_LEN: usize = 2;

/// The relays' public key of one epoch: 1,216 bytes under X-Wing, 32 under X25519. All relays of an operation share it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RelayPublicKey(pub(crate) Vec<u8>);

impl RelayPublicKey {
    /// The bytes as RFC 9180's `SerializePublicKey` gives them.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl RelayRoot {
    /// The relays' public key of an epoch: goes into the manifest (spec §3.10).
    pub fn public_key(
        &self,
        operation: OperationId,
        epoch: Epoch,
        suite: WalkInSuite,
    ) -> Option<RelayPublicKey> {
        base_mode::public_key(suite, &self.seed(operation, epoch)).map(RelayPublicKey)
    }
}

/// What a wrapped message is bound to, and how long one is.
#[derive(Clone, Copy, Debug)]
struct Wrap {
    operation: OperationId,
    suite: WalkInSuite,
    /// Bytes of an enrolled and of a walk-in message.
    inner: [usize; 2],
}

impl Wrap {
    fn of(operation: OperationId, layout: &Layout) -> Self {
        let inner = [layout.enrolled_len(), layout.walk_in_len()];
        Self { operation, suite: layout.suite(), inner }
    }

    const fn inner_len(&self, mode: Mode) -> usize {
        let [enrolled, walk_in] = self.inner;
        match mode {
            Mode::Enrolled => enrolled,
            Mode::WalkIn => walk_in,
        }
    }

    const fn outer_len(&self, mode: Mode) -> usize {
        HINT_LEN + self.suite.enc_len() + self.inner_len(mode) + AUTH_LEN
    }

    /// What is inside a wrapped message of this length.
    fn class(&self, length: usize) -> Option<Mode> {
        [Mode::Enrolled, Mode::WalkIn].into_iter().find(|mode| self.outer_len(*mode) == length)
    }

    /// All that a wrapped message is bound to.
    fn info(&self, mode: Mode, epoch: Epoch, hint: [u8; HINT_LEN]) -> Vec<u8> {
        let class = match mode {
            Mode::Enrolled => 0,
            Mode::WalkIn => 1,
        };
        let mut info = Vec::with_capacity(RELAY_CONTEXT.len() + 23);
        info.extend_from_slice(RELAY_CONTEXT);
        info.push(class);
        info.extend_from_slice(&self.operation.0);
        info.extend_from_slice(&epoch.0.to_be_bytes());
        info.extend_from_slice(&hint);
        info
    }
}

/// The epoch's low four bits, twice, under a random byte: the relay takes the one key that fits.
fn hint(random: u8, epoch: Epoch) -> [u8; HINT_LEN] {
    let [.., low] = epoch.0.to_be_bytes();
    [random, random ^ ((low & 15) * 17)]
}

/// Wraps sealed messages for the relays of one epoch.
#[derive(Clone, Debug)]
pub struct RelaySealer {
    wrap: Wrap,
    epoch: Epoch,
    key: RelayPublicKey,
}

impl RelaySealer {
    pub(crate) fn new(operation: OperationId, layout: &Layout, epoch: Epoch, key: RelayPublicKey) -> Self {
        Self { wrap: Wrap::of(operation, layout), epoch, key }
    }

    /// Wraps a sealed message: the same length for all of its kind, and no two alike.
    pub fn wrap(&self, sealed: &Sealed, rng: &mut impl CryptoRng) -> Result<Vec<u8>, SealError> {
        let Self { wrap, epoch, key } = self;
        let mode = sealed.mode();
        if sealed.bytes().len() != wrap.inner_len(mode) {
            return Err(SealError::OtherPolicy);
        }
        let mut outer = vec![0; wrap.outer_len(mode)];
        let (front, rest) = outer.split_first_chunk_mut::<HINT_LEN>().ok_or(SealError::Cipher)?;
        let mut random = [0];
        rng.fill_bytes(&mut random);
        *front = hint(random[0], *epoch);
        let info = wrap.info(mode, *epoch, *front);
        let (enc, rest) = rest.split_at_mut_checked(wrap.suite.enc_len()).ok_or(SealError::Cipher)?;
        let (text, auth) = rest.split_last_chunk_mut::<AUTH_LEN>().ok_or(SealError::Cipher)?;
        text.copy_from_slice(sealed.bytes());
        let made = base_mode::seal(wrap.suite, key.bytes(), &info, text, enc, rng);
        *auth = made.ok_or(SealError::NoRelayKey)?.auth;
        Ok(outer)
    }

    /// The epoch whose key this is.
    pub const fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// Bytes of a wrapped message with one of this kind inside.
    pub const fn wrapped_len(&self, mode: Mode) -> usize {
        self.wrap.outer_len(mode)
    }
}

/// What a relay finds in a wrapped message. It cannot read it, and it may be junk: a relay has no key of a role.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unwrapped {
    /// Its size class.
    pub mode: Mode,
    /// A message of that class's length, to be published.
    pub bytes: Vec<u8>,
    /// What the relay remembers, as long as it holds the epoch's key, to refuse the wrapped message's replay: whoever sends
    /// a seen one again would learn from a second copy in the mailbox which message was inside (spec §7.5).
    pub mark: [u8; 16],
    /// The epoch whose key opened it.
    pub epoch: Epoch,
}

impl Sealed {
    /// What a relay took out of a wrap, to be published as it is; `None` if it has not the length of its class.
    ///
    /// Nothing but a relay calls this: the bytes may be junk, which only the roles can tell, and it is for the relay to see that they
    /// came out of a wrap.
    pub fn hazmat_relayed(bytes: Vec<u8>, mode: Mode, layout: &Layout) -> Option<Self> {
        let length = match mode {
            Mode::Enrolled => layout.enrolled_len(),
            Mode::WalkIn => layout.walk_in_len(),
        };
        (bytes.len() == length).then(|| Self::new(bytes, mode))
    }
}

/// A wrapped message does not open: altered, cut, of another operation, class or epoch, or junk. One answer for all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a message wrapped for this relay now")]
pub struct RelayRefused;

/// Takes the wrap off. Holds the relays' private keys of the epochs that wrapped messages may still come from.
pub struct RelayOpener {
    wrap: Wrap,
    keys: BTreeMap<Epoch, Secret>,
}

impl RelayOpener {
    /// An opener that holds no keys yet.
    pub fn new(manifest: &Manifest) -> Self {
        Self { wrap: Wrap::of(manifest.operation, &manifest.layout()), keys: BTreeMap::new() }
    }

    /// Takes the key of an epoch. No sixteen epochs may lie between two that are held: their hints would be alike, and the
    /// newer one is tried.
    pub fn hold(&mut self, epoch: Epoch, root: &RelayRoot) {
        self.keys.entry(epoch).or_insert_with(|| root.seed(self.wrap.operation, epoch));
    }

    /// Deletes the keys of all epochs before `epoch`.
    pub fn forget_before(&mut self, epoch: Epoch) {
        self.keys = self.keys.split_off(&epoch);
    }

    /// Takes the wrap off a message: 0.2 ms with X-Wing, nothing for most junk ([`Self::may_open`]). A replay opens again:
    /// the caller keeps the marks.
    pub fn open(&self, outer: &[u8]) -> Result<Unwrapped, RelayRefused> {
        let Self { wrap, .. } = self;
        let (mode, epoch, key) = self.key_for(outer).ok_or(RelayRefused)?;
        let (hint, rest) = outer.split_first_chunk::<HINT_LEN>().ok_or(RelayRefused)?;
        let (enc, sealed) = rest.split_at_checked(wrap.suite.enc_len()).ok_or(RelayRefused)?;
        let (text, auth) = sealed.split_last_chunk::<AUTH_LEN>().ok_or(RelayRefused)?;
        let mut bytes = text.to_vec();
        let info = wrap.info(mode, epoch, *hint);
        base_mode::open(wrap.suite, key, &info, enc, &mut bytes, auth).ok_or(RelayRefused)?;
        let digest = Sha256::digest(enc);
        Ok(Unwrapped { mode, bytes, mark: *digest.first_chunk().unwrap_or(&[0; 16]), epoch })
    }

    /// Whether length and hint fit. What does not is junk, and needs nothing of a budget.
    pub fn may_open(&self, outer: &[u8]) -> bool {
        self.key_for(outer).is_some()
    }

    /// The epochs whose keys are held.
    pub fn epochs(&self) -> impl Iterator<Item = Epoch> + '_ {
        self.keys.keys().copied()
    }

    fn key_for(&self, outer: &[u8]) -> Option<(Mode, Epoch, &Secret)> {
        let mode = self.wrap.class(outer.len())?;
        let said = outer.first_chunk::<HINT_LEN>()?;
        let fits = |epoch: &Epoch| hint(said[0], *epoch) == *said;
        self.keys.iter().rev().find(|(epoch, _)| fits(epoch)).map(|(epoch, key)| (mode, *epoch, key))
    }
}

impl fmt::Debug for RelayOpener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let range = self.keys.keys().next().zip(self.keys.keys().next_back());
        f.debug_struct("RelayOpener").field("range", &range).finish_non_exhaustive()
    }
}
