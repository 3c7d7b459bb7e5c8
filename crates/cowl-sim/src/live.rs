//! The same people before real gateways and a real broker: what their devices send, and the truth about what a tap recorded.
//!
//! Nothing here has a socket or a clock: whoever runs the experiment brings both (`examples/live.rs`, `docs/live-gateways.sh`), and has the
//! keys. He listens at the broker with a role that reads who wrote, so each recorded message is known by its bytes. Time runs `pace` times as
//! fast as life; in the trace that is audited it is stretched again, and so is every delay of the machine.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::io::{self, Read, Write};
use std::sync::Arc;

use cowl_audit::trace::{self, Closing, ConnectionId, Event, Header, ReadError, Way, WriteError};
use cowl_audit::truth::{Delivery, Line, MessageKind, MessageRef, Reader};
use cowl_core::{Epoch, SignedManifest};
use serde_json::{Map, Value as Json};

use crate::defender::office::{blank, describe};
use crate::defender::records::{Head, Records, Times, account};
use crate::error::SimulationError;
use crate::plan::{Plan, ReportIndex, START, Settings};

/// A live operation: who sends what, what came of it.
#[derive(Debug)]
pub struct Live {
    plan: Arc<Plan>,
    nodes: Vec<u16>,
    pace: u32,
    /// By person's telephone number and severity: reports that were given to a gateway and not read yet, in order.
    waiting: HashMap<(String, String), VecDeque<ReportIndex>>,
    heard: HashMap<Vec<u8>, Heard>,
    unmatched: u64,
}

/// What a device is to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Errand {
    /// When, in microseconds of the experiment.
    pub at: u64,
    /// To which gateway, from 0.
    pub gateway: u16,
    /// The device's client id.
    pub client: String,
    /// The payload: JSON.
    pub line: String,
    index: ReportIndex,
}

/// A report that the role which listens has opened.
#[derive(Debug)]
pub struct OpenedLive<'a> {
    /// The epoch that it was sealed in.
    pub epoch: Epoch,
    /// Its fields; `contact` and `severity` among them.
    pub fields: &'a Map<String, Json>,
    /// The role's name.
    pub role: &'a str,
}

/// What is known of a live experiment when it is over.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LiveSummary {
    /// Messages of the mailbox in the trace: reports, each once.
    pub reports: u64,
    /// Covers.
    pub covers: u64,
    /// Messages in the trace of which nothing is known: second copies of a report, a node's questions to the service.
    pub unheard: u64,
    /// Reports that were given to a gateway and did not arrive before the end.
    pub waiting: u64,
    /// Reports that were read and that nobody had sent: 0, or the truth is wrong.
    pub unmatched: u64,
}

#[derive(Debug)]
enum Heard {
    Cover,
    Report { index: ReportIndex, epoch: Epoch, role: String, at: u64 },
}

impl Live {
    /// People for so many gateways, at `pace` times the speed of life.
    pub fn new(settings: Settings, gateways: u16, pace: u32) -> Self {
        let plan = Arc::new(Plan::new(settings));
        let nodes = plan.nodes(gateways);
        let (waiting, heard) = (HashMap::new(), HashMap::new());
        Self { plan, nodes, pace: pace.max(1), waiting, heard, unmatched: 0 }
    }

    /// How long it takes, in microseconds.
    pub fn length(&self) -> u64 {
        self.plan.settings.length_us() / u64::from(self.pace)
    }

    /// How many people are behind a gateway.
    pub fn behind(&self, gateway: u16) -> usize {
        self.nodes.iter().filter(|node| **node == gateway).count()
    }

    /// What each person's device sends, in order of time.
    pub fn errands(&self) -> Vec<Vec<Errand>> {
        let plan = &self.plan;
        let errand = |number: usize, index: &ReportIndex| {
            let planned = plan.report(*index)?;
            let person = plan.person(&planned.report)?;
            Some(Errand {
                at: planned.at / u64::from(self.pace),
                gateway: *self.nodes.get(number)?,
                client: account(person.user),
                line: planned.report.line_from(person, plan.address(number, planned.at)),
                index: *index,
            })
        };
        let diaries = plan.diaries.iter().enumerate();
        diaries
            .map(|(number, diary)| diary.iter().filter_map(|index| errand(number, index)).collect())
            .collect()
    }

