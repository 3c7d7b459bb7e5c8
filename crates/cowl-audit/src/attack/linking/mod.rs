//! What both linking attacks need: who trains and who tests, when pseudonyms end, which identifier holds messages together, and pairs
//! of messages to tell apart.

mod chain;
mod draw;
mod handle;
mod pairs;

pub(crate) use chain::{Clustering, Links, candidates};
pub(crate) use draw::{Others, Relation, draw};
use handle::periods;
pub(crate) use handle::{Handle, granted};
pub(crate) use pairs::Pairs;

use std::collections::BTreeMap;

use crate::attack::Scene;
use crate::learn::{Random, folds};
use crate::truth::{MessageKind, MessageTruth};
use crate::view::View;

/// People who are looked at; of more, so many are drawn.
const MOST_PEOPLE: usize = 800;
/// People in each half below which nothing can be learnt.
pub(crate) const LEAST_PEOPLE: usize = 8;

/// A person's real messages, as places in [`View::messages`], in order of time.
#[derive(Debug, Clone)]
pub(crate) struct Sender {
    pub(crate) person: u32,
    /// Which half of the people she is in: a model for one half is trained on the other.
    pub(crate) fold: usize,
    pub(crate) gateway: Option<u32>,
    pub(crate) messages: Vec<usize>,
    /// The same with their periods, in order of these: one that was delayed may arrive in the next.
    pub(crate) by_period: Vec<(u32, usize)>,
}

impl Sender {
    fn new(person: u32, fold: usize, gateway: Option<u32>, messages: Vec<usize>, periods: &[u32]) -> Self {
        let period = |message: &usize| periods.get(*message).copied().unwrap_or(0);
        let mut by_period: Vec<(u32, usize)> =
            messages.iter().map(|message| (period(message), *message)).collect();
        by_period.sort_unstable();
        Self { person, fold, gateway, messages, by_period }
    }

    /// Her messages of one period, in order of time.
    pub(crate) fn of_period(&self, period: u32) -> &[(u32, usize)] {
        let start = self.by_period.partition_point(|(of, _)| *of < period);
        let end = self.by_period.partition_point(|(of, _)| *of <= period);
        self.by_period.get(start..end).unwrap_or(&[])
    }
}

/// What the truth says of a view's messages.
#[derive(Debug)]
pub(crate) struct Known<'a> {
    /// Everybody with a real message, by number.
    pub(crate) senders: Vec<Sender>,
    /// Of each message in the view, who sent it, cover included; `None` for forged ones, the authority's, and people not drawn.
    pub(crate) person: Vec<Option<u32>>,
    /// Of each message its truth.
    pub(crate) truth: Vec<Option<&'a MessageTruth>>,
    /// Of each message in the view the period that its pseudonyms belong to.
    pub(crate) periods: Vec<u32>,
}

impl<'a> Known<'a> {
    pub(crate) fn new(scene: &'a Scene, view: &View, seed: u64) -> Self {
        let truth: Vec<Option<&MessageTruth>> =
            view.messages.iter().map(|message| scene.message(message.id)).collect();
        let mut messages: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        let mut person = Vec::with_capacity(truth.len());
        for (place, truth) in truth.iter().enumerate() {
            let sent = truth.filter(|truth| truth.forged.is_none() && truth.kind != MessageKind::Authority);
            person.push(sent.and_then(|truth| truth.person));
            let real = sent.filter(|truth| truth.kind != MessageKind::Cover);
            if let Some(person) = real.and_then(|truth| truth.person) {
                messages.entry(person).or_default().push(place);
            }
        }
        let periods = periods(scene, view, &truth);
        let mut numbers: Vec<u32> = messages.keys().copied().collect();
        if numbers.len() > MOST_PEOPLE {
            Random::new(seed).shuffle(&mut numbers);
            numbers.truncate(MOST_PEOPLE);
            numbers.sort_unstable();
        }
        let gateway = |person: u32| scene.truth.people.get(&person).and_then(|person| person.gateway);
        // both halves have people behind each gateway
        let fold = folds(numbers.iter().map(|person| (*person, gateway(*person).unwrap_or(0))), 2, seed);
        let senders: Vec<Sender> = numbers
            .iter()
            .filter_map(|person| {
                let fold = *fold.get(person)?;
                Some(Sender::new(*person, fold, gateway(*person), messages.remove(person)?, &periods))
            })
            .collect();
        for slot in &mut person {
            *slot = slot.filter(|person| fold.contains_key(person));
        }
        Self { senders, person, truth, periods }
    }

    /// Whether both halves are large enough.
    pub(crate) fn enough(&self) -> bool {
        [0, 1]
            .iter()
            .all(|fold| self.senders.iter().filter(|sender| sender.fold == *fold).count() >= LEAST_PEOPLE)
    }

    /// Whether a message is a person's and says something.
    pub(crate) fn is_real(&self, message: usize) -> bool {
        let truth = self.truth.get(message).copied().flatten();
        truth.is_some_and(|truth| {
            truth.forged.is_none() && !matches!(truth.kind, MessageKind::Authority | MessageKind::Cover)
        })
    }

    /// Whether two messages carry the same report, sent again: that these are one person's says nothing of her other reports.
    pub(crate) fn is_one_report(&self, first: usize, second: usize) -> bool {
        let of = |message: usize| {
            let truth = self.truth.get(message).copied().flatten()?;
            Some((truth.person?, truth.written))
        };
        first != second && of(first).is_some() && of(first) == of(second)
    }

    /// The owners of all messages in another order.
    pub(crate) fn shuffled_owners(&self, seed: u64) -> Vec<Option<u32>> {
        let mut owners: Vec<u32> = self.person.iter().copied().flatten().collect();
        Random::new(seed).shuffle(&mut owners);
        let mut owners = owners.into_iter();
        self.person.iter().map(|person| person.and_then(|_| owners.next())).collect()
    }

    /// As if the messages belonged to others: nothing can be learnt from this.
    pub(crate) fn shuffled(&self, seed: u64) -> Self {
        let person = self.shuffled_owners(seed);
        let mut messages: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for (place, person) in person.iter().enumerate() {
            if let Some(person) = person.filter(|_| self.is_real(place)) {
                messages.entry(person).or_default().push(place);
            }
        }
        let owned = |sender: &Sender| {
            let messages = messages.get(&sender.person).cloned().unwrap_or_default();
            Sender::new(sender.person, sender.fold, sender.gateway, messages, &self.periods)
        };
        Self {
            senders: self.senders.iter().map(owned).collect(),
            person,
            truth: self.truth.clone(),
            periods: self.periods.clone(),
        }
    }

    /// The period of a message.
    pub(crate) fn period(&self, message: usize) -> u32 {
        self.periods.get(message).copied().unwrap_or(0)
    }

    /// The half of a person; `None` if she is not drawn.
    pub(crate) fn fold(&self, person: u32) -> Option<usize> {
        let place = self.senders.binary_search_by_key(&person, |sender| sender.person).ok()?;
        self.senders.get(place).map(|sender| sender.fold)
    }
}
