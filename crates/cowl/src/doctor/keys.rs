//! How long what was given out still lasts: keys, the manifest, invitations, certificates.

use std::path::Path;

use cowl_core::{Credential, DeviceKeyring, Epoch, Member, ResponderKeyring, SignedManifest};

use super::{
    certificate,
    finding::{Finding, Topic, shell},
    words::{count, date, span},
};
use crate::{
    keyring::StateOfTime,
    operation::{Kind, Operation, Standing, TlsFiles},
};

const DAY: u64 = 86_400;

const WHY_KEYS: &str =
    "without keys of the epoch nothing can be sealed: this device reports nothing any more";
const WHY_RENEW: &str =
    "keys are renewed in band when half of them are used up; so late, something keeps it from the service";
const WHY_MANIFEST: &str =
    "a manifest that ran out is not followed: the operation may long have other keys and another policy";
const WHY_CERTIFICATE: &str = "clients that trust it by `--cafile` do not connect once it has ended";

/// A credential at a time (Unix seconds) that was made sure of.
pub(super) fn of_member(
    path: &Path,
    credential: &Credential,
    state: Option<StateOfTime>,
    time: u64,
) -> Vec<Finding> {
    let manifest = &credential.manifest;
    let renew = format!("cowl renew {} -h BROKER", shell(path));
    let mut findings = Vec::new();
    match &credential.member {
        Member::Device(keyring) => findings.push(sender(&[keyring], credential, time, &renew)),
        Member::Gateway(keyrings) | Member::Relay { identities: keyrings, .. } => {
            findings.push(sender(&keyrings.iter().collect::<Vec<_>>(), credential, time, &renew));
        }
        Member::Responder(keyrings) => findings.push(responder(keyrings, manifest, time, path)),
    }
    findings.push(manifest_lasts(manifest, time, &renew));
    if credential.membership.is_none() || manifest.service.is_none() {
        findings.push(Topic::Keys.notice(
            "it cannot be renewed in band",
            "it was made before there was renewal, or its operation has no service for it: when its keys end, so does it",
            "cowl enrol OPS NAME …    (on the authority's machine, before then)",
        ));
    }
    if manifest.generation() > credential.generation {
        findings.push(Topic::Keys.warning(
            "all keys of the operation were changed, and this credential holds those of before",
            "what it seals with them opens nowhere from the change on",
            renew,
        ));
    }
    if let Some(state) = state {
        findings.extend(told(state, path));
    }
    findings
}

/// What the state was told by beacons.
fn told(state: StateOfTime, path: &Path) -> Vec<Finding> {
    let mut findings = Vec::new();
    if state.cloned {
        findings.push(Topic::Keys.problem(
            "the credential is in use on a second machine",
            "two that count with the same keys give each other's reports away, so neither sends any more",
            format!(
                "cowl revoke OPS NAME    (by the authority; then enrol both anew, and delete {})",
                shell(path)
            ),
        ));
    }
    if state.restored {
        findings.push(Topic::Keys.notice(
            "it was restored or copied: it reports as somebody not enrolled until the epoch after the next beacon",
            "which of its counters are used is not known, and none may be used twice",
            "nothing is to be done    (it hears one as soon as it is connected)",
        ));
    }
    if !state.heard {
        findings.push(Topic::Keys.notice(
            "it has heard no beacon yet",
            "until it does it goes by the epoch of its enrolment, and does not know where enough people report",
            "nothing is to be done    (it hears one as soon as it is connected)",
        ));
    }
    findings
}

fn sender(keyrings: &[&DeviceKeyring], credential: &Credential, time: u64, renew: &str) -> Finding {
    let calendar = &credential.manifest.calendar;
    let last = keyrings.iter().map(|keyring| keyring.range().map(|(_, last)| last)).min().flatten();
    let Some(last) = last else {
        return Topic::Keys.problem("there are no keys left", WHY_KEYS, renew);
    };
    let end = calendar.end_of(last);
    let whole = u64::from(calendar.length) * u64::from(credential.manifest.policy.keys_ahead);
    let left = end.saturating_sub(time);
    let epochs = left / u64::from(calendar.length.max(1));
    let until = format!("until {}: {}, {epochs} epochs", date(end), span(left));
    match left {
        0 => Topic::Keys.problem(format!("its keys ended {}", date(end)), WHY_KEYS, renew),
        left if left < whole / 4 => {
            Topic::Keys.warning(format!("it has keys only {until}"), WHY_RENEW, renew)
        }
        _ => Topic::Keys.ok(format!("it has keys {until}"), WHY_KEYS),
    }
}

