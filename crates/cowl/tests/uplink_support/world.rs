//! An operation in a temporary folder, its gateway and a responder.

use std::collections::HashMap;
use std::num::NonZeroU8;
use std::path::PathBuf;

use cowl::{
    formats,
    keyring::{Reader, Sender, WalkInSender, store_new},
    node::{Commit, Lane, New, Queue, Settings, WhenFull},
    operation::Operation,
    policy_file::{DEFAULT_POLICY, HAITI_DEPARTMENTS, HAITI_DEPARTMENTS_NAME},
    random::SystemRng,
};
use cowl_core::{Counts, Refused, ReportId, Secret, SignedManifest};
use zeroize::Zeroizing;

use super::{Seen, TestLoad};

pub const NOW: u64 = 1_800_000_000;

pub struct World {
    folder: tempfile::TempDir,
    pub operation: Operation,
}

impl World {
    /// With this slot (`"off"`, `"1s"`) and so many slots from one walk-in to the next.
    pub fn new(slot: &str, walk_in_slots: u16) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut rng = SystemRng::new();
        let policy = policy(slot, walk_in_slots);
        let place = folder.path().join("ops");
        let write = |stage: &std::path::Path| {
            std::fs::write(stage.join(HAITI_DEPARTMENTS_NAME), HAITI_DEPARTMENTS).unwrap();
            std::fs::write(stage.join("policy.toml"), &policy).unwrap();
            Ok(())
        };
        let mut operation = Operation::create_with(&place, NOW, &mut rng, write).unwrap();
        let epoch = operation.epoch_at(NOW);
        let path = |name: &str| folder.path().join(name);
        let gateway = operation.enrol_gateway("gateway", 5, epoch, &mut rng).unwrap();
        store_new(&path("gateway"), &gateway.credential, epoch).unwrap();
        let medic = operation.enrol_responder("medic", &["medical".to_owned()], epoch, &mut rng).unwrap();
        store_new(&path("medic"), &medic.credential, epoch).unwrap();
        Self { folder, operation }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn manifest(&self) -> &SignedManifest {
        self.operation.manifest()
    }

    pub fn load(&self) -> TestLoad {
        TestLoad::new(
            Sender::open(&self.path("gateway")).unwrap(),
            WalkInSender::new(self.manifest().clone()),
        )
    }

    pub fn beacon(&self, passed: u64) -> Vec<u8> {
        self.operation.beacon(NOW + passed, &Counts::default()).unwrap()
    }

    /// Changes slots in the policy file and signs the manifest that follows.
    pub fn change(&mut self, slot: &str, walk_in_slots: u16) {
        std::fs::write(self.operation.folder().join("policy.toml"), policy(slot, walk_in_slots)).unwrap();
        let epoch = self.operation.epoch_at(NOW);
        self.operation.refresh(epoch, &mut SystemRng::new()).unwrap();
    }

    /// What the medical role finds in these messages: how often each report id, and how many covers.
    pub fn read(&self, messages: &[Seen]) -> Read {
        let mut reader = Reader::open(&self.path("medic"), "medical", None).unwrap();
        let mut reports = Vec::new();
        let first = messages.first().map(|seen| seen.at);
        for Seen { at, payload, .. } in messages {
            // Time passes: a receiver opens so many walk-ins a minute.
            reader.read(payload, first.map_or(0, |first| (*at - first).as_secs()), &mut reports).unwrap();
        }
        // What was lost on the way leaves gaps, over which a quiet receiver searches.
        for _ in 0..20 {
            reader.search(&mut reports);
        }
        let mut found: HashMap<ReportId, usize> = HashMap::new();
        for report in &reports {
            assert!(report.body.is_ok());
            *found.entry(report.header.report).or_default() += 1;
        }
        // Not those that waited for their sender to turn up.
        let refused =
            reader.refused().filter(|(why, _)| *why != Refused::Unknown).map(|(_, count)| count).sum();
        Read { found, covers: reader.covers(), repeated: reader.repeated(), refused }
    }
}

impl World {
    /// The reports that the medical role finds, in the order of the messages.
    pub fn read_in_order(&self, messages: &[Seen]) -> Vec<ReportId> {
        let mut reader = Reader::open(&self.path("medic"), "medical", None).unwrap();
        let mut reports = Vec::new();
        for message in messages {
            reader.read(&message.payload, 0, &mut reports).unwrap();
        }
        reports.iter().map(|report| report.header.report).collect()
    }
}

pub struct Read {
    /// How often each report was shown: once, if all is well.
    pub found: HashMap<ReportId, usize>,
    pub covers: u64,
    pub repeated: u64,
    pub refused: u64,
}

impl Read {
    /// All of these, each shown once, and nothing else.
    pub fn is_exactly(&self, put: &[ReportId]) -> bool {
        self.found.len() == put.len() && put.iter().all(|id| self.found.get(id) == Some(&1))
    }
}

fn policy(slot: &str, walk_in_slots: u16) -> String {
    let changed = DEFAULT_POLICY
        .replace("slot = \"10s\"", &format!("slot = \"{slot}\""))
        .replace("walk_in_slots = 6", &format!("walk_in_slots = {walk_in_slots}"))
        .replace("daily_bytes = 21000000", "daily_bytes = 100000000000")
        .replace("burst = 600", "burst = 60");
    assert!(changed.contains(&format!("slot = \"{slot}\"")) && changed.contains("100000000000"));
    changed
}

/// A queue in memory that does the same again.
pub fn queue() -> Queue {
    let settings = Settings { commit: Commit::Inline, ..Settings::new(64 << 20, WhenFull::Refuse) };
    let backend = redb::backends::InMemoryBackend::new();
    Queue::open_on(backend, &Secret::new([7; 32]), settings, SystemRng::hazmat_seeded([7; 32])).unwrap()
}

/// Puts a report into a queue; its id comes out at the other end.
pub fn put(queue: &Queue, lane: Lane, urgent: bool, identity: u8, rng: &mut SystemRng) -> ReportId {
    let id = ReportId(rng.id());
    let mut body = id.0.to_vec();
    body.push(identity);
    body.extend_from_slice(if urgent { b"severity: high, note: now" } else { b"severity: low" });
    let ticket = queue.put(New { lane, urgent, body: Zeroizing::new(body), once: None });
    // Committed before `put` returned.
    futures_util::FutureExt::now_or_never(ticket).unwrap().unwrap();
    id
}

pub fn one() -> NonZeroU8 {
    NonZeroU8::MIN
}

pub fn parse(text: &[u8]) -> cowl_core::Reading {
    formats::parse(text).unwrap()
}
