//! What a node says while it runs: what concerns whoever runs it, and nothing that tells when somebody reported.
//!
//! How many messages were real is only said when it was asked for (`-d`): a log of that, minute by minute, is just what the slots are
//! there to hide, and logs are kept and taken away.

use cowl::node::{
    Queue, Status,
    uplink::{Counts, Event},
};

use super::NodeTokens;
use crate::printer::Printer;

/// Says what an uplink tells.
pub(crate) struct Teller<'a> {
    printer: &'a mut Printer,
    queue: Queue,
    debug: bool,
    /// Where the policy has tokens; it ends with this.
    tokens: Option<NodeTokens>,
    /// What was said last of the queue.
    dropped: u64,
    refused: u64,
    is_failing: bool,
}

impl<'a> Teller<'a> {
    pub(crate) const fn new(
        printer: &'a mut Printer,
        queue: Queue,
        debug: bool,
        tokens: Option<NodeTokens>,
    ) -> Self {
        Self { printer, queue, debug, tokens, dropped: 0, refused: 0, is_failing: false }
    }

    pub(crate) fn tell(&mut self, event: Event) {
        let printer = &mut *self.printer;
        if let Some(tokens) = &mut self.tokens {
            tokens.hear(&event);
            while let Some(said) = tokens.said() {
                printer.note(&said);
            }
        }
        match event {
            Event::Slots(Some(length)) => {
                printer.note(&format!("a message leaves every {} s, real or cover", length.as_secs_f64()));
            }
            Event::Slots(None) => {
                printer.warning("slots are off: reports leave at once, and their times tell");
            }
            Event::Connected { .. } => printer.note("uplink connected"),
            Event::Lost { why, retry_in, .. } => {
                printer
                    .note(&format!("uplink: {why}; trying again in {:.0} s", retry_in.as_secs_f64().ceil()));
            }
            Event::Refused { why, .. } => {
                printer.warning(&format!("the broker refuses messages, and they are sent again: {why}"));
            }
            Event::Manifest(version) => printer.note(&format!("following manifest {version}")),
            Event::Renewed(_) => printer.note("renewed: there are keys for the time ahead"),
            Event::NotRenewed(why) => printer
                .warning(&format!("keys for the time ahead did not come, and are asked for again: {why}")),
            Event::NotSealed(why) => printer.warning(&format!("what waits cannot be sealed now: {why}")),
            Event::Dropped(why) => printer.warning(&format!("what waited was dropped: {why}")),
            Event::Counts(counts) => self.minute(counts),
            _ => {}
        }
    }

    fn minute(&mut self, counts: Counts) {
        let status = self.queue.status();
        if let Some(failing) = &status.failing
            && !self.is_failing
        {
            self.printer.warning(&format!("nothing can be kept now, and devices are told so: {failing}"));
        }
        self.is_failing = status.failing.is_some();
        for (now, before, what) in [
            (status.dropped, &mut self.dropped, "dropped to make room"),
            (status.refused, &mut self.refused, "refused, since the queue was full or its disk failed"),
        ] {
            if now > *before {
                self.printer.warning(&format!("{} reports {what}, in all {now}", now - *before));
            }
            *before = now;
        }
        if self.debug {
            self.printer.note(&line(&status, counts));
        }
    }
}

/// The numbers on one line.
fn line(status: &Status, counts: Counts) -> String {
    let urgent = status.enrolled.urgent + status.walk_in.urgent;
    let waiting = status.enrolled.all() + status.walk_in.all();
    let oldest =
        status.oldest_seconds.map_or_else(String::new, |seconds| format!(", the oldest for {seconds} s"));
    format!(
        "{waiting} waiting, {urgent} of them urgent{oldest}; {} delivered, {} sent, {} covers, {} silent slots, {} connections; {} of {} \
         kB of disk",
        counts.delivered,
        counts.sent,
        counts.covers,
        counts.silent,
        counts.connections,
        status.bytes.div_ceil(1_000),
        status.limit_bytes / 1_000,
    )
}

/// What was lost, where anything was, at the end.
pub(crate) fn dropped(status: &Status, counts: Counts, printer: &mut Printer) {
    let waiting = status.enrolled.all() + status.walk_in.all() + status.taken;
    for (count, what) in [
        (u64::try_from(waiting).unwrap_or(u64::MAX), "wait on disk for the next start"),
        (status.dropped, "dropped to make room"),
        (status.refused, "refused, since the queue was full or its disk failed"),
        (status.damaged, "found damaged and set aside"),
        (counts.dropped, "dropped, since they could never be sealed"),
    ] {
        if count > 0 {
            printer.note(&format!("{count} {what}"));
        }
    }
}
