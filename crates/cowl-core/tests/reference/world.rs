//! The operation that all vectors belong to: small, so that they can be read.

use std::sync::Arc;

use cowl_core::{
    Calendar, DeviceKeys, Draft, Epoch, ErasureHandle, FieldIndex, Header, Ladder, Layout, Level, LevelIndex,
    Manifest, Members, MgrsGrain, NamedPolygon, OperationId, Place, Policy, PolicyVersion, Polygons,
    Position, Preset, RawValue, Reading, Receiver, RelayKeys, Report, ReportId, RoleIndex, Secret,
    Surroundings, System, WalkInKeys, WalkInLimits, WalkInSuite, Windows, ZoneLabel,
    policy::{
        Alias, Anonymity, Field, FieldKind, Input, Precision, Read, Responders, Role, RoleKind, Sensitivity,
        Sizes, Source, Traffic, Transport, Urgent, UrgentWhen, WalkIn,
    },
    schedule::{DeviceRoot, RelayRoot, RoleRoot},
};

use super::{
    envelope::{Binding, PartKeys, walk_in_public},
    keys::{self, Key},
    numbers,
};

pub(crate) const TRIAGE: RoleIndex = RoleIndex(0);
pub(crate) const MEDICAL: RoleIndex = RoleIndex(1);
pub(crate) const CENSUS: RoleIndex = RoleIndex(2);
pub(crate) const ROLES: [RoleIndex; 3] = [TRIAGE, MEDICAL, CENSUS];

/// The epoch that it is.
pub(crate) const NOW: Epoch = Epoch(10);
/// The policy's version.
pub(crate) const POLICY: PolicyVersion = PolicyVersion(3);
/// The manifest's version.
pub(crate) const VERSION: u32 = 7;
/// The number of places.
pub(crate) const PLACES: u32 = 16;
/// A place whose device was revoked.
pub(crate) const REVOKED: Place = Place(13);
/// The first epoch that the manifest has walk-in keys for, and how many.
pub(crate) const KEYS: (u32, u32) = (9, 3);
/// The beacon's size.
pub(crate) const BEACON_SIZE: u32 = 512;
/// 2010-01-12T00:00:00Z, and six hours.
pub(crate) const CALENDAR: Calendar = Calendar { start: 1_263_254_400, length: 21_600 };

pub(crate) fn operation() -> OperationId {
    OperationId(numbers::bytes("operation"))
}

pub(crate) fn root(role: RoleIndex, epoch: Epoch) -> Key {
    numbers::bytes(&format!("root of role {} in epoch {}", role.0, epoch.0))
}

pub(crate) fn role_root(role: RoleIndex, epoch: Epoch) -> RoleRoot {
    RoleRoot::new(Secret::new(root(role, epoch)))
}

pub(crate) fn relay_root(epoch: Epoch) -> Key {
    numbers::bytes(&format!("root of the relays in epoch {}", epoch.0))
}

/// The library's root of the relays.
pub(crate) fn library_relay_root(epoch: Epoch) -> RelayRoot {
    RelayRoot::new(Secret::new(relay_root(epoch)))
}

/// The reference's public key of the relays.
pub(crate) fn relay_public(suite: WalkInSuite, epoch: Epoch) -> Vec<u8> {
    walk_in_public(&keys::relay_seed(&relay_root(epoch), &operation().0, epoch.0), suite)
}

pub(crate) fn authority_seed() -> Key {
    numbers::bytes("authority")
}

pub(crate) fn beacon_secret() -> Key {
    numbers::bytes("beacon secret")
}

pub(crate) fn place_secret() -> Key {
    numbers::bytes("place secret")
}

/// The library's roots of a device in an epoch.
pub(crate) fn device_roots(epoch: Epoch, place: Place) -> Vec<DeviceRoot> {
    ROLES.map(|role| role_root(role, epoch).device(operation(), role, epoch, place)).into()
}

/// The library's sealing keys of a device.
pub(crate) fn device(suite: WalkInSuite, epoch: Epoch, place: Place) -> DeviceKeys {
    DeviceKeys::new(operation(), epoch, Arc::new(layout(suite)), &device_roots(epoch, place)).unwrap()
}

/// The reference's sealing keys of a device.
pub(crate) fn part_keys(epoch: Epoch, place: Place) -> Vec<PartKeys> {
    let root =
        |role: RoleIndex| keys::device_root(&root(role, epoch), &operation().0, role.0, epoch.0, place.0);
    ROLES.map(|role| PartKeys::of(&root(role))).into()
}

