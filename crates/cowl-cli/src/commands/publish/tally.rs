//! What was sent, refused and left out, in numbers.

use cowl::client::Delivered;
use cowl_core::Notice;

use crate::printer::Printer;

use super::feed::Batch;

/// The sums of a run.
#[derive(Debug, Default)]
pub(super) struct Tally {
    notices: [u64; Notice::ALL.len()],
    /// Pieces of input that were refused.
    pub(super) refused: u64,
}

impl Tally {
    /// Adds a batch.
    pub(super) fn add(&mut self, batch: &Batch) {
        for (notice, times) in batch.notices.iter() {
            if let Some(sum) = self.notices.get_mut(notice as usize) {
                *sum += u64::from(times);
            }
        }
        // It was dropped, but it was also used, and by wish of whoever asked.
        if let Some(sum) = self.notices.get_mut(Notice::UnknownField as usize) {
            *sum = sum.saturating_sub(batch.identities_dropped);
        }
        self.refused += batch.faults.len() as u64;
    }

    /// Tells it all.
    pub(super) fn print(&self, delivered: Delivered, printer: &mut Printer) {
        let Delivered { reports, sealed_again, refused, lost } = delivered;
        let refused_input =
            if self.refused > 0 { format!(", {} refused", self.refused) } else { String::new() };
        printer.note(&format!("{} sent{refused_input}", reports_of(reports)));
        if sealed_again > 0 {
            printer.note(&format!("{} sealed again after a lost connection", reports_of(sealed_again)));
        }
        if refused > 0 {
            printer.note(&format!("{} refused by the broker", reports_of(refused)));
        }
        if lost > 0 {
            printer.note(&format!(
                "at least {} lost with a connection; -q 1 sends them again",
                reports_of(lost)
            ));
        }
        self.print_notices(printer);
    }

    fn print_notices(&self, printer: &mut Printer) {
        for (notice, times) in Notice::ALL.into_iter().zip(self.notices).filter(|(_, times)| *times > 0) {
            printer.note(&format!("{}: {times} {}", notice.name(), meaning(notice)));
        }
    }

    /// Whether anything was left out or refused.
    pub(super) fn is_eventful(&self) -> bool {
        self.refused > 0 || self.notices.iter().any(|times| *times > 0)
    }
}

/// What a notice's count counts, after the number.
pub(super) const fn meaning(notice: Notice) -> &'static str {
    match notice {
        Notice::UnknownField => "× an input that the policy does not know was dropped",
        Notice::RaisedZone => {
            "× a role got a coarser zone than it asked for: too few people share the finer one"
        }
        Notice::OutsideZones => "× a role got no zone: the position lies outside all zones",
        Notice::TooFew => "× a role got no zone: too few people share even the coarsest",
        Notice::NotChosen => "× a field that is sent only if the person chooses it was dropped",
        Notice::WithheldWithPosition => "× a field that goes with the position was withheld together with it",
    }
}

fn reports_of(count: u64) -> String {
    if count == 1 { "1 report".to_owned() } else { format!("{count} reports") }
}
