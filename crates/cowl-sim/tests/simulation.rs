//! Whole operations, small: the same bytes again, and what is written is true.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test")]

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::Write;
use std::sync::{Arc, Mutex};

use cowl_audit::trace::{Event, Way};
use cowl_audit::truth::{Line, Lines, MessageKind, MessageRef, MessageTruth, Reader};
use cowl_sim::{Configuration, Settings, Simulation, Summary};

#[derive(Clone, Default)]
struct File(Arc<Mutex<Vec<u8>>>);

impl Write for File {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

struct Run {
    trace: Vec<u8>,
    truth: Vec<u8>,
    summary: Summary,
}

fn settings() -> Settings {
    Settings { people: 20, days: 1, seed: 7, timed: false }
}

fn run(simulation: &Simulation, name: &str) -> Run {
    let (trace, truth) = (File::default(), File::default());
    let configuration = Configuration::named(name).unwrap();
    let mut last = 0.0;
    let summary = simulation
        .run(&configuration, Box::new(trace.clone()), Box::new(truth.clone()), |share| {
            assert!(share >= last);
            last = share;
        })
        .unwrap();
    assert!((last - 1.0).abs() < 1e-9);
    let take = |file: &File| std::mem::take(&mut *file.0.lock().unwrap());
    Run { trace: take(&trace), truth: take(&truth), summary }
}

/// PUBLISH packets to the broker, by connection and number: when they came, and their bytes.
fn messages(trace: &[u8]) -> HashMap<MessageRef, (u64, Vec<u8>)> {
    let mut reader = cowl_audit::trace::Reader::new(trace).unwrap();
    let mut ordinals: HashMap<u64, u32> = HashMap::new();
    let mut messages = HashMap::new();
    let mut before = 0;
    while let Some(event) = reader.event().unwrap() {
        let at = match event {
            Event::Open { at, .. } | Event::Close { at, .. } => at,
            Event::Packet { connection, at, way, bytes } => {
                if way == Way::ToServer && bytes[0] >> 4 == 3 {
                    let ordinal = ordinals.entry(connection.0).or_default();
                    let message = MessageRef { connection: connection.0, ordinal: *ordinal };
                    *ordinal += 1;
                    messages.insert(message, (at, bytes.to_vec()));
                }
                at
            }
            _ => panic!("an event of another kind"),
        };
        assert!(at >= before, "in order of time");
        before = at;
    }
    messages
}

fn lines(truth: &[u8]) -> Vec<Line> {
    let mut reader = Lines::new(truth).unwrap();
    let mut lines = Vec::new();
    while let Some(line) = reader.line().unwrap() {
        lines.push(line);
    }
    lines
}

fn truths(lines: &[Line]) -> Vec<&MessageTruth> {
    lines.iter().filter_map(|line| if let Line::Message(truth) = line { Some(truth) } else { None }).collect()
}

#[test]
fn the_same_seed_gives_the_same_bytes_on_any_thread_and_another_seed_others() {
    let simulation = Simulation::new(settings());
    for name in ["fernet-minimised", "cowl"] {
        let first = run(&simulation, name);
        let second = std::thread::scope(|scope| {
            let other = scope.spawn(|| run(&simulation, "plain"));
            let again = scope.spawn(|| run(&Simulation::new(settings()), name));
            other.join().unwrap();
            again.join().unwrap()
        });
        assert!(first.trace == second.trace, "{name}: the trace");
        assert!(first.truth == second.truth, "{name}: the truth");
        let other = run(&Simulation::new(Settings { seed: 8, ..settings() }), name);
        assert!(first.trace != other.trace && first.truth != other.truth, "{name}: another seed");
    }
}
