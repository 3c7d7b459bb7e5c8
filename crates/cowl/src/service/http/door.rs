//! Who comes too often: one address takes neither all places nor all time. What is known of an address is forgotten as soon as
//! it would make no difference, and is told to nobody.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Addresses that are remembered at a time; all others together count as one.
const MOST: usize = 4_096;

/// What one address can cost. A network behind one address (NAT) is one: a thousand phones that join through it, with two
/// connections each, take six minutes by the default.
#[derive(Debug, Clone, Copy)]
pub struct PerAddress {
    /// Connections at a time.
    pub at_once: usize,
    /// Connections at once after a silence.
    pub burst: u32,
    /// One more after so long.
    pub every: Duration,
    /// Whether this machine's own addresses count too. Behind a proxy on this machine everybody would be one.
    pub local: bool,
}

impl Default for PerAddress {
    fn default() -> Self {
        Self { at_once: 16, burst: 120, every: Duration::from_millis(200), local: false }
    }
}

/// Lets connections in, or not: one for each thing that is to be limited. Clones share what they know.
#[derive(Debug, Clone)]
pub struct Door {
    limits: PerAddress,
    known: Arc<Mutex<HashMap<IpAddr, Seen>>>,
}

/// One address.
#[derive(Debug)]
struct Seen {
    open: usize,
    /// What has not been spent of the burst, at this moment.
    left: u32,
    at: Instant,
}

/// A connection that was let in; it is over when this is dropped.
#[derive(Debug)]
pub struct Pass {
    door: Door,
    /// `None`: it is not counted.
    of: Option<IpAddr>,
}

impl Door {
    /// A door at which nobody has been yet.
    pub fn new(limits: PerAddress) -> Self {
        Self { limits, known: Arc::default() }
    }

    /// Whether a connection from there may begin now.
    pub fn admit(&self, peer: IpAddr, now: Instant) -> Option<Pass> {
        let peer = network(peer);
        if peer.is_loopback() && !self.limits.local {
            return Some(Pass { door: self.clone(), of: None });
        }
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST && !known.contains_key(&peer) {
            known.retain(|_, seen| seen.open > 0 || self.refilled(seen, now) < self.limits.burst);
        }
        let peer = if known.len() < MOST || known.contains_key(&peer) { peer } else { EVERYBODY_ELSE };
        let seen = known.entry(peer).or_insert(Seen { open: 0, left: self.limits.burst, at: now });
        let left = self.refilled(seen, now);
        if left > seen.left {
            (seen.left, seen.at) = (left, now);
        }
        if seen.open >= self.limits.at_once || seen.left == 0 {
            return None;
        }
        seen.open += 1;
        seen.left -= 1;
        Some(Pass { door: self.clone(), of: Some(peer) })
    }

    fn refilled(&self, seen: &Seen, now: Instant) -> u32 {
        let passed = now.saturating_duration_since(seen.at).as_millis();
        let more = passed / self.limits.every.as_millis().max(1);
        seen.left.saturating_add(u32::try_from(more).unwrap_or(u32::MAX)).min(self.limits.burst)
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let Some(of) = self.of else { return };
        let mut known = self.door.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(seen) = known.get_mut(&of) {
            seen.open = seen.open.saturating_sub(1);
        }
    }
}

const EVERYBODY_ELSE: IpAddr = IpAddr::V6(Ipv6Addr::UNSPECIFIED);

/// What one household has: an IPv4 address, or the first half of an IPv6 one.
fn network(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V6(address) if !address.is_loopback() => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: PerAddress =
        PerAddress { at_once: 2, burst: 3, every: Duration::from_secs(1), local: false };

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn one_address_has_so_many_at_once_and_so_many_in_a_time() {
        let (door, now) = (Door::new(LIMITS), Instant::now());
        let (one, other) = (ip("192.0.2.1"), ip("192.0.2.2"));
        let first = door.admit(one, now).unwrap();
        let second = door.admit(one, now).unwrap();
        assert!(door.admit(one, now).is_none(), "two at once");
        assert!(door.admit(other, now).is_some(), "nobody else is touched");
        drop((first, second));
        drop(door.admit(one, now).unwrap());
        assert!(door.admit(one, now).is_none(), "three in a burst");
        assert!(door.admit(one, now + Duration::from_millis(900)).is_none());
        drop(door.admit(one, now + Duration::from_millis(1_900)).unwrap());
        assert!(door.admit(one, now + Duration::from_millis(1_950)).is_none());
        // A long silence gives the burst again, and no more.
        let later = now + Duration::from_hours(1);
        assert_eq!((0..9).filter(|_| door.admit(one, later).is_some()).count(), 3);
    }

    #[test]
    fn networks_of_ipv6_count_as_one_and_this_machine_not_at_all() {
        let (door, now) = (Door::new(LIMITS), Instant::now());
        let at = |text: &str| door.admit(ip(text), now).is_some();
        assert!(at("2001:db8::1") && at("2001:db8::2") && at("2001:db8::3"));
        assert!(!at("2001:db8::4") && at("2001:db8:0:1::1"));
        assert!(at("::ffff:192.0.2.1") && at("192.0.2.1") && at("192.0.2.1") && !at("::ffff:192.0.2.1"));
        assert!((0..99).all(|_| at("127.0.0.1") && at("::1")));
        let strict = Door::new(PerAddress { local: true, ..LIMITS });
        assert_eq!((0..9).filter(|_| strict.admit(ip("127.0.0.1"), now).is_some()).count(), 3);
    }

    #[test]
    fn what_is_remembered_is_bounded_and_forgotten() {
        let (door, now) = (Door::new(LIMITS), Instant::now());
        let addresses = (0_u32..).map(|number| IpAddr::V4((0x0a00_0000 | number).into()));
        let let_in = addresses.clone().take(2 * MOST).filter(|peer| door.admit(*peer, now).is_some()).count();
        assert_eq!(let_in, MOST + 3, "all whom it has no room for are one");
        assert_eq!(door.known.lock().unwrap().len(), MOST + 1);
        let later = now + Duration::from_mins(1);
        assert!(door.admit(ip("192.0.2.1"), later).is_some());
        assert_eq!(door.known.lock().unwrap().len(), 1);
    }
}
