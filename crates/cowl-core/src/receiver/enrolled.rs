//! The receiver of one role: from bytes of the mailbox to opened parts.

use alloc::{collections::BTreeMap, sync::Arc, vec::Vec};
use core::{fmt, ops::Range};

use super::{
    Opened, Received, Refused, Sender, WalkInLimits, WalkInMark, Windows,
    cache::{Cache, Known},
    lane::{Hit, Lane},
    recent::{Recent, Used},
    waiting::Waiting,
    walk_in::WalkIns,
};
use crate::{
    Epoch, OperationId, Place, PolicyVersion, RoleIndex,
    block::TAG_LEN,
    custody::CustodyEnvelope,
    envelope::{Mode, PartContext, WalkInOpener},
    layout::Layout,
    schedule::RoleRoot,
    siv::AUTH_LEN,
};

/// Used tags that are kept to tell a replay from a clone, about 100 bytes each. Beyond them a replay is as unknown
/// as junk.
const USED: usize = 4_096;

/// Opens what one role may read.
///
/// It decides and remembers, and does nothing else: time and storage are the caller's. After each message the
/// caller takes the new reports; now and then it stores [`Self::progress`].
pub struct Receiver {
    operation: OperationId,
    role: RoleIndex,
    layout: Arc<Layout>,
    windows: Windows,
    lanes: BTreeMap<Epoch, Lane>,
    now: Epoch,
    /// Where this role's part lies in an enrolled message.
    part: Option<Range<usize>>,
    cache: Cache,
    waiting: Waiting,
    late: Recent<Hit>,
    used: Recent<Used>,
    walk_ins: WalkIns,
    sweep: search::Sweep,
    context: PartContext,
    /// Whether other receivers take some of the messages: those of one device then come in any order.
    is_shared: bool,
}

impl Receiver {
    /// A receiver that holds no keys yet. `policies` are the policy versions that may still arrive from
    /// walk-ins, oldest first.
    pub fn new(
        operation: OperationId,
        role: RoleIndex,
        layout: Arc<Layout>,
        windows: Windows,
        walk_ins: WalkInLimits,
        policies: Vec<PolicyVersion>,
    ) -> Self {
        let late = usize::try_from(windows.late).unwrap_or(usize::MAX);
        let part = layout.enrolled_part(role);
        Self {
            operation,
            role,
            layout,
            windows,
            lanes: BTreeMap::new(),
            now: Epoch(0),
            part,
            cache: Cache::new(operation),
            waiting: Waiting::new(usize::try_from(windows.waiting).unwrap_or(usize::MAX)),
            late: Recent::new(late),
            used: Recent::new(late.min(USED)),
            walk_ins: WalkIns::new(role, walk_ins, policies),
            sweep: search::Sweep::default(),
            context: PartContext::default(),
            is_shared: false,
        }
    }

    /// Takes the keys of an epoch: expands the root for the live places and the walk-in key, and drops it.
    ///
    /// Costs about 1 µs and 36 bytes a place, and does nothing when the epoch is held already.
    pub fn hold(&mut self, epoch: Epoch, root: &RoleRoot, places: u32, is_live: impl Fn(Place) -> bool) {
        if self.lanes.contains_key(&epoch) {
            return;
        }
        let lane = Lane::new(self.operation, self.role, epoch, root, places, is_live);
        self.lanes.insert(epoch, lane);
        // What waits may be of this epoch.
        self.search_again();
        if self.layout.walk_in_part(self.role).is_some() {
            let seed = root.walk_in_seed(self.operation, self.role, epoch);
            self.walk_ins.hold(epoch, WalkInOpener::new(seed, self.layout.suite()));
        }
    }

    /// Continues a device's counters where a stored state left them. Call it after [`Self::hold`] and before
    /// [`Self::enter`].
    pub fn resume(&mut self, epoch: Epoch, place: Place, next_counter: u32) {
        if let Some(lane) = self.lanes.get_mut(&epoch) {
            lane.resume(place, next_counter);
            self.search_again();
        }
    }

    /// Marks a walk-in message as opened before a restart, by the mark in its [`Sender::WalkIn`].
    pub fn remember_walk_in(&mut self, epoch: Epoch, mark: WalkInMark) {
        self.walk_ins.remember(epoch, mark);
    }

