//! Messages from inside the process.

use std::time::Duration;

use rmqtt::codec::types::Publish as CodecPublish;
use rmqtt::context::ServerContext;
use rmqtt::session::SessionState;
use rmqtt::types::{From, Id, Publish, QoS};
use tokio::sync::mpsc;

use crate::intake::Qos;
use crate::publisher::FromInside;

/// Publishes what comes, one after the other, until nobody is left to say more.
pub(super) async fn publish_all(context: ServerContext, mut inside: mpsc::Receiver<FromInside>) {
    let id = Id::from(context.node.id(), "".into());
    while let Some(FromInside { topic, payload, qos, retain, done }) = inside.recv().await {
        let qos = match qos {
            Qos::AtMostOnce => QoS::AtMostOnce,
            Qos::AtLeastOnce => QoS::AtLeastOnce,
            Qos::ExactlyOnce => QoS::ExactlyOnce,
        };
        let publish = CodecPublish {
            dup: false,
            retain,
            qos,
            topic: topic.into(),
            packet_id: None,
            payload: payload.into(),
            properties: None,
        };
        // Zero is no expiry. RMQTT counts and tells the hooks what it could not deliver.
        let expiry = retain.then_some(Duration::ZERO);
        let publish = Publish::new(Box::new(publish), None, None, None);
        let outcome =
            SessionState::forwards(&context, From::from_system(id.clone()), publish, false, expiry).await;
        if outcome.is_ok() {
            // Nobody waits if the caller gave up.
            let _ = done.send(());
        }
    }
}
