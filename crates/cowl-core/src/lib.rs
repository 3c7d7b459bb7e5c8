//! The pure core of Cowl.
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod ids;
mod position;
mod secret;

pub use ids::{ErasureHandle, FieldIndex, OperationId, Place, PolicyVersion, ReportId, RoleIndex};
pub use position::{Position, PositionError};
pub use secret::Secret;
