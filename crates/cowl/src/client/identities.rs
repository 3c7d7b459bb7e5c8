//! Which of a gateway's identities a reporter behind it gets, the same in every run.

use aws_lc_rs::hmac::{HMAC_SHA256, Key, sign};

/// Separates this use of the instance secret from any other. Nothing derived here ever leaves the gateway.
const CONTEXT: &[u8] = b"cowl gateway identity v1";

/// Maps what names a reporter in the input (a serial number, a user name) to an identity of the gateway.
///
/// A whole number from 1 to the number of identities is that identity. Anything else is hashed with a key that only
/// this credential has: the same name gets the same identity in every run, nobody without the credential can tell
/// which, and two names can share one (their reports then look like one device's).
pub struct Identities {
    key: Key,
    count: usize,
}

impl Identities {
    /// For a credential with `count` identities and this instance secret.
    pub fn new(instance: &[u8; 16], count: usize) -> Self {
        Self { key: Key::new(HMAC_SHA256, instance), count: count.max(1) }
    }

    /// The identity, from 0, of a name.
    pub fn of(&self, name: &str) -> usize {
        match name.trim().parse::<usize>() {
            Ok(number) if (1..=self.count).contains(&number) => number - 1,
            _ => self.hashed(name.trim()),
        }
    }

    fn hashed(&self, name: &str) -> usize {
        let mut message = Vec::with_capacity(CONTEXT.len() + name.len());
        message.extend_from_slice(CONTEXT);
        message.extend_from_slice(name.as_bytes());
        let tag = sign(&self.key, &message);
        let front = tag.as_ref().first_chunk::<8>().map_or(0, |front| u64::from_be_bytes(*front));
        // The count is far below 2^32, so the modulus favours none by more than 2^-32.
        usize::try_from(front % self.count as u64).unwrap_or(0)
    }
}

impl std::fmt::Debug for Identities {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identities").field("count", &self.count).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_themselves_and_names_stay_where_they_are() {
        let identities = Identities::new(&[7; 16], 300);
        assert_eq!((identities.of("1"), identities.of(" 300 ")), (0, 299));
        assert_eq!(identities.of("anna"), Identities::new(&[7; 16], 300).of("anna"));
        assert_ne!(identities.of("anna"), Identities::new(&[8; 16], 300).of("anna"));
        for name in ["0", "301", "-1", "", "18446744073709551616"] {
            assert!(identities.of(name) < 300, "{name}");
        }
    }

    #[test]
    fn names_spread_over_all_identities() {
        let identities = Identities::new(&[7; 16], 10);
        let mut hit = [0_u32; 10];
        for name in 0..1_000 {
            hit[identities.of(&format!("sensor-{name}"))] += 1;
        }
        assert!(hit.iter().all(|hits| (60..140).contains(hits)), "{hit:?}");
    }
}
