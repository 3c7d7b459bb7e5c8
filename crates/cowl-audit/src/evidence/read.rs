//! Reads an evidence file: strictly, because a line that is skipped would be evidence that nobody gave.

use std::collections::BTreeSet;
use std::io::{BufRead, Read as _};

use thiserror::Error;

use crate::convert::count;
use crate::evidence::{Cause, Cover, Evidence, Line};

/// Longest line, bytes.
const MAX_LINE: u64 = 1 << 20;
/// Most lines.
const MAX_LINES: usize = 10_000_000;

/// Why an evidence file is refused, and where.
#[derive(Debug, Error)]
#[error("evidence, line {line}: {fault}")]
pub struct EvidenceError {
    /// Number of the line, from 1.
    pub line: usize,
    /// What is wrong.
    pub fault: EvidenceFault,
}

/// What is wrong with a line. Nothing that the line says is repeated.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum EvidenceFault {
    /// It could not be read.
    #[error("cannot be read")]
    Io(#[source] std::io::Error),
    /// It is longer than a line may be.
    #[error("longer than 1 MiB")]
    TooLong,
    /// There are more lines than one file may have.
    #[error("more than 10,000,000 lines")]
    TooMany,
    /// It is not a line of the format.
    #[error("not a line of this format, at its column {column}")]
    Syntax {
        /// Column, from 1.
        column: usize,
    },
    /// The first line is not `evidence`.
    #[error("the first line must be \"line\":\"evidence\"")]
    NoHead,
    /// `evidence` stands in another place than the first line.
    #[error("a second head")]
    SecondHead,
    /// A version that is not known here.
    #[error("version {0} is not known")]
    Version(u32),
    /// A name stands twice.
    #[error("this name stands on an earlier line too")]
    Twice,
    /// A notice that covers nothing, or names no field or no recipient.
    #[error("a notice must name fields and recipients")]
    Empty,
    /// A wildcard: a notice that covers everything tells nobody anything.
    #[error("a notice must name each field")]
    Wildcard,
    /// It speaks of a notice or a record that no earlier line names.
    #[error("refers to what no earlier line names")]
    Unknown,
    /// An instant after the observation's end, or an end before its beginning.
    #[error("times that cannot be")]
    Times,
    /// An erased or expired record without its instant, or another one with it.
    #[error("\"at\" belongs to erased and expired records, and only to them")]
    At,
    /// A copy of somebody who did not withdraw.
    #[error("a copy of a person without an earlier withdrawal")]
    NoWithdrawal,
}

impl EvidenceFault {
    /// What to do about it, where there is more to say than the error does.
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Io(_) => "is it a text file that you may read?",
            Self::TooLong | Self::TooMany => "one object a line; split the file by operation",
            Self::Syntax { .. } => {
                "each line is one JSON object whose keys spec/evidence.md lists; others are refused"
            }
            Self::NoHead => r#"begin with {"line":"evidence","version":1,"until":…}"#,
            Self::SecondHead => "one operation a file",
            Self::Version(_) => "this program knows version 1",
            Self::Twice => "names of notices, records and stores are unique in a file",
            Self::Empty => "list the fields and who gets them",
            Self::Wildcard => "write the fields' names; * is not a notice",
            Self::Unknown => "notices stand before who was given them, records before their trials",
            Self::Times => "times are microseconds of the trace, at most the head's \"until\"",
            Self::At => "give the instant at which it was erased or expired; a live record has none",
            Self::NoWithdrawal => "withdrawals stand before the copies that they end",
        }
    }
}

impl EvidenceError {
    /// What to do about it.
    pub const fn hint(&self) -> &'static str {
        self.fault.hint()
    }
}

