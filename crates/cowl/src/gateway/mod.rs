//! The gateway: reports of devices that cannot change, kept until they can be sent, and the authority's commands and alerts to them.
//!
//! A device publishes to a broker of the gateway's, which offers every message to [`Gateway::take`]. The policy's families
//! (`[[device]]`) say what is a report, whose it is, what of it becomes which field, and what is refused with which
//! reason. What is taken waits in a [`Queue`](crate::node::Queue), encrypted, and becomes a sealed message only when a slot is free: the
//! [`GatewayLoad`] does that, under the device's own identity, by the newest policy and beacon.
//!
//! ```
//! use cowl::gateway::{Caller, Gateway, Offered, Taken, open_queue};
//! # use cowl::{keyring::store_new, operation::Operation, random::SystemRng};
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let (mut rng, now) = (SystemRng::new(), 1_800_000_000);
//! # let path = folder.path().join("ops");
//! # let mut operation = Operation::create_with(&path, now, &mut rng, |folder| {
//! #     cowl::files::create(&folder.join("policy.toml"), cowl::policy_file::DEVICES_POLICY.as_bytes(), cowl::files::Access::All)
//! # })?;
//! # let epoch = operation.epoch_at(now);
//! # let credential = folder.path().join("gateway.cowl");
//! # store_new(&credential, &operation.enrol_gateway("gateway", 10, epoch, &mut rng)?.credential, epoch)?;
//! let queue = open_queue(&credential)?;
//! let (gateway, load) = Gateway::open(&credential, queue, || 1_800_000_000)?; // `load` is for the uplink
//! let phone = Caller { client_id: "anna-phone", user: None };
//! let payload = br#"{"_type":"location","lat":18.54,"lon":-72.34,"tst":1800000000,"batt":80,"tid":"AN"}"#;
//! let location = Offered::new("owntracks/anna/phone", payload);
//! let Taken::Kept(ticket) = gateway.take(&phone, &location) else { return Err("not taken".into()) };
//! ticket.await?; // it is on disk: acknowledge now
//! assert_eq!(gateway.roster()[0].name, "owntracks:anna/phone");
//! # Ok(())
//! # }
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap();
//! ```

mod alerts;
mod body;
mod commands;
mod consent;
mod counters;
mod device;
mod erase;
mod intake;
mod load;
mod lookup;
mod name;
mod people;
mod plan;
mod refusal;
mod roster;
mod secrets;
mod vault;

use std::path::{Path, PathBuf};

use cowl_core::Credential;

use crate::files::FileError;

pub use alerts::{ALERT_TOPIC, ALERTS_TOPIC, is_of_alerts};
pub use commands::Command;
pub use counters::Counts;
pub use device::{Device, Standing};
pub use intake::{Gateway, GatewayError, NotKept, Settings, Taken, Ticket, Waits};
pub use load::GatewayLoad;
pub use people::{admit, standings, withdrawal_code};
pub use refusal::Refusal;
pub use roster::RosterError;
pub use secrets::{open_queue, queue_key, queue_path, roster};
pub use vault::VaultError;

/// What is wrong with the files of a gateway beside its credential, besides its queue and vault. Nothing is written.
pub(crate) fn examine(path: &Path, credential: &Credential) -> Vec<(PathBuf, Wrong)> {
    let mut wrong = Vec::new();
    let commands = secrets::commands_path(path);
    if commands.exists()
        && let Err(error) = commands::examine(&commands)
    {
        wrong.push((commands, Wrong::Commands(error)));
    }
    let roster = secrets::roster_path(path);
    if roster.exists() {
        match roster::Roster::damaged(&roster, &secrets::roster_key(credential)) {
            Ok(0) => {}
            Ok(records) => wrong.push((roster, Wrong::Records(records))),
            Err(error) => wrong.push((roster, Wrong::Roster(error))),
        }
    }
    wrong
}

/// What is wrong with a file beside a gateway's credential.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Wrong {
    #[error(transparent)]
    Commands(FileError),
    #[error(transparent)]
    Roster(RosterError),
    #[error("{0} of its records cannot be read")]
    Records(usize),
}

/// Who offers a message, as the broker knows it.
#[derive(Clone, Copy)]
pub struct Caller<'a> {
    /// Its MQTT client id.
    pub client_id: &'a str,
    /// The name that it logged in with.
    pub user: Option<&'a str>,
}

/// A message that a device publishes.
#[derive(Clone, Copy)]
pub struct Offered<'a> {
    /// Its topic, not yet looked at.
    pub topic: &'a str,
    /// Its payload.
    pub payload: &'a [u8],
    /// Its quality of service, 0 to 2.
    pub qos: u8,
    /// Whether the device says that it sent it before.
    pub dup: bool,
    /// Its packet identifier; none at QoS 0.
    pub packet_id: Option<u16>,
    /// Whether the device wants it retained. Reports never are.
    pub retain: bool,
}

impl<'a> Offered<'a> {
    /// A message of QoS 0.
    pub const fn new(topic: &'a str, payload: &'a [u8]) -> Self {
        Self { topic, payload, qos: 0, dup: false, packet_id: None, retain: false }
    }
}

// Client ids, users and topics are people's names.
impl std::fmt::Debug for Caller<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Caller(…)")
    }
}

impl std::fmt::Debug for Offered<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Offered").field("qos", &self.qos).field("dup", &self.dup).finish_non_exhaustive()
    }
}
#[cfg(test)]
mod abuse_tests;
#[cfg(test)]
mod erase_tests;
#[cfg(test)]
mod families_tests;
#[cfg(test)]
mod intake_tests;
#[cfg(test)]
mod load_tests;
#[cfg(test)]
mod testing;
