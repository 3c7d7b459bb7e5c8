//! Ground truth beside a trace: who really sent what. Read to score an attack and to train it on people who are not in the test set;
//! an attack never looks at it otherwise.
//!
//! The file is JSON lines, one [`Line`] each, specified in `spec/trace.md`. Times are microseconds of the trace. [`Writer`] makes it,
//! [`Truth::load`](crate::attack::Truth::load) reads and checks all of it.

mod error;
mod line;
mod load;
mod read;
#[cfg(test)]
mod truth_tests;
mod write;

pub use error::TruthError;
pub use line::{
    Delivery, Expense, Forgery, Known, Line, MessageKind, MessageRef, MessageTruth, Opened, Operation,
    PersonTruth, PolicyField, Reader, Stay, ZoneTruth,
};
pub use load::{Doubts, Loaded, MAX_FIELDS, MAX_LINES, VERSION};
pub use read::{Lines, MAX_LINE};
pub use write::Writer;
