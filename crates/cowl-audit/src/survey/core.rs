//! What the survey keeps beside the open connections.

use crate::payload::{Counts, Format, Sizes};
use crate::trace::{Carrier, Closing, Header, Loss, Observer, Way};

use super::clients::Clients;
use super::connection::State;
use super::fields::Fields;
use super::hash::Keyed;
use super::nodes::Nodes;
use super::opaque::Opaque;
use super::options::Options;
use super::pace::{Evenness, Pace};
use super::recent::Recent;
use super::spread::Spread;
use super::tls::Hellos;
use super::topics::Topics;
use super::traits::{Census, Traits};
use super::values::{Budget, Met};

/// Values of all identifiers together.
const MAX_VALUES: usize = 3_000_000;
/// Hours that are told apart.
const MAX_HOURS: usize = 24 * 366;
const HOUR: u64 = 3_600_000_000;

/// Sums and tables.
#[derive(Debug)]
pub(super) struct Core {
    pub(super) header: Header,
    pub(super) options: Options,
    pub(super) census: Census,
    pub(super) fields: Fields,
    pub(super) topics: Topics,
    pub(super) clients: Clients,
    pub(super) hellos: Hellos,
    pub(super) opaque: Opaque,
    pub(super) recent: Recent,
    pub(super) sums: Sums,
    pub(super) rhythm: Rhythm,
}

/// Plain counts.
#[derive(Debug, Default)]
pub(super) struct Sums {
    pub(super) events: u64,
    pub(super) first: Option<u64>,
    pub(super) last: u64,
    pub(super) connections: u64,
    /// Without a place in memory: over the limit of open ones.
    pub(super) unfollowed: u64,
    pub(super) carriers: [u64; 5],
    pub(super) speaking: [u64; 5],
    pub(super) endings: [u64; 3],
    pub(super) packets: [u64; 16],
    pub(super) unread: u64,
    pub(super) lost: [(u64, u64); 4],
    pub(super) records: u64,
    pub(super) record_bytes: u64,
    pub(super) sent: u64,
    pub(super) delivered: u64,
    pub(super) known: u64,
    pub(super) repeats: u64,
    pub(super) messages: u64,
    pub(super) bytes: u64,
    pub(super) payload: Totals,
    pub(super) metadata: Totals,
    pub(super) formats: [u64; Format::COUNT],
    pub(super) sizes: Sizes,
    pub(super) record_sizes: Sizes,
    /// Messages with an altitude beside a position that is only coarse.
    pub(super) altitudes: u64,
    pub(super) with_altitude: u64,
    pub(super) fernet: u64,
    pub(super) with_will: u64,
    pub(super) passwords_clear: u64,
}

/// Fields of messages.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Totals {
    pub(super) exact: u64,
    pub(super) coarse: u64,
    pub(super) values: u64,
    pub(super) most: u32,
    pub(super) with_any: u64,
}

/// When things happen.
#[derive(Debug)]
pub(super) struct Rhythm {
    pub(super) gaps: Spread,
    pub(super) all: Pace,
    pub(super) sessions: Spread,
    pub(super) per_session: Spread,
    pub(super) messages_by_hour: Vec<u64>,
    pub(super) connects_by_hour: Vec<u64>,
    /// Senders by how even their gaps are, those with one size, and those with several messages.
    pub(super) evenness: [u64; 4],
    pub(super) means: Spread,
    pub(super) one_size: u64,
    pub(super) several: u64,
}

impl Core {
    pub(super) fn new(header: Header, options: Options) -> Self {
        let is_subscription = header.observer == Observer::Subscription;
        Self {
            header,
            options,
            census: Census {
                keyed: Keyed::new(),
                nodes: if is_subscription { Nodes::timeless() } else { Nodes::default() },
                budget: Budget(MAX_VALUES),
                traits: Traits::new(),
            },
            fields: Fields::new(),
            topics: Topics::new(),
            clients: Clients::default(),
            hellos: Hellos::default(),
            opaque: Opaque::new(),
            recent: Recent::new(),
            sums: Sums::default(),
            rhythm: Rhythm::new(),
        }
    }

    /// Whether topics stand for senders, since none are seen.
    pub(super) fn is_subscription(&self) -> bool {
        self.header.observer == Observer::Subscription
    }

    pub(super) fn moment(&mut self, at: u64) {
        self.sums.events += 1;
        self.sums.first.get_or_insert(at);
        self.sums.last = self.sums.last.max(at);
    }

    pub(super) fn lost(&mut self, bytes: u64, cause: Loss) {
        let slot = match cause {
            Loss::Missing => 0,
            Loss::Snapped => 1,
            Loss::NotMqtt => 2,
            Loss::Limit => 3,
        };
        if let Some((times, sum)) = self.sums.lost.get_mut(slot) {
            *times += 1;
            *sum += bytes;
        }
    }

