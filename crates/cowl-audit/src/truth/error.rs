//! What can be wrong with a truth file.

use std::io;

/// Why a truth file cannot be used. Never holds what a line says.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TruthError {
    /// A line is not as specified.
    #[error("line {line} of the truth file: {what}")]
    Line {
        /// Its number, from 1.
        line: u64,
        /// What is wrong with it.
        what: &'static str,
    },
    /// The file has no lines.
    #[error("the truth file is empty: its first line says what was run")]
    Empty,
    /// A compressed file ends in the middle.
    #[error("the truth file is cut off after line {lines}")]
    Truncated {
        /// Lines that could be read.
        lines: u64,
    },
    /// A compressed file is damaged.
    #[error("the truth file is damaged after line {lines}: it must be an LZ4 frame of independent blocks")]
    Damaged {
        /// Lines that could be read.
        lines: u64,
    },
    /// The file cannot be read or written.
    #[error("cannot read or write the truth file")]
    Io(#[source] io::Error),
}

impl TruthError {
    /// What may help.
    pub const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Line { .. } | Self::Empty => Some("spec/trace.md, section 7, says what each line must be"),
            Self::Truncated { .. } | Self::Damaged { .. } => Some("make it again, or copy it again"),
            Self::Io(_) => None,
        }
    }
}
