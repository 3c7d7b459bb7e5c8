//! What leaves a device: each role's fields, at its precision, and nothing else (DESIGN §3).

mod normal;
mod notice;
mod part;
mod place;
mod room;

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use zeroize::Zeroize as _;

use normal::Normal;
pub use normal::Problem;
pub use notice::{Notice, Notices};
use part::Part;

use crate::counts::Counts;
use crate::ids::{FieldIndex, RoleIndex};
use crate::policy::{MAX_ROLES, Policy, SlotSet, Urgent, UrgentWhen};
use crate::reading::{RawValue, Reading};
use crate::zone::Zone;

/// A reading's members are sorted into slots without an allocation if the policy knows at most so many names.
const FEW_SLOTS: usize = 32;

/// Why a reading was refused. Names fields and roles of the policy, never what came in.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ReduceError {
    /// Nothing in it is a field.
    #[error("the reading holds no field that the policy knows")]
    Empty,
    /// A field is not as the policy says.
    #[error("field {field} {problem}")]
    Field {
        /// Which.
        field: String,
        /// What is wrong with it.
        problem: Problem,
    },
    /// A role's body is longer than its size.
    #[error(
        "field {field} does not fit: the report is longer than the {size} bytes that role {role} has for it"
    )]
    DoesNotFit {
        /// The field to shorten.
        field: String,
        /// Whose body it is.
        role: String,
        /// The role's size.
        size: u16,
    },
}

/// What the reduction must know of the world.
#[derive(Debug, Clone, Copy, Default)]
pub struct Surroundings<'a> {
    /// The newest beacon's counts of people per zone, if there was a beacon.
    pub counts: Option<&'a Counts>,
    /// Now, in seconds since 1970 UTC, for readings that say no time. Nothing is decided by it.
    pub now: u64,
}

/// A reduced report: one encoded body per role. The only thing that can be sealed; made only by [`Policy::reduce`].
/// Zeroized on drop.
pub struct Reduced {
    /// The bodies, one behind the other, in memory that was reserved for the longest ones and never moved; what is for
    /// custodians comes last.
    bytes: Vec<u8>,
    ends: Ends,
    /// How many of them are of roles.
    roles: u8,
    notices: Notices,
    urgent: bool,
}

impl Reduced {
    /// What a cover message is made of, in an operation of so many roles: for each a body of length 0, which no report has
    /// (spec §4.3). It says nothing, so nothing had to be reduced.
    pub fn cover(roles: usize) -> Self {
        // no policy has more roles, and what is sealed for another number than there are is refused
        let roles = u8::try_from(roles).unwrap_or(u8::MAX);
        Self { bytes: Vec::new(), ends: Ends::default(), roles, notices: Notices::default(), urgent: false }
    }

    /// Each role's encoded body, in part order, at most the role's `size` long.
    pub fn parts(&self) -> impl ExactSizeIterator<Item = (RoleIndex, &[u8])> {
        (0..self.roles).map(|role| (RoleIndex(role), self.body(role)))
    }

    /// The body of one role.
    pub fn part(&self, role: RoleIndex) -> Option<&[u8]> {
        (role.0 < self.roles).then(|| self.body(role.0))
    }

    /// The encoded body of what custodians get; nothing if the policy has none.
    pub fn custody(&self) -> &[u8] {
        self.body(self.roles)
    }

    fn body(&self, number: u8) -> &[u8] {
        let start = number.checked_sub(1).map_or(0, |before| self.ends.of(before));
        self.bytes.get(start..self.ends.of(number)).unwrap_or_default()
    }

    /// Whether the policy lets it go before others. Decided by what came in, before any role's precision; nothing of it
    /// is sent.
    pub const fn is_urgent(&self) -> bool {
        self.urgent
    }

    /// What was dropped, coarsened or withheld, counted.
    pub const fn notices(&self) -> &Notices {
        &self.notices
    }
}

/// Where each body ends, and so where the next begins.
#[derive(Clone, Copy, Default)]
struct Ends([u32; MAX_ROLES + 1]);

impl Ends {
    fn of(&self, number: u8) -> usize {
        self.0.get(usize::from(number)).and_then(|end| usize::try_from(*end).ok()).unwrap_or_default()
    }

    fn set(&mut self, number: u8, end: usize) {
        if let (Some(slot), Ok(end)) = (self.0.get_mut(usize::from(number)), u32::try_from(end)) {
            *slot = end;
        }
    }
}

impl Drop for Reduced {
    fn drop(&mut self) {
        // As a slice, which is wiped at the speed of memory; behind it stand zeros only.
        self.bytes.as_mut_slice().zeroize();
    }
}

impl fmt::Debug for Reduced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reduced").field("notices", &self.notices).finish_non_exhaustive()
    }
}

