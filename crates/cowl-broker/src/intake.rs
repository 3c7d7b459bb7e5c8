//! What stands behind a listener for devices: something that takes their publishes before they are anybody's messages.
//!
//! A gateway takes what unmodified devices publish, keeps it on disk and sends it on in its own time; a relay does the
//! same for phones. Neither wants a message delivered, retained or acknowledged the ordinary way, so the broker asks
//! its [`Intake`] about each and holds the acknowledgement until the [`Verdict`] is settled.
//!
//! # What an intake is never asked
//! A publish of a client that is no device, a packet that is malformed, a topic with a wildcard, a leading `$` or more
//! than [`Limits::TOPIC_LEN`](crate::Limits::TOPIC_LEN) bytes, a publish of a login that was taken away, and the repeat
//! of a `QoS` 2 publish that it took on the same connection.
//!
//! # What the device is told
//! | verdict | `QoS` 0 | MQTT 3.1.1, `QoS` 1 and 2 | MQTT 5, `QoS` 1 and 2 |
//! |---|---|---|---|
//! | [`Verdict::Local`] | | as the access rules have it | as the access rules have it |
//! | [`Verdict::Kept`], resolved | | PUBACK or PUBREC | the same, success |
//! | refused, [final](RefusedBecause::is_final) | | PUBACK or PUBREC: 3.1.1 has no other answer (§3.3.5), and to send it again would not help | PUBACK or PUBREC with the reason |
//! | refused, not final | | nothing, and the connection is closed, so that the device sends it again when it is back | PUBACK or PUBREC with the reason |
//!
//! Acknowledgements of a connection leave in the order in which its publishes came. Until then the connection goes on
//! being read, up to [`Limits::held`](crate::Limits::held) publishes that wait, `QoS` 0 among them; beyond that, and
//! beyond [`Limits::held_bytes`](crate::Limits::held_bytes) of all connections together, it is not, and TCP slows the
//! device down. Its keep-alive does not run meanwhile.
//!
//! # Wills
//! The will of a device is a publish like any other: when it falls due the intake is asked, and only what it calls
//! [`Verdict::Local`] is delivered, if the access rules allow it. Nobody waits for it to be kept.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

/// Decides about each publish of a device.
///
/// ```
/// use std::sync::Mutex;
///
/// use cowl_broker::{Caller, Incoming, Intake, RefusedBecause, Verdict};
///
/// /// Keeps what is short enough in memory.
/// #[derive(Default)]
/// struct Shelf(Mutex<Vec<Vec<u8>>>);
///
/// impl Intake for Shelf {
///     fn take(&self, _: &Caller<'_>, publication: &Incoming<'_>) -> Verdict {
///         if publication.payload.len() > 1_000 {
///             return Verdict::Refused(RefusedBecause::Unreadable);
///         }
///         self.0.lock().unwrap().push(publication.payload.to_vec());
///         Verdict::Kept(Box::pin(async { Ok(()) })) // a real one resolves after the sync to disk
///     }
/// }
/// ```
pub trait Intake: Send + Sync + 'static {
    /// What happens to `publication`. Called on the broker's threads and by many at once: it must not block.
    ///
    /// When it returns [`Verdict::Kept`] the work goes on by itself. The future is polled only once it is the oldest of
    /// its connection, and dropped if the connection ends first: it reports, it does not work.
    fn take(&self, from: &Caller<'_>, publication: &Incoming<'_>) -> Verdict;
}

/// Who publishes.
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Caller<'a> {
    /// The client id that the device gave itself. Empty if it left the choice to the broker: then it names nobody, and
    /// the next connection of the device has another.
    pub client_id: &'a str,
    /// The user name that it logged in with; `None` for an anonymous device.
    pub user: Option<&'a str>,
}

impl<'a> Caller<'a> {
    /// For tests of an intake.
    pub fn new(client_id: &'a str, user: Option<&'a str>) -> Self {
        Self { client_id, user }
    }
}

/// Without what names a device.
impl fmt::Debug for Caller<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Caller").field("anonymous", &self.user.is_none()).finish_non_exhaustive()
    }
}

/// A publish on its way in, or the will of a device that is gone.
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Incoming<'a> {
    /// The topic: UTF-8 without NUL and wildcards, not empty, no leading `$`.
    pub topic: &'a str,
    /// The payload; any bytes.
    pub payload: &'a [u8],
    /// The quality of service.
    pub qos: Qos,
    /// Whether the device says that it sends this again. It may be the first that the broker sees of it.
    pub dup: bool,
    /// The packet id; `None` for `QoS` 0 and for a will. A device uses it again once it is acknowledged.
    pub packet_id: Option<u16>,
    /// Whether the device asks to have it retained.
    pub retain: bool,
}

impl<'a> Incoming<'a> {
    /// For tests of an intake: a first publish at `QoS` 0, not retained.
    pub fn new(topic: &'a str, payload: &'a [u8]) -> Self {
        Self { topic, payload, qos: Qos::AtMostOnce, dup: false, packet_id: None, retain: false }
    }
}

/// Without what a device said.
impl fmt::Debug for Incoming<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Incoming").field("qos", &self.qos).field("dup", &self.dup).finish_non_exhaustive()
    }
}

/// MQTT's quality of service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Qos {
    /// 0: nothing is acknowledged.
    AtMostOnce,
    /// 1: acknowledged, and perhaps sent again.
    AtLeastOnce,
    /// 2: acknowledged in two steps.
    ExactlyOnce,
}

/// What an [`Intake`] decides.
pub enum Verdict {
    /// Not for the intake: delivered and retained the ordinary way, as far as the access rules allow it.
    Local,
    /// Taken. The device is told when this resolves.
    Kept(Keeping),
    /// Not taken, and nobody else gets it either.
    Refused(RefusedBecause),
}

/// Resolves once a publish is as safe as the intake can make it, or is known not to become so.
pub type Keeping = Pin<Box<dyn Future<Output = Result<(), NotKept>> + Send + 'static>>;

impl fmt::Debug for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local => f.write_str("Local"),
            Self::Kept(_) => f.write_str("Kept(..)"),
            Self::Refused(because) => f.debug_tuple("Refused").field(because).finish(),
        }
    }
}

/// Why a publish was not taken, as far as the device is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RefusedBecause {
    /// There is no room now. MQTT 5: 0x97, quota exceeded.
    Full,
    /// Something failed here. MQTT 5: 0x83, implementation specific error.
    Failed,
    /// This device may not, or does not want to, send this. MQTT 5: 0x87, not authorized.
    NotAllowed,
    /// The payload is nothing that can be read here. MQTT 5: 0x99, payload format invalid.
    Unreadable,
}

impl RefusedBecause {
    /// Whether the same publish would be refused the next time too.
    pub fn is_final(self) -> bool {
        matches!(self, Self::NotAllowed | Self::Unreadable)
    }
}

/// A publish that was taken and could not be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not kept")]
pub struct NotKept(pub RefusedBecause);

impl From<RefusedBecause> for NotKept {
    fn from(because: RefusedBecause) -> Self {
        Self(because)
    }
}
