//! What a connection is granted of what it asked for.

use std::num::{NonZeroU16, NonZeroU32};
use std::sync::Arc;
use std::time::Duration;

use rmqtt::codec::types::Publish;
use rmqtt::fitter::{DefaultFitter, Fitter, FitterManager};
use rmqtt::net::granted;
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
        // The stream under RMQTT keeps the time: it also hears what RMQTT never sees. Zero is none.
        Ok(0)
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
