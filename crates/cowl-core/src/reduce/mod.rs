//! What leaves a device: each role's fields, at its precision, and nothing else (DESIGN §3).

mod normal;
mod notice;

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use minicbor::Encode;
use minicbor::encode::write::Cursor;
use zeroize::Zeroizing;

use normal::Normal;
pub use normal::Problem;
pub use notice::{Notice, Notices};

use crate::anonymity::{Coarsened, Withheld};
use crate::counts::Counts;
use crate::decimal::Decimal;
use crate::ids::{FieldIndex, RoleIndex};
use crate::policy::{EXACT_POSITION_DECIMALS, FieldKind, Policy, Precision, Read, Role, RoleKind};
use crate::position::Position;
use crate::reading::{RawValue, Reading};
use crate::value::{ExactPosition, Value};
use crate::zone::Zone;

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
    /// The bodies, each at the start of its role's `size` bytes.
    bytes: Zeroizing<Vec<u8>>,
    bodies: Vec<(usize, usize)>,
    notices: Notices,
}

impl Reduced {
    /// Each role's encoded body, in part order, at most the role's `size` long.
    pub fn parts(&self) -> impl ExactSizeIterator<Item = (RoleIndex, &[u8])> {
        self.bodies.iter().enumerate().map(|(role, &(start, end))| {
            // roles are at most MAX_ROLES
            let role = RoleIndex(u8::try_from(role).unwrap_or(u8::MAX));
            (role, self.bytes.get(start..end).unwrap_or_default())
        })
    }

    /// The body of one role.
    pub fn part(&self, role: RoleIndex) -> Option<&[u8]> {
        self.bodies.get(usize::from(role.0)).and_then(|&(start, end)| self.bytes.get(start..end))
    }

    /// What was dropped, coarsened or withheld, counted.
    pub const fn notices(&self) -> &Notices {
        &self.notices
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
        let sizes = || self.roles.iter().map(|role| usize::from(role.size));
        let mut bytes = Zeroizing::new(vec![0; sizes().sum()]);
        let mut bodies = Vec::with_capacity(self.roles.len());
        let mut start = 0;
        for (role, size) in self.roles.iter().zip(sizes()) {
            let room = bytes.get_mut(start..start + size).unwrap_or_default();
            let length =
                Reduction { policy: self, role, fields: &fields, around }.write(room, &mut notices)?;
            bodies.push((start, start + length));
            start += size;
        }
        Ok(Reduced { bytes, bodies, notices })
    }

    /// The checked value of each field, in field order.
    fn normals<'a>(
        &self,
        reading: &'a Reading,
        around: &Surroundings<'_>,
        notices: &mut Notices,
    ) -> Result<Vec<Option<Normal<'a>>>, ReduceError> {
        let index = self.index();
        let mut slots: Vec<Option<&RawValue>> = vec![None; index.slots()];
        for (name, value) in reading.members().iter() {
            match index.slot(name).and_then(|slot| slots.get_mut(slot)) {
                Some(slot) => *slot = Some(value),
                None => notices.count(Notice::UnknownField),
            }
        }
        let found = normal::Found { slots: &slots, reading, now: around.now };
        let mut any = false;
        let mut normals = Vec::with_capacity(self.fields.len());
        for (field, lookups) in self.fields.iter().zip(index.lookups()) {
            let refuse = |problem| ReduceError::Field { field: field.name.clone(), problem };
            let normal = found.normal(&field.kind, lookups).map_err(refuse)?;
            if normal.is_none() && !field.optional {
                return Err(refuse(Problem::Missing));
            }
            // the topic and the time are there with every reading: they alone are no report
            any |= normal.is_some() && lookups.iter().any(|lookup| found.is_in_members(lookup));
            normals.push(normal);
        }
        if any { Ok(normals) } else { Err(ReduceError::Empty) }
    }
}

/// One role's share of the work.
struct Reduction<'a> {
    policy: &'a Policy,
    role: &'a Role,
    fields: &'a [Option<Normal<'a>>],
    around: &'a Surroundings<'a>,
}

