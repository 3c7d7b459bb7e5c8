//! The authority's notices: manifest and beacons, as they come.

use std::time::Duration;

use bytes::Bytes;

use super::Topics;
use crate::transport::{Endpoint, Error, Filter, Options, Qos, Reconnect, Subscriber, Subscription, Topic};

/// A connection that listens to manifest and beacons.
#[derive(Debug)]
pub struct Notices {
    subscriber: Subscriber,
    beacon: Topic,
}

/// A notice, not yet verified.
#[derive(Debug, Clone)]
pub enum Notice {
    /// A manifest.
    Manifest(Bytes),
    /// A beacon.
    Beacon(Bytes),
}

impl Notices {
    /// Connects and listens; reconnects by itself.
    pub async fn connect(endpoint: &Endpoint, options: &Options, topics: &Topics) -> Result<Self, Error> {
        let (manifest, beacon) = (topics.manifest()?, topics.beacon()?);
        let filter = |topic: &Topic| Filter::new(topic.as_str());
        let mut wanted = Subscription::new(filter(&manifest)?, Qos::AtLeastOnce);
        wanted.filters.push((filter(&beacon)?, Qos::AtLeastOnce));
        wanted.reconnect =
            Reconnect::Backoff { first: Duration::from_secs(1), longest: Duration::from_mins(1) };
        let subscriber = Subscriber::connect(endpoint, options, wanted).await?;
        Ok(Self { subscriber, beacon })
    }

    /// The next notice. Cancelling it loses nothing.
    pub async fn next(&mut self) -> Result<Notice, Error> {
        let message = self.subscriber.next().await?;
        let is_beacon = message.topic.as_str() == self.beacon.as_str();
        Ok(if is_beacon { Notice::Beacon(message.payload) } else { Notice::Manifest(message.payload) })
    }

    /// Says goodbye.
    pub async fn disconnect(self) -> Result<(), Error> {
        self.subscriber.disconnect().await
    }
}
