//! How long a role's encoded body can get (spec §2.3): what `size` must hold.

use super::field::{Field, FieldKind};
use super::role::{EXACT_POSITION_DECIMALS, Precision, RoleKind};
use super::{Draft, Role};
use crate::decimal::Decimal;
use crate::instant;
use crate::zone::{Ladder, LevelIndex, MgrsGrain, System};

/// The longest encoded body of a role, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorstCase {
    /// With all fields but optional texts, each at its longest: `size` may not be less, as nobody could shorten them.
    pub least: usize,
    /// With every field at its longest: with this `size` no report is refused for its length.
    pub all: usize,
}

impl WorstCase {
    pub(super) fn of(draft: &Draft, role: &Role) -> Self {
        if role.kind == RoleKind::Census {
            let position =
                draft.fields.iter().position(|field| field.kind == FieldKind::Position).unwrap_or(0);
            let zones = levels(&draft.zones, LevelIndex(0)).sum::<usize>();
            let all = 1 + unsigned(position as u64) + 1 + zones;
            return Self { least: all, all };
        }
        let mut count = 0;
        let (mut least, mut all) = (0, 0);
        for read in &role.reads {
            let Some(field) = draft.fields.get(usize::from(read.field.0)) else { continue };
            let size = unsigned(u64::from(read.field.0)) + value(&draft.zones, field, read.precision);
            count += 1;
            all += size;
            if !field.optional || !matches!(field.kind, FieldKind::Text { .. }) {
                least += size;
            }
        }
        let header = unsigned(count);
        Self { least: header + least, all: header + all }
    }
}

fn value(zones: &Ladder, field: &Field, precision: Precision) -> usize {
    match (&field.kind, precision) {
        (FieldKind::Number { min, max, decimals, .. }, precision) => {
            let decimals = match precision {
                Precision::Decimals(decimals) | Precision::Step { decimals, .. } => decimals,
                _ => *decimals,
            };
            let step = if let Precision::Step { step, .. } = precision { step } else { 1 };
            // rounding to a step may pass a bound by up to half of it
            let longest = [*min, *max]
                .into_iter()
                .filter_map(|bound| Decimal::round(bound, decimals))
                .map(|bound| signed(bound.scaled.saturating_abs().saturating_add(step)))
                .max()
                .unwrap_or(9);
            longest + if decimals > 0 { 3 } else { 0 }
        }
        (FieldKind::Choice { names, .. }, _) => 1 + unsigned(names.len() as u64),
        (FieldKind::Flag, _) => 1,
        (FieldKind::Text { max }, _) => unsigned(u64::from(*max)) + usize::from(*max),
        (FieldKind::Time, _) => 1 + unsigned(instant::LAST),
        (FieldKind::Position, Precision::Level { level, .. }) => levels(zones, level).max().unwrap_or(0),
        (FieldKind::Position, precision) => {
            let decimals = if let Precision::Decimals(decimals) = precision {
                decimals
            } else {
                EXACT_POSITION_DECIMALS
            };
            let degrees = |degrees| Decimal::round(degrees, decimals).map_or(9, |bound| signed(bound.scaled));
            2 + degrees(90.0) + degrees(180.0)
        }
    }
}

/// Bytes of `[level, label]` at each level from one up.
fn levels(zones: &Ladder, from: LevelIndex) -> impl Iterator<Item = usize> {
    zones.levels().iter().skip(usize::from(from.0)).map(|level| {
        let label = match &level.system {
            // zone, band and square: five; then one, two or three digits each way
            System::Mgrs(MgrsGrain::Km10) => 7,
            System::Mgrs(MgrsGrain::Km1) => 9,
            System::Mgrs(MgrsGrain::M100) => 11,
            // 15 hexadecimal digits
            System::H3(_) => 15,
            System::Polygons(polygons) => {
                polygons.zones().iter().map(|zone| zone.label().as_str().len()).max().unwrap_or(0)
            }
        };
        2 + unsigned(label as u64) + label
    })
}

/// Bytes of a CBOR head with this argument (RFC 8949 §3).
pub(super) const fn unsigned(argument: u64) -> usize {
    match argument {
        0..24 => 1,
        24..0x100 => 2,
        0x100..0x1_0000 => 3,
        0x1_0000..0x1_0000_0000 => 5,
        _ => 9,
    }
}

const fn signed(number: i64) -> usize {
    unsigned(number.unsigned_abs())
}
