//! One role's part of a report: what it may read, at its precision, encoded.

use minicbor::Encode;

use super::normal::Normal;
use super::room::Room;
use super::{Notice, Notices, ReduceError, Surroundings};
use crate::anonymity::{self, Coarsened, Withheld};
use crate::decimal::Decimal;
use crate::ids::FieldIndex;
use crate::policy::{EXACT_POSITION_DECIMALS, FieldKind, Policy, Precision, Read, Role, RoleKind};
use crate::position::Position;
use crate::value::{self, ExactPosition, Value};
use crate::zone::Zone;

/// One role's share of the work.
pub(super) struct Part<'a> {
    pub(super) policy: &'a Policy,
    pub(super) role: &'a Role,
    pub(super) fields: &'a [Option<Normal<'a>>],
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
        let (mut count, mut withheld) = (0, 0);
        for read in &self.role.reads {
            match self.given(read, &place) {
                Some(_) => count += 1,
                None => withheld += usize::from(self.is_companion(read)),
            }
        }
        notices.add(Notice::WithheldWithPosition, withheld);
        self.fit(None, &e.map(count).map(|_| ()))?;
        for read in &self.role.reads {
            if let Some(normal) = self.given(read, &place) {
                let written = e.u8(read.field.0).and_then(|e| self.encode(read, normal, &place, e));
                self.fit(Some(read.field), &written)?;
            }
        }
        Ok(e.into_writer().written())
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
        let mut zones = self.zones.iter().copied();
        let coarsened = if anonymous {
            anonymity::coarsen(zones, level, self.around.counts, self.policy.anonymity.fallback)
        } else {
            let zone = zones.find(|zone| zone.level == level);
            zone.map(|zone| Coarsened { zone, raised: false }).ok_or(Withheld::OutsideZones)
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

    /// Whether the reading has a field that goes with the position.
    fn is_companion(&self, read: &Read) -> bool {
        self.policy.field(read.field).is_some_and(|field| field.with_position)
            && self.normal(read.field).is_some()
    }

    /// The value that the role gets of a field, not yet at its precision; `None`: not there, or withheld.
    fn given(&self, read: &Read, place: &Place) -> Option<&Normal<'_>> {
        let normal = self.normal(read.field)?;
        let is_given = match normal {
            Normal::Position(_) => place.value.is_some(),
            _ => place.as_asked || !self.is_companion(read),
        };
        is_given.then_some(normal)
    }

    fn encode<W: minicbor::encode::Write>(
        &self,
        read: &Read,
        normal: &Normal<'_>,
        place: &Place,
        e: &mut minicbor::Encoder<W>,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        let value = match normal {
            // the one kind that would have to be copied
            Normal::Text(text) => return e.str(text)?.ok(),
            Normal::Position(_) => return place.value.encode(e, &mut ()),
            Normal::Number(number) => self.number(*number, read).map(Value::Number),
            Normal::Choice(choice) => Some(Value::Choice(*choice)),
            Normal::Flag(flag) => Some(Value::Flag(*flag)),
            Normal::Time(seconds) => {
                let grain =
                    if let Precision::Grain(grain) = read.precision { u64::from(grain.max(1)) } else { 1 };
                Some(Value::Time(seconds - seconds % grain))
            }
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
