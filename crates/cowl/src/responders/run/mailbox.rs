//! The shards that are ours, what comes on them, and what the operation says.

use std::num::NonZeroU16;

use cowl_core::{BeaconError, BundleError, ManifestError};
use tokio::time::Instant;

use super::{BATCH, Gateway, Halt, MANY, Phase, local_failed, uplink_options};
use crate::client::Notice;
use crate::keyring::KeyringError;
use crate::responders::group::{Action, Word};
use crate::responders::shard::{Arrived, News as ShardNews, Shard, Wanted, What};
use crate::responders::{Event, RespondersError};
use crate::transport::{ClientId, Options, Publication};

impl Gateway<'_> {
    pub(super) fn connect(&mut self, shard: u16) -> Result<(), Halt> {
        self.generation += 1;
        let reader = &self.desk.reader;
        let policy = &reader.manifest().policy;
        let mut options = uplink_options(&self.config);
        options.client_id =
            ClientId::named(reader.shard_session_name(shard)).map_err(RespondersError::Uplink)?;
        // After a lost connection brokers send again what was not acknowledged, RMQTT even backwards. So far back a
        // device's messages are found again, whatever their order.
        let windows = policy.windows;
        let reach = windows.every.saturating_mul(u16::from(windows.ahead).saturating_add(1));
        options.in_flight = NonZeroU16::new(reach).unwrap_or(Options::IN_FLIGHT);
        let wanted = Wanted {
            shard,
            generation: self.generation,
            endpoint: self.config.uplink.endpoint.clone(),
            options,
            filter: self.topics.shard(shard).map_err(RespondersError::Uplink)?,
            // What is older cannot be opened any more.
            expiry_s: policy.epoch_seconds.saturating_add(policy.lateness_seconds).min(u32::MAX - 1),
        };
        self.shards.insert(shard, Shard::start(wanted, self.ears.clone()));
        Ok(())
    }

    pub(super) async fn shard(&mut self, news: ShardNews) -> Result<(), Halt> {
        let ShardNews { shard, generation, what } = news;
        let Some(known) = self.shards.get_mut(&shard).filter(|known| known.generation == generation) else {
            return Ok(());
        };
        match what {
            What::Connected => {
                known.is_connected = true;
                (self.tell)(Event::Reading(shard));
            }
            What::Lost { error, retry_in } => {
                known.is_connected = false;
                self.desk.let_go(shard);
                self.desk.counters.uplink_lost += 1;
                (self.tell)(Event::UplinkLost { shard, error, retry_in });
            }
            What::Evicted => {
                self.shards.remove(&shard);
                self.leaving.remove(&shard);
                self.desk.let_go(shard);
                self.doubt_pending();
                self.desk.counters.evicted += 1;
                self.ownership.evicted(shard, self.begin.elapsed());
                (self.tell)(Event::Evicted(shard));
            }
            What::Left => {
                self.shards.remove(&shard);
                self.desk.let_go(shard);
                let words = self.left(shard)?;
                self.say(words).await?;
            }
            What::Failed(error) => return Err(RespondersError::Uplink(error).into()),
        }
        Ok(())
    }

    pub(super) fn left(&mut self, shard: u16) -> Result<Vec<Publication>, Halt> {
        match self.ownership.left(shard) {
            Some(Action::Release { shard, claim }) => {
                let topic = self.names.word().map_err(local_failed)?;
                Ok(vec![self.sealed(topic, &Word::Released(shard, claim))?])
            }
            _ => Ok(Vec::new()),
        }
    }

    pub(super) fn take(&mut self, arrived: Arrived) -> Result<(), Halt> {
        // Of a connection that is gone or is about to: it comes again to whoever has the shard then.
        let is_ours = |shard: &Shard| shard.generation == arrived.generation && !shard.is_leaving();
        if self.leaving.contains(&arrived.shard) || !self.shards.get(&arrived.shard).is_some_and(is_ours) {
            return Ok(());
        }
        self.taken = Instant::now();
        let is_kept = self.custody.is_kept(&arrived.message.payload);
        Ok(self.desk.take(arrived, is_kept, (self.clock)())?)
    }

    /// Whether messages are opened now: only what can be published is.
    pub(super) fn can_take(&self) -> bool {
        self.phase == Phase::Joined
            && self.until_beacon.is_none()
            && self.until_sure.is_none()
            && self.next_inheritance().is_none()
            && self.desk.pending().len() < BATCH
            && self.desk.open().1 < MANY
    }

    // ── The authority's notices ─────────────────────────────────────────────────────────────────────────────────

    pub(super) async fn notice(&mut self, notice: Notice) -> Result<(), Halt> {
        match notice {
            Notice::Manifest(bytes) => self.follow(&bytes).await,
            Notice::Bundle(bytes) => match self.desk.reader.take_bundle(&bytes) {
                // The retained one was taken before the last connection, or before a restart.
                Ok(_) | Err(KeyringError::Bundle(BundleError::Replayed)) => Ok(()),
                Err(KeyringError::Bundle(error)) => {
                    (self.tell)(Event::BadBundle(error));
                    Ok(())
                }
                Err(error) => Err(error.into()),
            },
            Notice::Erasures(bytes) => match self.desk.obey(&bytes) {
                Ok(()) => self.erase().await,
                Err(error) => {
                    (self.tell)(Event::BadErasures(error));
                    Ok(())
                }
            },
            Notice::Beacon(bytes) => {
                let seconds = self.desk.seconds();
                match self.desk.reader.hear(&bytes, seconds) {
                    // The retained one was heard before the last connection, or before a restart.
                    Ok(_) | Err(BeaconError::Replayed) => {
                        self.desk.reader.tick(seconds)?;
                        self.until_beacon = None;
                    }
                    Err(error) => (self.tell)(Event::BadBeacon(error)),
                }
                Ok(())
            }
            // It does not listen to them: alerts are for people, and nobody sits here.
            Notice::Dispatch(_) => Ok(()),
        }
    }

    pub(super) async fn follow(&mut self, manifest: &[u8]) -> Result<(), Halt> {
        let known = self.desk.reader.manifest();
        if known.succeed(manifest).is_ok_and(|next| next.version > known.version) {
            // What waits is given up with the old policy, so it is looked for and written down before.
            if !self.settle(true).await? {
                self.next_manifest = Some(manifest.to_vec());
                return Ok(());
            }
        }
        match self.desk.reader.follow(manifest) {
            Ok(true) => {
                (self.tell)(Event::Manifest(self.desk.reader.manifest().version));
                self.desk.reader.share();
                if self.phase == Phase::Joined { self.read_waiting().await } else { Ok(()) }
            }
            Ok(false) => Ok(()),
            Err(KeyringError::Manifest(error)) => {
                if !matches!(error, ManifestError::RolledBack { .. }) || self.phase == Phase::Joined {
                    (self.tell)(Event::BadManifest(error));
                }
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }
}