fn responder(keyrings: &[ResponderKeyring], manifest: &SignedManifest, time: u64, path: &Path) -> Finding {
    const WHY: &str = "a responder gets the keys of each epoch by a bundle of `cowl serve`, and hears by it who was revoked";
    let listen = format!(
        "cowl sub --credential {} -h BROKER    (and on the authority's machine: cowl serve OPS)",
        shell(path)
    );
    if keyrings.iter().any(|keyring| !keyring.is_chained()) {
        return Topic::Keys.warning(
            "it is from before there were bundles: it hears of no revocation",
            WHY,
            "cowl enrol OPS NAME --responder …    (on the authority's machine)",
        );
    }
    let now = manifest.calendar.epoch_at(time);
    let newest = keyrings.iter().map(|keyring| keyring.range().map(|(_, last)| last)).min().flatten();
    match newest {
        Some(newest) if newest >= now => {
            Topic::Keys.ok(format!("it reads reports of now, epoch {} and before", newest.0), WHY)
        }
        Some(newest) => {
            let behind = now.0 - newest.0;
            let since = manifest.calendar.end_of(newest);
            let what = format!("it got no bundle since {}: {behind} epochs are missing", date(since));
            if behind > 4 {
                Topic::Keys.warning(what, WHY, listen)
            } else {
                Topic::Keys.notice(what, WHY, listen)
            }
        }
        None => Topic::Keys.warning("it holds no keys to read with", WHY, listen),
    }
}

fn manifest_lasts(manifest: &SignedManifest, time: u64, remedy: &str) -> Finding {
    let end = manifest.calendar.end_of(manifest.expires);
    let left = end.saturating_sub(time);
    let whole = u64::from(manifest.calendar.length) * u64::from(manifest.policy.keys_ahead);
    let what = format!("the manifest, version {}, holds until {}", manifest.version, date(end));
    match left {
        0 => Topic::Keys.problem(format!("the manifest ended {}", date(end)), WHY_MANIFEST, remedy),
        left if left < whole / 4 => {
            Topic::Keys.warning(format!("{what}: {}", span(left)), WHY_MANIFEST, remedy)
        }
        _ => Topic::Keys.ok(what, WHY_MANIFEST),
    }
}

/// An operation at a time (Unix seconds). Members are counted, never named.
pub(super) fn of_operation(operation: &Operation, time: u64) -> Vec<Finding> {
    let (manifest, folder) = (operation.manifest(), shell(operation.folder()));
    let serve = format!("cowl serve {folder} -h BROKER");
    let mut findings = vec![manifest_lasts(manifest, time, &serve), service(operation, time, &serve)];
    if manifest.service.is_none() {
        findings.push(Topic::Keys.warning(
            "the manifest names no service: nobody's keys are renewed in band",
            "each member must be enrolled again when its keys end",
            format!(
                "${{EDITOR:-nano}} {folder}/policy.toml    (write a larger manifest_size; then: {serve})"
            ),
        ));
    }
    findings.extend(members(operation, time));
    findings.extend(certificate_of(&operation.tls(), operation.folder(), time));
    findings
}

/// Whether `cowl serve` is at work: each epoch gets a manifest with keys for those who are not enrolled.
fn service(operation: &Operation, time: u64, serve: &str) -> Finding {
    const WHY: &str = "`cowl serve` gives out keys, counts and revocations; while it rests, members go on with what they have";
    let manifest = operation.manifest();
    let last = manifest.walk_in.range().last().unwrap_or(manifest.walk_in.first);
    let (now, end) = (manifest.calendar.epoch_at(time), manifest.calendar.end_of(last));
    if last < now {
        let what = format!(
            "`cowl serve` has not run since {}",
            date(manifest.calendar.end_of(manifest.walk_in.first))
        );
        return Topic::Keys.warning(
            format!("{what}, and people who are not enrolled have no keys any more"),
            WHY,
            serve,
        );
    }
    let rests = now.0.saturating_sub(manifest.walk_in.first.0);
    if rests > 1 {
        return Topic::Keys.notice(format!("`cowl serve` has not run for {rests} epochs"), WHY, serve);
    }
    Topic::Keys.ok(format!("people who are not enrolled have keys until {}", date(end)), WHY)
}

