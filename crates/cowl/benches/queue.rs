//! The node's queue: durable puts a second beside the bare cost of one sync for each group, and what a put and a take
//! cost when ten and when a million entries wait: `cargo bench -p cowl --bench queue`.
//!
//! Everything in one run on one disk; the disk of `target`, since `/tmp` may be memory.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::indexing_slicing,
    reason = "a benchmark"
)]

use std::{
    fs::File,
    hint::black_box,
    io::{Seek as _, SeekFrom, Write},
    os::unix::fs::MetadataExt as _,
    path::Path,
    time::{Duration, Instant},
};

use cowl::node::{Lane, New, Queue, Settings, WhenFull};
use cowl_core::Secret;

/// Bytes of a body: about that of a report of the default policy.
const BODY: usize = 300;
/// Puts of a run.
const PUTS: usize = 100_000;

fn main() {
    // Under `cargo test` benches are run to see that they start: that is not a measurement.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let folder = tempfile::TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let mut say = std::io::stdout();
    durable(folder.path(), &mut say);
    let few = standing(folder.path(), "few", 10, &mut say);
    let more = standing(folder.path(), "more", 50_000, &mut say);
    let many = standing(folder.path(), "many", 1_000_000, &mut say);
    writeln!(
        say,
        "1,000,000 waiting / 10 waiting: put {:.2}, take and settle {:.2}, its mean {:.2} (from disk, 64 at a time, and not from \
         memory); / 50,000 waiting, from disk too: {:.2}, its mean {:.2}",
        many.put / few.put,
        many.take / few.take,
        many.mean / few.mean,
        many.take / more.take,
        many.mean / more.mean
    )
    .expect("stdout");
}

/// Puts a second and the time of each, by how many wait for their tickets at a time.
fn durable(folder: &Path, say: &mut impl Write) {
    writeln!(say, "in flight   puts/s   p50 ms   p99 ms   bare sync/group ms   bare groups×n/s   ratio")
        .expect("stdout");
    for in_flight in [1, 16, 256] {
        let queue = open(&folder.join(format!("durable-{in_flight}")));
        let puts = if in_flight == 1 { PUTS / 20 } else { PUTS };
        let began = Instant::now();
        let mut times = put_all(&queue, in_flight, puts);
        let rate = puts as f64 / began.elapsed().as_secs_f64();
        times.sort_unstable();
        let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
        let bare = bare_sync(&folder.join("bare"), in_flight);
        let bare_rate = in_flight as f64 / bare.as_secs_f64();
        writeln!(
            say,
            "{in_flight:9} {rate:8.0} {:8.3} {:8.3} {:20.3} {bare_rate:17.0} {:7.2}",
            at(0.5),
            at(0.99),
            bare.as_secs_f64() * 1e3,
            rate / bare_rate
        )
        .expect("stdout");
    }
}

fn put_all(queue: &Queue, in_flight: usize, puts: usize) -> Vec<Duration> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(async {
        let tasks: Vec<_> = (0..in_flight)
            .map(|_| {
                let queue = queue.clone();
                tokio::spawn(async move {
                    let mut times = Vec::with_capacity(puts / in_flight);
                    for _ in 0..puts / in_flight {
                        let began = Instant::now();
                        queue.put(report()).await.expect("room");
                        times.push(began.elapsed());
                    }
                    times
                })
            })
            .collect();
        let mut all = Vec::new();
        for task in tasks {
            all.append(&mut task.await.expect("no panic"));
        }
        all
    })
}

/// The median time to append the records of a group to a file and to sync it.
fn bare_sync(path: &Path, group: usize) -> Duration {
    let mut file = File::create(path).expect("a file");
    file.write_all(&vec![0; 16 << 20]).expect("room");
    file.sync_all().expect("a disk");
    let bytes = vec![7; 512 * group];
    let mut times: Vec<_> = (0..500_usize)
        .map(|round| {
            let at = (round * bytes.len()) % ((16 << 20) - bytes.len());
            file.seek(SeekFrom::Start(at as u64)).expect("a place");
            let began = Instant::now();
            file.write_all(&bytes).expect("room");
            file.sync_data().expect("a disk");
            began.elapsed()
        })
        .collect();
    times.sort_unstable();
    times[times.len() / 2]
}

/// Nanoseconds of an operation while a number of entries waits.
struct Cost {
    put: f64,
    take: f64,
    /// Of taking, with the reading of those behind, which every 65th does for all.
    mean: f64,
}

fn standing(folder: &Path, name: &str, waiting: usize, say: &mut impl Write) -> Cost {
    const ROUNDS: usize = 20_000;
    let path = folder.join(name);
    let queue = open(&path);
    put_all(&queue, 1_000.min(waiting), waiting);
    let before = resident();
    // On disk, and not only on its way there.
    File::open(&path).expect("a file").sync_all().expect("a disk");
    // What it takes up: the file is longer, with holes.
    let filled = std::fs::metadata(&path).expect("a file").blocks() * 512;
    let counted = queue.status().bytes;
    queue.close().expect("a disk");
    drop(queue);
    let began = Instant::now();
    let queue = open(&path);
    let opened = began.elapsed();
    // Each put and each take alone, so that only they are measured; commits run on the other core meanwhile.
    let (mut put, mut take) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let began = Instant::now();
        let ticket = queue.put(report());
        put.push(began.elapsed());
        while queue.status().enrolled.all() == 0 {
            std::thread::yield_now();
        }
        let began = Instant::now();
        let entry = queue.take(Lane::Enrolled).expect("one that waits");
        queue.settle(black_box(entry).id);
        take.push(began.elapsed());
        while ticket.outcome().is_none() && queue.status().pending > 512 {
            std::thread::yield_now();
        }
    }
    let median = |times: &mut Vec<Duration>| {
        times.sort_unstable();
        times[times.len() / 2].as_secs_f64() * 1e9
    };
    let mean = take.iter().sum::<Duration>().as_secs_f64() * 1e9 / take.len() as f64;
    let cost = Cost { put: median(&mut put), take: median(&mut take), mean };
    writeln!(
        say,
        "{waiting:9} waiting: put {:.0} ns, take and settle {:.0} ns (mean {:.0} ns); file {} B each ({:.2} of what counts), open {:.2} s, resident {} MB",
        cost.put,
        cost.take,
        cost.mean,
        filled / waiting as u64,
        filled as f64 / counted as f64,
        opened.as_secs_f64(),
        before >> 20
    )
    .expect("stdout");
    cost
}

fn open(path: &Path) -> Queue {
    Queue::open(path, &Secret::new([7; 32]), Settings::new(1 << 40, WhenFull::Refuse)).expect("a queue")
}

fn report() -> New {
    New { lane: Lane::Enrolled, urgent: false, body: vec![0x5a; BODY].into(), once: None }
}

fn resident() -> u64 {
    let pages = std::fs::read_to_string("/proc/self/statm").ok();
    let pages = pages.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
    pages.unwrap_or(0) * 4_096
}
