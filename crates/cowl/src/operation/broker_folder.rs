//! What a broker needs of an operation: three files, none of which opens a report.

use std::path::Path;

use cowl_core::{Authority, SignedManifest};

use super::{Logins, MANIFEST_LIMIT, OperationError, TlsFiles, names};
use crate::files;

/// The broker's part of an operation's folder: `manifest.cowl`, `logins.toml` and `tls`. A broker on another
/// machine gets a folder with these and nothing else.
#[derive(Debug)]
pub struct BrokerFolder {
    /// Says the topics. Its signature was verified under the key that it carries: the folder is trusted.
    pub manifest: SignedManifest,
    /// Who may connect.
    pub logins: Logins,
    /// The certificate, if there is one.
    pub tls: Option<TlsFiles>,
}

impl BrokerFolder {
    /// Reads the broker's files; touches no key of the authority.
    pub fn open(folder: &Path) -> Result<Self, OperationError> {
        let manifest = Self::manifest_of(folder)?;
        let logins = Logins::load(&folder.join(names::LOGINS))?;
        let tls = Some(TlsFiles::of(folder)).filter(TlsFiles::exist);
        if let Some(tls) = &tls {
            tls.check()?;
        }
        Ok(Self { manifest, logins, tls })
    }

    /// The manifest alone, for what judges tokens on another machine.
    pub fn manifest_of(folder: &Path) -> Result<SignedManifest, OperationError> {
        let path = folder.join(names::MANIFEST);
        if !path.exists() {
            return Err(OperationError::NotAnOperation(folder.to_owned()));
        }
        let bytes = files::read(&path, MANIFEST_LIMIT)?;
        let authority = bytes.first_chunk::<32>().map_or(Authority([0; 32]), |key| Authority(*key));
        SignedManifest::verify(&bytes, authority).map_err(OperationError::Manifest)
    }
}
