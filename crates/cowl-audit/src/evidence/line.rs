//! The lines of an evidence file. Times are microseconds of the trace.

use serde::{Deserialize, Serialize};

use crate::evidence::Recipient;
use crate::truth::MessageRef;

/// One line of an evidence file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "line", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Line {
    /// The first line.
    Evidence(Head),
    /// What a notice says.
    Notice(Notice),
    /// That a person was given a notice.
    Given(Given),
    /// That a person withdrew.
    Withdrawal(Withdrawal),
    /// How long a copy of what she withdrew could be read.
    Copy(Copy),
    /// A record that ended, or a control.
    Record(Record),
    /// An attempt to read a record.
    Trial(Trial),
    /// A store and its oldest record.
    Store(Store),
    /// An attempt to verify a command.
    Command(CommandTrial),
}

/// What stands at the head.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// Version of the format: 1.
    pub version: u32,
    /// When the observation ended.
    pub until: u64,
}

/// A notice: the flows that it names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notice {
    /// Its name and version.
    pub notice: String,
    /// What goes to whom.
    pub covers: Vec<Cover>,
}

/// Each of these fields goes to each of these recipients.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cover {
    /// The fields, as in the truth; also `zone`, `address`, `client-id`, `user-name`.
    pub fields: Vec<String>,
    /// The recipients.
    pub recipients: Vec<Recipient>,
}

/// A notice that a person was given, or agreed to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Given {
    /// To whom.
    pub person: u32,
    /// Which notice.
    pub notice: String,
    /// When.
    pub at: u64,
    /// Until when it holds; to the end if absent. A withdrawal ends it in any case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<u64>,
}

/// A person took her consent back, or asked for erasure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Withdrawal {
    /// Who.
    pub person: u32,
    /// When.
    pub at: u64,
    /// Within how many seconds the operator says that no copy is readable.
    pub promised_s: u64,
}

/// A copy of what she sent before she withdrew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Copy {
    /// Whose.
    pub person: u32,
    /// Who held it.
    pub holder: Recipient,
    /// Last instant at which it could be read; absent if it still could be when the observation ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<u64>,
}

/// What became of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Cause {
    /// Erased because somebody asked.
    Erased,
    /// Its time had come.
    Expired,
    /// Still kept: whoever tries must be able to read it, or his trials say nothing.
    Live,
    /// Never existed: who reads it reads anything.
    Never,
}

/// A record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// Its name in this file; not a person's name.
    pub record: String,
    /// What became of it.
    pub cause: Cause,
    /// When it ended; needed for erased and expired ones, refused for the others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<u64>,
    /// The person it is of, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<u32>,
    /// The message of the trace that it came with, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<MessageRef>,
}

/// Where one looked for a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Medium {
    /// The whole disk, deleted blocks included.
    DiskImage,
    /// A backup made before the record ended.
    Backup,
    /// A message that the broker retains.
    Retained,
    /// A log.
    Log,
}

/// An attempt to read a record with all that the operator holds, after it ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trial {
    /// Which record.
    pub record: String,
    /// Where.
    pub medium: Medium,
    /// Whether it opened.
    pub opened: bool,
}

/// What is oldest in a store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Store {
    /// Its name.
    pub store: String,
    /// How long it may keep a record, seconds.
    pub keeps_s: u64,
    /// Age of its oldest record when the observation ended, seconds; absent if it is empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oldest_s: Option<u64>,
}

/// An attempt by a third party to verify who gave a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommandTrial {
    /// The command's name in this file.
    pub command: String,
    /// Whether the authority gave it; else it was altered, or made by somebody else.
    pub genuine: bool,
    /// Whether the verification said that the authority gave it.
    pub accepted: bool,
}
