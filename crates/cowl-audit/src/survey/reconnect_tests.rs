//! Broken connections that linger are no second client; clients that work side by side are.

use super::wire::{Client, SECOND, Wire, ids};
use super::{Report, Rotation, Survival};
use crate::testing::Random;
use crate::trace::{ConnectionId, Observer, Way};

const PINGREQ: [u8; 2] = [0xc0, 0];

/// How an old connection lies beside the next one of the same client.
#[derive(Clone, Copy)]
enum Old {
    /// The broker closes it as the next one says the same client id.
    TakenOver,
    /// It dies unnoticed; the broker closes it when the keep-alive has passed, after the next one has worked.
    Lingering,
    /// It works on beside the next one: somebody else has the same client id at another broker.
    Working,
}

/// Ten clients with client ids of their own that connect ten times each.
fn reconnecting(old: Old) -> Report {
    let mut wire = Wire::new(Observer::Capture, Rotation::Unknown);
    let mut before: [Option<ConnectionId>; 10] = [None; 10];
    for _ in 0..10 {
        for (number, before) in before.iter_mut().enumerate() {
            wire.now += 10 * SECOND;
            let client = Client { id: format!("phone-{number}"), ..Client::default() };
            let now = wire.open(None, Some(&client));
            wire.now += SECOND / 100;
            if let (Old::TakenOver, Some(connection)) = (old, *before) {
                wire.close(connection);
            }
            wire.publish(now, "reports", format!(r#"{{"userId":{}}}"#, 4_000 + number).as_bytes());
            wire.now += SECOND;
            if let (Old::Working, Some(connection)) = (old, *before) {
                wire.packet(connection, Way::ToServer, &PINGREQ);
            }
            wire.now += SECOND;
            if let (Old::Lingering | Old::Working, Some(connection)) = (old, *before) {
                wire.close(connection);
            }
            *before = Some(now);
        }
    }
    wire.report()
}

#[test]
fn a_broken_connection_that_lingers_is_no_second_client() {
    for old in [Old::TakenOver, Old::Lingering] {
        let report = reconnecting(old);
        for id in ["client-id", "payload:userId"] {
            let row = report.identifiers.iter().find(|row| row.id == id).unwrap();
            assert_eq!((row.distinct, row.shared), (10, 0), "{id}");
            assert_eq!(row.survives_reconnect, Survival::Yes { values: 10, of: 10 }, "{id}");
        }
        assert!(ids(&report).contains(&"stable-identifier"), "{:?}", ids(&report));
        assert_eq!((report.linking.nodes, report.linking.groups, report.linking.largest), (100, 10, 10));
    }
}

#[test]
fn two_that_work_at_once_are_two_clients() {
    let report = reconnecting(Old::Working);
    let row = report.identifiers.iter().find(|row| row.id == "client-id").unwrap();
    assert_eq!((row.distinct, row.shared), (10, 10));
    assert!(!ids(&report).contains(&"stable-identifier"), "{:#?}", report.findings);
    assert_eq!((report.linking.nodes, report.linking.groups), (100, 100));
}

/// Each hour all connect with fresh client ids, then work side by side: `clients` of each name.
fn with_user_names(names: &[(String, u64)]) -> Report {
    let mut random = Random::new(3);
    let mut wire = Wire::new(Observer::Tap, Rotation::Unknown);
    for hour in 0..6 {
        wire.now = hour * 3_600 * SECOND;
        let mut open = Vec::new();
        for (name, clients) in names {
            for _ in 0..*clients {
                wire.now += SECOND;
                let id = format!("{:016x}", random.next());
                open.push(
                    wire.open(None, Some(&Client { id, user: Some(name.clone()), ..Client::default() })),
                );
            }
        }
        for _ in 0..3 {
            for connection in &open {
                wire.now += SECOND;
                wire.packet(*connection, Way::ToServer, &PINGREQ);
            }
        }
        for connection in open {
            wire.close(connection);
        }
    }
    wire.report()
}

#[test]
fn a_user_name_of_many_at_once_joins_nobody() {
    let shared = with_user_names(&[("north".into(), 6), ("south".into(), 6)]);
    let row = shared.identifiers.iter().find(|row| row.id == "user-name").unwrap();
    assert_eq!((row.distinct, row.shared), (2, 2));
    assert!(!shared.findings.iter().any(|leak| leak.id == "stable-identifier" && leak.place == "user name"));
    assert_eq!((shared.linking.nodes, shared.linking.groups), (72, 72));

    // among many names that are one client's own too
    let mut names: Vec<(String, u64)> = (0..20).map(|number| (format!("own-{number}"), 1)).collect();
    names.push(("guest".into(), 5));
    let mixed = with_user_names(&names);
    let row = mixed.identifiers.iter().find(|row| row.id == "user-name").unwrap();
    assert_eq!((row.distinct, row.shared), (21, 1));
    assert_eq!((mixed.linking.nodes, mixed.linking.groups, mixed.linking.largest), (150, 20 + 30, 6));
}
