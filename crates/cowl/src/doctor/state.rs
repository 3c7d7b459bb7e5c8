//! Whether files are whole, of this version, locked, and backed up: [`crate::state::examine`] with remedies that can be typed.

use std::path::Path;

use super::finding::{Finding, Topic, shell};
use crate::{
    files, recovery, rest,
    state::{self, Kind, Weight},
};

/// No file of ours is larger.
const LIMIT: u64 = 1 << 30;

const WHY_DAMAGE: &str =
    "what it held cannot be read, and every command that needs it refuses rather than guess";
const WHY_READ: &str = "whether they are whole is then not known";
const WHY_WARNING: &str = "it works now, and is not as safe as it should be";
const WHY_NOTE: &str = "nothing is lost by it";
const WHY_LOCK: &str = "whoever takes this disk, or a copy of it, has the keys; a passphrase keeps him out";
const WHY_SHARES: &str =
    "a broken or stolen machine ends the operation, unless others can rebuild it together";

/// What was found, and whether anything is damaged.
pub(super) struct Examined {
    pub(super) findings: Vec<Finding>,
    pub(super) damaged: bool,
}

/// Looks at every file of an operation, a gateway of responders, or a credential.
pub(super) fn check(path: &Path, kind: Kind) -> Examined {
    // Permissions have a check of their own, which also sees what is not read here.
    let is_open =
        |one: &state::Finding| one.remedy.contains("chmod") || one.what.contains("can be read by others");
    let (open, found): (Vec<_>, Vec<_>) = state::examine(path).into_iter().partition(is_open);
    let damaged = found.iter().any(|one| one.weight == Weight::Damage);
    let mut findings: Vec<_> = found.iter().map(|one| of(one, path, kind)).collect();
    if !open.is_empty() {
        findings.push(Topic::State.notice(
            "not everything was looked into: keys that others can read are not used, nor read here",
            WHY_READ,
            format!("cowl doctor {}    (again, once they are private)", shell(path)),
        ));
    } else if !damaged {
        let whole = match kind {
            Kind::Operation => "every file is whole, they belong together, and the log is as it was signed",
            Kind::Member | Kind::Station => "the credential and its state are whole, and of this version",
        };
        findings.push(Topic::State.ok(whole, WHY_DAMAGE));
    }
    findings.push(lock(path, kind));
    if kind == Kind::Operation && !damaged && open.is_empty() {
        findings.extend(shares(path));
    }
    Examined { findings, damaged }
}

fn of(one: &state::Finding, place: &Path, kind: Kind) -> Finding {
    let named = if one.what.contains(&one.path.display().to_string()) {
        one.what.clone()
    } else {
        format!("{}: {}", one.path.display(), one.what)
    };
    let (path, place) = (shell(&one.path), shell(place));
    let remedy = if one.remedy.starts_with("cowl shares make") {
        format!(
            "cowl shares make {place} --threshold 2 --of 3 -o SHARES    (give each of the three to another person)"
        )
    } else if one.remedy.starts_with("cowl shares status") {
        format!("cowl shares status {place}")
    } else if one.remedy.starts_with("cowl lock") {
        format!("cowl lock {place}")
    } else if one.remedy.starts_with("cowl log") {
        format!("cowl log verify {place}    (then: cowl log repair {place})")
    } else if one.remedy.starts_with("delete it") {
        format!("rm {path}    (while nothing of the operation runs)")
    } else if one.remedy.starts_with("move it away: the credential") {
        // Under a name that no state has.
        let name = one.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let away = shell(&one.path.with_file_name(format!("damaged-{name}")));
        format!("mv {path} {away}    (it then sends as a walk-in until the epoch after the next beacon)")
    } else if one.weight == Weight::Damage && kind == Kind::Operation {
        "cowl restore BACKUP -o NEWDIR    (or: cowl recover RECOVERY-FILE SHARE SHARE -o NEWDIR)".to_owned()
    } else if one.weight == Weight::Damage {
        "cowl restore BACKUP -o NEWFILE    (or ask the authority: cowl enrol OPS NAME …)".to_owned()
    } else {
        one.remedy.to_owned()
    };
    match one.weight {
        Weight::Damage => Topic::State.problem(named, WHY_DAMAGE, remedy),
        Weight::Warning => Topic::State.warning(named, WHY_WARNING, remedy),
        Weight::Note if one.remedy.starts_with("cowl shares make") => {
            Topic::State.warning(named, WHY_SHARES, remedy)
        }
        Weight::Note => Topic::State.notice(named, WHY_NOTE, remedy),
    }
}

