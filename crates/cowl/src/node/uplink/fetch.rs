//! The manifest, when a beacon names a newer one than is held.
//!
//! It is long (64 KiB by default) and seldom new: a line that is lost every minute must not cost it every minute. So the lines listen
//! to beacons, and the manifest comes over a connection of its own, which whoever watches sees once for each new manifest,
//! whatever waits.

use std::time::Duration;

use bytes::Bytes;
use tokio::{
    task::JoinHandle,
    time::{sleep, timeout},
};

use super::{Patience, SLOWEST};
use crate::transport::{Endpoint, Error, Filter, Options, Qos, Reconnect, Subscriber, Subscription, Topic};

/// A manifest on its way. Dropping it gives that up.
#[derive(Debug)]
pub(super) struct Fetch(JoinHandle<Bytes>);

impl Fetch {
    /// Begins; tried again until it comes, with the patience of a line. `random` is any number.
    pub(super) fn begin(
        endpoint: Endpoint,
        options: Options,
        manifest: Topic,
        patience: Patience,
        random: u64,
    ) -> Self {
        Self(tokio::spawn(async move {
            let mut wait = patience.first;
            loop {
                if let Ok(Ok(manifest)) = timeout(2 * SLOWEST, once(&endpoint, &options, &manifest)).await {
                    return manifest;
                }
                let half = u64::try_from(wait.as_micros() / 2).unwrap_or(u64::MAX).max(1);
                sleep(Duration::from_micros(half + random % half)).await;
                wait = (wait * 2).min(patience.longest);
            }
        }))
    }

    /// The manifest, not yet verified; `None` when this process is ending. Cancelling it loses nothing.
    pub(super) async fn done(&mut self) -> Option<Bytes> {
        (&mut self.0).await.ok()
    }
}

impl Drop for Fetch {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn once(endpoint: &Endpoint, options: &Options, manifest: &Topic) -> Result<Bytes, Error> {
    let mut wanted = Subscription::new(Filter::new(manifest.as_str())?, Qos::AtLeastOnce);
    wanted.reconnect = Reconnect::Never;
    let mut subscriber = Subscriber::connect(endpoint, options, wanted).await?;
    let message = subscriber.next().await?;
    // What it was there for has come.
    let _ = subscriber.disconnect().await;
    Ok(message.payload)
}
