//! What an attack found, as numbers that can be compared.

mod finding;

pub use finding::{AttackId, Category, Control, Figure, Finding, Interval, Outcome, Unit};
