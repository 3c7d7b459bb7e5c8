//! A report on its way into the archive.

use cowl_core::{
    Body, Epoch, ErasureHandle, Policy, PolicyVersion, Pseudonym, ReportId, Value, custody::CustodyEnvelope,
};

use crate::{formats, keyring::ReadReport};

/// A report as a role read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its id: the same report is kept once.
    pub report: ReportId,
    /// When it was sealed.
    pub epoch: Epoch,
    /// Who sent it; `None`: a walk-in.
    pub from: Option<Pseudonym>,
    /// By what it is withdrawn, if it can be.
    pub handle: ErasureHandle,
    /// The policy that it was reduced by.
    pub policy: PolicyVersion,
    /// When it was opened, in Unix seconds.
    pub received: u64,
    /// Its zone, as finely as the role may know it.
    pub zone: Option<String>,
    /// Its fields, as a JSON object.
    pub fields: String,
    /// What only a quorum of custodians opens, if the message had it.
    pub custody: Option<Vec<u8>>,
}

impl Entry {
    /// What is kept of a report that was opened at `received` (Unix seconds); nothing of one whose body cannot be read.
    pub fn of(report: &ReadReport, policy: &Policy, received: u64) -> Option<Self> {
        let body = report.body.as_ref().ok()?;
        Some(Self {
            report: report.header.report,
            epoch: report.epoch,
            from: report.pseudonym,
            handle: report.header.handle,
            policy: report.header.policy,
            received,
            zone: zone(body),
            fields: serde_json::Value::Object(formats::to_json(policy, body)).to_string(),
            custody: report.custody.as_ref().map(CustodyEnvelope::to_bytes),
        })
    }
}

fn zone(body: &Body) -> Option<String> {
    body.iter().find_map(|(_, value)| match value {
        Value::Zone(zone) => Some(zone.label.as_str().to_owned()),
        _ => None,
    })
}
