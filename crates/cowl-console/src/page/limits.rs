//! What strangers can make the page spend.

use std::time::Duration;

use cowl::service::http::PerAddress;

/// Limits of a page. The defaults carry a camp of some thousand people behind one address: a visit is one or two connections that are
/// kept for a while, and a report one tunnel of some seconds.
#[derive(Debug, Clone, Copy)]
pub struct PageLimits {
    /// Connections at a time; more wait in the system's queue.
    pub connections: usize,
    /// How long a browser may take to say what it wants, and may be silent between two requests.
    pub request: Duration,
    /// How long a connection lasts: a slow browser gets so much time to take what it asked for.
    pub connection: Duration,
    /// What one address can take of the connections.
    pub per_address: PerAddress,
    /// Tunnels to the broker at a time; more are refused, and the page tries again.
    pub tunnels: usize,
    /// What one address can take of the tunnels.
    pub tunnels_per_address: PerAddress,
    /// How long a tunnel may be silent.
    pub tunnel_idle: Duration,
    /// How long it lasts.
    pub tunnel: Duration,
    /// Reports that one tunnel carries.
    pub reports: u32,
}

impl Default for PageLimits {
    fn default() -> Self {
        let per_address =
            PerAddress { at_once: 256, burst: 1_000, every: Duration::from_millis(20), local: false };
        let tunnels_per_address =
            PerAddress { at_once: 64, burst: 240, every: Duration::from_millis(250), local: false };
        Self {
            connections: 1_024,
            request: Duration::from_secs(20),
            connection: Duration::from_mins(5),
            per_address,
            tunnels: 256,
            tunnels_per_address,
            tunnel_idle: Duration::from_secs(30),
            tunnel: Duration::from_mins(2),
            reports: 4,
        }
    }
}