/// What the messages of an epoch are bound to.
pub(crate) fn binding(epoch: Epoch) -> Binding {
    Binding { operation: operation().0, epoch: epoch.0, role: None }
}

/// The seed of a role's walk-in key.
pub(crate) fn walk_in_seed(role: RoleIndex, epoch: Epoch) -> Key {
    keys::walk_in_seed(&root(role, epoch), &operation().0, role.0, epoch.0)
}

pub(crate) fn policy(suite: WalkInSuite) -> Policy {
    draft(suite).check().unwrap()
}

pub(crate) fn layout(suite: WalkInSuite) -> Layout {
    Layout::of(&policy(suite))
}

pub(crate) fn draft(suite: WalkInSuite) -> Draft {
    Draft {
        name: "Vectors".into(),
        fields: fields(),
        roles: roles(),
        zones: zones(),
        anonymity: Anonymity { k: 5, window_epochs: 4, fallback: LevelIndex(2) },
        epoch_seconds: CALENDAR.length,
        keys_ahead: 28,
        lateness_seconds: 86_400,
        places: PLACES,
        windows: Windows::default(),
        counter_block: 64,
        seen_ids: 1_000,
        sizes: Sizes {
            custody: 16,
            manifest: match suite {
                WalkInSuite::XWing => 13_312,
                WalkInSuite::X25519 => 2_048,
            },
            beacon: BEACON_SIZE,
        },
        walk_in: WalkIn {
            suite,
            limits: WalkInLimits { per_minute: 60, burst: 8, record: 6 },
            epochs: u8::try_from(KEYS.1).unwrap(),
        },
        transport: Transport { shards: 4, keep_alive_seconds: 60 },
        beacon_seconds: 60,
        devices: Vec::new(),
        custody: None,
        traffic: Traffic { slot_ms: 10_000, urgent: urgent(), ..Traffic::default() },
        responders: Responders::default(),
        notice: None,
        tokens: None,
    }
}

/// Severity `high` or `critical`, and a low battery.
fn urgent() -> Vec<Urgent> {
    let rule = |field, when| Urgent { field: FieldIndex(field), when };
    vec![rule(0, UrgentWhen::OneOf(vec![2, 3])), rule(5, UrgentWhen::AtMost(10.0))]
}

fn fields() -> Vec<Field> {
    let field = |name: &str, kind, from: &str, sensitivity| Field {
        name: name.into(),
        kind,
        from: vec![Input::One(from.parse::<Source>().unwrap())],
        sensitivity,
        purpose: "help".into(),
        basis: "vital interests".into(),
        optional: true,
        with_position: false,
    };
    let number = |unit: &str, min, max, decimals| FieldKind::Number { unit: unit.into(), min, max, decimals };
    let severity = FieldKind::Choice {
        names: ["low", "moderate", "high", "critical"].map(String::from).into(),
        also: vec![Alias { word: "red".into(), choice: 3 }],
    };
    let mut fields = vec![
        field("severity", severity, "severity", Sensitivity::High),
        field("temperature", number("C", -50.0, 100.0, 1), "temperature", Sensitivity::Low),
        field("position", FieldKind::Position, "position", Sensitivity::Severe),
        field("person", FieldKind::Text { max: 16 }, "person", Sensitivity::Severe),
        field("time", FieldKind::Time, "$time", Sensitivity::Moderate),
        field("battery", number("%", 0.0, 100.0, 0), "battery", Sensitivity::Moderate),
    ];
    fields[0].optional = false;
    fields
}

fn roles() -> Vec<Role> {
    let role = |name: &str, kind, size, reads: &[(u8, Precision)]| Role {
        name: name.into(),
        kind,
        size,
        reads: reads.iter().map(|&(field, precision)| Read { field: FieldIndex(field), precision }).collect(),
        purpose: "to help".into(),
        retention_seconds: 604_800,
    };
    let level = |level| Precision::Level { level: LevelIndex(level), anonymous: true };
    vec![
        role(
            "triage",
            RoleKind::Reports,
            24,
            &[(0, Precision::Exact), (2, level(1)), (5, Precision::Step { step: 20, decimals: 0 })],
        ),
        role(
            "medical",
            RoleKind::Reports,
            56,
            &[
                (0, Precision::Exact),
                (1, Precision::Decimals(1)),
                (2, level(0)),
                (3, Precision::Exact),
                (4, Precision::Grain(3_600)),
            ],
        ),
        role("census", RoleKind::Census, 40, &[]),
    ]
}

