//! Every stage back, with a credential: tag, seal, header, body, fields.

use cowl::formats;
use cowl_core::{
    Body, Credential, Decimal, ErasureHandle, FieldIndex, Member, Mode, Opened, Policy, ResponderKeyring,
    RoleIndex, Sender, SignedManifest,
    policy::{FieldKind, Precision, RoleKind},
    rfc3339,
};
use serde_json::{Value, json};

use super::{
    layout::Message,
    locate::{self, Located},
    page::Page,
};
use crate::{exit::Exit, failure::Failure};

pub(super) fn describe(
    message: &Message,
    credential: &Credential,
    role: Option<&str>,
    depth: u16,
    page: &mut Page,
) -> Result<(), Failure> {
    let manifest = &credential.manifest;
    let keyrings = match &credential.member {
        Member::Responder(keyrings) => chosen(manifest, keyrings, role)?,
        Member::Device(_) | Member::Gateway(_) | Member::Relay { .. } => {
            page.section("opened", "With the keys of this credential");
            page.entry("result", "a device's keys open nothing here, by design: they seal its own reports, and only responders of a role open parts");
            return Ok(());
        }
    };
    for keyring in keyrings {
        let name = manifest.policy.role(keyring.role).map_or("", |role| role.name.as_str());
        page.section("opened", format!("As {name}"));
        page.entry("role", name);
        let located = match message.mode {
            Mode::Enrolled => locate::enrolled(&message.bytes, manifest, keyring, depth),
            Mode::WalkIn => locate::walk_in(&message.bytes, manifest, keyring),
        };
        match located {
            Located::Opened { part, counter } => opened(&part, counter, keyring.role, manifest, page),
            Located::Altered(epoch) => {
                page.entry("result", "altered: the tag is that of a device, and its part does not authenticate (changed on the way, or put together from several messages)");
                page.entry("epoch", epoch.0);
            }
            Located::Unknown { epochs } => page.entry(
                "result",
                format!("not opened: no device has this tag among its first {depth} numbers of {epochs} epochs (another operation, keys that were deleted, junk; --depth tries more)"),
            ),
            Located::Refused(reason) => page.entry("result", format!("not opened: {reason}")),
        }
    }
    Ok(())
}

fn chosen<'a>(
    manifest: &SignedManifest,
    keyrings: &'a [ResponderKeyring],
    role: Option<&str>,
) -> Result<Vec<&'a ResponderKeyring>, Failure> {
    let Some(name) = role else { return Ok(keyrings.iter().collect()) };
    let index = manifest.policy.role_index(name);
    match keyrings.iter().find(|keyring| Some(keyring.role) == index) {
        Some(keyring) => Ok(vec![keyring]),
        None => Err(Failure::new(Exit::Keys, format!("this credential does not read role {name}"))),
    }
}

fn opened(part: &Opened, counter: Option<u32>, role: RoleIndex, manifest: &SignedManifest, page: &mut Page) {
    let Opened { header, epoch, sender, body, custody: _, help: _ } = part;
    page.entry("result", "opened: the part is authentic and belongs to this message");
    let (begin, end) = (manifest.calendar.start_of(*epoch), manifest.calendar.end_of(*epoch));
    page.entry("epoch", epoch.0);
    page.entry("which lasts", format!("{} to {}", rfc3339(begin), rfc3339(end)));
    match sender {
        Sender::Enrolled { pseudonym, .. } => {
            page.entry("from", pseudonym.to_string());
            page.entry("number", counter);
        }
        Sender::WalkIn { .. } => page.entry("from", "walk-in: unverified"),
    }
    page.entry("report", header.report.to_string());
    page.entry("policy version", header.policy.0);
    page.entry("can be withdrawn by code", header.handle != ErasureHandle::NONE);
    if part.is_cover() {
        page.entry("says", "nothing: it is cover, sent so that nobody sees when reports are");
        return;
    }
    page.entry("body", hex::encode(body));
    page.entry("body bytes", body.len());
    if header.policy != manifest.policy_version {
        page.entry(
            "note",
            format!(
                "reduced by policy version {}; read by version {}",
                header.policy.0, manifest.policy_version.0
            ),
        );
    }
    match Body::decode(&manifest.policy, role, body) {
        Ok(read) => page.entry("fields", fields(&manifest.policy, role, &read)),
        Err(error) => page.entry("fields", format!("cannot be read: {error}")),
    }
}

fn fields(policy: &Policy, role: RoleIndex, body: &Body) -> Vec<Value> {
    let values = formats::to_json(policy, body);
    body.iter()
        .filter_map(|(index, _)| {
            let field = policy.field(index)?;
            let value = match values.get(&field.name)? {
                Value::Object(members) => Value::String(flat(members)),
                other => other.clone(),
            };
            let unit = match &field.kind {
                FieldKind::Number { unit, .. } if !unit.is_empty() => Some(unit.as_str()),
                _ => None,
            };
            Some(json!({
                "name": field.name,
                "value": value,
                "unit": unit,
                "precision": precision(policy, role, index),
                "sensitivity": format!("{:?}", field.sensitivity).to_lowercase(),
            }))
        })
        .collect()
}

fn flat(members: &serde_json::Map<String, Value>) -> String {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    members.values().map(text).collect::<Vec<_>>().join(" ")
}

/// What the policy lets the role have of a field, in words.
fn precision(policy: &Policy, role: RoleIndex, field: FieldIndex) -> String {
    let Some(rules) = policy.role(role) else { return String::new() };
    if rules.kind == RoleKind::Census {
        return "the zone at every level, for counting".to_owned();
    }
    let read = rules.reads.iter().find(|read| read.field == field);
    match read.map(|read| read.precision) {
        None => "not for this role".to_owned(),
        Some(Precision::Exact) => "as reported".to_owned(),
        Some(Precision::Decimals(decimals)) => format!("rounded to {decimals} decimals"),
        Some(Precision::Step { step, decimals }) => {
            format!("rounded to a multiple of {}", Decimal { scaled: step, decimals })
        }
        Some(Precision::Level { level, anonymous }) => {
            let name =
                policy.zones.levels().get(usize::from(level.0)).map_or("", |level| level.name.as_str());
            let crowd = if anonymous {
                format!(", coarser where fewer than {} report", policy.anonymity.k)
            } else {
                String::new()
            };
            format!("zone at level {name}{crowd}")
        }
        Some(Precision::Grain(seconds)) => format!("rounded down to {seconds} s"),
    }
}
