//! What the linking attacks compare: two messages, and the sets that each of them comes with.
//!
//! All of it comes from one adversary's [`View`]; which of it means anything is for a model to learn.

mod bytes;
mod digest;
mod line;
mod pair;
mod rhythm;
mod set;
mod slots;
#[cfg(test)]
mod testing;
mod turns;

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

pub(crate) use digest::Digest;
pub(crate) use turns::rounds;

use crate::attack::features::set::Set;
use crate::view::View;

/// Sets whose rhythm is looked at for periods that many share.
const MOST_SETS: usize = 120;

/// Compares messages with the sets that they belong to.
#[derive(Debug)]
pub(crate) struct Comparer<'a> {
    view: &'a View,
    digest: &'a Digest,
    /// The set of each message.
    set_of: &'a [u32],
    members: Vec<Vec<usize>>,
    periods: Vec<f64>,
    /// Rounds of its order that the messages of people who are known keep.
    rounds: Vec<f64>,
    known: RefCell<HashMap<u32, Rc<Set>>>,
}

impl<'a> Comparer<'a> {
    /// Sets are numbered from 0; `set_of` has the number of each message's.
    pub(crate) fn new(view: &'a View, digest: &'a Digest, set_of: &'a [u32]) -> Self {
        let mut members: Vec<Vec<usize>> = Vec::new();
        for (message, set) in set_of.iter().enumerate() {
            let set = usize::try_from(*set).unwrap_or(usize::MAX);
            if set >= members.len() {
                members.resize(set.saturating_add(1), Vec::new());
            }
            if let Some(members) = members.get_mut(set) {
                members.push(message);
            }
        }
        let step = members.len().div_ceil(MOST_SETS).max(1);
        let times: Vec<Vec<f64>> = members
            .iter()
            .step_by(step)
            .map(|members| {
                members.iter().take(40).filter_map(|member| digest.times.get(*member)).copied().collect()
            })
            .collect();
        let periods = rhythm::periods(times.iter().map(Vec::as_slice));
        let rounds = Vec::new();
        Self { view, digest, set_of, members, periods, rounds, known: RefCell::default() }
    }

    /// Also compares places in these rounds of a line's order.
    pub(crate) fn in_rounds(self, rounds: Vec<f64>) -> Self {
        Self { rounds, ..self }
    }

    /// Length of a row.
    pub(crate) fn columns(&self) -> usize {
        1 + self.rounds.len()
            + pair::columns(self.digest, &self.periods)
            + Set::columns(self.digest, &self.periods)
    }

    /// Length of a row of [`Comparer::glance`].
    pub(crate) const GLANCE: usize = 3 + Set::GLANCE;

    /// Fills a row with what can be seen of two messages and their sets in no time.
    pub(crate) fn glance(&self, pair: [usize; 2], row: &mut Vec<f64>) {
        row.clear();
        pair::glance(self.digest, pair, row);
        let [first, second] = pair.map(|message| self.set_of.get(message).copied().unwrap_or(u32::MAX));
        if !(self.single(first) && self.single(second)) {
            self.set(first).glance(&self.set(second), row);
        }
        row.resize(Self::GLANCE, f64::NAN);
    }

    /// Numbers of the messages of each set, in order of time.
    pub(crate) fn members(&self) -> &[Vec<usize>] {
        &self.members
    }

    /// Fills a row with all that two messages, the earlier first, have in common or not.
    pub(crate) fn compare(&self, pair: [usize; 2], row: &mut Vec<f64>) {
        row.clear();
        pair::compare(self.view, self.digest, &self.periods, pair, row);
        let order = |message: usize| self.digest.order.get(message).copied().unwrap_or(f64::NAN);
        let step = order(pair[1]) - order(pair[0]);
        row.extend(self.rounds.iter().map(|round| digest::around(step, *round)));
        let [first, second] = pair.map(|message| self.set_of.get(message).copied().unwrap_or(u32::MAX));
        row.push(if first == second { 1.0 } else { 0.0 });
        if first != second && !(self.single(first) && self.single(second)) {
            self.set(first).compare(&self.set(second), self.digest, &self.periods, row);
        }
        // within one set, and between sets of one message, there is nothing more to compare
        row.resize(self.columns(), f64::NAN);
    }

    /// Whether a set is one message.
    fn single(&self, set: u32) -> bool {
        usize::try_from(set).ok().and_then(|set| self.members.get(set)).is_none_or(|set| set.len() < 2)
    }

    fn set(&self, number: u32) -> Rc<Set> {
        if let Some(set) = self.known.borrow().get(&number) {
            return Rc::clone(set);
        }
        let members = usize::try_from(number).ok().and_then(|number| self.members.get(number));
        let set = Rc::new(Set::new(self.digest, members.map_or(&[], Vec::as_slice), &self.periods));
        self.known.borrow_mut().insert(number, Rc::clone(&set));
        set
    }
}
