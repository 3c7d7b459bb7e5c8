//! One role's part of a report: what it may read, at its precision, encoded.

use minicbor::Encode;

use super::normal::Normal;
use super::room::Room;
use super::{Notice, Notices, ReduceError, Surroundings};
use crate::anonymity::{self, Coarsened, Withheld};
use crate::decimal::Decimal;
use crate::ids::{FieldIndex, FieldSet};
use crate::policy::{EXACT_POSITION_DECIMALS, FieldKind, Policy, Precision, Read, Role, RoleKind};
use crate::position::Position;
use crate::value::{self, ExactPosition, Value};
use crate::zone::Zone;

/// One role's share of the work.
pub(super) struct Part<'a> {
    pub(super) policy: &'a Policy,
    pub(super) role: &'a Role,
    pub(super) fields: &'a [Option<Normal<'a>>],
    /// Which of them the reading has.
    pub(super) present: FieldSet,
    /// The zones around the position, looked up once for all roles.
    pub(super) zones: &'a [Zone],
    pub(super) around: &'a Surroundings<'a>,
}

impl Part<'_> {
    /// Encodes the body into the role's room; its length.
    pub(super) fn write(&self, room: &mut [u8], notices: &mut Notices) -> Result<usize, ReduceError> {
        let place = self.place(notices);
        let mut e = minicbor::Encoder::new(Room::new(room));
        if self.role.kind == RoleKind::Census {
            let field = self.policy.position_field().filter(|_| !self.zones.is_empty());
            self.fit(field, &e.map(u64::from(field.is_some())).map(|_| ()))?;
            if let Some(field) = field {
                let written = e.u8(field.0).and_then(|e| value::encode_zones(self.zones, e));
                self.fit(Some(field), &written)?;
            }
            return Ok(e.into_writer().written());
        }
        let given = self.given(&place, notices);
        self.fit(None, &e.map(given.len().into()).map(|_| ()))?;
        for read in self.role.reads.iter().filter(|read| given.holds(read.field)) {
            if let Some(normal) = self.normal(read.field) {
                let written = e.u8(read.field.0).and_then(|e| self.encode(read, normal, &place, e));
                self.fit(Some(read.field), &written)?;
            }
        }
        Ok(e.into_writer().written())
    }

    /// What the role gets of the fields that the reading has: those that it reads, without a position that is withheld and
    /// what goes with one that is not as fine as asked.
    fn given(&self, place: &Place, notices: &mut Notices) -> FieldSet {
        let position = self.policy.position_field().filter(|_| place.value.is_none());
        let reads = self.role.reads.iter().map(|read| read.field).collect();
        let given = self.present.and(reads).without(position.into_iter().collect());
        if place.as_asked {
            return given;
        }
        let withheld = given.and(self.policy.index().companions());
        notices.add(Notice::WithheldWithPosition, usize::from(withheld.len()));
        given.without(withheld)
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
        let mut zones = self.zones.iter();
        let coarsened = if anonymous {
            anonymity::coarsen(zones, level, self.around.counts, self.policy.anonymity.fallback)
        } else {
            let zone = zones.find(|zone| zone.level == level);
            zone.map(|zone| Coarsened { zone: *zone, raised: false }).ok_or(Withheld::OutsideZones)
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

    fn position(&self) -> Option<Position> {
        match self.policy.position_field().and_then(|index| self.normal(index)) {
            Some(Normal::Position(position)) => Some(*position),
            _ => None,
        }
    }

    fn normal(&self, index: FieldIndex) -> Option<&Normal<'_>> {
        self.fields.get(usize::from(index.0)).and_then(Option::as_ref)
    }

    fn encode<W: minicbor::encode::Write>(
        &self,
        read: &Read,
        normal: &Normal<'_>,
        place: &Place,
        e: &mut minicbor::Encoder<W>,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        match normal {
            // the one kind that would have to be copied
            Normal::Text(text) => e.str(text)?.ok(),
            Normal::Position(_) => place.value.encode(e, &mut ()),
            Normal::Number(number) => self.number(*number, read).map(Value::Number).encode(e, &mut ()),
            Normal::Choice(choice) => Value::Choice(*choice).encode(e, &mut ()),
            Normal::Flag(flag) => Value::Flag(*flag).encode(e, &mut ()),
            Normal::Time(seconds) => {
                let grain =
                    if let Precision::Grain(grain) = read.precision { u64::from(grain.max(1)) } else { 1 };
                Value::Time(seconds - seconds % grain).encode(e, &mut ())
            }
        }
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
    #[inline]
    fn fit<E>(&self, at: Option<FieldIndex>, written: &Result<(), E>) -> Result<(), ReduceError> {
        if written.is_ok() { Ok(()) } else { Err(self.too_long(at)) }
    }

    #[cold]
    fn too_long(&self, at: Option<FieldIndex>) -> ReduceError {
        let length = |read: &&Read| match self.normal(read.field) {
            Some(Normal::Text(text)) => text.len(),
            _ => 0,
        };
        let longest = self.role.reads.iter().max_by_key(length).filter(|read| length(read) > 0);
        let field = longest.map(|read| read.field).or(at).and_then(|index| self.policy.field(index));
        ReduceError::DoesNotFit {
            field: field.map(|field| field.name.clone()).unwrap_or_default(),
            role: self.role.name.clone(),
            size: self.role.size,
        }
    }
}

/// The position as one role gets it.
struct Place {
    value: Option<Value>,
    /// As precisely as the role asked: else what goes with the position is withheld.
    as_asked: bool,
}
