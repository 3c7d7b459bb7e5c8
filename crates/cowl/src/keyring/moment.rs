//! When a member asks for keys: at a moment that says nothing about its reports (spec §9.3).
//!
//! All members have one window, and each its own moment in it, which only it can know: it follows from its secret. The
//! window begins when half of the keys are used up and ends when a quarter is left. Whoever was out of reach then, asks when
//! it is back.

use aws_lc_rs::hmac::{HMAC_SHA256, Key, sign};
use cowl_core::{Credential, Epoch};

use super::renewal::last_epoch;

/// Separates these moments from all else that may come of a member secret.
const CONTEXT: &[u8] = b"cowl renewal moment v1";
/// The longest time over which members spread who hear that all keys changed, in seconds.
const SPREAD: u64 = 3_600;

/// What a member must remember between two looks.
#[derive(Debug, Default)]
pub(super) struct RenewalMoment {
    /// The generation that was heard of, until when to wait, on the monotonic timer.
    heard: Option<(u32, u64)>,
}

impl RenewalMoment {
    /// Whether it is time. `left`: seconds until epoch `now` ends.
    pub(super) fn is_due(&mut self, credential: &Credential, now: Epoch, left: u64, monotonic: u64) -> bool {
        let Some(membership) = &credential.membership else { return false };
        let manifest = &credential.manifest;
        let Some(last) = last_epoch(&credential.member) else {
            // Nothing is left of a sender's keys. A responder's come with bundles.
            return !matches!(credential.member, cowl_core::Member::Responder(_))
                && manifest.service.is_some();
        };
        if manifest.service.is_none() {
            return false;
        }
        if last < now || credential.is_outdated(now) {
            return true;
        }
        let fraction = fraction(membership.secret.expose(), membership.step, manifest.generation());
        let length = u64::from(manifest.calendar.length);
        if let Some(newer) = manifest.generation.filter(|newer| newer.number > credential.generation) {
            let until = length * u64::from(newer.from.0.saturating_sub(now.0).saturating_sub(1)) + left;
            let window = (until / 2).min(SPREAD);
            let wait = monotonic.saturating_add(scaled(window, fraction));
            let (_, at) = *self.heard.get_or_insert((newer.number, wait));
            return monotonic >= at;
        }
        self.heard = None;
        let remaining = length * u64::from(last.0 - now.0) + left;
        let whole = length * u64::from(manifest.policy.keys_ahead);
        remaining < whole / 2 - scaled(whole / 4, fraction)
    }
}

/// Sixteen bits that nobody else knows.
fn fraction(secret: &[u8; 32], step: u32, generation: u32) -> u16 {
    let message = [CONTEXT, &step.to_be_bytes(), &generation.to_be_bytes()].concat();
    let tag = sign(&Key::new(HMAC_SHA256, secret), &message);
    tag.as_ref().first_chunk().map_or(0, |bytes| u16::from_be_bytes(*bytes))
}

fn scaled(window: u64, fraction: u16) -> u64 {
    u64::try_from(u128::from(window) * u128::from(fraction) / (1 << 16)).unwrap_or(window)
}

#[cfg(test)]
#[path = "moment_tests.rs"]
mod tests;
