//! What waits in a gateway, a relay, or a gateway of responders; looked at in a copy, and only while no process uses it.

use std::{
    fs::{self, File},
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
};

use cowl_core::{Credential, Member, Secret};
use redb::{ReadableDatabase as _, ReadableTableMetadata as _, TableHandle as _};

use super::{
    finding::{Finding, Topic, shell},
    words::{bytes, count, span},
};
use crate::{
    gateway,
    node::{Clock, Queue, Settings, Status},
    relay,
};

/// The table of messages that wait, in the file of a gateway of responders.
const WAITING: &str = "waiting";
const DAY: u64 = 86_400;
/// A copy of more is not made.
const LIMIT: u64 = 2 << 30;

const WHY: &str = "what waits is safe on the disk, and leaves as soon as there is a broker again";
const WHY_FULL: &str =
    "a full queue takes no report: the device is told so, or the oldest goes, as the policy says";
const WHY_DAMAGED: &str =
    "a disk that changes bytes goes on to do so; what did not open any more may have been a report";

/// The queue of a gateway or relay.
pub(super) fn of_node(path: &Path, credential: &Credential, now: u64) -> Vec<Finding> {
    let traffic = &credential.manifest.policy.traffic;
    let (queue, key, settings) = match &credential.member {
        Member::Gateway(_) => (
            gateway::queue_path(path),
            gateway::queue_key(credential),
            Settings::new(traffic.queue_bytes, traffic.when_full),
        ),
        Member::Relay { .. } => (
            relay::queue_path(path),
            relay::queue_key(credential),
            Settings::for_relay(traffic.queue_bytes, traffic.when_full),
        ),
        Member::Device(_) | Member::Responder(_) => return Vec::new(),
    };
    if !queue.exists() {
        return vec![Topic::Queue.ok("it has no queue yet", WHY)];
    }
    let settings = Settings { clock: Clock::new(move || now), ..settings };
    let mut findings = match Copied::of(&queue) {
        Ok(copy) => opened(&copy.path, &key, settings, &queue, path),
        Err(error) => vec![unread(&queue, &error)],
    };
    findings.extend(aside(&queue));
    findings
}

/// What gateways of responders keep until its device is known.
pub(super) fn of_station(credential: &Path) -> Vec<Finding> {
    let Some((folder, start)) = credential.parent().zip(credential.file_name()) else { return Vec::new() };
    let start = format!("{}.state.", start.to_string_lossy());
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let ours = entries.filter(|entry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        name.starts_with(&start) && name.ends_with(".gateway")
    });
    let mut paths: Vec<_> = ours.map(|entry| entry.path()).collect();
    paths.sort();
    paths.into_iter().map(|path| store(&path)).collect()
}

fn store(path: &Path) -> Finding {
    let copy = match Copied::of(path) {
        Ok(copy) => copy,
        Err(error) => return unread(path, &error),
    };
    match waiting_in(&copy.path) {
        Some(0) => Topic::Queue.ok("no message waits for its device to be known", WHY),
        Some(number) => Topic::Queue.notice(
            format!("{} for a device that nobody knows", count(number, "message waits", "messages wait")),
            "they open when an earlier message of their device comes; those of revoked devices, and junk, never do",
            "nothing is to be done    (they go by themselves when their epoch is over)",
        ),
        None => damaged(path),
    }
}

/// How many records the table of waiting messages has, whatever they are; `None`: the file is no database of ours, or damaged.
fn waiting_in(copy: &Path) -> Option<usize> {
    let read = || -> Result<u64, redb::Error> {
        let database = redb::Builder::new().set_check_integrity_on_open(true).open(copy)?;
        let transaction = database.begin_read()?;
        let table = transaction.list_tables()?.find(|table| table.name() == WAITING);
        table.map_or(Ok(0), |table| Ok(transaction.open_untyped_table(table)?.len()?))
    };
    // redb may panic at what a flipped bit did to its header.
    let read = catch_unwind(AssertUnwindSafe(read)).ok()?.ok()?;
    usize::try_from(read).ok()
}

fn opened(copy: &Path, key: &Secret, settings: Settings, queue: &Path, credential: &Path) -> Vec<Finding> {
    let Ok(opened) = Queue::open(copy, key, settings) else {
        return vec![damaged(queue)];
    };
    let status = opened.status();
    // It is a copy, and goes with its folder.
    let _ = opened.close();
    of_status(&status, queue, credential)
}

