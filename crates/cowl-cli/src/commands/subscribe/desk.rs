//! Between the mailbox and the output: opens messages, prints reports, and lets go of a message only when its report
//! is printed and written down.

use std::{collections::HashMap, time::Instant};

use cowl::{
    client::Obeyed,
    glass::Kept,
    keyring::{ReadReport, Reader},
    transport::{Message, Qos},
};
use cowl_core::{FieldIndex, PolicyVersion, Pseudonym, StoreKind, Value};

use super::{
    json::Fields,
    keeper::Keeper,
    line::{Line, Origin, Output, Received},
    summary::Tally,
    topics::{Wanted, topic_field},
};
use crate::{failure::Failure, machine, printer::Printer};

/// Bytes of output that are gathered before they are written, as long as more comes.
const OUTPUT: usize = 64 << 10;
/// Pseudonyms whose text is kept, 64 bytes each.
const NAMES: usize = 65_536;

/// The desk of one role.
pub(super) struct Desk<'a> {
    reader: Reader,
    output: Output,
    wanted: Wanted,
    printer: &'a mut Printer,
    begin: Instant,
    received: Received,
    forms: Vec<(PolicyVersion, Form)>,
    names: HashMap<Pseudonym, Box<str>>,
    reports: Vec<ReadReport>,
    fields: Vec<u8>,
    out: Vec<u8>,
    /// Taken and not acknowledged.
    open: Vec<Message>,
    remaining: Option<u64>,
    tally: Tally,
    keeper: Option<Keeper>,
    custody: Option<Kept>,
    obeyed: Obeyed,
}

/// How reports of one policy are printed.
#[derive(Debug)]
struct Form {
    fields: Fields,
    topic: Option<FieldIndex>,
}

impl<'a> Desk<'a> {
    pub(super) fn new(
        reader: Reader,
        output: Output,
        wanted: Wanted,
        count: Option<u64>,
        keeper: Option<Keeper>,
        printer: &'a mut Printer,
    ) -> Self {
        let archive = keeper.as_ref().and_then(Keeper::name);
        let obeyed = match archive {
            Some(name) => Obeyed::new(name, StoreKind::Archive),
            None => Obeyed::new(reader.store_name(), StoreKind::Reader),
        };
        Self {
            obeyed,
            reader,
            output,
            wanted,
            printer,
            begin: Instant::now(),
            received: Received::default(),
            forms: Vec::new(),
            names: HashMap::new(),
            reports: Vec::new(),
            fields: Vec::new(),
            out: Vec::new(),
            open: Vec::new(),
            remaining: count,
            tally: Tally::default(),
            keeper,
            custody: None,
        }
    }

    /// Keeps custody parts from now on.
    pub(super) fn keep_custody(&mut self, kept: Kept) {
        self.custody = Some(kept);
    }

    /// Opens a message, and prints what comes of it.
    pub(super) fn take(&mut self, message: Message) -> Result<(), Failure> {
        let seconds = self.seconds();
        self.reader.read(&message.payload, seconds, &mut self.reports)?;
        self.print(message.qos, message.retain);
        if message.qos != Qos::AtMostOnce {
            self.open.push(message);
        }
        if self.out.len() >= OUTPUT { self.show() } else { Ok(()) }
    }

    /// Looks once more for the devices of messages that nobody was expected to send. Says how many were opened.
    pub(super) fn search(&mut self) -> usize {
        let found = self.reader.search(&mut self.reports);
        self.print(Qos::AtMostOnce, false);
        found
    }

    /// Hands over what is printed so far.
    pub(super) fn show(&mut self) -> Result<(), Failure> {
        if !self.out.is_empty() {
            self.printer.raw(&self.out)?;
            self.out.clear();
        }
        self.printer.flush()
    }

    /// In this order, so that nothing is lost at whatever instant the power fails: the reports are handed over and
    /// archived, what was read is written down, and then the broker may forget it.
    pub(super) fn settle(&mut self) -> Result<(), Failure> {
        self.show()?;
        if let Some(keeper) = &mut self.keeper {
            keeper.settle()?;
        }
        if let Some(kept) = &mut self.custody {
            kept.flush()?;
        }
        self.reader.commit()?;
        for mut message in self.open.drain(..) {
            message.ack();
        }
        Ok(())
    }

    /// Sets the time of receipt for what follows.
    pub(super) fn refresh(&mut self) {
        self.received.refresh();
    }

    /// Moves on to the next epoch when it is time, and destroys what the archive may not keep any longer.
    pub(super) fn tick(&mut self) -> Result<(), Failure> {
        if let Some(keeper) = &mut self.keeper {
            keeper.tick()?;
        }
        Ok(self.reader.tick(self.seconds())?)
    }