    /// A gateway is about to be given this.
    pub fn sends(&mut self, errand: &Errand) {
        let Some(planned) = self.plan.report(errand.index) else { return };
        let Some(person) = self.plan.person(&planned.report) else { return };
        let key = (person.phone.clone(), planned.report.severity.name().to_owned());
        self.waiting.entry(key).or_default().push_back(errand.index);
    }

    /// The broker gave out a message that says nothing.
    pub fn hears_cover(&mut self, payload: &[u8]) {
        self.heard.insert(payload.to_vec(), Heard::Cover);
    }

    /// The broker gave out a report, so many microseconds after the beginning.
    pub fn hears(&mut self, payload: &[u8], opened: &OpenedLive<'_>, at: u64) {
        let Some(index) = self.next(opened) else { return };
        let role = opened.role.to_owned();
        let heard = Heard::Report { index, epoch: opened.epoch, role, at: self.stretched(at) };
        self.heard.insert(payload.to_vec(), heard);
    }

    /// A report was opened when its message was no longer known: it had waited for its keys.
    pub fn hears_late(&mut self, opened: &OpenedLive<'_>) {
        let _ = self.next(opened);
    }

    /// Writes the truth about a tap's trace, and the trace itself at the speed of life from the beginning on.
    ///
    /// `began` is when the first device might have sent, in microseconds since 1970.
    ///
    /// # Errors
    /// The tap's trace cannot be read to its end, or what comes of it not be written.
    pub fn write(
        &self,
        manifest: &SignedManifest,
        began: u64,
        tapped: impl Read,
        out: impl Write,
        truth: Box<dyn Write + Send>,
    ) -> Result<LiveSummary, SimulationError> {
        let mut tapped = trace::Reader::new(tapped).map_err(unreadable)?;
        let header = tapped.header().clone();
        let since = began.saturating_sub(header.start_us);
        let end = self.plan.settings.length_us();
        let header = Header { start_us: START * 1_000_000, note: "live".to_owned(), ..header };
        let head = self.head(manifest, began);
        let mut out = trace::Writer::new(out, &header).map_err(unwritable)?;
        let mut records = Records::new(truth, head, &self.plan, &self.nodes);
        let mut summary = LiveSummary { unmatched: self.unmatched, ..LiveSummary::default() };
        summary.waiting =
            self.waiting.values().map(|waiting| u64::try_from(waiting.len()).unwrap_or(0)).sum();
        let mut ordinals = BTreeMap::<ConnectionId, u32>::new();
        while let Some(event) = tapped.event().map_err(unreadable)? {
            let event = moved(event, |at| self.stretched(at.saturating_sub(since)));
            match event {
                // The trace ends with the last hour.
                Event::Open { at, .. } | Event::Packet { at, .. } if at > end => continue,
                Event::Close { connection, .. } if ordinals.remove(&connection).is_none() => continue,
                Event::Open { connection, .. } => drop(ordinals.insert(connection, 0)),
                Event::Packet { connection, way: Way::ToServer, bytes, .. } if is_message(bytes) => {
                    if let Some(next) = ordinals.get_mut(&connection) {
                        let message = MessageRef { connection: connection.0, ordinal: *next };
                        *next += 1;
                        self.tell(message, manifest, bytes, &mut records, &mut summary);
                    }
                }
                _ => {}
            }
            out.write(&event).map_err(unwritable)?;
        }
        for connection in ordinals.into_keys() {
            out.write(&Event::Close { connection, at: end, cause: Closing::Unseen }).map_err(unwritable)?;
        }
        out.finish().map_err(unwritable)?.flush()?;
        records.finish(Times::default(), Times::default())?;
        Ok(summary)
    }

