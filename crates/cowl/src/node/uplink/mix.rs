//! What a slot carries when slots have passed in silence, or messages were lost.
//!
//! Sent at once and the urgent first, what has waited meanwhile would make the first messages of a connection urgent more often than
//! others, and a broker can bring connections about. So it leaves at random places among the next slots, between what is new
//! and cover, and what was sent before without regard to whether it is urgent. What is new does not wait for it: an urgent
//! report that comes while a connection stands takes the next slot, as ever.

use crate::node::{Entry, Lane, Queue};

/// Over how many slots of a size class it is spread, from the beginning of a connection: about as many as a connection of a link has that loses
/// one message in five. More would hide better, and make wait longer, half of them on average, what is urgent and was lost.
pub(super) const MIXED_SLOTS: u64 = 5;

/// The slots that are left of those.
#[derive(Debug, Default)]
pub(super) struct Mix {
    enrolled: u64,
    walk_in: u64,
}

/// Which of those that wait is next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// As they came, the urgent ones first: where nothing keeps the pace, no order is hidden.
    InOrder,
    /// An urgent one that is new; else one that was lost or has waited, or with `again` not set none of these.
    Mixed { again: bool },
}

impl Mix {
    /// A connection begins.
    pub(super) fn begin(&mut self) {
        *self = Self { enrolled: MIXED_SLOTS, walk_in: MIXED_SLOTS };
    }

    /// What the next slot of a size class takes, when so many wait that were lost or have waited: as likely one of them in each of the slots
    /// that are left, but in no more than half of all. `random` is drawn by the caller, whatever waits.
    pub(super) fn turn(&mut self, lane: Lane, waiting: usize, random: u64) -> Turn {
        let left = match lane {
            Lane::Enrolled => &mut self.enrolled,
            Lane::WalkIn => &mut self.walk_in,
        };
        let slots = (*left).max(1);
        *left = left.saturating_sub(1);
        let waiting = u64::try_from(waiting).unwrap_or(u64::MAX);
        Turn::Mixed { again: random % (2 * slots) < waiting.saturating_mul(2).min(slots) }
    }
}

impl Turn {
    /// The next one.
    pub(super) fn take(self, queue: &Queue, lane: Lane) -> Option<Entry> {
        match self {
            Self::InOrder => queue.take(lane),
            Self::Mixed { again } => queue.take_mixed(lane, again),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_that_waits_takes_any_of_the_slots_as_likely_and_many_take_half() {
        let mut rng = 1_u64;
        let mut random = || {
            rng = rng.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            rng >> 20
        };
        let mut places = [0_u32; 5];
        assert_eq!(places.len() as u64, MIXED_SLOTS);
        for _ in 0..1_000 * MIXED_SLOTS {
            let mut mix = Mix::default();
            mix.begin();
            let place =
                (0..10_000).find(|_| mix.turn(Lane::Enrolled, 1, random()) == Turn::Mixed { again: true });
            // The last one is a coin's: it may be later.
            if let Some(count) = places.get_mut(place.unwrap()) {
                *count += 1;
            }
        }
        // 1,000 each expected; standard deviation 30. Half of the last's come later.
        let (last, others) = places.split_last().unwrap();
        assert!(others.iter().all(|count| (850..1_150).contains(count)), "{places:?}");
        assert!((400..600).contains(last), "{places:?}");

        let mut mix = Mix::default();
        mix.begin();
        let again =
            (0..4_000).filter(|_| mix.turn(Lane::WalkIn, 100, random()) == Turn::Mixed { again: true });
        assert!((1_850..2_150).contains(&again.count()));
        assert_eq!(Mix::default().turn(Lane::Enrolled, 0, 0), Turn::Mixed { again: false });
    }
}
