//! What was done about people's rights, as its operator wrote it down: notices, withdrawals, erasures, checks of signed commands.
//!
//! A trace cannot show that somebody was told, or that a backup forgets. These files say so, and the attacks U1, Nc1 and N1 weigh
//! them against the trace and against their own controls. The format is specified in `spec/evidence.md`.

mod line;
mod read;
mod recipient;

pub use line::{
    Cause, CommandTrial, Copy, Cover, Given, Head, Line, Medium, Notice, Record, Store, Trial, Withdrawal,
};
pub use read::{EvidenceError, EvidenceFault, read};
pub use recipient::{BadRecipient, Party, Recipient};

use std::collections::{BTreeMap, BTreeSet};

/// An evidence file, in memory.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Evidence {
    /// The observation's end, microseconds of the trace.
    pub until: u64,
    /// Notices by name.
    pub notices: BTreeMap<String, Notice>,
    /// Who was given which notice, in the file's order.
    pub given: Vec<Given>,
    /// Withdrawals, in the file's order.
    pub withdrawals: Vec<Withdrawal>,
    /// Copies of what people withdrew.
    pub copies: Vec<Copy>,
    /// Records that ended, and those that serve as controls, by name.
    pub records: BTreeMap<String, Record>,
    /// Attempts to read records.
    pub trials: Vec<Trial>,
    /// Stores and what is oldest in them.
    pub stores: Vec<Store>,
    /// Attempts to verify commands of the authority.
    pub commands: Vec<CommandTrial>,
}

/// What people were told, prepared for many questions.
#[derive(Debug)]
pub struct Coverage<'a> {
    told: BTreeMap<u32, Vec<Told<'a>>>,
}

#[derive(Debug)]
struct Told<'a> {
    from: u64,
    until: u64,
    covers: &'a [Cover],
}

impl Evidence {
    /// Prepares the question of who was told what. A withdrawal ends all that she was given before it.
    pub fn coverage(&self) -> Coverage<'_> {
        let mut told: BTreeMap<u32, Vec<Told<'_>>> = BTreeMap::new();
        for given in &self.given {
            let Some(notice) = self.notices.get(&given.notice) else { continue };
            let withdrawn = self.withdrawals.iter().filter(|w| w.person == given.person && w.at >= given.at);
            let end = withdrawn.map(|w| w.at).min().unwrap_or(u64::MAX);
            let until = given.until.unwrap_or(u64::MAX).min(end);
            told.entry(given.person).or_default().push(Told {
                from: given.at,
                until,
                covers: &notice.covers,
            });
        }
        Coverage { told }
    }

    /// People of whom a notice or a withdrawal speaks.
    pub fn people(&self) -> BTreeSet<u32> {
        self.given.iter().map(|given| given.person).chain(self.withdrawals.iter().map(|w| w.person)).collect()
    }
}

impl Coverage<'_> {
    /// Whether this person had been told, at that instant, that this recipient gets this field.
    pub fn covers(&self, person: u32, field: &str, recipient: &Recipient, at: u64) -> bool {
        self.told.get(&person).is_some_and(|told| {
            told.iter().any(|told| {
                told.from <= at
                    && at < told.until
                    && told.covers.iter().any(|cover| {
                        cover.fields.iter().any(|known| known == field)
                            && cover.recipients.contains(recipient)
                    })
            })
        })
    }
}

#[cfg(test)]
#[path = "evidence_tests.rs"]
mod tests;
