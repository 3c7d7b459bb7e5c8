//! Sealing a report, and finding that help is coming to it.

use alloc::{format, vec::Vec};

use cowl_core::{
    Dispatch, ErasureHandle, HEADER_LEN, Header, HelpKey, LaneKey, Layout, MESSAGE_ID_LEN, Mode, Policy,
    Report, ReportId, RoleIndex, Secret, Surroundings, WithdrawalCode,
};
use minicbor::{Decoder, Encoder};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::{
    fault::Fault,
    input::Input,
    operation::{Moment, Operation},
    reply::Reply,
};

/// The form of what a sender keeps to find that help is coming.
const FORM: u8 = 1;
/// Bytes of an AEAD's authentication tag.
const TAG_LEN: usize = 16;

/// Reduces a reading and seals it as a walk-in (spec §5), to be withdrawn by the code if there is one.
pub(crate) fn write(
    operation: &Operation,
    input: Input,
    code: Option<&WithdrawalCode>,
    moment: Moment,
    rng: &mut impl CryptoRng,
    reply: &mut Reply,
) -> Result<(), Fault> {
    let manifest = &operation.manifest;
    let epoch = operation.epoch(moment);
    if epoch > manifest.expires {
        return Err(Fault::EXPIRED);
    }
    let now = operation.time(moment);
    let reduced = manifest.policy.reduce(input.reading, &Surroundings { counts: None, now })?;
    let mut id = [0; 16];
    rng.fill_bytes(&mut id);
    let header =
        Header { report: ReportId(id), handle: ErasureHandle::NONE, policy: manifest.policy_version };
    let mut report = Report::new(header, reduced);
    if let Some(code) = code {
        report = report.withdrawable(code.seed());
    }
    let sealer = manifest.walk_in_sealer(epoch, &operation.layout).ok_or(Fault::NO_KEYS)?;
    let awaited = sealer.seal_awaiting(&report, rng)?;
    let shard = manifest.shards().of(awaited.sealed.bytes());
    reply.map();
    reply.key("topic").text(&operation.topic(&format!("r/{shard:02x}")));
    reply.key("payload").bytes(awaited.sealed.bytes());
    reply.key("epoch").uint(epoch.0);
    reply.key("awaiting").bytes(&awaiting(operation, &awaited.help));
    reply.key("layout").list();
    layout(&manifest.policy, &operation.layout, reply);
    reply.end().end();
    Ok(())
}

/// Says what of a dispatch is for the sender of a report, and what is for everybody (spec §12).
pub(crate) fn help(
    operation: &mut Operation,
    kept: Option<&[u8]>,
    dispatch: &[u8],
    moment: Moment,
    reply: &mut Reply,
) -> Result<(), Fault> {
    let manifest = &operation.manifest;
    let keys = kept.map_or(Ok(Vec::new()), |kept| keys(operation, kept).ok_or(Fault::new("malformed")))?;
    let before = operation.dispatch.and_then(|newest| newest.checked_sub(1));
    let dispatch = Dispatch::verify(dispatch, manifest.authority(), manifest.operation, before)?;
    // The last one of an epoch is still on the broker for a moment when the next begins.
    if operation.has_heard() && dispatch.epoch < operation.epoch(moment).minus(1) {
        return Err(Fault::new("stale"));
    }
    let alerts = dispatch.alerts(&LaneKey::Everybody(manifest.authority()))?;
    let time = dispatch.time.max(if operation.has_heard() { operation.time(moment) } else { 0 });
    let coming = || keys.iter().filter(|(_, key)| dispatch.says_help(key));
    reply.map();
    reply.key("coming").flag(coming().next().is_some());
    reply.key("roles").list();
    for (role, _) in coming() {
        reply.text(manifest.policy.role(*role).map(|role| role.name.as_str()).unwrap_or_default());
    }
    reply.end();
    reply.key("sequence").uint(dispatch.sequence).key("time").uint(dispatch.time);
    reply.key("alerts").list();
    for alert in alerts.iter().filter(|alert| !alert.is_over(time) && alert.check().is_ok()) {
        reply.map().key("number").uint(alert.number).key("text").text(&alert.text);
        reply.key("from").uint(alert.given).key("until").uint(alert.until).end();
    }
    reply.end().end();
    operation.dispatch = Some(dispatch.sequence);
    Ok(())
}

/// What the sender keeps: the form, the operation, and a key for each role.
fn awaiting(operation: &Operation, help: &[(RoleIndex, HelpKey)]) -> Zeroizing<Vec<u8>> {
    // Room for all, so that no copy of a key is left behind by growing.
    let mut bytes = Zeroizing::new(Vec::with_capacity(32 + 40 * help.len()));
    let mut write = || -> Result<(), minicbor::encode::Error<core::convert::Infallible>> {
        let mut e = Encoder::new(&mut *bytes);
        e.array(3)?.u8(FORM)?.bytes(&operation.manifest.operation.0)?.array(help.len() as u64)?;
        for (role, key) in help {
            e.array(2)?.u8(role.0)?.bytes(key.secret().expose())?;
        }
        Ok(())
    };
    // Writing to memory cannot fail.
    let _ = write();
    bytes
}

fn keys(operation: &Operation, kept: &[u8]) -> Option<Vec<(RoleIndex, HelpKey)>> {
    let mut d = Decoder::new(kept);
    let head = d.array().ok()? == Some(3) && d.u8().ok()? == FORM;
    if !head || d.bytes().ok()? != operation.manifest.operation.0 {
        return None;
    }
    let count = d.array().ok()??;
    let mut keys = Vec::new();
    for _ in 0..count {
        let pair = d.array().ok()? == Some(2);
        let role = RoleIndex(d.u8().ok().filter(|_| pair)?);
        keys.push((role, HelpKey::new(Secret::new(d.bytes().ok()?.try_into().ok()?))));
    }
    (d.position() == kept.len()).then_some(keys)
}

/// What stands where in a message.
fn layout(policy: &Policy, layout: &Layout, reply: &mut Reply) {
    let mut piece = |from: usize, to: usize, what: &str, role: Option<&str>| {
        reply.map().key("from").count(from).key("to").count(to).key("what").text(what);
        if let Some(role) = role {
            reply.key("role").text(role);
        }
        reply.end();
    };
    piece(0, MESSAGE_ID_LEN, "message-id", None);
    for (index, role) in policy.role_indices() {
        let Some(part) = layout.walk_in_part(index) else { continue };
        let (key, tag) = (part.start + layout.suite().enc_len(), part.end - TAG_LEN);
        piece(part.start, key, "encapsulated-key", Some(&role.name));
        piece(key, key + HEADER_LEN, "header", Some(&role.name));
        piece(key + HEADER_LEN, tag, "body", Some(&role.name));
        piece(tag, part.end, "tag", Some(&role.name));
    }
    if let Some(part) = layout.sealed_custody(Mode::WalkIn) {
        piece(part.start, part.end, "custody", None);
    }
}
