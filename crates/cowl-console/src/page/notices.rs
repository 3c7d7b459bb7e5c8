//! Listening to the operation's notices, for as long as the page runs.

use std::{future::Future, time::Duration};

use cowl::{
    client::{Notices, Topics},
    transport::{Endpoint, Error, Options},
};

use super::{
    kept::{Kept, Took},
    server::PageEvent,
};

/// How long to wait before a broker that cannot be reached is asked again.
const AGAIN: Duration = Duration::from_secs(5);

/// Keeps the newest notices, and tells of new manifests. Ends only by being dropped: without a broker the page shows what it has.
pub(super) async fn listen(
    kept: &Kept,
    endpoint: &Endpoint,
    options: &Options,
    mut tell: impl FnMut(PageEvent),
) -> std::convert::Infallible {
    let mut lost = false;
    loop {
        let topics = Topics::of(&kept.manifest());
        match Notices::with_dispatches(endpoint, options, &topics).await {
            Ok(mut notices) => {
                tell(if lost { PageEvent::Restored } else { PageEvent::Connected });
                let why = hear(kept, &mut notices, &mut tell).await;
                tell(PageEvent::Lost(why));
            }
            Err(why) if !lost => tell(PageEvent::Lost(why)),
            Err(_) => {}
        }
        lost = true;
        tokio::time::sleep(AGAIN).await;
    }
}

async fn hear(kept: &Kept, notices: &mut Notices, tell: &mut impl FnMut(PageEvent)) -> Error {
    loop {
        match notices.next().await {
            Ok(notice) => {
                if let Took::Manifest(version) = kept.take(&notice) {
                    tell(PageEvent::Manifest(version));
                }
            }
            Err(error) => return error,
        }
    }
}

/// Both run until the second ends.
pub(super) async fn beside<T>(
    first: impl Future<Output = std::convert::Infallible>,
    second: impl Future<Output = T>,
) -> T {
    tokio::select! {
        never = first => match never {},
        done = second => done,
    }
}
