//! The cases in memory, in the queue's order.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};

use cowl_core::{Epoch, Erasure};

use super::{
    Arrival, Case, CaseKey, Changes, Counts, Filter, Rule, Standing, Status, StatusFilter, Triage, ZoneName,
    counts::Tally, ring::Ring,
};

/// A seat's board.
#[derive(Debug)]
pub(crate) struct Board {
    rule: Rule,
    most: usize,
    cases: HashMap<CaseKey, Case>,
    /// Those who wait: by colour, then since when.
    queue: BTreeSet<Spot>,
    /// Who goes first when there are too many.
    spare: BTreeSet<Spare>,
    zones: BTreeMap<Option<ZoneName>, Tally>,
    ring: Ring,
    /// Whose the last reports were.
    last: VecDeque<CaseKey>,
    left_out: u64,
}

/// Reports of which the board remembers whose they were.
const LAST: usize = 64;

/// A place in the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Spot {
    triage: Triage,
    since: u64,
    key: CaseKey,
}

/// A place among those who go first: closed ones, attended ones, then the least urgent; of these the oldest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Spare {
    rank: u8,
    last: u64,
    key: CaseKey,
}

impl Board {
    /// Cases in memory at the most: some 700 bytes each.
    pub(crate) const MOST: usize = 50_000;

    /// An empty board that hides counts by a policy's `k`, and holds so many cases at the most.
    pub(crate) fn new(k: u32, most: usize) -> Self {
        Self {
            rule: Rule::new(k),
            most,
            cases: HashMap::new(),
            queue: BTreeSet::new(),
            spare: BTreeSet::new(),
            zones: BTreeMap::new(),
            ring: Ring::default(),
            last: VecDeque::new(),
            left_out: 0,
        }
    }

    /// Takes a report; `standing`: what was done about its case before it was in memory.
    pub(crate) fn take(&mut self, arrival: Arrival, standing: Option<&Standing>) {
        let key = arrival.key;
        let case = match self.remove(key) {
            Some(mut case) => {
                case.renew(arrival);
                case
            }
            None => Case::of(arrival, standing.cloned()),
        };
        self.insert(key, case);
        self.ring.note(key);
        if self.last.len() >= LAST {
            self.last.pop_front();
        }
        self.last.push_back(key);
        while self.cases.len() > self.most {
            let Some(spare) = self.spare.first().copied() else { return };
            self.remove(spare.key);
            self.ring.note(spare.key);
            self.left_out += 1;
        }
    }

    /// Notes what was done about a case; `None`: it is opened again. Says whether it is here.
    pub(crate) fn mark(&mut self, key: CaseKey, standing: Option<Standing>) -> bool {
        let Some(mut case) = self.remove(key) else { return false };
        case.standing = standing;
        self.insert(key, case);
        self.ring.note(key);
        true
    }

    /// Forgets what erase orders name, and says what that was.
    pub(crate) fn erase(&mut self, names: &dyn Fn(&Erasure) -> bool, before: Option<Epoch>) -> Vec<CaseKey> {
        self.forget(|_, case| case.whose.is_named(names, before))
    }

    /// Forgets what nobody may keep: whose newest report came in an hour before this one (Unix seconds).
    pub(crate) fn expire(&mut self, before: u64) -> Vec<CaseKey> {
        self.forget(|_, case| case.last < before)
    }

    /// Takes over a new policy's `k`.
    pub(crate) fn follow(&mut self, k: u32) {
        if k != self.rule.k() {
            self.rule = Rule::new(k);
            self.ring.begin_anew();
        }
    }

    /// A case.
    pub(crate) fn case(&self, key: CaseKey) -> Option<&Case> {
        self.cases.get(&key)
    }

