//! What the broker sees, and what a seat sees of the same messages.
//!
//! The left side is an eavesdropper's: subscribed with a login that has no key, to everything if it may. What its bytes tell is found by a
//! stranger to Cowl ([`Outsider`]), whom the command hands in, so that the defender never judges itself. The right side is what the
//! seat's board has, opened by the seat's own keys. On a [`Stage`], where protections can be taken away, it is what everybody reads who
//! has the one key that is left, or who needs none.

mod ear;
mod look;

use std::{fmt, sync::Arc};

use cowl::transport::{Endpoint, Filter, Options, Topic};
use tokio::sync::watch;

pub(crate) use ear::{Ear, Heard};
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
    /// What is read by everybody who has the one shared key, or needs none, the newest first; `None`: what is on is the operation's own
    /// protection, and each seat's board has what its keys open.
    fn opened(&self) -> Option<Vec<Opened>>;
    /// Whether a payload was published under a protection that is no longer on: it was on its way when another was chosen.
    fn is_over(&self, payload: &[u8]) -> bool;
    /// Changes whenever something more was opened.
    fn watch(&self) -> watch::Receiver<u64>;
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

    /// Chooses another protection. Both sides begin anew: what came before would be taken for what this one lets through.
    pub(crate) fn switch(&self, preset: &str) {
        if let Some(stage) = self.stage.as_ref().filter(|stage| stage.current() != preset) {
            stage.switch(preset);
            self.ear.forget(clock::now());
        }
    }

    /// Listens for ever. A broker that is away is waited for.
    pub(crate) async fn listen(&self) {
        ear::listen(&self.ear, &self.config).await;
    }
}