fn of_status(status: &Status, queue: &Path, credential: &Path) -> Vec<Finding> {
    let mut findings = Vec::new();
    let waiting = status.enrolled.all() + status.walk_in.all();
    let percent = status.bytes.saturating_mul(100) / status.limit_bytes.max(1);
    let what = format!(
        "{} in {} of {} ({percent} %)",
        count(waiting, "report waits", "reports wait"),
        bytes(status.bytes),
        bytes(status.limit_bytes)
    );
    let send = format!(
        "cowl gateway --devices {} --uplink BROKER …    (is its broker reachable: cowl doctor -h BROKER)",
        shell(credential)
    );
    findings.push(match percent {
        0..80 => Topic::Queue.ok(what, WHY),
        80..95 => Topic::Queue.warning(what, WHY_FULL, send.clone()),
        _ => Topic::Queue.problem(what, WHY_FULL, send.clone()),
    });
    if let Some(age) = status.oldest_seconds.filter(|age| *age > DAY) {
        findings.push(Topic::Queue.warning(
            format!("the oldest report waits for {}", span(age)),
            "nobody has read it: there was no broker since, or the slots carry less than comes in",
            send,
        ));
    }
    if status.damage.is_some() {
        findings.push(damaged(queue));
    }
    if status.damaged > 0 {
        findings.push(Topic::Queue.notice(
            format!(
                "{} found damaged and set aside since it was made",
                count(usize::try_from(status.damaged).unwrap_or(usize::MAX), "entry was", "entries were")
            ),
            WHY_DAMAGED,
            "sudo smartctl -H /dev/DISK    (and take a new disk or SD card)",
        ));
    }
    findings
}

fn damaged(path: &Path) -> Finding {
    Topic::Queue.warning(
        format!("{} is damaged", path.display()),
        "at its next start the node moves it aside and saves every entry that still opens",
        "sudo smartctl -H /dev/DISK    (start the node again; and take a new disk or SD card)",
    )
}

/// Files that a node moved aside because they were damaged.
fn aside(queue: &Path) -> Option<Finding> {
    let (folder, name) = queue.parent().zip(queue.file_name())?;
    let start = format!("{}.damaged-", name.to_string_lossy());
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let entries = fs::read_dir(folder).ok()?.flatten();
    let number = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(&start)).count();
    (number > 0).then(|| {
        Topic::Queue.notice(
            format!(
                "{} beside the queue, moved aside by the node",
                count(number, "damaged file lies", "damaged files lie")
            ),
            "what opened in it was taken over; it may hold reports that were withdrawn since",
            format!("rm {}.damaged-*", shell(queue)),
        )
    })
}

fn unread(path: &Path, error: &io::Error) -> Finding {
    if error.kind() == io::ErrorKind::WouldBlock {
        let what =
            format!("{} is in use: a node is at work, and its queue was not looked into", path.display());
        return Topic::Queue.ok(what, "looking would disturb it; the node says itself how much waits");
    }
    Topic::Queue.warning(
        format!("{} cannot be looked into: {error}", path.display()),
        "how much waits is not known",
        format!("ls -l {}", shell(path)),
    )
}

/// A copy in a folder of its own, which goes when this is dropped.
struct Copied {
    path: PathBuf,
    _folder: tempfile::TempDir,
}

impl Copied {
    /// [`io::ErrorKind::WouldBlock`]: a process uses it.
    fn of(path: &Path) -> io::Result<Self> {
        let mut file = File::open(path)?;
        if file.metadata()?.len() > LIMIT {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is too large to be copied"));
        }
        file.try_lock_shared()?;
        let folder = tempfile::tempdir()?;
        let copy = folder.path().join("copy");
        io::copy(&mut file, &mut File::create_new(&copy)?)?;
        Ok(Self { path: copy, _folder: folder })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        doctor::{Level, testing},
        keyring::load_credential,
        node::{Commit, Lane, New, WhenFull},
    };

    const NOW: u64 = testing::NOW;

