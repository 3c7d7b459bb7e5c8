//! What anyone sees, with no key and no knowledge: the attacker's own tools, which know nothing of Cowl.

use cowl_audit::{Field, Precision, Sighting, Source, extract, opaque};
use cowl_core::rfc3339;
use serde_json::{Value, json};

use super::page::Page;

pub(super) fn describe(payload: &[u8], topic: Option<&str>, page: &mut Page) {
    page.section("without_keys", "Without keys");
    let looks = opaque::classify(payload);
    page.entry("looks like", looks.to_string());
    page.entry("format", json!(looks.format));
    page.entry("randomness", json!(looks.randomness));
    page.entry("bits per byte", rounded(looks.bits_per_byte));
    page.entry("random bytes have", rounded(looks.random_bits_per_byte));
    if let Some(seconds) = looks.fernet_seconds {
        page.entry("made at", format!("{}: this time stands in clear in the token", rfc3339(seconds)));
    }
    let sighting = Sighting::new(topic.unwrap_or("").as_bytes(), payload);
    let exposure = extract(&sighting);
    let count = exposure.counts.payload;
    page.entry("exposed", format!("{} exact and {} coarse fields", count.exact, count.coarse));
    let found: Vec<_> = exposure.in_payload().map(field).collect();
    if !found.is_empty() {
        page.entry("readable in it", found);
    }
    if topic.is_some() {
        let around: Vec<_> = exposure.in_metadata().map(field).collect();
        page.entry(
            "readable in the topic",
            if around.is_empty() { json!("nothing") } else { Value::Array(around) },
        );
    }
}

fn field(field: &Field) -> Value {
    json!({
        "what": field.kind.name(),
        "precision": match field.precision { Precision::Exact => "exact", Precision::Coarse => "coarse" },
        "key": field.key,
        "shape": field.example,
        "at": format!("{}..{}", field.span.start, field.span.end),
        "in": match field.source { Source::Payload => None, other => Some(format!("{other:?}").to_lowercase()) },
    })
}

fn rounded(bits: f64) -> Value {
    json!((bits * 1_000.0).round() / 1_000.0)
}
