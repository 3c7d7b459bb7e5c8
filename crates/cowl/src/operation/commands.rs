//! Commands to devices behind gateways: `cowl command`. They stand in a file of the operation's; each bulletin carries
//! those that are not over.

use std::path::Path;

use cowl_core::{BeaconSecrets, Bulletin, BulletinError, Command, MAX_COMMANDS};
use serde::{Deserialize, Serialize};

use super::{Lock, Operation, OperationError, names};
use crate::{files, log::Event};

/// The largest file of commands that is read: a bulletin never holds more.
const LIMIT: u64 = 4 << 20;

/// The file.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Book {
    /// The number of the newest command.
    last: u64,
    commands: Vec<Line>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    number: u64,
    topic: String,
    #[serde(with = "as_hex")]
    payload: Vec<u8>,
    retain: bool,
    /// Unix seconds.
    until: u64,
}

/// Bytes as text.
mod as_hex {
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex::encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        hex::decode(String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// A command that stands.
#[derive(Debug, Clone)]
pub struct StandingCommand {
    /// The command.
    pub command: Command,
    /// Until when bulletins carry it, in Unix seconds.
    pub until: u64,
}

impl Operation {
    /// Tells all gateways to publish something to their own devices, from the next bulletin on for so many seconds: so
    /// long may a gateway be out of reach and still act on it. With `retain`, devices that come later are told too, and
    /// what was retained on that topic before is over; an empty payload then takes it back. Returns its number.
    pub fn command(
        &self,
        topic: &str,
        payload: &[u8],
        retain: bool,
        unix_seconds: u64,
        lasts_seconds: u64,
    ) -> Result<u64, OperationError> {
        let lock = Lock::take(&self.folder)?;
        let mut book = load(&self.folder)?;
        // At least the time, so that a folder restored from a copy does not count again what gateways acted on.
        let number = book.last.saturating_add(1).max(unix_seconds);
        let (topic, payload) = (topic.to_owned(), payload.to_vec());
        Command { number, topic: topic.clone(), payload: payload.clone(), retain }.check()?;
        book.commands
            .retain(|line| line.until > unix_seconds && !(retain && line.retain && line.topic == topic));
        let until = unix_seconds.saturating_add(lasts_seconds);
        book.commands.push(Line { number, topic, payload, retain, until });
        book.last = number;
        if book.commands.len() > MAX_COMMANDS {
            return Err(BulletinError::TooLarge.into());
        }
        // Whether they fit is found here, and not by a service that then has none.
        self.issue_bulletin(&book, unix_seconds, 0)?;
        let bytes = serde_json::to_vec_pretty(&book).unwrap_or_default();
        self.note_held(&lock, &[Event::Command { number }], unix_seconds)?;
        files::replace_summed(&self.folder.join(names::COMMANDS), &bytes)?;
        Ok(number)
    }

    /// The commands that are not over.
    pub fn commands(&self, unix_seconds: u64) -> Result<Vec<StandingCommand>, OperationError> {
        let book = load(&self.folder)?;
        let standing = book.commands.into_iter().filter(|line| line.until > unix_seconds);
        Ok(standing.map(|line| StandingCommand { until: line.until, command: line.into() }).collect())
    }

    /// A bulletin of this moment. One belongs to every beacon, whether there are commands or not. Its number is on disk
    /// before it is returned, so no two share one.
    pub fn bulletin(&self, unix_seconds: u64) -> Result<Vec<u8>, OperationError> {
        let lock = Lock::take(&self.folder)?;
        let sequence = self.next_beacon_number(unix_seconds)?;
        let book = load(&self.folder)?;
        drop(lock);
        self.issue_bulletin(&book, unix_seconds, sequence)
    }

    fn issue_bulletin(
        &self,
        book: &Book,
        unix_seconds: u64,
        sequence: u64,
    ) -> Result<Vec<u8>, OperationError> {
        let standing = book.commands.iter().filter(|line| line.until > unix_seconds);
        let commands: Vec<Command> = standing.map(Command::from).collect();
        let operation = self.manifest.operation;
        let epoch = self.epoch_at(unix_seconds);
        let key = self.secrets.beacon_key(operation, epoch);
        let size = self.manifest.policy.sizes.beacon;
        let secrets = BeaconSecrets { authority: self.secrets.authority(), key: &key, size };
        Ok(Bulletin::issue(operation, sequence, epoch, &commands, &secrets)?)
    }
}

impl From<&Line> for Command {
    fn from(line: &Line) -> Self {
        let Line { number, topic, payload, retain, .. } = line;
        Self { number: *number, topic: topic.clone(), payload: payload.clone(), retain: *retain }
    }
}

impl From<Line> for Command {
    fn from(line: Line) -> Self {
        Self { number: line.number, topic: line.topic, payload: line.payload, retain: line.retain }
    }
}

fn load(folder: &Path) -> Result<Book, OperationError> {
    let path = folder.join(names::COMMANDS);
    if !path.exists() {
        return Ok(Book::default());
    }
    let bytes = files::read_secret(&path, LIMIT)?;
    serde_json::from_slice(&bytes)
        .map_err(|_| OperationError::Damaged { path, what: "it is no list of commands" })
}

#[cfg(test)]
#[path = "commands_tests.rs"]
mod tests;
