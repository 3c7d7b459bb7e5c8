//! Cowl's own files: recognised, and described without anything secret.

use cowl::{client::Topics, dangerous::FernetKey, keyring::state_path};
use cowl_core::{
    Authority, Beacon, Credential, DeviceKeyring, Epoch, Member, ResponderKeyring, SignedManifest, rfc3339,
};
use serde_json::{Value, json};

use super::{
    Known,
    input::{Input, exists},
    page::Page,
};

/// What a redb database begins with: a state file.
const DATABASE: &[u8] = b"redb\x1a\x0a\xa9\x0d\x0a";
/// What a credential begins with.
const CREDENTIAL: &[u8] = b"cowl credential ";
/// What stands in front of a beacon's CBOR: signature and length (spec §6.2).
const BEACON_HEAD: usize = 64 + 4;

/// Describes a file of Cowl. Says whether it is one.
pub(super) fn describe(input: &Input, known: &Known, page: &mut Page) -> bool {
    input.readings().any(|bytes| {
        credential(bytes, input, page)
            || manifest(bytes, known, page)
            || beacon(bytes, known, page)
            || state(bytes, page)
            || fernet_key(bytes, page)
    })
}

/// The key that stands in front of a manifest: whose it says it is.
pub(super) fn own_authority(manifest: &[u8]) -> Option<Authority> {
    manifest.first_chunk::<32>().copied().map(Authority)
}

fn credential(bytes: &[u8], input: &Input, page: &mut Page) -> bool {
    let Some(bytes) = cowl::files::body(bytes) else {
        page.section("file", "A file of keys");
        page.entry("problem", "its checksum does not fit: it is damaged");
        return true;
    };
    if !bytes.starts_with(CREDENTIAL) {
        return false;
    }
    page.section("file", "A credential: secret, whoever has a copy is that member");
    let credential = match Credential::from_bytes(bytes) {
        Ok(credential) => credential,
        Err(error) => {
            page.entry("problem", error.to_string());
            return true;
        }
    };
    let manifest = &credential.manifest;
    let (kind, epochs) = match &credential.member {
        Member::Device(keyring) => ("device", keyring.range()),
        Member::Gateway(keyrings) => ("gateway", keyrings.first().and_then(DeviceKeyring::range)),
        Member::Relay { relay, .. } => ("relay", relay.range()),
        Member::Responder(keyrings) => ("responder", keyrings.first().and_then(ResponderKeyring::range)),
    };
    page.entry("kind", kind);
    match &credential.member {
        Member::Device(_) | Member::Relay { .. } => {}
        Member::Gateway(keyrings) => page.entry("identities", keyrings.len()),
        Member::Responder(keyrings) => {
            let roles = keyrings.iter().filter_map(|keyring| manifest.policy.role(keyring.role));
            page.entry("roles", roles.map(|role| role.name.clone()).collect::<Vec<_>>());
        }
    }
    page.entry("login", credential.login.user.clone());
    match epochs {
        None => page.entry("keys", "none left"),
        Some((first, last)) => {
            page.entry("keys", format!("epochs {} to {}: {}", first.0, last.0, span(manifest, first, last)));
        }
    }
    if let Some(path) = input.path() {
        let state = state_path(path);
        page.entry(
            "state beside it",
            if exists(&state) { "yes" } else { "no: it counts as restored from a copy" },
        );
    }
    page.entry("keys of a dangerous preset", credential.dangerous.is_some());
    of_operation(manifest, page);
    true
}

fn manifest(bytes: &[u8], known: &Known, page: &mut Page) -> bool {
    let Some(authority) = own_authority(bytes) else { return false };
    let Ok(manifest) = SignedManifest::verify(bytes, authority) else { return false };
    page.section("file", "A manifest: public, signed by the key that stands in it");
    match known.manifest() {
        None => page.entry("trust", "compare the authority's fingerprint with one that came another way"),
        Some(trusted) => page.entry(
            "trust",
            match trusted.succeed(bytes) {
                Ok(next) if next.version == trusted.version => "the one that is known".to_owned(),
                Ok(_) => "follows the one that is known".to_owned(),
                Err(error) => format!("refused: it is {error}"),
            },
        ),
    }
    of_operation(&manifest, page);
    let layout = manifest.layout();
    page.entry(
        "message sizes",
        format!("{} enrolled, {} walk-in", layout.enrolled_len(), layout.walk_in_len()),
    );
    page.entry("expires after epoch", manifest.expires.0);
    let epochs: Vec<_> = manifest.walk_in.range().collect();
    if let (Some(first), Some(last)) = (epochs.first(), epochs.last()) {
        let text = format!("epochs {} to {}: {}", first.0, last.0, span(&manifest, *first, *last));
        page.entry("walk-in keys", text);
    }
    page.entry("mailbox", Topics::of(&manifest).mailbox());
    let roles = manifest.policy.roles.iter().map(|role| {
        let reads = role.reads.iter().filter_map(|read| manifest.policy.field(read.field));
        let reads: Vec<_> = reads.map(|field| field.name.clone()).collect();
        json!({"role": role.name, "part bytes": role.size, "reads": (!reads.is_empty()).then_some(reads), "purpose": role.purpose})
    });
    page.entry("roles", roles.collect::<Vec<Value>>());
    true
}

