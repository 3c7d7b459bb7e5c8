//! What the page is told of the operation, made from its manifest: once for each manifest, and for each language.

use std::collections::BTreeMap;

use bytes::Bytes;
use cowl::consent::{Language, Messages, Notice, own_words, precision_words};
use cowl_core::{
    FieldIndex, LevelIndex, Login, SignedManifest, System, Zone, ZoneExtent, ZoneLabel,
    policy::{FieldKind, Policy, RoleKind, Source},
};
use serde_json::{Map, Value, json};

use super::{
    files::{BYTES, File, JSON},
    words,
};

/// Points tried in a zone whose middle lies outside, in each direction.
const TRIES: u32 = 24;

/// All documents that follow from a manifest, by path and, where there are several, language.
pub(super) fn of(manifest: &SignedManifest, walk_in: &Login) -> BTreeMap<String, File> {
    let mut documents = BTreeMap::new();
    let mut put = |path: String, value: &Value| {
        documents.insert(path, File::new(JSON, Bytes::from(value.to_string())));
    };
    put("/op/page.json".into(), &page(manifest, walk_in));
    put("/op/zones.json".into(), &zones(manifest));
    for language in Language::ALL {
        put(format!("/op/words?lang={}", language.tag()), &words::json(language));
        put(format!("/op/notice?lang={}", language.tag()), &notice(manifest, language));
    }
    documents.insert("/op/manifest".into(), File::new(BYTES, Bytes::copy_from_slice(manifest.bytes())));
    documents
}

/// What does not stand in the manifest: the login, and what the page has words for.
fn page(manifest: &SignedManifest, walk_in: &Login) -> Value {
    let languages = Language::ALL.map(|language| {
        json!({ "tag": language.tag(), "name": words::own_name(language), "dir": words::direction(language) })
    });
    json!({
        "name": manifest.policy.name,
        "login": { "user": walk_in.user, "password": walk_in.password },
        "keepAlive": manifest.policy.transport.keep_alive_seconds,
        "beaconSeconds": manifest.policy.beacon_seconds,
        // Phones wait at random before each report, urgent or not.
        "delay": manifest.policy.traffic.phone_delay_seconds,
        "languages": languages,
    })
}

/// The notice as the authority signed it, and the policy's own words in this language.
fn notice(manifest: &SignedManifest, language: Language) -> Value {
    let policy = &manifest.policy;
    let (notice, messages) = (Notice::of(manifest, language), Messages::of(language));
    let own = |text: &str| own_words(text, policy, &messages);
    let fields = (0_u8..).map(FieldIndex).zip(&policy.fields).map(|(index, field)| {
        let told = json!({
            "label": own(&field.name),
            "purpose": own(&field.purpose),
            "basis": own(&field.basis),
            "choice": policy.is_choice(index),
            // What only a message's topic or clock can say is no question.
            "asked": field.from.iter().any(|input| input.sources().any(is_asked)) && field.kind != FieldKind::Time,
        });
        (field.name.clone(), told)
    });
    let roles = policy.roles.iter().map(|role| {
        let kept = messages.duration(role.retention_seconds.into());
        let reads: Map<String, Value> = role
            .reads
            .iter()
            .filter_map(|read| {
                let field = policy.field(read.field)?;
                Some((field.name.clone(), precision_words(policy, &messages, read).into()))
            })
            .collect();
        let told = json!({
            "label": own(&role.name),
            "purpose": own(&role.purpose),
            "kept": messages.with("reader-kept", &[("duration", kept.into())]),
            "kind": if role.kind == RoleKind::Census { "census" } else { "reports" },
            "reads": reads,
        });
        (role.name.clone(), told)
    });
    let contact = policy.notice.as_ref().map(|texts| texts.contact.as_str()).unwrap_or_default();
    let census = policy.census().and_then(|index| policy.role(index)).map(|role| own(&role.name));
    json!({
        "lang": language.tag(),
        "hash": notice.hash().to_string(),
        "confirmed": notice.is_confirmed_by(manifest),
        "contact": if contact.is_empty() { String::new() } else { own(contact) },
        "fields": fields.collect::<Map<_, _>>(),
        "roles": roles.collect::<Map<_, _>>(),
        "census": census,
        "blocks": notice.to_json(),
    })
}

fn is_asked(source: &Source) -> bool {
    matches!(source, Source::Name(_) | Source::Pointer(_))
}

/// The named zones, each with a place inside it.
fn zones(manifest: &SignedManifest) -> Value {
    let policy: &Policy = &manifest.policy;
    let levels = (0_u8..).map(LevelIndex).zip(policy.zones.levels()).filter_map(|(index, level)| {
        let System::Polygons(polygons) = &level.system else { return None };
        let place = |label: ZoneLabel| {
            let zone = Zone { level: index, label };
            let (latitude, longitude) = inside(policy, &policy.zones.extent(&zone)?)?;
            Some(json!({ "name": label.as_str(), "lat": latitude, "lon": longitude }))
        };
        let zones: Vec<Value> =
            polygons.zones().iter().filter_map(|polygon| place(polygon.label())).collect();
        Some(json!({ "name": level.name, "zones": zones }))
    });
    json!({ "levels": levels.collect::<Vec<_>>() })
}

/// A place in a zone: its middle, or else the one of a lattice that is nearest to it.
fn inside(policy: &Policy, extent: &ZoneExtent) -> Option<(f64, f64)> {
    let is_in = |latitude: f64, longitude: f64| {
        let position = cowl_core::Position::new(latitude, longitude).ok()?;
        (policy.zones.locate(position, extent.zone.level) == Some(extent.zone))
            .then_some((latitude, longitude))
    };
    let (north, east) = (extent.centre.latitude(), extent.centre.longitude());
    is_in(north, east).or_else(|| {
        let bounds = &extent.bounds;
        let width = if bounds.west <= bounds.east {
            bounds.east - bounds.west
        } else {
            bounds.east + 360.0 - bounds.west
        };
        let at = |step: u32| (f64::from(step) + 0.5) / f64::from(TRIES);
        let lattice = (0..TRIES).flat_map(|y| (0..TRIES).map(move |x| (y, x)));
        let near = lattice.filter_map(|(y, x)| {
            let latitude = bounds.south + (bounds.north - bounds.south) * at(y);
            let longitude = (bounds.west + width * at(x) + 540.0).rem_euclid(360.0) - 180.0;
            is_in(latitude, longitude)
        });
        near.min_by(|a, b| {
            let far = |place: &(f64, f64)| (place.0 - north).powi(2) + (place.1 - east).powi(2);
            far(a).total_cmp(&far(b))
        })
    })
}

#[cfg(test)]
#[path = "documents_tests.rs"]
mod tests;
