//! Ground truth beside a trace: who really sent what. Read to score an attack and to train it on people who are not in the test set;
//! an attack never looks at it otherwise.
//!
//! The file is JSON lines, one [`Line`] each, specified in `spec/trace.md`. Times are microseconds of the trace.

mod line;

pub use line::{
    Delivery, Expense, Forgery, Known, Line, MessageKind, MessageRef, MessageTruth, Opened, Operation,
    PersonTruth, PolicyField, Reader, Stay, ZoneTruth,
};
