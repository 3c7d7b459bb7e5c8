//! The seam behind which a broker does the MQTT. Only the modules below name RMQTT; replacing it means writing another
//! [`Engine`], and the tests of this crate say whether it behaves.

mod fitter;
mod hooks;
mod retained;
mod rmqtt;
mod tls;

use std::future::Future;
use std::sync::Arc;

use tokio::sync::oneshot;

pub(crate) use self::rmqtt::Rmqtt;
use crate::broker::Addresses;
use crate::config::{Limits, Listeners};
use crate::error::BrokerError;
use crate::gate::Gate;

/// Speaks MQTT on some listeners, and leaves every decision to the gate.
pub(crate) trait Engine: Send + 'static {
    /// Binds `listeners` and no other, says through `ready` where they are or why they cannot be, and serves them until
    /// `stopped` resolves, either way. Runs on a runtime of its own: tasks that it leaves behind end with that.
    ///
    /// An engine asks the gate about every CONNECT, SUBSCRIBE and PUBLISH, passes publishes on unchanged, and counts
    /// what it drops.
    fn serve(
        self,
        listeners: Listeners,
        limits: Limits,
        gate: Arc<Gate>,
        ready: oneshot::Sender<Result<Addresses, BrokerError>>,
        stopped: oneshot::Receiver<()>,
    ) -> impl Future<Output = ()> + Send;
}
