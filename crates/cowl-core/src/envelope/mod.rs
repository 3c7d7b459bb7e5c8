//! Messages on the wire: what enrolled devices and walk-ins send, how one part is opened (spec §4, §5), and what
//! is wrapped for relays (spec §7.5).

mod base_mode;
mod enrolled;
mod header;
mod relay;
mod sealed;
mod walk_in;

pub use enrolled::{DeviceKeys, SealError};
pub(crate) use enrolled::{PartContext, PartKeys};
pub use header::Header;
pub use relay::{RelayOpener, RelayPublicKey, RelayRefused, RelaySealer, Unwrapped};
pub use sealed::{Mode, Sealed, Shards};
pub use walk_in::{Awaited, WalkInPublicKey, WalkInSealer};
pub(crate) use walk_in::{Hint, WalkInOpener, info as walk_in_info};
