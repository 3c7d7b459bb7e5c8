//! The authority's service on the network: manifest and beacons, as `cowl serve` publishes them.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use cowl::client::Topics;
use cowl::service::Outgoing;
use cowl::transport::{Endpoint, Options, Publication, Publisher, Qos, Topic};
use cowl_core::Epoch;
use tokio::time::sleep_until;

use super::office::{Content, Message, Office, lock};
use crate::error::SimulationError;
use crate::network::{CallerId, Network};
use crate::plan::START;

/// The service's connection.
pub(crate) struct Authority {
    pub(crate) network: Arc<Network>,
    pub(crate) office: Arc<Mutex<Office>>,
    pub(crate) caller: CallerId,
    pub(crate) endpoint: Endpoint,
    pub(crate) options: Options,
    pub(crate) topics: Topics,
    /// Seconds between beacons.
    pub(crate) every: u64,
}

impl Authority {
    /// Publishes what is due, when it is.
    pub(crate) async fn work(self) {
        if let Err(error) = self.serve().await {
            lock(&self.office).fail(error);
        }
    }

    async fn serve(&self) -> Result<(), SimulationError> {
        let publisher = Publisher::connect(&self.endpoint, &self.options).await?;
        let every = self.every.max(1);
        let mut announced = false;
        loop {
            let now = self.network.now() / 1_000_000;
            let outgoing = self.due(now, !announced)?;
            announced = true;
            if let Some(error) = outgoing.policy {
                return Err(error.into());
            }
            if let Some(error) = outgoing.census {
                return Err(error.into());
            }
            if let Some(manifest) = outgoing.manifest {
                self.publish(&publisher, self.topics.manifest()?, manifest).await?;
            }
            if let Some(error) = outgoing.no_bundle {
                return Err(error.into());
            }
            if let Some(bundle) = outgoing.bundle {
                self.publish(&publisher, self.topics.bundle()?, bundle).await?;
            }
            if let Some(beacon) = outgoing.beacon {
                self.publish(&publisher, self.topics.beacon()?, beacon).await?;
            }
            if let Some(bulletin) = outgoing.bulletin {
                self.publish(&publisher, self.topics.bulletin()?, bulletin).await?;
            }
            if let Some(erasures) = outgoing.erasures {
                self.publish(&publisher, self.topics.erasures()?, erasures).await?;
            }
            if let Some(dispatch) = outgoing.dispatch {
                self.publish(&publisher, self.topics.dispatch()?, dispatch).await?;
            }
            let next = (now / every + 1) * every;
            sleep_until(self.network.instant(next * 1_000_000)).await;
        }
    }

    fn due(&self, now: u64, first: bool) -> Result<Outgoing, SimulationError> {
        let mut office = lock(&self.office);
        let service = office.service().ok_or(SimulationError::Fault("no service"))?;
        let time = START + now;
        Ok(if first { service.announce(time)? } else { service.tick(time)? })
    }

    async fn publish(
        &self,
        publisher: &Publisher,
        topic: Topic,
        notice: Vec<u8>,
    ) -> Result<(), SimulationError> {
        let payload = Bytes::from(notice);
        let message =
            Message { payload: payload.clone(), content: Content::Notice, id: None, epoch: Epoch(0) };
        lock(&self.office).announce(self.caller, message);
        Ok(publisher.publish(Publication::new(topic, payload, Qos::AtLeastOnce).retained()).await?)
    }
}
