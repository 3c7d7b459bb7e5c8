//! What a path is, and every check that fits it.

use std::path::{Path, PathBuf};

use cowl_core::{Calendar, Member, SignedManifest};

use super::{
    Machine, archive,
    broker::{Account, Kind as AccountKind},
    clock::{self, Witness, Witnesses},
    finding::{Finding, Section, Topic, shell},
    keys, leaks, permissions, queue,
    room::{self, Space},
    state,
};
use crate::{
    files::FileError,
    keyring::{self, KeyringError},
    log::Entry,
    operation::{BrokerFolder, Logins, Operation, OperationError},
    state::{Kind, secrets_of},
};

/// A path that was looked at.
#[derive(Debug)]
pub struct Place {
    /// What was found.
    pub section: Section,
    /// Whose broker can be looked at with what is known there.
    pub party: Option<Party>,
}

/// An operation as somebody of it knows it.
#[derive(Debug)]
pub struct Party {
    /// The newest manifest there.
    pub manifest: SignedManifest,
    /// The logins there.
    pub accounts: Vec<Account>,
    /// What the embedded broker's clients trust, if it is there.
    pub ca: Option<PathBuf>,
}

/// Looks at an operation's folder, a broker's part of one, a credential, a gateway's folder, or an archive. Writes nothing.
pub fn place(path: &Path, machine: &Machine) -> Place {
    let name = |what: &str| format!("{}: {what}", path.display());
    if archive::is_one(path) {
        let mut findings = archive::check(path, machine.now);
        findings.extend(permissions::check(&machine.root, path, &archive::secrets(path)));
        findings.extend(disk(path, None));
        return Place { section: Section::new(name("an archive of reports"), findings), party: None };
    }
    match Kind::of(path) {
        Some(Kind::Operation) if !path.join("authority.key").exists() => broker_folder(path, machine),
        Some(Kind::Operation) => operation(path, machine),
        Some(kind @ (Kind::Member | Kind::Station)) => member(path, kind, machine),
        None => {
            let (what, remedy) = if path.exists() {
                (
                    "nothing of Cowl's lies there",
                    "cowl doctor PATH    (an operation's folder, a credential, a gateway's folder, or an archive)".to_owned(),
                )
            } else {
                ("there is no such file or folder", {
                    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
                    format!("ls -l {}", shell(folder.unwrap_or(Path::new("."))))
                })
            };
            let found = Topic::State.problem(what, "what is not there cannot be looked at", remedy);
            Place { section: Section::new(path.display().to_string(), vec![found]), party: None }
        }
    }
}

fn operation(path: &Path, machine: &Machine) -> Place {
    let secrets =
        secrets_of(path).map_or_else(|_| Vec::new(), |all| all.into_iter().map(|one| one.path).collect());
    let mut findings = permissions::check(&machine.root, path, &secrets);
    let examined = state::check(path, Kind::Operation);
    findings.extend(examined.findings);
    let mut party = None;
    match Operation::open(path) {
        Ok(operation) => {
            let known = witnesses_of(&operation, examined.damaged);
            findings.push(clock::check(machine.now, &known));
            let time = time(machine.now, &known);
            findings.extend(keys::of_operation(&operation, time));
            findings.extend(leaks::check(operation.manifest(), Some(path)));
            findings.extend(room::machine(&machine.root, None, Some(operation.manifest().policy.places)));
            let ca = Some(operation.tls().ca).filter(|ca| ca.exists());
            let accounts = accounts(operation.logins(), operation.manifest());
            party = Some(Party { manifest: operation.manifest().clone(), accounts, ca });
        }
        Err(error) => findings.extend(unopened(path, &error, examined.damaged)),
    }
    findings.extend(disk(path, None));
    Place { section: Section::new(format!("{}: an operation", path.display()), findings), party }
}

/// The authority's clock is the operation's: what the log and the manifest say has happened by it.
fn witnesses_of(operation: &Operation, damaged: bool) -> Witnesses {
    let manifest = operation.manifest();
    let mut known = of_manifest(manifest, manifest.calendar);
    known.authority = true;
    // A log that was found altered says nothing.
    let last = (!damaged).then(|| operation.log().ok().flatten()).flatten();
    let last = last
        .and_then(|log| log.find_last(|entry| Entry::parse(entry).map(|entry| entry.time)).ok().flatten());
    known.signed.extend(last.map(|(_, time)| Witness { time, what: "the newest entry of the log" }));
    known
}

fn of_manifest(manifest: &SignedManifest, calendar: Calendar) -> Witnesses {
    let began = calendar.start_of(manifest.walk_in.first).max(calendar.start);
    Witnesses {
        signed: vec![Witness { time: began, what: "the manifest" }],
        until: Some(calendar.end_of(manifest.expires)),
        authority: false,
    }
}

/// The best guess of the time: the clock's, unless it is known to be wrong.
fn time(now: u64, known: &Witnesses) -> u64 {
    let newest = known.newest().map_or(0, |newest| newest.time);
    // After the end of all keys the clock is believed too: the keys have ended, or somebody must look at the clock.
    let believed = known.agree(now) || known.until.is_some_and(|until| now > until);
    if believed { now.max(newest) } else { newest }
}

/// In the order in which they are tried; the first one is also the one that looks at the way.
fn accounts(logins: &Logins, manifest: &SignedManifest) -> Vec<Account> {
    let one = |kind, login: &crate::operation::OperationLogin| Account { kind, login: login.to_credential() };
    let mut all = vec![
        one(AccountKind::Node, &logins.node),
        one(AccountKind::Operator, &logins.operator),
        one(AccountKind::Observer, &logins.observer),
    ];
    // With blind tokens there is no shared login for those who send, and a token can be spent only once.
    if manifest.policy.tokens.is_none() {
        all.extend([one(AccountKind::Device, &logins.device), one(AccountKind::WalkIn, &logins.walk_in)]);
    }
    all
}