    /// Cases in memory.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.cases.len()
    }

    /// Cases that are in the archive only, because there were too many.
    pub(crate) const fn left_out(&self) -> u64 {
        self.left_out
    }

    /// The newest change's number.
    pub(crate) const fn seq(&self) -> u64 {
        self.ring.seq()
    }

    /// What changed after this one; `None`: that cannot be told any more, look anew.
    pub(crate) fn since(&self, seq: u64) -> Option<Changes> {
        self.ring.since(seq)
    }

    /// Which counts are hidden.
    pub(crate) const fn rule(&self) -> Rule {
        self.rule
    }

    /// How many wait where, as it may be shown.
    pub(crate) fn counts(&self, now: u64) -> Counts {
        Counts::of(self.rule, &self.zones, now)
    }

    /// So many cases that a filter takes, in the queue's order, after the first so many; and whether there are more.
    pub(crate) fn page(&self, filter: &Filter, skip: usize, count: usize) -> (Vec<(CaseKey, &Case)>, bool) {
        let waiting = matches!(
            filter.status,
            StatusFilter::Waiting | StatusFilter::Only(Status::Open | Status::Assigned)
        );
        let mut page: Vec<_> = if waiting {
            let first = filter.triage.map_or(self.queue.range(..), |triage| {
                self.queue.range(Spot { triage, since: 0, key: CaseKey([0; 12]) }..)
            });
            let spots = first.take_while(|spot| filter.triage.is_none_or(|triage| spot.triage == triage));
            let cases = spots.filter_map(|spot| Some((spot.key, self.cases.get(&spot.key)?)));
            cases.filter(|(_, case)| filter.takes(case)).skip(skip).take(count.saturating_add(1)).collect()
        } else {
            // Of what is done the newest first: nobody waits.
            let mut all: Vec<_> = self.cases.iter().filter(|(_, case)| filter.takes(case)).collect();
            all.sort_unstable_by_key(|(key, case)| {
                (!case.waits(), case.triage, std::cmp::Reverse(case.last), **key)
            });
            all.into_iter().skip(skip).take(count.saturating_add(1)).map(|(key, case)| (*key, case)).collect()
        };
        let has_more = page.len() > count;
        page.truncate(count);
        (page, has_more)
    }

    /// The cases of the newest reports, each once, the newest first; of those that came in at `since` (Unix seconds) or later.
    pub(crate) fn newest(&self, since: u64, count: usize) -> Vec<&Case> {
        let mut seen = HashSet::new();
        let keys = self.last.iter().rev().filter(|key| seen.insert(**key));
        keys.filter_map(|key| self.cases.get(key)).filter(|case| case.last >= since).take(count).collect()
    }

    /// The red that waits for longest and that nobody attends.
    pub(crate) fn oldest_red(&self) -> Option<(CaseKey, &Case)> {
        let spot = self.queue.first().filter(|spot| spot.triage == Triage::Immediate)?;
        Some((spot.key, self.cases.get(&spot.key)?))
    }

    /// Cases that are silent though they used to report, the most urgent first, and since when.
    pub(crate) fn silent(&self, now: u64, epoch: Epoch, count: usize) -> Vec<(CaseKey, &Case, u64)> {
        let silent =
            self.cases.iter().filter_map(|(key, case)| Some((*key, case, case.silent_since(now, epoch)?)));
        let mut silent: Vec<_> = silent.collect();
        silent.sort_unstable_by_key(|(key, case, since)| (case.triage, *since, *key));
        silent.truncate(count);
        silent
    }

    fn forget(&mut self, is_gone: impl Fn(CaseKey, &Case) -> bool) -> Vec<CaseKey> {
        let gone = self.cases.iter().filter(|(key, case)| is_gone(**key, case)).map(|(key, _)| *key);
        let gone: Vec<_> = gone.collect();
        for key in &gone {
            self.remove(*key);
            self.ring.note(*key);
        }
        gone
    }

    fn insert(&mut self, key: CaseKey, case: Case) {
        if case.waits() {
            self.queue.insert(Spot::of(key, &case));
        }
        self.spare.insert(Spare::of(key, &case));
        let tally = self.zones.entry(case.zone.clone()).or_default();
        tally.count(case.triage, case.waits(), case.first, true);
        self.cases.insert(key, case);
    }

    fn remove(&mut self, key: CaseKey) -> Option<Case> {
        let case = self.cases.remove(&key)?;
        self.queue.remove(&Spot::of(key, &case));
        self.spare.remove(&Spare::of(key, &case));
        if let Some(tally) = self.zones.get_mut(&case.zone) {
            tally.count(case.triage, case.waits(), case.first, false);
            if tally.is_empty() {
                self.zones.remove(&case.zone);
            }
        }
        Some(case)
    }
}

impl Spot {
    const fn of(key: CaseKey, case: &Case) -> Self {
        Self { triage: case.triage, since: case.since, key }
    }
}

impl Spare {
    fn of(key: CaseKey, case: &Case) -> Self {
        let rank = match (case.status(), case.triage) {
            (Status::Closed, _) => 0,
            (Status::Attended, _) => 1,
            (_, Triage::Expectant) => 2,
            (_, Triage::Minor) => 3,
            (_, Triage::Untriaged) => 4,
            (_, Triage::Delayed) => 5,
            (_, Triage::Immediate) => 6,
        };
        Self { rank, last: case.last, key }
    }
}

#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;