fn members(operation: &Operation, time: u64) -> Vec<Finding> {
    let (manifest, folder) = (operation.manifest(), shell(operation.folder()));
    let list = format!("cowl members {folder}");
    let whole = u64::from(manifest.calendar.length) * u64::from(manifest.policy.keys_ahead);
    let all = operation.register().members();
    let is_sender = |kind: Kind| kind != Kind::Responder;
    let (mut pending, mut lapsed, mut ended, mut late, mut senders) = (0, 0, 0, 0, 0);
    for member in all {
        match member.standing {
            Standing::Invited { until, .. } if until > time => pending += 1,
            Standing::Invited { .. } => lapsed += 1,
            Standing::Member if is_sender(member.kind) => {
                senders += 1;
                match manifest.calendar.end_of(Epoch(member.last_epoch)).saturating_sub(time) {
                    0 => ended += 1,
                    left if left < whole / 4 => late += 1,
                    _ => {}
                }
            }
            Standing::Member | Standing::Revoked { .. } => {}
        }
    }
    let mut findings = Vec::new();
    let people = |number| count(number, "member", "members");
    if ended > 0 {
        findings.push(Topic::Keys.warning(
            format!("{} of {senders} who send let their keys run out", people(ended)),
            "they were not heard of for weeks, or cannot reach the service: they report nothing until they renew",
            format!("{list}    (find them; on each: cowl renew CREDENTIAL -h BROKER)"),
        ));
    }
    if late > 0 {
        findings.push(Topic::Keys.warning(
            format!("{} of {senders} who send have less than a quarter of their keys left, and did not renew", people(late)),
            "they renew by themselves when half is left: they were not seen since, or the service does not answer them",
            format!("{list}    (is `cowl serve {folder}` at work?)"),
        ));
    }
    if pending > 0 {
        findings.push(Topic::Keys.notice(
            format!("{} invited and not there yet", count(pending, "machine is", "machines are")),
            "whoever has the ticket can join in its place until it ends",
            list.clone(),
        ));
    }
    if lapsed > 0 {
        findings.push(Topic::Keys.notice(
            format!("{} without being used", count(lapsed, "ticket ended", "tickets ended")),
            "somebody who should report or read never came",
            format!("{list}    (to ask again: cowl enrol {folder} NAME … --ticket)"),
        ));
    }
    let twice = operation.register().clones().len();
    if twice > 0 {
        findings.push(Topic::Keys.warning(
            format!("{} seen to send from two machines", count(twice, "identity was", "identities were")),
            "a credential was copied: neither copy sends any more",
            format!("{list}    (then: cowl revoke {folder} NAME, and enrol both anew)"),
        ));
    }
    if findings.is_empty() {
        findings.push(Topic::Keys.ok(format!("{}, and all who send have keys", people(all.len())), WHY_KEYS));
    }
    findings
}

/// The embedded broker's certificate, where there is one.
pub(super) fn certificate_of(tls: &TlsFiles, folder: &Path, time: u64) -> Option<Finding> {
    let pem = crate::files::read(&tls.certificate, 1 << 20).ok()?;
    let again = format!(
        "mv {0}/tls {0}/tls.old && cowl broker {0}    (clients then need the new tls/ca.pem)",
        shell(folder)
    );
    let Some(valid) = certificate::of_pem(&pem) else {
        return Some(Topic::Keys.problem("the broker's certificate cannot be read", WHY_CERTIFICATE, again));
    };
    Some(lasts("the broker's certificate", valid, time, again))
}

/// A certificate's time.
pub(super) fn lasts(name: &str, valid: certificate::Validity, time: u64, remedy: String) -> Finding {
    let until = date(valid.until);
    if time < valid.from {
        let what = format!("{name} begins to hold only {}", date(valid.from));
        return Topic::Keys.problem(
            what,
            WHY_CERTIFICATE,
            "sudo date -u -s 'YYYY-MM-DD HH:MM'    (is the clock right?)",
        );
    }
    match valid.until.saturating_sub(time) {
        0 => Topic::Keys.problem(format!("{name} ended {until}"), WHY_CERTIFICATE, remedy),
        left if left < 30 * DAY => {
            Topic::Keys.warning(format!("{name} ends {until}, in {}", span(left)), WHY_CERTIFICATE, remedy)
        }
        _ => Topic::Keys.ok(format!("{name} holds until {until}"), WHY_CERTIFICATE),
    }
}

#[cfg(test)]
#[path = "keys_tests.rs"]
mod tests;
