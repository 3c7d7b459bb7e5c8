//! Members against each other: what one may not do to another's reports, and what a manifest's end means.
#![allow(clippy::unwrap_used, reason = "helpers of tests; the lint knows test functions only")]

use std::path::{Path, PathBuf};

use cowl::{
    formats,
    keyring::{KeyringError, Reader, Sender, WalkInSender, store_new},
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
        let gateway = operation.enrol_gateway("gateway", 3, epoch, &mut rng).unwrap();
        store_new(&path("gateway"), &gateway.credential, epoch).unwrap();
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

#[test]
fn cover_is_counted_and_neither_shown_nor_kept() {
    let world = World::new();
    let mut gateway = Sender::open(&world.path("gateway")).unwrap();
    let mut walk_in = WalkInSender::new(world.operation.manifest().clone());
    assert_eq!(gateway.cover_identity(), 2);
    assert_eq!(Sender::open(&world.path("phone")).unwrap().cover_identity(), 0);
    let mut reports = Vec::new();
    let mut messages = Vec::new();
    for round in 0..300 {
        let cover = gateway.cover();
        messages.push(gateway.seal(gateway.cover_identity(), &cover, 0).unwrap().sealed.into_bytes());
        if round % 100 == 0 {
            let report = gateway.report(world.reduced());
            messages.push(gateway.seal(0, &report, 0).unwrap().sealed.into_bytes());
            let cover = walk_in.cover();
            messages.push(walk_in.seal(&cover, None).unwrap().into_bytes());
            let report = walk_in.report(world.reduced());
            messages.push(walk_in.seal(&report, None).unwrap().into_bytes());
        }
    }
    let layout = world.operation.manifest().layout();
    for message in &messages {
        assert!([layout.enrolled_len(), layout.walk_in_len()].contains(&message.len()));
    }
    let mut reader = Reader::open(&world.path("medic"), "medical", None).unwrap();
    for message in &messages {
        reader.read(message, 0, &mut reports).unwrap();
    }
    assert_eq!((reports.len(), reader.covers(), reader.repeated()), (6, 303, 0));
    assert!(reports.iter().all(|report| report.body.is_ok()));
    // Each of them once more is a replay, cover too; after a restart too, but for walk-ins' cover, which is not kept.
    for message in &messages {
        reader.read(message, 0, &mut reports).unwrap();
    }
    assert_eq!((reports.len(), reader.covers()), (6, 303));
    reader.commit().unwrap();
    drop(reader);
    let mut reader = Reader::open(&world.path("medic"), "medical", None).unwrap();
    for message in &messages {
        reader.read(message, 0, &mut reports).unwrap();
    }
    assert_eq!((reports.len(), reader.covers()), (6, 3));
    // The cover's counter was kept: what follows is expected at once, not searched for.
    let unexpected = reader.unexpected();
    let cover = gateway.cover();
    let next = gateway.seal(gateway.cover_identity(), &cover, 0).unwrap().sealed;
    reader.read(next.bytes(), 0, &mut reports).unwrap();
    assert_eq!((reader.covers(), reader.unexpected()), (4, unexpected));
}

#[test]
fn a_report_under_the_id_of_cover_is_shown() {
    let world = World::new();
    let mut sender = Sender::open(&world.path("phone")).unwrap();
    let cover = sender.cover();
    let report = Report::new(*cover.header(), world.reduced());
    let mut reader = Reader::open(&world.path("medic"), "medical", None).unwrap();
    let mut reports = Vec::new();
    for report in [&cover, &report] {
        let message = sender.seal(0, report, 0).unwrap().sealed;
        reader.read(message.bytes(), 0, &mut reports).unwrap();
    }
    assert_eq!((reports.len(), reader.covers()), (1, 1));
}
