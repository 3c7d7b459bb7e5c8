//! What several tests of the board start from.

use cowl::policy_file::PolicyFile;
use cowl_core::{Epoch, ErasureHandle, Policy, ReportId};

use super::{Arrival, CaseKey, Triage, Whose, ZoneName};

/// The policy that comes with Cowl.
pub(crate) fn policy() -> Policy {
    PolicyFile::default_policy().unwrap().policy
}

pub(crate) fn key(number: u32) -> CaseKey {
    let mut key = [0; 12];
    key[..4].copy_from_slice(&number.to_be_bytes());
    CaseKey(key)
}

pub(crate) fn zone(label: &str) -> ZoneName {
    ZoneName { level: "department".into(), label: label.into() }
}

/// A report of a device without a withdrawal handle.
pub(crate) fn arrival(number: u32, triage: Triage, received: u64) -> Arrival {
    let from = Some(format!("V-0000-{:04}", number % 10_000).parse().unwrap());
    let whose = Whose { epoch: Epoch(1), from, handle: ErasureHandle::NONE };
    Arrival {
        key: key(number),
        report: ReportId([0; 16]),
        whose,
        received,
        zone: Some(zone("Ouest")),
        triage,
        urgent: false,
        fields: Box::default(),
    }
}
