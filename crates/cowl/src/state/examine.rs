//! Looking at what lies here without changing it: what is damaged, missing or too open, and what to do about it.

use std::path::{Path, PathBuf};

use cowl_core::Credential;

use super::{Kind, Known, OPERATION, names};
use crate::{
    files::{self, FileError},
    gateway::{self, Wrong},
    keyring,
    operation::Operation,
    recovery, rest,
    tokens::{self, TOKENS_GIVEN, TOKENS_SPENT, TokensError, Wallet},
};

/// No file that is looked at is larger.
const LIMIT: u64 = 1 << 30;

/// Something that is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The file.
    pub path: PathBuf,
    /// How bad it is.
    pub weight: Weight,
    /// What is wrong.
    pub what: String,
    /// What to do about it.
    pub remedy: &'static str,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Nothing is lost; better to know.
    Note,
    /// It works, and should not stay so.
    Warning,
    /// It does not work, or will lose something.
    Damage,
}

const RESTORE: &str = "put it back from a backup or the recovery file: cowl restore, cowl recover";
const NEW_CREDENTIAL: &str = "enrol the member again, or restore its backup with `cowl restore`";
const IN_USE: &str = "another process uses it, so it was not looked at";
const STATE: &str =
    "move it away: the credential then counts as restored, until the epoch after the next beacon";
const COMMANDS: &str = "leave it: the gateway acts on no command that stands, and goes on with the next; give again what must be done";
const ROSTER: &str = "enrol the gateway again: without it, devices would get each other's identities";
const RECORDS: &str =
    "nothing is to be done: these identities stay unused, and their devices get the next ones";
const HEARD: &str = "move it away: the alerts that stand are shown once more";
const TOKENS: &str = "move it away: tokens of the next period come by themselves, or `cowl tokens fetch`";
const GIVEN: &str = "stop the service and move it away: each member can get tokens of this period once more";
const SPENT: &str = "stop the broker, move it away and begin another period with `cowl rotate`: tokens of this one could be used twice";

/// Looks at an operation's folder, a gateway's folder, or a credential with what lies beside it. What is locked is opened as
/// everywhere ([`crate::rest`]). Nothing is written.
pub fn examine(path: &Path) -> Vec<Finding> {
    let mut findings = Vec::new();
    match Kind::of(path) {
        Some(Kind::Operation) => operation(path, &mut findings),
        Some(Kind::Station) => member(&path.join(super::STATION_CREDENTIAL), &mut findings),
        Some(Kind::Member) => member(path, &mut findings),
        None => findings.push(Finding {
            path: path.to_owned(),
            weight: Weight::Damage,
            what: "there is no operation and no credential here".to_owned(),
            remedy: "name an operation's folder or a credential",
        }),
    }
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.weight));
    findings
}

fn operation(folder: &Path, findings: &mut Vec<Finding>) {
    let there = match names(folder) {
        Ok(names) => names,
        Err(error) => return findings.push(of_error(folder, &error, RESTORE)),
    };
    let zones = crate::operation::zone_files(&folder.join("policy.toml"));
    let locked = folder.join(rest::LOCK).exists();
    for name in &there {
        let path = folder.join(name);
        let Some(known) = Known::find(OPERATION, name) else {
            if !zones.contains(name) {
                findings.push(note(
                    path,
                    "it is no file of an operation",
                    "it is in no backup: move it elsewhere",
                ));
            }
            continue;
        };
        if name.rsplit('/').next().is_some_and(|last| last.starts_with(".cowl-")) {
            findings.push(note(
                path,
                "a crash left it, and it may hold old keys",
                "delete it while nothing runs",
            ));
        } else if [TOKENS_GIVEN, TOKENS_SPENT].contains(&name.as_str()) {
            tokens_of(&path, if name == TOKENS_GIVEN { GIVEN } else { SPENT }, findings);
        } else if known.secret {
            if let Err(error) = files::read_secret(&path, LIMIT) {
                findings.push(of_error(&path, &error, RESTORE));
            } else if locked && known.lockable && !is_locked(&path) {
                let what = "it came after the folder was locked, and is open";
                findings.push(Finding {
                    path,
                    weight: Weight::Warning,
                    what: what.to_owned(),
                    remedy: "cowl lock it again",
                });
            }
        }
    }
    if findings.iter().any(|finding| finding.weight == Weight::Damage) {
        return;
    }
    // Each file is whole; do they belong together?
    match Operation::open(folder) {
        Ok(operation) => log(&operation, findings),
        Err(error) => findings.push(damage(folder.to_owned(), error.to_string(), RESTORE)),
    }
    beacon(folder, findings);
    match recovery::held(folder) {
        Ok(None) => findings.push(note(
            folder.to_owned(),
            "there are no shares: if this machine is lost, so is the operation",
            "cowl shares make",
        )),
        Ok(Some(held)) => {
            for (path, _) in held.places.into_iter().filter(|(_, current)| !current) {
                let what = "the recovery file is not there, or of an earlier time".to_owned();
                findings.push(Finding { path, weight: Weight::Warning, what, remedy: "cowl shares status" });
            }
        }
        Err(error) => {
            findings.push(damage(folder.join("recovery.json"), error.to_string(), "cowl shares make"));
        }
    }
}

