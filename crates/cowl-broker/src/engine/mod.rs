//! The seam behind which a broker does the MQTT. Only the modules below name RMQTT; replacing it means writing another
//! [`Engine`], and the tests of this crate say whether it behaves.

mod fitter;
mod hooks;
mod inside;
mod intake;
mod retained;
mod rmqtt;
mod tls;

use std::future::Future;
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

pub(crate) use self::rmqtt::Rmqtt;
use crate::broker::Addresses;
use crate::config::{Limits, Listeners};
use crate::error::BrokerError;
use crate::gate::Gate;
use crate::publisher::FromInside;

/// What an engine is told while it serves.
pub(crate) struct Orders {
    /// Messages to publish.
    pub(crate) inside: mpsc::Receiver<FromInside>,
    /// Resolves, either way, when it is to end.
    pub(crate) stopped: oneshot::Receiver<()>,
}

/// Speaks MQTT on some listeners, and leaves every decision to the gate.
pub(crate) trait Engine: Send + 'static {
    /// Binds `listeners` and no other, says through `ready` where they are or why they cannot be, and serves them until
    /// `orders` say to stop. Runs on a runtime of its own: tasks that it leaves behind end with that.
    ///
    /// An engine asks the gate about every CONNECT, SUBSCRIBE and PUBLISH, and has it take a PUBLISH or a will before it
    /// is published; passes publishes on unchanged; and counts what it drops.
    fn serve(
        self,
        listeners: Listeners,
        limits: Limits,
        gate: Arc<Gate>,
        orders: Orders,
        ready: oneshot::Sender<Result<Addresses, BrokerError>>,
    ) -> impl Future<Output = ()> + Send;
}
