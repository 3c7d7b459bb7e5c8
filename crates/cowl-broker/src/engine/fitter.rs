//! What a connection is granted of what it asked for.

use std::num::{NonZeroU16, NonZeroU32};
use std::sync::Arc;
use std::time::Duration;

use rmqtt::codec::types::Publish;
use rmqtt::fitter::{DefaultFitter, Fitter, FitterManager};
use rmqtt::types::{ConnectInfo, Disconnect, FitterType, Id, ListenerConfig};

use crate::config::Limits;

/// RMQTT's own answers, with two exceptions. It refuses a 3.1.1 client that asks for a longer keep-alive than the limit,
/// and lets one that asks for none sit for ever; and it lets a DISCONNECT ask for a session that CONNECT did not want.
pub(super) struct Fitters(pub(super) Limits);

impl FitterManager for Fitters {
    fn create(&self, info: Arc<ConnectInfo>, id: Id, listener: ListenerConfig) -> FitterType {
        let inner = DefaultFitter::new(Arc::clone(&info), id, listener);
        Arc::new(Granted { inner, info, longest: self.0.keep_alive })
    }
}

struct Granted {
    inner: DefaultFitter,
    info: Arc<ConnectInfo>,
    longest: NonZeroU16,
}

impl Fitter for Granted {
    fn keep_alive(&self, asked: &mut u16) -> rmqtt::Result<u16> {
        // MQTT 5 sends `asked` back as the server's keep-alive; 3.1.1 has no way to say it.
        *asked = granted(*asked, self.longest);
        Ok(patience(*asked))
    }

    fn max_mqueue_len(&self) -> usize {
        self.inner.max_mqueue_len()
    }

    fn mqueue_rate_limit(&self) -> (NonZeroU32, Duration) {
        self.inner.mqueue_rate_limit()
    }

    fn max_inflight(&self) -> NonZeroU16 {
        self.inner.max_inflight()
    }

    fn session_expiry_interval(&self, disconnect: Option<&Disconnect>) -> Duration {
        match self.info.as_ref() {
            // MQTT 5 §3.14.2.2.2: a DISCONNECT cannot ask for a session that CONNECT did not want.
            ConnectInfo::V5(_, connect) if connect.session_expiry_interval_secs == 0 => Duration::ZERO,
            _ => self.inner.session_expiry_interval(disconnect),
        }
    }

    fn message_expiry_interval(&self, publish: &Publish) -> Duration {
        self.inner.message_expiry_interval(publish)
    }

    fn max_client_topic_aliases(&self) -> u16 {
        self.inner.max_client_topic_aliases()
    }

    fn max_server_topic_aliases(&self) -> u16 {
        self.inner.max_server_topic_aliases()
    }
}

/// The keep-alive that a client gets, in seconds. Zero asks for none, which nobody gets.
fn granted(asked: u16, longest: NonZeroU16) -> u16 {
    if asked == 0 { longest.get() } else { asked.min(longest.get()) }
}

/// Silence after which a client is taken for gone, in seconds: half as long again as its keep-alive (MQTT 5 §3.1.2.10),
/// at least three more, since RMQTT counts whole seconds.
fn patience(keep_alive: u16) -> u16 {
    keep_alive.saturating_add((keep_alive / 2).max(3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_client_is_waited_for_longer_than_the_limit_says() {
        let longest = NonZeroU16::new(600).unwrap();
        let pairs = [(0, 900), (1, 4), (60, 90), (600, 900), (601, 900), (u16::MAX, 900)];
        for (asked, waits) in pairs {
            assert_eq!(patience(granted(asked, longest)), waits, "asked {asked}");
        }
        assert_eq!(patience(u16::MAX), u16::MAX);
    }
}
