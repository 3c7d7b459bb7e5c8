//! Exit codes: documented in `cowl --help`, tested, and stable.

use std::process::ExitCode;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done.
    Done,
    /// Something that should not happen did.
    Internal,
    /// The command line is wrong. (clap ends with this code too.)
    Usage,
    /// Some input was refused; what was good went through.
    Input,
    /// A policy, manifest, credential or key cannot be used.
    Keys,
    /// The broker cannot be reached, or the connection was lost.
    Unreachable,
    /// The broker refused: login, permission or protocol.
    Refused,
    /// A file or disk could not be read or written.
    Storage,
    /// An audit's limit is not kept, or what it is about was not measured.
    OverLimit,
    /// `doctor` found something that needs to be done: a warning or a problem.
    Unwell,
    /// Nothing came in the time allowed (`sub -W`), as `mosquitto_sub` says it.
    TimedOut,
}

impl Exit {
    /// The number.
    pub(crate) const fn number(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Internal => 1,
            Self::Usage => 2,
            Self::Input => 3,
            Self::Keys => 4,
            Self::Unreachable => 5,
            Self::Refused => 6,
            Self::Storage => 7,
            Self::OverLimit => 8,
            Self::Unwell => 9,
            Self::TimedOut => 27,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.number())
    }
}
