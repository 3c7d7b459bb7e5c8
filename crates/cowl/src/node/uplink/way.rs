//! Where an uplink leads, and how patient it is.

use std::{num::NonZeroU8, time::Duration};

use tokio::time::Instant;

use crate::{
    random::SystemRng,
    transport::{Endpoint, Options},
};

/// Where a node's messages go, and how.
#[derive(Debug)]
pub struct Way {
    /// The broker.
    pub endpoint: Endpoint,
    /// What the broker sees of each connection. With a client id that is fresh each time, no two of them can be joined by it.
    pub options: Options,
    /// Over how many connections messages go in turn. One hides which messages are one node's least of all from the broker
    /// and costs least; more go on when one of them breaks.
    pub connections: NonZeroU8,
    /// How long to wait for what.
    pub patience: Patience,
    /// The zero of the monotonic timer that the load is told. Whoever tells the load the time by another way, too, takes the same.
    pub since: Instant,
    /// Draws the place of the grid, and the waits between attempts to connect.
    pub rng: SystemRng,
}

/// How long an uplink waits for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// Without any acknowledgement for so long, although some are due, a connection counts as lost; also when one single
    /// acknowledgement is due for ten times as long.
    pub answer: Duration,
    /// The wait after a connection was lost; it doubles with each further failure. Half of it is random, so that nodes that
    /// lost a broker together do not come back together.
    pub first: Duration,
    /// The longest of these waits; a connection that held for so long makes the next one the first again.
    pub longest: Duration,
    /// How long the end may take: acknowledgements that are still due, and goodbyes.
    pub farewell: Duration,
}

impl Way {
    /// One connection, usual patience, the system's randomness, time from now.
    pub fn new(endpoint: Endpoint, options: Options) -> Self {
        Self {
            endpoint,
            options,
            connections: NonZeroU8::MIN,
            patience: Patience::default(),
            since: Instant::now(),
            rng: SystemRng::new(),
        }
    }
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            answer: Duration::from_mins(1),
            first: Duration::from_secs(1),
            longest: Duration::from_mins(1),
            farewell: Duration::from_secs(5),
        }
    }
}
