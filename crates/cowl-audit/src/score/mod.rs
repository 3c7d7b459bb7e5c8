//! What an attack found, as numbers that can be compared.

mod baseline;
mod compare;
mod cost;
mod finding;
mod limit;
mod run;
mod scorecard;
mod utility;

pub use baseline::{Baseline, BaselineError, Change, RecordedCell};
pub use compare::{Comparison, Difference, compare};
pub use cost::Cost;
pub use finding::{AttackId, Category, Control, Figure, Finding, Interval, Outcome, Unit};
pub use limit::{Limit, LimitError, Violation};
pub use run::{Progress, score};
pub use scorecard::{Cell, Scorecard};
pub use utility::{RoleFields, Utility};
