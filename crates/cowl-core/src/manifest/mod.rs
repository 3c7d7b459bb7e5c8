//! What the authority publishes: the manifest, and beacons between manifests (spec §6).

mod beacon;
mod bulletin;
mod bundle;
mod calendar_keys;
mod dispatch;
mod document;
mod erasures;
mod frame;

pub use beacon::{Beacon, BeaconError, BeaconSecrets, DeviceNews};
pub use bulletin::{Bulletin, BulletinError, Command, MAX_COMMANDS};
pub use bundle::{Bundle, BundleError, Handout, MAX_BUNDLE, Section};
pub use calendar_keys::{RelayKeys, WalkInKeys};
pub use dispatch::{Addressee, Alert, AlertKeys, Dispatch, DispatchError, Draft, LaneKey};
pub use document::{Generation, Manifest, ManifestError, NoticeHash, SignedManifest};
pub use erasures::{Erasure, Erasures, ErasuresError};
