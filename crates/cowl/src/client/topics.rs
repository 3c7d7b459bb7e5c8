//! The topics of an operation: one random name for its whole life, the same for everyone (spec §7.1).

use std::sync::Arc;

use cowl_core::{Manifest, Sealed, Shards};

use crate::transport::{Error, Filter, Topic};

/// Where an operation's messages go.
#[derive(Debug, Clone)]
pub struct Topics {
    prefix: String,
    shards: Shards,
    /// One for each shard, made once: each report takes a reference.
    reports: Arc<[Topic]>,
}

impl Topics {
    /// The topics that a manifest names.
    pub fn of(manifest: &Manifest) -> Self {
        let (prefix, shards) = (hex::encode(manifest.mailbox), manifest.shards());
        let topics = (0..shards.count()).map_while(|shard| Topic::new(shard_name(&prefix, shard)).ok());
        let reports = topics.collect();
        Self { prefix, shards, reports }
    }

    /// The mailbox shard of a sealed report: `<mailbox>/r/<shard>`, two hexadecimal digits of the leading bits of
    /// its first tag.
    pub fn report(&self, sealed: &Sealed) -> Result<Topic, Error> {
        let shard = self.shards.of(sealed.bytes());
        match self.reports.get(usize::from(shard)) {
            Some(topic) => Ok(topic.clone()),
            None => Topic::new(shard_name(&self.prefix, shard)),
        }
    }

    /// All shards.
    pub fn reports(&self) -> Result<Filter, Error> {
        Filter::new(format!("{}/r/+", self.prefix))
    }

    /// One shard.
    pub fn shard(&self, shard: u16) -> Result<Filter, Error> {
        Filter::new(shard_name(&self.prefix, shard))
    }

    /// How many shards there are.
    pub const fn count(&self) -> u16 {
        self.shards.count()
    }

    /// What the broker's rules call the mailbox: `<mailbox>/r`.
    pub fn mailbox(&self) -> String {
        format!("{}/r", self.prefix)
    }

    /// Where the manifest is retained.
    pub fn manifest(&self) -> Result<Topic, Error> {
        Topic::new(format!("{}/m", self.prefix))
    }

    /// Where phones hand wrapped messages to a relay, on the relay's own broker: `<mailbox>/w`. It is no topic of the
    /// operation's broker.
    pub fn wrapped(&self) -> Result<Topic, Error> {
        Topic::new(format!("{}/w", self.prefix))
    }

    /// Where the newest bulletin is retained.
    pub fn bulletin(&self) -> Result<Topic, Error> {
        Topic::new(format!("{}/o", self.prefix))
    }

    /// Where the responders' newest bundle is retained.
    pub fn bundle(&self) -> Result<Topic, Error> {
        Topic::new(format!("{}/k", self.prefix))
    }

    /// Where the newest list of erase orders is retained.
    pub fn erasures(&self) -> Result<Topic, Error> {
        Topic::new(format!("{}/e", self.prefix))
    }

    /// Where the newest dispatch is retained (spec §12).
    pub fn dispatch(&self) -> Result<Topic, Error> {
        Topic::new(format!("{}/d", self.prefix))
    }

    /// Where members ask the operation's service (spec §9.6): `<mailbox>/q`.
    pub fn questions(&self) -> Result<Topic, Error> {
        Topic::new(format!("{}/q", self.prefix))
    }

    /// Where the service answers who drew this name: `<mailbox>/a/<32 hexadecimal digits>`.
    pub fn answer(&self, name: [u8; 16]) -> Result<Topic, Error> {
        Topic::new(format!("{}/{}", self.answers(), hex::encode(name)))
    }

    /// What the broker's rules call all of those: `<mailbox>/a`.
    pub fn answers(&self) -> String {
        format!("{}/a", self.prefix)
    }

    /// Where the newest beacon is retained.
    pub fn beacon(&self) -> Result<Topic, Error> {
        Topic::new(format!("{}/b", self.prefix))
    }
}

fn shard_name(prefix: &str, shard: u16) -> String {
    format!("{prefix}/r/{shard:02x}")
}
