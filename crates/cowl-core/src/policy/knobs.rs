//! The numbers of the protocol, each with what it costs.

use minicbor::{Decode, Encode};

use crate::{layout::WalkInSuite, receiver::WalkInLimits, zone::LevelIndex};

/// How many people must share a zone before a role gets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Anonymity {
    /// People reporting in the window, not residents. Larger hides better and makes zones coarser.
    #[n(0)]
    pub k: u16,
    /// Over how many epochs the maximum is taken. More keeps zones fine in quiet hours, by people who may have left.
    #[n(1)]
    pub window_epochs: u8,
    /// The level used while there are no counts (no beacon yet): coarse enough to hold `k` for certain.
    #[n(2)]
    pub fallback: LevelIndex,
}

/// Fixed sizes of what is published, in bytes. All are padded up to, none may exceed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Sizes {
    /// The custody part of every message; 0: the operation has none.
    #[n(0)]
    pub custody: u16,
    /// The manifest. Everyone fetches it once per change.
    #[n(1)]
    pub manifest: u32,
    /// A beacon. Everyone receives it every `beacon_seconds`.
    #[n(2)]
    pub beacon: u32,
}

/// Reports from people who are not enrolled: unverified, so they weigh nothing in a count and enter at a limited rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct WalkIn {
    /// The key encapsulation: X-Wing, safe against a later quantum computer, or X25519 for narrow radio links.
    #[n(0)]
    pub suite: WalkInSuite,
    /// What strangers may cost a receiver.
    #[n(1)]
    pub limits: WalkInLimits,
    /// For how many epochs ahead the manifest holds role public keys: so long can a printed manifest be used. Each
    /// costs 1,216 bytes per role in the manifest with X-Wing, 32 with X25519.
    #[n(2)]
    pub epochs: u8,
}

/// When responders get keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Responders {
    /// Seconds between two bundles at the most; one goes out with the next beacon, and when an epoch begins. Who was revoked
    /// is heard, and who was enrolled reads, after so long at the most. Each costs every responder some kilobytes: half a byte a
    /// place of the operation and 56 for each responder and role.
    #[n(0)]
    pub bundle_seconds: u32,
    /// How long before an epoch begins responders get its keys, in seconds, at most an epoch. 0: when it begins, so that
    /// one who is revoked opens nothing that begins later; reports of a new epoch then wait unopened while the service is
    /// out of reach. More bridges such a time, and is one in which a revoked responder keeps the next epoch.
    #[n(1)]
    pub early_seconds: u32,
}

impl Default for Responders {
    fn default() -> Self {
        Self { bundle_seconds: 900, early_seconds: 0 }
    }
}

impl Responders {
    /// Whether it is what a manifest means that says nothing of it.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the encoder's derivation calls it so")]
    pub(super) fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// With every which beacon a bundle goes out.
    pub const fn beacons(&self, beacon_seconds: u32) -> u32 {
        let every = if beacon_seconds == 0 { 1 } else { beacon_seconds };
        let beacons = self.bundle_seconds / every;
        if beacons == 0 { 1 } else { beacons }
    }
}

/// Tokens to connect with, instead of a login that all devices share (spec §11).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Tokens {
    /// How many each member gets for a period: one for each connection, the same number for all. Request and answer have the
    /// same sizes up to 120; each costs the service less than half a millisecond, and a member 162 bytes of disk. Too few, and a member whose link is
    /// lost often sits out the rest of the period.
    #[n(0)]
    pub per_batch: u16,
    /// How many epochs a period has. Shorter: the tokens of a revoked member die sooner. Each asks every member and the service
    /// for one exchange, 12 kB, and who is out of reach for a whole period comes back by asking first.
    #[n(1)]
    pub epochs: u16,
}

/// What the broker sees of every connection, the same for all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Transport {
    /// Mailbox topics, a power of two up to 256. One hides best; more let several receivers share a large operation.
    #[n(0)]
    pub shards: u16,
    /// MQTT keep-alive of every client, in seconds: shorter notices a lost link sooner and costs battery.
    #[n(1)]
    pub keep_alive_seconds: u16,
}
