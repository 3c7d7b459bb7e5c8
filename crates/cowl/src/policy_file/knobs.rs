//! The numbers of the protocol. What the file leaves out has the value that stands here.

use cowl_core::policy::{Anonymity, Field, Responders, Role, Sizes, Tokens, Traffic, Transport, WalkIn};
use cowl_core::{Draft, Ladder, LevelIndex, WalkInLimits, WalkInSuite, Windows};

use super::error::PolicyFileError;
use super::reader::{Node, Table, nearest};
use super::{Places, zones};

const DEFAULT_EPOCH: u32 = 6 * 3_600;
const DEFAULT_KEYS_AHEAD: u64 = 28 * 86_400;
const DEFAULT_LATENESS: u32 = 86_400;
const DEFAULT_PLACES: u32 = 4_096;
const DEFAULT_COUNTER_BLOCK: u32 = 64;
const DEFAULT_SEEN_IDS: u32 = 65_536;
const DEFAULT_BEACON_EVERY: u32 = 300;
const DEFAULT_SIZES: Sizes = Sizes { custody: 0, manifest: 65_536, beacon: 4_096 };
const DEFAULT_TRANSPORT: Transport = Transport { shards: 1, keep_alive_seconds: 60 };
const DEFAULT_K: u16 = 5;
const DEFAULT_WINDOW_EPOCHS: u8 = 4;
const DEFAULT_WALK_IN_EPOCHS: u8 = 8;
const DEFAULT_TOKENS_PER_BATCH: u16 = 64;
const DEFAULT_TOKEN_PERIOD: u64 = 86_400;

/// Reads settings and keeps their places.
pub(super) struct Knobs<'a, 't> {
    pub(super) table: &'a Table<'t>,
    pub(super) places: &'a mut Places,
}

impl<'t> Knobs<'_, 't> {
    /// A setting under the name that the check calls it by.
    pub(super) fn get<T>(
        &mut self,
        key: &'static str,
        called: &'static str,
        default: T,
        read: impl FnOnce(&Node<'t>) -> Result<T, PolicyFileError>,
    ) -> Result<T, PolicyFileError> {
        match self.table.get(key) {
            None => Ok(default),
            Some(node) => {
                self.places.knobs.insert(called, node.span.clone());
                read(&node)
            }
        }
    }

    pub(super) fn whole<T: TryFrom<u64>>(
        &mut self,
        key: &'static str,
        default: T,
    ) -> Result<T, PolicyFileError> {
        self.get(key, key, default, Node::whole)
    }

    pub(super) fn duration<T: TryFrom<u64>>(
        &mut self,
        key: &'static str,
        default: T,
    ) -> Result<T, PolicyFileError> {
        self.get(key, key, default, Node::duration)
    }
}

pub(super) fn read(
    root: &Table<'_>,
    fields: Vec<Field>,
    roles: Vec<Role>,
    zones: Ladder,
    places: &mut Places,
) -> Result<Draft, PolicyFileError> {
    let anonymity = anonymity(root, &zones, places)?;
    let (windows, counter_block, seen_ids) = receivers(root, places)?;
    let walk_in = walk_in(root, places)?;
    let default = Responders::default();
    let mut knobs = Knobs { table: root, places };
    let name = root.required("name")?.text()?.to_owned();
    let epoch_seconds = knobs.duration("epoch", DEFAULT_EPOCH)?;
    let keys_ahead = knobs.get("keys_ahead", "keys_ahead", DEFAULT_KEYS_AHEAD, Node::duration)?;
    let epochs_ahead = keys_ahead.div_ceil(u64::from(epoch_seconds.max(1)));
    Ok(Draft {
        name,
        fields,
        roles,
        zones,
        anonymity,
        epoch_seconds,
        keys_ahead: u16::try_from(epochs_ahead).unwrap_or(u16::MAX),
        lateness_seconds: knobs.duration("lateness", DEFAULT_LATENESS)?,
        places: knobs.whole("places", DEFAULT_PLACES)?,
        windows,
        counter_block,
        seen_ids,
        sizes: Sizes {
            custody: knobs.whole("custody_size", DEFAULT_SIZES.custody)?,
            manifest: knobs.whole("manifest_size", DEFAULT_SIZES.manifest)?,
            beacon: knobs.whole("beacon_size", DEFAULT_SIZES.beacon)?,
        },
        walk_in,
        transport: Transport {
            shards: knobs.whole("shards", DEFAULT_TRANSPORT.shards)?,
            keep_alive_seconds: knobs.duration("keep_alive", DEFAULT_TRANSPORT.keep_alive_seconds)?,
        },
        beacon_seconds: knobs.duration("beacon_every", DEFAULT_BEACON_EVERY)?,
        devices: Vec::new(),
        custody: None,
        notice: None,
        tokens: tokens(&mut knobs, epoch_seconds)?,
        traffic: Traffic::default(),
        responders: Responders {
            bundle_seconds: knobs.duration("bundle_every", default.bundle_seconds)?,
            early_seconds: knobs.duration("keys_early", default.early_seconds)?,
        },
    })
}

