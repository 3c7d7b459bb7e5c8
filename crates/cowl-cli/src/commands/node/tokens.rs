//! Tokens of a node at work: one for each connection, and each period's batch fetched beside the uplink (spec §11).

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use cowl::{
    client::{self, Notices, Topics},
    keyring::load_credential,
    node::{Way, uplink::Event},
    random::SystemRng,
    tokens::{Fetch, Wallet, WalletPass},
    transport::{Endpoint, Options, Pass},
};
use cowl_core::SignedManifest;
use tokio::{
    sync::{mpsc, watch},
    task::JoinHandle,
    time::{sleep, timeout},
};

use crate::{commands::tokens::newest, failure::Failure, machine};

/// How long one answer of the service may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// From one look to the next where nothing is due.
const CHECK: Duration = Duration::from_mins(10);
/// The waits after attempts that failed.
const FIRST_WAIT: Duration = Duration::from_secs(5);
const LONGEST_WAIT: Duration = Duration::from_hours(1);

/// Keeps a node's wallet filled for as long as this is held.
#[derive(Debug)]
pub(crate) struct NodeTokens {
    version: watch::Sender<u32>,
    said: mpsc::UnboundedReceiver<String>,
    task: JoinHandle<()>,
}

impl NodeTokens {
    /// Where the policy has tokens: lets each connection of the way take one of its own, and begins to look after the wallet.
    pub(crate) fn begin(credential: &Path, known: &SignedManifest, way: &mut Way) -> Option<Self> {
        if known.policy.tokens.is_none() || known.preset.is_dangerous() {
            return None;
        }
        let (version, newer) = watch::channel(known.version);
        let (tell, said) = mpsc::unbounded_channel();
        let wallet = Wallet::of(credential, known.operation);
        let upkeep = Upkeep {
            credential: credential.to_owned(),
            endpoint: way.endpoint.clone(),
            // The shared login: who has no token yet must be able to ask for some.
            asking: way.options.clone(),
            known: known.clone(),
            is_stale: true,
        };
        way.options.pass = Some(Pass::new(WalletPass::new(wallet, known, false)));
        way.options.login = None;
        Some(Self { version, said, task: tokio::spawn(upkeep.run(newer, tell)) })
    }

    /// Takes notice of what the uplink tells: a newer manifest may name a new period.
    pub(crate) fn hear(&self, event: &Event) {
        if let Event::Manifest(version) = event {
            self.version.send_replace(*version);
        }
    }

    /// What there is to say since the last call.
    pub(crate) fn said(&mut self) -> Option<String> {
        self.said.try_recv().ok()
    }
}

impl Drop for NodeTokens {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The task that looks after a wallet.
struct Upkeep {
    credential: PathBuf,
    endpoint: Endpoint,
    asking: Options,
    known: SignedManifest,
    /// The known manifest may be an older one: of before the last run, or the service did not go by it.
    is_stale: bool,
}

/// What came of a look.
enum Look {
    /// So many tokens came.
    Got(usize),
    /// Nothing is due.
    Rest,
    /// The period is over by this machine's clock, and there is no newer one yet.
    Over,
}

impl Upkeep {
    async fn run(mut self, mut newer: watch::Receiver<u32>, tell: mpsc::UnboundedSender<String>) {
        let mut rng = SystemRng::new();
        let mut wait = FIRST_WAIT;
        loop {
            let version = *newer.borrow_and_update();
            let looked = self.look(version, &mut rng).await;
            let pause = if let Ok(Look::Got(_) | Look::Rest) = looked {
                wait = FIRST_WAIT;
                CHECK
            } else {
                let pause = wait + part(wait, &mut rng);
                wait = (wait * 2).min(LONGEST_WAIT);
                pause
            };
            let said = match looked {
                Ok(Look::Got(count)) => Some(format!("got {count} tokens: one for each connection")),
                Ok(Look::Rest | Look::Over) => None,
                Err(why) => Some(format!("tokens to connect with did not come: {why}")),
            };
            if said.is_some_and(|said| tell.send(said).is_err()) {
                return;
            }
            tokio::select! {
                () = sleep(pause) => {}
                changed = newer.changed() => if changed.is_err() {
                    return;
                },
            }
        }
    }

    /// Gets tokens if it is time.
    async fn look(&mut self, version: u32, rng: &mut SystemRng) -> Result<Look, String> {
        // By the clock alone when to ask is decided; a wrong one asks too early or too often, and gets nothing by it.
        let now = self.known.calendar.epoch_at(machine::now());
        let is_over = |known: &SignedManifest| known.tokens.is_none_or(|period| period.last < now);
        if self.is_stale || self.known.version < version || is_over(&self.known) {
            self.refresh().await?;
            self.is_stale = false;
        }
        let credential = load_credential(&self.credential).map_err(|error| error.to_string())?;
        let is_due = Fetch::is_due(&self.credential, &credential, &self.known, now);
        if !is_due.map_err(|error| error.to_string())? {
            return Ok(if is_over(&self.known) { Look::Over } else { Look::Rest });
        }
        let fetch = Fetch::begin(&self.credential, &credential, &self.known, rng);
        let mut fetch = fetch.map_err(|error| error.to_string())?;
        let fetched = client::fetch_tokens(&self.endpoint, &self.asking, &mut fetch, PATIENCE, rng).await;
        self.is_stale = fetched.is_err();
        fetched.map(Look::Got).map_err(|error| error.to_string())
    }

    /// The newest manifest, on a connection of its own: the uplink may have no token to hear of it.
    async fn refresh(&mut self) -> Result<(), String> {
        let whole = async {
            let topics = Topics::of(&self.known);
            let mut notices = Notices::connect(&self.endpoint, &self.asking, &topics).await?;
            let newest = newest(&mut notices, &self.known).await;
            // What it was there for has come.
            let _ = notices.disconnect().await;
            newest
        };
        let newest = timeout(PATIENCE, whole).await.map_err(|_| "there is no manifest".to_owned())?;
        self.known = newest.map_err(|failure: Failure| failure.message().to_owned())?;
        Ok(())
    }
}

/// Any part of a time: those that failed together must not come again together.
fn part(whole: Duration, rng: &mut SystemRng) -> Duration {
    let [random, ..] = rng.id();
    whole * u32::from(random) / 256
}
