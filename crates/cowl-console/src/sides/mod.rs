//! What the broker sees, and what a seat sees of the same messages.
//!
//! The left side is an eavesdropper's: subscribed with a login that has no key, to everything if it may. What its bytes tell is found by a
//! stranger to Cowl ([`Outsider`]), whom the command hands in, so that the defender never judges itself. The right side is what the
//! seat's board has, opened by the seat's own keys. On a [`Stage`], where protections can be taken away, it is what everybody reads who
//! has the one key that is left, or who needs none.

mod ear;
mod figures;
mod look;
pub(crate) mod names;

use std::{fmt, sync::Arc};

use cowl::transport::{Endpoint, Filter, Options, Topic};
use tokio::sync::watch;

pub(crate) use ear::{Ear, Heard};
pub(crate) use figures::Figures;
pub(crate) use look::rows;

use crate::clock;

/// Where to listen, and who looks.
#[derive(Debug, Clone)]
pub struct SidesConfig {
    /// The operation's broker.
    pub endpoint: Endpoint,
    /// A login without keys, and how to connect.
    pub options: Options,
    /// What that login may listen to: `#` for the observer's.
    pub filters: Vec<Filter>,
    /// Where the authority publishes what everybody may read: no report is there, so nothing there is a leak.
    pub notices: Vec<Topic>,
    /// Who says what the bytes tell.
    pub outsider: Option<Arc<dyn Outsider>>,
    /// A demonstration whose protections can be switched off; `None` with real people.
    pub stage: Option<Arc<dyn Stage>>,
}

/// Somebody who knows nothing of Cowl and looks at a message.
pub trait Outsider: fmt::Debug + Send + Sync {
    /// What the topic and the payload tell without any key.
    fn look(&self, topic: &[u8], payload: &[u8]) -> Exposed;
}

/// What a message tells a stranger.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Exposed {
    /// What form the payload has, such as `json` or `opaque`.
    pub form: String,
    /// What can be read.
    pub fields: Vec<Told>,
}

/// One thing that can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// What it says, such as `position`.
    pub kind: String,
    /// The bytes of the payload that say it; `None`: the topic does.
    pub span: Option<std::ops::Range<usize>>,
}

/// A demonstration: made-up people, and protections that can be taken away.
pub trait Stage: fmt::Debug + Send + Sync {
    /// The names of what can be chosen, the least protected first.
    fn presets(&self) -> Vec<String>;
    /// What is on.
    fn current(&self) -> String;
    /// Chooses by name; what is not there changes nothing.
    fn switch(&self, preset: &str);
    /// The layers of what is on, each of which can be taken away by itself; none: it has none of its own.
    fn layers(&self) -> Vec<Layer>;
    /// Takes a layer away or puts it back, by name; what is not there or fixed changes nothing.
    fn switch_layer(&self, layer: &str, is_on: bool);
    /// What is read by the demonstration itself at a role's seat, or the one of nobody, the newest first; `None`: what is on is the
    /// operation's own protection, and each seat's board has what its keys open.
    fn opened(&self, role: Option<&str>) -> Option<Vec<Opened>>;
    /// Whether a payload was published under a protection that is no longer on: it was on its way when another was chosen.
    fn is_over(&self, payload: &[u8]) -> bool;
    /// Changes whenever something more was opened.
    fn watch(&self) -> watch::Receiver<u64>;
}

/// One layer of a protection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    /// What it is called, such as `padding`.
    pub name: &'static str,
    /// Whether it is there.
    pub state: LayerState,
}

/// Whether a layer is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LayerState {
    /// It protects.
    On,
    /// It was taken away.
    Off,
    /// It cannot be taken away honestly; the page says why.
    Fixed,
}

/// A report that somebody could open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// When, in Unix seconds.
    pub at: u64,
    /// What it says: field and value.
    pub fields: Vec<(String, String)>,
}

/// The two sides.
#[derive(Debug)]
pub(crate) struct Sides {
    pub(crate) ear: Arc<Ear>,
    pub(crate) stage: Option<Arc<dyn Stage>>,
    config: SidesConfig,
}

impl Sides {
    /// Nobody listens yet.
    pub(crate) fn new(config: SidesConfig) -> Self {
        Self { ear: Arc::new(Ear::new(clock::now())), stage: config.stage.clone(), config }
    }

    /// Whether the left side is subscribed to everything that the broker has.
    pub(crate) fn hears_everything(&self) -> bool {
        self.config.filters.iter().any(|filter| filter.as_str() == "#")
    }

    /// Chooses another protection, with all its layers. Both sides begin anew: what came before would be taken for what this one lets
    /// through.
    pub(crate) fn switch(&self, preset: &str) {
        let Some(stage) = &self.stage else { return };
        if stage.current() != preset || !self.is_whole() {
            self.change(|| stage.switch(preset));
        }
    }

    /// Takes a layer away, or puts it back. Both sides begin anew.
    pub(crate) fn switch_layer(&self, name: &str, is_on: bool) {
        let Some(stage) = &self.stage else { return };
        let other = if is_on { LayerState::Off } else { LayerState::On };
        if stage.layers().iter().any(|layer| layer.name == name && layer.state == other) {
            self.change(|| stage.switch_layer(name, is_on));
        }
    }

    /// Whether what is on has layers, and none of them was taken away.
    pub(crate) fn is_whole(&self) -> bool {
        let layers = self.stage.as_ref().map(|stage| stage.layers()).unwrap_or_default();
        !layers.is_empty() && layers.iter().all(|layer| layer.state != LayerState::Off)
    }

    fn change(&self, change: impl FnOnce()) {
        let was_whole = self.is_whole();
        change();
        self.ear.forget(clock::now(), was_whole);
    }

    /// Listens for ever. A broker that is away is waited for.
    pub(crate) async fn listen(&self) {
        ear::listen(&self.ear, &self.config).await;
    }
}
