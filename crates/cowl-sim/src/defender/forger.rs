//! What a responder seals in somebody's name, with the keys of his role.
//!
//! He needs no more than an ordinary phone: it runs the same app, in her name, from where she lives (`Plan::second_lives`), and reports
//! when such an app does, whatever hers does meanwhile. It is on his own line, with an address of his; where phones send to relays, it
//! sends to hers (their keys are in the manifest), and where they hand over to a gateway, it hands over to hers, which believes a
//! device's own word of who it is. Under the study's presets everybody can write everything.
//!
//! Under preset `cowl` a phone by itself has to seal, and there he can do less than she. His own role's part is genuine: he holds that
//! role's root, so he can derive her key for each epoch, once he is told her place in it. Only the authority can tell whose a place is;
//! but without its word nobody would claim that a message is hers. The other parts he can only fill with what looks like one: they are
//! sealed under keys drawn at random. His counters begin where receivers expect a phone that was restarted, so that none of hers comes
//! twice.

use std::sync::Arc;

use cowl::keyring::{KeyringError, SealedReport};
use cowl::random::SystemRng;
use cowl_core::{
    Counter, Credential, DeviceKeys, Epoch, Member, Report, ReportId, RoleIndex, SignedManifest,
    schedule::DeviceRoot,
};

/// Seals in a person's name.
pub(crate) struct Forge {
    /// Whence her places are known. Nothing is taken from it but the key of his role, which he could derive.
    told: Arc<Credential>,
    identity: usize,
    role: RoleIndex,
    ready: Option<Ready>,
    rng: SystemRng,
}

/// Keys of an epoch, and the next counter.
struct Ready {
    keys: DeviceKeys,
    next: u32,
    /// The report sealed last.
    last: Option<ReportId>,
    /// Whether another one came before it: then receivers expect what comes next.
    is_known: bool,
}

impl Forge {
    /// In the name of one of the identities of a credential, as a responder of a role.
    pub(crate) const fn new(told: Arc<Credential>, identity: usize, role: RoleIndex, rng: SystemRng) -> Self {
        Self { told, identity, role, ready: None, rng }
    }

    /// Seals a report as she would, as far as he can.
    pub(super) fn seal(
        &mut self,
        manifest: &SignedManifest,
        epoch: Epoch,
        report: &Report,
    ) -> Result<SealedReport, KeyringError> {
        let mut ready = match self.ready.take().filter(|ready| ready.keys.epoch() == epoch) {
            Some(ready) => ready,
            None => self.make_ready(manifest, epoch)?,
        };
        let id = report.header().report;
        ready.is_known |= ready.last.is_some_and(|last| last != id);
        if ready.last == Some(id) && !ready.is_known {
            // His first message was perhaps lost, and no receiver expects what comes right after it, but the marks beyond.
            ready.next = ready.next.next_multiple_of(u32::from(manifest.policy.windows.every).max(1));
        }
        ready.last = Some(id);
        let sealed = ready.keys.seal(Counter(ready.next), report, &mut self.rng);
        ready.next += 1;
        self.ready = Some(ready);
        Ok(SealedReport { sealed: sealed?, epoch })
    }

    fn make_ready(&mut self, manifest: &SignedManifest, epoch: Epoch) -> Result<Ready, KeyringError> {
        let Member::Gateway(keyrings) = &self.told.member else { return Err(KeyringError::NoIdentity(0)) };
        let keyring = keyrings.get(self.identity).ok_or(KeyringError::NoIdentity(self.identity))?;
        let mine =
            keyring.root(self.role, epoch).ok_or(KeyringError::NoKeys { wanted: epoch, last: None })?;
        let mut roots: Vec<DeviceRoot> =
            manifest.policy.roles.iter().map(|_| DeviceRoot::new(self.rng.secret())).collect();
        if let Some(root) = roots.get_mut(usize::from(self.role.0)) {
            *root = mine;
        }
        let keys = DeviceKeys::new(manifest.operation, epoch, Arc::new(manifest.layout()), &roots)?;
        Ok(Ready { keys, next: u32::from(manifest.policy.windows.every), last: None, is_known: false })
    }
}

impl std::fmt::Debug for Forge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Forge").field("role", &self.role).finish_non_exhaustive()
    }
}

/// The responder who forges, if anybody does: of the role that reads most.
pub(crate) fn role(manifest: &SignedManifest, roles: &[String]) -> Option<RoleIndex> {
    let policy = &manifest.policy;
    let indices = roles.iter().filter_map(|role| policy.role_index(role));
    indices.max_by_key(|index| policy.role(*index).map_or(0, |role| role.reads.len()))
}
