//! What a message is, and what is true of it.

use bytes::Bytes;
use cowl_audit::truth::{MessageKind, MessageRef, MessageTruth};
use cowl_core::{Epoch, ReportId};

use crate::plan::{Plan, ReportIndex, fields};
use crate::report::Report;

/// What a caller sends, before the network has it: how the truth of a message is known when it arrives.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    pub(crate) payload: Bytes,
    pub(crate) content: Content,
    /// The report's id under preset `cowl`.
    pub(crate) id: Option<ReportId>,
    /// The epoch that it is sealed in.
    pub(crate) epoch: Epoch,
}

/// What a message is about.
#[derive(Debug, Clone)]
pub(crate) enum Content {
    /// A person's report, or one that is forged in her name.
    Report(ReportIndex),
    /// Nothing, to hide when others say something.
    Cover,
    /// A notice of the authority's.
    Notice,
}

/// What is known of every message.
pub(crate) fn blank(message: MessageRef, kind: MessageKind) -> MessageTruth {
    MessageTruth {
        message,
        kind,
        person: None,
        written: 0,
        epoch: 0,
        severity: None,
        urgent: false,
        lat: None,
        lon: None,
        zone: None,
        fields: std::collections::BTreeMap::new(),
        forged: None,
        again: false,
    }
}

/// What a person's report says of itself.
pub(crate) fn describe(truth: &mut MessageTruth, report: &Report, written: u64, plan: &Plan) {
    truth.person = Some(report.person.0);
    truth.written = written;
    truth.severity = Some(report.severity.name().to_owned());
    truth.urgent = report.severity.is_urgent();
    if let (Some(person), Ok(number)) = (plan.person(report), usize::try_from(report.person.0)) {
        truth.fields = fields(report, person, plan.address(number, written));
    }
}
