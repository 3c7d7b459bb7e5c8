//! What can go wrong with an operation's folder.

use std::path::PathBuf;

use cowl_core::{BeaconError, BulletinError, BundleError, CredentialError, DispatchError, ManifestError};

use crate::{
    files::FileError, glass::GlassError, log::LogError, policy_file::PolicyFileError, tokens::TokensError,
    zones::GeoJsonError,
};

/// Why an operation could not be made, opened or changed. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum OperationError {
    /// A file could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The policy file is not a policy.
    #[error(transparent)]
    Policy(#[from] PolicyFileError),
    /// The log could not be read or written; nothing is done without its entry.
    #[error(transparent)]
    Log(LogError),
    /// The folder holds no operation.
    #[error("{} is not the folder of an operation", .0.display())]
    NotAnOperation(PathBuf),
    /// The folder holds something already.
    #[error("{} is not empty: an operation is made in a folder of its own", .0.display())]
    NotEmpty(PathBuf),
    /// A file of the operation does not decode.
    #[error("{} is damaged: {what}", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: &'static str,
    },
    /// The manifest could not be made or followed.
    #[error("the manifest is not usable: {0}")]
    Manifest(#[source] ManifestError),
    /// A beacon could not be made.
    #[error("the beacon could not be made: {0}")]
    Beacon(#[from] BeaconError),
    /// A command or a bulletin could not be made.
    #[error("the command could not be made: {0}")]
    Bulletin(#[from] BulletinError),
    /// An alert or a dispatch could not be made.
    #[error("the alert could not be made: {0}")]
    Dispatch(#[from] DispatchError),
    /// An erase order could not be given.
    #[error("the erase order could not be given: {0}")]
    Erasures(#[from] cowl_core::ErasuresError),
    /// A name that no responder has.
    #[error("no responder of that name was enrolled")]
    NoSuchResponder,
    /// A gateway of devices, for which nobody can say what it obeyed.
    #[error("a gateway of devices says by itself which erase orders it obeyed, and nobody says it for it")]
    ConfirmsItself,
    /// A phone, a sensor or a relay.
    #[error("phones, sensors and relays hold nothing that an erase order finds, and have none to confirm")]
    NothingToConfirm,
    /// A credential could not be made.
    #[error("the credential could not be made: {0}")]
    Credential(#[from] CredentialError),
    /// No place is left.
    #[error("all {0} places of the operation are taken")]
    Full(u32),
    /// A name that is taken.
    #[error("a member of that name was enrolled before")]
    NameTaken,
    /// The responders' bundle could not be made.
    #[error("the responders' bundle could not be made: {0}")]
    Bundle(#[from] BundleError),
    /// A name that nobody has.
    #[error("no member has that name")]
    NoSuchMember,
    /// A gateway's identity that there is not.
    #[error("there is no such identity: the member has {0}, numbered from 0")]
    NoSuchIdentity(u32),
    /// A manifest that has no keys of the relays.
    #[error("the manifest has no room for the relays' keys: raise `manifest_size` in policy.toml")]
    NoRoomForRelays,
    /// Custodians cannot be appointed or asked, or what they answered opens nothing.
    #[error(transparent)]
    Glass(#[from] GlassError),
    /// The tokens' keys, or what was given out.
    #[error(transparent)]
    Tokens(TokensError),
    /// A manifest that has no key of the service: nobody could ask for new keys.
    #[error("the manifest has no room for the service's key: raise `manifest_size` in policy.toml")]
    NoService,
    /// A role that the policy does not have.
    #[error("the policy has no role of that name; it has: {0}")]
    NoSuchRole(String),
    /// A zone file that cannot be taken along.
    #[error("the policy names zones in `{0}`, which is not in its folder or below it")]
    ZonesElsewhere(String),
    /// Outlines that are no zones.
    #[error("these zones cannot be used: {0}")]
    Zones(#[from] GeoJsonError),
    /// A level that has no outlines in a file.
    #[error("the policy has no zone level of that name with outlines in a file; it has: {0}")]
    NoZoneFile(String),
    /// The broker's certificate could not be made.
    #[error("the broker's certificate could not be made: {0}")]
    Certificate(String),
    /// The machine's clock is earlier than the operation.
    #[error("the clock of this machine is behind: the operation was at work at a later time already")]
    ClockBehind,
    /// The machine's clock is later than every key.
    #[error("the clock of this machine is past the last key that was ever given out")]
    ClockAhead,
    /// A change of the policy that members cannot follow.
    #[error("policy.toml changes {0}, which is fixed for the life of an operation")]
    Fixed(&'static str),
}

impl From<TokensError> for OperationError {
    fn from(error: TokensError) -> Self {
        match error {
            TokensError::File(error) => Self::File(error),
            other => Self::Tokens(other),
        }
    }
}

impl From<LogError> for OperationError {
    /// A file that could not be written is that, whatever it is a file of.
    fn from(error: LogError) -> Self {
        match error {
            LogError::File(error) => Self::File(error),
            other => Self::Log(other),
        }
    }
}

impl OperationError {
    /// Whether bad input (a policy, a name, a role) is the cause, rather than the machine.
    pub const fn is_input(&self) -> bool {
        matches!(
            self,
            Self::Policy(_)
                | Self::ZonesElsewhere(_)
                | Self::Zones(_)
                | Self::NoZoneFile(_)
                | Self::Manifest(ManifestError::TooLarge { .. })
                | Self::NameTaken
                | Self::NoSuchRole(_)
                | Self::NoSuchMember
                | Self::NoSuchIdentity(_)
                | Self::Bundle(BundleError::TooLarge(_))
                | Self::NoRoomForRelays
                | Self::NoService
                | Self::Fixed(_)
                | Self::Glass(_)
                | Self::Erasures(cowl_core::ErasuresError::Nothing)
                | Self::NoSuchResponder
                | Self::ConfirmsItself
                | Self::NothingToConfirm
                | Self::Bulletin(BulletinError::Topic | BulletinError::TooLarge)
                | Self::Dispatch(DispatchError::Alert | DispatchError::TooLarge)
                | Self::NotEmpty(_)
        )
    }
}
