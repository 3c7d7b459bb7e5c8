//! A simulated crisis: people with homes, wounds and phones, drawn from a seed.
//!
//! The model is an earthquake's second day in Haiti. Where people live is fitted to real reports of 2010 (see [`Town`]); how they
//! move, sicken and report is assumed, and each assumption stands where it is made. Nothing in it is anybody's: names, telephone
//! numbers and addresses are invented and look it.
//!
//! Time is virtual: seconds since the scenario began. There is no clock and no randomness but the seed, so the same [`Scenario`]
//! gives the same bytes on every machine.
//!
//! | need | use |
//! |---|---|
//! | who there is | [`Crisis::people`] |
//! | what they send, in order of time, each with the truth behind it | [`Crisis::reports`] |
//! | what a phone's app would send | [`Crisis::line`] |
//! | when the earth shook | [`Scenario::aftershocks`] |
//!
//! ```
//! use cowl_sim::{Crisis, Scenario};
//!
//! let crisis = Crisis::new(Scenario { people: 20, ..Scenario::default() });
//! let report = crisis.reports().next().expect("twenty people do not stay silent for a day");
//! let line = crisis.line(&report);
//! assert!(line.starts_with(r#"{"temperature":"#));
//! assert!(report.at < crisis.scenario().end());
//! ```

mod configuration;
mod crisis;
mod defender;
mod dice;
mod error;
pub mod fitted;
mod geo;
mod life;
mod motion;
mod names;
mod network;
mod note;
mod person;
mod plan;
mod report;
mod rhythm;
mod routine;
mod run;
mod scenario;
mod section;
mod town;

pub use configuration::Configuration;
pub use crisis::{Crisis, Reports};
pub use defender::office::Tally;
pub use error::SimulationError;
pub use geo::Point;
pub use motion::Whereabouts;
pub use note::{Language, Need};
pub use person::{Person, PersonId};
pub use plan::Settings;
pub use report::{Report, Severity, Truth};
pub use run::{Simulation, Summary};
pub use scenario::{HOUR, MAX_PEOPLE, Scenario};
pub use section::{Section, Sections};
pub use town::{HINTERLAND, TOWNS, Town};
