//! Recording from the network: a [`Tap`] in front of a broker, or a [`subscribe`]r of its topics. Feature `live`.
//!
//! What is recorded are traces (`spec/trace.md`). They hold what the broker sees, passwords included: keep them as it does.

mod ear;
mod owned;
mod recorder;
mod subscribe;
mod tap;
mod tls;

pub use recorder::{FLUSH, MAX_WAITING, Progress, Recorder, Recording};
pub use subscribe::{SubscribeEnd, SubscribeError, SubscribeOptions, Version, subscribe};
pub use tap::{BUFFER, CONNECT_TIMEOUT, Tap, TapOptions, TapSummary};
pub use tls::{ServerTls, TlsError, TrustedTls};
