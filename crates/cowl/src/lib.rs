//! Cowl, a privacy layer for MQTT: operations, keyrings, client and transport.
//!
//! Who does what:
//! - the *authority* makes an [`operation`] and enrols its members;
//! - a *device* or gateway seals with a [`keyring::Sender`], a walk-in with a [`keyring::WalkInSender`], and
//!   sends with a [`client::Outbox`];
//! - a *responder* opens with a [`keyring::Reader`] what its role may read.
//!
//! What a person reports comes in by [`formats`], is reduced by the policy ([`policy_file`]), sealed, and only
//! then handed to a [`transport`]. [`dangerous`] holds the study's configurations, to be measured against.
//!
//! ```
//! use cowl::{formats, keyring::{Reader, Sender, store_new}, operation::Operation, random::SystemRng};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let folder = tempfile::tempdir()?;
//! let (mut rng, now) = (SystemRng::new(), 1_800_000_000);
//! let mut operation = Operation::create(&folder.path().join("ops"), now, &mut rng)?;
//! let epoch = operation.epoch_at(now);
//! let (phone, medic) = (folder.path().join("phone.cowl"), folder.path().join("medic.cowl"));
//! store_new(&phone, &operation.enrol_device("phone", epoch, &mut rng)?.credential, epoch)?;
//! let roles = ["medical".to_owned()];
//! store_new(&medic, &operation.enrol_responder("medic", &roles, epoch, &mut rng)?.credential, epoch)?;
//!
//! let mut sender = Sender::open(&phone)?;
//! let reading = formats::parse(b"temperature: 39, severity: high, lat: 18.54, lon: -72.34, ip: 10.0.0.7")?;
//! let reduced = sender.manifest().policy.reduce(reading, &sender.surroundings(now))?;
//! let report = sender.report(reduced);
//! let message = sender.seal(0, &report, 0)?.sealed; // this is all that a broker sees
//!
//! let mut reader = Reader::open(&medic, "medical", None)?;
//! let mut reports = Vec::new();
//! reader.read(message.bytes(), 0, &mut reports)?;
//! assert_eq!(reports.len(), 1);
//! # Ok(())
//! # }
//! ```

pub mod archive;
pub mod client;
pub mod consent;
pub mod dangerous;
pub mod doctor;
pub mod files;
pub mod formats;
pub mod gateway;
pub mod glass;
pub mod help;
pub mod join;
pub mod keyring;
pub mod log;
mod meant;
pub mod node;
pub mod operation;
pub mod policy_file;
pub mod qr;
pub mod random;
pub mod records;
pub mod recovery;
pub mod relay;
pub mod responders;
pub mod rest;
pub mod service;
pub mod state;
pub mod tokens;
pub mod transport;
pub mod triage;
pub mod zones;
