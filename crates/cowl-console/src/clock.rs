//! The machine's clock, read in one place.

use std::time::{SystemTime, UNIX_EPOCH};

/// Unix seconds; zero for a clock that stands before 1970, which the operation then refuses.
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
