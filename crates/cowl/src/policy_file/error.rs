//! What is wrong with a policy file, where, and what to write instead.

use std::io;

/// Why a policy file is refused. It quotes the file: that is the operator's own text, not a report.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}:{column}: {message}")]
pub struct PolicyFileError {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The character in it, from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl PolicyFileError {
    pub(super) fn unreadable(file: &str, error: &io::Error) -> Self {
        Self {
            file: file.into(),
            line: 1,
            column: 1,
            message: format!("cannot be read: {error}"),
            hint: (error.kind() == io::ErrorKind::NotFound).then(|| "`cowl init DIR` writes one".into()),
        }
    }
}
