//! The pure core of Cowl.
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod anonymity;
mod block;
mod body;
mod calendar;
mod census;
mod counts;
mod decimal;
mod envelope;
mod ids;
mod instant;
mod layout;
mod places;
pub mod policy;
mod position;
mod pseudonym;
mod reading;
mod receiver;
mod reduce;
pub mod schedule;
mod secret;
mod siv;
mod value;
mod zone;

pub use anonymity::{Coarsened, Withheld};
pub use body::{Body, BodyError};
pub use calendar::{Calendar, Epoch};
pub use census::Census;
pub use counts::{Count, Counts};
pub use decimal::{Decimal, MAX_DECIMALS};
pub use envelope::{DeviceKeys, Header, Mode, SealError, Sealed, Shards, WalkInPublicKey, WalkInSealer};
pub use ids::{ErasureHandle, FieldIndex, OperationId, Place, PolicyVersion, ReportId, RoleIndex};
pub use layout::{HEADER_LEN, Layout, MESSAGE_ID_LEN, PART_OVERHEAD, RolePart, WalkInSuite};
pub use places::Places;
pub use policy::{Draft, Policy, PolicyError};
pub use position::{Position, PositionError};
pub use pseudonym::Pseudonym;
pub use reading::{MAX_DEPTH, MAX_LINE, MAX_MEMBERS, MemberError, Members, RawValue, Reading};
pub use receiver::{Opened, Received, Receiver, Refused, Sender, WalkInLimits, Windows};
pub use reduce::{Notice, Notices, Problem, ReduceError, Reduced, Surroundings};
pub use secret::Secret;
pub use value::{ExactPosition, Value, rfc3339};
pub use zone::{
    Bounds, H3Resolution, H3ResolutionError, LabelError, Ladder, LadderError, Level, LevelIndex, MgrsGrain, NamedPolygon,
    Polygons, PolygonsError, System, Zone, ZoneExtent, ZoneLabel,
};
