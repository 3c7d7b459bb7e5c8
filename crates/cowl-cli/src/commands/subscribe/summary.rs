//! What is told at the end: counts by named reason, nothing of anyone.

use std::collections::BTreeMap;

use cowl::keyring::Reader;

use crate::printer::Printer;

/// What was counted here; the rest the reader knows.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Reports printed.
    pub(super) printed: u64,
    /// Of them, walk-ins.
    pub(super) walk_ins: u64,
    /// Reports that `-t`, `-T`, `-R` or `--retained-only` left out.
    pub(super) left_out: u64,
    /// Reports that were opened and could not be read, or payloads that are none; by reason.
    pub(super) unreadable: BTreeMap<String, u64>,
}

impl Tally {
    /// What was read of the mailbox.
    pub(super) fn print(&self, reader: &Reader, printer: &mut Printer) {
        self.print_read(printer);
        let mut refused: Vec<_> = reader.refused().collect();
        refused.sort_unstable();
        if !refused.is_empty() {
            let reasons: Vec<_> = refused.iter().map(|(reason, count)| format!("{count} {reason}")).collect();
            printer.note(&format!("not opened: {}", reasons.join("; ")));
        }
        if reader.withdrawn() > 0 {
            printer.note(&format!("not shown, as they were ordered to be erased: {}", reader.withdrawn()));
        }
        if reader.repeated() > 0 {
            printer.note(&format!("second copies dropped: {}", reader.repeated()));
        }
        if reader.waiting() > 0 {
            printer.note(&format!(
                "given up: {} that no device of this role has sent, as far as can be known",
                reader.waiting()
            ));
        }
        if reader.clones() > 0 {
            printer.warning(&format!(
                "{} messages show that a device's state is in use twice: enrol that device again",
                reader.clones()
            ));
        }
    }

    /// What was read of a topic in clear.
    pub(super) fn print_read(&self, printer: &mut Printer) {
        let reports = plural(self.printed, "report");
        match self.walk_ins {
            0 => printer.note(&reports),
            count => printer.note(&format!("{reports}, {count} of them from walk-ins: unverified")),
        }
        if self.left_out > 0 {
            printer.note(&format!("left out as asked: {}", self.left_out));
        }
        for (reason, count) in &self.unreadable {
            printer.note(&format!("unreadable: {count}, {reason}"));
        }
    }
}

pub(super) fn plural(count: u64, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
