//! What an attack gets: each adversary's view, and the truth to train and score with.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::evidence::Evidence;
use crate::truth::{
    Delivery, Expense, MessageKind, MessageRef, MessageTruth, Opened, Operation, PersonTruth, Stay, ZoneTruth,
};
use crate::view::{Adversary, Message, View};

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

    /// Keeps what has the size of messages of this kind, real or cover: messages of other sizes tell nothing of these, and are told from
    /// them by anybody. Where sizes are not padded, nearly everything stays.
    pub fn keep_size_of(&mut self, kind: MessageKind) {
        let Self { truth, views, .. } = self;
        let is = |message: &&Message| truth.messages.get(&message.id).is_some_and(|truth| truth.kind == kind);
        let mut kept = HashSet::new();
        for view in views.values_mut().flatten() {
            let sizes: HashSet<u32> = view.messages.iter().filter(is).map(|message| message.size).collect();
            view.messages.retain(|message| sizes.contains(&message.size));
            kept.extend(view.messages.iter().map(|message| message.id));
        }
        truth.messages.retain(|id, _| kept.contains(id));
        truth.deliveries.retain(|delivery| kept.contains(&delivery.message));
        truth.opened.retain(|opened| kept.contains(&opened.message));
    }

    /// The truth of a message.
    pub fn message(&self, id: MessageRef) -> Option<&MessageTruth> {
        self.truth.messages.get(&id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::scene::Recipe;

    #[test]
    fn a_size_class_is_kept_with_its_covers_and_nothing_else() {
        let mut scene = Recipe::protected().build();
        let view = scene.views.get_mut(&Adversary::Broker).unwrap().as_mut().unwrap();
        let (mut large, mut small) = (Vec::new(), Vec::new());
        for (number, message) in view.messages.iter_mut().enumerate() {
            let truth = scene.truth.messages.get_mut(&message.id).unwrap();
            match number % 4 {
                0 => truth.kind = MessageKind::WalkIn,
                1 => truth.kind = MessageKind::Cover,
                _ => truth.kind = MessageKind::Report,
            }
            let class = if number % 4 < 2 { &mut large } else { &mut small };
            class.push(message.id);
            message.size += u32::from(number % 4 < 2) * 1_000;
        }
        scene.views.retain(|who, _| *who == Adversary::Broker);
        let mut reports = Scene::new(scene.truth.clone(), scene.views.clone());
        for (scene, kind, class) in
            [(&mut scene, MessageKind::WalkIn, large), (&mut reports, MessageKind::Report, small)]
        {
            scene.keep_size_of(kind);
            let view = scene.view(Adversary::Broker).unwrap();
            assert_eq!(view.messages.iter().map(|message| message.id).collect::<Vec<_>>(), class);
            assert_eq!(scene.truth.messages.len(), class.len());
        }
    }
}
