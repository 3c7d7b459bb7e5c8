//! The responder side of the gateway: opens what a role may read and publishes it as plain JSON to a local, trusted broker,
//! so that Node-RED, Grafana and Home Assistant work unchanged.
//!
//! ```text
//!  operation's broker                                                               local broker
//!  mailbox, a session ─▶ shard ─▶ desk: open once, make JSON ─▶ topic ─▶ publish ─▶ plain reports
//!  for each shard          ▲                                               │
//!                          └── acknowledge ◀── commit ◀── tell the others ◀┘ acknowledged
//! ```
//!
//! # What is delivered how often
//! A report is published at `QoS` 1, and behind every four of them word to the other gateways that they were; once all are
//! acknowledged it is written down; then the operation's broker may forget it. So nothing is lost at whatever instant a process
//! dies. Twice it comes only in these cases, each told by the report's id in the JSON:
//! - the process dies while the local broker takes its publications in: a broker that notices reads no further, and up to four
//!   reports are out without the word behind them;
//! - the local broker dies after it passed reports on and before it acknowledged them, and forgets the word too: up to one
//!   window of unacknowledged messages (mosquitto: 20);
//! - two copies of one report, sent on two connections of its device, reach two gateways within the same milliseconds.
//!
//! # Several gateways
//! Each has a folder of its own with a copy of the credential; they find one another on the local broker, below
//! `cowl/responders/` and sealed with a key that comes of the credential. [`group`](self) decides who reads which shard. A
//! device's messages are spread over all shards, so each gateway follows the devices' counters by what the others tell; a
//! message that comes before that word waits for it, unacknowledged for a second at the most and then on disk.

mod config;
mod counters;
mod desk;
mod discovery;
mod error;
mod event;
mod group;
mod local;
mod names;
mod object;
mod original;
mod retained;
mod run;
mod shard;
mod store;
mod template;

pub use config::{Config, Publish, Way};
pub use counters::Counters;
pub use error::RespondersError;
pub use event::Event;
pub use original::Originals;
pub use run::run;
pub use template::{Template, TemplateError};

/// Below this lie the gateway's own topics on the local broker.
pub const CONTROL: &str = "cowl/responders";