impl Policy {
    /// Reduces a reading: takes the fields that the policy knows, checks them, and encodes for each role those that it
    /// may read, each at its precision.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "a reduced reading is gone: nothing else may be sent of it"
    )]
    pub fn reduce(&self, reading: Reading, around: &Surroundings<'_>) -> Result<Reduced, ReduceError> {
        let mut notices = Notices::default();
        let fields = self.normals(&reading, around, &mut notices)?;
        let present = (0_u8..).map(FieldIndex).zip(&fields).filter(|(_, normal)| normal.is_some());
        let present = present.map(|(index, _)| index).collect();
        let zones = self.zones_of(&fields);
        let readers = || self.roles.iter().chain(self.custody_role());
        let room = readers().map(|role| usize::from(role.size)).sum();
        let mut reduced = Reduced {
            bytes: Vec::with_capacity(room),
            ends: Ends::default(),
            roles: u8::try_from(self.roles.len()).unwrap_or(u8::MAX),
            notices,
            urgent: self.traffic.urgent.iter().any(|rule| is_urgent(rule, &fields)),
        };
        reduced.bytes.resize(room, 0);
        // A body that turns out too long is wiped with the others.
        let mut end = 0;
        for (number, role) in (0_u8..).zip(readers()) {
            let room = reduced.bytes.get_mut(end..end + usize::from(role.size)).unwrap_or_default();
            let part = Part { policy: self, role, fields: &fields, present, zones: &zones, around };
            end += part.write(room, &mut reduced.notices)?;
            reduced.ends.set(number, end);
        }
        Ok(reduced)
    }

    /// The zone at each level that has one.
    fn zones_of(&self, fields: &[Option<Normal<'_>>]) -> Vec<Zone> {
        match self.position_field().and_then(|index| fields.get(usize::from(index.0))) {
            Some(Some(Normal::Position(position))) => {
                let mut zones = Vec::with_capacity(self.zones.levels().len());
                zones.extend(self.zones.locate_all(*position));
                zones
            }
            _ => Vec::new(),
        }
    }

    /// The checked value of each field, in field order.
    fn normals<'a>(
        &self,
        reading: &'a Reading,
        around: &Surroundings<'_>,
        notices: &mut Notices,
    ) -> Result<Vec<Option<Normal<'a>>>, ReduceError> {
        let index = self.index();
        let (mut few, mut many) = ([None; FEW_SLOTS], Vec::new());
        let slots: &mut [Option<&RawValue>] = if let Some(few) = few.get_mut(..index.slots()) {
            few
        } else {
            many.resize(index.slots(), None);
            &mut many
        };
        let mut filled = SlotSet::default();
        for (name, value) in reading.members().iter() {
            if reading.is_by_field() {
                notices.add(Notice::UnknownField, usize::from(self.field_index(name).is_none()));
                continue;
            }
            let Some(slot) = index.slot(name) else {
                notices.count(Notice::UnknownField);
                continue;
            };
            filled.add(slot);
            if let Some(slot) = slots.get_mut(slot) {
                *slot = Some(value);
            }
        }
        let found = normal::Found { slots, reading, now: around.now };
        let mut any = false;
        let mut normals = Vec::with_capacity(self.fields.len());
        for (at, (field, inputs)) in (0_u8..).map(FieldIndex).zip(self.fields.iter().zip(index.inputs())) {
            let refuse = |problem| ReduceError::Field { field: field.name.clone(), problem };
            let normal = if reading.is_by_field() {
                found.named(&field.kind, &field.name).map_err(refuse)?
            } else if inputs.may_be_in(filled) {
                found.normal(&field.kind, &inputs.lookups).map_err(refuse)?
            } else {
                None
            };
            // Off by default: it stays here unless the person said that it may go.
            let withheld = normal.is_some() && self.is_choice(at) && !reading.chooses(at);
            notices.add(Notice::NotChosen, usize::from(withheld));
            let normal = normal.filter(|_| !withheld);
            if normal.is_none() && !field.optional {
                return Err(refuse(Problem::Missing));
            }
            // the topic and the time are there with every reading: they alone are no report
            let sent =
                || reading.is_by_field() || inputs.lookups.iter().any(|lookup| found.is_in_members(lookup));
            any = any || normal.is_some() && sent();
            normals.push(normal);
        }
        if any { Ok(normals) } else { Err(ReduceError::Empty) }
    }
}

/// Whether a rule of the policy's holds for these fields.
fn is_urgent(rule: &Urgent, fields: &[Option<Normal<'_>>]) -> bool {
    let value = fields.get(usize::from(rule.field.0)).and_then(Option::as_ref);
    match (&rule.when, value) {
        (UrgentWhen::OneOf(choices), Some(Normal::Choice(choice))) => choices.contains(choice),
        (UrgentWhen::Is(wanted), Some(Normal::Flag(flag))) => wanted == flag,
        (UrgentWhen::AtLeast(bound), Some(Normal::Number(number))) => number >= bound,
        (UrgentWhen::AtMost(bound), Some(Normal::Number(number))) => number <= bound,
        _ => false,
    }
}

#[cfg(test)]
mod reduce_tests;
