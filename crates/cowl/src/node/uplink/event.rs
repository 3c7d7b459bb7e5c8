//! What an uplink tells, and what it counted.

use std::time::Duration;

use cowl_core::Epoch;

use crate::transport;

/// What happened, for whoever watches. Nothing of a person is in it, nor which message was real.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event {
    /// Messages leave in slots of this length from now on; `None`: as they come.
    Slots(Option<Duration>),
    /// A connection stands.
    Connected {
        /// Which one, from 0.
        connection: usize,
    },
    /// A connection was lost or could not be made; it is tried again after the wait.
    Lost {
        /// Which one, from 0.
        connection: usize,
        /// Why.
        why: Loss,
        /// When.
        retry_in: Duration,
    },
    /// The broker refused messages; they are sent again.
    Refused {
        /// How many.
        count: usize,
        /// What it said of the first.
        why: &'static str,
    },
    /// A manifest of this version is followed from now on.
    Manifest(u32),
    /// There are keys up to this epoch.
    Renewed(Option<Epoch>),
    /// Keys that are needed did not come, for this reason; they are asked for again.
    NotRenewed(String),
    /// Something could not be sealed for this reason; it goes on waiting. The same reason is told once a minute at most.
    NotSealed(String),
    /// What waited can never be sealed, and was dropped.
    Dropped(&'static str),
    /// The numbers so far, once a minute.
    Counts(Counts),
}

/// Why there is no connection.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Loss {
    /// It could not be made, or broke.
    #[error(transparent)]
    Transport(#[from] transport::Error),
    /// The broker took messages and acknowledged none.
    #[error("no message was acknowledged for {} s", .0.as_secs())]
    NoAnswer(Duration),
    /// The attempt was given up: this process is ending.
    #[error("the attempt was given up")]
    GivenUp,
}

/// What an uplink did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Real messages that the broker acknowledged.
    pub delivered: u64,
    /// Real messages that were handed to a connection, those sent again counted again.
    pub sent: u64,
    /// Covers that were handed to a connection.
    pub covers: u64,
    /// Real messages given back to the queue, because their connection was lost or the broker refused them.
    pub given_back: u64,
    /// Messages that the broker refused, covers included.
    pub refused: u64,
    /// What was dropped because it can never be sealed.
    pub dropped: u64,
    /// Slots in which nothing could leave: no connection, no room on it, no key, or this machine was late.
    pub silent: u64,
    /// Connections that were made.
    pub connections: u64,
}