    /// Makes `now` the current epoch: tags of the epochs before, now and after are looked up in O(1), older
    /// held ones by [`Self::search`]. About 1.5 µs for each place of a newly indexed epoch.
    pub fn enter(&mut self, now: Epoch) {
        self.now = now;
        let near = now.minus(1)..=now.plus(1);
        for (epoch, lane) in &mut self.lanes {
            if near.contains(epoch) {
                lane.index(&self.windows);
            } else {
                lane.unindex();
            }
        }
    }

    /// Deletes the keys of all epochs before `epoch`: what was sealed under them cannot be opened any more.
    pub fn forget_before(&mut self, epoch: Epoch) {
        self.lanes = self.lanes.split_off(&epoch);
        self.cache.forget_before(epoch);
        self.walk_ins.forget_before(epoch);
    }

    /// Opens this role's part of a message. New reports (this one, and earlier ones that waited for it) are
    /// appended to `reports`. `seconds` is a steady clock, for the walk-ins' budget.
    pub fn receive(
        &mut self,
        message: &[u8],
        seconds: u64,
        reports: &mut Vec<Opened>,
    ) -> Result<Received, Refused> {
        if message.len() == self.layout.enrolled_len() {
            return self.receive_enrolled(message, reports);
        }
        if message.len() == self.layout.walk_in_len() {
            let opened = self.walk_ins.open(self.operation, &self.layout, message, seconds)?;
            reports.push(opened);
            return Ok(Received::Opened);
        }
        Err(Refused::Size)
    }

