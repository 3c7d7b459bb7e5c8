//! The manifest: everything a member must agree on, signed, of fixed size (spec §6.1).

use alloc::{string::String, vec::Vec};

use minicbor::{Decode, Encode};

use super::{RelayKeys, WalkInKeys};
use crate::{
    Authority, AuthorityKey, Calendar, Epoch, Fingerprint, Layout, NotSigned, OperationId, Policy,
    PolicyVersion, Preset, RelaySealer, Shards, WalkInSealer,
    custody::CustodyKey,
    exchange::{SERVICE_KEY_LEN, ServicePublicKey},
    schedule::MANIFEST_CONTEXT,
    signing::SIGNATURE_LEN,
    tokens::TokenPeriod,
};

/// The form of the manifest, and with it the protocol, that this code speaks.
const FORM: u8 = 1;
/// Bytes of the authority's public key, in front of all.
const KEY_LEN: usize = 32;
/// What stands in front of the CBOR: public key, signature, form, length.
const HEAD: usize = KEY_LEN + SIGNATURE_LEN + 1 + 4;
/// No manifest is larger: a bound on what a stranger's file can cost.
const MAX_LEN: usize = 1 << 20;

/// Why bytes are not the manifest that this member may follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// Too short, too long, or not of the form.
    #[error("not a manifest, or cut short")]
    Malformed,
    /// A later form of the protocol.
    #[error("of a form that this version does not know")]
    UnknownForm,
    /// Not the trusted authority's.
    #[error(transparent)]
    NotSigned(#[from] NotSigned),
    /// Of another operation than the one this member belongs to.
    #[error("of another operation")]
    OtherOperation,
    /// Older than one seen before.
    #[error("older than a manifest that was accepted before: version {offered}, known {known}")]
    RolledBack {
        /// The version offered.
        offered: u32,
        /// The version known.
        known: u32,
    },
    /// Not the bytes that this version had before: the authority's key is used in two places.
    #[error("another one than the manifest of version {0} that was accepted before")]
    Forked(u32),
    /// The policy and keys do not fit the size that the policy fixes.
    #[error("the policy and its keys take {needed} bytes, more than the {size} of `manifest_size`")]
    TooLarge {
        /// Bytes needed.
        needed: usize,
        /// Bytes allowed by the policy.
        size: usize,
    },
    /// The policy in it contradicts itself or this manifest.
    #[error("its parts contradict each other")]
    Inconsistent,
}

/// What an operation is, as every member knows it.
#[derive(Clone, Debug, Encode, Decode)]
pub struct Manifest {
    /// The operation.
    #[n(0)]
    pub operation: OperationId,
    /// Grows with every manifest; a lower one is refused.
    #[n(1)]
    pub version: u32,
    /// Grows with every change of the policy.
    #[n(2)]
    pub policy_version: PolicyVersion,
    /// When epochs begin and end.
    #[n(3)]
    pub calendar: Calendar,
    /// The policy.
    #[n(4)]
    pub policy: Policy,
    /// How reports are protected.
    #[n(5)]
    pub preset: Preset,
    /// The random name of the operation's topics.
    #[cbor(n(6), with = "minicbor::bytes")]
    pub mailbox: [u8; 16],
    /// The roles' public keys of the coming epochs.
    #[n(7)]
    pub walk_in: WalkInKeys,
    /// The custodians' key, once there are custodians (spec §4.6).
    #[n(8)]
    pub custody: Option<CustodyKey>,
    /// The last epoch in which this manifest may be followed; a newer one must have come by then.
    #[n(9)]
    pub expires: Epoch,
    /// The relays' public keys of the coming epochs, for phones that wrap what they send; `None`: there are no relays.
    #[n(10)]
    pub relay: Option<RelayKeys>,
    /// The public key of the online service, which answers exchanges (spec §9); `None`: there is no renewal in band.
    #[n(11)]
    pub service: Option<ServicePublicKey>,
    /// Which generation of keys members must hold; `None`: the first one, 0.
    #[n(12)]
    pub generation: Option<Generation>,
    /// The hash of what people are told, in each language: the authority signs it with everything else.
    #[cbor(n(13), default, skip_if = "Vec::is_empty")]
    pub notices: Vec<NoticeHash>,
    /// Of which period tokens are given out, and under which key; `None`: members connect with shared logins (spec §11).
    #[n(14)]
    pub tokens: Option<TokenPeriod>,
}

