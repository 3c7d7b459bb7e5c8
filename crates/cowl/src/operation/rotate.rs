//! New keys for everyone, in an emergency: `cowl rotate` (spec §9.5).

use cowl_core::{Epoch, Generation, Layout};

use super::{Kind, Operation, OperationError, Standing, issue::Draft, log::manifest_event, names};
use crate::{
    files::{self, Access},
    log::Event,
    random::SystemRng,
};

/// What a rotation changed, and what it asks of members.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rotation {
    /// The generation that begins.
    pub generation: u32,
    /// The first epoch whose keys are new.
    pub from: Epoch,
    /// Devices, gateways and relays that must ask for their keys before it begins.
    pub senders: u32,
    /// Responders: theirs come with the next bundle.
    pub responders: u32,
    /// Members that can ask for nothing: enrolled before there was renewal, they are enrolled again.
    pub lost: u32,
}

impl Operation {
    /// Draws all roots, the relays' and the beacon secret anew from the next epoch on, and signs a manifest that says so. What
    /// was sealed before opens as it would have. On disk when this returns; interrupted, it is done again, and no key that
    /// somebody was told is lost twice.
    ///
    /// The log has its entry before any key changes.
    pub fn rotate(&mut self, unix_seconds: u64, rng: &mut SystemRng) -> Result<Rotation, OperationError> {
        let now = self.epoch_now(unix_seconds)?;
        let lock = self.exclusive()?;
        if self.manifest.service.is_none() {
            return Err(OperationError::NoService);
        }
        let from = now.plus(1);
        let current = &self.manifest;
        let generation = Generation { number: current.generation().saturating_add(1), from };
        self.note_held(&lock, &[Event::Rotated], unix_seconds)?;
        let tokens = self.token_period(&lock, &current.policy, now, true, rng)?;
        let last = now.plus(u32::from(current.policy.keys_ahead));
        self.secrets.rotate(&self.folder, from, last.max(from), rng)?;
        let next = Draft {
            operation: current.operation,
            version: current.version.max(self.logged_version()?).saturating_add(1),
            policy_version: current.policy_version,
            calendar: current.calendar,
            layout: Layout::of(&current.policy),
            policy: current.policy.clone(),
            preset: current.preset,
            mailbox: current.mailbox,
            generation: Some(generation),
            custody: current.custody.clone(),
            tokens,
        }
        .sign(&self.secrets, now)?;
        self.note_held(&lock, &[manifest_event(&next)], unix_seconds)?;
        files::replace(&self.folder.join(names::MANIFEST), next.bytes(), Access::All)?;
        self.manifest = next;
        Ok(self.rotation(generation))
    }

    /// What [`Self::rotate`] would do in epoch `now`.
    pub fn would_rotate(&self, now: Epoch) -> Rotation {
        let number = self.manifest.generation().saturating_add(1);
        self.rotation(Generation { number, from: now.plus(1) })
    }

    fn rotation(&self, generation: Generation) -> Rotation {
        let Generation { number, from } = generation;
        let mut rotation = Rotation { generation: number, from, senders: 0, responders: 0, lost: 0 };
        let members = self.register.members().iter().filter(|entry| entry.standing == Standing::Member);
        for entry in members {
            let count = match (entry.kind, &entry.membership) {
                (_, None) => &mut rotation.lost,
                (Kind::Responder, Some(_)) => &mut rotation.responders,
                (_, Some(_)) => &mut rotation.senders,
            };
            *count += 1;
        }
        rotation
    }
}

#[cfg(test)]
#[path = "rotate_tests.rs"]
mod tests;
