//! A gateway in a folder, with responders who read what it sends.

use std::{
    fs,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use cowl_core::{Epoch, Sealed};
use futures_util::FutureExt as _;
use serde_json::{Map, Value};

use super::*;
use crate::{
    files::{self, Access},
    formats,
    keyring::{Reader, load_credential, store_new},
    node::{Commit, Kept, Lane, Load as _, LoadError, Queue, Settings as QueueSettings, WhenFull},
    operation::{Enrolled, Operation},
    policy_file::DEVICES_POLICY,
    random::SystemRng,
};

pub(super) const NOW: u64 = 1_800_000_000;

pub(super) struct World {
    pub(super) folder: tempfile::TempDir,
    pub(super) operation: Operation,
    pub(super) clock: Arc<AtomicU64>,
}

/// A gateway that is open.
pub(super) struct Open {
    pub(super) gateway: Gateway,
    pub(super) load: GatewayLoad,
    pub(super) queue: Queue,
}

impl World {
    /// With the policy for devices, and as many devices as this behind the gateway.
    pub(super) fn new(devices: u32) -> Self {
        Self::with(DEVICES_POLICY, devices)
    }

    pub(super) fn with(policy: &str, devices: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut rng = SystemRng::new();
        let mut operation = Operation::create_with(&folder.path().join("ops"), NOW, &mut rng, |folder| {
            let zones = crate::policy_file::HAITI_DEPARTMENTS;
            files::create(&folder.join("haiti-departments.geojson"), zones.as_bytes(), Access::All)?;
            files::create(&folder.join("policy.toml"), policy.as_bytes(), Access::All)
        })
        .unwrap();
        let epoch = operation.epoch_at(NOW);
        let store = |name, enrolled: Enrolled| {
            store_new(&folder.path().join(name), &enrolled.credential, epoch).unwrap();
        };
        // One more, for covers.
        store("gateway", operation.enrol_gateway("gateway", devices + 1, epoch, &mut rng).unwrap());
        let roles = ["rescue".to_owned()];
        store("rescue", operation.enrol_responder("rescue", &roles, epoch, &mut rng).unwrap());
        Self { folder, operation, clock: Arc::new(AtomicU64::new(NOW)) }
    }

    pub(super) fn credential(&self) -> PathBuf {
        self.folder.path().join("gateway")
    }

    pub(super) fn open(&self) -> Open {
        let held = load_credential(&self.credential()).unwrap();
        let mut settings = QueueSettings::new(16 << 20, WhenFull::Refuse);
        settings.commit = Commit::Inline;
        let queue = Queue::open(&queue_path(&self.credential()), &queue_key(&held), settings).unwrap();
        self.open_over(queue)
    }

    pub(super) fn open_over(&self, queue: Queue) -> Open {
        let clock = Arc::clone(&self.clock);
        let settings = Settings { inline: true, ..Settings::default() };
        let clock = move || clock.load(Ordering::Relaxed);
        let (gateway, load) = Gateway::open_with(&self.credential(), queue.clone(), clock, settings).unwrap();
        Open { gateway, load, queue }
    }

    pub(super) fn epoch(&self) -> Epoch {
        self.operation.epoch_at(NOW)
    }

    pub(super) fn reader(&self) -> Reader {
        Reader::open(&self.folder.path().join("rescue"), "rescue", None).unwrap()
    }

    /// Writes the policy anew, and the manifest that follows from it.
    pub(super) fn change_policy(&mut self, change: impl FnOnce(String) -> String) -> Vec<u8> {
        let path = self.operation.folder().join("policy.toml");
        let before = fs::read_to_string(&path).unwrap();
        let after = change(before.clone());
        assert_ne!(before, after);
        fs::write(&path, after).unwrap();
        let epoch = self.epoch();
        self.operation.refresh(epoch, &mut SystemRng::new()).unwrap();
        self.operation.manifest().bytes().to_vec()
    }
}

impl Open {
    pub(super) fn take(&self, topic: &str, payload: &str) -> Taken {
        self.gateway.take(&CALLER, &Offered::new(topic, payload.as_bytes()))
    }

    /// Takes what must be taken, and waits until it is safe.
    pub(super) fn keep(&self, topic: &str, payload: &str) -> Kept {
        kept(self.take(topic, payload))
    }

    pub(super) fn refuse(&self, topic: &str, payload: &str) -> Refusal {
        match self.take(topic, payload) {
            Taken::Refused(refusal) => refusal,
            other => panic!("{other:?}"),
        }
    }

    /// What waits, sealed; settled.
    pub(super) fn send(&mut self) -> Vec<Sealed> {
        let mut sent = Vec::new();
        while let Some(entry) = self.queue.take(Lane::Enrolled) {
            match self.load.seal(Lane::Enrolled, &entry.body, 0) {
                Ok(sealed) => sent.push(sealed),
                Err(LoadError::Never(_)) => {}
                Err(LoadError::NotNow(error)) => panic!("{error}"),
            }
            self.queue.settle(entry.id);
        }
        sent
    }

    /// What a responder reads of what waits.
    pub(super) fn deliver(&mut self, reader: &mut Reader) -> Vec<Map<String, Value>> {
        let mut reports = Vec::new();
        for sealed in self.send() {
            reader.read(sealed.bytes(), 0, &mut reports).unwrap();
        }
        let body = |report: &crate::keyring::ReadReport| {
            formats::to_json(reader.policy(report.header.policy), report.body.as_ref().unwrap())
        };
        reports.iter().map(body).collect()
    }

    pub(super) fn refused(&self, name: &str) -> u64 {
        self.gateway.counts().refused.iter().find(|(known, _)| *known == name).unwrap().1
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.gateway.roster().into_iter().map(|device| device.name).collect()
    }
}

pub(super) const CALLER: Caller<'_> = Caller { client_id: "client", user: Some("user") };

/// A ticket of an inline queue and roster is there at once.
pub(super) fn kept(taken: Taken) -> Kept {
    match taken {
        Taken::Kept(ticket) => ticket.now_or_never().unwrap().unwrap(),
        other => panic!("{other:?}"),
    }
}
