//! Chains: sets of messages linked end to end.

use std::collections::{BTreeMap, HashMap};

use crate::attack::features::{Comparer, Digest};
use crate::attack::linking::Known;
use crate::convert::float;
use crate::learn::quantile;
use crate::view::View;

/// A match of a label that says less than this does not propose a link, bits.
const TELLING: f64 = 2.0;

/// Possible links from the last message of one set to the first of a later one.
#[derive(Debug, Default)]
pub(crate) struct Links {
    /// The two sets.
    pub(crate) sets: Vec<[usize; 2]>,
    /// Their messages.
    pub(crate) messages: Vec<[usize; 2]>,
}

impl Links {
    /// Of each set's links, which stand together, the `most` with the highest scores.
    pub(crate) fn likeliest(&self, scores: &[f64], most: usize) -> Self {
        let rows: Vec<([usize; 2], [usize; 2], f64)> = self
            .sets
            .iter()
            .zip(&self.messages)
            .zip(scores)
            .map(|((sets, messages), score)| (*sets, *messages, *score))
            .collect();
        let mut kept = Self::default();
        for links in rows.chunk_by(|a, b| a.0[0] == b.0[0]) {
            let mut links = links.to_vec();
            links.sort_by(|a, b| b.2.total_cmp(&a.2).then(a.0.cmp(&b.0)));
            for (sets, messages, _) in links.into_iter().take(most) {
                kept.sets.push(sets);
                kept.messages.push(messages);
            }
        }
        kept
    }
}

/// Proposes links: to the next set in which a label comes back, and to sets that begin when one of the same person may, judged by the
/// people of this half. About `most` in all.
pub(crate) fn candidates(
    digest: &Digest,
    known: &Known<'_>,
    comparer: &Comparer<'_>,
    fold: usize,
    most: usize,
) -> Links {
    let time = |message: usize| digest.times.get(message).copied().unwrap_or(0.0);
    let mut nodes: Vec<(f64, f64, usize, usize, usize)> = comparer
        .members()
        .iter()
        .enumerate()
        .filter_map(|(set, members)| {
            let (first, last) = (*members.first()?, *members.last()?);
            Some((time(first), time(last), set, first, last))
        })
        .collect();
    nodes.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.3.cmp(&b.3)));
    let gaps = usual_gaps(known, fold, &nodes);
    let each = (most / nodes.len().max(1)).max(3);
    let mut found: Vec<Vec<usize>> = vec![Vec::new(); nodes.len()];
    let starts: Vec<f64> = nodes.iter().map(|node| node.0).collect();
    for ((place, node), found) in nodes.iter().enumerate().zip(&mut found) {
        let [from, to] = gaps.map(|gap| starts.partition_point(|start| *start < node.1 + gap));
        let (from, to) = (from.max(place + 1), to.max(place + 1));
        let step = (to - from).div_ceil(each).max(1);
        found.extend((from..to).step_by(step));
    }
    // backwards, so that the next set with a label is known
    let mut upcoming: HashMap<(usize, u32), usize> = HashMap::new();
    for ((place, node), found) in nodes.iter().enumerate().zip(&mut found).rev() {
        for (number, slot) in digest.labels.iter().enumerate() {
            let last = slot.code(node.4);
            if slot.match_bits(last, last) >= TELLING
                && let Some(next) = upcoming.get(&(number, last))
            {
                found.push(*next);
            }
            let first = slot.code(node.3);
            if first != 0 {
                upcoming.insert((number, first), place);
            }
        }
    }
    let mut links = Links::default();
    for (one, mut others) in nodes.iter().zip(found) {
        others.sort_unstable();
        others.dedup();
        for other in others.into_iter().filter_map(|other| nodes.get(other)) {
            links.sets.push([one.2, other.2]);
            links.messages.push([one.4, other.3]);
        }
    }
    links
}

/// Shortest and longest usual time from the end of a person's set to the beginning of her next, seconds: 2 % and 98 %; below 0 where what
/// was delayed comes after.
fn usual_gaps(known: &Known<'_>, fold: usize, nodes: &[(f64, f64, usize, usize, usize)]) -> [f64; 2] {
    let mut ends: BTreeMap<u32, f64> = BTreeMap::new();
    let mut gaps = Vec::new();
    for node in nodes {
        let Some(person) = known.person.get(node.3).copied().flatten() else { continue };
        if known.fold(person) == Some(fold)
            && let Some(end) = ends.insert(person, node.1)
        {
            gaps.push(node.0 - end);
        }
    }
    [0.02, 0.98].map(|share| quantile(&mut gaps, share).unwrap_or(0.0))
}

