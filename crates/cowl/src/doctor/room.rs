//! Room on the disk, in memory, and for connections.

use std::{fs, path::Path};

use super::{
    finding::{Finding, Topic, shell},
    words::{bytes, span},
};

/// Below this even small files fail soon.
const LEAST: u64 = 100_000_000;
/// A disk this full is about to fail.
const FULL_PERCENT: u64 = 2;
/// What a program needs besides its tables; a passphrase alone takes 128 MiB for a moment.
const PROGRAM: u64 = 256_000_000;
/// Bytes of a receiver's memory for each place (`places` in the policy).
const PLACE: u64 = 400;
/// Files and connections beside the broker's clients.
const OTHERS: u64 = 64;
const DAY: u64 = 86_400;

const WHY_DISK: &str = "on a full disk nothing is lost that was acknowledged, but no report is taken and no key renewed any more";

/// Room on a disk.
#[derive(Debug, Clone, Copy)]
pub(super) struct Space {
    pub(super) free: u64,
    pub(super) whole: u64,
    /// Files that can still be made; `None` where the disk sets no limit.
    pub(super) files: Option<u64>,
}

impl Space {
    /// Of the disk that a place is on, for this user.
    pub(super) fn of(place: &Path) -> Option<Self> {
        let disk = rustix::fs::statvfs(place).ok()?;
        let block = disk.f_frsize.max(1);
        Some(Self {
            free: disk.f_bavail.saturating_mul(block),
            whole: disk.f_blocks.saturating_mul(block),
            files: (disk.f_files > 0).then_some(disk.f_favail),
        })
    }
}

/// Whether there is room for what may still come: `needed` bytes by the policy.
pub(super) fn disk(place: &Path, space: Space, needed: Option<u64>) -> Finding {
    let free = format!("{} free on the disk of {}", bytes(space.free), place.display());
    let make_room = format!("df -h {}    (then delete what is not needed)", shell(place));
    if space.files.is_some_and(|files| files < 1_000) {
        let what = format!("the disk of {} can hold hardly any further file", place.display());
        return Topic::Room.problem(what, WHY_DISK, format!("df -i {}", shell(place)));
    }
    if space.free < LEAST || space.free < space.whole / 100 * FULL_PERCENT {
        return Topic::Room.problem(free, WHY_DISK, make_room);
    }
    match needed.filter(|needed| *needed > space.free) {
        Some(needed) => {
            let what = format!("{free}, and the queue may want {} more", bytes(needed));
            Topic::Room.warning(
                what,
                WHY_DISK,
                format!(
                    "df -h {}    (make room, or write a smaller queue_bytes in policy.toml)",
                    shell(place)
                ),
            )
        }
        None => Topic::Room.ok(free, WHY_DISK),
    }
}

/// Whether an archive that grew to `size` in `seconds` soon fills its disk.
pub(super) fn growth(place: &Path, space: Space, size: u64, seconds: u64) -> Finding {
    // A day at least: what came in the first hour says nothing of a week.
    let per_day = size / (seconds / DAY).max(1);
    let days = space.free / per_day.max(1);
    if days < 14 {
        let what = format!(
            "the archive grows by some {} a day: its disk is full in {}",
            bytes(per_day),
            span(days * DAY)
        );
        return Topic::Room.warning(
            what,
            "on a full disk nothing is archived; the broker keeps reports for a while, then drops the oldest",
            format!("cowl archive expire {}    (or a larger disk)", shell(place)),
        );
    }
    let what = format!("the archive of {} leaves room for a month and more at its pace", bytes(size));
    let some = format!(
        "the archive grows by some {} a day: room for {} more",
        bytes(per_day),
        span(days.min(36_500) * DAY)
    );
    Topic::Room.ok(if days < 31 { some } else { what }, WHY_DISK)
}

/// What the machine grants one program: open files, and memory for `places` devices.
pub(super) fn machine(root: &Path, connections: Option<u64>, places: Option<u32>) -> Vec<Finding> {
    let read = |path: &str| fs::read_to_string(root.join(path)).unwrap_or_default();
    let mut findings: Vec<_> = connections
        .and_then(|connections| files(&read("proc/self/limits"), connections))
        .into_iter()
        .collect();
    findings.extend(places.and_then(|places| memory(&read("proc/meminfo"), places)));
    findings
}

