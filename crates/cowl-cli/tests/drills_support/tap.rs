//! An eavesdropper with the observer's login: every payload that the broker carries, in the order in which it came.

use std::{
    path::Path,
    sync::{Arc, Condvar, Mutex},
    thread,
};

use cowl::{
    client::{Topics, anonymous_options},
    operation::Operation,
    transport::{Endpoint, Filter, Qos, Scheme, Subscriber, Subscription, Version},
};

use super::SOON;

/// What came, and a bell that rings for each.
type Seen = Arc<(Mutex<Vec<Payload>>, Condvar)>;

/// One payload on the wire.
#[derive(Debug, Clone)]
pub struct Payload {
    pub topic: String,
    pub bytes: Vec<u8>,
}

/// The eavesdropper. What it recorded stays when the broker is gone.
pub struct Tap {
    seen: Seen,
    prefix: String,
}

impl Tap {
    /// Listens on a broker, and goes on with what was recorded on one before it.
    pub fn start(operation: &Path, port: u16, before: Option<Self>) -> Self {
        let operation = Operation::open(operation).unwrap();
        let login = operation.logins().observer.to_credential();
        let options = anonymous_options(operation.manifest(), Some(&login), Version::V5).unwrap();
        let prefix = Topics::of(operation.manifest()).mailbox().trim_end_matches("/r").to_owned();
        let seen = before.map_or_else(Seen::default, |tap| tap.seen);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let wanted = Subscription::new(Filter::new("#").unwrap(), Qos::AtLeastOnce);
        let endpoint = Endpoint::new(Scheme::Tcp, "127.0.0.1", port);
        let mut subscriber = runtime.block_on(Subscriber::connect(&endpoint, &options, wanted)).unwrap();
        let heard = Arc::clone(&seen);
        thread::spawn(move || {
            while let Ok(message) = runtime.block_on(subscriber.next()) {
                let (payloads, bell) = &*heard;
                let topic = message.topic.as_str().to_owned();
                payloads.lock().unwrap().push(Payload { topic, bytes: message.payload.to_vec() });
                bell.notify_all();
            }
        });
        Self { seen, prefix }
    }

    /// Everything.
    pub fn all(&self) -> Vec<Payload> {
        self.seen.0.lock().unwrap().clone()
    }

    /// The reports, in order.
    pub fn reports(&self) -> Vec<Vec<u8>> {
        self.of("/r/")
    }

    /// The bundles, in order; each broker gives the retained one again.
    pub fn bundles(&self) -> Vec<Vec<u8>> {
        self.of("/k")
    }

    /// The manifests, in order.
    pub fn manifests(&self) -> Vec<Vec<u8>> {
        self.of("/m")
    }

    /// How many beacons came so far.
    pub fn beacons(&self) -> usize {
        self.of("/b").len()
    }

    /// The last thing that the service publishes when something is due.
    pub fn wait_for_beacon(&self, before: usize) {
        self.wait("a beacon", || self.beacons() > before);
    }

    /// Waits until so many reports came.
    pub fn wait_for_reports(&self, count: usize) {
        self.wait("a report", || self.reports().len() >= count);
    }

    fn of(&self, name: &str) -> Vec<Vec<u8>> {
        let begin = format!("{}{name}", self.prefix);
        let all = self.seen.0.lock().unwrap();
        all.iter()
            .filter(|payload| payload.topic.starts_with(&begin))
            .map(|payload| payload.bytes.clone())
            .collect()
    }

    fn wait(&self, what: &str, is_there: impl Fn() -> bool) {
        let begun = std::time::Instant::now();
        while !is_there() {
            assert!(begun.elapsed() < SOON, "{what} did not come");
            let (payloads, bell) = &*self.seen;
            let guard = payloads.lock().unwrap();
            drop(bell.wait_timeout(guard, std::time::Duration::from_millis(200)).unwrap());
        }
    }
}
