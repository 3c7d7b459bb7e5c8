//! What is on, and what was opened: what the console sees of it.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use cowl_console::{Layer, LayerState, Opened, Stage};
use cowl_core::Preset;
use tokio::sync::watch;

use super::weak::{Clue, Layers};
use crate::machine;

/// Reports that are kept, and payloads of which is remembered as what they went out.
const MOST: usize = 64;
/// What cannot be taken away here: what is inside the seal, and what is no message.
const FIXED: [&str; 2] = ["epochs", "connections"];

/// What the visitor chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) preset: Preset,
    /// Of Cowl's.
    pub(super) layers: Layers,
}

/// What was read of a message.
#[derive(Debug)]
pub(super) enum Read {
    /// By everybody alike.
    Everybody(Vec<(String, String)>),
    /// By each role its own.
    Roles(Vec<(String, Vec<(String, String)>)>),
}

/// The stage that the console has.
#[derive(Debug)]
pub(super) struct Scene {
    state: Mutex<State>,
    news: watch::Sender<u64>,
}

#[derive(Debug)]
struct State {
    choice: Choice,
    sent: VecDeque<Sent>,
    opened: VecDeque<(u64, Read)>,
}

#[derive(Debug)]
struct Sent {
    choice: Choice,
    payload: Vec<u8>,
    clue: Option<Clue>,
}

impl Choice {
    /// Nothing is taken away.
    const WHOLE: Self = Self { preset: Preset::Cowl, layers: Layers::ALL };

    /// Whether messages are those of the operation, which the console's own seats open.
    pub(super) fn is_operations(self) -> bool {
        !self.preset.is_dangerous() && self.layers.leave_messages_alone()
    }

    /// Whether one message a second leaves. The study knew no slots.
    pub(super) const fn has_slots(self) -> bool {
        !self.preset.is_dangerous() && self.layers.slots
    }
}

impl Scene {
    pub(super) fn new() -> Self {
        let state = State { choice: Choice::WHOLE, sent: VecDeque::new(), opened: VecDeque::new() };
        Self { state: Mutex::new(state), news: watch::Sender::new(0) }
    }

    /// What is on.
    pub(super) fn choice(&self) -> Choice {
        self.state().choice
    }

    /// Remembers as what this goes out; before it goes.
    pub(super) fn send(&self, choice: Choice, payload: &[u8], clue: Option<Clue>) {
        let mut state = self.state();
        state.sent.push_front(Sent { choice, payload: payload.to_vec(), clue });
        state.sent.truncate(MOST);
    }

    /// As what this went out.
    pub(super) fn sent_as(&self, payload: &[u8]) -> Option<(Choice, Option<Clue>)> {
        let state = self.state();
        let sent = state.sent.iter().find(|sent| sent.payload == payload)?;
        Some((sent.choice, sent.clue.clone()))
    }

    /// Takes what was read of a report, if that protection is still on.
    pub(super) fn open(&self, choice: Choice, read: Read) {
        let mut state = self.state();
        if state.choice == choice {
            state.opened.push_front((machine::now(), read));
            state.opened.truncate(MOST);
            drop(state);
            self.news.send_modify(|number| *number += 1);
        }
    }

    fn choose(&self, change: impl FnOnce(&mut Choice)) {
        let mut state = self.state();
        change(&mut state.choice);
        state.opened.clear();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Stage for Scene {
    fn presets(&self) -> Vec<String> {
        Preset::ALL.iter().map(|preset| preset.name().to_owned()).collect()
    }

    fn current(&self) -> String {
        self.choice().preset.name().to_owned()
    }

    fn switch(&self, preset: &str) {
        if let Some(preset) = Preset::named(preset) {
            self.choose(|choice| *choice = Choice { preset, ..Choice::WHOLE });
        }
    }

    fn layers(&self) -> Vec<Layer> {
        let Choice { preset, layers } = self.choice();
        if preset.is_dangerous() {
            return Vec::new();
        }
        let own = layers
            .named()
            .map(|(name, is_on)| Layer { name, state: if is_on { LayerState::On } else { LayerState::Off } });
        own.into_iter().chain(FIXED.map(|name| Layer { name, state: LayerState::Fixed })).collect()
    }

    fn switch_layer(&self, layer: &str, is_on: bool) {
        self.choose(|choice| {
            if let Some(layer) = choice.layers.layer(layer).filter(|_| !choice.preset.is_dangerous()) {
                *layer = is_on;
            }
        });
    }

    fn opened(&self, role: Option<&str>) -> Option<Vec<Opened>> {
        let state = self.state();
        if state.choice.is_operations() {
            return None;
        }
        let of = |(at, read): &(u64, Read)| {
            let fields = match read {
                Read::Everybody(fields) => fields,
                Read::Roles(roles) => &roles.iter().find(|(name, _)| Some(name.as_str()) == role)?.1,
            };
            Some(Opened { at: *at, fields: fields.clone() })
        };
        Some(state.opened.iter().filter_map(of).collect())
    }

    fn is_over(&self, payload: &[u8]) -> bool {
        let state = self.state();
        state.sent.iter().any(|sent| sent.choice != state.choice && sent.payload == payload)
    }

    fn watch(&self) -> watch::Receiver<u64> {
        self.news.subscribe()
    }
}