    /// Erases by a list of the authority's.
    pub(super) fn obey(&mut self, list: &[u8]) -> Result<(), Failure> {
        let newest = self.reader.erasures().map(|list| list.sequence);
        // What is not printed yet goes out as it was opened; what comes from now on is held against the list.
        self.show()?;
        if let Err(error) = self.reader.obey(list) {
            self.printer.warning(&format!("erase orders: {error}"));
            return Ok(());
        }
        if let (Some(kept), Some(orders)) = (&mut self.custody, self.reader.erasures()) {
            let gone = kept.obey(orders, self.reader.erased_before())?;
            if gone > 0 {
                self.printer.note(&format!("custody parts erased: {gone}"));
            }
        }
        if let Some(keeper) = &mut self.keeper {
            keeper.obey(list, self.printer)?;
        }
        let list = self.reader.erasures().map(|list| list.sequence);
        list.filter(|_| list > newest).into_iter().for_each(|list| self.obeyed.note(list));
        Ok(())
    }

    /// Which list of erase orders was obeyed, to be said to the service.
    pub(super) fn obeyed(&self) -> Obeyed {
        self.obeyed.clone()
    }

    /// Takes over what a new manifest says of keeping.
    pub(super) fn follow(&mut self) -> Result<(), Failure> {
        match &mut self.keeper {
            Some(keeper) => Ok(keeper.follow(&self.reader)?),
            None => Ok(()),
        }
    }

    /// Messages that are not acknowledged yet.
    pub(super) fn open(&self) -> usize {
        self.open.len()
    }

    /// Whether all that was asked for is printed.
    pub(super) fn is_done(&self) -> bool {
        self.remaining == Some(0)
    }

    /// What was counted.
    pub(super) const fn tally(&self) -> &Tally {
        &self.tally
    }

    /// The role's keys and state.
    pub(super) const fn reader(&self) -> &Reader {
        &self.reader
    }

    /// The role's keys and state, for notices of the authority.
    pub(super) const fn reader_mut(&mut self) -> &mut Reader {
        &mut self.reader
    }

    /// Where words for people go.
    pub(super) const fn printer(&mut self) -> &mut Printer {
        self.printer
    }

    /// The steady clock that the reader counts by.
    pub(super) fn seconds(&self) -> u64 {
        self.begin.elapsed().as_secs()
    }

    /// The summary.
    pub(super) fn summarise(&mut self) {
        self.tally.print(&self.reader, self.printer);
        if let Some(keeper) = &self.keeper {
            keeper.summarise(self.printer);
        }
    }

    fn print(&mut self, qos: Qos, retain: bool) {
        let mut reports = std::mem::take(&mut self.reports);
        for report in reports.drain(..) {
            if let Some(kept) = &mut self.custody {
                kept.keep(&report);
            }
            self.print_one(&report, qos, retain);
        }
        self.reports = reports;
    }

    fn print_one(&mut self, report: &ReadReport, qos: Qos, retain: bool) {
        if let Some(keeper) = &mut self.keeper {
            keeper.take(report, &self.reader, machine::now());
        }
        let body = match &report.body {
            Ok(body) => body,
            Err(error) => {
                *self.tally.unreadable.entry(error.to_string()).or_default() += 1;
                return;
            }
        };
        let form = form(&mut self.forms, &self.reader, report.header.policy);
        let topic = form.topic.and_then(|index| match body.get(index) {
            Some(Value::Text(topic)) => Some(topic.as_str()),
            _ => None,
        });
        if !self.wanted.takes(topic) {
            self.tally.left_out += 1;
            return;
        }
        self.fields.clear();
        form.fields.write(body, &mut self.fields);
        let from = match report.pseudonym {
            Some(pseudonym) => name(&mut self.names, pseudonym),
            None => "walk-in",
        };
        let line = Line {
            sealed: Some(Origin {
                report: report.header.report,
                epoch: report.epoch,
                from,
                help: report.help.as_ref(),
            }),
            topic,
            fields: &self.fields,
            received: &self.received,
            qos: qos.into(),
            retain,
        };
        self.output.write(&line, &mut self.out);
        self.tally.printed += 1;
        self.tally.walk_ins += u64::from(report.pseudonym.is_none());
        self.remaining = self.remaining.map(|remaining| remaining.saturating_sub(1));
    }
}

/// The form of a policy version. There are few in one run: the newest, and those it replaced.
fn form<'a>(forms: &'a mut Vec<(PolicyVersion, Form)>, reader: &Reader, version: PolicyVersion) -> &'a Form {
    let known = forms.iter().position(|(known, _)| *known == version);
    let index = known.unwrap_or_else(|| {
        let policy = reader.policy(version);
        forms.push((version, Form { fields: Fields::of(policy), topic: topic_field(policy, reader.role()) }));
        forms.len() - 1
    });
    #[expect(clippy::indexing_slicing, reason = "found or pushed just now")]
    &forms[index].1
}

/// Writing a pseudonym out takes as long as opening its report, and devices report more than once.
fn name(names: &mut HashMap<Pseudonym, Box<str>>, pseudonym: Pseudonym) -> &str {
    if names.len() >= NAMES && !names.contains_key(&pseudonym) {
        names.clear();
    }
    names.entry(pseudonym).or_insert_with(|| pseudonym.to_string().into())
}
