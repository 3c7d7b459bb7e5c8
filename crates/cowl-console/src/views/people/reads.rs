//! Who could read what, when: what the policy lets each role read, and from when to when each member had its keys.

use axum::{Router, body::Body, extract::State, http::Response, routing::get};
use cowl::{
    consent::{Messages, precision_words},
    operation::{Kind, Operation, Standing},
};
use cowl_core::{Epoch, policy::RoleKind};
use maud::{Markup, html};

use super::{failed, page};
use crate::{desk, layout, session::Authority, shared::Shared, words::Words};

pub(super) fn routes() -> Router<Shared> {
    Router::new().route("/people/reads", get(show))
}

/// A role, and who has or had its keys.
#[derive(Debug)]
struct Reads {
    role: String,
    purpose: String,
    is_census: bool,
    kept_seconds: u64,
    fields: Vec<(String, String)>,
    readers: Vec<Reader>,
}

/// Somebody who could read.
#[derive(Debug)]
struct Reader {
    name: String,
    from: u64,
    /// Until when; `None`: now.
    until: Option<u64>,
}

/// What is sealed to custodians.
#[derive(Debug)]
struct Custody {
    threshold: u8,
    custodians: u8,
    fields: Vec<(String, String)>,
}

async fn show(State(shared): State<Shared>, Authority(session): Authority) -> Response<Body> {
    let language = session.language;
    let done = desk::work(&shared, move |desk| {
        let messages = Messages::of(language);
        let policy = &desk.operation.manifest().policy;
        let roles = policy.roles.iter().map(|role| Reads {
            role: role.name.clone(),
            purpose: role.purpose.clone(),
            is_census: role.kind == RoleKind::Census,
            kept_seconds: role.retention_seconds.into(),
            fields: fields(&desk.operation, &messages, &role.reads),
            readers: readers(&desk.operation, &role.name),
        });
        let custody = policy.custody.as_ref().map(|custody| Custody {
            threshold: custody.threshold,
            custodians: custody.custodians,
            fields: fields(&desk.operation, &messages, &custody.reads),
        });
        let manifest = desk.operation.manifest();
        Ok((roles.collect::<Vec<_>>(), custody, manifest.policy_version.0, manifest.version))
    });
    let (roles, custody, policy, manifest) = match done.await {
        Ok(done) => done,
        Err(error) => return failed(&session, &error),
    };
    let words = session.words();
    let body = html! {
        p { (words.with("people-reads-policy", &[("policy", u64::from(policy).into()), ("manifest", u64::from(manifest).into())])) }
        p { (words.say("people-reads-how")) }
        @for role in &roles { (section(words, role)) }
        @if let Some(custody) = &custody {
            h2 { (words.say("people-reads-custody")) }
            p {
                (words.with("people-reads-custody-how", &[
                    ("m", u64::from(custody.threshold).into()), ("n", u64::from(custody.custodians).into()),
                ]))
            }
            (field_table(words, &custody.fields))
        }
        p { (words.say("people-reads-nobody")) }
    };
    page(&session, "people-reads", body)
}

fn section(words: &Words, role: &Reads) -> Markup {
    let kept = duration(words, role.kept_seconds);
    html! {
        section aria-label=(role.role) {
            h2 { bdi { (role.role) } }
            p { bdi { (role.purpose) } }
            p { (words.with("people-reads-kept", &[("time", kept.into())])) }
            @if role.is_census {
                p { (words.say("people-reads-census")) }
            } @else {
                (field_table(words, &role.fields))
            }
            @if role.readers.is_empty() {
                p { (words.say("people-reads-no-reader")) }
            } @else {
                div .scroll tabindex="0" role="region" aria-label=(words.say("people-reads-who")) {
                    table {
                        caption { (words.say("people-reads-who")) }
                        thead {
                            tr {
                                th scope="col" { (words.say("people-name")) }
                                th scope="col" { (words.say("people-reads-from")) }
                                th scope="col" { (words.say("people-reads-until")) }
                            }
                        }
                        tbody {
                            @for reader in &role.readers {
                                tr {
                                    th scope="row" { bdi { (reader.name) } }
                                    td { (layout::time(reader.from)) }
                                    td {
                                        @if let Some(until) = reader.until { (layout::time(until)) }
                                        @else { (words.say("people-reads-now")) }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn field_table(words: &Words, fields: &[(String, String)]) -> Markup {
    html! {
        div .scroll tabindex="0" role="region" aria-label=(words.say("people-reads-what")) {
            table {
                caption { (words.say("people-reads-what")) }
                thead {
                    tr { th scope="col" { (words.say("people-reads-field")) } th scope="col" { (words.say("people-reads-precision")) } }
                }
                tbody {
                    @for (name, precision) in fields { tr { th scope="row" { bdi { (name) } } td { (precision) } } }
                }
            }
        }
    }
}

fn fields(
    operation: &Operation,
    messages: &Messages,
    reads: &[cowl_core::policy::Read],
) -> Vec<(String, String)> {
    let policy = &operation.manifest().policy;
    let field = |read: &cowl_core::policy::Read| {
        let name = policy.field(read.field)?.name.clone();
        Some((name, precision_words(policy, messages, read)))
    };
    reads.iter().filter_map(field).collect()
}

fn readers(operation: &Operation, role: &str) -> Vec<Reader> {
    let calendar = operation.manifest().calendar;
    let members = operation.register().members().iter();
    let readers =
        members.filter(|entry| entry.kind == Kind::Responder && entry.roles.iter().any(|own| own == role));
    readers
        .filter(|entry| !entry.standing.is_invited() && (entry.membership.is_some() || entry.last_epoch > 0))
        .map(|entry| Reader {
            name: entry.name.clone(),
            from: calendar.start_of(Epoch(entry.first_epoch)),
            until: match entry.standing {
                Standing::Revoked { from_epoch, .. } => Some(calendar.start_of(Epoch(from_epoch))),
                // Before there were bundles, keys were handed out once.
                _ if entry.membership.is_none() => Some(calendar.start_of(Epoch(entry.last_epoch).plus(1))),
                _ => None,
            },
        })
        .collect()
}

/// In the largest unit that it is a whole number of.
fn duration(words: &Words, seconds: u64) -> String {
    let units = [("frame-days", 86_400), ("frame-hours", 3_600), ("frame-minutes", 60)];
    let whole = units.into_iter().find(|(_, length)| seconds > 0 && seconds.is_multiple_of(*length));
    let (id, length) = whole.unwrap_or(("frame-seconds", 1));
    words.with(id, &[("n", (seconds / length).into())])
}
