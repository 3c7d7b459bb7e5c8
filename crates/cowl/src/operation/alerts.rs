//! What people are told, and to whose reports help is coming: `cowl command --alert`, `cowl help-is-coming`. Both stand in
//! files of the operation's; each dispatch carries what is not over.

use std::path::{Path, PathBuf};

use cowl_core::{
    Addressee, Alert, AlertKeys, Dispatch, DispatchDraft, HelpKey, MemberId, RoleIndex, schedule::RoleRoot,
};
use serde::{Deserialize, Serialize};

use super::{Lock, Operation, OperationError, hexed, names};
use crate::{files, log::Event, random::SystemRng};

/// The largest of the files that is read.
const LIMIT: u64 = 4 << 20;
/// The form of the files.
const FORM: u32 = 1;
/// For so long dispatches say that help is coming, in seconds: so long may a reporter be out of reach and still find it.
pub const HELP_LASTS: u64 = 48 * 3_600;

/// The file of alerts.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Book {
    version: u32,
    /// The number of the newest alert.
    last: u64,
    alerts: Vec<Line>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    number: u64,
    /// The addressee: CBOR, in hexadecimal.
    to: String,
    given: u64,
    until: u64,
    text: String,
}

/// The file of reports that help is coming to.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct HelpBook {
    version: u32,
    help: Vec<HelpLine>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct HelpLine {
    #[serde(with = "hexed")]
    key: [u8; 32],
    /// Who said so.
    #[serde(with = "hexed")]
    by: [u8; 16],
    until: u64,
}

impl Operation {
    /// Tells people something, from the next dispatch on for so many seconds. Returns its number.
    pub fn alert(
        &self,
        to: Addressee,
        text: &str,
        unix_seconds: u64,
        lasts_seconds: u64,
    ) -> Result<u64, OperationError> {
        let policy = &self.manifest.policy;
        match to {
            Addressee::Role(role) if usize::from(role.0) >= policy.roles.len() => {
                return Err(OperationError::NoSuchRole(role.0.to_string()));
            }
            _ => {}
        }
        let lock = Lock::take(&self.folder)?;
        let mut book = self.load_alerts()?;
        // At least the time, so that a folder restored from a copy does not give again what people were shown.
        let number = book.last.saturating_add(1).max(unix_seconds);
        let until = unix_seconds.saturating_add(lasts_seconds);
        let alert = Alert { number, to, given: unix_seconds, until, text: text.to_owned() };
        alert.check()?;
        book.alerts.retain(|line| line.until > unix_seconds);
        book.alerts.push(Line::of(&alert));
        book.last = number;
        // Whether they fit is found here, and not by a service that then has none.
        self.issue_dispatch(&standing(&book, unix_seconds), &[], (unix_seconds, 0), &mut SystemRng::new())?;
        self.note_held(&lock, &[Event::Command { number }], unix_seconds)?;
        store(&self.folder.join(names::ALERTS), &book)?;
        Ok(number)
    }

    /// The alerts that are not over.
    pub fn alerts(&self, unix_seconds: u64) -> Result<Vec<Alert>, OperationError> {
        Ok(standing(&self.load_alerts()?, unix_seconds))
    }

    /// Notes that a responder said that help is coming to these reports. All of them or none: `false` where there is no room, or
    /// where this responder already said it of a quarter of all that a dispatch can say.
    ///
    /// It is in no log: how often help comes, and when, would be for everyone to read there.
    pub fn help_is_coming(
        &self,
        by: MemberId,
        keys: &[HelpKey],
        unix_seconds: u64,
    ) -> Result<bool, OperationError> {
        let _lock = Lock::take(&self.folder)?;
        let mut book = self.load_help()?;
        book.help.retain(|line| line.until > unix_seconds);
        let until = unix_seconds.saturating_add(HELP_LASTS);
        for key in keys {
            let known = book.help.iter_mut().find(|line| HelpKey::from_bytes(line.key) == *key);
            match known {
                Some(line) => line.until = until,
                None => book.help.push(HelpLine { key: *key.secret().expose(), by: by.0, until }),
            }
        }
        let most = Dispatch::capacity(self.manifest.policy.sizes.beacon);
        let own = book.help.iter().filter(|line| line.by == by.0).count();
        if book.help.len() > most || own > most / 4 {
            return Ok(false);
        }
        store(&self.folder.join(names::HELP), &book)?;
        Ok(true)
    }

    /// To how many reports help is said to be coming.
    pub fn helped(&self, unix_seconds: u64) -> Result<usize, OperationError> {
        Ok(self.load_help()?.help.iter().filter(|line| line.until > unix_seconds).count())
    }