/// The hash of a notice (spec, "Notices").
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct NoticeHash {
    /// The language's tag.
    #[n(0)]
    pub language: String,
    /// SHA-256 of the notice's text in that language.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub hash: [u8; 32],
}

/// That all keys were drawn anew: what is sealed with older ones opens nowhere (spec §9.5).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Generation {
    /// Grows by one with each rotation.
    #[n(0)]
    pub number: u32,
    /// The first epoch whose keys are of this generation.
    #[n(1)]
    pub from: Epoch,
}

impl Manifest {
    /// The sizes of the operation's messages.
    pub fn layout(&self) -> Layout {
        Layout::of(&self.policy)
    }

    /// The shards of the mailbox.
    pub fn shards(&self) -> Shards {
        Shards::new(self.policy.transport.shards).unwrap_or(Shards::ONE)
    }

    /// What walk-ins seal with in an epoch, if the manifest has its keys.
    pub fn walk_in_sealer<'a>(&'a self, epoch: Epoch, layout: &'a Layout) -> Option<WalkInSealer<'a>> {
        Some(WalkInSealer {
            operation: self.operation,
            epoch,
            policy: self.policy_version,
            layout,
            keys: self.walk_in.of(epoch)?,
            custody: self.custody.as_ref(),
        })
    }

    /// The generation of keys that members must hold.
    pub fn generation(&self) -> u32 {
        self.generation.map_or(0, |generation| generation.number)
    }

    /// What phones wrap with in an epoch, if the manifest has its key.
    pub fn relay_sealer(&self, epoch: Epoch) -> Option<RelaySealer> {
        let key = self.relay.as_ref()?.of(epoch)?.clone();
        Some(RelaySealer::new(self.operation, &self.layout(), epoch, key))
    }

    /// Signs this manifest and pads it to the policy's size.
    pub fn sign(self, key: &AuthorityKey) -> Result<SignedManifest, ManifestError> {
        let content = minicbor::to_vec(&self).map_err(|_| ManifestError::Malformed)?;
        let size = usize::try_from(self.policy.sizes.manifest).map_err(|_| ManifestError::Malformed)?;
        let needed = HEAD + content.len();
        if needed > size || size > MAX_LEN {
            return Err(ManifestError::TooLarge { needed, size: size.min(MAX_LEN) });
        }
        let length = u32::try_from(content.len()).map_err(|_| ManifestError::Malformed)?;
        let signed_len = size - KEY_LEN - SIGNATURE_LEN;
        let mut signed = Vec::with_capacity(signed_len);
        signed.push(FORM);
        signed.extend_from_slice(&length.to_be_bytes());
        signed.extend_from_slice(&content);
        signed.resize(signed_len, 0);
        let mut bytes = key.public().0.to_vec();
        bytes.extend_from_slice(&key.sign(MANIFEST_CONTEXT, &signed));
        bytes.extend_from_slice(&signed);
        Ok(SignedManifest { manifest: self, authority: key.public(), bytes })
    }
}

/// A manifest whose signature was verified, with the bytes that prove it.
#[derive(Clone, Debug)]
pub struct SignedManifest {
    manifest: Manifest,
    authority: Authority,
    bytes: Vec<u8>,
}

