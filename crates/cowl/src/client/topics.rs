//! The topics of an operation: one random name for its whole life, the same for everyone (spec §7.1).

use cowl_core::{Manifest, Sealed, Shards};

use crate::transport::{Error, Filter, Topic};

/// Where an operation's messages go.
#[derive(Debug, Clone)]
pub struct Topics {
    prefix: String,
    shards: Shards,
}

impl Topics {
    /// The topics that a manifest names.
    pub fn of(manifest: &Manifest) -> Self {
        Self { prefix: hex::encode(manifest.mailbox), shards: manifest.shards() }
    }

    /// The mailbox shard of a sealed report: `<mailbox>/r/<shard>`, two hexadecimal digits of the leading bits of
    /// its first tag.
    pub fn report(&self, sealed: &Sealed) -> Result<Topic, Error> {
        Topic::new(format!("{}/r/{:02x}", self.prefix, self.shards.of(sealed.bytes())))
    }

    /// All shards.
    pub fn reports(&self) -> Result<Filter, Error> {
        Filter::new(format!("{}/r/+", self.prefix))
    }

    /// What the broker's rules call the mailbox: `<mailbox>/r`.
    pub fn mailbox(&self) -> String {
        format!("{}/r", self.prefix)
    }

    /// Where the manifest is retained.
    pub fn manifest(&self) -> Result<Topic, Error> {
        Topic::new(format!("{}/m", self.prefix))
    }

    /// Where the newest beacon is retained.
    pub fn beacon(&self) -> Result<Topic, Error> {
        Topic::new(format!("{}/b", self.prefix))
    }
}
