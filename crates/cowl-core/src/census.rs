//! The census: how many enrolled places report in each zone, and what of it may be said.

use alloc::{
    collections::{BTreeMap, BTreeSet},
    vec::Vec,
};
use core::fmt;

use crate::{
    Epoch, Place,
    counts::{Count, Counts},
    zone::{Ladder, Zone},
};

/// Counts people by what the `census` role reads: the zones of all levels, and nothing else.
///
/// A place counts once per epoch, where it was first seen; over the window a zone has the count of its best
/// epoch. Never the sum: a person has a fresh place in each epoch and would count again. Walk-ins are unverified,
/// weigh nothing and are not to be observed. An enrolled device can lie about its zone, so k people stand for k
/// enrolments, not for k honest ones.
pub struct Census {
    k: u32,
    window: u32,
    epochs: BTreeMap<Epoch, Tally>,
}

/// One epoch.
#[derive(Default)]
struct Tally {
    seen: BTreeSet<Place>,
    /// People by the zones they stand in, from fine to coarse.
    crowds: BTreeMap<Vec<Zone>, u32>,
}

impl Census {
    /// A census that publishes zones of at least `k` people over the newest `epochs_in_window` epochs. A longer
    /// window finds enough people more often, but among those who report later they may no longer be there.
    pub fn new(k: u16, epochs_in_window: u32) -> Self {
        Self { k: u32::from(k.max(1)), window: epochs_in_window.max(1), epochs: BTreeMap::new() }
    }

    /// Counts a place in its zones, one per level; `false` when it was counted in this epoch before, or says
    /// no zone.
    pub fn observe(&mut self, epoch: Epoch, place: Place, zones: &[Zone]) -> bool {
        let mut path: Vec<Zone> =
            zones.iter().copied().filter(|z| usize::from(z.level.0) < Ladder::MAX_LEVELS).collect();
        path.sort();
        path.dedup_by_key(|zone| zone.level);
        if path.is_empty() {
            return false;
        }
        let tally = self.epochs.entry(epoch).or_default();
        let new = tally.seen.insert(place);
        if new {
            *tally.crowds.entry(path).or_default() += 1;
        }
        new
    }

    /// What may be said in the epoch `now`; forgets the epochs that left the window.
    pub fn publish(&mut self, now: Epoch) -> Counts {
        self.epochs = self.epochs.split_off(&now.minus(self.window - 1));
        let map = Map::new(self.epochs.range(..=now).map(|(_, tally)| tally));
        let mut published = map.with_enough(self.k);
        map.hide_complements(&mut published, self.k);
        map.trim(&mut published, Counts::MAX_ENTRIES);
        // Trimming sends crowds up, and one that stands across two coarser zones may send too few into one.
        map.hide_complements(&mut published, self.k);
        map.counts(&published, self.k)
    }
}

impl fmt::Debug for Census {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Census({} epochs)", self.epochs.len())
    }
}

/// The window's crowds, with zones by number.
struct Map {
    /// In order, so that numbers order as zones do.
    zones: Vec<Zone>,
    /// For each epoch, its crowds.
    epochs: Vec<Vec<Crowd>>,
    /// People in each zone, in its best epoch.
    sizes: Vec<u32>,
}

/// People who stand in the same zones.
struct Crowd {
    /// Numbers of zones, from fine to coarse.
    path: Vec<usize>,
    people: u32,
}

/// Zones by number: whether each is published.
type Published = Vec<bool>;

