//! A role's section, and what everything sealed in a bundle is bound to.

use alloc::vec::Vec;

use zeroize::Zeroizing;

use super::BundleError;
use crate::{
    Epoch, OperationId, RoleIndex, Secret,
    schedule::{RoleRoot, SECTION_CONTEXT},
    siv::SivKey,
};

/// Bytes of a section beside its roots: the first epoch, how many there are, and the key of the live places.
const FIXED: usize = 4 + 1 + 32;

/// Which bundle it is.
pub(super) struct Sealer {
    pub(super) operation: OperationId,
    pub(super) epoch: Epoch,
    pub(super) sequence: u64,
}

/// A section's content.
pub(super) struct Decoded {
    pub(super) first: Epoch,
    pub(super) roots: Vec<RoleRoot>,
    pub(super) live_key: Secret,
}

impl Sealer {
    pub(super) fn section(
        &self,
        role: RoleIndex,
        key: &Secret,
        plain: Zeroizing<Vec<u8>>,
    ) -> Result<Vec<u8>, BundleError> {
        self.seal(key, SECTION_CONTEXT, Some(role), plain)
    }

    pub(super) fn open_section(
        &self,
        role: RoleIndex,
        key: &Secret,
        sealed: Vec<u8>,
    ) -> Result<Zeroizing<Vec<u8>>, BundleError> {
        self.open(key, SECTION_CONTEXT, Some(role), sealed).ok_or(BundleError::Sealing)
    }

    /// Seals with the bundle's sequence as nonce: it never repeats under one key, and where a restored service repeats it,
    /// the AEAD forgives.
    pub(super) fn seal(
        &self,
        key: &Secret,
        context: &[u8],
        role: Option<RoleIndex>,
        mut plain: Zeroizing<Vec<u8>>,
    ) -> Result<Vec<u8>, BundleError> {
        let auth = SivKey::new(key.expose())
            .seal(&self.nonce(), &self.binding(context, role), &mut plain)
            .map_err(|_| BundleError::Sealing)?;
        plain.extend_from_slice(&auth);
        Ok(core::mem::take(&mut *plain))
    }

    pub(super) fn open(
        &self,
        key: &Secret,
        context: &[u8],
        role: Option<RoleIndex>,
        sealed: Vec<u8>,
    ) -> Option<Zeroizing<Vec<u8>>> {
        let mut bytes = Zeroizing::new(sealed);
        let opened =
            SivKey::new(key.expose()).open(&self.nonce(), &self.binding(context, role), &mut bytes).ok()?;
        let length = opened.len();
        bytes.truncate(length);
        Some(bytes)
    }

    fn nonce(&self) -> [u8; 12] {
        let mut nonce = [0; 12];
        if let Some(end) = nonce.last_chunk_mut::<8>() {
            *end = self.sequence.to_be_bytes();
        }
        nonce
    }

    fn binding(&self, context: &[u8], role: Option<RoleIndex>) -> Vec<u8> {
        let mut aad = context.to_vec();
        aad.extend_from_slice(&self.operation.0);
        aad.extend_from_slice(&self.epoch.0.to_be_bytes());
        aad.extend_from_slice(&self.sequence.to_be_bytes());
        aad.extend(role.map(|role| role.0));
        aad
    }
}

/// `first ‖ count ‖ roots, with room for `room` of them ‖ key of the live places`.
pub(super) fn encode(first: Epoch, room: usize, roots: &[RoleRoot], live_key: &Secret) -> Zeroizing<Vec<u8>> {
    let mut plain = Zeroizing::new(Vec::with_capacity(FIXED + room * 32 + 16));
    plain.extend_from_slice(&first.0.to_be_bytes());
    plain.push(u8::try_from(roots.len()).unwrap_or(u8::MAX));
    for root in roots {
        plain.extend_from_slice(root.secret().expose());
    }
    plain.resize(5 + room.max(roots.len()) * 32, 0);
    plain.extend_from_slice(live_key.expose());
    plain
}

pub(super) fn decode(plain: &[u8]) -> Option<Decoded> {
    let (first, rest) = plain.split_first_chunk::<4>()?;
    let (count, rest) = rest.split_first()?;
    let (roots, live_key) = rest.split_last_chunk::<32>()?;
    let first = Epoch(u32::from_be_bytes(*first));
    let (roots, odd) = roots.as_chunks::<32>();
    let count = usize::from(*count);
    let (held, empty) = roots.split_at_checked(count)?;
    let is_sound = odd.is_empty()
        && count > 0
        && first.0.checked_add(u32::try_from(count).ok()?).is_some()
        && empty.iter().all(|root| *root == [0; 32]);
    is_sound.then(|| Decoded {
        first,
        roots: held.iter().map(|root| RoleRoot::new(Secret::new(*root))).collect(),
        live_key: Secret::new(*live_key),
    })
}
