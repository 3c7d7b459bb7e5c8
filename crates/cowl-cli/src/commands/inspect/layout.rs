//! Where the parts of an operation's message lie: what a manifest alone tells (spec §4.1, §5.1).

use cowl::client::Topics;
use cowl_core::{HEADER_LEN, MESSAGE_ID_LEN, Mode, SignedManifest};
use serde_json::{Value, json};

use super::{input::Input, page::Page};

/// Bytes of a tag, and of what authenticates a part (spec §4.2).
const TAG: usize = 16;
const AUTH: usize = 16;

/// A message of the operation's sizes.
pub(super) struct Message {
    pub(super) bytes: Vec<u8>,
    pub(super) mode: Mode,
}

/// Says what the size means, and gives the message if it is one.
pub(super) fn describe(input: &Input, manifest: &SignedManifest, page: &mut Page) -> Option<Message> {
    page.section("operation", format!("In the operation {}", manifest.policy.name));
    let layout = manifest.layout();
    let message = input.readings().find_map(|bytes| {
        let mode = match bytes.len() {
            length if length == layout.enrolled_len() => Mode::Enrolled,
            length if length == layout.walk_in_len() => Mode::WalkIn,
            _ => return None,
        };
        Some(Message { bytes: bytes.to_vec(), mode })
    });
    page.entry("operation", manifest.operation.to_string());
    page.entry(
        "message sizes",
        format!("{} enrolled, {} walk-in", layout.enrolled_len(), layout.walk_in_len()),
    );
    let Some(message) = message else {
        page.entry(
            "this size",
            "of no message of this operation: cut short, of another operation, or something else",
        );
        return None;
    };
    if message.bytes.len() != input.as_given().len() {
        page.entry("decoded from", "hexadecimal");
    }
    match message.mode {
        Mode::Enrolled => enrolled(&message.bytes, manifest, page),
        Mode::WalkIn => walk_in(&message.bytes, manifest, page),
    }
    let shard = manifest.shards().of(&message.bytes);
    let topic = format!("{}/{shard:02x}", Topics::of(manifest).mailbox());
    page.entry("shard", format!("{shard} of {}: topic {topic}", manifest.shards().count()));
    Some(message)
}

fn enrolled(bytes: &[u8], manifest: &SignedManifest, page: &mut Page) {
    page.entry("this size", "of an enrolled device's message; any bytes of this length would be");
    let layout = manifest.layout();
    let parts = manifest.policy.role_indices().filter_map(|(role, rules)| {
        let part = layout.enrolled_part(role)?;
        let (sealed, auth) = (part.start + TAG, part.end - AUTH);
        Some(json!({
            "role": rules.name,
            "bytes": format!("{}..{}", part.start, part.end),
            "tag": hex::encode(bytes.get(part.start..sealed)?),
            "sealed": format!("{sealed}..{auth} (header {HEADER_LEN}, body and padding {})", rules.size),
            "auth": hex::encode(bytes.get(auth..part.end)?),
        }))
    });
    page.entry("parts", parts.collect::<Vec<_>>());
    if layout.custody_len() > 0 {
        page.entry("custody part", format!("the last {} bytes", layout.custody_len()));
    }
}

fn walk_in(bytes: &[u8], manifest: &SignedManifest, page: &mut Page) {
    page.entry("this size", "of a walk-in's message; any bytes of this length would be");
    let layout = manifest.layout();
    let id = bytes.get(..MESSAGE_ID_LEN).unwrap_or_default();
    page.entry("message id", hex::encode(id));
    if let [.., mask, last] = id {
        // spec §5.3
        let hint = mask ^ last;
        page.entry(
            "hint",
            format!(
                "sealed for an epoch that is {} and a policy version that is {}, modulo 16",
                hint >> 4,
                hint & 15
            ),
        );
    }
    let encapsulated = layout.suite().enc_len();
    let parts = manifest.policy.role_indices().filter_map(|(role, rules)| {
        let part = layout.walk_in_part(role)?;
        let (sealed, auth) = (part.start + encapsulated, part.end - AUTH);
        Some(json!({
            "role": rules.name,
            "bytes": format!("{}..{}", part.start, part.end),
            "key": format!("{}..{sealed} ({:?})", part.start, layout.suite()),
            "sealed": format!("{sealed}..{auth} (header {HEADER_LEN}, body and padding {})", rules.size),
            "auth": hex::encode(bytes.get(auth..part.end)?),
        }))
    });
    page.entry("parts", parts.collect::<Vec<Value>>());
}
