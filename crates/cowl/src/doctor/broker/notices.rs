//! What the authority keeps on a broker for everyone: manifest and beacon.

use cowl_core::Beacon;
use tokio::time::timeout;

use super::{
    super::{
        clock,
        finding::{Finding, Topic},
    },
    Account, Inquiry, Kind, LISTEN,
};
use crate::{
    client::Topics,
    transport::{Endpoint, Filter, Options, Qos, Subscriber, Subscription, Topic as Name},
};

impl Inquiry<'_> {
    /// What the authority keeps on the broker for everyone.
    pub(super) async fn notices(&self, accepted: &[&Account], findings: &mut Vec<Finding>) {
        let Some(manifest) = self.manifest else { return };
        let may_hear = |account: &&&Account| account.kind != Kind::WalkIn;
        let Some(account) = accepted.iter().find(may_hear) else { return };
        let topics = Topics::of(manifest);
        let wanted = [topics.manifest(), topics.beacon()].into_iter().flatten();
        let options = self.options(Some(&account.login));
        let mut found = Vec::new();
        for name in wanted {
            found.push(retained(&self.endpoint, &options, &name).await);
        }
        let serve = "cowl serve OPS -h BROKER    (on the authority's machine)";
        match found.first() {
            Some(Some(bytes)) => findings.push(match manifest.succeed(bytes) {
                Ok(newest) => Topic::Broker.ok(
                    format!(
                        "the manifest is there, signed, version {} (here: {})",
                        newest.version, manifest.version
                    ),
                    "whoever joins or was away follows it",
                ),
                Err(error) => Topic::Broker.problem(
                    format!("the manifest there is {error}"),
                    "members do not follow it: they stay with the one that they know until it ends",
                    serve,
                ),
            }),
            _ => findings.push(Topic::Broker.warning(
                "there is no manifest",
                "whoever joins or was away hears of no new keys",
                serve,
            )),
        }
        match found.get(1) {
            Some(Some(bytes)) => match Beacon::verify(bytes, manifest.authority(), manifest.operation, None) {
                Ok(beacon) => {
                    let at = manifest.calendar.start_of(beacon.epoch).saturating_add(beacon.into_epoch.into());
                    findings.push(clock::against_beacon(self.now, at, manifest.policy.beacon_seconds.into()));
                }
                Err(error) => findings.push(Topic::Broker.problem(
                    format!("the beacon there is {error}"),
                    "nobody believes it, but phones that were switched off stay in the last epoch they knew",
                    serve,
                )),
            },
            _ => findings.push(Topic::Broker.warning(
                "there is no beacon",
                "phones that were switched off stay in the last epoch they knew, and nobody hears of counts or revocations",
                serve,
            )),
        }
    }
}

/// What a broker keeps on a topic.
async fn retained(endpoint: &Endpoint, options: &Options, name: &Name) -> Option<bytes::Bytes> {
    let filter = Filter::new(name.as_str()).ok()?;
    let wanted = Subscription::new(filter, Qos::AtLeastOnce);
    let mut subscriber = Subscriber::connect(endpoint, options, wanted).await.ok()?;
    let message = timeout(LISTEN, subscriber.next()).await;
    let _ = subscriber.disconnect().await;
    Some(message.ok()?.ok()?.payload)
}
