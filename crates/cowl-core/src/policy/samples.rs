//! A small policy for the tests.

use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use super::*;
use crate::layout::WalkInSuite;
use crate::receiver::WalkInLimits;
use crate::zone::{Level, LevelIndex, MgrsGrain, System};

pub(crate) const TEMPERATURE: FieldIndex = FieldIndex(0);
pub(crate) const SEVERITY: FieldIndex = FieldIndex(1);
pub(crate) const POSITION: FieldIndex = FieldIndex(2);
pub(crate) const BATTERY: FieldIndex = FieldIndex(3);
pub(crate) const PERSON: FieldIndex = FieldIndex(4);
pub(crate) const NOTE: FieldIndex = FieldIndex(5);
pub(crate) const ALTITUDE: FieldIndex = FieldIndex(6);
pub(crate) const WARD: FieldIndex = FieldIndex(7);
pub(crate) const TIME: FieldIndex = FieldIndex(8);

pub(crate) const MEDICAL: RoleIndex = RoleIndex(0);
pub(crate) const RESCUE: RoleIndex = RoleIndex(1);
pub(crate) const CENSUS: RoleIndex = RoleIndex(2);

pub(crate) fn policy() -> Policy {
    draft().check().unwrap()
}

pub(crate) fn draft() -> Draft {
    let level = |name: &str, grain| Level { name: name.into(), system: System::Mgrs(grain) };
    Draft {
        name: "Test".into(),
        fields: fields(),
        roles: roles(),
        zones: Ladder::new(vec![
            level("100m", MgrsGrain::M100),
            level("1km", MgrsGrain::Km1),
            level("10km", MgrsGrain::Km10),
        ])
        .unwrap(),
        anonymity: Anonymity { k: 5, window_epochs: 4, fallback: LevelIndex(2) },
        epoch_seconds: 21_600,
        keys_ahead: 112,
        lateness_seconds: 86_400,
        places: 4_096,
        windows: Windows::default(),
        counter_block: 64,
        seen_ids: 65_536,
        sizes: Sizes { custody: 0, manifest: 65_536, beacon: 4_096 },
        walk_in: WalkIn { suite: WalkInSuite::XWing, limits: WalkInLimits::default(), epochs: 8 },
        transport: Transport { shards: 1, keep_alive_seconds: 60 },
        beacon_seconds: 300,
        devices: Vec::new(),
        custody: None,
        traffic: Traffic::default(),
        responders: Responders::default(),
        notice: None,
        tokens: None,
    }
}

fn fields() -> Vec<Field> {
    let number = |min, max, decimals| FieldKind::Number { unit: String::new(), min, max, decimals };
    let one = |source: &str| Input::One(source.parse().unwrap());
    let pair = Input::Pair { latitude: "lat".parse().unwrap(), longitude: "lon".parse().unwrap() };
    let names = ["low", "moderate", "high", "critical"].map(ToString::to_string).to_vec();
    let severity = FieldKind::Choice { names, also: vec![Alias { word: "red".into(), choice: 3 }] };
    let field = |name: &str, kind, from| Field {
        name: name.into(),
        kind,
        from,
        sensitivity: Sensitivity::High,
        purpose: "Help".into(),
        basis: "Vital interests".into(),
        optional: true,
        with_position: name == "altitude",
    };
    vec![
        field("temperature", number(-90.0, 1_000.0, 1), vec![one("temperature"), one("temp")]),
        field("severity", severity, vec![one("severity")]),
        field("position", FieldKind::Position, vec![pair, one("position")]),
        field("battery", number(0.0, 100.0, 0), vec![one("battery"), one("/power/level/1")]),
        field("person", FieldKind::Text { max: 40 }, vec![one("person")]),
        field("note", FieldKind::Text { max: 96 }, vec![one("note")]),
        field("altitude", number(-500.0, 9_000.0, 0), vec![one("altitude")]),
        field("ward", FieldKind::Text { max: 16 }, vec![one("$topic/1")]),
        field("time", FieldKind::Time, vec![one("time")]),
    ]
}

fn roles() -> Vec<Role> {
    let role = |name: &str, kind, size, reads: &[(FieldIndex, Precision)]| Role {
        name: name.into(),
        kind,
        size,
        reads: reads.iter().map(|&(field, precision)| Read { field, precision }).collect(),
        purpose: "Help".into(),
        retention_seconds: 86_400,
    };
    let medical = [
        (TEMPERATURE, Precision::Step { step: 5, decimals: 0 }),
        (SEVERITY, Precision::Exact),
        (POSITION, Precision::Level { level: LevelIndex(1), anonymous: true }),
        (ALTITUDE, Precision::Step { step: 50, decimals: 0 }),
        (TIME, Precision::Grain(3_600)),
    ];
    let rescue = [
        (SEVERITY, Precision::Exact),
        (POSITION, Precision::Decimals(3)),
        (BATTERY, Precision::Step { step: 10, decimals: 0 }),
        (PERSON, Precision::Exact),
        (NOTE, Precision::Exact),
        (ALTITUDE, Precision::Exact),
        (WARD, Precision::Exact),
    ];
    vec![
        role("medical", RoleKind::Reports, 48, &medical),
        role("rescue", RoleKind::Reports, 200, &rescue),
        role("census", RoleKind::Census, 48, &[]),
    ]
}
