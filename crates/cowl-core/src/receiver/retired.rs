//! Devices that were revoked while a receiver held their keys, and epochs whose keys were drawn anew.

use super::Receiver;
use crate::{Epoch, Place};

impl Receiver {
    /// Nothing is opened any more of what comes from these places in an epoch, neither what waits nor what is awaited. They
    /// stay so while the epoch is held. Returns how many of them were live.
    pub fn retire(&mut self, epoch: Epoch, places: impl IntoIterator<Item = Place>) -> usize {
        let Some(lane) = self.lanes.get_mut(&epoch) else { return 0 };
        let mut retired = 0;
        for place in places {
            if lane.retire(&self.windows, place) {
                self.cache.forget(epoch, Some(place));
                retired += 1;
            }
        }
        retired
    }

    /// Deletes the keys of one epoch, so that [`Self::hold`] takes others for it. Its devices' counters begin at 0 unless
    /// [`Self::resume`] says otherwise.
    pub fn forget(&mut self, epoch: Epoch) {
        self.lanes.remove(&epoch);
        self.cache.forget(epoch, None);
        self.walk_ins.forget(epoch);
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::super::tests::{counters, device, receiver, seal};
    use super::*;
    use crate::{Refused, receiver::Received};

    #[test]
    fn a_revoked_device_is_nobody_and_the_others_stay() {
        let (theirs, ours) = (device(Epoch(10), 5), device(Epoch(10), 6));
        let (mut receiver, mut reports) = (receiver(Epoch(10)), Vec::new());
        // Found, passed over, and waiting beyond what is expected.
        receiver.receive(seal(&theirs, 2).bytes(), 0, &mut reports).unwrap();
        assert!(receiver.receive(seal(&theirs, 50).bytes(), 0, &mut reports).is_err());
        receiver.receive(seal(&ours, 0).bytes(), 0, &mut reports).unwrap();
        assert_eq!(receiver.retire(Epoch(10), [Place(5), Place(5), Place(4_000_000)]), 1);
        assert_eq!(receiver.retire(Epoch(77), [Place(6)]), 0);
        for counter in [0, 1, 3, 4, 64, 2] {
            let refused = receiver.receive(seal(&theirs, counter).bytes(), 0, &mut reports);
            // The one that was opened before is still known to be a replay.
            let reason = if counter == 2 { Refused::Replayed } else { Refused::Unknown };
            assert_eq!(refused, Err(reason), "{counter}");
        }
        while receiver.unsearched() > 0 {
            receiver.search(&mut reports);
        }
        receiver.resume(Epoch(10), Place(5), 3);
        receiver.follow(Epoch(10), Place(5), 60, &mut reports);
        assert_eq!(receiver.next_counter(Epoch(10), Place(5)), None);
        assert_eq!(receiver.receive(seal(&ours, 1).bytes(), 0, &mut reports), Ok(Received::Opened));
        assert_eq!(counters(&reports), [2, 0, 1]);
        // Only of that epoch.
        let late = device(Epoch(9), 5);
        assert!(receiver.receive(seal(&late, 0).bytes(), 0, &mut reports).is_ok());
    }

    #[test]
    fn a_clone_of_a_revoked_device_opens_nothing() {
        let theirs = device(Epoch(10), 5);
        let (mut receiver, mut reports) = (receiver(Epoch(10)), Vec::new());
        receiver.receive(seal(&theirs, 0).bytes(), 0, &mut reports).unwrap();
        receiver.retire(Epoch(10), [Place(5)]);
        let mut again = seal(&theirs, 0).bytes().to_vec();
        // The authentication tag of this role's part.
        let part = receiver.part.clone().unwrap();
        again[part.end - 1] ^= 1;
        let refused = receiver.receive(&again, 0, &mut reports);
        assert_eq!((refused, reports.len()), (Err(Refused::Unknown), 1));
    }

    #[test]
    fn keys_that_are_drawn_anew_take_the_place_of_the_old_ones() {
        let theirs = device(Epoch(10), 5);
        let (mut receiver, mut reports) = (receiver(Epoch(10)), Vec::new());
        receiver.receive(seal(&theirs, 0).bytes(), 0, &mut reports).unwrap();
        receiver.forget(Epoch(10));
        assert!(!receiver.epochs().any(|epoch| epoch == Epoch(10)));
        assert_eq!(receiver.receive(seal(&theirs, 1).bytes(), 0, &mut reports), Err(Refused::Unknown));
    }
}
