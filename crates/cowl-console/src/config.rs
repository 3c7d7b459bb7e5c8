//! What a console is opened with.

use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use crate::{privacy::Measure, sides::SidesConfig};

use cowl::{
    glass::Custodian,
    transport::{Endpoint, Options},
};

/// One role of one credential: a seat at which its reports are read.
#[derive(Debug, Clone)]
pub struct RoleSeat {
    /// A responder's credential; its state lies beside it.
    pub credential: PathBuf,
    /// Which of its roles.
    pub role: String,
    /// The broker.
    pub endpoint: Endpoint,
    /// How to connect to it.
    pub options: Options,
}

/// What a console is opened with.
#[derive(Debug)]
pub struct ConsoleConfig {
    /// Where to listen. Port 0: one that is free.
    pub listen: SocketAddr,
    /// Whether an address that other machines reach is meant: over plain HTTP whoever is on the way reads and changes all that is seen.
    pub expose: bool,
    /// Seats at which reports are read.
    pub roles: Vec<RoleSeat>,
    /// Custodians who agree to requests here: a seat each.
    pub custodians: Vec<Custodian>,
    /// The operation's folder, if its authority works here too.
    pub operation: Option<PathBuf>,
    /// A folder of the console's own, made if it is not there: 0700. The newest sign-in links lie in it.
    pub state: PathBuf,
    /// Files of `cowl audit score --json`, before first.
    pub scorecards: Vec<PathBuf>,
    /// What measures schedules for the Privacy view, if something does.
    pub measure: Option<Arc<dyn Measure>>,
    /// A PMTiles archive of map tiles below the zones; `None`: the zones alone. Each map then asks for up to 24 of them.
    pub base_map: Option<PathBuf>,
    /// An eavesdropper's login, for what the broker sees; `None`: nobody listens.
    pub sides: Option<SidesConfig>,
    /// What sessions and connections may cost.
    pub limits: ConsoleLimits,
}

impl ConsoleConfig {
    /// A console that nobody sits at yet: with nothing but an address and a folder of its own.
    pub fn new(listen: SocketAddr, state: PathBuf) -> Self {
        Self {
            listen,
            expose: false,
            roles: Vec::new(),
            custodians: Vec::new(),
            operation: None,
            state,
            scorecards: Vec::new(),
            measure: None,
            base_map: None,
            sides: None,
            limits: ConsoleLimits::default(),
        }
    }
}

/// What whoever connects can cost.
#[derive(Debug, Clone, Copy)]
pub struct ConsoleLimits {
    /// Connections at a time; further ones wait to be accepted.
    pub connections: usize,
    /// How long a request may take to come in whole.
    pub request: Duration,
    /// How long a connection may last. Streams of events begin again after it, and lose nothing by it.
    pub connection: Duration,
    /// Streams of events at a time, of all sessions together.
    pub streams: usize,
    /// Streams of events at a time, of one session: a browser opens six connections at the most.
    pub streams_of_one: usize,
    /// Sessions at a time; the one that was silent for longest makes room.
    pub sessions: usize,
    /// A session ends when nothing was asked for so long.
    pub idle: Duration,
    /// A session ends after so long, whatever was asked.
    pub session: Duration,
    /// A sign-in link that nobody used is replaced after so long.
    pub link: Duration,
}

impl Default for ConsoleLimits {
    fn default() -> Self {
        Self {
            connections: 256,
            request: Duration::from_secs(20),
            connection: Duration::from_mins(10),
            streams: 96,
            streams_of_one: 6,
            sessions: 64,
            idle: Duration::from_hours(1),
            session: Duration::from_hours(12),
            link: Duration::from_hours(1),
        }
    }
}