    /// A dispatch of this moment. One belongs to every beacon, whether there is something to say or not. Its number is on disk
    /// before it is returned, so no two share one.
    pub fn dispatch(&self, unix_seconds: u64, rng: &mut SystemRng) -> Result<Vec<u8>, OperationError> {
        let lock = Lock::take(&self.folder)?;
        let sequence = self.next_beacon_number(unix_seconds)?;
        let (book, help) = (self.load_alerts()?, self.load_help()?);
        drop(lock);
        let help = help.help.iter().filter(|line| line.until > unix_seconds);
        let help: Vec<_> = help.map(|line| HelpKey::from_bytes(line.key)).collect();
        self.issue_dispatch(&standing(&book, unix_seconds), &help, (unix_seconds, sequence), rng)
    }

    fn issue_dispatch(
        &self,
        alerts: &[Alert],
        help: &[HelpKey],
        (unix_seconds, sequence): (u64, u64),
        rng: &mut SystemRng,
    ) -> Result<Vec<u8>, OperationError> {
        let operation = self.manifest.operation;
        let epoch = self.epoch_at(unix_seconds);
        let key = self.secrets.beacon_key(operation, epoch);
        let roles = (0_u8..).map(RoleIndex).take(self.manifest.policy.roles.len());
        // A role without keys of this epoch has nobody who reads; its lane is there all the same.
        let roles: Vec<_> = roles
            .map(|role| self.role_root(role, epoch).unwrap_or_else(|| RoleRoot::new(rng.secret())))
            .collect();
        let draft = DispatchDraft { operation, sequence, epoch, time: unix_seconds, alerts, help };
        let keys = AlertKeys { beacon: &key, roles: &roles };
        let size = self.manifest.policy.sizes.beacon;
        Ok(Dispatch::issue(&draft, self.secrets.authority(), &keys, size, rng)?)
    }

    fn load_alerts(&self) -> Result<Book, OperationError> {
        let path = self.folder.join(names::ALERTS);
        let sound =
            |book: &Book| book.version == FORM && book.alerts.iter().all(|line| line.read().is_some());
        load(path, "it is no list of alerts; put back the newest backup of it")?.map_or(
            Ok(Book { version: FORM, last: 0, alerts: Vec::new() }),
            |(path, book): (PathBuf, Book)| if sound(&book) { Ok(book) } else { Err(damaged(path)) },
        )
    }

    fn load_help(&self) -> Result<HelpBook, OperationError> {
        let path = self.folder.join(names::HELP);
        load(path, "it is no list of help; delete it, and have responders say it again")?.map_or(
            Ok(HelpBook { version: FORM, help: Vec::new() }),
            |(path, book): (PathBuf, HelpBook)| {
                if book.version == FORM { Ok(book) } else { Err(damaged(path)) }
            },
        )
    }
}

impl Line {
    fn of(alert: &Alert) -> Self {
        // Writing to memory cannot fail.
        let to = hex::encode(minicbor::to_vec(alert.to).unwrap_or_default());
        let Alert { number, given, until, ref text, .. } = *alert;
        Self { number, to, given, until, text: text.clone() }
    }

    fn read(&self) -> Option<Alert> {
        let to = minicbor::decode(&hex::decode(&self.to).ok()?).ok()?;
        let Self { number, given, until, ref text, .. } = *self;
        let alert = Alert { number, to, given, until, text: text.clone() };
        alert.check().is_ok().then_some(alert)
    }
}

fn standing(book: &Book, now: u64) -> Vec<Alert> {
    book.alerts.iter().filter_map(Line::read).filter(|alert| !alert.is_over(now)).collect()
}

fn load<T: for<'de> Deserialize<'de>>(
    path: PathBuf,
    what: &'static str,
) -> Result<Option<(PathBuf, T)>, OperationError> {
    if !path.exists() {
        return Ok(None);
    }
    let bytes = files::read_secret(&path, LIMIT)?;
    match serde_json::from_slice(&bytes) {
        Ok(book) => Ok(Some((path, book))),
        Err(_) => Err(OperationError::Damaged { path, what }),
    }
}

fn damaged(path: PathBuf) -> OperationError {
    OperationError::Damaged { path, what: "it is of a later form, or holds what no command wrote" }
}

fn store(path: &Path, book: &impl Serialize) -> Result<(), OperationError> {
    let bytes = serde_json::to_vec_pretty(book).unwrap_or_default();
    Ok(files::replace_summed(path, &bytes)?)
}

#[cfg(test)]
#[path = "alerts_tests.rs"]
mod tests;
