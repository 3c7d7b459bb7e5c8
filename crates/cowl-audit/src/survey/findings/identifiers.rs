//! Identifiers that follow somebody from one connection to the next, or from one pseudonym to the next.

use super::{Leak, MESSAGE_READERS, READERS, Severity, WATCHERS, among};
use crate::convert::float;
use crate::score::Category;
use crate::survey::core::Core;
use crate::survey::report::{Identifier, Report, Survival};
use crate::survey::shape::Shape;
use crate::view::Adversary;

/// Values below which nothing is said of rotating.
const LEAST: u64 = 3;

pub(super) fn find(core: &Core, report: &Report, found: &mut Vec<Leak>) {
    let changing = report.identifiers.iter().find(|row| rotates(row));
    for row in report.identifiers.iter().filter(|row| row.personal && row.distinct > 1 && belongs_to_one(row))
    {
        let rotation = survival(row.survives_rotation);
        if survival(row.survives_reconnect).max(rotation) <= 0.5 {
            continue;
        }
        found.push(match changing {
            Some(changing) => Leak {
                id: "static-among-rotating",
                category: Category::Linking,
                severity: Severity::High,
                what: format!("values stay while the {} changes: the change hides nobody", changing.name),
                place: row.name.clone(),
                seen_by: watchers(row, report),
                evidence: evidence(row),
                advice: "change all identifiers in the same instant, or leave these out",
                count: row.messages,
            },
            None => Leak {
                id: "stable-identifier",
                category: Category::Linking,
                severity: if rotation > 0.5 || row.bits >= 3.0 { Severity::High } else { Severity::Medium },
                what:
                    "values that are one client's own stay, from connection to connection or across rotations"
                        .to_owned(),
                place: row.name.clone(),
                seen_by: watchers(row, report),
                evidence: evidence(row),
                advice: advice(row),
                count: row.messages,
            },
        });
    }
    if core.is_subscription() {
        subscriber(report, found);
    }
    let mac: u64 =
        report.client_id_shapes.iter().filter(|(shape, _)| *shape == Shape::HoldsMac).map(|(_, n)| *n).sum();
    if mac > 0 {
        found.push(Leak {
            id: "client-id-holds-mac",
            category: Category::Identifying,
            severity: Severity::High,
            what: "client ids hold the device's hardware address, for life and in every network".to_owned(),
            place: "client id".to_owned(),
            seen_by: among(&READERS, report),
            evidence: format!("{mac} client ids"),
            advice: "a random client id for each connection, or an empty one",
            count: mac,
        });
    }
}

/// Whether a sender's own identifier changes with each connection or rotation. Topics change with what is said, and say nothing about that.
fn rotates(row: &Identifier) -> bool {
    let own = matches!(
        row.id.as_str(),
        "client-id" | "user-name" | "source-address" | "will-topic" | "will-payload"
    ) || row.id.starts_with("payload:")
        || row.id.starts_with("property:");
    own && row.personal
        && row.distinct >= LEAST
        && survival(row.survives_reconnect).max(survival(row.survives_rotation)) < 0.1
        && (row.survives_reconnect == Survival::No || row.survives_rotation == Survival::No)
        && row.repeated > 0
}

/// A subscriber sees no connections: values that come back in many messages are what follows people.
fn subscriber(report: &Report, found: &mut Vec<Leak>) {
    for row in report.identifiers.iter().filter(|row| row.id.starts_with("payload:") && row.personal) {
        if row.distinct > 1 && row.repeated * 2 > row.distinct {
            found.push(Leak {
                id: "stable-identifier",
                category: Category::Linking,
                severity: Severity::High,
                what: "values that are one client's own come back from message to message".to_owned(),
                place: row.name.clone(),
                seen_by: vec![Adversary::Subscriber],
                evidence: evidence(row),
                advice: advice(row),
                count: row.messages,
            });
        }
    }
}

/// Not more than a tenth of its values stand for several clients at once.
fn belongs_to_one(row: &Identifier) -> bool {
    row.shared * 10 <= row.distinct
}

fn survival(survival: Survival) -> f64 {
    match survival {
        Survival::Yes { values, of } => float(values) / float(of.max(1)),
        Survival::Unknown | Survival::No => 0.0,
    }
}

fn evidence(row: &Identifier) -> String {
    let part = |survival, of_what| match survival {
        Survival::Yes { values, of } => format!(", {values} of {of} {of_what}"),
        Survival::Unknown | Survival::No => String::new(),
    };
    format!(
        "{}{} values, {:.1} bits{}{}",
        if row.at_least { "at least " } else { "" },
        row.distinct,
        row.bits,
        part(row.survives_reconnect, "on a later connection again"),
        part(row.survives_rotation, "on both sides of a rotation")
    )
}

fn watchers(row: &Identifier, report: &Report) -> Vec<Adversary> {
    match row.id.as_str() {
        "source-address" | "tls-fingerprint" => WATCHERS.to_vec(),
        id if id.starts_with("topic") || id.starts_with("payload") || id.starts_with("property") => {
            among(&MESSAGE_READERS, report)
        }
        _ => among(&READERS, report),
    }
}

fn advice(row: &Identifier) -> &'static str {
    match row.id.as_str() {
        "source-address" => "a relay or gateway between the clients and the broker",
        "client-id" => "a random client id for each connection, or an empty one",
        "user-name" | "password" => "logins that many share for a time",
        "will-topic" | "will-payload" => "no will, or the same for all",
        "subscriptions" => "the same subscriptions for all, or mailboxes whose names change",
        id if id.starts_with("topic") => "topics that many share, or whose names are keyed and change",
        id if id.starts_with("property") => "no user properties",
        _ => "a pseudonym that changes with every message or epoch, inside the sealed payload",
    }
}
