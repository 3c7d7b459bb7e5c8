//! As whom to send: what the files say, before any state is touched.

use std::{
    env,
    path::{Path, PathBuf},
    sync::Arc,
};

use cowl::{
    client::Identities,
    dangerous::DangerousPreset,
    files,
    keyring::{KeyringError, load_credential},
};
use cowl_core::{Login, Member as Credentialled, RawValue, Reading, SignedManifest};

use super::arguments::WhoArgs;
use crate::{exit::Exit, failure::Failure};

/// The largest manifest file that is read, in bytes.
const MANIFEST_LIMIT: u64 = 1 << 20;

/// Who sends, and what the operation says.
#[derive(Debug)]
pub(super) struct Member {
    /// The operation's manifest, as known before connecting.
    pub(super) manifest: SignedManifest,
    /// The login that came with the credential.
    pub(super) login: Option<Login>,
    /// What protects the reports.
    pub(super) protection: Protection,
    /// Which identity a reading belongs to.
    pub(super) whose: Arc<Whose>,
}

/// What protects the reports.
#[derive(Debug)]
pub(super) enum Protection {
    /// Preset `cowl`, with the keys of this credential.
    Enrolled(PathBuf),
    /// Preset `cowl`, with the manifest's public keys.
    WalkIn,
    /// Next to nothing.
    Dangerous(Arc<DangerousPreset>),
}

/// Which identity a reading belongs to.
#[derive(Debug)]
pub(super) enum Whose {
    /// Always the same, counted from 0.
    Fixed(usize),
    /// An input field says.
    Field {
        /// The field.
        name: String,
        /// What its values mean.
        identities: Box<Identities>,
    },
}

/// A reading does not say whose it is.
#[derive(Debug)]
pub(super) struct NobodyNamed;

impl Member {
    /// Reads the files that the command line names.
    pub(super) fn of(arguments: &WhoArgs) -> Result<Self, Failure> {
        if let (Some(path), Some(fingerprint)) = (&arguments.manifest, arguments.authority) {
            let bytes = files::read(path, MANIFEST_LIMIT)?;
            let manifest = SignedManifest::verify_pinned(&bytes, fingerprint)
                .map_err(|error| Failure::new(Exit::Keys, format!("{} is {error}", path.display())))?;
            return Self::walk_in(manifest, arguments);
        }
        let path = arguments.credential.clone().or_else(|| env::var_os("COWL_CREDENTIAL").map(PathBuf::from));
        let path = path.ok_or_else(|| {
            Failure::usage("nobody is named to report as")
                .hint("use --credential FILE, or --manifest FILE with --authority FINGERPRINT")
        })?;
        Self::enrolled(&path, arguments)
    }

    fn walk_in(manifest: SignedManifest, arguments: &WhoArgs) -> Result<Self, Failure> {
        if manifest.preset.is_dangerous() {
            return Err(Failure::new(Exit::Keys, "only enrolled devices can send under a dangerous preset"));
        }
        let whose = whose(arguments, 1, None)?;
        Ok(Self { manifest, login: None, protection: Protection::WalkIn, whose: Arc::new(whose) })
    }

    fn enrolled(path: &Path, arguments: &WhoArgs) -> Result<Self, Failure> {
        let credential = load_credential(path)?;
        let count = match &credential.member {
            Credentialled::Device(_) => 1,
            Credentialled::Gateway(keyrings) => keyrings.len(),
            Credentialled::Responder(_) => return Err(no_sender(path, "responder")),
            Credentialled::Relay { .. } => return Err(no_sender(path, "relay")),
        };
        let is_gateway = matches!(credential.member, Credentialled::Gateway(_));
        let whose = Arc::new(whose(arguments, count, is_gateway.then_some(&credential.instance))?);
        let protection = if credential.manifest.preset.is_dangerous() {
            let keys = credential.dangerous.as_ref().ok_or_else(|| {
                Failure::new(Exit::Keys, format!("{} lacks the keys of its dangerous preset", path.display()))
            })?;
            let preset = DangerousPreset::of(&credential.manifest, keys)
                .map_err(|error| Failure::new(Exit::Keys, error.to_string()))?;
            Protection::Dangerous(Arc::new(preset))
        } else {
            Protection::Enrolled(path.to_owned())
        };
        Ok(Self { manifest: credential.manifest, login: Some(credential.login), protection, whose })
    }
}

impl Whose {
    /// The identity of a reading.
    pub(super) fn of(&self, reading: &Reading) -> Result<usize, NobodyNamed> {
        let (name, identities) = match self {
            Self::Fixed(identity) => return Ok(*identity),
            Self::Field { name, identities } => (name, identities),
        };
        match reading.members().get(name) {
            Some(RawValue::Integer(number)) => Ok(identities.of(&number.to_string())),
            Some(RawValue::Text(text)) if !text.trim().is_empty() => Ok(identities.of(text)),
            _ => Err(NobodyNamed),
        }
    }

    /// The input field that says, if one does.
    pub(super) fn field(&self) -> Option<&str> {
        match self {
            Self::Fixed(_) => None,
            Self::Field { name, .. } => Some(name),
        }
    }
}

impl std::fmt::Display for NobodyNamed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the field of --identity-from is missing, empty, or neither text nor a whole number")
    }
}

fn no_sender(path: &Path, found: &'static str) -> Failure {
    KeyringError::OtherKind { path: path.to_owned(), found, wanted: "device or a gateway" }.into()
}

fn whose(arguments: &WhoArgs, count: usize, instance: Option<&[u8; 16]>) -> Result<Whose, Failure> {
    if let Some(name) = &arguments.identity_from {
        return match instance {
            Some(instance) => Ok(Whose::Field {
                name: name.clone(),
                identities: Box::new(Identities::new(instance, count)),
            }),
            None => Err(Failure::usage("--identity-from needs a gateway's credential")
                .hint("`cowl enrol` makes one with --gateway")),
        };
    }
    let number = arguments.identity.unwrap_or(1);
    let identity = usize::try_from(number).unwrap_or(usize::MAX).saturating_sub(1);
    if identity < count {
        Ok(Whose::Fixed(identity))
    } else {
        Err(Failure::usage(format!("there is no identity {number}: this credential has {count}")))
    }
}
