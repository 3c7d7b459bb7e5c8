//! The lines of a truth file.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// One line of a truth file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "line", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Line {
    /// The operation; the first line.
    Operation(Operation),
    /// A zone of the operation.
    Zone(ZoneTruth),
    /// A person, whether she sends or not.
    Person(PersonTruth),
    /// Where a person was in an hour.
    Stay(Stay),
    /// A PUBLISH to the broker.
    Message(MessageTruth),
    /// What a holder of keys reads in a message.
    Opened(Opened),
    /// A report that came to a reader's eyes.
    Delivery(Delivery),
    /// What the configuration costs.
    Expense(Expense),
}

/// What was run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Operation {
    /// Version of the format: 1.
    pub version: u32,
    /// Name of the configuration, such as `plain` or `cowl`.
    pub configuration: String,
    /// Seed of the simulation.
    pub seed: u64,
    /// Length in microseconds.
    pub length: u64,
    /// Instants at which pseudonyms change for all; empty where they never do.
    #[serde(default)]
    pub epochs: Vec<u64>,
    /// The policy's fields.
    #[serde(default)]
    pub fields: Vec<PolicyField>,
}

/// One field that a device knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyField {
    /// Its name.
    pub name: String,
    /// Whether some role needs it.
    pub needed: bool,
    /// The roles that may read it.
    #[serde(default)]
    pub roles: Vec<String>,
}

/// A zone of the smallest administrative level that the truth distinguishes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ZoneTruth {
    /// Its name.
    pub zone: String,
    /// Latitude of its centre, degrees.
    pub lat: f64,
    /// Longitude of its centre, degrees.
    pub lon: f64,
    /// People who live there, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub residents: Option<u64>,
}

/// A person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PersonTruth {
    /// Number, unique within the file.
    pub person: u32,
    /// Whether she uses the service: people who do not are the controls.
    pub uses: bool,
    /// Latitude of her home, degrees.
    pub lat: f64,
    /// Longitude of her home, degrees.
    pub lon: f64,
    /// The gateway or relay she is behind, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway: Option<u32>,
    /// What an adversary may know of her beforehand.
    #[serde(default)]
    pub known: Known,
}

/// What an adversary may know of a person from elsewhere.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// Address of her phone in the network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<core::net::IpAddr>,
    /// Name, telephone number, account and the like, as she writes them.
    #[serde(default)]
    pub identifiers: Vec<String>,
}

/// Where a person was.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Stay {
    /// Who.
    pub person: u32,
    /// From when; stays are an hour long.
    pub at: u64,
    /// Latitude, degrees.
    pub lat: f64,
    /// Longitude, degrees.
    pub lon: f64,
}

/// Which PUBLISH: the n-th (from 0) from the client on a connection of the trace, retransmissions counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct MessageRef {
    /// The connection's number in the trace.
    pub connection: u64,
    /// The PUBLISH's number on it.
    pub ordinal: u32,
}

/// What a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum MessageKind {
    /// A report of an enrolled device.
    Report,
    /// A report of somebody not enrolled.
    WalkIn,
    /// A message that says nothing, to hide when others do.
    Cover,
    /// From the authority: manifest, beacon, command.
    Authority,
}

/// Who made a message that is not what it seems, for N1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forgery {
    /// The role whose keys made it.
    pub role: String,
}

/// One message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MessageTruth {
    /// Which.
    #[serde(flatten)]
    pub message: MessageRef,
    /// What it is.
    pub kind: MessageKind,
    /// Who sent it, or in whose name it was forged; absent for the authority.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<u32>,
    /// When the person wrote it.
    pub written: u64,
    /// Number of the pseudonym's epoch; 0 where pseudonyms never change.
    #[serde(default)]
    pub epoch: u32,
    /// Severity, a word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<String>,
    /// Whether it is urgent.
    #[serde(default)]
    pub urgent: bool,
    /// Latitude of the sender, degrees.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lat: Option<f64>,
    /// Longitude of the sender, degrees.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lon: Option<f64>,
    /// The zone that is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// What the device knew, field by field, as text.
    #[serde(default)]
    pub fields: BTreeMap<String, String>,
    /// Set if it was forged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forged: Option<Forgery>,
    /// Set if the same report went out before.
    #[serde(default)]
    pub again: bool,
}

/// Who holds keys.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Reader {
    /// A responder of this role.
    Role(String),
    /// Somebody with the keys of this person's device, still in use.
    Insider(u32),
    /// Somebody with this person's device, taken at the end of the trace.
    Stolen(u32),
}

/// What a holder of keys reads in a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// Which message.
    #[serde(flatten)]
    pub message: MessageRef,
    /// Who reads it.
    pub reader: Reader,
    /// What it says to him: the text that the defender's own command would print.
    pub text: String,
}

/// A report that a responder saw.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// Which message.
    #[serde(flatten)]
    pub message: MessageRef,
    /// Who saw it.
    pub reader: Reader,
    /// When.
    pub at: u64,
    /// Whether its zone was given at the precision that the policy wishes.
    #[serde(default)]
    pub zone_full: bool,
    /// Whether its zone was withheld altogether.
    #[serde(default)]
    pub zone_withheld: bool,
}

/// What a configuration costs, for the table beside the gains.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Expense {
    /// Processor time to make a message, microseconds, mean; absent where the run must be repeatable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub make_us: Option<f64>,
    /// Processor time to open one, microseconds, mean.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_us: Option<f64>,
}