/// Reads an evidence file to its end.
///
/// # Errors
/// The first line that is not as `spec/evidence.md` says.
pub fn read(mut input: impl BufRead) -> Result<Evidence, EvidenceError> {
    let mut reader = Reader::default();
    let mut bytes = Vec::new();
    for number in 1..=MAX_LINES + 1 {
        let fail = |fault| EvidenceError { line: number, fault };
        bytes.clear();
        let length = (&mut input).take(MAX_LINE + 1).read_until(b'\n', &mut bytes);
        if length.map_err(|error| fail(EvidenceFault::Io(error)))? == 0 {
            return if reader.head { Ok(reader.evidence) } else { Err(fail(EvidenceFault::NoHead)) };
        }
        if count(bytes.len()) > MAX_LINE {
            return Err(fail(EvidenceFault::TooLong));
        }
        if number > MAX_LINES {
            return Err(fail(EvidenceFault::TooMany));
        }
        if bytes.trim_ascii().is_empty() {
            continue;
        }
        let line = serde_json::from_slice(&bytes)
            .map_err(|error| fail(EvidenceFault::Syntax { column: error.column() }))?;
        reader.add(line).map_err(fail)?;
    }
    Ok(reader.evidence)
}

#[derive(Default)]
struct Reader {
    head: bool,
    evidence: Evidence,
    stores: BTreeSet<String>,
    withdrawn: BTreeSet<u32>,
}

impl Reader {
    fn add(&mut self, line: Line) -> Result<(), EvidenceFault> {
        if !self.head && !matches!(line, Line::Evidence(_)) {
            return Err(EvidenceFault::NoHead);
        }
        let evidence = &mut self.evidence;
        match line {
            Line::Evidence(_) if self.head => return Err(EvidenceFault::SecondHead),
            Line::Evidence(head) => {
                check(head.version == 1, EvidenceFault::Version(head.version))?;
                (self.head, evidence.until) = (true, head.until);
            }
            Line::Notice(notice) => {
                let empty = |cover: &Cover| cover.fields.is_empty() || cover.recipients.is_empty();
                check(!notice.covers.is_empty() && !notice.covers.iter().any(empty), EvidenceFault::Empty)?;
                let wild = |field: &String| field.is_empty() || field.contains('*');
                check(
                    !notice.covers.iter().any(|cover| cover.fields.iter().any(wild)),
                    EvidenceFault::Wildcard,
                )?;
                let earlier = evidence.notices.insert(notice.notice.clone(), notice);
                check(earlier.is_none(), EvidenceFault::Twice)?;
            }
            Line::Given(given) => {
                check(evidence.notices.contains_key(&given.notice), EvidenceFault::Unknown)?;
                check(given.at <= evidence.until, EvidenceFault::Times)?;
                check(given.until.is_none_or(|until| until > given.at), EvidenceFault::Times)?;
                evidence.given.push(given);
            }
            Line::Withdrawal(withdrawal) => {
                check(withdrawal.at <= evidence.until, EvidenceFault::Times)?;
                check(self.withdrawn.insert(withdrawal.person), EvidenceFault::Twice)?;
                evidence.withdrawals.push(withdrawal);
            }
            Line::Copy(copy) => {
                check(self.withdrawn.contains(&copy.person), EvidenceFault::NoWithdrawal)?;
                check(copy.until.is_none_or(|until| until <= evidence.until), EvidenceFault::Times)?;
                evidence.copies.push(copy);
            }
            Line::Record(record) => {
                let ended = matches!(record.cause, Cause::Erased | Cause::Expired);
                check(record.at.is_some() == ended, EvidenceFault::At)?;
                check(record.at.is_none_or(|at| at <= evidence.until), EvidenceFault::Times)?;
                let earlier = evidence.records.insert(record.record.clone(), record);
                check(earlier.is_none(), EvidenceFault::Twice)?;
            }
            Line::Trial(trial) => {
                check(evidence.records.contains_key(&trial.record), EvidenceFault::Unknown)?;
                evidence.trials.push(trial);
            }
            Line::Store(store) => {
                check(self.stores.insert(store.store.clone()), EvidenceFault::Twice)?;
                evidence.stores.push(store);
            }
            Line::Command(command) => evidence.commands.push(command),
        }
        Ok(())
    }
}

fn check(holds: bool, fault: EvidenceFault) -> Result<(), EvidenceFault> {
    if holds { Ok(()) } else { Err(fault) }
}
