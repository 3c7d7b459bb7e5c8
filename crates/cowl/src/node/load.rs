//! What a node carries: bodies from its queue in, sealed messages out.

use cowl_core::{Epoch, Manifest, Sealed};

use super::Lane;
use crate::keyring::{KeyringError, Renewal};

/// Makes messages of what waits in a queue, at the time of sending, and covers of nothing.
///
/// `monotonic` is seconds of a timer that only runs forward while the machine is up, the same one in all calls. Calls are short:
/// they happen on the task that keeps the slots.
pub trait Load: Send {
    /// Seals what was put into the queue.
    fn seal(&mut self, lane: Lane, body: &[u8], monotonic: u64) -> Result<Sealed, LoadError>;

    /// A message of the same size that says nothing, which nobody without the keys can tell from a real one.
    fn cover(&mut self, lane: Lane, monotonic: u64) -> Result<Sealed, LoadError>;

    /// Takes a beacon, not yet verified. If it is the authority's and new: the version of the newest manifest that it names.
    fn hear(&mut self, beacon: &[u8], monotonic: u64) -> Option<u32>;

    /// Takes a manifest, not yet verified.
    fn follow(&mut self, manifest: &[u8]);

    /// The newest manifest known.
    fn manifest(&self) -> &Manifest;

    /// What asks the operation's service for keys, if it is time for that.
    fn renewal(&mut self, _monotonic: u64) -> Option<Renewal> {
        None
    }

    /// The keys came, and lie in the credential's file.
    fn renewed(&mut self, _monotonic: u64) -> Result<(), KeyringError> {
        Ok(())
    }

    /// Whether [`Self::seal`] makes another message of the same body each time. A relay cannot: it passes on what others sealed. Then
    /// what was lost with a connection is sent again as it was, cover too: whoever breaks connections to see what comes
    /// again sees all of it, and not which of it was real.
    fn seals_anew(&self) -> bool {
        true
    }

    /// The epoch that a message is sealed in at a moment, where that is known: one that was made and did not leave can then wait for
    /// the next slot of the same epoch, and is not made again.
    fn epoch(&self, _monotonic: u64) -> Option<Epoch> {
        None
    }

    /// A connection was lost, and messages with it that receivers may never see: some of the last `made` ones of [`Self::seal`]
    /// and [`Self::cover`], those that came back with an error not counted.
    fn lost(&mut self, _made: u64) {}

    /// Whether this kind of node listens to the authority's bulletins. The same for all nodes of a kind, whoever is behind them.
    fn wants_bulletins(&self) -> bool {
        false
    }

    /// Takes a bulletin, not yet verified.
    fn bulletin(&mut self, _bulletin: &[u8], _monotonic: u64) {}

    /// Whether this kind of node listens to the authority's dispatches: alerts, and that help is coming. The same for all nodes of a kind.
    fn wants_dispatches(&self) -> bool {
        false
    }

    /// Takes a dispatch, not yet verified.
    fn dispatch(&mut self, _dispatch: &[u8], _monotonic: u64) {}

    /// Whether this kind of node listens to the authority's erase orders. The same for all nodes of a kind.
    fn wants_erasures(&self) -> bool {
        false
    }

    /// Takes a list of erase orders, not yet verified.
    fn erasures(&mut self, _list: &[u8], _monotonic: u64) {}

    /// How many times bodies of the queue were destroyed by such orders: what was made before and did not leave is made anew.
    fn destroyed(&self) -> u64 {
        0
    }
}

/// Why there is no message.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// It may work later: the body stays in the queue.
    #[error(transparent)]
    NotNow(#[from] KeyringError),
    /// It never will: the body is dropped, and counted.
    #[error("{0}")]
    Never(&'static str),
}
