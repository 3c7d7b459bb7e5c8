//! The authority's work, away from the connections: each deed opens the operation's folder anew, holds its lock for no longer than the
//! deed takes, and leaves nothing of its secrets here.

use cowl::operation::{Operation, OperationError};
use cowl_core::Epoch;

use crate::{clock, shared::Shared};

/// Why a deed was not done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DeskError {
    /// The operation says why.
    #[error(transparent)]
    Operation(#[from] OperationError),
    /// The task was broken off, or there is no folder.
    #[error("the operation's folder cannot be worked on here")]
    Broken,
}

/// An operation's folder, opened for one deed.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) operation: Operation,
    /// Unix seconds.
    pub(crate) time: u64,
    pub(crate) epoch: Epoch,
}

/// Does something with the operation's folder.
pub(crate) async fn work<T: Send + 'static>(
    shared: &Shared,
    deed: impl FnOnce(&mut Desk) -> Result<T, OperationError> + Send + 'static,
) -> Result<T, DeskError> {
    let folder = shared.operation().ok_or(DeskError::Broken)?.to_owned();
    let done = tokio::task::spawn_blocking(move || {
        let operation = Operation::open(&folder)?;
        let time = clock::now();
        let epoch = operation.epoch_now(time)?;
        deed(&mut Desk { operation, time, epoch })
    });
    Ok(done.await.map_err(|_| DeskError::Broken)??)
}
