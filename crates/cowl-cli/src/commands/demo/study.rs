//! What the study says, and its own message, to be held against what is measured.

/// The study's message, as it publishes it.
pub(super) const MESSAGE: &str =
    "temperature: 256, severity: low, lat: -41.85, lon: -118.80, ip: 192.168.1.247, userId: 970";
/// Fields exposed by the plain message, as the study counts.
pub(super) const FIELDS_BEFORE: u32 = 5;
/// Fields exposed after its techniques, as the study counts.
pub(super) const FIELDS_AFTER: u32 = 1;
