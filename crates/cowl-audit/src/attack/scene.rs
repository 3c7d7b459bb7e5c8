//! What an attack gets: each adversary's view, and the truth to train and score with.

use std::collections::{BTreeMap, HashMap};

use crate::evidence::Evidence;
use crate::truth::{
    Delivery, Expense, MessageRef, MessageTruth, Opened, Operation, PersonTruth, Stay, ZoneTruth,
};
use crate::view::{Adversary, View};

/// A truth file, in memory.
#[derive(Debug, Clone)]
pub struct Truth {
    /// What was run.
    pub operation: Operation,
    /// Zones, in the file's order.
    pub zones: Vec<ZoneTruth>,
    /// People, by number.
    pub people: BTreeMap<u32, PersonTruth>,
    /// Where people were, ordered by person, then time.
    pub stays: Vec<Stay>,
    /// Messages.
    pub messages: HashMap<MessageRef, MessageTruth>,
    /// What holders of keys read.
    pub opened: Vec<Opened>,
    /// What responders saw.
    pub deliveries: Vec<Delivery>,
    /// What it costs.
    pub expense: Expense,
}

/// Why there is no view of an adversary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Absent {
    /// The trace has no point of his (no relay, no gateway).
    NoPoint,
    /// The trace does not show what he would see (a subscription shows no connections).
    NotRecorded,
    /// The truth says of no reader of that kind what he opens.
    NoReader,
}

/// A trace with its truth.
#[derive(Debug)]
pub struct Scene {
    /// The truth.
    pub truth: Truth,
    /// What the operator says of notices, erasure and the like, if anything.
    pub evidence: Option<Evidence>,
    views: BTreeMap<Adversary, Result<View, Absent>>,
}

impl Scene {
    /// A scene of these views, without evidence; an adversary without one has none because of [`Absent::NotRecorded`].
    pub fn new(truth: Truth, views: impl IntoIterator<Item = (Adversary, Result<View, Absent>)>) -> Self {
        Self { truth, evidence: None, views: views.into_iter().collect() }
    }

    /// What an adversary sees.
    ///
    /// # Errors
    /// Why he sees nothing.
    pub fn view(&self, adversary: Adversary) -> Result<&View, Absent> {
        match self.views.get(&adversary) {
            Some(Ok(view)) => Ok(view),
            Some(Err(absent)) => Err(absent.clone()),
            None => Err(Absent::NotRecorded),
        }
    }

    /// The truth of a message.
    pub fn message(&self, id: MessageRef) -> Option<&MessageTruth> {
        self.truth.messages.get(&id)
    }
}
