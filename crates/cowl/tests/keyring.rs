//! Members against each other: what one may not do to another's reports, and what a manifest's end means.
#![allow(clippy::unwrap_used, reason = "helpers of tests; the lint knows test functions only")]

use std::path::{Path, PathBuf};

use cowl::{
    formats,
    keyring::{KeyringError, Reader, Sender, store_new},
    operation::Operation,
    random::SystemRng,
};
use cowl_core::{Counts, Epoch, ErasureHandle, Header, Reduced, Report, Surroundings};

const NOW: u64 = 1_800_000_000;

struct World {
    folder: tempfile::TempDir,
    operation: Operation,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut rng = SystemRng::new();
        let mut operation = Operation::create(&folder.path().join("ops"), NOW, &mut rng).unwrap();
        let epoch = operation.epoch_at(NOW);
        let path = |name: &str| folder.path().join(name);
        let phone = operation.enrol_device("phone", epoch, &mut rng).unwrap();
        store_new(&path("phone"), &phone.credential, epoch).unwrap();
        let medic = operation.enrol_responder("medic", &["medical".to_owned()], epoch, &mut rng).unwrap();
        store_new(&path("medic"), &medic.credential, epoch).unwrap();
        Self { folder, operation }
    }

    fn path(&self, name: &str) -> PathBuf {
        Path::join(self.folder.path(), name)
    }

    fn reduced(&self) -> Reduced {
        let reading = formats::parse(b"severity: high, note: here").unwrap();
        let around = Surroundings { counts: None::<&Counts>, now: NOW };
        self.operation.manifest().policy.reduce(reading, &around).unwrap()
    }
}

#[test]
fn a_walk_in_under_a_known_report_id_suppresses_nothing() {
    let world = World::new();
    let mut sender = Sender::open(&world.path("phone")).unwrap();
    let report = sender.report(world.reduced());
    let genuine = sender.seal(0, &report, 0).unwrap().sealed;
    // Whoever reads one role's part knows the id, and may race the other roles.
    let manifest = world.operation.manifest();
    let header = Header {
        report: report.header().report,
        handle: ErasureHandle::NONE,
        policy: manifest.policy_version,
    };
    let (layout, forged) = (manifest.layout(), Report::new(header, world.reduced()));
    let sealer = manifest.walk_in_sealer(world.operation.epoch_at(NOW), &layout).unwrap();
    let walk_in = sealer.seal(&forged, &mut SystemRng::new()).unwrap();

    let mut reader = Reader::open(&world.path("medic"), "medical", None).unwrap();
    let mut reports = Vec::new();
    reader.read(walk_in.bytes(), 0, &mut reports).unwrap();
    reader.read(genuine.bytes(), 0, &mut reports).unwrap();
    let from: Vec<_> = reports.iter().map(|report| report.pseudonym.is_some()).collect();
    assert_eq!(from, [false, true]);
}

#[test]
fn an_expired_manifest_is_not_sent_by() {
    let mut world = World::new();
    let mut sender = Sender::open(&world.path("phone")).unwrap();
    let report = sender.report(world.reduced());
    let expires = sender.manifest().expires;
    let later = sender.manifest().calendar.start_of(expires.plus(1)) + 1;
    let epoch = world.operation.epoch_at(later);
    for passed in (1..=epoch.0).filter(|epoch_now| epoch_now % 8 == 0 || *epoch_now == epoch.0).map(Epoch) {
        world.operation.refresh(passed, &mut SystemRng::new()).unwrap();
    }
    let beacon = world.operation.beacon(later, &Counts::default()).unwrap();
    sender.hear(&beacon, 0).unwrap();
    assert!(
        matches!(sender.seal(0, &report, 0), Err(KeyringError::ManifestExpired(last)) if last == expires)
    );
}