fn tokens(knobs: &mut Knobs<'_, '_>, epoch_seconds: u32) -> Result<Option<Tokens>, PolicyFileError> {
    let wanted = knobs.get("tokens", "tokens", false, Node::flag)?;
    let per_batch = knobs.whole("tokens_per_batch", DEFAULT_TOKENS_PER_BATCH)?;
    let period = knobs.get("token_period", "token_period", DEFAULT_TOKEN_PERIOD, Node::duration)?;
    let epochs = u16::try_from(period.div_ceil(u64::from(epoch_seconds.max(1)))).unwrap_or(u16::MAX);
    Ok(wanted.then_some(Tokens { per_batch, epochs }))
}

fn anonymity(root: &Table<'_>, zones: &Ladder, places: &mut Places) -> Result<Anonymity, PolicyFileError> {
    // the coarsest level, unless the file says otherwise
    let coarsest = LevelIndex(u8::try_from(zones.levels().len().saturating_sub(1)).unwrap_or(u8::MAX));
    let mut anonymity = Anonymity { k: DEFAULT_K, window_epochs: DEFAULT_WINDOW_EPOCHS, fallback: coarsest };
    if let Some(table) = root.get("anonymity") {
        let table = table.table()?;
        let mut knobs = Knobs { table: &table, places };
        anonymity = Anonymity {
            k: knobs.whole("k", anonymity.k)?,
            window_epochs: knobs.whole("window_epochs", anonymity.window_epochs)?,
            fallback: knobs.get("fallback", "fallback", coarsest, |node| zones::named(zones, node))?,
        };
        table.finish()?;
    }
    Ok(anonymity)
}

/// The windows, the counter block and the number of report ids.
fn receivers(root: &Table<'_>, places: &mut Places) -> Result<(Windows, u32, u32), PolicyFileError> {
    let default = Windows::default();
    let Some(table) = root.get("receivers") else {
        return Ok((default, DEFAULT_COUNTER_BLOCK, DEFAULT_SEEN_IDS));
    };
    let table = table.table()?;
    let mut knobs = Knobs { table: &table, places };
    let windows = Windows {
        next: knobs.whole("window_next", default.next)?,
        every: knobs.whole("window_every", default.every)?,
        ahead: knobs.whole("window_ahead", default.ahead)?,
        waiting: knobs.whole("buffer_messages", default.waiting)?,
        search: knobs.whole("search_budget", default.search)?,
        search_marks: knobs.whole("search_marks", default.search_marks)?,
        late: knobs.whole("late_tags", default.late)?,
    };
    let counter_block = knobs.whole("counter_block", DEFAULT_COUNTER_BLOCK)?;
    let seen_ids = knobs.whole("seen_ids", DEFAULT_SEEN_IDS)?;
    table.finish()?;
    Ok((windows, counter_block, seen_ids))
}

fn walk_in(root: &Table<'_>, places: &mut Places) -> Result<WalkIn, PolicyFileError> {
    let limits = WalkInLimits::default();
    let Some(table) = root.get("walk_in") else {
        return Ok(WalkIn { suite: WalkInSuite::default(), limits, epochs: DEFAULT_WALK_IN_EPOCHS });
    };
    let table = table.table()?;
    let mut knobs = Knobs { table: &table, places };
    let walk_in = WalkIn {
        suite: knobs.get("profile", "walk_in.profile", WalkInSuite::default(), suite)?,
        limits: WalkInLimits {
            per_minute: knobs.get("per_minute", "walk_in.per_minute", limits.per_minute, Node::whole)?,
            burst: knobs.get("burst", "walk_in.burst", limits.burst, Node::whole)?,
            record: knobs.get("record", "walk_in.record", limits.record, Node::whole)?,
        },
        epochs: knobs.get("epochs", "walk_in.epochs", DEFAULT_WALK_IN_EPOCHS, Node::whole)?,
    };
    table.finish()?;
    Ok(walk_in)
}

fn suite(node: &Node<'_>) -> Result<WalkInSuite, PolicyFileError> {
    match node.text()? {
        "x-wing" => Ok(WalkInSuite::XWing),
        "x25519" => Ok(WalkInSuite::X25519),
        other => {
            Err(node.error(format!("there is no profile `{other}`"), nearest(other, ["x-wing", "x25519"])))
        }
    }
}
