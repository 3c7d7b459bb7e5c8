//! The pure core of Cowl.
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod anonymity;
mod block;
mod calendar;
mod census;
mod counts;
mod envelope;
mod ids;
mod layout;
mod places;
mod position;
mod pseudonym;
mod receiver;
pub mod schedule;
mod secret;
mod siv;
mod zone;

pub use anonymity::{Coarsened, Withheld};
pub use calendar::{Calendar, Epoch};
pub use census::Census;
pub use counts::{Count, Counts};
pub use envelope::{DeviceKeys, Header, Mode, SealError, Sealed, Shards, WalkInPublicKey, WalkInSealer};
pub use ids::{ErasureHandle, FieldIndex, OperationId, Place, PolicyVersion, ReportId, RoleIndex};
pub use layout::{HEADER_LEN, Layout, MESSAGE_ID_LEN, PART_OVERHEAD, RolePart, WalkInSuite};
pub use places::Places;
pub use position::{Position, PositionError};
pub use pseudonym::Pseudonym;
pub use receiver::{Opened, Received, Receiver, Refused, Sender, WalkInLimits, Windows};
pub use secret::Secret;
pub use zone::{
    Bounds, H3Resolution, H3ResolutionError, LabelError, Ladder, LadderError, Level, LevelIndex, MgrsGrain, NamedPolygon,
    Polygons, PolygonsError, System, Zone, ZoneExtent, ZoneLabel,
};
