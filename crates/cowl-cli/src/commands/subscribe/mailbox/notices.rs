//! What the authority says on the broker: manifests, bundles of keys, beacons, alerts.

use cowl::keyring::{KeyringError, Moment, Reader};
use cowl_core::{
    Alert, BeaconError, BundleError, DispatchError, ManifestError, Policy, SignedManifest, rfc3339,
};

use super::Mailbox;
use crate::{
    commands::{command::addressee, publish::heard::shown},
    failure::Failure,
};

impl Mailbox<'_> {
    pub(super) fn follow(&mut self, manifest: &[u8]) -> Result<(), Failure> {
        if self.desk.reader().waiting() > 0 && is_new(self.desk.reader(), manifest) {
            self.desk.search();
        }
        let followed = self.desk.reader_mut().follow(manifest);
        if matches!(followed, Ok(true)) {
            self.desk.follow()?;
        }
        match followed {
            Ok(true) if self.debug => {
                let version = self.desk.reader().manifest().version;
                self.desk.printer().note(&format!("a new manifest: version {version}"));
            }
            Ok(_) => {}
            Err(KeyringError::Manifest(error)) => {
                let hint = match error {
                    ManifestError::RolledBack { .. } => "; someone replaced the newer one on the broker",
                    _ => "",
                };
                self.warn(format!("the broker's manifest is not followed: it is {error}{hint}"));
            }
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    pub(super) fn take_bundle(&mut self, bundle: &[u8]) -> Result<(), Failure> {
        let is_chained = self.desk.reader().is_chained();
        match self.desk.reader_mut().take_bundle(bundle) {
            // The retained one was taken before the last connection, or before a restart.
            Ok(_) | Err(KeyringError::Bundle(BundleError::Replayed)) => {}
            Err(KeyringError::Bundle(BundleError::NoSeat)) => {
                let until = self.desk.reader().keys_until().map_or(0, |last| last.0);
                self.warn(if is_chained {
                    format!(
                        "the newest bundle has no keys for this credential: it was enrolled a moment ago, and the next one has \
                         them, or it was revoked; it reads until epoch {until}"
                    )
                } else {
                    format!(
                        "this credential is of an older form: it reads until epoch {until} and hears of no revocation; \
                         have it enrolled anew"
                    )
                });
            }
            Err(KeyringError::Bundle(error)) => {
                self.warn(format!("the broker's bundle of keys is not followed: it is {error}"));
            }
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    pub(super) fn hear(&mut self, beacon: &[u8]) -> Result<(), Failure> {
        let seconds = self.desk.seconds();
        match self.desk.reader_mut().hear(beacon, seconds) {
            // The retained one was heard before the last connection, or before a restart.
            Ok(_) | Err(BeaconError::Replayed) => {
                if self.debug {
                    let epoch = self.desk.reader().epoch(seconds).0;
                    self.desk.printer().note(&format!("a beacon: epoch {epoch}"));
                }
                self.desk.tick()?;
                self.open_held()
            }
            Err(error) => {
                self.warn(format!("the broker's beacon is not followed: it is {error}"));
                Ok(())
            }
        }
    }

    /// Shows what the authority tells this role; what cannot be written down is shown again.
    pub(super) fn alert(&mut self, dispatch: &[u8]) -> Result<(), Failure> {
        let (seconds, reader) = (self.desk.seconds(), self.desk.reader());
        let moment = Moment { now: reader.epoch(seconds), time: reader.time(seconds), here: None };
        let lane = |epoch| reader.lane(epoch);
        let heard = match self.ear.hear(dispatch, reader.manifest(), lane, moment) {
            Ok(heard) => heard,
            // The retained one was heard before the last connection.
            Err(DispatchError::Replayed) => return Ok(()),
            Err(error) => {
                self.warn(format!("the broker's dispatch is not followed: it is {error}"));
                return Ok(());
            }
        };
        for alert in &heard.alerts {
            let policy = &self.desk.reader().manifest().policy;
            if self.alerts_as_json {
                let line = alert_line(alert, policy);
                self.desk.show()?;
                self.desk.printer().data(line)?;
                self.desk.printer().flush()?;
            } else {
                let line = shown(alert, policy);
                self.desk.printer().note(&line);
            }
        }
        if let Err(error) = self.ear.commit() {
            self.warn(format!("{error}; alerts are shown again"));
        }
        Ok(())
    }
}

fn alert_line(alert: &Alert, policy: &Policy) -> String {
    serde_json::json!({
        "kind": "alert",
        "number": alert.number,
        "to": addressee(alert, policy),
        "given": rfc3339(alert.given),
        "until": rfc3339(alert.until),
        "text": alert.text,
    })
    .to_string()
}

/// Whether a manifest is one that will be followed.
fn is_new(reader: &Reader, bytes: &[u8]) -> bool {
    let known: &SignedManifest = reader.manifest();
    known.succeed(bytes).is_ok_and(|next| next.version > known.version)
}
