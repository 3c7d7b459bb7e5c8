//! Finding the device and the number of one message, without the reader's state: every epoch, place and number is
//! tried, since nothing says where the device stands by now.

use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use cowl_core::{
    Epoch, Opened, PolicyVersion, Receiver, Refused, ResponderKeyring, Sender, SignedManifest, WalkInLimits,
    Windows,
};

/// Policy versions before the newest one that a walk-in message is tried with.
const OLDER_POLICIES: u32 = 15;
/// Numbers tried in all epochs before any epoch is searched further: nearly all devices are found by these.
const FIRST: u16 = 64;

/// What the role's keys make of a message.
pub(super) enum Located {
    /// Opened.
    Opened {
        /// The part.
        part: Box<Opened>,
        /// The device's number of this message, for enrolled ones.
        counter: Option<u32>,
    },
    /// A device of this epoch has such a tag, and the part behind it does not authenticate.
    Altered(Epoch),
    /// No device of the epochs held has such a tag among the numbers tried.
    Unknown {
        /// The epochs tried.
        epochs: usize,
    },
    /// Refused for a reason that has a name.
    Refused(Refused),
}

/// Tries everything that the role holds.
pub(super) fn enrolled(
    message: &[u8],
    manifest: &SignedManifest,
    keyring: &ResponderKeyring,
    depth: u16,
) -> Located {
    let epochs = epochs(manifest, keyring);
    let further = (depth > FIRST).then_some(depth);
    for depth in std::iter::once(FIRST.min(depth)).chain(further) {
        for epoch in &epochs {
            if let Some(located) = in_epoch(message, manifest, keyring, *epoch, depth) {
                return located;
            }
        }
    }
    Located::Unknown { epochs: epochs.len() }
}

/// Opens a walk-in's message. The hint in it says the epoch modulo 16 only, so each is tried alone.
pub(super) fn walk_in(message: &[u8], manifest: &SignedManifest, keyring: &ResponderKeyring) -> Located {
    let mut reason = Refused::WalkInKeys;
    for epoch in epochs(manifest, keyring) {
        let Some(root) = keyring.root(epoch) else { continue };
        let mut receiver = receiver(manifest, keyring, Windows::default());
        receiver.hold(epoch, &root, 0, |_| true);
        let mut opened = Vec::new();
        match (receiver.receive(message, 0, &mut opened), opened.pop()) {
            (_, Some(part)) => return Located::Opened { part: Box::new(part), counter: None },
            (Err(Refused::WalkInKeys), None) => {}
            (Err(other), None) => reason = other,
            (Ok(_), None) => reason = Refused::NotAuthentic,
        }
    }
    Located::Refused(reason)
}

fn in_epoch(
    message: &[u8],
    manifest: &SignedManifest,
    keyring: &ResponderKeyring,
    epoch: Epoch,
    depth: u16,
) -> Option<Located> {
    // Every number is a mark, so a search tries all of them.
    let windows =
        Windows { next: 1, every: 1, ahead: 1, waiting: 1, search: u32::MAX, search_marks: depth, late: 1 };
    let mut receiver = receiver(manifest, keyring, windows);
    receiver.hold(epoch, &keyring.root(epoch)?, manifest.policy.places, |_| true);
    let mut opened = Vec::new();
    // It is kept as unexpected, because no epoch was entered.
    let _ = receiver.receive(message, 0, &mut opened);
    receiver.search(&mut opened);
    match opened.pop() {
        Some(part) => {
            let counter = match part.sender {
                Sender::Enrolled { place, .. } => {
                    receiver.next_counter(epoch, place).and_then(|next| next.checked_sub(1))
                }
                Sender::WalkIn { .. } => None,
            };
            Some(Located::Opened { part: Box::new(part), counter })
        }
        // Found by its tag, and dropped.
        None => (receiver.waiting() == 0).then_some(Located::Altered(epoch)),
    }
}

fn receiver(manifest: &SignedManifest, keyring: &ResponderKeyring, windows: Windows) -> Receiver {
    let newest = manifest.policy_version.0;
    let policies = (newest.saturating_sub(OLDER_POLICIES)..=newest).map(PolicyVersion).collect();
    let layout = Arc::new(manifest.layout());
    Receiver::new(manifest.operation, keyring.role, layout, windows, WalkInLimits::default(), policies)
}

/// All epochs with keys, those around the machine's clock first.
fn epochs(manifest: &SignedManifest, keyring: &ResponderKeyring) -> Vec<Epoch> {
    let Some((first, last)) = keyring.range() else { return Vec::new() };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_secs());
    let now = manifest.calendar.epoch_at(now);
    let mut epochs: Vec<_> = (first.0..=last.0).map(Epoch).collect();
    epochs.sort_by_key(|epoch| epoch.0.abs_diff(now.0));
    epochs
}