impl Map {
    fn new<'a>(tallies: impl Iterator<Item = &'a Tally> + Clone) -> Self {
        let all: BTreeSet<Zone> = tallies.clone().flat_map(|t| t.crowds.keys().flatten()).copied().collect();
        let zones: Vec<Zone> = all.into_iter().collect();
        let number = |zone: &Zone| zones.binary_search(zone).ok();
        let crowd = |(path, people): (&Vec<Zone>, &u32)| Crowd {
            path: path.iter().filter_map(number).collect(),
            people: *people,
        };
        let epochs: Vec<Vec<Crowd>> = tallies.map(|t| t.crowds.iter().map(crowd).collect()).collect();
        let mut map = Self { sizes: Vec::new(), epochs, zones };
        map.sizes = map.best_epoch(|crowd, count| crowd.path.iter().for_each(|zone| count(*zone)));
        map
    }

    fn with_enough(&self, k: u32) -> Published {
        self.sizes.iter().map(|size| *size >= k).collect()
    }

    /// Complementary suppression. Whoever's fine zone is not published goes up, and is then told apart from those
    /// in the published ones: a coarse zone where too few come to rest would say where they are, by what is
    /// missing. So while there is one, the smallest published zone inside it goes too, and its people come up.
    /// Ends, as each round publishes less, and without published zones inside, a zone's own k people rest in it.
    fn hide_complements(&self, published: &mut Published, k: u32) {
        while let Some(gone) = self.levels().find_map(|wanted| self.giving_way(published, wanted, k)) {
            for zone in gone {
                if let Some(flag) = published.get_mut(zone) {
                    *flag = false;
                }
            }
        }
    }

    /// For each zone where too few, but some, come to rest: the smallest zone inside it where others do. Only for
    /// zones of one level at a time, as what gives way in one may mend those above it. `None` when all is well.
    fn giving_way(&self, published: &Published, wanted: u8, k: u32) -> Option<BTreeSet<usize>> {
        let resting = self.resting(published, wanted);
        let mut weak = self
            .zones
            .iter()
            .zip(&resting)
            .enumerate()
            .filter(|(_, (zone, resting))| zone.level.0 > wanted && (1..k).contains(*resting));
        let (first, (Zone { level, .. }, _)) = weak.next()?;
        let weak = weak.take_while(|(_, (zone, _))| zone.level == *level).map(|(number, _)| number);
        let mut smallest: BTreeMap<usize, Option<(u32, usize)>> =
            core::iter::once(first).chain(weak).map(|zone| (zone, None)).collect();
        for crowd in self.epochs.iter().flatten() {
            let Some(rest) = self.rest(published, wanted, crowd) else { continue };
            let candidate = self.sizes.get(rest).map(|size| (*size, rest));
            for zone in crowd.path.iter().filter(|zone| **zone > rest) {
                if let Some(best) = smallest.get_mut(zone) {
                    *best = best.iter().copied().chain(candidate).min();
                }
            }
        }
        let gone: BTreeSet<usize> = smallest.into_values().flatten().map(|(_, zone)| zone).collect();
        // Never empty: a published zone has k people in some epoch, and those who do not rest in it rest inside.
        (!gone.is_empty()).then_some(gone)
    }

    /// Unpublishes the smallest of the finest level until few enough are left.
    fn trim(&self, published: &mut Published, most: usize) {
        let mut candidates: Vec<(u8, u32, usize)> = Vec::new();
        for (zone, ((place, size), flag)) in
            self.zones.iter().zip(&self.sizes).zip(published.iter()).enumerate()
        {
            if *flag {
                candidates.push((place.level.0, *size, zone));
            }
        }
        candidates.sort_unstable();
        let excess = candidates.len().saturating_sub(most);
        for (.., zone) in candidates.into_iter().take(excess) {
            if let Some(flag) = published.get_mut(zone) {
                *flag = false;
            }
        }
    }

    fn counts(&self, published: &Published, k: u32) -> Counts {
        let mut rests: Vec<u8> = self.zones.iter().map(|zone| 1 << zone.level.0).collect();
        for wanted in self.levels() {
            for (zone, resting) in self.resting(published, wanted).into_iter().enumerate() {
                if resting > 0
                    && let Some(bits) = rests.get_mut(zone)
                {
                    *bits |= 1 << wanted;
                }
            }
        }
        let entries = self.zones.iter().zip(&self.sizes).zip(&rests).zip(published);
        let entries = entries.filter(|(_, published)| **published);
        let counts =
            entries.map(|(((zone, size), rests), _)| Count::new(*zone, bucket(*size, k), *rests)).collect();
        // In order and few enough by construction; saying nothing is the safe way out of a fault.
        Counts::new(counts).unwrap_or_default()
    }

    /// People who come to rest in each zone when reports are wanted at a level, in the best epoch.
    fn resting(&self, published: &Published, wanted: u8) -> Vec<u32> {
        self.best_epoch(|crowd, count| {
            if let Some(zone) = self.rest(published, wanted, crowd) {
                count(zone);
            }
        })
    }

    /// The first published zone of a crowd, from a level up: where `Ladder::coarsen` sends its reports.
    fn rest(&self, published: &Published, wanted: u8, crowd: &Crowd) -> Option<usize> {
        let high_enough = |zone: &&usize| self.zones.get(**zone).is_some_and(|z| z.level.0 >= wanted);
        let is_published = |zone: &&usize| published.get(**zone).copied().unwrap_or_default();
        crowd.path.iter().filter(high_enough).find(is_published).copied()
    }

    /// For each zone, the most that any one epoch counts in it.
    fn best_epoch(&self, mut zones_of: impl FnMut(&Crowd, &mut dyn FnMut(usize))) -> Vec<u32> {
        let mut best = alloc::vec![0_u32; self.zones.len()];
        for crowds in &self.epochs {
            let mut sums = alloc::vec![0_u32; self.zones.len()];
            for crowd in crowds {
                zones_of(crowd, &mut |zone| {
                    if let Some(sum) = sums.get_mut(zone) {
                        *sum += crowd.people;
                    }
                });
            }
            for (most, sum) in best.iter_mut().zip(sums) {
                *most = (*most).max(sum);
            }
        }
        best
    }

    /// Levels that reports may be wanted at.
    fn levels(&self) -> core::ops::RangeInclusive<u8> {
        0..=self.zones.last().map_or(0, |zone| zone.level.0)
    }
}

/// The largest of k, 2k, 5k, 10k, 20k … not above a size of at least k.
fn bucket(size: u32, k: u32) -> u16 {
    let steps = (0..5).flat_map(|power| [1, 2, 5].map(|step| step * 10_u32.pow(power)));
    let buckets = steps.map(|step| k.saturating_mul(step));
    let best = buckets.take_while(|bucket| *bucket <= size).last().unwrap_or(k);
    u16::try_from(best).unwrap_or(u16::MAX)
}

#[cfg(test)]
#[path = "census_tests.rs"]
mod tests;
