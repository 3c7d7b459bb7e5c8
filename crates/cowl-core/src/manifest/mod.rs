//! What the authority publishes: the manifest, and beacons between manifests (spec §6).

mod beacon;
mod calendar_keys;
mod document;

pub use beacon::{Beacon, BeaconError, BeaconSecrets, DeviceNews};
pub use calendar_keys::{RelayKeys, WalkInKeys};
pub use document::{Manifest, ManifestError, SignedManifest};
