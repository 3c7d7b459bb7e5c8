//! The authority's service on the network, in virtual time: manifest, beacons and census.

use cowl::{
    client::Topics,
    operation::Operation,
    service::{Outgoing, Service},
    transport::{Publication, Publisher, Qos, Subscriber, Subscription},
};

use super::{
    ground::{Ground, Who},
    patience,
};
use crate::failure::Failure;

/// Virtual seconds between two beacons. The policy says five minutes; an hour makes the day shorter, and zones finer an hour later.
const BEACON_EVERY: u32 = 3_600;

/// The service and its connections.
pub(super) struct Authority {
    pub(super) service: Service,
    publisher: Publisher,
    mailbox: Subscriber,
    topics: Topics,
    announced: bool,
}

/// What was published last.
pub(super) struct Announced {
    pub(super) beacon: Vec<u8>,
}

impl Authority {
    /// Connects with the operator's login.
    pub(super) async fn new(operation: Operation, ground: &Ground, now: u64) -> Result<Self, Failure> {
        let topics = Topics::of(&ground.manifest);
        let service = Service::new(operation, now, Some(BEACON_EVERY))?;
        let (endpoint, options) = (ground.endpoint(), ground.options(Who::Operator)?);
        let publisher = Publisher::connect(&endpoint, &options).await?;
        let wanted = Subscription::new(topics.reports()?, Qos::AtLeastOnce);
        let mailbox = Subscriber::connect(&endpoint, &options, wanted).await?;
        Ok(Self { service, publisher, mailbox, topics, announced: false })
    }

    /// Publishes what is due at this time; there is always a beacon.
    pub(super) async fn announce(&mut self, now: u64) -> Result<Announced, Failure> {
        let outgoing = if self.announced { self.service.tick(now)? } else { self.service.announce(now)? };
        self.announced = true;
        let Outgoing { manifest, beacon, bundle, policy, census, no_bundle, .. } = outgoing;
        if let Some(error) = policy.or(no_bundle) {
            return Err(error.into());
        }
        if let Some(error) = census {
            return Err(error.into());
        }
        let beacon = beacon.ok_or_else(|| Failure::internal("no beacon was made"))?;
        if let Some(manifest) = manifest {
            self.publish(Publication::new(self.topics.manifest()?, manifest, Qos::AtLeastOnce)).await?;
        }
        if let Some(bundle) = bundle {
            self.publish(Publication::new(self.topics.bundle()?, bundle, Qos::AtLeastOnce)).await?;
        }
        self.publish(Publication::new(self.topics.beacon()?, beacon.clone(), Qos::AtLeastOnce)).await?;
        Ok(Announced { beacon })
    }

    /// Takes so many reports into the census.
    pub(super) async fn count(&mut self, messages: usize, now: u64) -> Result<(), Failure> {
        for _ in 0..messages {
            let message = patience("the census", self.mailbox.next()).await?;
            self.service.take(&message.payload, now);
        }
        Ok(())
    }

    /// Hangs up; what it published stays on the broker.
    pub(super) async fn leave(self) -> Result<Service, Failure> {
        self.publisher.disconnect().await?;
        self.mailbox.disconnect().await?;
        Ok(self.service)
    }

    async fn publish(&self, publication: Publication) -> Result<(), Failure> {
        patience("the broker", self.publisher.publish(publication.retained())).await
    }
}
