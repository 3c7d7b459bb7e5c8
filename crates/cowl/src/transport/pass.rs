//! A login for each connection, instead of one for all.

use std::{fmt, sync::Arc};

use super::Login;

/// Where logins come from that are good for one connection each.
pub trait Passes: Send + Sync {
    /// Whether there is one to be had now. Asked before anything goes over the network.
    fn ready(&self) -> Result<(), NoPass>;

    /// Takes one. Asked when the broker is reached, right before the login goes out: what is taken is gone, whatever comes of it.
    fn take(&self) -> Result<Login, NoPass>;
}

/// There is no login for this connection.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct NoPass {
    /// Why, in words; nothing of a person.
    pub why: String,
    /// Whether there will be one later, without anybody's doing.
    pub is_later: bool,
}

/// [`Passes`] as an option of connections.
#[derive(Clone)]
pub struct Pass(Arc<dyn Passes>);

impl Pass {
    /// From now on each connection takes one of these.
    pub fn new(passes: impl Passes + 'static) -> Self {
        Self(Arc::new(passes))
    }

    pub(super) fn ready(&self) -> Result<(), NoPass> {
        self.0.ready()
    }

    pub(super) fn take(&self) -> Result<Login, NoPass> {
        self.0.take()
    }
}

impl fmt::Debug for Pass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pass(..)")
    }
}
