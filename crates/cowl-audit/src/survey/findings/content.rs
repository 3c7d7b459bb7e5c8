//! What can be read: payloads, topics, names, wills, properties.

use std::collections::BTreeMap;

use super::{Leak, MESSAGE_READERS, READERS, Severity, among, percent};
use crate::payload::{Kind, Source};
use crate::score::Category;
use crate::survey::census::share;
use crate::survey::core::Core;
use crate::survey::report::{FieldSeen, Report};

pub(super) fn find(core: &Core, report: &Report, found: &mut Vec<Leak>) {
    let mut sides: BTreeMap<Source, Vec<&FieldSeen>> = BTreeMap::new();
    for field in report.fields.places.iter().filter(|field| field.personal && !field.of_envelope) {
        sides.entry(field.source).or_default().push(field);
    }
    for (source, fields) in &sides {
        side(core, report, *source, fields, found);
    }
    properties(report, found);
    if core.sums.altitudes > 0 {
        found.push(Leak {
            id: "altitude-beside-position",
            category: Category::Identifying,
            severity: Severity::Medium,
            what: "an exact altitude stands beside a blurred position: with a map of heights it gives much of the position back".to_owned(),
            place: "payload".to_owned(),
            seen_by: among(&MESSAGE_READERS, report),
            evidence: format!(
                "{} messages, {} of those with an altitude",
                core.sums.altitudes,
                percent(share(core.sums.altitudes, core.sums.with_altitude))
            ),
            advice: "leave the altitude out, or round it to 100 m and more wherever the position is coarse",
            count: core.sums.altitudes,
        });
    }
    zones(report, found);
    fernet(core, report, found);
    retained(report, found);
}

/// What one side of the messages says of people.
fn side(core: &Core, report: &Report, source: Source, fields: &[&FieldSeen], found: &mut Vec<Leak>) {
    let (id, what, advice): (_, &str, _) = match source {
        Source::Payload => (
            "personal-data-in-payload",
            "payloads say things about people that anybody who gets them can read",
            "seal payloads for the roles that need them, and leave out what none needs",
        ),
        Source::Topic => (
            "personal-data-in-topic",
            "topics say things about people: brokers log topics, and subscribers see them with any payload",
            "topics that say nothing about who, what and where; what routing needs belongs inside the sealed part",
        ),
        Source::ClientId => (
            "personal-data-in-client-id",
            "client ids name devices or people",
            "a random client id for each connection, or an empty one",
        ),
        Source::UserName => (
            "personal-data-in-user-name",
            "user names name people or devices",
            "logins that many share for a time",
        ),
        Source::Will => (
            "will-names",
            "wills name people or devices: the broker keeps a will for the whole connection, and sends it when the client vanishes",
            "no will, or one that says nothing and is the same for all",
        ),
        _ => return,
    };
    let exact: u64 = fields.iter().map(|field| field.exact).sum();
    let names = |field: &&&FieldSeen| {
        matches!(
            field.kind,
            Kind::PersonName
                | Kind::Phone
                | Kind::Email
                | Kind::IpAddress
                | Kind::MacAddress
                | Kind::UserId
                | Kind::DeviceId
                | Kind::Credential
                | Kind::Health
                | Kind::Position
                | Kind::Latitude
                | Kind::Mgrs
                | Kind::H3Cell
                | Kind::Geohash
        ) && field.exact > 0
    };
    let severity = if fields.iter().any(|field| names(&field)) {
        Severity::High
    } else if exact > 0 {
        Severity::Medium
    } else {
        Severity::Low
    };
    let most = fields.iter().map(|field| field.messages).max().unwrap_or(0);
    let of = if matches!(source, Source::Payload | Source::Topic) {
        core.sums.messages
    } else {
        core.sums.connections
    };
    let unit = if matches!(source, Source::Payload | Source::Topic) { "messages" } else { "connections" };
    found.push(Leak {
        id,
        category: if matches!(source, Source::Payload) {
            Category::DataDisclosure
        } else {
            Category::Identifying
        },
        severity,
        what: what.to_owned(),
        place: source.name().to_owned(),
        seen_by: if matches!(source, Source::Payload | Source::Topic | Source::Will) {
            among(&MESSAGE_READERS, report)
        } else {
            among(&READERS, report)
        },
        evidence: format!("{} in up to {} of {unit}", listed(fields), percent(share(most, of))),
        advice,
        count: most,
    });
}

/// The kinds, each once with its first example; at most six.
fn listed(fields: &[&FieldSeen]) -> String {
    let mut kinds: Vec<(Kind, &str, bool)> = Vec::new();
    for field in fields {
        match kinds.iter_mut().find(|(kind, ..)| *kind == field.kind) {
            Some((_, _, exact)) => *exact |= field.exact > 0,
            None => kinds.push((field.kind, &field.example, field.exact > 0)),
        }
    }
    let more = kinds.len().saturating_sub(6);
    let mut parts: Vec<String> = kinds
        .iter()
        .take(6)
        .map(|(kind, example, exact)| format!("{kind} {example}{}", if *exact { "" } else { " (coarse)" }))
        .collect();
    if more > 0 {
        parts.push(format!("{more} more"));
    }
    parts.join(", ")
}

