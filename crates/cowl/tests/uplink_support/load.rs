//! A load over real keyrings: what a gateway does, without devices.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use cowl::{
    keyring::{KeyringError, Renewal, Sender, WalkInSender},
    node::{Lane, Load, LoadError},
};
use cowl_core::{Epoch, ErasureHandle, Header, Manifest, Report, ReportId, Sealed, Surroundings};

use super::world::{NOW, parse};

pub struct TestLoad {
    sender: Sender,
    walk_in: WalkInSender,
    /// Of all that was sealed, in order: the report, or none.
    pub sealed: Arc<Mutex<Vec<Option<ReportId>>>>,
    /// The report that a real message was made of, by its first 16 bytes.
    pub made: Arc<Mutex<HashMap<Vec<u8>, [u8; 16]>>>,
    /// Identities that have no keys for now.
    pub barren: Arc<Mutex<Vec<u8>>>,
    pub heard: Arc<Mutex<usize>>,
    /// The epoch that messages are said to be of, if any.
    pub epoch: Arc<Mutex<Option<Epoch>>>,
    /// What was said of lost messages.
    pub lost: Arc<Mutex<Vec<u64>>>,
    /// Whether it is time for further keys.
    pub is_renewal_due: bool,
}

impl TestLoad {
    pub fn new(sender: Sender, walk_in: WalkInSender) -> Self {
        Self {
            sender,
            walk_in,
            sealed: Arc::default(),
            made: Arc::default(),
            barren: Arc::default(),
            heard: Arc::default(),
            epoch: Arc::default(),
            lost: Arc::default(),
            is_renewal_due: false,
        }
    }

    fn note(&self, report: Option<ReportId>) {
        self.sealed.lock().unwrap().push(report);
    }
}

impl Load for TestLoad {
    fn seal(&mut self, lane: Lane, body: &[u8], monotonic: u64) -> Result<Sealed, LoadError> {
        let (id, rest) = body.split_first_chunk::<16>().ok_or(LoadError::Never("no id"))?;
        let (identity, text) = rest.split_first().ok_or(LoadError::Never("no identity"))?;
        if *identity == u8::MAX {
            return Err(LoadError::Never("nobody"));
        }
        if self.barren.lock().unwrap().contains(identity) {
            return Err(LoadError::NotNow(KeyringError::NoCounter));
        }
        let around = Surroundings { counts: None, now: NOW };
        let manifest = self.sender.manifest();
        let reduced =
            manifest.policy.reduce(parse(text), &around).map_err(|_| LoadError::Never("no report"))?;
        let header =
            Header { report: ReportId(*id), handle: ErasureHandle::NONE, policy: manifest.policy_version };
        let report = Report::new(header, reduced);
        let sealed = match lane {
            Lane::Enrolled => self.sender.seal(usize::from(*identity), &report, monotonic)?.sealed,
            Lane::WalkIn => self.walk_in.seal(&report, Some(self.sender.epoch(monotonic)))?,
        };
        self.note(Some(ReportId(*id)));
        self.made.lock().unwrap().insert(sealed.bytes()[..16].to_vec(), *id);
        Ok(sealed)
    }

    fn cover(&mut self, lane: Lane, monotonic: u64) -> Result<Sealed, LoadError> {
        self.note(None);
        Ok(match lane {
            Lane::Enrolled => {
                let cover = self.sender.cover();
                self.sender.seal(self.sender.cover_identity(), &cover, monotonic)?.sealed
            }
            Lane::WalkIn => {
                let cover = self.walk_in.cover();
                self.walk_in.seal(&cover, Some(self.sender.epoch(monotonic)))?
            }
        })
    }

    fn hear(&mut self, beacon: &[u8], monotonic: u64) -> Option<u32> {
        let beacon = self.sender.hear(beacon, monotonic).ok()?;
        *self.heard.lock().unwrap() += 1;
        Some(beacon.manifest)
    }

    fn follow(&mut self, manifest: &[u8]) {
        if self.sender.follow(manifest).is_ok() {
            self.walk_in = WalkInSender::new(self.sender.manifest().clone());
        }
    }

    fn epoch(&self, _monotonic: u64) -> Option<Epoch> {
        *self.epoch.lock().unwrap()
    }

    fn renewal(&mut self, _monotonic: u64) -> Option<Renewal> {
        self.is_renewal_due.then(|| self.sender.renewal().unwrap())
    }

    fn lost(&mut self, made: u64) {
        self.lost.lock().unwrap().push(made);
    }

    fn manifest(&self) -> &Manifest {
        self.sender.manifest()
    }
}
