//! What a gateway of responders tells whoever watches. Nothing of a person is in it.

use std::time::Duration;

use cowl_core::{BeaconError, BundleError, ErasuresError, ManifestError};

use super::Twice;
use crate::transport;

/// What happened.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event {
    /// The local broker is there, and what others say is heard; so many gateways share the role.
    Joined {
        /// With this one.
        members: usize,
    },
    /// The local broker is lost or cannot be reached; nothing is read meanwhile.
    LocalLost {
        /// Why.
        error: transport::Error,
        /// When it is tried again.
        retry_in: Duration,
    },
    /// What the local broker was found to do: each report comes once, whichever of both dies and comes back ([`None`]); or why it can
    /// come twice.
    Once(Option<Twice>),
    /// The local broker forgot what was on its way: so many reports can come twice, or an unknown number of them.
    InDoubt(Option<u32>),
    /// The number of gateways that share the role changed.
    Members(usize),
    /// So many shards of so many are read here now.
    Shards {
        /// Here.
        here: usize,
        /// In all.
        of: u16,
    },
    /// The session of a shard is there.
    Reading(u16),
    /// A shard's connection to the operation's broker is lost or cannot be made.
    UplinkLost {
        /// Which.
        shard: u16,
        /// Why.
        error: transport::Error,
        /// When it is tried again.
        retry_in: Duration,
    },
    /// Another gateway took a shard over without a word on this local broker: two local brokers, or this one hung.
    Evicted(u16),
    /// A newer manifest, of this version.
    Manifest(u32),
    /// The broker's manifest is not followed.
    BadManifest(ManifestError),
    /// The broker's beacon is not followed.
    BadBeacon(BeaconError),
    /// A bundle that gives no keys. [`BundleError::NoSeat`]: the responder was revoked, or is to be enrolled anew.
    BadBundle(BundleError),
    /// A list of erase orders that is not the authority's.
    BadErasures(ErasuresError),
    /// So many retained topics were cleared, as the authority ordered.
    Erased {
        /// How many.
        topics: usize,
    },
    /// No beacon came in time: reports are looked up around the last epoch known.
    NoBeacon,
    /// More topics than are retained; further ones are published without.
    TooManyTopics,
}