impl SignedManifest {
    /// Verifies a manifest under the authority that the reader trusts.
    pub fn verify(bytes: &[u8], authority: Authority) -> Result<Self, ManifestError> {
        if bytes.len() > MAX_LEN {
            return Err(ManifestError::Malformed);
        }
        let (key, rest) = bytes.split_first_chunk::<KEY_LEN>().ok_or(ManifestError::Malformed)?;
        if *key != authority.0 {
            return Err(NotSigned.into());
        }
        let (signature, signed) =
            rest.split_first_chunk::<SIGNATURE_LEN>().ok_or(ManifestError::Malformed)?;
        authority.verify(MANIFEST_CONTEXT, signed, signature)?;
        let (form, rest) = signed.split_first().ok_or(ManifestError::Malformed)?;
        if *form != FORM {
            return Err(ManifestError::UnknownForm);
        }
        let (length, rest) = rest.split_first_chunk::<4>().ok_or(ManifestError::Malformed)?;
        let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| ManifestError::Malformed)?;
        let (content, padding) = rest.split_at_checked(length).ok_or(ManifestError::Malformed)?;
        if padding.iter().any(|byte| *byte != 0) {
            return Err(ManifestError::Malformed);
        }
        let mut decoder = minicbor::Decoder::new(content);
        let manifest: Manifest = decoder.decode().map_err(|_| ManifestError::Malformed)?;
        if decoder.position() != content.len() {
            return Err(ManifestError::Malformed);
        }
        manifest.check()?;
        Ok(Self { manifest, authority, bytes: bytes.to_vec() })
    }

    /// Verifies a manifest of which the reader trusts only the fingerprint of its authority: what a walk-in has
    /// from a poster or a QR code.
    pub fn verify_pinned(bytes: &[u8], fingerprint: Fingerprint) -> Result<Self, ManifestError> {
        let key = bytes.first_chunk::<KEY_LEN>().ok_or(ManifestError::Malformed)?;
        let authority = Authority(*key);
        if authority.fingerprint() != fingerprint {
            return Err(NotSigned.into());
        }
        Self::verify(bytes, authority)
    }

    /// Verifies a manifest that is to follow this one: same operation, same authority, not older.
    pub fn succeed(&self, bytes: &[u8]) -> Result<Self, ManifestError> {
        let next = Self::verify(bytes, self.authority)?;
        if next.operation != self.operation {
            return Err(ManifestError::OtherOperation);
        }
        if next.version < self.version || next.policy_version < self.policy_version {
            return Err(ManifestError::RolledBack { offered: next.version, known: self.version });
        }
        let same_policy = || minicbor::to_vec(&next.policy).ok() == minicbor::to_vec(&self.policy).ok();
        if next.version == self.version && next.bytes != self.bytes
            || next.policy_version == self.policy_version && !same_policy()
        {
            return Err(ManifestError::Forked(next.version));
        }
        Ok(next)
    }

    /// The bytes as published.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whose signature it carries.
    pub const fn authority(&self) -> Authority {
        self.authority
    }
}

impl core::ops::Deref for SignedManifest {
    type Target = Manifest;

    fn deref(&self) -> &Manifest {
        &self.manifest
    }
}

impl Manifest {
    /// What decoding alone does not see.
    fn check(&self) -> Result<(), ManifestError> {
        let layout = self.layout();
        let readers = layout.roles().filter(|(_, part)| part.walk_in).count();
        let keys = &self.walk_in.epochs;
        let key_len = layout.suite().public_key_len();
        let complete = |keys: &Vec<crate::WalkInPublicKey>| {
            keys.len() == readers && keys.iter().all(|key| key.bytes().len() == key_len)
        };
        let mut relay = self.relay.iter().flat_map(|relay| &relay.keys);
        let consistent = keys.iter().all(complete)
            && relay.all(|key| key.bytes().len() == key_len)
            && self.service.as_ref().is_none_or(|key| key.bytes().len() == SERVICE_KEY_LEN)
            && self.custody.as_ref().is_none_or(|key| {
                self.policy.custody.as_ref().is_some_and(|custody| {
                    (custody.threshold, custody.custodians) == (key.threshold(), key.custodians())
                })
            })
            && self.tokens.as_ref().is_none_or(|tokens| tokens.from <= tokens.last)
            && self.calendar.length == self.policy.epoch_seconds
            && self.calendar.length > 0
            && layout.walk_in_len() != layout.enrolled_len();
        if consistent { Ok(()) } else { Err(ManifestError::Inconsistent) }
    }
}
