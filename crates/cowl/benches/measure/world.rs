//! The operation, devices and receivers that are measured, and the bare cipher beside them.

use std::{hint::black_box, sync::Arc};

use aes::{
    Aes256,
    cipher::{BlockCipherEncrypt as _, KeyInit as _},
};
use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, Nonce, UnboundKey};
use cowl::{formats, policy_file::PolicyFile, random::SystemRng};
use cowl_core::{
    Counter, Counts, DeviceKeys, Epoch, ErasureHandle, Header, Layout, OperationId, PART_OVERHEAD, Place,
    Policy, PolicyVersion, Receiver, Report, ReportId, RoleIndex, Sealed, Surroundings, WalkInLimits,
    Windows, schedule::RoleRoot,
};

pub(crate) const OPERATION: OperationId = OperationId([7; 16]);
pub(crate) const EPOCH: Epoch = Epoch(40);
/// The report of the study, as its sensors send it.
pub(crate) const REPORT: &[u8] = br#"{"temperature": 25.6, "severity": "low", "lat": 18.5392, "lon": -72.3364, "ip": "192.168.1.247", "userId": 970}"#;

pub(crate) struct World {
    pub(crate) policy: Policy,
    pub(crate) layout: Arc<Layout>,
    pub(crate) roots: Vec<RoleRoot>,
    pub(crate) counts: Counts,
    pub(crate) rng: SystemRng,
}

impl World {
    pub(crate) fn new() -> Self {
        let mut rng = SystemRng::new();
        let policy = PolicyFile::default_policy().unwrap().policy;
        let roots = policy.roles.iter().map(|_| RoleRoot::new(rng.secret())).collect();
        let layout = Arc::new(Layout::of(&policy));
        Self { policy, layout, roots, counts: Counts::default(), rng }
    }

    pub(crate) fn device(&self, place: u32) -> DeviceKeys {
        let roots: Vec<_> = (0_u8..)
            .map(RoleIndex)
            .zip(&self.roots)
            .map(|(role, root)| root.device(OPERATION, role, EPOCH, Place(place)))
            .collect();
        DeviceKeys::new(OPERATION, EPOCH, Arc::clone(&self.layout), &roots).unwrap()
    }

    pub(crate) fn report(&mut self) -> Report {
        let reading = formats::parse(REPORT).unwrap();
        let around = Surroundings { counts: Some(&self.counts), now: 1_800_000_000 };
        let reduced = self.policy.reduce(reading, &around).unwrap();
        Report::new(self.header(), reduced)
    }

    pub(crate) fn header(&mut self) -> Header {
        Header { report: ReportId(self.rng.id()), handle: ErasureHandle::NONE, policy: PolicyVersion(1) }
    }

    pub(crate) fn receiver(&self, role: RoleIndex, places: u32) -> Receiver {
        let mut receiver = Receiver::new(
            OPERATION,
            role,
            Arc::clone(&self.layout),
            Windows::default(),
            WalkInLimits::default(),
            vec![PolicyVersion(1)],
        );
        let root = &self.roots[usize::from(role.0)];
        for epoch in [EPOCH.minus(1), EPOCH, EPOCH.plus(1)] {
            receiver.hold(epoch, root, places, |_| true);
        }
        receiver.enter(EPOCH);
        receiver
    }
}

/// The bare cipher over the same parts: as many, as long, with as much associated data, and one AES block a tag.
pub(crate) struct Bare {
    pub(crate) key: LessSafeKey,
    pub(crate) block: Aes256,
    pub(crate) aad: Vec<u8>,
    pub(crate) parts: Vec<Vec<u8>>,
}

impl Bare {
    pub(crate) fn new(layout: &Layout) -> Self {
        let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM_SIV, &[1; 32]).unwrap());
        let aad = vec![2; 11 + 21 + 16 * layout.role_count() + layout.custody_len()];
        let parts =
            layout.roles().map(|(_, part)| vec![3; PART_OVERHEAD - 32 + usize::from(part.size)]).collect();
        Self { key, block: Aes256::new(&[4; 32].into()), aad, parts }
    }

    pub(crate) fn seal(&mut self) {
        for part in &mut self.parts {
            self.block.encrypt_block(&mut [5; 16].into());
            let nonce = Nonce::assume_unique_for_key([6; 12]);
            let _ =
                black_box(self.key.seal_in_place_separate_tag(nonce, Aad::from(&self.aad), part).unwrap());
        }
    }

    pub(crate) fn sealed(&self) -> Vec<u8> {
        let mut part = self.parts[0].clone();
        let nonce = Nonce::assume_unique_for_key([6; 12]);
        let tag = self.key.seal_in_place_separate_tag(nonce, Aad::from(&self.aad), &mut part).unwrap();
        part.extend_from_slice(tag.as_ref());
        part
    }

    pub(crate) fn open(&self, sealed: &[u8], scratch: &mut Vec<u8>) {
        self.block.encrypt_block(&mut [5; 16].into());
        scratch.clear();
        scratch.extend_from_slice(sealed);
        let nonce = Nonce::assume_unique_for_key([6; 12]);
        black_box(self.key.open_in_place(nonce, Aad::from(&self.aad), scratch).unwrap());
    }
}

/// Messages of one device, in the order of their counters.
pub(crate) fn stream(world: &mut World, device: &DeviceKeys, count: u32) -> Vec<Sealed> {
    let report = world.report();
    (0..count).map(|counter| device.seal(Counter(counter), &report, &mut world.rng).unwrap()).collect()
}