    /// A TLS record.
    pub(super) fn sealed(&mut self, state: &mut State, at: u64, way: Way, length: u32) {
        self.sums.records += 1;
        self.sums.record_bytes += u64::from(length);
        if way == Way::ToServer {
            state.records += 1;
            self.sums.record_sizes.add(usize::try_from(length).unwrap_or(usize::MAX));
            state.size(length);
            if let Some(gap) = state.pace.at(at) {
                self.rhythm.gaps.add(gap);
            }
            self.rhythm.message(at);
        }
    }

    /// A client says something: until then an older connection with its values may have been its own.
    pub(super) fn speaks(&mut self, state: &State, way: Way, at: u64) {
        if let (Some(node), Way::ToServer) = (state.node, way) {
            self.census.nodes.speaks(node, at);
        }
    }

    /// Every connection has ended: what waited for that is decided.
    pub(super) fn settle(&mut self) {
        let nodes = &self.census.nodes;
        self.census.traits.settle(nodes);
        self.topics.settle(nodes);
        for values in self.fields.places.iter_mut().filter_map(|place| place.values.as_mut()) {
            values.settle(nodes);
        }
    }

    /// A connection is over: what it showed is credited with its messages.
    pub(super) fn close(&mut self, mut state: State, at: u64, cause: Closing) {
        let slot = match cause {
            Closing::Orderly => 0,
            Closing::Broken => 1,
            Closing::Unseen => 2,
        };
        if let Some(count) = self.sums.endings.get_mut(slot) {
            *count += 1;
        }
        self.sums.connections += 1;
        if let Some(count) = self.sums.carriers.get_mut(carrier(state.carrier)) {
            *count += 1;
        }
        self.opening_id(&mut state);
        for shown in core::mem::take(&mut state.shown) {
            let met = Met { at, node: state.node, messages: state.messages };
            self.census.traits.note(
                shown.kind,
                shown.value,
                met,
                &self.census.nodes,
                &mut self.census.budget,
            );
        }
        for slot in &state.counters {
            if let Some(place) = self.fields.get_mut(slot.place()) {
                place.counting.end(slot);
            }
        }
        self.clients.end(&state);
        if let Some(node) = state.node {
            self.census.nodes.close(node, at);
        }
        if state.messages > 0 || state.records > 0 {
            if let Some(count) = self.sums.speaking.get_mut(carrier(state.carrier)) {
                *count += 1;
            }
            self.rhythm.per_session.add(state.messages.max(state.records));
        }
        self.rhythm.sessions.add(at.saturating_sub(state.opened));
        self.rhythm.sender(&state);
    }
}

impl Totals {
    pub(super) fn add(&mut self, count: crate::payload::Count) {
        self.exact += u64::from(count.exact);
        self.coarse += u64::from(count.coarse);
        self.values += u64::from(count.values);
        self.most = self.most.max(count.total());
        self.with_any += u64::from(count.total() > 0);
    }
}

impl Sums {
    pub(super) fn fields(&mut self, payload: Counts, around: Counts) {
        self.payload.add(payload.payload);
        self.metadata.add(around.metadata);
    }
}

impl Rhythm {
    const fn new() -> Self {
        Self {
            gaps: Spread::new(),
            all: Pace::new(),
            sessions: Spread::new(),
            per_session: Spread::new(),
            messages_by_hour: Vec::new(),
            connects_by_hour: Vec::new(),
            evenness: [0; 4],
            means: Spread::new(),
            one_size: 0,
            several: 0,
        }
    }

    pub(super) fn message(&mut self, at: u64) {
        tick(&mut self.messages_by_hour, at);
        self.all.at(at);
    }

    pub(super) fn connect(&mut self, at: u64) {
        tick(&mut self.connects_by_hour, at);
    }

    fn sender(&mut self, state: &State) {
        let events = state.messages.max(state.records);
        if events >= 2 {
            self.several += 1;
            self.one_size += u64::from(state.sizes.0 == state.sizes.1);
        }
        if let Some((mean, evenness)) = state.pace.verdict() {
            let place = Evenness::ALL.iter().position(|other| *other == evenness);
            if let Some(count) = place.and_then(|place| self.evenness.get_mut(place)) {
                *count += 1;
            }
            self.means.add(crate::convert::whole(mean));
        }
    }
}

/// Index of a carrier in tables.
pub(super) const fn carrier(carrier: Carrier) -> usize {
    match carrier {
        Carrier::Tcp => 0,
        Carrier::WebSocket => 1,
        Carrier::Tls => 2,
        Carrier::WebSocketTls => 3,
        Carrier::Unknown => 4,
    }
}

fn tick(hours: &mut Vec<u64>, at: u64) {
    let hour = usize::try_from(at / HOUR).unwrap_or(usize::MAX).min(MAX_HOURS - 1);
    if hour >= hours.len() {
        hours.resize(hour + 1, 0);
    }
    if let Some(count) = hours.get_mut(hour) {
        *count += 1;
    }
}
