//! The server of the victim's page, as `cowl page` runs it: on one connection it hears for all its visitors what the operation says.
//! Their browsers seal by themselves and connect through it, each report on a connection of its own ([`super::phone`]).

use std::sync::{Arc, Mutex};

use cowl::client::{Notice, Notices, Topics};
use cowl::keyring::Sender;
use cowl::transport::{Endpoint, Options};

use super::office::{Office, lock};
use crate::error::SimulationError;
use crate::network::Network;

/// The server's own connection.
pub(crate) struct PageServer {
    pub(crate) network: Arc<Network>,
    pub(crate) office: Arc<Mutex<Office>>,
    pub(crate) endpoint: Endpoint,
    pub(crate) options: Options,
    pub(crate) topics: Topics,
    /// What the browsers have from it: manifest and beacon.
    pub(crate) sender: Arc<Mutex<Sender>>,
}

impl PageServer {
    /// Hears, for good.
    pub(crate) async fn work(self) {
        if let Err(error) = self.hear().await {
            lock(&self.office).fail(error);
        }
    }

    async fn hear(&self) -> Result<(), SimulationError> {
        let mut notices = Notices::connect(&self.endpoint, &self.options, &self.topics).await?;
        loop {
            let notice = notices.next().await?;
            let now = self.network.now() / 1_000_000;
            let mut sender = lock(&self.sender);
            match notice {
                Notice::Manifest(bytes) => drop(sender.follow(&bytes)?),
                // One that it has heard, or that came late, says nothing new.
                Notice::Beacon(bytes) => drop(sender.hear(&bytes, now)),
                _ => {}
            }
        }
    }
}
