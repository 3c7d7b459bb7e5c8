//! What an archive costs: reports a second, bytes a report, and how long an erasure takes among many.
//! `cargo run -p cowl --example archive_cost [reports]`
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement for people")]

use std::time::Instant;

use cowl::{
    archive::{Archive, Entry, Query},
    operation::Operation,
    random::SystemRng,
};
use cowl_core::{Epoch, Erasure, ErasureHandle, Place, PolicyVersion, Pseudonym, ReportId};

const NOW: u64 = 1_800_000_000;

fn main() {
    let count: u32 = std::env::args().nth(1).map_or(20_000, |count| count.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let mut rng = SystemRng::new();
    let operation = Operation::create(&folder.path().join("ops"), NOW, &mut rng).unwrap();
    let path = folder.path().join("archive");
    let mut archive = Archive::open_or_create(&path, operation.manifest()).unwrap();
    let entries: Vec<Entry> = (0..count)
        .map(|n| {
            let (place, epoch) = (Place(n % 1_000), Epoch(n / 1_000 % 8));
            let mut handle = [7; 16];
            handle[..4].copy_from_slice(&place.0.to_be_bytes());
            handle[4..8].copy_from_slice(&epoch.0.to_be_bytes());
            Entry {
                report: ReportId(rng.id()),
                epoch,
                from: Some(Pseudonym::of(operation.manifest().operation, epoch, place)),
                handle: ErasureHandle(handle),
                policy: PolicyVersion(1),
                received: NOW + u64::from(n / 1_000) * 600,
                zone: Some(format!("18QYF{:02}", place.0 % 40)),
                fields:
                    r#"{"temperature":39.26,"severity":"high","position":{"zone":"18QYF11","level":"10km"}}"#
                        .into(),
                custody: None,
            }
        })
        .collect();
    for batch in [1, 16, 1_000] {
        let some = entries
            .chunks(usize::try_from(count).unwrap() / 3)
            .nth([1, 16, 1_000].iter().position(|b| *b == batch).unwrap())
            .unwrap();
        let some = if batch == 1 { some.get(..some.len().min(500)).unwrap() } else { some };
        let begin = Instant::now();
        for piece in some.chunks(batch) {
            archive.keep("medical", piece).unwrap();
        }
        let rate = f64::from(u32::try_from(some.len()).unwrap()) / begin.elapsed().as_secs_f64();
        println!("{batch:>5} at a time: {rate:.0} reports a second, synced");
    }
    let kept = archive.count().unwrap();
    drop(archive);
    println!("{kept} reports, {} bytes each", path.metadata().unwrap().len() / kept);
    let mut archive = Archive::open(&path).unwrap();
    let begin = Instant::now();
    let query = Query { zone: Some("18QYF11".to_owned()), ..Query::default() };
    let mut found = 0;
    archive
        .read(&query, &mut |kept| {
            found += u32::from(kept.is_ok());
            std::ops::ControlFlow::Continue(())
        })
        .unwrap();
    println!("{found} reports of a zone found in {:?}", begin.elapsed());
    let handle = |index: usize| Erasure::Handle(entries.get(index).unwrap().handle);
    let (first, middle) = (handle(0), handle(entries.len() / 2));
    let begin = Instant::now();
    let erased = archive.erase(&[first, middle]).unwrap();
    println!(
        "{} reports erased in {:?}, {} epochs re-keyed among {kept} reports",
        erased.records,
        begin.elapsed(),
        2
    );
}
