//! The gate's intake, as the stream under RMQTT asks it.

use std::sync::Arc;

use rmqtt::codec::types::Publish;
use rmqtt::codec::v5::PublishAckReason;
use rmqtt::net::{Client, Refusal, Taken, Taker};
use rmqtt::types::QoS;

use crate::gate::Gate;
use crate::intake::{Caller, Incoming, NotKept, Qos, RefusedBecause, Verdict};

/// Asks the gate.
pub(super) struct Devices(pub(super) Arc<Gate>);

impl Taker for Devices {
    fn take(&self, client: &Client, publish: &Publish) -> Taken {
        let caller = Caller { client_id: &client.id, user: client.user.as_deref() };
        match self.0.take(&caller, &incoming(publish)) {
            Verdict::Local => Taken::Pass,
            Verdict::Refused(because) => Taken::Refuse(refusal(because)),
            Verdict::Kept(keeping) => {
                let gate = Arc::clone(&self.0);
                Taken::Keep(Box::pin(async move {
                    keeping.await.map_err(|NotKept(because)| {
                        gate.counters.intake_not_kept.add_one();
                        refusal(because)
                    })
                }))
            }
        }
    }
}

/// A publish as an intake sees it.
pub(super) fn incoming(publish: &Publish) -> Incoming<'_> {
    Incoming {
        topic: &publish.topic,
        payload: &publish.payload,
        qos: match publish.qos {
            QoS::AtMostOnce => Qos::AtMostOnce,
            QoS::AtLeastOnce => Qos::AtLeastOnce,
            QoS::ExactlyOnce => Qos::ExactlyOnce,
        },
        dup: publish.dup,
        packet_id: publish.packet_id.map(Into::into),
        retain: publish.retain,
    }
}

fn refusal(because: RefusedBecause) -> Refusal {
    let reason = match because {
        RefusedBecause::Full => PublishAckReason::QuotaExceeded,
        RefusedBecause::Failed => PublishAckReason::ImplementationSpecificError,
        RefusedBecause::NotAllowed => PublishAckReason::NotAuthorized,
        RefusedBecause::Unreadable => PublishAckReason::PayloadFormatInvalid,
    };
    Refusal { reason, is_final: because.is_final() }
}
