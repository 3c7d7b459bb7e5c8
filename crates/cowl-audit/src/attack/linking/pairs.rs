//! Pairs of messages with their labels.

/// Pairs of messages, the earlier one first, in matched fours: two pairs of one person each, and the same four messages crosswise.
///
/// Whatever the messages are like by themselves, each is as often in a pair of one person as in one of two: only what they have in
/// common can tell.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pairs {
    /// Places of the two messages in the view.
    pub(crate) messages: Vec<[usize; 2]>,
    /// Whether both are of one person.
    pub(crate) same: Vec<bool>,
    /// Whose they are.
    pub(crate) people: Vec<[u32; 2]>,
    /// The half that the people are of.
    pub(crate) folds: Vec<usize>,
    /// Number of the matched four.
    pub(crate) groups: Vec<u32>,
}

impl Pairs {
    /// Adds two people's pairs, and the same crosswise.
    pub(crate) fn push(&mut self, fold: usize, [a, b]: [u32; 2], of_a: [usize; 2], of_b: [usize; 2]) {
        let group = self.groups.last().map_or(0, |last| last + 1);
        let four = [
            (of_a, true, [a, a]),
            (of_b, true, [b, b]),
            ([of_a[0], of_b[1]], false, [a, b]),
            ([of_b[0], of_a[1]], false, [b, a]),
        ];
        for (messages, same, people) in four {
            self.messages.push(messages);
            self.same.push(same);
            self.people.push(people);
            self.folds.push(fold);
            self.groups.push(group);
        }
    }

    /// Matched fours in the smaller half.
    pub(crate) fn fours(&self) -> usize {
        let second = self.folds.iter().filter(|fold| **fold == 1).count();
        second.min(self.folds.len() - second) / 4
    }

    pub(crate) fn len(&self) -> usize {
        self.messages.len()
    }

    /// The first so many fours of each half.
    pub(crate) fn some(&self, fours: usize) -> Self {
        let mut some = Self::default();
        let mut taken = [0, 0];
        let rows = self.messages.iter().zip(&self.same).zip(&self.people).zip(&self.folds).zip(&self.groups);
        for ((((messages, same), people), fold), group) in rows {
            let Some(taken) = taken.get_mut(*fold) else { continue };
            if *taken < 4 * fours {
                *taken += 1;
                some.messages.push(*messages);
                some.same.push(*same);
                some.people.push(*people);
                some.folds.push(*fold);
                some.groups.push(*group);
            }
        }
        some
    }
}
