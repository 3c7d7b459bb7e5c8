//! Which messages an adversary takes for one person's because a stable value joins them.

use std::collections::HashMap;

use crate::attack::clues::{Clues, Slot};
use crate::convert::float;

/// Share of joined pairs of training people that must be of one person for a slot to be believed.
const PURE: f64 = 0.97;
/// Mean purity of the training people's groups below which a slot is not added.
const GROUPS_PURE: f64 = 0.95;
/// Pairs of training people below which nothing is said of a slot.
const LEAST_PAIRS: u64 = 8;

/// The group of each message, numbered from 0 without gaps; a message that nothing joins is alone.
///
/// `person` is the person of a message of the training people, `None` for others: from those the attacker learns which slots hold
/// something that stands for a person (an address, a client id, a token), and which are shared (a gateway's address, a topic). Slots are
/// added from the purest on, as long as the groups of the training people stay pure.
pub(crate) fn clusters(clues: &Clues, person: &[Option<u32>]) -> Vec<u32> {
    let mut slots: Vec<(f64, Slot)> =
        (0..clues.slots).filter_map(|slot| Some((purity(clues, person, slot)?, slot))).collect();
    slots.retain(|(purity, _)| *purity >= PURE);
    slots.sort_by(|one, other| other.0.total_cmp(&one.0).then(one.1.cmp(&other.1)));
    let mut forest = Forest::new(clues.of.len());
    for (_, slot) in slots {
        let mut grown = forest.clone();
        grown.join(clues, slot);
        if grown.purity(person) >= GROUPS_PURE {
            forest = grown;
        }
    }
    forest.groups()
}

/// Of neighbouring messages of training people with one value in this slot: how many are of one person. `None` where it cannot join
/// anybody, or does not tell people apart because there is only one.
fn purity(clues: &Clues, person: &[Option<u32>], slot: Slot) -> Option<f64> {
    let mut last: HashMap<u64, u32> = HashMap::new();
    let (mut same, mut pairs) = (0_u64, 0_u64);
    for (clue, person) in clues.of.iter().zip(person) {
        let (Some(value), Some(person)) = (clue.label(slot), person) else { continue };
        if let Some(before) = last.insert(value, *person) {
            pairs += 1;
            same += u64::from(before == *person);
        }
    }
    (pairs >= LEAST_PAIRS && last.len() > 1).then(|| float(same) / float(pairs))
}

#[derive(Clone)]
struct Forest {
    parent: Vec<u32>,
}

impl Forest {
    fn new(length: usize) -> Self {
        Self { parent: (0..u32::try_from(length).unwrap_or(u32::MAX)).collect() }
    }

    fn join(&mut self, clues: &Clues, slot: Slot) {
        let mut first: HashMap<u64, u32> = HashMap::new();
        for (message, clue) in (0_u32..).zip(&clues.of) {
            if let Some(value) = clue.label(slot) {
                let other = *first.entry(value).or_insert(message);
                let (one, other) = (self.root(message), self.root(other));
                self.set(one.max(other), one.min(other));
            }
        }
    }

    fn root(&mut self, message: u32) -> u32 {
        let mut at = message;
        loop {
            let up = self.up(at);
            if up == at {
                return at;
            }
            let further = self.up(up);
            self.set(at, further);
            at = further;
        }
    }

    fn up(&self, message: u32) -> u32 {
        usize::try_from(message).ok().and_then(|index| self.parent.get(index)).copied().unwrap_or(message)
    }

    fn set(&mut self, message: u32, parent: u32) {
        if let Some(slot) = usize::try_from(message).ok().and_then(|index| self.parent.get_mut(index)) {
            *slot = parent;
        }
    }

    /// B-cubed precision over the training people's messages (Bagga and Baldwin 1998).
    fn purity(&mut self, person: &[Option<u32>]) -> f64 {
        let mut sizes: HashMap<u32, u64> = HashMap::new();
        let mut shares: HashMap<(u32, u32), u64> = HashMap::new();
        for (message, person) in (0_u32..).zip(person) {
            if let Some(person) = person {
                let root = self.root(message);
                *sizes.entry(root).or_default() += 1;
                *shares.entry((root, *person)).or_default() += 1;
            }
        }
        let total: u64 = sizes.values().sum();
        if total == 0 {
            return 1.0;
        }
        // whole numbers first: the order of a hash map must not show
        let mut parts: Vec<(u64, u64)> =
            shares.iter().map(|((root, _), share)| (*share, sizes.get(root).copied().unwrap_or(1))).collect();
        parts.sort_unstable();
        parts.iter().map(|(share, size)| float(*share) * float(*share) / float(*size)).sum::<f64>()
            / float(total)
    }

    fn groups(mut self) -> Vec<u32> {
        let mut numbers: HashMap<u32, u32> = HashMap::new();
        let length = u32::try_from(self.parent.len()).unwrap_or(u32::MAX);
        (0..length)
            .map(|message| {
                let root = self.root(message);
                let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
                *numbers.entry(root).or_insert(next)
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attack::clues::Clue;

    /// 20 people, 30 messages each: slot 0 is a token, slot 1 one value for all, slot 2 always new, slot 3 shared by two people.
    fn clues() -> (Clues, Vec<u32>) {
        let people: Vec<u32> = (0..600).map(|message| message % 20).collect();
        let of = (0_u64..).zip(&people).map(|(message, person)| Clue {
            labels: vec![(0, u64::from(*person)), (1, 7), (2, message), (3, u64::from(person / 2))],
            ..Clue::default()
        });
        (Clues { of: of.collect(), slots: 4 }, people)
    }

    #[test]
    fn what_stands_for_a_person_joins_and_what_is_shared_does_not() {
        let (clues, people) = clues();
        let training: Vec<_> = people.iter().map(|person| (*person < 10).then_some(*person)).collect();
        let groups = clusters(&clues, &training);
        assert_eq!(groups.iter().max(), Some(&19));
        for (group, person) in groups.iter().zip(&people) {
            assert_eq!(groups.get(usize::try_from(*person).unwrap()), Some(group));
        }
    }

    #[test]
    fn without_training_people_nothing_is_joined() {
        let (clues, people) = clues();
        let groups = clusters(&clues, &vec![None; people.len()]);
        assert_eq!(groups.last(), Some(&599));
    }
}
