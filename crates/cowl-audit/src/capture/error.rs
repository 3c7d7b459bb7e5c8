//! Why a capture cannot be read at all, and where and why reading ended early.

/// Why nothing can be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CaptureError {
    /// Neither pcap nor pcapng.
    #[error("neither a pcap nor a pcapng file")]
    NotACapture,
    /// The file ends within its header.
    #[error("the file ends at byte {offset}, within its header")]
    Short {
        /// Where.
        offset: u64,
    },
    /// A pcapng file's first block cannot be read.
    #[error("damaged at byte {offset}: {damage}")]
    Damaged {
        /// Where.
        offset: u64,
        /// What was found there.
        damage: Damage,
    },
    /// Reading failed.
    #[error("reading failed at byte {offset}")]
    Io {
        /// Where.
        offset: u64,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

/// What is wrong with a capture file at some place; what follows cannot be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Damage {
    /// It ends in the middle of a record or block.
    #[error("the file ends in the middle of a record")]
    CutOff,
    /// A record claims to be larger than any can be.
    #[error("a record of {0} bytes, more than any capture has")]
    RecordLength(u32),
    /// Very many records without a byte.
    #[error("nothing but empty records")]
    Empty,
    /// A block's length is below 12 or not a multiple of 4.
    #[error("a block of {0} bytes, which no block can have")]
    BlockLength(u32),
    /// The lengths at a block's beginning and end differ.
    #[error("a block whose two lengths differ")]
    BlockEnd,
    /// A section header whose byte order cannot be told.
    #[error("a section of no known byte order")]
    ByteOrder,
    /// More than [`MAX_INTERFACES`](super::MAX_INTERFACES).
    #[error("more interfaces than a capture has")]
    Interfaces,
}
