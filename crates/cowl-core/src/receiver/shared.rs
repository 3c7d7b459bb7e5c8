//! Several receivers of one role that share the mailbox by its shards (spec §7.1): a device's messages are spread over
//! all shards, so each receiver follows what the others opened. None of this makes anything readable that was not.

use alloc::vec::Vec;

use super::{Hit, Opened, Receiver};
use crate::{Epoch, Place, block::TAG_LEN};

impl Receiver {
    /// Another receiver of the role opened this device's messages up to the one before `next_counter`: expects those
    /// that follow, and those that were passed over as stragglers. What waited here for that is appended to `reports`.
    pub fn follow(&mut self, epoch: Epoch, place: Place, next_counter: u32, reports: &mut Vec<Opened>) {
        let Some(last) = next_counter.checked_sub(1) else { return };
        let hit = Hit { epoch, place, counter: last.into() };
        if self.lanes.get(&epoch).and_then(|lane| lane.next_of(place)).is_none_or(|next| next >= next_counter)
        {
            return;
        }
        let Some(known) = self.known(hit) else { return };
        self.advance(hit, &known, reports);
    }

    /// From now on other receivers take some of the messages. All that a device's progress passes over is then awaited, however
    /// far back (else one block of it).
    ///
    /// Expects the last messages of every device once more as stragglers, as many as the policy has room for (`late`),
    /// shared out evenly: after a restart, shards can be that far apart. What was opened before opens a second time, so
    /// the caller drops it by its report id.
    pub fn share(&mut self) {
        self.is_shared = true;
        let devices: Vec<_> = self.progress().collect();
        let room = usize::try_from(self.windows.late).unwrap_or(usize::MAX);
        let Some(each) = room.checked_div(devices.len()) else { return };
        let each = u32::try_from(each).unwrap_or(u32::MAX);
        for (epoch, place, next) in devices {
            let hit = Hit { epoch, place, counter: 0 };
            let Some(known) = self.lanes.get(&epoch).and_then(|lane| self.cache.derive(lane, place)) else {
                continue;
            };
            for counter in (next.saturating_sub(each)..next).map(u64::from) {
                let tag = known.keys.tag(counter);
                if self.used.get(&tag).is_none() {
                    self.late.insert(tag, Hit { counter, ..hit });
                }
            }
        }
    }

    /// Whether a message waits for its device to turn up.
    pub fn is_waiting(&self, message: &[u8]) -> bool {
        self.tag_of(message).is_some_and(|tag| self.waiting.contains(tag, message))
    }

    /// Lets go of a message that waits: another receiver has it now.
    pub fn drop_waiting(&mut self, message: &[u8]) {
        let tag = self.tag_of(message).copied();
        if let Some(tag) = tag {
            self.waiting.remove(&tag, message);
        }
    }

    pub(super) fn tag_of<'a>(&self, message: &'a [u8]) -> Option<&'a [u8; TAG_LEN]> {
        let is_ours = message.len() == self.layout.enrolled_len();
        self.part.clone().filter(|_| is_ours).and_then(|part| message.get(part)).and_then(<[u8]>::first_chunk)
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::super::tests::{counters, device, receiver, seal};
    use super::*;

    /// Two receivers, every third message to the second: far beyond the run that each expects by itself.
    #[test]
    fn receivers_that_tell_each_other_open_everything_once() {
        let keys = device(Epoch(10), 5);
        let (mut first, mut second) = (receiver(Epoch(10)), receiver(Epoch(10)));
        let (mut by_first, mut by_second) = (Vec::new(), Vec::new());
        for counter in 0..300_u64 {
            // Seven in a row to one of them, more than it would step over.
            let (receiver, reports) = if (counter / 7).is_multiple_of(2) {
                (&mut first, &mut by_first)
            } else {
                (&mut second, &mut by_second)
            };
            let _ = receiver.receive(seal(&keys, counter).bytes(), 0, reports);
            for _ in 0..2 {
                if let Some(next) = first.next_counter(Epoch(10), Place(5)) {
                    second.follow(Epoch(10), Place(5), next, &mut by_second);
                }
                if let Some(next) = second.next_counter(Epoch(10), Place(5)) {
                    first.follow(Epoch(10), Place(5), next, &mut by_first);
                }
            }
        }
        let mut all: Vec<_> = counters(&by_first).into_iter().chain(counters(&by_second)).collect();
        all.sort_unstable();
        assert!(all.into_iter().eq(0..300));
        assert_eq!((first.waiting(), second.waiting()), (0, 0));
    }

    #[test]
    fn one_that_many_overtook_in_another_shard_is_awaited() {
        let keys = device(Epoch(10), 5);
        let (mut receiver, mut reports) = (receiver(Epoch(10)), Vec::new());
        receiver.share();
        for counter in [0, 192, 384, 576] {
            receiver.receive(seal(&keys, counter).bytes(), 0, &mut reports).unwrap();
        }
        receiver.follow(Epoch(10), Place(5), 700, &mut reports);
        for counter in [7, 191, 193, 699, 650] {
            assert!(
                receiver.receive(seal(&keys, counter).bytes(), 0, &mut reports).is_ok() || counter == 699
            );
        }
        assert_eq!(counters(&reports), [0, 192, 384, 576, 7, 191, 193, 650]);
    }

    #[test]
    fn a_message_waits_until_the_others_progress_is_known() {
        let keys = device(Epoch(10), 5);
        let (mut receiver, mut reports) = (receiver(Epoch(10)), Vec::new());
        let early = seal(&keys, 30);
        assert!(receiver.receive(early.bytes(), 0, &mut reports).is_err());
        assert!(receiver.is_waiting(early.bytes()));
        receiver.drop_waiting(early.bytes());
        assert!(!receiver.is_waiting(early.bytes()));
        assert!(receiver.receive(early.bytes(), 0, &mut reports).is_err());
        receiver.follow(Epoch(10), Place(5), 28, &mut reports);
        assert!(!receiver.is_waiting(early.bytes()));
        // Those passed over are stragglers, an older word changes nothing, and nobody else moves anything.
        receiver.follow(Epoch(10), Place(5), 3, &mut reports);
        receiver.follow(Epoch(11), Place(4_000_000), 3, &mut reports);
        receiver.follow(Epoch(77), Place(5), 3, &mut reports);
        receiver.follow(Epoch(10), Place(5), 0, &mut reports);
        assert!(receiver.receive(seal(&keys, 20).bytes(), 0, &mut reports).is_ok());
        assert_eq!(counters(&reports), [30, 20]);
    }

    #[test]
    fn after_a_restart_shards_may_be_far_apart() {
        let keys = device(Epoch(10), 5);
        let (mut receiver, mut reports) = (receiver(Epoch(10)), Vec::new());
        receiver.lanes.get_mut(&Epoch(10)).unwrap().unindex();
        receiver.resume(Epoch(10), Place(5), 5_000);
        receiver.enter(Epoch(10));
        assert!(receiver.receive(seal(&keys, 100).bytes(), 0, &mut reports).is_err());
        receiver.share();
        assert!(receiver.receive(seal(&keys, 101).bytes(), 0, &mut reports).is_ok());
        assert_eq!(counters(&reports), [101]);
    }
}