fn tokens_of(path: &Path, remedy: &'static str, findings: &mut Vec<Finding>) {
    match tokens::examine(path) {
        Ok(()) => {}
        Err(TokensError::InUse(path)) => findings.push(note(path, IN_USE, "stop that process first")),
        Err(error) => findings.push(damage(path.to_owned(), error.to_string(), remedy)),
    }
}

fn beacon(folder: &Path, findings: &mut Vec<Finding>) {
    let path = folder.join("beacon.state");
    if !path.exists() {
        return;
    }
    let number = files::read(&path, 64)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok()?.trim().parse::<u64>().ok());
    if number.is_none() {
        let remedy = "delete it: numbers go on from the time";
        findings.push(damage(path, "it is not a beacon's number".to_owned(), remedy));
    }
}

/// Reads every file of the log and compares all of them with what was signed.
fn log(operation: &Operation, findings: &mut Vec<Finding>) {
    let path = operation.folder().join("log");
    let inspected = match operation.log() {
        Ok(None) => return,
        Ok(Some(log)) => log.inspect(&operation.log_key()).map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    let what = match inspected {
        Ok(inspection) if inspection.findings.is_empty() => return,
        Ok(inspection) => format!("{} of its files are not as they were signed", inspection.findings.len()),
        Err(what) => what,
    };
    findings.push(damage(path, what, "cowl log verify says where, cowl log repair mends it from a copy"));
}

fn member(path: &Path, findings: &mut Vec<Finding>) {
    let credential = match keyring::load_credential(path) {
        Ok(credential) => credential,
        Err(keyring::KeyringError::File(error)) => {
            return findings.push(of_error(path, &error, NEW_CREDENTIAL));
        }
        Err(error) => return findings.push(damage(path.to_owned(), error.to_string(), NEW_CREDENTIAL)),
    };
    let states = states(path);
    if states.is_empty() {
        findings.push(note(
            path.to_owned(),
            "its state is not there, so it counts as restored: a walk-in until the epoch after the next beacon",
            "nothing is to be done",
        ));
    }
    for state in states {
        state_of(&state, &credential, findings);
    }
    for (file, wrong) in gateway::examine(path, &credential) {
        let (what, remedy) = match wrong {
            Wrong::Commands(error) => (error.to_string(), COMMANDS),
            Wrong::Roster(error) => (error.to_string(), ROSTER),
            Wrong::Records(_) => (wrong.to_string(), RECORDS),
        };
        findings.push(damage(file, what, remedy));
    }
    for heard in beside(path, ".heard") {
        if let Err(error) = keyring::Ear::examine(&heard) {
            findings.push(of_error(&heard, &error, HEARD));
        }
    }
    let wallet = Wallet::of(path, credential.manifest.operation);
    match wallet.examine() {
        Ok(()) => {}
        Err(TokensError::File(error)) => findings.push(of_error(wallet.path(), &error, TOKENS)),
        Err(error) => findings.push(damage(wallet.path().to_owned(), error.to_string(), TOKENS)),
    }
}

fn state_of(path: &Path, credential: &Credential, findings: &mut Vec<Finding>) {
    match keyring::examine_state(path, credential.instance) {
        Ok(()) => {}
        Err(keyring::KeyringError::InUse(path)) => {
            findings.push(note(path, IN_USE, "stop that process first"));
        }
        Err(error) => findings.push(damage(path.to_owned(), error.to_string(), STATE)),
    }
}

/// The states beside a credential: its own, and one for each role that was read.
fn states(credential: &Path) -> Vec<PathBuf> {
    beside(credential, ".state")
}

/// The files beside a credential whose names go on with this: itself, and one for each role.
fn beside(credential: &Path, ending: &str) -> Vec<PathBuf> {
    let Some(start) = credential.file_name().map(|name| format!("{}{ending}", name.to_string_lossy())) else {
        return Vec::new();
    };
    let folder =
        credential.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let ours = entries.filter(|entry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some(rest) = name.strip_prefix(&start) else { return false };
        let last = rest.rsplit('.').next().unwrap_or_default();
        rest.is_empty() || (rest.starts_with('.') && !["lock", "gateway", "key"].contains(&last))
    });
    let mut files: Vec<_> = ours.map(|entry| entry.path()).collect();
    files.sort();
    files
}

fn is_locked(path: &Path) -> bool {
    files::read(path, LIMIT).is_ok_and(|bytes| rest::is_protected(&bytes))
}

fn of_error(path: &Path, error: &FileError, remedy: &'static str) -> Finding {
    let (weight, remedy) = match error {
        FileError::Exposed { .. } => (Weight::Warning, "make it private: chmod 600"),
        FileError::Rest { source, .. } if *source != rest::RestError::Damaged => {
            (Weight::Note, source.hint().unwrap_or("open it with its passphrase or identity"))
        }
        _ => (Weight::Damage, remedy),
    };
    Finding { path: path.to_owned(), weight, what: error.to_string(), remedy }
}

const fn damage(path: PathBuf, what: String, remedy: &'static str) -> Finding {
    Finding { path, weight: Weight::Damage, what, remedy }
}

fn note(path: PathBuf, what: &str, remedy: &'static str) -> Finding {
    Finding { path, weight: Weight::Note, what: what.to_owned(), remedy }
}
