//! A simulated crisis: people with homes, wounds and phones, drawn from a seed, and whole operations in which they report.
//!
//! The model is an earthquake's second day in Haiti. Where people live, what they lack and when they report is fitted to real reports
//! of 2010 (see [`Town`], [`Need`], [`fitted`]); how they move and sicken is assumed, and each assumption stands where it is made.
//! Nothing in it is anybody's: names, telephone numbers and addresses are invented and look it.
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
//! | an operation's trace and truth, for the audit | [`Simulation::run`] |
//! | what people were told, and who can verify commands | [`Simulation::evidence`] |
//! | the same of a live operation, recorded by the audit's tap | [`Live`] |
//!
//! # Operations
//!
//! [`Simulation`] lets the people report for days under a [`Configuration`]: through the real client library (`Outbox`, `Notices`,
//! `Publisher`, keyring, presets) over a network in memory, with tokio's clock paused, to a small broker; the real service publishes
//! manifest and beacons and takes the census; responders of each role read with the real `Reader`. What passes the broker is the
//! trace; who really sent what is the truth.
//!
//! Not exercised: sockets, TLS and WebSocket; the embedded broker with its logins and rights; MQTT 3.1.1, wills and QoS 2;
//! responders' own connections (they read where messages arrive, some tenths of a second later); a phone's clock and state of
//! its own (all phones are identities of one enrolled gateway, so that ten thousand need one file and not as many).
//!
//! Assumed of phones: each app reports every 10 to 60 minutes at an interval of its own, and once more in an hour in which something
//! is urgent; it connects for each report and hangs up; one sending in five breaks the connection; seven phones in ten keep their
//! address. A fifth of all people do not use the service: they are the audit's controls. A responder forges one message for every
//! fifty.
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
mod evidence;
pub mod fitted;
mod geo;
mod life;
mod live;
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
pub use live::{Errand, Live, LiveSummary, OpenedLive};
pub use motion::Whereabouts;
pub use note::{Language, Need};
pub use person::{Person, PersonId};
pub use plan::Settings;
pub use report::{Report, Severity, Truth};
pub use run::{Simulation, Summary};
pub use scenario::{HOUR, MAX_PEOPLE, Scenario};
pub use section::{Section, Sections};
pub use town::{HINTERLAND, TOWNS, Town};
