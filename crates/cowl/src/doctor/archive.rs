//! An archive of opened reports, looked at without being changed.

use std::path::{Path, PathBuf};

use super::{
    finding::{Finding, Topic, shell},
    room::{self, Space},
    words::{bytes, count, span},
};
use crate::archive::{Look, key_path, look};

const WHY: &str = "what cannot be read there can be put back only from a copy made since the last erasure";
const WHY_KEPT: &str = "people were told how long their reports are kept";

/// Whether a file is a database of `SQLite`: the only ones of ours are archives.
pub(super) fn is_one(path: &Path) -> bool {
    let mut head = [0; 16];
    let read = std::fs::File::open(path).and_then(|mut file| std::io::Read::read_exact(&mut file, &mut head));
    read.is_ok() && head == *b"SQLite format 3\0"
}

/// The files of it that nobody else may read.
pub(super) fn secrets(path: &Path) -> Vec<PathBuf> {
    [path.to_owned(), key_path(path)].into_iter().filter(|path| path.exists()).collect()
}

pub(super) fn check(path: &Path, now: u64) -> Vec<Finding> {
    let shown = shell(path);
    let seen = match look(path, now) {
        Ok(seen) => seen,
        Err(error) => {
            let remedy = format!(
                "cowl archive check {shown}    (or put back the newest copy of {shown} and of its key)"
            );
            return vec![Topic::State.problem(error.to_string(), WHY, remedy)];
        }
    };
    let Look { size, reports, hours, overdue, sound, busy } = seen;
    if busy {
        let what = format!("the archive, {}, is in use and was not looked into", bytes(size));
        return vec![Topic::State.ok(what, "looking would disturb whoever writes to it")];
    }
    let mut findings = vec![if sound {
        let reports = usize::try_from(reports).unwrap_or(usize::MAX);
        let what = format!(
            "the archive is whole, and its key is there: {} in {}",
            count(reports, "report", "reports"),
            bytes(size)
        );
        Topic::State.ok(what, WHY)
    } else {
        Topic::State.problem(
            format!("{} has damaged pages", path.display()),
            WHY,
            format!("cowl archive check {shown}    (names them; then put back the newest copy)"),
        )
    }];
    if overdue > 0 {
        findings.push(Topic::State.warning(
            format!("{overdue} reports are kept longer than their role may"),
            WHY_KEPT,
            format!("cowl archive expire {shown}"),
        ));
    }
    if let (Some((oldest, newest)), Some(space)) = (hours, Space::of(path)) {
        findings.push(room::growth(path, space, size, newest.saturating_sub(oldest)));
        let age = now.saturating_sub(oldest);
        findings.push(Topic::State.ok(format!("its oldest report is of {} ago", span(age)), WHY_KEPT));
    }
    findings
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;
    use cowl_core::{Epoch, ErasureHandle, Place, PolicyVersion, Pseudonym, ReportId};

    use crate::{
        archive::{Archive, Entry},
        doctor::{Level, testing},
    };

    const DAY: u64 = 86_400;

    fn worst(findings: &[Finding]) -> &Finding {
        findings.iter().max_by_key(|one| one.level).unwrap()
    }

    fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
        let mut all: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.is_file())
            .collect();
        all.sort();
        all.into_iter().map(|path| (path.clone(), fs::read(&path).unwrap())).collect()
    }

    fn keep(path: &Path, made: &testing::Made, number: u8) {
        let mut archive = Archive::open_or_create(path, made.operation.manifest()).unwrap();
        archive.follow(&made.operation.manifest().policy).unwrap();
        more(&mut archive, made, 0..number);
    }

    fn more(archive: &mut Archive, made: &testing::Made, numbers: std::ops::Range<u8>) {
        let entry = |n: u8| Entry {
            report: ReportId([n; 16]),
            epoch: Epoch(0),
            from: Some(Pseudonym::of(made.operation.manifest().operation, Epoch(0), Place(n.into()))),
            handle: ErasureHandle([n; 16]),
            policy: PolicyVersion(1),
            received: testing::NOW,
            zone: None,
            fields: "{}".to_owned(),
            custody: None,
        };
        archive.keep("medical", &numbers.map(entry).collect::<Vec<_>>()).unwrap();
    }

    #[test]
    fn it_is_looked_at_and_nothing_is_written() {
        let made = testing::operation();
        let path = made.folder().join("reports.db");
        keep(&path, &made, 9);
        assert!(is_one(&path) && !is_one(&key_path(&path)) && !is_one(made.folder()));
        let before = files(made.folder());
        let found = check(&path, testing::NOW);
        assert!(found[0].what.contains("9 reports") && worst(&found).level == Level::Ok, "{found:?}");
        let late = check(&path, testing::NOW + 90 * DAY);
        assert!(worst(&late).level == Level::Warning && worst(&late).what.contains("9 reports"), "{late:?}");
        assert_eq!(files(made.folder()), before, "written to");
    }

    #[test]
    fn one_in_use_is_left_alone() {
        let made = testing::operation();
        let path = made.folder().join("reports.db");
        keep(&path, &made, 1);
        let mut open = Archive::open(&path).unwrap();
        open.follow(&made.operation.manifest().policy).unwrap();
        more(&mut open, &made, 10..60);
        let found = check(&path, testing::NOW);
        assert!(found[0].what.contains("in use"), "{found:?}");
    }

    #[test]
    fn without_its_key_or_with_a_changed_page_it_is_a_problem() {
        let made = testing::operation();
        let path = made.folder().join("reports.db");
        keep(&path, &made, 200);
        let whole = fs::read(&path).unwrap();
        let mut changed = whole.clone();
        // A page of a table, past the first one: its kind and its cells' places.
        for byte in &mut changed[4_096..4_116] {
            *byte ^= 0x55;
        }
        fs::write(&path, changed).unwrap();
        assert_eq!(worst(&check(&path, testing::NOW)).level, Level::Problem);
        fs::write(&path, whole).unwrap();
        assert_eq!(worst(&check(&path, testing::NOW)).level, Level::Ok);
        fs::remove_file(key_path(&path)).unwrap();
        let found = check(&path, testing::NOW);
        assert!(
            worst(&found).level == Level::Problem && worst(&found).what.contains("store key"),
            "{found:?}"
        );
    }
}
