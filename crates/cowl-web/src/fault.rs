//! Why a call was refused. A code for the page's words; nothing that a person typed.

use alloc::string::String;

use cowl_core::{
    BeaconError, DispatchError, ManifestError, MemberError, NotACode, Problem, ReduceError, SealError,
};

use crate::reply::Reply;

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    code: &'static str,
    /// The policy's field that it is about.
    field: Option<String>,
    /// What is wrong with that field.
    problem: Option<&'static str>,
    /// Which word of a withdrawal code, from 1.
    word: Option<usize>,
}

impl Fault {
    /// The page called what there is not, or with something else than the contract says.
    pub(crate) const CALL: Self = Self::new("call");
    /// The policy says that reports are not protected: this page sends nothing then.
    pub(crate) const DANGEROUS: Self = Self::new("dangerous");
    /// The manifest may not be followed any more.
    pub(crate) const EXPIRED: Self = Self::new("expired");
    /// The manifest has no keys of this epoch.
    pub(crate) const NO_KEYS: Self = Self::new("no-keys");

    /// A refusal that is about no field.
    pub(crate) const fn new(code: &'static str) -> Self {
        Self { code, field: None, problem: None, word: None }
    }

    pub(crate) fn write(&self, reply: &mut Reply) {
        reply.map().key("error").text(self.code);
        if let Some(field) = &self.field {
            reply.key("field").text(field);
        }
        if let Some(problem) = self.problem {
            reply.key("problem").text(problem);
        }
        if let Some(word) = self.word {
            reply.key("word").count(word);
        }
        reply.end();
    }
}

impl From<ManifestError> for Fault {
    fn from(error: ManifestError) -> Self {
        Self::new(match error {
            ManifestError::Malformed => "malformed",
            ManifestError::UnknownForm => "unknown-form",
            ManifestError::NotSigned(_) => "not-signed",
            ManifestError::OtherOperation => "other-operation",
            ManifestError::RolledBack { .. } => "rolled-back",
            ManifestError::Forked(_) => "forked",
            ManifestError::TooLarge { .. } | ManifestError::Inconsistent => "inconsistent",
        })
    }
}

impl From<BeaconError> for Fault {
    fn from(error: BeaconError) -> Self {
        Self::new(match error {
            BeaconError::NotSigned(_) => "not-signed",
            BeaconError::OtherOperation => "other-operation",
            BeaconError::Replayed => "replayed",
            BeaconError::Malformed | BeaconError::TooLarge | BeaconError::Counts => "malformed",
        })
    }
}

impl From<DispatchError> for Fault {
    fn from(error: DispatchError) -> Self {
        Self::new(match error {
            DispatchError::NotSigned(_) => "not-signed",
            DispatchError::OtherOperation => "other-operation",
            DispatchError::Replayed => "replayed",
            DispatchError::Stale => "stale",
            _ => "malformed",
        })
    }
}

impl From<ReduceError> for Fault {
    fn from(error: ReduceError) -> Self {
        match error {
            ReduceError::Empty => Self::new("empty"),
            ReduceError::Field { field, problem } => {
                Self { field: Some(field), problem: Some(name(&problem)), ..Self::new("field") }
            }
            ReduceError::DoesNotFit { field, .. } => Self { field: Some(field), ..Self::new("does-not-fit") },
        }
    }
}

impl From<SealError> for Fault {
    fn from(error: SealError) -> Self {
        match error {
            SealError::NoPublicKey(_) => Self::NO_KEYS,
            _ => Self::new("sealing"),
        }
    }
}

impl From<NotACode> for Fault {
    fn from(error: NotACode) -> Self {
        match error {
            NotACode::Count => Self::new("code-count"),
            NotACode::Word(word) => Self { word: Some(word), ..Self::new("code-word") },
            NotACode::Checksum => Self::new("code-checksum"),
        }
    }
}

impl From<MemberError> for Fault {
    fn from(_: MemberError) -> Self {
        Self::CALL
    }
}

impl From<minicbor::decode::Error> for Fault {
    fn from(_: minicbor::decode::Error) -> Self {
        Self::CALL
    }
}

fn name(problem: &Problem) -> &'static str {
    match problem {
        Problem::Missing => "missing",
        Problem::NotANumber => "not-a-number",
        Problem::NotFinite => "not-finite",
        Problem::OutOfRange { .. } => "out-of-range",
        Problem::NoChoice { .. } => "no-choice",
        Problem::NotAFlag => "not-a-flag",
        Problem::NotText => "not-text",
        Problem::TooLong { .. } => "too-long",
        Problem::NotAPosition => "not-a-position",
        Problem::HalfPosition => "half-position",
        Problem::OffEarth(_) => "off-earth",
        Problem::NotATime => "not-a-time",
    }
}