impl Reduction<'_> {
    /// Encodes the body into the role's room; its length.
    fn write(&self, room: &mut [u8], notices: &mut Notices) -> Result<usize, ReduceError> {
        let place = self.place(notices);
        let mut e = minicbor::Encoder::new(Cursor::new(room));
        if self.role.kind == RoleKind::Census {
            let zones = self.census();
            let field = self.policy.position_field().filter(|_| !zones.is_empty());
            self.fit(field, &e.map(u64::from(field.is_some())).map(|_| ()))?;
            if let Some(field) = field {
                let written = e.u8(field.0).and_then(|e| Value::Zones(zones).encode(e, &mut ()));
                self.fit(Some(field), &written)?;
            }
            return Ok(e.into_writer().position());
        }
        let given = |read: &&Read| self.is_given(read, &place);
        let withheld = self.role.reads.iter().filter(|read| self.is_companion(read) && !given(read)).count();
        notices.add(Notice::WithheldWithPosition, withheld);
        let count = self.role.reads.iter().filter(given).count();
        self.fit(None, &e.map(count as u64).map(|_| ()))?;
        for read in self.role.reads.iter().filter(given) {
            let written = e.u8(read.field.0).and_then(|e| self.encode(read, &place, e));
            self.fit(Some(read.field), &written)?;
        }
        Ok(e.into_writer().position())
    }

    /// The position as this role gets it.
    fn place(&self, notices: &mut Notices) -> Place {
        let index = self.policy.position_field();
        let read = self.role.reads.iter().find(|read| Some(read.field) == index);
        let (Some(position), Some(read)) = (self.position(), read) else {
            return Place { value: None, as_asked: false };
        };
        let exact = |decimals| {
            let value = ExactPosition::round(position, decimals).map(Value::Exact);
            Place { as_asked: value.is_some(), value }
        };
        let (level, anonymous) = match read.precision {
            Precision::Level { level, anonymous } => (level, anonymous),
            Precision::Decimals(decimals) => return exact(decimals),
            _ => return exact(EXACT_POSITION_DECIMALS),
        };
        let zones = &self.policy.zones;
        let coarsened = if anonymous {
            zones.coarsen(position, level, self.around.counts, self.policy.anonymity.fallback)
        } else {
            zones
                .locate(position, level)
                .map(|zone| Coarsened { zone, raised: false })
                .ok_or(Withheld::OutsideZones)
        };
        match coarsened {
            Ok(Coarsened { zone, raised }) => {
                notices.add(Notice::RaisedZone, usize::from(raised));
                Place { value: Some(Value::Zone(zone)), as_asked: !raised }
            }
            Err(reason) => {
                notices.count(match reason {
                    Withheld::OutsideZones => Notice::OutsideZones,
                    Withheld::TooFew => Notice::TooFew,
                });
                Place { value: None, as_asked: false }
            }
        }
    }

    /// The zone at each level that has one.
    fn census(&self) -> Vec<Zone> {
        self.position().map_or_else(Vec::new, |position| self.policy.zones.locate_all(position).collect())
    }

    fn position(&self) -> Option<Position> {
        match self.policy.position_field().and_then(|index| self.normal(index)) {
            Some(Normal::Position(position)) => Some(*position),
            _ => None,
        }
    }

    fn normal(&self, index: FieldIndex) -> Option<&Normal<'_>> {
        self.fields.get(usize::from(index.0)).and_then(Option::as_ref)
    }

    /// Whether the reading has a field that goes with the position.
    fn is_companion(&self, read: &Read) -> bool {
        self.policy.field(read.field).is_some_and(|field| field.with_position)
            && self.normal(read.field).is_some()
    }

    fn is_given(&self, read: &Read, place: &Place) -> bool {
        match self.normal(read.field) {
            None => false,
            Some(Normal::Position(_)) => place.value.is_some(),
            Some(_) => place.as_asked || !self.is_companion(read),
        }
    }

    fn encode<W: minicbor::encode::Write>(
        &self,
        read: &Read,
        place: &Place,
        e: &mut minicbor::Encoder<W>,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        let value = match self.normal(read.field) {
            // the one kind that would have to be copied
            Some(Normal::Text(text)) => return e.str(text)?.ok(),
            Some(Normal::Position(_)) => return place.value.encode(e, &mut ()),
            Some(Normal::Number(number)) => self.number(*number, read).map(Value::Number),
            Some(Normal::Choice(choice)) => Some(Value::Choice(*choice)),
            Some(Normal::Flag(flag)) => Some(Value::Flag(*flag)),
            Some(Normal::Time(seconds)) => {
                let grain =
                    if let Precision::Grain(grain) = read.precision { u64::from(grain.max(1)) } else { 1 };
                Some(Value::Time(seconds - seconds % grain))
            }
            None => None,
        };
        value.encode(e, &mut ())
    }

    /// A checked policy's bounds leave room for its decimals, so this is always a number.
    fn number(&self, number: f64, read: &Read) -> Option<Decimal> {
        match read.precision {
            Precision::Decimals(decimals) => Decimal::round(number, decimals),
            Precision::Step { step, decimals } => {
                Decimal::round(number, decimals).map(|number| number.to_step(step))
            }
            _ => match self.policy.field(read.field)?.kind {
                FieldKind::Number { decimals, .. } => Decimal::round(number, decimals),
                _ => None,
            },
        }
    }

    /// The only way in which writing into the room can fail is that it is full. To blame is the longest text that the
    /// role gets, else the field at which it was full.
    fn fit<E>(&self, at: Option<FieldIndex>, written: &Result<(), E>) -> Result<(), ReduceError> {
        if written.is_ok() {
            return Ok(());
        }
        let length = |read: &&Read| match self.normal(read.field) {
            Some(Normal::Text(text)) => text.len(),
            _ => 0,
        };
        let longest = self.role.reads.iter().max_by_key(length).filter(|read| length(read) > 0);
        let field = longest.map(|read| read.field).or(at).and_then(|index| self.policy.field(index));
        Err(ReduceError::DoesNotFit {
            field: field.map(|field| field.name.clone()).unwrap_or_default(),
            role: self.role.name.clone(),
            size: self.role.size,
        })
    }
}

/// The position as one role gets it.
struct Place {
    value: Option<Value>,
    /// As precisely as the role asked: else what goes with the position is withheld.
    as_asked: bool,
}

#[cfg(test)]
mod reduce_tests;