    fn put(path: &Path, key: &Secret, at: u64, number: usize) -> Queue {
        let settings = Settings {
            clock: Clock::new(move || at),
            commit: Commit::Inline,
            ..Settings::new(64 << 20, WhenFull::Refuse)
        };
        let queue = Queue::open(path, key, settings).unwrap();
        for _ in 0..number {
            drop(queue.put(New {
                lane: Lane::Enrolled,
                urgent: true,
                body: vec![7; 300].into(),
                once: None,
            }));
        }
        queue
    }

    fn worst(findings: &[Finding]) -> &Finding {
        findings.iter().max_by_key(|one| one.level).unwrap()
    }

    #[test]
    fn a_queue_is_looked_into_only_when_nobody_uses_it_and_stays_as_it_was() {
        let mut made = testing::operation();
        let path = made.gateway("ward");
        let credential = load_credential(&path).unwrap();
        let look = |now| of_node(&path, &credential, now);
        assert_eq!(worst(&look(NOW)).level, Level::Ok);
        let (file, key) = (gateway::queue_path(&path), gateway::queue_key(&credential));
        let queue = put(&file, &key, NOW, 3);
        let found = look(NOW);
        assert!(worst(&found).level == Level::Ok && worst(&found).what.contains("in use"), "{found:?}");
        queue.close().unwrap();
        drop(queue);
        let before = fs::read(&file).unwrap();
        let found = look(NOW + 60);
        assert!(found[0].what.contains("3 reports wait") && worst(&found).level == Level::Ok, "{found:?}");
        assert_eq!(fs::read(&file).unwrap(), before);
        let old = look(NOW + 3 * DAY);
        assert!(worst(&old).level == Level::Warning && worst(&old).what.contains("3 days"), "{old:?}");
        let middle = before.len() / 2;
        fs::write(&file, &before[..middle]).unwrap();
        assert_eq!(worst(&look(NOW)).level, Level::Warning);
        assert_eq!(fs::read(&file).unwrap(), before[..middle]);
        fs::write(file.with_extension("queue.damaged-0"), "").ok();
        fs::write(format!("{}.damaged-0", file.display()), "").unwrap();
        assert!(look(NOW).iter().any(|one| one.what.contains("moved aside")));
    }

    #[test]
    fn a_queue_that_fills_is_said_in_time() {
        let status = |bytes, damaged| Status {
            enrolled: crate::node::Waiting { urgent: 1, routine: 2 },
            walk_in: crate::node::Waiting::default(),
            taken: 0,
            pending: 0,
            bytes,
            limit_bytes: 1_000,
            dropped: 0,
            refused: 0,
            damaged,
            once: 0,
            oldest_seconds: Some(5),
            failing: None,
            damage: None,
        };
        let look = |bytes, damaged| of_status(&status(bytes, damaged), Path::new("a.queue"), Path::new("a"));
        for (bytes, level) in [(10, Level::Ok), (850, Level::Warning), (960, Level::Problem)] {
            assert_eq!(worst(&look(bytes, 0)).level, level);
        }
        assert_eq!(worst(&look(10, 2)).level, Level::Notice);
    }

    #[test]
    fn what_a_gateway_of_responders_keeps_is_counted() {
        let folder = tempfile::tempdir().unwrap();
        let credential = folder.path().join("credential.cowl");
        assert!(of_station(&credential).is_empty());
        let path = folder.path().join("credential.cowl.state.medical.gateway");
        let keep = |messages: &[&[u8]]| {
            let table = redb::TableDefinition::<u64, &[u8]>::new(WAITING);
            let transaction = redb::Database::create(&path).unwrap().begin_write().unwrap();
            for (number, message) in (0..).zip(messages) {
                transaction.open_table(table).unwrap().insert(number, *message).unwrap();
            }
            transaction.open_table(table).unwrap();
            transaction.commit().unwrap();
        };
        keep(&[b"a", b"b"]);
        let found = of_station(&credential);
        assert!(found[0].level == Level::Notice && found[0].what.contains("2 messages"), "{found:?}");
        fs::write(&path, b"nothing").unwrap();
        assert_eq!(of_station(&credential)[0].level, Level::Warning);
        fs::remove_file(&path).unwrap();
        keep(&[]);
        assert_eq!(of_station(&credential)[0].level, Level::Ok);
    }
}
