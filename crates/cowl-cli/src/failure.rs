//! What a command says when it cannot go on: what is wrong, what to do, and an exit code.

use std::{error::Error, path::Path};

use cowl::{
    archive::ArchiveError, client::OutboxError, files::FileError, gateway::GatewayError, glass::GlassError,
    join::JoinError, keyring::KeyringError, node::OpenError, operation::OperationError,
    policy_file::PolicyFileError, recovery::RecoveryError, relay::RelayError, rest::RestError,
    tokens::TokensError, transport,
};

use cowl_core::{ManifestError, PackageError, custody::RequestError};

use crate::exit::Exit;

/// The end of a command. Never holds anything that came from a person.
#[derive(Debug)]
pub(crate) struct Failure {
    code: Exit,
    message: String,
    hint: Option<String>,
}

impl Failure {
    /// With a code of one's own.
    pub(crate) fn new(code: Exit, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), hint: None }
    }

    /// The command line asks for something that cannot be.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// A fault of the program or the machine.
    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self::new(Exit::Internal, message)
    }

    /// What to do about it.
    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds the cause's own words.
    #[must_use]
    pub(crate) fn because(mut self, cause: &dyn Error) -> Self {
        self.message = format!("{}: {cause}", self.message);
        self
    }

    /// Says of which file it speaks.
    #[must_use]
    pub(crate) fn of(mut self, path: &Path) -> Self {
        self.message = format!("{}: {}", path.display(), self.message);
        self
    }

    /// The exit code.
    pub(crate) const fn code(&self) -> Exit {
        self.code
    }

    /// What is wrong.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// What to do about it, if anything can be said.
    pub(crate) fn hint_text(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}

impl From<FileError> for Failure {
    fn from(error: FileError) -> Self {
        let failure = Self::new(Exit::Storage, error.to_string());
        match &error {
            FileError::Exposed { path, .. } => {
                failure.hint(format!("make it private: chmod 600 {}", path.display()))
            }
            FileError::Rest { source, .. } => {
                let failure = Self::new(Exit::Keys, error.to_string());
                match source.hint() {
                    Some(hint) => failure.hint(hint),
                    None => failure,
                }
            }
            FileError::Altered(_) => Self::new(Exit::Keys, error.to_string())
                .hint("take it from a backup: cowl restore, or cowl recover"),
            FileError::Exists(_) => failure.hint("choose another name, or move the old file away"),
            _ => failure,
        }
    }
}