fn lock(path: &Path, kind: Kind) -> Finding {
    let closed = match kind {
        Kind::Operation => path.join(rest::LOCK).exists(),
        Kind::Member => is_closed(path),
        Kind::Station => is_closed(&path.join(state::STATION_CREDENTIAL)),
    };
    if closed {
        return Topic::State.ok("its keys are closed with a passphrase or for an identity", WHY_LOCK);
    }
    let what = format!("{} is not locked: its keys open without a passphrase", path.display());
    Topic::State.notice(what, WHY_LOCK, format!("cowl lock {}", shell(path)))
}

fn is_closed(path: &Path) -> bool {
    files::read(path, LIMIT).is_ok_and(|bytes| rest::is_protected(&bytes))
}

/// Shares that are there, with a recovery file that holds the newest; [`state::examine`] says it where it is not so.
fn shares(folder: &Path) -> Option<Finding> {
    let held = recovery::held(folder).ok().flatten()?;
    let current = held.places.iter().all(|(_, current)| *current);
    current.then(|| {
        let places = held.places.len();
        let what = format!(
            "the recovery file holds the operation as it is now, in {places} {}",
            if places == 1 { "place" } else { "places" }
        );
        if places > 1 {
            return Topic::State.ok(what, WHY_SHARES);
        }
        Topic::State.notice(
            format!("{what}: on this disk only"),
            "the disk that breaks takes the recovery file with it",
            format!("cp {} /media/STICK/", shell(&folder.join("recovery.cowl"))),
        )
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::{
        doctor::{Level, testing},
        random::SystemRng,
    };

    fn worst(findings: &[Finding]) -> &Finding {
        findings.iter().max_by_key(|one| one.level).unwrap()
    }

    #[test]
    fn a_whole_operation_is_ok_but_for_what_was_never_made() {
        let made = testing::operation();
        let examined = check(made.ops(), Kind::Operation);
        assert!(!examined.damaged);
        assert_eq!(worst(&examined.findings).level, Level::Warning, "{:?}", examined.findings);
        assert!(worst(&examined.findings).remedy.as_ref().unwrap().starts_with("cowl shares make"));
        let copy = made.folder().join("copy.cowl");
        recovery::make_shares(made.ops(), 2, 3, &[copy], testing::NOW, &mut SystemRng::new()).unwrap();
        let examined = check(made.ops(), Kind::Operation);
        assert_eq!(worst(&examined.findings).level, Level::Notice, "in clear: {:?}", examined.findings);
        assert!(worst(&examined.findings).remedy.as_ref().unwrap().starts_with("cowl lock"));
    }

    #[test]
    fn one_changed_byte_is_found_in_the_file_it_is_in() {
        for name in ["authority.key", "register.json", "manifest.cowl", "log/checkpoint"] {
            let made = testing::operation();
            testing::flip(&made.ops().join(name));
            let examined = check(made.ops(), Kind::Operation);
            assert!(examined.damaged, "{name}");
            assert_eq!(worst(&examined.findings).level, Level::Problem);
            assert!(worst(&examined.findings).remedy.as_ref().unwrap().contains("cowl "), "{name}");
        }
    }

    #[test]
    fn a_member_and_its_damaged_state() {
        let mut made = testing::operation();
        let phone = made.device("phone");
        assert!(!check(&phone, Kind::Member).damaged);
        let state = crate::keyring::state_path(&phone);
        fs::write(&state, b"no database").unwrap();
        let examined = check(&phone, Kind::Member);
        assert!(examined.damaged);
        let found = worst(&examined.findings);
        assert!(found.what.contains("phone.cowl.state"), "{found:?}");
        let away = state.with_file_name("damaged-phone.cowl.state");
        assert_eq!(found.remedy, Some(format!("mv {} {}", shell(&state), shell(&away))));
    }

    #[test]
    fn locked_is_ok_and_in_clear_is_noticed() {
        let mut made = testing::operation();
        let phone = made.device("phone");
        assert_eq!(lock(&phone, Kind::Member).level, Level::Notice);
        fs::write(&phone, b"age-encryption.org/v1\n").unwrap();
        assert_eq!(lock(&phone, Kind::Member).level, Level::Ok);
        assert_eq!(lock(made.ops(), Kind::Operation).level, Level::Notice);
        fs::write(made.ops().join(rest::LOCK), b"").unwrap();
        assert_eq!(lock(made.ops(), Kind::Operation).level, Level::Ok);
    }
}
