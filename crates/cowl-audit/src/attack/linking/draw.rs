//! Draws pairs of messages to be told apart.

use crate::attack::linking::{Known, Pairs, Sender};
use crate::learn::{Random, quantile};
use crate::view::View;

/// Other people who are tried to match one.
const TRIES: usize = 24;
/// Messages of other people are matched within this time, or within the usual gap between a person's messages if that is longer.
const NEAR: u64 = 300_000_000;

/// What lies between two messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Relation {
    /// Nothing: one connection, one period.
    Within,
    /// Another connection in the same period.
    Reconnect,
    /// The same period, whatever the connections.
    Period,
    /// The next period.
    Epoch,
    /// The last message of a period and the first of the next, whenever they are: what counts is the sets around them.
    Sets,
}

/// Whose messages one person's are held against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Others {
    /// Anybody's.
    Anybody,
    /// Those behind the same gateway or relay.
    SameGateway,
    /// Those behind another one.
    OtherGateway,
}

impl Others {
    fn pairs(self, a: &Sender, b: &Sender) -> bool {
        let both = a.gateway.zip(b.gateway);
        match self {
            Self::Anybody => true,
            Self::SameGateway => both.is_some_and(|(a, b)| a == b),
            Self::OtherGateway => both.is_some_and(|(a, b)| a != b),
        }
    }
}

struct Drawing<'a> {
    view: &'a View,
    known: &'a Known<'a>,
    relation: Relation,
    others: Others,
    near: u64,
}

/// Draws up to `fours` matched fours in each half of the people. Everybody is drawn equally often, however much she sends.
pub(crate) fn draw(
    view: &View,
    known: &Known<'_>,
    (relation, others): (Relation, Others),
    fours: usize,
    seed: u64,
) -> Pairs {
    let mut gaps: Vec<f64> = known
        .senders
        .iter()
        .filter_map(|sender| {
            let first = sender.messages.first().and_then(|first| view.messages.get(*first))?;
            let last = sender.messages.last().and_then(|last| view.messages.get(*last))?;
            let number = crate::convert::float_len(sender.messages.len()) - 1.0;
            (number > 0.0).then(|| crate::convert::float(last.at - first.at) / number)
        })
        .collect();
    let usual = quantile(&mut gaps, 0.5).unwrap_or(0.0);
    // whole seconds are exact enough
    let near = (0..40).map(|power| 1_u64 << power).find(|near| crate::convert::float(*near) >= usual);
    let drawing = Drawing { view, known, relation, others, near: near.unwrap_or(NEAR).max(NEAR) };
    let mut random = Random::new(seed);
    let mut pairs = Pairs::default();
    for fold in 0..2 {
        let people: Vec<&Sender> = known.senders.iter().filter(|sender| sender.fold == fold).collect();
        let mut drawn = 0;
        // a person without a fitting pair costs a try
        for _ in 0..fours * 4 {
            if drawn == fours {
                break;
            }
            drawn += usize::from(drawing.four(fold, &people, &mut random, &mut pairs).is_some());
        }
    }
    pairs
}

impl Drawing<'_> {
    fn four(&self, fold: usize, people: &[&Sender], random: &mut Random, pairs: &mut Pairs) -> Option<()> {
        let one = random.choose(people)?;
        let own = self.own(one, random)?;
        for _ in 0..TRIES {
            let other = random.choose(people)?;
            if other.person == one.person || !self.others.pairs(one, other) {
                continue;
            }
            if let Some(matched) = self.matched(other, own) {
                pairs.push(fold, [one.person, other.person], own, matched);
                return Some(());
            }
        }
        None
    }

    fn at(&self, message: usize) -> Option<u64> {
        self.view.messages.get(message).map(|message| message.at)
    }

    fn period(&self, message: usize) -> u32 {
        self.known.period(message)
    }

    /// Whether two messages of one person stand in the relation.
    fn fits(&self, first: usize, second: usize) -> Option<bool> {
        let (before, after) = (self.period(first), self.period(second));
        let connection = |message: usize| Some(self.view.messages.get(message)?.id.connection);
        let same = connection(first)? == connection(second)?;
        if self.known.is_one_report(first, second) {
            return Some(false);
        }
        Some(match self.relation {
            Relation::Within => before == after && same && first < second,
            Relation::Reconnect => before == after && !same && first < second,
            Relation::Period => before == after && first < second,
            Relation::Epoch | Relation::Sets => after == before + 1,
        })
    }

    /// A random pair of this person's.
    fn own(&self, sender: &Sender, random: &mut Random) -> Option<[usize; 2]> {
        for _ in 0..6 {
            let first = *random.choose(&sender.messages)?;
            let before = self.period(first);
            let later = match self.relation {
                Relation::Within | Relation::Reconnect | Relation::Period => sender.of_period(before),
                Relation::Epoch | Relation::Sets => sender.of_period(before.saturating_add(1)),
            };
            if self.relation == Relation::Sets {
                if let Some(pair) = sender.of_period(before).last().zip(later.first()) {
                    return Some([pair.0.1, pair.1.1]);
                }
                continue;
            }
            for _ in 0..4 {
                let Some((_, second)) = random.choose(later) else { break };
                if self.fits(first, *second)? {
                    return Some([first, *second]);
                }
            }
        }
        None
    }

    /// A pair of this person's at about the same two instants.
    fn matched(&self, sender: &Sender, pair: [usize; 2]) -> Option<[usize; 2]> {
        if self.relation == Relation::Sets {
            let period = self.period(pair[0]);
            let last = sender.of_period(period).last()?;
            return Some([last.1, sender.of_period(period.saturating_add(1)).first()?.1]);
        }
        let nearest = |message: usize| {
            let at = self.at(message)?;
            let after =
                sender.messages.partition_point(|other| self.at(*other).is_some_and(|other| other < at));
            let around = [after.checked_sub(1), Some(after)].into_iter().flatten();
            let messages = around.filter_map(|place| sender.messages.get(place).copied());
            let apart = |other: usize| self.at(other).map_or(u64::MAX, |other| other.abs_diff(at));
            messages.min_by_key(|other| apart(*other)).filter(|other| apart(*other) <= self.near)
        };
        let matched = [nearest(pair[0])?, nearest(pair[1])?];
        self.fits(matched[0], matched[1])?.then_some(matched)
    }
}
