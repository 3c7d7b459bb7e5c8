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
//! Once, whichever gateway dies at whatever instant: a report is published at `QoS` 2, on a session that the local broker keeps, and
//! what is on its way is written down there before ([`piece`](self)). The next process of the gateway, or another gateway of the role,
//! goes on with it. Once it is out it is written down on disk; then the operation's broker may forget it. So nothing is lost either.
//!
//! Twice it comes only in these cases, each told by the report's id in the JSON:
//! - the local broker does not do with a session what MQTT says, or grants no `QoS` 2; this is tried at the start and said
//!   ([`Event::Once`]). Then up to four reports, as there is word of them behind every four ([`Counters::at_least_once`]);
//! - the local broker is the gateway's own and dies with it: what was published since the state was last written;
//! - the local broker dies and comes back without its sessions, or with older ones: one piece of what was on its way, half of what it
//!   takes unacknowledged (mosquitto: 10). Said and counted ([`Event::InDoubt`]), where it can be told;
//! - two copies of one report, sent on two connections of its device, reach two gateways within the same milliseconds;
//! - a gateway that is there does not answer for half a minute: another one takes its shards;
//! - nobody manages to go on with what a gateway that died had on its way, for a minute; or its word was too large for the broker.
//!
//! # Several gateways
//! Each has a folder of its own with a copy of the credential; they find one another on the local broker, below
//! `cowl/responders/` and sealed with a key that comes of the credential. [`group`](self) decides who reads which shard. A
//! device's messages are spread over all shards, so each gateway follows the devices' counters by what the others tell; a
//! message that comes before that word waits for it, unacknowledged for a second at the most and then on the disk of one of them
//! ([`group`](self) says of which).
//!
//! A gateway lets go of a shard once all that it opened is published and told. One that was away asks one that was not what it
//! missed, before it opens anything.

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
mod piece;
mod retained;
mod run;
mod session;
mod shard;
mod store;
mod template;

pub use config::{Config, Publish, Way};
pub use counters::Counters;
pub use error::RespondersError;
pub use event::Event;
pub use original::Originals;
pub use run::run;
pub use session::Twice;
pub use template::{Template, TemplateError};

/// Below this lie the gateway's own topics on the local broker.
pub const CONTROL: &str = "cowl/responders";