fn beacon(bytes: &[u8], known: &Known, page: &mut Page) -> bool {
    let verified = known
        .manifest()
        .map(|manifest| Beacon::verify(bytes, manifest.authority(), manifest.operation, None));
    let (beacon, signature) = match verified {
        Some(Ok(beacon)) => (beacon, "the operation's authority"),
        other => {
            let Some(beacon) = unverified(bytes) else { return false };
            (
                beacon,
                if other.is_some() {
                    "not the authority that is known: a forgery, or of another operation"
                } else {
                    "not verified: --manifest or --credential says by whom it should be"
                },
            )
        }
    };
    page.section("file", "A beacon: public, but for its counts");
    page.entry("signed by", signature);
    page.entry("operation", beacon.operation.to_string());
    page.entry("number", beacon.sequence);
    page.entry("epoch", beacon.epoch.0);
    page.entry("seconds into it", beacon.into_epoch);
    page.entry("newest manifest", beacon.manifest);
    let keyring = match known.credential.as_ref().map(|credential| &credential.member) {
        Some(Member::Device(keyring)) => Some(keyring),
        Some(Member::Gateway(keyrings) | Member::Relay { identities: keyrings, .. }) => keyrings.first(),
        _ => None,
    };
    let key = keyring.and_then(|keyring| keyring.beacon_key(beacon.epoch));
    let news = key.map(|key| beacon.news(key));
    page.entry(
        "counts",
        match &news {
            None => "sealed to enrolled devices".to_owned(),
            Some(Ok(news)) => {
                format!("opened: {} zones with enough people reporting", news.counts.entries().len())
            }
            Some(Err(error)) => error.to_string(),
        },
    );
    if let Some(Ok(news)) = news
        && !news.clones.is_empty()
    {
        page.entry("in use twice", format!("{} devices, known each to itself", news.clones.len()));
    }
    true
}

/// The form of a beacon, whoever signed it.
fn unverified(bytes: &[u8]) -> Option<Beacon> {
    let (head, rest) = bytes.split_at_checked(BEACON_HEAD)?;
    let length = u32::from_be_bytes(*head.last_chunk()?);
    let (content, padding) = rest.split_at_checked(usize::try_from(length).ok()?)?;
    let beacon = minicbor::decode(content).ok()?;
    padding.iter().all(|byte| *byte == 0).then_some(beacon)
}

fn state(bytes: &[u8], page: &mut Page) -> bool {
    if !bytes.starts_with(DATABASE) {
        return false;
    }
    page.section("file", "A state file: a redb database, as Cowl keeps beside each credential");
    page.entry("holds", "a sender's used numbers, or which reports a reader has seen; no key and no report");
    page.entry(
        "belongs",
        "to one machine, and to no backup: a copy that is put back makes a device use numbers twice",
    );
    true
}

fn fernet_key(bytes: &[u8], page: &mut Page) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let mut lines =
        text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).peekable();
    if lines.peek().is_none()
        || bytes.len() > 4_096
        || !lines.clone().all(|line| FernetKey::parse(line).is_ok())
    {
        return false;
    }
    page.section("file", "Fernet keys, or other 32 bytes in base64: secret if they are keys");
    page.entry("keys", lines.count());
    true
}

fn of_operation(manifest: &SignedManifest, page: &mut Page) {
    page.entry("operation", format!("{} ({})", manifest.policy.name, manifest.operation));
    page.entry("authority", manifest.authority().fingerprint().to_string());
    page.entry("manifest version", manifest.version);
    page.entry("policy version", manifest.policy_version.0);
    page.entry("preset", manifest.preset.name());
}

fn span(manifest: &SignedManifest, first: Epoch, last: Epoch) -> String {
    format!("{} to {}", rfc3339(manifest.calendar.start_of(first)), rfc3339(manifest.calendar.end_of(last)))
}