fn unopened(path: &Path, error: &OperationError, damaged: bool) -> Option<Finding> {
    if let OperationError::File(FileError::Rest { .. }) = error {
        return Some(locked(path));
    }
    let is_open = matches!(error, OperationError::File(FileError::Exposed { .. }));
    // What is damaged was named, file by file, and so was what others can read.
    (!damaged && !is_open).then(|| {
        Topic::State.problem(
            error.to_string(),
            "nobody can be enrolled or revoked, and nothing published, until it opens",
            "cowl restore BACKUP -o NEWDIR    (or: cowl recover RECOVERY-FILE SHARE SHARE -o NEWDIR)",
        )
    })
}

fn locked(path: &Path) -> Finding {
    Topic::State.notice(
        "it is locked, and was not looked into: no passphrase was given",
        "keys, invitations and members that are about to run out were not seen",
        format!("COWL_PASSPHRASE_FILE=FILE cowl doctor {}", shell(path)),
    )
}

/// What a broker on another machine has of an operation.
fn broker_folder(path: &Path, machine: &Machine) -> Place {
    let secrets: Vec<_> = ["logins.toml", "tls/server.key"]
        .iter()
        .map(|name| path.join(name))
        .filter(|path| path.exists())
        .collect();
    let mut findings = permissions::check(&machine.root, path, &secrets);
    let mut party = None;
    match BrokerFolder::open(path) {
        Ok(folder) => {
            let known = of_manifest(&folder.manifest, folder.manifest.calendar);
            findings.push(clock::check(machine.now, &known));
            if let Some(tls) = &folder.tls {
                findings.extend(keys::certificate_of(tls, path, time(machine.now, &known)));
            }
            findings.push(Topic::State.ok(
                "manifest and logins are whole, and nothing there opens a report",
                "a broker needs no key of the operation",
            ));
            findings.extend(leaks::check(&folder.manifest, None));
            let ca = folder.tls.as_ref().map(|tls| tls.ca.clone()).filter(|ca| ca.exists());
            party = Some(Party {
                accounts: accounts(&folder.logins, &folder.manifest),
                manifest: folder.manifest,
                ca,
            });
        }
        Err(error) => findings.push(Topic::State.problem(
            error.to_string(),
            "the broker does not start without it",
            "scp -r AUTHORITY:OPS/{manifest.cowl,logins.toml,tls} .    (copy them from the operation's folder again)",
        )),
    }
    findings.extend(disk(path, None));
    Place {
        section: Section::new(format!("{}: a broker's part of an operation", path.display()), findings),
        party,
    }
}

fn member(path: &Path, kind: Kind, machine: &Machine) -> Place {
    let file =
        if kind == Kind::Station { path.join(crate::state::STATION_CREDENTIAL) } else { path.to_owned() };
    let mut secrets: Vec<_> = if kind == Kind::Station {
        secrets_of(path).map_or_else(|_| Vec::new(), |all| all.into_iter().map(|one| one.path).collect())
    } else {
        vec![file.clone()]
    };
    secrets.push(keyring::state_path(&file));
    secrets.retain(|path| path.exists());
    let mut findings = permissions::check(&machine.root, path, &secrets);
    let examined = state::check(path, kind);
    findings.extend(examined.findings);
    let mut name = kind.name().to_owned();
    let mut party = None;
    match keyring::load_credential(&file) {
        Ok(credential) => {
            let manifest = &credential.manifest;
            let state = keyring::remembered(&keyring::state_path(&file), credential.instance).ok();
            let mut known = of_manifest(manifest, manifest.calendar);
            let heard = state.filter(|state| state.heard).and_then(|state| state.epoch);
            known.signed.extend(heard.map(|epoch| Witness {
                time: manifest.calendar.start_of(epoch),
                what: "the newest beacon heard",
            }));
            findings.push(clock::check(machine.now, &known));
            findings.extend(keys::of_member(&file, &credential, state, time(machine.now, &known)));
            findings.extend(leaks::check(manifest, None));
            findings.extend(queue::of_node(&file, &credential, machine.now));
            findings.extend(queue::of_station(&file));
            let queued = matches!(credential.member, Member::Gateway(_) | Member::Relay { .. });
            findings.extend(disk(path, queued.then_some(manifest.policy.traffic.queue_bytes)));
            let reads = matches!(credential.member, Member::Responder(_));
            let places = reads.then_some(manifest.policy.places);
            findings.extend(room::machine(&machine.root, None, places));
            if kind == Kind::Member {
                name = format!("credential of a {}", keyring::member_kind(&credential.member));
            }
            party = Some(party_of(&credential));
        }
        Err(KeyringError::File(FileError::Rest { .. })) => findings.push(locked(path)),
        // Named already.
        Err(_) => findings.extend(disk(path, None)),
    }
    Place { section: Section::new(format!("{}: {name}", path.display()), findings), party }
}

fn party_of(credential: &cowl_core::Credential) -> Party {
    let kind = match credential.member {
        Member::Device(_) => AccountKind::Device,
        Member::Responder(_) | Member::Gateway(_) | Member::Relay { .. } => AccountKind::Node,
    };
    let shared = kind == AccountKind::Node || credential.manifest.policy.tokens.is_none();
    let account = Account { kind, login: credential.login.clone() };
    Party {
        manifest: credential.manifest.clone(),
        accounts: shared.then_some(account).into_iter().collect(),
        ca: None,
    }
}

fn disk(path: &Path, needed: Option<u64>) -> Option<Finding> {
    Some(room::disk(path, Space::of(path)?, needed))
}

#[cfg(test)]
#[path = "place_tests.rs"]
mod tests;
