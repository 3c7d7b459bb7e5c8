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
    bundle: Option<Topic>,
    dispatch: Option<Topic>,
    erasures: Option<Topic>,
}

/// A notice, not yet verified.
#[derive(Debug, Clone)]
pub enum Notice {
    /// A manifest.
    Manifest(Bytes),
    /// A beacon.
    Beacon(Bytes),
    /// A responders' bundle.
    Bundle(Bytes),
    /// A dispatch.
    Dispatch(Bytes),
    /// A list of erase orders.
    Erasures(Bytes),
}

impl Notices {
    /// Connects and listens; reconnects by itself.
    pub async fn connect(endpoint: &Endpoint, options: &Options, topics: &Topics) -> Result<Self, Error> {
        Self::listen(endpoint, options, [topics.manifest()?, topics.beacon()?], topics.beacon()?).await
    }

    /// The same with dispatches. Whoever sends reports should listen to them whether he waits for help or not: a broker sees
    /// who listens.
    pub async fn with_dispatches(
        endpoint: &Endpoint,
        options: &Options,
        topics: &Topics,
    ) -> Result<Self, Error> {
        let dispatch = topics.dispatch()?;
        // In front of the beacon: who has that, has what is retained of the others.
        let wanted = [topics.manifest()?, dispatch.clone(), topics.beacon()?];
        let notices = Self::listen(endpoint, options, wanted, topics.beacon()?).await?;
        Ok(Self { dispatch: Some(dispatch), ..notices })
    }

    /// The same with the responders' bundles, which come before the beacon that calls for them, and with erase orders. Only nodes may
    /// listen to those.
    pub async fn with_bundles(
        endpoint: &Endpoint,
        options: &Options,
        topics: &Topics,
    ) -> Result<Self, Error> {
        let bundle = topics.bundle()?;
        let erasures = topics.erasures()?;
        let wanted = [topics.manifest()?, bundle.clone(), topics.beacon()?, erasures.clone()];
        let notices = Self::listen(endpoint, options, wanted, topics.beacon()?).await?;
        Ok(Self { bundle: Some(bundle), erasures: Some(erasures), ..notices })
    }

    /// The same without manifests: each costs as many bytes as the policy says (64 KiB by default), which is much for a
    /// phone that connects for every report. A beacon names the newest one; who sees that its own is older connects once
    /// by [`Self::connect`], and the broker sees that this connection did.
    pub async fn beacons_only(
        endpoint: &Endpoint,
        options: &Options,
        topics: &Topics,
    ) -> Result<Self, Error> {
        Self::listen(endpoint, options, [topics.beacon()?], topics.beacon()?).await
    }

    async fn listen(
        endpoint: &Endpoint,
        options: &Options,
        topics: impl IntoIterator<Item = Topic>,
        beacon: Topic,
    ) -> Result<Self, Error> {
        let filters = topics.into_iter().map(|topic| Ok((Filter::new(topic.as_str())?, Qos::AtLeastOnce)));
        let mut wanted = Subscription::new(Filter::new(beacon.as_str())?, Qos::AtLeastOnce);
        wanted.filters = filters.collect::<Result<_, Error>>()?;
        wanted.reconnect =
            Reconnect::Backoff { first: Duration::from_secs(1), longest: Duration::from_mins(1) };
        let subscriber = Subscriber::connect(endpoint, options, wanted).await?;
        Ok(Self { subscriber, beacon, bundle: None, dispatch: None, erasures: None })
    }

    /// The next notice. Cancelling it loses nothing.
    pub async fn next(&mut self) -> Result<Notice, Error> {
        let message = self.subscriber.next().await?;
        let notice = if message.topic == self.beacon {
            Notice::Beacon
        } else if self.bundle.as_ref().is_some_and(|bundle| message.topic == *bundle) {
            Notice::Bundle
        } else if self.erasures.as_ref().is_some_and(|erasures| message.topic == *erasures) {
            Notice::Erasures
        } else if self.dispatch.as_ref().is_some_and(|dispatch| message.topic == *dispatch) {
            Notice::Dispatch
        } else {
            Notice::Manifest
        };
        Ok(notice(message.payload))
    }

    /// Says goodbye.
    pub async fn disconnect(self) -> Result<(), Error> {
        self.subscriber.disconnect().await
    }
}
