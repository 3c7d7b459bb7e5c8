//! Why a base map cannot be shown.

use std::path::PathBuf;

use cowl::files::FileError;

/// Why a file cannot be a base map.
#[derive(Debug, thiserror::Error)]
pub enum BaseMapError {
    /// It cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// What stands in it.
    #[error("{}: {why}", .path.display())]
    Archive {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: ArchiveError,
    },
}

/// What is wrong with an archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ArchiveError {
    /// It is something else.
    #[error("not a PMTiles archive")]
    NotOne,
    /// Of another version of the format.
    #[error("a PMTiles archive of version {0}")]
    Version(u8),
    /// It says that it is longer than it is.
    #[error("the archive is cut off, or damaged: a part of it lies beyond its end")]
    CutOff,
    /// Its directory, or its range of zooms, makes no sense.
    #[error("the archive's directory is damaged")]
    Damaged,
    /// Tiles that are neither pictures nor vectors.
    #[error("its tiles are {0}, which is not supported")]
    Tiles(&'static str),
    /// Packed in a way that is not read here.
    #[error("it is compressed by {0}, which is not supported")]
    Compressed(&'static str),
}

impl BaseMapError {
    /// What to do about it.
    pub const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::File(_) => None,
            Self::Archive { why, .. } => Some(match why {
                ArchiveError::CutOff | ArchiveError::Damaged => "copy it again",
                ArchiveError::Compressed(_) => "supported are gzip and no compression",
                ArchiveError::NotOne | ArchiveError::Version(_) | ArchiveError::Tiles(_) => {
                    "a base map is a PMTiles archive, version 3, of PNG, JPEG, WebP or vector tiles (MVT)"
                }
            }),
        }
    }
}