impl From<RestError> for Failure {
    fn from(error: RestError) -> Self {
        let failure = Self::new(Exit::Keys, error.to_string());
        match error.hint() {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }
}

impl From<RecoveryError> for Failure {
    fn from(error: RecoveryError) -> Self {
        match error {
            RecoveryError::File(error) => error.into(),
            RecoveryError::Operation(error) => error.into(),
            RecoveryError::Keyring(error) => error.into(),
            RecoveryError::Rest { source } => source.into(),
            RecoveryError::Threshold { .. } | RecoveryError::NothingToSave(_) => {
                Self::usage(error.to_string())
            }
            RecoveryError::Other(_) => {
                Self::new(Exit::Storage, error.to_string()).hint("name another file for the copy")
            }
            RecoveryError::Exists(_) => {
                Self::new(Exit::Storage, error.to_string()).hint("name a place that does not exist yet")
            }
            RecoveryError::TooFew { .. } => Self::new(Exit::Keys, error.to_string())
                .hint("each person's share counts once; `cowl shares check` says which set each belongs to"),
            RecoveryError::OtherSet { .. } => Self::new(Exit::Keys, error.to_string()).hint(
                "shares were made again since: take those that were made last, or an older copy of the file",
            ),
            RecoveryError::NotAShare | RecoveryError::Word(_) | RecoveryError::Misread => {
                Self::new(Exit::Keys, error.to_string())
                    .hint("compare it word by word with the paper, in the order that it is numbered in")
            }
            RecoveryError::Altered(_) => {
                Self::new(Exit::Keys, error.to_string()).hint("ask another holder, and ask this one why")
            }
            RecoveryError::Damaged { .. } | RecoveryError::WrongKey => {
                Self::new(Exit::Keys, error.to_string()).hint("take another copy of it")
            }
            RecoveryError::NoShares => {
                Self::new(Exit::Keys, error.to_string()).hint("make some with `cowl shares make`")
            }
            other => Self::new(Exit::Keys, other.to_string()),
        }
    }
}

impl From<PolicyFileError> for Failure {
    fn from(error: PolicyFileError) -> Self {
        let failure = Self::new(Exit::Keys, error.to_string());
        match error.hint {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }
}

impl From<OperationError> for Failure {
    fn from(error: OperationError) -> Self {
        match error {
            OperationError::File(error) => error.into(),
            OperationError::Policy(error) => error.into(),
            OperationError::Log(error) => error.into(),
            OperationError::Glass(error) => error.into(),
            OperationError::Tokens(error) => error.into(),
            OperationError::NotAnOperation(_) => {
                Self::new(Exit::Keys, error.to_string()).hint("make one with `cowl init DIR`")
            }
            OperationError::NotEmpty(_) => {
                Self::new(Exit::Storage, error.to_string()).hint("name a folder that does not exist yet")
            }
            OperationError::NameTaken => {
                Self::new(Exit::Usage, error.to_string()).hint("choose another name for it")
            }
            OperationError::NoSuchRole(_) => Self::new(Exit::Usage, error.to_string()),
            OperationError::NoSuchMember | OperationError::NoSuchResponder => {
                Self::new(Exit::Usage, error.to_string()).hint("`cowl members DIR` lists them")
            }
            OperationError::ConfirmsItself => Self::new(Exit::Usage, error.to_string()).hint(
                "it does so once in an epoch, to `cowl serve`; `cowl erase DIR --status` says whether it did",
            ),
            OperationError::NothingToConfirm => Self::new(Exit::Usage, error.to_string())
                .hint("`cowl erase DIR --status` says until when what a relay passes on can be opened"),
            OperationError::NoSuchIdentity(_) => {
                Self::new(Exit::Usage, error.to_string()).hint("without --identity the whole member is meant")
            }
            OperationError::Fixed(_) => Self::new(Exit::Keys, error.to_string())
                .hint("undo the change, or make a new operation with `cowl init`"),
            OperationError::ZonesElsewhere(_) => Self::new(Exit::Usage, error.to_string())
                .hint("put the file beside the policy, and name it so there"),
            OperationError::ClockBehind => Self::new(Exit::Keys, error.to_string())
                .hint("set the clock; nothing was published or deleted"),
            OperationError::ClockAhead => Self::new(Exit::Keys, error.to_string())
                .hint("set the clock; if it is right, every credential has expired: make a new operation"),
            OperationError::Full(_) => Self::new(Exit::Keys, error.to_string())
                .hint("`places` in policy.toml is fixed at `cowl init`; choose more for the next operation"),
            OperationError::Bulletin(_) if error.is_input() => Self::new(Exit::Usage, error.to_string()),
            other => Self::new(Exit::Keys, other.to_string()),
        }
    }
}

impl From<TokensError> for Failure {
    fn from(error: TokensError) -> Self {
        match error {
            TokensError::File(error) => error.into(),
            TokensError::InUse(_) => Self::new(Exit::Storage, error.to_string()).hint(
                "one process at a time judges an operation's tokens: `cowl broker` or `cowl tokens serve`",
            ),
            other => Self::new(Exit::Storage, other.to_string()),
        }
    }
}

impl From<GlassError> for Failure {
    fn from(error: GlassError) -> Self {
        let text = error.to_string();
        match error {
            GlassError::File(error) => error.into(),
            GlassError::Archive(error) => error.into(),
            GlassError::Damaged { .. } => Self::new(Exit::Storage, text),
            GlassError::NoCustody => Self::new(Exit::Keys, text)
                .hint("[custody] in policy.toml says what they get; it is decided before `cowl init`"),
            GlassError::Appointed => Self::new(Exit::Keys, text)
                .hint("`cowl glass setup --replace` appoints others; what was sealed before opens with the former ones' shares alone"),
            GlassError::NoCustodians => Self::new(Exit::Keys, text)
                .hint("the authority appoints them: cowl glass setup DIR --custodians …"),
            GlassError::Names
            | GlassError::Number { .. }
            | GlassError::Request(RequestError::Words | RequestError::Life) => Self::new(Exit::Usage, text),
            GlassError::NotKept => Self::new(Exit::Input, text).hint(
                "`cowl sub --archive FILE` and `cowl sub --keep-custody FILE` keep them; another responder may have it",
            ),
            GlassError::AnsweredBefore(_) => Self::new(Exit::Refused, text)
                .hint("ask why it is asked for again; --again agrees all the same"),
            GlassError::Request(_) | GlassError::Answer(_) | GlassError::Combine { .. } => {
                Self::new(Exit::Refused, text)
            }
            _ => Self::new(Exit::Keys, text),
        }
    }
}

impl From<KeyringError> for Failure {
    fn from(error: KeyringError) -> Self {
        match error {
            KeyringError::File(error) => error.into(),
            KeyringError::State { .. } | KeyringError::InUse(_) => {
                Self::new(Exit::Storage, error.to_string())
            }
            KeyringError::OtherState(_) => Self::new(Exit::Keys, error.to_string())
                .hint("each credential keeps the state file that came with it"),
            KeyringError::NoKeys { .. } | KeyringError::ManifestExpired(_) => {
                Self::new(Exit::Keys, error.to_string()).hint("ask the operation for a new credential")
            }
            KeyringError::Cloned => Self::new(Exit::Keys, error.to_string()).hint(
                "the file was copied: ask for one credential for each device; until then `cowl pub --manifest FILE \
                 --authority FINGERPRINT` reports without one",
            ),
            KeyringError::OtherRole(_) => {
                Self::new(Exit::Keys, error.to_string()).hint("`cowl enrol` gives roles to a responder")
            }
            other => Self::new(Exit::Keys, other.to_string()),
        }
    }
}

impl From<GatewayError> for Failure {
    fn from(error: GatewayError) -> Self {
        match error {
            GatewayError::Keyring(error) => error.into(),
            GatewayError::File(error) => error.into(),
            GatewayError::Queue(error) => error.into(),
            GatewayError::Roster(_) | GatewayError::Vault(_) => Self::new(Exit::Storage, error.to_string()),
            GatewayError::NoSuchDevice => Self::usage(error.to_string()),
            GatewayError::NotAGateway => Self::new(Exit::Keys, error.to_string()).hint(
                "`cowl enrol` makes one with --gateway N: one identity for each device, and one for cover",
            ),
        }
    }
}

impl From<RelayError> for Failure {
    fn from(error: RelayError) -> Self {
        match error {
            RelayError::Keyring(error) => error.into(),
            RelayError::Queue(error) => error.into(),
            RelayError::NoRelay => {
                Self::new(Exit::Keys, error.to_string()).hint("`cowl enrol` makes one with --relay")
            }
        }
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::File(error) => error.into(),
            OpenError::OtherKey => Self::new(Exit::Keys, error.to_string())
                .hint("it belongs to another credential; move it away to begin a new one, and what waits in it is lost"),
            other => Self::new(Exit::Storage, other.to_string()),
        }
    }
}

impl From<transport::Error> for Failure {
    fn from(error: transport::Error) -> Self {
        let code = if error.is_auth() || error.is_denied() || error.is_protocol() {
            Exit::Refused
        } else if error.is_usage() {
            Exit::Usage
        } else if error.is_no_pass() && !error.is_transient() {
            Exit::Keys
        } else if error.is_too_large() {
            Exit::Input
        } else {
            Exit::Unreachable
        };
        let failure = Self::new(code, error.to_string());
        match error.hint() {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }
}

impl From<OutboxError> for Failure {
    fn from(error: OutboxError) -> Self {
        match error {
            OutboxError::Seal(error) => error.into(),
            OutboxError::Transport(error) => error.into(),
        }
    }
}

impl From<ArchiveError> for Failure {
    fn from(error: ArchiveError) -> Self {
        let hint = error.hint();
        let failure = match error {
            ArchiveError::File(error) => return error.into(),
            ref error if error.is_storage() => Self::new(Exit::Storage, error.to_string()),
            error => Self::new(Exit::Keys, error.to_string()),
        };
        match hint {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }
}

impl From<JoinError> for Failure {
    fn from(error: JoinError) -> Self {
        let with = |code| Self::new(code, error.to_string());
        match &error {
            JoinError::File(_) | JoinError::Keyring(_) => {}
            JoinError::NoAddress => return with(Exit::Usage).hint("name the stick: --from FILE-OR-FOLDER"),
            JoinError::Unreachable { .. } => {
                return with(Exit::Unreachable).hint(
                    "are you on the operation's network, and does `cowl serve --http` run? if its address changed: --at \
                     HOST:PORT",
                );
            }
            JoinError::NotAService(_) => {
                return with(Exit::Unreachable).hint("ask for its address: --at HOST:PORT");
            }
            JoinError::Refused => {
                return with(Exit::Refused)
                    .hint("a newer card may have replaced it, or the service is very busy: ask whoever gave it to you");
            }
            JoinError::Used => {
                return with(Exit::Refused).hint(
                    "if it was not you, tell the operation at once: somebody else joined with your card",
                );
            }
            JoinError::Expired | JoinError::Revoked => return with(Exit::Refused).hint("ask for a new card"),
            JoinError::Full => {
                return with(Exit::Refused).hint("tell the operation: `places` in policy.toml");
            }
            JoinError::Manifest(ManifestError::NotSigned(_)) => {
                return with(Exit::Keys).hint(
                    "another operation answers there, or somebody pretends to be it: check the address",
                );
            }
            JoinError::Manifest(ManifestError::RolledBack { .. }) => {
                return with(Exit::Keys)
                    .hint("somebody holds the newest one back, or the service was restored: ask there");
            }
            JoinError::NoPackage(_) => {
                return with(Exit::Storage)
                    .hint("is it the right stick? each ticket has a package of its own");
            }
            JoinError::Package { source: PackageError::OtherTicket, .. } => {
                return with(Exit::Keys)
                    .hint("each ticket has a package of its own: name the folder that holds it");
            }
            JoinError::Package { .. } => return with(Exit::Keys).hint("ask for it to be copied again"),
            JoinError::Attempt { .. } => {
                return with(Exit::Storage).hint("remove it, or choose another file with -o, and join again");
            }
            _ => return with(Exit::Keys),
        }
        match error {
            JoinError::File(error) => error.into(),
            JoinError::Keyring(error) => error.into(),
            other => Self::internal(other.to_string()),
        }
    }
}