    /// Each device's next counter, where past 0: what [`Self::resume`] takes after a restart.
    pub fn progress(&self) -> impl Iterator<Item = (Epoch, Place, u32)> + '_ {
        self.lanes
            .values()
            .flat_map(|lane| lane.progress().map(|(place, next_counter)| (lane.epoch, place, next_counter)))
    }

    /// The next counter of one device, if it is live.
    pub fn next_counter(&self, epoch: Epoch, place: Place) -> Option<u32> {
        self.lanes.get(&epoch)?.next_of(place)
    }

    /// The epochs whose keys are held.
    pub fn epochs(&self) -> impl Iterator<Item = Epoch> + '_ {
        self.lanes.keys().copied()
    }

    /// How many messages wait for their sender to turn up.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Bytes of memory in the tables of expected tags; caches and buffers have limits of their own.
    pub fn table_memory(&self) -> usize {
        self.lanes.values().map(Lane::memory).sum()
    }

    fn receive_enrolled(&mut self, message: &[u8], reports: &mut Vec<Opened>) -> Result<Received, Refused> {
        let (tag, auth) = self.ends_of_part(message).ok_or(Refused::Size)?;
        if let Some((hit, known)) = self.find(&tag) {
            reports.push(self.open(message, hit, &known)?);
            self.used.insert(tag, Used { hit, auth });
            self.advance(hit, &known, reports);
            return Ok(Received::Opened);
        }
        if let Some(hit) = self.late.get(&tag).copied() {
            let known = self.known(hit).ok_or(Refused::Unknown)?;
            reports.push(self.open(message, hit, &known)?);
            self.late.take(&tag);
            self.used.insert(tag, Used { hit, auth });
            return Ok(Received::Opened);
        }
        if let Some(used) = self.used.get(&tag).copied() {
            if used.auth == auth {
                return Err(Refused::Replayed);
            }
            let known = self.known(used.hit).ok_or(Refused::Unknown)?;
            reports.push(self.open(message, used.hit, &known)?);
            return Ok(Received::Clone);
        }
        self.waiting.keep(tag, message);
        Err(Refused::Unknown)
    }

    /// The tag in front of this role's part and the authentication tag at its end.
    fn ends_of_part(&self, message: &[u8]) -> Option<([u8; TAG_LEN], [u8; AUTH_LEN])> {
        let part = message.get(self.part.clone()?)?;
        Some((*part.first_chunk()?, *part.last_chunk()?))
    }

    /// Looks a tag up, in the current epoch first: most messages are of that one.
    fn find(&mut self, tag: &[u8; TAG_LEN]) -> Option<(Hit, Arc<Known>)> {
        let Self { lanes, cache, windows, now, .. } = self;
        let order = [*now, now.plus(1), now.minus(1)];
        order
            .iter()
            .filter_map(|epoch| lanes.get(epoch))
            .find_map(|lane| lane.find(windows, tag, |place| cache.get(lane, place)))
    }

    fn known(&mut self, hit: Hit) -> Option<Arc<Known>> {
        self.cache.get(self.lanes.get(&hit.epoch)?, hit.place)
    }

    fn open(&mut self, message: &[u8], hit: Hit, known: &Known) -> Result<Opened, Refused> {
        let part = self.part.clone().and_then(|part| message.get(part)).ok_or(Refused::Size)?;
        self.context.set(self.operation, hit.epoch, &self.layout, message).ok_or(Refused::Size)?;
        let (header, body) =
            self.context.open(self.role, &known.keys, part).map_err(|_| Refused::NotAuthentic)?;
        let sender = Sender::Enrolled { place: hit.place, pseudonym: known.pseudonym };
        let (operation, layout) = (self.operation, &self.layout);
        let custody = CustodyEnvelope::of(operation, hit.epoch, layout, Mode::Enrolled, message, &header);
        Ok(Opened { header, epoch: hit.epoch, sender, body, custody, help: None })
    }

    /// Moves the window past an authenticated part and opens what waited for that.
    fn advance(&mut self, hit: Hit, known: &Known, reports: &mut Vec<Opened>) {
        let mut hit = hit;
        while let Some(before) =
            self.lanes.get_mut(&hit.epoch).and_then(|lane| lane.advance(&self.windows, &known.keys, hit))
        {
            for counter in u64::from(before)..hit.counter {
                let (tag, passed) = (known.keys.tag(counter), Hit { counter, ..hit });
                if !self.open_waiting(&tag, passed, known, reports)
                    && (self.is_shared || hit.counter - counter <= u64::from(self.windows.every))
                    // Not if it was opened ahead of this one: it would open again.
                    && self.used.get(&tag).is_none()
                {
                    self.late.insert(tag, passed);
                }
            }
            let Some(next) = self.open_ahead(before, hit, known, reports) else { break };
            hit = next;
        }
    }

    /// Opens what waited for tags that are expected since a device moved on from `before`; the furthest of them, if any.
    fn open_ahead(&mut self, before: u32, hit: Hit, known: &Known, reports: &mut Vec<Opened>) -> Option<Hit> {
        if self.waiting.is_empty() {
            return None;
        }
        let next = self.lanes.get(&hit.epoch)?.next_of(hit.place)?;
        let mut furthest = None;
        for counter in self.windows.expected(next) {
            let ahead = Hit { counter, ..hit };
            if self.open_waiting(&known.keys.tag(counter), ahead, known, reports) {
                furthest = Some(ahead);
            }
        }
        // What a search finds now and did not before is left to the next search: what is on its way comes first.
        let mut entering = self.windows.further_entering(before, next);
        if entering.any(|counter| self.waiting.holds(&known.keys.tag(counter))) {
            self.search_again();
        }
        furthest
    }

    /// Opens a waiting message with this tag, if there is one. Altered ones are dropped.
    fn open_waiting(
        &mut self,
        tag: &[u8; TAG_LEN],
        hit: Hit,
        known: &Known,
        reports: &mut Vec<Opened>,
    ) -> bool {
        if self.waiting.is_empty() {
            return false;
        }
        let claims = self.waiting.take(tag);
        for (index, message) in claims.iter().enumerate() {
            let Some((_, auth)) = self.ends_of_part(message) else { continue };
            if self.used.get(tag).is_some_and(|used| used.auth == auth) {
                // A second copy that waited beside the first.
                continue;
            }
            let Ok(opened) = self.open(message, hit, known) else { continue };
            reports.push(opened);
            self.used.insert(*tag, Used { hit, auth });
            // What else claims the tag is a replay, a clone or garbage: it is judged like a new arrival.
            claims.iter().skip(index + 1).for_each(|message| self.waiting.keep(*tag, message));
            return true;
        }
        false
    }
}

impl fmt::Debug for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").field("role", &self.role).finish_non_exhaustive()
    }
}

#[path = "kept.rs"]
mod kept;
#[path = "retired.rs"]
mod retired;
#[path = "search.rs"]
mod search;
#[path = "shared.rs"]
mod shared;

#[cfg(test)]
#[path = "enrolled_tests.rs"]
mod tests;