fn zones() -> Ladder {
    let corner = |(latitude, longitude): (f64, f64)| Position::new(latitude, longitude).unwrap();
    let polygon = |name: &str, corners: &[(f64, f64)]| {
        NamedPolygon::new(ZoneLabel::new(name).unwrap(), &[corners.iter().copied().map(corner).collect()])
            .unwrap()
    };
    let level = |name: &str, system| Level { name: name.into(), system };
    Ladder::new(vec![
        level("100m", System::Mgrs(MgrsGrain::M100)),
        level("10km", System::Mgrs(MgrsGrain::Km10)),
        level(
            "department",
            System::Polygons(
                Polygons::new(vec![
                    polygon("Ouest", &[(18.0, -73.0), (18.0, -71.5), (19.0, -71.5), (19.0, -73.0)]),
                    polygon("Nord", &[(19.0, -73.0), (19.0, -72.0), (20.0, -72.5)]),
                ])
                .unwrap(),
            ),
        ),
    ])
    .unwrap()
}

/// A report such as people send; `n` makes it another.
pub(crate) fn report(suite: WalkInSuite, n: u64) -> Report {
    let mut members = Members::new();
    let severity = ["low", "moderate", "high", "red"][usize::try_from(n % 4).unwrap()];
    let mut push = |name: &str, value| members.push(name, value).unwrap();
    push("severity", RawValue::Text(severity.into()));
    push("temperature", RawValue::Real(37.25));
    push("position", RawValue::Text("18.54,-72.34".into()));
    push("person", RawValue::Text("Marie".into()));
    push("battery", RawValue::Integer(71));
    let reading = Reading::new(members).at(CALENDAR.start_of(NOW) + 60 * n);
    let reduced = policy(suite).reduce(reading, &Surroundings::default()).unwrap();
    Report::new(header(n), reduced)
}

/// The header of a report.
pub(crate) fn header(n: u64) -> Header {
    let handle = keys::erasure_handle(&numbers::bytes("withdrawal seed"), &operation().0, NOW.0);
    Header {
        report: ReportId(numbers::bytes(&format!("report {n}"))),
        handle: ErasureHandle(handle),
        policy: POLICY,
    }
}

/// The bodies of a report, in role order.
pub(crate) fn bodies(report: &Report) -> Vec<Vec<u8>> {
    report.reduced().parts().map(|(_, body)| body.to_vec()).collect()
}

/// A receiver that holds the epochs before, now and after and knows the revoked place.
pub(crate) fn receiver(suite: WalkInSuite, role: RoleIndex) -> Receiver {
    let policy = policy(suite);
    let mut receiver = Receiver::new(
        operation(),
        role,
        Arc::new(Layout::of(&policy)),
        policy.windows,
        policy.walk_in.limits,
        vec![PolicyVersion(POLICY.0 - 1), POLICY],
    );
    for epoch in [NOW.minus(1), NOW, NOW.plus(1)] {
        receiver.hold(epoch, &role_root(role, epoch), PLACES, |place| place != REVOKED);
    }
    receiver.enter(NOW);
    receiver
}

pub(crate) fn manifest(suite: WalkInSuite) -> Manifest {
    let policy = policy(suite);
    let keys = |epoch| {
        let key = |role| role_root(role, epoch).walk_in_key(operation(), role, epoch, suite).unwrap();
        [TRIAGE, MEDICAL].map(key).into()
    };
    Manifest {
        operation: operation(),
        version: VERSION,
        policy_version: POLICY,
        calendar: CALENDAR,
        policy,
        preset: Preset::Cowl,
        mailbox: numbers::bytes("mailbox"),
        walk_in: WalkInKeys {
            first: Epoch(KEYS.0),
            epochs: (KEYS.0..KEYS.0 + KEYS.1).map(Epoch).map(keys).collect(),
        },
        custody: None,
        expires: Epoch(KEYS.0 + KEYS.1 - 1),
        relay: Some(RelayKeys {
            first: Epoch(KEYS.0),
            keys: (KEYS.0..KEYS.0 + KEYS.1)
                .map(Epoch)
                .map(|epoch| library_relay_root(epoch).public_key(operation(), epoch, suite).unwrap())
                .collect(),
        }),
        service: None,
        notices: Vec::new(),
        generation: None,
        tokens: None,
    }
}

/// The reference's public keys of an epoch.
pub(crate) fn walk_in_publics(suite: WalkInSuite, epoch: Epoch) -> Vec<Vec<u8>> {
    [TRIAGE, MEDICAL].map(|role| walk_in_public(&walk_in_seed(role, epoch), suite)).into()
}
