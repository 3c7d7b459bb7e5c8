//! Client ids for clients that leave the choice to the broker.

use std::hash::{BuildHasher, RandomState};

use bytestring::ByteString;

/// How such an id begins. RMQTT would make up ids that look like a device's own.
const PREFIX: &str = "unnamed-";

/// A fresh client id, with 128 bits that nobody can guess: in MQTT 5 it can stand for a session.
pub(crate) fn made_up() -> ByteString {
    // Each is seeded by the operating system once per thread and differs from the one before.
    let half = || RandomState::new().hash_one(PREFIX);
    format!("{PREFIX}{:016x}{:016x}", half(), half()).into()
}

/// The name that a client gave itself; empty for an id that was made up here, also if the client brings it back.
pub fn own_name(client_id: &str) -> &str {
    if client_id.starts_with(PREFIX) { "" } else { client_id }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_made_up_is_no_name() {
        let (one, other) = (made_up(), made_up());
        assert_ne!(one, other);
        assert_eq!(own_name(&one), "");
        assert_eq!(own_name("sensor-7"), "sensor-7");
    }
}
