//! What leaves a device under a dangerous preset.

use std::fmt;

use cowl_core::Notices;

use crate::transport::{Publication, Qos, Topic};

/// Where the study's sensors publish; readings that came for another topic go there.
pub const DEFAULT_TOPIC: &str = "srv/temperature";

/// A report as a dangerous preset publishes it. Only a [`DangerousPreset`](super::DangerousPreset) makes one, so an
/// operation under the preset `cowl` has none; and what publishes for such an operation takes a
/// [`Sealed`](cowl_core::Sealed), which this is not:
///
/// ```compile_fail
/// fn publish(message: cowl_core::Sealed) {}
/// fn example(message: cowl::dangerous::Exposed) {
///     publish(message);
/// }
/// ```
///
/// ```
/// fn publish(message: cowl_core::Sealed) {}
/// fn example(message: cowl_core::Sealed) {
///     publish(message);
/// }
/// ```
///
/// Nor can it be made by hand:
///
/// ```compile_fail
/// fn example(topic: cowl::transport::Topic, notices: cowl_core::Notices) -> cowl::dangerous::Exposed {
///     cowl::dangerous::Exposed { topic, payload: b"severity: red".to_vec(), notices }
/// }
/// ```
///
/// ```
/// # use cowl_core::Reading;
/// # use cowl::dangerous::{DangerousPreset, ExposeError, Exposed};
/// fn example(preset: &DangerousPreset, reading: Reading, now: u64) -> Result<Exposed, ExposeError> {
///     preset.expose(reading, 0, now)
/// }
/// ```
pub struct Exposed {
    topic: Topic,
    payload: Vec<u8>,
    notices: Notices,
}

impl Exposed {
    pub(super) const fn new(topic: Topic, payload: Vec<u8>, notices: Notices) -> Self {
        Self { topic, payload, notices }
    }

    /// The topic, in clear for the broker.
    pub const fn topic(&self) -> &Topic {
        &self.topic
    }

    /// The payload, as it goes to the broker.
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// What was dropped, coarsened or withheld, counted; always nothing under `plain` and `fernet`.
    pub const fn notices(&self) -> &Notices {
        &self.notices
    }

    /// To be sent. Named so that every place that lets a report out unprotected can be found.
    pub fn dangerous_into_publication(self, qos: Qos) -> Publication {
        Publication::new(self.topic, self.payload, qos)
    }
}

impl fmt::Debug for Exposed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Exposed({} bytes)", self.payload.len())
    }
}