/// A user property is looked at by whether it says something or comes back, whatever its kind.
fn properties(report: &Report, found: &mut Vec<Leak>) {
    for field in report.fields.places.iter().filter(|field| field.source == Source::UserProperty) {
        let name = field.key.as_deref().unwrap_or("");
        let row = report.identifiers.iter().find(|row| row.id == format!("property:{name}"));
        let comes_back = row.is_some_and(|row| row.repeated > 0 && row.distinct > 1);
        if !field.personal && !comes_back {
            continue;
        }
        found.push(Leak {
            id: "user-property",
            category: if field.personal { Category::Identifying } else { Category::Linking },
            severity: if field.personal { Severity::High } else { Severity::Medium },
            what: format!(
                "a user property {}, outside of any encryption of the payload",
                if field.personal {
                    "says something about somebody"
                } else {
                    "has values that come back and differ"
                }
            ),
            place: format!("user property \"{name}\""),
            seen_by: among(&MESSAGE_READERS, report),
            evidence: format!(
                "{} times, {}, such as {}",
                field.messages,
                row.map_or_else(|| field.kind.to_string(), |row| format!("{} values", row.distinct)),
                field.example
            ),
            advice: "no user properties; what they say belongs inside the sealed payload",
            count: field.messages,
        });
    }
}

/// Topics that name places.
fn zones(report: &Report, found: &mut Vec<Leak>) {
    let place =
        |kind| matches!(kind, Kind::PlaceName | Kind::Mgrs | Kind::H3Cell | Kind::Geohash | Kind::Position);
    for field in
        report.fields.places.iter().filter(|field| field.source == Source::Topic && place(field.kind))
    {
        found.push(Leak {
            id: "topic-per-zone",
            category: Category::Identifying,
            severity: if field.exact > 0 { Severity::High } else { Severity::Medium },
            what: "topics name the place that a message comes from, whatever its payload hides".to_owned(),
            place: format!("topic level ({})", field.kind),
            seen_by: among(&MESSAGE_READERS, report),
            evidence: format!(
                "{} messages, {}, such as {}",
                field.messages,
                if field.exact > 0 { "to about a kilometre or better" } else { "coarsely" },
                field.example
            ),
            advice: "one topic for all places, or mailboxes whose names are keyed and change",
            count: field.messages,
        });
    }
}

fn fernet(core: &Core, report: &Report, found: &mut Vec<Leak>) {
    let Some(field) =
        report.fields.places.iter().find(|field| {
            field.of_envelope && field.kind == Kind::Timestamp && field.source == Source::Payload
        })
    else {
        return;
    };
    found.push(Leak {
        id: "fernet-timestamp",
        category: Category::Detecting,
        severity: Severity::Medium,
        what: "Fernet tokens say in the clear to the second when they were made, and by their version byte that they are Fernet's".to_owned(),
        place: "payload, bytes 0 to 8 of the token".to_owned(),
        seen_by: among(&MESSAGE_READERS, report),
        evidence: format!(
            "{} tokens, {} of messages: delays and queues show, clocks that are off tell devices apart",
            core.sums.fernet,
            percent(share(core.sums.fernet, core.sums.messages))
        ),
        advice: "an envelope without a time in the clear; then a coarse one inside",
        count: field.messages,
    });
}

fn retained(report: &Report, found: &mut Vec<Leak>) {
    let seen = &report.retained;
    if seen.haunting > 0 {
        found.push(Leak {
            id: "retained-after-erasure",
            category: Category::NonCompliance,
            severity: Severity::High,
            what: "retained messages are delivered after they were erased by an empty one".to_owned(),
            place: "retained messages".to_owned(),
            seen_by: among(&MESSAGE_READERS, report),
            evidence: format!(
                "{} deliveries on {} topics, more than 2 s after the erasure",
                seen.haunting, seen.haunting_topics
            ),
            advice: "find who stores it again (a bridge, a backup, a second broker), and erase there too",
            count: seen.haunting,
        });
    }
    if seen.personal_topics > 0 {
        found.push(Leak {
            id: "retained-personal-data",
            category: Category::NonCompliance,
            severity: Severity::Medium,
            what: "retained messages hold something about people: the broker keeps it and gives it to everybody who subscribes later".to_owned(),
            place: "retained messages".to_owned(),
            seen_by: among(&MESSAGE_READERS, report),
            evidence: format!(
                "{} of {} topics with a retained message; {} deliveries; {} topics erased",
                seen.personal_topics, seen.topics, seen.delivered, seen.erased
            ),
            advice: "do not retain, or give retained messages an expiry (MQTT 5) and erase them",
            count: seen.personal_topics,
        });
    }
}