    /// The first report of this person and severity that is not read yet: a gateway keeps their order.
    fn next(&mut self, opened: &OpenedLive<'_>) -> Option<ReportIndex> {
        let field =
            |name: &str| opened.fields.get(name).and_then(Json::as_str).unwrap_or_default().to_owned();
        let waiting = self.waiting.get_mut(&(field("contact"), field("severity")));
        let next = waiting.and_then(VecDeque::pop_front);
        self.unmatched += u64::from(next.is_none());
        next
    }

    fn head<'a>(&self, manifest: &'a SignedManifest, began: u64) -> Head<'a> {
        let first = manifest.calendar.epoch_at(began / 1_000_000);
        let begins = (1..).map(|n| manifest.calendar.start_of(first.plus(n)).saturating_mul(1_000_000));
        let begins = begins.map(|at| self.stretched(at.saturating_sub(began)));
        let end = self.plan.settings.length_us();
        let epochs = begins.take_while(|at| *at < end).collect();
        Head { name: "live", epochs, policy: &manifest.policy, shared: None }
    }

    fn tell(
        &self,
        message: MessageRef,
        manifest: &SignedManifest,
        packet: &[u8],
        records: &mut Records,
        summary: &mut LiveSummary,
    ) {
        // A message of the mailbox has no properties, so its payload is the packet's end.
        let size = manifest.layout().enrolled_len();
        let payload = packet.len().checked_sub(size).and_then(|from| packet.get(from..));
        let Some(heard) = payload.and_then(|payload| self.heard.get(payload)) else {
            summary.unheard += 1;
            return;
        };
        let mut truth = blank(message, MessageKind::Cover);
        match heard {
            Heard::Cover => summary.covers += 1,
            Heard::Report { index, epoch, role, at } => {
                summary.reports += 1;
                truth.kind = MessageKind::Report;
                truth.epoch = epoch.0;
                if let Some(planned) = self.plan.report(*index) {
                    describe(&mut truth, &planned.report, planned.at, &self.plan);
                    truth.lat = Some(planned.report.truth.position.latitude);
                    truth.lon = Some(planned.report.truth.position.longitude);
                    truth.zone.clone_from(&planned.zone);
                }
                let (reader, at) = (Reader::Role(role.clone()), *at);
                let delivery = Delivery { message, reader, at, zone_full: false, zone_withheld: false };
                // Readers of the truth want a message before what is said about it.
                records.line(&Line::Message(truth));
                return records.line(&Line::Delivery(delivery));
            }
        }
        records.line(&Line::Message(truth));
    }

    fn stretched(&self, at: u64) -> u64 {
        at.saturating_mul(u64::from(self.pace))
    }
}

/// PUBLISH.
fn is_message(packet: &[u8]) -> bool {
    packet.first().is_some_and(|kind| kind >> 4 == 3)
}

/// The same event at another time.
fn moved(event: Event<'_>, when: impl Fn(u64) -> u64) -> Event<'_> {
    match event {
        Event::Open { connection, at, point, from, to, carrier } => {
            Event::Open { connection, at: when(at), point, from, to, carrier }
        }
        Event::Hello { connection, at, hello } => Event::Hello { connection, at: when(at), hello },
        Event::Packet { connection, at, way, bytes } => {
            Event::Packet { connection, at: when(at), way, bytes }
        }
        Event::Sealed { connection, at, way, length } => {
            Event::Sealed { connection, at: when(at), way, length }
        }
        Event::Lost { connection, at, way, bytes, cause } => {
            Event::Lost { connection, at: when(at), way, bytes, cause }
        }
        Event::Close { connection, at, cause } => Event::Close { connection, at: when(at), cause },
        // There are no others; one that comes would keep its own time.
        other => other,
    }
}

fn unreadable(error: ReadError) -> SimulationError {
    match error {
        ReadError::Io(error) => error.into(),
        other => io::Error::other(other).into(),
    }
}

fn unwritable(error: WriteError) -> SimulationError {
    match error {
        WriteError::Io(error) => error.into(),
        other => io::Error::other(other).into(),
    }
}

#[cfg(test)]
#[path = "live_tests.rs"]
mod tests;