fn files(limits: &str, connections: u64) -> Option<Finding> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    let soft = line.split_whitespace().next()?;
    let granted = if soft == "unlimited" { u64::MAX } else { soft.parse().ok()? };
    let needed = connections.saturating_add(OTHERS);
    if granted >= needed {
        let what = format!("a program may have {soft} files and connections open");
        return Some(Topic::Room.ok(what, "each connected client takes one"));
    }
    Some(Topic::Room.warning(
        format!("a program may have {granted} files and connections open, and a broker for {connections} clients needs {needed}"),
        "a broker that runs out of them turns clients away",
        format!("ulimit -n {}    (in this shell; for a service of systemd: LimitNOFILE=)", needed.next_power_of_two()),
    ))
}

fn memory(meminfo: &str, places: u32) -> Option<Finding> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let available = line.split_whitespace().next()?.parse::<u64>().ok()?.saturating_mul(1_024);
    let needed = PROGRAM + u64::from(places) * PLACE;
    let what = format!(
        "{} of memory to be had, and a reader of {places} places takes up to {}",
        bytes(available),
        bytes(needed)
    );
    Some(if available >= needed {
        Topic::Room.ok(what, "the keys of all live devices are held in memory")
    } else {
        Topic::Room.warning(
            what,
            "the keys of all live devices are held in memory; a machine without it swaps, or stops the program",
            "free -h    (then close what is not needed, or read on another machine)",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Level;

    const ROOMY: Space = Space { free: 50_000_000_000, whole: 100_000_000_000, files: Some(1_000_000) };

    #[test]
    fn a_disk_with_room_is_ok_and_a_full_one_is_not() {
        let place = Path::new("ops");
        assert_eq!(disk(place, ROOMY, Some(268_435_456)).level, Level::Ok);
        assert_eq!(disk(place, Space { free: 200_000_000, ..ROOMY }, None).level, Level::Problem);
        assert_eq!(disk(place, Space { files: Some(3), ..ROOMY }, None).level, Level::Problem);
        let small = Space { free: 200_000_000, whole: 1_000_000_000, files: None };
        assert_eq!(disk(place, small, None).level, Level::Ok);
        assert_eq!(disk(place, small, Some(268_435_456)).level, Level::Warning);
        assert!(Space::of(Path::new("/")).is_some_and(|space| space.whole >= space.free));
    }

    #[test]
    fn an_archive_that_soon_fills_its_disk_is_found() {
        let place = Path::new("a.db");
        assert_eq!(growth(place, ROOMY, 1_000_000_000, 10 * DAY).level, Level::Ok);
        let found = growth(place, ROOMY, 50_000_000_000, 10 * DAY);
        assert_eq!(found.level, Level::Warning);
        assert!(found.what.contains("10 days"), "{found:?}");
    }

    #[test]
    fn open_files_and_memory_are_held_against_what_is_needed() {
        let limits = |soft: &str| format!("Max open files            {soft}         1048576  files\n");
        assert_eq!(files(&limits("4096"), 1_000).unwrap().level, Level::Ok);
        assert_eq!(files(&limits("unlimited"), 1_000).unwrap().level, Level::Ok);
        let found = files(&limits("1024"), 1_000).unwrap();
        assert_eq!(found.level, Level::Warning);
        assert!(found.remedy.unwrap().starts_with("ulimit -n 2048"));
        assert_eq!(files("", 1), None);
        let free = |kilobytes: u64| format!("MemTotal: 1 kB\nMemAvailable:   {kilobytes} kB\n");
        assert_eq!(memory(&free(4_000_000), 4_096).unwrap().level, Level::Ok);
        assert_eq!(memory(&free(100_000), 4_096).unwrap().level, Level::Warning);
        assert_eq!(memory(&free(1_000_000), 1 << 24).unwrap().level, Level::Warning);
    }
}
