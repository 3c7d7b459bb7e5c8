//! Withdrawal codes, and what is handed over to have reports erased (spec §15.2, §16.1).

use alloc::{
    format,
    string::{String, ToString as _},
};

use cowl_core::{Epoch, OperationId, WithdrawalCode, policy::RoleKind, schedule::erasure_handle};
use zeroize::Zeroizing;

use crate::{
    fault::Fault,
    operation::{Moment, Operation},
    reply::{Reply, hex, unhex},
};

/// What a withdrawal begins with; the number is that of the form.
const HEAD: &str = "cowl withdrawal 2";
/// No range of epochs is longer: a page asks for weeks, not for a lifetime.
const MAX_EPOCHS: u32 = 100_000;

/// Sixteen bytes as a code.
pub(crate) fn code(bytes: &[u8]) -> Result<WithdrawalCode, Fault> {
    bytes.try_into().map(WithdrawalCode::from_bytes).map_err(|_| Fault::CALL)
}

/// A code with its words.
pub(crate) fn write(code: &WithdrawalCode, reply: &mut Reply) {
    reply.map().key("bytes").bytes(code.expose()).key("words").text(&code.to_words()).end();
}

/// The handles of a range of epochs.
pub(crate) fn handles(
    code: &WithdrawalCode,
    operation: &str,
    first: u32,
    last: u32,
    reply: &mut Reply,
) -> Result<(), Fault> {
    let operation = OperationId(unhex(operation).ok_or(Fault::CALL)?);
    if last.saturating_sub(first) > MAX_EPOCHS {
        return Err(Fault::CALL);
    }
    let seed = code.seed();
    reply.list();
    for epoch in (first..=last).map(Epoch) {
        reply.hex(&erasure_handle(&seed, operation, epoch).0);
    }
    reply.end();
    Ok(())
}

/// What `cowl withdraw` prints and `cowl erase --withdrawal` takes: the handles of all epochs whose reports may still be kept.
pub(crate) fn text(
    operation: &Operation,
    code: &WithdrawalCode,
    since: Option<u64>,
    moment: Moment,
) -> Zeroizing<String> {
    let manifest = &operation.manifest;
    let policy = &manifest.policy;
    let now = operation.time(moment);
    let roles = policy.roles.iter().filter(|role| role.kind == RoleKind::Reports);
    let longest = roles.map(|role| u64::from(role.retention_seconds)).max().unwrap_or(0);
    let kept = now.saturating_sub(longest).saturating_sub(u64::from(policy.lateness_seconds));
    let first = manifest.calendar.epoch_at(since.unwrap_or(kept).max(kept));
    // A machine whose clock is behind still names the epochs that the manifest knows of.
    let last = manifest.calendar.epoch_at(now).max(manifest.walk_in.first);
    let first = first.max(last.minus(MAX_EPOCHS));
    let seed = code.seed();
    let mut text = Zeroizing::new(format!("{HEAD}\n{}\n", hex(&manifest.operation.0)));
    for epoch in (first.0..=last.0).map(Epoch) {
        text.push_str(&hex(&erasure_handle(&seed, manifest.operation, epoch).0));
        text.push(' ');
        text.push_str(&epoch.0.to_string());
        text.push('\n');
    }
    text
}