/// Messages in chains.
#[derive(Debug)]
pub(crate) struct Clustering {
    /// Chain of each message.
    chain: Vec<usize>,
}

impl Clustering {
    /// Takes links from the likeliest down to `sure`; each set has one link before it and one after it at most.
    pub(crate) fn new(members: &[Vec<usize>], links: &Links, scores: &[f64], sure: f64) -> Self {
        let mut order: Vec<(f64, [usize; 2])> = scores
            .iter()
            .copied()
            .zip(links.sets.iter().copied())
            .filter(|(score, _)| *score >= sure)
            .collect();
        order.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let (mut next, mut before) = (vec![None; members.len()], vec![None; members.len()]);
        for (_, [one, other]) in order {
            if let (Some(next @ None), Some(before @ None)) = (next.get_mut(one), before.get_mut(other)) {
                *next = Some(other);
                *before = Some(one);
            }
        }
        let messages = members.iter().flatten().max().map_or(0, |last| last + 1);
        let mut chain = vec![usize::MAX; messages];
        for start in (0..members.len()).filter(|set| before.get(*set) == Some(&None)) {
            let mut at = Some(start);
            // links go forward in time, so a chain ends
            while let Some(set) = at {
                for message in members.get(set).into_iter().flatten() {
                    if let Some(slot) = chain.get_mut(*message) {
                        *slot = start;
                    }
                }
                at = next.get(set).copied().flatten();
            }
        }
        Self { chain }
    }

    /// Of each person of this half: hours of her longest stretch in one chain without another's message in between, hours from her first
    /// message to her last, and B-cubed F1 (Bagga and Baldwin 1998) of her messages. Real messages only.
    pub(crate) fn by_person(
        &self,
        view: &View,
        known: &Known<'_>,
        owners: &[Option<u32>],
        fold: usize,
    ) -> Vec<(u32, [f64; 3])> {
        let mut sizes: HashMap<usize, u64> = HashMap::new();
        let mut shares: HashMap<(usize, u32), u64> = HashMap::new();
        let mut runs: HashMap<usize, (u32, u64)> = HashMap::new();
        let mut longest: BTreeMap<u32, u64> = BTreeMap::new();
        let mut spans: BTreeMap<u32, (u64, u64, u64)> = BTreeMap::new();
        for (place, message) in view.messages.iter().enumerate() {
            let chain = self.chain.get(place).copied().unwrap_or(usize::MAX);
            if !known.is_real(place) {
                continue;
            }
            *sizes.entry(chain).or_default() += 1;
            let Some(person) = owners.get(place).copied().flatten() else {
                runs.remove(&chain);
                continue;
            };
            *shares.entry((chain, person)).or_default() += 1;
            let run = runs.entry(chain).or_insert((person, message.at));
            if run.0 != person {
                *run = (person, message.at);
            }
            let length = message.at - run.1;
            let longest = longest.entry(person).or_default();
            *longest = length.max(*longest);
            let span = spans.entry(person).or_insert((message.at, message.at, 0));
            span.1 = message.at;
            span.2 += 1;
        }
        let mut cubed: BTreeMap<u32, [f64; 2]> = BTreeMap::new();
        for ((chain, person), share) in &shares {
            let all = sizes.get(chain).copied().unwrap_or(1);
            let own = spans.get(person).map_or(1, |span| span.2);
            let sums = cubed.entry(*person).or_default();
            // each of the `share` messages has this precision and this recall
            sums[0] += float(*share) * float(*share) / float(all);
            sums[1] += float(*share) * float(*share) / float(own);
        }
        let hours = |micros: u64| float(micros) / 3.6e9;
        let rows = spans.iter().filter(|(person, _)| known.fold(**person) == Some(fold));
        rows.map(|(person, (first, last, number))| {
            let [precision, recall] =
                cubed.get(person).copied().unwrap_or_default().map(|sum| sum / float(*number));
            let f1 = 2.0 * precision * recall / (precision + recall).max(1e-12);
            (*person, [hours(longest.get(person).copied().unwrap_or(0)), hours(last - first), f1])
        })
        .collect()
    }
}
