//! When the people report: now and again, and many at once when something happens. And when it leaves: as it comes, or one a second.

use std::collections::VecDeque;

/// Seconds from one happening to the next.
const CYCLE: u64 = 22;
/// When it happens within them: it is quiet before.
const HAPPENS: u64 = 9;
/// Who reports then at once. With the others it is less than one report a second on the average.
const BURST: usize = 10;
/// Between two who report without it.
const EVERY: u64 = 4;

/// A report of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) person: usize,
    /// JSON.
    pub(super) line: String,
}

/// Everybody, and what waits to leave.
#[derive(Debug)]
pub(super) struct Crowd {
    urgent: Round,
    routine: Round,
    second: u64,
    first: VecDeque<Line>,
    then: VecDeque<Line>,
}

/// Reports, one after the other, for ever.
#[derive(Debug)]
struct Round {
    lines: Vec<Line>,
    next: usize,
}

impl Crowd {
    /// These people; who is urgent reports when something happens.
    pub(super) fn new(lines: impl Iterator<Item = Line>, is_urgent: impl Fn(&Line) -> bool) -> Self {
        let (urgent, routine) = lines.partition(is_urgent);
        Self {
            urgent: Round { lines: urgent, next: 0 },
            routine: Round { lines: routine, next: 0 },
            second: 0,
            first: VecDeque::new(),
            then: VecDeque::new(),
        }
    }

    /// A second passes. What leaves in it: with slots one message, a report or cover (`None`), the urgent first; without, all that waits.
    pub(super) fn second(&mut self, slots: bool) -> Vec<Option<Line>> {
        let within = self.second % CYCLE;
        if within == HAPPENS {
            self.first.extend((0..BURST).filter_map(|_| self.urgent.next()));
        } else if within.is_multiple_of(EVERY) {
            self.then.extend(self.routine.next());
        }
        self.second += 1;
        if slots {
            vec![self.first.pop_front().or_else(|| self.then.pop_front())]
        } else {
            self.first.drain(..).chain(self.then.drain(..)).map(Some).collect()
        }
    }
}

impl Round {
    fn next(&mut self) -> Option<Line> {
        let line = self.lines.get(self.next).cloned();
        self.next = (self.next + 1) % self.lines.len().max(1);
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn crowd() -> Crowd {
        let line = |person: usize| Line { person, line: person.to_string() };
        Crowd::new((0..90).map(line), |line| line.person.is_multiple_of(2))
    }

    #[test]
    fn with_slots_every_second_is_alike_and_without_a_happening_shows() {
        let (mut kept, mut open) = (crowd(), crowd());
        let leaves = |crowd: &mut Crowd, slots| -> Vec<Vec<Option<Line>>> {
            (0..CYCLE * 3).map(|_| crowd.second(slots)).collect()
        };
        let (kept, open) = (leaves(&mut kept, true), leaves(&mut open, false));
        assert!(kept.iter().all(|second| second.len() == 1));
        assert!(open.iter().flatten().all(Option::is_some));
        let sizes: Vec<usize> = open.iter().map(Vec::len).collect();
        assert_eq!((sizes.iter().max(), sizes.iter().min()), (Some(&BURST), Some(&0)));
        // The same reports leave either way, the urgent first, and there is room for cover.
        let reports = |all: &[Vec<Option<Line>>]| {
            let mut people: Vec<usize> = all.iter().flatten().flatten().map(|line| line.person).collect();
            people.sort_unstable();
            people
        };
        assert_eq!(reports(&kept), reports(&open));
        assert!(kept.iter().flatten().any(Option::is_none));
        let after = &kept[usize::try_from(HAPPENS).unwrap()..][..BURST];
        assert!(after.iter().flatten().flatten().all(|line| line.person.is_multiple_of(2)));
    }

    #[test]
    fn nobody_at_all_sends_cover_only() {
        let mut crowd = Crowd::new(std::iter::empty(), |_| true);
        assert!((0..CYCLE).all(|_| crowd.second(true) == [None]));
        assert!((0..CYCLE).all(|_| crowd.second(false).is_empty()));
    }
}
