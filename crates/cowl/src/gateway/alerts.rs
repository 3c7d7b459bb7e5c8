//! The authority's alerts, for the devices and people on the gateway's own network: verified here, as devices that cannot change verify
//! nothing.

use std::sync::{Mutex, PoisonError};

use cowl_core::{Addressee, Alert, DispatchError, Position, SignedManifest, rfc3339};
use serde_json::{Value, json};

use super::Command;
use crate::keyring::{Ear, Lane, Moment};

/// Where each new alert is published once, as a JSON object.
pub const ALERT_TOPIC: &str = "cowl/alert";
/// Where those that stand are retained, as a JSON array: `[]` if there is none.
pub const ALERTS_TOPIC: &str = "cowl/alerts";

/// Takes dispatches for those who cannot.
#[derive(Debug)]
pub(super) struct Alerts(Mutex<Inner>);

#[derive(Debug)]
struct Inner {
    ear: Ear,
    /// Where the gateway is, if it was told.
    here: Option<Position>,
    /// The alerts that stand, as they were published last.
    retained: Option<Vec<u8>>,
}

impl Alerts {
    pub(super) const fn new(ear: Ear) -> Self {
        Self(Mutex::new(Inner { ear, here: None, retained: None }))
    }

    /// From now on alerts to zones in which this place does not lie are not for these devices.
    pub(super) fn be_at(&self, here: Position) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).here = Some(here);
    }

    /// Takes a dispatch, not yet verified; what is to be published locally: new alerts, and all that stand if they are others than before.
    /// `are_out`: whether all that was given out before was published. Only then is it written down: a crash in between gives an alert
    /// twice, and loses none.
    pub(super) fn hear(
        &self,
        bytes: &[u8],
        manifest: &SignedManifest,
        lane: impl FnOnce(cowl_core::Epoch) -> Lane,
        (now, time): (cowl_core::Epoch, u64),
        are_out: bool,
    ) -> Result<Vec<Command>, DispatchError> {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let here = inner.here;
        if are_out {
            // What cannot be written down is given again after a restart.
            let _ = inner.ear.commit();
        }
        let heard = inner.ear.hear(bytes, manifest, lane, Moment { now, time, here })?;
        let each = heard.alerts.iter().map(|alert| Command {
            topic: ALERT_TOPIC.to_owned(),
            payload: said(alert).to_string().into_bytes(),
            retain: false,
        });
        let mut out: Vec<Command> = each.collect();
        let standing: Vec<Value> = heard.standing.iter().map(said).collect();
        let standing = Value::Array(standing).to_string().into_bytes();
        if inner.retained.as_ref() != Some(&standing) {
            inner.retained = Some(standing.clone());
            out.push(Command { topic: ALERTS_TOPIC.to_owned(), payload: standing, retain: true });
        }
        Ok(out)
    }
}

/// Whether a topic is the gateway's own: a device that could publish there would give alerts.
pub fn is_of_alerts(topic: &str) -> bool {
    topic == ALERT_TOPIC || topic == ALERTS_TOPIC
}

fn said(alert: &Alert) -> Value {
    let mut said = json!({
        "number": alert.number,
        "given": rfc3339(alert.given),
        "until": rfc3339(alert.until),
        "text": alert.text,
    });
    if let (Addressee::Zone(zone), Some(said)) = (alert.to, said.as_object_mut()) {
        said.insert("zone".to_owned(), zone.label.as_str().into());
    }
    said
}
