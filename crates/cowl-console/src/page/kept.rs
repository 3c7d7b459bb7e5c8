//! The operation's newest signed notices, each verified before it is handed on. The browser verifies them again: this is so that a broker
//! cannot fill the page's memory, and an older notice never replaces a newer one.

use std::sync::{PoisonError, RwLock};

use bytes::Bytes;
use cowl::client::Notice;
use cowl_core::{Beacon, Dispatch, SignedManifest};

/// What is handed out.
#[derive(Debug)]
pub(super) struct Kept {
    inner: RwLock<Newest>,
}

#[derive(Debug)]
struct Newest {
    manifest: SignedManifest,
    beacon: Option<(u64, Bytes)>,
    dispatch: Option<(u64, Bytes)>,
}

/// What a notice changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Took {
    /// A newer manifest: everything made from it is made anew.
    Manifest(u32),
    /// A newer beacon.
    Beacon,
    /// A newer dispatch.
    Dispatch,
    /// Nothing: it was older, of another operation, or not signed.
    Nothing,
}

impl Kept {
    pub(super) const fn new(manifest: SignedManifest) -> Self {
        Self { inner: RwLock::new(Newest { manifest, beacon: None, dispatch: None }) }
    }

    /// Takes a notice, if it is one and newer.
    pub(super) fn take(&self, notice: &Notice) -> Took {
        let mut newest = self.inner.write().unwrap_or_else(PoisonError::into_inner);
        let (authority, operation) = (newest.manifest.authority(), newest.manifest.operation);
        match notice {
            Notice::Manifest(bytes) => match newest.manifest.succeed(bytes) {
                Ok(next) if next.version > newest.manifest.version => {
                    let version = next.version;
                    newest.manifest = next;
                    Took::Manifest(version)
                }
                _ => Took::Nothing,
            },
            Notice::Beacon(bytes) => {
                let known = newest.beacon.as_ref().map(|(sequence, _)| *sequence);
                let Ok(beacon) = Beacon::verify(bytes, authority, operation, known) else {
                    return Took::Nothing;
                };
                newest.beacon = Some((beacon.sequence, bytes.clone()));
                Took::Beacon
            }
            Notice::Dispatch(bytes) => {
                let known = newest.dispatch.as_ref().map(|(sequence, _)| *sequence);
                let Ok(dispatch) = Dispatch::verify(bytes, authority, operation, known) else {
                    return Took::Nothing;
                };
                newest.dispatch = Some((dispatch.sequence, bytes.clone()));
                Took::Dispatch
            }
            _ => Took::Nothing,
        }
    }

    pub(super) fn manifest(&self) -> SignedManifest {
        self.inner.read().unwrap_or_else(PoisonError::into_inner).manifest.clone()
    }

    /// The newest beacon, as it was published.
    pub(super) fn beacon(&self) -> Option<Bytes> {
        let newest = self.inner.read().unwrap_or_else(PoisonError::into_inner);
        newest.beacon.as_ref().map(|(_, bytes)| bytes.clone())
    }

    /// The newest dispatch, as it was published.
    pub(super) fn dispatch(&self) -> Option<Bytes> {
        let newest = self.inner.read().unwrap_or_else(PoisonError::into_inner);
        newest.dispatch.as_ref().map(|(_, bytes)| bytes.clone())
    }
}
