//! A responder of one role: opens what the role may read, as `cowl sub` does.

use std::collections::HashMap;
use std::path::Path;

use cowl::formats;
use cowl::keyring::{KeyringError, ReadReport, Reader};
use cowl_core::{Body, Epoch, LevelIndex, ReportId, Value, policy::Precision};
use serde_json::{Map, Value as Json};

use cowl_audit::truth::MessageRef;

/// How often it looks for senders that it does not expect, at as many places as one search may look at. `cowl sub` never stops while there
/// is something to look for; so often is enough that what waits is found before too much has come after it.
const SEARCH_EVERY_S: u64 = 120;
/// Searches at the end, at most: each looks at as many places as the policy says, and a few are a round over all.
const LAST_SEARCHES: usize = 16;

/// A responder and what he has read.
#[derive(Debug)]
pub(super) struct Desk {
    pub(super) role: String,
    reader: Reader,
    /// When it last looked for the senders of messages that could not be opened.
    searched: u64,
    /// The zone level that the policy gives the role.
    wish: Option<LevelIndex>,
    /// Messages that carry a report which was not opened yet.
    unopened: HashMap<ReportId, Vec<MessageRef>>,
    /// Reports that were opened, for the copies of them that are still to come.
    opened: HashMap<ReportId, Read>,
}

/// A report as the role reads it.
#[derive(Debug, Clone)]
pub(super) struct Read {
    pub(super) text: String,
    pub(super) epoch: Epoch,
    pub(super) zone_full: bool,
    pub(super) zone_withheld: bool,
}

/// A message that the role can read.
#[derive(Debug)]
pub(super) struct Opening {
    pub(super) message: MessageRef,
    pub(super) read: Read,
    /// Whether it is shown: only the first copy of a report is.
    pub(super) is_shown: bool,
}

impl Desk {
    pub(super) fn new(role: &str, credential: &Path) -> Result<Self, KeyringError> {
        let reader = Reader::open(credential, role, None)?;
        let policy = &reader.manifest().policy;
        let reads = policy.role(reader.role()).map(|role| role.reads.as_slice()).unwrap_or_default();
        let wish = reads.iter().find_map(|read| match read.precision {
            Precision::Level { level, .. } => Some(level),
            _ => None,
        });
        Ok(Self {
            role: role.to_owned(),
            wish,
            reader,
            searched: 0,
            unopened: HashMap::new(),
            opened: HashMap::new(),
        })
    }

    /// Takes a beacon; writes down what was read, and forgets what no copy can come of any more.
    pub(super) fn hear(&mut self, beacon: &[u8], now: u64) -> Result<Vec<Opening>, KeyringError> {
        // One that it knows already is no fault.
        let _ = self.reader.hear(beacon, now);
        let mut reports = Vec::new();
        if now >= self.searched + SEARCH_EVERY_S {
            self.searched = now;
            self.reader.search(&mut reports);
        }
        let openings = self.take(reports);
        self.reader.commit()?;
        let late = self.reader.epoch(now).minus(1);
        self.opened.retain(|_, read| read.epoch >= late);
        Ok(openings)
    }

    /// Takes a bundle: the keys of the epochs that are open.
    pub(super) fn take_bundle(&mut self, bundle: &[u8]) -> Result<(), KeyringError> {
        self.reader.take_bundle(bundle).map(drop)
    }

    /// Takes a newer manifest.
    pub(super) fn follow(&mut self, manifest: &[u8]) -> Result<(), KeyringError> {
        self.reader.follow(manifest).map(drop)
    }

    /// Takes a message; `report` is what it carries, which only says to which message an opened report belongs.
    pub(super) fn read(
        &mut self,
        message: MessageRef,
        payload: &[u8],
        report: ReportId,
        now: u64,
    ) -> Result<Vec<Opening>, KeyringError> {
        self.unopened.entry(report).or_default().push(message);
        let (mut reports, repeated) = (Vec::new(), self.reader.repeated());
        self.reader.read(payload, now, &mut reports)?;
        let mut openings = self.take(reports);
        // A copy of a report that was read: its part opened, and it is shown to nobody.
        if self.reader.repeated() > repeated
            && let Some(read) = self.opened.get(&report)
        {
            let copies = self.unopened.remove(&report).unwrap_or_default();
            openings.extend(copies.into_iter().map(|message| Opening {
                message,
                read: read.clone(),
                is_shown: false,
            }));
        }
        Ok(openings)
    }

    /// Takes a message that says nothing; what it found besides are reports that waited for it to find their device.
    pub(super) fn cover(&mut self, payload: &[u8], now: u64) -> Result<Vec<Opening>, KeyringError> {
        let mut reports = Vec::new();
        self.reader.read(payload, now, &mut reports)?;
        Ok(self.take(reports))
    }

    /// What still waited when the simulation ended: `cowl sub` looks through all of it too before it ends.
    pub(super) fn end(&mut self) -> Vec<Opening> {
        let mut reports = Vec::new();
        for _ in 0..LAST_SEARCHES {
            if self.reader.unsearched() == 0 {
                break;
            }
            self.reader.search(&mut reports);
        }
        self.take(reports)
    }

    fn take(&mut self, reports: Vec<ReadReport>) -> Vec<Opening> {
        let mut openings = Vec::new();
        for report in reports {
            let id = report.header.report;
            let Some(read) = self.understand(&report) else { continue };
            let messages = self.unopened.remove(&id).unwrap_or_default();
            let mut is_shown = true;
            for message in messages {
                openings.push(Opening { message, read: read.clone(), is_shown });
                is_shown = false;
            }
            self.opened.insert(id, read);
        }
        openings
    }

    fn understand(&self, report: &ReadReport) -> Option<Read> {
        let body = report.body.as_ref().ok()?;
        let policy = self.reader.policy(report.header.policy);
        let mut line = Map::new();
        line.insert("report".to_owned(), report.header.report.to_string().into());
        line.insert("epoch".to_owned(), report.epoch.0.into());
        let from = report.pseudonym.map_or_else(|| "walk-in".to_owned(), |pseudonym| pseudonym.to_string());
        line.insert("from".to_owned(), from.into());
        line.extend(formats::to_json(policy, body));
        let level = zone(body);
        Some(Read {
            text: Json::Object(line).to_string(),
            epoch: report.epoch,
            zone_full: level.is_some() && level == self.wish,
            zone_withheld: level.is_none(),
        })
    }
}

/// The level of the zone in it.
fn zone(body: &Body) -> Option<LevelIndex> {
    body.iter().find_map(|(_, value)| match value {
        Value::Zone(zone) => Some(zone.level),
        _ => None,
    })
}
