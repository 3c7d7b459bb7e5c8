//! Connections (or, where no senders are seen, topics) joined by equal values.

use std::collections::BTreeMap;

use crate::convert::{count, float};
use crate::payload::Source;

use super::core::Core;
use super::nodes::{Node, Sets};
use super::report::{LinkedBy, Linking};
use super::spread::Spread;
use super::values::Values;

/// One identifier, and what it joins.
struct Joined<'a> {
    name: String,
    sets: &'a Sets,
    used: bool,
}

pub(super) fn linking(core: &Core) -> Linking {
    let nodes = core.census.nodes.len();
    let mut all = Sets::default();
    let mut by = Vec::new();
    for joined in identifiers(core) {
        let Groups { number, largest } = groups(joined.sets, nodes);
        if number == count(nodes) {
            continue;
        }
        // what most have in common says what they are, not who
        let used = joined.used && largest * 2 <= count(nodes);
        if used {
            all.merge(joined.sets);
        }
        by.push(LinkedBy { name: joined.name, groups: number, used });
    }
    by.sort_by(|one, other| other.used.cmp(&one.used).then(one.groups.cmp(&other.groups)));
    let mut spans: BTreeMap<u32, (u64, u64, u64)> = BTreeMap::new();
    for number in (0..nodes).filter_map(|place| u32::try_from(place).ok()) {
        let (from, to) = core.census.nodes.span(Node(number), core.sums.last);
        let group = spans.entry(all.root(number)).or_insert((from, to, 0));
        *group = (group.0.min(from), group.1.max(to), group.2 + 1);
    }
    let mut chains = Spread::new();
    for (from, to, _) in spans.values().filter(|(.., members)| *members > 1) {
        chains.add(to - from);
    }
    let chain_s = chains.distribution(1e6);
    Linking {
        of: if core.is_subscription() { "topics" } else { "connections" },
        nodes: count(nodes),
        groups: count(spans.len()),
        chains: chain_s.count,
        largest: spans.values().map(|(.., members)| *members).max().unwrap_or(0),
        chain_s,
        by,
    }
}

/// Identifiers of which a value may be one client's own.
fn identifiers(core: &Core) -> Vec<Joined<'_>> {
    let mut found: Vec<Joined<'_>> = core
        .census
        .traits
        .iter()
        .filter(|(kind, ..)| kind.is_personal())
        .map(|(kind, values, _)| joined(kind.name().to_owned(), values))
        .collect();
    if !core.is_subscription() {
        let (several, shared) = core.topics.list.iter().fold((0, 0), |(several, shared), topic| {
            let seen = &topic.seen;
            (several + u64::from(seen.returned || seen.shared), shared + u64::from(seen.shared))
        });
        found.push(Joined {
            name: "topic".to_owned(),
            sets: &core.topics.joins.sets,
            used: shared * 10 <= several,
        });
    }
    for place in &core.fields.places {
        let own = place.kind.identifies() || matches!(place.source, Source::UserProperty | Source::Will);
        if let Some(values) = place.values.as_ref().filter(|values| own && values.len() > 1) {
            found.push(joined(super::census::named(place).1, values));
        }
    }
    found
}

fn joined(name: String, values: &Values) -> Joined<'_> {
    let figures = values.figures(None);
    // a value of several clients at work at once joins strangers: such an identifier is of a place or an operation, not of a person
    let used = values.len() > 1 && float(figures.shared) * 10.0 <= float(figures.on_several);
    Joined { name, sets: values.sets(), used }
}

struct Groups {
    number: u64,
    largest: u64,
}

fn groups(sets: &Sets, nodes: usize) -> Groups {
    let mut sets = sets.clone();
    let mut members = vec![0_u64; nodes];
    for node in (0..nodes).filter_map(|place| u32::try_from(place).ok()) {
        let root = usize::try_from(sets.root(node)).ok();
        if let Some(number) = root.and_then(|root| members.get_mut(root)) {
            *number += 1;
        }
    }
    let number = count(members.iter().filter(|number| **number > 0).count());
    Groups { number, largest: members.into_iter().max().unwrap_or(0) }
}
