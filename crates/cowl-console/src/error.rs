//! Why a console cannot be opened.

use std::{io, net::SocketAddr};

use cowl::{files::FileError, operation::OperationError};

use crate::{base_map::BaseMapError, feed::FeedError, privacy::CardsError};

/// Why a console cannot be opened or kept open.
#[derive(Debug, thiserror::Error)]
pub enum ConsoleError {
    /// Nobody could sit there.
    #[error("a console needs a seat: a responder's credential, or the operation's folder")]
    NoSeat,
    /// An address that others can reach, which was not asked for in so many words.
    #[error("{0} can be reached from other machines")]
    Exposed(SocketAddr),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// A scorecard.
    #[error(transparent)]
    Cards(#[from] CardsError),
    /// The base map.
    #[error(transparent)]
    BaseMap(#[from] BaseMapError),
    /// A file of the console's own.
    #[error(transparent)]
    File(#[from] FileError),
    /// A seat cannot read.
    #[error(transparent)]
    Feed(#[from] FeedError),
    /// The operation's folder.
    #[error(transparent)]
    Operation(#[from] OperationError),
}
